"""The likeliest next words as bars, painted directly: a redraw costs less than a millisecond."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPolygon
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from captionviewer.ui.look import theme
from captionviewer.ui.sampling.probability_words import nats, percent
from captionviewer.ui.widgets.outside_text import plain_tip

NUM_BARS = 10
_SCALES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_GAP = 8  # pixels between the columns


@dataclass(frozen=True)
class WordBar:
    """One of the likeliest next words."""

    word: str
    probability: float
    chosen: bool


def scale_for(largest: float) -> float:
    """Return the round probability that a full bar stands for, at least the largest one shown."""
    return next((scale for scale in _SCALES if largest <= scale), 1.0)


class WordBars(QWidget):
    """Up to ten words, likeliest first, as bars with their probabilities; the chosen one is marked.

    All bars of a caption share one scale, so that timesteps can be compared.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: tuple[WordBar, ...] = ()
        self._others = 0
        self._scale = 1.0
        self._outdated = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Likeliest next words")

    def bars(self) -> tuple[WordBar, ...]:
        """Return what is shown."""
        return self._bars

    @property
    def scale(self) -> float:
        """The probability that a full bar stands for."""
        return self._scale

    def show_bars(self, bars: Sequence[WordBar], others: int, scale: float) -> None:
        """Show bars; `others` is how many words of the vocabulary are not among them."""
        self._bars, self._others, self._scale = tuple(bars), others, scale
        self.setAccessibleDescription(
            "; ".join(f"{b.word} {percent(b.probability)}{', chosen' if b.chosen else ''}" for b in bars)
        )
        self.update()

    def set_outdated(self, outdated: bool) -> None:
        """Grey the bars, whose like is about to come of a newer model; or show them in full again."""
        if outdated is not self._outdated:
            self._outdated = outdated
            self.update()

    def clear(self) -> None:
        """Show no bars."""
        self.show_bars((), 0, 1.0)

    # ---- where things stand --------------------------------------------------------------------

    def _font(self, bold: bool) -> QFont:
        font = QFont(self.font())
        font.setBold(bold)
        return font

    def _row_height(self) -> float:
        rows = NUM_BARS + 1  # the last one tells of all other words
        return min(self.height() / rows, 1.9 * self.fontMetrics().height())

    def row(self, index: int) -> QRect:
        """Return where a word's row stands."""
        height = self._row_height()
        top = round(index * height)
        return QRect(0, top, self.width(), round((index + 1) * height) - top)

    def _columns(self) -> tuple[int, int, int]:
        """Return the width of the mark, of the words and of the percentages."""
        bold = QFontMetrics(self._font(bold=True))
        mark = bold.height() * 2 // 3
        widest = max((bold.horizontalAdvance(bar.word) for bar in self._bars), default=0)
        # Room for a usual word, so that the bars rarely move between timesteps.
        usual = min(bold.horizontalAdvance("skateboard"), self.width() // 4)
        words = min(max(widest, usual), round(0.4 * self.width()))
        return mark, words, bold.horizontalAdvance("< 0.01 %")

    def sizeHint(self) -> QSize:
        """Return the size that suits it."""
        return QSize(300, (NUM_BARS + 1) * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """Return the least size."""
        return QSize(24 * self.fontMetrics().averageCharWidth(), (NUM_BARS + 1) * self.fontMetrics().height())

    # ---- events --------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme and the size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self.update()

    def event(self, event: QEvent) -> bool:
        """Say what is pointed at."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            for index, bar in enumerate(self._bars):
                if self.row(index).contains(event.pos()):
                    QToolTip.showText(event.globalPos(), plain_tip(_tip(bar)), self, self.row(index))
                    return True
            QToolTip.hideText()
            event.ignore()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it."""
        if not self._bars:
            return
        c = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(theme.OUTDATED if self._outdated else 1.0)
        mark, words, percents = self._columns()
        left = mark + words + _GAP
        right = self.width() - percents - _GAP
        for index, bar in enumerate(self._bars):
            row = self.row(index)
            font = self._font(bar.chosen)
            painter.setFont(font)
            metrics, word = QFontMetrics(font), bar.word
            if metrics.horizontalAdvance(word) > words:
                word = metrics.elidedText(word, Qt.TextElideMode.ElideRight, words)
            if bar.chosen:
                _paint_mark(painter, mark + words - metrics.horizontalAdvance(word), row, mark, c.accent)
            painter.setPen(c.text)
            _write(painter, QRect(mark, row.top(), words, row.height()), word, Qt.AlignmentFlag.AlignRight)
            track = QRectF(left, row.top() + 0.2 * row.height(), max(right - left, 0), 0.6 * row.height())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(c.raised)
            painter.drawRoundedRect(track, 3, 3)
            share = bar.probability / self._scale if math.isfinite(bar.probability) else 0.0
            painter.setBrush(c.accent if bar.chosen else theme.mixed(c.raised, c.accent, 0.5))
            track.setWidth(max(track.width() * min(share, 1.0), 1.0))
            painter.drawRoundedRect(track, min(3.0, track.width() / 2), 3)
            painter.setPen(c.text if bar.chosen else c.muted)
            box = QRect(right, row.top(), self.width() - right, row.height())
            _write(painter, box, percent(bar.probability), Qt.AlignmentFlag.AlignRight)
        self._paint_others(painter, c.muted)
        painter.end()

    def _paint_others(self, painter: QPainter, color: QColor) -> None:
        if self._others <= 0:
            return
        row = self.row(len(self._bars))
        rest = max(1.0 - sum(bar.probability for bar in self._bars), 0.0)
        painter.setFont(self._font(bold=False))
        painter.setPen(color)
        _mark, _words, percents = self._columns()
        left = QRect(0, row.top(), self.width() - percents - _GAP, row.height())
        count = f"{self._others:,}"
        texts = (f"the other {count} words together", f"{count} other words", f"{count} others", count)
        fitting = (text for text in texts if self.fontMetrics().horizontalAdvance(text) <= left.width())
        text = next(fitting, "")
        _write(painter, left, text, Qt.AlignmentFlag.AlignRight)
        _write(painter, row, percent(rest), Qt.AlignmentFlag.AlignRight)


def _tip(bar: WordBar) -> str:
    said = f"“{bar.word}”: p = {percent(bar.probability)}"
    if bar.probability > 0.0:
        said += f", surprise {nats(-math.log(bar.probability))} nats"
    return said + (", chosen (the likeliest)" if bar.chosen else "")


def _write(painter: QPainter, box: QRect, text: str, side: Qt.AlignmentFlag) -> None:
    flags = side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
    painter.drawText(box, flags, text)


def _paint_mark(painter: QPainter, right: int, row: QRect, width: int, color: QColor) -> None:
    """Paint a triangle that points at the chosen word: it is marked without its colour, too."""
    size = max(width // 2, 4)
    left, middle = right - size - 5, row.center().y() + 1
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPolygon(
        QPolygon(
            [
                QPoint(left, middle - size // 2 - 1),
                QPoint(left + size, middle),
                QPoint(left, middle + size // 2 + 1),
            ]
        )
    )
