"""The norm of each parameter's gradient as a run goes on, before clipping, in bounded room.

Each step has its row until there are `MOST_ROWS`; then every second one goes, and from there on every second
step is noted, and so on: the rows stay evenly spaced, and the first is always there. It is
that of step 1, but for a run that was begun before norms were kept.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.network.parameter_shapes import PARAMETER_NAMES
from captionviewer.core.training.setting_edits import SettingEdit

MOST_ROWS = 4096


@dataclass(frozen=True)
class ParameterNorms:
    """Norms of gradients at n iterations.

    Attributes
    ----------
    iterations
        (n,) rising.
    norms
        (n, 8) float32, a column for each of `PARAMETER_NAMES`; of the gradient before it was clipped.
    """

    iterations: IntArray
    norms: FloatArray

    @property
    def every(self) -> int:
        """How many steps apart the rows are."""
        return int(self.iterations[1] - self.iterations[0]) if len(self.iterations) > 1 else 1


class NormHistory:
    """Grows by one thread while others read."""

    def __init__(self, before: ParameterNorms | None = None) -> None:
        """Begin empty, or go on with what was recorded `before`."""
        self._lock = threading.Lock()
        self._length = 0 if before is None else len(before.iterations)
        room = max(MOST_ROWS, self._length)
        self._iterations: IntArray = np.empty(room, dtype=np.int64)
        self._norms: FloatArray = np.empty((room, len(PARAMETER_NAMES)), dtype=np.float32)
        self._every = 1
        if before is not None:
            self._iterations[: self._length], self._norms[: self._length] = before.iterations, before.norms
            self._every = before.every

    def note(self, iteration: int, norms: Mapping[str, float]) -> None:
        """Note the norms of step `iteration`, 1 or more, where its turn has come."""
        first = int(self._iterations[0]) if self._length else iteration
        if (iteration - first) % self._every:
            return
        row = [norms[name] for name in PARAMETER_NAMES]
        with self._lock:
            if self._length >= MOST_ROWS:
                self._every *= 2
                kept = np.flatnonzero((self._iterations[: self._length] - first) % self._every == 0)
                self._length = len(kept)
                self._iterations[: self._length] = self._iterations[kept]
                self._norms[: self._length] = self._norms[kept]
                if (iteration - first) % self._every:
                    return
            self._iterations[self._length] = iteration
            self._norms[self._length] = row
            self._length += 1

    def recorded(self) -> ParameterNorms | None:
        """What was noted so far, as copies; None before the first step."""
        with self._lock:
            if not self._length:
                return None
            return ParameterNorms(self._iterations[: self._length].copy(), self._norms[: self._length].copy())


def clip_limits(at_first: float | None, edits: Sequence[SettingEdit], count: int) -> FloatArray:
    """The norm that each of `count` steps was clipped at, (count,), NaN where it was at none."""
    limits = np.full(count, np.nan if at_first is None else at_first)
    for edit in edits:
        if edit.name == "clip_norm":
            limits[edit.iteration :] = np.nan if edit.value is None else edit.value
    return limits


def clipped_share(norms: FloatArray, limits: FloatArray) -> float | None:
    """The share of steps whose norm of all gradients together, (n,), was above its limit, (n,).

    A limit of NaN is none, and a norm of NaN is not known. None where no step had both.
    """
    known = np.isfinite(limits) & ~np.isnan(norms)
    return float((norms[known] > limits[known]).mean()) if known.any() else None
