"""The view Runs: all runs that are kept, two to eight of them compared, and what can be done with one.

The disk is read and written in threads only: a shelf may lie on a disk that takes its time.

(Past 400 lines: each thing that can be done with runs, one after the other.)
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QInputDialog,
    QLineEdit,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.amounts import format_bytes
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.saved.run_file import model_of, open_run, save_run
from captionviewer.core.saved.run_shelf import RunShelf, ShelvedRun
from captionviewer.core.saved.shipped_run import KEY as SHIPPED
from captionviewer.core.saved.shipped_run import listed_runs, open_listed
from captionviewer.core.training.run_record import RunRecord
from captionviewer.ui import actions
from captionviewer.ui.look.numbers import counted
from captionviewer.ui.plots.plot_export import export_figure
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import MODEL_FOLDER
from captionviewer.ui.training.runs.run_comparison_view import Compared, RunComparison
from captionviewer.ui.training.runs.run_table import RunTable
from captionviewer.ui.widgets.control_parts import scrolling, words_label
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.questions import ask
from captionviewer.ui.widgets.tool_buttons import ActionButton
from captionviewer.ui.worker import Cancelled, Job

Read = dict[tuple[str, int, str, float | None], RunRecord]  # by key, and how far and scored they were
MOST_COMPARED = 8
MORE_SEEDS = 3
RUN_FILES = "captionviewer runs (*.npz)"
CHOOSE = "Select a run to see it, or two to eight to compare them."
TOO_MANY = f"At most {MOST_COMPARED} runs can be compared: the first {MOST_COMPARED} are shown."


class RunsView(QWidget):
    """The list above, the comparison below. What trains is asked for by signals: the panel does it."""

    continue_asked = Signal(object, object)  # RunRecord, and its key on the shelf or None
    weights_asked = Signal(object)  # RunRecord
    repeat_asked = Signal(object)  # TrainingSettings
    seeds_asked = Signal(object)  # list of TrainingSettings
    show_asked = Signal(object)  # CurrentModel; the window asks about what that would lose

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._listing: Job | None = None
        self._list_again = False
        self._comparing: Job | None = None
        self._read: Read = {}
        self._choose_next: list[str] = []  # runs to be selected when they are listed
        self._make_actions()
        self._build()
        session.run_changed.connect(self.refresh)
        session.runs.shelf_changed.connect(self.refresh)
        session.dataset_changed.connect(self._compare)
        session.dataset_changed.connect(self._enable)
        session.matplotlib_ready.connect(self._enable)
        self._enable()

    @property
    def shelf(self) -> RunShelf:
        """Where the runs are."""
        return self._session.runs.shelf

    # ---- parts -----------------------------------------------------------------------------

    def _make_actions(self) -> None:
        def make(words: actions.ActionWords, call: Callable[[], object]) -> QAction:
            return actions.make(words, self, call)

        self.continue_action = make(actions.RUN_CONTINUE, self._continue)
        self.weights_action = make(actions.RUN_WEIGHTS, self._start_from_weights)
        self.repeat_action = make(actions.RUN_REPEAT, self._repeat)
        self.seeds_action = make(actions.RUN_SEEDS, self._more_seeds)
        self.show_action = make(actions.RUN_SHOW, self._show_model)
        self.rename_action = make(actions.RUN_RENAME, self._ask_name)
        self.pin_action = make(actions.RUN_PIN, self._pin)
        self.delete_action = make(actions.RUN_DELETE, self._delete)
        self.export_action = make(actions.RUN_EXPORT, self._export_run)
        self.open_action = make(actions.RUN_OPEN, self._ask_and_open)
        self.empty_action = make(actions.RUN_EMPTY, self._empty)
        self.curves_action = make(actions.EXPORT_COMPARISON, self._export_curves)

    def _build(self) -> None:
        self.table = RunTable()
        self.table.addActions(
            [
                self.continue_action,
                self.weights_action,
                self.repeat_action,
                self.seeds_action,
                self.show_action,
                self.rename_action,
                self.pin_action,
                self.export_action,
                self.delete_action,
            ]
        )
        self.table.chosen_changed.connect(self._chosen_changed)
        bar = FlowLayout(gap=4, line_gap=4)
        for action, name in (
            (self.continue_action, "run_continue"),
            (self.weights_action, "run_weights"),
            (self.repeat_action, "run_repeat"),
            (self.seeds_action, "run_seeds"),
            (self.show_action, "run_show"),
        ):
            bar.addWidget(ActionButton(action, name, Qt.ToolButtonStyle.ToolButtonTextOnly))
        more = QMenu(self)
        more.addActions([self.rename_action, self.pin_action, self.export_action, self.delete_action])
        more.addSeparator()
        more.addActions([self.open_action, self.empty_action])
        self.more_button = QToolButton()
        self.more_button.setText("More")
        self.more_button.setObjectName("run_more")
        self.more_button.setMenu(more)
        self.more_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        bar.addWidget(self.more_button)
        self.words = words_label("runs_words")
        self.comparison = RunComparison(self._session, ActionButton(self.curves_action, "export_comparison"))
        self.comparison.axis_choice.activated.connect(lambda _index: self._compare())
        self.comparison.hide()
        self.table.pointed.connect(self.comparison.point_at)
        self.comparison.pointed.connect(self.table.rows.mark)
        body = QWidget()  # scrolls as a whole: in a small panel its parts would be strips
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(bar)
        column.addWidget(self.table, 1)
        column.addWidget(self.words)
        column.addWidget(self.comparison, 2)
        self._area = scrolling(body, filled=False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 0)
        whole.addWidget(self._area)

    # ---- the list --------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Look what is on the shelf now: another window may have put something there."""
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """List the runs anew, in a thread."""
        if not self.isVisible():
            return
        if self._listing is not None:
            self._list_again = True
            return
        shelf = self.shelf

        def done(runs: list[ShelvedRun]) -> None:
            self._listing = None
            self._show_list(runs)
            if self._list_again:
                self._list_again = False
                self.refresh()

        def failed(error: Exception) -> None:
            self._listing = None
            self._session.problem.emit(f"The runs could not be listed. {error}")

        self._listing = self._session.workers.start(
            "listing runs", lambda _cancelled: listed_runs(shelf), done, failed, brief=True
        )

    def _show_list(self, runs: list[ShelvedRun]) -> None:
        with QSignalBlocker(self.table):  # what is selected now is compared once, below
            self.table.show_runs(runs)
            if self._choose_next:
                self.table.choose(self._choose_next)
                self._choose_next = []
        self._enable()
        self._compare()

    def _chosen_changed(self) -> None:
        self._enable()
        self._compare()

    @property
    def chosen(self) -> list[ShelvedRun]:
        """The selected runs, in the list's order."""
        wanted = set(self.table.chosen)
        return [run for run in self.table.rows.runs if run.key in wanted]

    def _name(self, key: str) -> str:
        names = zip(self.table.rows.runs, self.table.rows.names, strict=True)
        return next((name for run, name in names if run.key == key), key)

    def _enable(self) -> None:
        chosen = self.chosen
        one = chosen[0] if len(chosen) == 1 and not chosen[0].problem else None
        ours = [run for run in chosen if run.key != SHIPPED]
        self._enable_continue(one)
        self.weights_action.setEnabled(one is not None and one.has_model)
        self._enable_show(one)
        self.repeat_action.setEnabled(one is not None)
        self.seeds_action.setEnabled(one is not None)
        self.export_action.setEnabled(one is not None)
        self.rename_action.setEnabled(one is not None and one.key != SHIPPED)
        self.pin_action.setEnabled(one is not None and one.key != SHIPPED)
        self.pin_action.setChecked(one is not None and one.pinned)
        self.delete_action.setEnabled(bool(ours) and not any(run.live for run in ours))
        loose = [run for run in self.table.rows.runs if not run.pinned and not run.live]
        self.empty_action.setEnabled(bool(loose))
        self.curves_action.setEnabled(self._session.can_plot)
        self._say(chosen)

    def _enable_show(self, one: ShelvedRun | None) -> None:
        obstacle = ""
        if self._session.data.dataset is None:
            obstacle = "Open a data folder first: a model is shown with its photos"
        elif self._session.runs.is_training:
            obstacle = "Wait until the run that trains has ended, or stop it"
        words = actions.RUN_SHOW
        actions.dress(self.show_action, replace(words, tip=obstacle) if obstacle else words)
        self.show_action.setEnabled(one is not None and one.has_model and not obstacle)

    def _enable_continue(self, one: ShelvedRun | None) -> None:
        obstacle = ""
        if one is not None and one.live:
            obstacle = "This run goes on already"
        elif one is not None and not one.can_continue:
            obstacle = (
                "This run can't go on as if nothing had happened: of it no optimizer's state is kept."
                " Start from These Weights goes on from its model"
            )
        words = actions.RUN_CONTINUE
        actions.dress(self.continue_action, replace(words, tip=obstacle) if obstacle else words)
        self.continue_action.setEnabled(one is not None and not obstacle)

    def _say(self, chosen: Sequence[ShelvedRun]) -> None:
        runs = [run for run in self.table.rows.runs if run.key != SHIPPED]
        size = format_bytes(sum(run.num_bytes for run in runs))
        shelf = f"{counted(len(runs), 'run')}, {size}. {self.shelf.limit_words()}"
        if len(chosen) == 1 and chosen[0].problem:
            self.words.setText(f"{chosen[0].problem} Delete it, or open the run file.")
        elif len(chosen) > MOST_COMPARED:
            self.words.setText(TOO_MANY)
        elif not chosen:
            self.words.setText(f"{CHOOSE} {shelf}")
        else:
            self.words.setText(shelf)
        self.words.setVisible(len(chosen) != 1 or bool(chosen[0].problem))

    # ---- comparing -------------------------------------------------------------------------

    def _compare(self) -> None:
        if not self.isVisible():
            return  # it is compared when the list is next read, which is when it is shown
        if self._comparing is not None:
            self._comparing.cancel()
            self._comparing = None
        runs = [run for run in self.chosen if not run.problem][:MOST_COMPARED]
        if not runs:
            self.comparison.hide()
            return
        shelf, axis, known = self.shelf, self.comparison.axis, dict(self._read)

        def work(
            cancelled: Cancelled,
        ) -> tuple[Compared, Read]:
            read: Read = {}
            for run in runs:
                if cancelled():
                    break
                mark = (run.key, run.iteration, run.outcome, run.cider)
                read[mark] = known[mark] if mark in known else open_listed(shelf, run.key, whole=False)
            keys = [run.key for run in runs[: len(read)]]
            names = [run.name for run in runs[: len(read)]]
            return Compared.of(keys, names, list(read.values()), axis), read

        def done(found: tuple[Compared, Read]) -> None:
            self._comparing = None
            compared, self._read = found
            self.comparison.show_compared(compared)
            self.comparison.show()

        def failed(error: Exception) -> None:
            self._comparing = None
            self.comparison.hide()
            self._session.problem.emit(f"The selected runs can't be shown. {error}")

        self._comparing = self._session.workers.start("reading runs", work, done, failed, brief=True)

    # ---- what trains -----------------------------------------------------------------------

    def _with_record(self, then: Callable[[RunRecord, ShelvedRun], None]) -> None:
        """Read the selected run whole, in a thread, and go on with it."""
        if len(self.chosen) != 1:
            return
        (run,) = self.chosen
        shelf = self.shelf
        self._session.workers.start(
            "opening a run",
            lambda _cancelled: open_listed(shelf, run.key),
            lambda record: then(record, run),
            lambda error: self._session.problem.emit(str(error)),
        )

    def _continue(self) -> None:
        self._with_record(lambda record, run: self.continue_asked.emit(record, run.key))

    def _start_from_weights(self) -> None:
        self._with_record(lambda record, _run: self.weights_asked.emit(record))

    def _repeat(self) -> None:
        for run in self.chosen[:1]:
            self.repeat_asked.emit(run.settings)

    def _more_seeds(self) -> None:
        chosen = self.chosen[:1]
        for run in chosen:
            if run.settings is None:
                continue
            settings = run.settings
            there = {
                other.settings.seed
                for other in self.table.rows.runs
                if other.settings is not None and replace(other.settings, seed=0) == replace(settings, seed=0)
            }
            fresh = [seed for seed in range(1, len(there) + MORE_SEEDS + 1) if seed not in there]
            self.seeds_asked.emit([replace(settings, seed=seed) for seed in fresh[:MORE_SEEDS]])

    def _show_model(self) -> None:
        def show(record: RunRecord, run: ShelvedRun) -> None:
            saved = model_of(record)
            if saved is None:  # it went from the shelf meanwhile
                self._session.problem.emit("The run's model can't be shown: it is not kept any more.")
                return
            label = f"of the run “{self._name(run.key)}”"
            key = "" if run.key == SHIPPED else run.key
            self.show_asked.emit(CurrentModel(saved, ModelOrigin.SAVED, label=label, run_key=key))

        self._with_record(show)

    # ---- the shelf -------------------------------------------------------------------------

    def _on_shelf(
        self, name: str, work: Callable[[], object], then: Callable[[], object] = lambda: None
    ) -> None:
        """Change something on the shelf, in a thread; the list is read anew."""

        def done(_result: object) -> None:
            then()
            self.refresh()

        def failed(error: Exception) -> None:
            words = str(error) if isinstance(error, CaptionviewerError | OSError) else repr(error)
            self._session.problem.emit(words)
            self.refresh()

        self._session.workers.start(name, lambda _cancelled: work(), done, failed)

    def _ask_name(self) -> None:
        for run in self.chosen[:1]:
            words = "Name of the run; empty for the one that is made of what differs:"
            name, agreed = QInputDialog.getText(self, "Rename", words, QLineEdit.EchoMode.Normal, run.name)
            if agreed:
                self.rename(run.key, name)

    def rename(self, key: str, name: str) -> None:
        """Call a run by a name; "" for the one that is made of what differs."""
        shelf = self.shelf
        self._on_shelf("renaming a run", lambda: shelf.rename(key, name))

    def _pin(self) -> None:
        shelf, pinned = self.shelf, self.pin_action.isChecked()
        for run in self.chosen[:1]:
            self._on_shelf("pinning a run", lambda key=run.key: shelf.pin(key, pinned))  # type: ignore[misc]

    def _delete(self) -> None:
        runs = [run for run in self.chosen if run.key != SHIPPED]
        names = ", ".join(self._name(run.key) for run in runs[:3])
        rest = f" and {len(runs) - 3} more" if len(runs) > 3 else ""
        answer = ask(
            self,
            "Delete runs",
            f"Delete {counted(len(runs), 'run')}?",
            f"{names}{rest}. This can't be undone.",
            answers=("Delete", "Keep"),
        )
        if answer != "Delete":
            return
        shelf = self.shelf

        def work() -> None:
            for run in runs:
                shelf.delete(run.key)

        self._on_shelf("deleting runs", work)

    def _empty(self) -> None:
        loose = [run for run in self.table.rows.runs if not run.pinned and not run.live]
        size = format_bytes(sum(run.num_bytes for run in loose))
        answer = ask(
            self,
            "Empty the shelf",
            f"Delete {counted(len(loose), 'run')}, {size}?",
            "Pinned runs stay, and one that trains. This can't be undone.",
            answers=("Delete", "Keep"),
        )
        if answer == "Delete":
            self._on_shelf("emptying the shelf", self.shelf.empty)

    # ---- files -----------------------------------------------------------------------------

    def _export_run(self) -> None:
        for run in self.chosen[:1]:
            start = Path(self._session.settings.get(MODEL_FOLDER) or Path.home()) / "run.npz"
            chosen, _ = QFileDialog.getSaveFileName(self, "Export Run File", str(start), RUN_FILES)
            if chosen:
                path = Path(chosen)
                self.export_run(run.key, path if path.suffix == ".npz" else Path(f"{path}.npz"))

    def export_run(self, key: str, path: Path) -> None:
        """Write a run to a file of the user's."""
        shelf = self.shelf
        self._session.settings.set(MODEL_FOLDER, str(path.parent))
        self._on_shelf(
            f"writing {path.name}",
            lambda: save_run(path, open_listed(shelf, key)),
            lambda: self._session.notice.emit(f"Run written to {path}"),
        )

    def _ask_and_open(self) -> None:
        start = self._session.settings.get(MODEL_FOLDER)
        chosen, _ = QFileDialog.getOpenFileNames(self, "Open Run Files", start, RUN_FILES)
        if chosen:
            self.open_files([Path(name) for name in chosen])

    def open_files(self, paths: Sequence[Path]) -> None:
        """Put runs from files on the shelf, and select them; what is no run is told, the others come."""
        shelf = self.shelf
        self._session.settings.set(MODEL_FOLDER, str(paths[0].parent))

        def work(cancelled: Cancelled) -> tuple[list[str], list[str]]:
            keys, refused = [], []
            for path in paths:
                if cancelled():
                    break
                try:
                    key = shelf.add(open_run(path))
                    shelf.rename(key, path.stem)
                    keys.append(key)
                except CaptionviewerError as error:
                    refused.append(str(error))
            return keys, refused

        def done(found: tuple[list[str], list[str]]) -> None:
            keys, refused = found
            if refused:
                self._session.problem.emit(" ".join(refused))
            if keys:
                what = paths[0].name if len(paths) == 1 else counted(len(keys), "run")
                self._session.notice.emit(f"Opened in Runs: {what}")
            self._choose_next = keys
            self.refresh()

        def failed(error: Exception) -> None:
            self._session.problem.emit(str(error))

        self._session.workers.start("opening runs", work, done, failed)

    def _export_curves(self) -> None:
        if self.comparison.shown is None or not self._session.can_plot:
            return
        from captionviewer.ui.training.runs.comparison_figure import comparison_figure

        plot = self.comparison.plot
        figure = comparison_figure(plot.runs, plot.bands, plot.x_title)
        path = export_figure(self, figure, plot.rows, "runs", self._session.settings)
        if path is not None:
            self._session.notice.emit(f"Curves written to {path}")
