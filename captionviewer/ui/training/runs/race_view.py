"""The view Race: two runs in lock-step from one seed, their curves live, the same photos captioned.

(Past 400 lines: what is asked of two runs at once, and what is said of them.)
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from captionviewer.core.amounts import format_duration
from captionviewer.core.network.cells import CELLS
from captionviewer.core.saved.run_shelf import ShelfKeeper
from captionviewer.core.training.caption_stops import RecordedCaptions
from captionviewer.core.training.events import RunFailed, RunNotKept, RunState
from captionviewer.core.training.race import Race, of_equal_parameters
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.run_comparison import AXES, Axis, RunCurve, curve_over, places
from captionviewer.core.training.run_names import run_names
from captionviewer.core.training.settings import FIELD_NAMED, DataFacts, TrainingSettings
from captionviewer.core.training.watched_photos import NUM_WATCHED
from captionviewer.ui.look.theme import set_muted
from captionviewer.ui.session.session import Session
from captionviewer.ui.training.loss_figure import LossSeries
from captionviewer.ui.training.runs.run_curves import PlottedRun, RunCurves
from captionviewer.ui.training.runs.said_by_each import SaidByEach
from captionviewer.ui.widgets.control_parts import labelled, scrolling, words_label
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.outside_text import show_plainly

TICK_MS = 200
SAME_HIDDEN, SAME_PARAMETERS = "Equal hidden size", "Equal parameters"
OTHER_CELL = "the other cell"
CHANGED = ("learning_rate", "lr_decay", "clip_norm", "hidden_dim", "wordvec_dim", "update_rule")
WHAT_IT_IS = (
    "Two runs from one seed, on the same minibatches, a step of the one and then a step of the other: the"
    " settings of the form beside the same with one change. Each comes to what it would come to alone."
)
_FASTER_AXES = tuple((axis, words) for axis, words in AXES if axis != "epoch")


class RaceView(QWidget):
    """Makes a race and looks at it by a timer of its own while it goes on.

    Attributes
    ----------
    race : Race or None
        The one under way, or the last.
    """

    def __init__(
        self, session: Session, wanted: Callable[[], TrainingSettings], obstacle: Callable[[], str]
    ) -> None:
        """`wanted()` gives the form's settings, `obstacle()` why no run can start ("" when one can)."""
        super().__init__()
        self._session, self._wanted, self._obstacle = session, wanted, obstacle
        self.race: Race | None = None
        self._keepers: tuple[ShelfKeeper, ...] = ()  # of a race under way
        self._names: tuple[str, ...] = ()
        self._parameters: tuple[int, ...] = ()
        self._series: tuple[LossSeries, ...] = ()  # of each run, as far as it was looked at
        self._said: list[RecordedCaptions] = []  # what is shown of their captions
        self._not_kept: set[str] = set()  # names of runs that could not be written to the shelf
        self._is_ending = False
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._look)
        self._build()
        session.run_changed.connect(self._enable)
        session.opening_changed.connect(self._enable)
        session.dataset_changed.connect(self._dataset_changed)
        self._show_choice()
        self._enable()

    # ---- parts -----------------------------------------------------------------------------

    def _build(self) -> None:
        self.against = QComboBox()
        self.against.addItem(OTHER_CELL, "")
        for name in CHANGED:
            label = FIELD_NAMED[name].label
            self.against.addItem(f"another {label[0].lower()}{label[1:]}", name)
        self.against.setAccessibleName("What the second run changes")
        self.against.activated.connect(lambda _index: self._show_choice())
        self.value = QLineEdit()
        self.value.setAccessibleName("The second run's value")
        self.value.setMaximumWidth(8 * self.fontMetrics().horizontalAdvance("0") + 20)
        self.rule = QComboBox()
        for rule, words in FIELD_NAMED["update_rule"].choices:
            self.rule.addItem(words, rule)
        self.rule.setAccessibleName("The second run's optimizer")
        self.fair = QComboBox()
        self.fair.addItems([SAME_HIDDEN, SAME_PARAMETERS])
        self.fair.setAccessibleName("What both cells share")
        self.fair.setToolTip(
            "<p>An LSTM of the same hidden size has four times the recurrent weights; with equal"
            " parameters its hidden size is smaller.</p>"
        )
        self.start_button = QPushButton("Start race")
        self.pause_button = QPushButton("Pause both")
        self.step_button = QPushButton("Step both")
        self.stop_button = QPushButton("Stop both")
        for button, call in (
            (self.start_button, self.start),
            (self.pause_button, self.pause_or_resume),
            (self.step_button, self.step),
            (self.stop_button, self.stop),
        ):
            button.clicked.connect(lambda _checked=False, call=call: call())
        self.axis_choice = QComboBox()
        for axis, words in _FASTER_AXES:
            self.axis_choice.addItem(words, axis)
        self.axis_choice.setAccessibleName("What the curves stand over")
        self.axis_choice.activated.connect(lambda _index: self._show_curves())
        choice, orders = FlowLayout(gap=6, line_gap=4), FlowLayout(gap=6, line_gap=4)
        choice.addWidget(labelled("Race against", self.against))
        for widget in (self.value, self.rule, self.fair):
            choice.addWidget(widget)
        for order in (self.start_button, self.pause_button, self.step_button, self.stop_button):
            orders.addWidget(order)
        orders.addWidget(labelled("Over", self.axis_choice))
        self.state = show_plainly(QLabel(WHAT_IT_IS))
        self.state.setWordWrap(True)
        self.state.setObjectName("race_state")
        self.plot = RunCurves()
        self.numbers = words_label("race_numbers")
        self.said = SaidByEach(self._session.photos)
        self.said.hide()
        set_muted(self.state)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addLayout(choice)
        column.addLayout(orders)
        column.addWidget(self.state)
        column.addWidget(self.plot, 1)
        column.addWidget(self.numbers)
        column.addWidget(self.said)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 0)
        whole.addWidget(scrolling(body, filled=False))

    def _show_choice(self) -> None:
        name = self.against.currentData()
        self.fair.setVisible(not name)
        self.rule.setVisible(name == "update_rule")
        self.value.setVisible(bool(name) and name != "update_rule")
        if name and name != "update_rule":
            base = getattr(self._wanted(), name)
            is_rate = name in ("learning_rate", "lr_decay")
            other = base / 10 if name == "learning_rate" else 1.0 if is_rate else None
            if name in ("hidden_dim", "wordvec_dim"):
                other = max(1, base // 2)
            self.value.setText(f"{5.0 if other is None else other:g}")

    # ---- orders ----------------------------------------------------------------------------

    @property
    def is_live(self) -> bool:
        """Whether a race goes on, or waits."""
        return self._timer.isActive()

    def racers(self) -> tuple[TrainingSettings, TrainingSettings]:
        """The settings of both.  ValueError: the second's can't be, in words for people."""
        base = self._wanted()
        name = self.against.currentData()
        dataset = self._session.data.dataset
        assert dataset is not None
        facts = DataFacts.of(dataset)
        if not name:
            other = replace(base, cell_type=next(cell for cell in CELLS if cell != base.cell_type))
            if self.fair.currentText() == SAME_PARAMETERS:
                other = of_equal_parameters(base, other, facts)
        elif name == "update_rule":
            other = replace(base, update_rule=self.rule.currentData())
        else:
            text = self.value.text().strip().replace(",", ".")
            try:
                number: float | int = int(text) if name in ("hidden_dim", "wordvec_dim") else float(text)
            except ValueError:
                raise ValueError(f"{FIELD_NAMED[name].label} must be a number, not {text!r}.") from None
            other = replace(base, **{name: number})  # type: ignore[arg-type]  # judged below
        problems = other.problems(facts)
        if problems:
            raise ValueError(next(iter(problems.values())))
        if other == base:
            raise ValueError("Both would be the same run: choose another value.")
        return base, other

    def start(self) -> None:
        """Begin a race of what is chosen."""
        dataset = self._session.data.dataset
        words = self._why_not()
        if words or dataset is None:
            self._session.problem.emit(f"No race can begin. {words}")
            return
        try:
            settings = self.racers()
        except ValueError as problem:
            self._session.problem.emit(f"No race can begin. {problem}")
            return
        chosen = [self._session.selection.record] if self._session.selection.record is not None else []
        shelf = self._session.runs.shelf
        keepers = self._keepers = ShelfKeeper(shelf), ShelfKeeper(shelf)
        self.race = Race(
            settings,
            dataset,
            watched=chosen,
            watch_trained=NUM_WATCHED,
            keep=keepers,
        )
        self._names = tuple(run_names(settings))
        facts = DataFacts.of(dataset)
        self._parameters = tuple(one.num_parameters(facts) for one in settings)
        self._is_ending = False
        self._series = (LossSeries(), LossSeries())
        self._said, self._not_kept = [], set()
        self.race.start()
        self._timer.start()
        self._tell()

    def _why_not(self) -> str:
        if self._session.data.dataset is None:
            return "Open a data folder first."
        if self._session.data.opening:
            return "Wait until the data is open: it would end the race at once."
        if self._session.runs.is_training:
            return "Wait until the run that trains has ended, or stop it."
        return self._obstacle()

    def pause_or_resume(self) -> None:
        """Let both wait after the same step, or go on."""
        if self.race is None:
            return
        if self.race.is_held:  # told to wait: a step may not have ended yet
            self.race.resume()
        else:
            self.race.pause()

    def step(self) -> None:
        """Make one step of each."""
        if self.race is not None and self.race.is_paused:
            self.race.step()

    def stop(self) -> None:
        """End both; what they have learned is kept on the shelf."""
        if self.race is not None and self.is_live:
            self._is_ending = True
            self.race.stop()
            self._enable()

    def stop_and_wait(self, timeout_s: float) -> bool:
        """End both and wait, at most `timeout_s` seconds for each; True when none is live."""
        if self.race is None:
            return True
        self.race.stop()
        if not self.race.wait(timeout_s):
            return False
        if self.is_live:
            self._look()
        return True

    # ---- what is shown ---------------------------------------------------------------------

    def _dataset_changed(self) -> None:
        if self.race is not None and self.race.runs[0].dataset is not self._session.data.dataset:
            self.stop()  # its end is looked for by the clock: it may take a step
            if not self.is_live:
                self._forget()
        self._enable()

    def _forget(self) -> None:
        """Know of no race any more."""
        self.race, self._series, self._said = None, (), []
        self.state.setText(WHAT_IT_IS)
        self.numbers.clear()
        self.said.show_said([], None)
        self._show_curves()

    def _look(self) -> None:
        race = self.race
        if race is None:
            return
        has_ended = not race.is_live and race.wait(0)
        for number, run in enumerate(race.runs):
            for event in run.take_events():
                if isinstance(event, RunNotKept):
                    self._not_kept.add(self._names[number])
                    self._session.problem.emit(event.reason)
                elif isinstance(event, RunFailed):
                    self._session.problem.emit(f"{self._names[number]}: {event.reason}")
        if has_ended:
            self._timer.stop()
            for keeper in self._keepers:
                keeper.release()  # a race is not gone on with: what it takes to is on the shelf only
            self._keepers = ()
            self._tell()
            self._session.runs.shelf_changed.emit()
        if race.runs[0].dataset is not self._session.data.dataset:
            if has_ended:
                self._forget()
        elif self.isVisible() or not self.is_live:
            self._show_curves()
            self._show_words()
        self._enable()

    def _tell(self) -> None:
        self._session.runs.set_racing(self.is_live)
        self._enable()

    @property
    def axis(self) -> Axis:
        """What the curves stand over."""
        chosen: Axis = self.axis_choice.currentData()
        return chosen

    def _show_curves(self) -> None:
        runs = self.race.runs if self.race is not None else ()
        for run, series in zip(runs, self._series, strict=True):
            series.extend(*run.history.since(len(series))[1:])
        curves = [_curve(run, series, self.axis) for run, series in zip(runs, self._series, strict=True)]
        plotted = [PlottedRun(name, curve) for name, curve in zip(self._names, curves, strict=False)]
        self.plot.show_runs(plotted, (), dict(AXES)[self.axis])

    def _show_words(self) -> None:
        race = self.race
        if race is None:
            return
        lines = []
        for name, run, series in zip(self._names, race.runs, self._series, strict=True):
            recent = series.recent(per_word=True)
            loss = "nothing yet" if recent is None else f"{recent:.3f} nats a word"
            seconds = run.history.seconds()
            trained = f", {format_duration(float(seconds[-1]))} of training" if len(seconds) else ""
            best = run.validation.best
            val = f", best val {best.val:.3f}" if best is not None else ""
            progress = run.progress()
            done = f"step {progress.iteration:,} of {progress.num_iterations:,}"
            lines.append(f"{name}: {done}, {loss}{val}{trained}")
        self.numbers.setText("\n".join(lines))
        self.state.setText(self._state_words(race))
        stops = [record for run in race.runs if (record := run.caption_stops()) is not None and len(record)]
        shown = self._said
        is_new = len(stops) != len(shown) or any(a is not b for a, b in zip(stops, shown, strict=True))
        if is_new and len(stops) == len(race.runs):
            self._said = stops
            vocabulary = race.runs[0].dataset.vocabulary
            told = [(name, vocabulary, record) for name, record in zip(self._names, stops, strict=True)]
            self.said.show_said(told, self._session.data.dataset)

    def _state_words(self, race: Race) -> str:
        base, other = (run.settings for run in race.runs)
        same = f"One seed ({base.seed}), the same minibatches, a step of each in turn."
        if base.cell_type != other.cell_type:
            fair = "equal hidden size" if base.hidden_dim == other.hidden_dim else "equal parameters"
            sizes = " and ".join(
                f"{name} {count:,}" for name, count in zip(self._names, self._parameters, strict=True)
            )
            same += f" Both have {fair}; parameters: {sizes}."
        if not self.is_live:
            ends = {run.state for run in race.runs}
            how = "Finished" if ends == {RunState.FINISHED} else "Ended"
            kept = "Both runs are on the shelf."
            if self._not_kept:
                kept = f"Not kept on the shelf: {', '.join(sorted(self._not_kept))}."
            return f"{how}. {same} {kept}"
        if self._is_ending:
            return f"Ending… {same}"
        return f"{'Both wait.' if race.is_paused else 'Racing.'} {same}"

    def look_what_can_be(self) -> None:
        """Enable what makes sense now: the form's settings are others, or its data is."""
        self._enable()

    def _enable(self) -> None:
        live = self.is_live
        paused = live and self.race is not None and self.race.is_paused
        self.start_button.setEnabled(not live and not self._why_not())
        self.pause_button.setEnabled(live and not self._is_ending)
        held = live and self.race is not None and self.race.is_held
        words = "Go on with both" if held else "Pause both"
        if self.pause_button.text() != words:
            self.pause_button.setText(words)
        self.step_button.setEnabled(paused and not self._is_ending)
        self.stop_button.setEnabled(live and not self._is_ending)
        for widget in (self.against, self.value, self.rule, self.fair):
            widget.setEnabled(not live)


def _curve(run: TrainingRun, series: LossSeries, axis: Axis) -> RunCurve:
    """The curve of a run that goes on, whose losses so far are `series`."""
    seconds, settings = run.history.seconds(), run.settings
    an_epoch = max(1, run.progress().num_iterations // max(1, settings.num_epochs))
    points = [point for point in run.validation.points() if point.iteration <= len(series)]
    return curve_over(
        series.raw(per_word=True),
        series.smoothed(per_word=True),
        (
            np.array([point.iteration for point in points], dtype=np.float64),
            np.array([point.val for point in points], dtype=np.float64),
        ),
        lambda iterations: places(axis, iterations, settings, an_epoch, seconds),
    )
