"""How surprised a model is at the words of a given caption."""

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.vocabulary import NULL
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.inference import advance, log_softmax, start_state


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
    K, T = captions.shape
    state = start_state(params, model.cell_type, np.repeat(start, K, axis=0))
    result = np.full((K, T - 1), np.nan, dtype=params["Wx"].dtype)
    null = model.word_to_idx[NULL]
    for t in range(T - 1):
        state, logits = advance(params, state, captions[:, t])
        right = captions[:, t + 1]
        shown = right != null
        result[shown, t] = -log_softmax(logits)[np.arange(K), right][shown]
    return result
