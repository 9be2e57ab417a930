"""How many threads NumPy's matrix products get while a run trains: all of them, or one.

A library of matrix products splits each product over all cores and waits for the slowest share. On a quiet
machine that is up to twice as fast as one thread; as soon as another program wants a core (a lecture's
screen sharing), every product waits for a share whose thread is not running, and a step can take ten times
as long as with one thread. Nobody can know beforehand, so a run measures it.
"""

import logging
import threading
from types import TracebackType
from typing import ClassVar, Protocol, Self

from threadpoolctl import threadpool_limits

BLOCK_STEPS = 10  # steps that are timed together, at least,
BLOCK_SECONDS = 0.5  # but no more when they take this long;
SURE_SECONDS = 0.3  # after the first trial they take this long: one slow step is not a busy machine
WORTHWHILE = 0.005  # seconds: steps shorter than this are products too small to be split
BETTER = 0.9  # the other way is kept when a step takes less than this share of the time
COLLAPSE = 1.8  # all threads are doubted when a step takes this many times as long as it did
FIRST_WAIT, LONGEST_WAIT = 2.0, 128.0  # seconds of training until the other way is tried again

_log = logging.getLogger(__name__)


class Threads(Protocol):
    """What sets the number of threads of matrix products in this process."""

    def use_one(self) -> None:
        """One thread from now on."""

    def use_all(self) -> None:
        """As many as there were at first."""


class LibraryThreads:
    """The threads of the library that NumPy was built with (OpenBLAS, MKL, BLIS), for the whole process.

    How many there were is asked each time before they become one, so that what the user set meanwhile comes
    back. Where several runs want one thread, the last that does not any more gives them back. Where it can't
    be told (Apple's Accelerate), nothing changes.
    """

    _lock = threading.Lock()
    _wanting_one: ClassVar[set["LibraryThreads"]] = set()
    _limit: ClassVar[threadpool_limits | None] = None

    def use_one(self) -> None:
        """One thread from now on."""
        with self._lock:
            if not self._wanting_one:
                LibraryThreads._limit = threadpool_limits(limits=1, user_api="blas")
            self._wanting_one.add(self)

    def use_all(self) -> None:
        """As many as there were."""
        with self._lock:
            if self not in self._wanting_one:
                return
            self._wanting_one.discard(self)
            if not self._wanting_one and self._limit is not None:
                self._limit.restore_original_limits()
                LibraryThreads._limit = None


class ProductThreads:
    """The choice between all threads and one, made anew as the pace of a run's steps changes.

    The second block of steps is run with one thread, to know what that is worth. Afterwards all threads
    are doubted only when steps become much slower than they were, and one thread is left now and then to
    see whether the machine is quiet again; the longer the same answer, the seldomer. On a quiet machine
    the same steps are therefore run the same way each time, and a run repeats to the last bit.

    Use it as a context: at its end the threads are as they were.
    """

    def __init__(self, threads: Threads | None = None) -> None:
        """`threads` sets their number; None takes NumPy's own library."""
        self._threads: Threads = LibraryThreads() if threads is None else threads
        self.one = False  # whether products run on one thread now
        self._trying = False
        self._steps, self._seconds = 0, 0.0  # of this block
        self._clock = 0.0  # seconds of training so far
        self._pace = 0.0  # seconds a step, before the trial
        self._usual = 0.0  # the best pace known with all threads; 0 doubts them at once
        self._wait, self._next_trial = FIRST_WAIT, 0.0
        self._warm = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._use(one=False)

    def took(self, seconds: float) -> None:
        """Hear how long a step took; may change the number of threads before the next."""
        self._steps += 1
        self._seconds += seconds
        self._clock += seconds
        least = SURE_SECONDS if self._next_trial else 0.0
        if (self._steps < BLOCK_STEPS or self._seconds < least) and self._seconds < BLOCK_SECONDS:
            return
        pace = self._seconds / self._steps
        self._steps, self._seconds = 0, 0.0
        if not self._warm:  # the first block pays for fresh memory
            self._warm = True
        elif self._trying:
            self._judge(pace)
        elif self._doubtful(pace):
            self._trying, self._pace = True, pace
            self._use(one=not self.one)
        elif not self.one:
            self._usual = min(self._usual, pace)

    def _doubtful(self, pace: float) -> bool:
        if pace < WORTHWHILE:
            return False
        return self._clock >= self._next_trial if self.one else pace > COLLAPSE * self._usual

    def _judge(self, pace: float) -> None:
        """Keep what is being tried, or go back."""
        self._trying = False
        kept = pace < BETTER * self._pace
        if not kept:
            self._use(one=not self.one)
        elif self._usual:
            _log.info("matrix products use %s from now on", "one thread" if self.one else "all threads")
        if not self.one:
            self._usual = pace if kept else self._pace
        self._wait = FIRST_WAIT if kept else min(2 * self._wait, LONGEST_WAIT)  # until one thread is doubted
        self._next_trial = self._clock + self._wait

    def _use(self, *, one: bool) -> None:
        self.one = one
        if one:
            self._threads.use_one()
        else:
            self._threads.use_all()
