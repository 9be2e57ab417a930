"""What the photo is worth over val: read on request, and a network trained blind to hold it against."""

from PySide6.QtCore import QObject, Signal

from captionviewer.core.inspection.corpus import SEED, Corpus
from captionviewer.core.inspection.photo_worth import BlindWorth, PhotoWorth, blind_surprises, photo_worth
from captionviewer.ui.sampling.photo_worth.blind_training import BlindTraining
from captionviewer.ui.sampling.photo_worth.said_of_photos import SaidOfPhotos
from captionviewer.ui.session.corpus_job import CorpusJob, Progress
from captionviewer.ui.session.models import NamedModel
from captionviewer.ui.session.session import Session


class WorthOverVal(QObject):
    """Keeps the figures of the last model that was measured, until others are or other data is open."""

    changed = Signal()  # a pass or a training began or ended
    progressed = Signal(float)  # the share that is done

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.worth: PhotoWorth | None = None
        self.blind_worth: BlindWorth | None = None
        self.measured: NamedModel | None = None  # whose figures these are
        self.corpus: Corpus | None = None  # what they were read over
        self._wanted: SaidOfPhotos | None = None  # whose blind twin is awaited
        self._job = CorpusJob(session, "measuring the photo's worth", self)
        self._job.progressed.connect(self.progressed)
        self.blind = BlindTraining(session, self)
        self.blind.progressed.connect(self.progressed)
        self.blind.changed.connect(self._blind_changed)

    @property
    def is_busy(self) -> bool:
        """Whether val is being read, or a twin got."""
        return self._job.is_busy or self.blind.is_busy

    def measure(self, said: SaidOfPhotos) -> None:
        """Read val with each source of photos; with the blind twin too, where there is one."""
        if self._job.is_busy:
            return
        current, corpus = said.sample.current, said.photos.corpus
        blind = self.blind.model if self.blind.is_of(current.saved) else None

        def work(progress: Progress) -> tuple[PhotoWorth, BlindWorth | None] | None:
            worth = photo_worth(current.model, corpus, SEED, progress)
            if worth is None or blind is None:
                return None if worth is None else (worth, None)
            read = blind_surprises(blind, corpus, progress)
            return None if read is None else (worth, BlindWorth(read, worth.surprises["true"]))

        def done(found: tuple[PhotoWorth, BlindWorth | None] | None) -> None:
            if found is not None:
                self.worth, self.blind_worth = found
                self.measured, self.corpus = NamedModel(current), corpus
            self.changed.emit()

        def failed(error: Exception) -> None:
            self._session.problem.emit(f"The photo could not be replaced by others. {error}")
            self.changed.emit()

        self._job.start(work, done, failed)
        self.changed.emit()

    def train_blind(self, said: SaidOfPhotos) -> None:
        """Train the same network without photos beside, then measure both over val."""
        dataset, saved = self._session.data.dataset, said.sample.current.saved
        if dataset is None or self.is_busy:
            return
        if self.blind.is_of(saved):
            self.measure(said)
        elif not self.blind.obstacle(saved, dataset):
            self._wanted = said
            self.blind.start(saved, dataset)

    def _blind_changed(self) -> None:
        wanted = self._wanted
        if wanted is not None and not self.blind.is_busy and self.blind.is_of(wanted.sample.current.saved):
            self._wanted = None
            self.measure(wanted)
        self.changed.emit()

    def cancel(self) -> None:
        """End the reading or training under way; the figures that were there stay."""
        self._wanted = None
        if self.blind.is_busy:
            self.blind.cancel()
        if self._job.is_busy:
            self._job.cancel()
            self.changed.emit()

    def forget(self) -> None:
        """Other data is open."""
        self.cancel()
        self.blind.forget()
        self.worth = self.blind_worth = self.measured = self.corpus = None
        self.changed.emit()
