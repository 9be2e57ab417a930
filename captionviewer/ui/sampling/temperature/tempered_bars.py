"""The likeliest next words before and after the temperature, k and p, painted directly."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen

from captionviewer.ui.look import theme
from captionviewer.ui.sampling.probability_words import percent
from captionviewer.ui.sampling.temperature.tempered_word import TemperedNext, TemperedWord
from captionviewer.ui.sampling.word_rows import WordRows

_GAP = 8  # pixels between the columns


class TemperedBars(WordRows):
    """Ten words: the outline is the model's own probability, the bar what the word is drawn by.

    What k or p cut is hatched, as long as the temperature left it. A full bar is always 100 %, so that
    nothing but the bars moves with the slider or the timestep.
    """

    def __init__(self) -> None:
        super().__init__()
        self._next: TemperedNext | None = None
        self.setObjectName("tempered_bars")
        self.setAccessibleName("Next words before and after temperature, k and p")

    @property
    def shown(self) -> TemperedNext | None:
        """What is shown."""
        return self._next

    def show_next(self, shown: TemperedNext | None, room_for: Sequence[str] = ()) -> None:
        """Show the next word of a timestep, or nothing; room is kept for the words of all timesteps."""
        self._next = shown
        words = shown.words if shown is not None else ()
        self.keep_room_for(tuple(room_for) or [each.word for each in words])
        self.setAccessibleDescription(
            "; ".join(f"{each.word} {'cut' if each.cut else percent(each.after)}" for each in words)
        )
        self.update()

    def num_words(self) -> int:
        return len(self._next.words) if self._next is not None else 0

    def tip(self, index: int) -> str:
        assert self._next is not None
        word = self._next.words[index]
        said = f"“{word.word}”: the model's own {percent(word.before)}"
        said += f", after the temperature {percent(word.tempered)}"
        return said + (", cut" if word.cut else f", drawn with {percent(word.after)}")

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._next is None:
            return
        c = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.fade(painter)
        metrics = self.fontMetrics()
        usual = max(metrics.horizontalAdvance("skateboard"), self.widest_word(self.font()))
        words = min(usual, round(0.35 * self.width()))
        percents = metrics.horizontalAdvance("100.0 %")
        for index, word in enumerate(self._next.words):
            self._paint(painter, word, self.row(index), words, percents, c)
        painter.end()

    def _paint(
        self, painter: QPainter, word: TemperedWord, row: QRect, words: int, percents: int, c: theme.Colors
    ) -> None:
        left, right = words + _GAP, self.width() - percents - _GAP
        room = float(max(right - left - 1, 1))
        high = 0.62 * row.height()
        top = row.top() + 0.5 * (row.height() - high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(c.raised)
        painter.drawRoundedRect(QRectF(left, top, room, high), 3, 3)
        bar = QRectF(left, top, max(room * (word.tempered if word.cut else word.after), 1.0), high)
        if word.cut:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.fillRect(bar, c.surface)
            painter.setPen(QPen(c.muted, 1))
            painter.setBrush(Qt.BrushStyle.BDiagPattern)
            brush = painter.brush()
            brush.setColor(c.muted)
            painter.fillRect(bar, brush)
        else:
            painter.setBrush(theme.mixed(c.raised, c.accent, 0.75))
            painter.drawRoundedRect(bar, min(3.0, bar.width() / 2), 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(c.text, 1.3))
        outline = QRectF(left, top - 1.5, max(room * word.before, 1.0), high + 3)
        painter.drawRoundedRect(outline, min(3.0, outline.width() / 2), 3)
        painter.setFont(self.font())
        painter.setPen(c.muted if word.cut else c.text)
        said = QFontMetrics(self.font()).elidedText(word.word, Qt.TextElideMode.ElideRight, words)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(QRect(0, row.top(), words, row.height()), flags | Qt.AlignmentFlag.AlignRight, said)
        box = QRect(right, row.top(), self.width() - right, row.height())
        figure = "cut" if word.cut else percent(word.after)
        painter.drawText(box, flags | Qt.AlignmentFlag.AlignRight, figure)
