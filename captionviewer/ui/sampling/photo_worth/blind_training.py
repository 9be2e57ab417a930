"""A network trained without photos beside the one that is shown: found on the shelf, or trained."""

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.saved.model_file import SavedModel
from captionviewer.core.saved.run_shelf import RunShelf, ShelfKeeper
from captionviewer.core.training.events import RunFailed, RunState
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import DataFacts, TrainingSettings
from captionviewer.ui.session.session import Session
from captionviewer.ui.worker import Cancelled, Job

LOOK_MS = 200
STOPPED = "It was stopped before its end: go on with it in Training's view Runs; only a finished one is used."


class BlindTraining(QObject):
    """Gets the blind twin of a model: the same settings, data and seed, features of zero in training."""

    changed = Signal()  # what is under way, or its end
    progressed = Signal(float)  # the share that is done

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._run: TrainingRun | None = None
        self._job: Job | None = None
        self._wanted: tuple[SavedModel, CocoDataset] | None = None
        self.model: CaptioningRNN | None = None
        self._of: tuple[TrainingSettings, str] | None = None  # settings and data of whose twin `model` is
        self.words = ""  # what became of the last try
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK_MS)
        self._clock.timeout.connect(self._look)

    @property
    def is_busy(self) -> bool:
        """Whether it is being looked for or trained."""
        return self._job is not None or self._run is not None

    @property
    def is_training(self) -> bool:
        """Whether it is trained, because none was found."""
        return self._run is not None

    def obstacle(self, saved: SavedModel, dataset: CocoDataset) -> str:
        """Why no twin of a model can be trained now, in words for people; "" when one can."""
        if self._session.runs.is_training:
            return "A run is going on: end it first."
        if saved.settings.blind:
            return "This network was trained without photos itself."
        if not saved.iteration:
            return "This network was not trained."
        problems = blind_settings(saved).problems(DataFacts.of(dataset))
        return next(iter(problems.values()), "")

    def is_of(self, saved: SavedModel) -> bool:
        """Whether `model` is the twin of this model, or of another state of its run."""
        return self.model is not None and self._of == (saved.settings, saved.data_digest)

    def start(self, saved: SavedModel, dataset: CocoDataset) -> None:
        """Get the twin: `changed` tells when it is there, or why not."""
        self.cancel()
        self.model, self._of, self.words = None, (saved.settings, saved.data_digest), ""
        self._wanted = (saved, dataset)
        shelf = self._session.runs.shelf

        def work(_cancelled: Cancelled) -> CaptioningRNN | None:
            return _kept(shelf, blind_settings(saved), saved.data_digest)

        self._job = self._session.workers.start("looking for a blind run", work, self._found, self._failed)
        self.changed.emit()

    def cancel(self) -> None:
        """End what is under way, without waiting; a run is kept as far as it came."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if self._run is not None:
            self._run.stop()
            self._run = None
        self._clock.stop()
        self.changed.emit()

    def forget(self) -> None:
        """Other data is open: end what is under way, and know no twin."""
        self.model = self._of = self._wanted = None
        self.cancel()

    def _found(self, model: CaptioningRNN | None) -> None:
        assert self._wanted is not None
        (saved, dataset), self._wanted, self._job = self._wanted, None, None
        if model is not None:
            self.model, self.words = model, "It was trained before and kept."
            self.changed.emit()
            return
        run = TrainingRun(blind_settings(saved), dataset, keep=ShelfKeeper(self._session.runs.shelf))
        self._run = run
        self._session.runs.begin_beside(run)
        self._clock.start()
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self._job = self._wanted = None
        self.words = f"The kept runs could not be read. {error}"
        self.changed.emit()

    def _look(self) -> None:
        run = self._run
        if run is None:
            return
        progress = run.progress()
        self.progressed.emit(progress.iteration / max(progress.num_iterations, 1))
        if run.state.is_live or not run.wait(0):
            return
        self._clock.stop()
        self._run = None
        snapshot = run.snapshot()
        if run.state is RunState.FINISHED and snapshot is not None:
            self.model, self.words = snapshot.model, "It is kept with the other runs."
        else:
            failed = next((event for event in run.take_events() if isinstance(event, RunFailed)), None)
            self.words = failed.reason if failed is not None else STOPPED
        self.changed.emit()


def blind_settings(saved: SavedModel) -> TrainingSettings:
    """The settings of a model's blind twin."""
    return replace(saved.settings, blind=True)


def _kept(shelf: RunShelf, settings: TrainingSettings, digest: str) -> CaptioningRNN | None:
    """The model of a run of these settings on this data, if there is one on the shelf.

    Only a finished one: a twin that learned less would make the photo worth too much.
    """
    for run in shelf.runs():
        if run.settings == settings and run.data_digest == digest and run.outcome == "finished":
            try:
                record = shelf.open(run.key)
            except (CaptionviewerError, OSError):
                continue  # damaged, or gone meanwhile
            if record.model is not None and record.model_iteration == record.num_iterations:
                return record.model
    return None
