"""The one bridge from threads to the window: work goes out, its result comes back in the GUI thread."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance, Slot
from shiboken6 import isValid

_log = logging.getLogger(__name__)

T = TypeVar("T")
Cancelled = Callable[[], bool]  # what work asks now and then, to end early


def send(signal: SignalInstance, *values: object) -> None:
    """Emit a signal from a thread; where the window closed meanwhile there is nobody left to tell."""
    with contextlib.suppress(RuntimeError):  # "Signal source has been deleted"
        signal.emit(*values)


class Job:
    """One piece of work in a thread of its own; a cancelled job never calls back."""

    def __init__(self, name: str, work: Callable[[Cancelled], Callable[[], None]], brief: bool) -> None:
        self.name = name
        self.brief = brief
        self._work: Callable[[Cancelled], Callable[[], None]] | None = work
        self._cancelled = threading.Event()
        self._answer: Callable[[], None] | None = None

    def cancel(self) -> None:
        """Ask the work to end, and drop its result."""
        self._cancelled.set()

    def work(self) -> None:
        """Do the work (in the thread), once, and keep what is to be called with its result."""
        assert self._work is not None
        self._answer, self._work = self._work(self._cancelled.is_set), None

    def answer(self) -> None:
        """Call back (in the GUI thread), unless the job was cancelled meanwhile; keep nothing of it."""
        answer, self._answer = self._answer, None
        if answer is not None and not self._cancelled.is_set():
            answer()


class Workers(QObject):
    """Runs jobs in threads and brings their results to the GUI thread."""

    busy_changed = Signal()
    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads: dict[Job, threading.Thread] = {}
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def start(
        self,
        name: str,
        work: Callable[[Cancelled], T],
        on_done: Callable[[T], None],
        on_failed: Callable[[Exception], None],
        *,
        brief: bool = False,
    ) -> Job:
        """Run `work(cancelled)` in a thread; then one of the two calls comes in the GUI thread.

        `name` says for people what is running ("opening coco_captioning"); a `brief` job is not named
        in `running()`, where it would only flicker.
        """

        def answer_of(cancelled: Cancelled) -> Callable[[], None]:
            try:
                result = work(cancelled)
            except Exception as error:  # whatever it is, it is handed to the window, which says it
                failure = error
                _log.info("a job failed: %s", name, exc_info=error)
                return lambda: _call(on_failed, failure)
            return lambda: _call(on_done, result)

        job = Job(name, answer_of, brief)

        def run() -> None:
            job.work()
            send(self._finished, job)

        # A daemon: a thread that hangs on a dead disk must not keep the program from ending. All others are
        # waited for in `shut_down`.
        thread = threading.Thread(target=run, name=f"captionviewer: {name}", daemon=True)
        thread.start()  # first: a thread that could not be started is none to wait for
        self._threads[job] = thread
        if not brief:
            self.busy_changed.emit()
        return job

    def rename(self, job: Job, name: str) -> None:
        """Name a running job anew, as when its name says how far it is."""
        if job in self._threads and job.name != name:
            job.name = name
            self.busy_changed.emit()

    def running(self) -> list[str]:
        """Return the names of what is running now."""
        return [job.name for job in self._threads if not job.brief]

    def shut_down(self, timeout: float = 3.0) -> bool:
        """Cancel all jobs and wait at most `timeout` seconds; True when every thread has ended."""
        deadline = time.monotonic() + timeout
        for job in self._threads:
            job.cancel()
        for thread in self._threads.values():
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads.values())

    @Slot(object)
    def _deliver(self, job: Job) -> None:
        self._threads.pop(job).join()
        if not job.brief:
            self.busy_changed.emit()
        job.answer()


def _call(back: Callable[[T], None], value: T) -> None:
    """Call back, unless whose method that is has been deleted with its window meanwhile."""
    owner = getattr(back, "__self__", None)
    if not isinstance(owner, QObject) or isValid(owner):
        back(value)
