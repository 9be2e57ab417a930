"""Ground-truth captions in two tints: each word's surprise to one model above, to the other below."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from captionviewer.core.coco.vocabulary import UNK
from captionviewer.ui.look import theme
from captionviewer.ui.sampling.ground_truth import tint
from captionviewer.ui.sampling.probability_words import nats
from captionviewer.ui.sampling.word_flow import FlowWord, WordFlow

_BAND = 4  # pixels of tint over and under a word


@dataclass(frozen=True)
class TwiceTinted:
    """A word with its surprise -ln p in nats to each of two models."""

    word: str
    first: float
    second: float


class TwiceTintedCaption(WordFlow):
    """One caption: its words between two bands of tint, and what it costs each model as a whole."""

    spacing = QSize(1, 4)
    padding = QSize(2, _BAND + 1)

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = number
        self._caption: tuple[TwiceTinted, ...] = ()
        self._blind_guess = 0.0
        self.setObjectName(f"compared_truth_{number}")

    def show_caption(self, caption: Sequence[TwiceTinted], blind_guess: float) -> None:
        """Show a caption; `blind_guess` is ln V, the surprise that gives the full tint."""
        self._caption, self._blind_guess = tuple(caption), blind_guess
        sums = [sum(values) for values in zip(*((w.first, w.second) for w in caption), strict=True)]
        total = f"{nats(sums[0])} | {nats(sums[1])}" if sums else ""
        words = [
            FlowWord(w.word, f"“{w.word}”: surprise {nats(w.first)} nats above, {nats(w.second)} below")
            for w in caption
        ]
        tip = "Surprise of the whole caption in nats: of the model on the left, of the one on the right"
        self.set_words([*words, FlowWord(total, tip)])
        self.setAccessibleName(" ".join(word.word for word in caption))
        self.setAccessibleDescription("; ".join(word.tip for word in self.words()))

    def indent(self) -> int:
        """Leave room for the number."""
        return self.fontMetrics().horizontalAdvance(str(self._number + 1)) + 10

    def paint_beside(self, painter: QPainter) -> None:
        """Paint the number."""
        painter.setPen(theme.colors().muted)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(0, 0, self.indent() - 7, self.line_height()), flags, str(self._number + 1))

    def paint_word(self, painter: QPainter, index: int, box: QRect, text: str) -> None:
        """Paint one word between its two tints."""
        c = theme.colors()
        if index >= len(self._caption):
            painter.setPen(c.muted)
        else:
            word = self._caption[index]
            painter.setPen(Qt.PenStyle.NoPen)
            for surprise, top in ((word.first, box.top()), (word.second, box.bottom() + 1 - _BAND)):
                painter.setBrush(tint(surprise, self._blind_guess, c))
                painter.drawRect(QRect(box.left(), top, box.width(), _BAND))
            painter.setPen(c.unknown if word.word == UNK else c.text)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine, text)


class TwiceTintedTruth(QWidget):
    """All ground-truth captions of a photo, one under the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[TwiceTintedCaption] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self._layout.addStretch(1)

    def show_captions(self, captions: Sequence[Sequence[TwiceTinted]], words: int) -> None:
        """Show captions; the vocabulary has so many `words`."""
        while len(self.rows) < len(captions):
            row = TwiceTintedCaption(len(self.rows), self)
            self._layout.insertWidget(len(self.rows), row)
            self.rows.append(row)
        for row, caption in zip(self.rows, captions, strict=False):
            row.show_caption(caption, math.log(words))
        for number, row in enumerate(self.rows):
            row.setVisible(number < len(captions))

    def set_outdated(self, outdated: bool) -> None:
        """Grey the captions while a newer comparison is on its way."""
        for row in self.rows:
            row.set_outdated(outdated)
