"""A fingerprint of the captions that a model was trained on, to know them again in an open data set."""

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from captionviewer.core.arrays import IntArray

if TYPE_CHECKING:
    from captionviewer.core.coco.dataset import CocoDataset


def digest_of_captions(dataset: "CocoDataset", caption_rows: IntArray) -> str:
    """SHA-256, in hexadecimal, of some train captions (their ids) and the photos they belong to."""
    train = dataset.split("train")
    digest = hashlib.sha256()
    digest.update(np.ascontiguousarray(train.captions[caption_rows], dtype="<i4").tobytes())
    digest.update(np.ascontiguousarray(train.image_idxs[caption_rows], dtype="<i4").tobytes())
    return digest.hexdigest()
