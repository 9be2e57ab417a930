"""How often each word is said against its rank, on log axes, with a line where the vocabulary is cut.

Painted, for the line follows the mouse.  The export draws the same numbers on a Matplotlib figure.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.vocabulary import Vocabulary
from captionviewer.core.coco.word_ranks import WordRanks
from captionviewer.ui.look import theme
from captionviewer.ui.look.theme import Colors
from captionviewer.ui.plots.painted_axes import PaintedAxes, log_limits
from captionviewer.ui.plots.painted_export import PaintedExport
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.painted_widget import PaintedWidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STRIDE = 1.1  # Up keeps so many times as many words
X_TITLE, Y_TITLE = "rank, log axis", "times said, log axis"
ZIPF = "1 / rank (Zipf), as many words in all"


class RankPlot(PaintedWidget):
    """Shows the words by rank; the line is dragged, or moved by keys.

    Left and Right move it by a word, Up and Down by a tenth, Home and End to the ends.
    """

    cut_moved = Signal(int)  # words kept

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._ranks: WordRanks | None = None
        self._words: tuple[str, ...] = ()
        self._zipf: FloatArray = np.empty(0)
        self._pictures: tuple[QPixmap, QPixmap] | None = None  # all but the line, kept and cut
        self.kept = 0
        self.setAccessibleName("How often words are said against their rank, log axes")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.exported = PaintedExport(
            session, self, self.draw, self.rows, lambda: "words-by-rank", lambda: self._has_words
        )

    def show_ranks(self, ranks: WordRanks | None, vocabulary: Vocabulary | None) -> None:
        """Show the words of a data set, all of them kept."""
        self._ranks = ranks
        self._words = vocabulary.idx_to_word if vocabulary is not None else ()
        self._zipf = ranks.zipf() if ranks is not None else np.empty(0)
        self.kept = len(ranks.words) if ranks is not None else 0
        self.setCursor(Qt.CursorShape.SplitHCursor if self._has_words else Qt.CursorShape.ArrowCursor)
        self.paint_anew()

    def show_cut(self, kept: int) -> None:
        """Move the line, and tell nobody."""
        self.kept = kept
        self.update()

    @property
    def _has_words(self) -> bool:
        return self._ranks is not None and self._ranks.num_said > 0

    def rows(self) -> Iterator[Sequence[object]]:
        """The words, a line each, with what is left where the vocabulary ends there; the header first."""
        yield "rank", "word", "times said", "words covered", "captions with <UNK>"
        ranks = self._ranks
        if ranks is None:
            return
        for n, (word, count) in enumerate(zip(ranks.words.tolist(), ranks.counts.tolist(), strict=True), 1):
            yield n, self._words[word], count, ranks.covered_share(n), ranks.unknown_caption_share(n)

    def draw(self, figure: "Figure", c: Colors, points: float) -> None:
        """Draw the same on a Matplotlib figure."""
        assert self._ranks is not None
        axes = figure.add_subplot(facecolor=c.surface.name())
        said = self._ranks.num_said
        rank = np.arange(1, said + 1)
        axes.plot(
            rank, self._ranks.counts[:said], color=c.accent.name(), linewidth=1.8, label="words of train"
        )
        axes.plot(rank, self._zipf, "--", color=c.muted.name(), linewidth=1.1, label=ZIPF)
        axes.axvline(self.kept + 0.5, color=c.text.name(), linewidth=1.2, label=f"{self.kept:,} words kept")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("rank", color=c.text.name(), fontsize=points)
        axes.set_ylabel("times said", color=c.text.name(), fontsize=points)
        axes.tick_params(colors=c.text.name(), which="both", labelsize=0.9 * points)
        for spine in axes.spines.values():
            spine.set_color(c.border.name())
        axes.legend(frameon=False, labelcolor=c.text.name(), fontsize=0.9 * points)

    # ---- where things are ----------------------------------------------------------------------

    @property
    def axes(self) -> PaintedAxes:
        """Where the points stand now."""
        assert self._ranks is not None
        counts = self._ranks.counts[: self._ranks.num_said]
        most = float(max(counts[0], self._zipf[0]))
        least = float(min(counts[-1], self._zipf[-1]))
        line = self.fontMetrics().height()
        return PaintedAxes.within(
            self.size(),
            self.fontMetrics(),
            max(len(self._ranks.words), 2) + 0.5,
            log_limits(least, most),
            log=True,
            x_start=1.0,
            above=2.5 * line + 8,
        )

    def line_at(self) -> float:
        """Where the line stands, in pixels from the left: right of the last word that is kept."""
        axes = self.axes
        return axes.place(self.kept + 0.5, axes.low).x()

    # ---- moving the line -----------------------------------------------------------------------

    def _move(self, kept: int) -> None:
        assert self._ranks is not None
        kept = min(max(kept, 1), len(self._ranks.words))
        if kept != self.kept:
            self.show_cut(kept)
            self.cut_moved.emit(kept)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._has_words and event.button() is Qt.MouseButton.LeftButton:
            self._move(round(self.axes.x_at(event.position().x())))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._has_words and event.buttons() & Qt.MouseButton.LeftButton:
            self._move(round(self.axes.x_at(event.position().x())))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        kept = self.kept
        to = {
            Qt.Key.Key_Left: kept - 1,
            Qt.Key.Key_Right: kept + 1,
            Qt.Key.Key_Up: max(round(kept * STRIDE), kept + 1),
            Qt.Key.Key_Down: min(round(kept / STRIDE), kept - 1),
            Qt.Key.Key_Home: 1,
            Qt.Key.Key_End: len(self._ranks.words) if self._ranks is not None else 0,
        }.get(Qt.Key(event.key()))
        if to is None or not self._has_words:
            super().keyPressEvent(event)
        else:
            self._move(to)

    def paint_anew(self) -> None:
        self._pictures = None
        self.update()

    # ---- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        c, metrics = theme.colors(), self.fontMetrics()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), c.surface)
        if self._ranks is None or not self._has_words:
            return
        if self._pictures is None:
            self._pictures = self._painted(c, c.surface, c.accent), self._painted(c, c.raised, c.muted)
        axes, line = self.axes, self.line_at()
        inside, outside = self._pictures
        painter.drawPixmap(0, 0, inside)
        painter.setClipRect(QRectF(line, axes.room.top(), self.width() - line, axes.room.height()))
        painter.drawPixmap(0, 0, outside)
        painter.setClipping(False)
        painter.setPen(QPen(c.accent if self.hasFocus() else c.text, 2))
        painter.drawLine(QPointF(line, axes.room.top()), QPointF(line, axes.room.bottom()))
        painter.setBrush(c.accent if self.hasFocus() else c.text)
        painter.drawEllipse(QPointF(line, axes.room.center().y()), 4, 4)
        words = f"{self.kept:,} kept"
        wide = metrics.horizontalAdvance(words)
        at = min(max(line - wide - 6, axes.room.left() + 4), axes.room.right() - wide)
        painter.setPen(c.text)
        painter.drawText(QPointF(at, axes.room.bottom() - metrics.descent() - 4), words)

    def _painted(self, c: Colors, ground: QColor, tone: QColor) -> QPixmap:
        """All but the line, once as it is left of it and once as it is right of it."""
        assert self._ranks is not None
        picture = QPixmap(self.size() * self.devicePixelRatioF())
        picture.setDevicePixelRatio(self.devicePixelRatioF())
        picture.fill(c.surface)
        painter, axes, said = QPainter(picture), self.axes, self._ranks.num_said
        painter.setFont(self.font())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(axes.room, ground)
        axes.paint(painter, c, X_TITLE, Y_TITLE)
        rank = np.arange(1, said + 1)
        self._paint_curve(painter, axes, rank, self._zipf, QPen(c.muted, 1.2, Qt.PenStyle.DashLine))
        self._paint_curve(painter, axes, rank, self._ranks.counts[:said], QPen(tone, 2.2))
        self._paint_legend(painter, c)
        painter.end()
        return picture

    def _paint_curve(
        self, painter: QPainter, axes: PaintedAxes, rank: IntArray, counts: IntArray | FloatArray, pen: QPen
    ) -> None:
        """Paint a curve that never rises, by the first and last of its points in each column of pixels."""
        shares = np.log(rank) / np.log(axes.x_end)
        column = np.floor(shares * max(axes.room.width(), 1)).astype(np.intp)
        first = np.flatnonzero(np.diff(column, prepend=-1))
        shown = np.unique(np.concatenate([first, first[1:] - 1, [len(rank) - 1]]))
        points = axes.points(rank[shown].astype(np.float64), counts[shown].astype(np.float64))
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(points))

    def _paint_legend(self, painter: QPainter, c: Colors) -> None:
        metrics, x = self.fontMetrics(), 8.0
        middle = 4.0 + metrics.height() / 2
        for words, pen in (
            ("Words of train", QPen(c.accent, 2.2)),
            (ZIPF, QPen(c.muted, 1.2, Qt.PenStyle.DashLine)),
        ):
            painter.setPen(pen)
            painter.drawLine(QPointF(x, middle), QPointF(x + 22, middle))
            painter.setPen(c.text)
            box = QRectF(x + 28, 4.0, max(self.width() - x - 32, 1), metrics.height())
            elided = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(box.width()))
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)
            x += 28 + metrics.horizontalAdvance(words) + 18

    # ---- Qt ------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.paint_anew()

    def sizeHint(self) -> QSize:
        return QSize(24, 9) * self.fontMetrics().height()

    def minimumSizeHint(self) -> QSize:
        return QSize(14, 9) * self.fontMetrics().height()
