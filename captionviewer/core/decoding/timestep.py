"""Writing a caption, one timestep at a time.

A timestep is a value: what went in, the probability of every word, the word chosen, and the state the
next timestep starts from. Nothing here changes a model or a timestep, so a caption can be stepped
forwards and back, and continued from any point with another word.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.network.fast_step import DifferentWords, activated

if TYPE_CHECKING:
    from captionviewer.core.network.captioning_rnn import CaptioningRNN

Params = dict[str, FloatArray]

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


def _word_id(model: "CaptioningRNN", word: str) -> int:
    if word not in model.word_to_idx:
        raise ValueError(f"the vocabulary has no {word}, without which no caption can be written")
    return int(model.word_to_idx[word])


def _checked_word(model: "CaptioningRNN", word: int) -> int:
    V = len(model.word_to_idx)
    if not 0 <= word < V:
        raise ValueError(f"no word has the id {word}: the vocabulary's are 0 to {V - 1}")
    return int(word)


def _start(params: Params, lstm: bool, features: FloatArray) -> DecodingState:
    h = features.astype(params["Wx"].dtype, copy=False) @ params["W_proj"] + params["b_proj"]
    return DecodingState(h, np.zeros_like(h) if lstm else None)


def _advance(params: Params, state: DecodingState, words: IntArray) -> tuple[DecodingState, FloatArray]:
    """Feed one word (N,) to each image; the next state, and the logits (N, V).

    The same as `rnn_step_forward` or `lstm_step_forward` and an affine layer, but that a word fed to many
    images is multiplied by Wx once.
    """
    a = state.h @ params["Wh"]  # (N, H) or (N, 4H)
    if len(words) < FEW:
        a += params["W_embed"][words] @ params["Wx"]
        a += params["b"]
    else:
        different = DifferentWords(words)
        inputs = params["W_embed"][different.ids] @ params["Wx"]  # (U, H) or (U, 4H)
        inputs += params["b"]
        a += inputs[different.place]
    if state.c is None:
        h, c = np.tanh(a, out=a), None
    else:
        i, f, o, g = activated(a)  # (N, H) each
        c = f * state.c
        c += i * g
        h = np.tanh(c)
        h *= o
    logits = h @ params["W_vocab"]
    logits += params["b_vocab"]
    return DecodingState(h, c), logits


def _log_softmax(logits: FloatArray) -> FloatArray:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def initial_state(model: "CaptioningRNN", features: FloatArray) -> DecodingState:
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
    return _start(model.checked_params(), model.cell_type == "lstm", model.checked_features(features))


def next_timestep(
    model: "CaptioningRNN", previous: DecodingState | Timestep, word: int | None = None
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
    return _next(model, model.checked_params(), previous, word)


def _next(
    model: "CaptioningRNN", params: Params, previous: DecodingState | Timestep, word: int | None
) -> Timestep:
    if isinstance(previous, Timestep):
        state, fed, index = previous.state, previous.word, previous.index + 1
        log_probability = previous.caption_log_probability
    else:
        state, fed, index, log_probability = previous, _word_id(model, "<START>"), 0, 0.0
    state, logits = _advance(params, state, np.array([fed]))
    log_probabilities = _log_softmax(logits[0])  # (V,)
    chosen = int(logits[0].argmax()) if word is None else _checked_word(model, word)
    return Timestep(
        index=index,
        previous_word=fed,
        word=chosen,
        probabilities=np.exp(log_probabilities),
        state=state,
        caption_log_probability=log_probability + float(log_probabilities[chosen]),
    )


def greedy_timesteps(model: "CaptioningRNN", features: FloatArray, max_length: int = 30) -> list[Timestep]:
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
    end = _word_id(model, "<END>")
    if max_length < 1:
        raise ValueError(f"max_length is at least 1, not {max_length}")
    params = model.checked_params()
    features = model.checked_features(np.asarray(features)[np.newaxis])
    previous: DecodingState | Timestep = _start(params, model.cell_type == "lstm", features)
    timesteps: list[Timestep] = []
    while len(timesteps) < max_length:
        previous = _next(model, params, previous, None)
        timesteps.append(previous)
        if previous.word == end:
            break
    return timesteps


def greedy_captions(model: "CaptioningRNN", features: FloatArray, max_length: int = 30) -> IntArray:
    """Caption many images greedily; images whose caption has ended leave the batch.

    Parameters
    ----------
    model
        the network.
    features
        (N, D).
    max_length
        words at most, `<END>` included.

    Returns
    -------
    (N, max_length) word ids, int32; only `<NULL>` after `<END>`.

    Raises
    ------
    ValueError
        no `<START>` or `<END>` in the vocabulary, wrong features, or max_length below 1.
    """
    start, end = _word_id(model, "<START>"), _word_id(model, "<END>")
    if max_length < 1:
        raise ValueError(f"max_length is at least 1, not {max_length}")
    params = model.checked_params()
    features = model.checked_features(features)
    state = _start(params, model.cell_type == "lstm", features)
    captions = np.full((len(features), max_length), _word_id(model, "<NULL>"), dtype=np.int32)
    rows = np.arange(len(features))  # the images still being captioned
    words = np.full(len(features), start)
    for t in range(max_length):
        state, logits = _advance(params, state, words)
        words = logits.argmax(axis=1)
        captions[rows, t] = words
        going = words != end
        if not going.all():
            rows, words = rows[going], words[going]
            state = DecodingState(state.h[going], None if state.c is None else state.c[going])
        if len(rows) == 0:
            break
    return captions


def surprise(model: "CaptioningRNN", features: FloatArray, caption: IntArray) -> FloatArray:
    """How surprised the model is at each word of a given caption, under teacher forcing.

    Parameters
    ----------
    model
        the network.
    features
        (D,) of the image.
    caption
        (T,) word ids, from `<START>` on.

    Returns
    -------
    (T - 1,) the surprise -ln p(word) in nats at caption[1:]; NaN where that word is `<NULL>`.

    Raises
    ------
    ValueError
        features or caption of the wrong shape, or ids outside the vocabulary.
    """
    result: FloatArray = surprise_of(model, features, np.asarray(caption)[np.newaxis])[0]
    return result


def surprise_of(model: "CaptioningRNN", features: FloatArray, captions: IntArray) -> FloatArray:
    """The same as `surprise` for K captions (K, T) of one image at once: (K, T - 1)."""
    params = model.checked_params()
    start = model.checked_features(np.asarray(features)[np.newaxis])
    captions = model.checked_captions(captions, len(np.asarray(captions)))
    K, T = captions.shape
    state = _start(params, model.cell_type == "lstm", np.repeat(start, K, axis=0))
    result = np.full((K, T - 1), np.nan, dtype=params["Wx"].dtype)
    null = model.word_to_idx["<NULL>"]
    for t in range(T - 1):
        state, logits = _advance(params, state, captions[:, t])
        right = captions[:, t + 1]
        shown = right != null
        result[shown, t] = -_log_softmax(logits)[np.arange(K), right][shown]
    return result
