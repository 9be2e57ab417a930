"""All captions of one photo as text that can be selected, with what is special about each."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QMimeData, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import QFrame, QMenu, QTextEdit, QWidget

from captionviewer.core.coco.vocabulary import UNK
from captionviewer.ui.look.theme import colors
from captionviewer.ui.widgets.outside_text import set_plain_tip

TRAINED_ON = "trained on"
CARD_PADDING, CARD_GAP = 4, 5  # pixels within a caption's card, and between two
_MARK = QTextFormat.Property.UserProperty  # text that is ours and not the caption's


@dataclass(frozen=True)
class ShownCaption:
    """One caption of a photo and what is special about it."""

    words: tuple[str, ...]
    shown_above: str = ""  # where in the grid: "in this minibatch"; "" where it is not
    trained_on: bool = False
    found: frozenset[int] = frozenset()  # positions of words that a search found

    @property
    def text(self) -> str:
        """The words as a sentence."""
        return " ".join(self.words)

    @property
    def marks(self) -> str:
        """What is special, in words."""
        return " · ".join(words for words in (self.shown_above, TRAINED_ON * self.trained_on) if words)


class CaptionList(QTextEdit):
    """Captions as paragraphs; the one with the text cursor is the current one."""

    current_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._captions: tuple[ShownCaption, ...] = ()
        self._fit_least_height()
        self._current = 0
        self._filling = False
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.viewport().setAutoFillBackground(False)  # the cards are painted, the rest is the panel's
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Captions of the photo")
        self.setToolTip("Click a caption to see its ids and mask; select text to copy it")
        self.cursorPositionChanged.connect(self._cursor_moved)

    @property
    def captions(self) -> tuple[ShownCaption, ...]:
        """What is shown."""
        return self._captions

    @property
    def current(self) -> int:
        """Which caption is the current one."""
        return self._current

    def show_captions(self, captions: Sequence[ShownCaption], current: int) -> None:
        """Show the captions of a photo; the same ones again are not written anew."""
        before, self._captions = self._captions, tuple(captions)
        self._current = min(max(current, 0), max(len(captions) - 1, 0))
        if self._captions != before:
            self._fill()
        else:
            self._begin_at_current()

    def set_current(self, index: int) -> None:
        """Make another caption the current one."""
        if index != self._current and 0 <= index < len(self._captions):
            self._current = index
            self._put_cursor()
            self._reveal_current()
            self.current_changed.emit(index)

    def selected_text(self) -> str:
        """Return the selected text without our marks, one line a caption; "" when none is selected."""
        cursor = self.textCursor()
        if not cursor.hasSelection():
            return ""
        start, end = cursor.selectionStart(), cursor.selectionEnd()
        lines: list[str] = []
        block = self.document().findBlock(start)
        while block.isValid() and block.position() < end:
            kept = ""
            fragments = block.begin()
            while not fragments.atEnd():
                fragment = fragments.fragment()
                if not fragment.charFormat().hasProperty(_MARK):
                    first = max(start - fragment.position(), 0)
                    last = min(end - fragment.position(), fragment.length())
                    kept += fragment.text()[first : max(last, first)]
                fragments += 1
            lines.append(kept.strip())
            block = block.next()
        return "\n".join(line for line in lines if line)

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copy plain captions: neither colours nor marks."""
        data = QMimeData()
        data.setText(self.selected_text())
        return data

    # ---- filling ---------------------------------------------------------------------------

    def _fill(self) -> None:
        self._filling = True
        document = self.document()
        document.clear()
        document.setDocumentMargin(CARD_PADDING + 1)
        cursor = QTextCursor(document)
        for index, caption in enumerate(self._captions):
            card = QTextBlockFormat()
            card.setTopMargin(0 if index == 0 else 2 * CARD_PADDING + CARD_GAP)
            card.setLeftMargin(6)
            card.setRightMargin(2)
            if index:
                cursor.insertBlock(card)
            else:
                cursor.setBlockFormat(card)
            self._write(cursor, caption)
        self._filling = False
        self._begin_at_current()

    def _begin_at_current(self) -> None:
        """Nothing is selected, and of the list as much is seen as the current caption leaves of its top."""
        self._put_cursor()
        self.verticalScrollBar().setValue(0)
        self._reveal_current()

    def _write(self, cursor: QTextCursor, caption: ShownCaption) -> None:
        c = colors()
        plain = _text_format(c.text)
        for position, word in enumerate(caption.words):
            look = _text_format(c.unknown if word == UNK else c.text)
            if word == UNK:
                look.setFontWeight(QFont.Weight.DemiBold)
                set_plain_tip(look, f"{UNK}: a word that the vocabulary does not have")
            if position in caption.found:
                look.setBackground(c.found)
            if position:
                cursor.insertText(" ", plain)
            cursor.insertText(word, look)
        if not caption.words:
            cursor.insertText("(no words)", _text_format(c.muted))
        if caption.marks:
            mark = _text_format(c.good if caption.trained_on else c.accent)
            mark.setProperty(_MARK, True)
            mark.setFontPointSize(self.font().pointSizeF() * 0.88)
            cursor.insertText("\u2028" + caption.marks, mark)

    def _put_cursor(self) -> None:
        filling, self._filling = self._filling, True
        block = self.document().findBlockByNumber(self._current)
        cursor = QTextCursor(block)
        self.setTextCursor(cursor)
        self._filling = filling

    def _cursor_moved(self) -> None:
        if self._filling:
            return
        index = self.textCursor().blockNumber()
        if index != self._current and index < len(self._captions):
            self._current = index
            self.viewport().update()
            self.current_changed.emit(index)

    def _reveal_current(self) -> None:
        """Scroll as little as shows the whole card of the current caption."""
        card, bar = self.card(self._current), self.verticalScrollBar()
        below = card.bottom() + 2 - self.viewport().height()
        if below > 0:
            bar.setValue(bar.value() + round(min(below, card.top())))
        elif card.top() < 0:
            bar.setValue(bar.value() + round(card.top()) - 1)
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from caption to caption, however many lines each has; with Shift text is selected as ever."""
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if by is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        else:
            self.set_current(self._current + by)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def card(self, index: int) -> QRectF:
        """Return where a caption's card stands, in the viewport's coordinates."""
        block = self.document().findBlockByNumber(index)
        if not block.isValid():  # Qt may paint while the text is being written
            return QRectF()
        text = block.layout().boundingRect().translated(block.layout().position())
        top = text.top() - CARD_PADDING - self.verticalScrollBar().value()
        return QRectF(1, top, self.viewport().width() - 2, text.height() + 2 * CARD_PADDING)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a card under each caption, then the text."""
        c = colors()
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index in range(len(self._captions)):
            card = self.card(index)
            if card.isEmpty():
                continue
            current = index == self._current
            wide = 2 if current and self.hasFocus() else 1
            painter.setPen(QPen(c.accent if current else c.border, wide))
            painter.setBrush(c.chosen if current else c.surface)
            painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
            if current:
                painter.fillRect(QRectF(card.x() + 1, card.y() + 5, 3, card.height() - 10), c.accent)
        painter.end()
        super().paintEvent(event)

    # ---- events ----------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Write the text again in the new colours or size."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._fit_least_height()
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and self._captions:
            self._fill()

    def _fit_least_height(self) -> None:
        """Leave a line at least: what stands above is read whole, and a list scrolls."""
        self.setMinimumHeight(self.fontMetrics().height() + 2 * CARD_PADDING + CARD_GAP)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the current caption in sight."""
        super().resizeEvent(event)
        self._reveal_current()

    def event(self, event: QEvent) -> bool:
        """Leave Ctrl+C with nothing selected to the panel's action, which copies the current caption."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.ShortcutOverride
            and event.matches(QKeySequence.StandardKey.Copy)
            and not self.textCursor().hasSelection()
        ):
            event.ignore()
            return True
        return super().event(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the panel's copying, for the caption that is pointed at."""
        if not self.textCursor().hasSelection():
            self.setTextCursor(self.cursorForPosition(event.pos()))
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(self.actions())
        menu.popup(event.globalPos())


def _text_format(color: QColor) -> QTextCharFormat:
    look = QTextCharFormat()
    look.setForeground(color)
    return look
