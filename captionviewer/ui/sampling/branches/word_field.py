"""A field over a chip into which any word of the vocabulary is typed, with completion."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QStringListModel, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

_LEAST = 20  # letters of average width


def complete(field: QLineEdit) -> QStringListModel:
    """Have what is typed into a field completed in its place, in any case; to words that are then set."""
    words = QStringListModel(field)
    completer = QCompleter(words, field)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    completer.setCompletionMode(QCompleter.CompletionMode.InlineCompletion)
    field.setCompleter(completer)
    return words


class WordField(QLineEdit):
    """Completes what is typed to the likeliest word that begins so; Enter takes it, Escape leaves."""

    entered = Signal(int, str)  # the timestep, and what was typed

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.timestep = 0  # that a word is typed for
        self._words = complete(self)
        self.setObjectName("another_word")
        self.setAccessibleName("Another word")
        self.setPlaceholderText("another word")
        self.hide()

    def edit(self, timestep: int, words: Sequence[str], box: QRect) -> None:
        """Have a word typed for a timestep at a place; `words` are offered, those first that stand first."""
        self.timestep = timestep
        self._words.setStringList(list(words))
        self.clear()
        self.stand_at(box)
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def stand_at(self, box: QRect) -> None:
        """Stand over the place of a word, or beside it where there is no room for what is typed."""
        wide = max(box.width(), _LEAST * self.fontMetrics().averageCharWidth())
        parent = self.parentWidget()
        room = parent.width() if parent is not None else wide
        self.setGeometry(min(box.x(), max(room - wide, 0)), box.y(), min(wide, room), box.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the word, or leave it."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.text().strip():
                self.entered.emit(self.timestep, self.text().strip())
        elif event.key() == Qt.Key.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.hide()

    def hideEvent(self, event: QHideEvent) -> None:
        """Give the keyboard back to what is around: its keys step."""
        super().hideEvent(event)
        if self.hasFocus():
            self._give_back()

    def _leave(self) -> None:
        self._give_back()
        self.hide()

    def _give_back(self) -> None:
        around = self.parentWidget()
        while around is not None and not around.focusPolicy() & Qt.FocusPolicy.StrongFocus:
            around = around.parentWidget()
        if around is not None:
            around.setFocus(Qt.FocusReason.OtherFocusReason)
