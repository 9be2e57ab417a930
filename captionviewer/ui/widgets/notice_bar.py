"""A bar over the panels that says what went wrong, without stopping the user's work."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from captionviewer.ui.look.icons import icon
from captionviewer.ui.look.theme import colors, mixed

KEPT = 20  # more problems than anyone will read


class NoticeBar(QWidget):
    """Shows the newest problem; closing it shows the one before, until none is left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice_bar")
        self.setAccessibleName("Problem")
        self._messages: list[str] = []
        self._picture = QLabel()
        self._picture.setPixmap(icon("warning").pixmap(20, 20))
        self._text = QLabel()
        self._text.setObjectName("notice_text")
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)  # file names come from strangers
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._close = QToolButton()
        self._close.setObjectName("notice_close")
        self._close.setAutoRaise(True)
        self._close.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._close.setIcon(icon("close"))
        self._close.setText("Close")
        self._close.setAccessibleName("Close this message")
        self._close.clicked.connect(self.close_newest)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.addWidget(self._picture)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_problem(self, message: str) -> None:
        """Show a message (again on top, if it is there already)."""
        self._messages = [*[m for m in self._messages if m != message][-KEPT:], message]
        self._show_newest()

    def close_newest(self) -> None:
        """Take the shown message away."""
        if self._messages:
            self._messages.pop()
        self._show_newest()

    def clear(self) -> None:
        """Take all messages away."""
        self._messages.clear()
        self._show_newest()

    def text(self) -> str:
        """Return the message shown, or nothing."""
        return self._messages[-1] if self._messages else ""

    def _show_newest(self) -> None:
        more = len(self._messages) - 1
        self._text.setText(self.text())
        self._close.setText(f"Close ({more} more)" if more > 0 else "Close")
        self.setAccessibleDescription(self.text())
        self.setVisible(bool(self._messages))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a ground that stands out calmly."""
        c = colors()
        painter = QPainter(self)
        painter.fillRect(self.rect(), mixed(c.surface, c.warn, 0.18))
        painter.setPen(QPen(c.warn, 1))
        painter.drawLine(self.rect().bottomLeft(), self.rect().bottomRight())
        painter.end()
