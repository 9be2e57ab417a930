"""The photos of a minibatch as a grid."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from captionviewer.ui.look.theme import Colors
from captionviewer.ui.photos.photo_cells import PhotoCells
from captionviewer.ui.photos.photo_list import Badge, PhotoCard, PhotoCardDelegate, PhotoListModel
from captionviewer.ui.photos.photo_loader import PhotoLoader


@dataclass(frozen=True)
class GridCaption(PhotoCard):
    """One cell: a caption of the minibatch and its photo."""

    caption_row: int
    trained_on: bool = False  # the photo is one that the current model was trained on
    found: frozenset[int] = frozenset()

    @property
    def key(self) -> Hashable:
        """The photo and which of its captions: a minibatch may hold two of one photo."""
        return (*self.record.key, self.caption_row)

    @property
    def marks(self) -> str:
        """Which photo it is, and whether it was trained on."""
        return f"{super().marks}, trained on" if self.trained_on else super().marks

    def badges(self, c: Colors) -> Sequence[Badge]:
        """Return the split and, at the right, that the photo was trained on."""
        trained = (Badge("trained on", c.accent, c.on_accent, at_right=True),) if self.trained_on else ()
        return (*super().badges(c), *trained)


LEAST_HEIGHT = 56  # pixels: at large text its scroll bar alone would ask for more than a small screen has


class PhotoGrid(PhotoCells):
    """The cells of a minibatch, of which one is selected."""

    def __init__(self, photos: PhotoLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells: PhotoListModel[GridCaption] = PhotoListModel(photos, self)
        self.setModel(self.cells)
        self.setItemDelegate(PhotoCardDelegate(photos, self))
        self.setAccessibleName("Photos of the minibatch")
        self.setObjectName("photo_grid")
        self.setMinimumHeight(LEAST_HEIGHT)

    @property
    def current_cell(self) -> GridCaption | None:
        """The cell that is selected."""
        return self.cells.card(self.currentIndex())

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
