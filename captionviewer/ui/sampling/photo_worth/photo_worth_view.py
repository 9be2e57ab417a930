"""The view Photo's worth: what the model says and expects with the true photo, and with others instead."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.inspection.photo_worth import SOURCES, PhotoSource
from captionviewer.ui.look import theme
from captionviewer.ui.sampling.caption_player import CaptionPlayer
from captionviewer.ui.sampling.caption_sample import ground_truth_words
from captionviewer.ui.sampling.ground_truth import GroundTruthCaption, TintedCaption, TintedWord
from captionviewer.ui.sampling.latest_work import LatestWork
from captionviewer.ui.sampling.mirrored_bars import MirroredBars, words_that_differ
from captionviewer.ui.sampling.photo_worth.said_of_photos import (
    PhotosOfVal,
    SaidOfPhotos,
    photos_of_val,
    said_of_photos,
)
from captionviewer.ui.sampling.photo_worth.worth_over_val import WorthOverVal
from captionviewer.ui.sampling.photo_worth.worth_words import (
    blind_worth_words,
    caution_words,
    confidence_words,
    worth_words,
)
from captionviewer.ui.sampling.sampler import Sampler
from captionviewer.ui.sampling.word_bars import scale_for
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import labelled, scrolling, words_label
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.outside_text import show_plainly
from captionviewer.ui.worker import Cancelled

TITLES: dict[PhotoSource, str] = {
    "true": "True photo",
    "another": "Another's photo",
    "average": "Average photo",
    "zero": "Zero",
}


class PhotoWorthView(QWidget):
    """Follows the sampler's sample; reads val on request only."""

    def __init__(self, session: Session, sampler: Sampler, player: CaptionPlayer) -> None:
        super().__init__()
        self._session, self._sampler, self._player = session, sampler, player
        self.said: SaidOfPhotos | None = None
        self._photos: PhotosOfVal | None = None
        self._work: LatestWork[SaidOfPhotos] = LatestWork(session, "captioning with other photos", brief=True)
        self._build()
        self.over_val = WorthOverVal(session, self)
        self.over_val.changed.connect(self._refresh)
        self.over_val.progressed.connect(lambda share: self.progress.setValue(round(1000 * share)))
        session.run_changed.connect(self._refresh)
        player.moved.connect(self._show_next_words)
        sampler.sample_changed.connect(self._sample_changed)
        sampler.outdated_changed.connect(self._grey)
        session.dataset_changed.connect(self._forget)
        self._refresh()

    # ---- parts ---------------------------------------------------------------------------------

    def _build(self) -> None:
        self.caption_choice = QComboBox()
        self.caption_choice.setAccessibleName("Ground-truth caption that is tinted")
        self.caption_choice.currentIndexChanged.connect(lambda _index: self._show_truth())
        self.against_choice = QComboBox()
        for source in SOURCES[1:]:
            self.against_choice.addItem(TITLES[source], source)
        self.against_choice.setAccessibleName("What the true photo is held against")
        self.against_choice.currentIndexChanged.connect(lambda _index: self._show_next_words())
        self.measure_button = QPushButton("Measure over val")
        self.measure_button.setToolTip("Reads people's captions of val with each of the four")
        self.measure_button.clicked.connect(self.measure)
        self.blind_button = QPushButton("Train one blind")
        self.blind_button.clicked.connect(self.train_blind)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(lambda _checked=False: self.over_val.cancel())
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        head = FlowLayout(gap=10, line_gap=4)
        head.addWidget(labelled("Ground truth", self.caption_choice))
        head.addWidget(labelled("Bars: true beside", self.against_choice))
        for widget in (self.measure_button, self.blind_button, self.progress, self.cancel_button):
            head.addWidget(widget)
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        self.titles: dict[PhotoSource, QLabel] = {}
        self.captions: dict[PhotoSource, QLabel] = {}
        self.truths: dict[PhotoSource, GroundTruthCaption] = {}
        self.nats: dict[PhotoSource, QLabel] = {}
        for number, source in enumerate(SOURCES):
            self.titles[source] = QLabel(TITLES[source])
            self.nats[source] = show_plainly(QLabel())
            self.nats[source].setObjectName(f"nats_{source}")
            self.captions[source] = words_label(f"said_{source}")
            self.captions[source].setForegroundRole(QPalette.ColorRole.NoRole)
            self.truths[source] = GroundTruthCaption(0)
            top = Qt.AlignmentFlag.AlignTop
            grid.addWidget(self.titles[source], 3 * number, 0, top)
            grid.addWidget(self.captions[source], 3 * number, 1)
            grid.addWidget(self.nats[source], 3 * number + 1, 0, top)
            grid.addWidget(self.truths[source], 3 * number + 1, 1)
            grid.setRowMinimumHeight(3 * number + 2, 6)
        self.next_words = words_label("next_words_at")
        self.bars = MirroredBars("Next words with both photos", ("", ""))
        self.bars.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.blind_words = words_label("worth_blind")
        self.by_word = words_label("worth_by_word")
        self.of = words_label("worth_of")
        self.caution = words_label("worth_caution")
        rows = (self.blind_words, self.of, self.by_word, self.caution, self.next_words, self.bars)
        for number, row in enumerate(rows):
            grid.addWidget(row, 3 * len(SOURCES) + number, 0, 1, 2)
        grid.setRowStretch(3 * len(SOURCES) + len(rows), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(scrolling(body), 1)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)

    # ---- this photo ----------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while nobody looked."""
        super().showEvent(event)
        self._sample_changed()

    def _sample_changed(self) -> None:
        sample, dataset = self._sampler.sample, self._session.data.dataset
        if not self.isVisible():
            if self.said is not None and not self.said.sample.is_of_the_same(sample):
                self.said = None  # nobody looks: the model that it is of need not stay for it
            return
        if sample is None or dataset is None:
            self._work.drop()
            self.said = None
            self._refresh()
            return
        kept, turn = self._photos, self._work.turn()

        def work(_cancelled: Cancelled) -> SaidOfPhotos:
            photos = kept if kept is not None and kept.dataset is dataset else photos_of_val(dataset)
            with turn:
                return said_of_photos(sample, photos)

        self._work.ask(work, self._show, self._failed)

    def _show(self, said: SaidOfPhotos) -> None:
        self.said, self._photos = said, said.photos
        self._grey()
        count = len(said.sample.captions)
        if self.caption_choice.count() != count:
            self.caption_choice.blockSignals(True)
            self.caption_choice.clear()
            self.caption_choice.addItems([str(number + 1) for number in range(count)])
            self.caption_choice.blockSignals(False)
        self._refresh()

    def _grey(self) -> None:
        """Grey what a newer model is about to say; the figures over val name their model."""
        outdated = self._sampler.is_outdated
        for source in SOURCES:
            theme.set_muted(self.captions[source], outdated)
            self.truths[source].set_outdated(outdated)
        self.bars.set_outdated(outdated)

    def _failed(self, error: Exception) -> None:
        self._session.problem.emit(f"The photo could not be replaced by others. {error}")
        self._refresh()

    def _show_truth(self) -> None:
        said, number = self.said, self.caption_choice.currentIndex()
        for source in SOURCES:
            shown = said is not None and 0 <= number < len(said.sample.captions)
            self.truths[source].setVisible(shown)
            if said is None or not shown:
                continue
            words = ground_truth_words(said.sample.captions, said.sample.vocabulary)[number]
            surprises = said.surprises[source][number]
            tinted = TintedCaption(
                tuple(TintedWord(word, float(surprises[at])) for at, word in words),
                is_spelled=said.sample.vocabulary.is_of_characters,
            )
            self.truths[source].set_index(number)
            self.truths[source].show_caption(tinted, float(np.log(len(said.sample.vocabulary))))

    def _show_next_words(self) -> None:
        """Show what moves among the next words at the player's timestep when the photo is another."""
        said, against = self.said, self.against_choice.currentData()
        shown = said is not None and bool(said.sample.timesteps)
        self.bars.setVisible(shown)
        self.next_words.setVisible(shown)
        if said is None or not shown:
            return
        at = min(self._player.position, len(said.sample.timesteps) - 1)
        words = said.sample.vocabulary.idx_to_word
        left, right = said.next_words["true"][at], said.next_words[against][at]
        moved = words_that_differ(left, right, words)
        largest = max(max(one.left, one.right) for one in moved)
        titles = TITLES["true"], TITLES[against]
        self.bars.show_words(moved, titles, scale_for(largest), said.moved_words[against])
        before = said.sample.vocabulary.text(said.sample.words[:at])
        self.next_words.setText(
            f"Next word after “{before}”, whose probability moves most:" if before else "First word:"
        )

    # ---- all of val ----------------------------------------------------------------------------

    def measure(self) -> None:
        """Read val with each source of photos."""
        if self.said is not None:
            self.over_val.measure(self.said)

    def train_blind(self) -> None:
        """Train the same network without photos beside, then measure both over val."""
        if self.said is not None:
            self.over_val.train_blind(self.said)

    def _blind_said(self) -> str:
        blind, worth, twin = self.over_val.blind_worth, self.over_val.worth, self.over_val.blind
        if twin.is_busy and not twin.is_training:
            return "Looking among the runs that are kept for one trained without photos."
        if twin.is_training:
            return "Training the same network without photos beside this one."
        if blind is not None and worth is not None and self.said is not None:
            words = self.said.sample.vocabulary.idx_to_word
            return f"{blind_worth_words(blind, worth, words)} {twin.words}"
        return twin.words

    def _forget(self) -> None:
        self.said = self._photos = None
        self.over_val.forget()

    # ---- words ---------------------------------------------------------------------------------

    def _refresh(self) -> None:
        said, worth, busy = self.said, self.over_val.worth, self.over_val.is_busy
        blind = self.over_val.blind
        self.measure_button.setVisible(not busy)
        self.measure_button.setEnabled(said is not None)
        self.measure_button.setText("Measure over val" if worth is None else "Measure again")
        dataset = self._session.data.dataset
        obstacle = ""
        if said is not None and dataset is not None:
            obstacle = blind.obstacle(said.sample.current.saved, dataset)
        self.blind_button.setVisible(not busy)
        self.blind_button.setEnabled(said is not None and not obstacle)
        self.blind_button.setToolTip(
            obstacle
            or "Trains the same network without photos beside this one, keeps it with the other runs, and"
            " measures both over val"
        )
        doing = "training a blind network" if blind.is_training else "reading val"
        self.progress.setAccessibleName(f"Progress of {doing}")
        self.progress.setVisible(busy)
        self.cancel_button.setVisible(busy)
        for source in SOURCES:
            self.captions[source].setText("…" if said is None else said.captions[source] or "–")
            self.nats[source].setText(
                "" if worth is None else f"{worth.surprises[source].nats_a_word:.2f} nats a word"
            )
        if said is not None:
            self.titles["another"].setToolTip(f"The features of val's photo {said.other_row:,}")
        self._show_truth()
        self._show_next_words()
        self.blind_words.setText(self._blind_said())
        self.blind_words.setVisible(bool(self.blind_words.text()))
        self.of.setVisible(worth is not None)
        self.by_word.setVisible(worth is not None)
        self.caution.setText("" if said is None else caution_words(said.sample.current.saved))
        measured, corpus = self.over_val.measured, self.over_val.corpus
        if worth is None or measured is None or corpus is None or self._photos is None:
            return
        which = "all" if corpus.is_whole else "drawn"
        is_old = said is not None and not measured.is_of(said.sample.current)
        old = " Sampling shows another model now." if is_old else ""
        self.of.setText(
            f"Nats a word: over {len(corpus.captions):,} captions of val ({which}),"
            f" by {measured.words}.{old}{confidence_words(worth)}"
        )
        self.by_word.setText(worth_words(worth, self._photos.dataset.vocabulary.idx_to_word))
