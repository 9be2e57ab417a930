"""A bar over the panels that says what went wrong, without stopping the user's work."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from captionviewer.ui.look.icons import icon
from captionviewer.ui.look.theme import colors
from captionviewer.ui.widgets.outside_text import show_plainly

KEPT = 20  # more problems than anyone will read
NOTICE_MS, READING_MS = 8_000, 70  # a message stays so long, and so much longer for each letter of it
BUSY_MS = 2_000  # while somebody may be reading it, it is looked for again so often

Offer = tuple[str, Callable[[], object]]  # what a button says, and what it does


@dataclass(frozen=True)
class _Notice:
    message: str
    offers: tuple[Offer, ...] = ()
    lasting: bool = False


class NoticeBar(QWidget):
    """Shows the newest problem; closing it shows the one before, until none is left.

    A message that was there long enough to be read goes by itself, unless it is lasting, the mouse or the
    keyboard is at it, or the window is not the one that the user works in.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice_bar")
        self.setAccessibleName("Problem")
        self._notices: list[_Notice] = []
        self._shown: _Notice | None = None
        self._picture = QLabel()
        self._text = show_plainly(QLabel())  # file names come from strangers
        self._text.setObjectName("notice_text")
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._offers = QHBoxLayout()
        self._offers.setSpacing(6)
        self._close = QToolButton()
        self._close.setObjectName("notice_close")
        self._close.setAutoRaise(True)
        self._close.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._close.setIcon(icon("close"))
        self._close.setText("Close")
        self._close.setAccessibleName("Close this message")
        self._close.clicked.connect(self.close_newest)
        self._close_all = QToolButton()
        self._close_all.setObjectName("notice_close_all")
        self._close_all.setAutoRaise(True)
        self._close_all.clicked.connect(self.close_all)
        self._going = QTimer(self)
        self._going.setSingleShot(True)
        self._going.timeout.connect(self._let_go)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        words = QVBoxLayout()  # the offers below the words, which need the width
        words.setSpacing(6)
        words.addWidget(self._text)
        words.addLayout(self._offers)
        layout.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        layout.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._close_all, 0, Qt.AlignmentFlag.AlignTop)
        self._dress()
        self.hide()

    def show_problem(self, message: str) -> None:
        """Show a message (again on top, if it is there already) until it is closed or other data is open."""
        self._show(_Notice(message))

    def show_lasting(self, message: str, *offers: Offer) -> None:
        """Show a message until the user closes it or takes one of the offers."""
        self._show(_Notice(message, offers, lasting=True))

    def close_newest(self) -> None:
        """Take the shown message away."""
        if self._notices:
            self._notices.pop()
        self._show_newest()

    def close_all(self) -> None:
        """Take all messages away."""
        self._notices.clear()
        self._show_newest()

    def clear(self) -> None:
        """Take the messages away that were about what was open before."""
        self._notices = [notice for notice in self._notices if notice.lasting]
        self._show_newest()

    def text(self) -> str:
        """Return the message shown, or nothing."""
        return self._notices[-1].message if self._notices else ""

    def _show(self, new: _Notice) -> None:
        others = [notice for notice in self._notices if notice.message != new.message]
        self._notices = [*others[-KEPT:], new]
        self._show_newest()

    def _show_newest(self) -> None:
        more = len(self._notices) - 1
        self._text.setText(self.text())
        self._close_all.setText(f"Close All {more + 1}")
        self._close_all.setVisible(more > 0)
        self.setAccessibleDescription(self.text())
        newest = self._notices[-1] if self._notices else None
        if newest is not self._shown:
            self._shown = newest
            self._going.stop()
            if newest is not None and not newest.lasting:
                self._going.start(NOTICE_MS + READING_MS * len(newest.message))
            self._show_offers(newest.offers if newest is not None else ())
        self.setVisible(newest is not None)

    def _let_go(self) -> None:
        """Take a message away that was read, or wait while that may be going on."""
        focused = QApplication.focusWidget()
        read_now = self.underMouse() or (focused is not None and self.isAncestorOf(focused))
        if read_now or not self.isVisible() or not self.isActiveWindow():
            self._going.start(BUSY_MS)
        else:
            self.close_newest()

    def _show_offers(self, offers: tuple[Offer, ...]) -> None:
        while (item := self._offers.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for words, call in offers:
            button = QPushButton(words)
            button.setObjectName("notice_offer")
            button.clicked.connect(lambda _checked=False, call=call: self._take(call))
            self._offers.addWidget(button)
        if offers:
            self._offers.addStretch(1)

    def _take(self, call: Callable[[], object]) -> None:
        notice = self._shown
        call()
        if notice in self._notices:
            self._notices.remove(notice)
        self._show_newest()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._dress()

    def _dress(self) -> None:
        """Draw the sign anew: a pixmap keeps the colours of the theme that it was drawn in."""
        side = max(20, round(1.2 * self.fontMetrics().height()))
        self._picture.setPixmap(icon("warning").pixmap(side, side))

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colors()
        painter = QPainter(self)
        painter.fillRect(self.rect(), c.notice)
        painter.setPen(QPen(c.warn, 1))
        painter.drawLine(self.rect().bottomLeft(), self.rect().bottomRight())
        painter.end()
