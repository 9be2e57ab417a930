"""What is painted in Data has its colours: split, unknown words, found words, where the keyboard is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.dataset import CaptionConditions
from captionviewer.ui.look.theme import colors
from captionviewer.ui.photos.photo_cells import caption_lines, cell_parts
from tests.ui.data.data_panel_setup import Shown, shown_panel
from tests.ui.painted import count, pixels


@pytest.fixture
def shown(qtbot: QtBot, coco_folder: Path) -> Iterator[Shown]:
    with shown_panel(qtbot, coco_folder) as shown:
        yield shown


def cell(shown: Shown, row: int) -> tuple[QRect, QRect]:
    """Where the photo and the caption of a cell are."""
    grid = shown.panel.grid
    grid.scrollTo(grid.cells.index(row))
    QApplication.processEvents()
    return cell_parts(grid.visualRect(grid.cells.index(row)), grid.fontMetrics(), grid.caption_lines)


def row_with(shown: Shown, word: str) -> int:
    """A cell, not the selected one, whose first words hold a word."""
    cells = enumerate(shown.panel.grid.cells.cards)
    return next(row for row, one in cells if row and word in one.words[:3])


@pytest.mark.parametrize(("split", "other"), [("train", "val"), ("val", "train")])
def test_the_split_badge_of_a_cell_has_the_colour_of_its_split(shown: Shown, split: str, other: str) -> None:
    shown.click(f"{split}_button")
    photo, _words = cell(shown, 1)
    corner = QRect(photo.x() + 4, photo.y() + 4, 36, shown.panel.grid.fontMetrics().height())
    badge = pixels(shown.panel.grid.viewport(), corner)
    of = {"train": colors().train, "val": colors().val}
    assert count(badge, of[split]) > 60 and count(badge, of[other]) < 5
    assert count(badge, colors().on_badge, 60) > 8, "its words are in the colour for badges"


def test_the_similarity_of_a_neighbour_stands_on_the_colour_of_its_split(shown: Shown) -> None:
    tab = shown.panel.details.nearest
    shown.panel.details.setCurrentWidget(tab)
    for place, own, other in ((1, colors().train, colors().val), (2, colors().val, colors().train)):
        tab.place.setCurrentIndex(place)
        shown.qtbot.waitUntil(lambda: tab._job is None and tab.list.cells.cards != ())
        split = tab.place.currentData()
        shown.qtbot.waitUntil(lambda split=split: tab.list.cells.cards[0].record.split == split)
        photo = cell_parts(tab.list.visualRect(tab.list.cells.index(0)), tab.list.fontMetrics())[0]
        badge = pixels(tab.list.viewport(), QRect(photo.x() + 4, photo.y() + 4, 30, 14))
        assert count(badge, own) > 60 and count(badge, other) < 5


def test_an_unknown_word_has_its_colour_in_cell_list_and_strip(shown: Shown) -> None:
    def painted() -> list[int]:
        row = row_with(shown, "<UNK>") if any("<UNK>" in text for text in shown.captions()) else 1
        _photo, words = cell(shown, row)
        shown.panel.details.setCurrentIndex(0)
        pictures = [pixels(shown.panel.grid.viewport(), words), pixels(shown.panel.details.captions)]
        shown.panel.details.setCurrentIndex(1)
        pictures.append(pixels(shown.panel.details.strip))
        return [count(picture, colors().unknown, 40) for picture in pictures]

    shown.panel.browser.keep_phrase("<UNK>")  # the selected caption has one, too
    assert min(painted()) > 8
    shown.panel.bar.clear_conditions()
    shown.panel.browser.set_conditions(CaptionConditions(unknown=(0, 0)))
    record = shown.session.selection.record
    assert record is not None and not any("<UNK>" in text for text in shown.captions())
    every = [shown.caption(record.split, row) for row in record.caption_rows]
    in_list = any("<UNK>" in text for text in every)
    cells, listed, strip = painted()
    assert cells == strip == 0 and (listed > 0) == in_list


def test_words_that_a_search_found_stand_on_a_ground_of_their_own(shown: Shown) -> None:
    word = next(word for word in shown.captions()[1].split()[:3] if word != "<UNK>")
    ground = colors().found
    shown.panel.bar.size_field.setValue(1000)
    row = row_with(shown, word)
    _photo, words = cell(shown, row)
    assert count(pixels(shown.panel.grid.viewport(), words), ground) == 0
    shown.panel.browser.search(word)
    row = row_with(shown, word)
    _photo, words = cell(shown, row)
    found = pixels(shown.panel.grid.viewport(), words)
    width = shown.panel.grid.fontMetrics().horizontalAdvance(word)
    assert count(found, ground) > 4 * width, "as high as a line, but for the letters on it"
    assert count(found, ground) < 0.6 * found.shape[0] * found.shape[1], "and not the other words"
    shown.panel.details.setCurrentIndex(0)
    assert count(pixels(shown.panel.details.captions), ground) > 4 * width


def test_the_selected_cell_is_marked_stronger_while_the_keyboard_is_there(shown: Shown) -> None:
    grid = shown.panel.grid
    box = grid.visualRect(grid.cells.index(0))
    shown.panel.bar.search_field.setFocus()
    QApplication.processEvents()
    elsewhere = pixels(grid.viewport(), box)
    grid.setFocus(Qt.FocusReason.TabFocusReason)
    QApplication.processEvents()
    here = pixels(grid.viewport(), box)
    edge = 2 * (box.width() + box.height())
    assert count(elsewhere, colors().accent) < 40
    assert count(here, colors().accent) > 1.5 * edge
    for picture in (elsewhere, here):
        assert count(picture, colors().selected) > edge, "its ground"


def test_the_keyboard_is_seen_in_a_grid_with_nothing_selected(shown: Shown) -> None:
    grid = shown.panel.grid
    grid.clearSelection()
    grid.setCurrentIndex(grid.cells.index(-1))
    shown.panel.bar.search_field.setFocus()
    QApplication.processEvents()
    assert count(pixels(grid.viewport())[:2], colors().accent) == 0
    grid.setFocus(Qt.FocusReason.TabFocusReason)
    QApplication.processEvents()
    assert count(pixels(grid.viewport())[:2], colors().accent) > grid.viewport().width()


def test_captions_go_on_past_two_lines_where_there_is_room_below(shown: Shown) -> None:
    grid = shown.panel.grid
    assert grid.caption_lines == 2, "a page that is scrolled shows as many photos as it can"
    shown.panel.bar.size_field.setValue(3)
    shown.panel.resize(560, 1000)
    shown.qtbot.waitUntil(lambda: grid.caption_lines > 2)
    width = cell(shown, 0)[1].width()
    needed = max(len(caption_lines(text, grid.font(), width, 99)) for text in shown.captions())
    assert grid.caption_lines == needed, "no caption is cut, and no room is kept that none needs"
    assert grid.verticalScrollBar().maximum() == 0, "all of it is still seen"
    for row in range(3):
        _photo, words = cell(shown, row)
        last = QRect(words.x(), words.bottom() - grid.fontMetrics().height(), words.width(), words.height())
        assert grid.viewport().rect().contains(last.topLeft())
    shown.panel.bar.size_field.setValue(24)
    assert grid.caption_lines == 2


def test_that_a_photo_was_trained_on_is_said_at_its_right_corner(shown: Shown) -> None:
    shown.train_on([int(shown.panel.grid.cells.cards[1].caption_row)])
    photo, _words = cell(shown, 1)
    picture = pixels(shown.panel.grid.viewport(), QRect(photo.x(), photo.y() + 4, photo.width(), 14))
    middle = picture.shape[1] // 2
    left, right = picture[:, :24], picture[:, middle:]
    assert count(right, colors().accent) > 100 and count(left, colors().accent) < 5
    assert count(left, colors().train) > 40
