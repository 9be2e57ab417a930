"""Captions of many photos by any method."""

from collections.abc import Callable

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.decoding.beam_search import BeamSearch
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.exact_search import exact_search
from captionviewer.core.decoding.greedy import greedy
from captionviewer.core.decoding.sampling import draws, sample
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.inference import word_id

_BLOCK = 1_024  # photos captioned at a time


def caption_photos(
    model: CaptioningRNN,
    features: FloatArray,
    decoding: Decoding,
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[float], object] = lambda share: None,
) -> IntArray | None:
    """Caption photos as `decoding` says.

    Parameters
    ----------
    model
        the network.
    features
        (N, D).
    decoding
        how.
    stop, progress
        asked and told between blocks of photos, the latter with the share that is done.

    Returns
    -------
    (N, max_length) word ids, int32; only `<NULL>` after `<END>`.  None if stopped.  Errors as
    `write_captions`.
    """
    numbers = (
        draws(decoding.seed, len(features), decoding.max_length) if decoding.method == "sample" else None
    )
    captions = np.empty((len(features), decoding.max_length), np.int32)
    null = word_id(model.word_to_idx, "<NULL>")
    beam = BeamSearch(model, decoding) if decoding.method == "beam" else None
    block = 1 if decoding.method in ("beam", "exact") else _BLOCK
    for first in range(0, len(features), block):
        if stop():
            return None
        here = slice(first, first + block)
        if numbers is not None:
            captions[here] = sample(model, features[here], decoding, numbers[here])
        elif decoding.method == "greedy":
            captions[here] = greedy(model, features[here], decoding)
        else:
            words = (
                beam.last(features[first]).best(decoding.alpha)[0].words
                if beam is not None
                else exact_search(model, features[first], decoding, stop=stop).words
            )
            captions[first] = null
            captions[first, : len(words)] = words
        progress(min(1.0, (first + block) / len(features)))
    return captions
