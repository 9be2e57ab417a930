"""Curves of several runs on one pair of axes, painted at once: pointing at one makes it bold.

They are painted with QPainter: pointing about must cost nothing, and a race paints them five times a second.
The export draws the same numbers on a Matplotlib figure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from captionviewer.core.training.run_comparison import RunCurve, SeedBand
from captionviewer.ui.look.theme import Colors, colors
from captionviewer.ui.plots.painted_axes import PaintedAxes
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


class RunCurves(QWidget):
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
        self._x_end, self._top = 1.0, 1.0
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Losses of the runs, in nats a word")

    def show_runs(
        self, runs: Sequence[PlottedRun], bands: Sequence[SeedBand] = (), x_title: str = "iterations"
    ) -> None:
        """Show these and no others."""
        self.runs, self.bands, self.x_title = tuple(runs), tuple(bands), x_title
        self._x_end, self._top = _ends(self.runs)
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

    @property
    def axes(self) -> PaintedAxes:
        """Where the points stand now."""
        metrics = self.fontMetrics()
        return PaintedAxes.within(
            self.size(), metrics, self._x_end, (0.0, self._top), above=1.5 * metrics.height() + 4
        )

    # ---- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        c, painter = colors(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), c.surface)
        if not any(len(run.curve.y) for run in self.runs):
            painter.setPen(c.muted)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, NOTHING)
            painter.end()
            return
        axes = self.axes
        is_counted = self.x_title in ("iterations", "captions seen")
        axes.paint(painter, c, self.x_title, "loss per word (nats)", is_counted=is_counted)
        painter.save()
        painter.setClipRect(axes.room.adjusted(-1, -4, 4, 2))
        for band in self.bands:
            self._paint_band(painter, axes, band, c)
        order = [number for number in range(len(self.runs)) if number != self.bold]
        for number in order + ([self.bold] if 0 <= self.bold < len(self.runs) else []):
            self._paint_run(painter, axes, number, c)
        painter.restore()
        self._paint_read_out(painter, axes.room, c)
        painter.end()

    def _paint_band(self, painter: QPainter, axes: PaintedAxes, band: SeedBand, c: Colors) -> None:
        color = run_color(band.runs[0], c)
        veil = QColor(color)
        veil.setAlphaF(0.16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(veil)
        painter.drawPolygon(QPolygonF(axes.points(band.x, band.low) + axes.points(band.x, band.high)[::-1]))
        painter.setPen(QPen(color, 2.6 if self.bold in band.runs or self.bold < 0 else 1.2))
        painter.drawPolyline(QPolygonF(axes.points(band.x, band.mean)))

    def _paint_run(self, painter: QPainter, axes: PaintedAxes, number: int, c: Colors) -> None:
        curve, color = self.runs[number].curve, run_color(number, c)
        in_band = any(number in band.runs for band in self.bands)
        is_bold, others = number == self.bold, self.bold >= 0 and number != self.bold
        faint = QColor(color)
        if len(curve.y) <= 1:  # a run of one step is a point
            dot = QPen(color, 7)
            dot.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(dot)
            painter.drawPoints(QPolygonF(axes.points(curve.x, curve.y)))
            return
        if not in_band or is_bold:
            faint.setAlphaF(0.1 if others else 0.3)
            painter.setPen(QPen(faint, 1))
            painter.drawPolyline(QPolygonF(axes.points(curve.x, curve.y)))
        line = QColor(color)
        line.setAlphaF(0.3 if others or (in_band and not is_bold) else 1.0)
        painter.setPen(QPen(line, 3.4 if is_bold else 1.1 if in_band else 1.8))
        painter.drawPolyline(QPolygonF(axes.points(curve.smooth_x, curve.smooth_y)))
        if len(curve.val_x) and (not in_band or is_bold):
            painter.setPen(QPen(line, 1, Qt.PenStyle.DashLine))
            points = axes.points(curve.val_x, curve.val_y)
            painter.drawPolyline(QPolygonF(points))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(line)
            for point in points:
                painter.drawEllipse(point, 2.4, 2.4)

    def _paint_read_out(self, painter: QPainter, room: QRectF, c: Colors) -> None:
        if not self.read_out:
            return
        metrics = self.fontMetrics()
        box = QRectF(room.left(), 0, room.width(), metrics.height())
        painter.setPen(c.text)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.read_out)

    # ---- the mouse -----------------------------------------------------------------------------

    def _read(self) -> None:
        """Find the curve under the mouse, and its value there."""
        found, said = -1, ""
        if self._mouse is not None:
            axes = self.axes
            x = (self._mouse.x() - axes.room.left()) / axes.room.width() * axes.x_end
            nearest = float(REACH)
            for number, run in enumerate(self.runs):
                curve = run.curve
                xs, ys = (curve.smooth_x, curve.smooth_y) if len(curve.smooth_x) else (curve.x, curve.y)
                if not len(xs) or not xs[0] <= max(x, xs[0]) or x > xs[-1] + 0.02 * axes.x_end:
                    continue
                value = float(np.interp(x, xs, ys))
                away = abs(axes.place(x, value).y() - self._mouse.y())
                if away < nearest:
                    nearest = away
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


def _ends(runs: Sequence[PlottedRun]) -> tuple[float, float]:
    """Where the axes end: at the last x, and with some room above the highest smoothed loss."""
    xs = [float(run.curve.x[-1]) for run in runs if len(run.curve.x)]
    tops = [
        float(values.max())
        for run in runs
        for values in (run.curve.smooth_y if len(run.curve.y) > 1 else run.curve.y, run.curve.val_y)
        if len(values)
    ]
    right, top = max(xs, default=1.0), max(tops, default=1.0)
    return right if right > 0 else 1.0, 1.05 * top if top > 0 else 1.0
