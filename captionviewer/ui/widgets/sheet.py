"""A form that lies over what is below its anchor: nothing moves when it comes or goes."""

from PySide6.QtCore import QEvent, QObject, QPoint, Signal
from PySide6.QtGui import QKeyEvent, QPalette, Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget


class Sheet(QFrame):
    """Holds one widget, hidden until it is shown; `attach` says where it lies."""

    dismissed = Signal()  # Escape was pressed in it

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._host: QWidget | None = None
        self._anchor: QWidget | None = None
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self._box = box = QVBoxLayout(self)
        box.setContentsMargins(10, 8, 10, 8)
        box.addWidget(content)
        self.hide()

    def attach(self, host: QWidget, anchor: QWidget) -> None:
        """Lie on `host`, as wide as `anchor` and right below it, wherever that goes."""
        self._host, self._anchor = host, anchor
        self.setParent(host)
        self.hide()
        anchor.installEventFilter(self)
        host.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.LayoutRequest):
            self._place()
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._place()

    def setVisible(self, visible: bool) -> None:
        super().setVisible(visible)
        if visible:
            self._place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismissed.emit()
        else:
            super().keyPressEvent(event)

    def _place(self) -> None:
        if self._host is None or self._anchor is None or self.isHidden():
            return
        below = self._anchor.mapTo(self._host, QPoint(0, self._anchor.height() + 4))
        width = self._anchor.width()
        high = self._box.totalHeightForWidth(width)
        self.setGeometry(below.x(), below.y(), width, min(high, self._host.height() - below.y()))
