"""Paging through minibatches and selecting photos, with mouse and keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QSpinBox
from pytestqt.qtbot import QtBot

from captionviewer.ui.look.theme import DARK, LIGHT, Colors, Theme, ThemeChoice
from captionviewer.ui.photos.photo_loader import PhotoState
from captionviewer.ui.settings import MINIBATCH_SIZE
from tests.ui.data.data_panel_setup import Shown, shown_panel


@pytest.fixture
def shown(qtbot: QtBot, coco_folder: Path) -> Iterator[Shown]:
    with shown_panel(qtbot, coco_folder) as shown:
        yield shown


def position(shown: Shown) -> str:
    return shown.panel.bar.position.text()


def test_opening_a_folder_shows_the_first_minibatch_and_selects_its_first_photo(shown: Shown) -> None:
    minibatch = shown.dataset.split("train").minibatch(24, 231)
    expected = [shown.caption("train", row) for row in minibatch.caption_rows.tolist()]
    assert shown.captions() == expected
    assert shown.session.selection.record is not None
    assert shown.session.selection.record.row == minibatch.image_rows[0]
    assert shown.panel.grid.currentIndex().row() == 0
    assert position(shown) == f"minibatch 1 of {shown.dataset.split('train').num_minibatches(24)}"


def test_without_data_the_panel_says_how_to_open_some(qtbot: QtBot) -> None:
    with shown_panel(qtbot, None) as shown:
        assert "No data set is open" in shown.labels()
        assert not shown.panel.next_action.isEnabled()
        assert not shown.panel.reshuffle_action.isEnabled()
        assert not shown.panel.val_action.isEnabled() and not shown.panel.find_action.isEnabled()
        assert not shown.panel.copy_url_action.isEnabled()


def test_while_a_first_folder_is_being_opened_the_panel_says_so(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_panel(qtbot, None) as shown:
        shown.session.data.open_folder(coco_folder)
        assert f"Opening {coco_folder.name}…" in shown.labels()
        qtbot.waitUntil(lambda: shown.session.data.dataset is not None)
        qtbot.waitUntil(lambda: not shown.session.workers.running())
        assert shown.captions()


def test_next_and_previous_page_through_all_minibatches_and_stop_at_the_ends(shown: Shown) -> None:
    first = shown.captions()
    count = shown.dataset.split("train").num_minibatches(24)
    assert not shown.panel.previous_action.isEnabled()
    seen = list(first)
    for _ in range(count - 1):
        shown.click("next_minibatch")
        seen += shown.captions()
    assert position(shown) == f"minibatch {count} of {count}"
    assert not shown.panel.next_action.isEnabled()
    every = [shown.caption("train", row) for row in range(shown.dataset.split("train").num_captions)]
    assert sorted(seen) == sorted(every)
    for _ in range(count - 1):
        shown.click("previous_minibatch")
    assert shown.captions() == first


def test_page_keys_turn_the_page_while_the_keyboard_is_in_the_grid(shown: Shown) -> None:
    first = shown.captions()
    shown.panel.grid.setFocus()
    shown.qtbot.keyClick(shown.panel.grid, Qt.Key.Key_PageDown)
    assert position(shown).startswith("minibatch 2 of ")
    assert shown.captions() != first
    shown.qtbot.keyClick(shown.panel.grid, Qt.Key.Key_PageUp)
    assert shown.captions() == first


def test_switching_to_val_and_back_shows_photos_of_that_split(shown: Shown) -> None:
    train = shown.captions()
    shown.click("val_button")
    assert shown.session.selection.record is not None and shown.session.selection.record.split == "val"
    expected = shown.dataset.split("val").minibatch(24, 231).caption_rows.tolist()
    assert shown.captions() == [shown.caption("val", row) for row in expected]
    assert "val" in shown.panel.details.head.text()
    shown.click("train_button")
    assert shown.captions() == train


def test_the_switch_is_used_with_the_keyboard_alone(shown: Shown) -> None:
    shown.panel.bar.val_button.setFocus()
    shown.qtbot.keyClick(shown.panel.bar.val_button, Qt.Key.Key_Space)
    assert shown.panel.val_action.isChecked() and not shown.panel.train_action.isChecked()
    assert shown.panel.grid.cells.cards[0].record.split == "val"


def test_a_seed_that_is_typed_again_brings_the_same_photos_back(shown: Shown) -> None:
    first = shown.captions()
    field = shown.panel.bar.seed_field
    shown.click("reshuffle")
    assert field.value() != 231 and shown.captions() != first
    field.setFocus()
    field.selectAll()
    shown.qtbot.keyClicks(field, "231")
    shown.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert shown.captions() == first


def test_the_seed_is_copied(shown: Shown) -> None:
    shown.click("reshuffle")
    shown.click("copy_seed")
    assert QGuiApplication.clipboard().text() == str(shown.panel.bar.seed_field.value())
    assert shown.notices[-1].startswith("Seed ")


def test_another_minibatch_size_is_remembered_and_keeps_the_place(shown: Shown) -> None:
    shown.click("next_minibatch")
    first = shown.captions()[0]
    field = shown.panel.bar.size_field
    field.setFocus()
    field.selectAll()
    shown.qtbot.keyClicks(field, "6")
    shown.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert len(shown.captions()) == 6 and shown.captions()[0] == first
    assert position(shown).startswith("minibatch 5 of ")
    assert shown.session.settings.get(MINIBATCH_SIZE) == 6


def test_clicking_a_photo_selects_it_everywhere(shown: Shown) -> None:
    shown.click_cell(2)
    cell = shown.panel.grid.cells.cards[2]
    assert shown.session.selection.record == cell.record
    captions = shown.panel.details.captions
    assert captions.captions[captions.current].text == shown.captions()[2]


def test_arrow_keys_move_the_selection(shown: Shown) -> None:
    shown.panel.grid.setFocus()
    shown.qtbot.keyClick(shown.panel.grid, Qt.Key.Key_Right)
    assert shown.session.selection.record == shown.panel.grid.cells.cards[1].record
    shown.qtbot.keyClick(shown.panel.grid, Qt.Key.Key_Down)
    assert shown.panel.grid.currentIndex().row() > 2
    shown.qtbot.keyClick(shown.panel.grid, Qt.Key.Key_Up)
    assert shown.panel.grid.currentIndex().row() == 1


def test_a_photo_selected_elsewhere_is_selected_in_the_grid_if_it_is_there(shown: Shown) -> None:
    cells = shown.panel.grid.cells.cards
    other = next(cell for cell in cells if cell.record != cells[0].record)
    shown.session.selection.select(other.record)
    assert shown.panel.grid.current_cell is not None
    assert shown.panel.grid.current_cell.record == other.record
    away = shown.dataset.split("val").record(0)
    shown.session.selection.select(away)
    assert shown.panel.grid.current_cell is None
    assert f"photo&nbsp;<b>{away.row}</b>" in shown.panel.details.head.text()


def test_a_photo_far_down_is_scrolled_to_when_it_is_selected_elsewhere(shown: Shown) -> None:
    cell = shown.panel.grid.cells.cards[-1]
    row = shown.panel.grid.cells.row_of(cell.record.key)
    assert row is not None
    shown.session.selection.select(cell.record)
    rect = shown.panel.grid.visualRect(shown.panel.grid.cells.index(row))
    assert shown.panel.grid.viewport().rect().intersects(rect)


def test_each_cell_tells_a_screen_reader_caption_split_and_row(shown: Shown) -> None:
    cells = shown.panel.grid.cells
    cell = cells.cards[0]
    words = cells.data(cells.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert words == f"{cell.text}. train photo {cell.record.row}"
    tip = cells.data(cells.index(0), Qt.ItemDataRole.ToolTipRole) or ""
    assert cell.text.replace("<UNK>", "&lt;UNK&gt;") in tip


def test_only_photos_that_are_seen_are_asked_for(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_panel(qtbot, None) as shown:
        shown.panel.prefetch._calm.setInterval(600_000)  # nothing is fetched ahead: a busy machine takes long
        shown.open(coco_folder)
        qtbot.waitUntil(
            lambda: (
                shown.session.photos.known(shown.panel.grid.cells.cards[0].record).state is PhotoState.READY
            )
        )
        seen = {
            cell.record.key
            for row, cell in enumerate(shown.panel.grid.cells.cards)
            if shown.panel.grid.visualRect(shown.panel.grid.cells.index(row)).intersects(
                shown.panel.grid.viewport().rect()
            )
        }
        for cell in shown.panel.grid.cells.cards:
            if cell.record.key not in seen:
                assert shown.session.photos.known(cell.record).state is PhotoState.IDLE


def test_the_same_folder_with_its_raw_features_stays_at_the_same_minibatch(
    shown: Shown, coco_folder: Path
) -> None:
    shown.click("next_minibatch")
    before = shown.captions()
    with shown.qtbot.waitSignal(shown.session.dataset_changed):
        shown.session.data.open_folder(coco_folder, "raw")
    shown.qtbot.waitUntil(lambda: not shown.session.workers.running())
    assert shown.captions() == before
    assert shown.session.selection.record is not None
    assert shown.dataset.feature_kind == "raw"


def test_cells_grow_with_the_text_and_fill_the_width(shown: Shown, qapp: QApplication) -> None:
    grid = shown.panel.grid
    small = grid.gridSize()
    font = qapp.font()
    larger = qapp.font()
    larger.setPointSizeF(font.pointSizeF() * 1.5)
    try:
        qapp.setFont(larger)
        shown.qtbot.waitUntil(lambda: grid.gridSize().width() > small.width())
        columns = (grid.viewport().width() - 1) // grid.gridSize().width()
        assert grid.viewport().width() - columns * grid.gridSize().width() < columns + 2
    finally:
        qapp.setFont(font)


def test_details_stand_beside_the_grid_where_the_panel_is_wide(shown: Shown) -> None:
    assert shown.panel.halves.orientation() == Qt.Orientation.Vertical
    shown.panel.resize(1300, 700)
    assert shown.panel.halves.orientation() == Qt.Orientation.Horizontal
    shown.panel.resize(560, 700)
    assert shown.panel.halves.orientation() == Qt.Orientation.Vertical


def test_every_field_and_button_says_what_it_is(shown: Shown) -> None:
    bar, details = shown.panel.bar, shown.panel.details
    assert shown.panel.accessibleName() == "Data"
    for widget in (
        bar.train_button,
        bar.val_button,
        bar.previous_button,
        bar.next_button,
        bar.reshuffle_button,
        bar.size_field,
        bar.seed_field,
        bar.copy_seed,
        bar.search_field,
        bar.filter_button,
        bar.sort_field,
        bar.position,
        *bar.filters.findChildren(QSpinBox),
        details.address,
        details.which_caption,
    ):
        assert widget.accessibleName() and widget.toolTip(), widget.objectName()
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, widget.objectName()


def test_dark_and_light_are_followed_at_once(shown: Shown, qapp: QApplication) -> None:
    palette, sheet = qapp.palette(), qapp.styleSheet()
    theme = Theme(qapp)

    def shows(colors: Colors) -> bool:
        corner = shown.panel.grab().toImage().pixelColor(3, 3)
        return (
            corner.name() == colors.window.name() and colors.train.name() in shown.panel.details.head.text()
        )

    try:
        theme.choose(ThemeChoice.DARK)
        shown.qtbot.waitUntil(lambda: shows(DARK))
        theme.choose(ThemeChoice.LIGHT)
        shown.qtbot.waitUntil(lambda: shows(LIGHT))
    finally:
        qapp.setStyleSheet(sheet)
        qapp.setPalette(palette)
        theme.deleteLater()
