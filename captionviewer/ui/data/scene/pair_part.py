"""Pairs of scenes that differ in one thing: one to look at, or fifty of each kind counted."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.storybook.scene_pairs import PAIR_KINDS, TITLES, PairKind
from captionviewer.ui.data.scene.pair_count import PAIRS, PairCounts, count_pairs
from captionviewer.ui.session.corpus_job import CorpusJob
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import push_button, words_label
from captionviewer.ui.widgets.flow_layout import FlowLayout


class PairPart(QWidget):
    """Asks for a pair to be shown; counts with the current model how often captions follow a change."""

    pair_asked = Signal(object)  # PairKind
    counted = Signal()  # the table has been filled

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._dataset: CocoDataset | None = None
        self._can_show = False
        self._job = CorpusJob(session, "counting pairs of scenes", self)
        self.kind_box = QComboBox()
        for kind in PAIR_KINDS:
            self.kind_box.addItem(TITLES[kind], kind)
        self.kind_box.setAccessibleName("What differs between the two scenes of a pair")
        self.pair_button = push_button("Show a Pair", "Two scenes that differ in this alone", self._ask)
        self.count_button = push_button(
            f"Count {PAIRS} of Each", "How often the caption follows such a change", self.count
        )
        self.cancel_button = push_button("Cancel", "Stop counting", self.cancel)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setAccessibleName("Progress of counting pairs")
        self._job.progressed.connect(lambda share: self.progress.setValue(round(1000 * share)))
        self.kind_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.kind_box.setMinimumContentsLength(6)
        label = QLabel("Pairs")
        label.setBuddy(self.kind_box)
        kinds = QHBoxLayout()
        kinds.addWidget(label)
        kinds.addWidget(self.kind_box, 1)
        row = FlowLayout(gap=6, line_gap=4)
        for widget in (self.pair_button, self.count_button, self.progress, self.cancel_button):
            row.addWidget(widget)
        self.table = words_label("scene_pairs")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(kinds)
        column.addLayout(row)
        column.addWidget(self.table)
        session.model_changed.connect(self._enable)
        self._enable()

    def show_data(self, dataset: CocoDataset | None, *, can_show: bool) -> None:
        """Count on this data; `can_show`: a scene stands in whose place a pair can be shown."""
        self._dataset, self._can_show = dataset, can_show
        self._enable()

    def _ask(self) -> None:
        kind: PairKind = self.kind_box.currentData()
        self.pair_asked.emit(kind)

    def count(self) -> None:
        """Count over pairs of each kind how often the caption follows the change."""
        dataset, current = self._dataset, self._session.models.current
        if dataset is None or current is None or self._job.is_busy:
            return
        model, words = current.model, current.words

        def done(counts: PairCounts | None) -> None:
            if counts is not None:
                self.table.setText(
                    "The caption follows the change (a new word is said, and no word that held before):\n"
                    + "\n".join(counts.lines())
                    + f"\n{counts.model_words}, greedy; scenes drawn by seed, with one kind of thing in each."
                )
                self.counted.emit()
            self._enable()

        def failed(error: Exception) -> None:
            self.table.setText(f"The pairs could not be counted: {error}")
            self._enable()

        self._job.start(lambda progress: count_pairs(dataset, model, words, progress), done, failed)
        self._enable()

    def cancel(self) -> None:
        """Stop counting."""
        self._job.cancel()
        self._enable()

    def _enable(self) -> None:
        busy = self._job.is_busy
        self.pair_button.setEnabled(self._can_show)
        self.count_button.setVisible(not busy)
        self.count_button.setEnabled(self._can_show and self._session.models.current is not None)
        self.progress.setVisible(busy)
        self.cancel_button.setVisible(busy)
