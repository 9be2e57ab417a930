"""The table of scores: a row a source of captions, a column a metric; a cell can be opened."""

import math

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QBrush
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from captionviewer.core.evaluation.metrics import METRICS, Metric
from captionviewer.core.evaluation.scorecard import Row, Scorecard
from captionviewer.ui.look.theme import colors
from captionviewer.ui.widgets.outside_text import set_plain_tip

# The columns that tell most come first: a narrow dock shows those, the others by scrolling.
ORDER = ("cider_d", "bleu_4", "nats_a_word", "distinct", "novel", "rouge_l")


def columns() -> tuple[Metric, ...]:
    """The metrics in the order of the table's columns."""
    first = [next(metric for metric in METRICS if metric.key == key) for key in ORDER]
    return (*first, *(metric for metric in METRICS if metric not in first))


class ScoresTable(QTableWidget):
    """Shows a scorecard; Return, or a click, opens a score that each photo has of its own."""

    opened = Signal(str, str)  # row and metric

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns()
        self._card: Scorecard | None = None
        self.setAccessibleName("Table of scores")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)  # Tab leaves the table; the arrows move in it
        self.setCornerButtonEnabled(False)
        self.setWordWrap(True)
        self.setColumnCount(len(self._columns))
        for column, metric in enumerate(self._columns):
            item = QTableWidgetItem(metric.title)
            set_plain_tip(item, metric.explanation)
            self.setHorizontalHeaderItem(column, item)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.cellClicked.connect(self._open)
        self.cellActivated.connect(self._open)

    def minimumSizeHint(self) -> QSize:
        """Return the room of its head, a few rows and the bar that it is scrolled by."""
        return QSize(super().minimumSizeHint().width(), 8 * self.fontMetrics().height())

    def forget(self) -> None:
        """Show no scores: they are of other data."""
        self._card = None
        self.setRowCount(0)

    def show_card(self, card: Scorecard) -> None:
        """Show a table of scores."""
        self._card = card
        self.setRowCount(len(card.rows))
        for number, row in enumerate(card.rows):
            head = QTableWidgetItem(row.title)
            set_plain_tip(head, row.explanation)
            self.setVerticalHeaderItem(number, head)
            for column, metric in enumerate(self._columns):
                self.setItem(number, column, self._item(row, metric))
        self.setCurrentCell(0, 0)

    def _item(self, row: Row, metric: Metric) -> QTableWidgetItem:
        value = row.values[metric.key]
        item = QTableWidgetItem(written(value, metric))
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        set_plain_tip(item, explained(row, metric))
        if not tells_apart(row, metric):
            item.setForeground(QBrush(colors().muted))
            font = item.font()
            font.setItalic(True)  # grey alone would not be told apart by all
            item.setFont(font)
        return item

    def repaint_colors(self) -> None:
        """Take the colours of another theme."""
        if self._card is not None:
            row, column = self.currentRow(), self.currentColumn()
            self.show_card(self._card)
            self.setCurrentCell(row, column)

    def _open(self, row: int, column: int) -> None:
        metric = self._columns[column]
        if self._card is None or not metric.of_photos:
            return
        if not math.isnan(self._card.rows[row].values[metric.key]):
            self.opened.emit(self._card.rows[row].name, metric.key)


def written(value: float, metric: Metric) -> str:
    """A score as the table shows it; "–" where there is none."""
    return "–" if math.isnan(value) else f"{value:,.{metric.decimals}f}"


def tells_apart(row: Row, metric: Metric) -> bool:
    """Whether the row differs from the model by more than other photos might have made it."""
    difference = row.differences.get(metric.key)
    return difference is None or not difference.interval.low <= 0 <= difference.interval.high


def explained(row: Row, metric: Metric) -> str:
    """What a cell of the table says when it is pointed at."""
    value = row.values[metric.key]
    if math.isnan(value):
        return f"{metric.title}: only a model has it."
    lines = [f"{row.title}: {metric.title} {written(value, metric)}"]
    interval = row.intervals.get(metric.key)
    if interval is not None:
        low, high = written(interval.low, metric), written(interval.high, metric)
        lines.append(f"95 % of other draws of the photos lie between {low} and {high}.")
    difference = row.differences.get(metric.key)
    if difference is not None:
        low, high = written(difference.interval.low, metric), written(difference.interval.high, metric)
        lines.append(f"Beside the model: {difference.value:+.{metric.decimals}f} ({low} to {high}).")
        if not tells_apart(row, metric):
            lines.append("That includes 0: on these photos the two can't be told apart.")
    lines.append(metric.explanation)
    if metric.of_photos:
        lines.append("Click to see how it lies over the photos.")
    return "\n".join(lines)
