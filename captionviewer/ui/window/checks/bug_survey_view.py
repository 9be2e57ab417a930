"""Every bug: which checks find it, as measured when asked for, and which only training finds."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.checks.bug_survey import Finding, survey_bugs, survey_words
from captionviewer.core.checks.bugs import BUGS
from captionviewer.core.checks.few_captions import FewCaptions
from captionviewer.ui.session.corpus_job import CorpusJob, Progress
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import words_label


class BugSurveyView(QWidget):
    """A row for each bug, filled as the checks are done."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.findings: list[Finding] = []  # the thread adds to it
        self._job = CorpusJob(session, "looking for every bug", self)
        self._job.progressed.connect(self._show)
        self.start_button = QPushButton("Put &Every Bug to the Checks")
        self.start_button.setObjectName("survey_bugs")
        self.start_button.setAutoDefault(False)
        self.start_button.setToolTip("All checks for each bug; those that train, where no other finds it")
        self.start_button.clicked.connect(lambda _checked=False: self.start())
        self.stop_button = QPushButton("Stop")
        self.stop_button.setAutoDefault(False)
        self.stop_button.clicked.connect(lambda _checked=False: self.stop())
        self.told = words_label("survey_told")
        self.table = QTableWidget(len(BUGS), 3)
        self.table.setObjectName("survey_table")
        self.table.setAccessibleName("Which check finds which bug")
        self.table.setHorizontalHeaderLabels(["Bug", "Found without training by", "By training"])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        for place, mode in enumerate(
            (
                QHeaderView.ResizeMode.ResizeToContents,
                QHeaderView.ResizeMode.Stretch,
                QHeaderView.ResizeMode.ResizeToContents,
            )
        ):
            header.setSectionResizeMode(place, mode)
        self._fit_rows()
        for row, bug in enumerate(BUGS):
            for place, words in enumerate((bug.title, "", "")):
                self.table.setItem(row, place, QTableWidgetItem(words))
        row_of_buttons = QHBoxLayout()
        row_of_buttons.addWidget(self.start_button)
        row_of_buttons.addWidget(self.stop_button)
        row_of_buttons.addWidget(self.told, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addLayout(row_of_buttons)
        column.addWidget(self.table, 1)
        session.dataset_changed.connect(self._show_running)
        self._show_running()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._fit_rows()

    def _fit_rows(self) -> None:
        self.table.verticalHeader().setDefaultSectionSize(int(1.6 * self.fontMetrics().height()))

    def start(self) -> None:
        """Measure anew."""
        dataset = self._session.data.dataset
        if dataset is None:
            return
        findings: list[Finding] = []
        self.findings = findings

        def work(progress: Progress) -> list[Finding]:
            few = FewCaptions.drawn(dataset)
            for finding in survey_bugs(few, stop=lambda: not progress(len(findings) / len(BUGS))):
                findings.append(finding)
            return findings

        self._job.start(work, self._done, self._failed)
        self._show(0.0)

    def stop(self) -> None:
        """End it; what was found stays."""
        self._job.cancel()
        self._show_running()

    def _done(self, _findings: list[Finding] | None) -> None:
        self._show(1.0)
        self.told.setText(survey_words(self.findings))

    def _failed(self, error: Exception) -> None:
        self._show_running()
        self.told.setText(f"The bugs could not be looked for: {error}")

    def _show(self, _share: float) -> None:
        of_bug = {each.bug.key: each for each in self.findings}
        for row, bug in enumerate(BUGS):
            found = of_bug.get(bug.key)
            self._put(row, 1, "" if found is None else ", ".join(found.quick) or "none")
            trained = (
                "" if found is None else "not needed" if found.trained is None else ", ".join(found.trained)
            )
            self._put(row, 2, trained or ("none" if found is not None else ""))
        self.told.setText(f"{len(of_bug)} of {len(BUGS)} bugs done")
        self._show_running()

    def _put(self, row: int, place: int, words: str) -> None:
        item = self.table.item(row, place)
        if item is not None and item.text() != words:
            item.setText(words)
            item.setData(Qt.ItemDataRole.ToolTipRole, words)

    def _show_running(self) -> None:
        busy = self._job.is_busy
        self.start_button.setEnabled(not busy and self._session.data.dataset is not None)
        self.stop_button.setEnabled(busy)
        if self._session.data.dataset is None:
            self.told.setText("Open data first: what the checks that train learn is drawn from it.")
