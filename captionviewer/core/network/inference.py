"""The network run forward only, one timestep for N images at a time: what decoding is made of."""

from collections.abc import Iterator, Mapping

import numpy as np

from captionviewer.core.arrays import BoolArray, FloatArray, IntArray
from captionviewer.core.coco.vocabulary import END, NULL, START
from captionviewer.core.network.cells import CELLS, CellType, DecodingState
from captionviewer.core.network.small_products import few_rows_times
from captionviewer.core.network.unique_words import UniqueWords
from captionviewer.core.network.workspace import Interrupt, never

Params = Mapping[str, FloatArray]

FEW = 8  # words: below this, sorting them costs more than it saves
SOME = 64  # rows worked on after a product at a time, so that their gates or scores stay in the cache


def word_id(word_to_idx: Mapping[str, int], word: str) -> int:
    """The id of a special word.  ValueError if the vocabulary lacks it."""
    if word not in word_to_idx:
        raise ValueError(f"the vocabulary has no {word}, without which no caption can be written")
    return int(word_to_idx[word])


def start_state(params: Params, cell_type: CellType, features: FloatArray) -> DecodingState:
    """The state before the first word, of images with the given features (N, D)."""
    h = features.astype(params["Wx"].dtype, copy=False) @ params["W_proj"] + params["b_proj"]
    return DecodingState(h, np.zeros_like(h) if CELLS[cell_type].has_cell_state else None, cell_type)


class WordInputs:
    """What each word adds to the next state, worked out once for a word that is fed again and again.

    A search or a corpus pass over parameters that nobody changes meanwhile keeps one: most of the words it
    feeds were fed before, and Wx is not read for these.
    """

    def __init__(self, params: Params) -> None:
        self._params = params
        self._known: BoolArray = np.zeros(len(params["W_embed"]), np.bool_)
        self._rows: FloatArray = np.empty((len(self._known), params["Wx"].shape[1]), params["Wx"].dtype)

    def of(self, words: IntArray) -> FloatArray:
        """What the words (N,) add, the bias included: (N, G)."""
        if not self._known[words].all():
            new = words if len(words) == 1 else np.unique(words[~self._known[words]])
            self._rows[new] = self._params["W_embed"][new] @ self._params["Wx"] + self._params["b"]
            self._known[new] = True
        rows: FloatArray = self._rows[words]
        return rows


def advance(
    params: Params, state: DecodingState, words: IntArray, inputs: WordInputs | None = None
) -> tuple[DecodingState, FloatArray]:
    """Feed one word (N,) to each image; the next state, and the logits (N, V)."""
    state = next_state(params, state, words, inputs)
    return state, logits_of(params, state)


def next_state(
    params: Params, state: DecodingState, words: IntArray, inputs: WordInputs | None = None
) -> DecodingState:
    """Feed one word (N,) to each image; the state after it, as one step of the reference layer gives it."""
    a = few_rows_times(state.h, params["Wh"])  # (N, G)
    if inputs is None:
        a += _word_input(params, words)
    h = np.empty((len(a), state.h.shape[1]), a.dtype)
    c = None if state.c is None else np.empty_like(h)
    advance_cell = CELLS[state.cell_type].advance
    for some in some_rows(len(a)):
        if inputs is not None:
            a[some] += inputs.of(words[some])
        advance_cell(
            a[some], None if state.c is None else state.c[some], h[some], None if c is None else c[some]
        )
    return DecodingState(h, c, state.cell_type)


def some_rows(count: int) -> Iterator[slice]:
    """Rows 0 to `count`, not included, `SOME` at a time."""
    return (slice(first, min(first + SOME, count)) for first in range(0, count, SOME))


def recurrent_input(params: Params, state: DecodingState, words: IntArray) -> FloatArray:
    """What goes into the tanh of an RNN (N, H), or into the gates of an LSTM (N, 4H), at one timestep."""
    a = few_rows_times(state.h, params["Wh"])
    a += _word_input(params, words)
    return a


def _word_input(params: Params, words: IntArray) -> FloatArray:
    """What the words (N,) add, the bias included: (N, G); a word fed to many images is multiplied once."""
    inputs: FloatArray
    if len(words) < FEW:
        inputs = params["W_embed"][words] @ params["Wx"]  # (N, G)
        inputs += params["b"]
        return inputs
    unique = UniqueWords(words)
    inputs = params["W_embed"][unique.ids] @ params["Wx"]  # (U, G)
    inputs += params["b"]
    return inputs[unique.inverse]


def logits_of(params: Params, state: DecodingState) -> FloatArray:
    """The score of every word (N, V), from the hidden state."""
    logits = few_rows_times(state.h, params["W_vocab"])
    logits += params["b_vocab"]
    return logits


def log_softmax(logits: FloatArray) -> FloatArray:
    """Ln of the softmax over the last axis, without overflow."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def greedy_captions(
    params: Params,
    cell_type: CellType,
    features: FloatArray,
    word_to_idx: Mapping[str, int],
    max_length: int,
    interrupt: Interrupt = never,
) -> IntArray:
    """Caption many images greedily; images whose caption has ended leave the batch.

    Parameters
    ----------
    params, cell_type
        the network's parameters, all of one dtype, and its cell.
    features
        (N, D).
    word_to_idx
        the vocabulary.
    max_length
        words at most, `<END>` included.
    interrupt
        called before each timestep; what it raises ends the call.

    Returns
    -------
    (N, max_length) word ids, int32; only `<NULL>` after `<END>`.

    Raises
    ------
    ValueError
        no `<START>` or `<END>` in the vocabulary, or max_length below 1.
    """
    start, end = word_id(word_to_idx, START), word_id(word_to_idx, END)
    if max_length < 1:
        raise ValueError(f"max_length is at least 1, not {max_length}")
    state = start_state(params, cell_type, features)
    captions = np.full((len(features), max_length), word_id(word_to_idx, NULL), dtype=np.int32)
    rows = np.arange(len(features))  # the images still being captioned
    words = np.full(len(features), start)
    inputs = WordInputs(params)  # most words come again
    for t in range(max_length):
        interrupt()
        state, logits = advance(params, state, words, inputs)
        words = logits.argmax(axis=1)
        captions[rows, t] = words
        going = words != end
        if not going.all():
            rows, words = rows[going], words[going]
            state = state.of_images(going)
        if len(rows) == 0:
            break
    return captions
