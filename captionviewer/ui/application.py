"""Starts the window: the application object, the theme, the session, and what the arguments ask for."""

import gc
import importlib
import logging
import os
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMessageBox

from captionviewer import __version__
from captionviewer.core.atomic_file import sweep
from captionviewer.core.coco.chosen_data import chosen_data_folder
from captionviewer.core.coco.dataset import FeatureKind
from captionviewer.core.coco.feature_kinds import feature_kind_named
from captionviewer.core.user_folders import written_folders
from captionviewer.resources import resource
from captionviewer.ui import settings as remembered
from captionviewer.ui.garbage import GarbageCollector, leave_out_what_is_there
from captionviewer.ui.look.numbers import write_numbers_alike
from captionviewer.ui.look.theme import Theme, ThemeChoice
from captionviewer.ui.session.data import OPENING_STORYBOOK
from captionviewer.ui.session.free_memory import have_few_pools
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings
from captionviewer.ui.window.end_signals import EndSignals
from captionviewer.ui.window.failed_starts import StartMark, begin_afresh_after
from captionviewer.ui.window.log_file import LogFile
from captionviewer.ui.window.main_window import MainWindow
from captionviewer.ui.window.problems import Problems
from captionviewer.ui.worker import Cancelled

CANNOT_START = 1
ENDED_BY_SIGNAL = 128  # and the signal's number: what a shell expects of a program that was ended

_log = logging.getLogger(__name__)


def make_window(app: QApplication, settings: Settings, problems: Problems | None = None) -> MainWindow:
    """Return a window that is not shown yet, with a session of its own."""
    have_few_pools()
    write_numbers_alike()
    theme = Theme(app)
    theme.choose(ThemeChoice(settings.get(remembered.THEME)))
    session = Session(settings)
    window = MainWindow(session, theme, problems or Problems(LogFile(), session))
    session.setParent(window)
    settings.setParent(session)
    window.first_painted.connect(GarbageCollector(window).begin)
    window.first_painted.connect(lambda: prepare_plots(session))
    return window


def prepare_plots(session: Session) -> None:
    """Import Matplotlib in a thread: its first import on a machine builds a font cache for seconds."""

    def work(_cancelled: Cancelled) -> None:
        for module in ("matplotlib.figure", "matplotlib.backends.backend_qtagg"):
            importlib.import_module(module)

    def failed(error: Exception) -> None:
        session.problem.emit(f"Plots can't be drawn: Matplotlib could not be loaded ({error}).")

    session.workers.start("preparing plots", work, lambda _none: session.plots_can_be_made(), failed)


def open_at_launch(window: MainWindow, data: Path | None = None, features: FeatureKind | None = None) -> None:
    """Open what a window that is not shown yet begins with.

    That is `data`, else the folder opened last, else the storybook: after the first paint, under the card
    of welcome if that was never closed. Where a folder can't be opened its problem is told over the
    storybook.
    """
    for own in written_folders():
        sweep(own)
    session = window.session
    folder = data if data is not None else chosen_data_folder()
    if folder is not None:
        session.data.open_folder(folder, features, else_storybook=True)
        return
    session.data.announce_storybook()
    window.first_painted.connect(lambda: _open_storybook_unless_else(session))
    if not session.settings.get(remembered.WELCOME_CLOSED):
        window.welcome.open()


def _open_storybook_unless_else(session: Session) -> None:
    """Open it unless the user was quicker and opens something else already."""
    if session.data.opening == OPENING_STORYBOOK and session.data.dataset is None:
        session.data.open_storybook(by_hand=False)


def run(
    data: Path | None = None,
    images: Path | None = None,
    features: str | None = None,
    log_level: str = "info",
) -> int:
    """Show the window until it is closed; return the exit code.

    Parameters
    ----------
    data
        A folder to open at once (None: the one opened last, else the storybook).
    images
        A COCO image folder.
    features
        The kind of features to open it with; None for what was used last.
    log_level
        What is written to the log: "debug", "info", "warning" or "error".
    """
    was_collecting = gc.isenabled()
    app = QApplication.instance() or QApplication(["captionviewer"])
    assert isinstance(app, QApplication)
    app.setApplicationName("captionviewer")
    app.setApplicationVersion(__version__)
    app.setWindowIcon(QIcon(str(resource("icon.svg"))))
    problems = Problems(LogFile(log_level))
    problems.install()
    try:
        return _run(app, problems, data, images, features)
    except Exception:
        _log.exception("the window could not be made")
        _say_that_it_failed(problems)
        return CANNOT_START
    finally:
        problems.remove()
        if was_collecting:
            gc.enable()


def _run(
    app: QApplication, problems: Problems, data: Path | None, images: Path | None, features: str | None
) -> int:
    mark = StartMark()
    settings = Settings()
    begun_afresh = begin_afresh_after(mark.begin(), settings)
    window = make_window(app, settings, problems)
    window.first_painted.connect(mark.came_up)
    window.first_painted.connect(leave_out_what_is_there)
    window.session.matplotlib_ready.connect(leave_out_what_is_there)
    window.tells.tell_of_crash()
    window.tells.offer_kept_models()
    if begun_afresh:
        window.notices.show_lasting(begun_afresh)
    if images is not None:
        window.session.images.set_folder(images, remember=False)
    open_at_launch(window, data, feature_kind_named(features))

    def end(signal: int) -> None:
        _log.info("ended by signal %d", signal)
        window.closing.end_without_questions()
        app.exit(ENDED_BY_SIGNAL + signal)

    def end_with_desktop() -> None:
        """Keep everything before returning: the desktop is logging out, and may end the process then."""
        _log.info("ended by the desktop's session")
        window.closing.end_without_questions()
        QTimer.singleShot(0, app.quit)

    app.commitDataRequest.connect(end_with_desktop)
    signals = EndSignals(window)
    signals.received.connect(end)
    signals.install()
    window.show()
    code = app.exec()
    signals.remove()
    app.commitDataRequest.disconnect(end_with_desktop)
    mark.came_up()
    window.closing.end()  # it was, unless the system ended the loop
    if not window.closing.all_ended:
        _leave_threads_behind(problems, code)
    _keep_until_closed(window)
    return code


def _leave_threads_behind(problems: Problems, code: int) -> None:
    """End the process at once: a thread that hangs on a dead disk would keep it, or crash as it ends."""
    _log.warning("threads are left behind: the process is ended")
    problems.remove()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


def _say_that_it_failed(problems: Problems) -> None:
    box = QMessageBox(QMessageBox.Icon.Critical, "captionviewer", "captionviewer could not start.")
    box.setInformativeText("What happened is in the log; below is what to put into a report.")
    box.setDetailedText(problems.details("The window could not be made."))
    box.exec()


def _keep_until_closed(window: QObject) -> None:
    """Delete the window while Qt is still there: Python's own order at exit is not Qt's."""
    window.deleteLater()
    QApplication.sendPostedEvents()
