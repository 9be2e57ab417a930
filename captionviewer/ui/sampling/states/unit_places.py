"""Places in val where a unit is highest or lowest: photo, value, and the caption tinted by the unit."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from captionviewer.core.amounts import MINUS, signed
from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.core.network.cells import Quantity
from captionviewer.ui.look import theme
from captionviewer.ui.photos.photo_loader import PhotoLoader
from captionviewer.ui.photos.photo_painting import paint_photo
from captionviewer.ui.sampling.states.corpus_reader import ReadCorpus
from captionviewer.ui.sampling.states.state_colors import color_of
from captionviewer.ui.widgets.outside_text import plain_tip

AnyIndex = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class UnitPlace:
    """One position of the corpus: its caption with the unit's value at each word, and where in it."""

    record: PhotoRecord
    words: tuple[str, ...]
    values: tuple[float, ...]
    at: int
    quantity: Quantity

    @property
    def text(self) -> str:
        """Value, word and caption in plain words."""
        return f"{signed(self.values[self.at])} at “{self.words[self.at]}”: {' '.join(self.words)}"


def unit_places(read: ReadCorpus, unit: int, positions: IntArray) -> list[UnitPlace]:
    """The places at some positions of a corpus that was read."""
    states, val = read.states, read.dataset.split("val")
    places = []
    for position in positions.tolist():
        start = position - int(states.timestep[position])
        caption = int(states.caption[position])
        end = int(np.searchsorted(states.caption, caption, side="right"))
        places.append(
            UnitPlace(
                val.record(int(read.corpus.photos[caption])),
                tuple(read.dataset.vocabulary.idx_to_word[word] for word in states.word[start:end].tolist()),
                tuple(states.values[start:end, unit].astype(np.float64).tolist()),
                position - start,
                states.quantity,
            )
        )
    return places


class _Places(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.places: list[UnitPlace] = []

    def show(self, places: list[UnitPlace]) -> None:
        self.beginResetModel()
        self.places = places
        self.endResetModel()

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.places)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        if role == Qt.ItemDataRole.DisplayRole:
            return self.places[index.row()].text
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self.places[index.row()].text)
        return None


class _PlaceDelegate(QStyledItemDelegate):
    """Paints a photo, the value, and as much of the caption around the place as there is room for."""

    def __init__(self, view: QListView, photos: PhotoLoader) -> None:
        super().__init__(view)
        self._photos = photos

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        return QSize(160, 2 * option.fontMetrics.height() + 8)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        model = index.model()
        assert isinstance(model, _Places)
        place, c, metrics = model.places[index.row()], theme.colors(), option.fontMetrics
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, c.selected)
        box = option.rect.adjusted(2, 3, -2, -3)
        photo = QRect(box.left(), box.top(), box.height() * 4 // 3, box.height())
        paint_photo(painter, photo, self._photos.request(place.record), option.font)
        left = photo.right() + 7
        painter.setPen(c.muted)
        value = signed(place.values[place.at])
        painter.drawText(
            QRect(left, box.top(), box.right() - left, metrics.height()), Qt.AlignmentFlag.AlignLeft, value
        )
        self._paint_caption(painter, QRect(left, box.top(), box.right() - left, box.height()), place, option)
        painter.restore()

    def _paint_caption(
        self, painter: QPainter, box: QRect, place: UnitPlace, option: QStyleOptionViewItem
    ) -> None:
        """Set the words in two lines, the first after the value; those before the place go where it must."""
        c, metrics = theme.colors(), option.fontMetrics
        indent = metrics.horizontalAdvance(f"{MINUS}0.00") + 10
        first = 0
        while first < place.at and self._is_below(place, first, indent, box.width(), metrics):
            first += 1
        x, line = box.left() + indent, 0
        words = list(enumerate(place.words))[first:]
        if first:
            words = [(-1, "…"), *words]
        for number, word in words:
            width = metrics.horizontalAdvance(word) + 6
            if x + width > box.right() and x > box.left():
                line, x = line + 1, box.left()
            if line > 1:
                break
            where = QRect(
                x, box.top() + line * (metrics.height() + 2), min(width, box.width()), metrics.height()
            )
            ink = c.muted
            if number >= 0:
                ground = color_of(place.values[number], place.quantity, c)
                painter.fillRect(where, ground)
                ink = theme.ink_on(ground)
            painter.setPen(ink)
            shown = metrics.elidedText(word, Qt.TextElideMode.ElideRight, where.width())
            painter.drawText(where, Qt.AlignmentFlag.AlignCenter, shown)
            if number == place.at:
                painter.setPen(QPen(c.text, 1))
                painter.drawRect(where.adjusted(0, 0, -1, -1))
            x += width + 1

    @staticmethod
    def _is_below(place: UnitPlace, first: int, indent: int, width: int, metrics: QFontMetrics) -> bool:
        """Whether the place would fall below the second line if the caption began at `first`."""
        x, line = indent + (metrics.horizontalAdvance("…") + 7 if first else 0), 0
        for word in place.words[first : place.at + 1]:
            wide = metrics.horizontalAdvance(word) + 6
            if x + wide > width and x > 0:
                line, x = line + 1, 0
            x += wide + 1
        return line > 1


class UnitPlaces(QListView):
    """A list of such places."""

    def __init__(self, photos: PhotoLoader, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Places(self)
        self.setModel(self._model)
        self.setItemDelegate(_PlaceDelegate(self, photos))
        self.setAccessibleName(name)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(150)
        photos.photo_changed.connect(self._photo_changed)

    @property
    def places(self) -> list[UnitPlace]:
        """What is shown."""
        return self._model.places

    def show_places(self, places: list[UnitPlace]) -> None:
        """Show these, from above."""
        self._model.show(places)

    def _photo_changed(self, key: object) -> None:
        if any(place.record.key == key for place in self._model.places):
            self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.scheduleDelayedItemsLayout()
