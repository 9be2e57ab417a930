"""The caption so far as chips: one word for each timestep, to be clicked to go there."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from captionviewer.core.coco.vocabulary import END, START, UNK
from captionviewer.ui.look import theme
from captionviewer.ui.sampling.word_flow import FlowWord, WordFlow
from captionviewer.ui.widgets.painted_widget import ClickedPlaces


class CaptionChips(ClickedPlaces, WordFlow):
    """`<START>` and the words chosen so far; words seen before going back stand on as outlines, and those
    that have not been seen, where they are shown at all, faintly.

    The last solid chip is the word that the network reads at this timestep.
    """

    timestep_chosen = Signal(int)  # how many words are to be chosen: 0 is `<START>` alone
    word_wanted = Signal(int)  # another word is wanted at a timestep

    _ROOMY = QSize(8, 3), QSize(4, 5)  # padding and spacing
    _DENSE = QSize(5, 1), QSize(3, 3)
    padding, spacing = _ROOMY

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._position = 0
        self._seen: int | None = None  # how many words have been seen; None for all
        self._forced: frozenset[int] = frozenset()
        self._parting: int | None = None
        self.setAccessibleName("Caption so far")
        self.show_words((), 0)

    @property
    def position(self) -> int:
        """How many words are chosen."""
        return self._position

    @property
    def seen(self) -> int:
        """How many words are shown as seen; those after them stand faintly."""
        return len(self.words()) - 1 if self._seen is None else self._seen

    def show_words(
        self,
        words: Sequence[FlowWord],
        position: int,
        room_for: Sequence[str] = (),
        seen: int | None = None,
        forced: Collection[int] = (),
        parting: int | None = None,
    ) -> None:
        """Show `<START>` and these words, of which the first `position` are chosen and `seen` were seen.

        `room_for` is the whole caption, for which room is kept; the words of the timesteps `forced` are
        marked as a person's, that of the timestep `parting` is underlined.
        """
        self._position, self._seen, self._forced = position, seen, frozenset(forced)
        self._parting = parting
        start = FlowWord(START, "timestep 0: the network starts from the photo and reads <START>")
        self.set_words([start, *words], [START, *room_for])
        self.setAccessibleDescription(" ".join([START, *(word.text for word in words[:position])]))

    def set_dense(self, dense: bool) -> None:
        """Set the chips closer together, as for a caption of thirty words."""
        padding, spacing = self._DENSE if dense else self._ROOMY
        if padding != self.padding:
            self.padding, self.spacing = padding, spacing
            self._forget_lines()
            self.update()

    def height_if(self, dense: bool, texts: Sequence[str], width: int) -> int:
        """Return the height that these words would take at a width, so set; nothing changes."""
        now = self.padding, self.spacing
        self.padding, self.spacing = self._DENSE if dense else self._ROOMY
        height = self.height_of(texts, width)
        self.padding, self.spacing = now
        return height

    # ---- how a word looks ----------------------------------------------------------------------

    def paint_word(self, painter: QPainter, index: int, box: QRect, text: str) -> None:
        """Paint one word."""
        c = theme.colors()
        word = self.words()[index].text
        current, reached = index == self._position, index <= self._position
        edge = QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5)
        if current:
            fill, border, color = c.accent, c.accent, c.on_accent
        elif reached:
            fill, border, color = c.raised, c.border, c.text
        else:
            fill, border, color = c.window, c.border, c.muted
        coming = self._seen is not None and index > self._seen
        if index == self._hovered and not current:
            border = c.accent
        if word in (START, END) and not current:
            color = c.muted
        elif word == UNK and not current:
            color = c.unknown
        if not coming or index == self._hovered:
            painter.setPen(QPen(border, 1, Qt.PenStyle.SolidLine if reached else Qt.PenStyle.DashLine))
            painter.setBrush(fill if reached else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(edge, 5, 5)
        if index - 1 in self._forced:
            painter.setPen(QPen(c.on_accent if current else c.accent, 1.4, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(edge.adjusted(1.5, 1.5, -1.5, -1.5), 4, 4)
        if self._parting is not None and index - 1 == self._parting:
            painter.setPen(QPen(c.warn, 3))
            painter.drawLine(box.left() + 5, box.bottom() - 1, box.right() - 5, box.bottom() - 1)
        painter.setPen(color)
        self.draw_text(painter, index, box, text)

    # ---- pointing ------------------------------------------------------------------------------

    def place_at(self, point: QPoint) -> int | None:
        return self.word_at(point)

    def take(self, place: int) -> None:
        """Go to the timestep of a chip."""
        self.timestep_chosen.emit(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Have another word typed in place of a chip's."""
        index = self.word_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index:
            self.word_wanted.emit(index - 1)
