"""How a model is surprised at each word against how often it was trained on: a dot a word, to be chosen.

Painted: the dots are kept as a picture, over which what is pointed at is drawn. The export draws the same
numbers on a Matplotlib figure.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy

from captionviewer.core.inspection.photo_worth import LEAST_COUNT
from captionviewer.core.inspection.word_frequency import SurpriseByFrequency
from captionviewer.ui.look import theme
from captionviewer.ui.look.numbers import counted
from captionviewer.ui.look.theme import Colors
from captionviewer.ui.plots.painted_axes import PaintedAxes
from captionviewer.ui.plots.painted_export import PaintedExport
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.painted_widget import PaintedWidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEVER = 0.6  # where on the log axis a word stands that was never trained on
NEAR = 10.0  # pixels from a dot at which the mouse points at it
RADIUS = 3.0
NAMED = 16  # dots that are named, where there is room
X_TITLE, Y_TITLE = "times in the captions of training, log axis", "nats"
HINT = "click or Enter: its captions"


class SurprisePlot(PaintedWidget):
    """Shows the words of a corpus; Left and Right go from dot to dot, Enter or a click chooses a word.

    A hollow dot has few places in the corpus, so that its mean says little. The dashed line is what a
    word would surprise one who knows its frequency alone.
    """

    word_chosen = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._found: SurpriseByFrequency | None = None
        self._names: tuple[str, ...] = ()
        self._unknown = -1
        self._is_old = False
        self._said = ""
        self._pointed: int | None = None
        self._chosen: frozenset[str] = frozenset()
        self._picture: QPixmap | None = None
        self._places = np.empty((0, 2))
        self.setAccessibleName("Surprise at words against how often they were trained on")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.exported = PaintedExport(
            session, self, self.draw, self.rows, lambda: "surprise-by-frequency", lambda: self.num_dots > 0
        )

    def show_words(
        self, found: SurpriseByFrequency | None, names: Sequence[str], unknown: int, description: str
    ) -> None:
        """Show the dots; `names` of all ids, the id of <UNK>, and a `description` for screen readers."""
        self._found = found
        self._names = tuple(names[word] for word in found.words) if found is not None else ()
        self._unknown = unknown
        self._said = description
        self._pointed = None
        self.setAccessibleDescription(description)
        self.paint_anew()

    def set_old(self, old: bool) -> None:
        """Grey the dots while they are of another model than the one that is shown elsewhere."""
        if old != self._is_old:
            self._is_old = old
            self.paint_anew()

    def show_chosen(self, words: Collection[str]) -> None:
        """Ring the words that photos are filtered by."""
        self._chosen = frozenset(words)
        self.update()

    @property
    def num_dots(self) -> int:
        """How many words there are."""
        return len(self._names)

    @property
    def pointed_word(self) -> str | None:
        """The word that is pointed at."""
        return self._names[self._pointed] if self._pointed is not None else None

    def told(self, dot: int) -> str:
        """What a dot says."""
        assert self._found is not None
        found = self._found
        alone = (
            f"by frequency alone {found.by_frequency[dot]:.1f}" if found.trained[dot] else "never trained on"
        )
        places, times = counted(int(found.counts[dot]), "place"), counted(int(found.trained[dot]), "time")
        return f"“{self._names[dot]}”: {found.nats[dot]:.2f} nats over {places}, trained on {times}, {alone}"

    def rows(self) -> Iterator[Sequence[object]]:
        """The words, a line each, the header first."""
        yield "word", "times in training", "places read", "mean surprise in nats", "by frequency alone"
        found = self._found
        if found is not None:
            columns = (found.trained, found.counts, found.nats, found.by_frequency)
            yield from zip(self._names, *(column.tolist() for column in columns), strict=True)

    def draw(self, figure: "Figure", c: Colors, points: float) -> None:
        """Draw the same on a Matplotlib figure."""
        assert self._found is not None
        found, axes = self._found, figure.add_subplot(facecolor=c.surface.name())
        often = found.counts >= LEAST_COUNT
        x = np.maximum(found.trained, NEVER)
        axes.scatter(x[often], found.nats[often], s=14, color=c.accent.name(), label="words")
        few = f"fewer than {LEAST_COUNT} places"
        axes.scatter(
            x[~often],
            found.nats[~often],
            s=14,
            label=few,
            facecolors="none",
            edgecolors=c.accent.name(),
        )
        known = found.trained > 0
        axes.plot(
            found.trained[known],
            found.by_frequency[known],
            "--",
            color=c.muted.name(),
            label="by frequency alone",
        )
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.set_xlabel("times in the captions of training", color=c.text.name(), fontsize=points)
        axes.set_ylabel("mean surprise in nats", color=c.text.name(), fontsize=points)
        axes.tick_params(colors=c.text.name(), which="both", labelsize=0.9 * points)
        for spine in axes.spines.values():
            spine.set_color(c.border.name())
        axes.legend(frameon=False, labelcolor=c.text.name(), fontsize=0.9 * points)

    # ---- where things are ----------------------------------------------------------------------

    @property
    def axes(self) -> PaintedAxes:
        """Where the dots stand now."""
        found, line = self._found, self.fontMetrics().height()
        assert found is not None
        known = found.by_frequency[np.isfinite(found.by_frequency)]
        most = max(float(found.nats.max(initial=1.0)), float(known.max(initial=0.0)))
        first = NEVER if (found.trained == 0).any() else 1.0
        return PaintedAxes.within(
            self.size(),
            self.fontMetrics(),
            1.15 * max(float(found.trained.max(initial=1)), 2.0),
            (0.0, 1.06 * most),
            x_start=first,
            above=2.5 * line + 8,
            beside=line,
        )

    def place_of(self, word: str) -> QPointF:
        """Where the dot of a word stands.  ValueError if there is none."""
        x, y = self._dots()[self._names.index(word)]
        return QPointF(x, y)

    def _dots(self) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """Where all dots stand, (n, 2)."""
        assert self._found is not None
        if self._picture is None:
            points = self.axes.points(np.maximum(self._found.trained, NEVER), self._found.nats)
            self._places = np.array([(point.x(), point.y()) for point in points]).reshape(-1, 2)
        return self._places

    # ---- pointing and choosing -----------------------------------------------------------------

    def _point_at(self, dot: int | None) -> None:
        if dot != self._pointed:
            self._pointed = dot
            self.setAccessibleDescription(self._said if dot is None else f"{self.told(dot)}; {HINT}")
            shape = Qt.CursorShape.ArrowCursor if dot is None else Qt.CursorShape.PointingHandCursor
            self.setCursor(shape)
            self.update()

    def _dot_at(self, place: QPointF) -> int | None:
        if not self.num_dots:
            return None
        apart = np.hypot(*(self._dots() - (place.x(), place.y())).T)
        nearest = int(apart.argmin())
        return nearest if apart[nearest] <= NEAR else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self._dot_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._point_at(self._dot_at(event.position()))
            self._choose()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(None)

    def _choose(self) -> None:
        word = self.pointed_word
        if word is not None:
            self.word_chosen.emit(word)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = self.num_dots - 1
        # the dots go from often to rare
        rarer, oftener = (0, 0) if self._pointed is None else (self._pointed + 1, self._pointed - 1)
        to = {
            Qt.Key.Key_Left: rarer,
            Qt.Key.Key_Down: rarer,
            Qt.Key.Key_Right: oftener,
            Qt.Key.Key_Up: oftener,
            Qt.Key.Key_Home: last,
            Qt.Key.Key_End: 0,
        }.get(Qt.Key(event.key()))
        if last >= 0 and to is not None:
            self._point_at(min(max(to, 0), last))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._point_at(None)

    # ---- painting ------------------------------------------------------------------------------

    def paint_anew(self) -> None:
        self._picture = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors()
        if self._picture is None:
            dots = self._dots() if self.num_dots else self._places
            self._picture = self._painted(c, dots)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._picture)
        if self.hasFocus():
            painter.setPen(QPen(c.accent, 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        if not self.num_dots:
            return
        painter.setPen(QPen(c.text, 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for dot in [n for n, word in enumerate(self._names) if word in self._chosen] if self._chosen else []:
            painter.drawEllipse(QPointF(*self._places[dot]), RADIUS + 3, RADIUS + 3)
        self._paint_head(painter, c)
        if self._pointed is not None:
            painter.setPen(QPen(c.text, 1.6))
            painter.setBrush(c.accent)
            painter.drawEllipse(QPointF(*self._places[self._pointed]), RADIUS + 2, RADIUS + 2)

    def _paint_head(self, painter: QPainter, c: Colors) -> None:
        """Write what is pointed at in the first line, or what dots and line mean."""
        metrics = self.fontMetrics()
        words = (
            self.told(self._pointed)
            if self._pointed is not None
            else f"Dashed: by frequency alone. Hollow: fewer than {LEAST_COUNT} places."
        )
        box = QRectF(8, 4, self.width() - 16, metrics.height())
        painter.setPen(c.muted if self._pointed is None else c.text)
        elided = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)

    def _painted(self, c: Colors, dots: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> QPixmap:
        """All but what is pointed at and chosen."""
        picture = QPixmap(self.size() * self.devicePixelRatioF())
        picture.setDevicePixelRatio(self.devicePixelRatioF())
        picture.fill(c.surface)
        found = self._found
        if found is None or not len(dots):
            return picture
        painter, axes = QPainter(picture), self.axes
        painter.setFont(self.font())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        axes.paint(painter, c, X_TITLE, Y_TITLE)
        if axes.x_start == NEVER:
            painter.setPen(c.muted)
            at, line = axes.place(NEVER, 0.0), self.fontMetrics().height()
            box = QRectF(at.x() - 10, axes.room.bottom() + 3, 20, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "0")
        known = np.flatnonzero(found.trained > 0)
        if len(known) > 1:
            painter.setPen(QPen(c.muted, 1.2, Qt.PenStyle.DashLine))
            ends = known[[0, -1]]
            painter.drawLine(*axes.points(found.trained[ends].astype(np.float64), found.by_frequency[ends]))
        places = [QPointF(x, y) for x, y in dots.tolist()]
        shade = c.muted if self._is_old else c.accent
        unknown, few = found.words == self._unknown, found.counts < LEAST_COUNT
        for color, those in ((shade, ~unknown), (c.unknown, unknown)):  # at once: one by one takes 30 ms
            for tone, width, shown in (
                (color, 2 * RADIUS + 1, those),
                (c.surface, 2 * RADIUS - 1.4, those & few),
            ):
                painter.setPen(QPen(tone, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawPoints([places[dot] for dot in np.flatnonzero(shown).tolist()])
        self._paint_names(painter, c, axes, dots)
        painter.end()
        return picture

    def _paint_names(
        self,
        painter: QPainter,
        c: Colors,
        axes: PaintedAxes,
        dots: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    ) -> None:
        """Name in turn what surprises most and what was trained on most, where a name covers nothing."""
        found, metrics = self._found, self.fontMetrics()
        assert found is not None
        sure = np.flatnonzero(found.counts >= LEAST_COUNT)[: 2 * NAMED]
        by_nats = np.flatnonzero(found.counts >= LEAST_COUNT)
        by_nats = by_nats[np.argsort(-found.nats[by_nats], kind="stable")][: len(sure)]
        taken: list[QRectF] = []
        painter.setPen(c.text)
        for dot in dict.fromkeys(np.stack([by_nats, sure], axis=1).ravel().tolist()):
            name = metrics.elidedText(self._names[dot], Qt.TextElideMode.ElideRight, 12 * metrics.height())
            size = QSize(metrics.horizontalAdvance(name), metrics.height())
            box = QRectF(QPointF(dots[dot, 0] + RADIUS + 3, dots[dot, 1] - size.height() / 2), size)
            if len(taken) == NAMED:
                break
            if not axes.room.contains(box) or any(box.intersects(other) for other in taken):
                continue
            inside = np.abs(dots - (box.center().x(), box.center().y())) < (
                box.width() / 2 + RADIUS,
                box.height() / 2,
            )
            if not inside.all(axis=1).any():
                taken.append(box)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)

    # ---- Qt ------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.paint_anew()

    def sizeHint(self) -> QSize:
        return QSize(24, 9) * self.fontMetrics().height()

    def minimumSizeHint(self) -> QSize:
        return QSize(14, 9) * self.fontMetrics().height()
