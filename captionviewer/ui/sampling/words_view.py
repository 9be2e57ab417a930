"""The view *Words*: photo, caption so far, likeliest next words, ground truth."""

import math
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.coco.dataset import CocoDataset, PhotoRecord
from captionviewer.core.coco.vocabulary import END, START
from captionviewer.ui.look import theme
from captionviewer.ui.photos.own_picture import OwnPicture
from captionviewer.ui.photos.photo_loader import PhotoLoader
from captionviewer.ui.photos.photo_view import PhotoView
from captionviewer.ui.sampling.branches.word_field import WordField
from captionviewer.ui.sampling.caption_chips import CaptionChips
from captionviewer.ui.sampling.caption_player import CaptionPlayer
from captionviewer.ui.sampling.caption_sample import CaptionSample, ground_truth_words
from captionviewer.ui.sampling.generated_caption import ROOM_KEPT, GeneratedCaption, note_of, sentence
from captionviewer.ui.sampling.ground_truth import GroundTruth, SurpriseLegend, TintedCaption, TintedWord
from captionviewer.ui.sampling.probability_words import p_words
from captionviewer.ui.sampling.word_bars import UNSAYABLE, WordBar, WordBars, scale_for
from captionviewer.ui.sampling.word_flow import FlowWord
from captionviewer.ui.widgets.elided_label import ElidedLabel
from captionviewer.ui.widgets.flow_layout import FlowLayout

_MARGIN, _GAP = 10, 12  # pixels around the parts, and between the upper and the lower
_PHOTO_GAP = 14  # between the photo and what is said of it
_SAID_GAP = 9  # between the chips and the caption
# In letters of average width: below the first, the ground truth stands under the bars; below the second,
# both are equally wide.
_NARROW, _ROOMY = 56, 88


class WordsView(QScrollArea):
    """One photo's sample at one timestep; it scrolls where text is large and room is little."""

    word_wanted = Signal(int, int)  # a timestep, and the id of the word that is to be said there
    word_forbidden = Signal(str)
    word_unknown = Signal(str)  # what was typed is no word that can be said

    def __init__(self, photos: PhotoLoader, player: CaptionPlayer) -> None:
        super().__init__()
        self._player = player
        self._sample: CaptionSample | None = None
        self._coming = True  # whether the words after this timestep stand there, faintly
        # the photo and the words before the timestep for which a word is being typed
        self._typed_after: tuple[PhotoRecord, tuple[str, ...]] | None = None
        self._whole: list[str] = []  # the words of the caption that there is to show
        self._text = ""  # the same as a text
        self.photo = PhotoView(photos)
        photos.photo_changed.connect(self._place_photo)
        self.photo.show_badge = False  # the panel's head says it, where it never scrolls away
        self._chips = CaptionChips()
        self._chips.timestep_chosen.connect(player.go_to)
        self.caption = GeneratedCaption()
        self._bars_title = SectionTitle()
        self._bars_title.setObjectName("bars_title")
        self._scale = QLabel()
        self._scale.setObjectName("bars_scale")
        theme.set_muted(self._scale)
        self._bars = WordBars()
        self._bars.setObjectName("word_bars")
        self._bars.word_chosen.connect(lambda word: self._want(self._timestep, word))
        self._bars.word_forbidden.connect(self.word_forbidden)
        self._field = WordField(self._chips)
        self._field.entered.connect(self._want)
        self._chips.word_wanted.connect(self.edit_word)
        self._trouble = QLabel()
        self._trouble.setObjectName("sampling_trouble")
        self._trouble.setTextFormat(Qt.TextFormat.PlainText)
        self._trouble.setWordWrap(True)
        # A long file name must not make the whole view wider than the panel.
        self._trouble.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._trouble.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._trouble.hide()
        self._ground_truth = GroundTruth()
        self._truth_to_come: Callable[[], None] | None = None
        self._truth_later = QTimer(self)
        self._truth_later.setSingleShot(True)
        self._truth_later.setInterval(0)
        self._truth_later.timeout.connect(self._show_truth_to_come)
        self._legend = SurpriseLegend()
        self._lower = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._arrange_parts()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _arrange_parts(self) -> None:
        said = QVBoxLayout()
        said.setSpacing(_SAID_GAP)
        said.addWidget(self._chips)
        said.addWidget(self.caption)
        said.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(_PHOTO_GAP)
        top.addWidget(self.photo, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(said, 1)
        bars_head = QHBoxLayout()
        bars_head.setSpacing(8)
        bars_head.addWidget(self._bars_title, 1)
        bars_head.addWidget(self._scale)
        likeliest = QVBoxLayout()
        likeliest.setSpacing(4)
        likeliest.addLayout(bars_head)
        likeliest.addWidget(self._bars, 1)
        likeliest.addWidget(self._trouble, 1)
        self._truth_title = SectionTitle()
        truth_head = FlowLayout(gap=12, line_gap=0)
        truth_head.addWidget(self._truth_title)
        truth_head.addWidget(self._legend)
        truth = QVBoxLayout()
        truth.setSpacing(4)
        truth.addLayout(truth_head)
        truth.addWidget(self._ground_truth, 1)
        self._lower.setSpacing(20)
        self._lower.addLayout(likeliest)
        self._lower.addLayout(truth)
        content = self._content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.setSpacing(_GAP)
        column.addLayout(top)
        column.addLayout(self._lower, 1)
        self.setWidget(content)
        content.setBackgroundRole(QPalette.ColorRole.Base)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)

    # ---- what is shown ---------------------------------------------------------------------------

    def show_photo(self, record: PhotoRecord | None) -> None:
        """Show another photo, from the top."""
        self.photo.set_record(record)
        self._truth_title.setText(record.truth if isinstance(record, OwnPicture) else "Ground truth")
        self._share_room()
        self.verticalScrollBar().setValue(0)

    def show_trouble(self, trouble: str) -> None:
        """Say why there is no caption (or, with no words, that there is nothing to say)."""
        self._trouble.setText(trouble)
        self._trouble.setVisible(bool(trouble))
        self._bars.setHidden(bool(trouble))

    def show_timestep(
        self,
        dataset: CocoDataset,
        record: PhotoRecord,
        sample: CaptionSample | None,
        *,
        spread: bool = False,
    ) -> None:
        """Show a sample at the player's timestep; without one, the ground truth alone.

        `spread` leaves the new tints of the same photo's ground truth to the event loop's next turn where the
        run before goes on: all at once would take longer than a frame beside a network that trains. That turn
        may come late on a busy machine: no other model's tints stand there meanwhile.
        """
        position, before = self._player.position, self._sample
        goes_on = (
            before is not None
            and sample is not None
            and before.record == sample.record
            and before.current.keeper is sample.current.keeper
        )
        self._sample = sample
        self._keep_field(sample)
        same = _same_captions(sample) if self._player.at_end else frozenset()
        self._truth_to_come = partial(self._show_ground_truth, dataset, record, sample, same)
        if spread and goes_on:
            self._truth_later.start()
        else:
            self._show_truth_to_come()
        if sample is None:
            self._chips.show_words((), 0)
            self.caption.clear()
            self._bars.clear()
            self._bars_title.setText("No caption" if self._trouble.text() else "Next word")
            self._scale.setText("")
            return
        words = sample.words
        if words != self._whole:
            self._whole, self._text = words, sentence(words, sample.vocabulary)
            self._choose_density()
        steps, forced = zip(words, sample.timesteps, strict=True), sample.branch.forced
        chips = [
            FlowWord(
                word,
                f"timestep {i + 1}: “{word}”, {p_words(float(step.probabilities[step.word]))}"
                f"{', said by you' if i in forced else ''}; a double click changes it",
            )
            for i, (word, step) in enumerate(steps)
        ]
        seen = self._player.seen
        shown = chips if self._coming else chips[:seen]
        self._chips.show_words(shown, position, words[:ROOM_KEPT], seen=seen, forced=forced)
        note = note_of(sample, same) if self._player.at_end else None
        self.caption.show_caption(sample, position, note)
        self._show_bars(sample, min(position, len(words) - 1))
        if self._field.isVisible():
            self._field.stand_at(self._box_of(self._field.timestep))

    def set_coming(self, shown: bool) -> None:
        """Show the caption to come, from the next timestep shown on; or only the words seen so far."""
        self._coming = shown

    def set_outdated(self, outdated: bool) -> None:
        """Grey what the model said, while a newer one is being asked; the photo stays as it is."""
        self._chips.set_outdated(outdated)
        self.caption.set_outdated(outdated)
        self._bars.set_outdated(outdated)
        self._ground_truth.set_outdated(outdated)

    # ---- another word ----------------------------------------------------------------------------

    @property
    def _timestep(self) -> int:
        """The timestep whose bars are shown: at the end, the last one."""
        return min(self._player.position, self._player.length - 1)

    def edit_next_word(self) -> None:
        """Have another word typed for the timestep whose bars are shown."""
        self.edit_word(self._timestep)

    def edit_word(self, timestep: int) -> None:
        """Have another word typed for a timestep."""
        sample = self._sample
        if sample is None or not 0 <= timestep < len(sample.timesteps):
            return
        words = sample.vocabulary.idx_to_word
        likeliest = sample.timesteps[timestep].likeliest(len(words))
        offered = [words[index] for index, _p in likeliest if words[index] not in UNSAYABLE]
        box = self._box_of(timestep)
        self.ensureVisible(0, self._chips.mapTo(self._content, QPoint(0, box.bottom())).y())
        self._typed_after = sample.record, tuple(sample.words[:timestep])
        self._field.edit(timestep, offered, box)

    def _keep_field(self, sample: CaptionSample | None) -> None:
        """Leave what is being typed while its timestep is there, after the same words of the same photo."""
        at = self._field.timestep
        there = sample is not None and at < len(sample.timesteps)
        if sample is None or not there or self._typed_after != (sample.record, tuple(sample.words[:at])):
            self._field.hide()

    def _box_of(self, timestep: int) -> QRect:
        """Where the word of a timestep stands among the chips, or would."""
        boxes = self._chips.boxes()
        # a word that is still hidden has no chip: it is typed after the last one
        box = boxes[timestep + 1] if timestep + 1 < len(boxes) else QRect(boxes[-1])
        if timestep + 1 >= len(boxes):
            box.moveLeft(box.right() + self._chips.spacing.width())
        return box

    def _want(self, timestep: int, text: str) -> None:
        sample = self._sample
        if sample is None:
            return
        word = sample.vocabulary.id_as_typed(text)
        if word is None or sample.vocabulary.idx_to_word[word] in UNSAYABLE:
            self.word_unknown.emit(text)
        elif timestep < len(sample.timesteps):
            self._field.hide()
            self.word_wanted.emit(timestep, word)

    def _show_bars(self, sample: CaptionSample, timestep: int) -> None:
        step = sample.timesteps[timestep]
        before = sample.words[timestep - 1] if timestep else START
        named = before if before in (START, END) else f"“{before}”"
        self._bars_title.say(f"Next after {named}", f"After {named}", named)
        scale = scale_for(sample.largest_probability)
        self._scale.setText(f"full bar {100 * scale:g} %")
        vocabulary, why = sample.vocabulary, sample.why(timestep)
        bars = [
            WordBar(vocabulary.idx_to_word[word], probability, word == step.word, why)
            for word, probability in sample.next_words(timestep)
        ]
        self._bars.show_bars(bars, len(vocabulary) - len(bars), scale, sample.likeliest_words)

    def _show_truth_to_come(self) -> None:
        self._truth_later.stop()
        show, self._truth_to_come = self._truth_to_come, None
        if show is not None:
            show()

    def _show_ground_truth(
        self, dataset: CocoDataset, record: PhotoRecord, sample: CaptionSample | None, same: frozenset[int]
    ) -> None:
        captions = dataset.split(record.split).captions[list(record.caption_rows)]
        blind_guess = math.log(len(dataset.vocabulary))
        shown = []
        for index, words in enumerate(ground_truth_words(captions, dataset.vocabulary)):
            tinted = [
                TintedWord(word, float(sample.surprises[index, column]) if sample is not None else None)
                for column, word in words
            ]
            trained_on = sample is not None and bool(sample.trained_on[index])
            shown.append(
                TintedCaption(tuple(tinted), trained_on, index in same, dataset.vocabulary.is_of_characters)
            )
        self._ground_truth.show_captions(shown, blind_guess)
        self._legend.set_blind_guess(blind_guess)

    # ---- room ------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the photo its share, and put the ground truth under the bars where it is narrow."""
        super().resizeEvent(event)
        self._share_room()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._share_room()

    def _share_room(self) -> None:
        high = min(max(round(0.36 * self._whole_height()), 96), 300)
        wide = min(round(4 / 3 * high), round(0.32 * self.width()))
        picture = self.photo.photo.thumbnail
        if picture is not None:  # stands level with the words beside it
            high = min(high, max(round(wide * picture.height() / picture.width()), 72))
        self.photo.setFixedSize(wide, high)
        letters = self.width() / self.fontMetrics().averageCharWidth()
        narrow = letters < _NARROW
        wanted = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if wanted is not self._lower.direction():
            self._lower.setDirection(wanted)
        self._lower.setStretch(0, 0 if narrow else 4)
        self._lower.setStretch(1, 1 if narrow else 4 if letters < _ROOMY else 6)
        self._choose_density()

    def _whole_height(self) -> int:
        """The height with that of what may stand under this view, so that nothing moves when it comes."""
        page = self.parentWidget()
        return max(self.height(), page.height() if page is not None else 0)

    def _choose_density(self) -> None:
        """Show the whole caption as roomily as leaves the bars their place: an untrained model says thirty
        words. It depends on the caption and not on the timestep, so that nothing jumps on the way.
        """
        wide = self.viewport().width() - 2 * _MARGIN - self.photo.width() - _PHOTO_GAP
        lower = self._bars_title.sizeHint().height() + 4 + self._bars.minimumSizeHint().height()
        room = max(self._whole_height() - 2 * _MARGIN - _GAP - lower, self.photo.height())
        texts = [START, *self._whole]
        stands_alone = self._lower.direction() is QBoxLayout.Direction.LeftToRight
        for dense, one_line in ((False, False), (True, False), (True, True)):
            taken = self._chips.height_if(dense, texts, wide) + _SAID_GAP
            taken += self.caption.height_of(self._text, wide, one_line)
            if taken <= room or not stands_alone:
                break
        self._chips.set_dense(dense)
        self.caption.set_one_line(one_line)

    def _place_photo(self, key: object) -> None:
        record = self.photo.record
        if record is not None and key == record.key:
            self._share_room()


def _same_captions(sample: CaptionSample | None) -> frozenset[int]:
    """Return which ground-truth captions a generated one equals, from 0."""
    if sample is None or not sample.ended:
        return frozenset()
    truth = ground_truth_words(sample.captions, sample.vocabulary)
    generated = sample.words
    return frozenset(i for i, words in enumerate(truth) if [word for _column, word in words] == generated)


class SectionTitle(ElidedLabel):
    """A bold line above a part."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        font = self.font()
        font.setBold(True)
        self.setFont(font)
