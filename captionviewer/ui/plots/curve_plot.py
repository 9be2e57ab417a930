"""A few curves that grow while something trains, on a log axis; painted, for they change many times a second.

Their export draws the same numbers on a Matplotlib figure.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from captionviewer.ui.look import theme
from captionviewer.ui.look.theme import Colors
from captionviewer.ui.plots.painted_export import PaintedExport
from captionviewer.ui.session.session import Session

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Tone = Literal["accent", "bad", "train", "val"]
_LEAST = 1e-6  # nats: what is less stands on the axis


@dataclass(frozen=True)
class Curve:
    """One curve: its points rise in x; a y that is no number breaks it."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    tone: Tone
    dashed: bool = False


class CurvePlot(QWidget):
    """Shows curves with a legend above them that says where each is now."""

    def __init__(self, session: Session, x_title: str, y_title: str, file_name: str) -> None:
        """The titles of the axes; `file_name` is that of a saved plot, without ending."""
        super().__init__()
        self._x_title, self._y_title = x_title, y_title
        self.curves: tuple[Curve, ...] = ()
        self._x_end = 1.0
        self._empty = ""
        self.setAccessibleName(f"{y_title} over {x_title}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.exported = PaintedExport(
            session, self, self._draw_on, self.rows, lambda: file_name, lambda: any(c.x for c in self.curves)
        )

    def show_curves(self, curves: Sequence[Curve], x_end: float = 1.0, empty: str = "") -> None:
        """Show these, on an axis from 0 to `x_end` or further; `empty` stands where there are no points."""
        self.curves, self._empty = tuple(curves), empty
        self._x_end = max([x_end, *(curve.x[-1] for curve in curves if curve.x)])
        self.setAccessibleDescription("; ".join(_legend(curve) for curve in curves) or empty)
        self.update()

    def rows(self) -> Iterator[Sequence[object]]:
        """The points, a line each, the header first."""
        yield "curve", self._x_title, self._y_title
        for curve in self.curves:
            for x, y in zip(curve.x, curve.y, strict=True):
                yield curve.name, x, y

    def _draw_on(self, figure: "Figure", c: Colors, points: float) -> None:
        axes = figure.add_subplot(facecolor=c.surface.name())
        for curve in self.curves:
            color, dash = _color(curve).name(), "--" if curve.dashed else "-"
            axes.plot(curve.x, curve.y, dash, color=color, label=curve.name)
        axes.set_yscale("log")
        axes.set_xlabel(self._x_title, color=c.text.name(), fontsize=points)
        axes.set_ylabel(self._y_title, color=c.text.name(), fontsize=points)
        axes.tick_params(colors=c.text.name(), which="both", labelsize=points)
        axes.legend(
            labelcolor=c.text.name(), facecolor=c.surface.name(), edgecolor=c.border.name(), fontsize=points
        )

    # ---- Qt ----------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(26, 12) * self.fontMetrics().height()

    def minimumSizeHint(self) -> QSize:
        return QSize(14, 8) * self.fontMetrics().height()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        c, metrics = theme.colors(), self.fontMetrics()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), c.surface)
        line = metrics.height()
        points = [max(y, _LEAST) for curve in self.curves for y in curve.y if math.isfinite(y)]
        if not points:
            painter.setPen(c.muted)
            words = QRectF(self.rect()).adjusted(line, line, -line, -line)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty)
            return
        legend = self._paint_legend(painter)
        left = metrics.horizontalAdvance("0.000001") + 8.0
        titles = [f"{self._y_title}, log axis, over {self._x_title}"]
        if metrics.horizontalAdvance(titles[0]) > self.width() - 8:
            titles = [f"{self._y_title}, log axis,", f"over {self._x_title}"]
        below = (1.2 + len(titles)) * line + 8
        room = QRectF(left, legend + 6, self.width() - left - line, self.height() - legend - 6 - below)
        if room.width() < 10 or room.height() < 10:
            return
        low, high = math.log10(min(points)) - 0.05, math.log10(max(points)) + 0.05

        def place(x: float, y: float) -> QPointF:
            up = (math.log10(max(y, _LEAST)) - low) / (high - low)
            return QPointF(room.left() + x / self._x_end * room.width(), room.bottom() - up * room.height())

        for value in ticks(low, high, room.height() / (1.4 * line)):
            y = place(0, value).y()
            painter.setPen(QPen(c.border, 1))
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
            painter.setPen(c.muted)
            box = QRectF(0, y - line / 2, room.left() - 6, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{value:g}")
        painter.setPen(c.muted)
        for x in round_steps(self._x_end, room.width() / (7 * metrics.averageCharWidth())):
            at = QRectF(place(x, 1).x() - 60, room.bottom() + 3, 120, line)
            painter.drawText(at, Qt.AlignmentFlag.AlignHCenter, f"{x:g}")
        for number, title in enumerate(titles):
            under = QRectF(0, room.bottom() + 4 + (1 + number) * line, self.width(), line)
            painter.drawText(under, Qt.AlignmentFlag.AlignCenter, title)
        for curve in self.curves:
            painter.setPen(_pen(curve))
            for part in _unbroken(curve):
                painter.drawPolyline(QPolygonF([place(x, y) for x, y in part]))
                if len(part) == 1:
                    painter.drawEllipse(place(*part[0]), 1.5, 1.5)

    def _paint_legend(self, painter: QPainter) -> float:
        """Paint a line for each curve, side by side where they fit; where it ends, in pixels from above."""
        metrics, line = self.fontMetrics(), self.fontMetrics().height()
        x, y = 8.0, 4.0
        for curve in self.curves:
            words = _legend(curve)
            wide = 28 + metrics.horizontalAdvance(words)
            if x > 8 and x + wide > self.width():
                x, y = 8.0, y + line
            painter.setPen(_pen(curve))
            painter.drawLine(QPointF(x, y + line / 2), QPointF(x + 22, y + line / 2))
            painter.drawText(QPointF(x + 28, y + metrics.ascent()), words)
            x += wide + 18
        return y + line


def _color(curve: Curve) -> QColor:
    color: QColor = getattr(theme.colors(), curve.tone)
    return color


def _pen(curve: Curve) -> QPen:
    return QPen(_color(curve), 1.8, Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine)


def _legend(curve: Curve) -> str:
    return f"{curve.name}: {curve.y[-1]:.3g}" if curve.y else curve.name


def _unbroken(curve: Curve) -> Iterator[list[tuple[float, float]]]:
    part: list[tuple[float, float]] = []
    for x, y in zip(curve.x, curve.y, strict=True):
        if math.isfinite(y):
            part.append((x, y))
        elif part:
            yield part
            part = []
    if part:
        yield part


def ticks(low: float, high: float, most: float) -> list[float]:
    """Values between two powers of ten: 1, 2 and 5 times each where there is room for so many."""
    powers = range(math.floor(low), math.ceil(high) + 1)
    kept: list[float] = []
    for factors in ((1, 2, 5), (1, 3), (1,)):
        values = [factor * 10.0**power for power in powers for factor in factors]
        kept = [value for value in values if low <= math.log10(value) <= high]
        if len(kept) <= most:
            break
    if len(kept) > 1:
        return kept
    # a short stretch of the axis, which is nearly linear
    step = round_steps(10**high - 10**low, min(most, 5))[1]
    return [step * n for n in range(math.ceil(10**low / step), math.floor(10**high / step) + 1)]


def round_steps(end: float, most: float) -> list[float]:
    """Round numbers from 0 to `end`, so many at most."""
    least = end / max(most, 1)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * 0.999)
    return [step * n for n in range(int(end / step + 1e-9) + 1)]
