"""Two distributions over the next word back to back: of two models, or of one with two photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent

from captionviewer.core.arrays import FloatArray
from captionviewer.core.inspection.two_models import most_different
from captionviewer.ui.look import theme
from captionviewer.ui.sampling.caption_sample import NUM_LIKELIEST
from captionviewer.ui.sampling.probability_words import p_words, percent
from captionviewer.ui.sampling.word_rows import WordRows

_GAP = 6  # pixels between the columns


@dataclass(frozen=True)
class MirroredWord:
    """A word with its probability on the left and on the right."""

    word: str
    left: float
    right: float


def words_that_differ(left: FloatArray, right: FloatArray, words: Sequence[str]) -> list[MirroredWord]:
    """The words whose probability (V,) differs most between two distributions, the most first."""
    return [
        MirroredWord(words[word], float(left[word]), float(right[word]))
        for word in most_different(left, right, NUM_LIKELIEST)
    ]


class MirroredBars(WordRows):
    """A row a word: the first probability grows to the left, the second to the right, on one scale."""

    LETTERS: ClassVar[int] = 30

    def __init__(self, name: str, titles: tuple[str, str] | None = None) -> None:
        """`name` is for screen readers; `titles` stand above the two sides where they are given."""
        super().__init__(above=int(titles is not None))
        self._words: tuple[MirroredWord, ...] = ()
        self._titles, self._titled = titles or ("left", "right"), titles is not None
        self._full = 1.0
        self.setAccessibleName(name)

    def show_words(
        self,
        words: Sequence[MirroredWord],
        titles: tuple[str, str] | None = None,
        full: float = 1.0,
        room_for: Sequence[str] = (),
    ) -> None:
        """Show words, the one first that differs most; a full bar stands for `full`.

        `room_for` are the words of all timesteps, for which room is kept.
        """
        self._words, self._full = tuple(words), full
        self.keep_room_for(tuple(room_for) or [each.word for each in words])
        self._titles = titles or self._titles
        self.setAccessibleDescription("; ".join(map(self.tip, range(len(self._words)))))
        self.update()

    def num_words(self) -> int:
        return len(self._words)

    def tip(self, index: int) -> str:
        one, (left, right) = self._words[index], self._titles
        return f"“{one.word}”: {left} {p_words(one.left)}, {right} {p_words(one.right)}"

    def paintEvent(self, event: QPaintEvent) -> None:
        c, metrics = theme.colors(), self.fontMetrics()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.fade(painter)
        percents = metrics.horizontalAdvance("< 0.01 %")
        # rounded down, the advance of the widest word would cut it
        middle = min(self.widest_word(self.font()) + 1, round(0.3 * self.width()))
        track = max((self.width() - middle - 2 * percents - 4 * _GAP) // 2, 0)
        left = percents + _GAP
        right = left + track + 2 * _GAP + middle
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        to_left, to_right = flags | Qt.AlignmentFlag.AlignLeft, flags | Qt.AlignmentFlag.AlignRight
        if self._titled and self._words:
            row = self.row(-1)
            painter.setPen(c.muted)
            painter.drawText(QRect(0, row.top(), left + track, row.height()), to_right, self._titles[0])
            box = QRect(right, row.top(), self.width() - right, row.height())
            painter.drawText(box, to_left, self._titles[1])
        for index, word in enumerate(self._words):
            row = self.row(index)
            thick, top = 0.6 * row.height(), row.top() + 0.2 * row.height()
            painter.setPen(Qt.PenStyle.NoPen)
            for x, p, color, mirrored in (
                (left, word.left, c.accent, True),
                (right, word.right, c.val, False),
            ):
                painter.setBrush(c.raised)
                painter.drawRoundedRect(QRectF(x, top, track, thick), 3, 3)
                wide = min(p / self._full, 1.0) * track
                painter.setBrush(color)
                start = x + track - wide if mirrored else x
                painter.drawRoundedRect(QRectF(start, top, wide, thick), 3, 3)
            painter.setPen(c.text)
            shown = metrics.elidedText(word.word, Qt.TextElideMode.ElideRight, middle)
            box = QRect(left + track + _GAP, row.top(), middle, row.height())
            painter.drawText(box, flags | Qt.AlignmentFlag.AlignHCenter, shown)
            box = QRect(0, row.top(), percents, row.height())
            painter.drawText(box, to_right, percent(word.left))
            box = QRect(right + track + _GAP, row.top(), percents, row.height())
            painter.drawText(box, to_left, percent(word.right))
        painter.end()
