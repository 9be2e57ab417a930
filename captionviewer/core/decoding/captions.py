"""Writing the captions of many photos at once, by any rule for the next word that goes left to right."""

from collections.abc import Callable

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.vocabulary import END, NULL, START
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.restrictions import Restrictions
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.inference import WordInputs, advance, start_state, word_id

# logits (n, V) without what may not be said, the rows (n,) of the photos, the timestep -> words (n,)
Choose = Callable[[FloatArray, IntArray, int], IntArray]


def write_captions(
    model: CaptioningRNN, features: FloatArray, decoding: Decoding, choose: Choose
) -> IntArray:
    """Caption N photos word by word; photos whose caption has ended leave the batch.

    Parameters
    ----------
    model
        the network.
    features
        (N, D).
    decoding
        what may not be said, and the maximum length.
    choose
        the next word of each photo still being captioned.

    Returns
    -------
    (N, max_length) word ids, int32; only `<NULL>` after `<END>`.

    Raises
    ------
    ValueError
        features of the wrong shape, no `<START>` or `<END>` in the vocabulary, or a forbidden word that
        it lacks.
    """
    params, features = model.checked_params(), model.checked_features(features)
    start, end, null = (word_id(model.word_to_idx, word) for word in (START, END, NULL))
    restrictions, inputs = Restrictions(decoding, model.word_to_idx), WordInputs(params)
    state = start_state(params, model.cell_type, features)
    captions = np.full((len(features), decoding.max_length), null, dtype=np.int32)
    rows = np.arange(len(features))  # the photos still being captioned
    words: IntArray = np.full(len(features), start)
    for t in range(decoding.max_length):
        state, logits = advance(params, state, words, inputs)
        logits = restrictions.block(restrictions.forbid(logits), captions[rows, :t])
        words = choose(logits, rows, t)
        captions[rows, t] = words
        going = words != end
        if not going.all():
            rows, words = rows[going], words[going]
            state = state.of_images(going)
        if len(rows) == 0:
            break
    return captions
