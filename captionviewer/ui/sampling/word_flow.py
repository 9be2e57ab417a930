"""Words set in lines one after another, as text is, each word a box that is painted and pointed at."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from captionviewer.ui.widgets.outside_text import plain_tip
from captionviewer.ui.widgets.painted_widget import PaintedWidget


@dataclass(frozen=True)
class FlowWord:
    """One word of a flow, and what is said when it is pointed at."""

    text: str
    tip: str = ""


class WordFlow(PaintedWidget):
    """Words in as many lines as the width asks for; what a word looks like is a subclass's matter.

    A word wider than the widget is shortened with an ellipsis: no word reaches past the edge.
    """

    padding = QSize(5, 2)  # inside a word's box, in pixels
    spacing = QSize(3, 3)  # between boxes

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[FlowWord, ...] = ()
        self._texts: list[str] = []
        self._room_for: list[str] = []
        self._boxes: list[QRect] = []
        self._shortened: dict[int, str] = {}  # what is painted of words that are wider than their box
        self._set_for: tuple[int, int] | None = None  # the width and indent that the boxes were set for
        self._heights: dict[int, int] = {}  # by width: layouts ask again and again
        self._height_wanted = -1
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def height_of(self, texts: Sequence[str], width: int) -> int:
        """Return the height that these words would take at a width."""
        boxes = self._set_lines(width, texts)
        return boxes[-1].bottom() + 1 if boxes else self.line_height()

    def words(self) -> tuple[FlowWord, ...]:
        """Return what is shown."""
        return self._words

    def set_words(self, words: Sequence[FlowWord], room_for: Sequence[str] = ()) -> None:
        """Show these words; they are set anew only where a text changed.

        `room_for` are the words that are to come: their height is kept free, so that nothing moves.
        """
        before = self._texts, self._room_for
        self._words, self._texts = tuple(words), [word.text for word in words]
        self._room_for = list(room_for)
        if before != (self._texts, self._room_for):
            self._forget_lines()
        self.update()

    def boxes(self) -> list[QRect]:
        """Return where each word stands, in the widget's coordinates."""
        if self._set_for != (self.width(), self.indent()):
            self._boxes = self._set_lines(self.width(), self._texts, self._shortened)
            self._set_for = (self.width(), self.indent())
        return self._boxes

    def word_at(self, position: QPoint) -> int | None:
        """Return the index of the word at a point, None between words."""
        for index, box in enumerate(self.boxes()):
            if box.contains(position):
                return index
        return None

    # ---- what a subclass says of its words ---------------------------------------------------

    def indent(self) -> int:
        """Return how far all lines stand from the left edge, in pixels."""
        return 0

    def padding_of(self, index: int) -> int:
        """Return the room left and right of a word in its box, in pixels."""
        return self.padding.width()

    def metrics_of(self, index: int) -> QFontMetrics:
        """Return the metrics of the font a word is painted in."""
        return self.fontMetrics()

    def paint_word(self, painter: QPainter, index: int, box: QRect, text: str) -> None:
        """Paint one word; `text` is shortened already where it had to be."""
        raise NotImplementedError

    def draw_text(self, painter: QPainter, index: int, box: QRect, text: str) -> None:
        """Draw a word's text into its box; from its baseline, which is half the work of a centred text."""
        metrics = self.metrics_of(index)
        below = (box.height() - metrics.height()) // 2 + metrics.ascent()
        painter.drawText(box.left() + self.padding_of(index), box.top() + below, text)

    def paint_beside(self, painter: QPainter) -> None:
        """Paint what stands in the indent."""

    # ---- lines -------------------------------------------------------------------------------

    def _forget_lines(self) -> None:
        self._set_for = None
        self._heights.clear()
        height = self.heightForWidth(self.width())
        if height != self._height_wanted:  # else no layout need be done again
            self._height_wanted = height
            self.updateGeometry()

    def _set_lines(
        self, width: int, texts: Sequence[str], shortened: dict[int, str] | None = None
    ) -> list[QRect]:
        """Where each word stands; `shortened` takes those that have no room, as they are painted."""
        left = self.indent()
        height = self.line_height()
        x, y = left, 0
        boxes = []
        shortened = {} if shortened is None else shortened
        shortened.clear()
        for index, text in enumerate(texts):
            metrics, beside = self.metrics_of(index), 2 * self.padding_of(index)
            wide = metrics.horizontalAdvance(text) + beside
            if wide > (most := max(width - left, 2 * height)):
                wide = most
                shortened[index] = metrics.elidedText(text, Qt.TextElideMode.ElideRight, most - beside)
            if x > left and x + wide > width:
                x, y = left, y + height + self.spacing.height()
            boxes.append(QRect(x, y, wide, height))
            x += wide + self.spacing.width()
        return boxes

    def line_height(self) -> int:
        """Return the height of a word's box."""
        return self.fontMetrics().height() + 2 * self.padding.height()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height that the lines take at a width."""
        if width not in self._heights:
            self._heights[width] = self.height_of(max(self._texts, self._room_for, key=len), width)
        return self._heights[width]

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().horizontalAdvance("m")
        return QSize(30 * em, self.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:
        return QSize(6 * self.fontMetrics().horizontalAdvance("m"), self.line_height())

    # ---- events ------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_for = None
        self._height_wanted = self.heightForWidth(self.width())

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._set_for = None
            self._heights.clear()
            self.updateGeometry()
        super().changeEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.word_at(event.pos())
            if index is None or not self._words[index].tip:
                QToolTip.hideText()
                event.ignore()
            else:
                QToolTip.showText(
                    event.globalPos(), plain_tip(self._words[index].tip), self, self.boxes()[index]
                )
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        self.fade(painter)
        self.paint_beside(painter)
        for index, box in enumerate(self.boxes()):
            if not box.intersects(event.rect()):
                continue
            self.paint_word(painter, index, box, self._shortened.get(index, self._texts[index]))
        painter.end()
