"""Runs the training that the panel asks for: its actions, the clock on which the window looks, and the
model it hands on.

(Past 400 lines: each order to a run, with when it can be given.)
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.saved.model_file import SavedModel, fits
from captionviewer.core.saved.run_file import model_of
from captionviewer.core.saved.run_shelf import ENDS, ShelfKeeper
from captionviewer.core.training.events import (
    ModelSnapshot,
    RunFailed,
    RunFinished,
    RunNotKept,
    RunPaused,
    RunResumed,
    RunStarted,
    RunState,
    RunStopped,
    WatchedCaptions,
)
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.run_record import CannotContinueError, RunRecord, how_exactly
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.core.training.watched_photos import NUM_WATCHED
from captionviewer.ui import actions
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.worker import send

TICK_MS = 100  # looks at once to a person; each look takes its time from training
ORDER_TICK_MS = 5  # after a pause, a step or a stop, until it is carried out: each look is a comparison
SNAPSHOT_TICKS = 20  # so that a model saved in mid-run is no older than two seconds


class RunControl(QObject):
    """One training run at a time, from its start to its one end.

    The run's thread is never waited for here, `stop_and_wait` aside: a timer looks what it has told.
    """

    state_changed = Signal()
    run_prepared = Signal()  # the captions are drawn and the number of iterations is known
    ticked = Signal()  # while a run is live: look at its history and progress
    captions_came = Signal(object)  # WatchedCaptions
    settings_taken = Signal(object)  # TrainingSettings of a run that others than the form's gave
    obstacle_changed = Signal()  # why no run can start with the form's settings, or that one can now

    def __init__(self, session: Session, wanted: Callable[[], TrainingSettings], owner: QWidget) -> None:
        """`wanted()` gives the settings of the next run; `owner` takes the actions and their shortcuts."""
        super().__init__(owner)
        self._session = session
        self._wanted = wanted
        self._obstacle = ""
        self._shown: ModelSnapshot | None = None
        self._best: SavedModel | None = None
        self._keeper: ShelfKeeper | None = None  # of the last run
        self._ticks = 0  # since the last snapshot
        self.run: TrainingRun | None = None
        self.failure = ""  # why the last run failed, for people
        self.queue: list[TrainingSettings] = []  # of runs that are to follow the one under way
        self.is_stopping = False  # a stop was asked for and has not come to pass yet
        self.may_start: Callable[[], bool] = lambda: True  # asked before a run takes the model's place
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._order_timer = QTimer(self)
        self._order_timer.setInterval(ORDER_TICK_MS)
        self._order_timer.timeout.connect(self._look_at_order)
        self._kept_timer = QTimer(self)  # after a run's end, until what is kept of it is written
        self._kept_timer.setInterval(TICK_MS)
        self._kept_timer.timeout.connect(self._look_at_kept)
        self.start_action = actions.make(actions.START, self, self.start)
        self.pause_action = actions.make(actions.PAUSE, self, self.pause_or_resume)
        self.step_action = actions.make(actions.TRAINING_STEP, self, self.step)
        self.stop_action = actions.make(actions.STOP, self, self.stop)
        self.continue_action = actions.make(actions.CONTINUE_ENDED, self, self.continue_run)
        self.last_good_action = actions.make(actions.LAST_GOOD, self, self.back_to_last_good)
        owner.addActions([self.start_action, self.pause_action, self.step_action, self.stop_action])
        owner.addActions([self.continue_action, self.last_good_action])
        session.opening_changed.connect(self._enable)
        session.run_changed.connect(self._enable)
        self._enable()

    # ---- orders ------------------------------------------------------------------------------

    @property
    def is_live(self) -> bool:
        """Whether a run trains, or waits to go on."""
        return self._timer.isActive()

    @property
    def state(self) -> RunState | None:
        """Where the last run is; None before the first."""
        return self.run.state if self.run is not None else None

    @property
    def keeper(self) -> ShelfKeeper | None:
        """What keeps the last run on the shelf; None before the first."""
        return self._keeper

    @property
    def obstacle(self) -> str:
        """Why no run can start with these settings and data; "" where one can."""
        return self._obstacle

    def set_obstacle(self, words: str) -> None:
        """Say why no run can start now ("" when one can)."""
        changed, self._obstacle = words != self._obstacle, words
        self._enable()
        if changed:
            self.obstacle_changed.emit()

    def start(self) -> None:
        """Start a new run."""
        if self._make_run():
            assert self.run is not None
            self.run.start()
            self._tell()

    def continue_run(self) -> None:
        """Go on with the run that has ended, to the same numbers; for as many epochs again if it finished."""
        record = self.continued
        if record is not None and self._keeper is not None:
            self.continue_from(record, self._keeper.key)

    def continue_from(self, record: RunRecord, key: str | None) -> None:
        """Go on with a run that was kept, in its place `key` on the shelf; None: in a new one."""
        if not self._may_begin():
            self._say_why_not()
            return
        settings = record.settings
        if record.iteration >= record.num_iterations:
            settings = replace(settings, num_epochs=2 * settings.num_epochs)
        self._begin(settings, go_on_from=record, keeper=ShelfKeeper(self._session.runs.shelf, key))

    def start_from_weights(self, record: RunRecord) -> None:
        """Start a new run from a kept run's model, with the settings wanted but of its cell and sizes."""
        dataset, saved = self._session.data.dataset, model_of(record)
        misfit = "Its model was not kept." if saved is None else ""
        if saved is not None and dataset is not None:
            misfit = fits(saved, dataset) or ""
        if misfit:
            self._session.problem.emit(f"No run can start from these weights. {misfit}")
        elif not self._may_begin():
            self._say_why_not()
        else:
            theirs = record.settings
            settings = replace(
                self._wanted(),
                cell_type=theirs.cell_type,
                hidden_dim=theirs.hidden_dim,
                wordvec_dim=theirs.wordvec_dim,
            )
            self._begin(settings, weights=record.model)

    def start_queue(self, runs: Sequence[TrainingSettings]) -> None:
        """Train several runs one after the other; one that is stopped or fails ends the queue."""
        if not self._may_begin():
            self._say_why_not()
            return
        self.queue = list(runs)
        self._start_next()

    def _start_next(self) -> None:
        if not self.queue or self.is_live:
            return
        if self._can_start():  # else other data is being opened, which would end it at once
            self._begin(self.queue.pop(0))
        if not self.is_live:
            self.queue.clear()

    def _say_why_not(self) -> None:
        words = self._obstacle or "Wait until the run that trains has ended, or stop it."
        if not self._can_start():
            self._session.problem.emit(f"No run can begin now. {words}")

    def back_to_last_good(self) -> None:
        """Start from the last good model of a run that diverged, with a tenth of its learning rate."""
        record = self._keeper.last if self._keeper is not None else None
        if self.state is not RunState.FAILED or record is None or record.model is None:
            return
        if self._may_begin():
            rates = [edit.value for edit in record.edits if edit.name == "learning_rate" and edit.value]
            rate = (rates[-1] if rates else record.settings.learning_rate) / 10
            self._begin(replace(record.settings, learning_rate=rate), weights=record.model)

    @property
    def continued(self) -> RunRecord | None:
        """What the run that has ended would go on from; None where it can't."""
        if self.is_live or self._keeper is None or self.run is None:
            return None
        record = self._keeper.last
        if record is None or record.state is None or record.outcome not in ENDS:
            return None  # the record of its end is still on its way
        return record

    def step(self) -> None:
        """Make one update: of a new run, or of one that waits."""
        if self.is_live or self._make_run():
            assert self.run is not None  # a new one, where the last has ended: its tip says so
            self.run.step_once()
            self._order_timer.start()
            self._tell()

    def pause_or_resume(self) -> None:
        """Let a run wait, or go on."""
        if self.run is None or not self.is_live:
            return
        if self.run.state is RunState.PAUSED:
            self.run.resume()
        else:
            self.run.pause()
            self._order_timer.start()

    def stop(self) -> None:
        """End the run at its next step boundary."""
        if self.run is not None and self.is_live:
            self.run.stop()
            self.is_stopping = True
            self._order_timer.start()
            self._enable()
            self.state_changed.emit()

    def set_learning_rate(self, rate: float) -> None:
        """Make the next steps with another learning rate."""
        if self.run is not None and self.is_live:
            try:
                self.run.set_learning_rate(rate)
            except ValueError as problem:
                self._session.problem.emit(str(problem))

    def set_clip_norm(self, norm: float | None) -> None:
        """Clip the gradients of the next steps at another norm; None: not at all."""
        if self.run is not None and self.is_live:
            try:
                self.run.set_clip_norm(norm)
            except ValueError as problem:
                self._session.problem.emit(str(problem))

    def stop_and_wait(self, timeout_s: float) -> bool:
        """End the run and wait for it, at most `timeout_s` seconds; True when none is live any more.

        The model that it learned is the session's then.
        """
        if self.run is None:
            return True
        if not self.is_live:
            return self.run.wait(timeout_s)  # what is kept of it may still be on its way to the disk
        self.run.stop()
        if not self.run.wait(timeout_s):
            return False
        self._tick()
        return True

    def forget(self) -> None:
        """Let go of a run that has ended: something else is shown now."""
        if not self.is_live:
            self._leave_keeper()
            self.run = self._keeper = self._shown = self._best = None
            self._session.runs.keep_moments(None)
            self._enable()

    # ---- inside ------------------------------------------------------------------------------

    def _leave_keeper(self) -> None:
        """Let the record of the last run go: what shows a model of that run still knows its keeper."""
        if self._keeper is not None:
            self._keeper.leave()

    def _make_run(self) -> bool:
        """Make a new run of the settings wanted; whether there is one now."""
        return self._may_begin() and self._plan(self._wanted())

    def _may_begin(self) -> bool:
        # it is looked twice: another thing may be opened while the question stands
        return self._can_start() and self.may_start() and self._can_start()

    def _begin(
        self,
        settings: TrainingSettings,
        *,
        go_on_from: RunRecord | None = None,
        weights: CaptioningRNN | None = None,
        keeper: ShelfKeeper | None = None,
    ) -> None:
        """Train on from something that is there."""
        try:
            planned = self._plan(settings, go_on_from=go_on_from, weights=weights, keeper=keeper)
        except CannotContinueError as problem:
            self._session.problem.emit(str(problem))
            return
        if planned:
            assert self.run is not None
            self.run.start()
            self.settings_taken.emit(settings)
            if go_on_from is not None:
                self._session.notice.emit(f"The run goes on {how_exactly(go_on_from, self.run.machine)}.")
            self._tell()

    def _plan(
        self,
        settings: TrainingSettings,
        *,
        go_on_from: RunRecord | None = None,
        weights: CaptioningRNN | None = None,
        keeper: ShelfKeeper | None = None,
    ) -> bool:
        dataset = self._session.data.dataset
        if dataset is None:
            return False
        chosen = [self._session.selection.record] if self._session.selection.record is not None else []
        keeper = ShelfKeeper(self._session.runs.shelf) if keeper is None else keeper
        self.run = TrainingRun(
            settings,
            dataset,
            watched=chosen,
            watch_trained=NUM_WATCHED,
            keep=keeper,
            go_on_from=go_on_from,
            weights=weights,
            keeps_moments=True,
        )
        self._session.runs.keep_moments(self.run)
        self._leave_keeper()
        self._keeper = keeper
        self.failure = ""
        self.is_stopping = False
        self._shown = self._best = None
        self._ticks = 0
        self._timer.start()
        return True

    def _tell(self) -> None:
        self._enable()
        self.state_changed.emit()
        self._session.runs.set(self.run)

    def _can_start(self) -> bool:
        """Whether a new run may begin: not while data is being opened that would end it at once."""
        session = self._session
        busy = self.is_live or session.runs.is_racing
        return not (busy or self._obstacle or session.data.opening or session.data.dataset is None)

    def _enable(self) -> None:
        live = self.is_live
        paused = live and self.state is RunState.PAUSED
        can_start = self._can_start()
        self.start_action.setEnabled(can_start)
        self._enable_going_on(can_start)
        has_ended = not live and self.run is not None
        actions.dress(self.step_action, actions.FIRST_STEP if has_ended else actions.TRAINING_STEP)
        self.pause_action.setEnabled(live and not self.is_stopping)
        actions.dress(self.pause_action, actions.CONTINUE if paused else actions.PAUSE)
        self.step_action.setEnabled(can_start or (paused and not self.is_stopping))
        self.stop_action.setEnabled(live and not self.is_stopping)

    def _enable_going_on(self, can_start: bool) -> None:
        self.continue_action.setEnabled(can_start and self.continued is not None)
        failed = not self.is_live and self.state is RunState.FAILED
        kept = self._keeper.last if self._keeper is not None else None
        self.last_good_action.setEnabled(can_start and failed and kept is not None and kept.model is not None)

    def _look_at_kept(self) -> None:
        """Offer to go on once the record of a run's end is there; say so where it could not be written.

        What a run that was stopped has said last of the watched photos comes then, too.
        """
        if self.run is None or self.is_live or self.run.wait(0):
            self._kept_timer.stop()
            if self.run is not None and not self.is_live:
                for event in self.run.take_events():
                    if isinstance(event, RunNotKept):
                        self._session.problem.emit(event.reason)
                    elif isinstance(event, WatchedCaptions):
                        self.captions_came.emit(event)
                        self.ticked.emit()
            self._enable()
            send(self._session.runs.shelf_changed)  # the last look may come after the session's end

    def _look_at_order(self) -> None:
        """Look whether an order has been carried out, sooner than the clock would.

        A run that comes to rest copies its model first and has more to do before it waits: Sampling begins
        with the copy.
        """
        run = self.run
        if run is None or not self.is_live:
            self._order_timer.stop()
            return
        is_copied = not self.is_stopping and run.snapshot() is not self._shown
        if is_copied or (run.state is not RunState.RUNNING and run.has_events):
            self._tick()

    def _tick(self) -> None:
        run = self.run
        if run is None:
            return
        self._ticks += 1
        if self._ticks >= SNAPSHOT_TICKS and run.state is RunState.RUNNING:
            self._ticks = 0
            run.request_snapshot()
        ended = False
        changed = False
        for event in run.take_events():
            match event:
                case WatchedCaptions():
                    self.captions_came.emit(event)
                case RunStarted():
                    self._publish_snapshot(run)
                    self.run_prepared.emit()
                case RunNotKept():
                    self._session.problem.emit(event.reason)
                case RunPaused() | RunResumed():
                    changed = True
                case RunFinished() | RunStopped():
                    ended = True
                case RunFailed():
                    self.failure = event.reason
                    ended = True
        if ended:
            if run.state is not RunState.FINISHED:
                self.queue.clear()
            self._timer.stop()
            self._kept_timer.start()
            self.is_stopping = False
        try:
            if ended:
                self._publish_result(run)
            else:
                self._publish_snapshot(run)
        except Exception as error:  # whatever it is: the run has ended, or goes on, and the panel with it
            self._session.problem.emit(f"What the run has learned could not be taken over: {error!r}.")
        self.ticked.emit()
        if ended or changed:
            self._order_timer.stop()
            self._enable()
            self.state_changed.emit()
            self._session.runs.set(None if ended else run)
        if ended and self.queue:
            QTimer.singleShot(0, self, self._start_next)

    def _fits_open_data(self, run: TrainingRun, saved: SavedModel) -> bool:
        """Whether a run's model can be shown: other data may have ended the run."""
        dataset = self._session.data.dataset
        return dataset is not None and (run.dataset is dataset or fits(saved, dataset) is None)

    def _publish_snapshot(self, run: TrainingRun) -> None:
        """Make the newest snapshot of a live run the session's model."""
        newest = run.snapshot()
        if newest is not None and newest is not self._shown:
            self._shown, self._ticks = newest, 0
            saved, unsaved = SavedModel.of_run(run, newest), newest.iteration > 0
            if not self._fits_open_data(run, saved):
                return
            best = self._best_before(run, newest)
            self._session.models.set(
                CurrentModel(saved, ModelOrigin.TRAINING, unsaved=unsaved, best=best, keeper=self._keeper)
            )

    def _best_before(self, run: TrainingRun, newest: ModelSnapshot) -> SavedModel | None:
        """The model of the lowest validation loss, where that was earlier and after some learning."""
        best = run.best_snapshot()
        if best is None or not 0 < best.iteration < newest.iteration:
            return None
        if self._best is None or self._best.model is not best.model:
            self._best = SavedModel.of_run(run, best)
        return self._best

    def _publish_result(self, run: TrainingRun) -> None:
        """Make what a run has left behind the session's model."""
        left = run.snapshot()
        if left is not None and left.iteration > 0:
            saved = SavedModel.of_run(run, left)
            if not self._fits_open_data(run, saved):
                return
            best = self._best_before(run, left)
            self._session.models.set(
                CurrentModel(saved, ModelOrigin.TRAINED, unsaved=True, best=best, keeper=self._keeper)
            )
            return
        first = left or self._shown
        if first is None:
            return  # it ended before there was a model: the session keeps the one it had
        if first.iteration > 0:  # the run failed and no model of it is known to be good
            return
        untrained = replace(SavedModel.of_run(run, first), caption_rows=np.empty(0, dtype=np.int64))
        if self._fits_open_data(run, untrained):
            self._session.models.set(CurrentModel(untrained, ModelOrigin.UNTRAINED))
