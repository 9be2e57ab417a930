"""The loss of a minibatch and its gradients, as fast as NumPy can.

The one place where speed is bought with a different shape of the work; the result is that of the
readable layers (`CaptioningRNN.reference_loss`), and the tests hold the two equal. What differs:

- Only the positions that matter are run (see `packed_captions`), and arrays are time-major: the
  positions of one timestep are rows next to each other.
- Whatever does not wait for the timestep before is one matrix product over all positions.
- A word that occurs many times is multiplied by Wx once, and its gradients are added up before they
  are multiplied, so the products with Wx have U rows (different words) and not R (positions).
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
from captionviewer.core.packed_captions import PackedCaptions, pack

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
    a = workspace.array("a", (R, G), dtype)
    np.take(inputs, words.place, axis=0, out=a, mode="clip")

    dh = workspace.array("dh", (R + SPARE, H), dtype)
    cell = (_Rnn if cell_type == "rnn" else _Lstm)(packed, hidden, a, dh, workspace)
    cell.forward(p["Wh"])

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

    The kernels of OpenBLAS take 8 rows at a time and are slow at the remainder: 16 rows take two thirds of
    the time of 14. One or two rows left over are quicker as products of a vector.
    """
    left = n % 8
    whole = n - left if left <= 2 else n - left + 8
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
    scores = workspace.array("scores", (P, V), h.dtype)
    np.matmul(h, W_vocab, out=scores)
    scores += b_vocab
    scores -= scores.max(axis=1, keepdims=True)
    right = (np.arange(P), packed.targets)
    right_scores = scores[right]  # (P,)
    np.exp(scores, out=scores)
    sums = scores.sum(axis=1)  # (P,)
    loss = float((np.log(sums) - right_scores).sum(dtype=np.float64)) / N

    dscores = scores  # softmax less one at the right word, over N
    dscores *= (1 / (sums * N))[:, np.newaxis]
    dscores[right] -= 1 / N
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
        together = workspace.array("together", rows.shape, rows.dtype)
        np.take(rows, self._order, axis=0, out=together, mode="clip")
        sums = workspace.array("sums", (len(self.ids), rows.shape[1]), rows.dtype)
        # np.add.reduceat would do this in one call, at four times the time: it does not vectorise here.
        for sum_of_word, start, end in zip(sums, self._bounds[:-1], self._bounds[1:], strict=True):
            np.add.reduce(together[start:end], axis=0, out=sum_of_word)
        return sums


class _Rnn:
    """A vanilla RNN over packed positions.

    hidden (N' + R, H) holds h0, then the state after each position; a (R, H) the words' share of what
    goes into tanh; dh (R, H) the gradient that reaches each state from the scores. Each but a has SPARE
    rows more. `before` (R,) is the row of `hidden` that each position starts from.
    """

    def __init__(
        self, packed: PackedCaptions, hidden: FloatArray, a: FloatArray, dh: FloatArray, workspace: Workspace
    ) -> None:
        self._hidden, self._a, self._dh, self._workspace = hidden, a, dh, workspace
        self._R, self._H = len(a), hidden.shape[1]
        self._first = first = packed.counts[0]  # N'
        self._product = workspace.array("product", (first + SPARE, a.shape[1]), a.dtype)
        self._carried = workspace.array("carried", (first + SPARE, self._H), a.dtype)
        # A timestep is (its first position, one past its last, the row of `hidden` it starts from): the
        # captions still running at t are the first of those at t - 1, so that is where t - 1 left them.
        starts = [start for start, _ in packed.spans]
        begins = [0, *(first + start for start in starts[:-1])]
        self._timesteps = [(*span, begin) for span, begin in zip(packed.spans, begins, strict=True)]
        self.before = np.arange(self._R) + np.repeat(np.subtract(begins, starts), packed.counts)

    def forward(self, Wh: FloatArray) -> None:
        """Fill `hidden`."""
        for start, end, begin in self._timesteps:
            h = self._hidden[self._first + start : self._first + end]  # (n, H)
            np.add(_times(self._hidden, begin, end - start, Wh, self._product), self._a[start:end], out=h)
            np.tanh(h, out=h)

    def backward(self, Wh: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The gradients with respect to what went into tanh (R, H) and to h0 (N', H)."""
        slope = self._a  # (R, H) the derivative of tanh, in the place of what is needed no more
        h = self._hidden[self._first : self._first + self._R]
        np.multiply(h, h, out=slope)
        np.subtract(1, slope, out=slope)
        later = 0  # captions running at t + 1
        for start, end, _ in reversed(self._timesteps):
            da = self._dh[start:end]  # (n, H), so far from the scores alone
            da[:later] += self._carried[:later]
            da *= slope[start:end]
            later = end - start
            _times(self._dh, start, later, Wh.T, self._carried)  # (n, H) on to timestep t - 1
        return self._dh[: self._R], self._carried[: self._first]


class _Lstm(_Rnn):
    """An LSTM over packed positions; a (R, 4H) becomes the gates i, f, o, g in place."""

    def forward(self, Wh: FloatArray) -> None:
        """Fill `hidden`, the gates and the cells."""
        first, H, dtype = self._first, self._H, self._a.dtype
        self._cells = self._workspace.array("cells", (first + self._R, H), dtype)  # in the order of hidden
        self._tanh_c = self._workspace.array("tanh_c", (self._R, H), dtype)
        self._cells[:first] = 0
        for start, end, begin in self._timesteps:
            n = end - start
            gates = self._a[start:end]  # (n, 4H)
            gates += _times(self._hidden, begin, n, Wh, self._product)
            i, f, o, g = activated(gates)  # (n, H) each
            c = self._cells[first + start : first + end]
            tanh_c = self._tanh_c[start:end]
            np.multiply(f, self._cells[begin : begin + n], out=c)
            c += np.multiply(i, g, out=tanh_c)
            np.tanh(c, out=tanh_c)
            np.multiply(o, tanh_c, out=self._hidden[first + start : first + end])

    def backward(self, Wh: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The gradients with respect to what went into the gates (R, 4H) and to h0 (N', H)."""
        R, H, dtype = self._R, self._H, self._a.dtype
        gates, tanh_c = self._a, self._tanh_c
        i, f, o, g = _quarters(gates)  # (R, H) each
        # What does not wait for the recurrence, for all positions at once: da = slope * (dc, dc, dh, dc)
        da = self._workspace.array("da", (R + SPARE, 4 * H), dtype)
        slope = da[:R]
        np.subtract(1, gates[:, : 3 * H], out=slope[:, : 3 * H])
        slope[:, : 3 * H] *= gates[:, : 3 * H]  # s (1 - s), the derivative of the sigmoids
        slope_i, slope_f, slope_o, slope_g = _quarters(slope)
        slope_i *= g
        c_before = self._workspace.array("c_before", (R, H), dtype)
        slope_f *= np.take(self._cells, self.before, axis=0, out=c_before, mode="clip")
        slope_o *= tanh_c
        np.multiply(g, g, out=slope_g)
        np.subtract(1, slope_g, out=slope_g)
        slope_g *= i
        c_from_h = tanh_c  # (R, H) o (1 - tanh(c)^2): how far a cell is reached through its h
        c_from_h *= tanh_c
        np.subtract(1, c_from_h, out=c_from_h)
        c_from_h *= o

        dc_carried = self._workspace.array("dc_carried", (self._first, H), dtype)
        later = 0  # captions running at t + 1
        for start, end, _ in reversed(self._timesteps):
            n = end - start
            dh = self._dh[start:end]  # (n, H)
            dh[:later] += self._carried[:later]
            dc = c_from_h[start:end]  # (n, H)
            dc *= dh
            dc[:later] += dc_carried[:later]
            da_i, da_f, da_o, da_g = _quarters(da[start:end])
            da_i *= dc
            da_f *= dc
            da_o *= dh
            da_g *= dc
            np.multiply(dc, f[start:end], out=dc_carried[:n])
            later = n
            _times(da, start, n, Wh.T, self._carried)
        return da[:R], self._carried[: self._first]


def activated(a: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """The gates i, f, o and g of an LSTM, (n, H) each, in the place of what goes into them, a (n, 4H)."""
    H = a.shape[1] // 4
    sigmoids = a[:, : 3 * H]
    sigmoids *= 0.5
    np.tanh(a, out=a)
    sigmoids *= 0.5
    sigmoids += 0.5
    return _quarters(a)


def _quarters(gates: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """The columns (n, H) of i, f, o and g in (n, 4H)."""
    H = gates.shape[1] // 4
    return gates[:, :H], gates[:, H : 2 * H], gates[:, 2 * H : 3 * H], gates[:, 3 * H :]
