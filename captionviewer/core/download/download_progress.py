"""How far a download is, as plain values that another thread may look at."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

SMOOTHED_OVER_S = 8.0
_SAMPLE_S = 0.2


class Phase(Enum):
    """What a download is doing."""

    ASKING = "Asking the server"
    FETCHING = "Downloading"
    WAITING = "Waiting"  # before the next try
    PAUSED = "Paused"
    CHECKING = "Checking"  # files that are there already
    UNPACKING = "Unpacking"
    OPENING = "Opening the data"  # the last check, before the files move to their place
    DONE = "Done"
    STOPPED = "Stopped"
    FAILED = "Failed"


@dataclass(frozen=True)
class DownloadProgress:
    """One look at a download.

    Attributes
    ----------
    phase : Phase
    done, total : int
        Bytes of this phase; total is None while nobody knows it.
    speed : float or None
        Bytes a second, smoothed over some seconds.
    seconds_left : float or None
        Of this phase, at that speed.
    words : str
        What is waited for, or which file is worked on.
    notices : tuple of str
        What the user should know, in order: started over, could not be resumed, ...
    """

    phase: Phase = Phase.ASKING
    done: int = 0
    total: int | None = None
    speed: float | None = None
    seconds_left: float | None = None
    words: str = ""
    notices: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        """From 0 to 1; None while the total is unknown."""
        return min(self.done / self.total, 1.0) if self.total else None


class TransferRate:
    """Bytes a second over the last seconds."""

    def __init__(
        self, smoothed_over: float = SMOOTHED_OVER_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._samples: deque[tuple[float, int]] = deque()
        self._smoothed_over = smoothed_over
        self._clock = clock

    def restart(self) -> None:
        """Forget: after a pause, old samples say nothing."""
        self._samples.clear()

    def note(self, done: int) -> float | None:
        """Take the bytes done so far; return the speed, None until there is enough to tell it."""
        now = self._clock()
        samples = self._samples
        if samples and done < samples[-1][1]:
            samples.clear()
        if len(samples) < 2 or now - samples[-2][0] >= _SAMPLE_S:
            samples.append((now, done))
        else:
            samples[-1] = (now, done)
        while len(samples) > 2 and now - samples[0][0] > self._smoothed_over:
            samples.popleft()
        seconds = now - samples[0][0]
        return (done - samples[0][1]) / seconds if seconds >= _SAMPLE_S else None


class ProgressBoard:
    """Written by the download's thread, read by any: each look is one whole value."""

    def __init__(self) -> None:
        self._shown = DownloadProgress()
        self._meter = TransferRate()

    @property
    def shown(self) -> DownloadProgress:
        """The newest look."""
        return self._shown

    def enter(self, phase: Phase, done: int = 0, total: int | None = None, words: str = "") -> None:
        """Begin a phase."""
        self._meter.restart()
        self._shown = DownloadProgress(phase, done, total, None, None, words, self._shown.notices)

    def advance(self, done: int, words: str | None = None) -> None:
        """Tell how many bytes of the phase are done."""
        speed = self._meter.note(done)
        total = self._shown.total
        left = (total - done) / speed if total is not None and speed else None
        self._shown = replace(
            self._shown,
            done=done,
            speed=speed,
            seconds_left=left,
            words=self._shown.words if words is None else words,
        )

    def rest(self, phase: Phase, words: str = "") -> DownloadProgress:
        """Show a pause or a wait where the bytes stay as they are; return what to come back to."""
        before = self._shown
        self._meter.restart()
        self._shown = replace(before, phase=phase, words=words, speed=None, seconds_left=None)
        return before

    def go_on(self, before: DownloadProgress) -> None:
        """Come back from a rest."""
        self._shown = replace(before, speed=None, seconds_left=None, notices=self._shown.notices)

    def notice(self, words: str) -> None:
        """Say something that the user should know (once)."""
        if words not in self._shown.notices:
            self._shown = replace(self._shown, notices=(*self._shown.notices, words))
