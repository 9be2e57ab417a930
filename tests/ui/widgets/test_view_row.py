"""The views of a panel: made when opened, one seen at a time."""

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from captionviewer.ui.widgets.view_row import ViewRow


class Views:
    """A row of views, and which of them have been made."""

    def __init__(self, qtbot: QtBot) -> None:
        self.made: list[str] = []
        self.row = ViewRow("Views of a panel")
        qtbot.addWidget(self.row)
        tabs = self.row.findChild(QTabBar)
        assert tabs is not None
        self.tabs = tabs

    def add(self, title: str, size: QSize | None = None) -> None:
        def make() -> QWidget:
            self.made.append(title)
            view = QLabel(title)
            view.setMinimumSize(size or QSize(10, 10))
            return view

        self.row.add(title, f"What {title} shows", make)


@pytest.fixture
def views(qtbot: QtBot) -> Views:
    return Views(qtbot)


def test_one_view_alone_stands_without_a_row_of_tabs(views: Views) -> None:
    views.add("Loss")
    views.row.show()
    assert views.row.title == "Loss" and views.row.view is not None and views.row.view.isVisible()
    assert not views.tabs.isVisible()
    views.add("Scores")
    assert views.tabs.isVisible()


def test_a_view_is_made_when_it_is_first_opened_and_never_again(qtbot: QtBot, views: Views) -> None:
    for title in ("Loss", "Scores", "R&D"):
        views.add(title)
    views.row.show()
    assert views.made == ["Loss"]
    opened: list[str] = []
    views.row.view_changed.connect(opened.append)
    qtbot.mouseClick(views.tabs, Qt.MouseButton.LeftButton, pos=views.tabs.tabRect(2).center())
    views.tabs.setFocus()
    qtbot.keyClick(views.tabs, Qt.Key.Key_Left)
    first = views.row.view
    views.row.open("Loss")
    assert views.row.open("Scores") is first
    assert views.made == ["Loss", "R&D", "Scores"]
    assert opened == ["R&D", "Scores", "Loss", "Scores"]
    assert views.tabs.tabText(2) == "R&&D"  # or Qt would take the D for a key


def test_the_view_that_was_open_is_opened_again_when_the_row_is_seen(views: Views) -> None:
    views.row.open_later("Scores")
    for title in ("Loss", "Scores"):
        views.add(title)
    assert views.made == ["Loss"] and views.row.title == "Loss"
    views.row.show()
    assert views.made == ["Loss", "Scores"] and views.row.title == "Scores"


def test_a_remembered_view_that_is_gone_leaves_the_first_open(views: Views) -> None:
    views.row.open_later("Tree")
    views.add("Words")
    views.row.show()
    assert views.row.title == "Words"
    with pytest.raises(KeyError):
        views.row.open("Tree")


def test_a_large_view_that_is_not_seen_asks_for_no_room(views: Views) -> None:
    views.add("Loss", QSize(50, 40))
    views.add("Scores", QSize(700, 600))
    views.row.show()
    small = views.row.minimumSizeHint()
    views.row.open("Scores")
    assert views.row.minimumSizeHint().width() >= 700 > small.width()
    views.row.open("Loss")
    assert views.row.minimumSizeHint() == small
