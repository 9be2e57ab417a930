"""What was said of the watched photos as the model learned: captions at stops over the run, not models.

Stops lie close together at first, where everything changes, and farther apart later: iterations 0, 1, 2, 4,
8 … and besides, one each half second of training. When the record is full every second stop goes and the
half second doubles, so that stops are thinned evenly; the first (untrained) and the newest always stay.
TensorBoard keeps ten such steps, drawn at random, and may lose the first; 300 cost less than a photo.
"""

import difflib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from captionviewer.core.arrays import IntArray
from captionviewer.core.training.events import PhotoKey

MOST_PHOTOS = 24
MOST_STOPS = 300
FIRST_INTERVAL_S = 0.5


@dataclass(frozen=True)
class RecordedCaptions:
    """A record at rest: S stops, P photos, captions of at most L words.

    Attributes
    ----------
    photos
        split and row of each photo, P of them.
    iterations
        (S,) the iteration that each stop is of, rising; 0 is the untrained model.
    captions
        (S, P, L) word ids, padded with `null`.
    null
        the id that pads.
    """

    photos: tuple[PhotoKey, ...]
    iterations: IntArray
    captions: IntArray
    null: int
    _settled: dict[int, list[int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.iterations)

    def stop_at(self, iteration: float) -> int:
        """The index of the newest stop that is not after `iteration`; 0 where all are."""
        return max(0, int(np.searchsorted(self.iterations, iteration, side="right")) - 1)

    def words(self, stop: int, photo: int) -> list[int]:
        """The ids that were said of a photo at a stop, without padding."""
        row = self.captions[stop, photo]
        return [int(word) for word in row[row != self.null]]

    def changed(self, stop: int, photo: int) -> list[bool]:
        """For each word said at a stop, whether it is new against the stop before; False at the first."""
        words = self.words(stop, photo)
        if stop == 0:
            return [False] * len(words)
        before = self.words(stop - 1, photo)
        if before == words:
            return [False] * len(words)
        new = [True] * len(words)
        matcher = difflib.SequenceMatcher(None, before, words, autojunk=False)
        for block in matcher.get_matching_blocks():
            new[block.b : block.b + block.size] = [False] * block.size
        return new

    def settled(self, photo: int) -> list[int]:
        """For each word of the last caption, the index of the stop since which it has always been said.

        The second "a" of a caption counts as said where a caption has two of them.
        """
        if photo not in self._settled:  # asked for again at each move of a drag
            said, last = self.captions[:, photo], self.words(len(self) - 1, photo)
            since: list[int] = []
            for place, word in enumerate(last):
                occurrence = last[:place].count(word) + 1
                lacking = np.flatnonzero((said == word).sum(axis=1) < occurrence)
                since.append(int(lacking[-1]) + 1 if len(lacking) else 0)
            self._settled[photo] = since
        return self._settled[photo]


class CaptionStops:
    """Records captions while a run goes on; one thread adds, others read."""

    def __init__(self, photos: Sequence[PhotoKey], length: int, null: int) -> None:
        """Begin an empty record.

        Parameters
        ----------
        photos
            whose captions are kept, `MOST_PHOTOS` at most; more are left out.
        length
            L, words kept of a caption.
        null
            the id that pads captions.
        """
        self.photos: tuple[PhotoKey, ...] = tuple(photos)[:MOST_PHOTOS]
        self._null = null
        self._length = length
        self._lock = threading.Lock()
        self._iterations: list[int] = []
        self._captions: list[IntArray] = []
        self._recorded: RecordedCaptions | None = None  # as it is now, if anyone asked
        self._newest_is_extra = False  # the newest stop stands outside the even spacing
        self._interval = FIRST_INTERVAL_S
        self._next_time = 0.0
        self._next_iteration = 0

    @classmethod
    def resumed(cls, record: RecordedCaptions, length: int) -> "CaptionStops":
        """A record that goes on where another ended; captions are kept to `length` words."""
        stops = cls(record.photos, length, record.null)
        for iteration, captions in zip(record.iterations, record.captions, strict=True):
            stops.add(int(iteration), 0.0, captions)
            stops._newest_is_extra = False
        return stops

    def with_photos(self, photos: Sequence[PhotoKey]) -> "CaptionStops":
        """The record for other photos: those kept keep what was said of them, of others nothing was."""
        twin = CaptionStops(photos, self._length, self._null)
        before = {key: place for place, key in enumerate(self.photos)}
        with self._lock:
            for iteration, captions in zip(self._iterations, self._captions, strict=True):
                rows = np.full((len(twin.photos), self._length), self._null, dtype=np.int32)
                for place, key in enumerate(twin.photos):
                    if key in before:
                        rows[place] = captions[before[key]]
                twin._iterations.append(iteration)
                twin._captions.append(rows)
            twin._newest_is_extra = self._newest_is_extra
            twin._interval, twin._next_time = self._interval, self._next_time
            twin._next_iteration = self._next_iteration
        return twin

    def is_due(self, iteration: int, now: float) -> bool:
        """Whether a stop belongs here: `now` is the run's clock in seconds, pauses left out."""
        return iteration >= self._next_iteration or now >= self._next_time

    def add(self, iteration: int, now: float, captions: IntArray) -> None:
        """Add a stop; one that was not due gives way to the next, so that the newest is always there.

        Parameters
        ----------
        iteration
            that the captions are of; one that is there already is replaced.
        now
            the run's clock in seconds.
        captions
            (P, T) word ids.
        """
        kept = np.full((len(self.photos), self._length), self._null, dtype=np.int32)
        width = min(self._length, captions.shape[1])
        kept[:, :width] = captions[: len(self.photos), :width]
        with self._lock:
            self._recorded = None
            due = self.is_due(iteration, now)
            if self._iterations and (self._newest_is_extra or self._iterations[-1] == iteration):
                self._iterations.pop()
                self._captions.pop()
            self._iterations.append(iteration)
            self._captions.append(kept)
            self._newest_is_extra = not due
            if due:
                self._next_iteration = 1 << max(iteration, 0).bit_length() if iteration else 1
                self._next_time = now + self._interval
            if len(self._iterations) > MOST_STOPS:
                newest = (self._iterations[-1], self._captions[-1])
                self._iterations = self._iterations[::2]
                self._captions = self._captions[::2]
                if self._iterations[-1] != newest[0]:
                    self._iterations.append(newest[0])
                    self._captions.append(newest[1])
                self._interval *= 2

    def recorded(self) -> RecordedCaptions:
        """The record as it is now, as copies; the same one until there is more."""
        with self._lock:
            if self._recorded is None:
                iterations = np.array(self._iterations, dtype=np.int64)
                shape = (0, len(self.photos), self._length)
                captions = np.stack(self._captions) if self._captions else np.empty(shape, dtype=np.int32)
                self._recorded = RecordedCaptions(self.photos, iterations, captions, self._null)
            return self._recorded
