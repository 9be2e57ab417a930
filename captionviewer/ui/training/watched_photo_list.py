"""A few photos with their captions, refreshed as the network learns: a short list beside the loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QSizePolicy, QStyleOptionViewItem, QWidget

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.dataset import CocoDataset, PhotoRecord
from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.training.events import PhotoKey
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.watched_photos import NUM_WATCHED, photos_to_watch
from captionviewer.ui.look.theme import colors
from captionviewer.ui.photos.photo_list import (
    PhotoCard,
    PhotoCardDelegate,
    PhotoListModel,
    paint_badge,
    paint_words,
)
from captionviewer.ui.photos.photo_loader import PhotoLoader

NOT_YET = "…"
NO_WORDS = "(no words)"


@dataclass(frozen=True)
class WatchedPhoto:
    """A photo to watch, and the caption that its own are compared with."""

    record: PhotoRecord
    truth: str
    trained_on: bool


@dataclass(frozen=True)
class Said:
    """What was said of a photo at an earlier moment.

    Attributes
    ----------
    text
        The caption.
    new
        For each of its words, whether it was not said at the stop before: these are underlined.
    settled
        Of the last caption each word, the share of the stops (0 to 1) and the iteration since which it has
        always been said.
    at
        The share of the stops that lies before this moment.
    """

    text: str
    new: tuple[bool, ...]
    settled: tuple[tuple[str, float, int], ...]
    at: float


def watch_list(run: TrainingRun, selected: PhotoRecord | None) -> list[WatchedPhoto]:
    """The selected photo, then the first few of the captions drawn, each with a caption to compare with."""
    dataset = run.dataset
    chosen = [selected] if selected is not None else []
    photos = photos_to_watch(dataset, run.caption_rows, chosen, NUM_WATCHED)
    return [watched_photo(run.caption_rows, dataset, photo) for photo in photos]


def watched_photo(caption_rows: IntArray, dataset: CocoDataset, photo: PhotoRecord) -> WatchedPhoto:
    """A photo with one of its captions: of those trained on, `caption_rows`, where there is one."""
    captions = dataset.split(photo.split).captions
    learned: list[int] = []
    if photo.split == "train":
        learned = [row for row in photo.caption_rows if bool((caption_rows == row).any())]
    rows = learned or list(photo.caption_rows)
    truth = caption_text(captions[rows[0]], dataset.vocabulary) if rows else ""
    return WatchedPhoto(photo, truth, bool(learned))


@dataclass(frozen=True)
class WatchedCard(PhotoCard):
    """A row: a watched photo, and as its caption what the model says of it."""

    photo: WatchedPhoto
    said: Said | None = None
    iteration: int | None = None  # that the caption is of

    @property
    def marks(self) -> str:
        """Which photo it is, and whether it was trained on."""
        return f"{super().marks}, {'' if self.photo.trained_on else 'not '}trained on"

    @property
    def tip(self) -> str:
        """Both captions in full, where the row may have no room for them, and how each word came to stay."""
        at = "" if self.iteration is None else f", iteration {self.iteration:,}"
        lines = [f"{self.text}{at}", f"Ground truth: {self.photo.truth}", f"({self.marks})"]
        if self.said is not None:
            changed = [word for word, new in zip(self.words, self.said.new, strict=False) if new]
            if changed:
                lines.append(f"New since the stop before: {', '.join(changed)}")
            stays = ", ".join(f"{word} {since:,}" for word, _share, since in self.said.settled)
            lines.append(f"Each word of the newest caption has stayed since iteration: {stays}")
        return "\n".join(lines)

    @property
    def description(self) -> str:
        """The same for a screen reader."""
        return self.tip

    @property
    def underlined(self) -> frozenset[int]:
        """The words that were not said at the stop before."""
        return (
            frozenset(place for place, new in enumerate(self.said.new) if new) if self.said else frozenset()
        )


class WatchedPhotoList(QListView):
    """One row a photo: its thumbnail, the caption of the model in training, and a ground-truth caption."""

    photo_chosen = Signal(object)  # PhotoRecord

    def __init__(self, photos: PhotoLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._may_be_spacious = False
        self._spacious = False
        self._iteration: int | None = None  # that the captions are of
        self.cells: PhotoListModel[WatchedCard] = PhotoListModel(photos, self)
        self.setModel(self.cells)
        self.setItemDelegate(_RowDelegate(photos, self))
        self.setAccessibleName("Captions of watched photos")
        self.setToolTip(
            "What the network says of a few photos now, greedily: always the likeliest word. Click one to"
            " select its photo everywhere."
        )
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)

    @property
    def watched(self) -> list[WatchedPhoto]:
        """The photos that are watched."""
        return [card.photo for card in self.cells.cards]

    def watch(self, photos: Sequence[WatchedPhoto]) -> None:
        """Show these photos; captions of those that were shown already stay until newer ones come."""
        said = {card.record.key: card.words for card in self.cells.cards}
        cards = [WatchedCard(each.record, said.get(each.record.key, (NOT_YET,)), each) for each in photos]
        self.cells.show([replace(card, iteration=self._iteration) for card in cards])
        self.setVisible(bool(photos))
        self._choose_spacing()
        self.updateGeometry()

    def show_captions(self, captions: Mapping[PhotoKey, str], iteration: int | None = None) -> None:
        """Show what the model says now, at an iteration."""
        self._iteration = iteration
        self._show([self._saying(card, captions) for card in self.cells.cards])

    def show_said(self, said: Mapping[PhotoKey, Said], iteration: int) -> None:
        """Show what was said at an iteration, with new words underlined and a strip a photo."""
        self._iteration = iteration
        captions = {key: each.text for key, each in said.items()}
        cards = [replace(card, said=said.get(card.record.key)) for card in self.cells.cards]
        self._show([self._saying(card, captions) for card in cards])

    def show_no_strips(self) -> None:
        """Show captions without marks."""
        self._show([replace(card, said=None) for card in self.cells.cards])

    def _saying(self, card: WatchedCard, captions: Mapping[PhotoKey, str]) -> WatchedCard:
        text = captions.get(card.record.key)
        if text is None:
            return card
        return replace(card, words=tuple((text or NO_WORDS).split(" ")), iteration=self._iteration)

    def _show(self, cards: Sequence[WatchedCard]) -> None:
        if tuple(cards) != self.cells.cards:
            self.cells.show(cards)

    def captions(self) -> dict[PhotoKey, str]:
        """What is shown of each photo."""
        return {card.record.key: card.text for card in self.cells.cards}

    def sizeHint(self) -> QSize:
        return QSize(20 * self.fontMetrics().height(), self.row_height() * max(1, self.cells.rowCount()) + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(10 * self.fontMetrics().height(), 2 * self.row_height() + 4)

    def row_height(self) -> int:
        """The height of a row: its lines of text and some air."""
        return round((self.lines + 1.5) * self.fontMetrics().height())

    @property
    def lines(self) -> int:
        """How many lines the model's caption may take; the truth below it has one."""
        return 2 if self._spacious else 1

    def set_spacious(self, may_be: bool) -> None:
        """Let captions take two lines, if that leaves all of them in sight."""
        self._may_be_spacious = may_be
        self._choose_spacing()

    def _choose_spacing(self) -> None:
        needed = 3.5 * self.fontMetrics().height() * max(1, self.cells.rowCount()) + 4
        spacious = self._may_be_spacious and self.height() >= needed
        if spacious is not self._spacious:
            self._spacious = spacious
            self.scheduleDelayedItemsLayout()
            self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give captions the room there is."""
        super().resizeEvent(event)
        self._choose_spacing()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.scheduleDelayedItemsLayout()
            self.updateGeometry()

    def _choose(self, index: QModelIndex) -> None:
        card = self.cells.card(index)
        if card is not None:
            self.photo_chosen.emit(card.record)


class _RowDelegate(PhotoCardDelegate):
    """Paints a card as a row: the photo, the badge of the split, the caption, the ground truth below it."""

    def __init__(self, photos: PhotoLoader, view: WatchedPhotoList) -> None:
        super().__init__(photos, view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the height of a row; its width is the list's."""
        return QSize(10, self._view.row_height())

    def paint_card(self, painter: QPainter, option: QStyleOptionViewItem, card: PhotoCard) -> None:
        """Paint the photo at the left, and beside it two lines, or three where there is room."""
        c, rect, font = colors(), option.rect, option.font
        metrics = QFontMetrics(font)
        line, lines = metrics.height(), self._view.lines
        side = round(2.5 * line) - 4
        photo = QRect(rect.left() + 4, rect.top() + 2, round(1.3 * side), side)
        self.paint_photo(painter, photo, card, font)
        left, top = photo.right() + 8, rect.top() + (round(2.5 * line) - 2 * line) // 2
        box = QRect(left, top + 1, metrics.horizontalAdvance("train") + 10, line - 2)
        for badge in card.badges(c):
            paint_badge(painter, QRectF(box), badge, font)
        words = QRect(box.right() + 8, top, rect.right() - box.right() - 12, lines * line)
        taken = paint_words(painter, words, card, font, lines)
        below = QRect(left, top + taken * line, rect.right() - left - 4, line)
        if not isinstance(card, WatchedCard):
            return
        if card.said is not None:
            _draw_strip(painter, below, card.said)
        else:
            painter.setPen(c.muted)
            truth = f"truth: {card.photo.truth}"
            shown = metrics.elidedText(truth, Qt.TextElideMode.ElideRight, below.width())
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def _draw_strip(painter: QPainter, rect: QRect, said: Said) -> None:
    """Draw when each word of the newest caption came to stay: a line over the stops, words at their places.

    A word that has no room beside the one before it is only a tick; the tooltip says all.
    """
    c = colors()
    bottom, left, width = rect.bottom() - 1, rect.left() + 2, rect.width() - 6
    now = left + round(said.at * width)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(c.field_edge, 1))
    painter.drawLine(left, bottom, left + width, bottom)
    painter.setPen(QPen(c.accent, 2))
    painter.drawLine(left, bottom, now, bottom)
    font = QFont(painter.font())
    font.setPointSizeF(0.8 * font.pointSizeF())
    painter.setFont(font)
    metrics = painter.fontMetrics()
    free = left
    for word, share, _iteration in sorted(said.settled, key=lambda each: each[1]):
        x = left + round(share * width)
        has_come = share <= said.at
        painter.setPen(QPen(c.accent if has_come else c.muted, 2))
        painter.drawLine(x, bottom - 4, x, bottom)
        wide = metrics.horizontalAdvance(word)
        start = min(x + 3, left + width - wide)
        if start >= free:
            painter.setPen(c.text if has_come else c.muted)
            painter.drawText(start, bottom - metrics.descent(), word)
            free = start + wide + 6
