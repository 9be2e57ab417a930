"""The preferences are applied at once, kept, and never in the way of photos."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.core.photos.cache import PhotoCache
from captionviewer.core.photos.store import PhotoStore
from captionviewer.core.photos.throttle import HostThrottle
from captionviewer.ui import settings as remembered
from captionviewer.ui.photos.photo_loader import PhotoState
from captionviewer.ui.session.images import checked_image_folder, photo_store
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings
from captionviewer.ui.widgets.check_box import CheckBox
from captionviewer.ui.window.preferences import Preferences
from tests.coco_folder_writer import write_coco_folder
from tests.photo_server import PhotoServer, picture_bytes
from tests.ui.window_driver import WindowDriver

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def session(qapp: QApplication) -> Iterator[Session]:
    one = Session(Settings())
    yield one
    assert one.shut_down()
    one.deleteLater()


@pytest.fixture
def dialog(qtbot: QtBot, session: Session) -> Preferences:
    shown = Preferences(session, {}, lambda _scale: None)
    qtbot.addWidget(shown)
    session.images.use_store(same_photos=True)
    shown.show()
    return shown


def cache_of(session: Session) -> PhotoCache:
    assert session.photos.store is not None and session.photos.store.cache is not None
    return session.photos.store.cache


def words(dialog: Preferences, name: str) -> str:
    label = dialog.findChild(QLabel, name)
    assert label is not None
    return label.text() if label.isVisible() else ""


def press(qtbot: QtBot, dialog: Preferences, name: str) -> None:
    button = dialog.findChild(QPushButton, name)
    assert button is not None and button.isEnabled(), name
    qtbot.mouseClick(button, LEFT)


def test_how_much_the_cache_holds_is_shown_and_clearing_empties_it(
    qtbot: QtBot, dialog: Preferences, session: Session
) -> None:
    qtbot.waitUntil(lambda: words(dialog, "cache_used") == "0.0 MB, 0 photos")
    assert not dialog.clear_button.isEnabled()
    for number in range(3):
        cache_of(session).put(f"{number}", bytes(400_000))
    dialog._look_at_cache()
    qtbot.waitUntil(lambda: words(dialog, "cache_used") == "1.2 MB, 3 photos")
    press(qtbot, dialog, "clear_cache")
    qtbot.waitUntil(lambda: words(dialog, "cache_used") == "0.0 MB, 0 photos")
    assert cache_of(session).usage() == (0, 0)


def test_a_smaller_cache_is_brought_within_its_size_at_once_and_remembered(
    qtbot: QtBot, dialog: Preferences, session: Session
) -> None:
    cache = cache_of(session)
    for number in range(5):
        cache.put(f"{number}", bytes(400_000))
    field = dialog.findChild(QSpinBox, "cache_size")
    assert field.value() == 500 and field.text() == "500 MB"
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "1")
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: cache.size() <= 1_000_000)
    assert cache.max_bytes == 1_000_000 and cache.usage()[0] == 2
    assert session.settings.save() and Settings().get(remembered.PHOTO_CACHE_MB) == 1
    assert photo_store(Settings(), None, None, same_data=True).cache.max_bytes == 1_000_000


@pytest.mark.parametrize(("kept", "taken"), [(-5, 0), (10**12, 100_000), (70, 70)])
def test_a_cache_size_edited_by_hand_is_brought_within_its_limits(kept: int, taken: int) -> None:
    settings = Settings()
    settings.set(remembered.PHOTO_CACHE_MB, kept)
    assert settings.get(remembered.PHOTO_CACHE_MB) == taken


def test_what_is_wrong_with_the_cache_folder_is_told(
    qtbot: QtBot, dialog: Preferences, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("captionviewer.core.photos.cache.write_atomically", full)
    cache_of(session).put("a", b"photo")
    dialog._look_at_cache()
    qtbot.waitUntil(lambda: "No space left" in words(dialog, "cache_trouble"))
    monkeypatch.undo()


def test_fetching_is_switched_off_and_on_at_once(qtbot: QtBot, dialog: Preferences, session: Session) -> None:
    box = dialog.findChild(CheckBox, "fetch_photos")
    assert box.isChecked()
    box.click()
    store = session.photos.store
    assert store is not None and not store.network and not session.photos.offline
    assert session.settings.save() and Settings().get(remembered.FETCH_PHOTOS) is False
    assert not photo_store(Settings(), None, store, same_data=True).network
    box.click()
    assert session.settings.save()
    assert store.network and Settings().get(remembered.FETCH_PHOTOS) is True


def test_another_store_keeps_what_hosts_asked_for_and_counts_links_anew_for_other_data() -> None:
    before = PhotoStore(throttle=HostThrottle(requests_per_second=1))
    before.links.note("a", dead=True)
    same = photo_store(Settings(), Path("elsewhere"), before, same_data=True)
    other = photo_store(Settings(), None, before, same_data=False)
    assert same.throttle is before.throttle and other.throttle is before.throttle
    assert (same.dead_links(), other.dead_links()) == ((1, 1), (0, 0))


# ---- the image folder ----------------------------------------------------------------------------------


def test_a_folder_of_coco_photos_is_found_as_people_choose_it(tmp_path: Path) -> None:
    (tmp_path / "coco" / "images" / "val2014").mkdir(parents=True)
    images = tmp_path / "coco" / "images"
    for chosen in (images, tmp_path / "coco", images / "val2014"):
        assert checked_image_folder(chosen) == images
    with pytest.raises(ValueError, match="no folder train2014 or val2014"):
        checked_image_folder(tmp_path)


def test_a_folder_without_coco_photos_is_refused_kindly(
    qtbot: QtBot, dialog: Preferences, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = [tmp_path / "holiday", tmp_path / "coco"]
    for folder in chosen:
        folder.mkdir()
    (tmp_path / "coco" / "train2014").mkdir()
    monkeypatch.setattr(
        "captionviewer.ui.window.preferences.QFileDialog.getExistingDirectory", lambda *_: str(chosen.pop(0))
    )
    assert words(dialog, "image_folder") == "none"
    press(qtbot, dialog, "choose_image_folder")
    assert "holiday holds no COCO photos" in words(dialog, "image_folder_refusal")
    assert session.images.folder is None
    press(qtbot, dialog, "choose_image_folder")
    assert words(dialog, "image_folder_refusal") == ""
    assert words(dialog, "image_folder") == str(tmp_path / "coco")
    assert session.images.folder == tmp_path / "coco"
    assert session.settings.save()
    following = Session(Settings())
    assert following.images.folder == tmp_path / "coco"  # the next window has it too
    following.deleteLater()
    (tmp_path / "coco" / "train2014").rmdir()
    (tmp_path / "coco").rmdir()  # unplugged
    dialog.refresh()
    assert "not there now" in words(dialog, "image_folder")
    press(qtbot, dialog, "forget_image_folder")
    assert words(dialog, "image_folder") == "none"
    assert session.settings.save() and Settings().get(remembered.IMAGE_FOLDER) == ""


# ---- in the window -------------------------------------------------------------------------------------


def open_preferences(driver: WindowDriver) -> Preferences:
    driver.window.activateWindow()
    driver.qtbot.keyClick(driver.window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    found = driver.window.findChild(Preferences)
    assert found is not None and found.isVisible()
    return found


def test_theme_and_text_size_follow_the_preferences_and_the_menus(driver: WindowDriver) -> None:
    dialog = open_preferences(driver)
    theme, size = dialog.findChild(QComboBox, "theme"), dialog.findChild(QComboBox, "text_size")
    assert theme is not None and size is not None
    driver.choose(theme, "Dark")
    theme.activated.emit(theme.currentIndex())
    assert driver.window.theme.choice.value == "dark"
    driver.choose(size, "150 %")
    size.activated.emit(size.currentIndex())
    assert driver.window.session.settings.get(remembered.TEXT_SCALE) == 1.5
    driver.window.menus.smaller_text.trigger()
    driver.wait_for(lambda: size.currentText() == "130 %")
    driver.window.menus.themes[next(iter(driver.window.menus.themes))].trigger()
    assert theme.currentText() == "As the System"
    assert open_preferences(driver) is dialog  # one is enough
    driver.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible() and not dialog._look_again.isActive()


def test_clearing_the_cache_while_photos_are_loaded_leaves_those_on_the_screen(
    driver: WindowDriver, tmp_path: Path
) -> None:
    folder = write_coco_folder(tmp_path / "coco", photos=False)
    with PhotoServer() as server:
        for split in ("train", "val"):
            listed = folder / f"{split}2014_urls.txt"
            count = len(listed.read_text().split())
            addresses = [server.serve(f"/{split}/{row}.png", picture_bytes()) for row in range(count)]
            listed.write_text("".join(f"{address}\n" for address in addresses))
        session, photos = driver.window.session, driver.window.session.photos
        driver.window.open_folder(folder)
        driver.wait_for(
            lambda: (
                session.selection.record is not None
                and session.selection.record.url.startswith(server.address)
            )
        )
        store = photos.store
        assert store is not None and store.cache is not None
        cache = store.cache
        store.throttle = HostThrottle(requests_per_second=10_000)
        dialog = open_preferences(driver)
        stop = threading.Event()

        def clear_all_the_while() -> None:
            while not stop.is_set():
                cache.clear()

        clearing = threading.Thread(target=clear_all_the_while)
        clearing.start()
        grid = driver.window.data_panel.grid

        def all_there() -> bool:
            records: list[PhotoRecord] = [grid.cells.cards[row].record for row in grid.rows_in_sight()]
            return all(photos.known(record).state is PhotoState.READY for record in records)

        try:
            for _ in range(3):
                driver.wait_for(all_there)
                driver.window.data_panel.reshuffle_action.trigger()
            driver.wait_for(all_there)
            driver.wait_for(lambda: not photos._jobs)  # what is fetched ahead would be put there after all
        finally:
            stop.set()
            clearing.join()
        cache.put("one more", bytes(1000))
        dialog._look_at_cache()
        driver.wait_for(dialog.clear_button.isEnabled)
        driver.click(dialog.clear_button)
        driver.wait_for(lambda: cache.usage() == (0, 0))
        assert all_there()
        assert not list(cache.folder.glob("*.part"))
        assert driver.window.notices.text() == ""
