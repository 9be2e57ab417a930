"""Small parts that views have in common: a button, a named control, a quiet line of words."""

from collections.abc import Callable
from typing import ClassVar

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QSizePolicy, QWidget

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


def scrolling(part: QWidget, *, filled: bool = True) -> QScrollArea:
    """A part that scrolls where text is large and room is little, in place of being cut.

    Unless it is `filled` it shows the ground of what it stands on.
    """
    area = QScrollArea()
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


def words_label(name: str) -> QLabel:
    """A quiet line of words that wraps and never makes its view wider."""
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)  # holds words of a stranger's vocabulary
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    theme.set_muted(label)
    return label
