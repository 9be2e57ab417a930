"""How long a download waits for what: for a block of bytes, before another try, and how often it tries."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
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
