"""Messages go when they were read, and all of them at once."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from captionviewer.ui.look.theme import DARK, LIGHT, Theme, ThemeChoice
from captionviewer.ui.widgets import notice_bar
from captionviewer.ui.widgets.notice_bar import NoticeBar
from tests.ui.painted import count, pixels


@pytest.fixture
def bar(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[NoticeBar]:
    monkeypatch.setattr(notice_bar, "NOTICE_MS", 40)
    monkeypatch.setattr(notice_bar, "READING_MS", 0)
    monkeypatch.setattr(notice_bar, "BUSY_MS", 20)
    host, work = QWidget(), QLineEdit()
    bar = NoticeBar()
    box = QVBoxLayout(host)
    box.addWidget(work)
    box.addStretch(1)
    box.addWidget(bar)
    qtbot.addWidget(host)
    host.resize(400, 300)
    host.show()
    qtbot.waitActive(host)
    work.setFocus()
    yield bar


def test_messages_that_were_there_long_enough_go_one_after_another(bar: NoticeBar, qtbot: QtBot) -> None:
    for number in range(3):
        bar.show_problem(f"problem {number}")
    assert bar.text() == "problem 2"
    qtbot.waitUntil(lambda: bar.text() == "problem 1")
    qtbot.waitUntil(lambda: bar.text() == "" and not bar.isVisible())


def test_a_lasting_message_stays_and_so_does_one_that_is_being_read(bar: NoticeBar, qtbot: QtBot) -> None:
    bar.show_lasting("lasting")
    bar.show_problem("passing")
    close = bar.findChild(QToolButton, "notice_close")
    assert close is not None
    close.setFocus()
    qtbot.wait(200)
    assert bar.text() == "passing"
    bar.parentWidget().findChild(QLineEdit).setFocus()
    qtbot.waitUntil(lambda: bar.text() == "lasting")
    qtbot.wait(200)
    assert bar.text() == "lasting" and bar.isVisible()


def test_all_messages_are_closed_by_one_click(bar: NoticeBar, qtbot: QtBot) -> None:
    bar.show_lasting("one")
    close_all = bar.findChild(QToolButton, "notice_close_all")
    assert close_all is not None and not close_all.isVisible()
    bar.show_lasting("two")
    assert close_all.isVisible() and close_all.text() == "Close All 2"
    qtbot.mouseClick(close_all, Qt.MouseButton.LeftButton)
    assert bar.text() == "" and not bar.isVisible()


def test_the_sign_is_drawn_in_the_colours_of_the_theme_in_force(bar: NoticeBar, qapp: QApplication) -> None:
    palette = qapp.palette()
    theme = Theme(qapp)
    try:
        bar.show_lasting("something")
        for choice, colors in ((ThemeChoice.DARK, DARK), (ThemeChoice.LIGHT, LIGHT)):
            theme.choose(choice)
            qapp.processEvents()
            sign = pixels(bar, QRect(10, 0, 26, bar.height()))
            assert count(sign, colors.text, 40) > 15
    finally:
        theme.deleteLater()
        qapp.setPalette(palette)
