"""The generated caption as text, with what there is to say of it as a whole."""

import math
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QFont, QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from captionviewer.core.coco.vocabulary import END, Vocabulary
from captionviewer.ui.look import theme
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.probability_words import nats, small_probability
from captionviewer.ui.widgets.elided_label import ElidedLabel
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.outside_text import plain_tip

ROOM_KEPT = 12  # words: most captions are shorter, and the room for a longer one would stand empty


@dataclass(frozen=True)
class CaptionNote:
    """A remark on a caption that has come to its end."""

    text: str
    is_good: bool = False


def note_of(sample: CaptionSample, same: frozenset[int]) -> CaptionNote:
    """Return how a caption ended; `same` are the ground-truth captions that it equals, from 0."""
    if same:
        if any(sample.trained_on[index] for index in same):
            return CaptionNote("matches the caption it was trained on", is_good=True)
        return CaptionNote(f"equals ground-truth caption {min(same) + 1}", is_good=True)
    if sample.ended:
        return CaptionNote(f"{END} chosen: the caption has ended")
    symbols = "characters" if sample.vocabulary.is_of_characters else "words"
    return CaptionNote(f"stopped after {len(sample.timesteps)} {symbols} without {END}")


class GeneratedCaption(QWidget):
    """The caption so far, its probability, and once it has ended a remark."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = CaptionText()
        self._probability = FittingLabel()
        self._probability.setObjectName("caption_probability")
        self._note = ElidedLabel()
        self._note.setObjectName("caption_note")
        self._note.setForegroundRole(QPalette.ColorRole.WindowText)
        self._note_is_good = self._outdated = False
        remarks = FlowLayout(gap=14, line_gap=2)
        remarks.addWidget(self._probability)
        remarks.addWidget(self._note)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._text)
        column.addSpacing(3)
        column.addLayout(remarks)
        self._text.enlarge(self.font())

    def text(self) -> str:
        """Return the caption so far."""
        return self._text.said

    def set_outdated(self, outdated: bool) -> None:
        """Grey the caption, whose like is about to come of a newer model; or show it in full again."""
        self._outdated = outdated
        for label in (self._text, self._probability):
            theme.set_muted(label, outdated)
        self._color_note()

    def set_one_line(self, one_line: bool) -> None:
        """Show the caption in one line, shortened (its words stand in the chips), or in all it takes."""
        self._text.set_one_line(one_line)

    def height_of(self, text: str, width: int, one_line: bool) -> int:
        """Return about the height that the text of a whole caption would take at a width."""
        line = self._text.fontMetrics().height()
        high = line if one_line else self._text.height_of(text, width)
        return high + 7 + self._probability.sizeHint().height()

    def clear(self) -> None:
        """Show nothing."""
        self._text.show_caption("", "")
        self._probability.set_texts("")
        self._probability.setToolTip("")
        self._show_note(None)

    def show_caption(self, sample: CaptionSample, position: int, note: CaptionNote | None) -> None:
        """Show the first `position` words of a caption."""
        words = sample.words
        self._text.show_caption(
            sentence(words[:position], sample.vocabulary), sentence(words[:ROOM_KEPT], sample.vocabulary)
        )
        self._show_note(note)
        if position == 0:
            self._probability.set_texts(
                "No word chosen yet: Space plays, the right arrow steps", "Space plays, → steps", "→ steps"
            )
            self._probability.setToolTip(plain_tip(self._probability.whole))
            return
        log_probability = sample.timesteps[position - 1].caption_log_probability
        said = small_probability(log_probability)
        self._probability.set_texts(
            f"Probability of the whole caption so far: {said}", f"Probability so far: {said}", f"p = {said}"
        )
        perplexity = math.exp(min(-log_probability / position, 700.0))
        counted = "1 timestep" if position == 1 else f"{position} timesteps"
        self._probability.setToolTip(
            f"<p>{self._probability.whole}</p>"
            f"<p>ln p = {nats(log_probability)}, perplexity {perplexity:,.2f} per word, over {counted}</p>"
        )

    def _show_note(self, note: CaptionNote | None) -> None:
        self._note_is_good = note is not None and note.is_good
        text = note.text if note is not None else ""
        self._note.setText(f"\N{CHECK MARK} {text}" if self._note_is_good else text)
        self._note.setVisible(bool(text))
        self._color_note()

    def _color_note(self) -> None:
        c = theme.colors()
        wanted = c.good if self._note_is_good and not self._outdated else c.muted
        palette = self._note.palette()
        if palette.color(QPalette.ColorRole.WindowText) != wanted:
            palette.setColor(QPalette.ColorRole.WindowText, wanted)
            self._note.setPalette(palette)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._color_note()
        elif event.type() == QEvent.Type.FontChange:
            self._text.enlarge(self.font())


class FittingLabel(ElidedLabel):
    """One line in the longest of several wordings that there is room for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts: tuple[str, ...] = ("",)

    @property
    def whole(self) -> str:
        """The longest wording."""
        return self._texts[0]

    def set_texts(self, *texts: str) -> None:
        """Show one of these wordings, the longest first."""
        self._texts = texts
        self.setAccessibleName(texts[0])
        self.updateGeometry()
        self._fit()

    def _fit(self) -> None:
        room = self.contentsRect().width()
        fitting = (text for text in self._texts if self.fontMetrics().horizontalAdvance(text) <= room)
        text = next(fitting, self._texts[-1])
        if text != self.text():
            self.setText(text)

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.whole) + 1, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()


class CaptionText(QLabel):
    """The caption so far as text that can be selected; room for the whole of it is kept free."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self._said = ""
        self._one_line = False
        self.setObjectName("generated_caption")
        self.setAccessibleName("Generated caption")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def said(self) -> str:
        """The caption so far, of which less may be seen."""
        return self._said

    def set_one_line(self, one_line: bool) -> None:
        """Show one line, shortened where it must be, or as many as the text takes."""
        if one_line != self._one_line:
            self._one_line = one_line
            self._shorten()
            self.updateGeometry()

    def _shorten(self) -> None:
        shown, tip = self._said, ""
        if self._one_line and self.width() > 0:
            metrics = self.fontMetrics()
            shown = metrics.elidedText(self._said, Qt.TextElideMode.ElideLeft, self.width() - 2)
            tip = plain_tip(self._said) if shown != self._said else ""
        if shown != self.text():
            self.setText(shown)
        self.setToolTip(tip)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the line anew."""
        super().resizeEvent(event)
        if self._one_line:
            self._shorten()

    def show_caption(self, text: str, whole: str) -> None:
        """Show the caption so far; `whole` is what room is kept for."""
        self._said = text
        self.setAccessibleDescription(text)
        self._shorten()
        if whole != self._whole:
            self._whole = whole
            self.updateGeometry()

    def enlarge(self, around: QFont) -> None:
        """Take a font somewhat larger than that of the text around."""
        font = QFont(around)
        font.setPointSizeF(1.2 * around.pointSizeF())
        self.setFont(font)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height that the whole caption takes."""
        return self.height_of(" " if self._one_line else max(self._said, self._whole, " ", key=len), width)

    def height_of(self, text: str, width: int) -> int:
        """Return the height that a text would take."""
        box = QRect(0, 0, width, 1 << 16)
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
        return self.fontMetrics().boundingRect(box, flags, text).height() + 2

    def sizeHint(self) -> QSize:
        """Return a size whose height fits its width."""
        return QSize(240, self.heightForWidth(max(self.width(), 120)))

    def minimumSizeHint(self) -> QSize:
        """Return the size of one short line."""
        return QSize(120, self.fontMetrics().height() + 2)


def sentence(words: list[str], vocabulary: Vocabulary) -> str:
    """The words of a caption as people read them, without `<END>`."""
    return vocabulary.text(word for word in words if word != END)
