"""Writing a caption, one timestep at a time.

A timestep is a value: what went in, the probability of every word, the word chosen, and the state the
next timestep starts from. Nothing here changes a model or a timestep, so a caption can be stepped
forwards and back, and continued from any point with another word.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.vocabulary import END, START
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import DecodingState
from captionviewer.core.network.inference import (
    Params,
    WordInputs,
    advance,
    log_softmax,
    start_state,
    word_id,
)


@dataclass(frozen=True)
class Timestep:
    """One timestep in the decoding of one image's caption.

    Attributes
    ----------
    index
        0 for the first word after `<START>`.
    previous_word
        id of the word that went in.
    word
        id of the word chosen.
    probabilities
        (V,) softmax of the logits.
    state
        the state after this timestep, N = 1.
    caption_log_probability
        ln of the probability of all words chosen so far, this one included.
    """

    index: int
    previous_word: int
    word: int
    probabilities: FloatArray
    state: DecodingState
    caption_log_probability: float

    def likeliest(self, k: int = 10) -> list[tuple[int, float]]:
        """The k likeliest words as (id, probability), likeliest first; among equals the lower id."""
        order = np.argsort(-self.probabilities, kind="stable")[:k]
        return [(int(word), float(self.probabilities[word])) for word in order]


def _checked_word(model: CaptioningRNN, word: int) -> int:
    V = len(model.word_to_idx)
    if not 0 <= word < V:
        raise ValueError(f"no word has the id {word}: the vocabulary's are 0 to {V - 1}")
    return int(word)


def initial_state(model: CaptioningRNN, features: FloatArray) -> DecodingState:
    """The state before the first word.

    Parameters
    ----------
    model
        the network.
    features
        (N, D).

    Raises
    ------
    ValueError
        features of the wrong shape.
    """
    return start_state(model.checked_params(), model.cell_type, model.checked_features(features))


def next_timestep(
    model: CaptioningRNN, previous: DecodingState | Timestep, word: int | None = None
) -> Timestep:
    """Decode one timestep.

    Parameters
    ----------
    model
        the network.
    previous
        the state from `initial_state` (N = 1), which is then fed `<START>`, or the timestep
        before, whose chosen word is fed.
    word
        id of the word to choose; None takes the likeliest.

    Returns
    -------
    The new timestep. Neither the model nor `previous` changes.

    Raises
    ------
    ValueError
        the vocabulary has no `<START>`, or `word` is outside it.
    """
    return _next(model, model.checked_params(), None, previous, word)


def _next(
    model: CaptioningRNN,
    params: Params,
    inputs: WordInputs | None,
    previous: DecodingState | Timestep,
    word: int | None,
) -> Timestep:
    if isinstance(previous, Timestep):
        state, fed, index = previous.state, previous.word, previous.index + 1
        log_probability = previous.caption_log_probability
    else:
        state, fed, index, log_probability = previous, word_id(model.word_to_idx, START), 0, 0.0
    state, logits = advance(params, state, np.array([fed]), inputs)
    log_probabilities = log_softmax(logits[0])  # (V,)
    chosen = int(logits[0].argmax()) if word is None else _checked_word(model, word)
    return Timestep(
        index=index,
        previous_word=fed,
        word=chosen,
        probabilities=np.exp(log_probabilities),
        state=state,
        caption_log_probability=log_probability + float(log_probabilities[chosen]),
    )


def said_by(
    model: CaptioningRNN, features: FloatArray, words: Sequence[int], before: Sequence[Timestep] = ()
) -> tuple[Timestep, ...]:
    """A model's timesteps while it is made to say a given caption.

    Parameters
    ----------
    model
        the network.
    features
        (D,) of the photo.
    words
        ids of all the words after `<START>`.
    before
        timesteps of this model and photo that said the first of these words: they are kept as they are.

    Raises
    ------
    ValueError
        features of the wrong shape, or a word outside the vocabulary.
    """
    previous = initial_state(model, np.asarray(features)[np.newaxis])
    steps = tuple(before)
    for word in words[len(steps) :]:
        steps = (*steps, next_timestep(model, steps[-1] if steps else previous, word))
    return steps


def greedy_timesteps(model: CaptioningRNN, features: FloatArray, max_length: int = 30) -> list[Timestep]:
    """Caption one image greedily, keeping every timestep.

    Parameters
    ----------
    model
        the network.
    features
        (D,) of the image.
    max_length
        timesteps at most.

    Returns
    -------
    The timesteps, up to and including the one that chose `<END>`, or `max_length` of them.

    Raises
    ------
    ValueError
        no `<START>` or `<END>` in the vocabulary, wrong features, or max_length below 1.
    """
    end = word_id(model.word_to_idx, END)
    if max_length < 1:
        raise ValueError(f"max_length is at least 1, not {max_length}")
    params = model.checked_params()
    features = model.checked_features(np.asarray(features)[np.newaxis])
    previous: DecodingState | Timestep = start_state(params, model.cell_type, features)
    timesteps: list[Timestep] = []
    inputs = WordInputs(params)
    while len(timesteps) < max_length:
        previous = _next(model, params, inputs, previous, None)
        timesteps.append(previous)
        if previous.word == end:
            break
    return timesteps
