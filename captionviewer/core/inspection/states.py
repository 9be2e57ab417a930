"""The states and gates of the network over time: along one caption, and over a whole corpus of captions."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.vocabulary import NULL
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import CELLS, DecodingState, Quantity
from captionviewer.core.network.inference import recurrent_input, start_state

BATCH = 256  # captions run side by side in a pass over a corpus


@dataclass(frozen=True)
class StateTrace:
    """What a cell did along one caption.

    Attributes
    ----------
    words
        (T,) the ids fed, `<START>` first.
    initial
        (H,) the hidden state before the first word, which is the projected photo.
    values
        for each quantity of the cell, (T, H): row t is the state, or gate, after words[t] was fed.
    """

    words: IntArray
    initial: FloatArray
    values: dict[Quantity, FloatArray]

    def previous_cell(self, t: int) -> FloatArray:
        """The cell state (H,) of an LSTM before timestep t: zero before the first word."""
        return self.values["c"][t - 1] if t > 0 else np.zeros_like(self.values["c"][0])


def quantities_of(model: CaptioningRNN) -> tuple[Quantity, ...]:
    """What of this model's cell can be looked at."""
    return CELLS[model.cell_type].quantities


def trace_states(model: CaptioningRNN, features: FloatArray, words: IntArray) -> StateTrace:
    """Run one caption through the network and keep every state and gate.

    Parameters
    ----------
    model
        the network.
    features
        (D,) of the photo.
    words
        (T,) the ids to feed, `<START>` first, T >= 1.

    Raises
    ------
    ValueError
        features or words of the wrong shape, or ids outside the vocabulary.
    """
    params = model.checked_params()
    fed = model.checked_captions(np.asarray(words)[np.newaxis], 1)[0]
    state = start_state(params, model.cell_type, model.checked_features(np.asarray(features)[np.newaxis]))
    initial = state.h[0]
    steps: list[dict[Quantity, FloatArray]] = []
    for word in fed:
        state, values = _watched_step(params, state, np.array([word]))
        steps.append({name: value[0] for name, value in values.items()})
    stacked = {name: np.stack([step[name] for step in steps]) for name in quantities_of(model)}
    return StateTrace(fed, initial, stacked)


def _watched_step(
    params: dict[str, FloatArray], state: DecodingState, words: IntArray
) -> tuple[DecodingState, dict[Quantity, FloatArray]]:
    """One timestep of N captions, with everything that the cell computed, (N, H) each."""
    return CELLS[state.cell_type].traced(state, recurrent_input(params, state, words))


@dataclass(frozen=True)
class CorpusStates:
    """One quantity of the cell at every position of a corpus of captions; P positions in all.

    Attributes
    ----------
    quantity
        which.
    values
        (P, H) float16, captions in their order, timesteps in theirs.
    caption
        (P,) the row, in the captions passed, that a position belongs to.
    timestep
        (P,) its place in the caption; 0 is where `<START>` was fed.
    word
        (P,) the id fed there.
    """

    quantity: Quantity
    values: FloatArray
    caption: IntArray
    timestep: IntArray
    word: IntArray


def corpus_states(
    model: CaptioningRNN,
    features: FloatArray,
    captions: IntArray,
    quantity: Quantity = "h",
    progress: Callable[[float], bool] | None = None,
) -> CorpusStates | None:
    """Run many captions through the network and keep one quantity at every word that is fed.

    Parameters
    ----------
    model
        the network.
    features
        (N, D), the photo of each caption.
    captions
        (N, T) ids, `<START>` first, padded with `<NULL>`; the words before the padding are fed.
    quantity
        what to keep.
    progress
        told the share that is done, now and then; False ends the pass.

    Returns
    -------
    The states, or None where `progress` ended the pass.

    Raises
    ------
    ValueError
        the cell has no such quantity; features or captions of the wrong shape.
    """
    if quantity not in quantities_of(model):
        raise ValueError(f"a vanilla RNN has no {quantity}: only its hidden state h")
    params = model.checked_params()
    features = model.checked_features(features)
    captions = model.checked_captions(captions, len(features))
    padded = captions == model.word_to_idx[NULL]
    lengths = np.where(padded.any(axis=1), padded.argmax(axis=1), captions.shape[1])
    start = np.concatenate([[0], np.cumsum(lengths)])
    values = np.empty((int(start[-1]), model.hidden_dim), dtype=np.float16)
    order = np.argsort(-lengths, kind="stable")  # captions of one length run side by side
    for first in range(0, len(order), BATCH):
        rows = order[first : first + BATCH]
        state = start_state(params, model.cell_type, features[rows])
        for t in range(int(lengths[rows[0]])):
            running = int((lengths[rows] > t).sum())  # the longest come first
            rows = rows[:running]
            state = state.of_images(slice(running))
            state, seen = _watched_step(params, state, captions[rows, t])
            values[start[rows] + t] = seen[quantity]
        if progress is not None and not progress(min(1.0, (first + BATCH) / len(order))):
            return None
    caption = np.repeat(np.arange(len(captions)), lengths)
    timestep = np.arange(len(caption)) - start[caption]
    return CorpusStates(quantity, values, caption, timestep, captions[caption, timestep])
