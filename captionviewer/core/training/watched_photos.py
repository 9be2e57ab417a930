"""A few photos that a training run describes now and then, to show what the model says as it learns."""

import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.dataset import CocoDataset, DataError, PhotoRecord
from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.workspace import Interrupt, never
from captionviewer.core.training.due_work import Due, RunSolver
from captionviewer.core.training.events import PhotoKey, WatchedCaptions

WATCH_EVERY = 0.5  # seconds between two looks at the watched photos, at the least


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


class PhotoCaptioner:
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

    def captions(
        self, model: CaptioningRNN, interrupt: Interrupt = never
    ) -> tuple[tuple[PhotoKey, str], ...]:
        """What the model says of each photo, in their order; words for people where one can't be read."""
        said = dict(self._unreadable)
        if self._features:
            rows = model.sample(np.stack(list(self._features.values())), interrupt=interrupt)
            said.update(
                (key, caption_text(row, self._vocabulary))
                for key, row in zip(self._features, rows, strict=True)
            )
        return tuple((key, said[key]) for key in self._keys)


class CaptionWatch:
    """Says now and then what a model in training says of the watched photos (see `BetweenSteps`)."""

    name = "captions of watched photos"
    share = 0.03
    shows_the_model = True

    def __init__(self, dataset: CocoDataset, publish: Callable[[WatchedCaptions], None]) -> None:
        """`publish` takes the captions, in the run's thread."""
        self._dataset = dataset
        self._publish = publish
        self._lock = threading.Lock()
        self._photos: tuple[PhotoRecord, ...] = ()
        self.is_new = True  # whether the photos are others than those last looked at
        self._captioner = PhotoCaptioner(dataset)
        self._next = 0.0

    def watch(self, photos: Sequence[PhotoRecord]) -> None:
        """Replace the photos, from any thread; their captions are due at once."""
        with self._lock:
            self._photos = tuple(photos)
            self.is_new = True

    @property
    def photos(self) -> tuple[PhotoRecord, ...]:
        """The photos that are watched."""
        return self._photos

    def due(self, now: float, iteration: int) -> Due:
        """Now for photos that are new, else every `WATCH_EVERY` seconds at leisure."""
        if self.is_new:
            return Due.NOW
        return Due.AT_LEISURE if now >= self._next else Due.NOT_YET

    def run(self, solver: RunSolver) -> None:
        """Decode the watched photos and publish what was said."""
        with self._lock:
            photos, is_new = self._photos, self.is_new
            self.is_new = False
        if is_new:
            self._captioner = PhotoCaptioner(self._dataset, photos)
        if self._captioner:
            captions = self._captioner.captions(solver.model, solver.interrupt or never)
            self._publish(WatchedCaptions(solver.iteration, captions))
        self._next = time.monotonic() + WATCH_EVERY
