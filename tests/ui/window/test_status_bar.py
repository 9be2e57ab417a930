"""The status bar: a message that has no room is shortened, and covers nothing."""

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from captionviewer.ui.window.status_bar import MessageBar
from tests.ui.painted import pixels

LONG = "Model saved to /home/somebody/models/lstm-of-the-second-week-h512-w256-i4000.npz"


@pytest.mark.parametrize("width", [160, 300, 1200])
def test_a_message_is_shortened_where_it_has_no_room_and_keeps_its_end(qtbot: QtBot, width: int) -> None:
    bar, label = MessageBar(), QLabel("Idle")
    qtbot.addWidget(bar)
    bar.addPermanentWidget(label)
    bar.resize(width, bar.sizeHint().height())
    bar.show()
    empty = pixels(bar)
    bar.showMessage(LONG)
    shown = bar.shown_message()
    assert bar.fontMetrics().horizontalAdvance(shown) <= label.x()
    assert shown == LONG if width == 1200 else "…" in shown and shown.endswith(LONG[-3:])
    changed = (pixels(bar) != empty).any(axis=(0, 2)).nonzero()[0]
    assert len(changed) and changed.max() < label.x()
    bar.clearMessage()
    assert (pixels(bar) == empty).all()
