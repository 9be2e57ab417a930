"""A line of text that is shortened where it has no room."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QToolTip, QWidget

from captionviewer.ui.widgets.outside_text import plain_tip


class ElidedLabel(QLabel):
    """One line of plain text, shortened with an ellipsis and never wrapped: nothing around it moves.

    Pointing at it shows the whole text where it is shortened and no tooltip of its own says more.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)

    @property
    def is_shortened(self) -> bool:
        """Whether only a part of the text can be seen."""
        return self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()

    def minimumSizeHint(self) -> QSize:
        """Return the size of a few letters."""
        return QSize(8 * self.fontMetrics().averageCharWidth(), super().minimumSizeHint().height())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and self.is_shortened and not self.toolTip():
            QToolTip.showText(event.globalPos(), plain_tip(self.text()), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint as much of the text as there is room for."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        text, room = self.text(), self.contentsRect()
        if self.is_shortened:
            text = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
        painter.end()
