"""The view Rank: the words of train by rank, and what a smaller vocabulary would leave and save."""

from dataclasses import dataclass, replace

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QPushButton, QSpinBox, QWidget

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import UNK
from captionviewer.core.coco.word_ranks import WordRanks
from captionviewer.core.network.cells import CELLS
from captionviewer.core.training.settings import DataFacts, TrainingSettings
from captionviewer.ui.data.words.rank_plot import RankPlot
from captionviewer.ui.look.numbers import counted
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import labelled, lay_out_plot, words_label
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.worker import Cancelled, Job


@dataclass(frozen=True)
class _Counted:
    dataset: CocoDataset
    ranks: WordRanks
    facts: DataFacts


class RankView(QWidget):
    """Counts in a thread when it is first seen with a data set."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._counted: _Counted | None = None
        self._job: Job | None = None
        self.plot = RankPlot(session)
        self.kept_field = QSpinBox()
        self.kept_field.setObjectName("words_kept")
        self.kept_field.setAccessibleName("Words that are kept")
        self.kept_field.setGroupSeparatorShown(True)
        self.all_button = QPushButton("All words")
        self.all_button.setObjectName("keep_all_words")
        self.all_button.setToolTip("Move the line to the end of the vocabulary of this data")
        self.words = words_label("rank_words")
        head = FlowLayout(gap=10, line_gap=4)
        head.addWidget(labelled("Words kept", self.kept_field))
        head.addWidget(self.all_button)
        lay_out_plot(self, head, self.plot, self.words)
        self.plot.cut_moved.connect(self.kept_field.setValue)
        self.kept_field.valueChanged.connect(self._cut)
        self.all_button.clicked.connect(lambda: self.kept_field.setValue(self.kept_field.maximum()))
        session.dataset_changed.connect(self._forget)
        session.model_changed.connect(self._say)
        self._forget()

    def _forget(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._show(None)
        if self.isVisible():
            self._count()

    def showEvent(self, event: QShowEvent) -> None:
        """Count what nobody looked at until now."""
        super().showEvent(event)
        self._count()

    def _count(self) -> None:
        dataset = self._session.data.dataset
        if dataset is None or self._counted is not None or self._job is not None:
            return

        def work(_cancelled: Cancelled) -> _Counted:
            return _Counted(dataset, dataset.split("train").word_ranks, DataFacts.of(dataset))

        def done(found: _Counted) -> None:
            self._job = None
            self._show(found)

        def failed(error: Exception) -> None:
            self._job = None
            self._session.problem.emit(
                f"Words could not be counted: {error!r}. This is a fault of captionviewer."
            )

        self._job = self._session.workers.start("ranking words", work, done, failed, brief=True)

    def _show(self, found: _Counted | None) -> None:
        self._counted = found
        there = found is not None and len(found.ranks.words) > 0
        self.kept_field.setEnabled(there)
        self.all_button.setEnabled(there)
        if found is None or not there:
            self.plot.show_ranks(None, None)
        else:
            self.plot.show_ranks(found.ranks, found.dataset.vocabulary)
            blocked = self.kept_field.blockSignals(True)
            self.kept_field.setRange(1, len(found.ranks.words))
            self.kept_field.setValue(len(found.ranks.words))
            self.kept_field.blockSignals(blocked)
        self._say()

    def _cut(self, kept: int) -> None:
        self.plot.show_cut(kept)
        self._say()

    def _say(self) -> None:
        found = self._counted
        if found is None:
            said = "Counting words…" if self._session.data.dataset is not None else "No data set is open."
        else:
            current = self._session.models.current
            said = cut_words(
                found.ranks,
                found.dataset.vocabulary.idx_to_word,
                self.plot.kept,
                None if current is None else current.saved.settings,
                found.facts,
            )
        self.words.setText(said)
        self.plot.setAccessibleDescription(said)


def cut_words(
    ranks: WordRanks,
    idx_to_word: tuple[str, ...],
    kept: int,
    settings: TrainingSettings | None,
    facts: DataFacts,
) -> str:
    """What a vocabulary of the `kept` most frequent words covers, leaves unknown, and saves."""
    R = len(ranks.words)
    if not R:
        return "The vocabulary has no words."
    count = int(ranks.counts[kept - 1])
    last = f"the last, “{idx_to_word[ranks.words[kept - 1]]}”, is said {counted(count, 'time')} in train"
    whole = f"All {R:,} words of this data" if kept == R else f"The {counted(kept, 'most frequent word')}"
    said = (
        f"{whole} ({last}): {100 * ranks.covered_share(kept):.1f} % of the words said are covered, and"
        f" {100 * ranks.unknown_caption_share(kept):.1f} % of captions have {UNK}."
    )
    if kept == R:
        hidden = ranks.num_words - int(ranks.covered[R])
        if hidden:
            said += (
                f" Which words the {hidden:,} {UNK} were this data does not say: no larger cut can be shown."
            )
    elif settings is not None:
        all_of_it = settings.num_parameters(facts)
        cut = settings.num_parameters(replace(facts, vocabulary_size=facts.vocabulary_size - (R - kept)))
        said += (
            f" It saves {all_of_it - cut:,} of {all_of_it:,} parameters"
            f" ({100 * (all_of_it - cut) / all_of_it:.1f} %) of {_of(settings)}: a word is a row of the"
            " embedding, a column of the scores and a bias."
        )
    return said


def _of(settings: TrainingSettings) -> str:
    cell = CELLS[settings.cell_type].name
    return f"this {cell} with {settings.hidden_dim:,} units and word vectors of {settings.wordvec_dim:,}"
