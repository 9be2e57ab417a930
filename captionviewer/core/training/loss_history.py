"""The losses of a training run as arrays that grow, and how a long history is thinned and smoothed for a
plot.
"""

import math
import threading
from typing import TypeVar

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray

_COLUMNS = 5
_Places = TypeVar("_Places", IntArray, FloatArray)


class LossHistory:
    """Loss per caption and per word, learning rate, norm of the gradients and seconds trained so far, at each
    iteration; only ever appended to.

    One thread appends while others read: a reader gets copies of whole entries, never half of one.
    Entry i belongs to iteration i + 1 (the first minibatch update is iteration 1).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._length = 0
        self._values = np.empty((_COLUMNS, 1024), dtype=np.float32)

    def append(
        self,
        loss: float,
        loss_per_word: float,
        learning_rate: float,
        gradient_norm: float = math.nan,
        seconds: float = math.nan,
    ) -> None:
        """Add one iteration.

        Parameters
        ----------
        loss, loss_per_word
            in nats.
        learning_rate
            that it was made with.
        gradient_norm
            of all gradients together, before they were clipped; NaN where nobody knows.
        seconds
            of training until its end, pauses left out; NaN where nobody knows.
        """
        with self._lock:
            if self._length == self._values.shape[1]:
                grown = np.empty((_COLUMNS, 2 * self._length), dtype=np.float32)
                grown[:, : self._length] = self._values
                self._values = grown
            self._values[:, self._length] = (
                loss,
                loss_per_word,
                learning_rate,
                gradient_norm,
                seconds,
            )
            self._length += 1

    def extend(
        self,
        losses: FloatArray,
        losses_per_word: FloatArray,
        learning_rates: FloatArray,
        gradient_norms: FloatArray | None = None,
        seconds: FloatArray | None = None,
    ) -> None:
        """Add many iterations at once (a saved model's history); arrays of one length, None: not known."""
        unknown = np.full(len(losses), np.nan, dtype=np.float32)
        columns = [losses, losses_per_word, learning_rates]
        columns += [unknown if column is None else column for column in (gradient_norms, seconds)]
        if len({len(column) for column in columns}) > 1:
            raise ValueError("the columns of a loss history must be of one length")
        with self._lock:
            kept = self._values[:, : self._length]
            added = np.asarray(columns, dtype=np.float32).reshape(_COLUMNS, -1)
            room = np.empty((_COLUMNS, 1024), np.float32)
            self._values = np.concatenate([kept, added, room], axis=1)
            self._length += len(losses)

    def __len__(self) -> int:
        return self._length

    def since(self, start: int) -> tuple[IntArray, FloatArray, FloatArray]:
        """`(iterations, losses, losses_per_word)` of the entries from number `start` on, as copies of
        one length.
        """
        start = max(0, start)
        with self._lock:
            new = self._values[:2, start : self._length].copy()
        return np.arange(start + 1, start + 1 + new.shape[1]), new[0], new[1]

    @property
    def learning_rate(self) -> float | None:
        """The learning rate of the newest entry; None while there is none."""
        with self._lock:
            return float(self._values[2, self._length - 1]) if self._length else None

    def learning_rates(self) -> FloatArray:
        """The learning rate of every entry so far, float32, a copy."""
        return self._column(2)

    def gradient_norms(self) -> FloatArray:
        """The norm of all gradients before clipping of every entry, float32, a copy; NaN: not known."""
        return self._column(3)

    def seconds(self) -> FloatArray:
        """The seconds of training until every entry's end, float32, a copy; NaN: not known."""
        return self._column(4)

    def _column(self, number: int) -> FloatArray:
        with self._lock:
            return self._values[number, : self._length].copy()


def thin_to_columns(x: _Places, y: FloatArray, columns: int = 320) -> tuple[_Places, FloatArray]:
    """At most `2 * columns` points of the line `(x, y)`, so that each column of pixels keeps its
    minimum and maximum.

    `x` (n,) rises, `y` (n,) is finite. A line of few points is returned as it is. The last point stays
    the last, so that the live end of a curve never lags behind.
    """
    n = len(y)
    if n <= 2 * columns:
        return x, y
    starts = (np.arange(columns) * n) // columns
    thin: FloatArray = np.empty(2 * columns, dtype=y.dtype)
    thin[0::2] = np.minimum.reduceat(y, starts)
    thin[1::2] = np.maximum.reduceat(y, starts)
    # the last column ends in its own last value, with the extreme that is farther away before it
    low, high, last = float(thin[-2]), float(thin[-1]), float(y[-1])
    thin[-2] = high if high - last > last - low else low
    thin[-1] = last
    places = np.repeat(x[starts], 2)
    places[-1] = x[-1]
    return places, thin


class RunningSum:
    """Sums of a growing series from its start, from which a moving average at any point costs two
    look-ups.
    """

    def __init__(self) -> None:
        self._length = 0
        self._sums = np.zeros(1024, dtype=np.float64)

    def __len__(self) -> int:
        return self._length

    def extend(self, values: FloatArray) -> None:
        """Add `values` (n,) at the end."""
        needed = self._length + len(values) + 1
        if needed > len(self._sums):
            grown = np.zeros(max(needed, 2 * len(self._sums)), dtype=np.float64)
            grown[: self._length + 1] = self._sums[: self._length + 1]
            self._sums = grown
        added = np.cumsum(values, dtype=np.float64)
        self._sums[self._length + 1 : needed] = self._sums[self._length] + added
        self._length += len(values)

    def smoothed(self, half_width: int, points: int = 320) -> tuple[IntArray, FloatArray]:
        """The centred moving average over `2 * half_width + 1` entries, at up to `points` evenly
        spaced entries.

        Returns `(entries, means)`. Near either end the window shrinks evenly on both sides, so the curve
        has no lag.
        """
        if self._length == 0:
            return np.empty(0, dtype=np.int64), np.empty(0)
        places = np.unique(np.linspace(0, self._length - 1, min(points, self._length)).astype(np.int64))
        reach = np.minimum(half_width, np.minimum(places, self._length - 1 - places))
        # at the very ends a window of one entry would show the noise again: let it lean on what there is
        first = np.maximum(0, places - np.maximum(reach, min(half_width, 2)))
        last = np.minimum(self._length - 1, places + np.maximum(reach, min(half_width, 2)))
        return places, (self._sums[last + 1] - self._sums[first]) / (last - first + 1)
