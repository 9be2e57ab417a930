"""Two distributions over the next word, back to back: what one photo makes likely, and another."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from captionviewer.core.arrays import FloatArray
from captionviewer.ui.look import theme
from captionviewer.ui.sampling.probability_words import percent

NUM_WORDS = 8


@dataclass(frozen=True)
class MirroredWord:
    """A word with its probability on the left and on the right."""

    word: str
    left: float
    right: float


def most_moved(left: FloatArray, right: FloatArray, words: list[str] | tuple[str, ...]) -> list[MirroredWord]:
    """The words whose probability (V,) differs most between two distributions, most first."""
    order = np.argsort(-np.abs(left - right), kind="stable")[:NUM_WORDS]
    return [MirroredWord(words[word], float(left[word]), float(right[word])) for word in order.tolist()]


class MirroredBars(QWidget):
    """Bars to the left and to the right of the words between them, on one scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words: tuple[MirroredWord, ...] = ()
        self._titles = ("", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Next words with both photos")

    def show_words(self, words: list[MirroredWord], left: str, right: str) -> None:
        """Show these, under two titles."""
        self.words, self._titles = tuple(words), (left, right)
        self.setAccessibleDescription(
            "; ".join(f"{one.word}: {percent(one.left)}, {percent(one.right)}" for one in words)
        )
        self.update()

    def sizeHint(self) -> QSize:
        line = self.fontMetrics().height() + 3
        return QSize(300, (NUM_WORDS + 1) * line)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        c, metrics = theme.colors(), self.fontMetrics()
        painter = QPainter(self)
        line = metrics.height() + 3
        widest = max((metrics.horizontalAdvance(one.word) for one in self.words), default=40)
        middle = min(widest + 16, self.width() / 3)
        number = metrics.horizontalAdvance("100 %") + 6
        side = (self.width() - middle) / 2
        room = max(side - number, 1.0)
        right_edge, left_edge = side + middle, side
        painter.setPen(c.muted)
        center = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, 0, side, line), Qt.AlignmentFlag.AlignRight | center, self._titles[0])
        painter.drawText(
            QRectF(right_edge, 0, side, line), Qt.AlignmentFlag.AlignLeft | center, self._titles[1]
        )
        largest = max((max(one.left, one.right) for one in self.words), default=1.0) or 1.0
        for n, one in enumerate(self.words, start=1):
            top = n * line
            left, right = room * one.left / largest, room * one.right / largest
            painter.fillRect(QRectF(left_edge - left, top + 2, left, line - 4), c.accent)
            painter.fillRect(QRectF(right_edge, top + 2, right, line - 4), c.counted)
            painter.setPen(c.text)
            shown = metrics.elidedText(one.word, Qt.TextElideMode.ElideRight, int(middle) - 8)
            painter.drawText(QRectF(side, top, middle, line), Qt.AlignmentFlag.AlignCenter, shown)
            painter.setPen(c.muted)
            box = QRectF(left_edge - left - number, top, number - 4, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | center, percent(one.left))
            box = QRectF(right_edge + right + 4, top, number, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | center, percent(one.right))
        painter.end()
