"""Politeness towards the hosts of photos: few requests a second, none to those it is no use to ask."""

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from captionviewer.core.photos.problem import PhotoProblem

_HOSTS_REMEMBERED = 256
_LONGEST_BUSY_S = 3600.0
# While any host has answered this lately, another that can't be reached does not mean being offline.
_ONLINE_S = 30.0


def _never() -> bool:
    return False


@dataclass
class _Host:
    next_turn: float = 0.0  # seconds of the monotonic clock, as all times here
    alone_until: float = 0.0
    problem: PhotoProblem = PhotoProblem.BUSY  # why it is left alone
    why: str = ""  # half a sentence
    failures: int = 0  # in a row
    answered_at: float = -math.inf


@dataclass(frozen=True)
class LeftAlone:
    """A host that is not asked for a while."""

    problem: PhotoProblem  # BUSY or OFFLINE
    seconds: float  # how much longer
    why: str = ""  # it could not be reached


class HostThrottle:
    """Spaces out the requests to each host and remembers which hosts are busy or can't be reached.

    Hosts that share a domain (farm1 to farm9.staticflickr.com) count as one. Thread-safe.

    Parameters
    ----------
    requests_per_second
        How many requests a host gets, on average.
    burst
        How many may follow each other at once after a rest (the first page shows quickly).
    pause
        Seconds that a host which can't be reached, or is busy without saying for how long, is
        left alone; doubled with each failure in a row.
    longest_pause
        Where the doubling ends, in seconds.
    """

    def __init__(
        self,
        requests_per_second: float = 5.0,
        burst: int = 8,
        pause: float = 2.0,
        longest_pause: float = 30.0,
    ) -> None:
        self._interval = 1.0 / requests_per_second
        self._lead = (burst - 1) * self._interval
        self._pause = pause
        self._longest_pause = longest_pause
        self._hosts: OrderedDict[str, _Host] = OrderedDict()
        self._lock = threading.Lock()
        self._offline = False

    @property
    def offline(self) -> bool:
        """True from when no host could be reached until any host answers."""
        return self._offline

    def left_alone(self, host: str) -> LeftAlone | None:
        """Return why and how long a host is not asked; None when it may be."""
        with self._lock:
            known = self._known(host)
            seconds = known.alone_until - time.monotonic()
            return LeftAlone(known.problem, seconds, known.why) if seconds > 0 else None

    def wait_for_turn(
        self, host: str, stop: Callable[[], bool], patient: Callable[[], bool] = _never
    ) -> float:
        """Block until a request to the host is polite; return the seconds waited. Ends early on `stop`.

        While `patient` says so, the host must have rested besides: what is fetched ahead uses no turn
        of the burst that a photo in sight may want a moment later.
        """
        began = time.monotonic()
        while not stop():
            if patient():
                if self._take_spare_turn(host):
                    break
                time.sleep(0.02)
                continue
            left = self._take_turn(host)
            if left <= 0:
                break
            time.sleep(min(left, 0.05))
        return time.monotonic() - began

    def _take_turn(self, host: str) -> float:
        """Take a turn if one is due (0), else return the seconds until then: who gives up takes none."""
        with self._lock:
            known = self._known(host)
            now = time.monotonic()
            if known.next_turn > now:
                return known.next_turn - now
            known.next_turn = max(known.next_turn, now - self._lead) + self._interval
            return 0.0

    def _take_spare_turn(self, host: str) -> bool:
        with self._lock:
            known = self._known(host)
            rested = time.monotonic() - self._lead
            if known.next_turn > rested:
                return False
            known.next_turn = rested + self._interval
            return True

    def answered(self, host: str) -> None:
        """Note that a host answered."""
        with self._lock:
            known = self._reached(host)
            if known.problem is PhotoProblem.BUSY and known.alone_until > time.monotonic():
                return  # an answer to a request from before it said that it is busy
            known.failures = 0
            known.alone_until = 0.0

    def busy(self, host: str, retry_after: float | None) -> float:
        """Note a 429 or 5xx; return the seconds for which the host is left alone now.

        Parameters
        ----------
        retry_after
            What the host asked for in seconds, None when it did not say.
        """
        with self._lock:
            known = self._reached(host)
            seconds = self._backed_off(known) if retry_after is None else min(retry_after, _LONGEST_BUSY_S)
            return self._leave_alone(known, PhotoProblem.BUSY, seconds)

    def unreachable(self, host: str, why: str = "") -> float:
        """Note that a host can't be reached, and why; return the seconds for which it is left alone now."""
        with self._lock:
            known = self._known(host)
            known.why = why
            known.answered_at = -math.inf
            lately = time.monotonic() - _ONLINE_S
            self._offline = all(other.answered_at < lately for other in self._hosts.values())
            return self._leave_alone(known, PhotoProblem.OFFLINE, self._backed_off(known))

    def try_again_now(self) -> None:
        """Ask hosts again that could not be reached (a host that said how long it is busy stays alone)."""
        with self._lock:
            for known in self._hosts.values():
                if known.problem is PhotoProblem.OFFLINE:
                    known.alone_until = 0.0

    def _reached(self, host: str) -> _Host:
        known = self._known(host)
        known.answered_at = time.monotonic()
        self._offline = False
        return known

    def _backed_off(self, known: _Host) -> float:
        return min(self._pause * 2.0 ** min(known.failures, 16), self._longest_pause)

    def _leave_alone(self, known: _Host, problem: PhotoProblem, seconds: float) -> float:
        now = time.monotonic()
        # Requests that were under way together fail together: they count as one failure.
        if known.alone_until <= now or known.problem is not problem:
            known.failures += 1
        known.problem = problem
        known.alone_until = max(known.alone_until, now + seconds)
        return known.alone_until - now

    def _known(self, host: str) -> _Host:
        name = domain(host)
        known = self._hosts.setdefault(name, _Host())
        self._hosts.move_to_end(name)
        while len(self._hosts) > _HOSTS_REMEMBERED:
            self._hosts.popitem(last=False)
        return known


def domain(host: str) -> str:
    """Return what counts as one host: the last two labels of a name, or the IP address."""
    host = host.strip("[]").rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ".".join(host.split(".")[-2:])
