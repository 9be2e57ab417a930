"""Two parts beside each other, or one under the other where there is no room for both."""

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget


class Halves(QWidget):
    """Turns by its width in letters, so that large text counts as little room."""

    def __init__(
        self, first: QWidget, second: QWidget, narrow: int, *, gap: int = 20, shares: tuple[int, int] = (1, 1)
    ) -> None:
        """`narrow` are the letters of average width below which `second` stands under `first`."""
        super().__init__()
        self._narrow = narrow
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._parts.setContentsMargins(0, 0, 0, 0)
        self._parts.setSpacing(gap)
        for part, share in zip((first, second), shares, strict=True):
            self._parts.addWidget(part, share)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._turn()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._turn()

    def _turn(self) -> None:
        down, beside = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        narrow = self.width() / self.fontMetrics().averageCharWidth() < self._narrow
        self._parts.setDirection(down if narrow else beside)
