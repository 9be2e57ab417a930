"""The photos that scores are made for: what people said of them, and of the nearest training photos."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.folder_layout import Split
from captionviewer.core.coco.nearest_of_each import NONE
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.evaluation.dataset_captions import training_captions
from captionviewer.core.evaluation.sentences import PAD, References, Sentences

MOST_ROUNDS = 5  # captions of a photo that are left out in turn; COCO has five, seldom six or seven


class NothingToScoreError(CaptionviewerError, ValueError):
    """No photo can be scored; `str()` says why, for people."""


@dataclass(frozen=True)
class ScoredPhotos:
    """Some photos of a split, each with two captions at least: one can be left out.

    Attributes
    ----------
    dataset, split
        where they are.
    rows
        (P,) their rows, rising.
    left_out
        how many of the photos asked for have fewer than two captions.
    """

    dataset: CocoDataset
    split: Split
    rows: IntArray
    left_out: int

    @classmethod
    def of(cls, dataset: CocoDataset, split: Split, rows: IntArray | None = None) -> "ScoredPhotos":
        """Those of the rows given (all if None) that can be scored.

        Raises
        ------
        NothingToScoreError
            none has two captions.
        IndexError
            there is no such photo.
        """
        counts = dataset.split(split).captions_per_image
        asked = np.arange(len(counts)) if rows is None else np.unique(rows)
        if len(asked) and not 0 <= int(asked[0]) <= int(asked[-1]) < len(counts):
            raise IndexError(f"{split} has images 0 to {len(counts) - 1:,}")
        kept = asked[counts[asked] >= 2]
        if not len(kept):
            raise NothingToScoreError(
                f"None of the {len(asked):,} photos of {split} has two captions: one to leave out and one"
                " to compare with."
            )
        return cls(dataset, split, kept, len(asked) - len(kept))

    @classmethod
    def drawn(cls, dataset: CocoDataset, split: Split, count: int, seed: int = 0) -> "ScoredPhotos":
        """`count` photos of those that can be scored, drawn by the seed; all where there are no more."""
        every = cls.of(dataset, split)
        if count >= len(every.rows):
            return every
        drawn = np.random.default_rng(seed).permutation(len(every.rows))[:count]
        return cls(dataset, split, np.sort(every.rows[drawn]), 0)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def references(self) -> References:
        """What people said of them."""
        dataset, split = self.dataset, self.split
        return References.of_photos(
            dataset.split(split).captions, dataset.split(split).image_idxs, self.rows, dataset.vocabulary
        )

    @property
    def rounds(self) -> range:
        """The numbers of the references left out in turn."""
        return range(min(MOST_ROUNDS, int(self.references.counts.max())))

    def features(self) -> FloatArray:
        """(P, D) the photos' features; DataError where they can't be read."""
        features: FloatArray = self.dataset.split(self.split).features.rows(self.rows)
        return features

    def captions(self) -> tuple[IntArray, IntArray]:
        """All their captions as they stand in the file, (n, T), and whose each is, (n,) from 0 to P - 1."""
        place = np.full(self.dataset.split(self.split).num_photos, -1)
        place[self.rows] = np.arange(len(self.rows))
        owners = place[self.dataset.split(self.split).image_idxs]
        kept = owners >= 0
        return self.dataset.split(self.split).captions[kept], owners[kept]

    def captions_of_nearest(
        self, stop: Callable[[], bool], progress: Callable[[float], object]
    ) -> Sentences | None:
        """A caption of each photo's nearest training photo: photo i gets the i-th, counted round.

        Empty where the photo's features are all zero, so that none is nearer than another. None if stopped.
        """
        train = self.dataset.split("train")
        counts = train.captions_per_image
        nearest = self.dataset.nearest_photo_of_each(
            self.split, self.rows, "train", counts > 0, stop, progress
        )
        if nearest is None:
            return None
        by_photo = np.argsort(train.image_idxs, kind="stable")
        begins = np.cumsum(counts) - counts
        some = nearest != NONE
        found = np.maximum(nearest, 0)
        rows = by_photo[begins[found] + np.arange(len(found)) % np.maximum(counts[found], 1)]
        chosen = training_captions(self.dataset).sentences[rows]
        words = np.where(some[:, np.newaxis], chosen.words, np.int32(PAD))
        return Sentences(words, np.where(some, chosen.lengths, 0))
