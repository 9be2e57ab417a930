"""What the panels share: the data set, the selected photo, the current model and the training run."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from captionviewer.core.coco.dataset import CocoDataset, FeatureKind, PhotoRecord, Split
from captionviewer.core.training.run import TrainingRun
from captionviewer.ui.photos.own_picture import OwnPicture
from captionviewer.ui.photos.photo_loader import PhotoLoader
from captionviewer.ui.session.data import OpenData
from captionviewer.ui.session.decoding import ChosenDecoding
from captionviewer.ui.session.free_memory import FreeMemory
from captionviewer.ui.session.images import Images
from captionviewer.ui.session.models import CurrentModel, Models
from captionviewer.ui.session.runs import Runs
from captionviewer.ui.session.selection_history import SelectionHistory
from captionviewer.ui.settings import Settings
from captionviewer.ui.worker import Workers


class Session(QObject):
    """The one object that the panels share; it tells them of every change.

    Each part knows one thing (`data`, `images`, `models`, `runs`); what the panels ask most is answered here,
    and every signal is here. Nothing can be set without one: what is public is read only. How captions are
    written is `decoding`, which tells of its changes itself.
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
        self._record: PhotoRecord | None = None
        self._own: OwnPicture | None = None
        self._history = SelectionHistory()
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
    def decoding(self) -> ChosenDecoding:
        """Knows how captions are written."""
        return self._decoding

    # ---- data ------------------------------------------------------------------------------

    @property
    def dataset(self) -> CocoDataset | None:
        """The data set that is open."""
        return self._data.dataset

    @property
    def opening(self) -> str:
        """What is being opened right now, for people; "" for nothing."""
        return self._data.opening

    @property
    def opening_share(self) -> float | None:
        """How much of the unpacking is done, while it goes on."""
        return self._data.opening_share

    def open_folder(
        self,
        folder: Path,
        features: FeatureKind | None = None,
        *,
        else_storybook: bool = False,
        in_characters: bool = False,
    ) -> None:
        """Open a data folder, as `OpenData.open_folder`."""
        self._data.open_folder(folder, features, else_storybook=else_storybook, in_characters=in_characters)

    def open_storybook(self, *, by_hand: bool = True) -> None:
        """Open the pictures that come with the program, as `OpenData.open_storybook`."""
        self._data.open_storybook(by_hand=by_hand)

    def _data_opened(self) -> None:
        dataset = self._data.dataset
        assert dataset is not None
        self._images.follow(dataset)
        self._record = self._own = None
        self._history.clear()
        self._models.follow(dataset)
        self._decoding.set(self._decoding.value.for_vocabulary(dataset.vocabulary))
        self.dataset_changed.emit()
        self.selection_changed.emit()
        self.subject_changed.emit()
        self.model_changed.emit()

    def recent_folders(self) -> list[str]:
        """Return the folders opened before, newest first."""
        return self._data.recent_folders()

    @property
    def image_folder(self) -> Path | None:
        """Where photos on disk are looked for: the user's choice, else the data folder's own."""
        return self._images.folder

    @property
    def has_own_image_folder(self) -> bool:
        """Whether the user chose an image folder."""
        return self._images.has_own_folder

    def set_image_folder(self, folder: Path | None, *, remember: bool = True) -> None:
        """Take photos from the user's own COCO image folder first (None: no folder)."""
        self._images.set_folder(folder, remember=remember)

    # ---- selection -------------------------------------------------------------------------

    @property
    def record(self) -> PhotoRecord | None:
        """The selected photo."""
        return self._record

    def select(self, record: PhotoRecord | None) -> None:
        """Select a photo everywhere."""
        if record != self._record:
            self._history.changed(self._record)
            self._select(record)
        else:
            self.show_selected()

    @property
    def can_go_back(self) -> bool:
        """Whether another photo was selected before."""
        return self._history.can_go_back

    @property
    def can_go_forward(self) -> bool:
        """Whether one has gone back from a photo."""
        return self._history.can_go_forward

    def select_previous(self) -> None:
        """Go back to the photo that was selected before this one."""
        if self._history.can_go_back:
            self._select(self._history.back(self._record))

    def select_next(self) -> None:
        """Go forward to the photo that was gone back from."""
        if self._history.can_go_forward:
            self._select(self._history.forward(self._record))

    def _select(self, record: PhotoRecord | None) -> None:
        self._record, self._own = record, None
        self.selection_changed.emit()
        self.subject_changed.emit()

    @property
    def subject(self) -> PhotoRecord | None:
        """What Sampling shows: the selected photo, or a picture of no data set."""
        return self._own or self._record

    def show_picture(self, picture: OwnPicture) -> None:
        """Have Sampling show a picture that is in no data set, until a photo is selected."""
        self._own = picture
        self.subject_changed.emit()

    def show_selected(self) -> None:
        """Have Sampling show the selected photo again."""
        if self._own is not None:
            self._own = None
            self.subject_changed.emit()

    # ---- model and training ----------------------------------------------------------------

    @property
    def model(self) -> CurrentModel | None:
        """The model that Sampling shows."""
        return self._models.current

    @property
    def has_unsaved_model(self) -> bool:
        """Whether there is a trained model that is in no file of the user's."""
        return self._models.has_unsaved

    def set_model(self, model: CurrentModel) -> None:
        """Make another model the current one."""
        self._models.set(model)

    def trained_captions(self) -> frozenset[int]:
        """Return the train caption rows that the current model has been trained on."""
        return self._models.trained_captions()

    def trained_photos(self, split: Split) -> frozenset[int]:
        """Return the image rows of a split that the current model has been trained on."""
        return self._models.trained_photos(split)

    def save_model(self, path: Path, then: Callable[[bool], None] = lambda _saved: None) -> None:
        """Write the current model to a file in a thread, as `Models.save`."""
        self._models.save(path, then)

    def open_model(self, path: Path) -> None:
        """Open a model file in a thread, as `Models.open`."""
        self._models.open(path)

    @property
    def run(self) -> TrainingRun | None:
        """The live training run."""
        return self._runs.run

    def set_run(self, run: TrainingRun | None) -> None:
        """Tell of a training run that begins, or (None) that none is live any more."""
        self._runs.set(run)

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
