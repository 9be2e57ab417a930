"""The session: nothing changes without a signal, files are written in a thread."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.feature_kinds import FeatureKind
from captionviewer.core.coco.folder_layout import SPLITS, features_file
from captionviewer.core.saved.model_file import ModelFileError, SavedModel, open_model, save_model
from captionviewer.ui import settings as remembered
from captionviewer.ui.session import models as models_module
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings
from tests.coco_folder_writer import write_coco_folder


@pytest.fixture
def session(qapp: QApplication) -> Iterator[Session]:
    one = Session(Settings())
    yield one
    assert one.shut_down()
    one.deleteLater()


@pytest.fixture
def opened(qtbot: QtBot, session: Session, tmp_path: Path) -> Session:
    """A session with data and a model that is trained and not saved."""
    session.data.open_folder(write_coco_folder(tmp_path / "coco"))
    qtbot.waitUntil(lambda: session.models.current is not None)
    assert session.models.current is not None
    saved = replace(session.models.current.saved, iteration=7)
    session.models.set(CurrentModel(saved, ModelOrigin.TRAINED, unsaved=True))
    return session


def test_what_the_session_and_its_parts_hold_cant_be_set_past_their_signals(session: Session) -> None:
    parts = [session, session.data, session.images, session.models, session.runs, session.selection]
    for part in (*parts, session.decoding):
        open_to_all = [name for name in vars(part) if not name.startswith("_")]
        assert all(isinstance(getattr(part, name), SignalInstance) for name in open_to_all), open_to_all
        held = [name for name, value in vars(type(part)).items() if isinstance(value, property)]
        assert held
        for name in held:
            with pytest.raises(AttributeError):
                setattr(part, name, None)


def test_opening_tells_of_data_selection_and_model_when_all_three_are_there(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    told: list[tuple[str, bool]] = []

    def note(what: str) -> None:
        told.append((what, session.data.dataset is not None and session.models.current is not None))

    session.dataset_changed.connect(lambda: note("data"))
    session.selection_changed.connect(lambda: note("selection"))
    session.model_changed.connect(lambda: note("model"))
    session.data.open_folder(write_coco_folder(tmp_path / "coco"))
    qtbot.waitUntil(lambda: len(told) == 3)
    assert told == [("data", True), ("selection", True), ("model", True)]


def test_folders_opened_before_are_listed_newest_first_and_each_once(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    folders = [write_coco_folder(tmp_path / name) for name in ("first", "second")]
    for folder in (*folders, folders[0]):
        session.data.open_folder(folder)
        qtbot.waitUntil(
            lambda folder=folder: session.data.dataset is not None and session.data.dataset.folder == folder
        )
    assert session.data.recent_folders() == [str(folders[0]), str(folders[1])]
    session.data.forget_recent_folders()
    assert session.data.recent_folders() == []


# ---- saving ----------------------------------------------------------------------------------------------


def test_a_model_is_written_in_a_thread_and_is_saved_when_that_is_told(
    qtbot: QtBot, opened: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, threads = threading.Event(), []

    def slow(path: Path, saved: SavedModel) -> None:
        threads.append(threading.current_thread())
        assert go.wait(10)
        save_model(path, saved)

    monkeypatch.setattr(models_module, "save_model", slow)
    path = tmp_path / "model.npz"
    answers: list[object] = []
    opened.models.save(path, answers.append)
    assert opened.models.saving == path and opened.models.has_unsaved and not answers
    opened.models.save(tmp_path / "second.npz", answers.append)
    assert answers == [False], "one at a time"
    go.set()
    qtbot.waitUntil(lambda: len(answers) == 2)
    assert answers[-1] is True and opened.models.saving is None
    assert threads != [threading.main_thread()]
    model = opened.models.current
    assert model is not None and model.path == path and not model.unsaved
    assert open_model(path).iteration == 7


def test_a_model_trained_further_while_it_was_written_is_not_taken_for_saved(
    qtbot: QtBot, opened: Session, tmp_path: Path
) -> None:
    model = opened.models.current
    assert model is not None
    answers: list[bool] = []
    opened.models.save(tmp_path / "model.npz", answers.append)
    newer = replace(model, saved=replace(model.saved, iteration=8))
    opened.models.set(newer)
    qtbot.waitUntil(lambda: answers == [True])
    assert opened.models.current is newer and opened.models.has_unsaved


def test_a_model_that_cant_be_written_is_told_and_stays_unsaved(
    qtbot: QtBot, opened: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[bool] = []
    told: list[str] = []
    opened.problem.connect(told.append)
    opened.models.save(tmp_path / "no such folder" / "model.npz", answers.append)
    qtbot.waitUntil(lambda: answers == [False])
    assert len(told) == 1 and "model.npz" in told[0]
    assert opened.models.has_unsaved and opened.models.saving is None

    def broken(_path: Path, _saved: SavedModel) -> None:
        raise ZeroDivisionError("nobody expected this")

    monkeypatch.setattr(models_module, "save_model", broken)
    opened.models.save(tmp_path / "model.npz", answers.append)
    qtbot.waitUntil(lambda: answers == [False, False])
    assert "fault of captionviewer" in told[-1]


def test_a_model_that_cant_be_kept_at_the_end_stops_nothing(
    opened: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path, _saved: SavedModel) -> None:
        raise ModelFileError(_path, "the disk is full")

    monkeypatch.setattr(models_module, "save_model", full)
    assert opened.models.keep_unsaved() is None
    assert models_module.kept_models() == []
    monkeypatch.undo()

    def closed(_path: Path, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", closed)  # a folder that may not be looked into
    kept = opened.models.keep_unsaved()
    monkeypatch.undo()
    assert kept is None


def without(folder: Path, kind: FeatureKind) -> Path:
    for split in SPLITS:
        (folder / features_file(split, kind)).unlink()
    return folder


def test_a_folder_that_lacks_the_features_used_last_opens_with_its_own_and_says_so(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    session.settings.set(remembered.FEATURES, "raw")
    told: list[str] = []
    session.problem.connect(told.append)
    session.data.open_folder(without(write_coco_folder(tmp_path / "coco", photos=False), "raw"))
    qtbot.waitUntil(lambda: session.data.dataset is not None)
    assert session.data.dataset is not None and session.data.dataset.feature_kind == "pca"
    assert len(told) == 1 and "no raw features" in told[0] and "PCA features" in told[0]
    assert session.settings.get(remembered.FEATURES) == "raw", "that was no choice of the user"


def test_features_that_are_asked_for_by_name_are_not_replaced_by_others(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    told: list[str] = []
    session.problem.connect(told.append)
    session.data.open_folder(write_coco_folder(tmp_path / "first", photos=False))
    qtbot.waitUntil(lambda: session.data.dataset is not None)
    first = session.data.dataset
    session.data.open_folder(without(write_coco_folder(tmp_path / "coco", photos=False), "raw"), "raw")
    qtbot.waitUntil(lambda: bool(told))
    assert "This folder has the PCA features" in told[0] and session.data.dataset is first
