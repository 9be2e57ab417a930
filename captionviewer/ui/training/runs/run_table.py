"""The list of the runs that are kept: a row each, the newest first."""

import time
from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelection,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from captionviewer.core.amounts import format_duration
from captionviewer.core.saved.run_shelf import ShelvedRun
from captionviewer.core.training.run_names import names_in_a_list
from captionviewer.ui.widgets.outside_text import plain_tip

HEADS = ("Run", "Ended", "Iterations", "Best val", "CIDEr-D", "Trained", "Begun")
LEAST_LINES = 8
_BESIDE_WORDS = 16  # pixels of a column
_RIGHT = (2, 3, 4, 5)
PIN = "\N{BLACK STAR} "
Index = QModelIndex | QPersistentModelIndex


def names_of(runs: Sequence[ShelvedRun]) -> list[str]:
    """What each run is called: the user's name for it, or one made of what differs."""
    whole = [number for number, run in enumerate(runs) if run.settings is not None]
    made = names_in_a_list([settings for run in runs if (settings := run.settings) is not None])
    names = [run.name or run.key for run in runs]
    for number, name in zip(whole, made, strict=True):
        names[number] = runs[number].name or name
    return names


class RunRows(QAbstractTableModel):
    """The rows, as Qt asks for them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: tuple[ShelvedRun, ...] = ()
        self.names: list[str] = []
        self.marked = ""  # the key of the run whose row stands out

    def show_runs(self, runs: Sequence[ShelvedRun]) -> None:
        """Show these runs and no others."""
        self.beginResetModel()
        self.runs = tuple(runs)
        self.names = names_of(runs)
        self.endResetModel()

    def mark(self, key: str) -> None:
        """Let the row of a run stand out; "": none."""
        before, self.marked = self.marked, key
        for row, run in enumerate(self.runs):
            if run.key in (before, key):
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(HEADS) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # as Qt declares it
        return 0 if parent.isValid() else len(self.runs)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(HEADS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return HEADS[section]
            if role == Qt.ItemDataRole.TextAlignmentRole and section in _RIGHT:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = 0) -> object:
        run, column = self.runs[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(index.row(), column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _RIGHT:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(run.problem or run.reason or _told(run, self.names[index.row()]))
        if role == Qt.ItemDataRole.FontRole and (run.live or run.key == self.marked):
            font = QFont()
            font.setItalic(run.live)
            font.setBold(run.key == self.marked)
            return font
        return None

    def _words(self, row: int, column: int) -> str:
        run = self.runs[row]
        if column == 0:
            return (PIN if run.pinned else "") + self.names[row]
        if run.problem:
            return "damaged" if column == 1 else ""
        if column == 1:
            return "training now" if run.live else run.outcome
        if column == 2:
            return f"{run.iteration:,}"
        if column in (3, 4):
            value = run.best_val if column == 3 else run.cider
            return "" if value is None else f"{value:.3f}"
        if column == 5:
            return format_duration(run.seconds) if run.seconds else ""
        return time.strftime("%d %b, %H:%M", time.localtime(run.started)) if run.started else ""


def _told(run: ShelvedRun, name: str) -> str:
    on = f" on {run.data_name}" if run.data_name else ""
    keeps = "its model is kept" if run.has_model else "its model is not kept any more"
    on_from = ", it can be continued" if run.can_continue else ""
    return f"{name}{on}: {run.iteration:,} of {run.num_iterations:,} iterations; {keeps}{on_from}."


class RunTable(QTreeView):
    """The list; several rows can be selected, and the one under the mouse is told."""

    pointed = Signal(str)  # the key of the run under the mouse; "" none
    chosen_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = RunRows(self)
        self.setModel(self.rows)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setMouseTracking(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.setAccessibleName("Runs that are kept")
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self._needed: dict[int, int] = {}  # the width that each column's words take
        self._fit_columns()
        self.entered.connect(lambda index: self.pointed.emit(self.rows.runs[index.row()].key))
        self.selectionModel().selectionChanged.connect(lambda _new, _old: self.chosen_changed.emit())

    def show_runs(self, runs: Sequence[ShelvedRun]) -> None:
        """Show these; what was selected stays so."""
        before = set(self.chosen)
        self.rows.show_runs(runs)
        self._fit_columns()
        self.choose([run.key for run in runs if run.key in before])

    def _fit_columns(self, *, anew: bool = False) -> None:
        """Find the room that each column needs, and give it.

        Columns only grow while a list is shown, so that the figures of a run that trains move nothing;
        `anew` forgets what there was, for another size of text.
        """
        metrics = self.fontMetrics()
        rows = range(self.rows.rowCount())
        needed: dict[int, int] = {}
        for column, head in enumerate(HEADS):
            shown = (head, *(str(self.rows.data(self.rows.index(row, column))) for row in rows))
            former = 0 if anew or not column else self._needed.get(column, 0)
            needed[column] = max(max(map(metrics.horizontalAdvance, shown)) + _BESIDE_WORDS, former)
        self._needed = needed
        self.setMinimumHeight(LEAST_LINES * (metrics.height() + 4))  # this may resize it at once
        self._place_columns()

    def _place_columns(self) -> None:
        """Give each column the room that it needs, and all that is left to the names."""
        header = self.header()
        others = sum(self._needed[column] for column in range(1, len(HEADS)))
        room = self.viewport().width()
        names = max(room - others, min(self._needed[0], room // 3))
        for column in range(len(HEADS)):
            header.resizeSection(column, self._needed[column] if column else names)

    @property
    def chosen(self) -> list[str]:
        """The keys of the selected runs, in the list's order."""
        rows = sorted({index.row() for index in self.selectionModel().selectedIndexes()})
        return [self.rows.runs[row].key for row in rows]

    def choose(self, keys: Sequence[str]) -> None:
        """Select these runs and no others, all at once."""
        model, wanted = self.selectionModel(), set(keys)
        flags, chosen = model.SelectionFlag, QItemSelection()
        indexes = [self.rows.index(row, 0) for row, run in enumerate(self.rows.runs) if run.key in wanted]
        for index in indexes:
            chosen.select(index, index)
        model.select(chosen, flags.ClearAndSelect | flags.Rows)
        if indexes:
            model.setCurrentIndex(indexes[-1], flags.NoUpdate)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at any more."""
        super().leaveEvent(event)
        self.pointed.emit("")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and hasattr(self, "_needed"):
            self._fit_columns(anew=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the names take what room there is."""
        super().resizeEvent(event)
        self._place_columns()
