"""The loss of a minibatch and its gradients, as fast as NumPy can.

The one place where speed is bought with a different shape of the work; the result is that of the
readable layers (`CaptioningRNN.reference_loss`), and the tests hold the two equal. What differs:

- Only the positions that matter are run (see `packed_captions`), and arrays are time-major: the
  positions of one timestep are rows next to each other.
- Whatever does not wait for the timestep before is one matrix product over all positions.
- A word that occurs many times is multiplied by Wx once, and its gradients are added up before they
  are multiplied, so the products with Wx have U rows (different words) and not R (positions).
- Element-wise work goes by timesteps, or by blocks of rows, so that what one operation writes the next
  one finds in the processor's cache.
- Products and element-wise work write into arrays kept from call to call: a fresh large array costs
  page faults that are dearer than the arithmetic.
- Products with few rows are given a multiple of 8 of them (see `_times`).
- sigmoid(x) is (1 + tanh(x / 2)) / 2, so that one tanh serves all four gates of an LSTM.

Sizes: N' captions with something to predict, R positions, P of them predicted, U different input words,
n captions running at a timestep, G = H for a vanilla RNN and 4H for an LSTM; the others as in `layers`.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.network.packed_captions import PackedCaptions, pack

BLOCK = 1 << 16  # numbers worked on at a time: 256 kB of float32, within a level-2 cache
SPARE = 8  # rows behind an array's last, which `_times` may read and write


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


def loss_and_gradients(
    cell_type: str,
    params: Mapping[str, FloatArray],
    features: FloatArray,
    captions: IntArray,
    null: int,
    grads: Mapping[str, FloatArray],
    workspace: Workspace,
) -> float:
    """The loss of a minibatch under teacher forcing; the gradients are written into `grads`.

    Parameters
    ----------
    cell_type
        "rnn" or "lstm".
    params
        as `CaptioningRNN.checked_params` gives them, all of one dtype.
    features, captions
        (N, D) and (N, T), checked.
    null
        id of `<NULL>`.
    grads
        for each parameter an array of its shape, overwritten.
    workspace
        nobody else's during the call.

    Returns
    -------
    The loss in nats a caption.
    """
    N = len(captions)
    packed = pack(captions, null)
    if not packed.counts:  # nothing to predict anywhere
        for gradient in grads.values():
            gradient[...] = 0
        return 0.0
    p, dtype = params, params["Wx"].dtype
    R, H, G = len(packed.words), p["Wh"].shape[0], p["Wh"].shape[1]
    first = packed.counts[0]  # N'

    # Image features to the first hidden state; the states of all timesteps follow it in one array.
    features = features[packed.rows].astype(dtype, copy=False)  # (N', D)
    hidden = workspace.array("hidden", (first + R + SPARE, H), dtype)
    np.matmul(features, p["W_proj"], out=hidden[:first])
    hidden[:first] += p["b_proj"]

    # Words to what they add at each position: one product for the U different words.
    words = DifferentWords(packed.words)
    vectors = p["W_embed"][words.ids]  # (U, W)
    inputs = workspace.array("inputs", (len(words.ids), G), dtype)
    np.matmul(vectors, p["Wx"], out=inputs)
    inputs += p["b"]

    dh = workspace.array("dh", (R + SPARE, H), dtype)
    cell = (_Rnn if cell_type == "rnn" else _Lstm)(packed, hidden, dh, workspace)
    cell.forward(p["Wh"], inputs, words.place)

    # Hidden states to scores, loss, and back to hidden states.
    h = hidden[first : first + R]
    loss = _scores_and_back(packed, h, p["W_vocab"], p["b_vocab"], N, dh[:R], grads, workspace)

    da, dh0 = cell.backward(p["Wh"])  # (R, G), (N', H)

    before = np.take(hidden, cell.before, axis=0, out=workspace.array("before", (R, H), dtype), mode="clip")
    np.matmul(before.T, da, out=grads["Wh"])
    np.matmul(features.T, dh0, out=grads["W_proj"])
    np.add.reduce(dh0, axis=0, out=grads["b_proj"])

    da_of_word = words.add_up(da, workspace)  # (U, G)
    np.add.reduce(da_of_word, axis=0, out=grads["b"])
    np.matmul(vectors.T, da_of_word, out=grads["Wx"])
    grads["W_embed"][...] = 0
    grads["W_embed"][words.ids] = da_of_word @ p["Wx"].T
    return loss


def _times(rows: FloatArray, start: int, n: int, matrix: FloatArray, out: FloatArray) -> FloatArray:
    """rows[start : start + n] @ matrix, in out[:n]; both have up to SPARE rows more, read and overwritten.

    The kernels of OpenBLAS, on two cores, take 8 rows at a time and are slow at the remainder: 16 rows take
    two thirds of the time of 14. A few rows, or one or two left over, are quicker as products of a vector.
    """
    left = n % 8
    whole = 0 if n <= 4 else n - left if left <= 2 else n - left + 8
    if whole:
        np.matmul(rows[start : start + whole], matrix, out=out[:whole])
    for k in range(whole, n):
        np.matmul(rows[start + k], matrix, out=out[k])
    return out[:n]


def _scores_and_back(
    packed: PackedCaptions,
    h: FloatArray,
    W_vocab: FloatArray,
    b_vocab: FloatArray,
    N: int,
    dh: FloatArray,
    grads: Mapping[str, FloatArray],
    workspace: Workspace,
) -> float:
    """Softmax loss at the P predicted positions of h (R, H); dh (R, H) and the gradients are written."""
    if packed.predicted is not None:
        h = h[packed.predicted]  # (P, H)
    P, V = len(packed.targets), W_vocab.shape[1]
    dscores = workspace.array("scores", (P, V), h.dtype)  # scores, then softmax, then the gradient
    np.matmul(h, W_vocab, out=dscores)
    loss = 0.0
    rows = max(1, BLOCK // V)
    for start in range(0, P, rows):
        scores, targets = dscores[start : start + rows], packed.targets[start : start + rows]  # n of the P
        right = (np.arange(len(targets)), targets)
        scores += b_vocab
        scores -= scores.max(axis=1, keepdims=True)
        right_scores = scores[right]  # (n,)
        np.exp(scores, out=scores)
        sums = scores.sum(axis=1)  # (n,)
        loss += float((np.log(sums) - right_scores).sum(dtype=np.float64)) / N
        scores *= (1 / (sums * N))[:, np.newaxis]  # softmax less one at the right word, over N
        scores[right] -= 1 / N
    np.matmul(h.T, dscores, out=grads["W_vocab"])
    np.add.reduce(dscores, axis=0, out=grads["b_vocab"])
    if packed.predicted is None:
        np.matmul(dscores, W_vocab.T, out=dh)
    else:
        dh[...] = 0
        dh[packed.predicted] = dscores @ W_vocab.T
    return loss


class DifferentWords:
    """The U different words among R positions.

    Attributes
    ----------
    ids
        (U,) the words, rising.
    place
        (R,) where in `ids` the word of each position is.
    """

    def __init__(self, words: IntArray) -> None:
        self._order = np.argsort(words, kind="stable")  # (R,) positions, those of a word together
        in_order = words[self._order]
        starts = np.flatnonzero(np.concatenate([[True], in_order[1:] != in_order[:-1]]))
        self._bounds = [*starts.tolist(), len(words)]
        self.ids = in_order[starts]
        self.place = np.searchsorted(self.ids, words)

    def add_up(self, rows: FloatArray, workspace: Workspace) -> FloatArray:
        """Of rows (R, G), the sum over each word's positions: (U, G)."""
        sums = workspace.array("sums", (len(self.ids), rows.shape[1]), rows.dtype)
        # np.add.reduceat would do this in one call, at four times the time: it does not vectorise here.
        for sum_of_word, start, end in zip(sums, self._bounds[:-1], self._bounds[1:], strict=True):
            if end - start == 1:
                sum_of_word[:] = rows[self._order[start]]
            else:
                np.add.reduce(rows[self._order[start:end]], axis=0, out=sum_of_word)
        return sums


class _Rnn:
    """A vanilla RNN over packed positions.

    hidden (N' + R, H) holds h0, then the state after each position; dh (R, H) the gradient that reaches
    each state from the scores. Both have SPARE rows more. `before` (R,) is the row of `hidden` that each
    position starts from.
    """

    def __init__(
        self, packed: PackedCaptions, hidden: FloatArray, dh: FloatArray, workspace: Workspace
    ) -> None:
        self._hidden, self._dh, self._workspace = hidden, dh, workspace
        self._R, self._H, self._first = len(packed.words), hidden.shape[1], packed.counts[0]
        # A timestep is (its first position, one past its last, the row of `hidden` it starts from): the
        # captions still running at t are the first of those at t - 1, so that is where t - 1 left them.
        starts = [start for start, _ in packed.spans]
        begins = [0, *(self._first + start for start in starts[:-1])]
        self._timesteps = [(*span, begin) for span, begin in zip(packed.spans, begins, strict=True)]
        self.before = np.arange(self._R) + np.repeat(np.subtract(begins, starts), packed.counts)

    def _array(self, name: str, rows: int, columns: int) -> FloatArray:
        return self._workspace.array(name, (rows, columns), self._hidden.dtype)

    def forward(self, Wh: FloatArray, inputs: FloatArray, place: IntArray) -> None:
        """Fill `hidden`; inputs[place] (R, H) is the words' share of what goes into tanh."""
        product = self._array("product", self._first + SPARE, self._H)
        for start, end, begin in self._timesteps:
            h = self._hidden[self._first + start : self._first + end]  # (n, H)
            np.take(inputs, place[start:end], axis=0, out=h, mode="clip")
            h += _times(self._hidden, begin, end - start, Wh, product)
            np.tanh(h, out=h)

    def backward(self, Wh: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The gradients with respect to what went into tanh (R, H) and to h0 (N', H)."""
        slopes = self._array("slope", self._first, self._H)
        carried = self._array("carried", self._first + SPARE, self._H)  # from timestep t + 1 to t
        later = 0  # captions running at t + 1
        for start, end, _ in reversed(self._timesteps):
            n = end - start
            h = self._hidden[self._first + start : self._first + end]  # (n, H)
            slope = np.multiply(h, h, out=slopes[:n])
            np.subtract(1, slope, out=slope)  # the derivative of tanh
            da = self._dh[start:end]  # (n, H), so far from the scores alone
            da[:later] += carried[:later]
            da *= slope
            _times(self._dh, start, n, Wh.T, carried)
            later = n
        return self._dh[: self._R], carried[: self._first]


class _Lstm(_Rnn):
    """An LSTM over packed positions: the gates i, f, o, g are kept as (R, 4H), and become da in place."""

    def forward(self, Wh: FloatArray, inputs: FloatArray, place: IntArray) -> None:
        """Fill `hidden`, gates and cells' parts; inputs[place] (R, 4H) is the words' share of the gates."""
        R, H, first = self._R, self._H, self._first
        product = self._array("product", first + SPARE, 4 * H)
        self._gates = self._array("gates", R + SPARE, 4 * H)
        self._kept = self._array("kept", R, H)  # f c, what a cell keeps of the timestep before,
        self._new = self._array("new", R, H)  # i g, and what it takes in; the cell is their sum
        self._tanh_c = self._array("tanh_c", R, H)
        cells = self._array("cells", first, H)  # of the captions running now
        cells[...] = 0
        for start, end, begin in self._timesteps:
            n = end - start
            a = self._gates[start:end]  # (n, 4H)
            np.take(inputs, place[start:end], axis=0, out=a, mode="clip")
            a += _times(self._hidden, begin, n, Wh, product)
            i, f, o, g = activated(a)  # (n, H) each
            c, tanh_c = cells[:n], self._tanh_c[start:end]
            kept = np.multiply(f, c, out=self._kept[start:end])
            new = np.multiply(i, g, out=self._new[start:end])
            np.add(kept, new, out=c)
            np.tanh(c, out=tanh_c)
            np.multiply(o, tanh_c, out=self._hidden[first + start : first + end])

    def backward(self, Wh: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The gradients with respect to what went into the gates (R, 4H) and to h0 (N', H).

        With s for a sigmoid, s' = s (1 - s), and for tanh 1 - g^2; the factor s or g is in f c, i g and h
        already, so that each gradient is one of these times (1 - s), or i - (i g) g, times what reaches it.
        """
        R, H, first = self._R, self._H, self._first
        slopes = self._array("slope", first, 3 * H)
        carried = self._array("carried", first + SPARE, H)  # dh, from timestep t + 1 to t
        dc_carried = self._array("dc_carried", first, H)
        later = 0  # captions running at t + 1
        for start, end, _ in reversed(self._timesteps):
            n = end - start
            gates = self._gates[start:end]  # (n, 4H)
            i, f, o, g = quarters(gates)  # (n, H) each
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
            _times(self._gates, start, n, Wh.T, carried)
            later = n
        return self._gates[:R], carried[:first]


def activated(a: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """The gates i, f, o and g of an LSTM, (n, H) each, in the place of what goes into them, a (n, 4H)."""
    H = a.shape[1] // 4
    sigmoids = a[:, : 3 * H]
    sigmoids *= 0.5
    np.tanh(a, out=a)
    sigmoids *= 0.5
    sigmoids += 0.5
    return quarters(a)


def quarters(gates: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """The columns (n, H) of i, f, o and g in (n, 4H)."""
    H = gates.shape[1] // 4
    return gates[:, :H], gates[:, H : 2 * H], gates[:, 2 * H : 3 * H], gates[:, 3 * H :]
