"""Captions of many photos by any method."""

import math
from collections.abc import Callable

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.vocabulary import NULL
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.greedy import greedy
from captionviewer.core.decoding.sampling import draws, sample
from captionviewer.core.network.blocks import in_blocks
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.inference import word_id

_BLOCK = 512  # photos captioned at a time: products of fewer rows are slower, and captions end


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
    null = word_id(model.word_to_idx, NULL)
    if decoding.method in ("greedy", "sample"):

        def write(here: slice) -> None:
            if numbers is not None:
                captions[here] = sample(model, features[here], decoding, numbers[here])
            else:
                captions[here] = greedy(model, features[here], decoding)

        size = min(_BLOCK, max(1, math.ceil(len(features) / 2)))  # the half for each of two cores
        return captions if in_blocks(len(features), size, write, stop, progress) else None
    if decoding.method not in ("beam", "exact"):  # one that was listed, and has not been written here yet
        raise ValueError(f"Captions of many photos can't be written by the method {decoding.method!r}.")
    from captionviewer.core.decoding.beam_search import BeamSearch  # the launch searches for none
    from captionviewer.core.decoding.exact_search import exact_search

    beam = BeamSearch(model, decoding) if decoding.method == "beam" else None
    for photo, of_photo in enumerate(features):
        if stop():
            return None
        words = (
            beam.last(of_photo).best(decoding.alpha)[0].words
            if beam is not None
            else exact_search(model, of_photo, decoding, stop=stop).words
        )
        captions[photo] = null
        captions[photo, : len(words)] = words
        progress((photo + 1) / len(features))
    return captions
