"""What can be changed while a run goes on: its learning rate and the norm that gradients are clipped at."""

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QSlider, QWidget

LEAST, MOST = 1e-5, 1e-1  # what the slider reaches; the buttons go beyond
_STEPS = 100  # of the slider for a power of ten
FACTORS: tuple[tuple[str, float], ...] = (("× 0.1", 0.1), ("× 0.5", 0.5), ("× 2", 2.0))


class RateRow(QWidget):
    """A slider on a log scale, three factors, and the clip norm; each in force at the next step.

    What the user does comes as `rate_changed` and `clip_changed`; `show_rate` and `show_clip` say nothing.
    """

    rate_changed = Signal(float)
    clip_changed = Signal(object)  # float, or None: off

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rate = 1e-3
        self._clip: float | None = None
        self._quiet = False
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(_place(LEAST), _place(MOST))
        self.slider.setAccessibleName("Learning rate, on a log scale")
        tip = "In force at the next step; the decay at an epoch's end goes on multiplying it"
        self.slider.setToolTip(tip)
        self.slider.setTracking(False)  # one change for a drag, not hundreds
        self.slider.setMinimumWidth(60)
        self.value = QLabel()
        self.value.setMinimumWidth(self.fontMetrics().horizontalAdvance("0.000000"))
        label = QLabel("Learning &rate")
        label.setBuddy(self.slider)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        row.addWidget(label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.value)
        self.buttons: list[QPushButton] = []
        for words, factor in FACTORS:
            button = QPushButton(words)
            button.setAccessibleName(f"Learning rate times {factor:g}")
            button.setToolTip(tip)
            button.setFixedWidth(button.fontMetrics().horizontalAdvance(words) + 18)
            button.clicked.connect(lambda _checked=False, factor=factor: self._change(self._rate * factor))
            self.buttons.append(button)
            row.addWidget(button)
        self.clip = QLineEdit()
        self.clip.setPlaceholderText("off")
        self.clip.setAccessibleName("Clip gradients at this norm; empty: off")
        self.clip.setToolTip("The norm that all gradients together are shortened to; empty: not at all")
        self.clip.setFixedWidth(self.fontMetrics().horizontalAdvance("0000000") + 12)
        self.clip.editingFinished.connect(self._clip_edited)
        clip_label = QLabel("C&lip at")
        clip_label.setBuddy(self.clip)
        row.addWidget(clip_label)
        row.addWidget(self.clip)
        self.slider.valueChanged.connect(self._slid)
        self.show_rate(self._rate)

    def show_rate(self, rate: float) -> None:
        """Show the rate of the run, unless the slider is being dragged."""
        self._rate = rate
        words = f"{rate:.3g}"
        if self.value.text() != words:
            self.value.setText(words)
        if not self.slider.isSliderDown():
            self._quiet = True
            self.slider.setValue(_place(rate))
            self._quiet = False

    def show_clip(self, clip: float | None) -> None:
        """Show the clip norm of the run, unless it is being edited."""
        self._clip = clip
        if not self.clip.hasFocus():
            self.clip.setText("" if clip is None else f"{clip:g}")

    def _slid(self, place: int) -> None:
        if not self._quiet:
            self._change(10 ** (place / _STEPS))

    def _change(self, rate: float) -> None:
        rate = float(f"{rate:.3g}")  # as it is written on the plot and in the file
        self.show_rate(rate)
        self.rate_changed.emit(rate)

    def _clip_edited(self) -> None:
        text = self.clip.text().strip().replace(",", ".")
        try:
            clip = float(text) if text else None
        except ValueError:
            clip = math.nan  # whoever takes it says what is wrong with it
        if clip != self._clip:
            self._clip = clip
            self.clip_changed.emit(clip)


def _place(rate: float) -> int:
    return round(_STEPS * math.log10(max(rate, 1e-300)))
