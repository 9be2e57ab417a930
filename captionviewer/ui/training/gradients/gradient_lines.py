"""One loss's gradient norms over the states before it: medians as lines on a log axis, with their bands."""

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from captionviewer.core.arrays import FloatArray
from captionviewer.core.network.cells import CELLS, CellType
from captionviewer.ui.look import theme
from captionviewer.ui.plots.painted_axes import PaintedAxes

LEAST = 1e-12  # what is smaller is drawn as this


@dataclass(frozen=True)
class GradientLine:
    """A name, and the 10 %, 50 % and 90 % quantiles of states 0 to s + 1; of c from 1 on."""

    name: str
    cell: CellType
    band: FloatArray
    of_cell: bool = False


class GradientLines(QWidget):
    """A colour for each kind of cell; the line of a cell state is dashed."""

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

    @property
    def axes(self) -> PaintedAxes:
        """Where the points stand now: states across, norms up."""
        metrics, (low, high) = self.fontMetrics(), self.decades()
        states = max((line.band.shape[1] + line.of_cell for line in self.lines), default=2)
        limits = (10.0**low, 10.0**high)
        return PaintedAxes.within(
            self.size(), metrics, max(states - 1, 1), limits, log=True, above=metrics.height() + 6.0
        )

    def sizeHint(self) -> QSize:
        return QSize(300, 9 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 9 * self.fontMetrics().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        c, metrics, axes = theme.colors(), self.fontMetrics(), self.axes
        room = axes.room
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        axes.paint(painter, c, "state t; 0 is the photo", is_counted=True)
        names = sum(metrics.horizontalAdvance(line.name) + 43 for line in self.lines)
        mark, gap = (22, 16) if room.left() + names <= self.width() + 16 else (10, 7)  # of the legend
        x = room.left() if mark == 22 else 2.0
        for line in self.lines:
            color = _color(line.cell, c)
            pen = QPen(color, 2, Qt.PenStyle.DashLine if line.of_cell else Qt.PenStyle.SolidLine)
            first = int(line.of_cell)
            states = first + np.arange(line.band.shape[1], dtype=np.float64)
            points = [axes.points(states, row) for row in line.band]
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


def _color(cell: CellType, c: theme.Colors) -> QColor:
    inks = (c.train, c.val, c.accent, c.warn)
    return inks[list(CELLS).index(cell) % len(inks)]
