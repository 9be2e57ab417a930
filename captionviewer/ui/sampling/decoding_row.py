"""The row that says how captions are written: one line until it is opened."""

from dataclasses import replace
from typing import get_args

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.coco.vocabulary import UNK
from captionviewer.core.decoding.decoding import LONGEST_CAPTION, WIDEST_BEAM, Decoding, Method
from captionviewer.ui.sampling.control_parts import labelled
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.outside_text import plain_tip

NAMES: dict[Method, str] = {"greedy": "Greedy", "sample": "Sample", "beam": "Beam", "exact": "Exact"}
_MOST_KEPT = 1_000_000  # words that k can keep; more than any vocabulary has
_LARGEST_SEED = (1 << 31) - 1


class DecodingRow(QWidget):
    """Shows a `Decoding` in one line and, opened by a click, what its method reads.

    Attributes
    ----------
    changed : Signal(Decoding)
        The user chose another value.
    """

    changed = Signal(object)  # Decoding

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._decoding = Decoding()
        self.opener = QToolButton()
        self.opener.setObjectName("decoding_opener")
        self.opener.setCheckable(True)
        self.opener.setAutoRaise(True)
        self.opener.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
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
        self.never_unk = QCheckBox(f"Never {UNK}")
        self.never_unk.setObjectName("decoding_never_unk")
        self.ngram_block = _whole("decoding_ngrams", 0, LONGEST_CAPTION)
        self.ngram_block.setSpecialValueText("off")
        self.ngram_block.setToolTip("No n-gram of so many words may come twice in a caption")
        self.max_length = _whole("decoding_length", 1, LONGEST_CAPTION)
        self.seed = _whole("decoding_seed", 0, _LARGEST_SEED)
        self._parts = QWidget()
        flow = FlowLayout(self._parts, gap=8)
        flow.addWidget(labelled("Method", self.method))
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
            flow.addWidget(part)
        flow.addWidget(self.never_unk)
        flow.addWidget(labelled("Block n-grams of", self.ngram_block))
        flow.addWidget(labelled("Words at most", self.max_length))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.opener, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._parts)
        self.method.currentIndexChanged.connect(self._edited)
        self.never_unk.toggled.connect(self._edited)
        for box in (self.temperature, self.p, self.alpha):
            box.valueChanged.connect(self._edited)
        for count in (self.k, self.beam_width, self.ngram_block, self.max_length, self.seed):
            count.valueChanged.connect(self._edited)
        self._show()

    def decoding(self) -> Decoding:
        """Return the value shown."""
        return self._decoding

    def set_decoding(self, decoding: Decoding) -> None:
        """Show another value; `changed` is not emitted."""
        self._decoding = decoding
        self._show()

    def _edited(self) -> None:
        """Take what was edited; a value finer than its box shows stays as it is."""
        d = self._decoding
        others = tuple(word for word in d.forbidden_words if word != UNK)
        wanted = replace(
            d,
            method=self.method.currentData(),
            temperature=_edited_decimal(self.temperature, d.temperature),
            k=self.k.value() or None,
            p=_edited_decimal(self.p, d.p),
            beam_width=self.beam_width.value(),
            alpha=_edited_decimal(self.alpha, d.alpha),
            forbidden_words=(*others, UNK) if self.never_unk.isChecked() else others,
            ngram_block=self.ngram_block.value(),
            max_length=self.max_length.value(),
            seed=d.seed if self.seed.value() == min(d.seed, _LARGEST_SEED) else self.seed.value(),
        )
        if wanted != d:
            self._decoding = wanted
            self._show()
            self.changed.emit(wanted)

    def _show(self) -> None:
        d, opened = self._decoding, self.opener.isChecked()
        name = NAMES[d.method]
        untouched = d == replace(Decoding(), method=d.method)
        self.opener.setText(name if untouched and d.method == "greedy" else _line(d))
        self.opener.setToolTip(plain_tip(f"How captions are written: {d.words()}"))
        self.opener.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self.opener.setAccessibleName(f"How captions are written: {d.words()}")
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
                count.setValue(number)
        with QSignalBlocker(self.method), QSignalBlocker(self.never_unk):
            self.method.setCurrentIndex(self.method.findData(d.method))
            self.never_unk.setChecked(UNK in d.forbidden_words)
        for part, methods in self._of_method:
            part.setVisible(d.method in methods)
        self._parts.setVisible(opened)


def _line(decoding: Decoding) -> str:
    words = decoding.words()
    return words[:1].upper() + words[1:]


def _edited_decimal(box: QDoubleSpinBox, before: float) -> float:
    return before if abs(box.value() - before) < 0.005 else round(box.value(), 2)


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
