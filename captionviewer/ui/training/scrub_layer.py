"""What lies over the loss plot: takes the mouse for the scrubber and paints its marker.

It is painted by Qt, over a picture of the plot that stays as it is: dragging draws no figure anew.
"""

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from captionviewer.ui.look.theme import colors


class ScrubLayer(QWidget):
    """Transparent; says where it is pressed and dragged, and marks one iteration.

    Signals carry x in pixels of the layer.
    """

    dragged = Signal(float)
    left = Signal()  # a double click: back to now

    def __init__(self, place: Callable[[float], tuple[float, QRectF] | None], parent: QWidget) -> None:
        """`place(iteration)` gives the marker's x and the box of the axes, None while there are none."""
        super().__init__(parent)
        self._place = place
        self._iteration: int | None = None
        self._enabled = False

    @property
    def iteration(self) -> int | None:
        """The iteration that is marked."""
        return self._iteration

    def mark(self, iteration: int | None) -> None:
        """Mark another iteration; None for none."""
        if iteration != self._iteration:
            self._paint_marker_anew()
            self._iteration = iteration
            self._paint_marker_anew()

    def _paint_marker_anew(self) -> None:
        """Paint the strip that the marker takes, and nothing else of the plot below."""
        place = None if self._iteration is None else self._place(self._iteration)
        if place is None:
            return
        line = QRectF(place[0] - 2, place[1].top() - 1, 4, place[1].height() + 2)
        self.update(line.united(self._sign(*place)).toAlignedRect().adjusted(-1, -1, 1, 1))

    def _words(self) -> str:
        return f"{self._iteration:,}"

    def _sign(self, x: float, box: QRectF) -> QRectF:
        """Where the iteration is written: on the axis below, whose ticks say the same, clear of all words."""
        metrics = self.fontMetrics()
        wide, high = metrics.horizontalAdvance(self._words()) + 10, metrics.height() + 2
        left = min(max(x - wide / 2, 0.0), self.width() - wide)
        return QRectF(left, min(box.bottom() + 2, self.height() - high), wide, high)

    def set_active(self, active: bool) -> None:
        """Take the mouse, or leave it to what lies below."""
        self._enabled = active
        self.setCursor(Qt.CursorShape.SplitHCursor if active else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._enabled or event.button() is not Qt.MouseButton.LeftButton:
            event.ignore()
            return
        parent = self.parentWidget()
        if parent is not None:
            parent.setFocus(Qt.FocusReason.MouseFocusReason)
        self.dragged.emit(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._enabled and event.buttons() & Qt.MouseButton.LeftButton:
            self.dragged.emit(event.position().x())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._enabled and event.button() is Qt.MouseButton.LeftButton:
            self.left.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._iteration is None:
            return
        place = self._place(self._iteration)
        if place is None:
            return
        x, box = place
        c = colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(c.text, 2))
        painter.drawLine(round(x), round(box.top()), round(x), round(box.bottom()))
        sign = self._sign(x, box)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(c.text)
        painter.drawRoundedRect(sign, 4, 4)
        painter.setPen(c.surface)
        painter.drawText(sign, Qt.AlignmentFlag.AlignCenter, self._words())
