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
from captionviewer.core.training.callbacks import Due, RunSolver
from captionviewer.core.training.caption_stops import CaptionStops, RecordedCaptions
from captionviewer.core.training.events import PhotoKey, WatchedCaptions

WATCH_EVERY = 0.5  # seconds between two looks at the watched photos, at the least
OLDEST_S = 2.0  # what is shown is never older than this, or than `OLDEST_SHARE` of the run's steps
OLDEST_SHARE = 1 / 20
NUM_WATCHED = 3  # photos trained on that are watched, besides the one that a user chose
LEAST_OF_VAL = 2  # photos of val among those watched


def photos_to_watch(
    dataset: CocoDataset, caption_rows: IntArray, chosen: Sequence[PhotoRecord], count: int
) -> list[PhotoRecord]:
    """The photos chosen, then the first `count` others that the train captions `caption_rows` belong to.

    With them as many of val as make `LEAST_OF_VAL`: what is learned by heart looks like what is understood.
    """
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
    if not count:  # only those chosen are wanted
        return photos
    val = dataset.split("val")
    for row in range(val.num_photos):
        if sum(photo.split == "val" for photo in photos) >= LEAST_OF_VAL:
            break
        if ("val", row) not in keys:
            photos.append(val.record(row))
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
        return self.in_words(self.ids(model, interrupt))

    def ids(self, model: CaptioningRNN, interrupt: Interrupt = never) -> IntArray:
        """The same as word ids, (P, T): only padding where a photo can't be read."""
        longest = self._vocabulary.longest_caption
        ids: IntArray = np.full((len(self._keys), longest), self._vocabulary.null, dtype=np.int32)
        if self._features:
            rows = model.sample(np.stack(list(self._features.values())), longest, interrupt=interrupt)
            ids[[self._keys.index(key) for key in self._features]] = rows
        return ids

    def in_words(self, ids: IntArray) -> tuple[tuple[PhotoKey, str], ...]:
        """Captions (P, T) of the photos as people read them."""
        return tuple(
            (key, self._unreadable.get(key) or caption_text(row, self._vocabulary))
            for key, row in zip(self._keys, ids, strict=True)
        )


class CaptionWatch:
    """Says now and then what a model in training says of the watched photos (see `Callback`)."""

    name = "captions of watched photos"
    share = 0.01
    shows_the_model = True

    def __init__(
        self,
        dataset: CocoDataset,
        publish: Callable[[WatchedCaptions], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`publish` takes the captions, in the run's thread; `clock` gives seconds that only grow."""
        self._clock = clock
        self._dataset = dataset
        self._publish = publish
        self._lock = threading.Lock()
        self._photos: tuple[PhotoRecord, ...] = ()
        self.is_new = True  # whether the photos are others than those last looked at
        self._captioner = PhotoCaptioner(dataset)
        self._next = 0.0
        self._stops: CaptionStops | None = None
        self._looked_at = (float("-inf"), -1)  # when, and at which iteration
        self._num_iterations = 0

    def watch(self, photos: Sequence[PhotoRecord]) -> None:
        """Replace the photos, from any thread; their captions are due at once."""
        with self._lock:
            self._photos = tuple(photos)
            self.is_new = True

    def go_on_from(self, stops: RecordedCaptions | None) -> None:
        """Know what was said in a run that is continued."""
        if stops is not None:
            self._stops = CaptionStops.resumed(stops, self._dataset.vocabulary.longest_caption)

    @property
    def photos(self) -> tuple[PhotoRecord, ...]:
        """The photos that are watched."""
        return self._photos

    def is_behind(self, iteration: int) -> bool:
        """Whether what was said last is of another iteration, or of other photos."""
        return bool(self._photos) and (self.is_new or self._looked_at[1] != iteration)

    def due(self, now: float, iteration: int) -> Due:
        """Now for photos that are new or captions that are old; at leisure by the clock, and at stops."""
        when, at = self._looked_at
        if self.is_new:
            return Due.NOW
        if not self._photos or at == iteration:
            return Due.NOT_YET
        if now - when > OLDEST_S or iteration - at > OLDEST_SHARE * self._num_iterations > 0:
            return Due.NOW
        stop_due = self._stops is not None and self._stops.is_due(iteration, now)
        return Due.AT_LEISURE if now >= self._next or stop_due else Due.NOT_YET

    def stops(self) -> RecordedCaptions | None:
        """What was said of the watched photos so far; None before the first look."""
        stops = self._stops
        return stops.recorded() if stops is not None else None

    def run(self, solver: RunSolver) -> None:
        """Decode the watched photos and publish what was said."""
        with self._lock:
            photos, is_new = self._photos, self.is_new
            self.is_new = False
        if is_new:
            self._captioner = PhotoCaptioner(self._dataset, photos)
            keys = [photo.key for photo in photos]
            self._stops = (
                CaptionStops(keys, self._dataset.vocabulary.longest_caption, self._dataset.vocabulary.null)
                if self._stops is None
                else self._stops.with_photos(keys)
            )
        now = self._clock()
        if self._captioner and self._stops is not None:
            ids = self._captioner.ids(solver.model, solver.interrupt or never)
            self._stops.add(solver.iteration, now, ids)
            self._publish(WatchedCaptions(solver.iteration, self._captioner.in_words(ids)))
        self._looked_at = (now, solver.iteration)
        self._num_iterations = solver.num_iterations
        self._next = self._clock() + WATCH_EVERY
