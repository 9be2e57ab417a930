"""Which minibatch is looked at: split, size, seed, position, search and filter, without any widget."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco import DataError, Minibatch, SearchHits, Split
from captionviewer.ui.session import Session
from captionviewer.ui.settings import MINIBATCH_SIZE

FIRST_SEED = 231
LARGEST_SEED = 999_999_999
LARGEST_MINIBATCH = 1_000


@dataclass(frozen=True)
class Choice:
    """What the user chose; a minibatch follows from it and the data alone."""

    split: Split = "train"
    size: int = 24
    seed: int = FIRST_SEED
    index: int = 0  # which minibatch, from 0
    text: str = ""  # the word or phrase searched for
    only_trained: bool = False  # only captions that the current model was trained on


class MinibatchBrowser(QObject):
    """Keeps the choice, and the minibatch that follows from it."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.choice = Choice(size=min(max(session.settings.get(MINIBATCH_SIZE), 1), LARGEST_MINIBATCH))
        self.minibatch: Minibatch | None = None  # None: no data set, or no caption is left by the choice
        self.num_minibatches = 0
        self.hits: SearchHits | None = None  # of the search, before the filter
        self.trained_captions: frozenset[int] = frozenset()  # train caption rows
        self.trained_photos: frozenset[int] = frozenset()  # train image rows
        self._trained_rows: IntArray = np.zeros(0, np.int64)
        self._searched: tuple[object, ...] = ()
        self._folder: Path | None = None
        session.dataset_changed.connect(self._use_dataset)
        session.model_changed.connect(self._use_model)
        self._use_dataset()

    def choose_split(self, split: Split) -> None:
        """Look at train or val, from its first minibatch."""
        self._choose(replace(self.choice, split=split, index=0))

    def choose_size(self, size: int) -> None:
        """Show so many captions at once; the first caption shown stays in sight."""
        first = self.choice.index * self.choice.size
        self._session.settings.set(MINIBATCH_SIZE, size)
        self._choose(replace(self.choice, size=size, index=first // size))

    def choose_seed(self, seed: int) -> None:
        """Put the captions in the order that a seed gives."""
        self._choose(replace(self.choice, seed=seed, index=0))

    def reshuffle(self) -> None:
        """Choose another seed at random (six digits: short enough to read out)."""
        self.choose_seed(int(np.random.default_rng().integers(1_000_000)))

    def go(self, step: int) -> None:
        """Go forward (or back) by `step` minibatches, staying within what there is."""
        last = max(self.num_minibatches - 1, 0)
        self._choose(replace(self.choice, index=min(max(self.choice.index + step, 0), last)))

    def search(self, text: str) -> None:
        """Keep only captions with this word or phrase; an empty text keeps all."""
        self._choose(replace(self.choice, text=" ".join(text.split()), index=0))

    def show_only_trained(self, only: bool) -> None:
        """Keep only captions that the current model was trained on."""
        self._choose(replace(self.choice, only_trained=only, index=0))

    def is_trained_on(self, split: Split, caption_row: int) -> bool:
        """Whether the current model was trained on this caption."""
        return split == "train" and caption_row in self.trained_captions

    def is_photo_trained_on(self, split: Split, image_row: int) -> bool:
        """Whether the current model was trained on this photo, with whichever caption."""
        return split == "train" and image_row in self.trained_photos

    def _choose(self, choice: Choice) -> None:
        if choice != self.choice:
            self.choice = choice
            self._look_up()

    def _use_dataset(self) -> None:
        dataset = self._session.dataset
        folder = dataset.folder if dataset is not None else None
        if folder != self._folder:  # the same folder again, with its other features, stays where it was
            self._folder = folder
            self.choice = replace(self.choice, index=0, text="", only_trained=False)
        self._searched = ()
        self._read_trained()
        self._look_up()

    def _use_model(self) -> None:
        if self._read_trained():
            if self.choice.only_trained:
                self.choice = replace(self.choice, index=0)
            self._look_up()

    def _read_trained(self) -> bool:
        """Read which captions were trained on; False where they are those known already.

        A model in training changes every second while its captions, perhaps all 400,000, stay.
        """
        captions = self._session.trained_captions()
        self.trained_photos = self._session.trained_photos("train")
        if captions == self.trained_captions:
            return False
        self.trained_captions = captions
        self._trained_rows = np.sort(np.fromiter(captions, np.int64))
        return True

    def _look_up(self) -> None:
        dataset, choice = self._session.dataset, self.choice
        self.minibatch, self.num_minibatches = None, 0
        if dataset is not None:
            among = self._among()
            try:
                self.num_minibatches = dataset.num_minibatches(choice.split, choice.size, among)
                if self.num_minibatches:
                    index = min(choice.index, self.num_minibatches - 1)
                    self.choice = choice = replace(choice, index=index)
                    self.minibatch = dataset.minibatch(choice.split, choice.size, choice.seed, index, among)
            except DataError as error:  # the file was cut or unplugged meanwhile
                self.num_minibatches = 0
                self._session.problem.emit(str(error))
        self.changed.emit()

    def next_minibatch(self) -> Minibatch | None:
        """Return the minibatch that follows, None after the last one."""
        dataset, choice = self._session.dataset, self.choice
        if dataset is None or choice.index + 1 >= self.num_minibatches:
            return None
        return dataset.minibatch(choice.split, choice.size, choice.seed, choice.index + 1, self._among())

    def _among(self) -> IntArray | None:
        """Return the caption rows that search and filter leave, or None for all of the split."""
        dataset, choice = self._session.dataset, self.choice
        if not choice.text:
            self.hits, self._searched = None, ()
        elif dataset is not None and self._searched != (choice.split, choice.text):
            self.hits = dataset.search(choice.split, choice.text)
            self._searched = (choice.split, choice.text)
        trained = None
        if choice.only_trained:
            trained = self._trained_rows if choice.split == "train" else self._trained_rows[:0]
        if self.hits is None:
            return trained
        if trained is None or dataset is None:
            return self.hits.caption_rows
        marked = np.zeros(dataset.num_captions(choice.split), np.bool_)  # much faster than intersect1d
        marked[trained] = True
        return self.hits.caption_rows[marked[self.hits.caption_rows]]
