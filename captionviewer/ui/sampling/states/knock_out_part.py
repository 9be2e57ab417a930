"""What changes when a unit is held at a value: this caption, and how many of val's beside other units."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtWidgets import QComboBox, QProgressBar, QPushButton, QVBoxLayout, QWidget

from captionviewer.core.amounts import signed
from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.inspection.corpus import draw_corpus, knock_out_features
from captionviewer.core.inspection.knock_out import captions_without, changes_by_unit, num_changed
from captionviewer.core.inspection.states import corpus_states
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.latest_work import LatestWork
from captionviewer.ui.session.corpus_job import CorpusJob, Progress
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import labelled, words_label
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.worker import Cancelled

ZERO, MEAN = "0", "its mean over val"


@dataclass
class _Kept:
    """What holds for one model and its data, worked out once."""

    model: CaptioningRNN
    dataset: CocoDataset
    features: FloatArray
    usual: IntArray
    means: FloatArray | None = None  # (H,) of h over the corpus


@dataclass(frozen=True)
class _Without:
    """One unit's knock-out."""

    kept: _Kept
    usual: str
    changed: str
    count: int
    value: float


class KnockOutPart(QWidget):
    """Holds one unit of h at 0 or at its mean, on request all of them one after another."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._sample: CaptionSample | None = None
        self._unit = -1
        self._kept: _Kept | None = None
        self._all: dict[str, tuple[CaptioningRNN, IntArray]] = {}  # by what units are held at
        self._without: _Without | None = None
        self._job = CorpusJob(session, "knocking out every unit", self)
        self._work: LatestWork[_Without | None] = LatestWork(session, "knocking out a unit")
        self.value_choice = QComboBox()
        self.value_choice.addItems([ZERO, MEAN])
        self.value_choice.setAccessibleName("What the unit is held at")
        self.value_choice.currentIndexChanged.connect(lambda _index: self._ask())
        self.all_button = QPushButton("Compare with every unit")
        self.all_button.setToolTip("Knocks out one unit after another: the median is what to expect of any")
        self.all_button.clicked.connect(self.compare)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(self.cancel)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setAccessibleName("Progress of knocking out every unit")
        self.caption = words_label("knock_out_caption")
        self.count = words_label("knock_out_count")
        flow = FlowLayout(gap=8, line_gap=4)
        flow.addWidget(labelled("Knock-out: h held at", self.value_choice))
        for widget in (self.all_button, self.progress, self.cancel_button):
            flow.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(flow)
        column.addWidget(self.caption)
        column.addWidget(self.count)
        self._job.progressed.connect(lambda share: self.progress.setValue(round(1000 * share)))
        session.dataset_changed.connect(self.forget)
        self._refresh()

    def show_unit(self, sample: CaptionSample | None, unit: int) -> None:
        """Knock out a unit in the caption of a sample; None leaves all as it is and ends the work."""
        same = sample is self._sample and unit == self._unit
        self._sample, self._unit = sample, unit
        if sample is None:
            self._work.drop()
            self.cancel()
        elif not same:
            self._ask()

    def forget(self) -> None:
        """Know nothing of the model any more."""
        self._sample = self._kept = self._without = None
        self._all = {}
        self._refresh()

    def _ask(self) -> None:
        sample, unit, dataset = self._sample, self._unit, self._session.data.dataset
        if sample is None or dataset is None:
            return
        model, to_mean, before = sample.current.model, self.value_choice.currentText() == MEAN, self._kept
        if self._without is not None and self._without.kept.model is not model:
            self._without = None

        def work(cancelled: Cancelled) -> _Without | None:
            with one_library_thread():
                return knocked_out(cancelled)

        longest = dataset.vocabulary.longest_caption

        def knocked_out(cancelled: Cancelled) -> _Without | None:
            kept = before
            if kept is None or kept.model is not model or kept.dataset is not dataset:
                features = knock_out_features(dataset)
                kept = _Kept(model, dataset, features, model.sample(features, longest))
            if to_mean and kept.means is None:
                kept.means = _means(model, dataset, cancelled)
            if cancelled() or (to_mean and kept.means is None):
                return None
            value = float(kept.means[unit]) if to_mean and kept.means is not None else 0.0
            changed = captions_without(model, sample.features[np.newaxis], [unit], value, longest)[0]
            usual = model.sample(sample.features[np.newaxis], longest)[0]
            count = num_changed(model, kept.features, kept.usual, unit, value)
            words = sample.vocabulary
            return _Without(kept, caption_text(usual, words), caption_text(changed, words), count, value)

        def done(without: _Without | None) -> None:
            if without is not None:
                self._kept, self._without = without.kept, without
            self._refresh()

        self._work.ask(work, done, self._failed)

    def _failed(self, error: Exception) -> None:
        self._session.problem.emit(f"The unit could not be knocked out. {error}")
        self._refresh()

    # ---- every unit ----------------------------------------------------------------------------

    def compare(self) -> None:
        """Knock out every unit, one after another."""
        kept, held_at = self._kept, self.value_choice.currentText()
        if kept is None or self._job.is_busy:
            return
        means = kept.means if held_at == MEAN else None

        def work(progress: Progress) -> IntArray | None:
            with one_library_thread():  # these products are too small to share
                return changes_by_unit(kept.model, kept.features, means, progress, kept.usual.shape[1])

        def done(counts: IntArray | None) -> None:
            if counts is not None:
                of_this = {value: each for value, each in self._all.items() if each[0] is kept.model}
                self._all = {**of_this, held_at: (kept.model, counts)}
            self._refresh()

        self._job.start(work, done, self._failed)
        self._refresh()

    def cancel(self) -> None:
        """End the comparison under way."""
        if self._job.is_busy:
            self._job.cancel()
            self._refresh()

    # ---- words ---------------------------------------------------------------------------------

    def _refresh(self) -> None:
        without, busy = self._without, self._job.is_busy
        counts = self._counts()
        self.all_button.setVisible(not busy and counts is None)
        self.all_button.setEnabled(without is not None)
        self.progress.setVisible(busy)
        self.cancel_button.setVisible(busy)
        if without is None:
            self.caption.setText("…")
            self.count.setText("")
            return
        at = "" if without.value == 0 else f" ({signed(without.value)})"
        held = f"{self.value_choice.currentText()}{at}"
        if without.usual == without.changed:
            self.caption.setText(f"Held at {held}, the greedy caption of this photo stays: {without.usual}")
        else:
            self.caption.setText(
                f"As it is: {without.usual or '–'}\nHeld at {held}: {without.changed or '–'}"
            )
        photos = len(without.kept.features)
        words = f"Of {photos} photos of val, {without.count} get another greedy caption."
        if counts is not None:
            words += (
                f" Over all {len(counts)} units the median is {np.median(counts):g}"
                f" ({counts.min()} to {counts.max()})."
            )
        self.count.setText(words)

    def _counts(self) -> IntArray | None:
        found = self._all.get(self.value_choice.currentText())
        if found is None or self._without is None or found[0] is not self._without.kept.model:
            return None
        return found[1]


def _means(model: CaptioningRNN, dataset: CocoDataset, cancelled: Cancelled) -> FloatArray | None:
    """The mean (H,) of h over the corpus; None if cancelled."""
    corpus = draw_corpus(dataset)
    states = corpus_states(
        model, corpus.features, corpus.fed(dataset.vocabulary), "h", lambda _share: not cancelled()
    )
    return None if states is None else states.values.mean(axis=0, dtype=np.float64)
