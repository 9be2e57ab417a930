"""What a model's captions are held against: other sources of captions for the same photos.

Each answers a question that a number alone leaves open. Is it more than remembering (the caption of the
nearest training photo)? More than talking (the model with the photo taken away, the commonest caption)? As
good as people, by this measure (one person's caption against the others')?
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.decoding.caption_photos import caption_photos
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.evaluation.dataset_captions import training_captions
from captionviewer.core.evaluation.scored_photos import ScoredPhotos
from captionviewer.core.evaluation.sentences import Sentences
from captionviewer.core.evaluation.weighted_progress import WeightedProgress
from captionviewer.core.network.caption_losses import caption_losses
from captionviewer.core.network.captioning_rnn import CaptioningRNN

RowName = Literal["model", "nearest", "human", "commonest", "blind"]

TITLES: dict[RowName, str] = {
    "model": "this model",
    "nearest": "the nearest training photo's caption",
    "human": "one human",
    "commonest": "the commonest training caption",
    "blind": "this model, the photo taken away",
}
EXPLANATIONS: dict[RowName, str] = {
    "model": "What the model says of each photo.",
    "nearest": "One caption of the training photo whose features are most alike (cosine): what remembering"
    " alone reaches.",
    "human": "One of the photo's own captions against the others, each in turn: how much people agree.",
    "commonest": "The caption that most training photos have, for every photo: what saying the same of all"
    " reaches.",
    "blind": "The model with features of zero, so that only its habits speak. That is not what the photo is"
    " worth: a model trained without photos knows better how to do without.",
}
# Roughly how long each takes beside the others; what a user is told meanwhile.
WRITING, READING = "The model captions the photos", "The model reads people's captions"
NEAREST, BLIND = "Looking for the nearest training photos", "The model reads without photos"
STEPS: dict[RowName, dict[str, float]] = {
    "model": {WRITING: 2, READING: 7},
    "nearest": {NEAREST: 4},
    "human": {},
    "commonest": {},
    "blind": {BLIND: 6},
}


@dataclass(frozen=True)
class RowCaptions:
    """What one source says of P photos.

    Attributes
    ----------
    captions
        (P,) each, the same for every round of left-out references, or for each round its own.
    nats, targets
        (P,) a model's surprise at people's captions, added up, and at how many words; None where there is
        no model.
    """

    captions: tuple[Sentences, ...]
    nats: FloatArray | None = None
    targets: IntArray | None = None


def by_model(
    model: CaptioningRNN,
    photos: ScoredPhotos,
    decoding: Decoding,
    steps: WeightedProgress,
    stop: Callable[[], bool],
) -> RowCaptions | None:
    """The model's own captions, and its surprise at people's; None if stopped."""
    features = photos.features()
    written = caption_photos(model, features, decoding, stop=stop, progress=steps.begin(WRITING))
    if written is None:
        return None
    captions, owners = photos.captions()
    losses = caption_losses(
        model, features, captions, owners, stop=stop, progress=steps.begin(READING)
    )  # fmt: skip
    return None if losses is None else _said(photos, written, owners, *losses)


def by_blind_model(
    model: CaptioningRNN,
    photos: ScoredPhotos,
    decoding: Decoding,
    steps: WeightedProgress,
    stop: Callable[[], bool],
) -> RowCaptions | None:
    """The same with features of zero; None if stopped."""
    progress = steps.begin(BLIND)
    nothing = np.zeros((1, model.input_dim), np.float32)
    # To a blind model all photos are one. Drawn by chance, its captions differ all the same.
    times = 1 if decoding.repeatable else len(photos)
    written = caption_photos(model, np.repeat(nothing, times, axis=0), decoding, stop=stop)
    if written is None:
        return None
    captions, owners = photos.captions()
    losses = caption_losses(model, nothing, captions, np.zeros_like(owners), stop=stop, progress=progress)
    if losses is None:
        return None
    return _said(photos, np.broadcast_to(written, (len(photos), written.shape[1])), owners, *losses)


def _said(
    photos: ScoredPhotos, written: IntArray, owners: IntArray, nats: FloatArray, targets: IntArray
) -> RowCaptions:
    P = len(photos)
    return RowCaptions(
        (Sentences.of_captions(written, photos.dataset.vocabulary),),
        np.bincount(owners, nats, minlength=P).astype(np.float64),
        np.bincount(owners, targets, minlength=P).astype(np.int64),
    )


def by_humans(photos: ScoredPhotos) -> RowCaptions:
    """In each round the caption that is left out of the references."""
    references = photos.references
    return RowCaptions(tuple(references.sentences[references.row(number)] for number in photos.rounds))


def by_nearest_photo(
    photos: ScoredPhotos, steps: WeightedProgress, stop: Callable[[], bool]
) -> RowCaptions | None:
    """A caption of the training photo most alike; None if stopped."""
    found = photos.captions_of_nearest(stop, steps.begin(NEAREST))
    return None if found is None else RowCaptions((found,))


def by_habit(photos: ScoredPhotos) -> RowCaptions:
    """The commonest training caption for every photo."""
    return RowCaptions((training_captions(photos.dataset).commonest[np.zeros(len(photos), np.int64)],))
