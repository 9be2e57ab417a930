"""Keeps the sample of the selected photo up to date with the model, away from the GUI thread."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.dataset import CocoDataset, DataError, PhotoRecord
from captionviewer.core.decoding.branches import Prefix
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.training.events import RunState
from captionviewer.core.training.run import TrainingRun
from captionviewer.ui.photos.own_picture import OwnPicture
from captionviewer.ui.sampling.caption_sample import (
    CaptionSample,
    ModelDoesNotFit,
    TrainingRows,
    take_sample,
)
from captionviewer.ui.sampling.latest_work import turn_between_steps
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.worker import Cancelled, Job

PAUSE_MS = 2000  # between two samples of a run under way, at the least: each costs it some 30 ms
MOST_OF_TIME = 0.05  # the run waits while a sample is taken, so that gets no more than this share of the time
OUTDATED_AFTER_MS = 100  # a newer sample that comes sooner replaces the one shown without a flicker

Forced = tuple[tuple[Prefix, ...], Prefix | None]


class Sampler(QObject):
    """Takes a new sample when photo, model or decoding change; only the latest wish is carried out.

    A new photo or model is sampled at once. Only snapshots of a run under way that come faster than
    `PAUSE_MS` and `MOST_OF_TIME` allow wait, and of those that come while a sample is being taken only the
    newest is used. The sample says which model it was computed from: `model` may be newer.
    """

    model_changed = Signal()  # `model` is another, or the one that was sampled has another name
    sample_changed = Signal()  # `sample` or `trouble` is another
    outdated_changed = Signal()  # `is_outdated` is another

    def __init__(self, session: Session, follows: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._follows = follows
        self._awake = False
        self._job: Job | None = None
        self._wanted = False  # the sample is older than the photo or the model
        self._began = 0.0
        self._took = 0.0  # seconds of its own work that the last sample cost, its wait for a turn left out
        self._features: tuple[CocoDataset, PhotoRecord, FloatArray] | None = None
        self._unreadable: PhotoRecord | None = None
        self._training_rows = TrainingRows()
        self.model: CurrentModel | None = session.models.current
        self.sample: CaptionSample | None = None
        self.trouble = ""  # why there is no sample, for people
        # what a person has forced of a photo, and which of those captions is shown
        self.forced_of: Callable[[PhotoRecord], Forced] = lambda _record: ((), None)
        self.position: int | None = None  # where in `sample` a person asked to stand with it
        self.is_outdated = False  # a sample of a newer model has been on its way for long enough to be told
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._take)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(OUTDATED_AFTER_MS)
        self._patience.timeout.connect(lambda: self._set_outdated(self._newer_is_due()))
        session.dataset_changed.connect(self._dataset_changed)
        session.subject_changed.connect(self._subject_changed)
        session.model_changed.connect(self._model_changed)
        session.run_changed.connect(self._run_changed)
        session.decoding.changed.connect(self._decoding_changed)

    # ---- what the panel says -------------------------------------------------------------------

    def set_awake(self, awake: bool) -> None:
        """Work only while somebody looks."""
        self._awake = awake
        if awake:
            self._take_soon()
            self._ask_for_snapshot()
        else:
            self._timer.stop()

    @property
    def follows(self) -> bool:
        """Whether newer snapshots of a model in training are shown."""
        return self._follows

    def set_follows(self, follows: bool) -> None:
        """Show newer snapshots of a model in training, or stay with the one shown."""
        self._follows = follows
        if follows:
            self._model_changed()
            self._ask_for_snapshot()

    def show(self, sample: CaptionSample, position: int | None = None) -> None:
        """Show another caption of the same photo by the same model; at a timestep of it if that is given."""
        self.sample, self.position = sample, position
        self.sample_changed.emit()
        self.position = None

    # ---- what the session says -----------------------------------------------------------------

    def _dataset_changed(self) -> None:
        if (
            self.model is not self._session.models.current
        ):  # one that was stayed with may be of the data before
            self.model = self._session.models.current
            self.model_changed.emit()
        self._forget_photo()

    def _subject_changed(self) -> None:
        self._forget_photo()

    def _forget_photo(self) -> None:
        self._cancel()
        self.sample, self.trouble = None, ""
        self._set_outdated(False)
        self._features = self._unreadable = None
        self._wanted = True
        self.sample_changed.emit()
        self._take_soon()

    def _model_changed(self) -> None:
        newest = self._session.models.current
        if newest is self.model:
            return
        in_training = newest is not None and newest.origin is ModelOrigin.TRAINING
        if in_training and not self._follows and self.model is not None:
            return
        same_network = (
            self.sample is not None
            and self._job is None
            and not self._wanted
            and newest is not None
            and newest.model is self.sample.current.model
            and newest.saved.caption_rows is self.sample.current.saved.caption_rows
        )
        self.model = newest
        if same_network:  # a model that was only saved gives the same sample, under its new name
            assert self.sample is not None and newest is not None
            self.sample = replace(self.sample, current=newest)
        self.model_changed.emit()
        if not same_network:
            self._wanted = True
            self._take_soon()
            self._patience.start()

    def _decoding_changed(self, decoding: Decoding) -> None:
        """Write the caption anew, unless its method does not read what was changed."""
        if self._wanted or self._job is not None or self.sample is None:
            self._wanted = True
        else:
            self._wanted = decoding.as_read() != self.sample.decoding
        self._take_soon()
        if self._newer_is_due():
            self._patience.start()

    def _run_changed(self) -> None:
        """Show a run that was paused, stepped or stopped as it is now: nothing need be spared any more."""
        self._take_soon()
        if self._newer_is_due():
            self._patience.start()
        self._ask_for_snapshot()

    def _run_under_way(self) -> TrainingRun | None:
        """The run that loses time to each sample; None where none trains at this moment, or none will."""
        run = self._session.runs.run
        trains = run is not None and run.state is RunState.RUNNING and not run.is_to_pause
        return run if trains else None

    def _newer_is_due(self) -> bool:
        """Whether what is shown is older than the model for another reason than to spare a run."""
        is_older = self._wanted or self._job is not None
        return self.sample is not None and is_older and self._run_under_way() is None

    def _set_outdated(self, outdated: bool) -> None:
        if outdated is not self.is_outdated:
            self.is_outdated = outdated
            self.outdated_changed.emit()

    def _ask_for_snapshot(self) -> None:
        """Have the next one made at a step boundary: what is shown then is as new as can be."""
        run = self._session.runs.run
        if run is not None and self._follows and self._awake and self._session.selection.subject is not None:
            run.request_snapshot(for_guest=True)

    # ---- samples -------------------------------------------------------------------------------

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _take_soon(self) -> None:
        if not self._wanted or not self._awake or self._job is not None:
            return
        wait = 0.0
        of_a_run = self.model is not None and self.model.origin is ModelOrigin.TRAINING
        if of_a_run and self.sample is not None and self._run_under_way() is not None:
            pause = max(PAUSE_MS / 1000.0, self._took / MOST_OF_TIME)
            wait = 1000.0 * (self._began + pause - time.monotonic())
        if wait <= 0.0:
            self._timer.stop()
            self._take()
        elif not self._timer.isActive():
            self._timer.start(round(wait) + 1)

    def _take(self) -> None:
        dataset, record, model = self._session.data.dataset, self._session.selection.subject, self.model
        if dataset is None or record is None or model is None or record == self._unreadable:
            self._wanted = False
            return
        if self._job is not None:
            return
        self._wanted = False
        self._began = time.monotonic()
        known = self._features
        features = known[2] if known is not None and known[:2] == (dataset, record) else None
        if isinstance(record, OwnPicture):
            features = record.features
        training_rows, run = self._training_rows, self._session.runs.run
        decoding = self._session.decoding.value.as_read()
        forced = self.forced_of(record)

        held: list[float] = []

        @contextmanager
        def turn() -> Iterator[None]:
            with turn_between_steps(run):
                began = time.monotonic()
                try:
                    yield
                finally:
                    held.append(time.monotonic() - began)

        def work(cancelled: Cancelled) -> CaptionSample | None:
            return take_sample(
                dataset, record, model, features, training_rows, cancelled, turn(), decoding, *forced
            )

        def done(sample: CaptionSample | None) -> None:
            self._job = None
            self._took = sum(held)
            if sample is not None:
                self._features = (dataset, record, sample.features)
                self.sample, self.trouble = sample, ""
                self._set_outdated(False)
                self.sample_changed.emit()
            self._go_on()

        def failed(error: Exception) -> None:
            self._job = None
            self._fail(record, error)
            self._go_on()

        self._job = self._session.workers.start("captioning a photo", work, done, failed, brief=True)

    def _go_on(self) -> None:
        self._take_soon()
        if self._newer_is_due():
            self._patience.start()
        self._ask_for_snapshot()

    def _fail(self, record: PhotoRecord, error: Exception) -> None:
        self.sample = None
        self._set_outdated(False)
        if isinstance(error, ModelDoesNotFit | ValueError):
            self.trouble = str(error)
        elif isinstance(error, DataError | OSError):
            self.trouble = str(error)
            self._unreadable = record  # or each new snapshot would read, and complain, again
            self._session.problem.emit(self.trouble)
        elif isinstance(error, MemoryError):
            self.trouble = "There is not enough memory to caption this photo. Close other programs."
        else:
            self.trouble = f"The photo could not be captioned: {error!r}. This is a fault of captionviewer."
            self._session.problem.emit(self.trouble)
        self.sample_changed.emit()
