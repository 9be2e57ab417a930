"""The docks of a window stand one above the other, or become tabs where room is short."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from captionviewer.ui.window.dock_arrangement import LEAST_HEIGHT, DockArrangement

RIGHT = Qt.DockWidgetArea.RightDockWidgetArea


class Docked:
    """A window with two docks, and what can be seen of where they stand."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.window.setCentralWidget(QLabel("data"))
        self.upper, self.lower = self.dock("upper"), self.dock("lower")
        self.docks = DockArrangement(self.window, self.upper, self.lower)
        self.line = self.window.fontMetrics().height()
        self.resize(LEAST_HEIGHT + 8)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.docks.arrange_anew()
        QApplication.processEvents()

    def dock(self, name: str) -> QDockWidget:
        dock = QDockWidget(name, self.window)
        dock.setObjectName(name)
        dock.setWidget(QLabel(name))
        return dock

    def resize(self, lines: int) -> None:
        self.window.resize(900, lines * self.line)
        QApplication.processEvents()

    def follow(self) -> None:
        self.docks.follow_room()
        QApplication.processEvents()

    @property
    def tabbed(self) -> bool:
        return self.lower in self.window.tabifiedDockWidgets(self.upper)

    @property
    def stacked(self) -> bool:
        return not self.tabbed and self.lower.y() >= self.upper.y() + self.upper.height()


@pytest.fixture
def docked(qtbot: QtBot) -> Iterator[Docked]:
    yield Docked(qtbot)


def test_docks_become_tabs_where_the_window_is_low_and_part_again_where_it_is_not(docked: Docked) -> None:
    assert docked.stacked
    docked.resize(LEAST_HEIGHT - 4)
    docked.follow()
    assert docked.tabbed
    assert docked.window.rect().contains(docked.upper.geometry())  # and not outside of it, as both were once
    docked.resize(LEAST_HEIGHT + 8)
    docked.follow()
    assert docked.stacked


def test_larger_text_makes_a_window_low(docked: Docked) -> None:
    font = docked.window.font()
    font.setPointSizeF(1.5 * font.pointSizeF())
    docked.window.setFont(font)
    docked.follow()
    assert docked.tabbed


def test_docks_that_the_user_tabbed_stay_tabbed(docked: Docked) -> None:
    docked.window.tabifyDockWidget(docked.upper, docked.lower)
    docked.follow()
    assert docked.tabbed
    docked.resize(LEAST_HEIGHT - 4)
    docked.follow()
    docked.resize(LEAST_HEIGHT + 8)
    docked.follow()
    assert docked.stacked or docked.tabbed
    docked.docks.arrange_anew()
    QApplication.processEvents()
    assert docked.stacked


def test_a_dock_that_the_user_closed_or_moved_is_left_alone(docked: Docked) -> None:
    docked.lower.close()
    docked.resize(LEAST_HEIGHT - 4)
    docked.follow()
    assert not docked.lower.isVisible()
    docked.lower.show()
    docked.window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docked.lower)
    docked.follow()
    assert docked.window.dockWidgetArea(docked.lower) is Qt.DockWidgetArea.LeftDockWidgetArea


def test_an_arrangement_restored_against_what_the_room_asks_for_is_the_users(docked: Docked) -> None:
    docked.window.tabifyDockWidget(docked.upper, docked.lower)
    state = docked.window.saveState()
    docked.docks.arrange_anew()
    assert docked.window.restoreState(state)
    docked.docks.adopt()
    QApplication.processEvents()
    docked.follow()
    assert docked.tabbed


def test_the_dock_that_is_worked_in_is_the_tab_in_front(docked: Docked) -> None:
    inside = docked.lower.widget()
    inside.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    docked.window.activateWindow()
    inside.setFocus()
    docked.resize(LEAST_HEIGHT - 4)
    docked.follow()
    assert docked.tabbed
    assert not inside.visibleRegion().isEmpty()


@pytest.mark.parametrize("by_hand", [None, 0.3])
def test_a_window_of_another_width_is_shared_as_before(docked: Docked, by_hand: float | None) -> None:
    if by_hand is not None:
        wide = round(by_hand * docked.window.width())
        docked.window.resizeDocks([docked.upper, docked.lower], [wide, wide], Qt.Orientation.Horizontal)
        QApplication.processEvents()
    share = docked.upper.width() / docked.window.width()
    assert abs(share - by_hand) < 0.02 if by_hand is not None else share > 0.5, "Data takes less than half"
    for wide in (1800, 700, 1300):
        docked.window.resize(wide, docked.window.height())
        QApplication.processEvents()
        docked.follow()
        for dock in (docked.upper, docked.lower):
            assert abs(dock.width() / wide - share) < 0.02
