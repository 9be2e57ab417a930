"""Lets any panel fill the window and gives the window back as it was."""

from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QObject, QRect, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from captionviewer.ui import actions
from captionviewer.ui.window.panel_title import PanelTitle


class PanelZoom(QObject):
    """Knows which panel fills the window; a dock that floats fills the screen that it is on instead.

    A docked panel that fills the window stands in the middle, where the notices stay above it, and all docks
    are hidden meanwhile. What was arranged before comes back with the window.

    Attributes
    ----------
    centre : QWidget
        What stands in the middle of the window: a title, and the panel below it.
    action : QAction
        Fills the window with the panel that has the keyboard, or gives it back.
    """

    given_back = Signal()  # the window is as it was

    def __init__(self, window: QMainWindow, title: str, panel: QWidget, docks: Sequence[QDockWidget]) -> None:
        """`panel` stands in the middle, under `title`; the docks around it are known by their titles."""
        super().__init__(window)
        self._window = window
        self._own = title
        self._docks = {dock.windowTitle(): dock for dock in docks}
        self._panels: dict[str, QWidget] = {title: panel}
        self._panels.update({name: dock.widget() for name, dock in self._docks.items()})
        self._filling = ""  # the title of the panel that fills the window
        self._arrangement = QByteArray()  # of the docks, before it did
        self._floating: dict[str, QRect] = {}  # docks that fill a screen, and where they floated before
        self._title = PanelTitle(title, of_a_dock=False)
        self._title.fill_asked.connect(lambda: self.toggle(self._filling or self._own))
        self._pages = QStackedWidget()
        self._pages.addWidget(panel)
        self.centre = QWidget()
        column = QVBoxLayout(self.centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._title)
        column.addWidget(self._pages, 1)
        self._titles = {name: self._title_of(name, dock) for name, dock in self._docks.items()}
        self.action = actions.make(actions.FILL_WINDOW, window, lambda: self.toggle(self._in_use()))
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), window)
        self._escape.activated.connect(self._give_back_one)
        self._tell()

    def _title_of(self, name: str, dock: QDockWidget) -> PanelTitle:
        title = PanelTitle(name, of_a_dock=True)
        title.fill_asked.connect(lambda: self.toggle(name))
        title.float_asked.connect(lambda: self._float(dock))
        title.close_asked.connect(dock.close)
        dock.setTitleBarWidget(title)
        dock.toggleViewAction().triggered.connect(self.give_back)  # it was hidden by us, not by the user
        dock.topLevelChanged.connect(lambda _floats: self._forget_screen(name))
        return title

    # ---- what fills what ---------------------------------------------------------------------

    @property
    def filling(self) -> str:
        """The title of the panel that fills the window; "" while the window is shared."""
        return self._filling

    def fills(self, name: str) -> bool:
        """Whether a panel fills the window, or the screen on which it floats."""
        return name in self._floating or (bool(name) and name == self._filling)

    def toggle(self, name: str) -> None:
        """Let a panel fill the window, or give the window back where it does."""
        if name in self._floating:
            self._shrink(name)
        elif name == self._filling:
            self.give_back()
        else:
            self.fill(name)

    def fill(self, name: str) -> None:
        """Let a panel fill the window, or the screen on which it floats."""
        dock = self._docks.get(name)
        if dock is not None and dock.isFloating() and name != self._filling:
            self._grow(name, dock)
            return
        if name == self._filling:
            return
        if self._filling:
            self._take_out()
        else:
            self._arrangement = self._window.saveState()
            for other in self._docks.values():
                if not other.isFloating():
                    other.hide()
        self._filling = name
        self._pages.addWidget(self._panels[name])
        self._pages.setCurrentWidget(self._panels[name])
        self._panels[name].show()
        self._tell()
        self._panels[name].setFocus(Qt.FocusReason.OtherFocusReason)

    def give_back(self) -> None:
        """Share the window again, as it was before."""
        if not self._filling:
            return
        panel = self._panels[self._filling]
        self._take_out()
        self._filling = ""
        # what floats was seen and moved meanwhile: only the docked ones come back as they were
        floating = {dock: dock.geometry() for dock in self._docks.values() if dock.isFloating()}
        self._window.restoreState(self._arrangement)
        for dock, place in floating.items():
            if dock.isFloating():
                dock.setGeometry(place)
        self._tell()
        panel.setFocus(Qt.FocusReason.OtherFocusReason)
        self.given_back.emit()

    def give_back_all(self) -> list[str]:
        """Give back the window and every screen; return the titles of the panels that filled them."""
        filled = [name for name in self._panels if self.fills(name)]
        for name in filled:
            self.toggle(name)
        return filled

    def fill_again(self, names: Sequence[str]) -> None:
        """Let the panels of these titles fill what they filled when the window was closed."""
        for name in names:
            if name in self._panels:
                self.fill(name)

    def bring_up(self, name: str) -> None:
        """Show a panel and give it the keyboard; while another fills the window, it takes its place."""
        dock = self._docks.get(name)
        if self._filling and not (dock is not None and dock.isFloating()):
            self.fill(name)
        elif dock is not None:
            dock.show()
            dock.raise_()
        self._panels[name].setFocus(Qt.FocusReason.ShortcutFocusReason)

    # ---- inside ------------------------------------------------------------------------------

    def _take_out(self) -> None:
        """Put the panel that fills the window where it belongs."""
        panel = self._panels[self._filling]
        if self._filling in self._docks:
            self._pages.removeWidget(panel)
            self._docks[self._filling].setWidget(panel)
            panel.show()
        self._pages.setCurrentWidget(self._panels[self._own])

    def _grow(self, name: str, dock: QDockWidget) -> None:
        self._floating[name] = dock.geometry()
        dock.setGeometry(dock.screen().availableGeometry())
        self._tell()

    def _shrink(self, name: str) -> None:
        self._docks[name].setGeometry(self._floating.pop(name))
        self._tell()

    def _forget_screen(self, name: str) -> None:
        if self._floating.pop(name, None) is not None:  # it was docked, by dragging or by its button
            self._tell()

    def _float(self, dock: QDockWidget) -> None:
        dock.setFloating(not dock.isFloating())

    def _in_use(self) -> str:
        """The panel that has the keyboard, else the one that fills the window, else that in the middle."""
        focused = QApplication.focusWidget()
        for name, panel in self._panels.items():
            if focused is not None and (panel is focused or panel.isAncestorOf(focused)):
                return name
        return self._filling or self._own

    def _give_back_one(self) -> None:
        name = self._in_use()
        if name in self._floating:
            self._shrink(name)
        elif self._filling:
            self.give_back()
        elif self._floating:
            self._shrink(next(iter(self._floating)))

    def _tell(self) -> None:
        """Let titles, the menu's mark and Esc agree with what is so."""
        self._title.name(self._filling or self._own)
        self._title.show_filling(bool(self._filling))
        for name, title in self._titles.items():
            title.show_filling(self.fills(name))
        any_fills = bool(self._filling or self._floating)
        self.action.setChecked(any_fills)
        self._escape.setEnabled(any_fills)  # else Esc belongs to whatever has the keyboard
