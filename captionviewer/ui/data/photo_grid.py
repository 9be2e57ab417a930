"""The photos of a minibatch as a grid: a list model, what a cell looks like, and the view."""

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
)
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QPainter,
    QPen,
)
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from captionviewer.core.coco.dataset import PhotoRecord, Split
from captionviewer.core.coco.vocabulary import UNK
from captionviewer.ui.data.photo_cells import PhotoCells, caption_lines, cell_parts, paint_badge
from captionviewer.ui.look.theme import Colors, colors, mixed
from captionviewer.ui.photos.photo_loader import PhotoLoader, PhotoState
from captionviewer.ui.photos.photo_view import paint_photo

AnyIndex = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class GridCaption:
    """One cell: a caption of the minibatch and its photo."""

    record: PhotoRecord
    caption_row: int
    words: tuple[str, ...]
    trained_on: bool = False  # the photo is one that the current model was trained on
    found: frozenset[int] = frozenset()  # positions of words that a search found

    @property
    def text(self) -> str:
        """The words as a sentence."""
        return " ".join(self.words)


class PhotoGridModel(QAbstractListModel):
    """The cells of one minibatch."""

    def __init__(self, photos: PhotoLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photos = photos
        self._cells: tuple[GridCaption, ...] = ()
        photos.photo_changed.connect(self._photo_changed)

    @property
    def cells(self) -> tuple[GridCaption, ...]:
        """What is shown."""
        return self._cells

    def show(self, cells: Sequence[GridCaption]) -> None:
        """Show other cells; those of the same captions keep selection and place."""
        cells = tuple(cells)
        same = [(c.record.key, c.caption_row) for c in cells] == [
            (c.record.key, c.caption_row) for c in self._cells
        ]
        if same:
            self._cells = cells
            if cells:
                self.dataChanged.emit(self.index(0), self.index(len(cells) - 1))
            return
        self.beginResetModel()
        self._cells = cells
        self.endResetModel()

    def cell(self, index: AnyIndex) -> GridCaption | None:
        """Return the cell at an index."""
        return self._cells[index.row()] if index.isValid() and index.row() < len(self._cells) else None

    def row_of(self, key: tuple[Split, int]) -> int | None:
        """Return where a photo stands first, None where it does not."""
        return next((row for row, cell in enumerate(self._cells) if cell.record.key == key), None)

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """Return the number of cells."""
        return 0 if parent is not None and parent.isValid() else len(self._cells)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # Qt's signature
        """Return caption, tooltip or the words for a screen reader."""
        cell = self.cell(index)
        if cell is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"<span>{html.escape(self._tip(cell))}</span>"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{cell.text}. {self._tip_marks(cell)}"
        return None

    def _tip(self, cell: GridCaption) -> str:
        known = self._photos.known(cell.record)
        message = f" — {known.message}" if known.state not in (PhotoState.READY, PhotoState.IDLE) else ""
        return f"{cell.text} ({self._tip_marks(cell)}){message}"

    @staticmethod
    def _tip_marks(cell: GridCaption) -> str:
        where = f"{cell.record.split} photo {cell.record.row:,}"
        return f"{where}, trained on" if cell.trained_on else where

    def _photo_changed(self, key: object) -> None:
        for row, cell in enumerate(self._cells):
            if cell.record.key == key:
                index = self.index(row)
                self.dataChanged.emit(index, index)


class PhotoGridDelegate(QStyledItemDelegate):
    """Paints a cell: the photo in its state, its marks, two lines of caption."""

    def __init__(self, photos: PhotoLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photos = photos

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """Return the size of the grid's cells, which the view sets."""
        view = option.widget
        if isinstance(view, QListView) and view.gridSize().isValid():
            return view.gridSize()
        return super().sizeHint(option, index)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint one cell; asking for the photo here means that only what is seen is loaded."""
        model = index.model()
        cell = model.cell(index) if isinstance(model, PhotoGridModel) else None
        if cell is None:
            return
        c = colors()
        state: QStyle.StateFlag = option.state
        box: QRect = option.rect
        font: QFont = option.font
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)

        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = QRectF(box).adjusted(2, 2, -2, -2)
        if selected:
            painter.setPen(QPen(c.accent, 2))
            painter.setBrush(mixed(c.surface, c.accent, 0.16))
            painter.drawRoundedRect(edge, 6, 6)
        elif hovered or focused:
            painter.setPen(QPen(c.accent if focused else c.border, 1))
            painter.setBrush(mixed(c.surface, c.accent, 0.05))
            painter.drawRoundedRect(edge, 6, 6)
        photo, words = cell_parts(box, QFontMetrics(font))
        paint_photo(painter, photo, self._photos.request(cell.record), font)
        _paint_marks(painter, photo, cell, font, c)
        self._paint_words(painter, words, cell, font, c)
        painter.restore()

    def _paint_words(
        self, painter: QPainter, where: QRect, cell: GridCaption, font: QFont, c: Colors
    ) -> None:
        metrics = QFontMetrics(font)
        painter.setFont(font)
        position = 0
        for number, line in enumerate(caption_lines(cell.text, font, where.width())):
            x = float(where.x())
            y = where.y() + number * metrics.lineSpacing() + metrics.ascent()
            for word in line.split(" "):
                if position in cell.found:
                    wide = metrics.horizontalAdvance(word) + 2
                    mark = QRectF(x - 1, y - metrics.ascent(), wide, metrics.height())
                    painter.fillRect(mark, mixed(c.surface, c.warn, 0.35))
                unknown = position < len(cell.words) and cell.words[position] == UNK
                painter.setPen(c.unknown if unknown else c.text)
                painter.drawText(QPointF(x, y), word)
                x += metrics.horizontalAdvance(word + " ")
                position += 1


def _paint_marks(painter: QPainter, photo: QRect, cell: GridCaption, font: QFont, c: Colors) -> None:
    """Say in the photo's upper corners which split it is of, and whether it was trained on."""
    small = QFont(font)
    small.setPointSizeF(font.pointSizeF() * 0.78)
    small.setBold(True)
    split_color = c.train if cell.record.split == "train" else c.val
    paint_badge(painter, photo, cell.record.split, split_color, small, c, left=True)
    if cell.trained_on:
        paint_badge(painter, photo, "trained on", c.accent, small, c, left=False)


class PhotoGrid(PhotoCells):
    """Cells in lines that fill the width; the arrow keys move among them."""

    def __init__(self, photos: PhotoLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells = PhotoGridModel(photos, self)
        self.look = PhotoGridDelegate(photos, self)
        self.setModel(self.cells)
        self.setItemDelegate(self.look)
        self.setAccessibleName("Photos of the minibatch")
        self.setObjectName("photo_grid")

    @property
    def current_cell(self) -> GridCaption | None:
        """The cell that is selected."""
        return self.cells.cell(self.currentIndex())

    def rows_in_sight(self) -> range:
        """Return which cells can be seen, in part or whole."""
        count, cell = self.cells.rowCount(), self.gridSize()
        if not count or cell.isEmpty():
            return range(0)
        columns = max(1, self.viewport().width() // cell.width())
        first, last = self.verticalScrollBar().value(), self.viewport().height() - 1
        return range(
            min(first // cell.height() * columns, count),
            min(((first + last) // cell.height() + 1) * columns, count),
        )

    def select_row(self, row: int) -> None:
        """Select a cell and scroll to it."""
        index = self.cells.index(row)
        self.setCurrentIndex(index)
        self.scrollTo(index)
