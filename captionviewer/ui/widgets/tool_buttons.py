"""Small buttons that grow with the text: an icon of an action, and a part of a switch."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QToolBar, QToolButton, QWidget

from captionviewer.ui.look.icons import icon
from captionviewer.ui.look.theme import colors, mixed
from captionviewer.ui.widgets.outside_text import without_mnemonic


class ActionButton(QToolButton):
    """Shows an action; its icon is as high as the text, at every text size."""

    def __init__(
        self,
        action: QAction,
        name: str,
        style: Qt.ToolButtonStyle = Qt.ToolButtonStyle.ToolButtonIconOnly,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setDefaultAction(action)
        self.setObjectName(name)
        action.changed.connect(self._take_name)
        self._take_name()
        self.setToolButtonStyle(style)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._size_icon()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._size_icon()

    def _take_name(self) -> None:
        action = self.defaultAction()
        self.setAccessibleName(without_mnemonic(action.text()).removesuffix("…"))

    def _size_icon(self) -> None:
        self.setIconSize(_beside_text(self))


class GrowingToolBar(QToolBar):
    """A tool bar whose icons are as high as its text, at every text size."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        for rest in self.findChildren(QToolButton):  # Qt's own, which shows what found no room
            rest.setIcon(icon("next"))  # Fusion's is black, on a dark window as well
        self._size_icons()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._size_icons()

    def _size_icons(self) -> None:
        self.setIconSize(_beside_text(self))


class SwitchButton(ActionButton):
    """One of two or three choices that look like one switch: the one in force is filled.

    `left` and `right` say whether the switch ends there; of two halves each ends at one side.
    """

    def __init__(
        self,
        action: QAction,
        name: str,
        *,
        left: bool,
        right: bool | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(action, name, Qt.ToolButtonStyle.ToolButtonTextOnly, parent)
        self._left = left
        self._right = not left if right is None else right

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text()) + 28, metrics.height() + 10)

    def minimumSizeHint(self) -> QSize:
        """Return the same: the text is never cut."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a half with its outer corners rounded."""
        c = colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self.rect())
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        # the inner edge lies outside of the clip, where the other half goes on
        box = box.adjusted(0 if self._left else -8, 0, 0 if self._right else 8, 0)
        shape = QPainterPath()
        shape.addRoundedRect(box, 5, 5)
        checked, enabled = self.isChecked(), self.isEnabled()
        fill = c.accent if checked else mixed(c.surface, c.raised, 0.6) if self.underMouse() else c.surface
        if checked and not enabled:
            fill = c.border
        painter.fillPath(shape, fill)
        painter.setPen(QPen(c.accent if checked and enabled else c.border, 1))
        painter.drawPath(shape)
        painter.setPen(c.on_accent if checked and enabled else c.text if enabled else c.muted)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        if self.hasFocus():
            ring = QRectF(self.rect()).adjusted(3, 3, -3, -3)
            painter.setPen(QPen(c.on_accent if checked else c.accent, 1.5, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(ring, 3, 3)
        painter.end()


def _beside_text(widget: QWidget) -> QSize:
    """The size of an icon beside a widget's text."""
    side = max(16, round(widget.fontMetrics().height() * 1.05))
    return QSize(side, side)
