"""How often a unit takes which value over the corpus, with its value at the present word marked."""

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from captionviewer.core.amounts import signed
from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.network.cells import Quantity
from captionviewer.ui.look import theme
from captionviewer.ui.sampling.states.state_colors import RANGES
from captionviewer.ui.widgets.painted_widget import PaintedWidget

BINS = 40


class UnitHistogram(PaintedWidget):
    """Bars over the quantity's range; what lies beyond is counted in the first and last."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quantity: Quantity = "h"
        self.counts: IntArray = np.zeros(BINS, np.intp)
        self._present: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Histogram of the unit's values over val")

    def show_values(self, values: FloatArray, quantity: Quantity, present: float | None) -> None:
        """Count values (P,), and mark the present one."""
        low, high = RANGES[quantity]
        inside = np.clip(values.astype(np.float32), low, high)
        self.counts, _ = np.histogram(inside, bins=BINS, range=(low, high))
        self._quantity, self._present = quantity, present
        words = "" if present is None else f"here {signed(present)}"
        self.setAccessibleDescription(words)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 5 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(140, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        c, metrics = theme.colors(), self.fontMetrics()
        low, high = RANGES[self._quantity]
        painter = QPainter(self)
        line = metrics.height()
        room = QRectF(1, line, self.width() - 2, self.height() - 2 * line - 2)
        most = max(int(self.counts.max()), 1)
        width = room.width() / BINS
        for number, count in enumerate(self.counts.tolist()):
            height = room.height() * count / most
            bar = QRectF(room.left() + number * width, room.bottom() - height, max(width - 1, 1), height)
            painter.fillRect(bar, c.faint_line)
        painter.setPen(QPen(c.field_edge, 1))
        painter.drawLine(room.bottomLeft(), room.bottomRight())
        painter.setPen(c.muted)
        below = QRectF(0, room.bottom() + 2, self.width(), line)
        for flag, value in (
            (Qt.AlignmentFlag.AlignLeft, low),
            (Qt.AlignmentFlag.AlignHCenter, (low + high) / 2),
            (Qt.AlignmentFlag.AlignRight, high),
        ):
            painter.drawText(below, flag, signed(value, 1))
        if self._present is not None:
            self.fade(painter)  # the bars are of the model that val was read through, this of the caption's
            share = (min(max(self._present, low), high) - low) / (high - low)
            x = room.left() + share * room.width()
            painter.setPen(QPen(c.text, 2))
            painter.drawLine(int(x), int(room.top()), int(x), int(room.bottom()))
            text = f"here {signed(self._present)}"
            wide = metrics.horizontalAdvance(text)
            left = min(max(x - wide / 2, 0.0), self.width() - wide)
            painter.drawText(QRectF(left, 0, wide + 1, line), Qt.AlignmentFlag.AlignLeft, text)
        painter.end()
