"""Captions of a network in which some units are held at a value: what a unit does, not what it is like."""

from collections.abc import Callable, Sequence

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.vocabulary import END, NULL, START
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.inference import DecodingState, logits_of, next_state, start_state, word_id


def captions_without(
    model: CaptioningRNN,
    features: FloatArray,
    units: Sequence[int],
    value: float | FloatArray = 0.0,
    max_length: int = 30,
) -> IntArray:
    """Caption images greedily with some units of the hidden state held at a value, from the photo on.

    The cell state of an LSTM goes on as it would; only what is read of these units is fixed.

    Parameters
    ----------
    model
        the network.
    features
        (N, D).
    units
        indices of the units that are held; none gives the usual greedy captions.
    value
        what they are held at: one number, or one for each of `units`, such as their means.
    max_length
        words at most, `<END>` included.

    Returns
    -------
    (N, max_length) word ids, only `<NULL>` after `<END>`.

    Raises
    ------
    ValueError
        a unit that the network does not have; features of the wrong shape; no `<START>` or `<END>`.
    """
    held = np.asarray(units, dtype=np.intp).reshape(-1)
    if len(held) and not 0 <= held.min() <= held.max() < model.hidden_dim:
        raise ValueError(f"the units are 0 to {model.hidden_dim - 1}")
    params = model.checked_params()
    features = model.checked_features(features)
    start, end = word_id(model.word_to_idx, START), word_id(model.word_to_idx, END)
    captions = np.full((len(features), max_length), model.word_to_idx[NULL], dtype=np.int32)
    state = start_state(params, model.cell_type == "lstm", features)
    state.h[:, held] = value
    rows, words = np.arange(len(features)), np.full(len(features), start)
    for t in range(max_length):
        state = next_state(params, state, words)
        state.h[:, held] = value
        words = logits_of(params, state).argmax(axis=1)
        captions[rows, t] = words
        going = words != end
        rows, words = rows[going], words[going]
        if len(rows) == 0:
            break
        state = DecodingState(state.h[going], None if state.c is None else state.c[going])
    return captions


def num_changed(
    model: CaptioningRNN, features: FloatArray, usual: IntArray, unit: int, value: float = 0.0
) -> int:
    """How many of the usual captions (N, L) become others when one unit is held at a value."""
    changed = captions_without(model, features, [unit], value, usual.shape[1]) != usual
    return int(changed.any(axis=1).sum())


def changes_by_unit(
    model: CaptioningRNN,
    features: FloatArray,
    values: FloatArray | None = None,
    progress: Callable[[float], bool] | None = None,
    max_length: int = 30,
) -> IntArray | None:
    """For each unit (H,), how many of N captions change when it alone is held; the median is what to expect.

    Parameters
    ----------
    model
        the network.
    features
        (N, D).
    values
        (H,) what each unit is held at, such as its mean; zero if None.
    progress
        told the share that is done; False ends the count.
    max_length
        words at most.

    Returns
    -------
    (H,) counts, or None where `progress` ended the count.
    """
    usual = model.sample(features, max_length)
    held = np.zeros(model.hidden_dim) if values is None else values
    counts = np.empty(model.hidden_dim, dtype=np.intp)
    for unit in range(model.hidden_dim):
        counts[unit] = num_changed(model, features, usual, unit, float(held[unit]))
        if progress is not None and not progress((unit + 1) / model.hidden_dim):
            return None
    return counts
