"""Where the window stands and how its docks are arranged: within the screen there is, and as it was left."""

from PySide6.QtCore import QMargins, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import QMainWindow, QStyle

from captionviewer.ui import settings as remembered
from captionviewer.ui.settings import Settings
from captionviewer.ui.window.dock_arrangement import DockArrangement

WIDTH, HEIGHT = 1280, 800  # of the first window, where the screen has room for it
_GRIP = 80  # pixels of a window's title that must lie on a screen, or the window can't be moved


class WindowPlace(QObject):
    """Restores the place of a window and of its docks, and remembers both.

    What was remembered may be of a screen that is gone, or larger than the one there is. The place is kept
    as four numbers of our own; the arrangement of the docks only Qt can read, and it is given to Qt only
    where its digest is right.
    """

    def __init__(self, window: QMainWindow, docks: DockArrangement, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._docks, self._settings = window, docks, settings

    def restore(self) -> None:
        """Give a window that is not shown yet the place and the arrangement that it had."""
        window, settings = self._window, self._settings
        frame = self._frame_to_be()
        place = settings.get(remembered.PLACE)
        if place:
            wanted = QRect(*place)
            window.setGeometry(fitted(wanted, _screen_of(wanted).availableGeometry(), frame))
        else:
            available = QGuiApplication.primaryScreen().availableGeometry()
            middle = QRect(0, 0, WIDTH, HEIGHT)
            middle.moveCenter(available.center())
            fits = fitted(middle, available, frame)
            window.resize(fits.size())  # where it goes is the window manager's to say
        if settings.get(remembered.MAXIMISED):
            window.setWindowState(Qt.WindowState.WindowMaximized)
        self._docks.arrange_anew()
        arrangement = settings.get(remembered.ARRANGEMENT)
        if arrangement and window.restoreState(arrangement):
            self._docks.adopt()  # Qt itself brings a dock back that floated on a screen that is gone

    def check(self) -> None:
        """Look again once the window is shown: only now its frame is known."""
        QTimer.singleShot(0, self, self._check)

    def remember(self) -> None:
        """Remember how things stand now."""
        window, settings = self._window, self._settings
        normal = window.normalGeometry() if window.isMaximized() or window.isFullScreen() else QRect()
        place = normal if normal.isValid() else window.geometry()
        settings.set(remembered.PLACE, [place.x(), place.y(), place.width(), place.height()])
        settings.set(remembered.MAXIMISED, bool(window.windowState() & Qt.WindowState.WindowMaximized))
        settings.set(remembered.ARRANGEMENT, bytes(window.saveState().data()))

    def toggle_full_screen(self) -> None:
        """Fill the screen, or go back to what was: a window that was maximised is so again."""
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)

    # ---- inside ----------------------------------------------------------------------------

    def _frame_to_be(self) -> QMargins:
        """The room that a title and edges take, as far as the style knows."""
        style = self._window.style()
        title = style.pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight, None, self._window)
        edge = style.pixelMetric(QStyle.PixelMetric.PM_MdiSubWindowFrameWidth, None, self._window)
        return QMargins(edge, title + edge, edge, edge)

    def _check(self) -> None:
        window = self._window
        if window.isMaximized() or window.isFullScreen() or not window.isVisible():
            return
        inside, outside = window.geometry(), window.frameGeometry()
        frame = QMargins(
            inside.left() - outside.left(),
            inside.top() - outside.top(),
            outside.right() - inside.right(),
            outside.bottom() - inside.bottom(),
        )
        fits = fitted(inside, window.screen().availableGeometry(), frame)
        if fits.size() != inside.size():
            window.resize(fits.size())
        if fits.topLeft() != inside.topLeft():
            window.move(fits.topLeft() - QPoint(frame.left(), frame.top()))


def fitted(wanted: QRect, available: QRect, frame: QMargins) -> QRect:
    """Return the place inside its frame that a window gets that wants `wanted`: all of it on the screen."""
    room = available.marginsRemoved(frame)
    size = wanted.size().boundedTo(room.size())
    left = min(max(wanted.left(), room.left()), room.right() + 1 - size.width())
    top = min(max(wanted.top(), room.top()), room.bottom() + 1 - size.height())
    return QRect(QPoint(left, top), size)


def _screen_of(place: QRect) -> QScreen:
    """The screen that holds the most of a place, or the first one if that screen is gone."""

    def shared(screen: QScreen) -> int:
        part = screen.availableGeometry().intersected(place)
        return part.width() * part.height() if part.width() >= _GRIP else 0

    best = max(QGuiApplication.screens(), key=shared)
    return best if shared(best) else QGuiApplication.primaryScreen()
