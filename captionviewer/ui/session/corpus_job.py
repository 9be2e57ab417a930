"""A pass over val that somebody asked for: one at a time, with its progress, to be cancelled."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from captionviewer.ui.session.session import Session
from captionviewer.ui.worker import Cancelled, Job, send

T = TypeVar("T")
Progress = Callable[[float], bool]  # told the share that is done; False: end it


class CorpusJob(QObject):
    """Runs one pass in a thread; what a cancelled one still has to say is not heard."""

    progressed = Signal(float)  # the share that is done
    _reported = Signal(object, float)  # from the thread

    def __init__(self, session: Session, name: str, parent: QObject) -> None:
        """`name` says for people what is done ("measuring the photo's worth")."""
        super().__init__(parent)
        self._session, self._name = session, name
        self._job: Job | None = None
        self._pass: object = None  # which one is under way
        self._reported.connect(self._report, Qt.ConnectionType.QueuedConnection)

    @property
    def is_busy(self) -> bool:
        """Whether a pass is under way."""
        return self._job is not None

    def start(
        self,
        work: Callable[[Progress], T | None],
        on_done: Callable[[T | None], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        """Do `work` in place of a pass under way; one of the calls comes when it has ended by itself."""
        self.cancel()
        pass_of_this = object()

        def worked(cancelled: Cancelled) -> T | None:
            def progress(share: float) -> bool:
                send(self._reported, pass_of_this, share)
                return not cancelled()

            return work(progress)

        def done(result: T | None) -> None:
            self._job = None
            on_done(result)

        def failed(error: Exception) -> None:
            self._job = None
            on_failed(error)

        self._pass = pass_of_this
        self._job = self._session.workers.start(self._name, worked, done, failed)
        self.progressed.emit(0.0)

    def cancel(self) -> None:
        """End the pass under way, and drop what it found."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _report(self, of_pass: object, share: float) -> None:
        if self._job is not None and of_pass is self._pass:
            self.progressed.emit(share)
