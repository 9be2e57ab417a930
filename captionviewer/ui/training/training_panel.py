"""The Training panel: a form, a run, its loss as it falls, and what the network says meanwhile."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.available_memory import available_memory
from captionviewer.core.captions import caption_text
from captionviewer.core.coco import CocoDataset, PhotoRecord
from captionviewer.core.loss_history import LossHistory
from captionviewer.core.model_file import SavedModel
from captionviewer.core.training import DataFacts, RunState, TrainingRun
from captionviewer.core.watched_photos import photos_to_watch
from captionviewer.ui.icons import icon
from captionviewer.ui.session import ModelOrigin, Session
from captionviewer.ui.theme import colors, set_muted
from captionviewer.ui.training.loss_plot import LossPlot
from captionviewer.ui.training.run_control import NUM_WATCHED, RunControl
from captionviewer.ui.training.run_numbers import RunNumbers, duration_words
from captionviewer.ui.training.training_form import TrainingForm
from captionviewer.ui.training.watched_captions import WatchedCaptions, WatchedPhoto
from captionviewer.ui.widgets.check_box import CheckBox
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.tool_buttons import ActionButton, SwitchButton

NO_DATA = "Open a data folder to train a network on its captions."
NUMBER_TICKS = 4  # numbers that change faster than five times a second can't be read


class TrainingPanel(QWidget):
    """Trains a network and shows how it goes.

    Attributes
    ----------
    start_action, pause_action, step_action, stop_action : QAction
        For menus and toolbars; they are enabled only when they make sense.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._facts: DataFacts | None = None
        self._file: SavedModel | None = None  # the opened model whose history is shown
        self._ticks = 0
        self.setAccessibleName("Training")
        self.form = TrainingForm()
        self.control = RunControl(session, self.form.settings, self)
        self.start_action, self.pause_action = self.control.start_action, self.control.pause_action
        self.step_action, self.stop_action = self.control.step_action, self.control.stop_action
        self.plot = LossPlot(session)
        self.numbers = RunNumbers()
        self.watched = WatchedCaptions(session.photos)
        self._make_layout()
        self.form.installEventFilter(self)
        self._size_form()
        self._dress()
        self.setFocusProxy(self.form.preset)

        self.form.changed.connect(self._settings_changed)
        self.control.state_changed.connect(self._show_state)
        self.control.run_prepared.connect(self._run_prepared)
        self.control.ticked.connect(self._tick)
        self.control.captions_came.connect(self.watched.show_captions)
        self.watched.photo_chosen.connect(session.select)
        session.dataset_changed.connect(self._dataset_changed)
        session.selection_changed.connect(self._watch)
        session.model_changed.connect(self._model_changed)
        self._show_nothing()
        self._dataset_changed()
        self._model_changed()

    # ---- for the window ------------------------------------------------------------------------

    def is_running(self) -> bool:
        """Whether a run trains, or waits to go on."""
        return self.control.is_live

    def stop_and_wait(self, timeout_s: float) -> bool:
        """Stop the run and wait for its end, at most `timeout_s` seconds; True when none is live any more."""
        return self.control.stop_and_wait(timeout_s)

    def ask_before_start(self, may_start: Callable[[], bool]) -> None:
        """Let `may_start()` decide whether a new run may take the place of the session's model."""
        self.control.may_start = may_start

    # ---- parts -----------------------------------------------------------------------------------

    def _make_layout(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._make_head())
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(4)
        self._progress.setAccessibleName("Progress of the run")
        column.addWidget(self._progress)
        self._parts = QSplitter(Qt.Orientation.Horizontal)
        self._parts.setChildrenCollapsible(False)
        self._parts.addWidget(self._make_form_area())
        self._parts.addWidget(self._make_run_area())
        self._parts.setStretchFactor(1, 1)
        column.addWidget(self._parts, 1)

    def _make_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(8, 4, 8, 4)
        head.setSpacing(4)
        for action in (self.start_action, self.pause_action, self.step_action, self.stop_action):
            name = f"training_{action.text().replace('&', '').lower()}"
            button = ActionButton(action, name, Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            head.addWidget(button)
        self._state = QLabel()
        self._state.setObjectName("training_state")
        self._state.setWordWrap(True)
        self._state.setTextFormat(Qt.TextFormat.PlainText)
        self._state.setAccessibleName("State of the training")
        self._state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._state.setContentsMargins(8, 0, 0, 0)
        head.addWidget(self._state, 1)
        return head

    def _make_form_area(self) -> QWidget:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.form)
        self._summary = QLabel()
        self._summary.setObjectName("training_summary")
        self._summary.setWordWrap(True)
        self._summary.setContentsMargins(8, 0, 8, 8)
        set_muted(self._summary)
        column.addWidget(self._summary)
        column.addStretch(1)
        self._form_area = QScrollArea()
        self._form_area.setWidget(inside)
        self._form_area.setWidgetResizable(True)
        self._form_area.setFrameShape(QFrame.Shape.NoFrame)
        self._form_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._form_area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._form_area.setAccessibleName("Training settings")
        return self._form_area

    def _make_run_area(self) -> QWidget:
        area = QWidget()
        column = QVBoxLayout(area)
        column.setContentsMargins(8, 4, 8, 6)
        column.setSpacing(4)
        flow = FlowLayout(gap=10, line_gap=2)
        for tile in self.numbers.tiles():
            flow.addWidget(tile)
        self.plot.set_corner(self._make_plot_controls())
        column.addLayout(flow)
        column.addWidget(self.plot, 1)
        column.addWidget(self.watched)
        return area

    def _make_plot_controls(self) -> QWidget:
        controls = QWidget()
        row = QHBoxLayout(controls)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.per_caption_action = self._switch(
            "Caption", "Show the loss summed over the words of a caption, as the notebook does"
        )
        self.per_word_action = self._switch(
            "Word", "Show the loss divided by the number of words: e to this is the perplexity"
        )
        kinds = QActionGroup(self)
        kinds.addAction(self.per_caption_action)
        kinds.addAction(self.per_word_action)
        self.per_caption_action.setChecked(True)
        self.log_box = CheckBox("Log")
        self.log_box.setAccessibleName("Log scale")
        self.log_box.setToolTip("Draw the loss on a log scale, which shows small losses apart")
        self.export_action = QAction(icon("export"), "Export Loss Plot…", self)
        self.export_action.setToolTip("Save the plot as PNG or SVG, or its numbers as CSV")
        caption = SwitchButton(self.per_caption_action, "loss_per_caption", left=True)
        caption.setAccessibleName("Loss per caption")
        word = SwitchButton(self.per_word_action, "loss_per_word", left=False)
        word.setAccessibleName("Loss per word")
        row.addWidget(caption)
        row.addWidget(word)
        row.addSpacing(8)
        row.addWidget(self.log_box)
        row.addSpacing(4)
        row.addWidget(ActionButton(self.export_action, "export_loss"))
        self.per_word_action.toggled.connect(self._choose_loss)
        self.log_box.toggled.connect(self.plot.set_log)
        self.export_action.triggered.connect(lambda _checked=False: self.plot.export())
        return controls

    def _switch(self, text: str, tip: str) -> QAction:
        action = QAction(text, self, checkable=True)
        action.setToolTip(tip)
        return action

    # ---- what the session tells ------------------------------------------------------------------

    def _dataset_changed(self) -> None:
        dataset = self._session.dataset
        run = self.control.run
        if run is not None and run.dataset is not dataset:
            self.watched.watch(())  # its photos are of data that nobody has open any more
            self.control.stop_and_wait(1.0)
            self.control.forget()
            self._show_nothing()
        self._facts = DataFacts.of(dataset) if dataset is not None else None
        self._settings_changed()

    def _model_changed(self) -> None:
        """Show the history and settings of a model that was opened, and forget those of one that is gone."""
        model = self._session.model
        if self.is_running() or model is None:
            return
        if model.origin is ModelOrigin.SAVED:
            if model.saved is not self._file:
                self._file = model.saved
                self._show_file(model.saved)
        elif model.origin is ModelOrigin.UNTRAINED and self.control.run is None:
            self._file = None
            self._show_nothing()
        self._show_state()

    def _show_nothing(self) -> None:
        self.plot.show_history(LossHistory(), 0)
        self.watched.watch([])
        self.numbers.clear()

    def _show_file(self, saved: SavedModel) -> None:
        history = LossHistory()
        rates = np.full(len(saved.loss_history), saved.settings.learning_rate, dtype=np.float32)
        history.extend(saved.loss_history, saved.words_history, rates)
        self.control.forget()
        self.watched.watch([])
        self.form.set_settings(saved.settings)
        self.numbers.clear()
        self.plot.show_history(history, len(history))
        self._show_losses()

    # ---- settings --------------------------------------------------------------------------------

    def _settings_changed(self) -> None:
        if self._facts is not None:
            self._facts = replace(self._facts, available_bytes=available_memory())
        problems = self.form.problems(self._facts)
        self.form.show_problems(problems)
        obstacle = next(iter(problems.values()), "")
        self.control.set_obstacle(obstacle if self._facts is not None else NO_DATA)
        facts = self._facts
        if facts is None or problems:
            self._summary.setText("")
        else:
            settings = self.form.settings()
            an_epoch = settings.iterations_per_epoch(facts)
            self._summary.setText(
                f"{settings.captions_trained_on(facts):,} captions, {an_epoch:,} iterations an epoch,"
                f" {an_epoch * settings.num_epochs:,} in all; {settings.num_parameters(facts):,}"
                " parameters."
            )
        self._show_state()

    # ---- the run ---------------------------------------------------------------------------------

    def _run_prepared(self) -> None:
        run = self.control.run
        assert run is not None
        self._file = None
        self.plot.show_history(run.history, run.progress().num_iterations)
        self._watch()
        self._show_state()

    def _tick(self) -> None:
        self._ticks += 1
        self.plot.take_new()
        if self._ticks % NUMBER_TICKS == 0 or not self.is_running():
            self._show_numbers()
            self._say_state()

    def _show_numbers(self) -> None:
        run = self.control.run
        if run is None:
            return
        progress = run.progress()
        self._progress.setMaximum(max(1, progress.num_iterations))
        self._progress.setValue(progress.iteration)
        self.numbers.show_progress(progress)
        self._show_losses()

    def _show_losses(self) -> None:
        per_word = self.plot.recent_loss(per_word=True)
        chosen = per_word if self.per_word_action.isChecked() else self.plot.recent_loss(per_word=False)
        self.numbers.show_losses(chosen, per_word)

    def _choose_loss(self, per_word: bool) -> None:
        self.plot.set_per_word(per_word)
        self._show_losses()

    def _watch(self) -> None:
        """Watch the selected photo and the first few that are trained on."""
        run = self.control.run
        if run is None or not self.is_running() or run.dataset is not self._session.dataset:
            return
        photos = watched_photos(run, self._session.record)
        self.watched.watch(photos)
        run.watch([photo.record for photo in photos])

    # ---- words -----------------------------------------------------------------------------------

    def _show_state(self) -> None:
        is_bad = self._say_state()
        palette = QPalette(self.palette())
        if is_bad:
            palette.setColor(QPalette.ColorRole.WindowText, colors().bad)
        self._state.setPalette(palette)
        self.form.set_editable(not self.is_running())
        if self.control.run is None:
            self._progress.setMaximum(1)
            self._progress.setValue(0)
        self._show_numbers()

    def _say_state(self) -> bool:
        words, is_bad = self._state_words()
        if words != self._state.text():
            self._state.setText(words)
        return is_bad

    def _state_words(self) -> tuple[str, bool]:
        """What the panel says of itself, and whether that is bad news."""
        if self._facts is None:
            return NO_DATA, False
        if not self.is_running():
            problems = self.form.problems(self._facts)
            if problems:
                return f"Can't start: {next(iter(problems.values()))}", True
        run = self.control.run
        if run is None:
            if self._file is not None:
                return f"Loss of the opened model, {self._file.iteration:,} iterations.", False
            return "Ready to train.", False
        done = f"{run.progress().iteration:,}"
        match run.state:
            case RunState.RUNNING if not run.progress().num_iterations:
                return "Preparing: drawing captions, making the network…", False
            case RunState.RUNNING:
                left = run.progress().seconds_left
                return "Training…" if left is None else f"Training, about {duration_words(left)} left.", False
            case RunState.PAUSED:
                return f"Paused after iteration {done}.", False
            case RunState.FINISHED:
                return f"Finished: {done} iterations.", False
            case RunState.STOPPED:
                return f"Stopped after iteration {done}. What was learned is kept.", False
            case RunState.FAILED:
                return f"Failed. {self.control.failure}", True
        return "Ready to train.", False

    # ---- Qt ----------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the form above the loss where the panel is narrow."""
        super().resizeEvent(event)
        self.watched.setMaximumHeight(round(0.36 * self.height()))  # the loss comes first
        em = self.fontMetrics().height()
        narrow = self.width() < self._form_area.minimumWidth() + 22 * em and self.height() > 30 * em
        wanted = Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal
        if self._parts.orientation() is not wanted:
            self._parts.setOrientation(wanted)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme and the size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
            self._show_state()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the form wide enough when its fields grow with the text."""
        if watched is self.form and event.type() == QEvent.Type.LayoutRequest:
            self._size_form()
        return super().eventFilter(watched, event)

    def _dress(self) -> None:
        """Show the progress in the theme's accent."""
        c = colors()
        self._progress.setStyleSheet(
            f"QProgressBar {{ border: none; background: {c.raised.name()}; }}"
            f"QProgressBar::chunk {{ background: {c.accent.name()}; }}"
        )

    def _size_form(self) -> None:
        """Make the form as wide as its fields ask for."""
        bar = self._form_area.verticalScrollBar().sizeHint().width()
        self._form_area.setMinimumWidth(self.form.minimumSizeHint().width() + bar + 2)


def watched_photos(run: TrainingRun, selected: PhotoRecord | None) -> list[WatchedPhoto]:
    """The selected photo, then the first few of the captions drawn, each with a caption to compare with."""
    dataset = run.dataset
    chosen = [selected] if selected is not None else []
    photos = photos_to_watch(dataset, run.caption_rows, chosen, NUM_WATCHED)
    return [_watched_photo(run, dataset, photo) for photo in photos]


def _watched_photo(run: TrainingRun, dataset: CocoDataset, photo: PhotoRecord) -> WatchedPhoto:
    captions = dataset.captions(photo.split)
    learned: list[int] = []
    if photo.split == "train":
        learned = [row for row in photo.caption_rows if bool((run.caption_rows == row).any())]
    rows = learned or list(photo.caption_rows)
    truth = caption_text(captions[rows[0]], dataset.vocabulary) if rows else ""
    return WatchedPhoto(photo, truth, bool(learned))
