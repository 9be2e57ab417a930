from collections.abc import Iterator

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from captionviewer.ui.look import theme


@pytest.fixture
def app_theme(qapp: QApplication) -> Iterator[theme.Theme]:
    font = qapp.font()
    made = theme.Theme(qapp)
    yield made
    made.choose(theme.ThemeChoice.LIGHT)
    qapp.setFont(font)
    made.deleteLater()


def test_choosing_dark_changes_the_colours_that_widgets_paint_with(app_theme: theme.Theme) -> None:
    app_theme.choose(theme.ThemeChoice.LIGHT)
    assert not theme.colors().dark
    app_theme.choose(theme.ThemeChoice.DARK)
    assert theme.colors().dark


def test_enlarging_the_text_enlarges_the_font_of_a_widget_that_is_shown(
    qtbot: QtBot, app_theme: theme.Theme
) -> None:
    app_theme.choose(theme.ThemeChoice.LIGHT)
    window = QMainWindow()
    qtbot.addWidget(window)
    label = QLabel("words")
    window.setCentralWidget(label)
    window.show()
    before = label.font().pointSizeF()
    app_theme.set_text_scale(1.5)
    qtbot.waitUntil(lambda: label.font().pointSizeF() == pytest.approx(1.5 * before, rel=0.02))
    app_theme.set_text_scale(1.0)
    qtbot.waitUntil(lambda: label.font().pointSizeF() == pytest.approx(before, rel=0.02))


def luminance(color: QColor) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
        for v in (color.redF(), color.greenF(), color.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(first: QColor, second: QColor) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_all_text_colours_can_be_read_on_what_they_stand_on(palette: theme.Colors) -> None:
    for name in ("text", "muted", "accent", "train", "val", "good", "warn", "bad", "unknown"):
        for ground in ("window", "surface"):
            ratio = contrast(getattr(palette, name), getattr(palette, ground))
            assert ratio >= 4.5, f"{name} on {ground} has a contrast of {ratio:.1f}"
    assert contrast(palette.on_accent, palette.accent) >= 4.5
    for badge in (palette.train, palette.val):
        assert contrast(palette.on_badge, badge) >= 4.5
