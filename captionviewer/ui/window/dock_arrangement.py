"""Where the docks of Training and Sampling stand: one above the other, or as tabs where room is short."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabWidget

# In lines of text: a window of less height has too little for both docks, one above the other. It is
# reached by enlarging the text for a projector as well as by a small window.
LEAST_HEIGHT = 46
_WIDTH = 0.55  # of the window, for the docks
_TRAINING_HEIGHT = 0.47  # of the docks' height


class DockArrangement(QObject):
    """Arranges two docks at the right of a window, and again when its room changes.

    An arrangement that the user made (floating, closed, moved, tabbed or untabbed by hand) is left alone.
    """

    def __init__(self, window: QMainWindow, upper: QDockWidget, lower: QDockWidget) -> None:
        super().__init__(window)
        self._window, self._upper, self._lower = window, upper, lower
        self._tabbed = False
        self._share = _WIDTH  # of the window's width that the docks have, by default or by the user's hand
        self._wide = 0  # the window, when the docks last had their share
        for dock in (upper, lower):
            dock.installEventFilter(self)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)

    def arrange_anew(self) -> None:
        """Put both docks at the right, as the room asks for."""
        front = self._lower if self._is_in_front(self._lower) else self._upper
        window, right = self._window, Qt.DockWidgetArea.RightDockWidgetArea
        was_animated = window.isAnimated()
        window.setAnimated(False)  # several moves follow each other
        for dock in (self._upper, self._lower):
            dock.setFloating(False)
            window.removeDockWidget(dock)
            window.addDockWidget(right, dock)
            dock.show()
        self._tabbed = self._wants_tabs()
        docks = [self._upper, self._lower]
        if self._tabbed:
            window.tabifyDockWidget(self._upper, self._lower)
            front.raise_()
        else:
            window.splitDockWidget(self._upper, self._lower, Qt.Orientation.Vertical)
            high = max(window.height() - 80, 300)
            heights = [int(high * _TRAINING_HEIGHT), int(high * (1 - _TRAINING_HEIGHT))]
            window.resizeDocks(docks, heights, Qt.Orientation.Vertical)
        self._share = _WIDTH
        self._keep_share()
        window.setAnimated(was_animated)
        layout = window.layout()
        if layout is not None:  # Qt leaves docks that became tabs outside of the window until then
            layout.invalidate()

    def follow_room(self) -> None:
        """Arrange the docks anew if the room asks for it and the user has not arranged them.

        A window of another width is shared as before: Qt would give all that is new to the middle.
        """
        if self._wants_tabs() != self._tabbed and self._is_own():
            self.arrange_anew()
        elif self._window.width() != self._wide:
            self._keep_share()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note what share the user gives to the docks by dragging their edge."""
        if (
            event.type() is QEvent.Type.Resize
            and isinstance(watched, QDockWidget)
            and self._is_beside(watched)
            and self._window.width() == self._wide
        ):
            self._share = watched.width() / max(self._wide, 1)
        return super().eventFilter(watched, event)

    def _is_beside(self, dock: QDockWidget) -> bool:
        sides = Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea
        return not dock.isFloating() and bool(self._window.dockWidgetArea(dock) & sides)

    def _keep_share(self) -> None:
        docks = [dock for dock in (self._upper, self._lower) if self._is_beside(dock) and not dock.isHidden()]
        wide = self._window.width()
        self._wide = 0  # Qt lays out in steps: none of these is the user's
        if docks:
            self._window.resizeDocks(docks, [int(wide * self._share)] * len(docks), Qt.Orientation.Horizontal)
            layout = self._window.layout()
            if layout is not None:
                layout.activate()
        self._wide = wide

    def adopt(self) -> None:
        """Take a restored arrangement for what the room asks for, or else for the user's own."""
        self._tabbed = self._wants_tabs()
        self._share = self._upper.width() / max(self._window.width(), 1)
        self._wide = self._window.width()

    def _wants_tabs(self) -> bool:
        return self._window.height() < LEAST_HEIGHT * self._window.fontMetrics().height()

    def _is_own(self) -> bool:
        """Whether the docks stand as they were put here."""
        docks = (self._upper, self._lower)
        if any(dock.isFloating() or not dock.toggleViewAction().isChecked() for dock in docks):
            return False
        right = Qt.DockWidgetArea.RightDockWidgetArea
        if any(self._window.dockWidgetArea(dock) != right for dock in docks):
            return False
        if self._lower in self._window.tabifiedDockWidgets(self._upper):
            return self._tabbed
        return not self._tabbed and self._lower.y() > self._upper.y()

    def _is_in_front(self, dock: QDockWidget) -> bool:
        focused = QApplication.focusWidget()
        return focused is not None and dock.isAncestorOf(focused)
