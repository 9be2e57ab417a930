"""Small parts that views have in common: a button, a named control, a quiet line of words."""

from collections.abc import Callable
from typing import ClassVar

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from captionviewer.ui.look import theme


class SliderKeys(QObject):
    """Leaves arrow keys, Home and End to the sliders it watches; elsewhere in the panel they step."""

    KEYS: ClassVar[frozenset[Qt.Key]] = frozenset(
        {Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End}
    )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim such a key before the shortcut does."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in self.KEYS
        ):
            event.accept()
            return True
        return super().eventFilter(watched, event)


def push_button(words: str, tip: str, then: Callable[[], None]) -> QPushButton:
    """A button that Enter presses only where it has the focus."""
    button = QPushButton(words)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    button.clicked.connect(lambda _checked=False: then())
    return button


def labelled(words: str, *widgets: QWidget) -> QWidget:
    """Widgets in a row, with a word before them."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(5)
    label = QLabel(words)
    label.setBuddy(widgets[0])
    for widget in (label, *widgets):
        layout.addWidget(widget)
    return row


class _MoreBelow(QWidget):
    """The line at the lower edge of what scrolls which says that more stands below."""

    WORDS = "more below ↓"

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors()
        painter = QPainter(self)
        painter.setPen(c.border)
        painter.drawLine(0, 0, self.width(), 0)
        painter.setPen(c.muted)
        box = self.rect().adjusted(0, 1, -6, 0)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.WORDS)
        painter.end()


class _Scrolling(QScrollArea):
    """Gives its last line to the sign while a line or more is below what is seen."""

    LEAST_LINES = 6  # with less room every line is needed for what is to be read

    def __init__(self) -> None:
        super().__init__()
        self._more = _MoreBelow(self)
        self._more.setVisible(False)
        self._placing = False
        self.verticalScrollBar().valueChanged.connect(lambda _value: self._place())
        self.verticalScrollBar().rangeChanged.connect(lambda _least, _most: self._place())

    def _place(self) -> None:
        if self._placing:
            return
        self._placing = True  # what follows changes the range
        bar, line = self.verticalScrollBar(), self.fontMetrics().height()
        more = bar.maximum() - bar.value() >= line and self.height() >= self.LEAST_LINES * line
        self._more.setVisible(more)
        self.setViewportMargins(0, 0, 0, line + 1 if more else 0)
        seen = self.viewport().geometry()
        self._more.setGeometry(seen.left(), seen.bottom() + 1, seen.width(), line + 1)
        self._placing = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()


def scrolling(part: QWidget, *, filled: bool = True) -> QScrollArea:
    """A part that scrolls where text is large and room is little, in place of being cut, and says so.

    Unless it is `filled` it shows the ground of what it stands on.
    """
    area = _Scrolling()
    area.setWidget(part)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    for ground in (area, area.viewport(), part):
        if filled:
            ground.setBackgroundRole(QPalette.ColorRole.Base)
        else:
            ground.setAutoFillBackground(False)
    return area


def lay_out_plot(view: QWidget, head: QLayout, plot: QWidget, words: QLabel) -> None:
    """Fill a view with a plot under its words, which scroll together, under what is asked."""
    body = QWidget()
    inner = QVBoxLayout(body)
    inner.setContentsMargins(0, 0, 0, 0)
    inner.addWidget(words)
    inner.addWidget(plot, 1)
    inner.addStretch(0)  # the words keep to the top while there is no plot
    column = QVBoxLayout(view)
    column.setContentsMargins(0, 6, 0, 0)
    column.setSpacing(6)
    column.addLayout(head)
    column.addWidget(scrolling(body, filled=False), 1)


def words_label(name: str) -> QLabel:
    """A quiet line of words that wraps and never makes its view wider."""
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)  # holds words of a stranger's vocabulary
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    theme.set_muted(label)
    return label
