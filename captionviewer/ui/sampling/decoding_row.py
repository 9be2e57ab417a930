"""The row that says how captions are written: one line until it is opened."""

from dataclasses import replace
from typing import get_args

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)

from captionviewer.core.coco.vocabulary import LONGEST_IN_CHARACTERS, LONGEST_IN_WORDS, UNK, Vocabulary
from captionviewer.core.decoding.decoding import WIDEST_BEAM, Decoding, Method
from captionviewer.ui.sampling.branches.word_field import complete
from captionviewer.ui.widgets.check_box import CheckBox
from captionviewer.ui.widgets.control_parts import labelled
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.outside_text import as_menu_text, plain_tip, shortened

NAMES: dict[Method, str] = {"greedy": "Greedy", "sample": "Sample", "beam": "Beam", "exact": "Likeliest"}
_MOST_KEPT = 1_000_000  # words that k can keep; more than any vocabulary has
_LARGEST_SEED = (1 << 31) - 1
_LONGEST_LINE = 48  # letters; the rest is said when the line is pointed at
_LONGEST_WORD = 20
_FIELD = 14  # letters of average width


class DecodingRow(QWidget):
    """What a `Decoding`'s method reads, to be edited; unseen until `opener`, the line, is clicked.

    Attributes
    ----------
    changed : Signal(Decoding)
        The user chose another value.
    opener : QToolButton
        Says the value in a line; it stands where the panel puts it.
    """

    changed = Signal(object)  # Decoding
    word_unknown = Signal(str)  # what was typed is no word of the vocabulary

    def __init__(self, keeper: QObject | None = None, parent: QWidget | None = None) -> None:
        """`keeper` is an event filter of the panel's, for what takes the space bar."""
        super().__init__(parent)
        self._decoding = Decoding()
        self._keeper = keeper
        self.opener = QToolButton()
        self.opener.setObjectName("decoding_opener")
        self.opener.setCheckable(True)
        self.opener.setAutoRaise(True)
        self.opener.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.opener.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.opener.toggled.connect(self._show)
        self.method = QComboBox()
        self.method.setObjectName("decoding_method")
        for method in get_args(Method):
            self.method.addItem(NAMES[method], method)
        self.temperature = _decimal("decoding_temperature", 0.0, 10.0, 0.1)
        self.k = _whole("decoding_k", 0, _MOST_KEPT)
        self.k.setSpecialValueText("all")
        self.p = _decimal("decoding_p", 0.01, 1.0, 0.05)
        self.beam_width = _whole("decoding_width", 1, WIDEST_BEAM)
        self.alpha = _decimal("decoding_alpha", 0.0, 1.0, 0.05)
        self.never_unk = CheckBox(f"Never {UNK}")
        self.never_unk.setObjectName("decoding_never_unk")
        self.never_field = QLineEdit()
        self.never_field.setObjectName("decoding_never_word")
        self.never_field.setPlaceholderText("never say …")
        self.never_field.setAccessibleName("Never say")
        self.never_field.setToolTip("Enter has a word of the vocabulary never said")
        self.never_field.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.never_field.returnPressed.connect(self._forbid)
        self._offered = complete(self.never_field)
        self._size_field()
        self._vocabulary: Vocabulary | None = None
        self.set_vocabulary(None)
        self.ngram_block = _whole("decoding_ngrams", 0, LONGEST_IN_WORDS)
        self.ngram_block.setSpecialValueText("off")
        self.ngram_block.setToolTip("No n-gram of so many words may come twice in a caption")
        self.max_length = _whole("decoding_length", 1, LONGEST_IN_WORDS)
        self.seed = _whole("decoding_seed", 0, _LARGEST_SEED)
        self._never: list[QToolButton] = []  # a forbidden word each, to be allowed again
        self._flow = FlowLayout(self, gap=10)
        self._flow.setContentsMargins(10, 2, 10, 6)
        self._flow.addWidget(labelled("Method", self.method))
        sample, beam = ("sample",), ("beam",)
        self._of_method: list[tuple[QWidget, tuple[str, ...]]] = [
            (labelled("Temperature", self.temperature), sample),
            (labelled("k", self.k), sample),
            (labelled("p", self.p), sample),
            (labelled("Seed", self.seed), sample),
            (labelled("Width", self.beam_width), beam),
            (labelled("Alpha", self.alpha), beam),
        ]
        for part, _methods in self._of_method:
            self._flow.addWidget(part)
        self._flow.addWidget(self.never_unk)
        self._flow.addWidget(self.never_field)
        self._flow.addWidget(labelled("Block n-grams of", self.ngram_block))
        self._flow.addWidget(labelled("Words at most", self.max_length))
        self.method.currentIndexChanged.connect(self._edited)
        self.never_unk.toggled.connect(self._edited)
        for box in (self.temperature, self.p, self.alpha):
            box.valueChanged.connect(self._edited)
        for count in (self.k, self.beam_width, self.ngram_block, self.max_length, self.seed):
            count.valueChanged.connect(self._edited)
        if keeper is not None:
            for widget in (self.opener, self.method, self.never_unk):
                widget.installEventFilter(keeper)
        self._show()

    def set_decoding(self, decoding: Decoding) -> None:
        """Show another value; `changed` is not emitted."""
        self._decoding = decoding
        self._show()

    def set_vocabulary(self, vocabulary: Vocabulary | None) -> None:
        """Let words of the open data be forbidden; None: no data is open."""
        if vocabulary is self._vocabulary and vocabulary is not None:
            return  # asked at each photo, and a thousand words are a list to fill
        self._vocabulary = vocabulary
        self._offered.setStringList([] if vocabulary is None else list(vocabulary.idx_to_word))
        self.never_field.setEnabled(vocabulary is not None)

    def _size_field(self) -> None:
        self.never_field.setFixedWidth(_FIELD * self.fontMetrics().averageCharWidth())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._size_field()

    def _forbid(self) -> None:
        """Have the word that was typed never said."""
        text, vocabulary = self.never_field.text().strip(), self._vocabulary
        if not text or vocabulary is None:
            return
        index = vocabulary.id_as_typed(text)
        if index is None:
            self.word_unknown.emit(text)
            return
        self.never_field.clear()
        words = (*self._decoding.forbidden_words, vocabulary.idx_to_word[index])
        self._take(replace(self._decoding, forbidden_words=words))

    def _edited(self) -> None:
        """Take what was edited; a value finer than its box shows, or beyond it, stays as it is."""
        d = self._decoding
        others = tuple(word for word in d.forbidden_words if word != UNK)
        self._take(
            replace(
                d,
                method=self.method.currentData(),
                temperature=_edited_decimal(self.temperature, d.temperature),
                k=self.k.value() or None,
                p=_edited_decimal(self.p, d.p),
                beam_width=self.beam_width.value(),
                alpha=_edited_decimal(self.alpha, d.alpha),
                forbidden_words=(*others, UNK) if self.never_unk.isChecked() else others,
                ngram_block=_edited_whole(self.ngram_block, d.ngram_block),
                max_length=_edited_whole(self.max_length, d.max_length),
                seed=_edited_whole(self.seed, d.seed),
            )
        )

    def _allow(self, word: str) -> None:
        d = self._decoding
        self._take(replace(d, forbidden_words=tuple(each for each in d.forbidden_words if each != word)))

    def _take(self, wanted: Decoding) -> None:
        if wanted != self._decoding:
            self._decoding = wanted
            self._show()
            self.changed.emit(wanted)

    def _show(self) -> None:
        d, opened = self._decoding, self.opener.isChecked()
        self.opener.setText(as_menu_text(_line(d)))
        said = f"How captions are written: {d.words()}"
        self.opener.setToolTip(plain_tip(said))
        self.opener.setAccessibleName(said)
        self.opener.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        for widget, value in (
            (self.temperature, d.temperature),
            (self.p, d.p),
            (self.alpha, d.alpha),
        ):
            with QSignalBlocker(widget):
                widget.setValue(value)
        for count, number in (
            (self.k, d.k or 0),
            (self.beam_width, d.beam_width),
            (self.ngram_block, d.ngram_block),
            (self.max_length, d.max_length),
            (self.seed, min(d.seed, _LARGEST_SEED)),
        ):
            with QSignalBlocker(count):
                count.setMaximum(max(count.maximum(), number))
                count.setValue(number)
        with QSignalBlocker(self.method), QSignalBlocker(self.never_unk):
            self.method.setCurrentIndex(self.method.findData(d.method))
            self.never_unk.setChecked(UNK in d.forbidden_words)
        for part, methods in self._of_method:
            part.setVisible(d.method in methods)
        self._show_never([word for word in d.forbidden_words if word != UNK])
        self.setVisible(opened)

    def _show_never(self, words: list[str]) -> None:
        if [button.property("word") for button in self._never] == words:
            return
        for button in self._never:
            self._flow.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._never = []
        for word in words:
            button = QToolButton()
            button.setProperty("word", word)
            button.setText(as_menu_text(f"never {shortened(word, _LONGEST_WORD)} ×"))
            button.setToolTip(plain_tip(f"Let “{word}” be said again"))
            button.clicked.connect(lambda _checked=False, word=word: self._allow(word))
            if self._keeper is not None:
                button.installEventFilter(self._keeper)
            self._flow.addWidget(button)
            self._never.append(button)


def _line(decoding: Decoding) -> str:
    """The value in a line; how long a caption may be is said where it is not as long as is shown."""
    words = decoding.words()
    if decoding.max_length in (LONGEST_IN_WORDS, LONGEST_IN_CHARACTERS):
        words = words.rpartition(", ")[0]
    if len(words) > _LONGEST_LINE:
        words = f"{words[: _LONGEST_LINE - 1].rpartition(',')[0] or words[: _LONGEST_LINE - 1]}…"
    return words[:1].upper() + words[1:]


def _edited_decimal(box: QDoubleSpinBox, before: float) -> float:
    return before if abs(box.value() - before) < 0.005 else round(box.value(), 2)


def _edited_whole(box: QSpinBox, before: int) -> int:
    return before if box.value() == min(before, box.maximum()) else box.value()


def _decimal(name: str, least: float, most: float, step: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setObjectName(name)
    box.setDecimals(2)
    box.setRange(least, most)
    box.setSingleStep(step)
    return box


def _whole(name: str, least: int, most: int) -> QSpinBox:
    box = QSpinBox()
    box.setObjectName(name)
    box.setRange(least, most)
    return box
