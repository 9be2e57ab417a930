"""Conditions as chips, the filter's fields, the order of the captions, and going to any page."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QSpinBox
from pytestqt.qtbot import QtBot

from captionviewer.ui.data.caption_query import Sorting
from captionviewer.ui.settings import DATA_GRID_HEIGHT
from tests.ui.data.data_panel_setup import Shown, shown_panel


@pytest.fixture
def shown(qtbot: QtBot, coco_folder: Path) -> Iterator[Shown]:
    with shown_panel(qtbot, coco_folder) as shown:
        shown.panel.bar.size_field.setValue(1000)
        yield shown


def keep(shown: Shown, text: str) -> None:
    """Type into the search field and click Add."""
    shown.qtbot.keyClicks(shown.panel.bar.search_field, text)
    shown.click("add_condition")


def chips(shown: Shown) -> list[str]:
    """The words of the chips that are seen."""
    return [chip.text() for chip in shown.panel.bar.chips.chips if chip.isVisible()]


def set_field(shown: Shown, name: str, value: int) -> None:
    """Type a number into a field of the filter, and leave it with Tab."""
    if not shown.panel.bar.filters.isVisible():
        shown.click("filter")
    field = shown.panel.findChild(QSpinBox, name)
    assert field is not None and field.isVisible()
    field.setFocus()
    field.selectAll()
    shown.qtbot.keyClicks(field, str(value))
    shown.qtbot.keyClick(field, Qt.Key.Key_Return)


def check(shown: Shown, name: str) -> None:
    """Click a check box of the filter."""
    if not shown.panel.bar.filters.isVisible():
        shown.click("filter")
    box = shown.panel.findChild(QAbstractButton, name)
    assert box is not None
    shown.qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))


def sort(shown: Shown, sorting: Sorting) -> None:
    """Choose an order with the keyboard."""
    shown.panel.bar.sort_field.setFocus()
    for _ in range(list(Sorting).index(sorting)):
        shown.qtbot.keyClick(shown.panel.bar.sort_field, Qt.Key.Key_Down)
    assert shown.panel.bar.sort_field.currentText() == sorting.words


def every_caption(shown: Shown) -> list[str]:
    """All train captions in the file's order."""
    return [shown.caption("train", row) for row in range(shown.dataset.split("train").num_captions)]


def two_words(shown: Shown) -> tuple[str, str]:
    """Two different words of one caption that the vocabulary has."""
    words = [word for word in dict.fromkeys(every_caption(shown)[3].split()) if word != "<UNK>"]
    return words[0], words[-1]


def test_words_that_were_added_are_chips_that_hold_together(shown: Shown) -> None:
    first, second = two_words(shown)
    keep(shown, first)
    assert shown.panel.bar.search_field.text() == ""
    assert chips(shown) == [f"word: {first}"]
    keep(shown, second)
    assert chips(shown) == [f"word: {first}", f"word: {second}"]
    expected = [text for text in every_caption(shown) if {first, second} <= set(text.split())]
    assert sorted(shown.captions()) == sorted(expected)
    for cell in shown.panel.grid.cells.cards:
        assert {cell.words[place] for place in cell.found} == {first, second}


def test_a_word_with_an_ampersand_is_a_chip_as_it_is_and_takes_no_key(shown: Shown) -> None:
    keep(shown, "r&d")
    chip = shown.panel.bar.chips.chips[0]
    assert chip.text() == "word: r&d"
    assert chip.shortcut().isEmpty(), "Alt+D is a menu's"


def test_a_chip_is_taken_away_by_a_click(shown: Shown) -> None:
    first, second = two_words(shown)
    keep(shown, first)
    keep(shown, second)
    chip = shown.panel.bar.chips.chips[0]
    shown.qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert chips(shown) == [f"word: {second}"]
    expected = [text for text in every_caption(shown) if second in text.split()]
    assert sorted(shown.captions()) == sorted(expected)


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_a_chip_is_taken_away_by_a_key_and_the_keyboard_stays_there(shown: Shown, key: Qt.Key) -> None:
    for word in two_words(shown):
        keep(shown, word)
    chip = shown.panel.bar.chips.chips[0]
    chip.setFocus()
    shown.qtbot.keyClick(chip, key)
    assert len(chips(shown)) == 1
    assert shown.panel.bar.chips.chips[0].hasFocus()


def test_what_is_typed_is_a_chip_too_and_taking_it_away_empties_the_field(shown: Shown) -> None:
    word = two_words(shown)[0]
    shown.qtbot.keyClicks(shown.panel.bar.search_field, word)
    shown.qtbot.waitUntil(lambda: chips(shown) == [f"word: {word}"])
    shown.qtbot.mouseClick(shown.panel.bar.chips.chips[0], Qt.MouseButton.LeftButton)
    assert shown.panel.bar.search_field.text() == ""
    assert chips(shown) == [] and len(shown.captions()) == len(every_caption(shown))


def test_the_same_word_twice_is_one_condition(shown: Shown) -> None:
    word = two_words(shown)[0]
    keep(shown, word)
    keep(shown, f" {word} ")
    assert chips(shown) == [f"word: {word}"]


def test_length_and_unknown_words_are_filtered_by_numbers(shown: Shown) -> None:
    middle = int(np.median(shown.dataset.split("train").caption_lengths))
    set_field(shown, "words_least", middle)
    set_field(shown, "words_greatest", middle + 1)
    set_field(shown, "unknown_greatest", 0)
    assert chips(shown) == [f"{middle} to {middle + 1} words", "no <UNK>"]
    expected = [
        text
        for text in every_caption(shown)
        if middle <= len(text.split()) <= middle + 1 and "<UNK>" not in text.split()
    ]
    assert sorted(shown.captions()) == sorted(expected) and expected
    rows = [cell.caption_row for cell in shown.panel.grid.cells.cards]
    photos = len(set(shown.dataset.split("train").image_idxs[rows].tolist()))
    assert f"{len(expected):,} captions, {photos:,} photos" in shown.labels()


def test_a_least_number_above_the_greatest_takes_it_along(shown: Shown) -> None:
    set_field(shown, "words_greatest", 8)
    set_field(shown, "words_least", 9)
    assert chips(shown) == ["9 words"]
    set_field(shown, "words_greatest", 7)
    assert chips(shown) == ["7 words"]


def test_photos_are_filtered_by_how_many_captions_they_have(shown: Shown) -> None:
    set_field(shown, "captions_an_image_greatest", 4)
    set_field(shown, "captions_an_image_least", 4)
    assert chips(shown) == ["4 captions a photo"]
    records = {cell.record for cell in shown.panel.grid.cells.cards}
    assert records and all(len(record.caption_rows) == 4 for record in records)
    assert len(shown.captions()) == 4 * len(records)


def test_each_photo_can_be_shown_once(shown: Shown) -> None:
    check(shown, "each_photo_once")
    keys = [cell.record.key for cell in shown.panel.grid.cells.cards]
    described = len(set(shown.dataset.split("train").image_idxs.tolist()))
    assert len(keys) == len(set(keys)) == described
    assert f"{described:,} captions, {described:,} photos" in shown.labels()


def test_the_fields_of_the_filter_show_what_chips_took_away(shown: Shown) -> None:
    set_field(shown, "words_greatest", 8)
    check(shown, "each_photo_once")
    shown.qtbot.mouseClick(shown.panel.bar.chips.chips[0], Qt.MouseButton.LeftButton)
    field = shown.panel.findChild(QSpinBox, "words_greatest")
    assert field is not None and field.value() == field.maximum()
    assert shown.panel.bar.filters.once.isChecked()
    shown.click("clear_conditions")
    assert not shown.panel.bar.filters.once.isChecked() and chips(shown) == []


@pytest.mark.parametrize("place", ["grid", "bar.search_field", "bar.sort_field"])
def test_escape_clears_all_conditions_wherever_the_keyboard_is(shown: Shown, place: str) -> None:
    keep(shown, two_words(shown)[0])
    set_field(shown, "words_greatest", 12)
    shown.click("filter")
    widget = shown.panel
    for name in place.split("."):
        widget = getattr(widget, name)
    widget.setFocus()
    shown.qtbot.keyClick(widget, Qt.Key.Key_Escape)
    assert chips(shown) == [] and len(shown.captions()) == len(every_caption(shown))


def test_escape_in_the_field_clears_what_is_typed_before_the_chips(shown: Shown) -> None:
    first, second = two_words(shown)
    keep(shown, first)
    field = shown.panel.bar.search_field
    field.setFocus()
    shown.qtbot.keyClicks(field, second)
    shown.qtbot.waitUntil(lambda: len(chips(shown)) == 2)
    shown.qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert chips(shown) == [f"word: {first}"]
    shown.qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert chips(shown) == []


def test_conditions_hold_in_both_splits_and_not_in_other_data(shown: Shown, tmp_path: Path) -> None:
    from tests.coco_folder_writer import write_coco_folder

    keep(shown, "a")
    sort(shown, Sorting.LONGEST)
    shown.click("val_button")
    assert chips(shown) == ["word: a"]
    assert all(cell.record.split == "val" for cell in shown.panel.grid.cells.cards)
    shown.open(write_coco_folder(tmp_path / "other", photos=True))
    assert chips(shown) == [] and len(shown.captions()) == shown.dataset.split("val").num_captions


@pytest.mark.parametrize("sorting", list(Sorting)[1:])
def test_captions_are_shown_in_the_order_chosen(shown: Shown, sorting: Sorting) -> None:
    sort(shown, sorting)
    texts = every_caption(shown)
    key = {
        Sorting.FILE: lambda text: 0,
        Sorting.SHORTEST: lambda text: len(text.split()),
        Sorting.LONGEST: lambda text: -len(text.split()),
        Sorting.MOST_UNKNOWN: lambda text: -text.split().count("<UNK>"),
        Sorting.FEWEST_UNKNOWN: lambda text: text.split().count("<UNK>"),
    }[sorting]
    assert shown.captions() == sorted(texts, key=key)
    assert not shown.panel.bar.seed_field.isEnabled()
    assert shown.panel.bar.position.text() == "page 1 of 1"


def test_reshuffling_ends_the_sorted_order(shown: Shown) -> None:
    sort(shown, Sorting.SHORTEST)
    shown.click("reshuffle")
    assert shown.panel.bar.sort_field.currentText() == Sorting.SHUFFLED.words
    assert shown.panel.bar.seed_field.isEnabled()
    assert shown.captions() != sorted(shown.captions(), key=lambda text: len(text.split()))


def test_any_page_is_gone_to_by_its_number(shown: Shown) -> None:
    shown.panel.bar.size_field.setValue(10)
    sort(shown, Sorting.FILE)
    field = shown.panel.bar.position
    field.setFocus()
    field.selectAll()
    shown.qtbot.keyClicks(field, "5")
    shown.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert shown.captions() == every_caption(shown)[40:50]
    last = shown.panel.browser.num_minibatches
    field.selectAll()
    shown.qtbot.keyClicks(field, "9,999")
    shown.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == f"page {last} of {last}"
    assert shown.captions() == every_caption(shown)[10 * (last - 1) :]
    assert not shown.panel.next_action.isEnabled() and shown.panel.previous_action.isEnabled()


def test_minibatches_are_drawn_from_what_the_conditions_leave(shown: Shown) -> None:
    shown.panel.bar.size_field.setValue(5)
    set_field(shown, "words_greatest", 9)
    lengths = shown.dataset.split("train").caption_lengths
    rows = np.random.default_rng(231).permutation(np.flatnonzero(lengths <= 9))
    assert shown.captions() == [shown.caption("train", row) for row in rows[:5]]
    shown.click("next_minibatch")
    assert shown.captions() == [shown.caption("train", row) for row in rows[5:10]]


def test_the_place_of_the_divider_is_remembered(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_panel(qtbot, coco_folder) as first:
        halves = first.panel.halves
        handle = halves.handle(1)
        before = halves.sizes()[0]
        start = handle.rect().center()
        qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=start)
        qtbot.mouseMove(handle, start + QPoint(0, 60))
        qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=start)
        moved = halves.sizes()[0]
        assert moved > before + 20
        part = first.session.settings.get(DATA_GRID_HEIGHT)
    with shown_panel(qtbot, coco_folder) as second:
        assert second.session.settings.get(DATA_GRID_HEIGHT) == pytest.approx(part)
        assert abs(second.panel.halves.sizes()[0] - moved) <= 6
