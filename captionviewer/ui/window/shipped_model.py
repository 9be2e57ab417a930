"""The model of the run that comes with the program: what Sampling shows of the storybook at first."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.saved.model_file import SavedModel, fits, rows_trained_on
from captionviewer.core.user_folders import is_shipped_book
from captionviewer.ui import actions
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.worker import Cancelled, Job

LABEL = "that comes with captionviewer"


class ShippedModel(QObject):
    """Puts it in the place of an untrained model when the storybook is opened, read in a thread.

    Attributes
    ----------
    untrained_action : QAction
        Checked while the network is shown as it was before training; of use only while nothing else was
        trained or opened.
    """

    def __init__(self, session: Session, owner: QWidget) -> None:
        super().__init__(owner)
        self._session = session
        self._job: Job | None = None
        self._shipped: CurrentModel | None = None
        self._untrained: CurrentModel | None = None
        self.untrained_action = actions.make(actions.SHOW_UNTRAINED, self)
        self.untrained_action.triggered.connect(self._show)
        session.dataset_changed.connect(self._load)
        session.model_changed.connect(self._enable)
        session.run_changed.connect(self._enable)
        self._enable()

    def _load(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._shipped = self._untrained = None
        self._enable()
        session, dataset = self._session, self._session.data.dataset
        if dataset is None or not is_shipped_book(dataset.folder):
            return

        def work(_cancelled: Cancelled) -> tuple[SavedModel, SavedModel] | None:
            return _both(dataset)

        def done(found: tuple[SavedModel, SavedModel] | None) -> None:
            self._job = None
            if found is None or session.data.dataset is not dataset:
                return
            trained, untrained = found
            self._shipped = CurrentModel(trained, ModelOrigin.SAVED, label=LABEL)
            self._untrained = CurrentModel(untrained, ModelOrigin.UNTRAINED)
            model = session.models.current
            is_free = model is None or model.origin is ModelOrigin.UNTRAINED
            if is_free and not session.runs.is_training:
                session.models.set(self._shipped)
            self._enable()

        def failed(error: Exception) -> None:
            self._job = None  # the untrained one stays, and everything works
            session.problem.emit(f"The model that comes with captionviewer can't be shown. {error}")

        self._job = session.workers.start("reading the first model", work, done, failed, brief=True)

    def _show(self) -> None:
        wanted = self._untrained if self.untrained_action.isChecked() else self._shipped
        if wanted is not None:
            self._session.models.set(wanted)

    def _enable(self) -> None:
        model = self._session.models.current
        is_untrained = model is not None and model.origin is ModelOrigin.UNTRAINED
        can = self._shipped is not None and (is_untrained or model is self._shipped)
        self.untrained_action.setEnabled(can and not self._session.runs.is_training)
        self.untrained_action.setChecked(is_untrained)


def _both(dataset: CocoDataset) -> tuple[SavedModel, SavedModel] | None:
    """The shipped model, and the one that it was before training; None for another storybook."""
    from captionviewer.core.saved.run_file import model_of
    from captionviewer.core.saved.shipped_run import shipped_run

    record = shipped_run()
    trained = model_of(record)
    if trained is None or fits(trained, dataset) is not None or not len(rows_trained_on(trained, dataset)):
        return None
    model = record.settings.new_model(dataset.vocabulary.word_to_idx, dataset.feature_dim)
    return trained, SavedModel.untrained(model, record.settings, dataset)
