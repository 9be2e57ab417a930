"""How far a training run is, and how fast it goes."""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class RunProgress:
    """How far a run is, at a step boundary."""

    iteration: int = 0
    num_iterations: int = 0  # 0: not known yet
    epoch: int = 0  # whole epochs done
    num_epochs: int = 0
    learning_rate: float = 0.0
    steps_per_second: float = 0.0  # over the last few seconds, 0 while it is not known
    seconds_left: float | None = None


class Stopwatch:
    """Seconds of training, pauses left out."""

    def __init__(self, before: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin at `before` seconds; NaN, where those before are not known, begins at 0."""
        self._clock = clock
        self._before = before if math.isfinite(before) else 0.0
        self._since: float | None = clock()

    @property
    def seconds(self) -> float:
        """How many it has counted."""
        return self._before + (0.0 if self._since is None else self._clock() - self._since)

    def halt(self) -> None:
        """Count no more until `go`."""
        self._before, self._since = self.seconds, None

    def go(self) -> None:
        """Count on."""
        if self._since is None:
            self._since = self._clock()


class StepRate:
    """Iterations a second over the last few seconds of work; pauses don't count."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque(maxlen=20)

    def note(self, now: float, iteration: int) -> float:
        """Note that `iteration` was done at `now` (seconds) and return the speed, 0 while it is not known."""
        if not self._marks or now - self._marks[-1][0] >= 0.25:
            self._marks.append((now, iteration))
        first_time, first_iteration = self._marks[0]
        return (iteration - first_iteration) / (now - first_time) if now - first_time >= 0.2 else 0.0

    def forget(self) -> None:
        """Begin anew, after a pause."""
        self._marks.clear()
