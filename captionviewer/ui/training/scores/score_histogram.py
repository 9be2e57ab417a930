"""How one score lies over the photos: a histogram whose bars can be opened."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from captionviewer.core.arrays import FloatArray
from captionviewer.ui.look.numbers import counted
from captionviewer.ui.look.theme import colors

NUM_BARS = 20


@dataclass(frozen=True)
class HistogramBar:
    """One bar: photos whose value lies from `low` to `high`, the worst of them first."""

    low: float
    high: float
    photos: tuple[int, ...]


def bars_of(values: FloatArray, worst_first: list[int], num_bars: int = NUM_BARS) -> list[HistogramBar]:
    """Sort photos into bars of equal width by their values (P,); those without a value are left out.

    `worst_first` gives the order within a bar.
    """
    finite = np.isfinite(values)
    if not finite.any():
        return []
    edges = np.histogram_bin_edges(values[finite], bins=num_bars)
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, num_bars - 1)
    photos: list[list[int]] = [[] for _ in range(num_bars)]
    for photo in worst_first:
        if finite[photo]:
            photos[int(place[photo])].append(photo)
    return [
        HistogramBar(float(edges[number]), float(edges[number + 1]), tuple(some))
        for number, some in enumerate(photos)
    ]


class ScoreHistogram(QWidget):
    """Paints the bars; a click, or Return at the one that the arrow keys chose, opens one."""

    opened = Signal(int)  # number of the bar

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bars: list[HistogramBar] = []
        self._decimals = 2
        self._model_value = float("nan")
        self._pointed = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Histogram of a score over the photos")

    def show_bars(self, bars: list[HistogramBar], decimals: int, corpus_value: float) -> None:
        """Show a histogram, with the score of all photos together marked."""
        self.bars, self._decimals, self._model_value = bars, decimals, corpus_value
        self._pointed = next((number for number, bar in enumerate(bars) if bar.photos), -1)
        self._describe()
        self.update()

    @property
    def pointed(self) -> int:
        """The bar that the mouse or the keyboard is at; -1 for none."""
        return self._pointed

    def bar_box(self, number: int) -> QRectF:
        """Where a bar is painted, from the axis to the top of the plot."""
        plot = self._plot_box()
        width = plot.width() / max(len(self.bars), 1)
        return QRectF(plot.left() + number * width, plot.top(), width, plot.height())

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(12 * em, 7 * em)

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colors()
        painter = QPainter(self)
        painter.fillRect(self.rect(), c.surface)
        if self.hasFocus():
            painter.setPen(QPen(c.accent, 2))
            painter.drawRect(self.rect().adjusted(1, 1, -2, -2))
        if not self.bars:
            return
        plot = self._plot_box()
        most = max(len(bar.photos) for bar in self.bars)
        for number, bar in enumerate(self.bars):
            box = self.bar_box(number)
            height = box.height() * len(bar.photos) / most
            filled = QRectF(box.left() + 1, box.bottom() - height, max(box.width() - 2, 1), height)
            painter.fillRect(filled, c.accent if number == self._pointed else c.faint_line)
        painter.setPen(c.muted)
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        self._paint_numbers(painter, plot, most)

    def _paint_numbers(self, painter: QPainter, plot: QRectF, most: int) -> None:
        metrics = self.fontMetrics()
        low, high = self.bars[0].low, self.bars[-1].high
        painter.setPen(colors().text)
        line = QRectF(plot.left(), plot.bottom() + 2, plot.width(), metrics.height())
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, self._written(low))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, self._written(high))
        painter.drawText(line, Qt.AlignmentFlag.AlignHCenter, f"tallest bar: {counted(most, 'photo')}")
        if low < high and low <= self._model_value <= high:
            x = plot.left() + plot.width() * (self._model_value - low) / (high - low)
            painter.setPen(QPen(colors().warn, 2, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))

    def _plot_box(self) -> QRectF:
        em = self.fontMetrics().height()
        return QRectF(self.rect()).adjusted(8, 8, -8, -(em + 8))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self._bar_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        number = self._bar_at(event.position())
        if event.button() is Qt.MouseButton.LeftButton and number >= 0:
            self._point_at(number)
            self._open()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()))
        if step is not None and self.bars:
            self._point_at(min(max(self._pointed + step, 0), len(self.bars) - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._open()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            number = self._bar_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self.words(number) if number >= 0 else "", self)
            return True
        return super().event(event)

    def words(self, number: int) -> str:
        """What a bar says."""
        bar = self.bars[number]
        return f"{self._written(bar.low)} to {self._written(bar.high)}: {counted(len(bar.photos), 'photo')}"

    def _open(self) -> None:
        if 0 <= self._pointed < len(self.bars) and self.bars[self._pointed].photos:
            self.opened.emit(self._pointed)

    def _point_at(self, number: int) -> None:
        if number != self._pointed and number >= 0:
            self._pointed = number
            self._describe()
            self.update()

    def _describe(self) -> None:
        self.setAccessibleDescription(self.words(self._pointed) if self._pointed >= 0 else "No photo")

    def _bar_at(self, place: QPointF) -> int:
        return next((number for number in range(len(self.bars)) if self.bar_box(number).contains(place)), -1)

    def _written(self, value: float) -> str:
        return f"{value:,.{max(self._decimals, 1)}f}"
