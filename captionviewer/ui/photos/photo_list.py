"""One list model and one delegate for all lists of photos: the grid, the nearest, the watched."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from captionviewer.core.coco.dataset import PhotoRecord, Split
from captionviewer.core.coco.vocabulary import UNK
from captionviewer.ui.look.theme import Colors, colors, mixed
from captionviewer.ui.photos.photo_cells import CAPTION_LINES, PhotoCells, caption_lines, cell_parts
from captionviewer.ui.photos.photo_loader import PhotoLoader, PhotoState
from captionviewer.ui.photos.photo_painting import paint_photo
from captionviewer.ui.widgets.outside_text import plain_tip

AnyIndex = QModelIndex | QPersistentModelIndex
_CALM = (PhotoState.READY, PhotoState.IDLE, PhotoState.LOADING)


@dataclass(frozen=True)
class Badge:
    """A few words on a colour in an upper corner of a photo."""

    text: str
    fill: QColor
    ink: QColor
    at_right: bool = False


@dataclass(frozen=True)
class PhotoCard:
    """What a list shows of one photo."""

    record: PhotoRecord
    words: tuple[str, ...]  # of the caption under the photo

    @property
    def key(self) -> Hashable:
        """What tells it from the others of its list; a card of the same key keeps selection and place."""
        return self.record.key

    @property
    def text(self) -> str:
        """The caption as a sentence."""
        return " ".join(self.words)

    @property
    def marks(self) -> str:
        """Which photo it is and what is special about it."""
        return f"{self.record.split} photo {self.record.row:,}"

    @property
    def tip(self) -> str:
        """What is said when it is pointed at."""
        return f"{self.text} ({self.marks})"

    @property
    def found(self) -> frozenset[int]:
        """Positions of words that a search found."""
        return frozenset()

    @property
    def underlined(self) -> frozenset[int]:
        """Positions of words with a line under them."""
        return frozenset()

    @property
    def description(self) -> str:
        """What a screen reader may say besides caption and marks."""
        return ""

    def badges(self, c: Colors) -> Sequence[Badge]:
        """Return what stands in the photo's upper corners: the split."""
        return (split_badge(self.record.split, self.record.split, c),)


def split_badge(split: Split, text: str, c: Colors) -> Badge:
    """Return a badge in the colour of a split."""
    return Badge(text, c.train if split == "train" else c.val, c.on_badge)


CardT = TypeVar("CardT", bound=PhotoCard)


class PhotoListModel(QAbstractListModel, Generic[CardT]):
    """The cards of a list; tells the view when a photo has come."""

    def __init__(self, photos: PhotoLoader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._photos = photos
        self._cards: tuple[CardT, ...] = ()
        photos.photo_changed.connect(self._photo_changed)

    @property
    def cards(self) -> tuple[CardT, ...]:
        """What is shown."""
        return self._cards

    def show(self, cards: Sequence[CardT]) -> None:
        """Show other cards; those of the same keys keep selection and place."""
        cards = tuple(cards)
        if [card.key for card in cards] == [card.key for card in self._cards]:
            self._cards = cards
            if cards:
                self.dataChanged.emit(self.index(0), self.index(len(cards) - 1))
            return
        self.beginResetModel()
        self._cards = cards
        self.endResetModel()

    def card(self, index: AnyIndex) -> CardT | None:
        """Return the card at an index."""
        return self._cards[index.row()] if index.isValid() and index.row() < len(self._cards) else None

    def row_of(self, key: tuple[Split, int]) -> int | None:
        """Return where a photo stands first, None where it does not."""
        return next((row for row, card in enumerate(self._cards) if card.record.key == key), None)

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._cards)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """Return caption, tooltip or the words for a screen reader."""
        card = self.card(index)
        if card is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return card.text
        if role == Qt.ItemDataRole.ToolTipRole:
            known = self._photos.known(card.record)
            message = "" if known.state in _CALM else f"\n{known.message}"
            return plain_tip(f"{card.tip}{message}")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{card.text}. {card.marks}"
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return card.description or None
        return None

    def _photo_changed(self, key: object) -> None:
        for row, card in enumerate(self._cards):
            if card.record.key == key:
                index = self.index(row)
                self.dataChanged.emit(index, index)


class PhotoCardDelegate(QStyledItemDelegate):
    """Paints a card: the photo in its state, its badges, and some lines of caption.

    `paint_card` says where in its cell each of them stands.
    """

    def __init__(self, photos: PhotoLoader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._photos = photos

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """Return the size of the list's cells, which the view sets."""
        view = option.widget
        if isinstance(view, QListView) and view.gridSize().isValid():
            return view.gridSize()
        return super().sizeHint(option, index)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint one card; asking for the photo here means that only what is seen is loaded."""
        model = index.model()
        card = model.card(index) if isinstance(model, PhotoListModel) else None
        if card is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint_frame(painter, option, colors())
        self.paint_card(painter, option, card)
        painter.restore()

    def paint_card(self, painter: QPainter, option: QStyleOptionViewItem, card: PhotoCard) -> None:
        """Paint what a card shows: the photo, badges in its upper corners, the caption below."""
        font: QFont = option.font
        view = option.widget
        lines = view.caption_lines if isinstance(view, PhotoCells) else CAPTION_LINES
        photo, words = cell_parts(option.rect, QFontMetrics(font), lines)
        self.paint_photo(painter, photo, card, font)
        for badge in card.badges(colors()):
            _paint_in_corner(painter, photo, badge, font)
        paint_words(painter, words, card, font, lines)

    def paint_photo(self, painter: QPainter, where: QRect, card: PhotoCard, font: QFont) -> None:
        """Paint the photo in its state, and ask for it if it is not there yet."""
        paint_photo(painter, where, self._photos.request(card.record), font)


def _paint_frame(painter: QPainter, option: QStyleOptionViewItem, c: Colors) -> None:
    """Frame the card that is selected, and the one that the keyboard or the mouse is at."""
    state: QStyle.StateFlag = option.state
    focused = bool(state & QStyle.StateFlag.State_HasFocus)
    edge = QRectF(option.rect).adjusted(2, 2, -2, -2)
    if state & QStyle.StateFlag.State_Selected:  # stronger where the keyboard is: it may be elsewhere
        line = QPen(c.accent, 3) if focused else QPen(mixed(c.surface, c.accent, 0.75), 1.5)
        ground = c.selected
    elif focused or state & QStyle.StateFlag.State_MouseOver:
        line = QPen(c.accent, 2) if focused else QPen(c.border, 1)
        ground = c.hovered
    else:
        return
    painter.setPen(line)
    painter.setBrush(ground)
    painter.drawRoundedRect(edge, 6, 6)


def _paint_in_corner(painter: QPainter, photo: QRect, badge: Badge, font: QFont) -> None:
    small = QFont(font)
    small.setPointSizeF(font.pointSizeF() * 0.8)
    small.setBold(True)
    metrics = QFontMetrics(small)
    wide, high = metrics.horizontalAdvance(badge.text) + 10, metrics.height() + 2
    x = photo.right() - 3 - wide if badge.at_right else photo.x() + 4
    paint_badge(painter, QRectF(x, photo.y() + 4, wide, high), badge, small)


def paint_badge(painter: QPainter, box: QRectF, badge: Badge, font: QFont) -> None:
    """Paint a badge that fills a box."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(badge.fill)
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(badge.ink)
    painter.setFont(font)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, badge.text)


def paint_words(painter: QPainter, where: QRect, card: PhotoCard, font: QFont, most: int) -> int:
    """Write the caption in at most so many lines; return how many it took.

    `<UNK>` has its colour, the words that a search found a ground of theirs, those underlined a line.
    """
    c = colors()
    metrics = QFontMetrics(font)
    painter.setFont(font)
    position = 0
    lines = caption_lines(card.text, font, where.width(), most)
    for number, line in enumerate(lines):
        x = float(where.x())
        y = where.y() + number * metrics.lineSpacing() + metrics.ascent()
        for word in line.split(" "):
            if position in card.found:
                wide = metrics.horizontalAdvance(word) + 2
                mark = QRectF(x - 1, y - metrics.ascent(), wide, metrics.height())
                painter.fillRect(mark, c.found)
            unknown = position < len(card.words) and card.words[position] == UNK
            painter.setPen(c.unknown if unknown else c.text)
            painter.drawText(QPointF(x, y), word)
            if position in card.underlined:
                painter.fillRect(QRectF(x, y + 2, metrics.horizontalAdvance(word), 2), c.accent)
            x += metrics.horizontalAdvance(word + " ")
            position += 1
    return len(lines)
