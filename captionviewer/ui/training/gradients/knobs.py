"""The knobs of the pages of Gradients: for the scale of Wh, in equal factors, and for a bias."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

WH_STEPS = 40  # of the slider: 0.25 to 4, equal factors


def slider(name: str, least: int, most: int, value: int) -> QSlider:
    """A horizontal slider with a name."""
    made = QSlider(Qt.Orientation.Horizontal)
    made.setRange(least, most)
    made.setValue(value)
    made.setMinimumWidth(90)
    made.setAccessibleName(name)
    made.setToolTip(name)
    return made


def scale_slider() -> QSlider:
    """A slider for the scale of Wh, at 1."""
    return slider("Scale of Wh", 0, WH_STEPS, WH_STEPS // 2)


def scale_of(made: QSlider) -> float:
    """The scale that such a slider stands at."""
    return float(4.0 ** (2 * made.value() / WH_STEPS - 1))


def knob(words: QLabel, made: QSlider) -> QWidget:
    """A slider with the words that say its value before it."""
    pair = QWidget()
    row = QHBoxLayout(pair)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(words)
    row.addWidget(made)
    return pair
