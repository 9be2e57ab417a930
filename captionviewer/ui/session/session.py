"""What the panels share: the data set, the selected photo, the current model and the training run."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal

from captionviewer.core.coco.chosen_data import forget_data_folder, remember_data_folder
from captionviewer.core.coco.dataset import CocoDataset, DataError, FeatureKind, PhotoRecord, Split
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.saved.model_file import (
    ModelFileError,
    SavedModel,
    fits,
    open_model,
    rows_trained_on,
    save_model,
)
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.core.user_folders import books_folder, is_shipped_book
from captionviewer.ui import settings as remembered
from captionviewer.ui.photos.photo_loader import PhotoLoader
from captionviewer.ui.photos.photo_settings import MEGABYTE, photo_store, remembered_image_folder
from captionviewer.ui.settings import Settings
from captionviewer.ui.worker import Cancelled, Job, Workers

OPENING_STORYBOOK = "Opening the storybook…"


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
    opening_progressed = Signal()  # of what is being opened, `opening_share` is done
    images_changed = Signal()  # photos come from somewhere else now
    matplotlib_ready = Signal()  # plots can be made: Matplotlib has been imported
    problem = Signal(str)  # one message for people, shown in the window until other data is open
    lasting_problem = Signal(str)  # the same, shown until the user closes it
    _unpacked = Signal(float)  # from the thread that unpacks
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
        self.opening_share: float | None = None  # how much of the unpacking is done, while it goes on
        self._unpacked.connect(self._note_share, Qt.ConnectionType.QueuedConnection)
        self.can_plot = False
        self._image_folder: Path | None = remembered_image_folder(settings)
        self._trained_key: tuple[CocoDataset, str, int] | None = None
        self._trained: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
        self._job: Job | None = None
        self._offers: list[CocoDataset] = []  # opened in a thread and not taken yet
        self._scan: Job | None = None
        self._model_job: Job | None = None  # opens a model file; a second one takes its place

    # ---- data ------------------------------------------------------------------------------

    def open_folder(
        self, folder: Path, features: FeatureKind | None = None, *, else_storybook: bool = False
    ) -> None:
        """Open a data folder in a thread; what was open stays until the new one is known to be good.

        With `else_storybook`, as at launch, or while nothing is open, as when the storybook was still being
        unpacked, the storybook is opened behind the message when it is not.
        """
        kind: FeatureKind = features or ("raw" if self.settings.get(remembered.FEATURES) == "raw" else "pca")

        def work(cancelled: Cancelled) -> CocoDataset:
            return self._offer(cancelled, CocoDataset.open(folder, kind))

        def failed(error: Exception) -> None:
            self._set_opening("")
            words = self._not_opened(folder, error)
            if else_storybook or self.dataset is None:
                self.open_storybook(by_hand=False, then_say=f"{words} Until then the storybook is shown.")
            else:
                self.problem.emit(words)

        self._open(f"Opening {folder.name or folder}…", f"opening {folder.name}", work, self._opened, failed)

    def open_storybook(self, *, by_hand: bool = True, then_say: str = "") -> None:
        """Open the pictures that come with the program; the first time, they are unpacked in a thread.

        Opened by hand they are the user's choice from now on, as another folder would be; otherwise the
        folder chosen before stays remembered. `then_say` is a problem to be told when they are there.
        """

        def work(cancelled: Cancelled) -> CocoDataset:
            from captionviewer.core.storybook import storybook_folder

            folder = storybook_folder(self._unpacked.emit)
            try:
                dataset = CocoDataset.open(folder)
            except DataError:  # damaged since it was unpacked
                dataset = CocoDataset.open(storybook_folder(self._unpacked.emit, anew=True))
            return self._offer(cancelled, dataset)

        def done(dataset: CocoDataset) -> None:
            self._opened(dataset)
            if by_hand:
                try:
                    forget_data_folder()
                except OSError as error:
                    self.lasting_problem.emit(f"The choice of the storybook could not be remembered: {error}")
            if then_say:
                self.problem.emit(then_say)

        def failed(error: Exception) -> None:
            self._set_opening("")
            if then_say:
                self.problem.emit(then_say.removesuffix("Until then the storybook is shown."))
            self.problem.emit(self._not_opened(books_folder(), error))

        self._open(OPENING_STORYBOOK, "opening the storybook", work, done, failed)

    def announce_storybook(self) -> None:
        """Say that the storybook is about to be opened, before there is time to begin."""
        self._set_opening(OPENING_STORYBOOK)

    def _open(
        self,
        words: str,
        job: str,
        work: Callable[[Cancelled], CocoDataset],
        done: Callable[[CocoDataset], None],
        failed: Callable[[Exception], None],
    ) -> None:
        if self._job is not None:
            self._job.cancel()
        self._set_opening(words)
        self._job = self.workers.start(job, work, done, failed)

    def _offer(self, cancelled: Cancelled, dataset: CocoDataset) -> CocoDataset:
        """Keep a data set (in the thread that opened it) until it is taken; close it if nobody will."""
        self._offers.append(dataset)
        if cancelled():
            self._withdraw(dataset)
        return dataset

    def _withdraw(self, dataset: CocoDataset) -> None:
        try:
            self._offers.remove(dataset)
        except ValueError:  # the other thread was quicker
            return
        dataset.close()

    def _note_share(self, share: float) -> None:
        if self.opening == OPENING_STORYBOOK and self._job is not None:
            self.opening_share = share if share < 1 else None
            self.opening_progressed.emit()

    def _opened(self, dataset: CocoDataset) -> None:
        self._set_opening("")
        before = self.dataset
        self.dataset = dataset
        self._offers.remove(dataset)
        for late in tuple(self._offers):  # of jobs that were cancelled as they ended
            self._withdraw(late)
        self._use_photos(same_photos=False)
        self.record = None
        if self.model is None or fits(self.model.saved, dataset) is not None:
            self._set_untrained(dataset)
        self.dataset_changed.emit()
        self.selection_changed.emit()
        self.model_changed.emit()
        if before is not None:
            before.close()
        if not is_shipped_book(dataset.folder):
            self._remember(dataset)  # at last: that it could not be is told over the new data
        self._scan_features(dataset)

    def _remember(self, dataset: CocoDataset) -> None:
        self.settings.set(remembered.FEATURES, dataset.feature_kind)
        recent = [str(dataset.folder), *self.recent_folders()]
        kept = list(dict.fromkeys(recent))[: remembered.RECENT_FOLDERS_KEPT]
        self.settings.set(remembered.RECENT_FOLDERS, kept)
        try:
            remember_data_folder(dataset.folder)
        except OSError as error:
            self.lasting_problem.emit(f"The choice of data folder could not be remembered: {error}")

    def recent_folders(self) -> list[str]:
        """Return the folders opened before, newest first."""
        return self.settings.get(remembered.RECENT_FOLDERS)

    def forget_recent_folders(self) -> None:
        """Empty the list of folders opened before."""
        self.settings.set(remembered.RECENT_FOLDERS, [])

    def set_image_folder(self, folder: Path | None, *, remember: bool = True) -> None:
        """Take photos from the user's own COCO image folder first (None: no folder)."""
        self._image_folder = folder
        if remember:
            self.settings.set(remembered.IMAGE_FOLDER, str(folder or ""))
        self._use_photos(same_photos=True)
        self.images_changed.emit()

    def set_fetching(self, on: bool) -> None:
        """Fetch photos from the network from now on, or take them from this computer only."""
        self.settings.set(remembered.FETCH_PHOTOS, on)
        self.photos.set_network(on)

    def set_cache_size(self, megabytes: int) -> None:
        """Set the bound on the photo cache; what is beyond it goes at once, in a thread."""
        self.settings.set(remembered.PHOTO_CACHE_MB, megabytes)
        store = self.photos.store
        cache = store.cache if store is not None else None
        if cache is None:
            return

        def failed(error: Exception) -> None:
            self.problem.emit(f"The photo cache could not be made smaller: {error}")

        self.workers.start(
            "sizing the photo cache",
            lambda _cancelled: cache.resize(megabytes * MEGABYTE),
            lambda _none: None,
            failed,
            brief=True,
        )

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
        store = photo_store(
            self.settings,
            self.image_folder,
            self.photos.store,
            same_data=same_photos,
            data_images=self.dataset.local_images if self.dataset is not None else None,
        )
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
        self.opening_share = None
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
        before = self.model  # the user agreed to lose this one, and no other

        def done(saved: SavedModel) -> None:
            self._model_job = None
            if self.run is not None and self.run.state.is_live:
                self.problem.emit(f"{path.name} was not opened: training began meanwhile. Stop it first.")
                return
            if self.has_unsaved_model and self.model is not before:
                self.problem.emit(f"{path.name} was not opened: a model was trained since. Save it first.")
                return
            misfit = fits(saved, self.dataset) if self.dataset is not None else None
            if misfit is not None:
                self.problem.emit(f"{path}: {misfit}")
                return
            self.set_model(CurrentModel(saved, ModelOrigin.SAVED, path))
            self.notice.emit(f"Model opened: {path.name}")

        def failed(error: Exception) -> None:
            self._model_job = None
            self.problem.emit(self._not_opened(path, error))

        if self._model_job is not None:
            self._model_job.cancel()
        self._model_job = self.workers.start(
            f"opening {path.name}", lambda _cancelled: open_model(path), done, failed
        )

    def _not_opened(self, path: Path, error: Exception) -> str:
        if isinstance(error, DataError | ModelFileError | OSError):
            return str(error)
        return f"{path} could not be opened: {error!r}. This is a fault of captionviewer."

    # ---- closing ---------------------------------------------------------------------------

    def plots_can_be_made(self) -> None:
        """Tell the panels that Matplotlib has been imported."""
        self.can_plot = True
        self.matplotlib_ready.emit()

    def shut_down(self) -> bool:
        """End all that runs, within a bound; True when every thread has ended."""
        ended = self.workers.shut_down()
        for late in tuple(self._offers):
            self._withdraw(late)
        ended = self.photos.shut_down() and ended
        if self.dataset is not None:
            self.dataset.close()
        self.settings.save()
        return ended
