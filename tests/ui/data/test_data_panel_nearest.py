"""The nearest photos, and data that goes away while it is open."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.dataset import CocoDataset, NearestPhotos
from captionviewer.core.coco.folder_layout import SPLITS, Split
from captionviewer.core.coco.split import PhotoRecord
from captionviewer.core.photos.store import Photo, PhotoStore
from captionviewer.ui.data.nearest_tab import NearestTab
from captionviewer.ui.data.neighbour_list import Neighbour
from tests.coco_folder_writer import write_coco_folder
from tests.ui.data.data_panel_setup import Shown, shown_panel


@pytest.fixture
def shown(qtbot: QtBot, coco_folder: Path) -> Iterator[Shown]:
    with shown_panel(qtbot, coco_folder) as shown:
        shown.panel.details.setCurrentWidget(shown.panel.details.nearest)
        yield shown


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_coco_folder(tmp_path / "coco", photos=True)


def tab(shown: Shown) -> NearestTab:
    return shown.panel.details.nearest


def neighbours(shown: Shown) -> tuple[Neighbour, ...]:
    return tab(shown).list.cells.cards


def settled(shown: Shown) -> None:
    """Wait until the neighbours of the selected photo, or a message, are shown."""
    shown.qtbot.waitUntil(lambda: tab(shown)._job is None and not tab(shown)._stale)


def expected(shown: Shown, among: Split | None = None) -> list[tuple[str, int]]:
    record = shown.session.selection.record
    assert record is not None
    found = shown.dataset.nearest_photos(record.split, record.row, among)
    assert found is not None
    return [(found.split, row) for row in found.rows.tolist()]


def test_the_ten_nearest_photos_are_shown_with_cosine_and_captions(shown: Shown) -> None:
    settled(shown)
    assert [one.record.key for one in neighbours(shown)] == expected(shown)
    first = neighbours(shown)[0]
    model = tab(shown).list.cells
    assert model.data(model.index(0)) == shown.caption(first.record.split, first.record.caption_rows[0])
    tip = model.data(model.index(0), Qt.ItemDataRole.ToolTipRole) or ""
    for row in first.record.caption_rows:
        assert shown.caption(first.record.split, row).replace("<", "&lt;").replace(">", "&gt;") in tip
    assert f"cosine {first.similarity:.3f}" in tip
    record = shown.session.selection.record
    assert record is not None
    others = shown.dataset.split("train").num_photos - 1
    assert any(
        label.startswith(f"Nearest to train photo {record.row:,} among {others:,} train photos")
        for label in shown.labels()
    )


def test_a_click_on_a_neighbour_selects_it_and_shows_its_own(shown: Shown) -> None:
    settled(shown)
    wanted = neighbours(shown)[1].record
    cells = tab(shown).list
    place = cells.visualRect(cells.cells.index(1)).center()
    shown.qtbot.mouseClick(cells.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert shown.session.selection.record == wanted
    settled(shown)
    assert [one.record.key for one in neighbours(shown)] == expected(shown)


def test_a_neighbour_is_selected_with_the_keyboard(shown: Shown) -> None:
    settled(shown)
    cells = tab(shown).list
    cells.setFocus()
    cells.setCurrentIndex(cells.cells.index(0))
    shown.qtbot.keyClick(cells, Qt.Key.Key_Right)
    wanted = neighbours(shown)[1].record
    assert shown.session.selection.record != wanted
    shown.qtbot.keyClick(cells, Qt.Key.Key_Return)
    assert shown.session.selection.record == wanted


def test_neighbours_can_be_looked_for_in_the_other_split(shown: Shown) -> None:
    settled(shown)
    tab(shown).place.setCurrentIndex(2)
    settled(shown)
    assert all(one.record.split == "val" for one in neighbours(shown))
    assert [one.record.key for one in neighbours(shown)] == expected(shown, "val")


def test_nothing_is_looked_for_until_the_tab_is_seen(qtbot: QtBot, coco_folder: Path) -> None:
    with shown_panel(qtbot, coco_folder) as shown:
        assert neighbours(shown) == () and tab(shown)._job is None
        shown.panel.details.setCurrentWidget(tab(shown))
        settled(shown)
        assert len(neighbours(shown)) == 10


def test_a_search_is_given_up_when_another_photo_is_selected(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(shown)
    stopped, begun, go_on = threading.Event(), threading.Event(), threading.Event()
    real = CocoDataset.nearest_photos
    first = shown.panel.grid.cells.cards[1].record

    def slow(
        dataset: CocoDataset,
        split: Split,
        row: int,
        among: Split | None,
        count: int,
        stop: Callable[[], bool],
    ) -> NearestPhotos | None:
        if (split, row) != first.key:
            return real(dataset, split, row, among, count, stop)
        begun.set()
        while not stop() and not go_on.wait(0.01):
            pass
        if stop():
            stopped.set()
        return real(dataset, split, row, among, count)

    monkeypatch.setattr(CocoDataset, "nearest_photos", slow)
    shown.click_cell(1)
    assert begun.wait(5)
    shown.qtbot.waitUntil(lambda: "Looking for the nearest photos…" in shown.labels())
    other = next(n for n, c in enumerate(shown.panel.grid.cells.cards) if c.record.key != first.key)
    shown.click_cell(other)
    assert stopped.wait(5)
    go_on.set()
    settled(shown)
    monkeypatch.undo()
    shown.qtbot.waitUntil(lambda: not shown.session.workers._threads)
    assert [one.record.key for one in neighbours(shown)] == expected(shown)


def test_features_that_are_no_numbers_are_told_in_the_tab(qtbot: QtBot, folder: Path) -> None:
    with h5py.File(folder / "train2014_vgg16_fc7_pca.h5", "r+") as file:
        file["features"][7] = np.nan
    with shown_panel(qtbot, folder) as shown:
        shown.panel.details.setCurrentWidget(tab(shown))
        settled(shown)
        assert any("train2014_vgg16_fc7_pca.h5: Row 7" in label for label in shown.labels())
        shown.click("val_button")
        settled(shown)
        assert len(neighbours(shown)) == 10


def test_a_features_file_cut_while_open_is_told_and_the_panel_goes_on(qtbot: QtBot, folder: Path) -> None:
    with shown_panel(qtbot, folder) as shown:
        shown.session.plots_can_be_made()
        with (folder / "train2014_vgg16_fc7_pca.h5").open("r+b") as file:
            file.truncate(3_000)
        shown.panel.details.setCurrentWidget(shown.panel.details.features)
        shown.qtbot.waitUntil(lambda: bool(shown.problems))
        assert (
            "train2014_vgg16_fc7_pca.h5" in shown.problems[-1]
            and "Open the folder again" in shown.problems[-1]
        )
        assert "The features of this photo could not be read." in shown.labels()
        shown.panel.details.setCurrentWidget(tab(shown))
        settled(shown)
        assert any("train2014_vgg16_fc7_pca.h5" in label for label in shown.labels())
        before = shown.captions()
        shown.panel.bar.size_field.setValue(5)
        shown.click("next_minibatch")
        assert shown.captions() and shown.captions() != before
        shown.click("val_button")  # the file of the other split is whole
        settled(shown)
        assert len(neighbours(shown)) == 10


def test_a_features_file_written_anew_while_open_is_told(qtbot: QtBot, folder: Path) -> None:
    with shown_panel(qtbot, folder) as shown:
        path = folder / "train2014_vgg16_fc7_pca.h5"
        content = path.read_bytes()
        path.write_bytes(content[:-400])
        shown.panel.details.setCurrentWidget(tab(shown))
        settled(shown)
        assert any(
            "train2014_vgg16_fc7_pca.h5" in label and "while it was open" in label for label in shown.labels()
        )


def test_a_folder_removed_while_open_leaves_captions_and_says_what_is_gone(
    qtbot: QtBot, folder: Path, tmp_path: Path
) -> None:
    with shown_panel(qtbot, folder) as shown:
        captions = shown.captions()
        shown.session.photos.set_store(PhotoStore(folder / "images", tmp_path / "cache", network=False))
        shutil.rmtree(folder)
        shown.panel.details.setCurrentWidget(tab(shown))
        settled(shown)  # the open file lives on where the system keeps it, else a message stands there
        assert neighbours(shown) or any(folder.name in label for label in shown.labels())
        shown.click("reshuffle")
        assert len(shown.captions()) == len(captions)
        shown.panel.bar.search_field.setFocus()
        shown.qtbot.keyClicks(shown.panel.bar.search_field, "a")
        shown.qtbot.keyClick(shown.panel.bar.search_field, Qt.Key.Key_Return)
        assert shown.captions() and all("a" in text.split() for text in shown.captions())
        shown.session.data.open_folder(folder)
        shown.qtbot.waitUntil(lambda: any("no such folder" in problem for problem in shown.problems))
        assert shown.captions()


def test_back_returns_to_the_photo_whose_neighbour_was_clicked(shown: Shown) -> None:
    settled(shown)
    start = shown.session.selection.record
    assert start is not None and not shown.panel.back_action.isEnabled()
    cells = tab(shown).list
    for _ in range(2):
        place = cells.visualRect(cells.cells.index(1)).center()
        shown.qtbot.mouseClick(cells.viewport(), Qt.MouseButton.LeftButton, pos=place)
        settled(shown)
    shown.click("nearest_back")
    assert shown.session.selection.record not in (None, start)
    shown.panel.activateWindow()
    QTest.keyClick(shown.panel.details, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert shown.session.selection.record == start and not shown.panel.back_action.isEnabled()
    assert f"photo&nbsp;<b>{start.row:,}</b>" in shown.panel.details.head.text()
    QTest.keyClick(shown.panel.details, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert shown.session.selection.record != start


def test_back_holds_for_turning_the_page_and_ends_with_the_data(shown: Shown, tmp_path: Path) -> None:
    shown.session.images.set_fetching(False)  # the other folder has no photos of its own
    first = shown.session.selection.record
    shown.panel.bar.size_field.setValue(3)
    shown.panel.next_action.trigger()
    assert shown.session.selection.record != first
    shown.panel.back_action.trigger()
    assert shown.session.selection.record == first
    shown.panel.forward_action.trigger()
    shown.open(write_coco_folder(tmp_path / "other"))
    assert not shown.panel.back_action.isEnabled() and not shown.panel.forward_action.isEnabled()


def test_neighbours_in_other_data_are_never_asked_for_in_the_data_that_is_open(
    shown: Shown, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their photos would stand under the same rows, and their addresses might be fetched."""
    settled(shown)
    assert neighbours(shown)
    asked: list[str] = []
    photo = PhotoStore.photo

    def noting(store: PhotoStore, url: str, *more: Any, **named: Any) -> Photo:
        if store.image_folder == folder / "images":
            asked.append(url)
        return photo(store, url, *more, **named)

    monkeypatch.setattr(PhotoStore, "photo", noting)
    with shown.qtbot.waitSignal(shown.session.dataset_changed):
        shown.session.data.open_folder(folder)
    tab(shown).list.viewport().repaint()  # before the new neighbours are found
    settled(shown)
    urls = {record.url for split in SPLITS for record in records_of(shown, split)}
    shown.qtbot.waitUntil(lambda: bool(asked))
    assert set(asked) <= urls


def records_of(shown: Shown, split: Split) -> list[PhotoRecord]:
    photos = shown.dataset.split(split)
    return [photos.record(row) for row in range(len(photos.features))]
