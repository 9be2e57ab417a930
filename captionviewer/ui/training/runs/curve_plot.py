"""Curves of several runs on one pair of axes, painted at once: pointing at one makes it bold.

They are painted with QPainter: pointing about must cost nothing, and a race paints them ten times a second.
The export draws the same numbers on a Matplotlib figure.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from captionviewer.core.arrays import FloatArray
from captionviewer.core.training.run_comparison import RunCurve, SeedBand
from captionviewer.ui.look.theme import Colors, colors
from captionviewer.ui.widgets.outside_text import shortened

NOTHING = "Nothing to draw yet."
REACH = 24  # pixels from a curve within which it is pointed at
LONGEST_NAME = 46
_LIGHT = ("#1a5bcb", "#c2410c", "#146a3e", "#8a3ea8", "#0f7b8a", "#a8325a", "#6b6400", "#4b5563")
_DARK = ("#6ea8ff", "#ff9d6b", "#63d39a", "#d79af0", "#5fd0de", "#ff8fb0", "#d8cf5a", "#b6bfcc")
MOST = len(_LIGHT)


def run_color(number: int, c: Colors) -> QColor:
    """The colour of the run of that number."""
    return QColor((_DARK if c.dark else _LIGHT)[number % MOST])


@dataclass(frozen=True)
class PlottedRun:
    """A curve, and its name as people read it."""

    name: str
    curve: RunCurve


class CurvePlot(QWidget):
    """Draws smoothed losses over the raw ones, validation as points, and bands of seeds."""

    pointed = Signal(int)  # the number of the run that the mouse is at; -1: none

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs: tuple[PlottedRun, ...] = ()
        self.bands: tuple[SeedBand, ...] = ()
        self.x_title = ""
        self.bold = -1  # the run that is drawn bold, the others faintly
        self.read_out = ""  # the value under the mouse
        self._mouse: QPointF | None = None
        self._limits = (0.0, 1.0, 0.0, 1.0)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Losses of the runs, in nats a word")

    def show_runs(
        self, runs: Sequence[PlottedRun], bands: Sequence[SeedBand] = (), x_title: str = "iterations"
    ) -> None:
        """Show these and no others."""
        self.runs, self.bands, self.x_title = tuple(runs), tuple(bands), x_title
        self._limits = _limits(self.runs)
        self.setAccessibleDescription("; ".join(_described(run) for run in self.runs))
        self._read()
        self.update()

    def set_bold(self, number: int) -> None:
        """Draw one curve bold and the others faintly; -1: all alike."""
        if number != self.bold:
            self.bold = number
            self.update()

    def rows(self) -> Iterator[Sequence[object]]:
        """The numbers of the plot for a table, the header first."""
        yield ["run", "curve", self.x_title, "nats a word"]
        for run in self.runs:
            curve = run.curve
            for kind, x, y in (
                ("training, smoothed", curve.smooth_x, curve.smooth_y),
                ("training, minima and maxima", curve.x, curve.y),
                ("validation", curve.val_x, curve.val_y),
            ):
                for place, value in zip(x.tolist(), y.tolist(), strict=True):
                    yield [run.name, kind, place, value]

    # ---- places --------------------------------------------------------------------------------

    def _room(self) -> QRectF:
        metrics = self.fontMetrics()
        line = metrics.height()
        left = metrics.horizontalAdvance("0.000") + 8
        return QRectF(left, 1.5 * line, max(self.width() - left - 14, 1), max(self.height() - 3.8 * line, 1))

    def _points(self, x: FloatArray, y: FloatArray) -> list[QPointF]:
        room = self._room()
        x0, x1, y0, y1 = self._limits
        across = room.left() + (x - x0) / (x1 - x0) * room.width()
        down = room.bottom() - (np.clip(y, y0, 2 * y1) - y0) / (y1 - y0) * room.height()
        return [QPointF(a, b) for a, b in zip(across.tolist(), down.tolist(), strict=True)]

    # ---- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint all of it."""
        c, painter = colors(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), c.surface)
        if not any(len(run.curve.y) for run in self.runs):
            painter.setPen(c.muted)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, NOTHING)
            painter.end()
            return
        self._paint_axes(painter, c)
        painter.save()
        painter.setClipRect(self._room().adjusted(-1, -4, 4, 2))
        for band in self.bands:
            self._paint_band(painter, band, c)
        order = [number for number in range(len(self.runs)) if number != self.bold]
        for number in order + ([self.bold] if 0 <= self.bold < len(self.runs) else []):
            self._paint_run(painter, number, c)
        painter.restore()
        self._paint_read_out(painter, c)
        painter.end()

    def _paint_axes(self, painter: QPainter, c: Colors) -> None:
        room, metrics = self._room(), self.fontMetrics()
        x0, x1, y0, y1 = self._limits
        line = metrics.height()
        for value in _ticks(y0, y1, max(2, int(room.height() / (2.2 * line)))):
            y = room.bottom() - (value - y0) / (y1 - y0) * room.height()
            painter.setPen(QPen(c.border, 1))
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
            painter.setPen(c.muted)
            box = QRectF(0, y - line / 2, room.left() - 5, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{value:.4g}")
        wide = metrics.horizontalAdvance("000,000") + 16
        is_counted = self.x_title in ("iterations", "captions seen")
        for value in _ticks(x0, x1, max(2, int(room.width() / wide))):
            if is_counted and abs(value - round(value)) > 1e-9:
                continue  # there is no half an iteration
            x = room.left() + (value - x0) / (x1 - x0) * room.width()
            box = QRectF(x - wide / 2, room.bottom() + 3, wide, line)
            painter.drawText(
                box, Qt.AlignmentFlag.AlignCenter, f"{value:,.4g}" if value < 1e5 else f"{value:,.0f}"
            )
        below = QRectF(room.left(), room.bottom() + 3 + line, room.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self.x_title)
        painter.drawText(QPointF(4, metrics.ascent() + 1), "loss per word (nats)")

    def _paint_band(self, painter: QPainter, band: SeedBand, c: Colors) -> None:
        color = run_color(band.runs[0], c)
        veil = QColor(color)
        veil.setAlphaF(0.16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(veil)
        painter.drawPolygon(QPolygonF(self._points(band.x, band.low) + self._points(band.x, band.high)[::-1]))
        painter.setPen(QPen(color, 2.6 if self.bold in band.runs or self.bold < 0 else 1.2))
        painter.drawPolyline(QPolygonF(self._points(band.x, band.mean)))

    def _paint_run(self, painter: QPainter, number: int, c: Colors) -> None:
        curve, color = self.runs[number].curve, run_color(number, c)
        in_band = any(number in band.runs for band in self.bands)
        is_bold, others = number == self.bold, self.bold >= 0 and number != self.bold
        faint = QColor(color)
        if len(curve.y) <= 1:  # a run of one step is a point
            dot = QPen(color, 7)
            dot.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(dot)
            painter.drawPoints(QPolygonF(self._points(curve.x, curve.y)))
            return
        if not in_band or is_bold:
            faint.setAlphaF(0.1 if others else 0.3)
            painter.setPen(QPen(faint, 1))
            painter.drawPolyline(QPolygonF(self._points(curve.x, curve.y)))
        line = QColor(color)
        line.setAlphaF(0.3 if others or (in_band and not is_bold) else 1.0)
        painter.setPen(QPen(line, 3.4 if is_bold else 1.1 if in_band else 1.8))
        painter.drawPolyline(QPolygonF(self._points(curve.smooth_x, curve.smooth_y)))
        if len(curve.val_x) and (not in_band or is_bold):
            painter.setPen(QPen(line, 1, Qt.PenStyle.DashLine))
            points = self._points(curve.val_x, curve.val_y)
            painter.drawPolyline(QPolygonF(points))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(line)
            for point in points:
                painter.drawEllipse(point, 2.4, 2.4)

    def _paint_read_out(self, painter: QPainter, c: Colors) -> None:
        if not self.read_out:
            return
        metrics = self.fontMetrics()
        room = self._room()
        box = QRectF(room.left(), 0, room.width(), metrics.height() + 2)
        painter.setPen(c.text)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.read_out)

    # ---- the mouse -----------------------------------------------------------------------------

    def _read(self) -> None:
        """Find the curve under the mouse, and its value there."""
        found, said = -1, ""
        if self._mouse is not None:
            room = self._room()
            x0, x1, y0, y1 = self._limits
            x = x0 + (self._mouse.x() - room.left()) / room.width() * (x1 - x0)
            nearest = float(REACH)
            for number, run in enumerate(self.runs):
                curve = run.curve
                xs, ys = (curve.smooth_x, curve.smooth_y) if len(curve.smooth_x) else (curve.x, curve.y)
                if not len(xs) or not xs[0] <= max(x, xs[0]) or x > xs[-1] + 0.02 * (x1 - x0):
                    continue
                value = float(np.interp(x, xs, ys))
                y = room.bottom() - (value - y0) / (y1 - y0) * room.height()
                if abs(y - self._mouse.y()) < nearest:
                    nearest = abs(y - self._mouse.y())
                    found = number
                    at = min(max(x, float(xs[0])), float(xs[-1]))
                    said = f"{shortened(run.name, LONGEST_NAME)}: {value:.4g} at {at:,.4g}"
        self.read_out = said
        if found != self.bold:
            self.set_bold(found)
            self.pointed.emit(found)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out the value under the mouse, and make its curve bold."""
        super().mouseMoveEvent(event)
        self._mouse = event.position()
        before = self.read_out
        self._read()
        if before != self.read_out:
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Let all curves be alike again."""
        super().leaveEvent(event)
        self._mouse = None
        self._read()
        self.update()

    # ---- Qt ------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(26, 14) * self.fontMetrics().height()

    def minimumSizeHint(self) -> QSize:
        return QSize(14, 10) * self.fontMetrics().height()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.updateGeometry()
        self.update()


def _described(run: PlottedRun) -> str:
    values = run.curve.smooth_y if len(run.curve.smooth_y) else run.curve.y
    return f"{run.name}: {float(values[-1]):.3g} at the last" if len(values) else f"{run.name}: nothing"


def _limits(runs: Sequence[PlottedRun]) -> tuple[float, float, float, float]:
    """Where the axes begin and end: x from 0, y from 0 to the highest smoothed loss, with some room."""
    xs = [float(run.curve.x[-1]) for run in runs if len(run.curve.x)]
    tops = [
        float(values.max())
        for run in runs
        for values in (run.curve.smooth_y if len(run.curve.y) > 1 else run.curve.y, run.curve.val_y)
        if len(values)
    ]
    right, top = max(xs, default=1.0), max(tops, default=1.0)
    return 0.0, right if right > 0 else 1.0, 0.0, 1.05 * top if top > 0 else 1.0


def _ticks(low: float, high: float, count: int) -> list[float]:
    """At most `count` + 1 round numbers from `low` to `high`."""
    step = 10.0 ** math.floor(math.log10(max((high - low) / max(count, 1), 1e-12)))
    while (high - low) / step > count:
        step *= 2 if round(step / 10 ** math.floor(math.log10(step) + 1e-9)) in (1, 5) else 2.5
    first = math.ceil(low / step - 1e-9)
    return [step * k for k in range(first, math.floor(high / step + 1e-9) + 1)]
