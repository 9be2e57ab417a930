"""The words that two models differ about, as bars to the left and to the right of the word."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from captionviewer.ui.look import theme
from captionviewer.ui.sampling.caption_sample import NUM_LIKELIEST
from captionviewer.ui.sampling.compare.comparison import DifferentWord
from captionviewer.ui.sampling.probability_words import p_words, percent
from captionviewer.ui.widgets.outside_text import plain_tip

_GAP = 6  # pixels between the columns


class MirroredBars(QWidget):
    """A row a word: the first model's probability grows to the left, the second's to the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[DifferentWord, ...] = ()
        self._outdated = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Words that the two models differ about most")

    def words(self) -> tuple[DifferentWord, ...]:
        """What is shown."""
        return self._words

    def show_words(self, words: Sequence[DifferentWord]) -> None:
        """Show words, the one first that the two differ about most."""
        self._words = tuple(words)
        self.setAccessibleDescription("; ".join(map(_tip, self._words)))
        self.update()

    def set_outdated(self, outdated: bool) -> None:
        """Grey the bars while a newer comparison is on its way."""
        if outdated is not self._outdated:
            self._outdated = outdated
            self.update()

    def row(self, index: int) -> QRect:
        """Where a word's row stands."""
        height = min(self.height() / NUM_LIKELIEST, 1.9 * self.fontMetrics().height())
        top = round(index * height)
        return QRect(0, top, self.width(), round((index + 1) * height) - top)

    def sizeHint(self) -> QSize:
        return QSize(320, NUM_LIKELIEST * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(30 * metrics.averageCharWidth(), NUM_LIKELIEST * metrics.height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            for index, word in enumerate(self._words):
                if self.row(index).contains(event.pos()):
                    QToolTip.showText(event.globalPos(), plain_tip(_tip(word)), self, self.row(index))
                    return True
            QToolTip.hideText()
            event.ignore()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(theme.OUTDATED if self._outdated else 1.0)
        metrics = self.fontMetrics()
        percents = metrics.horizontalAdvance("< 0.01 %")
        widest = max((metrics.horizontalAdvance(each.word) for each in self._words), default=0)
        middle = min(widest, round(0.3 * self.width()))
        track = max((self.width() - middle - 2 * percents - 4 * _GAP) // 2, 0)
        for index, word in enumerate(self._words):
            row = self.row(index)
            left = percents + _GAP
            thick = 0.6 * row.height()
            top = row.top() + 0.2 * row.height()
            right = left + track + 2 * _GAP + middle
            painter.setPen(Qt.PenStyle.NoPen)
            for x, p, color, to_left in (
                (left, word.first, c.accent, True),
                (right, word.second, c.val, False),
            ):
                painter.setBrush(c.raised)
                painter.drawRoundedRect(QRectF(x, top, track, thick), 3, 3)
                wide = min(p, 1.0) * track
                painter.setBrush(color)
                painter.drawRoundedRect(QRectF(x + track - wide if to_left else x, top, wide, thick), 3, 3)
            painter.setPen(c.text)
            center = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
            shown = metrics.elidedText(word.word, Qt.TextElideMode.ElideRight, middle)
            box = QRect(left + track + _GAP, row.top(), middle, row.height())
            painter.drawText(box, center | Qt.AlignmentFlag.AlignHCenter, shown)
            painter.drawText(
                QRect(0, row.top(), percents, row.height()),
                center | Qt.AlignmentFlag.AlignRight,
                percent(word.first),
            )
            painter.drawText(
                QRect(right + track + _GAP, row.top(), percents, row.height()),
                center | Qt.AlignmentFlag.AlignLeft,
                percent(word.second),
            )
        painter.end()


def _tip(word: DifferentWord) -> str:
    return f"“{word.word}”: left {p_words(word.first)}, right {p_words(word.second)}"
