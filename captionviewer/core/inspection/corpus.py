"""The captions that units are looked up in: those of val, or as many of them as can be read in seconds."""

from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import Vocabulary

MOST_CAPTIONS = 5_000
KNOCK_OUT_PHOTOS = 100
SEED = 231  # that draws them


@dataclass(frozen=True)
class Corpus:
    """N captions of val with the features of their photos.

    Attributes
    ----------
    captions
        (N, T) ids.
    photos
        (N,) the photo row of each.
    features
        (N, D) of that photo.
    is_whole
        whether these are all captions of val.
    """

    captions: IntArray
    photos: IntArray
    features: FloatArray
    is_whole: bool

    def fed(self, vocabulary: Vocabulary) -> IntArray:
        """The captions (N, T) without `<END>`, which is never fed: what comes after it is no state."""
        fed: IntArray = np.where(self.captions == vocabulary.end, vocabulary.null, self.captions)
        return fed


def draw_corpus(dataset: CocoDataset, most: int = MOST_CAPTIONS, seed: int = SEED) -> Corpus:
    """Read the captions of val, or `most` of them drawn by a seed, in the order of the file.

    Raises
    ------
    DataError
        the features can't be read.
    """
    val = dataset.split("val")
    rows = np.arange(val.num_captions)
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(seed).permutation(rows)[:most])
    photos, owners = np.unique(val.image_idxs[rows], return_inverse=True)
    features = val.features.rows(photos)[owners]
    return Corpus(val.captions[rows], photos[owners], features, len(rows) == val.num_captions)


def knock_out_features(dataset: CocoDataset, count: int = KNOCK_OUT_PHOTOS, seed: int = SEED) -> FloatArray:
    """The features (count, D) of some photos of val, drawn by a seed; all where there are fewer.

    Raises
    ------
    DataError
        the features can't be read.
    """
    val = dataset.split("val")
    drawn = np.random.default_rng(seed).permutation(val.num_photos)[:count]
    return val.features.rows(np.sort(drawn))
