"""What the panels share: the data set, the selected photo, the current model and the training run."""

from PySide6.QtCore import QObject, Signal

from captionviewer.ui.photos.photo_loader import PhotoLoader
from captionviewer.ui.session.data import OpenData
from captionviewer.ui.session.decoding import ChosenDecoding
from captionviewer.ui.session.free_memory import FreeMemory
from captionviewer.ui.session.images import Images
from captionviewer.ui.session.models import Models
from captionviewer.ui.session.runs import Runs
from captionviewer.ui.session.selection import Selection
from captionviewer.ui.settings import Settings
from captionviewer.ui.worker import Workers


class Session(QObject):
    """The one object that the panels share; it tells them of every change.

    Each part knows one thing (`data`, `selection`, `images`, `models`, `runs`) and is asked itself; every
    signal is here, for what one part does concerns the others. Nothing can be set without one: what is public
    is read only. How captions are written is `decoding`, which tells of its changes itself.
    """

    dataset_changed = Signal()
    selection_changed = Signal()
    subject_changed = Signal()  # Sampling is to show another picture: the selected photo, or one of no data
    model_changed = Signal()
    run_changed = Signal()  # a run began, was paused, resumed or ended
    opening_changed = Signal()
    opening_progressed = Signal()  # of what is being opened, `opening_share` is done
    images_changed = Signal()  # photos come from somewhere else now
    matplotlib_ready = Signal()  # plots can be made: Matplotlib has been imported
    problem = Signal(str)  # one message for people, shown in the window until other data is open
    lasting_problem = Signal(str)  # the same, shown until the user closes it
    notice = Signal(str)  # good news or a remark, shown in the status bar

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._workers = Workers(self)
        self._photos = PhotoLoader(parent=self)
        self._selection = Selection(self.selection_changed.emit, self.subject_changed.emit)
        self._can_plot = False
        self._data = OpenData(settings, self._workers, self)
        self._images = Images(settings, self._workers, self._photos, self)
        self._runs = Runs(self)
        self._decoding = ChosenDecoding(settings, self)
        self._models = Models(self._workers, lambda: self._data.dataset, lambda: self._runs.is_training, self)
        self._data.opened.connect(self._data_opened)
        self._data.opening_changed.connect(self.opening_changed)
        self._data.opening_progressed.connect(self.opening_progressed)
        self._data.lasting_problem.connect(self.lasting_problem)
        self._images.changed.connect(self.images_changed)
        self._models.changed.connect(self.model_changed)
        self._models.notice.connect(self.notice)
        self._runs.changed.connect(lambda: self._images.spare(training=self._runs.is_training))
        self._runs.changed.connect(self.run_changed)
        for part in (self._data, self._images, self._models):
            part.problem.connect(self.problem)
        self._free_memory = FreeMemory(self._workers, self)
        self._free_memory.follow(self._workers.busy_changed, self.run_changed, self.model_changed)

    # ---- the parts -------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """What is remembered from one start to the next."""
        return self._settings

    @property
    def workers(self) -> Workers:
        """Runs work in threads."""
        return self._workers

    @property
    def photos(self) -> PhotoLoader:
        """Loads photos, wherever they come from."""
        return self._photos

    @property
    def data(self) -> OpenData:
        """Opens data sets."""
        return self._data

    @property
    def images(self) -> Images:
        """Knows where photos come from."""
        return self._images

    @property
    def models(self) -> Models:
        """Opens and saves models."""
        return self._models

    @property
    def runs(self) -> Runs:
        """Knows the live run."""
        return self._runs

    @property
    def selection(self) -> Selection:
        """Knows the selected photo and what Sampling shows."""
        return self._selection

    @property
    def decoding(self) -> ChosenDecoding:
        """Knows how captions are written."""
        return self._decoding

    # ---- other data ------------------------------------------------------------------------

    def _data_opened(self) -> None:
        dataset = self._data.dataset
        assert dataset is not None
        self._images.follow(dataset)
        self._selection.forget()
        self._models.follow(dataset)
        self._decoding.set(self._decoding.value.for_vocabulary(dataset.vocabulary))
        self.dataset_changed.emit()
        self.selection_changed.emit()
        self.subject_changed.emit()
        self.model_changed.emit()

    # ---- plots and closing -----------------------------------------------------------------

    @property
    def can_plot(self) -> bool:
        """Whether Matplotlib has been imported."""
        return self._can_plot

    def plots_can_be_made(self) -> None:
        """Tell the panels that Matplotlib has been imported."""
        self._can_plot = True
        self.matplotlib_ready.emit()

    def shut_down(self) -> bool:
        """End all that runs, within a bound; True when every thread has ended."""
        self._settings.save()  # first: whatever happens next, this is kept
        ended = self._runs.end_beside()
        ended = self._workers.shut_down() and ended
        self._images.shut_down()
        ended = self._photos.shut_down() and ended
        self._data.close()
        return ended
