"""A plot whose bars can be pointed at and chosen, with mouse and keys."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from captionviewer.ui.data.data_plots import Bar
from captionviewer.ui.look.theme import Colors, colors
from captionviewer.ui.plots.plot_canvas import PlotCanvas
from captionviewer.ui.plots.plot_export import Rows
from captionviewer.ui.session.session import Session

if TYPE_CHECKING:
    from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
    from matplotlib.figure import Figure

DrawBars = Callable[["Figure", Colors, float], list[Bar]]
_FORWARD = (Qt.Key.Key_Right, Qt.Key.Key_Down)
_BACK = (Qt.Key.Key_Left, Qt.Key.Key_Up)
_CHOOSE = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class BarPlot(PlotCanvas):
    """Says a bar's numbers when it is pointed at, and tells when it is chosen.

    With the keyboard: arrows, Home and End point, Enter or Space chooses.  What is pointed at is painted
    over the plot, which is not drawn anew for it.
    """

    bar_chosen = Signal(object)  # the key of the bar

    def __init__(
        self,
        session: Session,
        name: str,
        hint: str,
        parent: QWidget | None = None,
        *,
        follows_size: bool = False,
    ) -> None:
        super().__init__(session, name, parent, follows_size=follows_size)
        self.hint = hint  # what choosing a bar does, for people
        self._drawn: list[Bar] = []  # what the next painting of the plot will show
        self._bars: list[Bar] = []  # what is seen
        self._boxes: dict[Bar, QRectF] = {}  # and where
        self._pointed: int | None = None
        self._chosen: frozenset[object] = frozenset()
        self._overlay: _Overlay | None = None
        self._plain_description = ""

    @property
    def bars(self) -> list[Bar]:
        """The bars that are drawn, from left to right or from the top."""
        return list(self._bars)

    @property
    def pointed_bar(self) -> Bar | None:
        """The bar that is pointed at."""
        if self._pointed is None or self._pointed >= len(self._bars) or not self.has_plot:
            return None
        return self._bars[self._pointed]

    def show_bars(self, draw: DrawBars, rows: Rows, file_name: str, description: str) -> None:
        """Show a plot; `draw` returns the bars that it drew.  The rest as for `show_plot`."""

        def drawn(figure: "Figure", shades: Colors, points: float) -> None:
            self._drawn = draw(figure, shades, points)

        self._plain_description = f"{description}. {self.hint}."
        self._point_at(None)
        self.show_plot(drawn, rows, file_name, self._plain_description)

    def show_chosen(self, keys: Collection[object]) -> None:
        """Frame the bars that are conditions in force."""
        self._chosen = frozenset(keys)
        self._repaint()

    # ---- where bars stand --------------------------------------------------------------------

    def bar_box(self, bar: Bar) -> QRectF:
        """Return where a bar is seen, in the plot's coordinates."""
        return self._boxes[bar]

    def _lane(self, bar: Bar) -> QRectF:
        """Return where the mouse points at a bar: also above a short one, and on its name."""
        box = self.bar_box(bar)
        if bar.upright:
            return QRectF(box.x(), 0.0, box.width(), float(self.height()))
        return QRectF(0.0, box.y(), float(self.width()), box.height())

    def _painted(self) -> None:
        """Note where the bars stand, now that the plot was laid out."""
        self._bars = self._drawn
        self._boxes = {bar: self._box(bar) for bar in self._bars}
        self._repaint()

    def _box(self, bar: Bar) -> QRectF:
        assert self._canvas is not None
        first, last = (bar.low, 0.0), (bar.high, bar.value)
        ends = (first, last) if bar.upright else (first[::-1], last[::-1])
        (x0, y0), (x1, y1) = bar.axes.transData.transform(ends) / self._canvas.device_pixel_ratio
        high = self._canvas.height()  # Matplotlib counts from below
        box = QRectF(QPointF(x0, high - y0), QPointF(x1, high - y1)).normalized()
        return box.translated(self._canvas.pos())

    def _bar_at(self, place: QPointF) -> int | None:
        for number, bar in enumerate(self._bars):
            if self._lane(bar).contains(place):
                return number
        return None

    # ---- pointing and choosing ---------------------------------------------------------------

    def _point_at(self, number: int | None) -> None:
        if number == self._pointed:
            return
        self._pointed = number
        bar = self.pointed_bar
        self.setAccessibleDescription(bar.words if bar is not None else self._plain_description)
        if self._canvas is not None:
            shape = Qt.CursorShape.ArrowCursor if bar is None else Qt.CursorShape.PointingHandCursor
            self._canvas.setCursor(shape)
        self._repaint()

    def _choose(self) -> None:
        bar = self.pointed_bar
        if bar is not None:
            self.bar_chosen.emit(bar.key)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the mouse over the plot."""
        if watched is self._canvas and self.has_plot:
            if event.type() is QEvent.Type.Leave:
                self._point_at(None)
            elif isinstance(event, QMouseEvent):
                assert self._canvas is not None
                self._point_at(self._bar_at(event.position() + QPointF(self._canvas.pos())))
                left = event.button() is Qt.MouseButton.LeftButton
                if left and event.type() is QEvent.Type.MouseButtonRelease:
                    self._choose()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Point with the arrows, choose with Enter or Space."""
        key, last = event.key(), len(self._bars) - 1
        if last < 0 or not self.has_plot:
            super().keyPressEvent(event)
        elif key in _CHOOSE:
            self._choose()
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._point_at(0 if key == Qt.Key.Key_Home else last)
        elif key in (*_FORWARD, *_BACK):
            step = 1 if key in _FORWARD else -1
            self._point_at(0 if self._pointed is None else min(max(self._pointed + step, 0), last))
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Point at nothing when the keyboard goes elsewhere."""
        super().focusOutEvent(event)
        self._point_at(None)

    # ---- painting ----------------------------------------------------------------------------

    def _make_canvas(self) -> "tuple[Figure, FigureCanvasQTAgg]":
        figure, canvas = super()._make_canvas()
        canvas.installEventFilter(self)
        self._overlay = _Overlay(self)
        canvas.mpl_connect("draw_event", lambda _event: self._painted())
        return figure, canvas

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what is painted over the plot as large as the plot."""
        super().resizeEvent(event)
        self._repaint()

    def _repaint(self) -> None:
        if self._overlay is not None:
            self._overlay.setGeometry(self.rect())
            self._overlay.setVisible(self.has_plot)
            self._overlay.raise_()
            self._overlay.update()

    def paint_over(self, painter: QPainter) -> None:
        """Frame the bars that are chosen and pointed at, and write what the latter says."""
        if not self.has_plot:
            return
        c = colors()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for bar in self._bars:
            if bar.key in self._chosen:
                painter.setPen(QPen(c.text, 2))
                painter.drawRect(self.bar_box(bar).adjusted(-1, -1, 1, 1))
        pointed = self.pointed_bar
        if pointed is not None:
            painter.setPen(QPen(c.text, 1.5, Qt.PenStyle.DotLine))
            painter.drawRect(self.bar_box(pointed).adjusted(-2, -2, 2, 2))
            self._paint_card(painter, pointed, c)

    def _paint_card(self, painter: QPainter, bar: Bar, c: Colors) -> None:
        """Write a bar's numbers in the corner of the plot where they cover least of the bars."""
        metrics = self.fontMetrics()
        lines = [bar.words, self.hint]
        wide = min(max(metrics.horizontalAdvance(line) for line in lines) + 16, self.width() - 16)
        card = self._place_card(bar, QSizeF(wide, len(lines) * metrics.lineSpacing() + 10))
        painter.setPen(QPen(c.border, 1))
        painter.setBrush(c.raised)
        painter.drawRoundedRect(card, 5, 5)
        words = card.adjusted(8, 5, -8, -5)
        for number, (line, shade) in enumerate(zip(lines, (c.text, c.muted), strict=True)):
            painter.setPen(shade)
            place = QRectF(
                words.x(), words.y() + number * metrics.lineSpacing(), words.width(), metrics.lineSpacing()
            )
            elided = metrics.elidedText(line, Qt.TextElideMode.ElideRight, int(words.width()) + 1)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)

    def _place_card(self, pointed: Bar, size: QSizeF) -> QRectF:
        right, bottom = self.width() - size.width() - 8, self.height() - size.height() - 8
        low = 8.0 if pointed.upright else bottom  # below upright bars stand their names
        places = [QRectF(QPointF(x, y), size) for y in (8.0, low) for x in (right, 8.0)]

        def covered(card: QRectF) -> float:
            areas = [(bar, card.intersected(box)) for bar, box in self._boxes.items()]
            return sum(box.width() * box.height() * (9 if bar == pointed else 1) for bar, box in areas)

        return min(places, key=covered)


class _Overlay(QWidget):
    """Lies over the plot and lets the mouse through."""

    def __init__(self, plot: BarPlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setGeometry(plot.rect())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._plot.paint_over(painter)
        painter.end()
