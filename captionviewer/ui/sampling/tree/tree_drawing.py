"""A tree made ready for painting: paths for all nodes of a kind, and each word laid out once.

A node painted by itself costs a dozen calls, and a tree of ten by seventeen has more than two hundred: by
kinds, the whole takes a third of the time.
"""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QStaticText, QTransform

from captionviewer.core.coco.vocabulary import START
from captionviewer.ui.look import theme
from captionviewer.ui.sampling.tree.tree_layout import TreeNode

_WIDE, _HIGH = 17.5, 1.55  # of a node's place: in letters of average width, in lines of text
_BOX, _TALL = 0.78, 0.80  # what part of it the node takes; between columns there is room for lines
_BESIDE = 6.0  # pixels between a node's edge and its word
READABLE = 0.45  # below this scale words are not written


class Places:
    """Where nodes stand, in the tree's own pixels, for text of one font."""

    def __init__(self, font: QFont) -> None:
        metrics = QFontMetricsF(font)
        self.cell = QSizeF(round(_WIDE * metrics.averageCharWidth()), round(_HIGH * metrics.height()))
        self._wide, self._high = _BOX * self.cell.width(), _TALL * self.cell.height()

    def box(self, column: int, row: int) -> QRectF:
        """A node's place; <START> stands in the column before the first, heads in the row before it."""
        top = (row + 1) * self.cell.height() + 0.5 * (self.cell.height() - self._high)
        return QRectF((column + 1) * self.cell.width(), top, self._wide, self._high)

    def size(self, columns: int, rows: int) -> tuple[float, float]:
        """How wide and high a tree is."""
        return (columns + _BOX) * self.cell.width(), (rows + 1) * self.cell.height()


class TreeDrawing:
    """The first columns of a tree as paths and words."""

    def __init__(
        self,
        nodes: Sequence[TreeNode],
        words: Sequence[str],
        columns: int,
        marked: frozenset[int],
        font: QFont,
        laid_out: dict[tuple[str, bool], QStaticText],
    ) -> None:
        """`laid_out` holds words, and whether they are bold, that other drawings in this font laid out."""
        self._laid_out = laid_out
        self._font, self._bold = QFont(font), QFont(font)
        self._bold.setBold(True)
        self._places = Places(font)
        self._faint_lines, self._lines, self._marked_lines, self._greedy_lines = _paths(4)
        self._boxes, self._bars, self._faint_bars = _paths(3)
        self._edges, self._found_edges, self._marked_edges, self._greedy_edges = _paths(4)
        self._said: list[tuple[QPointF, QStaticText]] = []
        self._faint: list[tuple[QPointF, QStaticText]] = []
        self._found: list[tuple[QPointF, QStaticText]] = []
        self._round = 0.25 * self._places.box(0, 0).height()
        self._metrics = {bold: QFontMetricsF(self._bold if bold else self._font) for bold in (False, True)}
        boxes = [self._places.box(node.column, node.row) for node in nodes]
        for number, node in enumerate(nodes):
            if node.column < columns:
                begin = self._places.box(-1, 0) if node.parent is None else boxes[node.parent]
                self._add_lines(node, number in marked, begin, boxes[number])
                self._add_node(node, number in marked, boxes[number])
                self._add_words(node, words[node.word], boxes[number])
        if nodes:
            self._write(self._faint, self._places.box(-1, 0), START, False, centred=True)
        for column in range(columns):
            self._write(self._faint, self._places.box(column, -1), str(column + 1), False, centred=True)

    # ---- made ready ----------------------------------------------------------------------------

    def _add_lines(self, node: TreeNode, marked: bool, begin: QRectF, end: QRectF) -> None:
        a, b = QPointF(begin.right(), begin.center().y()), QPointF(end.left(), end.center().y())
        middle = 0.5 * (a.x() + b.x())
        c, d = QPointF(middle, a.y()), QPointF(middle, b.y())
        for path, wanted in (
            (self._faint_lines, node.kind == "pruned"),
            (self._lines, node.kind in ("kept", "found")),
            (self._marked_lines, marked),
            (self._greedy_lines, node.greedy),
        ):
            if wanted:
                path.moveTo(a)
                path.cubicTo(c, d, b)

    def _add_node(self, node: TreeNode, marked: bool, box: QRectF) -> None:
        stays, by = node.kind in ("kept", "found"), self._round
        bar = QRectF(box.left(), box.top(), max(node.share * box.width(), 2.0), box.height())
        (self._bars if stays else self._faint_bars).addRoundedRect(bar, min(by, bar.width() / 2), by)
        if stays:
            self._boxes.addRoundedRect(box, by, by)
            edges = self._found_edges if node.kind == "found" else self._edges
            (self._marked_edges if marked else edges).addRoundedRect(box, by, by)
        if node.greedy:
            self._greedy_edges.addRoundedRect(box.adjusted(-2.5, -2.5, 2.5, 2.5), by + 2, by + 2)

    def _add_words(self, node: TreeNode, word: str, box: QRectF) -> None:
        inside = box.adjusted(_BESIDE, 0, -_BESIDE, 0)
        if node.kind == "pruned" and node.rank is not None:
            rank = f"#{node.rank + 1}"
            wide = self._metrics[False].horizontalAdvance(rank)
            self._write(
                self._faint, QRectF(inside.right() - wide, box.top(), wide, box.height()), rank, False
            )
            inside.setRight(inside.right() - wide - 3)
        found = node.kind == "found"
        into = self._found if found else self._said if node.kind == "kept" else self._faint
        self._write(into, inside, word, found)

    def _write(
        self,
        into: list[tuple[QPointF, QStaticText]],
        box: QRectF,
        text: str,
        bold: bool,
        centred: bool = False,
    ) -> None:
        metrics = self._metrics[bold]
        wide = metrics.horizontalAdvance(text)
        if wide > box.width() and not centred:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        static = self._laid_out.get((text, bold))
        if static is None:
            static = self._laid_out[text, bold] = QStaticText(text)
            static.setTextFormat(Qt.TextFormat.PlainText)  # a word of a stranger's vocabulary
            static.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            static.prepare(QTransform(), self._bold if bold else self._font)
        left = box.left() + (0.5 * (box.width() - wide) if centred else 0.0)
        into.append((QPointF(left, box.top() + 0.5 * (box.height() - metrics.height())), static))

    # ---- painted -------------------------------------------------------------------------------

    def paint(self, painter: QPainter, c: theme.Colors, *, with_words: bool) -> None:
        """Paint it in the painter's own coordinates."""
        painter.strokePath(self._faint_lines, QPen(c.border, 1.0))
        painter.strokePath(self._lines, QPen(c.muted, 1.2))
        painter.strokePath(self._marked_lines, QPen(c.accent, 3.0))
        painter.strokePath(self._greedy_lines, _dashed(c, 1.6))
        painter.fillPath(self._boxes, c.raised)
        painter.fillPath(self._bars, theme.mixed(c.surface, c.accent, 0.28))
        painter.fillPath(self._faint_bars, theme.mixed(c.surface, c.accent, 0.10))
        painter.strokePath(self._edges, QPen(c.muted, 1.0))
        painter.strokePath(self._found_edges, QPen(c.good, 2.0))
        painter.strokePath(self._marked_edges, QPen(c.accent, 2.0))
        painter.strokePath(self._greedy_edges, _dashed(c, 1.2))
        if not with_words:
            return
        painter.setFont(self._font)
        for color, texts in ((c.text, self._said), (c.muted, self._faint)):
            painter.setPen(color)
            for place, text in texts:
                painter.drawStaticText(place, text)
        painter.setFont(self._bold)
        painter.setPen(c.text)
        for place, text in self._found:
            painter.drawStaticText(place, text)


def _paths(count: int) -> tuple[QPainterPath, ...]:
    """Paths whose shapes may lie over one another without making holes."""
    paths = tuple(QPainterPath() for _ in range(count))
    for path in paths:
        path.setFillRule(Qt.FillRule.WindingFill)
    return paths


def _dashed(c: theme.Colors, width: float) -> QPen:
    pen = QPen(c.text, width)
    pen.setDashPattern([3.0, 2.5])
    return pen
