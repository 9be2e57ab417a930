"""Captions of one photo drawn by chance, a line each: what greedy says too is faint."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from captionviewer.ui.look import theme
from captionviewer.ui.widgets.painted_widget import PaintedWidget

_LINE = 1.3  # lines of text


class DrawnCaptions(PaintedWidget):
    """Lines of words; each keeps its place, so that it can be seen to change as the temperature moves."""

    def __init__(self) -> None:
        super().__init__()
        self._captions: tuple[tuple[str, ...], ...] = ()
        self._greedy: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setObjectName("drawn_captions")
        self.setAccessibleName("Captions drawn by chance")

    @property
    def captions(self) -> tuple[tuple[str, ...], ...]:
        """The words of each caption."""
        return self._captions

    def show_captions(self, captions: Sequence[Sequence[str]], greedy: Sequence[str]) -> None:
        """Show captions beside the greedy one, whose words are faint in them."""
        self._captions = tuple(tuple(caption) for caption in captions)
        self._greedy = tuple(greedy)
        self.setAccessibleDescription("; ".join(" ".join(caption) for caption in self._captions))
        self.updateGeometry()
        self.update()

    def _high(self) -> int:
        return round(_LINE * self.fontMetrics().height())

    def sizeHint(self) -> QSize:
        return QSize(40 * self.fontMetrics().averageCharWidth(), self._high() * max(len(self._captions), 1))

    def minimumSizeHint(self) -> QSize:
        return QSize(20 * self.fontMetrics().averageCharWidth(), self._high() * max(len(self._captions), 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors()
        painter = QPainter(self)
        self.fade(painter)
        metrics, high = self.fontMetrics(), self._high()
        space = metrics.horizontalAdvance(" ")
        dots = metrics.horizontalAdvance("…")
        for line, caption in enumerate(self._captions):
            left = 0
            for place, word in enumerate(caption):
                wide = metrics.horizontalAdvance(word)
                last = place == len(caption) - 1
                fits = left + wide + (0 if last else dots) <= self.width()
                same = self._greedy[: place + 1] == caption[: place + 1]
                painter.setPen(c.muted if same else c.text)
                painter.drawText(
                    left,
                    line * high,
                    wide if fits else dots,
                    high,
                    Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine,
                    word if fits else "…",
                )
                if not fits:
                    break
                left += wide + space
        painter.end()
