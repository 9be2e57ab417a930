"""The first start on a fresh machine, with no data and no network, and what later starts make of it."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMainWindow, QProgressBar, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.chosen_data import chosen_data_folder, remember_data_folder
from captionviewer.core.storybook import storybook_folder
from captionviewer.core.user_folders import config_folder, is_shipped_book
from captionviewer.ui import actions
from captionviewer.ui.data.photo_grid import PhotoGrid
from captionviewer.ui.sampling.ground_truth import GroundTruthCaption
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings
from captionviewer.ui.window.welcome_card import WelcomeCard
from tests.coco_folder_writer import write_coco_folder
from tests.ui.window_driver import LEFT, WindowDriver

Launch = Callable[[], AbstractContextManager[WindowDriver]]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder in which the storybook is unpacked already."""
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAPTIONVIEWER_CACHE_DIR", str(cache))
        storybook_folder()
    return cache


@pytest.fixture(autouse=True)
def shared_book(unpacked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAPTIONVIEWER_CACHE_DIR", str(unpacked))


@pytest.fixture
def empty_cache(shared_book: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own, as on a fresh machine."""
    monkeypatch.setenv("CAPTIONVIEWER_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def small_coco(tmp_path: Path) -> Path:
    return write_coco_folder(tmp_path / "small_coco", photos=True)


def card_texts(driver: WindowDriver) -> str:
    return " ".join(each.text() for each in driver.window.welcome.findChildren(QLabel) if each.isVisible())


def wait_for_the_storybook(driver: WindowDriver) -> None:
    driver.wait_for(lambda: driver.window.session.selection.record is not None, 30)
    dataset = driver.window.session.data.dataset
    assert dataset is not None and is_shipped_book(dataset.folder)


def click_in_the_window(driver: WindowDriver, where: QPoint) -> None:
    """Click as a person does: on the window, which finds out what is there."""
    handle = driver.window.windowHandle()
    QTest.mouseClick(handle, LEFT, Qt.KeyboardModifier.NoModifier, where)


def test_on_a_fresh_machine_without_a_network_the_storybook_opens_and_every_panel_works(
    launch: Launch, empty_cache: Path
) -> None:
    with launch() as driver:
        window = driver.window

        # the card, and the storybook unpacked behind it
        assert window.welcome.isVisible() and not window.isModal()
        assert "See how a recurrent network learns" in card_texts(driver)
        wait_for_the_storybook(driver)
        assert window.welcome.isVisible()
        assert "3,000 train and 400 val photos" in driver.text("status_set")
        driver.click(driver.find(QPushButton, "welcome_storybook"))
        assert not window.welcome.isVisible()

        # pictures are drawn, without a network
        grid = driver.find(PhotoGrid, "photo_grid")
        first = [grid.cells.cards[row].record for row in range(4)]
        photos = window.session.photos
        driver.wait_for(lambda: all(photos.known(record).image is not None for record in first), 30)
        assert {photos.known(record).source for record in first} == {"drawn by captionviewer"}

        # the form offers what the storybook is learned well with
        form = window.training_panel.form
        assert form.preset.currentText() == "Storybook"
        driver.click_action(window.training_panel.start_action)
        driver.wait_for(lambda: int(driver.text("number_iteration").split("/")[0]) >= 3, 60)
        driver.click_action(window.training_panel.stop_action)
        driver.wait_for(lambda: "topped" in driver.text("training_state"), 60)

        # what it has learned so far speaks of a photo that it has never seen
        driver.click_action(window.data_panel.val_action)
        driver.wait_for(lambda: driver.text("sampling_split") == "val")
        driver.wait_for(window.sampling_panel.step_action.isEnabled)
        driver.click_action(window.sampling_panel.step_action)
        assert driver.text("generated_caption") != ""
        assert "LSTM" in driver.text("sampling_model")

        # its words are searched
        window.data_panel.bar.search_field.setText("balloon")
        driver.wait_for(lambda: window.data_panel.browser.found is not None)
        assert len(window.data_panel.browser.found.caption_rows) > 50
        assert window.notices.text() == ""


def test_the_progress_of_the_first_unpacking_is_shown_on_the_card_and_below(
    launch: Launch, empty_cache: Path
) -> None:
    with launch() as driver:
        wait_for_the_storybook(driver)
        session = driver.window.session
        bar = driver.find(QProgressBar, "welcome_progress")
        below = driver.window.statusBar().findChild(QProgressBar)
        assert below is not None
        assert not bar.isVisible() and not below.isVisible()
        seen: list[tuple[bool, bool, int]] = []
        session.opening_progressed.connect(
            lambda: seen.append((bar.isVisible(), below.isVisible(), bar.value()))
        )
        for path in (
            session.data.dataset.folder / "complete.json",
            session.data.dataset.folder / "val2014_urls.txt",
        ):
            path.unlink()
        session.data.open_storybook()
        driver.wait_for(lambda: not session.data.opening, 30)
        assert (True, True) in {each[:2] for each in seen}
        assert len({each[2] for each in seen}) >= 3
        assert not bar.isVisible() and not below.isVisible()


def test_escape_closes_the_card_for_good_and_the_help_menu_shows_it_again(launch: Launch) -> None:
    with launch() as driver:
        wait_for_the_storybook(driver)
        driver.key(driver.window.welcome, Qt.Key.Key_Escape)
        assert not driver.window.welcome.isVisible()
    with launch() as driver:
        wait_for_the_storybook(driver)
        assert not driver.window.welcome.isVisible()
        [action] = [
            each for each in driver.window.findChildren(QAction) if each.text() == actions.WELCOME.text
        ]
        action.trigger()
        assert driver.window.welcome.isVisible()
        driver.click(driver.find(QToolButton, "welcome_close"))
        assert not driver.window.welcome.isVisible()


def test_a_card_that_was_not_closed_is_there_again_at_the_next_start(launch: Launch) -> None:
    for _ in range(2):
        with launch() as driver:
            assert driver.window.welcome.isVisible()


def test_a_click_beside_the_card_closes_it_and_selects_the_photo_that_is_there(launch: Launch) -> None:
    with launch() as driver:
        wait_for_the_storybook(driver)
        window, card = driver.window, driver.window.welcome
        before = window.session.selection.record
        grid = driver.find(PhotoGrid, "photo_grid")
        cell = grid.viewport().mapTo(window, grid.visualRect(grid.model().index(1, 0)).center())
        assert not card.geometry().contains(cell)
        click_in_the_window(driver, card.geometry().center() - QPoint(0, card.height() // 2 - 60))
        assert card.isVisible()  # that was on the card
        click_in_the_window(driver, cell)
        assert not card.isVisible()
        assert window.session.selection.record is not None and window.session.selection.record != before


def test_each_button_of_the_card_asks_for_what_it_says(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    session = Session(Settings(), window)
    window.resize(800, 600)
    window.show()
    card = WelcomeCard(session, window)
    card.open()
    for name, signal in (
        ("welcome_download", card.download_asked),
        ("welcome_open", card.open_asked),
        ("welcome_storybook", card.demo_asked),
    ):
        button = card.findChild(QPushButton, name)
        assert button is not None
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button, LEFT)
    assert session.shut_down()


def test_a_folder_opened_from_the_card_is_what_later_starts_open(launch: Launch, small_coco: Path) -> None:
    with launch() as driver:
        wait_for_the_storybook(driver)
        driver.name_in_dialog(small_coco)
        driver.click(driver.find(QPushButton, "welcome_open"))
        driver.wait_for(lambda: "small_coco" in driver.text("status_set"))
        assert not driver.window.welcome.isVisible()
        assert driver.window.training_panel.form.preset.currentText() == "Notebook overfit: 50 captions"
    with launch() as driver:
        driver.wait_for(lambda: "small_coco" in driver.text("status_set"))
        assert not driver.window.welcome.isVisible()


def test_a_remembered_folder_that_is_gone_is_named_over_the_storybook_and_stays_remembered(
    launch: Launch, tmp_path: Path
) -> None:
    gone = tmp_path / "unplugged disk" / "coco"
    remember_data_folder(gone)
    with launch() as driver:
        wait_for_the_storybook(driver)
        driver.wait_for(lambda: driver.find(QLabel, "notice_text").isVisible())
        assert str(gone) in driver.text("notice_text")
        assert "storybook" in driver.text("notice_text")
        assert not driver.window.welcome.isVisible()
    assert chosen_data_folder() == gone


def test_the_storybook_opened_by_hand_is_what_the_next_start_opens(launch: Launch, small_coco: Path) -> None:
    remember_data_folder(small_coco)
    with launch() as driver:
        driver.wait_for(lambda: "small_coco" in driver.text("status_set"))
        driver.window.open_storybook()
        driver.wait_for(lambda: "storybook" in driver.text("status_set"), 30)
        assert driver.window.session.data.recent_folders() == [str(small_coco)]
    with launch() as driver:
        wait_for_the_storybook(driver)


def test_where_the_storybook_cannot_be_unpacked_the_window_says_why_and_goes_on(
    launch: Launch, small_coco: Path, empty_cache: Path
) -> None:
    empty_cache.write_text("a file where the folder should be")
    with launch() as driver:
        driver.wait_for(lambda: driver.find(QLabel, "notice_text").isVisible(), 30)
        assert str(empty_cache) in driver.text("notice_text")
        assert "CAPTIONVIEWER_CACHE_DIR" in driver.text("notice_text")
        assert driver.window.session.data.dataset is None
        driver.window.open_folder(small_coco)
        driver.wait_for(lambda: "small_coco" in driver.text("status_set"))


def test_a_book_damaged_since_it_was_unpacked_is_mended_while_it_is_opened(
    launch: Launch, empty_cache: Path
) -> None:
    with launch() as driver:
        wait_for_the_storybook(driver)
        path = driver.window.session.data.dataset.folder / "coco2014_captions.h5"
    whole = path.read_bytes()
    path.write_bytes(os.urandom(1000) + whole[1000:])
    with launch() as driver:
        wait_for_the_storybook(driver)
        assert driver.window.notices.text() == ""
    assert path.read_bytes() == whole


def test_with_large_text_in_a_small_window_all_of_the_card_can_be_reached(launch: Launch) -> None:
    with launch() as driver:
        wait_for_the_storybook(driver)
        window, card = driver.window, driver.window.welcome
        for _ in range(5):
            window.menus.larger_text.trigger()
        driver.wait_for(lambda: card.fontMetrics().height() > 25)
        assert window.rect().contains(card.geometry())
        for name in ("welcome_storybook", "welcome_open", "welcome_download"):
            button = driver.find(QPushButton, name)
            button.setFocus()  # as the tab key does; the card scrolls to it
            middle = button.mapTo(card, button.rect().center())
            assert card.childAt(middle) in (button, *button.findChildren(QLabel))


def test_the_data_can_be_chosen_while_the_storybook_is_still_being_unpacked(
    launch: Launch, small_coco: Path, empty_cache: Path
) -> None:
    with launch() as driver:
        driver.window.open_folder(small_coco)
        driver.wait_for(lambda: "small_coco" in driver.text("status_set"))
        driver.wait_for(lambda: not driver.window.session.workers.running(), 30)
        assert "small_coco" in driver.text("status_set")


def test_what_a_killed_program_left_half_written_goes_at_the_next_start(
    launch: Launch, empty_cache: Path
) -> None:
    half_written: list[Path] = []
    for folder in (config_folder(), empty_cache):
        folder.mkdir(parents=True, exist_ok=True)
        code = (
            "import os, sys; from pathlib import Path\n"
            "from captionviewer.core.atomic_file import open_atomically\n"
            "with open_atomically(Path(sys.argv[1])):\n"
            "    os._exit(0)\n"
        )
        subprocess.run([sys.executable, "-c", code, str(folder / "note.json")], check=True)
        half_written += folder.glob(".note*.part")
    assert len(half_written) == 2
    with launch():
        assert not [path for path in half_written if path.exists()]


def test_the_first_start_shows_the_model_that_comes_with_the_program_and_the_untrained_one_in_a_click(
    launch: Launch,
) -> None:
    with launch() as driver:
        wait_for_the_storybook(driver)
        driver.click(driver.find(QPushButton, "welcome_storybook"))
        session = driver.window.session
        name = "LSTM that comes with captionviewer, iteration 1,500"
        driver.wait_for(
            lambda: session.models.current is not None and session.models.current.words == name, 30
        )
        assert not session.models.has_unsaved
        driver.wait_for(lambda: name in driver.text("sampling_model"))
        assert "comes with captionviewer" in driver.text("training_state")
        assert len(driver.window.training_panel.plot.series) == 1500

        # a right caption of a photo that no training saw
        assert session.data.dataset is not None
        record = session.data.dataset.split("val").record(0)
        session.selection.select(record)
        panel = driver.window.sampling_panel
        driver.wait_for(lambda: panel.sample is not None and panel.sample.record == record)
        driver.click_action(panel.end_action)
        said = set(driver.text("generated_caption").split())
        theirs = {
            word
            for text in driver.window.sampling_panel.findChildren(GroundTruthCaption)
            for word in text.text().split()
        }
        assert len(said & theirs) >= 4

        button = driver.find(QToolButton, "sampling_untrained")
        driver.click(button)
        driver.wait_for(lambda: "untrained LSTM" in driver.text("sampling_model"))
        driver.click(button)
        driver.wait_for(lambda: name in driver.text("sampling_model"))

        # Start begins from nothing
        driver.click_action(driver.window.training_panel.start_action)
        driver.wait_for(
            lambda: session.models.current.origin.value == "in training" and not button.isVisible()
        )
        assert session.models.current.saved.iteration < 1500
        driver.click_action(driver.window.training_panel.stop_action)
        driver.wait_for(lambda: "topped" in driver.text("training_state"), 60)


def test_the_plot_keeps_its_height_beside_the_open_form(launch: Launch) -> None:
    with launch() as driver:
        wait_for_the_storybook(driver)
        driver.click(driver.find(QPushButton, "welcome_storybook"))
        panel = driver.window.training_panel
        assert panel.form.isVisible() and (driver.window.width(), driver.window.height()) == (1280, 800)
        driver.wait_for(lambda: len(panel.plot.series) == 1500, 30)
        driver.wait_for(lambda: panel.plot.height() >= 200, 10)
