"""Products of a few rows with a large matrix: what each timestep of a recurrence takes.

OpenBLAS copies both factors into an order of its own before it multiplies. For 25 rows of the hidden state
and the 4 MB of an LSTM's Wh that is half of the time. Its kernels for AVX-512 also have a way that reads
the factors where they are, but only for products of at most a million multiplications; so the matrix is
multiplied in panels of some columns, each small enough. Other kernels have no such way and are slower in
panels, so it hangs on which are in use: not on a measurement, lest a run be another the next time.
"""

import numpy as np

from captionviewer.core.arrays import FloatArray
from captionviewer.core.network.library_threads import kernels
from captionviewer.core.network.workspace import Interrupt, Workspace, product

SPARE = 8  # rows behind an array's last, which `RecurrentProducts.times` may read and write

# Kernels of OpenBLAS that read small factors in place, and what it calls small (interface/gemm.c and
# kernel/x86_64/sgemm_small_kernel_permit_skylakex.c): multiplications, and numbers of the result where the
# second factor is a transpose.
IN_PLACE = frozenset({"SkylakeX", "Cooperlake", "SapphireRapids"})
SMALL, SMALL_RESULT = 10**6, 1200
WIDTHS = (64, 32, 16)  # columns of a panel: narrower ones gain nothing,
WIDTHS_OF_A_TRANSPOSE = (*WIDTHS, 8, 4)  # but where each column lies in one piece they do
WORTH = 1 << 17  # numbers of a matrix below which panels cost more calls than they save time
MOST = 1 << 22  # numbers of a matrix worth copying into panels: they should stay in the processor's cache


def panel_width(n: int, K: int, N: int, *, transposed: bool) -> int | None:
    """Columns of the panels for n rows times (K, N), or None where the product is better taken whole.

    With `transposed` the matrix is the transpose of one whose rows lie in memory as they are read.
    """
    for width in WIDTHS_OF_A_TRANSPOSE if transposed else WIDTHS:
        if width <= N and n * width * K <= SMALL and (not transposed or n * width <= SMALL_RESULT):
            return width
    return None


class RecurrentProducts:
    """Rows of an array times one matrix (K, N), timestep after timestep; the matrix must not change.

    The rows' arrays and those of the results have up to SPARE rows more, which are read and overwritten.
    """

    def __init__(self, matrix: FloatArray, workspace: Workspace, interrupt: Interrupt) -> None:
        self._matrix, self._workspace, self._interrupt = matrix, workspace, interrupt
        self._transposed = not matrix.flags.c_contiguous
        self._in_panels = matrix.size <= MOST and is_read_in_place(matrix)
        self._panels: dict[int, FloatArray] = {}  # (N // width, K, width), by width

    def times(self, rows: FloatArray, start: int, n: int, out: FloatArray) -> FloatArray:
        """rows[start : start + n] @ matrix, in out[:n]."""
        width = panel_width(n, *self._matrix.shape, transposed=self._transposed) if self._in_panels else None
        if width is None or n == 1:
            return times(rows, start, n, self._matrix, out, self._interrupt)
        self._interrupt()
        panels = self._panels.get(width)
        if panels is None:
            panels = self._panels[width] = self._in(width)
        return _by_panels(rows[start : start + n], panels, self._matrix, out[:n])

    def _in(self, width: int) -> FloatArray:
        """The matrix in panels. Its rows are short then, and lie one behind the other."""
        K, N = self._matrix.shape
        panels = panelled(self._matrix, N // width * width, width)
        if self._transposed:
            return panels  # each column lies in one piece already
        copied = self._workspace.array(f"panels of {width}", (len(panels), K, width), np.float32)
        copied[...] = panels
        return copied


def few_rows_times(rows: FloatArray, matrix: FloatArray) -> FloatArray:
    """The product of rows (n, K) and a matrix (K, N), but for rounding; sooner where the rows are few.

    For a matrix that is used once or that may change; nothing is copied or kept.
    """
    (n, K), N = rows.shape, matrix.shape[1]
    if n > 1 and matrix.size >= WORTH and rows.dtype == matrix.dtype and is_read_in_place(matrix):
        transposed = not matrix.flags.c_contiguous
        width = panel_width(n, K, N, transposed=transposed)
        if width == WIDTHS[0] or (width and transposed):  # short rows far apart are slow to read
            panels = panelled(matrix, N // width * width, width)
            return _by_panels(rows, panels, matrix, np.empty((n, N), matrix.dtype))
    result: FloatArray = rows @ matrix
    return result


def is_read_in_place(matrix: FloatArray) -> bool:
    """Whether the kernels in use can take this matrix, or small panels of it, as it lies in memory."""
    return (
        matrix.dtype == np.float32
        and (matrix.flags.c_contiguous or matrix.T.flags.c_contiguous)
        and kernels() in IN_PLACE
    )


def _by_panels(rows: FloatArray, panels: FloatArray, matrix: FloatArray, out: FloatArray) -> FloatArray:
    """Into out: rows times what is in panels, and times the columns of the matrix that are left over."""
    width = panels.shape[2]
    whole = len(panels) * width
    np.matmul(rows, panels, out=panelled(out, whole, width))
    if whole < out.shape[1]:
        np.matmul(rows, matrix[:, whole:], out=out[:, whole:])
    return out


def panelled(matrix: FloatArray, columns: int, width: int) -> FloatArray:
    """The first `columns` of (K, N) seen as (columns / width, K, width), without a copy."""
    rows = len(matrix)
    view: FloatArray = matrix[:, :columns].reshape(rows, columns // width, width).transpose(1, 0, 2)
    return view


def times(
    rows: FloatArray, start: int, n: int, matrix: FloatArray, out: FloatArray, interrupt: Interrupt
) -> FloatArray:
    """rows[start : start + n] @ matrix, in out[:n], taken whole.

    The kernels of OpenBLAS take 8 rows at a time and are slow at the remainder: 16 rows take two thirds of
    the time of 14. A few rows, or one or two left over, are quicker as products of a vector.
    """
    left = n % 8
    whole = 0 if n <= 4 else n - left if left <= 2 else n - left + 8
    if whole:
        product(rows[start : start + whole], matrix, out[:whole], interrupt)
    for k in range(whole, n):
        np.matmul(rows[start + k], matrix, out=out[k])
    return out[:n]
