"""A fault that nobody expected leaves the window standing, is told once, and is in the log."""

import logging
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer, qWarning
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from captionviewer.core.user_folders import log_folder
from captionviewer.ui import application
from captionviewer.ui.window.log_file import (
    FILE_NAME,
    LARGEST_BYTES,
    LOGGER,
    LogFile,
    end_of_log,
    without_private_words,
)
from captionviewer.ui.window.log_view import LogView
from captionviewer.ui.window.problems import Fault, Problems
from tests.ui.window_driver import WindowDriver

CAPTION = "a dog rides a skateboard"


@pytest.fixture
def problems(qapp: QApplication) -> Iterator[Problems]:
    one = Problems(LogFile("debug"))
    one.install()
    yield one
    one.remove()


def break_something(words: str) -> None:
    raise ZeroDivisionError(words)


def told_of(qtbot: QtBot, problems: Problems, how_many: int) -> list[Fault]:
    faults: list[Fault] = []
    problems.told.connect(faults.append)
    qtbot.waitUntil(lambda: len(faults) == how_many)
    return faults


def test_an_exception_in_a_slot_and_one_in_a_thread_are_told_and_logged(
    qtbot: QtBot, problems: Problems
) -> None:
    def fail_in_thread() -> None:
        raise KeyError(CAPTION)

    QTimer.singleShot(0, lambda: break_something("in a slot"))
    thread = threading.Thread(target=fail_in_thread)
    QTimer.singleShot(0, thread.start)
    faults = told_of(qtbot, problems, 2)
    thread.join()
    assert "ZeroDivisionError" in "".join(fault.sentence for fault in faults)
    log = (log_folder() / FILE_NAME).read_text()
    assert "ZeroDivisionError: in a slot" in log and "break_something" in log and "KeyError" in log


def test_the_same_fault_is_told_once_however_often_it_happens(qtbot: QtBot, problems: Problems) -> None:
    faults: list[Fault] = []
    problems.told.connect(faults.append)
    for number in range(25):
        QTimer.singleShot(0, lambda number=number: break_something(f"number {number}"))
    rounds: list[int] = []
    QTimer.singleShot(20, lambda: rounds.append(1))
    qtbot.waitUntil(lambda: bool(rounds))
    assert len(faults) == 1
    log = (log_folder() / FILE_NAME).read_text()
    assert log.count("Traceback") == 1 and "for the 10. time" in log


def test_the_details_hold_versions_and_lines_of_code_but_no_caption_and_no_path(
    qtbot: QtBot, problems: Problems
) -> None:
    logger = logging.getLogger(f"{LOGGER}.test")
    place = Path.home() / "".join(("sec", "ret")) / "data"
    logger.info("opened %s: %d photos, %s", place, 1234, CAPTION)
    qWarning(f"cannot read file '{CAPTION}' at {place}/photo.jpg")

    def fail() -> None:
        raise OSError(2, "No such file", str(place))

    QTimer.singleShot(0, fail)
    fault = told_of(qtbot, problems, 1)[0]
    details = problems.details(fault.report)
    assert "captionviewer " in details and "Qt " in details and "numpy " in details
    assert f"{platform.system()} {platform.release()}" in details
    assert "test_problems.py" in details and "in fail" in details
    assert "opened …: 1234 photos, …" in details and "cannot read file '…' at <path>" in details
    for private in (CAPTION, "secret", str(Path.home()), os.fspath(Path(__file__).parent)):
        assert private not in details, private
    assert "secret" in (log_folder() / FILE_NAME).read_text(), "the log itself stays on this computer"


def test_paths_and_quoted_words_are_left_out_of_the_words_of_strangers() -> None:
    told = without_private_words(
        'KeyError: "umbrella" in C:\\Users\\ann\\x.h5, /home/ann/my.npz and “red bus”'
    )
    assert told == "KeyError: '…' in <path>, <path> and '…'"
    assert without_private_words("1/2 of and/or") == "1/2 of and/or"


def test_the_log_never_grows_past_a_megabyte(problems: Problems) -> None:
    logger = logging.getLogger(f"{LOGGER}.test")
    for _ in range(1500):
        logger.info("%s", "x" * 2000)
    sizes = [path.stat().st_size for path in log_folder().glob(f"{FILE_NAME}*")]
    assert len(sizes) == 2 and sum(sizes) <= LARGEST_BYTES


def test_what_is_logged_depends_on_the_level() -> None:
    log = LogFile("warning")
    log.open()
    logging.getLogger(f"{LOGGER}.test").info("quiet")
    logging.getLogger(f"{LOGGER}.test").warning("loud")
    log.close()
    logging.getLogger(f"{LOGGER}.test").warning("after the end")
    assert "loud" in end_of_log(1000)
    assert "quiet" not in end_of_log(1000) and "after the end" not in end_of_log(1000)


def test_a_log_that_cant_be_written_keeps_nothing_from_working(qtbot: QtBot, qapp: QApplication) -> None:
    log_folder().parent.mkdir(parents=True, exist_ok=True)
    log_folder().write_text("a file where the folder should be")
    problems = Problems(LogFile())
    problems.install()
    QTimer.singleShot(0, lambda: break_something("unlogged"))
    told_of(qtbot, problems, 1)
    assert "can't be written" in problems.log.trouble
    problems.remove()


def test_a_folder_of_logs_that_may_not_be_looked_into_keeps_no_start_back(
    problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(_path: Path, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", closed)
    told = problems.crash_before()
    monkeypatch.undo()
    assert told == ""


CRASHING = """
import sys
from PySide6.QtCore import qFatal
from PySide6.QtWidgets import QApplication
from captionviewer.ui.window.log_file import LogFile
from captionviewer.ui.window.problems import Problems
app = QApplication([])
problems = Problems(LogFile())
problems.install()
def doomed():
    qFatal("nothing goes any more")
doomed()
"""


def test_a_fatal_message_of_qt_is_in_the_log_and_told_at_the_next_start(qapp: QApplication) -> None:
    child = subprocess.run(
        [sys.executable, "-c", CRASHING],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert child.returncode != 0
    assert "nothing goes any more" in (log_folder() / FILE_NAME).read_text()
    problems = Problems(LogFile())
    problems.install()
    stack = problems.crash_before()
    assert "doomed" in stack and "Fatal Python error" in stack
    assert "doomed" in (log_folder() / FILE_NAME).read_text()
    assert problems.crash_before() == "", "it is told once"
    problems.remove()
    assert not list(log_folder().glob("crash-*")), "a run that ends well leaves nothing"


# ---- in the window -------------------------------------------------------------------------------------


def test_the_window_says_a_fault_in_a_sentence_and_offers_the_details(driver: WindowDriver) -> None:
    window = driver.window
    window.tells._problems.told.emit(Fault("A fault of captionviewer (KeyError).", "the report"))
    driver.wait_for(lambda: "A fault of captionviewer" in driver.text("notice_text"))
    copy = next(b for b in window.notices.findChildren(QPushButton) if b.text() == "Copy Details")
    driver.click(copy)
    assert "the report" in QGuiApplication.clipboard().text()
    assert not window.notices.isVisible()


def test_help_shows_the_log_and_says_where_it_is(driver: WindowDriver) -> None:
    log_folder().mkdir(parents=True)
    (log_folder() / FILE_NAME).write_text("2026-01-01 the last thing that happened\n")
    help_menu = driver.window.menuBar().actions()[-1].menu()
    assert isinstance(help_menu, QMenu)
    show = next(action for action in help_menu.actions() if "Log" in action.text())
    show.trigger()
    view = driver.window.findChild(LogView)
    assert view is not None and view.isVisible()
    words = view.findChild(QPlainTextEdit, "log_words")
    assert words is not None and "the last thing that happened" in words.toPlainText()
    view.close()
    driver.wait_for(lambda: driver.window.findChild(LogView) is None)


def test_a_window_that_cant_be_made_is_told_in_a_box(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no window today")

    shown: list[str] = []
    monkeypatch.setattr(application, "make_window", fail)
    monkeypatch.setattr(QMessageBox, "exec", lambda self: shown.append(self.text()))
    assert application.run(log_level="error") == application.CANNOT_START
    assert shown == ["captionviewer could not start."]
    log = (log_folder() / FILE_NAME).read_text()
    assert "no window today" in log and " INFO " not in log, "the log has what was asked for, and no more"
