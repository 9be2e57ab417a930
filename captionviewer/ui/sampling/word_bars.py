"""The likeliest next words as bars, painted directly: a redraw costs less than a millisecond."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPolygon,
)
from PySide6.QtWidgets import QMenu, QWidget

from captionviewer.core.coco.vocabulary import NULL, START
from captionviewer.ui.look import theme
from captionviewer.ui.sampling.probability_words import nats, p_words, percent
from captionviewer.ui.sampling.word_rows import WordRows
from captionviewer.ui.widgets.outside_text import as_menu_text, shortened
from captionviewer.ui.widgets.painted_widget import ClickedPlaces

UNSAYABLE = (NULL, START)  # no caption can be made to say them
_SCALES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_LONGEST_NAMED = 24  # letters of a word in a menu
_GAP = 8  # pixels between the columns
_LEAST_SHARE = 0.33  # of the width, for the bars, or words stand on them
_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_FROM_LEFT, _FROM_RIGHT = _MIDDLE | Qt.AlignmentFlag.AlignLeft, _MIDDLE | Qt.AlignmentFlag.AlignRight


@dataclass(frozen=True)
class WordBar:
    """One of the likeliest next words."""

    word: str
    probability: float
    chosen: bool
    why: str = "the likeliest"  # why it was chosen, if it was


def scale_for(largest: float) -> float:
    """Return the round probability that a full bar stands for, at least the largest one shown."""
    return next((scale for scale in _SCALES if largest <= scale), 1.0)


@dataclass(frozen=True)
class _Columns:
    """The widths of the columns, and what words are written in: found once for all rows."""

    mark: int
    words: int
    percents: int
    on_bars: bool  # whether words stand on their bars
    plain: QFont
    bold: QFont


class WordBars(ClickedPlaces, WordRows):
    """Up to ten words, likeliest first, as bars with their probabilities; the chosen one is marked.

    All bars of a caption share one scale and start at one place, so that timesteps can be compared. Where
    text is large and room is little the words stand on their bars: a bar too short says nothing. A click on
    a word has it said; its menu can also have it never said.
    """

    word_chosen = Signal(str)
    word_forbidden = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, below=1)  # the last one tells of all other words
        self._bars: tuple[WordBar, ...] = ()
        self._others = 0
        self._scale = 1.0
        self.setMouseTracking(True)
        self.setAccessibleName("Likeliest next words")

    def bars(self) -> tuple[WordBar, ...]:
        """Return what is shown."""
        return self._bars

    @property
    def others(self) -> int:
        """How many words of the vocabulary are not among the bars."""
        return self._others

    @property
    def scale(self) -> float:
        """The probability that a full bar stands for."""
        return self._scale

    def show_bars(
        self, bars: Sequence[WordBar], others: int, scale: float, room_for: Sequence[str] = ()
    ) -> None:
        """Show bars; `others` is how many words of the vocabulary are not among them.

        `room_for` are the words of all timesteps, for which room is kept: nothing moves on the way.
        """
        self._bars, self._others, self._scale = tuple(bars), others, scale
        self.keep_room_for(tuple(room_for) or tuple(bar.word for bar in bars))
        self.setAccessibleDescription(
            "; ".join(f"{b.word} {percent(b.probability)}{', chosen' if b.chosen else ''}" for b in bars)
        )
        self.update()

    def clear(self) -> None:
        """Show no bars."""
        self.show_bars((), 0, 1.0)

    # ---- where things stand --------------------------------------------------------------------

    def _font(self, bold: bool) -> QFont:
        font = QFont(self.font())
        font.setBold(bold)
        return font

    def _columns(self) -> _Columns:
        font = self._font(bold=True)
        bold = QFontMetrics(font)
        mark = bold.height() * 2 // 3
        # Room for a usual word, so that the bars rarely move between captions.
        long = bold.horizontalAdvance("skateboard")
        usual = min(long, self.width() // 4)
        words = min(max(self.widest_word(font), usual), round(0.4 * self.width()))
        percents = max(bold.horizontalAdvance("100.0 %"), self.fontMetrics().horizontalAdvance("< 0.01 %"))
        # By the place and the font alone: words that jumped onto their bars from one photo to the next, as
        # they are longer or shorter, would be read anew each time.
        left = self.width() - mark - long - percents - 2 * _GAP
        on_bars = left < _LEAST_SHARE * self.width()
        return _Columns(mark, words, percents, on_bars, self._font(bold=False), font)

    def words_on_bars(self) -> bool:
        """Whether words stand on their bars, because beside them the bars would be short."""
        return self._columns().on_bars

    def first_letter(self, index: int) -> int:
        """Return where a row's word begins, in pixels from the left."""
        columns = self._columns()
        if columns.on_bars:
            return columns.mark + _GAP
        bar = self._bars[index]
        metrics = QFontMetrics(columns.bold if bar.chosen else columns.plain)
        return columns.mark + columns.words - min(metrics.horizontalAdvance(bar.word), columns.words)

    # ---- pointing ------------------------------------------------------------------------------

    def num_words(self) -> int:
        return len(self._bars)

    def tip(self, index: int) -> str:
        bar = self._bars[index]
        said = f"“{bar.word}”: {p_words(bar.probability)}"
        if bar.probability > 0.0:
            said += f", surprise {nats(-math.log(bar.probability))} nats"
        if bar.chosen:
            return f"{said}, chosen: {bar.why}"
        if bar.word in UNSAYABLE:
            return f"{said}; no caption can be made to say it"
        return f"{said}; a click has it said instead"

    def bar_at(self, point: QPoint) -> int | None:
        """Return the index of the bar at a point; None beside them."""
        return next((index for index in range(len(self._bars)) if self.row(index).contains(point)), None)

    def place_at(self, point: QPoint) -> int | None:
        index = self.bar_at(point)
        return None if index is None or self._bars[index].word in UNSAYABLE else index

    def take(self, place: int) -> None:
        """Have the word of a bar said."""
        self.word_chosen.emit(self._bars[place].word)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to have a word said here, or never."""
        index = self.bar_at(event.pos())
        if index is None:
            return
        word = self._bars[index].word
        shown = as_menu_text(shortened(word, _LONGEST_NAMED))
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if word not in UNSAYABLE:
            menu.addAction(f"Say “{shown}” here").triggered.connect(lambda: self.word_chosen.emit(word))
        menu.addAction(f"Never say “{shown}”").triggered.connect(lambda: self.word_forbidden.emit(word))
        menu.popup(event.globalPos())

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._bars:
            return
        c, columns = theme.colors(), self._columns()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.fade(painter)
        for index, bar in enumerate(self._bars):
            if index == self._hovered:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(c.hovered)
                painter.drawRect(self.row(index))
            self._paint_bar(painter, bar, self.row(index), columns, c)
        self._paint_others(painter, columns, c.muted)
        painter.end()

    def _paint_bar(
        self, painter: QPainter, bar: WordBar, row: QRect, columns: _Columns, c: theme.Colors
    ) -> None:
        on_bar, mark, words = columns.on_bars, columns.mark, columns.words
        left, thick = (mark, 0.84) if on_bar else (mark + words + _GAP, 0.6)
        right = self.width() - columns.percents - _GAP
        font = columns.bold if bar.chosen else columns.plain
        painter.setFont(font)
        metrics, word = QFontMetrics(font), bar.word
        room = max(right - left - 2 * _GAP, 0) if on_bar else words
        wide = metrics.horizontalAdvance(word)
        if wide > room:
            word = metrics.elidedText(word, Qt.TextElideMode.ElideRight, room)
            wide = metrics.horizontalAdvance(word)
        if bar.chosen:
            _paint_mark(painter, mark if on_bar else mark + words - wide, row, mark, c.accent)
        track = QRectF(left, row.top() + 0.5 * (1 - thick) * row.height(), max(right - left, 0), 0)
        track.setHeight(thick * row.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(c.raised)
        painter.drawRoundedRect(track, 3, 3)
        share = bar.probability / self._scale if math.isfinite(bar.probability) else 0.0
        strong, weak = (0.45, 0.25) if on_bar else (1.0, 0.5)  # words on it have to be read
        painter.setBrush(theme.mixed(c.raised, c.accent, strong if bar.chosen else weak))
        track.setWidth(max(track.width() * min(share, 1.0), 1.0))
        painter.drawRoundedRect(track, min(3.0, track.width() / 2), 3)
        painter.setPen(c.text)
        start = left + _GAP if on_bar else mark
        side = _FROM_LEFT if on_bar else _FROM_RIGHT
        painter.drawText(QRect(start, row.top(), room, row.height()), side, word)
        painter.setPen(c.text if bar.chosen else c.muted)
        box = QRect(right, row.top(), self.width() - right, row.height())
        painter.drawText(box, _FROM_RIGHT, percent(bar.probability))

    def _paint_others(self, painter: QPainter, columns: _Columns, color: QColor) -> None:
        if self._others <= 0:
            return
        row = self.row(len(self._bars))
        rest = max(1.0 - sum(bar.probability for bar in self._bars), 0.0)
        painter.setFont(columns.plain)
        painter.setPen(color)
        left = QRect(0, row.top(), self.width() - columns.percents - _GAP, row.height())
        count = f"{self._others:,}"
        texts = (f"the other {count} words together", f"{count} other words", f"{count} others", count)
        metrics = self.fontMetrics()
        text = next((text for text in texts if metrics.horizontalAdvance(text) <= left.width()), "")
        painter.drawText(left, _FROM_RIGHT, text)
        painter.drawText(row, _FROM_RIGHT, percent(rest))


def _paint_mark(painter: QPainter, right: int, row: QRect, width: int, color: QColor) -> None:
    """Paint a triangle that points at the chosen word: it is marked without its colour, too."""
    size = max(round(0.65 * width), 6)
    left, middle = right - size - 3, row.center().y() + 1
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
