"""A bound on a request or a part of it, however slowly its bytes drip."""

import time
from collections.abc import Callable

from captionviewer.core.web.failures import DeadlineExceeded, RequestCancelled

# How long a blocking call may keep a thread from seeing that it is no longer wanted.
SLICE_S = 0.1


class Deadline:
    """The time left; what ends it is no OSError, so that no library mistakes it for an error of its own.

    Parameters
    ----------
    seconds
        For the whole request with redirects and body, or, where `renew` is called after each block, for
        the next block.
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

    def renew(self) -> None:
        """Let the time begin anew: a block came, or a pause ended."""
        self._end = time.monotonic() + self.seconds

    def left(self) -> float:
        """Return the seconds left (above 0), or raise DeadlineExceeded or RequestCancelled."""
        if self._stop():
            raise RequestCancelled("it was no longer wanted")
        left = self._end - time.monotonic()
        if left <= 0:
            raise DeadlineExceeded(f"it took longer than {self.seconds:g} s")
        return left

    def slice(self) -> float:
        """Return how long one blocking call may take, in seconds."""
        return max(min(self.left(), SLICE_S), 0.001)
