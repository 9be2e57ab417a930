"""The few captions that the notebooks learn by heart, and as many of photos that a model never saw."""

from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.folder_layout import Split
from captionviewer.core.coco.vocabulary import END

HOW_MANY = 50


@dataclass(frozen=True)
class FewCaptions:
    """Captions (n, T) with the features (n, D) of their photos, a photo a caption; and the vocabulary."""

    train_captions: IntArray
    train_features: FloatArray
    val_captions: IntArray
    val_features: FloatArray
    word_to_idx: dict[str, int]

    @classmethod
    def drawn(cls, dataset: CocoDataset, seed: int = 231, count: int = HOW_MANY) -> "FewCaptions":
        """Draw `count` captions of each split.

        Of different photos, unlike the notebook's draw with replacement: a photo with two captions can't
        be learned by heart.

        Raises
        ------
        DataError
            Their features can't be read.
        """
        rng = np.random.default_rng(seed)

        def of(split: Split) -> tuple[IntArray, FloatArray]:
            here = dataset.split(split)
            order = rng.permutation(len(here.captions))
            _, first = np.unique(here.image_idxs[order], return_index=True)
            rows = order[np.sort(first)[:count]]
            return np.asarray(here.captions[rows]), np.asarray(here.features[here.image_idxs[rows]])

        return cls(*of("train"), *of("val"), dict(dataset.vocabulary.word_to_idx))

    def for_solver(self) -> dict[str, object]:
        """The training captions as the solver takes them."""
        return {
            "train_captions": self.train_captions,
            "train_image_idxs": np.arange(len(self.train_captions)),
            "train_features": self.train_features,
            "word_to_idx": self.word_to_idx,
        }

    def given_back(self, written: IntArray) -> int:
        """How many of the training captions are written word for word in `written` (n, T)."""
        end = self.word_to_idx[END]
        pairs = zip(self.train_captions, written, strict=True)
        return sum(until_end(right[1:], end) == until_end(mine, end) for right, mine in pairs)


def until_end(caption: IntArray, end: int) -> list[int]:
    """The ids of a caption (T,) as far as `<END>`, which is among them if it comes."""
    words = [int(word) for word in caption]
    return words[: words.index(end) + 1] if end in words else words
