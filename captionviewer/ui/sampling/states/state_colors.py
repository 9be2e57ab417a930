"""How a state or gate is coloured: a fixed range for each, so that equal colours are equal values."""

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor

from captionviewer.core.arrays import FloatArray
from captionviewer.core.network.cells import QUANTITIES, Quantity
from captionviewer.ui.look import theme

NAMES: dict[Quantity, str] = {key: f"{key}, {facts.name}" for key, facts in QUANTITIES.items()}
RANGES: dict[Quantity, tuple[float, float]] = {
    key: (facts.low, facts.high) for key, facts in QUANTITIES.items()
}
_STRONGEST = {False: 0.9, True: 0.72}


def ends(quantity: Quantity, c: theme.Colors) -> tuple[QColor, QColor, QColor]:
    """The colours of the least, the middle and the greatest value; a gate grows from nothing."""
    strong = _STRONGEST[c.dark]
    greatest = theme.mixed(c.surface, c.surprise, strong)
    if RANGES[quantity][0] == 0.0:
        return c.surface, theme.mixed(c.surface, c.surprise, strong / 2), greatest
    return theme.mixed(c.surface, c.accent, strong), c.surface, greatest


def colored(values: FloatArray, quantity: Quantity, c: theme.Colors) -> npt.NDArray[np.uint8]:
    """The colours (..., 3) of values (...), those beyond the range like its ends."""
    low, high = RANGES[quantity]
    share = np.clip((np.asarray(values, np.float32) - low) / (high - low), 0.0, 1.0)
    points = np.array([[e.red(), e.green(), e.blue()] for e in ends(quantity, c)], np.float32)
    channels = [np.interp(share, (0.0, 0.5, 1.0), points[:, n]) for n in range(3)]
    return np.round(np.stack(channels, axis=-1)).astype(np.uint8)


def color_of(value: float, quantity: Quantity, c: theme.Colors) -> QColor:
    """The colour of one value."""
    red, green, blue = colored(np.array(value), quantity, c).tolist()
    return QColor(red, green, blue)
