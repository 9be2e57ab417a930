"""How the gradient of each word's loss reaches back through time.

For the loss at one timestep s, -ln p of the word after it, the norm of its gradient with respect to the
state after each earlier timestep: d loss_s / d h_t, and for an LSTM d loss_s / d c_t. d h_t is the total
derivative through h_t with the cell state c_t held; d c_t that through c_t, its way through h_t included.
t = 0 is the photo: h_0 is its projection, and c_0 is zero, so there d h_0 is the whole path.
"""

from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.vocabulary import NULL
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import CELLS
from captionviewer.core.network.first_values import change_first_values
from captionviewer.core.network.inference import logits_of, recurrent_input, start_state


@dataclass(frozen=True)
class StateGradients:
    """Gradients of N captions' losses with respect to their states; T words fed, H units.

    Attributes
    ----------
    h
        (N, T, T + 1, H): h[n, s, t] is d loss_s / d h_t; zero where t > s + 1, and where there is no loss.
    c
        the same for the cell state of an LSTM, None for a vanilla RNN.
    counted
        (N, T) whether there is a loss at s: the word after it is not padding.
    """

    h: FloatArray
    c: FloatArray | None
    counted: FloatArray

    def norms(self, of_cell: bool = False) -> FloatArray:
        """The norms (N, T, T + 1) of these gradients, NaN where there is none.

        Raises
        ------
        ValueError
            the cell state's are asked for, and a vanilla RNN has none.
        """
        gradients = self.c if of_cell else self.h
        if gradients is None:
            raise ValueError("a vanilla RNN has no cell state")
        T = gradients.shape[1]
        norms: FloatArray = np.sqrt(np.einsum("nsth,nsth->nst", gradients, gradients))
        reached = np.arange(T + 1)[np.newaxis, :] <= np.arange(T)[:, np.newaxis] + 1  # t <= s + 1
        norms[~(reached[np.newaxis] & (self.counted[:, :, np.newaxis] > 0))] = np.nan
        return norms


def state_gradients(model: CaptioningRNN, features: FloatArray, captions: IntArray) -> StateGradients:
    """Gradients of every word's loss with respect to every state before it.

    Parameters
    ----------
    model
        the network.
    features
        (N, D).
    captions
        (N, T + 1) ids, `<START>` first; where the next word is `<NULL>` there is no loss.

    Returns
    -------
    Each caption's own gradients; nothing is averaged. Takes 4 N T (T + 1) H bytes in float32, twice for an
    LSTM.

    Raises
    ------
    ValueError
        features or captions of the wrong shape, or fewer than two columns.
    """
    params = model.checked_params()
    features = model.checked_features(features)
    captions = model.checked_captions(captions, len(features))
    N, T = captions.shape[0], captions.shape[1] - 1
    if T < 1:
        raise ValueError("a caption needs a word after <START> for a loss")
    H, dtype = model.hidden_dim, params["Wx"].dtype
    state = start_state(params, model.cell_type, features)
    cell = CELLS[model.cell_type]
    states, traced, direct = [state], [], np.zeros((N, T, H), dtype)
    counted = (captions[:, 1:] != model.word_to_idx[NULL]).astype(dtype)
    for t in range(T):
        a = recurrent_input(params, state, captions[:, t])
        state, here = cell.traced(state, a)
        traced.append(here)
        states.append(state)
        logits = logits_of(params, state)
        logits -= logits.max(axis=1, keepdims=True)
        p = np.exp(logits)
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(N), captions[:, t + 1]] -= 1
        direct[:, t] = (p @ params["W_vocab"].T) * counted[:, t, np.newaxis]

    dh = np.zeros((N, T, T + 1, H), dtype)
    dc = np.zeros_like(dh) if cell.has_cell_state else None
    from_above_h = np.zeros((N, T, H), dtype)  # for each s, what reaches the state at t from t + 1
    from_above_c = np.zeros((N, T, H), dtype)
    Wh_T = params["Wh"].T
    for t in range(T, 0, -1):
        s = slice(t - 1, T)  # the losses that come after this state
        from_above_h[:, t - 1] = direct[:, t - 1]
        dh[:, s, t] = from_above_h[:, s]
        da, of_c, from_above_c[:, s] = cell.reached_back(
            traced[t - 1], states[t - 1], from_above_h[:, s], from_above_c[:, s]
        )
        if dc is not None:
            dc[:, s, t] = of_c
        from_above_h[:, s] = (da.reshape(-1, da.shape[2]) @ Wh_T).reshape(N, -1, H)
    dh[:, :, 0] = from_above_h
    if dc is not None:
        dc[:, :, 0] = from_above_c
    return StateGradients(dh, dc, counted)


def with_knobs(model: CaptioningRNN, wh_scale: float = 1.0, forget_bias: float = 0.0) -> CaptioningRNN:
    """A copy of a model with Wh multiplied by one number and an LSTM's forget bias raised by another."""
    twin = model.copy()
    change_first_values(twin, wh_scale, forget_bias)
    return twin
