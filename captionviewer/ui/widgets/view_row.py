"""The views of a panel: one seen at a time, chosen by a row of tabs, each made when it is first opened."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from captionviewer.ui.widgets.outside_text import as_menu_text, plain_tip


@dataclass
class _View:
    title: str
    make: Callable[[], QWidget]
    widget: QWidget | None = None


class ViewRow(QWidget):
    """A stage for several views, with a row of tabs above it while there is more than one.

    The view that was added first is open at the beginning. A panel that remembers which one was open says
    so by `open_later`, before it is shown: no view but the first is made while the window is still coming up.
    """

    view_changed = Signal(str)  # the title of the view that was opened

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """`name` is for screen readers: "Views of Training"."""
        super().__init__(parent)
        self._views: list[_View] = []
        self._later = ""
        self._tabs = QTabBar()
        self._tabs.setAccessibleName(name)
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        self._tabs.setUsesScrollButtons(True)
        self._tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self._tabs.hide()
        self._stage = Stage()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._tabs)
        column.addWidget(self._stage, 1)
        self._tabs.currentChanged.connect(self._show)

    def add(self, title: str, tooltip: str, make: Callable[[], QWidget]) -> None:
        """Offer a view: `make()` is called once, when it is first opened."""
        self._views.append(_View(title, make))
        number = self._tabs.addTab(as_menu_text(title))
        self._tabs.setTabToolTip(number, plain_tip(tooltip))
        self._tabs.setVisible(len(self._views) > 1)
        if title == self._later:
            self.open_later(title)

    @property
    def titles(self) -> list[str]:
        """The titles of all views, in order."""
        return [view.title for view in self._views]

    @property
    def title(self) -> str:
        """The title of the view that is open; "" while there is none."""
        number = self._tabs.currentIndex()
        return self._views[number].title if number >= 0 else ""

    @property
    def view(self) -> QWidget | None:
        """The view that is open."""
        return self._stage.currentWidget()

    def open(self, title: str) -> QWidget:
        """Open the view of this title, and return it. KeyError when there is none."""
        for number, view in enumerate(self._views):
            if view.title == title:
                self._tabs.setCurrentIndex(number)
                return self._made(view)
        raise KeyError(title)

    def open_later(self, title: str) -> None:
        """Open a view when the row is first seen; one that does not exist (any more) is passed over."""
        self._later = title
        if self.isVisible() and title in self.titles:
            self._later = ""
            self.open(title)

    def _made(self, view: _View) -> QWidget:
        if view.widget is None:
            view.widget = view.make()
            self._stage.addWidget(view.widget)
        return view.widget

    def _show(self, number: int) -> None:
        if number >= 0:
            view = self._views[number]
            self._stage.setCurrentWidget(self._made(view))
            self.view_changed.emit(view.title)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._later:
            self.open_later(self._later)


class Stage(QStackedWidget):
    """Asks for the room of the page that is seen, and not for that of the largest one."""

    def __init__(self) -> None:
        super().__init__()
        self.currentChanged.connect(lambda _number: self.updateGeometry())

    def sizeHint(self) -> QSize:
        view = self.currentWidget()
        return view.sizeHint() if view is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        view = self.currentWidget()
        return view.minimumSizeHint().expandedTo(view.minimumSize()) if view is not None else QSize()
