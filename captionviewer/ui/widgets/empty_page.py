"""What stands where there is nothing to show: why, and what to do."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from captionviewer.ui.look.theme import set_muted
from captionviewer.ui.widgets.control_parts import scrolling

Offer = tuple[str, Callable[[], None]]


class EmptyPage(QFrame):
    """A title, a sentence, and a button for each thing that can be done; scrolled where room is short."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("empty_page")
        self.title = QLabel()
        self.words = QLabel()
        for label in (self.title, self.words):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
        set_muted(self.words)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        body = QWidget()
        box = QVBoxLayout(body)
        box.setContentsMargins(24, 16, 24, 16)
        box.setSpacing(10)
        box.addStretch(2)
        box.addWidget(self.title)
        box.addWidget(self.words)
        box.addLayout(self._buttons)
        box.addStretch(3)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolling(body, filled=False))
        self._enlarge_title()

    def say(self, title: str, words: str, *offers: Offer) -> None:
        """Show another message, with a button for each offer."""
        self.title.setText(title)
        self.words.setText(words)
        self.words.setVisible(bool(words))
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)
        while (item := self._buttons.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if not offers:
            return
        self._buttons.addStretch(1)
        for name, call in offers:
            button = QPushButton(name)
            button.clicked.connect(lambda _checked=False, call=call: call())
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._enlarge_title()

    def _enlarge_title(self) -> None:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.25)
        font.setBold(True)
        self.title.setFont(font)
