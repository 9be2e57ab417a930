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
        self._shorter: tuple[str, ...] = ()

    def say(self, text: str, *shorter: str) -> None:
        """Show a text or, where it has no room, the first of others, each shorter than the one before."""
        self._shorter = shorter
        self.setText(text)
        self.update()

    @property
    def is_shortened(self) -> bool:
        """Whether only a part of the text can be seen."""
        return self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()

    def shown_text(self) -> str:
        """Return what is seen: the longest wording that has room, with an ellipsis where none has."""
        metrics, room = self.fontMetrics(), self.contentsRect().width()
        for text in (self.text(), *self._shorter):
            if metrics.horizontalAdvance(text) <= room:
                return text
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)

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
        text, room = self.shown_text(), self.contentsRect()
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)
        painter.end()
