"""Recurrent cells over a packed minibatch, forward and backward: the part of `fast_step` that a cell decides.

See there for how it differs from the readable layers, and for the letters of sizes.
"""

from collections.abc import Callable

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.network.packed_captions import PackedCaptions
from captionviewer.core.network.small_products import SPARE, RecurrentProducts
from captionviewer.core.network.workspace import Interrupt, Workspace, product

Position = Callable[[int], None]  # hears how far a recurrence has come


def nowhere(_position: int) -> None:
    """The Position that nobody heeds."""


class PackedRnn:
    """A vanilla RNN over packed positions.

    hidden (N' + R, H) holds h0, then the state after each position; dh (R, H) the gradient that reaches
    each state from the scores. Both have SPARE rows more. `before` (R,) is the row of `hidden` that each
    position starts from.
    """

    def __init__(
        self,
        packed: PackedCaptions,
        hidden: FloatArray,
        dh: FloatArray,
        workspace: Workspace,
        interrupt: Interrupt,
    ) -> None:
        self._hidden, self._dh, self._workspace = hidden, dh, workspace
        self._interrupt = interrupt
        self._R, self._H, self._first = len(packed.words), hidden.shape[1], packed.counts[0]
        # A timestep is (its first position, one past its last, the row of `hidden` it starts from): the
        # captions still running at t are the first of those at t - 1, so that is where t - 1 left them.
        starts = [start for start, _ in packed.spans]
        begins = [0, *(self._first + start for start in starts[:-1])]
        self._timesteps = [(*span, begin) for span, begin in zip(packed.spans, begins, strict=True)]
        self._before = self._array("before", self._R, self._H)  # made here: another thread writes to it
        self.before = np.arange(self._R) + np.repeat(np.subtract(begins, starts), packed.counts)

    def _array(self, name: str, rows: int, columns: int) -> FloatArray:
        return self._workspace.array(name, (rows, columns), self._hidden.dtype)

    def _products(self, matrix: FloatArray) -> RecurrentProducts:
        return RecurrentProducts(matrix, self._workspace, self._interrupt)

    def forward(
        self, Wh: FloatArray, inputs: FloatArray, inverse: IntArray, reached: Position = nowhere
    ) -> None:
        """Fill `hidden`; inputs[inverse] (R, H) is the words' share of what goes into tanh.

        `reached` hears after each timestep that the states of the positions before are there.
        """
        product = self._array("product", self._first + SPARE, self._H)
        recurrent = self._products(Wh)
        for start, end, begin in self._timesteps:
            self._interrupt()
            h = self._hidden[self._first + start : self._first + end]  # (n, H)
            np.take(inputs, inverse[start:end], axis=0, out=h, mode="clip")
            h += recurrent.times(self._hidden, begin, end - start, product)
            np.tanh(h, out=h)
            reached(end)

    def backward(self, Wh: FloatArray, came_back_to: Position = nowhere) -> tuple[FloatArray, FloatArray]:
        """The gradients with respect to what went into tanh (R, H) and to h0 (N', H).

        `came_back_to` hears after each timestep from which position on the former are there.
        """
        slopes = self._array("slope", self._first, self._H)
        carried = self._array("carried", self._first + SPARE, self._H)  # from timestep t + 1 to t
        recurrent = self._products(Wh.T)
        later = 0  # captions running at t + 1
        for start, end, _ in reversed(self._timesteps):
            self._interrupt()
            n = end - start
            h = self._hidden[self._first + start : self._first + end]  # (n, H)
            slope = np.multiply(h, h, out=slopes[:n])
            np.subtract(1, slope, out=slope)  # the derivative of tanh
            da = self._dh[start:end]  # (n, H), so far from the scores alone
            da[:later] += carried[:later]
            da *= slope
            recurrent.times(self._dh, start, n, carried)
            later = n
            came_back_to(start)
        return self._dh[: self._R], carried[: self._first]

    def recurrent_gradient(self, start: int, end: int, out: FloatArray) -> None:
        """What the positions from `start` to `end` give to the gradient with respect to Wh, into `out`.

        `backward` must have come back to `start`.
        """
        before, places = self._before[start:end], self.before[start:end]
        np.take(self._hidden, places, axis=0, out=before, mode="clip")
        product(before.T, self._da()[start:end], out, self._interrupt)

    def _da(self) -> FloatArray:
        return self._dh


class PackedLstm(PackedRnn):
    """An LSTM over packed positions: the gates i, f, o, g are kept as (R, 4H), and become da in place."""

    def forward(
        self, Wh: FloatArray, inputs: FloatArray, inverse: IntArray, reached: Position = nowhere
    ) -> None:
        """Fill `hidden`, gates and cells' parts; inputs[inverse] (R, 4H) is the words' share of the gates."""
        R, H, first = self._R, self._H, self._first
        product = self._array("product", first + SPARE, 4 * H)
        recurrent = self._products(Wh)
        self._gates = self._array("gates", R + SPARE, 4 * H)
        self._kept = self._array("kept", R, H)  # f c, what a cell keeps of the timestep before,
        self._new = self._array("new", R, H)  # i g, and what it takes in; the cell is their sum
        self._tanh_c = self._array("tanh_c", R, H)
        cells = self._array("cells", first, H)  # of the captions running now
        cells[...] = 0
        for start, end, begin in self._timesteps:
            self._interrupt()
            n = end - start
            a = self._gates[start:end]  # (n, 4H)
            np.take(inputs, inverse[start:end], axis=0, out=a, mode="clip")
            a += recurrent.times(self._hidden, begin, n, product)
            i, f, o, g = activated(a)  # (n, H) each
            c, tanh_c = cells[:n], self._tanh_c[start:end]
            kept = np.multiply(f, c, out=self._kept[start:end])
            new = np.multiply(i, g, out=self._new[start:end])
            np.add(kept, new, out=c)
            np.tanh(c, out=tanh_c)
            np.multiply(o, tanh_c, out=self._hidden[first + start : first + end])
            reached(end)

    def backward(self, Wh: FloatArray, came_back_to: Position = nowhere) -> tuple[FloatArray, FloatArray]:
        """The gradients with respect to what went into the gates (R, 4H) and to h0 (N', H).

        With s for a sigmoid, s' = s (1 - s), and for tanh 1 - g^2; the factor s or g is in f c, i g and h
        already, so that each gradient is one of these times (1 - s), or i - (i g) g, times what reaches it.
        """
        R, H, first = self._R, self._H, self._first
        slopes = self._array("slope", first, 3 * H)
        carried = self._array("carried", first + SPARE, H)  # dh, from timestep t + 1 to t
        dc_carried = self._array("dc_carried", first, H)
        recurrent = self._products(Wh.T)
        later = 0  # captions running at t + 1
        for start, end, _ in reversed(self._timesteps):
            self._interrupt()
            n = end - start
            gates = self._gates[start:end]  # (n, 4H)
            i, f, o, g = split_gates(gates)  # (n, H) each
            new = self._new[start:end]
            h = self._hidden[first + start : first + end]
            dh = self._dh[start:end]
            dh[:later] += carried[:later]

            slope = np.subtract(1, gates[:, : 3 * H], out=slopes[:n])  # 1 - s
            slope_i, slope_f, slope_o = slope[:, :H], slope[:, H : 2 * H], slope[:, 2 * H :]
            slope_i *= new
            slope_f *= self._kept[start:end]
            slope_o *= h

            dc = self._tanh_c[start:end]  # in its place: dh o (1 - tanh(c)^2), and what t + 1 carries
            dc *= h
            np.subtract(o, dc, out=dc)
            dc *= dh
            dc[:later] += dc_carried[:later]
            np.multiply(dc, f, out=dc_carried[:n])

            g *= new  # from here on the gates become da
            np.subtract(i, g, out=g)
            g *= dc
            np.multiply(slope_i, dc, out=i)
            np.multiply(slope_f, dc, out=f)
            np.multiply(slope_o, dh, out=o)
            recurrent.times(self._gates, start, n, carried)
            later = n
            came_back_to(start)
        return self._gates[:R], carried[:first]

    def _da(self) -> FloatArray:
        return self._gates


def activated(a: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """The gates i, f, o and g of an LSTM, (n, H) each, in the place of what goes into them, a (n, 4H)."""
    H = a.shape[1] // 4
    sigmoids = a[:, : 3 * H]
    sigmoids *= 0.5
    np.tanh(a, out=a)
    sigmoids *= 0.5
    sigmoids += 0.5
    return split_gates(a)


def split_gates(gates: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """The columns (n, H) of i, f, o and g in (n, 4H)."""
    H = gates.shape[1] // 4
    return gates[:, :H], gates[:, H : 2 * H], gates[:, 2 * H : 3 * H], gates[:, 3 * H :]
