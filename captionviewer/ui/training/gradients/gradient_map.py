"""The median norms for all pairs of a loss and a state, log colours; a click chooses the loss."""

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from captionviewer.core.arrays import FloatArray
from captionviewer.ui.look import theme

LOWEST, HIGHEST = -4.0, 1.0  # powers of ten that the colours run from and to


class GradientMap(QWidget):
    """Losses (rows, from above) by states (columns, the photo first); Up and Down go from row to row."""

    loss_chosen = Signal(int)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._medians: FloatArray = np.zeros((0, 0))
        self._chosen = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{title}: gradient norms, losses by states")
        self.setToolTip(
            "Row: the word whose loss it is; column: the state that it reaches. Click a row,"
            " or move with Up and Down"
        )

    def show_medians(self, medians: FloatArray, chosen: int) -> None:
        """Show (S, S + 1) medians, NaN where there is none."""
        self._medians, self._chosen = medians, chosen
        self.setAccessibleDescription(f"Loss at timestep {chosen}" if len(medians) else "")
        self.update()

    def grid(self) -> QRect:
        """Where the cells are."""
        top = self.fontMetrics().height() + 4
        return QRect(0, top, self.width(), max(self.height() - top, 1))

    def center_of(self, loss: int) -> QPoint:
        """The middle of a row."""
        grid = self.grid()
        return QPoint(
            grid.center().x(), grid.top() + round((loss + 0.5) * grid.height() / len(self._medians))
        )

    def sizeHint(self) -> QSize:
        return QSize(170, 5 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(100, 5 * self.fontMetrics().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        grid, point = self.grid(), event.position().toPoint()
        if len(self._medians) and grid.contains(point):
            self.loss_chosen.emit((point.y() - grid.top()) * len(self._medians) // grid.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None or not len(self._medians):
            super().keyPressEvent(event)
        elif 0 <= self._chosen + step < len(self._medians):
            self.loss_chosen.emit(self._chosen + step)

    def paintEvent(self, event: QPaintEvent) -> None:
        c, grid = theme.colors(), self.grid()
        painter = QPainter(self)
        painter.setPen(c.text)
        title = QRect(0, 0, self.width(), grid.top())
        painter.drawText(title, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._title)
        rows, columns = self._medians.shape
        if rows and columns:
            powers = np.log10(np.maximum(np.nan_to_num(self._medians, nan=0.0), 1e-30))
            share = np.clip((powers - LOWEST) / (HIGHEST - LOWEST), 0.0, 1.0)[:, :, np.newaxis]
            ends = [np.array([e.red(), e.green(), e.blue()]) for e in (c.raised, c.surprise)]
            pixels = (ends[0] + share * (ends[1] - ends[0])).round().astype(np.uint8)
            pixels[np.isnan(self._medians)] = (c.surface.red(), c.surface.green(), c.surface.blue())
            pixels = np.ascontiguousarray(pixels)
            image = QImage(pixels.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
            painter.drawImage(grid, image)
            height = grid.height() / rows
            painter.setPen(QPen(c.accent, 2) if self.hasFocus() else QPen(c.text, 1))
            top = round(grid.top() + self._chosen * height)
            painter.drawRect(QRect(0, top, grid.width() - 1, max(round(height) - 1, 2)))
        painter.end()
