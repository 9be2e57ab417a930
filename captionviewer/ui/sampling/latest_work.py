"""Work whose latest wish alone counts, away from the GUI thread."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Generic, TypeVar

from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.training.run import TrainingRun
from captionviewer.ui.session.session import Session
from captionviewer.ui.worker import Cancelled, Job

T = TypeVar("T")


@contextmanager
def turn_between_steps(run: TrainingRun | None) -> Iterator[None]:
    """While it is held a run makes no step, and products stay in one thread: for short work.

    Products this small gain nothing from a second thread, and beside a busy program they wait for it a
    hundred times as long as they take.
    """
    with run.between_steps() if run is not None else nullcontext(), one_library_thread():
        yield


class LatestWork(Generic[T]):
    """Does one piece of work at a time; of the wishes that come meanwhile only the last is carried out.

    What is under way then is told to end early, and its answer is dropped; with `keeps_each` it is told all
    the same, so that what follows a slider moves with it. With `between_steps` a run under
    way makes no step meanwhile: for short work, which two threads that want the same core would only stretch.
    Work of which only a part is short takes a `turn` for that part.
    """

    def __init__(
        self,
        session: Session,
        name: str,
        *,
        between_steps: bool = False,
        brief: bool = False,
        keeps_each: bool = False,
    ) -> None:
        """`name` says for people what is done ("proving the likeliest caption"), unless that is `brief`."""
        self._session, self._name = session, name
        self._between_steps, self._keeps_each = between_steps, keeps_each
        self._brief = brief or between_steps
        self._job: Job | None = None
        self._next: Callable[[], None] | None = None
        self._dropped = False

    @property
    def is_busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._job is not None and not (self._dropped and self._next is None)

    def ask(
        self,
        work: Callable[[Cancelled], T],
        on_done: Callable[[T], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        """Have something done, in place of all that was asked before."""
        if self._job is None:
            self._start(work, on_done, on_failed)
        else:
            self._dropped = self._dropped or not self._keeps_each
            self._next = lambda: self._start(work, on_done, on_failed)

    def turn(self) -> AbstractContextManager[None]:
        """A turn between two steps of the run that is under way now, to be taken once by the work."""
        return turn_between_steps(self._session.runs.run)

    def drop(self) -> None:
        """Want nothing any more: what is under way ends soon, and nobody is told."""
        self._dropped, self._next = True, None

    def _start(
        self,
        work: Callable[[Cancelled], T],
        on_done: Callable[[T], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        self._dropped, self._next = False, None

        def quiet(cancelled: Cancelled) -> T:
            with self.turn() if self._between_steps else nullcontext():
                return work(lambda: cancelled() or self._dropped)

        def done(result: T) -> None:
            if not self._ended():
                on_done(result)

        def failed(error: Exception) -> None:
            if not self._ended():
                on_failed(error)

        self._job = self._session.workers.start(self._name, quiet, done, failed, brief=self._brief)

    def _ended(self) -> bool:
        """Note that the work has ended and begin what waits; whether its answer is to be dropped."""
        dropped, following = self._dropped, self._next
        self._job = None
        if following is not None:
            following()
        return dropped
