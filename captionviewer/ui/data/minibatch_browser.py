"""Which minibatch is looked at: split, size, seed, position, conditions and order, without any widget."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from PySide6.QtCore import QObject, Signal

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.caption_selection import select_captions
from captionviewer.core.coco.dataset import CaptionConditions, CaptionSelection, CocoDataset, Minibatch, Split
from captionviewer.core.coco.word_search import typed_words
from captionviewer.ui.data.caption_choice import Choice, Sorting, all_phrases
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import MINIBATCH_SIZE

LARGEST_SEED = 999_999_999
LARGEST_MINIBATCH = 1_000


class MinibatchBrowser(QObject):
    """Keeps the choice, and the minibatch that follows from it."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.choice = Choice(size=min(max(session.settings.get(MINIBATCH_SIZE), 1), LARGEST_MINIBATCH))
        self.minibatch: Minibatch | None = None  # None: no data set, or no caption is left by the choice
        self.num_minibatches = 0
        self.found: CaptionSelection | None = None  # what meets the conditions; None: no condition, no order
        self.trained_captions: frozenset[int] = frozenset()  # train caption rows
        self.trained_photos: frozenset[int] = frozenset()  # train image rows
        self._trained_rows: IntArray = np.zeros(0, np.int64)
        self._trainings = 0  # how often what was trained on changed
        self._looked_for: tuple[object, ...] = ()  # what `found` answers
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
        """Shuffle by another seed at random (six digits: short enough to read out)."""
        seed = int(np.random.default_rng().integers(1_000_000))
        self._choose(replace(self.choice, seed=seed, index=0, sorting=Sorting.SHUFFLED))

    def go(self, step: int) -> None:
        """Go forward (or back) by `step` minibatches, staying within what there is."""
        self.go_to(self.choice.index + step)

    def go_to(self, index: int) -> None:
        """Go to a minibatch by its number, from 0; beyond the last one, to that."""
        last = max(self.num_minibatches - 1, 0)
        self._choose(replace(self.choice, index=min(max(index, 0), last)))

    def sort(self, sorting: Sorting) -> None:
        """Show the captions in another order, from the beginning."""
        self._choose(replace(self.choice, sorting=sorting, index=0))

    # ---- conditions ------------------------------------------------------------------------

    def search(self, text: str) -> None:
        """Keep only captions with this word or phrase (an empty text: any), in place of the last one."""
        self._choose(replace(self.choice, text=_plain(text), index=0))

    def keep_phrase(self, text: str, split: Split | None = None) -> None:
        """Keep only captions with this word or phrase, besides all other conditions."""
        phrase = _plain(text)
        kept = self.choice.kept
        if phrase and phrase not in kept.phrases:
            kept = replace(kept, phrases=(*kept.phrases, phrase))
        self._choose(replace(self.choice, split=split or self.choice.split, text="", kept=kept, index=0))

    def set_conditions(self, kept: CaptionConditions, split: Split | None = None) -> None:
        """Put other conditions in force beside the search field's text, and perhaps another split."""
        self._choose(replace(self.choice, split=split or self.choice.split, kept=kept, index=0))

    def toggle(self, name: Literal["words", "captions_an_image"], number: int, split: Split) -> None:
        """Keep only captions of a split of which a number is this one; again: take that condition away."""
        limits = (number, number)
        in_force = getattr(self.choice.kept, name) == limits and self.choice.split == split
        wanted = None if in_force else limits
        kept = self.choice.kept
        kept = replace(kept, words=wanted) if name == "words" else replace(kept, captions_an_image=wanted)
        self.set_conditions(kept, split)

    def show_only_trained(self, only: bool) -> None:
        """Keep only captions that the current model was trained on."""
        self._choose(replace(self.choice, only_trained=only, index=0))

    def choose(self, choice: Choice) -> None:
        """Make another choice as a whole."""
        self._choose(choice)

    def clear_conditions(self) -> None:
        """Show all captions of the split again."""
        self._choose(self.choice.without_conditions())

    @property
    def phrases(self) -> tuple[tuple[str, ...], ...]:
        """The words of each phrase searched for, as the vocabulary spells them."""
        return all_phrases(self.found.phrases if self.found is not None else ())

    # ---- what was trained on ---------------------------------------------------------------

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
            self.choice = self.choice.without_conditions()
        self._looked_for = ()
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
        self._trainings += 1
        self._trained_rows = np.sort(np.fromiter(captions, np.int64))
        return True

    def _look_up(self) -> None:
        dataset, choice = self._session.dataset, self.choice
        self.minibatch, self.num_minibatches = None, 0
        if dataset is not None:
            self.found = self._find(dataset)
            among = self.found.caption_rows if self.found is not None else None
            self.num_minibatches = dataset.split(choice.split).num_minibatches(choice.size, among)
            if self.num_minibatches:
                index = min(choice.index, self.num_minibatches - 1)
                self.choice = choice = replace(choice, index=index)
                self.minibatch = self._minibatch(dataset, index)
        self.changed.emit()

    def next_minibatch(self) -> Minibatch | None:
        """Return the minibatch that follows, None after the last one."""
        dataset, index = self._session.dataset, self.choice.index + 1
        if dataset is None or index >= self.num_minibatches:
            return None
        return self._minibatch(dataset, index)

    def _minibatch(self, dataset: CocoDataset, index: int) -> Minibatch:
        choice = self.choice
        among = self.found.caption_rows if self.found is not None else None
        shuffled = choice.sorting is Sorting.SHUFFLED
        return dataset.split(choice.split).minibatch(
            choice.size, choice.seed, index, among, shuffled=shuffled
        )

    def _find(self, dataset: CocoDataset) -> CaptionSelection | None:
        """Return the captions that meet the conditions, in order, or None for all of the split as it is.

        At full size this takes some 10 ms.  The answer is kept, so that turning pages takes nothing.
        """
        choice = self.choice
        if not choice.any_condition and choice.sorting in (Sorting.SHUFFLED, Sorting.FILE):
            return None
        trained = None
        if choice.only_trained:
            trained = self._trained_rows if choice.split == "train" else self._trained_rows[:0]
        sorting = choice.sorting
        training = self._trainings if choice.only_trained else None
        wanted = (dataset, choice.split, choice.conditions, sorting.order, sorting.falling, training)
        if self.found is None or self._looked_for != wanted:
            self._looked_for = wanted
            return select_captions(
                dataset.split(choice.split),
                choice.conditions,
                order=sorting.order,
                falling=sorting.falling,
                among=trained,
            )
        return self.found


def _plain(text: str) -> str:
    return " ".join(typed_words(text))
