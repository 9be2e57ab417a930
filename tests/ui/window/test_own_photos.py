"""A photo of one's own: dropped, pasted or chosen, captioned by the encoder of the open data."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QWidget

from captionviewer.core.arrays import ByteArray
from captionviewer.core.coco.dataset import feature_kinds_in
from captionviewer.core.encoders.efficientnet_lite0 import FEATURE_DIM, EfficientNetLite0
from captionviewer.core.own_photos import encoding
from captionviewer.core.photos.picture_file import read_picture
from captionviewer.core.storybook import picture_of
from captionviewer.ui.photos.pixels import pixels_of
from captionviewer.ui.window import own_photo, own_photos_window
from captionviewer.ui.window.drop_target import dropped
from captionviewer.ui.window.encoding_window import EncodingWindow
from captionviewer.ui.window.own_photos_window import OwnPhotosWindow
from tests.coco_folder_writer import write_coco_folder
from tests.ui.window.every_view import further_states, settle
from tests.ui.window.test_words_from_outside import HOSTILE, all_words, taken_for_markup
from tests.ui.window_driver import WindowDriver


def files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def open_storybook(driver: WindowDriver) -> None:
    driver.window.open_storybook()
    driver.wait_for(lambda: driver.window.session.selection.record is not None, 30)


def drop(on: QWidget, *paths: Path) -> None:
    """Drag files or folders over a window, and let them fall."""
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy, data = Qt.DropAction.CopyAction, files(*paths)
    QApplication.sendEvent(on, QDragEnterEvent(QPoint(50, 50), copy, data, left, none))
    QApplication.sendEvent(on, QDropEvent(QPointF(50, 50), copy, data, left, none))


def shown(driver: WindowDriver, count: int) -> OwnPhotosWindow:
    """The window of photos, when so many are captioned."""
    window = driver.window.own_photos.shown
    assert window is not None
    driver.wait_for(lambda: len(window.photos) == count, 30)
    return window


def test_a_dropped_jpeg_is_captioned_with_its_crop_its_neighbours_and_its_distance(
    driver: WindowDriver, tmp_path: Path
) -> None:
    open_storybook(driver)
    picture = tmp_path / "scene & <b>mine.jpg"
    Image.fromarray(picture_of("storybook:train/000021")).save(picture, quality=95)
    drop(driver.window, picture)
    driver.wait_for(lambda: driver.window.own_photos.shown is not None)
    window = shown(driver, 1)
    assert window.caption.text() and window.photos[0].trouble == ""
    assert "outside their world" in window.remark.text()
    assert not window.seen.pixmap().isNull()
    cards = window.nearest.cells.cards
    assert len(cards) == 10 and cards[0].record.key == ("train", 21)
    assert "nearest training photo" in window.like.text() and "greedy" in window.made.text()
    window.nearest.chosen.emit(cards[0].record)
    assert driver.window.session.selection.record == cards[0].record


def test_photos_are_pasted_and_chosen_and_one_that_is_none_says_why(
    driver: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_storybook(driver)
    tiles = np.random.default_rng(0).integers(0, 255, (15, 20, 3), dtype=np.uint8)
    mosaic = np.ascontiguousarray(tiles.repeat(20, axis=0).repeat(20, axis=1))
    QGuiApplication.clipboard().setImage(
        QImage(mosaic.data, 400, 300, 1200, QImage.Format.Format_RGB888).copy()
    )
    driver.window.own_photos.paste()
    window = shown(driver, 1)
    assert window.like.text().startswith("Unlike anything in training")
    assert window.nearest.isVisible() and window.nearest_words.isVisible()
    (tmp_path / "no.png").write_bytes(b"no picture")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(tmp_path / "no.png")], ""))
    driver.window.own_photos.ask_for_files()
    shown(driver, 2)
    assert "does not hold a picture" in window.remark.text() and not window.caption.text()
    assert not window.nearest.isVisible() and not window.nearest_words.isVisible()  # no empty box
    window.list.setCurrentRow(0)
    assert window.caption.text()
    driver.window.own_photos.take([tmp_path / "no.png"])
    model = driver.window.session.models.current
    assert model is not None
    driver.window.session.models.set(replace(model, path=tmp_path / "another.npz"))  # while it is under way
    shown(driver, 3)
    assert [photo.source[0] for photo in window.photos] == ["pasted", "no.png", "no.png"]
    # nobody who looks at one is called away to what is captioned meanwhile, but for what they ask then
    window.list.setCurrentRow(0)
    driver.window.session.models.set(model)
    shown(driver, 3)
    assert window.list.currentRow() == 0 and window.caption.text()
    good = tmp_path / "photos" / "inside"
    good.mkdir(parents=True)
    Image.new("RGB", (40, 30)).save(good / "IMG.PNG")
    (good.parent / "notes.txt").touch()
    drop(window, good.parent)
    shown(driver, 4)
    assert window.list.currentRow() == 3 and window.photos[3].source[0] == "IMG.PNG"
    told: list[str] = []
    driver.window.session.problem.connect(told.append)
    QGuiApplication.clipboard().setMimeData(files(tmp_path, tmp_path / "photos"))
    window.activateWindow()
    QTest.keySequence(window, QKeySequence("Ctrl+Shift+V"))
    QGuiApplication.clipboard().clear()  # what lies there at the end of Python takes it down
    shown(driver, 7)
    assert [photo.source[0] for photo in window.photos[4:]] == ["no.png", "IMG.PNG", "IMG.PNG"]
    (good / "IMG.PNG").unlink()
    driver.window.own_photos.take([good])
    driver.wait_for(lambda: told != [])
    assert told == [f"{good} holds no pictures. Choose a folder of JPEG or PNG files."]
    monkeypatch.setattr(own_photos_window, "MOST_PHOTOS", 1)
    driver.window.session.notice.connect(told.append)
    driver.window.own_photos.take([tmp_path / "no.png"] * 3)
    shown(driver, 8)
    assert told[1].startswith("The first 1 of 3 photos") and not window._waiting


def test_a_copied_picture_is_turned_into_pixels_away_from_the_window_and_a_huge_one_is_refused(
    driver: WindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_storybook(driver)
    threads: list[threading.Thread] = []

    def noted(image: QImage) -> ByteArray:
        threads.append(threading.current_thread())
        return pixels_of(image)

    monkeypatch.setattr(own_photo, "pixels_of", noted)
    QGuiApplication.clipboard().setImage(QImage(40, 30, QImage.Format.Format_RGB32))
    driver.window.own_photos.paste()
    window = shown(driver, 1)
    assert threads and threads[0] is not threading.main_thread()
    threads.clear()
    window.take_picture("pasted", QImage(10_000, 6_000, QImage.Format.Format_Mono))
    shown(driver, 2)
    assert "10,000 by 6,000 pixels are too large" in window.remark.text() and not threads


def test_without_data_photos_are_refused_with_what_to_do(driver: WindowDriver, tmp_path: Path) -> None:
    driver.window.own_photos.take([tmp_path / "a.jpg"])
    assert driver.window.own_photos.shown is None
    assert "Open data first" in driver.window.notices.text()
    QGuiApplication.clipboard().clear()
    driver.window.notices.clear()
    told: list[str] = []
    driver.window.session.notice.connect(told.append)
    driver.window.own_photos.paste()
    assert "Nothing to caption was copied" in told[0]
    QGuiApplication.clipboard().setImage(QImage(40, 30, QImage.Format.Format_RGB32))
    driver.window.notices.clear()
    driver.window.own_photos.paste()
    assert driver.window.own_photos.shown is None and "Open data first" in driver.window.notices.text()


def test_another_model_captions_the_same_features_and_no_file_is_read_again(
    driver: WindowDriver, tmp_path: Path
) -> None:
    open_storybook(driver)
    picture = tmp_path / "mine.png"
    Image.fromarray(picture_of("storybook:train/000021")).save(picture)
    driver.window.own_photos.take([picture])
    window = shown(driver, 1)
    first = window.photos[0]
    picture.unlink()
    model = driver.window.session.models.current
    assert model is not None and first.encoded is not None
    driver.window.session.models.set(replace(model, path=tmp_path / "another.npz"))
    driver.wait_for(lambda: len(window.photos) == 1 and "another.npz" in window.photos[0].made, 30)
    assert window.photos[0].encoded is first.encoded and window.photos[0].caption == first.caption
    driver.window._open_with("raw")  # to which the numbers of another kind say nothing
    driver.wait_for(lambda: len(window.photos) == 1 and window.photos[0].encoded is None, 30)
    assert "is not there" in window.photos[0].trouble


def test_all_of_sampling_takes_a_photo_of_ones_own(driver: WindowDriver, tmp_path: Path) -> None:
    open_storybook(driver)
    sampling, session = driver.window.sampling_panel, driver.window.session
    mine = f"{HOSTILE}.png"
    told: list[str] = []
    session.problem.connect(told.append)
    picture = tmp_path / mine
    Image.fromarray(picture_of("storybook:train/000021")).save(picture)
    driver.window.own_photos.take([picture])
    window = shown(driver, 1)
    driver.click(window.sampling_button)
    driver.wait_for(
        lambda: sampling.sample is not None and sampling.sample.record == session.selection.subject, 30
    )
    sample = sampling.sample
    assert sample is not None and sample.record.words == mine
    assert session.data.dataset is not None
    stored = session.data.dataset.split("train").features.rows(np.array([21]))[0]
    np.testing.assert_allclose(sample.features, stored, atol=1.0)
    assert " ".join(sample.words).removesuffix(" <END>") == window.caption.text()
    assert driver.find(QLabel, "sampling_photo").text() == mine
    driver.window.go_to(driver.window.sampling_dock)
    for title in sampling.views.titles:
        view = sampling.views.open(title)
        settle(driver)
        next(further_states(driver, view), None)
        settle(driver)
        shown_as_markup = [where for where, words in all_words(driver.window) if taken_for_markup(words)]
        assert shown_as_markup == [], title
    sampling.end_action.trigger()
    assert told == [] and sampling.sampler.trouble == ""
    assert driver.find(QLabel, "sampling_photo").text() == mine
    record = session.selection.record
    grid = driver.window.data_panel.grid
    assert grid.current_cell is not None and grid.current_cell.record == record
    where = grid.visualRect(grid.currentIndex()).center()
    driver.click(grid.viewport(), where)  # it was selected all the while
    assert session.selection.subject == record
    driver.wait_for(lambda: sampling.sample is not None and sampling.sample.record == record, 30)
    sampling.views.open("Words")


def test_the_caption_grows_with_the_text_of_the_window(driver: WindowDriver) -> None:
    open_storybook(driver)
    window = driver.window.own_photos._opened()
    size = window.caption.font().pointSizeF()
    driver.window.appearance.set_text_scale(2.0)
    driver.wait_for(lambda: window.caption.font().pointSizeF() > 1.9 * size)


def test_data_of_another_network_captions_no_photo_but_rows_of_numbers_that_are_as_wide_as_its_own(
    driver: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, told = driver.window.session, driver.window.notices
    driver.window.open_folder(write_coco_folder(tmp_path / "coco", photos=True))
    driver.wait_for(lambda: session.selection.record is not None)
    mine = tmp_path / "COCO_train2014_000000000790_of_mine.png"
    Image.new("RGB", (40, 40)).save(mine)
    driver.window.own_photos.take([mine, mine])
    window = shown(driver, 2)
    words_wide = [window.list.fontMetrics().horizontalAdvance(w) for w in window.list.item(0).text().split()]
    assert max(words_wide) <= window.list.viewport().width()  # no word is cut
    assert "VGG-16" in window.remark.text() and window.nearest.cells.cards == ()
    assert window.list.item(0).text().endswith("\nnot captioned")  # why is said once, beside the list
    assert "VGG-16" in window.list.item(0).toolTip()
    array = tmp_path / "rows.npy"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(array), ""))
    dataset = session.data.dataset
    assert dataset is not None
    stored = dataset.split("train").features.rows(np.array([7, 3]))
    for wrong, words in (
        (stored[:, 1:], "2 x 63 float32"),
        (np.array([{}, {}]), "is no array that NumPy saved"),
    ):
        np.save(array, wrong, allow_pickle=True)
        driver.click(window.array_button)
        driver.wait_for(lambda words=words: words in told.text())
    assert len(window.photos) == 2
    driver.click(window.compute_button)  # the other way that is offered
    assert driver.find(EncodingWindow, "encoding_window").isVisible()
    np.save(array, stored.astype(np.float64))
    drop(driver.window, array)
    shown(driver, 4)
    assert [photo.source[0] for photo in window.photos[2:]] == ["rows.npy:0", "rows.npy:1"]
    assert [photo.trouble for photo in window.photos[2:]] == ["", ""]
    assert window.seen.pixmap().isNull() and "No picture" in window.seen.text()
    assert window.nearest.cells.cards[0].record.key == ("train", 3) and "in an array" in window.made.text()
    driver.click(window.sampling_button)
    sampling = driver.window.sampling_panel
    driver.wait_for(
        lambda: sampling.sample is not None and sampling.sample.record == session.selection.subject
    )
    sample = sampling.sample
    assert sample is not None and sample.record.words == "rows.npy:1"
    np.testing.assert_array_equal(sample.features, stored[1])
    said = " ".join(word for word in sample.words if word != "<END>")
    assert (said or "(no word)") == window.caption.text()
    assert session.photos.known(sample.record).words == "no picture"
    # a network's numbers never go to another's: the same rows are not captioned as those of another folder
    driver.window.open_folder(write_coco_folder(tmp_path / "another"))
    driver.wait_for(
        lambda: session.data.dataset is not None and session.data.dataset.folder.name == "another"
    )
    driver.wait_for(lambda: len(window.photos) == 4)
    assert all("features of coco." in photo.trouble for photo in window.photos if not photo.has_picture)


def test_features_of_a_folders_photos_are_computed_paused_taken_up_and_opened(
    driver: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on = threading.Event()

    def features(_network: EfficientNetLite0, path: Path) -> np.ndarray:
        """Some for each picture, in place of the encoder's; those of val wait."""
        if path.parent.name == "val2014":
            may_go_on.wait(30)
        rng = np.random.default_rng(int(read_picture(path).sum()))
        return rng.random(FEATURE_DIM, dtype=np.float32)

    monkeypatch.setattr(encoding, "python_program", lambda: None)  # encode in this process
    monkeypatch.setattr(encoding, "features_of_file", features)
    assert not driver.window.menus.compute_features.isEnabled()
    folder = write_coco_folder(tmp_path / "coco", photos=True)
    damaged = min((folder / "images" / "val2014").iterdir())
    damaged.write_bytes(b"no photo")
    driver.window.open_folder(folder)
    session = driver.window.session
    driver.wait_for(lambda: session.data.dataset is not None and session.data.dataset.folder == folder)
    driver.window.menus.compute_features.trigger()
    window = driver.find(EncodingWindow, "encoding_window")
    assert str(folder / "images") in window.about.text() and not window.open_button.isVisible()
    size, about = window.about.font().pointSizeF(), window.about
    driver.window.appearance.set_text_scale(2.0)
    driver.wait_for(lambda: about.font().pointSizeF() > 1.9 * size)
    driver.wait_for(lambda: about.height() >= about.heightForWidth(about.width()))  # no line is cut
    driver.window.appearance.set_text_scale(1.0)
    driver.click(window.go_button)
    driver.wait_for(lambda: window._work is not None and window._work.progress.done == 24, 30)
    driver.wait_for(lambda: window.told.text().startswith("24 of 40 photos"))
    driver.click(window.go_button)
    may_go_on.set()
    driver.wait_for(lambda: not window.is_busy, 30)
    assert window.told.text().startswith("Paused: ") and "lite0" not in feature_kinds_in(folder)
    driver.click(window.go_button)
    driver.wait_for(lambda: not window.is_busy, 30)
    assert window._work is not None and window._work.progress.before >= 23
    assert "39 photos have lite0 features" in window.told.text()
    told = window.lost.toPlainText()
    assert (
        told.startswith("val photo ") and f", {damaged.name}: " in told and "does not hold a picture" in told
    )
    assert window.go_button.text() == "&Compute Again" and window.bar.value() == window.bar.maximum()
    driver.click(window.open_button)
    driver.wait_for(lambda: session.data.dataset is not None and session.data.dataset.feature_kind == "lite0")
    may_go_on.clear()
    driver.click(window.go_button)
    driver.wait_for(lambda: window._work is not None and window._work.progress.done == 24, 30)
    driver.window.open_folder(write_coco_folder(tmp_path / "another"))
    driver.wait_for(lambda: session.data.dataset is not None and session.data.dataset.folder != folder)
    assert str(folder / "images") in window.about.text() and window.go_button.text() == "&Pause"
    window.close()
    may_go_on.set()
    driver.wait_for(lambda: not window.is_busy, 30)
    assert (folder / encoding.UNFINISHED / "done").exists()  # paused, and kept
    assert "photos of another" in window.about.text()  # and the window is about what is open now


def test_what_hovers_says_how_many_photos_would_be_captioned(tmp_path: Path) -> None:
    one = dropped(files(tmp_path / "a.JPG"))
    several = dropped(files(tmp_path / "a.jpg", tmp_path / "b.png"))
    mixed = dropped(files(tmp_path / "a.jpg", tmp_path / "b.npz"))
    assert one is not None and one.words == "Caption a.JPG"
    assert several is not None and several.words == "Caption 2 photos" and len(several.photos) == 2
    assert mixed is not None and not mixed.photos
