"""A few photos with their captions, refreshed as the network learns: a short list beside the loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.dataset import CocoDataset, PhotoRecord
from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.training.events import PhotoKey
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.watched_photos import photos_to_watch
from captionviewer.ui.look.theme import colors
from captionviewer.ui.photos.photo_loader import PhotoLoader
from captionviewer.ui.widgets.outside_text import set_plain_tip

_PHOTO, _TRUTH, _SPLIT, SAID = (Qt.ItemDataRole.UserRole + k for k in range(4))
NUM_WATCHED = 3  # photos trained on that are watched, besides the selected one
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


class WatchedPhotoList(QListWidget):
    """One row a photo: its thumbnail, the caption of the model in training, and a ground-truth caption."""

    photo_chosen = Signal(object)  # PhotoRecord

    def __init__(self, photos: PhotoLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loader = photos
        self._watched: list[WatchedPhoto] = []
        self._may_be_spacious = False
        self._spacious = False
        self._iteration: int | None = None  # that the captions are of
        self.setAccessibleName("Captions of watched photos")
        self.setToolTip(
            "What the network says of a few photos now. Click one to select its photo everywhere."
        )
        self.setItemDelegate(_RowDelegate(self))
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.itemClicked.connect(self._choose)
        self.itemActivated.connect(self._choose)
        photos.photo_changed.connect(self._photo_changed)

    @property
    def watched(self) -> list[WatchedPhoto]:
        """The photos that are watched."""
        return list(self._watched)

    def watch(self, photos: Sequence[WatchedPhoto]) -> None:
        """Show these photos; captions of those that were shown already stay until newer ones come."""
        said = self.captions()
        self._watched = list(photos)
        self.clear()
        for photo in photos:
            item = QListWidgetItem(said.get(photo.record.key, NOT_YET))
            split = photo.record.split
            item.setData(_TRUTH, photo.truth)
            item.setData(_SPLIT, split)
            self.addItem(item)
            self._set_tip(item, photo)
            self._show_photo(item, photo.record)
        self.setVisible(bool(photos))
        self._choose_spacing()
        self.updateGeometry()

    def show_captions(self, captions: Mapping[PhotoKey, str], iteration: int | None = None) -> None:
        """Show what the model says now, at an iteration."""
        self._iteration = iteration
        for row, photo in enumerate(self._watched):
            words = captions.get(photo.record.key)
            if words is not None:
                if self.item(row).text() != (words or NO_WORDS):
                    self.item(row).setText(words or NO_WORDS)
                self._set_tip(self.item(row), photo)

    def show_said(self, said: Mapping[PhotoKey, Said], iteration: int) -> None:
        """Show what was said at an iteration, with new words underlined and a strip a photo."""
        for row, photo in enumerate(self._watched):
            self.item(row).setData(SAID, said.get(photo.record.key))
        self.show_captions({key: each.text for key, each in said.items()}, iteration)

    def show_no_strips(self) -> None:
        """Show captions without marks."""
        for row, photo in enumerate(self._watched):
            if self.item(row).data(SAID) is not None:
                self.item(row).setData(SAID, None)
                self._set_tip(self.item(row), photo)

    def _set_tip(self, item: QListWidgetItem, photo: WatchedPhoto) -> None:
        """Let both captions be read in full where the row has no room for them."""
        which = (
            f"{photo.record.split} photo {photo.record.row:,}, {'' if photo.trained_on else 'not '}trained on"
        )
        at = "" if self._iteration is None else f", iteration {self._iteration:,}"
        lines = [f"{item.text()}{at}", f"Ground truth: {photo.truth}", f"({which})"]
        said = item.data(SAID)
        if isinstance(said, Said):
            changed = [word for word, new in zip(said.text.split(" "), said.new, strict=False) if new]
            if changed:
                lines.append(f"New since the stop before: {', '.join(changed)}")
            stays = ", ".join(f"{word} {since:,}" for word, _share, since in said.settled)
            lines.append(f"Each word of the newest caption has stayed since iteration: {stays}")
        words = "\n".join(lines)
        set_plain_tip(item, words)
        item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, words)

    def captions(self) -> dict[PhotoKey, str]:
        """What is shown of each photo."""
        return {photo.record.key: self.item(row).text() for row, photo in enumerate(self._watched)}

    def sizeHint(self) -> QSize:
        return QSize(20 * self.fontMetrics().height(), self.row_height() * max(1, self.count()) + 4)

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
        needed = 3.5 * self.fontMetrics().height() * max(1, self.count()) + 4
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

    def _choose(self, item: QListWidgetItem) -> None:
        self.photo_chosen.emit(self._watched[self.row(item)].record)

    def _photo_changed(self, key: PhotoKey) -> None:
        for row, photo in enumerate(self._watched):
            if photo.record.key == key:
                self._show_photo(self.item(row), photo.record)

    def _show_photo(self, item: QListWidgetItem, record: PhotoRecord) -> None:
        image = self._loader.request(record).thumbnail
        if image is not None:
            item.setData(_PHOTO, QPixmap.fromImage(image))


class _RowDelegate(QStyledItemDelegate):
    """Paints a row: thumbnail, badge of the split, the model's caption, the ground truth below it."""

    def __init__(self, view: WatchedPhotoList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(10, self._view.row_height())

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        c = colors()
        rect: QRect = option.rect
        state = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected or state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, c.raised)
        line = QFontMetrics(painter.font()).height()
        lines = self._view.lines
        side = round(2.5 * line) - 4
        frame = QRect(rect.left() + 4, rect.top() + 2, round(1.3 * side), side)
        photo = index.data(_PHOTO)
        if isinstance(photo, QPixmap) and not photo.isNull():
            _draw_filling(painter, photo, frame)
        else:
            painter.fillRect(frame, c.raised)
        left = frame.right() + 8
        top = rect.top() + (round(2.5 * line) - 2 * line) // 2
        split = str(index.data(_SPLIT))
        badge = QRect(left, top + 1, painter.fontMetrics().horizontalAdvance("train") + 10, line - 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(c.train if split == "train" else c.val)
        painter.drawRoundedRect(badge, 4, 4)
        painter.setPen(c.on_badge)
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, split)
        text = QRect(badge.right() + 8, top, rect.right() - badge.right() - 12, lines * line)
        painter.setPen(c.text)
        said = index.data(SAID)
        new = said.new if isinstance(said, Said) else ()
        taken = _draw_elided(painter, text, str(index.data(Qt.ItemDataRole.DisplayRole)), lines, new)
        painter.setPen(c.muted)
        truth = QRect(badge.left(), top + taken * line, rect.right() - badge.left() - 4, line)
        if isinstance(said, Said):
            _draw_strip(painter, truth, said)
        else:
            _draw_elided(painter, truth, f"truth: {index.data(_TRUTH)}", 1)
        painter.restore()


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


def _underline(painter: QPainter, line: QRect, words: str, new: Sequence[bool]) -> None:
    """Draw a line under those of the words that are new."""
    metrics = painter.fontMetrics()
    base = line.top() + (line.height() + metrics.ascent() - metrics.descent()) // 2 + 2
    said = words.split(" ")
    painter.save()
    painter.setPen(QPen(colors().accent, 2))
    for place, word in enumerate(said):
        if place < len(new) and new[place]:
            left = line.left() + metrics.horizontalAdvance(" ".join([*said[:place], ""]))
            right = min(left + metrics.horizontalAdvance(word), line.right())
            painter.drawLine(left, base, right, base)
    painter.restore()


def _draw_elided(painter: QPainter, rect: QRect, words: str, lines: int, new: Sequence[bool] = ()) -> int:
    """Draw words in at most so many lines, the last of them shortened where it must be; return how many.

    Words that are `new` are underlined.
    """
    metrics = painter.fontMetrics()
    line = QRect(rect.left(), rect.top(), rect.width(), rect.height() // lines)
    taken = 1
    while taken < lines and metrics.horizontalAdvance(words) > rect.width():
        head, words = _first_line(metrics, words, rect.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, head)
        _underline(painter, line, head, new)
        new = new[len(head.split(" ")) :]
        line.translate(0, line.height())
        taken += 1
    shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
    _underline(painter, line, shown, new)
    return taken


def _first_line(metrics: QFontMetrics, words: str, width: int) -> tuple[str, str]:
    """As many whole words as fit a width (one at least), and the rest."""
    head, rest = "", words.split(" ")
    while rest and (not head or metrics.horizontalAdvance(f"{head} {rest[0]}") <= width):
        head = f"{head} {rest.pop(0)}".strip()
    return head, " ".join(rest)


def _draw_filling(painter: QPainter, photo: QPixmap, frame: QRect) -> None:
    """Draw the middle of a photo so that it fills the frame."""
    wide = frame.width() * photo.height() < frame.height() * photo.width()
    if wide:
        width = photo.height() * frame.width() // frame.height()
        part = QRect((photo.width() - width) // 2, 0, width, photo.height())
    else:
        height = photo.width() * frame.height() // frame.width()
        part = QRect(0, (photo.height() - height) // 2, photo.width(), height)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(frame, photo, part)
