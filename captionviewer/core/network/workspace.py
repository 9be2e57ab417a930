"""What the fast step works with: arrays that are kept, and products in pieces that can be given up."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from captionviewer.core.arrays import FloatArray

PIECE = 2 * 10**9  # multiplications: a fraction of a second; only networks of thousands of units need pieces
MOVED = 1 << 22  # numbers that are drawn or copied in one piece: some 50 ms

Interrupt = Callable[[], None]  # called between pieces of work; what it raises ends the work


def never() -> None:
    """The Interrupt that never does."""


class Workspace:
    """Arrays kept from one call to the next, by name. One caller at a time."""

    def __init__(self) -> None:
        self._kept: dict[str, FloatArray] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> FloatArray:
        """An array of that shape and dtype, with whatever was last in it."""
        size = int(np.prod(shape))
        kept = self._kept.get(name)
        if kept is None or kept.size < size or kept.dtype != dtype:
            kept = self._kept[name] = np.zeros(size + size // 4, dtype)  # room for a longer minibatch
        return kept[:size].reshape(shape)

    @property
    def nbytes(self) -> int:
        """How much memory is kept."""
        return sum(array.nbytes for array in self._kept.values())


def copied(values: FloatArray, interrupt: Interrupt) -> FloatArray:
    """A copy, made in pieces."""
    twin: FloatArray = np.empty(values.shape, values.dtype)
    copy_into(twin, values, interrupt)
    return twin


def copy_into(target: FloatArray, values: FloatArray, interrupt: Interrupt) -> None:
    """`target[...] = values`, both of one shape, in pieces of some rows."""
    if values.ndim == 0:
        target[...] = values
        return
    some = max(1, MOVED // max(1, values[:1].size))
    for start in range(0, len(values), some):
        interrupt()
        target[start : start + some] = values[start : start + some]


def product(a: FloatArray, b: FloatArray, out: FloatArray, interrupt: Interrupt) -> None:
    """`np.matmul(a, b, out=out)`, where it takes long by some rows at a time."""
    rows = max(8, PIECE // max(1, a.shape[1] * b.shape[1]) // 8 * 8)
    for start in range(0, len(a), rows):
        interrupt()
        np.matmul(a[start : start + rows], b, out=out[start : start + rows])
