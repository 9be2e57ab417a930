"""One caption slot by slot: the raw id, its word or padding, and which targets count in the loss."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QMenu, QScrollArea, QSizePolicy, QToolTip, QWidget

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.vocabulary import END, NULL, START, UNK, Vocabulary
from captionviewer.ui import actions
from captionviewer.ui.look.theme import colors
from captionviewer.ui.widgets.outside_text import plain_tip

BAND_GAP = 10  # pixels between two bands of slots
READING = "At each timestep the network reads one slot, and its target is the word in the next one."
ROWS = ("slot", "id", "word", "in the loss")


@dataclass(frozen=True)
class Slot:
    """One of the places of a caption."""

    index: int
    id: int
    word: str
    counts: bool | None  # whether the loss counts it as a target; None for the first, never a target

    @property
    def is_padding(self) -> bool:
        """Whether nothing stands here."""
        return self.word == NULL

    @property
    def mask_word(self) -> str:
        """What the mask row shows, for those who do not see colours."""
        return "–" if self.counts is None else "yes" if self.counts else "no"

    @property
    def explanation(self) -> str:
        """What this slot is to the network, in a sentence or two."""
        stands = f"Slot {self.index} holds id {self.id}, {self.word}."
        if self.counts is None:
            return f"{stands} It is only read, never a target: the network starts from it."
        if not self.counts:
            return f"{stands} It is padding: as a target it is masked and adds nothing to the loss."
        read = "slot 0" if self.index == 1 else f"slots 0 to {self.index - 1}"
        return f"{stands} As a target it counts: having read {read}, the network should say {self.word}."


def slots_of(caption: IntArray, vocabulary: Vocabulary) -> tuple[Slot, ...]:
    """Return the slots of a caption (T,). The targets are caption[1:], and those not `<NULL>` count."""
    return tuple(
        Slot(index, word, vocabulary.idx_to_word[word], None if index == 0 else word != vocabulary.null)
        for index, word in enumerate(caption.tolist())
    )


def loss_words(slots: tuple[Slot, ...]) -> str:
    """Say how many of the targets the loss counts."""
    counted = sum(1 for slot in slots if slot.counts)
    targets = max(len(slots) - 1, 0)
    return (
        f"The loss counts {counted} of {targets} targets; {targets - counted} are {NULL} padding, masked out."
    )


class CaptionStrip(QWidget):
    """Paints the slots as columns, in as many bands under each other as the width asks for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slots: tuple[Slot, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)
        self.setAccessibleName("Ids, words and loss mask of the caption")
        self.copy_ids_action = actions.make(
            actions.COPY_IDS, self, lambda: _copy(" ".join(str(slot.id) for slot in self._slots))
        )
        self.copy_words_action = actions.make(
            actions.COPY_WORDS, self, lambda: _copy(" ".join(slot.word for slot in self._slots))
        )

    @property
    def slots(self) -> tuple[Slot, ...]:
        """What is shown."""
        return self._slots

    def show_slots(self, slots: tuple[Slot, ...]) -> None:
        """Show the slots of a caption."""
        self._slots = slots
        self.setAccessibleDescription(
            "; ".join(f"{s.index}: {s.id} {s.word}, in the loss: {s.mask_word}" for s in slots)
        )
        self.updateGeometry()
        self.update()

    # ---- geometry --------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(self._least_width(), self.heightForWidth(max(self.width(), self._least_width())))

    def minimumSizeHint(self) -> QSize:
        """Return the same: what does not fit is scrolled to."""
        return self.sizeHint()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        bands = len(self._bands(width))
        return max(bands, 1) * self._band_height() + max(bands - 1, 0) * BAND_GAP

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != self.width():
            self.updateGeometry()

    def _least_width(self) -> int:
        return self._head_width() + max(self._widths(), default=0)

    def _band_height(self) -> int:
        return self._row_height() * len(ROWS)

    def _bands(self, width: int) -> list[range]:
        """Return the slots of each band: as few bands as the width allows, about equally wide."""
        widths, room = self._widths(), width - self._head_width()
        if not widths:
            return []
        fewest = len(_cut(widths, room))
        limit = max(*widths, sum(widths) // fewest)
        while limit < room and len(_cut(widths, limit)) > fewest:
            limit += 4
        return _cut(widths, min(limit, max(room, *widths)))

    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.9)
        return font

    def _row_height(self) -> int:
        return self.fontMetrics().height() + 8

    def _head_width(self) -> int:
        small = QFontMetrics(self._small())
        return max(small.horizontalAdvance(name) for name in ROWS) + 14

    def _widths(self) -> list[int]:
        metrics = self.fontMetrics()
        least = metrics.horizontalAdvance("0000") + 6
        return [max(least, metrics.horizontalAdvance(slot.word) + 10) for slot in self._slots]

    def _columns(self) -> list[QRect]:
        """Return each slot's column; room to spare is shared out evenly."""
        widths, high = self._widths(), self._band_height()
        columns: list[QRect] = []
        for number, band in enumerate(self._bands(self.width())):
            top, left = number * (high + BAND_GAP), self._head_width()
            spare = max(0, self.width() - left - sum(widths[slot] for slot in band))
            for place, slot in enumerate(band):
                share = spare * (place + 1) // len(band) - spare * place // len(band)
                columns.append(QRect(left, top, widths[slot] + share, high))
                left += widths[slot] + share
        return columns

    # ---- painting --------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colors()
        high = self._row_height()
        painter = QPainter(self)
        painter.setFont(self._small())
        painter.setPen(c.muted)
        columns = self._columns()
        for top in sorted({column.y() for column in columns}):
            for row, name in enumerate(ROWS):
                head = QRect(0, top + row * high, self._head_width() - 8, high)
                painter.drawText(head, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for slot, column in zip(self._slots, columns, strict=True):
            if column.intersects(event.rect()):
                self._paint_slot(painter, slot, column.adjusted(1, 0, -1, 0), high)
        painter.end()

    def _paint_slot(self, painter: QPainter, slot: Slot, column: QRect, high: int) -> None:
        c = colors()
        cells = [QRect(column.x(), column.y() + row * high, column.width(), high) for row in range(len(ROWS))]
        centre = Qt.AlignmentFlag.AlignCenter
        painter.setFont(self._small())
        painter.setPen(c.muted)
        painter.drawText(cells[0], centre, str(slot.index))

        box = QRectF(cells[1].united(cells[2])).adjusted(0.5, 0.5, -0.5, -1.5)
        painter.setPen(QPen(c.border, 1, Qt.PenStyle.DashLine if slot.is_padding else Qt.PenStyle.SolidLine))
        painter.setBrush(Qt.BrushStyle.NoBrush if slot.is_padding else c.raised)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(c.padding if slot.is_padding else c.muted)
        painter.drawText(cells[1], centre, str(slot.id))
        painter.setFont(self.font())
        painter.setPen(_word_color(slot))
        painter.drawText(cells[2], centre, slot.word)

        mask = QRectF(cells[3]).adjusted(0.5, 3.5, -0.5, -3.5)
        if slot.counts:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(c.counted)
            painter.drawRoundedRect(mask, 4, 4)
        painter.setFont(self._small())
        painter.setPen(c.text if slot.counts else c.padding)
        painter.drawText(cells[3], centre, slot.mask_word)

    # ---- pointing --------------------------------------------------------------------------

    def slot_at(self, position: QPoint) -> Slot | None:
        """Return the slot whose column is at a point."""
        for slot, column in zip(self._slots, self._columns(), strict=True):
            if column.contains(position):
                return slot
        return None

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            slot = self.slot_at(event.pos())
            if slot is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), plain_tip(slot.explanation), self)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.updateGeometry()
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy ids or words."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([self.copy_ids_action, self.copy_words_action])
        menu.popup(event.globalPos())


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)


class StripScroller(QScrollArea):
    """Holds a strip, scrolled where it is larger than the place."""

    def __init__(self, strip: CaptionStrip, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidget(strip)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        strip.setAutoFillBackground(False)
        self.setAccessibleName("Ids, words and loss mask, scrolled with the arrow keys")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


def _cut(widths: list[int], room: int) -> list[range]:
    """Cut columns into bands that fit a room, each as full as can be and of at least one column."""
    bands: list[range] = []
    first, filled = 0, 0
    for slot, wide in enumerate(widths):
        if slot > first and filled + wide > room:
            bands.append(range(first, slot))
            first, filled = slot, 0
        filled += wide
    bands.append(range(first, len(widths)))
    return bands


def _word_color(slot: Slot) -> QColor:
    c = colors()
    if slot.is_padding:
        return c.padding
    if slot.word == UNK:
        return c.unknown
    return c.muted if slot.word in (START, END) else c.text
