"""Captions with forced words as rows that share their beginnings, each with ln p and tinted by surprise."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from captionviewer.core.amounts import MINUS
from captionviewer.core.coco.vocabulary import Vocabulary
from captionviewer.core.decoding.branches import Branch, fork
from captionviewer.ui.look import theme
from captionviewer.ui.sampling.ground_truth import tint
from captionviewer.ui.sampling.probability_words import nats
from captionviewer.ui.widgets.outside_text import plain_tip, shortened
from captionviewer.ui.widgets.painted_widget import PaintedWidget

_PAD, _GAP, _TURN = 4, 2, 12  # pixels: beside a word, between words, of the corner before a branch
_LONGEST_WORD = 24
_CENTRED = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine
_UNIT = "ln p"  # beside the first number; under it stand the differences to that


@dataclass(frozen=True)
class PlacedRow:
    """Where a branch stands.

    Attributes
    ----------
    branch
        its place among the branches that were given.
    parent
        the line of the row it parts from; None for the first.
    fork
        the timestep at which it parts: its words from there on are drawn.
    """

    branch: int
    parent: int | None
    fork: int


def parents_of(branches: Sequence[Branch], known: Sequence[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """The branch that each but the first parts from, and where; `known` are those of the first of them."""
    parents = list(known)
    for number in range(len(parents) + 1, len(branches)):
        forks = [fork(branches[earlier], branches[number]) for earlier in range(number)]
        parent = max(range(number), key=lambda earlier: (forks[earlier], -earlier))
        parents.append((parent, forks[parent]))
    return parents


def placed(branches: Sequence[Branch], parents: Sequence[tuple[int, int]]) -> list[PlacedRow]:
    """Order branches so that each stands under its parent, the one it shares most words with.

    Of several that part from one row, those that part later stand nearer to it: no lines cross.
    """
    rows: list[PlacedRow] = []

    def place(number: int, parent: int | None, at: int) -> None:
        line = len(rows)
        rows.append(PlacedRow(number, parent, at))
        children = [n for n in range(1, len(branches)) if parents[n - 1][0] == number]
        for child in sorted(children, key=lambda n: -parents[n - 1][1]):
            place(child, line, parents[child - 1][1])

    if branches:
        place(0, None, 0)
    return rows


class BranchRows(PaintedWidget):
    """Rows that are painted and pointed at; the one that is shown in the chips is marked."""

    row_chosen = Signal(int, int)  # a branch, and how many of its words are to be chosen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._branches: tuple[Branch, ...] = ()
        self._vocabulary = Vocabulary.from_words(())
        self._parents: list[tuple[int, int]] = []
        self._rows: list[PlacedRow] = []
        self._widths: dict[str, int] = {}  # of words, in this font
        self._boxes: list[list[QRect]] = []  # by line, of all words, shared ones included
        self._blind_guess, self._shown = 0.0, 0
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Branches")

    @property
    def rows(self) -> list[PlacedRow]:
        """The rows from top to bottom."""
        return self._rows

    def show_branches(
        self, branches: Sequence[Branch], shown: int, vocabulary: Vocabulary, blind_guess: float
    ) -> None:
        """Show branches, the first with nothing forced."""
        pairs = enumerate(zip(branches, self._branches, strict=False))
        least = min(len(branches), len(self._branches))
        alike = next((at for at, (a, b) in pairs if a.timesteps is not b.timesteps), least)
        if not alike == len(branches) == len(self._branches) or vocabulary is not self._vocabulary:
            self._parents = parents_of(branches, self._parents[: max(alike - 1, 0)])
            self._branches, self._vocabulary = tuple(branches), vocabulary
            self._rows = placed(self._branches, self._parents)
            self._place_words()
            self.setAccessibleDescription("; ".join(self._row_tip(row.branch) for row in self._rows))
        self._shown, self._blind_guess = shown, blind_guess
        self.update()

    # ---- where things stand --------------------------------------------------------------------

    def line_height(self) -> int:
        """The height of a row."""
        return self.fontMetrics().height() + 4

    def line(self, number: int) -> QRect:
        """Where a row stands."""
        height = self.line_height()
        return QRect(0, number * height, self.width(), height)

    def _columns(self) -> tuple[int, int]:
        metrics = QFontMetrics(self.font())
        wide = max(map(metrics.horizontalAdvance, (f"{MINUS}00.0", _UNIT))) + 10
        return wide, 2 * wide

    def _place_words(self) -> None:
        self._boxes = []
        left, height = self._columns()[1] + 12, self.line_height()
        for number, row in enumerate(self._rows):
            shared: list[QRect] = []
            x = left
            if row.parent is not None:
                above = self._boxes[row.parent]
                shared = above[: row.fork]
                x = (shared[-1].right() + 1 + _GAP if shared else left) + _TURN
            boxes = list(shared)
            for word in self._branches[row.branch].words[row.fork :]:
                wide = self._width_of(self._vocabulary.idx_to_word[word])
                boxes.append(QRect(x, number * height + 1, wide, height - 2))
                x += wide + _GAP
            self._boxes.append(boxes)
        right = max((boxes[-1].right() for boxes in self._boxes if boxes), default=0)
        self.setMinimumSize(right + 4, len(self._rows) * height)
        self.updateGeometry()

    def _width_of(self, word: str) -> int:
        wide = self._widths.get(word)
        if wide is None:
            wide = self.fontMetrics().horizontalAdvance(shortened(word, _LONGEST_WORD)) + 2 * _PAD
            self._widths[word] = wide
        return wide

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def _at(self, point: QPoint) -> tuple[int, int | None] | None:
        """The line at a point and the timestep of the word there; None beside the rows."""
        for number, row in enumerate(self._rows):
            if self.line(number).contains(point):
                own = range(row.fork, len(self._boxes[number]))
                word = next((t for t in own if self._boxes[number][t].contains(point)), None)
                return number, word
        return None

    # ---- events --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to a branch, and to the timestep of its word."""
        at = self._at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and at is not None:
            number, word = at
            branch = self._rows[number].branch
            count = len(self._branches[branch].words)
            self.row_chosen.emit(branch, count if word is None else word + 1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show that a row can be clicked."""
        if self._at(event.position().toPoint()) is None:
            self.unsetCursor()
        else:
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._widths.clear()
            self._place_words()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = self._at(event.pos())
            if at is None:
                QToolTip.hideText()
                event.ignore()
            else:
                number, word = at
                branch = self._rows[number].branch
                tip = self._row_tip(branch) if word is None else self._word_tip(branch, word)
                QToolTip.showText(event.globalPos(), plain_tip(tip), self, self.line(number))
            return True
        return super().event(event)

    def _word_tip(self, number: int, timestep: int) -> str:
        branch = self._branches[number]
        word = self._vocabulary.idx_to_word[branch.words[timestep]]
        said = f"“{word}”: surprise {nats(branch.surprises[timestep])} nats"
        return f"{said}, said by you" if timestep in branch.forced else said

    def _row_tip(self, number: int) -> str:
        branch = self._branches[number]
        of_id = self._vocabulary.idx_to_word
        words = self._vocabulary.text(of_id[word] for word in branch.words)
        forced = ", ".join(f"“{of_id[word]}”" for _t, word in sorted(branch.forced.items()))
        said = f"{words}: ln p {nats(branch.log_probability)}"
        if number:
            more = branch.log_probability - self._branches[0].log_probability
            said += f", {nats(abs(more))} {'more' if more > 0 else 'less'} than the first"
        return f"{said}, {forced} said by you" if forced else said

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.fade(painter)
        first, second = self._columns()
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        height = self.line_height()
        seen = event.rect()  # fifty rows take longer than a frame, and few stand in the strip
        shown = range(seen.top() // height, min(seen.bottom() // height + 1, len(self._rows)))
        for number in shown:
            row, line = self._rows[number], self.line(number)
            if row.branch == self._shown:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(c.selected)
                painter.drawRect(line)
                painter.setBrush(c.accent)
                painter.drawRect(QRect(0, line.top(), 3, line.height()))
            branch = self._branches[row.branch]
            painter.setPen(c.text)
            painter.drawText(QRect(0, line.top(), first, height), side, nats(branch.log_probability))
            beside = QRect(first, line.top(), second - first, height)
            if not row.branch:
                painter.setPen(c.muted)
                painter.drawText(beside, side, _UNIT)
            else:
                more = branch.log_probability - self._branches[0].log_probability
                said = f"{'+' if more > 0 else ''}{nats(more)}"
                painter.drawText(beside, side, said)
        for number in shown:
            self._paint_words(painter, number, c)
        for number in range(shown.stop, len(self._rows)):  # further down, but parts from a row in sight
            if (self._rows[number].parent or 0) < shown.stop:
                self._paint_turn(painter, number, c)
        painter.end()

    def _paint_words(self, painter: QPainter, number: int, c: theme.Colors) -> None:
        row = self._rows[number]
        branch, boxes = self._branches[row.branch], self._boxes[number]
        self._paint_turn(painter, number, c)
        surprises = branch.surprises
        for timestep in range(row.fork, len(boxes)):
            box = boxes[timestep]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tint(surprises[timestep], self._blind_guess, c))
            painter.drawRoundedRect(box, 3, 3)
            if timestep in branch.forced:
                painter.setPen(QPen(c.accent, 1.4, Qt.PenStyle.DashLine))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
            painter.setPen(c.text)
            text = shortened(self._vocabulary.idx_to_word[branch.words[timestep]], _LONGEST_WORD)
            painter.drawText(box, _CENTRED, text)

    def _paint_turn(self, painter: QPainter, number: int, c: theme.Colors) -> None:
        """The line from a row's parent to its own first word."""
        row, boxes = self._rows[number], self._boxes[number]
        if row.parent is not None:
            x = (boxes[row.fork].left() if row.fork < len(boxes) else boxes[-1].right()) - _TURN + 3
            middle = self.line(number).center().y()
            painter.setPen(QPen(c.muted, 1))
            painter.drawLine(x, self.line(row.parent).bottom() - 1, x, middle)
            painter.drawLine(x, middle, x + _TURN - 5, middle)
