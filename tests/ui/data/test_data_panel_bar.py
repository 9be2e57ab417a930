"""The controls over the photos keep their place and room, whatever is searched for and however large."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QScrollArea, QToolButton
from pytestqt.qtbot import QtBot

from captionviewer.ui.data.caption_query import Sorting
from captionviewer.ui.widgets.overlay_form import MOST_HIDDEN
from tests.ui.data.data_panel_setup import Shown, shown_panel


@pytest.fixture
def shown(qtbot: QtBot, coco_folder: Path) -> Iterator[Shown]:
    with shown_panel(qtbot, coco_folder) as shown:
        yield shown


@pytest.fixture
def text_scale(qapp: QApplication) -> Iterator[float]:
    """The application's text at the scales of a projector; back to normal at the end."""
    before = QFont(qapp.font())
    yield before.pointSizeF()
    qapp.setFont(before)


def enlarge(qapp: QApplication, points: float) -> None:
    font = QFont(qapp.font())
    font.setPointSizeF(points)
    qapp.setFont(font)
    qapp.processEvents()


def chips(shown: Shown) -> list[str]:
    return [chip.text() for chip in shown.panel.bar.chips.chips]


def search(shown: Shown, text: str) -> None:
    """Type into the field as it is, and press Enter."""
    field = shown.panel.bar.search_field
    field.setFocus()
    shown.qtbot.keyClicks(field, text)
    shown.qtbot.keyClick(field, Qt.Key.Key_Return)


def three_words(shown: Shown) -> list[str]:
    words = [word for word in shown.captions()[0].split() if word != "<UNK>"]
    return list(dict.fromkeys(words))[:3]


def test_a_new_search_takes_the_place_of_the_last_one(shown: Shown) -> None:
    first, second, _third = three_words(shown)
    search(shown, first)
    assert chips(shown) == [f"word: {first}"]
    search(shown, second)
    assert chips(shown) == [f"word: {second}"]
    assert shown.panel.bar.search_field.text() == second


@pytest.mark.parametrize("way", ["button", "key"])
def test_adding_a_word_keeps_it_beside_the_next_search(shown: Shown, way: str) -> None:
    first, second, third = three_words(shown)
    bar = shown.panel.bar
    assert not bar.add_button.isEnabled()
    search(shown, first)
    if way == "button":
        shown.click("add_condition")
    else:
        shown.qtbot.keyClick(bar.search_field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert bar.search_field.text() == "" and not bar.add_button.isEnabled()
    search(shown, second)
    search(shown, third)
    assert chips(shown) == [f"word: {first}", f"word: {third}"]
    assert all({first, third} <= set(text.split()) for text in shown.captions())


@pytest.mark.parametrize("width", [430, 560, 860])
@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_the_search_field_has_room_for_sixteen_letters(
    shown: Shown, qapp: QApplication, text_scale: float, width: int, scale: float
) -> None:
    enlarge(qapp, text_scale * scale)
    shown.panel.resize(width, 700)
    qapp.processEvents()
    field = shown.panel.bar.search_field
    field.setText("a red fire truck")
    qapp.processEvents()
    assert len(field.text()) == 16
    room = field.width() - field.fontMetrics().height() - 12  # without frame and the cross that clears it
    assert room >= field.fontMetrics().horizontalAdvance(field.text())
    place = QRect(field.mapTo(shown.panel, QPoint()), field.size())
    assert shown.panel.rect().contains(place)


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_the_grid_stays_where_it_is_when_conditions_and_the_filter_come_and_go(
    shown: Shown, qapp: QApplication, text_scale: float, scale: float
) -> None:
    enlarge(qapp, text_scale * scale)

    def place() -> QRect:
        qapp.processEvents()
        return QRect(shown.panel.halves.mapTo(shown.panel, QPoint()), shown.panel.halves.size())

    before = place()
    search(shown, three_words(shown)[0])
    shown.click("add_condition")
    assert place() == before
    shown.click("filter")
    assert shown.panel.bar.filters.isVisible() and place() == before
    shown.panel.browser.toggle("words", 10, "train")
    shown.panel.browser.show_only_trained(True)
    shown.panel.browser.sort(Sorting.LONGEST)
    assert len(chips(shown)) == 3 and place() == before
    shown.panel.bar.clear_conditions()
    assert place() == before


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("size", [(570, 700), (530, 600)])
def test_the_filter_leaves_photos_in_sight_and_can_be_reached_whole(
    shown: Shown, qapp: QApplication, text_scale: float, scale: float, size: tuple[int, int]
) -> None:
    enlarge(qapp, text_scale * scale)
    shown.panel.resize(*size)
    shown.click("filter")
    qapp.processEvents()
    sheet, grid = shown.panel.bar.filter_form, shown.panel.grid
    place = QRect(grid.mapTo(shown.panel, QPoint()), grid.size())
    hidden = place.intersected(sheet.geometry()).height()
    assert place.height() > 0 and hidden <= MOST_HIDDEN * place.height() + 1
    assert shown.panel.rect().contains(sheet.geometry())
    scroller = sheet.findChild(QScrollArea)
    assert scroller is not None
    fields = shown.panel.bar.filters
    for field in (*fields.ranges.values(), fields.once, fields.trained):
        scroller.ensureWidgetVisible(field)
        seen = field.visibleRegion().boundingRect()
        assert seen == field.rect(), field


def test_the_filter_lies_over_the_grid_whole_and_goes_at_escape(shown: Shown, qapp: QApplication) -> None:
    shown.click("filter")
    qapp.processEvents()
    sheet = shown.panel.bar.filter_form
    assert shown.panel.rect().contains(sheet.geometry())
    for field in (*shown.panel.bar.filters.ranges.values(), shown.panel.bar.filters.trained):
        assert sheet.rect().contains(QRect(field.mapTo(sheet, QPoint()), field.size()))
        top = shown.panel.childAt(field.mapTo(shown.panel, field.rect().center()))
        assert top is not None and sheet.isAncestorOf(top)
    focused = QApplication.focusWidget()
    assert focused is not None and sheet.isAncestorOf(focused)
    shown.qtbot.keyClick(focused, Qt.Key.Key_Escape)
    assert not sheet.isVisible() and shown.panel.bar.filter_button.hasFocus()
    assert not shown.panel.bar.filter_action.isChecked()


def test_conditions_without_room_are_in_a_menu_that_takes_them_away(shown: Shown, qapp: QApplication) -> None:
    shown.panel.resize(430, 700)
    words = three_words(shown)
    for word in words:
        shown.panel.browser.keep_phrase(word)
    shown.panel.browser.toggle("words", len(shown.captions()[0].split()), "train")
    qapp.processEvents()
    line = shown.panel.bar.chips
    seen = [chip for chip in line.chips if chip.isVisible()]
    more = shown.panel.findChild(QToolButton, "more_conditions")
    assert more is not None and more.isVisible()
    assert more.text() == f"+{len(line.chips) - len(seen)}" and len(seen) < len(line.chips) == 4
    for part in (*seen, more, line.clear_button):
        assert line.rect().contains(part.geometry()), "all of it is seen on the one line"
    entries = more.menu().actions()
    assert [entry.text() for entry in entries] == [chip.text() for chip in line.chips[len(seen) :]]
    last = line.chips[-1].text()
    entries[-1].trigger()
    assert last not in chips(shown) and len(chips(shown)) == 3


def test_what_is_turned_has_one_name_in_each_order(shown: Shown) -> None:
    bar = shown.panel.bar
    captions = shown.panel.details.captions
    assert bar.next_button.accessibleName() == "Next Minibatch"
    assert "in this minibatch" in captions.captions[captions.current].marks
    shown.panel.browser.sort(Sorting.SHORTEST)
    assert bar.next_button.accessibleName() == "Next Page" and "page" in bar.previous_action.toolTip()
    assert bar.position.prefix() == "page "
    assert "on this page" in captions.captions[captions.current].marks
    said = [bar.next_action.text(), bar.previous_action.text(), bar.position.text()]
    said += [caption.marks for caption in captions.captions]
    assert not any("minibatch" in words.lower() for words in said)


def test_tab_goes_through_the_controls_as_they_are_read(shown: Shown, qapp: QApplication) -> None:
    bar = shown.panel.bar
    shown.panel.bar.size_field.setValue(5)  # more than one minibatch: the buttons are enabled
    bar.next_action.trigger()
    search_first = bar.search_field
    search_first.setText("a")
    shown.qtbot.waitUntil(lambda: bar.chips.chips != [])
    bar.next_action.trigger()
    bar.train_button.setFocus(Qt.FocusReason.TabFocusReason)
    visited = []
    for _ in range(14):
        focused = QApplication.focusWidget()
        assert focused is not None
        visited.append(focused.objectName())
        shown.qtbot.keyClick(focused, Qt.Key.Key_Tab)
    assert visited == [
        "train_button",
        "val_button",
        "previous_minibatch",
        "minibatch_position",
        "next_minibatch",
        "reshuffle",
        "minibatch_size",
        "minibatch_seed",
        "copy_seed",
        "caption_search",
        "add_condition",
        "filter",
        "caption_order",
        "condition_chip",
    ]
    assert QApplication.focusWidget() is bar.chips.clear_button
    shown.qtbot.keyClick(bar.chips.clear_button, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is shown.panel.grid


@pytest.mark.parametrize(
    ("keys", "name"), [("Ctrl+T", "train"), ("Ctrl+Shift+T", "val"), ("Ctrl+Shift+F", "filter")]
)
def test_split_and_filter_have_keys_that_hold_everywhere_in_the_window(
    shown: Shown, keys: str, name: str
) -> None:
    action = {
        "train": shown.panel.train_action,
        "val": shown.panel.val_action,
        "filter": shown.panel.filter_action,
    }[name]
    assert action.shortcut().toString() == keys
    assert action.shortcutContext() is Qt.ShortcutContext.WindowShortcut
