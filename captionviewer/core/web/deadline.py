"""A bound on a whole request, however slowly its bytes drip."""

import time
from collections.abc import Callable

# How long a blocking call may keep a thread from seeing that it is no longer wanted.
SLICE_S = 0.1


class OutOfTime(Exception):
    """The time for the whole request is used up."""


class NoLongerWanted(Exception):
    """Who asked for the photo does not want it any more."""


class Unreachable(Exception):
    """No connection to the host came about; the text says why."""


class Deadline:
    """The time left for one request; not an OSError ends it, so that no library mistakes it for its own.

    Parameters
    ----------
    seconds
        For the whole request, redirects and body included.
    stop
        Asked often; True ends the request at once.
    """

    def __init__(self, seconds: float, stop: Callable[[], bool]) -> None:
        self.seconds = seconds
        self._stop = stop
        self._end = time.monotonic() + seconds

    def extend(self, seconds: float) -> None:
        """Do not count time spent waiting for one's turn."""
        self._end += seconds

    def left(self) -> float:
        """Return the seconds left (above 0); raise OutOfTime or NoLongerWanted when there are none."""
        if self._stop():
            raise NoLongerWanted
        left = self._end - time.monotonic()
        if left <= 0:
            raise OutOfTime
        return left

    def slice(self) -> float:
        """Return how long one blocking call may take, in seconds."""
        return max(min(self.left(), SLICE_S), 0.001)
