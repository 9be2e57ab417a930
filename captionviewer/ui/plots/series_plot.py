"""A few lines that grow while something trains; painted, for they change many times a second.

Their export draws the same numbers on a Matplotlib figure.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.training.loss_history import thin_to_columns
from captionviewer.ui.look import theme
from captionviewer.ui.look.theme import Colors
from captionviewer.ui.plots.painted_axes import PaintedAxes, log_limits
from captionviewer.ui.plots.painted_export import PaintedExport
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.painted_widget import PaintedWidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Tone = Literal["accent", "bad", "val", "text"]
LEAST = 1e-12  # what is less stands on a log axis


@dataclass(frozen=True)
class Series:
    """One line: x (n,) rises, and what of y (n,) is no number breaks it.

    `color` is one of the theme's by its name, or 0 to 1 round the circle of colours.
    """

    name: str
    x: IntArray | FloatArray
    y: FloatArray
    color: Tone | float
    wide: bool = False
    dashed: bool = False

    def pen(self, c: Colors) -> QPen:
        """What it is drawn with on a light or dark ground."""
        style = Qt.PenStyle.DashLine if self.dashed else Qt.PenStyle.SolidLine
        return QPen(self.color_on(c), 2.2 if self.wide else 1.4, style)

    def color_on(self, c: Colors) -> QColor:
        """Its colour on a light or dark ground."""
        if isinstance(self.color, str):
            of_theme: QColor = getattr(c, self.color)
            return of_theme
        return QColor.fromHslF(self.color, 0.62, 0.68 if c.dark else 0.40)

    @property
    def last(self) -> float:
        """Its last finite value; NaN where there is none."""
        finite = self.y[np.isfinite(self.y)]
        return float(finite[-1]) if len(finite) else math.nan

    @property
    def told(self) -> str:
        """Its name, and where it is now."""
        return f"{self.name}: {self.last:.3g}" if math.isfinite(self.last) else self.name

    def unbroken(self) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Yield its parts between what is no number."""
        x, finite = self.x.astype(np.float64), np.isfinite(self.y)
        edges = np.flatnonzero(np.diff(finite.astype(np.int8), prepend=0, append=0))
        for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            yield x[begin:end], self.y[begin:end]


class SeriesPlot(PaintedWidget):
    """Lines on a log axis, or a linear one from 0; named in a legend above, or each beside its end."""

    def __init__(
        self,
        session: Session,
        x_title: str,
        y_title: str,
        file_name: str,
        *,
        log: bool,
        names: Literal["above", "beside"] = "above",
        least: float = LEAST,
    ) -> None:
        """Make an empty one.

        Parameters
        ----------
        x_title, y_title
            of the axes.
        file_name
            of a saved plot, without ending.
        least
            what is smaller stands on a log axis.
        """
        super().__init__()
        self._x_title, self._y_title, self._log, self._least = x_title, y_title, log, least
        self._are_beside = names == "beside"
        self.series: tuple[Series, ...] = ()
        self._limits, self._x_end = (least, 1.0), 1.0
        self._empty = ""
        self.setAccessibleName(f"{y_title} over {x_title}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.exported = PaintedExport(
            session, self, self.draw, self.rows, lambda: file_name, lambda: self._has_points
        )

    def show_series(
        self, series: Sequence[Series], x_end: float = 1.0, *, empty: str = "", description: str = ""
    ) -> None:
        """Show these lines, on an axis from 0 to `x_end` or further.

        `empty` stands where there are no points; `description` is for screen readers in place of the names.
        """
        self.series, self._empty = tuple(series), empty
        self._x_end = max([x_end, *(float(one.x[-1]) for one in series if len(one.x))])
        self._limits = self._limits_of(self.series)
        self.setAccessibleDescription(description or "; ".join(one.told for one in series) or empty)
        self.update()

    def _limits_of(self, series: Sequence[Series]) -> tuple[float, float]:
        """The lowest and highest value of the axis; computed once for all that is painted of it."""
        finite = [values for one in series if len(values := one.y[np.isfinite(one.y)])]
        if not finite:
            return (0.01, 1.0) if self._log else (0.0, 1.0)
        most = max(float(values.max()) for values in finite)
        if not self._log:
            return 0.0, max(1.05 * most, 1e-9)
        least = max(min(float(values.min()) for values in finite), self._least)
        return log_limits(least, max(most, self._least))

    @property
    def _has_points(self) -> bool:
        return any(math.isfinite(one.last) for one in self.series)

    def rows(self) -> Iterator[Sequence[object]]:
        """The points, a line each, the header first."""
        yield "line", self._x_title, self._y_title
        for one in self.series:
            for x, y in zip(one.x.tolist(), one.y.tolist(), strict=True):
                yield one.name, x, y

    def draw(self, figure: "Figure", c: Colors, points: float) -> None:
        """Draw the same on a Matplotlib figure."""
        axes = figure.add_subplot(facecolor=c.surface.name())
        for one in self.series:
            axes.plot(
                one.x,
                np.maximum(one.y, self._least) if self._log else one.y,
                "--" if one.dashed else "-",
                color=one.color_on(c).name(),
                linewidth=2.0 if one.wide else 1.1,
                label=one.name,
            )
        if self._log:
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        axes.set_xlabel(self._x_title, color=c.text.name(), fontsize=points)
        axes.set_ylabel(self._y_title, color=c.text.name(), fontsize=points)
        axes.tick_params(colors=c.text.name(), which="both", labelsize=0.9 * points)
        for spine in axes.spines.values():
            spine.set_color(c.border.name())
        axes.legend(frameon=False, labelcolor=c.text.name(), fontsize=0.9 * points)

    # ---- painting ------------------------------------------------------------------------------

    @property
    def axes(self) -> PaintedAxes:
        """Where the points stand now."""
        metrics = self.fontMetrics()
        above, right = 1.5 * metrics.height() + 4, 0.0
        if self._are_beside:
            right = max((metrics.horizontalAdvance(one.name) for one in self.series), default=0) + 14.0
            right = min(right, self.width() / 3)
        else:
            above += self._legend()[1]
        return PaintedAxes.within(
            self.size(), metrics, self._x_end, self._limits, log=self._log, above=above, beside=right
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        c, axes, line = theme.colors(), self.axes, self.fontMetrics().height()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), c.surface)
        if self._empty and not self._has_points:
            painter.setPen(c.muted)
            words = QRectF(self.rect()).adjusted(line, line, -line, -line)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty)
            return
        axes.paint(painter, c, self._x_title, f"{self._y_title}{', log axis' if self._log else ''}")
        columns = max(int(axes.room.width()), 2)
        for one in self.series:
            painter.setPen(one.pen(c))
            for x, y in one.unbroken():
                points = axes.points(*thin_to_columns(x, y, columns))
                painter.drawPolyline(QPolygonF(points))
                if len(points) == 1:
                    painter.drawEllipse(points[0], 1.5, 1.5)
        if self._are_beside:
            self._paint_names(painter, c, axes)
        else:
            for one, at in zip(self.series, self._legend()[0], strict=True):
                painter.setPen(one.pen(c))
                painter.drawLine(at + QPointF(0, line / 2), at + QPointF(22, line / 2))
                painter.drawText(at + QPointF(28, self.fontMetrics().ascent()), one.told)

    def _legend(self) -> tuple[list[QPointF], float]:
        """Where each line is named, side by side where they fit; where that ends, in pixels from above."""
        metrics, places = self.fontMetrics(), list[QPointF]()
        x, y = 8.0, 4.0
        for one in self.series:
            wide = 28 + metrics.horizontalAdvance(one.told)
            if x > 8 and x + wide > self.width():
                x, y = 8.0, y + metrics.height()
            places.append(QPointF(x, y))
            x += wide + 18
        return places, y + metrics.height()

    def _paint_names(self, painter: QPainter, c: Colors, axes: PaintedAxes) -> None:
        """Write each name at its line's end, pushed down and up until none covers another."""
        line, right = self.fontMetrics().height(), axes.room.right()
        named = sorted(
            ((axes.place(0, one.last).y(), one) for one in self.series if math.isfinite(one.last)),
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
            painter.setPen(one.color_on(c))
            box = QRectF(right + 8, place - line / 2, self.width() - right - 8, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, one.name)

    # ---- Qt ------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(26, 9) * self.fontMetrics().height()

    def minimumSizeHint(self) -> QSize:
        return QSize(14, 9) * self.fontMetrics().height()
