"""The layers of an image-captioning recurrent network, each as a forward and a backward function.

These are the reference: written to be read beside the lecture notes, with one line of NumPy for each
line of algebra. A forward function returns its result and a `cache`, what the backward pass needs of
it; the backward function takes the gradient of the loss with respect to that result, and the cache,
and returns the gradients with respect to each input. `captionviewer.core.network.fast_step` computes the same
much faster, and is held equal to these. (Past 400 lines, to be read as one text.)

Letters for sizes: N minibatch, T timesteps, D input, W word vector, H hidden state, V vocabulary,
M output. Nothing here changes the dtype: float32 in, float32 out; whole numbers, as in an example worked
on paper, give what NumPy's functions give of them, float64.

They stand in one file, longer than others here, so that the network reads from top to bottom; half of it
is shapes.
"""

import numpy as np

from captionviewer.core.arrays import BoolArray, FloatArray, IntArray

AffineCache = tuple[FloatArray, FloatArray]
EmbeddingCache = tuple[IntArray, FloatArray]
RnnStepCache = tuple[FloatArray, ...]  # x, prev_h, Wx, Wh, next_h
LstmStepCache = tuple[FloatArray, ...]  # x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c


def sigmoid(x: FloatArray) -> FloatArray:
    """The logistic function 1 / (1 + exp(-x)), of any shape, without overflow at either end."""
    decay = np.exp(-np.abs(x))  # in (0, 1], so nothing can overflow
    result: FloatArray = np.where(x >= 0, 1, decay) / (1 + decay)
    return result


def _floating(*arrays: FloatArray) -> np.dtype[np.floating]:
    """The dtype of what is computed from arrays: their own, for whole numbers that of their tanh."""
    return np.result_type(*arrays, np.float16)  # the smallest, which leaves each other as it is


# Vanilla RNN


def rnn_step_forward(
    x: FloatArray, prev_h: FloatArray, Wx: FloatArray, Wh: FloatArray, b: FloatArray
) -> tuple[FloatArray, RnnStepCache]:
    """One timestep of a vanilla RNN: next_h = tanh(x Wx + prev_h Wh + b).

    Elman, "Finding structure in time", Cognitive Science 14, 1990.

    Parameters
    ----------
    x
        (N, D) the input at this timestep.
    prev_h
        (N, H) the hidden state before it.
    Wx, Wh, b
        (D, H), (H, H) and (H,) the parameters.

    Returns
    -------
    next_h (N, H), and the cache for `rnn_step_backward`.
    """
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)


def rnn_step_backward(
    dnext_h: FloatArray, cache: RnnStepCache
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """The gradients of one RNN timestep.

    Parameters
    ----------
    dnext_h
        (N, H) gradient with respect to next_h.
    cache
        from `rnn_step_forward`.

    Returns
    -------
    dx (N, D), dprev_h (N, H), dWx (D, H), dWh (H, H), db (H,).
    """
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * (1 - next_h**2)  # through tanh, whose derivative is 1 - tanh^2
    return da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def rnn_forward(
    x: FloatArray, h0: FloatArray, Wx: FloatArray, Wh: FloatArray, b: FloatArray
) -> tuple[FloatArray, list[RnnStepCache]]:
    """A vanilla RNN over whole sequences.

    Parameters
    ----------
    x
        (N, T, D) the inputs.
    h0
        (N, H) the hidden state before the first timestep.
    Wx, Wh, b
        (D, H), (H, H) and (H,) the parameters, the same at each timestep.

    Returns
    -------
    h (N, T, H), the hidden state after each timestep, and the cache for `rnn_backward`.
    """
    N, T, _ = x.shape
    h = np.empty((N, T, h0.shape[1]), dtype=_floating(x, h0, Wx, Wh, b))
    cache = []
    next_h = h0
    for t in range(T):
        next_h, step_cache = rnn_step_forward(x[:, t], next_h, Wx, Wh, b)
        h[:, t] = next_h
        cache.append(step_cache)
    return h, cache


def rnn_backward(
    dh: FloatArray, cache: list[RnnStepCache]
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """The gradients of an RNN over whole sequences: backpropagation through time.

    Parameters
    ----------
    dh
        (N, T, H) gradient with respect to every hidden state, from the layers above it only.
    cache
        from `rnn_forward`, T >= 1.

    Returns
    -------
    dx (N, T, D), dh0 (N, H), dWx (D, H), dWh (H, H), db (H,).
    """
    N, T, _ = dh.shape
    x, h0, Wx, Wh, h = cache[0]
    dx = np.empty((N, T, x.shape[1]), dtype=_floating(dh, x))
    dprev_h = np.zeros_like(h0)
    dWx, dWh = np.zeros_like(Wx, dtype=_floating(Wx)), np.zeros_like(Wh, dtype=_floating(Wh))
    db = np.zeros_like(h[0])
    for t in reversed(range(T)):
        dnext_h = dh[:, t] + dprev_h  # from the scores at t, and from timestep t + 1
        dx[:, t], dprev_h, dWx_t, dWh_t, db_t = rnn_step_backward(dnext_h, cache[t])
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    return dx, dprev_h, dWx, dWh, db


# LSTM


def lstm_step_forward(
    x: FloatArray, prev_h: FloatArray, prev_c: FloatArray, Wx: FloatArray, Wh: FloatArray, b: FloatArray
) -> tuple[FloatArray, FloatArray, LstmStepCache]:
    """One timestep of a long short-term memory.

    Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9, 1997; with the forget
    gate of Gers, Schmidhuber and Cummins, 2000.

    Parameters
    ----------
    x
        (N, D) the input at this timestep.
    prev_h, prev_c
        (N, H) the hidden state and the cell state before it.
    Wx, Wh, b
        (D, 4H), (H, 4H) and (4H,) the parameters; the columns are those of the input gate i,
        the forget gate f, the output gate o and the candidate g, in that order.

    Returns
    -------
    next_h (N, H), next_c (N, H), and the cache for `lstm_step_backward`.
    """
    H = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b  # (N, 4H)
    gates = sigmoid(a[:, : 3 * H])
    i, f, o = gates[:, :H], gates[:, H : 2 * H], gates[:, 2 * H :]
    g = np.tanh(a[:, 3 * H :])
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)


def lstm_step_backward(
    dnext_h: FloatArray, dnext_c: FloatArray, cache: LstmStepCache
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """The gradients of one LSTM timestep.

    Parameters
    ----------
    dnext_h, dnext_c
        (N, H) gradients with respect to next_h and next_c.
    cache
        from `lstm_step_forward`.

    Returns
    -------
    dx (N, D), dprev_h (N, H), dprev_c (N, H), dWx (D, 4H), dWh (H, 4H), db (4H,).
    """
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    tanh_c = np.tanh(next_c)
    dc = dnext_c + dnext_h * o * (1 - tanh_c**2)  # the cell is reached along c and through h
    da = np.concatenate(
        [
            dc * g * i * (1 - i),  # through the sigmoid, whose derivative is s (1 - s)
            dc * prev_c * f * (1 - f),
            dnext_h * tanh_c * o * (1 - o),
            dc * i * (1 - g**2),
        ],
        axis=1,
    )  # (N, 4H)
    return da @ Wx.T, da @ Wh.T, dc * f, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def lstm_forward(
    x: FloatArray, h0: FloatArray, Wx: FloatArray, Wh: FloatArray, b: FloatArray
) -> tuple[FloatArray, list[LstmStepCache]]:
    """An LSTM over whole sequences; the cell state starts at zero.

    Parameters
    ----------
    x
        (N, T, D) the inputs.
    h0
        (N, H) the hidden state before the first timestep.
    Wx, Wh, b
        (D, 4H), (H, 4H) and (4H,) the parameters, columns i, f, o, g.

    Returns
    -------
    h (N, T, H), the hidden state after each timestep, and the cache for `lstm_backward`.
    """
    N, T, _ = x.shape
    h = np.empty((N, T, h0.shape[1]), dtype=_floating(x, h0, Wx, Wh, b))
    cache = []
    next_h, next_c = h0, np.zeros_like(h0)
    for t in range(T):
        next_h, next_c, step_cache = lstm_step_forward(x[:, t], next_h, next_c, Wx, Wh, b)
        h[:, t] = next_h
        cache.append(step_cache)
    return h, cache


def lstm_backward(
    dh: FloatArray, cache: list[LstmStepCache]
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """The gradients of an LSTM over whole sequences.

    Parameters
    ----------
    dh
        (N, T, H) gradient with respect to every hidden state, from the layers above it only.
    cache
        from `lstm_forward`, T >= 1.

    Returns
    -------
    dx (N, T, D), dh0 (N, H), dWx (D, 4H), dWh (H, 4H), db (4H,).
    """
    N, T, _ = dh.shape
    x, h0, _, Wx, Wh = cache[0][:5]
    dx = np.empty((N, T, x.shape[1]), dtype=_floating(dh, x))
    dprev_h, dprev_c = np.zeros_like(h0), np.zeros_like(h0)
    dWx, dWh = np.zeros_like(Wx, dtype=_floating(Wx)), np.zeros_like(Wh, dtype=_floating(Wh))
    db = np.zeros_like(dWx[0])
    for t in reversed(range(T)):
        dnext_h = dh[:, t] + dprev_h
        dx[:, t], dprev_h, dprev_c, dWx_t, dWh_t, db_t = lstm_step_backward(dnext_h, dprev_c, cache[t])
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    return dx, dprev_h, dWx, dWh, db


# Words in, scores out


def word_embedding_forward(x: IntArray, W: FloatArray) -> tuple[FloatArray, EmbeddingCache]:
    """Look up the vector of each word.

    Parameters
    ----------
    x
        (N, T) word ids, each in [0, V).
    W
        (V, D) the vector of every word.

    Returns
    -------
    out (N, T, D), and the cache for `word_embedding_backward`.
    """
    return W[x], (x, W)


def word_embedding_backward(dout: FloatArray, cache: EmbeddingCache) -> FloatArray:
    """The gradient of a look-up: each row of dout added to the row of its word.

    Parameters
    ----------
    dout
        (N, T, D) gradient with respect to the vectors looked up.
    cache
        from `word_embedding_forward`.

    Returns
    -------
    dW (V, D).
    """
    x, W = cache
    dW = np.zeros_like(W, dtype=_floating(W))
    np.add.at(dW, x, dout)  # unlike dW[x] += dout, this counts a word that occurs many times
    return dW


def affine_forward(x: FloatArray, w: FloatArray, b: FloatArray) -> tuple[FloatArray, AffineCache]:
    """A fully connected layer: out = x w + b.

    Parameters
    ----------
    x
        (N, d1, ..., dk), read as (N, D) with D = d1 * ... * dk.
    w, b
        (D, M) and (M,) the parameters.

    Returns
    -------
    out (N, M), and the cache for `affine_backward`.
    """
    return x.reshape(len(x), -1) @ w + b, (x, w)


def affine_backward(dout: FloatArray, cache: AffineCache) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The gradients of a fully connected layer.

    Parameters
    ----------
    dout
        (N, M) gradient with respect to out.
    cache
        from `affine_forward`.

    Returns
    -------
    dx (N, d1, ..., dk), dw (D, M), db (M,).
    """
    x, w = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


def temporal_affine_forward(x: FloatArray, w: FloatArray, b: FloatArray) -> tuple[FloatArray, AffineCache]:
    """The same fully connected layer at each timestep.

    Parameters
    ----------
    x
        (N, T, D) the inputs.
    w, b
        (D, M) and (M,) the parameters.

    Returns
    -------
    out (N, T, M), and the cache for `temporal_affine_backward`.
    """
    N, T, D = x.shape
    return (x.reshape(N * T, D) @ w + b).reshape(N, T, -1), (x, w)


def temporal_affine_backward(
    dout: FloatArray, cache: AffineCache
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The gradients of `temporal_affine_forward`.

    Parameters
    ----------
    dout
        (N, T, M) gradient with respect to out.
    cache
        from `temporal_affine_forward`.

    Returns
    -------
    dx (N, T, D), dw (D, M), db (M,).
    """
    x, w = cache
    N, T, D = x.shape
    rows = dout.reshape(N * T, -1)
    return (rows @ w.T).reshape(N, T, D), x.reshape(N * T, D).T @ rows, rows.sum(axis=0)


def temporal_softmax_loss(
    x: FloatArray, y: IntArray, mask: BoolArray | FloatArray, verbose: bool = False
) -> tuple[float, FloatArray]:
    """Cross-entropy of the right word at each timestep, summed over time and averaged over captions.

    Parameters
    ----------
    x
        (N, T, V) logits: the score of every word.
    y
        (N, T) the id of the right word.
    mask
        (N, T) False where there is nothing to predict: no loss and no gradient there. A number weighs the
        loss of its position.
    verbose
        print the shape of the gradient.

    Returns
    -------
    loss in nats a caption, and dx (N, T, V).
    """
    N = x.shape[0]
    right = y[..., np.newaxis]
    shifted = x - x.max(axis=2, keepdims=True)  # the same probabilities, and exp cannot overflow
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
    right_log_probs = np.take_along_axis(log_probs, right, axis=2)
    weights = np.asarray(mask).astype(log_probs.dtype)[..., np.newaxis]  # (N, T, 1)
    counted = weights != 0
    loss = -float((right_log_probs[counted] * weights[counted]).sum(dtype=np.float64)) / N
    dx = np.exp(log_probs)  # softmax, less one at the right word
    np.put_along_axis(dx, right, np.take_along_axis(dx, right, axis=2) - 1, axis=2)
    dx *= weights
    dx[~counted[..., 0]] = 0  # whatever the scores were, NaN too
    dx /= N
    if verbose:
        print("dx:", dx.shape)  # noqa: T201  asked for
    return loss, dx
