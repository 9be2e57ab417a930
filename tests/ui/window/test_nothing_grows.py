"""Boxes, dialogs and messages leave nothing behind: after 200 rounds there are as many objects as before."""

import gc
from collections.abc import Callable
from pathlib import Path
from weakref import ref

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QTimer
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QMenu, QWidget
from pytestqt.qtbot import QtBot

from captionviewer.ui import settings as remembered
from captionviewer.ui.data.caption_list import CaptionList
from captionviewer.ui.data.caption_strip import CaptionStrip
from captionviewer.ui.sampling.word_bars import WordBar, WordBars
from captionviewer.ui.widgets import questions
from captionviewer.ui.widgets.notice_bar import NoticeBar
from captionviewer.ui.window.help import show_about, show_coco, show_shortcuts
from captionviewer.ui.window.log_view import LogView
from tests.ui.window_driver import WindowDriver

ROUNDS = 200


def objects(window: QWidget) -> int:
    """How many objects there are, in a window and beside it."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return len(window.findChildren(QObject)) + len(QApplication.allWidgets())


def grown(window: QWidget, one_round: Callable[[], object], rounds: int = ROUNDS) -> int:
    """How many objects `rounds` rounds leave behind, after the first few."""
    for _ in range(3):
        one_round()
    before = objects(window)
    for _ in range(rounds):
        one_round()
    return objects(window) - before


def close_box(window: QWidget) -> None:
    """Close what is open; not by `activeModalWidget`, which makes Python the owner of a box."""
    for box in window.findChildren(QDialog):
        if box.isVisible():
            box.reject()


@pytest.fixture
def bare(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.show()
    return window


def ask(window: QWidget) -> None:
    QTimer.singleShot(0, lambda: close_box(window))
    assert questions.ask(window, "Title", "Question?", "Detail", answers=("Yes", "Maybe", "No")) == "No"


def tell(window: QWidget) -> None:
    questions.tell(window, "Title", "What went wrong", "Detail")
    close_box(window)


def explain(window: QWidget) -> None:
    QTimer.singleShot(0, lambda: close_box(window))
    questions.explain(window, "Title", "<b>Words</b>")


def explain_coco(window: QWidget) -> None:
    QTimer.singleShot(0, lambda: close_box(window))
    show_coco(window)


def explain_program(window: QWidget) -> None:
    QTimer.singleShot(0, lambda: close_box(window))
    show_about(window)


def wait(window: QWidget) -> None:
    questions.wait(window, "Saving…", lambda done: QTimer.singleShot(0, done))


def show_log(window: QWidget) -> None:
    view = LogView(lambda: "details", window)
    view.show()
    view.close()


@pytest.mark.parametrize("round_of", [ask, tell, explain, explain_coco, explain_program, wait, show_log])
def test_two_hundred_boxes_leave_nothing_behind(
    bare: QMainWindow, round_of: Callable[[QWidget], None]
) -> None:
    assert grown(bare, lambda: round_of(bare)) == 0


def test_the_table_of_keys_leaves_nothing_behind(bare: QMainWindow) -> None:
    def one_round() -> None:
        QTimer.singleShot(0, lambda: close_box(bare))
        show_shortcuts(bare)

    assert grown(bare, one_round, 20) == 0  # long to lay out, and like the others


@pytest.mark.no_qt_log  # no keyboard is grabbed where there is no screen, and Qt says so
@pytest.mark.parametrize("kind", [CaptionStrip, CaptionList, WordBars])
def test_menus_of_the_right_button_leave_nothing_behind(
    bare: QMainWindow, kind: type[CaptionStrip | CaptionList | WordBars]
) -> None:
    part = kind()
    part.addAction("Copy")  # the panel's
    bare.setCentralWidget(part)
    part.resize(300, 220)
    if isinstance(part, WordBars):
        part.show_bars([WordBar("wave", 0.41, False)], 1002, 0.5)
    place = part.row(0).center() if isinstance(part, WordBars) else QPoint(9, 9)

    def one_round() -> None:
        part.contextMenuEvent(
            QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, part.mapToGlobal(place))
        )
        opened = [menu for menu in part.findChildren(QMenu) if menu.isVisible()]
        assert opened
        for menu in opened:
            menu.close()

    assert grown(bare, one_round) == 0


def test_messages_with_offers_leave_nothing_behind(qtbot: QtBot, bare: QMainWindow) -> None:
    bar = NoticeBar()
    bare.setCentralWidget(bar)

    def one_round() -> None:
        bar.show_lasting("something", ("Do It", lambda: None), ("Leave It", lambda: None))
        bar.show_problem("something else")
        bar.close_newest()
        bar.close_newest()

    assert grown(bare, one_round) == 0


def test_dialogs_of_the_window_opened_again_and_again_leave_nothing_behind(
    driver: WindowDriver, tmp_path: Path
) -> None:
    window = driver.window
    window.session.settings.set(remembered.RECENT_FOLDERS, [str(tmp_path / name) for name in "abc"])

    def preferences() -> None:
        window.beside.show_preferences()
        window.findChild(QDialog, "preferences").close()

    def download() -> None:
        window.get_coco()
        window.findChild(QDialog, "download_dialog").hide()

    def log() -> None:
        window.tells.show_log()
        window.findChild(QDialog, "log_view").close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def recent() -> None:
        window.menus.recent.aboutToShow.emit()

    def checks() -> None:
        window.beside.show_checks()
        window.findChild(QDialog, "checks_window").close()

    def characters() -> None:
        window.beside.show_characters()
        window.findChild(QDialog, "characters_window").close()

    def encoding() -> None:
        window.beside.show_encoding()
        window.findChild(QWidget, "encoding_window").close()

    def files() -> None:
        QTimer.singleShot(0, lambda: close_box(window))
        window.model_files.ask_and_open()

    for one_round in (preferences, download, log, recent):
        assert grown(window, one_round) == 0, one_round.__name__
    for one_round in (checks, characters, encoding, files):  # long to show, or to make
        assert grown(window, one_round, 10) == 0, one_round.__name__


def test_data_that_is_open_no_longer_is_let_go(driver: WindowDriver, coco_folder: Path) -> None:
    session = driver.window.session
    session.data.open_storybook()
    driver.wait_for(lambda: session.models.current is not None and not session.workers.running())
    assert session.models.trained_photos("train")
    former = ref(session.data.dataset)
    session.data.open_folder(coco_folder)
    driver.wait_for(lambda: session.data.dataset is not former() and not session.workers.running())

    def is_gone() -> bool:
        gc.collect()
        return former() is None

    driver.wait_for(is_gone)
