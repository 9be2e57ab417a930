"""The network run forward only, one timestep for N images at a time: what decoding is made of."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.network.fast_step import DifferentWords, activated

Params = Mapping[str, FloatArray]

FEW = 8  # words: below this, sorting them costs more than it saves


@dataclass(frozen=True)
class DecodingState:
    """What a network carries from one timestep to the next, for N images.

    Attributes
    ----------
    h
        (N, H) the hidden state.
    c
        (N, H) the cell state of an LSTM, None for a vanilla RNN.
    """

    h: FloatArray
    c: FloatArray | None


def word_id(word_to_idx: Mapping[str, int], word: str) -> int:
    """The id of a special word.  ValueError if the vocabulary lacks it."""
    if word not in word_to_idx:
        raise ValueError(f"the vocabulary has no {word}, without which no caption can be written")
    return int(word_to_idx[word])


def start_state(params: Params, lstm: bool, features: FloatArray) -> DecodingState:
    """The state before the first word, of images with the given features (N, D)."""
    h = features.astype(params["Wx"].dtype, copy=False) @ params["W_proj"] + params["b_proj"]
    return DecodingState(h, np.zeros_like(h) if lstm else None)


def advance(params: Params, state: DecodingState, words: IntArray) -> tuple[DecodingState, FloatArray]:
    """Feed one word (N,) to each image; the next state, and the logits (N, V)."""
    state = next_state(params, state, words)
    return state, logits_of(params, state)


def next_state(params: Params, state: DecodingState, words: IntArray) -> DecodingState:
    """Feed one word (N,) to each image; the state after it.

    The same as `rnn_step_forward` or `lstm_step_forward`, but that a word fed to many images is multiplied
    by Wx once.
    """
    a = recurrent_input(params, state, words)
    if state.c is None:
        return DecodingState(np.tanh(a, out=a), None)
    i, f, o, g = activated(a)  # (N, H) each
    c = f * state.c
    c += i * g
    h = np.tanh(c)
    h *= o
    return DecodingState(h, c)


def recurrent_input(params: Params, state: DecodingState, words: IntArray) -> FloatArray:
    """What goes into the tanh of an RNN (N, H), or into the gates of an LSTM (N, 4H), at one timestep."""
    a: FloatArray = state.h @ params["Wh"]
    if len(words) < FEW:
        a += params["W_embed"][words] @ params["Wx"]
        a += params["b"]
    else:
        different = DifferentWords(words)
        inputs = params["W_embed"][different.ids] @ params["Wx"]  # (U, H) or (U, 4H)
        inputs += params["b"]
        a += inputs[different.place]
    return a


def logits_of(params: Params, state: DecodingState) -> FloatArray:
    """The score of every word (N, V), from the hidden state."""
    logits: FloatArray = state.h @ params["W_vocab"]
    logits += params["b_vocab"]
    return logits


def log_softmax(logits: FloatArray) -> FloatArray:
    """Ln of the softmax over the last axis, without overflow."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def greedy_captions(
    params: Params, lstm: bool, features: FloatArray, word_to_idx: Mapping[str, int], max_length: int
) -> IntArray:
    """Caption many images greedily; images whose caption has ended leave the batch.

    Parameters
    ----------
    params, lstm
        the network's parameters, all of one dtype, and whether its cell is an LSTM.
    features
        (N, D).
    word_to_idx
        the vocabulary.
    max_length
        words at most, `<END>` included.

    Returns
    -------
    (N, max_length) word ids, int32; only `<NULL>` after `<END>`.

    Raises
    ------
    ValueError
        no `<START>` or `<END>` in the vocabulary, or max_length below 1.
    """
    start, end = word_id(word_to_idx, "<START>"), word_id(word_to_idx, "<END>")
    if max_length < 1:
        raise ValueError(f"max_length is at least 1, not {max_length}")
    state = start_state(params, lstm, features)
    captions = np.full((len(features), max_length), word_id(word_to_idx, "<NULL>"), dtype=np.int32)
    rows = np.arange(len(features))  # the images still being captioned
    words = np.full(len(features), start)
    for t in range(max_length):
        state, logits = advance(params, state, words)
        words = logits.argmax(axis=1)
        captions[rows, t] = words
        going = words != end
        if not going.all():
            rows, words = rows[going], words[going]
            state = DecodingState(state.h[going], None if state.c is None else state.c[going])
        if len(rows) == 0:
            break
    return captions
