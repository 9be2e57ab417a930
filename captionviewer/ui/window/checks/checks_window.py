"""The notebooks' checks in a window of their own: all or some, with a bug on purpose, or a student's file.

(Past 400 lines: the table, its columns and what is asked of it.)
"""

import inspect
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFontDatabase, QHideEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.checks.bugs import BUGS, Bug
from captionviewer.core.checks.check import Bench, Check, Outcome, run_check
from captionviewer.core.checks.few_captions import FewCaptions
from captionviewer.core.checks.notebook_checks import CHECKS
from captionviewer.core.checks.student_code import StudentCode
from captionviewer.core.checks.subject import Subject, fresh_layers
from captionviewer.core.network import layers
from captionviewer.ui.look.theme import colors
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.check_box import CheckBox
from captionviewer.ui.widgets.outside_text import set_plain_tip, show_plainly
from captionviewer.ui.widgets.view_row import ViewRow
from captionviewer.ui.window.checks.bug_survey_view import BugSurveyView
from captionviewer.ui.window.checks.bug_training_view import BugTrainingView
from captionviewer.ui.window.checks.error_bar import OUTCOME, ErrorBar
from captionviewer.ui.worker import Cancelled, Job

COLUMNS = ("Notebook", "Check", "What it shows", "Expected", "Ours", "Error, log scale", "", "Time")
_BOOK, _NAME, _SHOWS, _EXPECTED, _OURS, _ERROR, _RESULT, _TIME = range(len(COLUMNS))
_LETTERS = {_EXPECTED: 26, _OURS: 26, _ERROR: 26}  # how wide columns are that would take any room
_QUICK = sum(not check.trains for check in CHECKS)

Run = Callable[[Check, Cancelled], Outcome]


class ChecksWindow(QDialog):
    """Stays open beside the window. A run goes through its checks one by one, in threads."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._queue: list[Check] = []
        self._job: Job | None = None
        self._run: Run | None = None
        self._student: StudentCode | None = None
        self._file: Path | None = None
        self.setObjectName("checks_window")
        self.setWindowTitle("Notebook Checks")
        self.setAcceptDrops(True)
        self._make()
        self._clear()
        self._fit()

    def _fit(self) -> None:
        """As large as the table is read well, and no larger than the screen."""
        wanted = QSize(215 * self.fontMetrics().averageCharWidth(), 46 * self.fontMetrics().height())
        screen = self.screen().availableSize() if self.screen() is not None else wanted
        self.resize(wanted.boundedTo(screen * 0.94))
        self._widen()

    def _widen(self) -> None:
        letter = self.fontMetrics().averageCharWidth()
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setPointSizeF(self.font().pointSizeF())
        self.code.setFont(fixed)
        for place, letters in _LETTERS.items():
            self.table.setColumnWidth(place, letters * letter)
        self.table.verticalHeader().setDefaultSectionSize(int(1.6 * self.fontMetrics().height()))

    # ---- making ----------------------------------------------------------------------------

    def _make(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        intro = QLabel(
            "Every check of the RNN and the LSTM notebook, in their order. Choose a bug to see which checks "
            "find it, or drop your own rnn_layers.py here: it runs in a process of its own."
        )
        intro.setWordWrap(True)
        column.addWidget(intro)
        line = QHBoxLayout()
        line.setSpacing(8)
        self.layers_box = QComboBox()
        self.layers_box.setObjectName("checked_layers")
        self.layers_box.setAccessibleName("Which layers are checked")
        self.layers_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.layers_box.setMinimumContentsLength(20)
        self.layers_box.addItem("The program's layers, intact", None)
        for bug in BUGS:
            self.layers_box.addItem(f"Bug: {bug.title}", bug)
        self.layers_box.activated.connect(lambda _place: self._choose_layers())
        line.addWidget(self.layers_box, 1)
        self.open_button = self._button("&Open a File…", "open_layers", self._ask_for_file)
        self.open_button.setToolTip("Check an rnn_layers.py of your own, with the course's names")
        self.training_box = CheckBox("Also &train")
        self.training_box.setObjectName("checks_that_train")
        self.training_box.setToolTip(
            "Also learn 50 captions of the open data by heart, with both cells: about a minute"
        )
        self.run_button = self._button("&Run All", "run_checks", self.run_all)
        self.one_button = self._button("Run &Selected", "run_check", self.run_selected)
        self.stop_button = self._button("S&top", "stop_checks", self.stop)
        for widget in (
            self.open_button, self.training_box, self.run_button, self.one_button, self.stop_button,
        ):  # fmt: skip
            line.addWidget(widget)
        column.addLayout(line)
        self.table = QTableWidget(len(CHECKS), len(COLUMNS))
        self.table.setObjectName("checks_table")
        self.table.setAccessibleName("The checks")
        self.table.setHorizontalHeaderLabels(COLUMNS)
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self._bars = ErrorBar(self.table)
        self.table.setItemDelegateForColumn(_ERROR, self._bars)
        header = self.table.horizontalHeader()
        for place in range(len(COLUMNS)):
            header.setSectionResizeMode(place, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_SHOWS, QHeaderView.ResizeMode.Stretch)
        for place in _LETTERS:
            header.setSectionResizeMode(place, QHeaderView.ResizeMode.Interactive)
        self.table.itemSelectionChanged.connect(self._show_code)
        self.code = QPlainTextEdit()
        self.code.setObjectName("checked_code")
        self.code.setAccessibleName("The layer that the check is of")
        self.code.setReadOnly(True)
        self.code.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.code.setTabChangesFocus(True)
        self.code.setPlaceholderText("Select a check to read the layer that it is of.")
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.addWidget(self.table)
        parts.addWidget(self._make_views())
        parts.setStretchFactor(0, 1)
        parts.setStretchFactor(1, 1)
        column.addWidget(parts, 1)
        self.told = show_plainly(QLabel())
        self.told.setObjectName("checks_told")
        self.told.setWordWrap(True)
        column.addWidget(self.told)

    def _make_views(self) -> ViewRow:
        """What is below the table: the code of a check, and what bugs do."""
        self.training: BugTrainingView | None = None
        self.survey: BugSurveyView | None = None
        self.views = ViewRow("Views of the checks")
        self.views.add("Code", "The readable layer that the selected check is of", lambda: self.code)
        self.views.add(
            "How It Trains", "The loss with the chosen bug beside the right one", self._make_training
        )
        self.views.add(
            "Every Bug", "Which check finds which bug, and which only training finds", self._make_survey
        )
        return self.views

    def _make_training(self) -> BugTrainingView:
        self.training = BugTrainingView(self._session)
        self.training.show_bug(self._bug)
        return self.training

    def _make_survey(self) -> BugSurveyView:
        self.survey = BugSurveyView(self._session)
        return self.survey

    def _button(self, text: str, name: str, call: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked=False: call())
        return button

    # ---- running ---------------------------------------------------------------------------

    @property
    def _bug(self) -> Bug | None:
        """The bug that is chosen, if one is."""
        chosen = self.layers_box.currentData()
        return chosen if isinstance(chosen, Bug) else None

    def _choose_layers(self) -> None:
        """Check what was chosen; a bug may be trained, too."""
        if self.training is not None:
            self.training.show_bug(self._bug)
        self.run_all()

    def run_all(self) -> None:
        """Do the checks anew, from the first."""
        self._clear()
        trains = self.training_box.isChecked()
        self._begin([check for check in CHECKS if trains or not check.trains])

    def run_selected(self) -> None:
        """Do the selected checks."""
        rows = sorted({index.row() for index in self.table.selectionModel().selectedRows()})
        self._begin([CHECKS[row] for row in rows])

    def check_file(self, file: Path) -> None:
        """Check a student's file."""
        self._file = file
        place = self.layers_box.findData("file")
        if place < 0:
            self.layers_box.addItem("", "file")
            place = self.layers_box.count() - 1
        self.layers_box.setItemText(place, f"Your file: {file.name}")
        self.layers_box.setCurrentIndex(place)
        self._choose_layers()

    def stop(self) -> None:
        """End what runs; what it would have said is dropped."""
        self._queue = []
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if self._student is not None:
            self._student.close()
            self._student = None
        self._show_running()

    def _begin(self, checks: list[Check]) -> None:
        self.stop()
        self._queue = checks
        self._run = self._runner(any(check.trains for check in checks))
        self._next()

    def _runner(self, trains: bool) -> Run:
        """What does one check of the chosen layers. The captions are drawn by the first of them."""
        chosen, dataset = self.layers_box.currentData(), self._session.data.dataset
        made: list[Bench] = []

        def few() -> FewCaptions | None:
            return FewCaptions.drawn(dataset) if trains and dataset is not None else None

        if chosen == "file" and self._file is not None:
            # Without captions it is at hand at once, so that `stop` can end it; those of the open data are
            # read in the thread.
            self._student = student = StudentCode(self._file, few)

            def run_student(check: Check, _cancelled: Cancelled) -> Outcome:
                return student.run(check)

            return run_student
        subject = Subject(fresh_layers()) if chosen is None else chosen.subject()

        def run(check: Check, cancelled: Cancelled) -> Outcome:
            if not made:
                made.append(Bench(subject, few()))
            bench = made[0]
            bench.stopped = cancelled
            return run_check(check, bench)

        return run

    def _next(self) -> None:
        if not self._queue or self._run is None:
            self._job = None
            self._end_student()
            self._show_running()
            return
        check, run = self._queue.pop(0), self._run

        def done(outcome: Outcome) -> None:
            self._show(CHECKS.index(check), outcome)
            self._next()

        def failed(error: Exception) -> None:
            self.stop()
            self.told.setText(f"The checks could not go on: {error}")

        self._job = self._session.workers.start(
            f"checking {check.key}", lambda cancelled: run(check, cancelled), done, failed, brief=True
        )
        self._show_running()

    def _end_student(self) -> None:
        if self._student is not None:
            self._student.close()
            self._student = None

    # ---- showing ---------------------------------------------------------------------------

    def outcome(self, row: int) -> Outcome | None:
        """What is shown in a row, if anything."""
        item = self.table.item(row, _ERROR)
        found = item.data(OUTCOME) if item is not None else None
        return found if isinstance(found, Outcome) else None

    def _clear(self) -> None:
        for row, check in enumerate(CHECKS):
            for place in range(len(COLUMNS)):
                self.table.setItem(row, place, QTableWidgetItem())
            self._put(row, _BOOK, check.notebook)
            self._put(row, _NAME, check.key)
            self._put(row, _SHOWS, check.shows)
        self.told.setText("")
        self._show_running()

    def _put(self, row: int, place: int, words: str) -> QTableWidgetItem:
        item = self.table.item(row, place)
        assert item is not None
        item.setText(" ".join(words.split()))
        set_plain_tip(item, words)
        return item

    def _show(self, row: int, outcome: Outcome) -> None:
        self._put(row, _EXPECTED, outcome.expected)
        where = f"row {outcome.row}: {outcome.problem}" if outcome.row else outcome.problem
        self._put(row, _OURS, where or outcome.ours)
        item = self.table.item(row, _ERROR)
        assert item is not None
        item.setData(OUTCOME, outcome)
        item.setData(
            Qt.ItemDataRole.AccessibleTextRole, f"{outcome.error:.1e}, at most {outcome.tolerance:.0e}"
        )
        self._put(row, _RESULT, "pass" if outcome.passed else "miss")
        self._tint(row)
        self._put(row, _TIME, f"{outcome.seconds:.2f} s")
        self._show_code()

    def _tint(self, row: int) -> None:
        outcome, item = self.outcome(row), self.table.item(row, _RESULT)
        if outcome is not None and item is not None:
            item.setForeground(colors().good if outcome.passed else colors().bad)

    def _show_running(self) -> None:
        runs = self._job is not None
        self.stop_button.setEnabled(runs)
        self.run_button.setEnabled(not runs)
        self.one_button.setEnabled(not runs)
        found = [outcome for row in range(len(CHECKS)) if (outcome := self.outcome(row)) is not None]
        if not found:
            return
        missed = [CHECKS[row].key for row in range(len(CHECKS)) if (o := self.outcome(row)) and not o.passed]
        words = f"{len(found) - len(missed)} of {len(found)} pass"
        if missed:
            words += f"; missed: {', '.join(missed)}"
        elif self._bug is not None and not runs and len(found) == _QUICK:
            words += "; none of these finds it: training may (Also train; Every Bug measures it)"
        self.told.setText(words + (" so far" if runs else ""))

    def _show_code(self) -> None:
        rows = sorted({index.row() for index in self.table.selectionModel().selectedRows()})
        if not rows:
            self.code.clear()
            return
        outcome, check = self.outcome(rows[0]), CHECKS[rows[0]]
        parts = []
        if outcome is not None and outcome.problem:
            place = f"Row {outcome.row}: {outcome.line}\n" if outcome.row else ""
            parts.append(f"{place}{outcome.problem}\n")
        parts += [inspect.getsource(getattr(layers, name)) for name in check.functions]
        words = "\n".join(parts)
        if self.code.toPlainText() != words:
            self.code.setPlainText(words)

    # ---- files -----------------------------------------------------------------------------

    def _ask_for_file(self) -> None:
        start = str(self._file.parent if self._file is not None else Path.home())
        chosen, _ = QFileDialog.getOpenFileName(self, "Open rnn_layers.py", start, "Python files (*.py)")
        if chosen:
            self.check_file(Path(chosen))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        urls = event.mimeData().urls()
        event.acceptProposedAction()
        if len(urls) == 1 and urls[0].isLocalFile() and urls[0].toLocalFile().endswith(".py"):
            self.check_file(Path(urls[0].toLocalFile()))
        else:
            self.told.setText("One Python file can be checked: drop your rnn_layers.py.")

    # ---- Qt --------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size and the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._widen()
        elif event.type() == QEvent.Type.PaletteChange:
            for row in range(self.table.rowCount()):
                self._tint(row)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing runs for nobody."""
        super().hideEvent(event)
        self.stop()
        if self.training is not None:
            self.training.stop()
        if self.survey is not None:
            self.survey.stop()
