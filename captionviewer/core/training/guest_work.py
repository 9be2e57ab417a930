"""Where other threads may multiply matrices while a run trains: between two of its steps.

Two threads that multiply matrices at once wait for each other at every product, because each product
wants all cores. A photo's caption that takes 5 ms by itself took 150 ms beside a run, and the run's steps
twice as long meanwhile; between two steps it costs the run its 5 ms.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE_S = 0.2  # for a guest who is on the way, and his work: a window that is busy takes some of it
_LOOK_S = 0.005  # between two looks whether an order has come meanwhile


class StepBoundary:
    """Lets a run's steps and the work of guests take turns. A guest that waits goes before the next step."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._stepping = False
        self._guests = 0
        self._visits = 0
        self._expected = False
        self._ending = False

    @contextmanager
    def step(self) -> Iterator[None]:
        """Hold while a step runs; waits for the guests that are there, unless the run is to end."""
        with self._changed:
            while self._guests and not self._ending:
                self._changed.wait()
            self._stepping = True
        try:
            yield
        finally:
            with self._changed:
                self._stepping = False
                self._changed.notify_all()

    def end(self) -> None:
        """Let no step wait for a guest any more: the run is to end, and whoever steps looks at that first."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()

    def expect(self) -> None:
        """Say that a guest comes as soon as the run has come to rest: what can wait then waits for that."""
        self._expected = True

    def after_guest(self, given_up: Callable[[], bool] = lambda: False) -> None:
        """Wait until the guest who is expected has come and gone, and no longer once it is `given_up`.

        One who is there already is another; after `PATIENCE_S` nobody is waited for.
        """
        until = time.monotonic() + PATIENCE_S
        with self._changed:
            seen = self._visits
            while self._expected and (self._visits == seen or self._guests):
                if time.monotonic() > until or given_up():
                    break
                self._changed.wait(_LOOK_S)
            self._expected = False

    @contextmanager
    def between_steps(self) -> Iterator[None]:
        """Hold while a guest works, shortly; waits for the end of the step that runs."""
        with self._changed:
            self._guests += 1
            self._visits += 1
            self._changed.notify_all()
        try:
            with self._changed:
                while self._stepping:
                    self._changed.wait()
            yield
        finally:
            with self._changed:
                self._guests -= 1
                self._changed.notify_all()
