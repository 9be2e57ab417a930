import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QFileDialog, QLineEdit, QProgressBar, QPushButton

from captionviewer.core.coco.chosen_data import chosen_data_folder
from captionviewer.core.download import OFFICIAL_ADDRESS, Download, Phase, unfinished_download
from captionviewer.ui.download import coco_download
from captionviewer.ui.download.download_dialog import DownloadDialog
from tests.archive_server import ArchiveServer, archive_with, cut, status
from tests.coco_folder_writer import write_coco_folder
from tests.download_setup import QUICK, Book, files_in
from tests.ui.window_driver import WindowDriver


@pytest.fixture
def server(archive_server: ArchiveServer, book: Book, monkeypatch: pytest.MonkeyPatch) -> ArchiveServer:
    quick = partial(Download, known=book.known, retry_policy=QUICK)
    monkeypatch.setattr(coco_download, "Download", quick)
    return archive_server


@pytest.fixture(autouse=True)
def photos_on_disk(driver: WindowDriver, tmp_path: Path) -> None:
    """Photos for what is opened, which is small and has none."""
    photos = write_coco_folder(tmp_path / "with photos", photos=True) / "images"
    driver.window.session.images.set_folder(photos)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "my data" / "coco"


def typed(driver: WindowDriver, name: str, words: str) -> None:
    field = driver.find(QLineEdit, name)
    driver.click(field)
    driver.qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    driver.qtbot.keyClicks(field, words)
    assert field.text() == words


def button(driver: WindowDriver, name: str) -> QPushButton:
    return driver.find(QPushButton, f"download_{name}")


def asked_for(driver: WindowDriver, server: ArchiveServer, folder: Path, raw: bool = False) -> DownloadDialog:
    """Bring up the dialog and fill it in."""
    driver.window.menus.get_coco.trigger()
    typed(driver, "download_address", server.address)
    typed(driver, "download_folder", str(folder))
    if raw:
        box = driver.find(QCheckBox, "download_raw")
        box.setFocus()
        driver.qtbot.keyClick(box, Qt.Key.Key_Space)
    dialog = driver.window.downloads.dialog
    assert dialog is not None and dialog.isVisible()
    return dialog


def started(driver: WindowDriver, server: ArchiveServer, folder: Path, raw: bool = False) -> DownloadDialog:
    dialog = asked_for(driver, server, folder, raw)
    driver.click(button(driver, "go"))
    return dialog


def ended(driver: WindowDriver) -> Callable[[], bool]:
    return lambda: not driver.window.downloads.download.is_running


def slow(server: ArchiveServer) -> None:
    server.piece, server.every = 10_000, 0.02


def half_way(driver: WindowDriver) -> None:
    """Wait until some of the files came, not just the archive's head, of which a bar may be full as well."""
    bar = driver.find(QProgressBar, "download_bar")

    def some_came() -> bool:
        now = driver.window.downloads.download.progress
        return now.phase is Phase.FETCHING and now.done > 60_000

    driver.wait_for(lambda: some_came() and bar.isVisible() and bar.maximum() > 0 and bar.value() > 100)


def test_the_menu_offers_the_official_archive_and_says_what_it_takes(driver: WindowDriver) -> None:
    driver.window.menus.get_coco.trigger()
    assert driver.find(QLineEdit, "download_address").text() == OFFICIAL_ADDRESS
    assert "captionviewer-data" in driver.find(QLineEdit, "download_folder").text()
    assert "310 MB" in driver.text("download_facts") and "Free on this disk" in driver.text("download_facts")
    box = driver.find(QCheckBox, "download_raw")
    box.setFocus()
    driver.qtbot.keyClick(box, Qt.Key.Key_Space)
    driver.wait_for(lambda: "2.33 GB" in driver.text("download_facts"))
    typed(driver, "download_address", "http://elsewhere/x.zip")
    driver.wait_for(lambda: "2.33 GB" not in driver.text("download_facts"))
    driver.click(button(driver, "official"))
    assert driver.find(QLineEdit, "download_address").text() == OFFICIAL_ADDRESS
    typed(driver, "download_folder", "~nobody-of-that-name/coco")
    driver.wait_for(lambda: not button(driver, "go").isEnabled())
    assert "home of nobody" in driver.text("download_facts")
    typed(driver, "download_folder", "~/coco")
    driver.wait_for(lambda: button(driver, "go").isEnabled())
    typed(driver, "download_folder", " ")
    driver.wait_for(lambda: not button(driver, "go").isEnabled())


def test_a_folder_is_looked_for_from_the_nearest_that_may_be_looked_into(
    driver: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, stat = tmp_path / "closed", os.stat
    begun_in: list[str] = []

    def refuse(path: Any, *arguments: Any, **named: Any) -> os.stat_result:
        if str(path).startswith(f"{closed}{os.sep}"):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, *arguments, **named)

    def turned_back(_parent: object, _title: str, start: str) -> str:
        begun_in.append(start)
        return ""

    closed.mkdir()
    driver.window.menus.get_coco.trigger()
    driver.find(QLineEdit, "download_folder").setText(str(closed / "data" / "coco"))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", turned_back)
    monkeypatch.setattr(os, "stat", refuse)
    driver.click(button(driver, "choose"))
    monkeypatch.undo()
    assert begun_in == [str(closed)]


def test_the_card_of_welcome_leads_to_the_same_dialog(driver: WindowDriver) -> None:
    driver.window.welcome.open()
    driver.click(driver.find(QPushButton, "welcome_download"))
    assert driver.window.downloads.dialog is not None and driver.window.downloads.dialog.isVisible()


def test_one_click_downloads_and_opens_the_data(
    driver: WindowDriver, server: ArchiveServer, folder: Path, book: Book
) -> None:
    started(driver, server, folder)
    driver.wait_for(lambda: driver.window.session.data.dataset is not None)
    dataset = driver.window.session.data.dataset
    assert dataset is not None and dataset.folder == folder
    assert files_in(folder) == book.wanted()
    assert chosen_data_folder() == folder
    assert "official SHA-256" in driver.text("download_notices")
    assert str(folder) in driver.text("download_message")
    assert button(driver, "go").text() == "Open the Data"
    raw = driver.find(QAbstractButton, "download_raw")
    driver.click(raw)  # what is asked for now has not been downloaded
    driver.wait_for(lambda: button(driver, "go").text() == "Download")
    driver.click(raw)
    driver.wait_for(lambda: button(driver, "go").text() == "Open the Data")


def test_a_pause_holds_the_bar_and_going_on_ends_well(
    driver: WindowDriver, server: ArchiveServer, folder: Path, book: Book
) -> None:
    slow(server)
    started(driver, server, folder, raw=True)
    half_way(driver)
    driver.wait_for(lambda: "a second" in driver.text("download_numbers"))
    assert " left" in driver.text("download_numbers")
    driver.click(button(driver, "pause"))
    driver.wait_for(lambda: driver.text("download_phase").startswith("Paused"))
    bar = driver.find(QProgressBar, "download_bar")
    value = bar.value()
    driver.qtbot.wait(300)
    assert bar.value() == value and button(driver, "pause").text() == "Go On"
    server.every = 0.0
    driver.click(button(driver, "pause"))
    driver.wait_for(ended(driver))
    assert files_in(folder) == book.wanted(raw=True)


def test_stopping_keeps_what_came_and_the_next_click_goes_on(
    driver: WindowDriver, server: ArchiveServer, folder: Path, book: Book
) -> None:
    slow(server)
    started(driver, server, folder, raw=True)
    half_way(driver)
    driver.click(button(driver, "stop"))
    driver.wait_for(ended(driver))
    assert "are kept in" in driver.text("download_message")
    assert "unfinished download" in driver.text("download_facts")
    assert button(driver, "go").text() == "Go On"
    server.every = 0.0
    before = server.sent
    driver.click(button(driver, "go"))
    driver.wait_for(ended(driver))
    assert files_in(folder) == book.wanted(raw=True)
    assert server.sent - before < len(book.archive)


def test_start_over_lets_go_of_what_came(
    driver: WindowDriver, server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.faults, server.always = [cut(5_000)], cut(0)
    started(driver, server, folder).hide()
    driver.wait_for(ended(driver))
    driver.wait_for(lambda: "times in a row" in driver.text("notice_text"))  # with the dialog put away
    driver.window.menus.get_coco.trigger()
    assert "times in a row" in driver.text("download_message")
    driver.wait_for(button(driver, "start_over").isVisible)
    server.always = None
    before = len(server.asked)
    driver.click(button(driver, "start_over"))
    driver.wait_for(ended(driver))
    assert server.asked[before] == "bytes=0-1023"
    assert files_in(folder) == book.wanted()


def test_put_away_the_download_goes_on_and_the_status_bar_tells_how_far(
    driver: WindowDriver, server: ArchiveServer, folder: Path, book: Book
) -> None:
    slow(server)
    dialog = started(driver, server, folder, raw=True)
    half_way(driver)
    driver.click(button(driver, "hide"))
    assert not dialog.isVisible()
    driver.wait_for(lambda: "COCO: downloading" in driver.text("status_running"))
    driver.wait_for(lambda: "%" in driver.text("status_running"))
    driver.window.menus.get_coco.trigger()
    assert dialog.isVisible()
    driver.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    server.every = 0.0
    driver.wait_for(ended(driver))
    driver.wait_for(lambda: "COCO:" not in driver.text("status_running"))
    assert files_in(folder) == book.wanted(raw=True)


def test_a_wrong_file_is_named_and_can_be_fetched_again(
    driver: WindowDriver, server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.archive = archive_with({**book.files, "val2014_urls.txt": book.files["train2014_urls.txt"]})
    started(driver, server, folder)
    driver.wait_for(ended(driver))
    assert "val2014_urls.txt: not what CS231n published" in driver.text("download_message")
    assert driver.window.session.data.dataset is None or driver.window.session.data.dataset.folder != folder
    assert button(driver, "go").text() == "Fetch Again"
    server.archive, server.mark = book.archive, '"mended"'
    driver.click(button(driver, "go"))
    driver.wait_for(ended(driver))
    assert files_in(folder) == book.wanted()


def test_an_archive_that_is_gone_is_said_and_can_be_tried_again(
    driver: WindowDriver, server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.faults = [status(404)]
    started(driver, server, folder)
    driver.wait_for(ended(driver))
    assert "404" in driver.text("download_message")
    assert button(driver, "go").text() == "Try Again"
    driver.click(button(driver, "go"))
    driver.wait_for(ended(driver))
    assert files_in(folder) == book.wanted()


def test_nothing_is_opened_over_a_model_that_is_not_saved(
    driver: WindowDriver, server: ArchiveServer, folder: Path, tmp_path: Path
) -> None:
    session = driver.window.session
    driver.window.open_folder(write_coco_folder(tmp_path / "before", photos=False))
    driver.wait_for(lambda: session.data.dataset is not None and session.data.dataset.folder.name == "before")
    assert session.models.current is not None
    session.models.set(replace(session.models.current, unsaved=True))
    started(driver, server, folder)
    driver.wait_for(ended(driver))
    assert session.data.dataset is not None and session.data.dataset.folder.name == "before"
    assert "File menu" in driver.window.statusBar().currentMessage()
    said = driver.answer("Discard")
    driver.click(button(driver, "go"))
    driver.wait_for(lambda: session.data.dataset is not None and session.data.dataset.folder == folder)
    assert "Save the trained model?" in said[0]


def test_closing_the_window_meanwhile_asks_and_keeps_what_came(
    driver: WindowDriver, server: ArchiveServer, folder: Path
) -> None:
    slow(server)
    started(driver, server, folder, raw=True)
    half_way(driver)
    said = driver.answer("Keep downloading")
    driver.window.close()
    assert "stops the download" in said[0]
    assert driver.window.isVisible() and driver.window.downloads.download.is_running
    driver.answer("Stop and close")
    driver.window.close()
    assert not driver.window.isVisible()
    driver.wait_for(lambda: (kept := unfinished_download(folder)) is not None and kept.have > 50_000)
