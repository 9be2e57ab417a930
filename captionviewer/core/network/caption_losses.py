"""The loss of many captions under teacher forcing, forward only: no gradients, and nothing kept for them.

Captions of one photo that begin alike go through the same states until they part, so these are run once:
of five captions of a photo a sixth of the positions, and of captions without a photo more than half.
"""

import math
from collections.abc import Callable

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.vocabulary import NULL
from captionviewer.core.network.blocks import in_blocks
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import DecodingState
from captionviewer.core.network.inference import Params, WordInputs, advance, some_rows, start_state

_NUMBERS = 3 << 19  # of gates and scores that are worked on at a time, in the processor's cache


def caption_losses(
    model: CaptioningRNN,
    features: FloatArray,
    captions: IntArray,
    owners: IntArray,
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[float], object] = lambda share: None,
) -> tuple[FloatArray, IntArray] | None:
    """How surprised a model is at whole captions: `position_losses`, added up.

    Returns
    -------
    (N,) float64, in nats; (N,) how many words those are. `<NULL>` is not counted. Everything else as there.
    """
    nats = position_losses(model, features, captions, owners, stop=stop, progress=progress)
    if nats is None:
        return None
    return nats.sum(axis=1), (np.asarray(captions)[:, 1:] != model.word_to_idx[NULL]).sum(axis=1)


def position_losses(
    model: CaptioningRNN,
    features: FloatArray,
    captions: IntArray,
    owners: IntArray,
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[float], object] = lambda share: None,
) -> FloatArray | None:
    """How surprised a model is at each word of captions, under teacher forcing.

    Parameters
    ----------
    model
        the network.
    features
        (P, D) of the photos.
    captions
        (N, T) word ids from `<START>` on, padded with `<NULL>`.
    owners
        (N,) the photo of each, a row of `features`.
    stop, progress
        asked and told between blocks, the latter with the share that is done; once `stop()` is true None is
        returned.

    Returns
    -------
    (N, T - 1) float64, -ln p in nats of the words after the first; 0 where that is `<NULL>`.

    Raises
    ------
    ValueError
        an array of the wrong shape, an id outside the vocabulary, or no such photo.
    """
    params, features = model.checked_params(), model.checked_features(features)
    captions = model.checked_captions(captions, len(owners))
    if len(owners) and not 0 <= int(np.min(owners)) <= int(np.max(owners)) < len(features):
        raise ValueError(f"owners are rows of {len(features)} photos' features, 0 to {len(features) - 1}")
    null, V = model.word_to_idx[NULL], len(model.word_to_idx)
    nats = np.zeros((len(captions), captions.shape[1] - 1))
    in_order = np.lexsort((*captions.T[::-1], owners))  # captions that begin alike beside each other
    inputs = WordInputs(params)
    inputs.of(np.unique(captions))  # beforehand: what comes of a word must not hang on which thread is first

    def lose(here: slice) -> None:
        rows = in_order[here]
        photos, places = np.unique(owners[rows], return_inverse=True)
        state = start_state(params, model.cell_type, features[photos])
        nats[rows] = _block(params, inputs, state, captions[rows], places, null)

    most = max(32, _NUMBERS // (V + params["Wh"].shape[1]))
    blocks = 2 * math.ceil(len(in_order) / (2 * most))  # as many for the one core as for the other
    size = max(32, math.ceil(len(in_order) / max(blocks, 1)))
    return nats if in_blocks(len(in_order), size, lose, stop, progress) else None


def _block(
    params: Params,
    inputs: WordInputs,
    state: DecodingState,
    captions: IntArray,
    groups: IntArray,
    null: int,
) -> FloatArray:
    """The nats (n, T - 1) of captions (n, T); groups (n,) is the row of `state` that each starts from."""
    V = len(params["b_vocab"])
    has_target = captions[:, 1:] != null
    nats = np.zeros(has_target.shape)
    lengths = np.where(has_target, np.arange(1, captions.shape[1]), 0).max(axis=1, initial=0)
    rows = np.arange(len(captions))
    for t in range(int(lengths.max(initial=0))):
        running = lengths[rows] > t
        rows, groups = rows[running], groups[running]
        # Of captions that came the same way and read the same word, one goes on for all.
        ways, first, groups = np.unique(
            groups * V + captions[rows, t], return_index=True, return_inverse=True
        )
        came = ways // V
        state = state.of_images(came)
        state, logits = advance(params, state, captions[rows[first], t], inputs)
        counted = has_target[rows, t]
        right = logits[groups[counted], captions[rows[counted], t + 1]]
        highest, sums = np.empty((2, len(logits)), logits.dtype)
        for some in some_rows(len(logits)):
            scores = logits[some]
            scores.max(axis=1, out=highest[some])
            scores -= highest[some, np.newaxis]
            np.exp(scores, out=scores).sum(axis=1, out=sums[some])
        nats[rows[counted], t] = np.log(sums)[groups[counted]] - (right - highest[groups[counted]])
    return nats
