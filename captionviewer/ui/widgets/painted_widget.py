"""What widgets that paint themselves have in common: they follow theme and text size, and can be greyed."""

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from captionviewer.ui.look import theme


class PaintedWidget(QWidget):
    """Painted anew in another theme, and laid out anew in another size of text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outdated = False

    def set_outdated(self, outdated: bool) -> None:
        """Grey what is shown, whose like is about to come of a newer model; or show it in full again."""
        if outdated is not self._outdated:
            self._outdated = outdated
            self.update()

    def fade(self, painter: QPainter) -> None:
        """Have what is painted from now on greyed, where it is outdated."""
        painter.setOpacity(theme.OUTDATED if self._outdated else 1.0)

    def paint_anew(self) -> None:
        """Paint with nothing kept of what was painted before."""
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.updateGeometry()
        self.paint_anew()


class ClickedPlaces(QWidget):
    """Places of a painted widget that take a click: a hand is over them, and one is known as pointed at."""

    _hovered: int | None = None

    def place_at(self, point: QPoint) -> int | None:
        """Return which place that takes a click is at a point; None beside them."""
        raise NotImplementedError

    def take(self, place: int) -> None:
        """A place was clicked."""
        raise NotImplementedError

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show which place would be taken."""
        self._hover(self.place_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(None)

    def _hover(self, place: int | None) -> None:
        if place != self._hovered:
            self._hovered = place
            if place is None:
                self.unsetCursor()
            else:
                self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the place that is clicked."""
        place = self.place_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self.take(place)
