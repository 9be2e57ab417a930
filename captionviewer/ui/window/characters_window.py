"""Words beside characters in a window of its own: both trained with one click, measured as they go on."""

import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSpinBox,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.characters.comparison import Comparison, Plan, Side
from captionviewer.core.characters.figures import WHY_NATS_A_CAPTION, answers, figures
from captionviewer.core.characters.side_by_side import SideBySide
from captionviewer.core.network.cells import CELLS, CellType
from captionviewer.ui.plots.series_plot import Series, SeriesPlot
from captionviewer.ui.session.corpus_job import CorpusJob, Progress
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import labelled, scrolling, words_label
from captionviewer.ui.widgets.outside_text import set_plain_tip, show_plainly
from captionviewer.ui.widgets.view_row import ViewRow

_CELLS: tuple[tuple[str, tuple[CellType, ...]], ...] = (
    *((cell.name, (kind,)) for kind, cell in CELLS.items()),
    (" and ".join(cell.name for cell in CELLS.values()), tuple(CELLS)),
)
_REDRAW_MS = 60
_CAPTIONS_SHOWN = 80  # of the photos captioned: more at once would hold the window up
_NOT_YET = "Train both to see what each costs and what each writes."
_OVER_SECONDS = "seconds of its own steps"


class CharactersWindow(QDialog):
    """Stays open beside the window; what it trains ends when it is closed."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.comparison: Comparison | None = None  # what is shown
        self._headers: list[str] = []
        self._longest: list[int] = []  # letters of each column's longest cell, when they got their widths
        self._latest: Comparison | None = None  # written by the thread, whole values only
        self._job = CorpusJob(session, "training words and characters", self)
        self._job.progressed.connect(self._later)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_REDRAW_MS)
        self._soon.timeout.connect(self._show_latest)
        self.setObjectName("characters_window")
        self.setWindowTitle("Words or Characters")
        self._make()
        session.dataset_changed.connect(self._dataset_changed)
        wanted = QSize(200 * self.fontMetrics().averageCharWidth(), 54 * self.fontMetrics().height())
        screen = self.screen().availableSize() if self.screen() is not None else wanted
        self.resize(wanted.boundedTo(screen * 0.94))
        self._show_running()

    # ---- making ------------------------------------------------------------------------------

    def _make(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        intro = QLabel(
            "The notebook asks what speaks for a network that writes characters in place of words, and what "
            "against it. Here both learn the same captions of the open data, a minibatch of each in turn."
        )
        intro.setWordWrap(True)
        column.addWidget(intro)
        column.addLayout(self._make_controls())
        self.table = QTableWidget()
        self.table.setObjectName("characters_table")
        self.table.setAccessibleName("What was measured of words and of characters")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.views = ViewRow("Views of words and characters")
        self.plot = SeriesPlot(
            self._session, _OVER_SECONDS, "nats a caption of val", "words-and-characters", log=True
        )
        self.plot.setObjectName("characters_curves")
        self.plot.show_series((), empty=_NOT_YET)
        self.captions = QTableWidget()
        self.captions.setObjectName("characters_captions")
        self.captions.setAccessibleName("What each writes of photos of val")
        self.captions.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.captions.setTabKeyNavigation(False)
        self.captions.verticalHeader().hide()
        self.invented = words_label("characters_invented")
        self.views.add("Loss", "How surprised each is at whole captions of val", lambda: self.plot)
        page = self._make_captions()
        self.views.add("Captions", "What each writes at the end, and invented words", lambda: page)
        self._parts = QSplitter(Qt.Orientation.Horizontal)
        self._parts.addWidget(self.table)
        self._parts.addWidget(self.views)
        self._parts.setStretchFactor(1, 1)
        self.table.hide()  # until there is something in it
        column.addWidget(self._parts, 1)
        self.told = show_plainly(QLabel(WHY_NATS_A_CAPTION))
        self.told.setObjectName("characters_told")
        self.told.setWordWrap(True)
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._answers = scrolling(self.told)
        column.addWidget(self._answers)
        self._fit()

    def _make_controls(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(10)
        self.cell_box = QComboBox()
        self.cell_box.setObjectName("characters_cell")
        for words, cells in _CELLS:
            self.cell_box.addItem(words, cells)
        self.steps_field = self._number("characters_steps", 1, 100_000, Plan.steps)
        self.hidden_field = self._number("characters_hidden", 1, 4_096, Plan.hidden_dim)
        self.seed_field = self._number("characters_seed", 0, 2**31 - 1, Plan.seed)
        self.steps_field.setToolTip(f"Minibatches of {Plan.batch_size} captions that each gets")
        self.hidden_field.setToolTip("Numbers in the hidden state of each")
        self.seed_field.setToolTip("Of first parameters and minibatches: the same captions for all")
        for words, field in (
            ("Cell", self.cell_box),
            ("Steps", self.steps_field),
            ("Hidden", self.hidden_field),
            ("Seed", self.seed_field),
        ):
            line.addWidget(labelled(words, field))
        self.train_button = QPushButton("&Train Both")
        self.train_button.setObjectName("train_characters")
        self.train_button.clicked.connect(lambda _checked=False: self.start())
        self.stop_button = QPushButton("S&top")
        self.stop_button.setObjectName("stop_characters")
        self.stop_button.clicked.connect(lambda _checked=False: self.stop())
        for button in (self.train_button, self.stop_button):
            button.setAutoDefault(False)
            line.addWidget(button)
        self.progress = words_label("characters_progress")
        line.addWidget(self.progress, 1)
        return line

    def _number(self, name: str, least: int, most: int, value: int) -> QSpinBox:
        field = QSpinBox()
        field.setObjectName(name)
        field.setRange(least, most)
        field.setValue(value)
        return field

    def _make_captions(self) -> QWidget:
        page = QWidget(self)
        page.hide()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.captions, 1)
        column.addWidget(self.invented)
        return page

    # ---- training ----------------------------------------------------------------------------

    def start(self) -> None:
        """Train words and characters from the start."""
        dataset = self._session.data.dataset
        if dataset is None:
            return
        plan = Plan(
            cells=self.cell_box.currentData(),
            steps=self.steps_field.value(),
            hidden_dim=self.hidden_field.value(),
            seed=self.seed_field.value(),
        )
        self._latest = None

        def work(progress: Progress) -> Comparison | None:
            sides = SideBySide(dataset, plan)
            going = True

            def report(comparison: Comparison) -> None:
                nonlocal going
                self._latest = comparison
                going = progress(comparison.share)

            report(sides.comparison)
            return sides.run(stop=lambda: not going, report=report)

        self._job.start(work, self._done, self._failed)
        self._show_running()

    def stop(self) -> None:
        """End it; what was measured stays."""
        self._job.cancel()
        self._show_running()

    def _done(self, comparison: Comparison | None) -> None:
        self._latest = comparison or self._latest
        self._show_latest()
        self._show_running()

    def _failed(self, error: Exception) -> None:
        self._show_running()
        self.progress.setText(f"They could not be trained: {error}")

    def _later(self, _share: float) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _dataset_changed(self) -> None:
        """End it, and show nothing more of the data that was open."""
        self._soon.stop()
        self.comparison = self._latest = None
        self._headers = []
        self.table.hide()
        self.plot.show_series((), empty=_NOT_YET)
        self.captions.setRowCount(0)
        self.invented.clear()
        self.told.setText(WHY_NATS_A_CAPTION)
        self._fit()
        self.stop()

    # ---- showing -----------------------------------------------------------------------------

    def _show_running(self) -> None:
        busy, has_data = self._job.is_busy, self._session.data.dataset is not None
        self.train_button.setEnabled(not busy and has_data)
        self.stop_button.setEnabled(busy)
        for field in (self.cell_box, self.steps_field, self.hidden_field, self.seed_field):
            field.setEnabled(not busy)
        if not has_data:
            self.progress.setText("Open data first: its captions are what they learn.")
        elif not busy:
            self.progress.setText(self._ended_words())

    def _ended_words(self) -> str:
        if self.comparison is None:
            return ""
        return "" if self.comparison.ended else "Stopped"

    def _show_latest(self) -> None:
        comparison = self._latest
        if comparison is None:
            return
        self.comparison = comparison
        rows = figures(comparison)
        headers = ["", *(side.name.replace(", ", ",\n") for side in comparison.sides)]
        is_new = self._headers != headers
        if is_new:
            self._headers = headers
            self._shape(self.table, len(rows), headers)
        for number, row in enumerate(rows):
            for place, words in enumerate((row.title, *row.cells)):
                self._put(number, place, words, row.explanation)
        self.plot.show_series([_curve(side) for side in comparison.sides])
        columns = zip(*((row.title, *row.cells) for row in rows), strict=True)
        longest = [max(map(len, column)) for column in columns]
        if is_new or any(now > before for now, before in zip(longest, self._longest, strict=True)):
            self._longest = longest
            self.table.resizeColumnsToContents()
            self._give_room()
        said = answers(comparison)
        self.told.setText("\n".join((WHY_NATS_A_CAPTION, *said)))
        self._fit()
        if comparison.ended:
            self._show_captions(comparison)
            self.progress.setText("")
        elif self._job.is_busy:
            shared = ", beside a run in Training" if self._session.runs.is_training else ""
            writing = comparison.share >= 1
            self.progress.setText(
                "They write captions" if writing else f"{100 * comparison.share:.0f} % of the steps{shared}"
            )

    def _put(self, row: int, place: int, words: str, tip: str) -> None:
        item = self.table.item(row, place)
        if item is not None and item.text() != words:
            item.setText(words)
            set_plain_tip(item, tip)

    def _shape(self, table: QTableWidget, rows: int, headers: list[str]) -> None:
        """Give a table its rows and columns, empty."""
        table.clear()
        table.setRowCount(rows)
        table.setColumnCount(len(headers))
        table.setHorizontalHeaderLabels(headers)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for row in range(rows):
            for place in range(len(headers)):
                item = QTableWidgetItem()
                if table is self.table and place:
                    item.setTextAlignment(right)
                table.setItem(row, place, item)
        header = table.horizontalHeader()
        header.setMinimumSectionSize(4 * self.fontMetrics().averageCharWidth())
        for place in range(len(headers)):
            header.setSectionResizeMode(
                place,
                QHeaderView.ResizeMode.Stretch
                if table is self.captions
                else QHeaderView.ResizeMode.Interactive,
            )

    def _show_captions(self, comparison: Comparison) -> None:
        sides = [side for side in comparison.sides if side.written is not None]
        shown = min(len(comparison.people), _CAPTIONS_SHOWN)
        self._shape(self.captions, shown, ["a person", *(side.name for side in sides)])
        columns = [comparison.people, *(side.written.captions for side in sides if side.written is not None)]
        for place, texts in enumerate(columns):
            for row, text in enumerate(texts[:shown]):
                item = self.captions.item(row, place)
                if item is not None:
                    item.setText(text)
                    set_plain_tip(item, text)
        lists = [
            f"Invented ({side.name}): {', '.join(side.written.invented) or 'none'}."
            for side in sides
            if side.written is not None and side.symbols == "characters"
        ]
        self.invented.setText("\n".join(lists))

    def _give_room(self) -> None:
        """Let the table have the width of its columns, as far as the views keep a third of the window."""
        self.table.show()
        wanted = self.table.horizontalHeader().length() + 2 * self.table.frameWidth()
        wanted += self.table.verticalScrollBar().sizeHint().width()
        width = min(wanted, self._parts.width() * 2 // 3)
        self._parts.setSizes([width, self._parts.width() - width])

    def _fit(self) -> None:
        """Rows by the size of text; the sentences have the room they take, up to a quarter of the window."""
        line = self.fontMetrics().height()
        self.table.verticalHeader().setDefaultSectionSize(int(1.4 * line))
        self.captions.verticalHeader().setDefaultSectionSize(int(3.2 * line))
        needed = self.told.heightForWidth(max(self.width() - 60, 200)) + line // 2
        self._answers.setFixedHeight(max(2 * line, min(needed, self.height() // 4)))

    # ---- Qt ----------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the sentences the lines that they take at this width."""
        super().resizeEvent(event)
        self._fit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing runs for nobody."""
        super().hideEvent(event)
        self.stop()


def _curve(side: Side) -> Series:
    return Series(
        side.name,
        np.array([point.seconds for point in side.points]),
        np.array([point.nats for point in side.points]),
        "accent" if side.symbols == "words" else "val",
        wide=True,
        dashed=side.cell != next(iter(CELLS)),
    )
