"""Axes of the plots that are painted, not drawn by Matplotlib: where a point stands, round ticks, titles."""

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen

from captionviewer.core.arrays import FloatArray
from captionviewer.ui.look.theme import Colors

_WIDE = {True: "1e\N{MINUS SIGN}12", False: "0.000"}  # about the widest value beside a log or linear axis


@dataclass(frozen=True)
class PaintedAxes:
    """Axes over a place in a widget: x from 0 on, linear, or log from `x_start`; y linear or log.

    Attributes
    ----------
    room
        Where curves are drawn, in pixels of the widget.
    x_end
        What stands at the right end, above 0.
    low, high
        What stands at the bottom and at the top; above 0 on a log axis.
    x_start
        What stands at the left end of a log axis, above 0; 0: x is linear.
    """

    room: QRectF
    x_end: float
    low: float
    high: float
    log: bool = False
    x_start: float = 0.0

    @classmethod
    def within(
        cls,
        size: QSize,
        metrics: QFontMetrics,
        x_end: float,
        limits: tuple[float, float],
        *,
        log: bool = False,
        x_start: float = 0.0,
        above: float = 0.0,
        beside: float = 0.0,
    ) -> "PaintedAxes":
        """Axes in a widget of this size, with `above` and `beside` (at the right) pixels left to others."""
        line = metrics.height()
        left = metrics.horizontalAdvance(_WIDE[log]) + 8.0
        below = 2 * line + 8
        right = max(beside, metrics.horizontalAdvance(tick_words(x_end)) / 2 + 6)  # half a number
        room = QRectF(left, above, max(size.width() - left - right, 1), max(size.height() - above - below, 1))
        return cls(room, x_end, *limits, log, x_start)

    def points(self, x: FloatArray, y: FloatArray) -> list[QPointF]:
        """Where points (n,), (n,) stand; what is below a log axis stands at its beginning."""
        low, high = self.low, self.high
        if self.log:
            y, low, high = np.log10(np.maximum(y, low)), math.log10(low), math.log10(high)
        across = self.room.left() + self._share_across(np.asarray(x)) * self.room.width()
        down = self.room.bottom() - (y - low) / (high - low) * self.room.height()
        return [QPointF(a, b) for a, b in zip(across.tolist(), down.tolist(), strict=True)]

    def _share_across(self, x: FloatArray) -> FloatArray:
        share: FloatArray = x / self.x_end
        if self.x_start:
            stretch = max(math.log(self.x_end / self.x_start), 1e-9)
            share = np.log(np.maximum(x, self.x_start) / self.x_start) / stretch
        return share

    def x_at(self, across: float) -> float:
        """The x that stands so many pixels from the widget's left edge; within the axis."""
        share = min(max((across - self.room.left()) / self.room.width(), 0.0), 1.0)
        if self.x_start:
            return self.x_start * math.exp(share * math.log(self.x_end / self.x_start))
        return share * self.x_end

    def place(self, x: float, y: float) -> QPointF:
        """Where one point stands."""
        return self.points(np.array([x]), np.array([y]))[0]

    def paint(
        self,
        painter: QPainter,
        c: Colors,
        x_title: str,
        y_title: str = "",
        *,
        is_counted: bool = False,
    ) -> None:
        """Paint lines across, values and titles; `is_counted` where there is no half of what x counts."""
        room, metrics = self.room, painter.fontMetrics()
        line = metrics.height()
        rows = max(2.0, room.height() / (1.6 * line))
        values = log_ticks(self.low, self.high, rows) if self.log else round_steps(self.high, rows)
        for value in values:
            y = self.place(0, value).y()
            painter.setPen(QPen(c.border, 1))
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
            painter.setPen(c.muted)
            box = QRectF(0, y - line / 2, room.left() - 5, line)
            painter.drawText(
                box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, tick_words(value)
            )
        wide = metrics.horizontalAdvance("000,000") + 16.0
        columns = max(2.0, room.width() / wide)
        for value in (
            log_ticks(self.x_start, self.x_end, columns) if self.x_start else round_steps(self.x_end, columns)
        ):
            if is_counted and abs(value - round(value)) > 1e-9:
                continue
            at = QRectF(self.place(value, self.high).x() - wide / 2, room.bottom() + 3, wide, line)
            painter.drawText(at, Qt.AlignmentFlag.AlignCenter, tick_words(value))
        below = QRectF(0, room.bottom() + 4 + line, room.right(), line)
        painter.drawText(below.adjusted(room.left(), 0, 0, 0), Qt.AlignmentFlag.AlignCenter, x_title)
        painter.drawText(QPointF(4, room.top() - line / 2 - metrics.descent() - 1), y_title)


def tick_words(value: float) -> str:
    """A value beside an axis: "1,500", "0.02", "1e−5"."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    mantissa, power = f"{value:.3g}".split("e") if "e" in f"{value:.3g}" else (f"{value:.0e}").split("e")
    return f"{mantissa}e{int(power)}".replace("-", "\N{MINUS SIGN}")


def log_ticks(low: float, high: float, most: float) -> list[float]:
    """Round values from `low` to `high`, `most` or so: 1, 2 and 5 times powers of ten, or fewer."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    kept: list[float] = []
    for factors in ((1, 2, 5), (1, 3), (1,)):
        values = [factor * 10.0**power for power in powers for factor in factors]
        kept = [value for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
        if len(kept) <= most:
            break
    if len(kept) > 1:
        return kept[:: max(1, math.ceil(len(kept) / most))]
    # a short stretch of the axis, which is nearly linear
    step = round_steps(high - low, min(most, 5))[1]
    return [step * n for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def log_limits(least: float, most: float) -> tuple[float, float]:
    """Where a log axis of values from `least` to `most` ends: 1, 2 or 5 times powers of ten around them."""
    power = math.floor(math.log10(least))
    low = max(factor * 10.0**power for factor in (1, 2, 5) if factor * 10.0**power <= least * (1 + 1e-9))
    power = math.floor(math.log10(most))
    high = min(factor * 10.0**power for factor in (1, 2, 5, 10, 20) if factor * 10.0**power > most)
    return low, high


def round_steps(end: float, most: float) -> list[float]:
    """Round numbers from 0 to `end`, so many at most."""
    least = end / max(most, 1)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * 0.999)
    return [step * n for n in range(int(end / step + 1e-9) + 1)]
