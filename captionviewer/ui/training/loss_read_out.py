"""The value under the mouse on the loss plot, in a corner of the axes."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QLabel, QWidget

from captionviewer.ui.look.theme import colors


class LossReadOut(QLabel):
    """Says what `read(x)` tells of the place that the mouse is at over `layer`."""

    def __init__(self, layer: QWidget, read: Callable[[float], str], parent: QWidget) -> None:
        """`read(x)` gives words for x, in pixels of the layer; "" where there is nothing to tell."""
        super().__init__(parent)
        self._layer, self._read = layer, read
        self.setObjectName("loss_read_out")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setContentsMargins(6, 1, 6, 1)
        self.hide()
        layer.setMouseTracking(True)
        layer.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._layer:
            if event.type() is QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
                self._show(event.position().x(), event.position().y())
            elif event.type() in (QEvent.Type.Leave, QEvent.Type.Hide):
                self.hide()
        return super().eventFilter(watched, event)

    def _show(self, x: float, y: float) -> None:
        words = self._read(x)
        self.setVisible(bool(words))
        if not words:
            return
        palette = self.palette()
        palette.setColor(self.backgroundRole(), colors().raised)
        palette.setColor(self.foregroundRole(), colors().text)
        self.setPalette(palette)
        self.setAutoFillBackground(True)
        self.setText(words)
        self.adjustSize()
        left = min(round(x) + 12, self._layer.width() - self.width() - 2)
        if left < x + 12:  # no room at the right of the mouse
            left = round(x) - self.width() - 12
        high = round(y) - self.height() - 6
        self.move(self._layer.x() + max(left, 0), self._layer.y() + max(high, 0))
        self.raise_()
