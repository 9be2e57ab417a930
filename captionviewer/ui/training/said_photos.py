"""The watched photos with a line above them that says of when their captions are, and plays them."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from captionviewer.core.coco.vocabulary import UNSAID, Vocabulary
from captionviewer.core.training.caption_stops import RecordedCaptions
from captionviewer.core.training.events import WatchedCaptions
from captionviewer.ui import actions
from captionviewer.ui.photos.photo_loader import PhotoLoader
from captionviewer.ui.training.scrubber import SPEEDS, Scrubber
from captionviewer.ui.training.watched_photo_list import Said, WatchedPhoto, WatchedPhotoList
from captionviewer.ui.widgets.elided_label import ElidedLabel
from captionviewer.ui.widgets.tool_buttons import ActionButton


class SaidPhotos(QWidget):
    """The list, its head line and the buttons that play; shows now or the scrubber's stop.

    Attributes
    ----------
    list : WatchedPhotoList
        What is said of each photo.
    head : ElidedLabel
        Says of which iteration that is.
    play_actions : list of QAction
        One for each of `SPEEDS`; checked while it plays so.
    """

    def __init__(self, photos: PhotoLoader, scrubber: Scrubber, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scrubber = scrubber
        self._now: list[WatchedPhoto] = []
        self._then: list[WatchedPhoto] = []
        self._newest: WatchedCaptions | None = None
        self._vocabulary = Vocabulary.from_words(())
        self.list = WatchedPhotoList(photos)
        self.head = ElidedLabel()
        self.head.setObjectName("said_when")
        self.head.setAccessibleName("Of when the captions are")
        self.head.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.play_actions = [self._play_action(speed) for speed in SPEEDS]
        self._buttons = [
            ActionButton(action, f"play_captions_{speed}", Qt.ToolButtonStyle.ToolButtonTextOnly)
            for action, speed in zip(self.play_actions, SPEEDS, strict=True)
        ]
        row = QHBoxLayout()
        row.setContentsMargins(2, 0, 2, 0)
        row.setSpacing(4)
        row.addWidget(self.head, 1)
        for button in self._buttons:
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self.list, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self._total = 0
        scrubber.moved.connect(self._show)
        scrubber.playing_changed.connect(self._show_playing)
        scrubber.has_record_changed.connect(self._show_playing)
        self._show_playing()

    def _play_action(self, speed: int) -> QAction:
        action = actions.make(actions.PLAY_SAID[speed], self)
        action.triggered.connect(lambda on: self._scrubber.play(speed) if on else self._scrubber.pause())
        return action

    # ---- what is shown -----------------------------------------------------------------------

    def set_run(self, total: int, vocabulary: Vocabulary) -> None:
        """Say how many iterations the run has in all, and what its word ids mean."""
        self._total, self._vocabulary = total, vocabulary
        self._newest = None
        self._then = []

    def watch(self, photos: Sequence[WatchedPhoto]) -> None:
        """Show these photos while it is now."""
        self._now = list(photos)
        if self._scrubber.stop is None:
            self._show()

    def forget(self) -> None:
        """Show the same photos, of which nothing has been said yet."""
        photos, self._newest = self._now, None
        self.watch([])
        self.watch(photos)

    def set_recorded(self, photos: Sequence[WatchedPhoto]) -> None:
        """Say which photos the record is of, in its order."""
        self._then = list(photos)

    @property
    def recorded(self) -> list[WatchedPhoto]:
        """The photos that the record is of, as far as they were told."""
        return self._then

    def show_now(self, captions: WatchedCaptions) -> None:
        """Take newer captions; they are seen at once, unless an earlier moment is looked at."""
        self._newest = captions
        if self._scrubber.stop is None:
            self.list.show_captions(dict(captions.captions), captions.iteration)
            self._say()

    def _show(self) -> None:
        record, stop = self._scrubber.record, self._scrubber.stop
        then = record is not None and stop is not None and len(self._then) == len(record.photos)
        wanted = self._then if then else self._now
        if self.list.watched != wanted:
            self.list.watch(wanted)
            self.updateGeometry()
        self.setVisible(bool(wanted))
        if then and record is not None and stop is not None:
            said = {
                key: said_at(record, stop, photo, self._vocabulary) for photo, key in enumerate(record.photos)
            }
            self.list.show_said(said, int(record.iterations[stop]))
        else:
            self.list.show_no_strips()
            if self._newest is not None:
                self.list.show_captions(dict(self._newest.captions), self._newest.iteration)
        self._say()

    def _say(self) -> None:
        at = self._scrubber.iteration
        if at is not None:
            of = f" of {self._total:,}" if self._total else ""
            self.head.say(
                f"iteration {at:,}{of}, greedy — what was said then; Esc or double-click returns to now",
                f"iteration {at:,}, greedy — what was said then; Esc returns to now",
                f"iteration {at:,} — said then; Esc: now",
                f"iteration {at:,}, said then",
                f"iteration {at:,}",
            )
        elif self._newest is not None:
            now = f"iteration {self._newest.iteration:,}"
            wordings = [f"{now}, greedy — what is said now", f"{now}, greedy — said now", now]
            if self._scrubber.can_scrub:
                wordings[:0] = [
                    f"{wordings[0]}; drag on the curve to go back",
                    f"{now}, greedy; drag on the curve to go back",
                ]
            self.head.say(*wordings)
        else:
            self.head.say("")

    def _show_playing(self) -> None:
        for action, speed in zip(self.play_actions, SPEEDS, strict=True):
            action.setEnabled(self._scrubber.can_scrub)
            action.setChecked(self._scrubber.speed == speed)
        self._say()


def said_at(record: RecordedCaptions, stop: int, photo: int, vocabulary: Vocabulary) -> Said:
    """What was said of a photo at a stop, which words of it were new, and when the last ones came to stay.

    Of characters: a word is new that has a new one, and came to stay when its last did.
    """

    def kept(ids: list[int]) -> list[tuple[str, list[int]]]:
        """The words that a person reads, and the places of the ids of each."""
        known = [
            (place, word)
            for place, index in enumerate(ids)
            if index < len(vocabulary) and (word := vocabulary.idx_to_word[index]) not in UNSAID
        ]
        words = vocabulary.readable([word for _, word in known])
        return [(word, [known[at][0] for at in part]) for word, part in words]

    new, since = record.changed(stop, photo), record.settled(photo)
    count = max(1, len(record) - 1)
    said = kept(record.words(stop, photo))
    settled = [
        (word, last / count, int(record.iterations[last]))
        for word, places in kept(record.words(len(record) - 1, photo))
        for last in (max(since[place] for place in places),)
    ]
    return Said(
        " ".join(word for word, _ in said),
        tuple(any(new[place] for place in places) for _, places in said),
        tuple(settled),
        float(np.clip(stop / count, 0, 1)),
    )
