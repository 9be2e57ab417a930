"""The Training panel: a form, a run, its loss as it falls, and what the network says meanwhile.

(Past 400 lines: the panel ties its parts together, each of which is a file of its own.)
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from captionviewer.core.saved.model_file import SavedModel
from captionviewer.core.saved.run_shelf import ShelfKeeper
from captionviewer.core.training.available_memory import available_memory
from captionviewer.core.training.events import RunState
from captionviewer.core.training.loss_history import LossHistory
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import (
    NOTEBOOK_PRESET,
    STORYBOOK_PRESET,
    DataFacts,
    TrainingSettings,
)
from captionviewer.core.user_folders import is_shipped_book
from captionviewer.ui.actions import CHANGE_RATE, CONTINUE, PAUSE, make
from captionviewer.ui.session.models import ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.training.form_beside_run import FormBesideRun
from captionviewer.ui.training.loss_figure import LossSeries
from captionviewer.ui.training.past_runs import PastRuns
from captionviewer.ui.training.rate_row import RateRow
from captionviewer.ui.training.recorded_progress import RecordedProgress
from captionviewer.ui.training.run_area import RunArea
from captionviewer.ui.training.run_control import RunControl
from captionviewer.ui.training.run_head import RunHead
from captionviewer.ui.training.run_numbers import time_left_words
from captionviewer.ui.training.run_progress_bar import RunProgressBar
from captionviewer.ui.training.run_summary import RunSummary
from captionviewer.ui.training.training_form import TrainingForm
from captionviewer.ui.training.untrained_model import UntrainedModel
from captionviewer.ui.training.watched_photo_list import watch_list

if TYPE_CHECKING:
    from captionviewer.ui.training.runs.runs_view import RunsView

NO_DATA = "Open a data folder to train a network on its captions."
SHOWN_TICKS = 3  # what changes more often can hardly be read, and each look takes its time from the run
STATE_TICKS = 3 * SHOWN_TICKS  # the time left: each change of the words lays the panel out anew


class TrainingPanel(QWidget):
    """Trains a network and shows how it goes.

    Attributes
    ----------
    start_action, pause_action, step_action, stop_action, continue_action, last_good_action : QAction
        For menus and toolbars; they are enabled only when they make sense.
    settings_action : QAction
        Shows the form, or folds it away; a run that starts where there is little room folds it away.
    form, control, run_area : TrainingForm, RunControl, RunArea
        The settings; the run; its numbers and the panel's views (`run_area.views`).
    """

    show_model_asked = Signal(object)  # CurrentModel of a kept run

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._facts: DataFacts | None = None
        self._run: TrainingRun | None = None  # whose state was shown last
        self._file: SavedModel | None = None  # the opened model whose history is shown
        self._ticks = 0
        self._past = PastRuns(session, self)
        self._last_losses = LossSeries()
        self._last_keeper: ShelfKeeper | None = None  # of the run that has them
        self._was_running = False
        self.setAccessibleName("Training")
        self.form = TrainingForm()
        self._first: QWidget = self.form.preset  # what takes the keyboard when the panel is given it
        self.control = RunControl(session, self.form.settings, self)
        self._untrained = UntrainedModel(session, self)
        self.start_action, self.pause_action = self.control.start_action, self.control.pause_action
        self.step_action, self.stop_action = self.control.step_action, self.control.stop_action
        self.run_area = RunArea(session, self.form.settings, lambda: self.control.obstacle)
        self.plot, self.numbers = self.run_area.loss.plot, self.run_area.numbers
        self.said, self.watched = self.run_area.loss.said, self.run_area.loss.watched
        self._make_layout()

        self.run_area.runs_made.connect(self._wire_runs)
        self.form.changed.connect(self._settings_changed)
        self.control.state_changed.connect(self._state_changed)
        self.control.run_prepared.connect(self._run_prepared)
        self.control.obstacle_changed.connect(self.run_area.obstacle_changed)
        self.control.settings_taken.connect(self.form.set_settings)
        self.control.ticked.connect(self._ticked)
        self.control.captions_came.connect(self.said.show_now)
        self._recorded = RecordedProgress(session, self.plot, self.said, self)
        self._past.changed.connect(self._show_past)
        self.watched.photo_chosen.connect(session.selection.select)
        session.dataset_changed.connect(self._dataset_changed)
        session.selection_changed.connect(self._selection_changed)
        session.run_changed.connect(self._state_changed)
        session.model_changed.connect(self._model_changed)
        self._show_nothing()
        self._dataset_changed()
        self._model_changed()

    # ---- for the window ------------------------------------------------------------------------

    def is_running(self) -> bool:
        """Whether a run, or a race of two, trains or waits to go on."""
        race = self.run_area.race
        return self.control.is_live or (race is not None and race.is_live)

    def live_runs(self) -> tuple[TrainingRun, ...]:
        """The run, or both of a race, that trains or waits to go on."""
        control, race = self.control, self.run_area.race
        own = (control.run,) if control.is_live and control.run is not None else ()
        return (*own, *race.race.runs) if race is not None and race.is_live and race.race is not None else own

    def stop_and_wait(self, timeout_s: float) -> bool:
        """Stop the run and wait for its end, at most `timeout_s` seconds; True when none is live any more."""
        race = self.run_area.race
        raced = race is None or race.stop_and_wait(timeout_s)
        return self.control.stop_and_wait(timeout_s) and raced

    def open_runs(self, files: Sequence[Path]) -> None:
        """Put run files on the shelf, and show them in Runs."""
        self.run_area.open_runs().open_files(files)

    def ask_before_start(self, may_start: Callable[[], bool]) -> None:
        """Let `may_start()` decide whether a new run may take the place of the session's model."""
        self.control.may_start = may_start

    # ---- parts -----------------------------------------------------------------------------------

    def _wire_runs(self, runs: "RunsView") -> None:
        runs.continue_asked.connect(self.control.continue_from)
        runs.weights_asked.connect(self.control.start_from_weights)
        runs.seeds_asked.connect(self.control.start_queue)
        runs.repeat_asked.connect(self._repeat)
        runs.show_asked.connect(self.show_model_asked)

    def _repeat(self, settings: TrainingSettings) -> None:
        """Fill the form, for one change and a start."""
        if self.is_running():
            self._session.problem.emit("Settings can be filled in when the run under way has ended.")
            return
        self.form.set_settings(settings)
        self.settings_action.setChecked(True)
        self.form.entry("learning_rate").setFocus()

    def _make_layout(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.continue_action = self.control.continue_action
        self.last_good_action = self.control.last_good_action
        actions = [self.start_action, self.pause_action, self.step_action, self.stop_action]
        at_times = [self.continue_action, self.last_good_action]
        self._head = RunHead(actions, at_times, {self.pause_action: (PAUSE.text, CONTINUE.text)})
        self.settings_action = self._head.settings_action
        self.settings_action.toggled.connect(self._fold)
        self.addAction(self.settings_action)
        column.addWidget(self._head)
        self._progress = RunProgressBar()
        column.addWidget(self._progress)
        self.rate_row = RateRow()
        self.rate_row.hide()
        column.addWidget(self.rate_row)
        self.rate_action = make(CHANGE_RATE, self)
        self.rate_action.setEnabled(False)
        self.rate_action.toggled.connect(lambda _shown: self._show_rate_row())
        self.rate_row.rate_changed.connect(self.control.set_learning_rate)
        self.rate_row.clip_changed.connect(self.control.set_clip_norm)
        self.addAction(self.rate_action)
        self._head.add_at_times(self.rate_action)
        self._summary = RunSummary(self._session.settings)
        self._parts = FormBesideRun(self, self.form, self._summary, self.run_area)
        column.addWidget(self._parts, 1)
        for before, after in pairwise([*self._head.buttons, self.form.preset]):
            QWidget.setTabOrder(before, after)

    # ---- room ------------------------------------------------------------------------------------

    def _fold(self, shown: bool) -> None:
        self._parts.show_form(shown)
        self._take_focus_where_it_can_be()

    def _take_focus_where_it_can_be(self) -> None:
        """Let the panel take the keyboard by its form, or by a button while that can't be edited."""
        can_edit = self.settings_action.isChecked() and not self.is_running()
        self._first = self.form.preset if can_edit else self._head.buttons[-1]

    # ---- what the session tells ------------------------------------------------------------------

    def _dataset_changed(self) -> None:
        dataset = self._session.data.dataset
        run = self.control.run
        if run is not None and run.dataset is not dataset:
            self.said.watch(())  # its photos are of data that nobody has open any more
            self.control.stop_and_wait(1.0)
            self.control.forget()
            self._show_nothing()
        self._last_losses = LossSeries()
        self._past.look()
        self._facts = DataFacts.of(dataset) if dataset is not None else None
        is_book = dataset is not None and is_shipped_book(dataset.folder)
        self.form.offer_preset(STORYBOOK_PRESET if is_book else NOTEBOOK_PRESET)
        self._settings_changed()
        if not self.form.problems(self._facts):
            self._untrained.follow(self.form.settings(), at_once=True)

    def _selection_changed(self) -> None:
        self._watch()

    def _model_changed(self) -> None:
        """Show the history and settings of a model that was opened, and forget those of one that is gone."""
        model = self._session.models.current
        if self.is_running() or model is None:
            return
        if model.origin is ModelOrigin.SAVED:
            if model.saved is not self._file:
                self._file = model.saved
                self._show_file(model.saved)
        elif model.origin is ModelOrigin.UNTRAINED and self.control.run is None:
            self._file = None
            self._show_nothing()
        self._state_changed()

    def _show_nothing(self) -> None:
        self.plot.show_history(LossHistory(), 0)
        self.plot.show_edits(())
        self._recorded.forget()
        self.said.watch([])
        self.numbers.clear()

    def _show_file(self, saved: SavedModel) -> None:
        history = LossHistory()
        history.extend(saved.loss_history, saved.words_history, saved.rates_history)
        self.control.forget()
        self.said.watch([])
        self.form.set_settings(saved.settings)
        rates = saved.rates_history
        self.numbers.show_end(saved.iteration, float(rates[-1]) if len(rates) else None)
        self.plot.show_history(history, len(history))
        self._show_past()
        self._recorded.follow(saved, saved.caption_rows, len(history))
        self.run_area.show_losses()

    # ---- settings --------------------------------------------------------------------------------

    def _settings_changed(self) -> None:
        if self._facts is not None:
            self._facts = replace(self._facts, available_bytes=available_memory())
        problems = self.form.problems(self._facts)
        self.form.show_problems(problems)
        if problems and not self.is_running():
            self.settings_action.setChecked(True)  # where it is said which field stands in the way
        obstacle = next(iter(problems.values()), "")
        self.control.set_obstacle(obstacle if self._facts is not None else NO_DATA)
        facts = self._facts
        if facts is None or problems:
            self._summary.show_none()
        else:
            settings = self.form.settings()
            self._untrained.follow(settings)
            self._summary.show_run(settings, facts)
        self._state_changed()

    # ---- the run ---------------------------------------------------------------------------------

    def _run_prepared(self) -> None:
        run = self.control.run
        assert run is not None
        self._file = None
        total = run.progress().num_iterations
        if len(self._last_losses):
            self._past.add(self._last_keeper, self._last_losses)
        self.plot.show_history(run.history, total)
        self._last_losses, self._last_keeper = self.plot.series, self.control.keeper
        self._show_past()
        self._recorded.follow(run, run.caption_rows, total)
        self._watch()
        self._state_changed()

    def _forget_the_last_run(self) -> None:
        """Show nothing of an earlier run beside the state of a new one, which takes a moment to prepare."""
        run = self.control.run
        if run is self._run:
            return
        self._run = run
        if run is not None and run.progress().iteration == 0:
            self.plot.show_history(LossHistory(), 0)
            self.plot.show_edits(())
            self._recorded.forget()
            self.said.forget()
            self.numbers.clear()

    def _show_past(self) -> None:
        """Show earlier runs, but not behind its own line the one that is shown."""
        model, keeper = self._session.models.current, self.control.keeper
        if self.control.run is None or keeper is None:
            self.plot.show_past(self._past.besides(model.run_key if model is not None else None))
        else:
            self.plot.show_past(self._past.besides(keeper.key))

    def _ticked(self) -> None:
        self._ticks += 1
        trains = self.control.state is RunState.RUNNING  # else nothing need be spared
        if trains and self._ticks % SHOWN_TICKS:
            return
        self._recorded.look(self.control.run)
        self.plot.take_new(at_once=not self.is_running())
        self._show_numbers()
        if not trains or self._ticks % STATE_TICKS == 0:
            self._say_state()

    def _show_numbers(self) -> None:
        run = self.control.run
        if run is None:
            return
        self._show_rate_row()
        self.plot.show_edits(run.edits)
        if self._facts is not None:
            self._summary.look_at(run, self._facts)
        progress = run.progress()
        self._progress.show_progress(progress)
        self.numbers.show_progress(progress, run.history.learning_rate, run.state is RunState.RUNNING)
        self.run_area.show_losses()

    def _show_rate_row(self) -> None:
        """Show what can be changed now, while a run goes on and the user wants to see it."""
        run = self.control.run
        live = self.control.is_live
        self.rate_action.setEnabled(live)
        self.rate_row.setVisible(self.rate_action.isChecked() and live)
        if run is not None and live:
            self.rate_row.show_rate(run.learning_rate)
            self.rate_row.show_clip(run.clip_norm)

    def _watch(self) -> None:
        """Watch the selected photo and the first few that are trained on."""
        run = self.control.run
        if run is None or not self.is_running() or run.dataset is not self._session.data.dataset:
            return
        photos = watch_list(run, self._session.selection.record)
        self.said.watch(photos)
        run.watch([photo.record for photo in photos])

    # ---- words -----------------------------------------------------------------------------------

    def _state_changed(self) -> None:
        self._forget_the_last_run()
        self._say_state()
        running = self.is_running()
        self.numbers.set_greyed(self._session.runs.is_racing)  # they are of another model then
        self.form.set_editable(not running)
        if running and not self._was_running and self._parts.is_small:
            self.settings_action.setChecked(False)
        self._was_running = running
        self._take_focus_where_it_can_be()
        if self.control.run is None:
            self._progress.setValue(0)
        self._show_numbers()

    def _say_state(self) -> None:
        run = self.control.run
        self._head.say(*self._state_words())
        race = self.run_area.race
        if self._session.runs.is_racing and race is not None and race.race is not None:
            self._head.what.show_race([racer.settings for racer in race.race.runs])
        elif run is not None:
            self._head.what.show_settings(run.settings)
        else:
            wanted, file = self.form.settings(), self._file
            self._head.what.show_settings(wanted, is_next=file is not None and wanted != file.settings)

    def _state_words(self) -> tuple[str, bool]:
        """What the panel says of itself, and whether that is bad news."""
        if self._facts is None:
            return NO_DATA, False
        if self._session.runs.is_racing:
            return "Two runs race: see the view Race.", False
        if not self.is_running():
            problems = self.form.problems(self._facts)
            if problems:
                return f"Can't start: {next(iter(problems.values()))}", True
        run = self.control.run
        if run is None:
            model = self._session.models.current
            if self._file is not None and model is not None:
                if model.label:
                    return f"Model {model.label}.", False
                return f"Loss of the opened model, {self._file.iteration:,} iterations.", False
            return "Ready to train.", False
        done = f"{run.progress().iteration:,}"
        if self.control.is_stopping:
            return "Stopping after the step under way…", False
        match run.state:
            case RunState.RUNNING if not run.progress().num_iterations:
                return "Preparing captions and network…", False
            case RunState.RUNNING:
                return time_left_words(run.progress().seconds_left), False
            case RunState.PAUSED:
                return f"Paused after iteration {done}.", False
            case RunState.FINISHED | RunState.STOPPED | RunState.FAILED if self.is_running():
                return "Ending…", False  # its thread has ended; the next look takes what it left
            case RunState.FINISHED:
                return f"Finished: {done} iterations.", False
            case RunState.STOPPED:
                return f"Stopped after iteration {done}.", False
            case RunState.FAILED:
                return f"Failed. {self.control.failure}", True
        return "Ready to train.", False

    # ---- Qt ----------------------------------------------------------------------------------------

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Hand the keyboard on; by a focus proxy Tab would leave out what stands before it."""
        self._first.setFocus(event.reason())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the form above the loss where the panel is narrow."""
        super().resizeEvent(event)
        self._parts.arrange()
