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
- Products with few rows go by panels of columns where that is quicker, else they are given a multiple of 8
  rows (see `small_products`).
- Two threads share the step (see `two_threads`): while the recurrence runs forward, the scores of each
  finished stretch of positions, their softmax and its gradient are a piece, for they wait for no other
  position; while it runs back, the gradients of W_vocab are, then that of Wh.
- sigmoid(x) is (1 + tanh(x / 2)) / 2, so that one tanh serves all four gates of an LSTM.

Sizes: N' captions with something to predict, R positions, P of them predicted, U different input words,
n captions running at a timestep, G = H for a vanilla RNN and 4H for an LSTM; the others as in `layers`.
"""

from collections.abc import Mapping
from functools import partial

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.network.cells import CELLS, CellType
from captionviewer.core.network.packed_captions import PackedCaptions, pack
from captionviewer.core.network.small_products import SPARE
from captionviewer.core.network.two_threads import Pieces
from captionviewer.core.network.unique_words import UniqueWords
from captionviewer.core.network.workspace import Interrupt, Workspace, never, product

BLOCK = 1 << 16  # numbers worked on at a time: 256 kB of float32, within a level-2 cache
STRETCH = 96  # positions whose scores are one piece of work, at least
WORTH_A_THREAD = 2 * 10**7  # multiplications in a step, below which a thread costs more than it brings


def loss_and_gradients(
    cell_type: CellType,
    params: Mapping[str, FloatArray],
    features: FloatArray,
    captions: IntArray,
    null: int,
    grads: Mapping[str, FloatArray],
    workspace: Workspace,
    interrupt: Interrupt = never,
    *,
    helped: bool = False,
) -> float:
    """The loss of a minibatch under teacher forcing; the gradients are written into `grads`.

    Parameters
    ----------
    cell_type
        one of `CELLS`.
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
    interrupt
        called now and then, in either thread; what it raises ends the call, with nothing of worth in `grads`.
    helped
        whether a second thread may take part (see `library_threads`); the result is the same.

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
    words = UniqueWords(packed.words)
    vectors = p["W_embed"][words.ids]  # (U, W)
    inputs = workspace.array("inputs", (len(words.ids), G), dtype)
    np.matmul(vectors, p["Wx"], out=inputs)
    inputs += p["b"]

    dh = workspace.array("dh", (R + SPARE, H), dtype)
    cell = CELLS[cell_type].packed(packed, hidden, dh, workspace, interrupt)
    scores = _Scores(packed, hidden[first : first + R], p["W_vocab"], p["b_vocab"], N, dh[:R], workspace)
    worth = R * H * (2 * G + 3 * len(p["b_vocab"])) > WORTH_A_THREAD
    with Pieces(helped=worth and helped) as pieces:
        # Hidden states to scores, loss, and back to hidden states, as soon as a stretch of them is there.
        done = 0

        def reached(end: int) -> None:
            nonlocal done
            if end - done >= STRETCH or end == R:
                pieces.add(partial(scores.work, done, end, interrupt))
                done = end

        cell.forward(p["Wh"], inputs, words.inverse, reached)
        pieces.finish()

        # The gradients of what is known by now, while the recurrence runs back.
        for half in halves(H):
            pieces.add(partial(scores.gradient, grads["W_vocab"], half, interrupt))
        pieces.add(lambda: np.add.reduce(scores.dscores, axis=0, out=grads["b_vocab"]))
        later = 0  # positions from here on have their part in the gradient of Wh

        def came_back_to(start: int) -> None:
            nonlocal later
            if not later and 0 < start <= R // 2:
                later = start
                pieces.add(partial(cell.recurrent_gradient, later, R, grads["Wh"]))

        da, dh0 = cell.backward(p["Wh"], came_back_to)  # (R, G), (N', H)

        if later:  # the other part stands in the way of none but itself
            rest = workspace.array("Wh_rest", (H, G), dtype)
            pieces.add(partial(cell.recurrent_gradient, 0, later, rest))
        else:
            pieces.add(partial(cell.recurrent_gradient, 0, R, grads["Wh"]))
        da_of_word = words.add_up(da, workspace)  # (U, G)
        embedded = workspace.array("embedded", (len(words.ids), len(p["Wx"])), dtype)  # (U, W)
        pieces.add(lambda: np.matmul(da_of_word, p["Wx"].T, out=embedded))
        pieces.add(lambda: np.matmul(vectors.T, da_of_word, out=grads["Wx"]))
        np.add.reduce(da_of_word, axis=0, out=grads["b"])
        np.matmul(features.T, dh0, out=grads["W_proj"])
        np.add.reduce(dh0, axis=0, out=grads["b_proj"])
        grads["W_embed"][...] = 0
        pieces.finish()
    interrupt()
    if later:
        grads["Wh"] += rest
    grads["W_embed"][words.ids] = embedded
    return scores.loss


class _Scores:
    """Softmax loss at the P predicted positions of h (R, H), stretch by stretch; dh (R, H) is written."""

    def __init__(
        self,
        packed: PackedCaptions,
        h: FloatArray,
        W_vocab: FloatArray,
        b_vocab: FloatArray,
        N: int,
        dh: FloatArray,
        workspace: Workspace,
    ) -> None:
        self._packed, self._h, self._dh, self._N = packed, h, dh, N
        self._W_vocab, self._b_vocab = W_vocab, b_vocab
        P, V, H = len(packed.targets), len(b_vocab), h.shape[1]
        self.dscores = workspace.array("scores", (P, V), h.dtype)  # scores, then softmax, then the gradient
        self._losses: dict[int, float] = {}  # of each stretch, by where it begins
        self._predicted_h = h if packed.predicted is None else workspace.array("predicted_h", (P, H), h.dtype)

    @property
    def loss(self) -> float:
        """Of all stretches, always added in one order."""
        return sum(self._losses[start] for start in sorted(self._losses))

    def work(self, start: int, end: int, interrupt: Interrupt) -> None:
        """Do it for the positions from `start` to `end`, not included."""
        predicted = self._packed.predicted
        if predicted is None:
            h, first, last = self._h[start:end], start, end
        else:
            first, last = (int(at) for at in np.searchsorted(predicted, (start, end)))
            h = np.take(
                self._h, predicted[first:last], axis=0, out=self._predicted_h[first:last], mode="clip"
            )
        dscores = self.dscores[first:last]  # (n, V)
        product(h, self._W_vocab, dscores, interrupt)
        self._losses[start] = self._softmax(dscores, self._packed.targets[first:last], interrupt)
        if predicted is None:
            product(dscores, self._W_vocab.T, self._dh[start:end], interrupt)
        else:
            self._dh[start:end] = 0
            self._dh[predicted[first:last]] = dscores @ self._W_vocab.T

    def _softmax(self, all_scores: FloatArray, all_targets: IntArray, interrupt: Interrupt) -> float:
        """From scores to their gradient, in their place; the loss."""
        loss, N = 0.0, self._N
        rows = max(1, BLOCK // all_scores.shape[1])
        for start in range(0, len(all_scores), rows):
            interrupt()
            scores, targets = all_scores[start : start + rows], all_targets[start : start + rows]
            right = (np.arange(len(targets)), targets)
            scores += self._b_vocab
            scores -= scores.max(axis=1, keepdims=True)
            right_scores = scores[right]  # (n,)
            np.exp(scores, out=scores)
            sums = scores.sum(axis=1)  # (n,)
            loss += float((np.log(sums) - right_scores).sum(dtype=np.float64)) / N
            scores *= (1 / (sums * N))[:, np.newaxis]  # softmax less one at the right word, over N
            scores[right] -= 1 / N
        return loss

    def gradient(self, out: FloatArray, rows: slice, interrupt: Interrupt) -> None:
        """Some rows of the gradient of W_vocab (H, V)."""
        product(self._predicted_h.T[rows], self.dscores, out[rows], interrupt)


def halves(size: int) -> tuple[slice, slice]:
    """The two halves of an axis, the first a multiple of 8."""
    middle = size // 16 * 8
    return slice(0, middle), slice(middle, size)
