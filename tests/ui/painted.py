"""Looks at what a widget paints, colour by colour."""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget

Pixels = npt.NDArray[np.int32]


def pixels(widget: QWidget, part: QRect | None = None) -> Pixels:
    """A picture of a widget, or of a part of it, (rows, columns, 3)."""
    image = widget.grab(part or widget.rect()).toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(bytes(image.constBits()), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(np.int32)


def count(picture: Pixels, color: QColor, apart: int = 12) -> int:
    """How many pixels have a colour, but for what blurs the edges of letters."""
    wanted = np.array([color.red(), color.green(), color.blue()])
    return int((np.abs(picture - wanted).max(axis=-1) <= apart).sum())
