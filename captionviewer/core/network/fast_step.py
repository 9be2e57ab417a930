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
- Products with few rows are given a multiple of 8 of them (see `times`).
- sigmoid(x) is (1 + tanh(x / 2)) / 2, so that one tanh serves all four gates of an LSTM.

Sizes: N' captions with something to predict, R positions, P of them predicted, U different input words,
n captions running at a timestep, G = H for a vanilla RNN and 4H for an LSTM; the others as in `layers`.
"""

from collections.abc import Mapping

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.network.cells import CELLS, CellType
from captionviewer.core.network.packed_captions import PackedCaptions, pack
from captionviewer.core.network.unique_words import UniqueWords
from captionviewer.core.network.workspace import SPARE, Interrupt, Workspace, never, product

BLOCK = 1 << 16  # numbers worked on at a time: 256 kB of float32, within a level-2 cache


def loss_and_gradients(
    cell_type: CellType,
    params: Mapping[str, FloatArray],
    features: FloatArray,
    captions: IntArray,
    null: int,
    grads: Mapping[str, FloatArray],
    workspace: Workspace,
    interrupt: Interrupt = never,
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
        called now and then; what it raises ends the call, with nothing of worth in `grads`.

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
    cell.forward(p["Wh"], inputs, words.inverse)

    # Hidden states to scores, loss, and back to hidden states.
    h = hidden[first : first + R]
    loss = _scores_and_back(packed, h, p["W_vocab"], p["b_vocab"], N, dh[:R], grads, workspace, interrupt)

    da, dh0 = cell.backward(p["Wh"])  # (R, G), (N', H)

    cell.recurrent_gradient(da, grads["Wh"])
    np.matmul(features.T, dh0, out=grads["W_proj"])
    np.add.reduce(dh0, axis=0, out=grads["b_proj"])

    da_of_word = words.add_up(da, workspace)  # (U, G)
    np.add.reduce(da_of_word, axis=0, out=grads["b"])
    np.matmul(vectors.T, da_of_word, out=grads["Wx"])
    interrupt()
    grads["W_embed"][...] = 0
    grads["W_embed"][words.ids] = da_of_word @ p["Wx"].T
    return loss


def _scores_and_back(
    packed: PackedCaptions,
    h: FloatArray,
    W_vocab: FloatArray,
    b_vocab: FloatArray,
    N: int,
    dh: FloatArray,
    grads: Mapping[str, FloatArray],
    workspace: Workspace,
    interrupt: Interrupt,
) -> float:
    """Softmax loss at the P predicted positions of h (R, H); dh (R, H) and the gradients are written."""
    if packed.predicted is not None:
        h = h[packed.predicted]  # (P, H)
    P, V = len(packed.targets), W_vocab.shape[1]
    dscores = workspace.array("scores", (P, V), h.dtype)  # scores, then softmax, then the gradient
    product(h, W_vocab, dscores, interrupt)
    loss = 0.0
    rows = max(1, BLOCK // V)
    for start in range(0, P, rows):
        interrupt()
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
    product(h.T, dscores, grads["W_vocab"], interrupt)
    np.add.reduce(dscores, axis=0, out=grads["b_vocab"])
    if packed.predicted is None:
        product(dscores, W_vocab.T, dh, interrupt)
    else:
        dh[...] = 0
        dh[packed.predicted] = dscores @ W_vocab.T
    return loss
