"""Pictures as arrays and as Qt's images; both ways make a copy, and in any thread."""

import numpy as np
from PySide6.QtGui import QImage

from captionviewer.core.arrays import ByteArray


def image_of(picture: ByteArray) -> QImage:
    """A picture (rows, columns, 3) uint8 as an image that owns its pixels; null where memory is short."""
    rows, columns, _ = picture.shape
    whole = np.ascontiguousarray(picture)
    lent = QImage(whole.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    return lent.convertToFormat(QImage.Format.Format_RGB32)  # a copy, unlike what was lent


def pixels_of(image: QImage) -> ByteArray:
    """An image as a picture (rows, columns, 3) uint8."""
    shown = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(shown.constBits(), np.uint8).reshape(shown.height(), shown.bytesPerLine())
    return rows[:, : 3 * shown.width()].reshape(shown.height(), shown.width(), 3).copy()
