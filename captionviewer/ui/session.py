"""What the panels share: the data set, the selected photo, the current model and the training run."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from captionviewer.core.captioning_rnn import CaptioningRNN
from captionviewer.core.chosen_data import remember_data_folder
from captionviewer.core.coco import CocoDataset, DataError, FeatureKind, PhotoRecord, Split
from captionviewer.core.images import PhotoStore
from captionviewer.core.model_file import (
    ModelFileError,
    SavedModel,
    fits,
    open_model,
    rows_trained_on,
    save_model,
)
from captionviewer.core.places import cache_folder
from captionviewer.core.training import TrainingRun
from captionviewer.core.training_settings import TrainingSettings
from captionviewer.ui import settings as remembered
from captionviewer.ui.photo_loader import PhotoLoader
from captionviewer.ui.settings import Settings
from captionviewer.ui.worker import Cancelled, Job, Workers


class ModelOrigin(Enum):
    """Where the current model comes from; Sampling says it."""

    UNTRAINED = "untrained"
    TRAINING = "in training"
    TRAINED = "trained"
    SAVED = "saved"


@dataclass(frozen=True)
class CurrentModel:
    """The model that Sampling shows: a frozen copy, never one that is being updated."""

    saved: SavedModel  # the model with all that a file of it holds
    origin: ModelOrigin
    path: Path | None = None  # the file it was opened from or saved to
    unsaved: bool = False  # closing would lose it

    @property
    def model(self) -> CaptioningRNN:
        """The network itself; nobody writes to it."""
        return self.saved.model

    @property
    def words(self) -> str:
        """What this model is, for people: "LSTM in training, iteration 40"."""
        cell = "RNN" if self.model.cell_type == "rnn" else "LSTM"
        count = f"iteration {self.saved.iteration:,}"
        if self.origin is ModelOrigin.UNTRAINED:
            return f"untrained {cell}"
        if self.origin is ModelOrigin.TRAINING:
            return f"{cell} in training, {count}"
        if self.path is not None:
            return f"{cell} {self.path.name}, {count}"
        return f"trained {cell}, {count}, not saved"


class Session(QObject):
    """The one object that the panels share; it tells them of every change."""

    dataset_changed = Signal()
    selection_changed = Signal()
    model_changed = Signal()
    run_changed = Signal()  # a run began, was paused, resumed or ended
    opening_changed = Signal()
    images_changed = Signal()  # photos come from somewhere else now
    matplotlib_ready = Signal()  # plots can be made: Matplotlib has been imported
    problem = Signal(str)  # one message for people, shown in the window
    notice = Signal(str)  # good news or a remark, shown in the status bar

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self.workers = Workers(self)
        self.photos = PhotoLoader(parent=self)
        self.dataset: CocoDataset | None = None
        self.record: PhotoRecord | None = None
        self.model: CurrentModel | None = None
        self.run: TrainingRun | None = None
        self.opening: str = ""  # what is being opened right now, for people
        self.can_plot = False
        self._image_folder: Path | None = None
        self._trained_key: tuple[CocoDataset, str, int] | None = None
        self._trained: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
        self._job: Job | None = None
        self._scan: Job | None = None

    # ---- data ------------------------------------------------------------------------------

    def open_folder(self, folder: Path, features: FeatureKind | None = None) -> None:
        """Open a data folder in a thread; what was open stays until the new one is known to be good."""
        if self._job is not None:
            self._job.cancel()
        kind: FeatureKind = features or ("raw" if self.settings.get(remembered.FEATURES) == "raw" else "pca")

        def work(cancelled: Cancelled) -> CocoDataset:
            dataset = CocoDataset.open(folder, kind)
            if cancelled():  # nobody will take it
                dataset.close()
            return dataset

        def failed(error: Exception) -> None:
            self._set_opening("")
            self._say_not_opened(folder, error)

        self._set_opening(f"Opening {folder.name or folder}…")
        self._job = self.workers.start(f"opening {folder.name}", work, self._opened, failed)

    def open_storybook(self) -> None:
        """Open the pictures that come with the program; the first time, they are unpacked in a thread."""

        def work(_cancelled: Cancelled) -> Path:
            from captionviewer.core.storybook import storybook_folder

            return storybook_folder()

        def failed(error: Exception) -> None:
            self._set_opening("")
            self.problem.emit(f"The storybook could not be unpacked: {error}. Is the disk full?")

        self._set_opening("Unpacking the storybook…")
        self.workers.start(
            "unpacking the storybook", work, lambda folder: self.open_folder(folder, "pca"), failed
        )

    def _opened(self, dataset: CocoDataset) -> None:
        self._set_opening("")
        before = self.dataset
        self.dataset = dataset
        self.settings.set(remembered.FEATURES, dataset.feature_kind)
        recent = [str(dataset.folder), *self.recent_folders()]
        kept = list(dict.fromkeys(recent))[: remembered.RECENT_FOLDERS_KEPT]
        self.settings.set(remembered.RECENT_FOLDERS, kept)
        try:
            remember_data_folder(dataset.folder)
        except OSError as error:
            self.problem.emit(f"The choice of data folder could not be remembered: {error}")
        self._use_photos(same_photos=False)
        self.record = None
        if self.model is None or fits(self.model.saved, dataset) is not None:
            self._set_untrained(dataset)
        self.dataset_changed.emit()
        self.selection_changed.emit()
        self.model_changed.emit()
        if before is not None:
            before.close()
        self._scan_features(dataset)

    def recent_folders(self) -> list[str]:
        """Return the folders opened before, newest first."""
        return self.settings.get(remembered.RECENT_FOLDERS)

    def forget_recent_folders(self) -> None:
        """Empty the list of folders opened before."""
        self.settings.set(remembered.RECENT_FOLDERS, [])

    def set_image_folder(self, folder: Path | None) -> None:
        """Take photos from the user's own COCO image folder first (None: no folder)."""
        self._image_folder = folder
        self._use_photos(same_photos=True)
        self.images_changed.emit()

    @property
    def has_own_image_folder(self) -> bool:
        """Whether the user chose an image folder."""
        return self._image_folder is not None

    @property
    def image_folder(self) -> Path | None:
        """Where photos on disk are looked for: the user's choice, else the data folder's own."""
        if self._image_folder is not None:
            return self._image_folder
        return self.dataset.local_images if self.dataset is not None else None

    def _use_photos(self, same_photos: bool) -> None:
        store = PhotoStore(self.image_folder, cache_folder() / "photos")
        self.photos.set_store(store, same_photos=same_photos)

    def _scan_features(self, dataset: CocoDataset) -> None:
        """Look for NaN features in the background: reading 2 GB at opening is no option."""
        if self._scan is not None:
            self._scan.cancel()

        splits: tuple[Split, ...] = ("train", "val")

        def work(cancelled: Cancelled) -> None:
            for split in splits:
                dataset.scan_features(split, cancelled)

        def failed(error: Exception) -> None:
            self.problem.emit(str(error))

        self._scan = self.workers.start("checking features", work, lambda _none: None, failed)

    def _set_opening(self, words: str) -> None:
        self.opening = words
        if not words:
            self._job = None
        self.opening_changed.emit()

    # ---- selection -------------------------------------------------------------------------

    def select(self, record: PhotoRecord | None) -> None:
        """Select a photo everywhere."""
        if record != self.record:
            self.record = record
            self.selection_changed.emit()

    # ---- model and training ----------------------------------------------------------------

    def _set_untrained(self, dataset: CocoDataset) -> None:
        settings = TrainingSettings()
        model = CaptioningRNN(
            dict(dataset.vocabulary.word_to_idx),
            input_dim=dataset.feature_dim,
            wordvec_dim=settings.wordvec_dim,
            hidden_dim=settings.hidden_dim,
            cell_type=settings.cell_type,
            rng=np.random.default_rng(settings.seed),
        )
        saved = SavedModel.untrained(model, settings, dataset)
        self.model = CurrentModel(saved, ModelOrigin.UNTRAINED)

    def set_model(self, model: CurrentModel) -> None:
        """Make another model the current one."""
        self.model = model
        self.model_changed.emit()

    def set_run(self, run: TrainingRun | None) -> None:
        """Tell of a training run that begins, or (None) that none is live any more."""
        self.run = run
        self.run_changed.emit()

    @property
    def has_unsaved_model(self) -> bool:
        """Whether closing now would lose a trained model."""
        return self.model is not None and self.model.unsaved

    def trained_captions(self) -> frozenset[int]:
        """Return the train caption rows that the current model has been trained on."""
        return self._trained_rows()[0]

    def trained_photos(self, split: Split) -> frozenset[int]:
        """Return the image rows of a split that the current model has been trained on."""
        return self._trained_rows()[1] if split == "train" else frozenset()

    def _trained_rows(self) -> tuple[frozenset[int], frozenset[int]]:
        nothing: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
        if self.model is None or self.dataset is None or self.model.origin is ModelOrigin.UNTRAINED:
            return nothing
        saved = self.model.saved
        # one run gives many snapshots, all with the same rows: these are looked at once
        key = (self.dataset, saved.data_digest, len(saved.caption_rows))
        if self._trained_key != key:
            rows = rows_trained_on(saved, self.dataset)
            photos = self.dataset.image_idxs("train")[rows]
            self._trained_key = key
            self._trained = (frozenset(rows.tolist()), frozenset(photos.tolist()))
        return self._trained

    def save_model(self, path: Path) -> bool:
        """Write the current model to a file; False (and a problem told) when that failed."""
        if self.model is None:
            return False
        try:
            save_model(path, self.model.saved)
        except ModelFileError as error:
            self.problem.emit(str(error))
            return False
        origin = self.model.origin
        self.set_model(CurrentModel(self.model.saved, origin, path, unsaved=False))
        self.notice.emit(f"Model saved to {path}")
        return True

    def open_model(self, path: Path) -> None:
        """Open a model file in a thread; the current model stays until the new one is known to be good."""

        def done(saved: SavedModel) -> None:
            misfit = fits(saved, self.dataset) if self.dataset is not None else None
            if misfit is not None:
                self.problem.emit(f"{path}: {misfit}")
                return
            self.set_model(CurrentModel(saved, ModelOrigin.SAVED, path))
            self.notice.emit(f"Model opened: {path.name}")

        def failed(error: Exception) -> None:
            self._say_not_opened(path, error)

        self.workers.start(f"opening {path.name}", lambda _cancelled: open_model(path), done, failed)

    def _say_not_opened(self, path: Path, error: Exception) -> None:
        if isinstance(error, DataError | ModelFileError | OSError):
            self.problem.emit(str(error))
        else:
            self.problem.emit(f"{path} could not be opened: {error!r}. This is a fault of captionviewer.")

    # ---- closing ---------------------------------------------------------------------------

    def plots_can_be_made(self) -> None:
        """Tell the panels that Matplotlib has been imported."""
        self.can_plot = True
        self.matplotlib_ready.emit()

    def shut_down(self) -> bool:
        """End all that runs, within a bound; True when every thread has ended."""
        ended = self.workers.shut_down()
        ended = self.photos.shut_down() and ended
        if self.dataset is not None:
            self.dataset.close()
        self.settings.save()
        return ended
