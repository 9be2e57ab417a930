"""The heat map: units by words, painted as one small picture that is stretched."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from captionviewer.core.arrays import BoolArray, FloatArray, IntArray
from captionviewer.core.network.cells import Quantity
from captionviewer.ui.look import theme
from captionviewer.ui.plots.fonts import drawable
from captionviewer.ui.sampling.states.state_colors import NAMES, RANGES, colored
from captionviewer.ui.widgets.painted_widget import PaintedWidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST_PIXELS = 3  # of a unit's row where all are shown
_LEAST_LINES = 4  # of text, for units below the words
_MOST_HEAD = 110  # pixels of words that stand upright above the columns


class StateMap(PaintedWidget):
    """Values (T, H) of one quantity, a row for each unit that is shown and a column for each word.

    A click on a cell, or Enter, opens its unit; Up and Down move from unit to unit; a click on a word chooses
    the word.
    """

    unit_opened = Signal(int)
    word_chosen = Signal(int)  # its column
    pointed = Signal(int, int)  # unit and column; -1, -1 where the mouse is at no cell

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: FloatArray = np.zeros((0, 0), np.float32)
        self._quantity: Quantity = "h"
        self._units: IntArray = np.zeros(0, np.intp)
        self._words: tuple[str, ...] = ()
        self._compact = False
        self._column = 0
        self._row = 0
        self._clipped: BoolArray = np.zeros((0, 0), np.bool_)  # beyond the range of the colours
        self._pixels: npt.NDArray[np.uint8] = np.zeros((0, 0, 3), np.uint8)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.setAccessibleName("States: units by words")

    # ---- what is shown -------------------------------------------------------------------------

    @property
    def units(self) -> IntArray:
        """The units shown, from above."""
        return self._units

    @property
    def column(self) -> int:
        """The word that is chosen."""
        return self._column

    @property
    def unit(self) -> int:
        """The unit that the keys are at; -1 while there is none."""
        return int(self._units[self._row]) if len(self._units) else -1

    def show_states(
        self, values: FloatArray, quantity: Quantity, units: IntArray, words: tuple[str, ...], compact: bool
    ) -> None:
        """Show units of (T, H) values along T words; `compact` asks for thin rows without their numbers."""
        same_size = (len(units), words, compact) == (len(self._units), self._words, self._compact)
        self._values, self._quantity, self._units, self._words = values, quantity, units, words
        self._compact = compact
        self._row = min(self._row, max(len(units) - 1, 0))
        self._column = min(self._column, max(len(words) - 1, 0))
        self._paint_pixels()
        if not same_size:
            self.updateGeometry()

    def draw(self, figure: "Figure", c: theme.Colors, points: float) -> None:
        """Draw the same on an empty Matplotlib figure."""
        axes = figure.add_subplot()
        shown = self._values[:, self._units].T
        axes.imshow(colored(shown, self._quantity, c), aspect="auto", interpolation="nearest")
        axes.set_xticks(range(len(self._words)), labels=[drawable(word) for word in self._words], rotation=90)
        for label in axes.get_xticklabels():
            label.set_parse_math(False)  # a word may hold dollar signs
        if not self._compact:
            axes.set_yticks(range(len(self._units)), labels=[str(unit) for unit in self._units.tolist()])
        low, high = RANGES[self._quantity]
        axes.set_title(
            f"{NAMES[self._quantity]}, {low:g} to {high:g}", fontsize=points, color=c.text.name(), loc="left"
        )
        axes.set_ylabel("unit", fontsize=points, color=c.muted.name())
        axes.tick_params(colors=c.muted.name(), labelsize=0.85 * points)
        for spine in axes.spines.values():
            spine.set_color(c.border.name())

    def rows(self) -> Iterator[Sequence[object]]:
        """Give every value that is shown as lines of a table, the header first."""
        yield "unit", *self._words
        for unit in self._units.tolist():
            yield unit, *self._values[:, unit].tolist()

    def choose_column(self, column: int) -> None:
        """Mark a word."""
        column = min(max(column, 0), max(len(self._words) - 1, 0))
        if column != self._column:
            self._column = column
            self.update()

    def _paint_pixels(self) -> None:
        shown = self._values[:, self._units].T
        c = theme.colors()
        pixels = colored(shown, self._quantity, c)
        low, high = RANGES[self._quantity]
        self._clipped = (shown < low) | (shown > high)
        if self._compact:  # a row of three pixels has no room for a dot
            ink = np.array([c.text.red(), c.text.green(), c.text.blue()])
            pixels[self._clipped] = (pixels[self._clipped] + ink) // 2
        self._pixels = np.ascontiguousarray(pixels)
        self.update()

    # ---- places --------------------------------------------------------------------------------

    def _row_height(self) -> int:
        return FEWEST_PIXELS if self._compact else self.fontMetrics().height() + 1

    def _head_height(self) -> int:
        metrics = self.fontMetrics()
        longest = max((metrics.horizontalAdvance(word) for word in self._words), default=0)
        if longest + 6 <= self._column_width():
            return metrics.height() + 4
        return min(longest, _MOST_HEAD) + 6

    def _left(self) -> int:
        most = str(max(self._values.shape[1] - 1, 0))
        return self.fontMetrics().horizontalAdvance(most) + 8

    def _column_width(self) -> float:
        return max(self.width() - self._left(), 1) / max(len(self._words), 1)

    def grid(self) -> QRect:
        """Where the cells are."""
        top, left, count = self._head_height(), self._left(), len(self._units)
        room = self.height() - top
        height = max(self._row_height(), min(room // max(count, 1), 2 * self.fontMetrics().height()))
        return QRect(left, top, max(self.width() - left, 1), height * count)

    def cell_at(self, point: QPoint) -> tuple[int, int] | None:
        """The row and column at a point; row -1 in the words above the columns."""
        grid = self.grid()
        if not len(self._units) or not self._words or not grid.left() <= point.x() <= grid.right():
            return None
        column = min(int((point.x() - grid.left()) / self._column_width()), len(self._words) - 1)
        if point.y() < grid.top():
            return -1, column
        if point.y() > grid.bottom():
            return None
        return (point.y() - grid.top()) * len(self._units) // grid.height(), column

    def center_of(self, row: int, column: int) -> QPoint:
        """The middle of a cell; of a word, where the row is -1."""
        grid = self.grid()
        x = grid.left() + (column + 0.5) * self._column_width()
        height = grid.height() / max(len(self._units), 1)
        y = grid.top() / 2 if row < 0 else grid.top() + (row + 0.5) * height
        return QPoint(int(x), int(y))

    def sizeHint(self) -> QSize:
        return QSize(420, self._head_height() + self._row_height() * max(len(self._units), 1))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    @property
    def least_height(self) -> int:
        """The height in pixels at which the words and a few units can be seen."""
        return self._head_height() + _LEAST_LINES * self.fontMetrics().height()

    # ---- events --------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self._paint_pixels()  # in the colours of the theme

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        inside = cell is not None and cell[0] >= 0
        self.setCursor(Qt.CursorShape.PointingHandCursor if cell else Qt.CursorShape.ArrowCursor)
        if inside and cell is not None:
            self.pointed.emit(int(self._units[cell[0]]), cell[1])
        else:
            self.pointed.emit(-1, -1)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(-1, -1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        if cell is None or event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        row, column = cell
        self.choose_column(column)
        self.word_chosen.emit(column)
        if row >= 0:
            self._row = row
            self.unit_opened.emit(self.unit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        key = Qt.Key(event.key())
        if key in moves and len(self._units):
            self._row = min(max(self._row + moves[key], 0), len(self._units) - 1)
            self.pointed.emit(self.unit, self._column)
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and len(self._units):
            self.unit_opened.emit(self.unit)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        c, grid = theme.colors(), self.grid()
        painter = QPainter(self)
        painter.fillRect(self.rect(), c.surface)
        rows, columns = self._pixels.shape[:2]
        if not rows or not columns:
            painter.end()
            return
        self.fade(painter)
        image = QImage(self._pixels.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
        painter.drawImage(grid, image)
        height = grid.height() / rows
        self._paint_clipped(painter, height, c)
        metrics = self.fontMetrics()
        if height >= metrics.height():
            painter.setPen(c.muted)
            for row, unit in enumerate(self._units.tolist()):
                box = QRect(0, round(grid.top() + row * height), grid.left() - 5, round(height))
                painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(unit))
        self._paint_words(painter, grid, metrics, c)
        width = self._column_width()
        painter.setPen(QPen(c.text, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(
            QRect(round(grid.left() + self._column * width), grid.top(), round(width) - 1, grid.height() - 1)
        )
        if self.hasFocus():
            painter.setPen(QPen(c.accent, 2))
            top = round(grid.top() + self._row * height)
            painter.drawRect(QRect(grid.left(), top, grid.width() - 1, max(round(height) - 1, 2)))
        painter.end()

    def _paint_clipped(self, painter: QPainter, height: float, c: theme.Colors) -> None:
        """Put a dot where a value lies beyond the range of the colours."""
        if self._compact:
            return
        size = max(2, min(5, round(height / 3)))
        for row, column in np.argwhere(self._clipped).tolist():
            middle = self.center_of(row, column)
            painter.fillRect(QRect(middle.x() - size // 2, middle.y() - size // 2, size, size), c.text)

    def _paint_words(self, painter: QPainter, grid: QRect, metrics: QFontMetrics, c: theme.Colors) -> None:
        width = self._column_width()
        upright = grid.top() > metrics.height() + 4
        for column, word in enumerate(self._words):
            painter.setPen(c.text if column == self._column else c.muted)
            left = grid.left() + column * width
            if not upright:
                box = QRect(round(left), 0, round(width), grid.top() - 2)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, word)
                continue
            painter.save()
            painter.translate(left + width / 2, grid.top() - 3)
            painter.rotate(-90)
            room = grid.top() - 4
            text = metrics.elidedText(word, Qt.TextElideMode.ElideRight, room)
            box = QRect(0, -metrics.height() // 2, room, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
            painter.restore()
