"""Why a word was chosen: what each earlier word, and the photo, gave to its logit.

Gradient times input (Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks", 2013; Shrikumar
et al., 2016), where an input is the difference to its mean: of the photo's projection, and of a word's
vector. A gradient is a straight line laid on a curve, so beside each estimate stands the real change when
the input is replaced by that mean.
"""

from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import CELLS


@dataclass(frozen=True)
class Contributions:
    """What the inputs gave to the logit of one word; positive speaks for it.

    Attributes
    ----------
    photo, photo_real
        the estimate for the photo, and by how much the logit falls when the average photo takes its place.
    words, words_real
        (T,) the same for each word fed, `<START>` first, and the mean word vector.
    """

    photo: float
    photo_real: float
    words: FloatArray
    words_real: FloatArray


def contributions(
    model: CaptioningRNN, features: FloatArray, mean_features: FloatArray, fed: IntArray, word: int
) -> Contributions:
    """What the photo and the words fed so far gave to the logit of a word.

    Parameters
    ----------
    model
        the network.
    features, mean_features
        (D,) of the photo, and their mean over the photos.
    fed
        (T,) the ids fed, `<START>` first, T >= 1.
    word
        id of the word whose logit after these is explained.

    Raises
    ------
    ValueError
        features or words of the wrong shape, or ids outside the vocabulary.
    """
    params = {name: value.astype(np.float64) for name, value in model.checked_params().items()}
    both = model.checked_features(np.stack([features, mean_features])).astype(np.float64)
    fed = model.checked_captions(np.asarray(fed)[np.newaxis], 1)[0]
    if not 0 <= word < len(model.word_to_idx):
        raise ValueError(f"no word has the id {word}: the vocabulary's are 0 to {len(model.word_to_idx) - 1}")
    cell = CELLS[model.cell_type]
    recurrent = (params["Wx"], params["Wh"], params["b"])
    h0, mean_h0 = both @ params["W_proj"] + params["b_proj"]  # (H,) each
    x, mean_x = params["W_embed"][fed], params["W_embed"].mean(axis=0)  # (T, W) and (W,)
    T = len(fed)

    h, cache = cell.forward(x[np.newaxis], h0[np.newaxis], *recurrent)
    dh = np.zeros_like(h)
    dh[0, -1] = params["W_vocab"][:, word]
    dx, dh0, *_ = cell.backward(dh, cache)

    # Row 0 has the average photo, row t + 1 the mean vector in place of word t.
    changed_x = np.repeat(x[np.newaxis], T + 1, axis=0)
    changed_x[np.arange(1, T + 1), np.arange(T)] = mean_x
    changed_h0 = np.repeat(h0[np.newaxis], T + 1, axis=0)
    changed_h0[0] = mean_h0
    changed, _ = cell.forward(changed_x, changed_h0, *recurrent)
    falls = (h[0, -1] - changed[:, -1]) @ params["W_vocab"][:, word]  # (T + 1,)
    return Contributions(
        photo=float(dh0[0] @ (h0 - mean_h0)),
        photo_real=float(falls[0]),
        words=np.einsum("td,td->t", dx[0], x - mean_x),
        words_real=falls[1:],
    )
