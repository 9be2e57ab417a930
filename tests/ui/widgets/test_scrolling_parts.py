"""A part that scrolls says that there is more below, until its end is seen."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from captionviewer.ui.widgets.control_parts import scrolling
from tests.ui.painted import pixels


@pytest.mark.parametrize(("height", "says_so"), [(200, True), (600, False), (30, False)])
def test_more_is_said_to_be_below_until_the_end_is_seen(qtbot: QtBot, height: int, says_so: bool) -> None:
    part = QWidget()
    part.setMinimumHeight(500)
    area = scrolling(part)
    qtbot.addWidget(area)
    area.resize(300, height)
    area.show()
    QApplication.processEvents()
    bar, view = area.verticalScrollBar(), area.viewport()
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    sign = next(one for one in area.findChildren(QWidget, options=direct) if "More" in type(one).__name__)
    assert sign.isVisible() is says_so
    if says_so:
        assert area.rect().contains(sign.geometry()) and not view.geometry().intersects(sign.geometry())
        assert len(set(pixels(sign).ravel().tolist())) > 2
        bar.setValue(bar.maximum() - 40)
        assert sign.isVisible()
    bar.setValue(bar.maximum())
    assert not sign.isVisible() and view.height() == height and bar.value() == bar.maximum()
