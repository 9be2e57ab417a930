"""Keeping a run while it goes on: copies made between two steps, written by a thread of their own.

What a write takes is not the run's time, but it is the machine's and the disk's: it counts as this callback's
own, so that copies and writes stay within `SHARE` of the time. While one is being written a newer
one waits in its place, so that the last is always of the newest step that was asked for.
"""

import logging
import threading
import time
from collections.abc import Callable

from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.training.callbacks import Due, RunSolver
from captionviewer.core.training.run_record import RunRecord

SHARE = 0.02
LEAST_S = 3.0  # between two checkpoints by the clock

Keep = Callable[[RunRecord], None]  # writes a record somewhere; raises CaptionviewerError or OSError

_log = logging.getLogger(__name__)


class Checkpoints:
    """Hands records of a run to whoever keeps them (see `Callback`); does nothing without one."""

    name = "checkpoint"
    share = SHARE
    shows_the_model = True  # a run that comes to rest is kept as it is then

    def __init__(
        self,
        keep: Keep | None,
        record: Callable[[RunSolver], RunRecord],
        tell: Callable[[str], None],
        charge: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin.

        Parameters
        ----------
        keep
            called with each record, in a thread; None: nothing is kept.
        record
            makes a record, in the run's thread, of copies that nobody writes to.
        tell
            told once, in words for people, when a record could not be kept; called in the writer's thread.
        charge
            told the seconds that each write took, in the writer's thread; see `Callbacks.charge`.
        clock
            seconds that only grow.
        """
        self._keep, self._record, self._tell, self._charge, self._clock = keep, record, tell, charge, clock
        self._lock = threading.Lock()
        self._waiting: RunRecord | None = None
        self._writer: threading.Thread | None = None
        self._iteration = -1  # that the newest record is of
        self._not_before = clock() + LEAST_S
        self._told = False
        self.failed = keep is None  # whether the newest record that was tried could not be written

    def due(self, now: float, iteration: int) -> Due:
        """By the writer's own clock, at leisure."""
        waits = self._clock() < self._not_before
        if self._keep is None or iteration == self._iteration or waits or self._writer:
            return Due.NOT_YET
        return Due.AT_LEISURE

    def run(self, solver: RunSolver) -> None:
        """Copy what a checkpoint holds, and let it be written."""
        if self._keep is not None:
            self.put(self._record(solver))

    def put(self, record: RunRecord) -> None:
        """Let a record be written; a newer one takes the place of one that waits."""
        if self._keep is None:
            return
        self._iteration = record.iteration
        with self._lock:
            self._waiting = record
            if self._writer is None:
                self._writer = threading.Thread(
                    target=self._write, name="captionviewer checkpoint", daemon=True
                )
                self._writer.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until nothing waits to be written; True when that is so."""
        writer = self._writer
        if writer is not None:
            writer.join(timeout)
        return self._writer is None

    def _write(self) -> None:
        assert self._keep is not None
        while True:
            with self._lock:
                record, self._waiting = self._waiting, None
                if record is None:
                    self._writer = None
                    return
            began = self._clock()
            failed = True
            try:
                self._keep(record)
                failed = False
            except (CaptionviewerError, OSError, MemoryError) as problem:
                _log.warning("a run was not kept: %s", problem)
                self._tell_once(str(problem))
            except Exception as problem:  # whatever it is, the run must go on
                _log.exception("a run was not kept")
                self._tell_once(f"The run could not be kept: {problem!r}. This is a fault of captionviewer.")
            self.failed = failed
            now = self._clock()
            self._not_before = now + LEAST_S
            self._charge(now - began)

    def _tell_once(self, words: str) -> None:
        if not self._told:
            self._told = True
            self._tell(words)
