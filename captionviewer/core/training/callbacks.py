"""Callbacks of a run: what is due between two steps, when, and what it may cost, as one list.

Captions of watched photos, snapshots that others read, copies to fall back on; whatever else looks at a
model in training (validation, checkpoints) is one more entry. Nothing in the list may
draw from the run's random numbers or change the model: a run with all of them on equals a run with all off,
bit for bit.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Protocol

from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver

MOST_SHARE = 0.05  # of a run's time, for all work at leisure together

RunSolver = CaptioningSolver[CaptioningRNN]


class Due(Enum):
    """When a thing is to be done."""

    NOT_YET = "not yet"
    AT_LEISURE = "at leisure"  # as soon as it has not had its share of the time already
    NOW = "now"  # before the next step, whatever it costs: it was asked for, or what is shown is too old


class Callback(Protocol):
    """Something that is done now and then between two steps.

    Attributes
    ----------
    name
        in a word or two, unique in a run.
    share
        of the run's time that it may take at leisure, as 0.03; less where all together ask for too much.
    shows_the_model
        whether people look at what it makes: then it is also done when the run comes to rest, at a pause and
        at its end, so that what they see is of the last step.
    """

    name: str
    share: float
    shows_the_model: bool

    def due(self, now: float, iteration: int) -> Due:
        """Whether it is due after `iteration` steps, at `now` (seconds of a monotonic clock)."""

    def run(self, solver: RunSolver) -> None:
        """Do it. Where that takes long, `solver.interrupt` is called now and then, and may raise."""


class Callbacks:
    """Does what is due, and keeps what is done at leisure within its share of the time."""

    def __init__(self, works: Sequence[Callback], clock: Callable[[], float] = time.monotonic) -> None:
        """Take the list, in the order in which things due at one time are done."""
        self._works = tuple(works)
        self._clock = clock
        asked = sum(work.share for work in works)
        self._scale = min(1.0, MOST_SHARE / asked) if asked else 0.0
        self._not_before = dict.fromkeys((work.name for work in works), float("-inf"))
        self._seconds = dict.fromkeys((work.name for work in works), 0.0)
        self._lock = threading.Lock()  # around both, which `charge` writes

    def run_due(self, solver: RunSolver) -> None:
        """Do what is due now."""
        for work in self._works:
            now = self._clock()
            due = work.due(now, solver.iteration)
            if due is Due.NOW or (due is Due.AT_LEISURE and now >= self._not_before[work.name]):
                self._run(work, solver)

    def bring_up_to_date(self, solver: RunSolver, given_up: Callable[[], bool] = lambda: False) -> None:
        """Do all that shows the model: the run comes to rest, until that is `given_up`."""
        for work in self._works:
            if work.shows_the_model and not given_up():
                self._run(work, solver)

    def seconds(self) -> Mapping[str, float]:
        """What each has cost so far, by name."""
        return dict(self._seconds)

    def charge(self, name: str, seconds: float) -> None:
        """Count what another thread has just spent for a work as that work's own; from any thread."""
        now = self._clock()
        with self._lock:
            self._seconds[name] += seconds
            share = next(work.share for work in self._works if work.name == name) * self._scale
            if share:  # a longer break after what took longer
                self._not_before[name] = max(self._not_before[name], now + seconds / share)

    def _run(self, work: Callback, solver: RunSolver) -> None:
        began = self._clock()
        work.run(solver)
        self.charge(work.name, self._clock() - began)
