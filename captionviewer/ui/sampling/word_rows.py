"""Rows of likely words, one under the other: what all bars of words have in common."""

from collections.abc import Sequence
from typing import ClassVar

from PySide6.QtCore import QEvent, QRect, QSize
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from captionviewer.ui.sampling.caption_sample import NUM_LIKELIEST
from captionviewer.ui.widgets.outside_text import plain_tip
from captionviewer.ui.widgets.painted_widget import PaintedWidget


class WordRows(PaintedWidget):
    """Rows that share the height, none higher than reads well; each says its figures when pointed at."""

    LETTERS: ClassVar[int] = 24  # of average width, that are the least

    def __init__(self, parent: QWidget | None = None, *, above: int = 0, below: int = 0) -> None:
        """Keep room for rows `above` and `below` the words."""
        super().__init__(parent)
        self._above, self._rows = above, above + NUM_LIKELIEST + below
        self._highest = 1.9  # of a row, in lines of text
        self._room_for: tuple[str, ...] = ()
        self._widest: tuple[QFont, int] | None = None  # the widest of these words, and the font it was set in
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def num_words(self) -> int:
        """Return how many words are shown."""
        raise NotImplementedError

    def tip(self, index: int) -> str:
        """Return what is said of a word when it is pointed at."""
        raise NotImplementedError

    def keep_room_for(self, words: Sequence[str]) -> None:
        """Keep room for the words of all timesteps, so that nothing moves on the way through a caption."""
        if tuple(words) != self._room_for:
            self._room_for, self._widest = tuple(words), None

    def widest_word(self, font: QFont) -> int:
        """Return how wide the widest word is that room is kept for, in pixels."""
        if self._widest is None or self._widest[0] != font:
            metrics = QFontMetrics(font)
            self._widest = font, max(map(metrics.horizontalAdvance, self._room_for), default=0)
        return self._widest[1]

    def set_dense(self, dense: bool) -> None:
        """Set the rows as close as their text allows, whatever room there is."""
        self._highest = 1.0 if dense else 1.9
        self.update()

    def row_height(self) -> float:
        """Return the height of a row, in pixels."""
        return min(self.height() / self._rows, self._highest * self.fontMetrics().height())

    def row(self, index: int) -> QRect:
        """Return where a word's row stands; those above the first have negative numbers."""
        height, place = self.row_height(), index + self._above
        top = round(place * height)
        return QRect(0, top, self.width(), round((place + 1) * height) - top)

    def sizeHint(self) -> QSize:
        return QSize(300, self._rows * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(self.LETTERS * metrics.averageCharWidth(), self._rows * metrics.height())

    def event(self, event: QEvent) -> bool:
        """Say a word's figures where the mouse rests."""
        if not isinstance(event, QHelpEvent) or event.type() is not QEvent.Type.ToolTip:
            return super().event(event)
        for index in range(self.num_words()):
            if self.row(index).contains(event.pos()):
                QToolTip.showText(event.globalPos(), plain_tip(self.tip(index)), self, self.row(index))
                return True
        QToolTip.hideText()
        event.ignore()
        return True
