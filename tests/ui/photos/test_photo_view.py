"""One photo on the screen: every state is drawn, said, and can be left with mouse or keyboard."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt, QUrl
from PySide6.QtGui import QColor, QDesktopServices, QFont, QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.dataset import PhotoRecord, Split
from captionviewer.core.photos.store import Photo, PhotoProblem, PhotoStore, PhotoUnavailable
from captionviewer.ui.look.theme import DARK, LIGHT, Theme, ThemeChoice
from captionviewer.ui.photos.photo_loader import LOADING, LoadedPhoto, PhotoLoader, PhotoState
from captionviewer.ui.photos.photo_painting import REASONS, StateCard, fitted
from captionviewer.ui.photos.photo_view import PhotoView, paint_photo

RED, BLUE = (255, 0, 0), (0, 0, 255)
URL = "http://farm4.staticflickr.com/3186/2468175419_2d8bca9a7e_z.jpg"


def record(row: int = 3, split: Split = "train", url: str = URL) -> PhotoRecord:
    return PhotoRecord(split, row, url, None, ())


class TableStore(PhotoStore):
    """Answers with what stands in its table: a colour or a problem; None is never answered."""

    def __init__(self) -> None:
        super().__init__(network=False)
        self.table: dict[str, tuple[int, int, int] | PhotoProblem | None] = {}

    def photo(
        self,
        url: str,
        file_name: str | None = None,
        stop: Callable[[], bool] = lambda: False,
        patient: Callable[[], bool] = lambda: False,
    ) -> Photo:
        found = self.table.get(url)
        while found is None:
            if stop():
                raise PhotoUnavailable(PhotoProblem.STOPPED, url, "stopped")
            found = self.table.get(url)
        if isinstance(found, PhotoProblem):
            retry = found is not PhotoProblem.TOO_LARGE
            raise PhotoUnavailable(found, url, f"what happened to {url}", can_retry=retry)
        return Photo(np.full((60, 80, 3), found, np.uint8), "flickr", url)


class Stage:
    """A view in a window with something else that can take the focus."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.store = TableStore()
        self.loader = PhotoLoader(self.store)
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.view = PhotoView(self.loader)
        self.other = QLineEdit()
        column = QVBoxLayout(self.window)
        column.addWidget(self.view)
        column.addWidget(self.other)
        self.window.resize(420, 360)
        self.window.show()
        qtbot.waitExposed(self.window)

    def shows(self, state: PhotoState) -> None:
        self.qtbot.waitUntil(lambda: self.view.photo.state is state, timeout=5000)

    def set(self, what: tuple[int, int, int] | PhotoProblem | None, one: PhotoRecord | None = None) -> None:
        one = one or record()
        self.store.table[one.url] = what
        self.view.set_record(one)


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[Stage]:
    made = Stage(qtbot)
    yield made
    assert made.loader.shut_down()


def rgb(image: QImage, x: int, y: int) -> tuple[int, int, int]:
    color = image.pixelColor(x, y)
    return color.red(), color.green(), color.blue()


def color_in_the_middle(view: PhotoView) -> tuple[int, int, int]:
    middle = view.rect().center()
    return rgb(view.grab().toImage(), middle.x(), middle.y())


def inked(view: PhotoView) -> int:
    """How many pixels differ from the ground."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[:, : image.width(), :3]
    return int((data != data[image.height() // 2, 4]).any(axis=2).sum())


def test_without_a_record_there_is_a_hint(stage: Stage) -> None:
    assert stage.view.visible_text() == "Select a photo"
    stage.view.hint = "No photo in this minibatch"
    assert stage.view.visible_text() == "No photo in this minibatch"
    assert stage.view.accessibleName() == "No photo in this minibatch"
    assert inked(stage.view) > 100
    assert stage.view.retry_button.isHidden()


def test_a_photo_is_shown_when_it_has_come(stage: Stage) -> None:
    stage.set(None)
    assert stage.view.visible_text() == "Loading…"
    assert "loading" in stage.view.accessibleName()
    stage.store.table[URL] = RED
    stage.shows(PhotoState.READY)
    assert color_in_the_middle(stage.view) == RED
    assert stage.view.visible_text() == ""
    assert "From Flickr" in stage.view.toolTip() and URL in stage.view.toolTip()
    assert "80 × 60 pixels" in stage.view.accessibleDescription()
    assert stage.view.accessibleName() == "Train photo 3: shown"


def test_another_record_shows_another_photo_and_none_shows_the_hint(stage: Stage) -> None:
    stage.set(RED)
    stage.shows(PhotoState.READY)
    stage.set(BLUE, record(4, "val", "http://x/b.jpg"))
    stage.shows(PhotoState.READY)
    assert color_in_the_middle(stage.view) == BLUE
    stage.view.set_record(None)
    assert stage.view.visible_text() == "Select a photo"
    assert stage.view.toolTip() == ""


@pytest.mark.parametrize("problem", [p for p in PhotoProblem if p is not PhotoProblem.STOPPED])
def test_each_failure_says_what_and_why(stage: Stage, problem: PhotoProblem) -> None:
    stage.set(problem)
    stage.qtbot.waitUntil(lambda: stage.view.photo.problem is problem, timeout=5000)
    heading, reason = stage.view.visible_text().split("\n")
    assert heading.lower() == problem.words
    assert reason == REASONS[problem]
    assert f"what happened to {URL}" in stage.view.toolTip()
    assert problem.words in stage.view.accessibleName()
    assert inked(stage.view) > 500
    assert stage.view.retry_button.isVisible() == (problem is not PhotoProblem.TOO_LARGE)


def test_retry_by_mouse_shows_the_photo_once_it_can_be_had(stage: Stage) -> None:
    stage.set(PhotoProblem.GONE)
    stage.shows(PhotoState.MISSING)
    stage.store.table[URL] = RED
    stage.qtbot.mouseClick(stage.view.retry_button, Qt.MouseButton.LeftButton)
    stage.shows(PhotoState.READY)
    assert color_in_the_middle(stage.view) == RED
    assert stage.view.retry_button.isHidden()


def test_retry_is_reached_and_pressed_by_keyboard_and_the_focus_stays(stage: Stage) -> None:
    stage.set(PhotoProblem.BUSY)
    stage.shows(PhotoState.FAILED)
    stage.window.activateWindow()
    stage.view.setFocus()
    stage.qtbot.waitUntil(stage.view.hasFocus)
    stage.qtbot.keyClick(stage.view, Qt.Key.Key_Tab)
    assert stage.view.retry_button.hasFocus()
    stage.store.table[URL] = RED
    stage.qtbot.keyClick(stage.view.retry_button, Qt.Key.Key_Space)
    assert stage.view.hasFocus()
    stage.shows(PhotoState.READY)


def test_the_retry_button_never_lies_over_the_words_or_outside(stage: Stage) -> None:
    stage.set(PhotoProblem.GONE)
    stage.shows(PhotoState.MISSING)
    for size in (QSize(150, 110), QSize(300, 100), QSize(96, 400), QSize(900, 700), QSize(96, 72)):
        stage.view.setFixedSize(size)
        QApplication.processEvents()
        button = stage.view.retry_button.geometry()
        card = stage.view._card()
        assert stage.view.rect().contains(button)
        assert card.button == button
        for words, place in ((card.heading, card._heading), (card.reason, card._reason)):
            assert not words or place.bottom() <= button.top() + 1
            assert not words or stage.view.rect().contains(place.toAlignedRect())
        assert card.heading == ("Photo gone" if size.height() > 72 else "")


def test_what_has_no_room_is_left_out_the_reason_last(qapp: QApplication) -> None:
    photo = LoadedPhoto(PhotoState.MISSING, words="photo gone", problem=PhotoProblem.GONE)

    def card(height: int) -> StateCard:
        return StateCard(QRect(0, 0, 320, height), photo, qapp.font(), QSize(80, 24), "")

    assert card(300)._drawing.height() > 0 and card(300).reason
    assert card(120).reason and card(120)._drawing.height() == 0
    assert not card(70).reason and card(70).heading


def test_the_badge_tells_train_from_val_and_can_be_hidden(stage: Stage) -> None:
    def corner_colors() -> set[str]:
        place = fitted(QSize(80, 60), stage.view.rect())
        image = stage.view.grab(QRect(place.topLeft() + QPoint(6, 6), QSize(40, 12))).toImage()
        return {image.pixelColor(x, 6).name() for x in range(image.width())}

    stage.set(RED)
    stage.shows(PhotoState.READY)
    assert LIGHT.train.name() in corner_colors()
    stage.set(RED, record(1, "val"))
    stage.shows(PhotoState.READY)
    assert LIGHT.val.name() in corner_colors()
    stage.view.show_badge = False
    assert corner_colors() == {"#ff0000"}


def test_the_photo_keeps_its_shape_at_any_size(stage: Stage) -> None:
    stage.view.show_badge = False
    stage.set(RED)
    stage.shows(PhotoState.READY)
    stage.other.setFocus()  # no focus ring over the photo's edge
    for size in (QSize(400, 100), QSize(100, 400), QSize(333, 217)):
        stage.view.setFixedSize(size)
        QApplication.processEvents()
        image = stage.view.grab().toImage()
        red = QRect()
        for x in range(size.width()):
            if rgb(image, x, size.height() // 2) == RED:
                red |= QRect(x, size.height() // 2, 1, 1)
        for y in range(size.height()):
            if rgb(image, size.width() // 2, y) == RED:
                red |= QRect(size.width() // 2, y, 1, 1)
        assert abs(red.width() / red.height() - 80 / 60) < 0.05
        assert red.width() >= size.width() - 2 or red.height() >= size.height() - 2


def test_a_sharp_screen_gets_all_its_pixels(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.set(RED)
    stage.shows(PhotoState.READY)
    monkeypatch.setattr(PhotoView, "devicePixelRatioF", lambda _self: 2.0)
    stage.view.grab()
    assert stage.view._scaled is not None
    where = fitted(QSize(80, 60), stage.view.rect())
    assert stage.view._scaled.size() == where.size() * 2


def test_photo_and_address_can_be_copied(stage: Stage) -> None:
    stage.set(PhotoProblem.GONE)
    stage.shows(PhotoState.MISSING)
    assert not stage.view.copy_photo_action.isEnabled()
    stage.store.table[URL] = RED
    stage.view.retry()
    stage.shows(PhotoState.READY)
    stage.window.activateWindow()
    stage.view.setFocus()
    stage.qtbot.keyClick(stage.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().image()
    assert (copied.width(), copied.height()) == (80, 60)
    stage.view.copy_url_action.trigger()
    assert QGuiApplication.clipboard().text() == URL


def test_the_address_opens_in_the_browser_only_when_it_is_a_web_address(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    stage.set(RED)
    stage.view.open_url_action.trigger()
    assert [url.toString() for url in opened] == [URL]
    for bad in ("file:///etc/passwd", "javascript:alert(1)", ""):
        stage.view.set_record(record(5, url=bad))
        assert not stage.view.open_url_action.isEnabled()
        stage.view.open_url()
    assert len(opened) == 1


def test_the_menu_holds_what_can_be_done(stage: Stage) -> None:
    assert stage.view.contextMenuPolicy() is Qt.ContextMenuPolicy.ActionsContextMenu
    stage.set(PhotoProblem.GONE)
    stage.shows(PhotoState.MISSING)
    shown = [action.text().replace("&", "") for action in stage.view.actions() if action.isVisible()]
    assert shown == ["Copy Photo", "Copy URL", "Open URL in Browser", "Retry"]


def test_a_new_data_set_shows_its_own_photo_under_the_same_row(stage: Stage) -> None:
    stage.set(RED)
    stage.shows(PhotoState.READY)
    new = TableStore()
    new.table[URL] = BLUE
    stage.loader.set_store(new)
    stage.shows(PhotoState.READY)
    stage.qtbot.waitUntil(lambda: color_in_the_middle(stage.view) == BLUE)


def test_light_and_dark_both_repaint(stage: Stage, qapp: QApplication) -> None:
    theme = Theme(qapp)
    try:
        for choice, colors in ((ThemeChoice.DARK, DARK), (ThemeChoice.LIGHT, LIGHT)):
            theme.choose(choice)
            assert stage.view.grab().toImage().pixelColor(20, 180) == colors.surface
    finally:
        theme.choose(ThemeChoice.LIGHT)
        theme.deleteLater()


def painted(photo: LoadedPhoto, size: QSize) -> QImage:
    picture = QImage(size, QImage.Format.Format_RGB32)
    picture.fill(QColor("#123456"))
    painter = QPainter(picture)
    paint_photo(painter, picture.rect(), photo, QFont())
    painter.end()
    return picture


def test_a_small_photo_is_painted_whole_and_a_small_state_as_a_drawing(qapp: QApplication) -> None:
    image = QImage(200, 100, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    ready = painted(LoadedPhoto(PhotoState.READY, None, image), QSize(100, 100))
    assert ready.pixelColor(50, 50) == QColor("red")
    assert ready.pixelColor(2, 50) == QColor("red") and ready.pixelColor(50, 10) == LIGHT.raised
    pictures = [painted(LOADING, QSize(120, 90))]
    for state, words in ((PhotoState.MISSING, "gone"), (PhotoState.OFFLINE, "no connection")):
        pictures.append(painted(LoadedPhoto(state, words=words), QSize(120, 90)))
    pictures.append(painted(LoadedPhoto(PhotoState.FAILED, words="gone"), QSize(120, 90)))
    assert len({bytes(picture.constBits()) for picture in pictures}) == 4  # no two look alike
    for size in (QSize(1, 1), QSize(20, 8), QSize(60, 20)):
        assert painted(LoadedPhoto(PhotoState.MISSING, words="gone"), size).size() == size


def test_a_real_photo_fills_the_view(qtbot: QtBot, stage: Stage, coco_folder: Path) -> None:
    name = "/".join((coco_folder / "val2014_images.txt").read_text().split()[0].split("/")[-2:])
    stage.loader.set_store(PhotoStore(coco_folder / "images", network=False))
    stage.view.set_record(PhotoRecord("val", 0, "", name, ()))
    stage.shows(PhotoState.READY)
    assert "your image folder" in stage.view.toolTip()
    image = stage.view.grab().toImage()
    middle = image.copy(QRect(image.rect().center() - QPoint(60, 60), QSize(120, 120)))
    assert len({middle.pixel(x, y) for x in range(120) for y in range(120)}) > 200
