"""How long a download waits for what: for a block of bytes, before another try, and how often it tries."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from captionviewer.core.web.deadline import Deadline, NoLongerWanted, OutOfTime


@dataclass(frozen=True)
class Manner:
    """How a download behaves; the defaults are for people, tests are less patient.

    Attributes
    ----------
    block : int
        Bytes that are read and written at once.
    block_within_s : float
        A block has to come within this time: slower counts as broken off. (32 kB in 30 s is 1 kB/s.)
    tries : int
        How often in a row it may fail without getting further.
    first_wait_s, longest_wait_s : float
        Before the next try; doubled each time, unless the server says how long to wait.
    longest_retry_after_s : float
        A server that wants us to wait longer is not waited for.
    least_gain : int
        Bytes that count as getting further.
    most_restarts : int
        How often one run starts over because the file changed on the server.
    """

    block: int = 32_768
    block_within_s: float = 30.0
    tries: int = 6
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0
    longest_retry_after_s: float = 600.0
    least_gain: int = 262_144
    most_restarts: int = 3

    def wait_s(self, failures: int) -> float:
        """Return how long to wait after so many failures in a row."""
        return min(self.first_wait_s * 2.0 ** (failures - 1), self.longest_wait_s)


class BlockDeadline(Deadline):
    """The time left for the next block, not for the whole: an archive may take hours, a block may not."""

    def __init__(self, seconds: float, stop: Callable[[], bool]) -> None:
        super().__init__(seconds, stop)
        self._unwanted = stop
        self._until = time.monotonic() + seconds

    def renew(self) -> None:
        """A block came (or a pause ended): the time begins anew."""
        self._until = time.monotonic() + self.seconds

    def left(self) -> float:
        """Return the seconds left for this block; raise OutOfTime or NoLongerWanted when there are none."""
        if self._unwanted():
            raise NoLongerWanted
        left = self._until - time.monotonic()
        if left <= 0:
            raise OutOfTime
        return left
