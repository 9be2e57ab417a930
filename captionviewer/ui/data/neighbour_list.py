"""The photos nearest to one as cells: the photo, how near it is, and its first caption."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.ui.data.photo_cells import PhotoCells, caption_lines, cell_parts, paint_badge
from captionviewer.ui.look.theme import colors, mixed
from captionviewer.ui.photos.photo_loader import PhotoLoader, PhotoState
from captionviewer.ui.photos.photo_view import paint_photo

AnyIndex = QModelIndex | QPersistentModelIndex
_CHOOSE = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


@dataclass(frozen=True)
class Neighbour:
    """A photo that is near another one."""

    record: PhotoRecord
    similarity: float  # cosine, from -1 to 1
    captions: tuple[str, ...]

    @property
    def head(self) -> str:
        """Its first caption, or that it has none."""
        return self.captions[0] if self.captions else "(no caption)"

    @property
    def words(self) -> str:
        """Which photo it is, and how near."""
        return f"{self.record.split} photo {self.record.row:,}, cosine {self.similarity:.3f}"


class NeighbourModel(QAbstractListModel):
    """The neighbours of one photo, nearest first."""

    def __init__(self, photos: PhotoLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photos = photos
        self._neighbours: tuple[Neighbour, ...] = ()
        photos.photo_changed.connect(self._photo_changed)

    @property
    def neighbours(self) -> tuple[Neighbour, ...]:
        """What is shown."""
        return self._neighbours

    def show(self, neighbours: Sequence[Neighbour]) -> None:
        """Show the neighbours of another photo."""
        self.beginResetModel()
        self._neighbours = tuple(neighbours)
        self.endResetModel()

    def neighbour(self, index: AnyIndex) -> Neighbour | None:
        """Return the neighbour at an index."""
        return self._neighbours[index.row()] if index.isValid() else None

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """Return the number of neighbours."""
        return 0 if parent is not None and parent.isValid() else len(self._neighbours)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # Qt's signature
        """Return the first caption, all of them as a tooltip, or the words for a screen reader."""
        neighbour = self.neighbour(index)
        if neighbour is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return neighbour.head
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(neighbour)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{neighbour.head}. {neighbour.words}"
        return None

    def _tip(self, neighbour: Neighbour) -> str:
        lines = [f"<b>{html.escape(neighbour.words)}</b>", *map(html.escape, neighbour.captions)]
        known = self._photos.known(neighbour.record)
        if known.state not in (PhotoState.READY, PhotoState.IDLE, PhotoState.LOADING):
            lines.append(f"<i>{html.escape(known.message)}</i>")
        return "<br>".join(lines)

    def _photo_changed(self, key: object) -> None:
        for row, neighbour in enumerate(self._neighbours):
            if neighbour.record.key == key:
                self.dataChanged.emit(self.index(row), self.index(row))


class NeighbourDelegate(QStyledItemDelegate):
    """Paints one neighbour."""

    def __init__(self, photos: PhotoLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photos = photos

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """Return the size of the list's cells, which the view sets."""
        view = option.widget
        return view.gridSize() if isinstance(view, QListView) else super().sizeHint(option, index)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint a cell; asking for the photo here means that only what is seen is loaded."""
        model = index.model()
        neighbour = model.neighbour(index) if isinstance(model, NeighbourModel) else None
        if neighbour is None:
            return
        c = colors()
        state: QStyle.StateFlag = option.state
        font: QFont = option.font
        metrics = QFontMetrics(font)
        box: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        if focused or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(QPen(c.accent if focused else c.border, 1.5 if focused else 1))
            painter.setBrush(mixed(c.surface, c.accent, 0.08))
            painter.drawRoundedRect(QRectF(box).adjusted(2, 2, -2, -2), 6, 6)
        photo, words = cell_parts(box, metrics)
        paint_photo(painter, photo, self._photos.request(neighbour.record), font)
        self._paint_similarity(painter, photo, neighbour, font)
        painter.setFont(font)
        painter.setPen(c.text)
        for number, line in enumerate(caption_lines(neighbour.head, font, words.width())):
            baseline = words.y() + number * metrics.lineSpacing() + metrics.ascent()
            painter.drawText(QPointF(words.x(), baseline), line)
        painter.restore()

    def _paint_similarity(self, painter: QPainter, photo: QRect, neighbour: Neighbour, font: QFont) -> None:
        """Write the cosine into the photo's corner, on the colour of its split."""
        c = colors()
        bold = QFont(font)
        bold.setPointSizeF(font.pointSizeF() * 0.85)
        bold.setBold(True)
        split_color = c.train if neighbour.record.split == "train" else c.val
        paint_badge(painter, photo, f"{neighbour.similarity:.3f}", split_color, bold, c, left=True)


class NeighbourList(PhotoCells):
    """The neighbours in lines that fill the width; a click, or Enter, chooses one."""

    chosen = Signal(object)  # its PhotoRecord

    def __init__(self, photos: PhotoLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells = NeighbourModel(photos, self)
        self.setModel(self.cells)
        self.setItemDelegate(NeighbourDelegate(photos, self))
        self.setObjectName("nearest_photos")
        self.setAccessibleName("Nearest photos")
        self.clicked.connect(self._choose)

    def show_neighbours(self, neighbours: Sequence[Neighbour]) -> None:
        """Show the neighbours of another photo, from the nearest on."""
        self.cells.show(neighbours)
        self.scrollToTop()

    def _choose(self, index: QModelIndex) -> None:
        neighbour = self.cells.neighbour(index)
        if neighbour is not None:
            self.chosen.emit(neighbour.record)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose with Enter or Space."""
        if event.key() in _CHOOSE and self.currentIndex().isValid():
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)
