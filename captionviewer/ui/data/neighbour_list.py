"""The photos nearest to one as cells: the photo, how near it is, and its first caption."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from captionviewer.ui.look.theme import Colors
from captionviewer.ui.photos.photo_cells import PhotoCells
from captionviewer.ui.photos.photo_list import (
    Badge,
    PhotoCard,
    PhotoCardDelegate,
    PhotoListModel,
    split_badge,
)
from captionviewer.ui.photos.photo_loader import PhotoLoader

_CHOOSE = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


@dataclass(frozen=True)
class Neighbour(PhotoCard):
    """A photo that is near another one; `words` are those of its first caption."""

    similarity: float  # cosine, from -1 to 1
    captions: tuple[str, ...]

    @property
    def text(self) -> str:
        """Its first caption, or that it has none."""
        return super().text if self.captions else "(no caption)"

    @property
    def marks(self) -> str:
        """Which photo it is, and how near."""
        return f"{super().marks}, cosine {self.similarity:.3f}"

    @property
    def tip(self) -> str:
        """Which photo it is, how near, and all its captions."""
        return "\n".join((self.marks, *self.captions))

    def badges(self, c: Colors) -> Sequence[Badge]:
        """Return the cosine, on the colour of the split."""
        return (split_badge(self.record.split, f"{self.similarity:.3f}", c),)


class NeighbourList(PhotoCells):
    """The neighbours in lines that fill the width; a click, or Enter, chooses one."""

    chosen = Signal(object)  # its PhotoRecord

    def __init__(self, photos: PhotoLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells: PhotoListModel[Neighbour] = PhotoListModel(photos, self)
        self.setModel(self.cells)
        self.setItemDelegate(PhotoCardDelegate(photos, self))
        self.setObjectName("nearest_photos")
        self.setAccessibleName("Nearest photos")
        self.clicked.connect(self._choose)

    def show_neighbours(self, neighbours: Sequence[Neighbour]) -> None:
        """Show the neighbours of another photo, from the nearest on."""
        self.cells.show(neighbours)
        self.scrollToTop()

    def _choose(self, index: QModelIndex) -> None:
        neighbour = self.cells.card(index)
        if neighbour is not None:
            self.chosen.emit(neighbour.record)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _CHOOSE and self.currentIndex().isValid():
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)
