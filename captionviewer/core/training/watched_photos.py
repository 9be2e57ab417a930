"""A few photos that a training run describes now and then, to show what the model says as it learns."""

from collections.abc import Sequence

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.dataset import CocoDataset, DataError, PhotoRecord
from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.training.events import PhotoKey


def photos_to_watch(
    dataset: CocoDataset, caption_rows: IntArray, chosen: Sequence[PhotoRecord], count: int
) -> list[PhotoRecord]:
    """The photos chosen, then the first `count` others that the train captions `caption_rows` belong to."""
    photos = list(chosen)
    keys = {photo.key for photo in photos}
    wanted = len(photos) + count
    owners = dataset.split("train").image_idxs
    for row in caption_rows:
        if len(photos) == wanted:
            break
        key: PhotoKey = ("train", int(owners[row]))
        if key not in keys:
            keys.add(key)
            photos.append(dataset.split(key[0]).record(key[1]))
    return photos


class WatchedPhotos:
    """The features of some photos of a data set, read once, and their greedy captions by any model of it."""

    def __init__(self, dataset: CocoDataset, photos: Sequence[PhotoRecord] = ()) -> None:
        self._vocabulary = dataset.vocabulary
        self._keys: list[PhotoKey] = [photo.key for photo in photos]
        self._features: dict[PhotoKey, FloatArray] = {}
        self._unreadable: dict[PhotoKey, str] = {}
        for photo in photos:
            try:
                self._features[photo.key] = dataset.split(photo.split).features.rows(np.array([photo.row]))[0]
            except DataError as problem:  # it need not be a photo that is trained on: the run goes on
                self._unreadable[photo.key] = f"(its features can't be read: {problem})"

    def __len__(self) -> int:
        return len(self._keys)

    def captions(self, model: CaptioningRNN) -> tuple[tuple[PhotoKey, str], ...]:
        """What the model says of each photo, in their order; words for people where one can't be read."""
        said = dict(self._unreadable)
        if self._features:
            rows = model.sample(np.stack(list(self._features.values())))
            said.update(
                (key, caption_text(row, self._vocabulary))
                for key, row in zip(self._features, rows, strict=True)
            )
        return tuple((key, said[key]) for key in self._keys)
