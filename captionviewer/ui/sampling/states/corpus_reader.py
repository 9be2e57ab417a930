"""Reads the captions of val through a model, once for each model, data set and quantity."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.inspection.corpus import Corpus, draw_corpus
from captionviewer.core.inspection.states import CorpusStates, corpus_states
from captionviewer.core.network.cells import Quantity
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.ui.session.corpus_job import CorpusJob, Progress
from captionviewer.ui.session.models import CurrentModel, NamedModel
from captionviewer.ui.session.session import Session


@dataclass(frozen=True)
class ReadCorpus:
    """What a pass over the corpus found, and of which model and data."""

    of: NamedModel
    dataset: CocoDataset
    corpus: Corpus
    states: CorpusStates


class CorpusReader(QObject):
    """Keeps what was read of the last model, a quantity at a time; one pass runs at once."""

    changed = Signal()  # something was read, or a pass began or ended
    progressed = Signal(float)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._kept: dict[Quantity, ReadCorpus] = {}
        self._job = CorpusJob(session, "reading val for its units", self)
        self._job.progressed.connect(self.progressed)
        self.trouble = ""
        session.dataset_changed.connect(self.forget)

    @property
    def is_busy(self) -> bool:
        """Whether a pass is under way."""
        return self._job.is_busy

    def read(self, quantity: Quantity) -> ReadCorpus | None:
        """What was read of a quantity last, of whichever model."""
        return self._kept.get(quantity)

    def start(self, current: CurrentModel, quantity: Quantity) -> None:
        """Read the corpus through a model, in place of a pass under way; nothing where that is done."""
        dataset = self._session.data.dataset
        if dataset is None or self._is_kept(current, dataset, quantity):
            return
        self.cancel()
        same = [kept.corpus for kept in self._kept.values() if kept.dataset is dataset]

        def work(progress: Progress) -> ReadCorpus | None:
            corpus = same[0] if same else draw_corpus(dataset)
            with one_library_thread():  # these products are too small to share
                fed = corpus.fed(dataset.vocabulary)
                states = corpus_states(current.model, corpus.features, fed, quantity, progress)
            return None if states is None else ReadCorpus(NamedModel(current), dataset, corpus, states)

        def done(read: ReadCorpus | None) -> None:
            if read is not None:
                of_this = {name: kept for name, kept in self._kept.items() if kept.of.is_of(current)}
                self._kept = {**of_this, quantity: read}
            self.changed.emit()

        def failed(error: Exception) -> None:
            self.trouble = f"The captions of val could not be read. {error}"
            self.changed.emit()

        self.trouble = ""
        self._job.start(work, done, failed)
        self.changed.emit()

    def _is_kept(self, current: CurrentModel, dataset: CocoDataset, quantity: Quantity) -> bool:
        kept = self._kept.get(quantity)
        return kept is not None and kept.of.is_of(current) and kept.dataset is dataset

    def cancel(self) -> None:
        """End the pass under way; what was read before stays."""
        if self._job.is_busy:
            self._job.cancel()
            self.changed.emit()

    def forget(self) -> None:
        """Other data is open."""
        self.cancel()
        self._kept, self.trouble = {}, ""
        self.changed.emit()
