"""The suite's own alarms go off: a run of bad tests, each of which must be caught and explained."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]

BAD_TESTS = """
import socket
import threading
import warnings

import pytest
from PySide6.QtCore import QThread, QTimer, qWarning
from PySide6.QtWidgets import QWidget

from captionviewer.ui.application import make_window
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings

kept = []


def test_good(qtbot):
    owner = QWidget()
    qtbot.addWidget(owner)
    timer = QTimer(owner)
    timer.start(10)
    thread = threading.Thread(target=lambda: None)
    thread.start()
    QThread.msleep(1)


def test_leaves_a_thread():
    threading.Thread(target=threading.Event().wait, name="forgotten", daemon=True).start()


def test_leaves_a_qt_thread():
    thread = QThread()
    thread.setObjectName("forgotten too")
    thread.start()
    kept.append(thread)


def test_leaves_a_timer():
    timer = QTimer()
    timer.start(12345)
    kept.append(timer)


def test_leaves_a_window():
    window = QWidget()
    window.setWindowTitle("left open")
    window.show()
    kept.append(window)


def test_leaves_a_session():
    kept.append(Session(Settings()))


def test_leaves_the_session_of_a_window_that_is_gone(qapp):
    window = make_window(qapp, Settings())
    window.session.setParent(None)
    kept.append(window.session)
    window.theme.deleteLater()
    window.close()
    window.deleteLater()


def test_makes_qt_complain():
    qWarning("something is wrong")


def test_makes_python_complain():
    warnings.warn("something is old", DeprecationWarning)


def test_reaches_out_and_hides_it():
    try:
        with socket.socket() as out:
            out.connect(("192.0.2.1", 80))
    except OSError:
        pass


def test_looks_up_a_name_and_hides_it():
    try:
        socket.getaddrinfo("example.org", 80)
    except OSError:
        pass


def test_reaches_itself():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_skips():
    pytest.skip("no data")


def test_last():
    for each in kept:
        if isinstance(each, QThread):
            each.quit()
            each.wait()
        elif isinstance(each, Session):
            each.deleteLater()
"""


@pytest.fixture(scope="module")
def bad_run(tmp_path_factory: pytest.TempPathFactory, coco_folder: Path) -> str:
    """What pytest prints about the bad tests, run under the suite's own settings."""
    folder = tmp_path_factory.mktemp("bad")
    tests = folder / "tests"
    (tests / "ui").mkdir(parents=True)
    shutil.copy(PROJECT / "tests" / "conftest.py", tests)
    checks = (PROJECT / "tests" / "ui" / "conftest.py").read_text()
    shutil.copy(PROJECT / "tests" / "ui" / "screen.json", tests / "ui")
    (tests / "ui" / "conftest.py").write_text(checks.replace("GRACE_S = 3.0", "GRACE_S = 0.2"))
    (tests / "ui" / "test_bad.py").write_text(BAD_TESTS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        str(PROJECT / "pyproject.toml"),
        "--rootdir",
        str(folder),
    ]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "--color=no", "-rA", "--tb=short", str(tests)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env={**os.environ, "CAPTIONVIEWER_TEST_COCO": str(coco_folder), "COLUMNS": "200"},
        timeout=120,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("test_leaves_a_thread", "thread 'forgotten', started at"),
        ("test_leaves_a_qt_thread", "QThread 'forgotten too', started at"),
        ("test_leaves_a_timer", "a timer of 12345 ms, started at"),
        ("test_leaves_a_window", "top-level QWidget 'left open'"),
        ("test_leaves_a_session", "a session, made at"),
        ("test_leaves_the_session_of_a_window_that_is_gone", "a session, made at"),
        ("test_makes_qt_complain", "something is wrong"),
        ("test_makes_python_complain", "something is old"),
        ("test_reaches_out_and_hides_it", "connecting to '192.0.2.1'"),
        ("test_looks_up_a_name_and_hides_it", "looking up 'example.org'"),
        ("test_skips", "was skipped although CAPTIONVIEWER_TEST_COCO is set"),
    ],
)
def test_a_bad_test_is_caught_and_the_reason_named(bad_run: str, name: str, words: str) -> None:
    caught = [line for line in bad_run.splitlines() if line.startswith(("FAILED", "ERROR")) and name in line]
    assert caught, bad_run
    assert words in bad_run


@pytest.mark.parametrize("name", ["test_good", "test_reaches_itself", "test_last"])
def test_a_good_test_is_left_alone(bad_run: str, name: str) -> None:
    told = [line.split()[0] for line in bad_run.splitlines() if line.endswith(f"test_bad.py::{name}")]
    assert told == ["PASSED"], bad_run


def test_the_place_where_a_leaked_thread_was_started_is_shown(bad_run: str) -> None:
    report = bad_run.partition("thread 'forgotten', started at")[2][:600]
    assert "test_bad.py" in report and "test_leaves_a_thread" in report
