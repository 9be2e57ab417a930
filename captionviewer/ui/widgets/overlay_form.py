"""A form that lies over what is below its anchor: nothing moves when it comes or goes."""

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Signal
from PySide6.QtGui import QKeyEvent, QPalette, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

MOST_HIDDEN = 0.6  # of what is to be kept in sight


class OverlayForm(QFrame):
    """Holds one widget, hidden until it is shown; `attach` says where it lies.

    It scrolls where its host has no room for the whole of it.
    """

    dismissed = Signal()  # Escape was pressed in it

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._host: QWidget | None = None
        self._anchor: QWidget | None = None
        self._in_sight: QWidget | None = None
        self._content = content
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self._box = box = QVBoxLayout(self)
        box.setContentsMargins(10, 8, 10, 8)
        scroller = QScrollArea()
        scroller.setWidgetResizable(True)
        scroller.setFrameShape(QFrame.Shape.NoFrame)
        scroller.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroller.viewport().setAutoFillBackground(False)
        scroller.setWidget(content)
        content.setAutoFillBackground(False)
        box.addWidget(scroller)
        self.hide()

    def attach(self, host: QWidget, anchor: QWidget, in_sight: QWidget) -> None:
        """Lie on `host`, as wide as `anchor` and right below it, wherever that goes.

        Where that would hide most of `in_sight`, which the form changes, it lies below that instead.
        """
        self._host, self._anchor, self._in_sight = host, anchor, in_sight
        self.setParent(host)
        self.hide()
        for widget in (host, anchor, in_sight):
            widget.installEventFilter(self)

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
        host, anchor, in_sight = self._host, self._anchor, self._in_sight
        if host is None or anchor is None or in_sight is None or self.isHidden():
            return
        below = anchor.mapTo(host, QPoint(0, anchor.height() + 4))
        margins = self._box.contentsMargins() + self.contentsMargins()
        inner = anchor.width() - margins.left() - margins.right()
        high = self._content.heightForWidth(inner) + margins.top() + margins.bottom()
        top = below.y()
        kept = QRect(in_sight.mapTo(host, QPoint()), in_sight.size())
        if top + high - kept.top() > MOST_HIDDEN * kept.height():
            top = max(top, min(kept.bottom() + 1, host.height() - high))
        self.setGeometry(below.x(), top, anchor.width(), min(high, host.height() - top))
