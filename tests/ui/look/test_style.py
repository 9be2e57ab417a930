"""Small parts of the window grow with the text, as for a projector."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLineEdit,
    QSpinBox,
    QStyle,
    QStyleOptionButton,
    QStyleOptionSpinBox,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from captionviewer.ui.look.style import GrowingStyle
from captionviewer.ui.look.theme import Theme, ThemeChoice, colors
from captionviewer.ui.widgets.check_box import CheckBox
from captionviewer.ui.widgets.tool_buttons import GrowingToolBar
from tests.ui.painted import count, pixels
from tests.ui.readable import contrast


@pytest.fixture
def grown(qapp: QApplication) -> Iterator[GrowingStyle]:
    font, name = QFont(qapp.font()), qapp.style().name()
    style = GrowingStyle()
    qapp.setStyle(style)
    yield style
    qapp.setFont(font)
    qapp.setStyle(name)


def enlarge(qapp: QApplication, scale: float) -> None:
    font = QFont(qapp.font())
    font.setPointSizeF(font.pointSizeF() * scale)
    qapp.setFont(font)


def indicator(box: CheckBox) -> int:
    option = QStyleOptionButton()
    box.initStyleOption(option)
    place = box.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, box)
    assert box.rect().contains(place)
    return place.height()


def arrow(field: QSpinBox, part: QStyle.SubControl) -> tuple[int, int]:
    option = QStyleOptionSpinBox()
    field.initStyleOption(option)
    place = field.style().subControlRect(QStyle.ComplexControl.CC_SpinBox, option, part, field)
    assert field.rect().contains(place)
    return place.width(), place.height()


@pytest.mark.parametrize("scale", [1.5, 2.0])
def test_check_boxes_and_spin_arrows_grow_with_the_text(
    qtbot: QtBot, qapp: QApplication, grown: GrowingStyle, scale: float
) -> None:
    up, edit = QStyle.SubControl.SC_SpinBoxUp, QStyle.SubControl.SC_SpinBoxEditField

    def sizes() -> tuple[int, int, int]:
        box, field = CheckBox("One caption an image"), QSpinBox()
        for widget in (box, field):
            qtbot.addWidget(widget)
            widget.resize(widget.sizeHint())
            widget.show()
        field.setRange(0, 99)
        field.setValue(99)
        field.resize(field.sizeHint())
        room = arrow(field, edit)[0]
        assert room >= field.fontMetrics().horizontalAdvance("99"), "and leave the number its room"
        return indicator(box), *arrow(field, up)

    usual = sizes()
    enlarge(qapp, scale)
    for before, after in zip(usual, sizes(), strict=True):
        assert after >= 0.85 * scale * before


def test_at_the_usual_size_nothing_is_larger_than_fusion_has_it(
    qtbot: QtBot, qapp: QApplication, grown: GrowingStyle
) -> None:
    box = CheckBox("Log")
    qtbot.addWidget(box)
    plain = grown.baseStyle()
    for metric in (QStyle.PixelMetric.PM_IndicatorWidth, QStyle.PixelMetric.PM_ScrollBarExtent):
        assert grown.pixelMetric(metric, None, box) <= plain.pixelMetric(metric, None, box) + 1


def test_the_icons_of_a_tool_bar_grow_with_its_text(qtbot: QtBot, qapp: QApplication) -> None:
    bar = GrowingToolBar("Tools")
    qtbot.addWidget(bar)
    usual = bar.iconSize().height()
    assert usual >= bar.fontMetrics().height()
    font = QFont(bar.font())
    font.setPointSizeF(2 * font.pointSizeF())
    bar.setFont(font)
    assert bar.iconSize().height() >= bar.fontMetrics().height() > 1.6 * usual


@pytest.mark.parametrize("kind", [QLineEdit, QSpinBox, QComboBox])
def test_what_can_be_typed_into_has_an_edge_that_a_dark_window_does_not_swallow(
    qtbot: QtBot, qapp: QApplication, grown: GrowingStyle, kind: type[QLineEdit | QSpinBox | QComboBox]
) -> None:
    palette, theme = qapp.palette(), Theme(qapp)
    try:
        theme.choose(ThemeChoice.DARK)
        field = kind()
        qtbot.addWidget(field)
        field.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keyboard's frame is another
        field.resize(120, 26)
        field.show()
        assert count(pixels(field)[:4], colors().field_edge, 30) > 80, "along its upper side"
    finally:
        theme.deleteLater()
        qapp.setPalette(palette)


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
def test_the_sign_of_what_found_no_room_in_a_tool_bar_can_be_seen(
    qtbot: QtBot, qapp: QApplication, grown: GrowingStyle, choice: ThemeChoice
) -> None:
    palette, theme = qapp.palette(), Theme(qapp)
    try:
        theme.choose(choice)
        bar = GrowingToolBar("Tools")
        qtbot.addWidget(bar)
        for words in ("Open Data Folder", "Larger Text"):
            bar.addAction(words)
        bar.resize(120, 40)
        bar.show()
        rest = next(each for each in bar.findChildren(QToolButton) if each.objectName().startswith("qt_"))
        assert rest.isVisible()
        picture = rest.grab().toImage()
        inks = [picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())]
        assert max(contrast(ink, colors().window) for ink in inks) >= 4.5
    finally:
        theme.deleteLater()
        qapp.setPalette(palette)
