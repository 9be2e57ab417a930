"""Searching captions, and showing only what the model was trained on."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from captionviewer.ui.widgets.empty_page import EmptyPage
from tests.ui.data.data_panel_setup import Shown, shown_panel


@pytest.fixture
def shown(qtbot: QtBot, coco_folder: Path) -> Iterator[Shown]:
    with shown_panel(qtbot, coco_folder) as shown:
        yield shown


def search(shown: Shown, text: str) -> None:
    """Type into the search field and press Enter."""
    field = shown.panel.bar.search_field
    field.setFocus()
    field.selectAll()
    shown.qtbot.keyClicks(field, text)
    shown.qtbot.keyClick(field, Qt.Key.Key_Return)


def only_trained(shown: Shown) -> None:
    """Unfold the filter and check its last box."""
    shown.click("filter")
    box = shown.panel.bar.filters.trained
    assert box.isVisible() and not box.isChecked()
    shown.qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))


def offer(shown: Shown, words: str) -> None:
    """Click the button of the empty page that says this."""

    def buttons() -> list[QPushButton]:
        pages = shown.panel.findChildren(EmptyPage)
        every = [button for page in pages for button in page.findChildren(QPushButton)]
        return [button for button in every if button.isVisible() and button.text() == words]

    shown.qtbot.waitUntil(lambda: len(buttons()) == 1)
    shown.qtbot.mouseClick(buttons()[0], Qt.MouseButton.LeftButton)


def captions_with(shown: Shown, phrase: str) -> list[str]:
    """Every train caption that holds the phrase, found by reading them all."""
    every = [shown.caption("train", row) for row in range(shown.dataset.split("train").num_captions)]
    return [text for text in every if f" {phrase} " in f" {text} "]


def some_phrase(shown: Shown) -> str:
    """Two words one after another in the first caption."""
    words = [word for word in shown.captions()[0].split() if word != "<UNK>"]
    text = shown.captions()[0].split()
    return next(f"{a} {b}" for a, b in pairwise(text) if a in words and b in words)


def test_a_word_keeps_only_the_captions_that_have_it_and_counts_them(shown: Shown) -> None:
    word = max(shown.captions()[0].split(), key=len)
    expected = captions_with(shown, word)
    shown.panel.bar.size_field.setValue(1000)
    search(shown, word.upper())
    assert sorted(shown.captions()) == sorted(expected)
    photos = len({cell.record.key for cell in shown.panel.grid.cells.cards})
    captions = "1 caption" if len(expected) == 1 else f"{len(expected)} captions"
    assert f"{captions}, {photos} photo{'s' if photos > 1 else ''}" in shown.labels()
    assert all({cell.words[place] for place in cell.found} == {word} for cell in shown.panel.grid.cells.cards)


def test_a_phrase_is_found_word_after_word(shown: Shown) -> None:
    phrase = some_phrase(shown)
    expected = captions_with(shown, phrase)
    shown.panel.bar.size_field.setValue(1000)
    search(shown, f"  {phrase}  ")
    assert sorted(shown.captions()) == sorted(expected)
    cell = shown.panel.grid.cells.cards[0]
    assert " ".join(cell.words[place] for place in sorted(cell.found)[:2]) == phrase


def test_a_short_pause_in_typing_searches_without_enter(shown: Shown) -> None:
    word = max(shown.captions()[0].split(), key=len)
    count = len(captions_with(shown, word))
    shown.qtbot.keyClicks(shown.panel.bar.search_field, word)
    assert shown.panel.browser.query.text == ""
    shown.qtbot.waitUntil(lambda: shown.panel.browser.query.text == word)
    assert any(label.startswith(f"{count} caption") for label in shown.labels())


def test_escape_clears_the_search(shown: Shown) -> None:
    before = shown.captions()
    search(shown, some_phrase(shown))
    assert shown.captions() != before
    shown.qtbot.keyClick(shown.panel.bar.search_field, Qt.Key.Key_Escape)
    assert shown.captions() == before
    assert shown.panel.bar.chips.chips == []
    every, photos = shown.dataset.split("train").num_captions, shown.dataset.split("train").num_photos
    assert f"{every:,} captions, {photos:,} photos" in shown.labels(shown.panel.bar)


def test_the_find_key_puts_the_keyboard_into_the_search_field(shown: Shown) -> None:
    shown.panel.grid.setFocus()
    QTest.keySequence(shown.panel.grid, QKeySequence(QKeySequence.StandardKey.Find))
    shown.qtbot.waitUntil(shown.panel.bar.search_field.hasFocus)


def test_a_word_outside_the_vocabulary_is_said_to_be_written_as_unk(shown: Shown) -> None:
    search(shown, "zyxwv")
    assert shown.captions() == []
    labels = shown.labels()
    assert "0 captions, 0 photos" in labels
    assert "No train caption meets the condition" in labels
    assert any("have <UNK> in its place" in label and "vocabulary" in label for label in labels)
    assert not shown.panel.next_action.isEnabled()


def test_a_search_without_hits_can_be_cleared_or_tried_in_the_other_split(shown: Shown) -> None:
    before = shown.captions()
    search(shown, "zyxwv")
    offer(shown, "Look in val")
    assert "No val caption meets the condition" in shown.labels()
    offer(shown, "Clear all conditions")
    assert shown.panel.bar.chips.chips == []
    shown.click("train_button")
    assert shown.captions() == before


def test_with_nothing_trained_the_filter_says_what_to_do(shown: Shown) -> None:
    before = shown.captions()
    only_trained(shown)
    assert "Nothing was trained on yet" in shown.labels()
    assert any("Start a run in Training" in label for label in shown.labels())
    offer(shown, "Show also what was not trained on")
    assert shown.captions() == before


def test_the_photos_trained_on_are_marked_and_can_be_filtered(shown: Shown) -> None:
    rows = [3, 8, 11, 20]
    photos = {int(shown.dataset.split("train").image_idxs[row]) for row in rows}
    shown.train_on(rows)
    for cell in shown.panel.grid.cells.cards:
        assert cell.trained_on == (cell.record.row in photos)
    only_trained(shown)
    assert sorted(shown.captions()) == sorted(shown.caption("train", row) for row in rows)
    assert all(cell.trained_on for cell in shown.panel.grid.cells.cards)
    cells = shown.panel.grid.cells
    assert cells.data(cells.index(0), Qt.ItemDataRole.AccessibleTextRole).endswith("trained on")
    captions = shown.panel.details.captions
    assert "trained on" in captions.captions[captions.current].marks
    assert "trained&nbsp;on" in shown.panel.details.head.text()


def test_the_mark_is_seen_in_the_picture(shown: Shown) -> None:
    """The badge at the photo's right corner is painted in the accent's colour."""
    from captionviewer.ui.look.theme import colors

    def accent_pixels() -> int:
        grid = shown.panel.grid
        box = grid.visualRect(grid.cells.index(1))
        image = grid.viewport().grab(box).toImage().scaledToWidth(box.width())
        accent = colors().accent.name()
        return sum(
            image.pixelColor(x, y).name() == accent
            for x in range(image.width() // 2, image.width())
            for y in range(image.height() // 4)
        )

    row = int(shown.panel.grid.cells.cards[1].caption_row)
    assert accent_pixels() < 20
    shown.train_on([row])
    assert accent_pixels() > 100


def test_a_new_run_replaces_what_the_filter_shows(shown: Shown) -> None:
    shown.train_on([3, 8])
    only_trained(shown)
    shown.train_on([5])
    assert shown.captions() == [shown.caption("train", 5)]


def test_in_val_nothing_was_trained_on_and_the_panel_says_why(shown: Shown) -> None:
    shown.train_on([3, 8])
    only_trained(shown)
    shown.click("val_button")
    assert "No val photo was trained on" in shown.labels()
    offer(shown, "Show train")
    assert len(shown.captions()) == 2


def test_search_and_filter_hold_together(shown: Shown) -> None:
    word = max(shown.caption("train", 3).split(), key=len)
    rows = [3, *(row for row in range(30) if word not in shown.caption("train", row).split())][:5]
    shown.train_on(rows)
    only_trained(shown)
    search(shown, word)
    assert shown.captions() == [shown.caption("train", 3)]


def test_a_trained_search_without_hits_offers_what_was_not_trained_on(shown: Shown) -> None:
    word = max(shown.caption("train", 3).split(), key=len)
    rows = [row for row in range(30) if word not in shown.caption("train", row).split()][:4]
    shown.train_on(rows)
    only_trained(shown)
    search(shown, word)
    assert "No train caption meets all conditions" in shown.labels()
    assert f"word: {word} · trained on" in shown.labels()
    offer(shown, "Show also what was not trained on")
    assert shown.caption("train", 3) in shown.captions() or shown.panel.browser.num_minibatches > 1


def test_a_minibatch_among_hits_is_the_same_for_the_same_seed(shown: Shown) -> None:
    shown.panel.bar.size_field.setValue(3)
    search(shown, "a")
    first = shown.captions()
    rows = shown.dataset.split("train").search("a").caption_rows
    expected = np.random.default_rng(231).permutation(rows)[:3].tolist()
    assert first == [shown.caption("train", row) for row in expected]
