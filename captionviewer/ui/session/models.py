"""The current model: where it comes from, whether it is saved, opening and saving it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from weakref import WeakKeyDictionary, ref

from PySide6.QtCore import QObject, Signal

from captionviewer.core.coco.dataset import CocoDataset, Split
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import CELLS
from captionviewer.core.saved.model_file import (
    ModelFileError,
    SavedModel,
    fits,
    open_model,
    rows_trained_on,
    save_model,
)
from captionviewer.core.saved.run_shelf import ShelfKeeper
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.core.user_folders import data_folder
from captionviewer.ui.session.trouble import not_opened
from captionviewer.ui.worker import Job, Workers

_KEPT_NAME = "unsaved-model"
_KEPT_MOST = 20  # such files; a user who never looks need not lose the disk to them

_log = logging.getLogger(__name__)
TrainedRows = tuple[frozenset[int], frozenset[int]]  # of captions in train, of their photos
_NO_ROWS: TrainedRows = (frozenset(), frozenset())


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
    unsaved: bool = False  # it is in no file of the user's
    best: SavedModel | None = None  # of its run, where the validation loss was lowest earlier
    keeper: ShelfKeeper | None = None  # keeps the run that it is of
    run_key: str = ""  # of that run on the shelf, where it was opened from there
    label: str = ""  # what a model without a file is called: "that comes with captionviewer"

    @property
    def model(self) -> CaptioningRNN:
        """The network itself; nobody writes to it."""
        return self.saved.model

    @property
    def at_risk(self) -> bool:
        """Whether closing would lose it: it is in no file, and its run is not kept either."""
        return self.unsaved and (self.keeper is None or self.keeper.failed)

    @property
    def words(self) -> str:
        """What this model is, for people: "LSTM in training, iteration 40"."""
        cell = CELLS[self.model.cell_type].name
        count = f"iteration {self.saved.iteration:,}"
        if self.origin is ModelOrigin.UNTRAINED:
            return f"untrained {cell}"
        if self.origin is ModelOrigin.TRAINING:
            return f"{cell} in training, {count}"
        if self.path is not None:
            return f"{cell} {self.path.name}, {count}"
        if self.label:
            return f"{cell} {self.label}, {count}"
        return f"trained {cell}, {count}, not saved"


class NamedModel:
    """Of which model a figure is, as long as it is shown: the model itself is not kept for that.

    Attributes
    ----------
    words
        what the model is, for people.
    """

    def __init__(self, current: CurrentModel) -> None:
        self.words = current.words
        self._model = ref(current.model)

    def is_of(self, current: CurrentModel | None) -> bool:
        """Whether this is the network of that model."""
        return current is not None and current.model is self._model()


class Models(QObject):
    """Holds the current model, and moves it from and to files in a thread.

    Parameters
    ----------
    dataset
        Returns the data set that is open.
    is_training
        Whether a run is live, whose models would take the place of one opened now.
    """

    changed = Signal()
    saving_changed = Signal()
    problem = Signal(str)
    notice = Signal(str)

    def __init__(
        self,
        workers: Workers,
        dataset: Callable[[], CocoDataset | None],
        is_training: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workers, self._dataset, self._is_training = workers, dataset, is_training
        self._current: CurrentModel | None = None
        # of the open data: the digest and the number of rows that are known, and what they are
        self._trained: WeakKeyDictionary[CocoDataset, tuple[tuple[str, int], TrainedRows]] = (
            WeakKeyDictionary()
        )
        self._opening: Job | None = None  # a second one takes its place
        self._saving: Path | None = None
        self._kept: tuple[Path, SavedModel] | None = None  # opened from what an ended window kept

    # ---- what it is --------------------------------------------------------------------------

    @property
    def current(self) -> CurrentModel | None:
        """The model that Sampling shows."""
        return self._current

    @property
    def saving(self) -> Path | None:
        """The file that a model is being written to."""
        return self._saving

    @property
    def has_unsaved(self) -> bool:
        """Whether there is a trained model that is in no file of the user's."""
        return self._current is not None and self._current.unsaved

    @property
    def would_be_lost(self) -> bool:
        """Whether closing now would lose a trained model: its run is not kept, either."""
        return self._current is not None and self._current.at_risk

    def set(self, model: CurrentModel) -> None:
        """Make another model the current one."""
        if self._kept is not None and model.saved is not self._kept[1]:
            self._forget_kept()  # whoever put another model in its place was asked about it
        self._current = model
        self.changed.emit()

    def follow(self, dataset: CocoDataset) -> None:
        """Keep the current model for new data if it fits, else take an untrained one; tells nobody."""
        if self._current is not None and fits(self._current.saved, dataset) is None:
            return
        settings = TrainingSettings()
        model = settings.new_model(dataset.vocabulary.word_to_idx, dataset.feature_dim)
        self._forget_kept()
        self._current = CurrentModel(SavedModel.untrained(model, settings, dataset), ModelOrigin.UNTRAINED)

    def trained_captions(self) -> frozenset[int]:
        """Return the train caption rows that the current model has been trained on."""
        return self._trained_rows()[0]

    def trained_photos(self, split: Split) -> frozenset[int]:
        """Return the image rows of a split that the current model has been trained on."""
        return self._trained_rows()[1] if split == "train" else frozenset()

    def _trained_rows(self) -> TrainedRows:
        model, dataset = self._current, self._dataset()
        if model is None or dataset is None or model.origin is ModelOrigin.UNTRAINED:
            return _NO_ROWS
        saved = model.saved
        # one run gives many snapshots, all with the same rows: these are looked at once
        key = (saved.data_digest, len(saved.caption_rows))
        known = self._trained.get(dataset)
        if known is None or known[0] != key:
            rows = rows_trained_on(saved, dataset)
            photos = dataset.split("train").image_idxs[rows]
            known = key, (frozenset(rows.tolist()), frozenset(photos.tolist()))
            self._trained[dataset] = known
        return known[1]

    # ---- files -------------------------------------------------------------------------------

    def save(self, path: Path, then: Callable[[bool], None] = lambda _saved: None) -> None:
        """Write the current model to a file in a thread; then `then(saved)` is called.

        A second file is not begun while one is being written: `then(False)` at once.
        """
        model = self._current
        self._write(path, model, None if model is None else model.saved, then)

    def save_best(
        self, path: Path, then: Callable[[bool], None] = lambda _saved: None, *, instead: bool = False
    ) -> None:
        """Write the best model of the current one's run, as `save` does; the current one stays.

        With `instead` the user wants no more of the run: the current model need not be saved any more.
        """
        model = self._current
        self._write(path, model, None if model is None else model.best, then, instead)

    def _write(
        self,
        path: Path,
        model: CurrentModel | None,
        written: SavedModel | None,
        then: Callable[[bool], None],
        instead: bool = False,
    ) -> None:
        if model is None or written is None or self._saving is not None:
            then(False)
            return
        is_best = written is model.best

        def ended() -> None:
            self._saving = None
            self.saving_changed.emit()

        def done(_none: None) -> None:
            ended()
            if self._kept is not None and model.saved is self._kept[1]:
                self._forget_kept()
            if self._current is model:  # else training has gone on: what is newer is not saved yet
                if not is_best:
                    self.set(replace(model, path=path, unsaved=False))
                elif instead:
                    self.set(replace(model, unsaved=False))
            which = f"Best model, of iteration {written.iteration:,}," if is_best else "Model"
            self.notice.emit(f"{which} saved to {path}")
            then(True)

        def failed(error: Exception) -> None:
            ended()
            if isinstance(error, ModelFileError | OSError):
                self.problem.emit(str(error))
            else:
                self.problem.emit(
                    f"{path} could not be written: {error!r}. This is a fault of captionviewer."
                )
            then(False)

        self._saving = path
        self._workers.start(f"saving {path.name}", lambda _cancelled: save_model(path, written), done, failed)
        self.saving_changed.emit()

    def open(self, path: Path, *, kept: bool = False, may_replace: Callable[[], bool] = lambda: True) -> None:
        """Open a model file in a thread; the current model stays until the new one is known to be good.

        With `kept` it is one that an ended window kept: it has no name yet, and is not saved. `may_replace`
        ends and asks about what the new model would end or lose, once that is known: a damaged file costs
        nothing.
        """
        before, was_training = self._current, self._is_training()

        def misfits(saved: SavedModel) -> bool:
            dataset = self._dataset()
            misfit = fits(saved, dataset) if dataset is not None else None
            if misfit is not None:
                self.problem.emit(f"{path}: {misfit}")
            return misfit is not None

        def done(saved: SavedModel) -> None:
            self._opening = None
            if self._is_training() and not was_training:
                self.problem.emit(f"{path.name} was not opened: training began meanwhile. Stop it first.")
                return
            if self.would_be_lost and self._current is not before and not was_training:
                self.problem.emit(f"{path.name} was not opened: a model was trained since. Save it first.")
                return
            # it is looked twice: other data may be opened while a question stands
            if misfits(saved) or not may_replace() or misfits(saved):
                return
            self._forget_kept()
            if kept:
                self._kept = (path, saved)
                self.set(CurrentModel(saved, ModelOrigin.SAVED, None, unsaved=True))
            else:
                self.set(CurrentModel(saved, ModelOrigin.SAVED, path))
            self.notice.emit(f"Model opened: {path.name}")

        def failed(error: Exception) -> None:
            self._opening = None
            self.problem.emit(not_opened(path, error))

        if self._opening is not None:
            self._opening.cancel()
        self._opening = self._workers.start(
            f"opening {path.name}", lambda _cancelled: open_model(path), done, failed
        )

    # ---- what must not be lost -----------------------------------------------------------------

    def keep_unsaved(self) -> Path | None:
        """Write an unsaved model where the next start finds it, without a question; None if there is none.

        A model that could not be written is told in the log: there is no window any more to tell it.
        """
        model = self._current
        if model is None or not model.unsaved:
            return None
        if self._kept is not None and model.saved is self._kept[1]:
            return self._kept[0]
        path = folder = data_folder()
        try:
            for number in range(1, _KEPT_MOST + 1):
                path = folder / (f"{_KEPT_NAME}.npz" if number == 1 else f"{_KEPT_NAME}-{number}.npz")
                if not path.exists():
                    break
            folder.mkdir(parents=True, exist_ok=True)
            save_model(path, model.saved)
        except Exception:  # whatever it is, the rest of the end must come to pass
            _log.exception("the unsaved model could not be kept: %s", path)
            return None
        _log.info("the unsaved model was kept: %s", path)
        return path

    def discard(self, kept: Path) -> None:
        """Delete a model that an ended window kept."""
        try:
            kept.unlink(missing_ok=True)
        except OSError as error:
            self.problem.emit(f"{kept} could not be deleted: {error.strerror or error}")

    def _forget_kept(self) -> None:
        if self._kept is not None:
            (path, _saved), self._kept = self._kept, None
            self.discard(path)


def kept_models() -> list[Path]:
    """Return the models that windows kept which were ended from outside, oldest first."""
    try:
        found = sorted(data_folder().glob(f"{_KEPT_NAME}*.npz"), key=lambda path: path.stat().st_mtime)
    except OSError:
        return []
    return found[:_KEPT_MOST]
