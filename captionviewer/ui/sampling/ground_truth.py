"""Ground-truth captions, each word tinted by how surprised the model is at it under teacher forcing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QLinearGradient,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from captionviewer.core.amounts import MINUS
from captionviewer.core.coco.vocabulary import END, UNK, text_of
from captionviewer.ui import actions
from captionviewer.ui.look import theme
from captionviewer.ui.sampling.probability_words import nats, p_words
from captionviewer.ui.sampling.word_flow import FlowWord, WordFlow
from captionviewer.ui.widgets.painted_widget import PaintedWidget

# The strongest tint, as a share of the theme's colour of surprise: any more and the text on it would
# fall below a contrast of 4.5.
_STRONGEST = {False: 0.9, True: 0.62}
MOST = 15.0  # nats: p = 0.00003 %; what surprises more is tinted alike
_STRIP, _STRIP_GAP = 44, 6  # pixels of the legend
_CENTRED = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine
_UNDERLINE = 3  # pixels of tint below <UNK>
_TRAINED_ON = "trained on"
_SAME = "= generated"


def tint(surprise: float, blind_guess: float, c: theme.Colors) -> QColor:
    """Return the background of a word.

    Up to the surprise of a blind guess, ln V nats, it grows stronger; from there to `MOST` nats it takes
    another hue, so that a word held for impossible is told from one that was merely unknown.
    """
    if blind_guess <= 0.0 or not math.isfinite(surprise):
        return c.surface
    share = min(max(surprise / blind_guess, 0.0), 1.0)
    beyond = (surprise - blind_guess) / (MOST - blind_guess) if blind_guess < MOST else 0.0
    full = theme.mixed(c.surprise, c.far_surprise, beyond)
    return theme.mixed(c.surface, full, share * _STRONGEST[c.dark])


@lru_cache(maxsize=4096)
def _tint_of(hundredths: int, blind_guess: float, dark: bool) -> QColor:
    """The tint of a surprise in hundredths of a nat, which nobody can tell from the next: found once."""
    return tint(hundredths / 100.0, blind_guess, theme.DARK if dark else theme.LIGHT)


@dataclass(frozen=True)
class TintedWord:
    """One word of a ground-truth caption; `surprise` is -ln p in nats, None until a model was asked."""

    word: str
    surprise: float | None = None

    @property
    def tip(self) -> str:
        """What is said when the word is pointed at."""
        word = "the end of the caption" if self.word == END else f"“{self.word}”"
        if self.surprise is None:
            return f"{word}: no model has been asked yet"
        if not math.isfinite(self.surprise):
            return f"{word}: the surprise is not a number"
        return f"{word}: surprise {nats(self.surprise)} nats, {p_words(math.exp(-self.surprise))}"


@dataclass(frozen=True)
class TintedCaption:
    """One ground-truth caption."""

    words: tuple[TintedWord, ...]  # after <START>, <END> included
    trained_on: bool = False
    same_as_generated: bool = False
    is_spelled: bool = False  # its words are characters

    @property
    def text(self) -> str:
        """The caption as it is read, without `<END>`."""
        return text_of((word.word for word in self.words if word.word != END), spelled=self.is_spelled)

    @property
    def perplexity(self) -> float | None:
        """Exp of the mean surprise a word, `<END>` included."""
        known = [w.surprise for w in self.words if w.surprise is not None and math.isfinite(w.surprise)]
        return math.exp(min(sum(known) / len(known), 700.0)) if known else None


class _Fonts:
    """What a caption is set in: made once for a size of text, not for each word that is painted."""

    def __init__(self, usual: QFont) -> None:
        self.usual, self.small, self.italic = usual, QFont(usual), QFont(usual)
        self.small.setPointSizeF(0.82 * usual.pointSizeF())
        self.italic.setItalic(True)
        self.metrics, self.small_metrics = QFontMetrics(usual), QFontMetrics(self.small)


class GroundTruthCaption(WordFlow):
    """One caption, its number before it and its marks ("trained on", "= generated") after it."""

    spacing = QSize(1, 2)
    padding = QSize(2, 1)

    def __init__(self, index: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._index = index
        self._caption = TintedCaption(())
        self._blind_guess = 0.0
        self._fonts: _Fonts | None = None
        self.setObjectName(f"ground_truth_{index}")
        self.copy_action = actions.make(
            actions.COPY_TRUTH, self, lambda: QGuiApplication.clipboard().setText(self.text())
        )
        self.addAction(self.copy_action)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def set_index(self, index: int) -> None:
        """Stand for another caption of the photo."""
        if index != self._index:
            self._index = index
            self.update()

    def text(self) -> str:
        """Return the caption in plain words."""
        return self._caption.text

    def caption(self) -> TintedCaption:
        """Return what is shown."""
        return self._caption

    def show_caption(self, caption: TintedCaption, blind_guess: float) -> None:
        """Show a caption; `blind_guess` is ln V, the surprise that gives the full tint."""
        if (caption, blind_guess) == (self._caption, self._blind_guess):
            return
        self._caption, self._blind_guess = caption, blind_guess
        tips = [word.tip for word in caption.words]
        items = [FlowWord(word.word, tip) for word, tip in zip(caption.words, tips, strict=True)]
        if caption.trained_on:
            items.append(FlowWord(_TRAINED_ON, "the model has been trained on this caption"))
        if caption.same_as_generated:
            items.append(FlowWord(_SAME, "the generated caption is this one, word for word"))
        self.set_words(items)
        self.setAccessibleName(caption.text)
        marks = [item.text for item in items[len(caption.words) :]]
        perplexity = caption.perplexity
        if perplexity is not None:
            marks.append(f"perplexity {perplexity:,.1f}")
        self.setAccessibleDescription("; ".join([*marks, *tips]))

    # ---- how it looks --------------------------------------------------------------------------

    def indent(self) -> int:
        """Leave room for the number."""
        return self.fontMetrics().horizontalAdvance(str(self._index + 1)) + 10

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self._fonts = None
        super().changeEvent(event)

    @property
    def _set_in(self) -> _Fonts:
        if self._fonts is None:
            self._fonts = _Fonts(self.font())
        return self._fonts

    def padding_of(self, index: int) -> int:
        """Return more room for a mark, which has a frame."""
        return 7 if index >= len(self._caption.words) else self.padding.width()

    def metrics_of(self, index: int) -> QFontMetrics:
        """Return the metrics of the font a word is painted in."""
        is_mark = index >= len(self._caption.words)
        fonts = self._set_in
        return fonts.small_metrics if is_mark or self._caption.words[index].word == END else fonts.metrics

    def paint_beside(self, painter: QPainter) -> None:
        """Paint the number."""
        painter.setPen(theme.colors().muted)
        box = QRect(0, 0, self.indent() - 7, self.line_height())
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, flags, str(self._index + 1))

    def paint_word(self, painter: QPainter, index: int, box: QRect, text: str) -> None:
        """Paint one word."""
        c = theme.colors()
        if index >= len(self._caption.words):
            self._paint_mark(painter, box, text, c)
            return
        word = self._caption.words[index]
        painter.setPen(Qt.PenStyle.NoPen)
        if word.surprise is not None:
            hundredths = round(100.0 * word.surprise) if math.isfinite(word.surprise) else -1
            painter.setBrush(_tint_of(hundredths, self._blind_guess, c.dark))
            # <UNK> has a colour of its own, which could not be read on a tint: that stands below it
            tinted = box.adjusted(0, box.height() - _UNDERLINE, 0, 0) if word.word == UNK else box
            painter.drawRoundedRect(tinted, *((1, 1) if word.word == UNK else (3, 3)))
        fonts = self._set_in
        own = {END: fonts.small, UNK: fonts.italic}.get(word.word)
        painter.setPen(c.unknown if word.word == UNK else c.text)
        if own is None:
            self.draw_text(painter, index, box, text)
            return
        painter.setFont(own)
        painter.drawText(box, _CENTRED, text)
        painter.setFont(fonts.usual)

    def _paint_mark(self, painter: QPainter, box: QRect, text: str, c: theme.Colors) -> None:
        color = c.good if text == _SAME else c.accent
        painter.setPen(QPen(color, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        edge = QRectF(box).adjusted(2.5, 1.5, -1.5, -1.5)
        painter.drawRoundedRect(edge, edge.height() / 2, edge.height() / 2)
        painter.setFont(self._set_in.small)
        painter.setPen(color)
        painter.drawText(edge, _CENTRED, text)
        painter.setFont(self._set_in.usual)


class SurpriseLegend(PaintedWidget):
    """What the tints mean: from no surprise to that of a blind guess, and from there on to `MOST`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._blind_guess = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend of the tints")
        self.set_blind_guess(math.log(1004))

    def set_blind_guess(self, blind_guess: float) -> None:
        """Say which surprise the full tint stands for, in nats."""
        if blind_guess != self._blind_guess:
            self._blind_guess = blind_guess
            words = (
                f"Surprise is {MINUS}ln p, in nats: 0 for a word the model was sure of, {nats(blind_guess)}"
                " for a blind guess among all words of the vocabulary, more for a word that the model held"
                f" for less likely than that. From {MOST:g} nats on the tint stays the same."
            )
            self.setToolTip(words)
            self.setAccessibleDescription(words)
            self.update()

    def _texts(self) -> tuple[str, str, str]:
        return "surprise 0", nats(self._blind_guess), f"{MOST:g}+ nats"

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(0.88 * font.pointSizeF())
        return font

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._font())
        words = sum(metrics.horizontalAdvance(text) for text in self._texts())
        return QSize(words + 2 * _STRIP + 4 * _STRIP_GAP + 4, metrics.height() + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font())
        painter.setPen(c.muted)
        metrics = QFontMetrics(self._font())
        middle = Qt.AlignmentFlag.AlignVCenter
        x = 0
        least, guess, most = self._texts()
        # a strip for each of the two stretches: the first grows stronger, the second takes another hue
        for text, start, end in ((least, 0.0, self._blind_guess), (guess, self._blind_guess, MOST)):
            painter.setPen(c.muted)
            painter.drawText(QRect(x, 0, self.width() - x, self.height()), middle, text)
            x += metrics.horizontalAdvance(text) + _STRIP_GAP
            strip = QRectF(x, self.height() / 2 - 4, _STRIP, 8)
            gradient = QLinearGradient(strip.topLeft(), strip.topRight())
            gradient.setColorAt(0.0, tint(start, self._blind_guess, c))
            gradient.setColorAt(1.0, tint(end, self._blind_guess, c))
            painter.setPen(QPen(c.border, 1))
            painter.setBrush(gradient)
            painter.drawRoundedRect(strip, 3, 3)
            x += _STRIP + _STRIP_GAP
        painter.setPen(c.muted)
        rest = QRect(x, 0, max(self.width() - x, 0), self.height())
        painter.drawText(rest, middle, metrics.elidedText(most, Qt.TextElideMode.ElideRight, rest.width()))
        painter.end()


class GroundTruth(QWidget):
    """All ground-truth captions of a photo, one under the other; its rows are made once and reused."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[GroundTruthCaption] = []
        self._shown = 0
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._layout.addStretch(1)

    def show_captions(self, captions: Sequence[TintedCaption], blind_guess: float) -> None:
        """Show these captions."""
        while len(self._rows) < len(captions):
            row = GroundTruthCaption(len(self._rows), self)
            self._layout.insertWidget(len(self._rows), row)
            self._rows.append(row)
        self._shown = len(captions)
        for row, caption in zip(self._rows, captions, strict=False):
            row.show_caption(caption, blind_guess)
        for index, row in enumerate(self._rows):
            row.setVisible(index < len(captions))

    def set_outdated(self, outdated: bool) -> None:
        """Grey the captions, whose surprises are about to come of a newer model; or show them in full."""
        for row in self._rows:
            row.set_outdated(outdated)

    def rows(self) -> list[GroundTruthCaption]:
        """Return the captions shown, in order."""
        return self._rows[: self._shown]
