"""What a model says of a photo, and expects next, with other features in the place of the photo's own."""

from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.decoding.surprise import surprise_of
from captionviewer.core.decoding.timestep import Timestep, initial_state, next_timestep
from captionviewer.core.inspection.corpus import SEED, Corpus, draw_corpus
from captionviewer.core.inspection.photo_worth import SOURCES, PhotoSource, features_from, photos_of
from captionviewer.core.network.cells import DecodingState
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.mirrored_bars import words_that_differ


@dataclass(frozen=True)
class PhotosOfVal:
    """The photos of val that stand in for the one that is shown."""

    dataset: CocoDataset
    corpus: Corpus
    average: FloatArray


@dataclass(frozen=True)
class SaidOfPhotos:
    """What a model says, and how surprised it is at the ground truth, with each source of features."""

    sample: CaptionSample
    photos: PhotosOfVal
    other_row: int  # of val, whose features stand for another's
    captions: dict[PhotoSource, str]
    surprises: dict[PhotoSource, FloatArray]  # (K, T - 1)
    next_words: dict[PhotoSource, tuple[FloatArray, ...]]  # (V,) at each timestep of the sample's caption
    moved_words: dict[PhotoSource, tuple[str, ...]]  # those whose probability moves most at any of them


def photos_of_val(dataset: CocoDataset) -> PhotosOfVal:
    """Read the captions of val with their features.  DataError if they can't be read."""
    corpus = draw_corpus(dataset)
    _rows, features, _owners = photos_of(corpus)
    return PhotosOfVal(dataset, corpus, features_from("average", features)[0])


def said_of_photos(sample: CaptionSample, photos: PhotosOfVal) -> SaidOfPhotos:
    """Caption a photo, and read its ground truth, with each source of features."""
    rows, features, _owners = photos_of(photos.corpus)
    others = (
        np.flatnonzero(rows != sample.record.row) if sample.record.split == "val" else np.arange(len(rows))
    )
    if not len(others):
        raise ValueError("Val has no other photo.")
    other = int(np.random.default_rng([SEED, sample.record.row]).choice(others))
    given: dict[PhotoSource, FloatArray] = {
        "true": sample.features,
        "another": features[other],
        "average": photos.average,
        "zero": np.zeros_like(sample.features),
    }
    model = sample.current.model
    said = model.sample(np.stack([given[source] for source in SOURCES]), sample.vocabulary.longest_caption)
    captions = {source: caption_text(said[n], sample.vocabulary) for n, source in enumerate(SOURCES)}
    surprises: dict[PhotoSource, FloatArray] = {
        source: surprise_of(model, given[source], sample.captions)
        if len(sample.captions)
        else np.empty((0, 0))
        for source in SOURCES
    }
    next_words = {source: _next_words(sample, given[source]) for source in SOURCES}
    moved_words = {
        source: tuple(
            one.word
            for true, given_other in zip(next_words["true"], next_words[source], strict=True)
            for one in words_that_differ(true, given_other, sample.vocabulary.idx_to_word)
        )
        for source in SOURCES
    }
    return SaidOfPhotos(sample, photos, int(rows[other]), captions, surprises, next_words, moved_words)


def _next_words(sample: CaptionSample, features: FloatArray) -> tuple[FloatArray, ...]:
    """The distribution (V,) over the next word at each timestep of a caption, with other features."""
    model, at = sample.current.model, initial_state(sample.current.model, features[np.newaxis])
    found: list[FloatArray] = []
    previous: DecodingState | Timestep = at
    for step in sample.timesteps:
        previous = next_timestep(model, previous, step.word)
        found.append(previous.probabilities)
    return tuple(found)
