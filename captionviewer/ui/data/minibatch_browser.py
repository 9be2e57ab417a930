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
from captionviewer.ui.data.caption_query import CaptionQuery, Sorting, all_phrases
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import MINIBATCH_SIZE

LARGEST_SEED = 999_999_999
LARGEST_MINIBATCH = 1_000


class MinibatchBrowser(QObject):
    """Keeps the query, and the minibatch that follows from it."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.query = CaptionQuery(size=min(max(session.settings.get(MINIBATCH_SIZE), 1), LARGEST_MINIBATCH))
        self.minibatch: Minibatch | None = None  # None: no data set, or no caption is left by the query
        self.num_minibatches = 0
        self.found: CaptionSelection | None = None  # what meets the conditions; None: no condition, no order
        self.trained_captions: frozenset[int] = frozenset()  # train caption rows
        self.trained_photos: frozenset[int] = frozenset()  # train image rows
        self._trained_rows: IntArray = np.zeros(0, np.int64)
        self._trainings = 0  # how often what was trained on changed
        self._looked_for: tuple[object, ...] = ()  # what `found` answers
        self._folder: Path | None = None
        session.dataset_changed.connect(self._dataset_changed)
        session.model_changed.connect(self._model_changed)
        self._dataset_changed()

    def choose_split(self, split: Split) -> None:
        """Look at train or val, from its first minibatch."""
        self._set(replace(self.query, split=split, index=0))

    def choose_size(self, size: int) -> None:
        """Show so many captions at once; the first caption shown stays in sight."""
        first = self.query.index * self.query.size
        self._session.settings.set(MINIBATCH_SIZE, size)
        self._set(replace(self.query, size=size, index=first // size))

    def choose_seed(self, seed: int) -> None:
        """Put the captions in the order that a seed gives."""
        self._set(replace(self.query, seed=seed, index=0))

    def reshuffle(self) -> None:
        """Shuffle by another seed at random (six digits: short enough to read out)."""
        seed = int(np.random.default_rng().integers(1_000_000))
        self._set(replace(self.query, seed=seed, index=0, sorting=Sorting.SHUFFLED))

    def go(self, step: int) -> None:
        """Go forward (or back) by `step` minibatches, staying within what there is."""
        self.go_to(self.query.index + step)

    def go_to(self, index: int) -> None:
        """Go to a minibatch by its number, from 0; beyond the last one, to that."""
        last = max(self.num_minibatches - 1, 0)
        self._set(replace(self.query, index=min(max(index, 0), last)))

    def sort(self, sorting: Sorting) -> None:
        """Show the captions in another order, from the beginning."""
        self._set(replace(self.query, sorting=sorting, index=0))

    # ---- conditions ------------------------------------------------------------------------

    def search(self, text: str) -> None:
        """Keep only captions with this word or phrase (an empty text: any), in place of the last one."""
        self._set(replace(self.query, text=_plain(text), index=0))

    def keep_phrase(self, text: str, split: Split | None = None) -> None:
        """Keep only captions with this word or phrase, besides all other conditions."""
        phrase = _plain(text)
        kept = self.query.kept
        if phrase and phrase not in kept.phrases:
            kept = replace(kept, phrases=(*kept.phrases, phrase))
        self._set(replace(self.query, split=split or self.query.split, text="", kept=kept, index=0))

    def set_conditions(self, kept: CaptionConditions, split: Split | None = None) -> None:
        """Put other conditions in force beside the search field's text, and perhaps another split."""
        self._set(replace(self.query, split=split or self.query.split, kept=kept, index=0))

    def toggle(self, name: Literal["words", "captions_an_image"], number: int, split: Split) -> None:
        """Keep only captions of a split of which a number is this one; again: take that condition away."""
        limits = (number, number)
        in_force = getattr(self.query.kept, name) == limits and self.query.split == split
        wanted = None if in_force else limits
        kept = self.query.kept
        kept = replace(kept, words=wanted) if name == "words" else replace(kept, captions_an_image=wanted)
        self.set_conditions(kept, split)

    def show_only_trained(self, only: bool) -> None:
        """Keep only captions that the current model was trained on."""
        self._set(replace(self.query, only_trained=only, index=0))

    def set_query(self, query: CaptionQuery) -> None:
        """Make another query as a whole."""
        self._set(query)

    def clear_conditions(self) -> None:
        """Show all captions of the split again."""
        self._set(self.query.without_conditions())

    @property
    def phrases(self) -> tuple[tuple[str, ...], ...]:
        """The words of each phrase searched for, as the vocabulary spells them."""
        return all_phrases(self.found.phrases if self.found is not None else ())

    @property
    def unit(self) -> str:
        """What is turned: a minibatch is drawn, a page stands in an order."""
        return "minibatch" if self.query.sorting is Sorting.SHUFFLED else "page"

    @property
    def where(self) -> str:
        """Where a caption of the minibatch is shown."""
        return f"{'in' if self.unit == 'minibatch' else 'on'} this {self.unit}"

    # ---- what was trained on ---------------------------------------------------------------

    def is_trained_on(self, split: Split, caption_row: int) -> bool:
        """Whether the current model was trained on this caption."""
        return split == "train" and caption_row in self.trained_captions

    def is_photo_trained_on(self, split: Split, image_row: int) -> bool:
        """Whether the current model was trained on this photo, with whichever caption."""
        return split == "train" and image_row in self.trained_photos

    def _set(self, query: CaptionQuery) -> None:
        if query != self.query:
            self.query = query
            self._look_up()

    def _dataset_changed(self) -> None:
        dataset = self._session.data.dataset
        folder = dataset.folder if dataset is not None else None
        if folder != self._folder:  # the same folder again, with its other features, stays where it was
            self._folder = folder
            self.query = self.query.without_conditions()
        self._looked_for = ()
        self._read_trained()
        self._look_up()

    def _model_changed(self) -> None:
        if self._read_trained():
            if self.query.only_trained:
                self.query = replace(self.query, index=0)
            self._look_up()

    def _read_trained(self) -> bool:
        """Read which captions were trained on; False where they are those known already.

        A model in training changes every second while its captions, perhaps all 400,000, stay.
        """
        captions = self._session.models.trained_captions()
        self.trained_photos = self._session.models.trained_photos("train")
        if captions == self.trained_captions:
            return False
        self.trained_captions = captions
        self._trainings += 1
        self._trained_rows = np.sort(np.fromiter(captions, np.int64))
        return True

    def _look_up(self) -> None:
        dataset, query = self._session.data.dataset, self.query
        self.minibatch, self.num_minibatches = None, 0
        if dataset is not None:
            self.found = self._find(dataset)
            among = self.found.caption_rows if self.found is not None else None
            self.num_minibatches = dataset.split(query.split).num_minibatches(query.size, among)
            if self.num_minibatches:
                index = min(query.index, self.num_minibatches - 1)
                self.query = query = replace(query, index=index)
                self.minibatch = self._minibatch(dataset, index)
        self.changed.emit()

    def next_minibatch(self) -> Minibatch | None:
        """Return the minibatch that follows, None after the last one."""
        dataset, index = self._session.data.dataset, self.query.index + 1
        if dataset is None or index >= self.num_minibatches:
            return None
        return self._minibatch(dataset, index)

    def _minibatch(self, dataset: CocoDataset, index: int) -> Minibatch:
        query = self.query
        among = self.found.caption_rows if self.found is not None else None
        shuffled = query.sorting is Sorting.SHUFFLED
        return dataset.split(query.split).minibatch(query.size, query.seed, index, among, shuffled=shuffled)

    def _find(self, dataset: CocoDataset) -> CaptionSelection | None:
        """Return the captions that meet the conditions, in order, or None for all of the split as it is.

        At full size this takes some 10 ms.  The answer is kept, so that turning pages takes nothing.
        """
        query = self.query
        if not query.any_condition and query.sorting in (Sorting.SHUFFLED, Sorting.FILE):
            return None
        trained = None
        if query.only_trained:
            trained = self._trained_rows if query.split == "train" else self._trained_rows[:0]
        sorting = query.sorting
        training = self._trainings if query.only_trained else None
        wanted = (dataset, query.split, query.conditions, sorting.order, sorting.falling, training)
        if self.found is None or self._looked_for != wanted:
            self._looked_for = wanted
            return select_captions(
                dataset.split(query.split),
                query.conditions,
                order=sorting.order,
                falling=sorting.falling,
                among=trained,
            )
        return self.found


def _plain(text: str) -> str:
    return " ".join(typed_words(text))
