"""Any panel fills the window and gives it back, with the mouse and with keys."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from captionviewer.ui.window.panel_title import PanelTitle
from captionviewer.ui.window.panel_zoom import PanelZoom

LEFT = Qt.MouseButton.LeftButton
RIGHT = Qt.DockWidgetArea.RightDockWidgetArea


class Zoomed:
    """A window with a panel in the middle and two docks."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.panels: dict[str, QPlainTextEdit] = {"Data": QPlainTextEdit("data")}
        self.docks: dict[str, QDockWidget] = {}
        for name in ("Training", "Sampling"):
            self.panels[name] = QPlainTextEdit(name)
            dock = QDockWidget(name, self.window)
            dock.setObjectName(name)
            dock.setWidget(self.panels[name])
            self.window.addDockWidget(RIGHT, dock)
            self.docks[name] = dock
        self.zoom = PanelZoom(self.window, "Data", self.panels["Data"], list(self.docks.values()))
        self.window.setCentralWidget(self.zoom.centre)
        self.window.addAction(self.zoom.action)
        self.window.resize(900, 600)
        self.window.show()
        qtbot.waitActive(self.window)

    def title(self, name: str) -> PanelTitle:
        """The title that is seen above a panel."""
        titles = [each for each in self.window.findChildren(PanelTitle) if each.isVisible()]
        return next(each for each in titles if each.text == name)

    def seen(self) -> list[str]:
        return [name for name, panel in self.panels.items() if panel.isVisible()]

    def places(self) -> dict[str, QPoint]:
        QApplication.processEvents()
        return {name: panel.mapTo(self.window, QPoint(0, 0)) for name, panel in self.panels.items()}

    def key(self, key: Qt.Key) -> None:
        focused = QApplication.focusWidget()
        assert focused is not None
        self.qtbot.keyClick(focused, key)


@pytest.fixture
def zoomed(qtbot: QtBot) -> Iterator[Zoomed]:
    yield Zoomed(qtbot)


@pytest.mark.parametrize("name", ["Data", "Training", "Sampling"])
def test_a_double_click_on_a_title_fills_the_window_and_another_gives_it_back(
    qtbot: QtBot, zoomed: Zoomed, name: str
) -> None:
    before = zoomed.places()
    qtbot.mouseDClick(zoomed.title(name), LEFT)
    assert zoomed.seen() == [name] and zoomed.zoom.filling == name
    assert zoomed.panels[name].width() > 0.95 * zoomed.window.width()
    assert QApplication.focusWidget() is zoomed.panels[name]
    qtbot.mouseDClick(zoomed.title(name), LEFT)
    assert zoomed.seen() == ["Data", "Training", "Sampling"] and not zoomed.zoom.filling
    assert zoomed.places() == before
    assert not any(dock.isFloating() for dock in zoomed.docks.values())


def test_a_button_fills_the_window_and_esc_gives_it_back(qtbot: QtBot, zoomed: Zoomed) -> None:
    qtbot.mouseClick(zoomed.title("Sampling").fill_button, LEFT)
    assert zoomed.seen() == ["Sampling"]
    assert "Give the window back" in zoomed.title("Sampling").fill_button.toolTip()
    zoomed.key(Qt.Key.Key_Escape)
    assert zoomed.seen() == ["Data", "Training", "Sampling"]


def test_the_key_fills_the_window_with_the_panel_that_has_the_keyboard(zoomed: Zoomed) -> None:
    zoomed.panels["Training"].setFocus()
    zoomed.key(Qt.Key.Key_F9)
    assert zoomed.seen() == ["Training"] and zoomed.zoom.action.isChecked()
    zoomed.key(Qt.Key.Key_F9)
    assert zoomed.seen() == ["Data", "Training", "Sampling"] and not zoomed.zoom.action.isChecked()


def test_esc_is_left_to_the_panel_while_none_fills_the_window(qtbot: QtBot, zoomed: Zoomed) -> None:
    pressed: list[int] = []

    class Field(QLineEdit):
        def keyPressEvent(self, event: object) -> None:
            pressed.append(event.key())  # type: ignore[attr-defined]

    field = Field()
    zoomed.docks["Training"].setWidget(field)
    field.setFocus()
    zoomed.key(Qt.Key.Key_Escape)
    assert pressed == [Qt.Key.Key_Escape]


def test_going_to_another_panel_lets_it_fill_the_window_instead(zoomed: Zoomed) -> None:
    before = zoomed.places()
    zoomed.zoom.fill("Training")
    zoomed.zoom.bring_up("Sampling")
    assert zoomed.seen() == ["Sampling"]
    zoomed.zoom.bring_up("Data")
    assert zoomed.seen() == ["Data"] and QApplication.focusWidget() is zoomed.panels["Data"]
    zoomed.zoom.give_back()
    assert zoomed.places() == before


def test_docks_that_were_tabs_or_closed_are_so_again(zoomed: Zoomed) -> None:
    zoomed.window.tabifyDockWidget(zoomed.docks["Training"], zoomed.docks["Sampling"])
    zoomed.docks["Training"].close()
    zoomed.zoom.fill("Sampling")
    zoomed.zoom.give_back()
    assert zoomed.seen() == ["Data", "Sampling"]
    zoomed.docks["Training"].show()
    assert zoomed.window.tabifiedDockWidgets(zoomed.docks["Training"]) == [zoomed.docks["Sampling"]]


def test_a_dock_that_floats_fills_its_screen_and_floats_again_where_it_was(
    qtbot: QtBot, zoomed: Zoomed
) -> None:
    dock = zoomed.docks["Sampling"]
    qtbot.mouseClick(zoomed.title("Sampling").float_button, LEFT)
    assert dock.isFloating()
    dock.setGeometry(60, 70, 300, 200)
    qtbot.mouseDClick(zoomed.title("Sampling"), LEFT)
    assert dock.isFloating() and dock.geometry() == dock.screen().availableGeometry()
    assert zoomed.seen() == ["Data", "Training", "Sampling"]
    zoomed.panels["Sampling"].setFocus()
    assert zoomed.zoom.give_back_all() == ["Sampling"]
    assert (dock.x(), dock.y(), dock.width(), dock.height()) == (60, 70, 300, 200)
    zoomed.zoom.fill_again(["Sampling", "no such panel"])
    assert dock.geometry() == dock.screen().availableGeometry()
    dock.setFloating(False)
    assert not zoomed.zoom.fills("Sampling")


def test_a_dock_that_floats_fills_its_screen_by_the_key_and_esc_takes_it_back(
    qtbot: QtBot, zoomed: Zoomed
) -> None:
    dock = zoomed.docks["Training"]
    dock.setFloating(True)
    dock.setGeometry(60, 70, 300, 200)
    dock.activateWindow()
    zoomed.panels["Training"].setFocus()
    qtbot.waitUntil(zoomed.panels["Training"].hasFocus)
    for back in (Qt.Key.Key_Escape, Qt.Key.Key_F9):
        zoomed.key(Qt.Key.Key_F9)
        assert dock.geometry() == dock.screen().availableGeometry() and zoomed.zoom.fills("Training")
        assert zoomed.seen() == ["Data", "Training", "Sampling"] and not zoomed.zoom.filling
        zoomed.key(back)
        assert (dock.x(), dock.y(), dock.width(), dock.height()) == (60, 70, 300, 200)
        assert dock.isFloating() and not zoomed.zoom.fills("Training")


def test_a_dock_that_floats_keeps_its_place_when_another_panel_gives_the_window_back(zoomed: Zoomed) -> None:
    dock, zoom = zoomed.docks["Training"], zoomed.zoom
    dock.setFloating(True)
    dock.setGeometry(60, 70, 300, 200)
    for gives_back_first in (True, False):
        zoom.fill("Training")
        zoom.fill("Sampling")
        if gives_back_first:
            zoom.toggle("Training")
        zoom.give_back()
        assert zoom.fills("Training") is not gives_back_first
        if not gives_back_first:
            assert dock.geometry() == dock.screen().availableGeometry()
            zoom.toggle("Training")
        assert (dock.x(), dock.y(), dock.width(), dock.height()) == (60, 70, 300, 200)


def test_a_dock_asked_for_from_the_menu_gives_the_window_back(zoomed: Zoomed) -> None:
    zoomed.zoom.fill("Training")
    zoomed.docks["Sampling"].toggleViewAction().trigger()
    assert not zoomed.zoom.filling and zoomed.panels["Training"].isVisible()


def test_titles_and_their_buttons_grow_with_the_text(qtbot: QtBot, zoomed: Zoomed) -> None:
    title = zoomed.title("Training")
    label = title.findChild(QLabel)
    assert label is not None
    high, button = label.fontMetrics().height(), title.fill_button.iconSize().width()
    font = QApplication.font()
    try:
        larger = QApplication.font()
        larger.setPointSizeF(2 * font.pointSizeF())
        QApplication.setFont(larger)
        qtbot.waitUntil(lambda: label.height() >= label.fontMetrics().height() > 1.7 * high)
        assert title.fill_button.iconSize().width() > 1.7 * button
    finally:
        QApplication.setFont(font)


def test_every_button_of_a_title_says_what_it_does(zoomed: Zoomed) -> None:
    for button in zoomed.window.findChildren(QToolButton):
        if isinstance(button.parentWidget(), PanelTitle):
            assert button.toolTip() and button.accessibleName()
            assert isinstance(button, QWidget)
