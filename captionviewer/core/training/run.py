"""A training run: the solver's loop in a thread of its own, told what to do by flags and heard through
events.

Nobody reads the parameters while they are being written: what others see of the model are snapshots,
frozen copies made between two iterations. The run's own random numbers come from one seeded generator, in
this order: the captions drawn, each minibatch; the initial parameters have a generator of their own, so that
runs of one seed see the same minibatches whatever their cell and sizes. Nothing that is done between steps
(see `callbacks`) draws from either, so the same settings, data and seed repeat a run exactly: whichever
thread takes a piece of a step, what it computes is the same (see `network/two_threads`).

A stop is heeded within a fraction of a second at every moment, also where a step takes seconds: whatever
takes long calls `interrupt` between its pieces. A step that is given up so has changed nothing.

(Past 400 lines, for a run's orders, states and ends are one protocol, which is judged by reading it whole.)
"""

import contextlib
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.caption_digest import digest_of_captions
from captionviewer.core.coco.dataset import CocoDataset, DataError, PhotoRecord
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.training.blind import blindfold, without_photos
from captionviewer.core.training.callbacks import Callbacks, RunSolver
from captionviewer.core.training.caption_stops import RecordedCaptions
from captionviewer.core.training.checkpoints import Checkpoints, Keep
from captionviewer.core.training.continuing import check_continued, columns_of, history_of, take_weights
from captionviewer.core.training.events import (
    Event,
    ModelSnapshot,
    RunFailed,
    RunFinished,
    RunNotKept,
    RunPaused,
    RunResumed,
    RunStarted,
    RunState,
    RunStopped,
    TerminalEvent,
    WatchedCaptions,
)
from captionviewer.core.training.guest_work import StepBoundary
from captionviewer.core.training.loss_history import LossHistory
from captionviewer.core.training.model_guard import GUARD_EVERY, DivergedError, ModelGuard
from captionviewer.core.training.moments import Moments
from captionviewer.core.training.norm_history import NormHistory, ParameterNorms
from captionviewer.core.training.run_progress import RunProgress, StepRate, Stopwatch
from captionviewer.core.training.run_record import Machine, Outcome, RunRecord
from captionviewer.core.training.setting_edits import SettingEdit, SettingEdits
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.core.training.snapshots import Snapshots, last_loss
from captionviewer.core.training.validation import Validation
from captionviewer.core.training.watched_photos import CaptionWatch, photos_to_watch

MOST_EVENTS = 1000
LAST_LOOK_S = 0.5  # for what a run that was stopped says last, once its end is told

_log = logging.getLogger(__name__)


class _StopAsked(Exception):
    """Raised between two pieces of work when the run is to stop."""


class TrainingRun:
    """One training of a fresh model on an open data set.

    `start()`, or `step_once()` for a run that waits after its first iteration, makes the thread;
    `pause`, `resume`, `step_once` and `stop` may be called from any thread at any time and return
    at once. Whatever happens, the run ends with exactly one of RunFinished, RunStopped and RunFailed among
    its events.

    The data set must stay open until the run has ended.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        dataset: CocoDataset,
        *,
        watched: Sequence[PhotoRecord] = (),
        watch_trained: int = 0,
        dtype: npt.DTypeLike = np.float32,
        edits: Sequence[SettingEdit] = (),
        keep: Keep | None = None,
        go_on_from: RunRecord | None = None,
        weights: CaptioningRNN | None = None,
        keeps_moments: bool = False,
        clock: Callable[[], float] = time.monotonic,
        pace: Callable[[int], bool] | None = None,
    ) -> None:
        """Plan a run.

        Parameters
        ----------
        settings, dataset
            What the run depends on; `settings.problems` says beforehand what would not do.
        watched
            Photos whose greedy captions come as WatchedCaptions now and then.
        watch_trained
            How many of the photos trained on are watched as well, the first ones drawn.
        dtype
            float32 or float64, of a fresh model.
        edits
            What was changed while an earlier run went on, to be repeated at the same iterations.
        keep
            Called in a thread of its own with a record of the run, now and then and at its end.
        go_on_from
            A run to be continued: it goes on where it was left, to the numbers it would have come to. What
            of `settings` differs from its own is the number of epochs, at the most.
        weights
            A model whose parameters a new run starts from; of the sizes that `settings` asks for.
        keeps_moments
            Keep models of moments that are past, as `moments` says.
        clock
            Seconds that only grow, by which captions and validation are due. What they say does not change
            the run, but when they say it is recorded: a clock of steps makes records that repeat, too.
        pace
            Called before each step, in the run's thread, with the iterations done. It may block, which does
            not count as time trained; False: look for orders again, and ask anew.

        Raises
        ------
        CannotContinueError
            `go_on_from` can't be continued with this data set and these settings.
        """
        if go_on_from is not None:
            check_continued(go_on_from, settings, dataset)
        self.settings = settings
        self.dataset = dataset
        self.history = history_of(go_on_from) if go_on_from is not None else LossHistory()
        self._norms = NormHistory(go_on_from.parameter_norms if go_on_from is not None else None)
        self._go_on_from, self._weights, self._dtype = go_on_from, weights, np.dtype(dtype)
        self.started = go_on_from.started if go_on_from is not None else time.time()
        self.machine = Machine.here()
        self._edits = SettingEdits(edits, go_on_from.edits if go_on_from is not None else ())
        self._boundary = StepBoundary()
        self._pace = pace
        self._wake = threading.Condition()  # guards all below that both sides touch
        self._state = RunState.NOT_STARTED
        self._wants_pause = False
        self._wants_stop = False
        self._single_steps = 0
        self._events: deque[Event] = deque(maxlen=MOST_EVENTS)
        self._progress = RunProgress(num_epochs=settings.num_epochs, learning_rate=settings.learning_rate)
        self._watch_trained = watch_trained
        self._caption_rows: IntArray = np.empty(0, dtype=np.int64)
        self._image_rows: IntArray = np.empty(0, dtype=np.int64)
        self._data_digest = ""
        # A daemon, so that a script which forgets a paused run can still end; the window stops its own.
        self._thread = threading.Thread(target=self._work, name="captionviewer training", daemon=True)
        self._watch = CaptionWatch(dataset, self._publish_captions, clock)
        self._watch.watch(watched)
        self._snapshots = Snapshots(self._rate_set)
        # from here on only the worker's
        self._moments = Moments(GUARD_EVERY)
        self._guard = ModelGuard(self._moments if keeps_moments else None)
        self._validation = Validation(dataset, settings.seed, settings.validation_captions, clock)
        self._checkpoints = Checkpoints(
            keep,
            self._record,
            self._tell_not_kept,
            lambda seconds: self._callbacks.charge(Checkpoints.name, seconds),
        )
        self._callbacks = Callbacks(
            [self._guard, self._snapshots, self._watch, self._validation, self._checkpoints], clock
        )
        self._stopwatch = Stopwatch(float(self.history.seconds()[-1]) if len(self.history) else 0.0)
        self._rate = StepRate()

    # What others ask of the run

    def start(self) -> None:
        """Begin training in a thread of its own. RuntimeError when the run was started before."""
        self._begin(single_steps=0)

    def pause(self) -> None:
        """Wait at the next step boundary."""
        with self._wake:
            self._wants_pause = True
            self._single_steps = 0

    def resume(self) -> None:
        """Go on after a pause."""
        with self._wake:
            self._wants_pause = False
            self._single_steps = 0
            self._wake.notify_all()

    def step_once(self) -> None:
        """Make one minibatch update and wait, from the start or a pause; pause a run at full speed."""
        with self._wake:
            if self._state is not RunState.NOT_STARTED:
                if self._wants_pause:
                    self._single_steps += 1
                    self._wake.notify_all()
                self._wants_pause = True
                return
        self._begin(single_steps=1)

    def set_learning_rate(self, value: float) -> None:
        """Make the next steps with another learning rate.  ValueError: it can't be that.

        It goes on decaying at the end of each epoch, and is recorded in `edits`.
        """
        self._edits.ask("learning_rate", value)

    def set_clip_norm(self, value: float | None) -> None:
        """Shorten the gradients of the next steps to another norm; None: not at all.  Else as above."""
        self._edits.ask("clip_norm", value)

    @property
    def learning_rate(self) -> float:
        """That of the next step, also where it was asked for and is not in force yet."""
        asked = self._edits.asked("learning_rate")
        return self._progress.learning_rate if asked is None else asked

    @property
    def clip_norm(self) -> float | None:
        """The norm that gradients are clipped at now; None: they are not."""
        norms = [edit.value for edit in self._edits.done if edit.name == "clip_norm"]
        return norms[-1] if norms else self.settings.clip_norm

    @property
    def continues(self) -> bool:
        """Whether it goes on with a run that was left."""
        return self._go_on_from is not None

    @property
    def edits(self) -> tuple[SettingEdit, ...]:
        """What was changed while the run went on, in order."""
        return self._edits.done

    def stop(self) -> None:
        """End the run (at once if not started), keeping what it has learned by its last whole step."""
        self._boundary.end()
        with self._wake:
            self._wants_stop = True
            self._wake.notify_all()
            if self._state is RunState.NOT_STARTED:
                self._state = RunState.STOPPED
                self._events.append(RunStopped(0))

    @property
    def is_to_stop(self) -> bool:
        """Whether its end was asked for."""
        return self._wants_stop

    @property
    def is_kept(self) -> bool:
        """Whether it is kept as it goes on: somebody keeps it, and the newest record could be written."""
        return not self._checkpoints.failed

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the run's thread has ended, at most `timeout` seconds; True when none is live.

        The last record is written by then, too.
        """
        if self._thread.ident is None:
            return True
        until = None if timeout is None else time.monotonic() + timeout
        self._thread.join(timeout)
        if self._thread.is_alive():
            return False
        return self._checkpoints.wait(None if until is None else max(0.0, until - time.monotonic()))

    @property
    def state(self) -> RunState:
        """Where the run is now."""
        return self._state

    @property
    def caption_rows(self) -> IntArray:
        """Rows of `train_captions` trained on; empty until RunStarted."""
        return self._caption_rows

    @property
    def image_rows(self) -> IntArray:
        """Train photos those captions belong to, each once, rising; empty until RunStarted."""
        return self._image_rows

    @property
    def data_digest(self) -> str:
        """What a saved model knows those captions again by; empty until RunStarted."""
        return self._data_digest

    @property
    def is_to_pause(self) -> bool:
        """Whether a pause was asked for, or it waits already."""
        return self._wants_pause

    @property
    def has_events(self) -> bool:
        """Whether something happened since `take_events` was called last."""
        return bool(self._events)

    def take_events(self) -> list[Event]:
        """What happened since the last call, in order."""
        with self._wake:
            taken = list(self._events)
            self._events.clear()
        return taken

    def progress(self) -> RunProgress:
        """How far the run is."""
        return self._progress

    def request_snapshot(self, *, for_guest: bool = False) -> None:
        """Ask for a new snapshot at the next step boundary.

        `for_guest`: who asks works with it `between_steps` at once. When the run comes to rest, what else is
        due then waits a moment for that.
        """
        self._snapshots.wanted = True
        if for_guest:
            self._boundary.expect()

    def snapshot(self) -> ModelSnapshot | None:
        """The newest frozen copy: made when the run starts, pauses and ends, and when asked for."""
        return self._snapshots.newest

    @property
    def moments(self) -> tuple[ModelSnapshot, ...]:
        """Models of moments that are past, rising, farther and farther apart; there also after its end."""
        return self._moments.kept

    def between_steps(self) -> AbstractContextManager[None]:
        """While it is held the run makes no step: for short work with matrices in another thread."""
        return self._boundary.between_steps()

    def caption_stops(self) -> RecordedCaptions | None:
        """What was said of the watched photos at stops over the run; None before the first."""
        return self._watch.stops()

    @property
    def validation(self) -> Validation:
        """The loss on captions that are fixed, of val and of those trained on, as the run goes on."""
        return self._validation

    def parameter_norms(self) -> ParameterNorms | None:
        """The norm of each parameter's gradient so far; None before the first step."""
        return self._norms.recorded()

    def best_snapshot(self) -> ModelSnapshot | None:
        """The model of the best validation loss so far; None before the first."""
        return self._validation.best_snapshot

    def watch(self, photos: Sequence[PhotoRecord]) -> None:
        """Replace the photos whose greedy captions come as WatchedCaptions now and then."""
        self._watch.watch(photos)
        with self._wake:
            self._wake.notify_all()

    # The worker

    def _begin(self, single_steps: int) -> None:
        with self._wake:  # the thread waits for this too, so nobody sees a run that is live without one
            if self._state is not RunState.NOT_STARTED:
                raise RuntimeError("this training run was started before: make a new one")
            self._state = RunState.RUNNING
            self._single_steps = single_steps
            self._wants_pause = single_steps > 0
            try:
                self._thread.start()
            except (RuntimeError, MemoryError) as problem:
                self._end(RunFailed(f"The system gives no thread to train in ({problem}).", 0, None))

    def _work(self) -> None:
        solver: RunSolver | None = None
        outcome: TerminalEvent = RunFailed("Training ended without saying why.", 0, None)
        try:
            # a diverging run overflows before its loss does; that is reported once, as the run's end
            with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
                try:
                    solver = self._prepare()
                    with one_library_thread():
                        outcome = self._train(solver)
                except _StopAsked:
                    if solver is not None:
                        self._snapshots.take_over(solver)
                    outcome = RunStopped(solver.iteration if solver is not None else 0)
        except DivergedError as problem:
            outcome = self._failure(str(problem), solver)
        except DataError as problem:  # raised while a minibatch is read: the model is whole
            outcome = self._failure(
                f"Training stopped while reading the data. {problem}", solver, is_whole=True
            )
        except MemoryError:
            words = "There is not enough memory for this run: choose a smaller hidden size or batch."
            outcome = self._failure(words, solver)
        except Exception as problem:  # whatever it is, the run ends in words and the log has the traceback
            _log.exception("training run failed")
            outcome = self._failure(
                f"Training ended on an error: {type(problem).__name__}: {problem}.", solver
            )
        finally:
            self._guard.let_go()  # whoever shows the run that has ended need not hold its copies
            self._end(outcome)
            if solver is not None:
                try:
                    self._boundary.after_guest()
                    if isinstance(outcome, RunStopped):
                        self._look_last(solver)
                    self._keep_end(outcome, solver)
                except Exception:  # as too little memory for a copy; the last checkpoint is there
                    _log.exception("the end of a run was not kept")
                solver.model.give_back_workspaces()

    def _look_last(self, solver: RunSolver) -> None:
        """Look once more at the watched photos of a run that was stopped, for a moment at most."""
        if solver.iteration == 0 or not self._watch.is_behind(solver.iteration):
            return
        until = time.monotonic() + LAST_LOOK_S

        def enough() -> None:
            if time.monotonic() > until:
                raise _StopAsked

        solver.interrupt = enough
        try:
            with contextlib.suppress(_StopAsked), one_library_thread(), np.errstate(all="ignore"):
                self._watch.run(solver)
        except Exception:  # as too little memory: what was learned is kept all the same
            _log.exception("a run that was stopped did not say its last captions")

    def _interrupt(self) -> None:
        if self._wants_stop:
            raise _StopAsked

    def _prepare(self) -> RunSolver:
        """Draw the captions, make the model and its solver."""
        settings, dataset, before = self.settings, self.dataset, self._go_on_from
        rng = np.random.default_rng(settings.seed)
        train = dataset.split("train")
        if before is None:
            rows = train.draw_captions(settings.num_captions, settings.one_caption_an_image, rng)
        else:
            rows = before.caption_rows
        self._interrupt()
        photos = np.unique(train.image_idxs[rows])
        digest = digest_of_captions(dataset, rows)
        if before is not None and before.model is not None:
            model = before.model.copy(self._interrupt)
        else:
            model = settings.new_model(
                dataset.vocabulary.word_to_idx,
                dataset.feature_dim,
                dtype=self._dtype,
                interrupt=self._interrupt,
            )
        if self._weights is not None:
            take_weights(model, self._weights)
            self._weights = None
        data = dataset.training_data(rows)
        if settings.blind:
            blindfold(model)  # weights that a run starts from may have seen
            data = without_photos(data)
        solver = CaptioningSolver(
            model,
            data,
            update_rule=settings.update_rule,
            optim_config={"learning_rate": settings.learning_rate},
            lr_decay=settings.lr_decay,
            batch_size=settings.batch_size,
            num_epochs=settings.num_epochs,
            verbose=False,
            rng=rng,
            clip_norm=settings.clip_norm,
        )
        solver.interrupt = self._interrupt
        self._validation.train_on(rows, solver.iterations_per_epoch)
        self._interrupt()
        self._validation.prepare()
        if before is not None and before.state is not None:
            solver.go_on_from(before.state)
            solver.loss_history.extend(float(loss) for loss in before.losses)
            self._validation.go_on_from(before)
            self._watch.go_on_from(before.stops)
            self._guard.begin_with(ModelSnapshot(model.copy(self._interrupt), solver.iteration, None))
            self._go_on_from = replace(before, model=None, state=None, best=None)  # else four copies stay
        self._snapshots.run(solver)
        self._watch.watch(photos_to_watch(dataset, rows, self._watch.photos, self._watch_trained))
        with self._wake:
            self._caption_rows, self._image_rows, self._data_digest = rows, photos, digest
            self._progress = RunProgress(
                solver.iteration,
                solver.num_iterations,
                solver.epoch,
                settings.num_epochs,
                solver.learning_rate,
            )
            self._events.append(
                RunStarted(
                    solver.num_iterations, solver.iterations_per_epoch, model.num_parameters, rows, photos
                )
            )
        return solver

    def _train(self, solver: RunSolver) -> TerminalEvent:
        while solver.iteration < solver.num_iterations:
            self._wait_while_paused(solver)
            if self._pace is not None and not self._has_turn(self._pace, solver.iteration):
                continue
            with self._boundary.step():
                self._interrupt()
                self._callbacks.run_due(solver)
                self._step(solver)
        self._snapshots.take_over(solver)
        with contextlib.suppress(_StopAsked):  # it has ended: nobody need wait for what is only looked at
            self._callbacks.bring_up_to_date(solver)
            self._validation.run(solver)
        return RunFinished(solver.iteration)

    def _has_turn(self, pace: Callable[[int], bool], iteration: int) -> bool:
        self._stopwatch.halt()
        try:
            return pace(iteration)
        finally:
            self._stopwatch.go()

    def _step(self, solver: RunSolver) -> None:
        """One minibatch update, noted."""
        self._edits.put_in_force(solver)
        learning_rate = solver.learning_rate  # decays at an epoch's end, within the step
        loss = float(solver.step())
        if not math.isfinite(loss):
            what = "The loss became NaN" if math.isnan(loss) else "The loss became infinite"
            raise DivergedError(what, solver.iteration, self._rate_set())
        self._guard.loss_was_finite()
        self._note_step(solver, loss, learning_rate)

    def _wait_while_paused(self, solver: RunSolver) -> None:
        """Wait while the run is paused, with all that shows the model up to date."""
        if self._is_to_wait():
            self._snapshots.run(solver)
        with self._wake:
            if self._is_to_wait():
                self._wait_for_orders(solver)
            if self._state is RunState.PAUSED and not self._wants_pause and not self._wants_stop:
                self._state = RunState.RUNNING
                self._events.append(RunResumed(solver.iteration))
            self._single_steps = max(0, self._single_steps - 1)
        self._interrupt()

    def _is_to_wait(self) -> bool:
        return self._wants_pause and self._single_steps == 0 and not self._wants_stop

    def _has_orders(self) -> bool:
        return not self._is_to_wait()

    def _wait_for_orders(self, solver: RunSolver) -> None:
        """Pause, with the lock held; what shows the model is brought up to date meanwhile.

        Whoever looks at the model comes first; photos that are newly watched are looked at, too.
        """
        self._state = RunState.PAUSED
        self._stopwatch.halt()
        self._events.append(RunPaused(solver.iteration))
        is_settled = False
        while self._is_to_wait():
            if is_settled and not self._watch.is_new:
                self._wake.wait()
                continue
            self._wake.release()  # it takes a while: nobody who gives an order waits for all of it
            try:
                if is_settled:
                    self._watch.run(solver)
                else:
                    self._boundary.after_guest(self._has_orders)
                    self._callbacks.bring_up_to_date(solver, self._has_orders)
                    is_settled = True
            finally:
                self._wake.acquire()
        self._rate.forget()
        self._stopwatch.go()

    def _note_step(self, solver: RunSolver, loss: float, learning_rate: float) -> None:
        words = solver.last_words
        per_word = loss * solver.batch_size / words if words else 0.0
        self.history.append(loss, per_word, learning_rate, solver.last_gradient_norm, self._stopwatch.seconds)
        iteration = solver.iteration
        self._norms.note(iteration, solver.last_parameter_norms)
        speed = self._rate.note(time.monotonic(), iteration)
        self._progress = RunProgress(
            iteration,
            solver.num_iterations,
            solver.epoch,
            self.settings.num_epochs,
            solver.learning_rate,
            speed,
            (solver.num_iterations - iteration) / speed if speed > 0 else None,
        )

    def _publish_captions(self, captions: WatchedCaptions) -> None:
        """Only the newest are of use: older ones that nobody took give way."""
        with self._wake:
            for event in [event for event in self._events if isinstance(event, WatchedCaptions)]:
                self._events.remove(event)
            self._events.append(captions)

    def _failure(self, words: str, solver: RunSolver | None, is_whole: bool = False) -> RunFailed:
        """The event of a run that failed; puts the newest model known to be good in place of the snapshot.

        Where the failure did not touch the model (`is_whole`), that is the model as it is.
        """
        iteration = solver.iteration if solver is not None else 0
        others = []
        newest = self._snapshots.newest
        if newest is not None and newest.iteration < len(self.history):
            others.append(newest)
        if is_whole and solver is not None and iteration > 0:
            others.append(ModelSnapshot(solver.model.copy(), iteration, last_loss(solver)))
        self._snapshots.newest = kept = self._guard.newest_good(others)
        if kept is not None and kept.iteration > 0:
            words += f" The model of iteration {kept.iteration:,} is kept."
        else:
            words += " Nothing had been learned before."
        return RunFailed(words, iteration, kept.iteration if kept is not None else None)

    # What is kept of it

    def record(self, outcome: Outcome, model: CaptioningRNN | None, model_iteration: int) -> RunRecord:
        """What is known of the run now, with a model that nobody writes to; without what it takes to go on.

        Only while the run is at a step boundary or over, and its captions are drawn.
        """
        best = self._validation.best_snapshot
        progress = self._progress
        return RunRecord(
            settings=self.settings,
            vocabulary=tuple(self.dataset.vocabulary.idx_to_word),
            caption_rows=self._caption_rows,
            data_name=self.dataset.folder.name,
            feature_kind=self.dataset.feature_kind,
            data_digest=self._data_digest,
            iteration=len(self.history),
            num_iterations=progress.num_iterations,
            iterations_per_epoch=max(1, progress.num_iterations // max(1, self.settings.num_epochs)),
            **columns_of(self.history),
            edits=self._edits.done,
            validation=self._validation.points(),
            stops=self._watch.stops(),
            unigram_nats=self._validation.unigram_nats,
            outcome=outcome,
            reason="",
            started=self.started,
            machine=self.machine,
            model=model,
            model_iteration=model_iteration,
            best=best.model if best is not None else None,
            best_iteration=best.iteration if best is not None else 0,
            parameter_norms=self._norms.recorded(),
            scores=self._go_on_from.scores if self._go_on_from is not None else None,
        )

    def _record(self, solver: RunSolver) -> RunRecord:
        """A checkpoint: all that is known and what it takes to go on."""
        outcome: Outcome = "paused" if self._wants_pause else "running"
        record = self.record(outcome, solver.model.copy(), solver.iteration)
        return replace(record, state=solver.state())

    def _keep_end(self, outcome: TerminalEvent, solver: RunSolver) -> None:
        """Let the run be kept as it has ended."""
        if isinstance(outcome, RunFailed):
            kept = self._snapshots.newest
            model, iteration = (kept.model, kept.iteration) if kept is not None else (None, 0)
            record = replace(self.record("failed", model, iteration), reason=outcome.reason)
        else:
            ended: Outcome = "finished" if isinstance(outcome, RunFinished) else "stopped"
            newest = self._snapshots.newest
            assert newest is not None  # taken at the end: nobody writes to that model any more
            record = replace(self.record(ended, newest.model, solver.iteration), state=solver.state())
        self._checkpoints.put(record)

    def _rate_set(self) -> float:
        """The learning rate that somebody set last, before it decayed."""
        rates = [edit.value for edit in self._edits.done if edit.name == "learning_rate"]
        return rates[-1] or 0.0 if rates else self.settings.learning_rate

    def _tell_not_kept(self, words: str) -> None:
        with self._wake:
            self._events.append(RunNotKept(words))

    def _end(self, outcome: TerminalEvent) -> None:
        ends = {RunFinished: RunState.FINISHED, RunStopped: RunState.STOPPED, RunFailed: RunState.FAILED}
        with self._wake:
            self._state = ends[type(outcome)]
            self._events.append(outcome)
