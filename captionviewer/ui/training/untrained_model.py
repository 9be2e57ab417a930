"""The network before any training, as the form would make it: what Sampling shows until a run begins."""

from PySide6.QtCore import QObject, QTimer

from captionviewer.core.saved.model_file import SavedModel
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.worker import Cancelled, Job

REST_MS = 200  # a number is being typed until it has come to rest for so long


class UntrainedModel(QObject):
    """Keeps the session's untrained network of the cell, the sizes and the seed that the form shows.

    A large one takes seconds to draw, so it is made in a thread; a later one takes its place.
    A model that was trained or opened is never touched.
    """

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._settings = TrainingSettings()
        self._job: Job | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._make)

    def follow(self, settings: TrainingSettings, *, at_once: bool = False) -> None:
        """Let the untrained network be one of these settings, soon or `at_once`."""
        self._settings = settings
        if at_once:
            self._make()
        else:
            self._rest.start()

    def _is_wanted(self) -> bool:
        model = self._session.models.current
        if model is None or model.origin is not ModelOrigin.UNTRAINED or self._session.runs.run is not None:
            return False
        return model.saved.settings.drawn_by() != self._settings.drawn_by()

    def _make(self) -> None:
        self._rest.stop()
        if self._job is not None:
            self._job.cancel()
            self._job = None
        dataset, settings = self._session.data.dataset, self._settings
        if dataset is None or not self._is_wanted():
            return

        def work(_cancelled: Cancelled) -> SavedModel:
            model = settings.new_model(dataset.vocabulary.word_to_idx, dataset.feature_dim)
            return SavedModel.untrained(model, settings, dataset)

        def done(saved: SavedModel) -> None:
            self._job = None
            if self._session.data.dataset is dataset and self._is_wanted():
                self._session.models.set(CurrentModel(saved, ModelOrigin.UNTRAINED))

        def failed(error: Exception) -> None:
            self._job = None
            if not isinstance(error, MemoryError):  # the one that was there is as good until a run begins
                self._session.problem.emit(f"The untrained network could not be made: {error!r}.")

        self._job = self._session.workers.start("making a network", work, done, failed, brief=True)
