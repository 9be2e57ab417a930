"""What the bar over the panels tells: the session's problems, faults, what an ended window left behind."""

import logging
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from captionviewer.ui.session.models import kept_models
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.notice_bar import NoticeBar
from captionviewer.ui.window.model_files import ModelFiles
from captionviewer.ui.window.problems import Fault, Problems

_log = logging.getLogger(__name__)


class WindowNotices(QObject):
    """Shows in `bar` what a user must know, with what can be done about it."""

    def __init__(
        self, window: QWidget, bar: NoticeBar, session: Session, problems: Problems, model_files: ModelFiles
    ) -> None:
        super().__init__(window)
        self._window, self._bar, self._session = window, bar, session
        self._problems, self._model_files = problems, model_files
        session.problem.connect(bar.show_problem)
        session.lasting_problem.connect(bar.show_lasting)
        session.settings.could_not_be_kept.connect(bar.show_lasting)
        for told in (session.problem, session.lasting_problem):
            told.connect(lambda words: _log.info("told: %s", words))
        if session.settings.damage:
            bar.show_lasting(session.settings.damage)
        # queued: it may come from any thread, or from the middle of a painting
        problems.told.connect(self._tell_of, Qt.ConnectionType.QueuedConnection)

    def show_log(self) -> None:
        """Show the end of the log."""
        from captionviewer.ui.window.log_view import LogView  # the launch needs none of it

        LogView(lambda: self._problems.details("Asked for in the Help menu."), self._window).show()

    def tell_of_crash(self) -> None:
        """Say that captionviewer crashed the last time, if it did."""
        stack = self._problems.crash_before()
        if stack:
            self._offer_details(
                "captionviewer ended in a crash the last time. The log has what is known.", stack
            )

    def offer_kept_models(self) -> None:
        """Offer the models that were kept, unsaved, when captionviewer was ended from outside."""
        for path in kept_models():
            self._bar.show_lasting(
                f"A trained model was not saved when captionviewer was ended. It is kept in {path}.",
                ("Open It", partial(self._model_files.open_kept, path)),
                ("Delete It", partial(self._session.models.discard, path)),
            )

    def _tell_of(self, fault: Fault) -> None:
        self._offer_details(fault.sentence, fault.report)

    def _offer_details(self, sentence: str, report: str) -> None:
        def copy() -> None:
            QGuiApplication.clipboard().setText(self._problems.details(report))
            self._session.notice.emit("Details copied: paste them into a report.")

        self._bar.show_lasting(sentence, ("Copy Details", copy), ("Show the Log", self.show_log))
