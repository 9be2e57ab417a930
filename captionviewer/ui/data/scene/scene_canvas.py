"""The picture of a scene, whose things can be chosen and dragged."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from captionviewer.core.storybook.kinds import KINDS
from captionviewer.core.storybook.scene_edits import things_of
from captionviewer.core.storybook.scenes import Scene, Thing
from captionviewer.ui.look.theme import colors
from captionviewer.ui.photos.photo_painting import fitted

_STEP = 0.03  # of an arrow key, in heights of the picture
_ARROWS = {
    Qt.Key.Key_Left: (-_STEP, 0.0),
    Qt.Key.Key_Right: (_STEP, 0.0),
    Qt.Key.Key_Up: (0.0, _STEP),
    Qt.Key.Key_Down: (0.0, -_STEP),
}


class SceneCanvas(QWidget):
    """Shows the last picture that was drawn; the frame of the chosen thing goes ahead of it.

    Attributes
    ----------
    chosen
        A thing was clicked: its place among the scene's.
    dragged
        A thing is on its way: its place, and where its foot is, in heights of the picture.
    dropped
        The drag, or the move by an arrow key, is over.
    """

    chosen = Signal(int)
    dragged = Signal(int, float, float)
    dropped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._scene: Scene | None = None
        self._which = 0
        self._grip: QPointF | None = None  # from the thing's foot to the mouse, in heights
        self._moved = False
        self.setObjectName("scene_canvas")
        self.setAccessibleName("Picture of the scene")
        self.setToolTip("Click a thing to choose it, drag it to move it; arrow keys move it, too")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)

    def sizeHint(self) -> QSize:
        return self.minimumSize()  # it takes what room there is

    def show_image(self, image: QImage | None) -> None:
        """Show another picture."""
        self._image = image
        self.update()

    def show_scene(self, scene: Scene, which: int) -> None:
        """Frame a thing of the scene as it is wanted now."""
        self._scene, self._which = scene, which
        self.update()

    # ---- where things are ----------------------------------------------------------------------

    def _place(self) -> QRect:
        size = self._image.size() if self._image is not None else QSize(480, 360)
        return fitted(size, self.rect())

    def _in_heights(self, at: QPointF) -> QPointF:
        place = self._place()
        return QPointF((at.x() - place.left()) / place.height(), 1 - (at.y() - place.top()) / place.height())

    def frame_of(self, thing: Thing) -> QRectF:
        """Where a thing stands on the widget."""
        place = self._place()
        high = thing.height * place.height()
        wide = high * KINDS[thing.kind].aspect
        foot = QPointF(place.left() + thing.x * place.height(), place.top() + (1 - thing.y) * place.height())
        return QRectF(foot.x() - wide / 2, foot.y() - high, wide, high)

    def _thing_at(self, at: QPointF) -> int | None:
        """The thing under a point: the chosen one first, then the smallest."""
        things = things_of(self._scene) if self._scene is not None else ()
        hit = [number for number, thing in enumerate(things) if self.frame_of(thing).contains(at)]
        if self._which in hit:
            return self._which
        return min(hit, key=lambda number: things[number].area, default=None)

    # ---- events --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        which = self._thing_at(event.position())
        if which is None or self._scene is None or event.button() != Qt.MouseButton.LeftButton:
            return
        thing = things_of(self._scene)[which]
        self._grip = self._in_heights(event.position()) - QPointF(thing.x, thing.y)
        self._moved = False
        self.chosen.emit(which)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            foot = self._in_heights(event.position()) - self._grip
            self._moved = True
            self.dragged.emit(self._which, foot.x(), foot.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None and self._moved:
            self.dropped.emit()
        self._grip = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _ARROWS.get(Qt.Key(event.key()))
        if step is None or self._scene is None:
            super().keyPressEvent(event)
            return
        thing = things_of(self._scene)[self._which]
        self.dragged.emit(self._which, thing.x + step[0], thing.y + step[1])
        self.dropped.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        c = colors()
        painter.fillRect(self.rect(), c.surface)
        if self._image is not None:
            painter.drawImage(self._place(), self._image)
        if self._scene is not None and self._image is not None:
            frame = self.frame_of(things_of(self._scene)[self._which]).adjusted(-3, -3, 3, 3)
            for colour, width in ((c.window, 4.0), (c.accent, 2.0)):
                painter.setPen(
                    QPen(colour, width, Qt.PenStyle.DashLine if width < 3 else Qt.PenStyle.SolidLine)
                )
                painter.drawRoundedRect(frame.intersected(QRectF(self._place())), 4, 4)
        painter.end()
