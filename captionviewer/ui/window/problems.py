"""What happens to a fault that nobody expected: the window stays, says so, and the log has the rest.

Without this an exception in a slot or a thread goes to a terminal that a user of a desktop program never
sees, and a fatal message of Qt ends the process without a word.
"""

import contextlib
import faulthandler
import logging
import platform
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TextIO

import psutil
from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler, qVersion
from PySide6.QtGui import QGuiApplication

from captionviewer import __version__
from captionviewer.core.user_folders import log_folder
from captionviewer.ui.window.log_file import LOGGER, PUBLIC, LogFile, without_private_words
from captionviewer.ui.worker import send

_log = logging.getLogger(__name__)
_qt_log = logging.getLogger(f"{LOGGER}.qt")
_PACKAGE = Path(__file__).parents[2]
_LIBRARIES = ("PySide6-Essentials", "numpy", "h5py", "matplotlib", "pillow", "requests")
_CRASH = "crash-{}.txt"  # faulthandler's file of one process
_FRAMES = 12  # of the stack, in a report
_QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}

QtHandler = Callable[[QtMsgType, QMessageLogContext, str], object]


@dataclass(frozen=True)
class Fault:
    """An exception that nobody caught.

    Attributes
    ----------
    sentence
        What happened, for people.
    report
        What a developer needs of it: no word of the user's, no path outside of the program.
    """

    sentence: str
    report: str


class Problems(QObject):
    """Catches what nobody caught, from `install` to `remove`; each fault is told once.

    Faults come from any thread; `told` arrives in the thread of this object.
    """

    told = Signal(object)  # Fault

    def __init__(self, log: LogFile, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.log = log
        self._seen: dict[tuple[str, str, int], int] = {}
        self._lock = threading.Lock()
        self._crash_file: TextIO | None = None
        self._crash_path = log_folder() / _CRASH.format(psutil.Process().pid)
        self._installed = False
        self._hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        self._show_warning = warnings.showwarning
        self._qt_before: QtHandler | None = None

    def install(self) -> None:
        """Begin to catch."""
        self.log.open()
        _log.info(
            "captionviewer %s begins", __version__, extra={PUBLIC: f"captionviewer {__version__} begins"}
        )
        self._installed = True
        self._hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread
        sys.unraisablehook = self._unraisable
        self._qt_before = qInstallMessageHandler(self._qt_says)
        self._show_warning = warnings.showwarning
        warnings.showwarning = self._warned
        try:
            self._crash_file = self._crash_path.open("w", encoding="utf-8")
        except OSError:  # no folder for the log: a crash is told on the terminal, as ever
            return
        faulthandler.enable(self._crash_file)

    def remove(self) -> None:
        """Catch no more; leave nothing behind."""
        if not self._installed:
            return
        self._installed = False
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._hooks
        qInstallMessageHandler(self._qt_before)
        warnings.showwarning = self._show_warning
        if self._crash_file is not None:
            faulthandler.disable()
            self._crash_file.close()
            self._crash_file = None
            self._crash_path.unlink(missing_ok=True)
        _log.info("captionviewer ends")
        self.log.close()

    # ---- what is told ----------------------------------------------------------------------

    def crash_before(self) -> str:
        """Return what earlier processes left behind that ended in a crash, and put it into the log.

        That is a stack of file names and lines, made by Python's faulthandler; "" if there is none.
        """
        found = []
        left: list[Path] = []
        with contextlib.suppress(OSError):  # a folder of logs that may not be looked into
            left = sorted(log_folder().glob(_CRASH.format("*")))
        for path in left:
            number = path.stem.partition("-")[2]
            if not number.isdigit() or psutil.pid_exists(int(number)):
                continue
            try:
                stack = path.read_text(encoding="utf-8", errors="replace")[:20_000].strip()
                path.unlink()
            except OSError:
                continue
            if stack:
                found.append(stack)
                _log.error("an earlier captionviewer crashed:\n%s", stack)
        return "\n\n".join(found)

    def details(self, about: str) -> str:
        """Return a report for the developers: `about`, the versions, and the last lines of the log."""
        return "\n".join(
            [*_versions(), "", about, "", "The last lines of the log:", *self.log.public_lines(), ""]
        )

    # ---- what is caught --------------------------------------------------------------------

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, Exception):
            self._take(kind, error, trace)
        sys.__excepthook__(kind, error, trace)

    def _uncaught_in_thread(self, told: threading.ExceptHookArgs) -> None:
        if told.exc_value is not None and issubclass(told.exc_type, Exception):
            self._take(told.exc_type, told.exc_value, told.exc_traceback)
        threading.__excepthook__(told)

    def _unraisable(self, told: "sys.UnraisableHookArgs") -> None:
        """An exception while something is deleted: nothing that a user could have asked for has failed."""
        _log.warning(
            "an exception that could not be raised: %r",
            told.exc_value,
            extra={PUBLIC: f"an exception that could not be raised: {told.exc_type.__name__}"},
        )
        sys.__unraisablehook__(told)

    def _warned(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        where = f"{_short(filename)}:{lineno}"
        _log.warning(
            "%s in %s: %s",
            category.__name__,
            where,
            message,
            extra={PUBLIC: f"{category.__name__} in {where}"},
        )

    def _qt_says(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        level = _QT_LEVELS.get(kind, logging.WARNING)
        _qt_log.log(level, "%s", message, extra={PUBLIC: without_private_words(message)})
        if level >= logging.WARNING and sys.__stderr__ is not None:
            print(message, file=sys.__stderr__, flush=True)

    def _take(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        frames = traceback.extract_tb(trace)
        ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
        near = ours or list(frames)
        where = (near[-1].filename, near[-1].lineno or 0) if near else ("", 0)
        with self._lock:
            count = self._seen[kind.__name__, *where] = self._seen.get((kind.__name__, *where), 0) + 1
        short = f"{kind.__name__} in {_short(where[0])}, line {where[1]}"
        if count > 1:
            if count in (10, 100, 1000, 10_000):
                _log.error("%s, for the %d. time", short, count, extra={PUBLIC: f"{short}, {count} times"})
            return
        _log.error("%s", short, exc_info=(kind, error, trace), extra={PUBLIC: short})
        sentence = (
            f"A fault of captionviewer ({short}). The window goes on; what was asked for last may not have "
            "been done."
        )
        stack = [
            f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}\n    {frame.line}"
            for frame in frames[-_FRAMES:]
        ]
        summary = without_private_words(str(error).split("\n", 1)[0][:300])
        send(self.told, Fault(sentence, "\n".join([f"{kind.__name__}: {summary}", *stack])))


def _versions() -> list[str]:
    from importlib import metadata  # the launch needs none of it

    libraries = []
    for name in _LIBRARIES:
        try:
            libraries.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            libraries.append(f"{name} unknown")
    screens = ", ".join(
        f"{screen.size().width()}x{screen.size().height()} at {screen.devicePixelRatio():g}"
        for screen in QGuiApplication.screens()
    )
    return [
        f"captionviewer {__version__}",
        f"Python {platform.python_version()}, Qt {qVersion()}, {', '.join(libraries)}",
        f"{platform.system()} {platform.release()} {platform.machine()}, "
        f"{QGuiApplication.platformName()}, {screens}",
    ]


def _short(filename: str) -> str:
    """A file's name from the package on, or without the folders that say whose computer this is."""
    path = Path(filename)
    if path.is_relative_to(_PACKAGE):
        return path.relative_to(_PACKAGE.parent).as_posix()
    for mark in ("site-packages", "dist-packages"):
        if mark in path.parts:
            return "/".join(path.parts[path.parts.index(mark) + 1 :])
    return path.name
