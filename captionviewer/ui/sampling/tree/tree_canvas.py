"""The tree of a beam search, painted directly: it pans, zooms and grows column by column."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QStaticText,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from captionviewer.core.coco.vocabulary import Vocabulary
from captionviewer.ui.look import theme
from captionviewer.ui.sampling.probability_words import nats, percent
from captionviewer.ui.sampling.tree.tree_drawing import READABLE, Places, TreeDrawing
from captionviewer.ui.sampling.tree.tree_layout import TreeNode, path_of, size_of
from captionviewer.ui.widgets.outside_text import plain_tip
from captionviewer.ui.widgets.painted_widget import PaintedWidget

_MARGIN = 10.0  # pixels around the tree
_SMALLEST, _LARGEST = 0.15, 3.0
_SMALLEST_OF_ITSELF = 0.7  # to how much the tree is made smaller without being asked
STEP = 1.25  # of zooming
_PANNED = 0.2  # of the width or height, at a key
_CLICK = 4  # pixels that a click may wander before it is a drag


class TreeCanvas(PaintedWidget):
    """Shows the first columns of a tree; the others wait until they are stepped to."""

    node_chosen = Signal(int)  # the number of the node that was clicked on, -1 for none
    KINDS: ClassVar[Mapping[str, str]] = {
        "kept": "kept",
        "found": "a finished caption",
        "pruned": "fell here",
        "lost": "greedy went here; the beam no longer holds it",
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._nodes: Sequence[TreeNode] = ()
        self._words: Sequence[str] = ()
        self._columns = 0
        self._marked: frozenset[int] = frozenset()
        self._places = Places(self.font())
        self._drawing: TreeDrawing | None = None  # made when it is painted
        self._laid_out: dict[tuple[str, bool], QStaticText] = {}  # words of this tree, by whether bold
        self._scale = 1.0
        self._origin = QPointF(_MARGIN, _MARGIN)  # where the tree's upper left corner stands, in pixels
        self._by_hand = False  # whether the user zoomed or moved it
        self._pressed: QPointF | None = None
        self._grabbed = QPointF()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(False)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setAccessibleName("Tree of the beam search")
        self.setToolTip("Wheel or + and \N{MINUS SIGN} zoom, dragging moves, F shows all of it")

    # ---- what is shown -------------------------------------------------------------------------

    def show_tree(self, nodes: Sequence[TreeNode], words: Sequence[str]) -> None:
        """Show another tree; `words` are those of the ids. The columns shown stay as many."""
        self._nodes, self._words = nodes, words
        self._marked, self._drawing = frozenset(), None
        self._laid_out.clear()
        self._place()

    def show_columns(self, columns: int) -> None:
        """Show so many columns."""
        self._columns, self._drawing = columns, None
        shown = self.nodes_shown()
        self.setAccessibleDescription(
            f"{columns} timesteps; of the last: "
            + ", ".join(
                f"{self._words[node.word]} {self.KINDS[node.kind]}"
                for node in shown
                if node.column == columns - 1
            )
        )
        self._place()

    def mark(self, number: int) -> None:
        """Mark the way to a node; -1 for none."""
        self._marked = path_of(self._nodes, number) if 0 <= number < len(self._nodes) else frozenset()
        self._drawing = None
        self.update()

    @property
    def columns(self) -> int:
        """How many columns are shown."""
        return self._columns

    @property
    def marked(self) -> frozenset[int]:
        """The numbers of the nodes on the way that is marked."""
        return self._marked

    @property
    def scale(self) -> float:
        """How large the tree is drawn: 1 for the size of the window's text."""
        return self._scale

    @property
    def origin(self) -> QPointF:
        """Where the tree's upper left corner stands, in pixels."""
        return self._origin

    def nodes_shown(self) -> list[TreeNode]:
        """The nodes of the columns that are shown."""
        return [node for node in self._nodes if node.column < self._columns]

    # ---- where things stand --------------------------------------------------------------------

    def _size(self, columns: int) -> tuple[float, float]:
        """How wide and high so many columns are, in the tree's own pixels; all rows count, so that it
        does not shrink as it grows.
        """
        return self._places.size(columns, size_of(self._nodes)[1])

    def place_of(self, number: int) -> QRectF:
        """Where a node stands on the widget."""
        node = self._nodes[number]
        box = self._places.box(node.column, node.row)
        return QRectF(self._origin + box.topLeft() * self._scale, box.size() * self._scale)

    def node_at(self, point: QPointF) -> int:
        """The number of the node at a point of the widget; -1 where there is none."""
        for number, node in enumerate(self._nodes):
            if node.column < self._columns and self.place_of(number).contains(point):
                return number
        return -1

    def _place(self) -> None:
        """Let the newest column be seen, in a size that can be read, as long as the user placed nothing."""
        if not self._by_hand:
            wide, high = self._size(self._columns)
            room = max(self.height() - 2 * _MARGIN, 1.0)
            self._scale = min(1.0, max(room / max(high, 1.0), _SMALLEST_OF_ITSELF))
            left = min(_MARGIN, self.width() - _MARGIN - self._scale * wide)
            self._origin = QPointF(left, _MARGIN)
        self.update()

    # ---- pan and zoom --------------------------------------------------------------------------

    def zoom(self, factor: float, around: QPointF | None = None) -> None:
        """Make it larger or smaller; the point `around`, by default the middle, stays where it is."""
        middle = around if around is not None else QPointF(self.width() / 2, self.height() / 2)
        scale = min(max(factor * self._scale, _SMALLEST), _LARGEST)
        self._origin = middle + (self._origin - middle) * (scale / self._scale)
        self._scale, self._by_hand = scale, True
        self.update()

    def pan(self, right: float, down: float) -> None:
        """Move the tree by so many pixels; some of it always stays in sight."""
        wide, high = (self._scale * side for side in self._size(self._columns))
        x = min(max(self._origin.x() + right, 40.0 - wide), self.width() - 40.0)
        y = min(max(self._origin.y() + down, 40.0 - high), self.height() - 40.0)
        self._origin, self._by_hand = QPointF(x, y), True
        self.update()

    def pan_by_key(self, right: int, down: int) -> None:
        """Move the view by a part of the widget: the tree goes the other way."""
        self.pan(-right * _PANNED * self.width(), -down * _PANNED * self.height())

    def fit(self) -> None:
        """Show all columns at once, as large as they can be; from then on it places itself again."""
        wide, high = self._size(max(self._columns, 1))
        scale = min((self.width() - 2 * _MARGIN) / wide, (self.height() - 2 * _MARGIN) / max(high, 1.0), 1.5)
        self._scale = min(max(scale, _SMALLEST), _LARGEST)
        self._origin = QPointF(_MARGIN, _MARGIN)
        self._by_hand = False
        self.update()

    # ---- events --------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or abs(turned.x()) > abs(turned.y()):
            self.pan(float(turned.x() or turned.y()), 0.0)
        else:
            self.zoom(STEP ** (turned.y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed = self._grabbed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        if (event.position() - self._pressed).manhattanLength() > _CLICK:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        moved = event.position() - self._grabbed
        self._grabbed = event.position()
        self.pan(moved.x(), moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        if pressed is not None and (event.position() - pressed).manhattanLength() <= _CLICK:
            number = self.node_at(event.position())
            self.mark(number)
            self.node_chosen.emit(number)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._places, self._drawing = Places(self.font()), None
            self._laid_out.clear()
            self._place()

    def event(self, event: QEvent) -> bool:
        """Tell a node's figures where the mouse rests."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = self.node_at(QPointF(event.pos()))
            if number >= 0:
                QToolTip.showText(event.globalPos(), plain_tip(self.tip(number)), self)
                return True
        return super().event(event)

    def tip(self, number: int) -> str:
        """A node's figures in words."""
        node = self._nodes[number]
        words = Vocabulary.from_words(self._words).text(
            self._words[self._nodes[each].word]
            for each in sorted(path_of(self._nodes, number), key=lambda n: self._nodes[n].column)
        )
        said = f"{words}: ln p {nats(node.log_probability)}"
        if node.rank is not None:
            said += f", rank {node.rank + 1} of its timestep"
        said += f", {percent(node.share)} of the likeliest of its column; {self.KINDS[node.kind]}"
        return said + ("; greedy" if node.greedy and node.kind != "lost" else "")

    def sizeHint(self) -> QSize:
        return QSize(420, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(24 * self.fontMetrics().averageCharWidth(), 6 * self.fontMetrics().height())

    # ---- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), c.surface)
        self.fade(painter)
        painter.translate(self._origin)
        painter.scale(self._scale, self._scale)
        if self._drawing is None:
            self._drawing = TreeDrawing(
                self._nodes, self._words, self._columns, self._marked, self.font(), self._laid_out
            )
        self._drawing.paint(painter, c, with_words=self._scale >= READABLE)
        painter.end()
