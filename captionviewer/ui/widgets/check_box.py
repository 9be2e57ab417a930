"""A check box that can be seen when it is not checked, in the dark too."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton

from captionviewer.ui.look.theme import colors


class CheckBox(QCheckBox):
    """Fusion draws the box's outline darker than the window, which a dark window swallows."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        c = colors()
        line = c.border if not self.isEnabled() else c.accent if self.hasFocus() else c.muted
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(line, 1.2))
        painter.drawRoundedRect(QRectF(box).adjusted(0.6, 0.6, -0.6, -0.6), 2, 2)
        painter.end()
