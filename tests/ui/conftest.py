"""What every test of the window gets: no screen, and a look at what it left behind.

A test fails when a thread that it started still runs, when a timer without an owner still ticks, or
when a top-level widget or a session is still there; the message says where each was started or made.
"""

import contextlib
import gc
import os
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any
from urllib.parse import quote

# Before Qt starts: no screen, but as large as a usual one (of its own it would be 800 pixels square).
os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={Path(__file__).with_name('screen.json')}"

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSettings, Qt, QThread, QThreadPool, QTimer
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from captionviewer.core import storybook
from captionviewer.core.arrays import ByteArray
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.photos import store
from captionviewer.core.photos.decode import decode_picture
from captionviewer.core.photos.storybook_drawer import StorybookDrawer
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui.session import images
from captionviewer.ui.session.free_memory import give_back
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings
from tests.ui.window_driver import WindowDriver

MOST_DECODED = 128  # of a megabyte each
MOST_FRAMES = 28
GRACE_S = 3.0  # a thread that was told to end may take this long


Place = list[tuple[CodeType, int]]  # the frames, the innermost first, each with its row


class StartBook:
    """Where each thread and timer was started and each session made, while the object lives."""

    def __init__(self) -> None:
        self._places: weakref.WeakKeyDictionary[object, Place] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def enter(self, started: object) -> None:
        """Remember the place of the caller's caller; in words it is put when it is asked for.

        Timers are started by the hundred in a test, and looking up the rows takes longer than to start one.
        """
        place: Place = []
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and len(place) < MOST_FRAMES:
            place.append((frame.f_code, frame.f_lineno))
            frame = frame.f_back
        with self._lock:
            self._places[started] = place

    def started(self, kind: type) -> list[object]:
        """Return what was started of a kind and still exists."""
        with self._lock:
            return [each for each in self._places if isinstance(each, kind)]

    def place(self, started: object) -> str:
        """Return where it was started."""
        with self._lock:
            place = self._places.get(started)
        if place is None:
            return "  (unknown)\n"
        ours = [
            traceback.FrameSummary(code.co_filename, row, code.co_name)
            for code, row in reversed(place)
            if "site-packages" not in code.co_filename and "conftest" not in code.co_filename
        ]
        return "".join(traceback.format_list(ours[-6:]))

    def forget(self) -> None:
        """Begin anew, so that one leak fails one test."""
        with self._lock:
            self._places.clear()


@pytest.fixture(scope="session")
def start_book() -> Iterator[StartBook]:
    """Write down every start of a thread, a pool's work or a timer, and every session, for the whole run."""
    book = StartBook()
    make = Session.__init__

    def noted_init(self: Session, settings: Settings, parent: QObject | None = None) -> None:
        make(self, settings, parent)
        book.enter(self)

    def noting(start: Callable[..., object]) -> Callable[..., object]:
        def noted(self: object, *arguments: object) -> object:
            book.enter(self)
            return start(self, *arguments)

        return noted

    with pytest.MonkeyPatch.context() as patch:
        for kind in (threading.Thread, QThread, QThreadPool, QTimer):
            patch.setattr(kind, "start", noting(kind.start))
        patch.setattr(Session, "__init__", noted_init)
        yield book


@pytest.fixture(scope="session", autouse=True)
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Draw each picture of the storybook once for all the windows, which took half of their tests' time.

    What is drawn, and where, has its own tests in the core: here no other process is started for it.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # the workers share one
        folder = folder.parent
    folder = folder / "drawn"
    folder.mkdir(exist_ok=True)
    draw = storybook.picture_of

    def picture_of(address: str) -> ByteArray:
        file = folder / f"{quote(address, safe='', errors='surrogatepass')}.npy"
        with contextlib.suppress(OSError, ValueError, EOFError):  # not there yet, or only in part
            return np.asarray(np.load(file), np.uint8)
        picture = draw(address)
        with contextlib.suppress(OSError):
            np.save(file, picture)
        return picture

    def drawer_here(*, aside: bool) -> StorybookDrawer:
        assert aside, "a window that draws by itself takes a third of a second for a click meanwhile"
        return StorybookDrawer()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storybook, "picture_of", picture_of)
        patch.setattr(images, "StorybookDrawer", drawer_here)
        yield


@pytest.fixture(scope="session", autouse=True)
def decoded_once() -> Iterator[None]:
    """Decode each photo once for all the panels of a process, which took half of what opening one costs.

    What is decoded has its own tests in the core; what can't be is tried anew each time.
    """
    decoded = lru_cache(maxsize=MOST_DECODED)(decode_picture)

    def copy_of(data: bytes, address: str) -> ByteArray:
        return decoded(data, address).copy()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "decode_picture", copy_of)
        yield


@pytest.fixture(scope="session", autouse=True)
def untrained_once() -> Iterator[None]:
    """Draw the first values of each network once for all the sessions of a process: opening data draws some.

    What is drawn has its own tests in the core; a drawing that can be interrupted is left as it is.
    """
    new_model = TrainingSettings.new_model

    @lru_cache(maxsize=8)
    def drawn(
        settings: TrainingSettings, words: tuple[tuple[str, int], ...], input_dim: int
    ) -> CaptioningRNN:
        return new_model(settings, dict(words), input_dim)

    def copied(
        self: TrainingSettings, word_to_idx: Mapping[str, int], input_dim: int, **named: Any
    ) -> CaptioningRNN:
        if named:
            return new_model(self, word_to_idx, input_dim, **named)
        return drawn(self, tuple(word_to_idx.items()), input_dim).copy()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainingSettings, "new_model", copied)
        yield


@pytest.fixture(scope="module", autouse=True)
def free_memory_given_back() -> Iterator[None]:
    """Give back what the windows of a file have freed: none of them rests long enough to do so itself."""
    yield
    give_back()


@pytest.fixture(autouse=True)
def own_qt_settings(own_folder: Path) -> None:
    """Settings that a widget would write by Qt's own path land in the test's folder."""
    for form in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
        QSettings.setPath(form, QSettings.Scope.UserScope, str(own_folder / "qt-settings"))


def top_level_widgets() -> list[QWidget]:
    """The windows that nothing owns, the tool tip's label aside, which is Qt's own."""
    return [
        widget
        for widget in QApplication.topLevelWidgets()
        if isValid(widget) and widget.parent() is None and widget.metaObject().className() != "QTipLabel"
    ]


def finish_deletions() -> None:
    """Carry out what deleteLater put off."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def wait_for(condition: Callable[[], bool]) -> bool:
    """Run the event loop until something holds, for a bounded time."""
    end = time.monotonic() + GRACE_S
    while not condition():
        if time.monotonic() > end:
            return False
        QCoreApplication.processEvents()
        time.sleep(0.005)
    return True


def ownerless(timer: QObject) -> bool:
    """Whether a timer ticks and no widget or living window owns it."""
    return isValid(timer) and isinstance(timer, QTimer) and timer.isActive() and timer.parent() is None


def running_threads(book: StartBook, before: set[threading.Thread]) -> list[tuple[str, object]]:
    """Name every thread that was started since `before` and still runs, Qt's and Python's."""
    found: list[tuple[str, object]] = [
        (f"thread {thread.name!r}", thread)
        for thread in threading.enumerate()
        if thread not in before and not isinstance(thread, threading._DummyThread)
    ]
    for thread in book.started(QThread):
        if isinstance(thread, QThread) and isValid(thread) and thread.isRunning():
            found.append((f"QThread {thread.objectName() or type(thread).__name__!r}", thread))
    for pool in book.started(QThreadPool):
        if isinstance(pool, QThreadPool) and isValid(pool) and pool.activeThreadCount():
            found.append((f"QThreadPool with {pool.activeThreadCount()} active threads", pool))
    return found


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp: QApplication, start_book: StartBook) -> Iterator[None]:
    """Fail the test that leaves a running thread, a timer without an owner, a top-level widget or a session.

    A session that outlives its window keeps all that was opened in it: data, models and records.
    """
    threads_before = set(threading.enumerate())
    widgets_before = top_level_widgets()
    start_book.forget()
    yield
    QToolTip.hideText()
    finish_deletions()
    wait_for(lambda: not running_threads(start_book, threads_before))

    def ticking() -> list[QTimer]:
        return [each for each in start_book.started(QTimer) if isinstance(each, QTimer) and ownerless(each)]

    def standing() -> list[QWidget]:
        return [each for each in top_level_widgets() if each not in widgets_before]

    def alive() -> list[object]:
        return [each for each in start_book.started(Session) if isValid(each)]

    if ticking() or standing() or alive():
        gc.collect()  # what Python keeps only through reference cycles is no leak
        finish_deletions()
    left = [
        f"{name}, started at\n{start_book.place(each)}"
        for name, each in running_threads(start_book, threads_before)
    ]
    for timer in ticking():
        left.append(f"a timer of {timer.interval()} ms, started at\n{start_book.place(timer)}")
        timer.stop()
    for session in alive():
        left.append(f"a session, made at\n{start_book.place(session)}")
    for widget in standing():
        left.append(f"top-level {type(widget).__name__} {widget.objectName() or widget.windowTitle()!r}")
        widget.close()
        widget.deleteLater()
    finish_deletions()
    if left:
        pytest.fail("this test left behind:\n" + "\n".join(left))


@contextmanager
def driven_window(qtbot: QtBot, qapp: QApplication, *, launch: bool) -> Iterator[WindowDriver]:
    """A whole window of 1280x800, shown and active; closed without a question at the end.

    With `launch` it begins as a start of the program does, otherwise with no data.
    """
    from captionviewer.ui.application import make_window, open_at_launch

    # the system's own dialogs can't be clicked by a test
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    font, palette = qapp.font(), qapp.palette()
    window = make_window(qapp, Settings())
    theme = window.theme
    window.resize(1280, 800)
    if launch:
        open_at_launch(window)
    window.show()
    qtbot.waitActive(window)
    driver = WindowDriver(qtbot, window)
    qtbot.waitUntil(lambda: window.session.can_plot, timeout=60_000)
    try:
        yield driver
    finally:
        window.training_panel.stop_and_wait(10)
        model = window.session.models.current
        if model is not None:
            window.session.models.set(replace(model, unsaved=False))
        window.close()
        window.deleteLater()
        theme.deleteLater()
        qapp.setFont(font)
        qapp.setPalette(palette)


@pytest.fixture
def driver(qtbot: QtBot, qapp: QApplication) -> Iterator[WindowDriver]:
    """A whole window with no data yet."""
    with driven_window(qtbot, qapp, launch=False) as driver:
        yield driver


Launch = Callable[[], AbstractContextManager[WindowDriver]]


@pytest.fixture
def launch(qtbot: QtBot, qapp: QApplication) -> Launch:
    """Start the program as often as a test likes, each time with what the last start remembered."""
    return lambda: driven_window(qtbot, qapp, launch=True)
