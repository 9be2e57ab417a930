"""How surprised a model is at the words of a given caption."""

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.vocabulary import NULL
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.inference import WordInputs, log_softmax, next_state, start_state


def surprise(model: CaptioningRNN, features: FloatArray, caption: IntArray) -> FloatArray:
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


def surprise_of(model: CaptioningRNN, features: FloatArray, captions: IntArray) -> FloatArray:
    """The same as `surprise` for K captions (K, T) of one image at once: (K, T - 1)."""
    params = model.checked_params()
    start = model.checked_features(np.asarray(features)[np.newaxis])
    captions = model.checked_captions(captions, len(np.asarray(captions)))
    K = len(captions)
    predicted = captions[:, 1:] != model.word_to_idx[NULL]  # (K, T - 1)
    length = int(np.flatnonzero(predicted.any(axis=0)).max(initial=-1)) + 1  # then there is only <NULL>
    state = start_state(params, model.cell_type, np.repeat(start, K, axis=0))
    inputs = WordInputs(params)
    inputs.of(np.unique(captions[:, :length]))
    states: FloatArray = np.empty((K, length, state.h.shape[1]), dtype=params["Wx"].dtype)
    for t in range(length):
        state = next_state(params, state, captions[:, t], inputs)
        states[:, t] = state.h
    rows, timesteps = np.nonzero(predicted)
    # All at once: beside a busy window each call of NumPy may wait for its turn.
    logits = states[rows, timesteps] @ params["W_vocab"] + params["b_vocab"]
    right = captions[rows, timesteps + 1]
    result = np.full(predicted.shape, np.nan, dtype=states.dtype)
    result[rows, timesteps] = -log_softmax(logits)[np.arange(len(rows)), right]
    return result
