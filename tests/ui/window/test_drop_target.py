"""What is dropped is opened or refused in words, and what hovers says beforehand what it would do."""

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMainWindow
from pytestqt.qtbot import QtBot

from captionviewer.ui.look.theme import colors
from captionviewer.ui.window.drop_target import DropTarget

COPY = Qt.DropAction.CopyAction
LEFT, NO_KEYS = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Window:
    """A window that things are dropped on, and what came of them."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.folders: list[Path] = []
        self.models: list[Path] = []
        self.refused: list[str] = []
        self.runs: list[Path] = []
        self.photos: list[Path] = []
        self.arrays: list[Path] = []
        self.target = DropTarget(
            self.window,
            self.folders.append,
            self.models.append,
            self.runs.extend,
            self.refused.append,
            self.photos.extend,
            self.arrays.append,
        )
        self.window.resize(600, 400)
        self.window.show()

    def hover(self, data: QMimeData) -> bool:
        event = QDragEnterEvent(QPoint(50, 50), COPY, data, LEFT, NO_KEYS)
        QApplication.sendEvent(self.window, event)
        return event.isAccepted()

    def leave(self) -> None:
        QApplication.sendEvent(self.window, QDragLeaveEvent())

    def drop(self, data: QMimeData) -> None:
        QApplication.sendEvent(self.window, QDropEvent(QPointF(50, 50), COPY, data, LEFT, NO_KEYS))
        assert not self.target.isVisible()
        assert not self.came, "not within the drop"
        self.qtbot.waitUntil(lambda: self.came)

    @property
    def came(self) -> bool:
        return bool(self.folders or self.models or self.runs or self.refused or self.photos or self.arrays)


@pytest.fixture
def dropped_on(qtbot: QtBot) -> Window:
    return Window(qtbot)


def files(*paths: Path | str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) if isinstance(path, Path) else QUrl(path) for path in paths])
    return data


def test_a_folder_hovering_says_that_it_would_be_opened_and_goes_without_a_trace(
    dropped_on: Window, tmp_path: Path
) -> None:
    folder = tmp_path / "coco & <b>co"
    folder.mkdir()
    assert dropped_on.hover(files(folder))
    assert dropped_on.target.isVisible()
    assert dropped_on.target.accessibleName() == "Open the data folder coco & <b>co"
    picture = dropped_on.window.grab().toImage()
    assert picture.pixelColor(8, 200).name() == colors().accent.name(), "the window has an edge"
    dropped_on.leave()
    assert not dropped_on.target.isVisible()
    assert not dropped_on.folders


def test_a_folder_and_a_model_dropped_are_opened(dropped_on: Window, tmp_path: Path) -> None:
    dropped_on.hover(files(tmp_path))
    dropped_on.drop(files(tmp_path))
    assert dropped_on.folders == [tmp_path]
    dropped_on.folders.clear()
    model = tmp_path / "Model.NPZ"
    model.write_bytes(b"whatever: opening it says what is wrong")
    dropped_on.hover(files(model))
    dropped_on.drop(files(model))
    assert dropped_on.models == [model] and not dropped_on.refused


def test_several_archives_can_only_be_runs_and_are_opened_together(
    dropped_on: Window, tmp_path: Path
) -> None:
    thirty = [tmp_path / f"student {k}.npz" for k in range(30)]
    dropped_on.hover(files(*thirty))
    assert dropped_on.target.accessibleName() == "Open 30 runs"
    dropped_on.drop(files(*thirty))
    assert dropped_on.runs == thirty and not dropped_on.refused


def test_folders_of_photos_are_captioned_unless_they_are_data(dropped_on: Window, tmp_path: Path) -> None:
    holiday, data, empty = (tmp_path / name for name in ("holiday", "data", "empty"))
    for folder in (holiday / "2024", data / "images", empty):
        folder.mkdir(parents=True)
    picture = holiday / "2024" / "IMG_1.JPG"
    for file in (picture, data / "images" / "a.jpg", data / "coco2014_vocab.json", holiday / "notes.txt"):
        file.touch()
    for places, words in (
        ([holiday], "Caption the photos in holiday"),
        ([picture, holiday], "Caption what 2 items hold"),
    ):
        dropped_on.photos.clear()
        dropped_on.hover(files(*places))
        assert dropped_on.target.accessibleName() == words
        dropped_on.drop(files(*places))
        assert dropped_on.photos == places
    dropped_on.photos.clear()
    for folder in (data, empty):
        dropped_on.hover(files(folder))
        assert dropped_on.target.accessibleName() == f"Open the data folder {folder.name}"
    dropped_on.hover(files(holiday, data))
    assert "One at a time" in dropped_on.target.accessibleName()


def test_an_array_of_features_is_captioned(dropped_on: Window, tmp_path: Path) -> None:
    array = tmp_path / "Mine.NPY"
    dropped_on.hover(files(array))
    assert dropped_on.target.accessibleName() == "Caption the features in Mine.NPY"
    dropped_on.drop(files(array))
    assert dropped_on.arrays == [array] and not dropped_on.refused


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["notes.txt"], "notes.txt can't be opened here"),
        (["gone"], "gone can't be opened here"),
        (["x" * 300], "can't be opened here"),
        (["one.npz", "two.txt"], "One at a time"),
        (["https://example.org/model.npz"], "on this computer"),
    ],
)
def test_anything_else_is_refused_in_words_before_and_after_the_drop(
    dropped_on: Window, tmp_path: Path, names: list[str], words: str
) -> None:
    if names == ["notes.txt"]:
        (tmp_path / "notes.txt").write_text("no model")
    data = files(*(name if name.startswith("https:") else tmp_path / name for name in names))
    assert dropped_on.hover(data)
    assert words in dropped_on.target.accessibleName()
    picture = dropped_on.window.grab().toImage()
    assert picture.pixelColor(8, 200).name() == colors().bad.name()
    dropped_on.drop(data)
    assert len(dropped_on.refused) == 1 and words in dropped_on.refused[0]
    assert not dropped_on.folders and not dropped_on.models


def test_text_that_is_dragged_over_the_window_is_none_of_its_business(dropped_on: Window) -> None:
    data = QMimeData()
    data.setText("only words")
    assert not dropped_on.hover(data)
    assert not dropped_on.target.isVisible()
    QApplication.sendEvent(
        dropped_on.window, QDropEvent(QPointF(5, 5), COPY, data, LEFT, NO_KEYS, QEvent.Type.Drop)
    )
    assert not dropped_on.refused
