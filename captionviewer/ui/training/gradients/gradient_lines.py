"""One loss's gradient norms over the states before it: medians as lines on a log axis, with their bands."""

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from captionviewer.core.arrays import FloatArray
from captionviewer.ui.look import theme

LEAST = 1e-12  # what is smaller is drawn as this


@dataclass(frozen=True)
class GradientLine:
    """A name, and the 10 %, 50 % and 90 % quantiles of states 0 to s + 1; of c from 1 on."""

    name: str
    cell: str
    band: FloatArray
    of_cell: bool = False


class GradientLines(QWidget):
    """The vanilla RNN's line in one colour, the LSTM's in another; that of its cell state is dashed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[GradientLine, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Gradient norms over the states, log axis")

    def show_lines(self, lines: tuple[GradientLine, ...]) -> None:
        """Show these."""
        self.lines = lines
        self.setAccessibleDescription(
            "; ".join(
                f"{line.name}: {line.band[1, 0]:.2g} at the photo" for line in lines if not line.of_cell
            )
        )
        self.update()

    def decades(self) -> tuple[int, int]:
        """The powers of ten that the axis begins and ends at."""
        values = [np.maximum(line.band, LEAST) for line in self.lines]
        if not values:
            return -4, 0
        low = math.floor(math.log10(min(float(each.min()) for each in values)))
        high = math.ceil(math.log10(max(float(each.max()) for each in values)))
        return min(low, high - 2), high

    def height_of(self, norm: float) -> float:
        """Where a norm stands, in pixels from above."""
        low, high = self.decades()
        room = self._room()
        share = (math.log10(max(norm, LEAST)) - low) / (high - low)
        return room.bottom() - share * room.height()

    def _room(self) -> QRectF:
        line = self.fontMetrics().height()
        left = self.fontMetrics().horizontalAdvance("1e\N{MINUS SIGN}12") + 6
        right = self.fontMetrics().horizontalAdvance("12") / 2 + 6
        return QRectF(
            left, line + 6, max(self.width() - left - right, 1), max(self.height() - 3 * line - 8, 1)
        )

    def sizeHint(self) -> QSize:
        return QSize(300, 12 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 9 * self.fontMetrics().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        c, metrics, room = theme.colors(), self.fontMetrics(), self._room()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        low, high = self.decades()
        every = max(1, math.ceil((high - low) * 1.3 * metrics.height() / room.height()))
        for power in range(low, high + 1, every):
            y = self.height_of(10.0**power)
            painter.setPen(QPen(c.border, 1))
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
            painter.setPen(c.muted)
            box = QRectF(0, y - metrics.height() / 2, room.left() - 5, metrics.height())
            text = f"1e{power}".replace("-", "\N{MINUS SIGN}")
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        states = max((line.band.shape[1] + line.of_cell for line in self.lines), default=2)
        step = room.width() / max(states - 1, 1)
        painter.setPen(c.muted)
        top = round(room.bottom()) + 3
        apart = max(1, math.ceil(metrics.horizontalAdvance("00 ") / step))  # so that no number meets the next
        for t in range(0, states, apart):
            under = QRect(round(room.left() + t * step) - 20, top, 40, metrics.height())
            painter.drawText(under, Qt.AlignmentFlag.AlignCenter, str(t))
        below = QRectF(0, top + metrics.height(), self.width(), metrics.height())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, "state t; 0 is the photo")
        names = sum(metrics.horizontalAdvance(line.name) + 43 for line in self.lines)
        mark, gap = (22, 16) if room.left() + names <= self.width() + 16 else (10, 7)  # of the legend
        x = room.left() if mark == 22 else 2.0
        for line in self.lines:
            color = c.train if line.cell == "rnn" else c.val
            pen = QPen(color, 2, Qt.PenStyle.DashLine if line.of_cell else Qt.PenStyle.SolidLine)
            points = [
                [
                    QPointF(room.left() + t * step, self.height_of(float(norm)))
                    for t, norm in enumerate(row, start=int(line.of_cell))
                ]
                for row in line.band
            ]
            if not line.of_cell:
                veil = QColor(color)
                veil.setAlphaF(0.18)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(veil)
                painter.drawPolygon(QPolygonF(points[0] + points[2][::-1]))
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF(points[1]))
            painter.drawLine(QPointF(x, metrics.height() / 2), QPointF(x + mark, metrics.height() / 2))
            painter.drawText(QPointF(x + mark + 5, metrics.ascent()), line.name)
            x += mark + 5 + metrics.horizontalAdvance(line.name) + gap
        painter.end()
