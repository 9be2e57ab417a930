"""What the views of a model's words share: the button that reads val, its progress, and what it has found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QProgressBar, QPushButton

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.inspection.corpus import Corpus, draw_corpus
from captionviewer.core.inspection.word_frequency import captions_of_training
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.saved.model_file import rows_trained_on
from captionviewer.ui.session.corpus_job import CorpusJob, Progress
from captionviewer.ui.session.models import ModelOrigin, NamedModel
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.flow_layout import FlowLayout

T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """What a pass reads: val, and the captions (n, T) that the model, which is only named, learned from."""

    of: NamedModel
    dataset: CocoDataset
    corpus: Corpus
    trained_on: IntArray
    which: str  # captions those are, in words

    @property
    def words(self) -> str:
        """How a figure was made, in a sentence."""
        which = "all" if self.corpus.is_whole else "drawn"
        captions = f"{len(self.corpus.captions):,} captions of val ({which})"
        return f"Of {self.of.words}; over {captions}; frequency in {self.which}."


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What was found, and of what."""

    asked: Asked
    found: T


class ValPass(QObject, Generic[T]):
    """Reads val with the session's model when its button is pressed, and keeps the last answer."""

    changed = Signal()  # a pass began or ended, another model is shown, or other data is open

    def __init__(
        self,
        session: Session,
        name: str,
        button: str,
        tip: str,
        read: Callable[[CaptioningRNN, Asked, Progress], T | None],
    ) -> None:
        """Make the button.

        Parameters
        ----------
        name
            what is done, for people ("reading val for its words").
        button, tip
            the words of the button.
        read
            called in a thread with the model; None where it was ended.
        """
        super().__init__()
        self._session, self._read = session, read
        self.answer: Answer[T] | None = None
        self.trouble = ""
        self._job = CorpusJob(session, name, self)
        self.button = QPushButton(button)
        self.button.setToolTip(tip)
        self.button.clicked.connect(self.start)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(self.cancel)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setAccessibleName("Progress of reading val")
        self._job.progressed.connect(lambda share: self.progress.setValue(round(1000 * share)))
        self.row = FlowLayout(gap=10, line_gap=4)
        for widget in (self.button, self.progress, self.cancel_button):
            self.row.addWidget(widget)
        session.model_changed.connect(self._refresh)
        session.dataset_changed.connect(self._forget)
        # Nothing is shown here: a button that nobody owns yet would be a window.
        self.progress.hide()
        self.cancel_button.hide()
        self.button.setEnabled(session.models.current is not None)

    @property
    def is_busy(self) -> bool:
        """Whether val is being read."""
        return self._job.is_busy

    @property
    def is_old(self) -> bool:
        """Whether the answer is of another model than the session's."""
        return self.answer is not None and not self.answer.asked.of.is_of(self._session.models.current)

    def start(self) -> None:
        """Read val with the model that is shown now."""
        dataset, current = self._session.data.dataset, self._session.models.current
        if dataset is None or current is None or self.is_busy:
            return

        def work(progress: Progress) -> Answer[T] | None:
            untrained = current.origin is ModelOrigin.UNTRAINED
            rows = current.saved.caption_rows[:0] if untrained else rows_trained_on(current.saved, dataset)
            trained_on, which = captions_of_training(dataset, rows)
            asked = Asked(NamedModel(current), dataset, draw_corpus(dataset), trained_on, which)
            with one_library_thread():  # beside a run, a second thread of the library is waited for in vain
                found = self._read(current.model, asked, progress)
            return None if found is None else Answer(asked, found)

        def done(answer: Answer[T] | None) -> None:
            if answer is not None:
                self.answer = answer
            self._refresh()

        def failed(error: Exception) -> None:
            known = isinstance(error, CaptionviewerError | ValueError | OSError)
            words = str(error) if known else f"{error!r}. This is a fault of captionviewer."
            self.trouble = f"Val could not be read: {words}"
            self._refresh()

        self.trouble = ""
        self._job.start(work, done, failed)
        self._refresh()

    def cancel(self) -> None:
        """Read no further; what was found before stays."""
        self._job.cancel()
        self._refresh()

    def _forget(self) -> None:
        self._job.cancel()
        self.answer, self.trouble = None, ""
        self._refresh()

    def _refresh(self) -> None:
        busy = self.is_busy
        self.button.setVisible(not busy)
        self.button.setEnabled(self._session.models.current is not None)
        self.progress.setVisible(busy)
        self.cancel_button.setVisible(busy)
        self.changed.emit()
