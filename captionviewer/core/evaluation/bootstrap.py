"""How far a score would move with other photos: intervals by drawing the photos anew, many times.

A score here is any function of sums over photos. Each draw takes as many photos as there are, with
replacement; what is compared is drawn alike, so that a difference has an interval of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import FloatArray

DRAWS = 1_000
_LEVEL = 0.95
_NUMBERS = 1 << 22  # photos drawn at a time
_ROUNDING = 1e-12  # equal sums may differ by this, as the library adds in another order


@dataclass(frozen=True)
class Interval:
    """Where 95 % of the draws lie."""

    low: float
    high: float

    @property
    def includes_zero(self) -> bool:
        """Whether a difference could as well be none."""
        return self.low <= _ROUNDING and self.high >= -_ROUNDING


def drawn_sums(
    table: FloatArray, draws: int, rng: np.random.Generator, stop: Callable[[], bool] = lambda: False
) -> FloatArray | None:
    """Sums over photos drawn anew.

    Parameters
    ----------
    table
        (P, C) what is added up, for each photo.
    draws
        how often P of the P photos are drawn.
    rng
        where the draws come from.
    stop
        asked between blocks of draws.

    Returns
    -------
    (draws, C), or None if stopped.
    """
    P = len(table)
    sums = np.empty((draws, table.shape[1]))
    size = max(1, _NUMBERS // P)
    for first in range(0, draws, size):
        if stop():
            return None
        count = min(size, draws - first)
        photos = rng.integers(P, size=(count, P)) + np.arange(count)[:, np.newaxis] * P
        times = np.bincount(photos.ravel(), minlength=count * P).reshape(count, P)
        np.matmul(times.astype(np.float64), table, out=sums[first : first + count])
    return sums


def interval(values: FloatArray) -> Interval:
    """The 95 % interval of values (draws,)."""
    low, high = np.quantile(values, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return Interval(float(low), float(high))
