"""Lines over steps that are painted, not drawn by Matplotlib: they change while a network trains."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.training.loss_history import thin_to_columns
from captionviewer.ui.look import theme
from captionviewer.ui.look.theme import Colors

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEAST = 1e-12  # what is smaller is drawn as this on a log axis


@dataclass(frozen=True)
class Series:
    """A line with its name.

    `hue` is 0 to 1 round the circle of colours, or None for the colour of text. What is not finite is a gap.
    """

    name: str
    x: IntArray
    y: FloatArray
    hue: float | None
    wide: bool = False
    dashed: bool = False

    def color(self, c: Colors) -> QColor:
        """Its colour on a light or dark ground."""
        if self.hue is None:
            return c.text
        return QColor.fromHslF(self.hue, 0.62, 0.40 if c.surface.lightnessF() > 0.5 else 0.68)

    @property
    def last(self) -> float:
        """Its last finite value; NaN where there is none."""
        finite = self.y[np.isfinite(self.y)]
        return float(finite[-1]) if len(finite) else math.nan


class SeriesPlot(QWidget):
    """Lines with their names at the right, on a log or a linear axis that begins at 0."""

    def __init__(self, x_name: str, y_name: str, *, log: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._x_name, self._y_name, self._log = x_name, y_name, log
        self.series: tuple[Series, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_series(self, series: Sequence[Series], description: str) -> None:
        """Show these lines; `description` is for screen readers."""
        self.series = tuple(series)
        self.setAccessibleDescription(description)
        self.update()

    # ---- where things stand --------------------------------------------------------------------

    def limits(self) -> tuple[float, float]:
        """The lowest and highest value of the axis; powers of ten on a log axis."""
        values = [one.y[np.isfinite(one.y)] for one in self.series]
        values = [each for each in values if len(each)]
        if not values:
            return (-2.0, 0.0) if self._log else (0.0, 1.0)
        least, most = min(float(each.min()) for each in values), max(float(each.max()) for each in values)
        if not self._log:
            return 0.0, max(1.05 * most, 1e-9)
        low, high = math.floor(math.log10(max(least, LEAST))), math.ceil(math.log10(max(most, LEAST)))
        return low, max(high, low + 1)

    def height_of(self, value: float) -> float:
        """Where a value stands, in pixels from above."""
        return float(self._heights(np.array([value]))[0])

    def _heights(self, values: FloatArray) -> FloatArray:
        (low, high), room = self.limits(), self._room()
        scaled = np.log10(np.maximum(values, LEAST)) if self._log else values
        heights: FloatArray = room.bottom() - (scaled - low) / (high - low) * room.height()
        return heights

    def _last_x(self) -> int:
        return max((int(one.x[-1]) for one in self.series if len(one.x)), default=1)

    def _room(self) -> QRectF:
        metrics, line = self.fontMetrics(), self.fontMetrics().height()
        left = metrics.horizontalAdvance("1e\N{MINUS SIGN}12" if self._log else "0.00") + 8
        right = max((metrics.horizontalAdvance(one.name) for one in self.series), default=0) + 14
        right = min(right, self.width() // 3)
        return QRectF(
            left, line + 8, max(self.width() - left - right, 1), max(self.height() - 3 * line - 14, 1)
        )

    def sizeHint(self) -> QSize:
        return QSize(360, 13 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 10 * self.fontMetrics().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.updateGeometry()
        self.update()

    # ---- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        c, room = theme.colors(), self._room()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_axes(painter, c, room)
        last = max(self._last_x(), 1)
        for one in self.series:
            finite = np.isfinite(one.y)
            if not finite.any():
                continue
            x, y = thin_to_columns(one.x[finite], one.y[finite], max(int(room.width()), 2))
            across = room.left() + x / last * room.width()
            points = [QPointF(a, b) for a, b in zip(across.tolist(), self._heights(y).tolist(), strict=True)]
            style = Qt.PenStyle.DashLine if one.dashed else Qt.PenStyle.SolidLine
            painter.setPen(QPen(one.color(c), 2.4 if one.wide else 1.4, style))
            painter.drawPolyline(QPolygonF(points))
        self._paint_names(painter, c, room)
        painter.end()

    def _paint_axes(self, painter: QPainter, c: Colors, room: QRectF) -> None:
        metrics = self.fontMetrics()
        for value, words in self._ticks(room):
            y = self.height_of(value)
            painter.setPen(QPen(c.border, 1))
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
            painter.setPen(c.muted)
            box = QRectF(0, y - metrics.height() / 2, room.left() - 5, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        painter.setPen(c.muted)
        painter.drawText(QPointF(2, metrics.ascent()), self._y_name)
        top, last = room.bottom() + 3, self._last_x()
        box = QRectF(room.left(), top, room.width(), metrics.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft, "0")
        painter.drawText(box, Qt.AlignmentFlag.AlignRight, f"{last:,}")
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, self._x_name)

    def _ticks(self, room: QRectF) -> list[tuple[float, str]]:
        low, high = self.limits()
        most = max(int(room.height() / (1.6 * self.fontMetrics().height())), 1)
        if self._log:
            every = max(1, math.ceil((high - low) / most))
            return [
                (10.0**power, f"1e{power}".replace("-", "\N{MINUS SIGN}"))
                for power in range(int(low), int(high) + 1, every)
            ]
        steps = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
        step = next((step for step in steps if high / step <= most), high)
        return [(number * step, f"{number * step:.3g}") for number in range(int(high / step) + 1)]

    def _paint_names(self, painter: QPainter, c: Colors, room: QRectF) -> None:
        """Write each name at its line's end, pushed down and up until none covers another."""
        line = self.fontMetrics().height()
        named = sorted(
            ((self.height_of(one.last), one) for one in self.series if math.isfinite(one.last)),
            key=lambda pair: pair[0],
        )
        places: list[float] = []
        for height, _one in named:
            places.append(max(height, places[-1] + line) if places else max(height, line / 2))
        floor = self.height() - line / 2
        for n in range(len(places) - 1, -1, -1):
            places[n] = min(places[n], floor)
            floor = places[n] - line
        for place, (_height, one) in zip(places, named, strict=True):
            painter.setPen(one.color(c))
            box = QRectF(room.right() + 8, place - line / 2, self.width() - room.right() - 8, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, one.name)

    # ---- export --------------------------------------------------------------------------------

    def draw(self, figure: "Figure", c: Colors, points: float) -> None:
        """Draw the same on a Matplotlib figure."""
        axes = figure.add_subplot()
        axes.set_facecolor(c.surface.name())
        for one in self.series:
            axes.plot(
                one.x,
                np.maximum(one.y, LEAST) if self._log else one.y,
                color=one.color(c).name(),
                linewidth=2.0 if one.wide else 1.1,
                linestyle="--" if one.dashed else "-",
                label=one.name,
            )
        if self._log:
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        axes.set_xlabel(self._x_name, color=c.muted.name(), fontsize=points)
        axes.set_ylabel(self._y_name, color=c.muted.name(), fontsize=points)
        axes.tick_params(colors=c.muted.name(), labelsize=0.9 * points)
        for side, spine in axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(c.border.name())
        axes.legend(frameon=False, labelcolor=c.text.name(), fontsize=0.9 * points)

    def rows(self) -> Iterator[Sequence[object]]:
        """Give every point as a line of a table, the header first."""
        yield "line", self._x_name, self._y_name
        for one in self.series:
            for x, y in zip(one.x.tolist(), one.y.tolist(), strict=True):
                yield one.name, x, y
