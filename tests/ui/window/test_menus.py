"""The menus offer what can be done now, and show names from outside as they are."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.chosen_data import remember_data_folder
from captionviewer.core.training.events import RunState
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui import settings as remembered
from captionviewer.ui.look.theme import ThemeChoice
from captionviewer.ui.session.images import checked_image_folder
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.settings import Settings
from captionviewer.ui.widgets.outside_text import without_mnemonic
from captionviewer.ui.window.model_files import proposed_name
from captionviewer.ui.window.preferences import Preferences
from tests.coco_folder_writer import write_coco_folder
from tests.ui.conftest import Launch
from tests.ui.window_driver import WindowDriver

RUN = TrainingSettings(num_captions=10, batch_size=5, hidden_dim=16, wordvec_dim=8, num_epochs=100_000)


@pytest.fixture
def small_coco(tmp_path: Path) -> Path:
    return write_coco_folder(tmp_path / "small_coco", photos=True)


def opened(driver: WindowDriver, folder: Path) -> None:
    driver.window.open_folder(folder)
    driver.wait_for(lambda: driver.window.session.selection.record is not None)


def recent_entries(driver: WindowDriver) -> list[str]:
    driver.window.menus.recent.aboutToShow.emit()
    return [without_mnemonic(action.text()) for action in driver.window.menus.recent.actions()]


def test_folders_opened_before_are_listed_newest_first_with_all_letters_of_their_names(
    driver: WindowDriver, small_coco: Path
) -> None:
    names = ["R&D", "a && b", "<b>bold"]
    folders = [Path(shutil.copytree(small_coco, small_coco.with_name(name))) for name in names]
    for folder in folders:
        opened(driver, folder)
        driver.wait_for(lambda folder=folder: driver.window.session.data.dataset.folder == folder)
    entries = recent_entries(driver)
    assert entries[:3] == [f"{number} {folder}" for number, folder in enumerate(reversed(folders), 1)]
    driver.window.menus.recent.actions()[2].trigger()
    driver.wait_for(lambda: driver.window.session.data.dataset.folder == folders[0])
    assert recent_entries(driver)[0] == f"1 {folders[0]}"
    next(a for a in driver.window.menus.recent.actions() if "Clear" in a.text()).trigger()
    assert recent_entries(driver) == ["No folder was opened yet"]


def test_forget_image_folder_can_be_chosen_only_while_there_is_one(
    driver: WindowDriver, small_coco: Path, tmp_path: Path
) -> None:
    opened(driver, small_coco)
    forget = driver.window.menus.forget_images
    assert not forget.isEnabled()
    driver.window.session.images.set_folder(tmp_path)
    assert forget.isEnabled()
    forget.trigger()
    assert not forget.isEnabled() and not driver.window.session.images.has_own_folder


def test_save_can_be_chosen_while_a_model_is_trained_and_nothing_is_lost_of_the_run(
    driver: WindowDriver, small_coco: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(driver, small_coco)
    menus, training = driver.window.menus, driver.window.training_panel
    assert not menus.save_model.isEnabled() and not menus.save_model_as.isEnabled()
    training.form.set_settings(RUN)
    training.start_action.trigger()
    driver.wait_for(menus.save_model.isEnabled, 30)
    assert training.control.state is RunState.RUNNING
    path = tmp_path / "snapshot.npz"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    menus.save_model.trigger()
    driver.wait_for(path.is_file)
    assert training.control.state is RunState.RUNNING


def test_the_theme_is_remembered_for_the_next_start(launch: Launch, small_coco: Path) -> None:
    remember_data_folder(small_coco)
    with launch() as driver:
        driver.window.menus.themes[ThemeChoice.DARK].trigger()
    assert Settings().get(remembered.THEME) == "dark"
    with launch() as driver:
        assert driver.window.theme.choice is ThemeChoice.DARK
        assert driver.window.menus.themes[ThemeChoice.DARK].isChecked()


def test_a_model_is_proposed_under_a_name_that_says_what_it_is(
    driver: WindowDriver, small_coco: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(driver, small_coco)
    session = driver.window.session
    assert session.models.current is not None
    model = replace(session.models.current.saved, iteration=4000)
    session.models.set(replace(session.models.current, saved=model, origin=ModelOrigin.TRAINED, unsaved=True))
    proposed: list[str] = []

    def ask(_parent: object, _title: str, start: str, _filter: str) -> tuple[str, str]:
        proposed.append(Path(start).name)
        return "", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    driver.window.menus.save_model.trigger()
    network = session.models.current.model
    sizes = f"h{network.hidden_dim}-w{network.wordvec_dim}"
    assert proposed == [f"small_coco-{network.cell_type}-{sizes}-i4000.npz"]
    assert session.models.has_unsaved, "the user turned back"
    assert proposed_name(session.models.current.saved, "../a b/<i>" + "x" * 300).startswith("a-b-i-x")
    assert len(proposed_name(session.models.current.saved, "x" * 300)) < 100


# ---- folders that can't be looked at -----------------------------------------------------------------------


def test_an_image_folder_of_five_thousand_letters_keeps_nothing_shut(driver: WindowDriver) -> None:
    driver.window.session.images.set_folder(Path("/" + "x" * 4000))
    driver.window.beside.show_preferences()
    dialog = driver.window.findChild(Preferences)
    assert dialog is not None and dialog.isVisible()
    label = dialog.findChild(QLabel, "image_folder")
    assert label is not None and label.text().endswith("(not there now)")
    assert dialog.width() < 2000
    forget = dialog.findChild(QPushButton, "forget_image_folder")
    assert forget is not None
    driver.click(forget)
    assert not driver.window.session.images.has_own_folder


def test_a_folder_that_may_not_be_looked_into_is_said_to_be_no_image_folder(
    driver: WindowDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    stat = os.stat

    def refuse(path: Any, *arguments: Any, **named: Any) -> os.stat_result:
        if str(path).startswith(str(closed)):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, *arguments, **named)

    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(ValueError, match="holds no COCO photos"):
        checked_image_folder(closed)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(closed))
    driver.window.ask_for_image_folder()
    assert "holds no COCO photos" in driver.text("notice_text")
    driver.window.session.images.set_folder(closed)
    driver.window.beside.show_preferences()
    dialog = driver.window.findChild(Preferences)
    assert dialog is not None and dialog.isVisible()
    monkeypatch.undo()


def test_a_choice_that_could_not_be_remembered_is_told_until_it_is_closed(
    driver: WindowDriver, small_coco: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("captionviewer.ui.session.data.remember_data_folder", full)
    opened(driver, small_coco)
    driver.wait_for(lambda: "could not be remembered" in driver.text("notice_text"))
    monkeypatch.undo()
    driver.window.session.data.open_folder(small_coco)
    driver.wait_for(lambda: not driver.window.session.data.opening)
    assert "could not be remembered" in driver.text("notice_text")


def test_whatever_could_not_be_remembered_is_told_past_the_next_data(
    driver: WindowDriver, small_coco: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    session, told = driver.window.session, driver.window.notices
    opened(driver, small_coco)
    monkeypatch.setattr("captionviewer.ui.session.data.forget_data_folder", full)
    monkeypatch.setattr("captionviewer.ui.download.download_controller.remember_data_folder", full)
    monkeypatch.setattr("captionviewer.ui.settings.write_atomically", full)

    def is_told(words: str) -> bool:  # on top or beneath: settings are saved a moment after they change
        return any(words in notice.message for notice in told._notices)

    session.data.open_storybook()
    driver.wait_for(lambda: is_told("choice of the storybook could not be remembered"))
    driver.window.downloads._came(small_coco)
    assert "new data folder could not be remembered" in told.text()
    session.settings.set(remembered.THEME, "dark")
    session.settings.save()  # told once, now or when something else was to be remembered a moment before
    assert is_told("Settings could not be remembered")
    driver.wait_for(lambda: session.data.dataset is not None and session.data.dataset.folder == small_coco)
    assert [notice.message for notice in told._notices if "could not be remembered" in notice.message] == [
        notice.message for notice in told._notices
    ]
    assert len(told._notices) == 3


# ---- a run that can't be handed over -----------------------------------------------------------------------


def test_an_error_while_a_run_is_handed_over_leaves_no_button_behind(
    driver: WindowDriver, small_coco: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(driver, small_coco)
    training = driver.window.training_panel
    training.form.set_settings(replace(RUN, num_epochs=1))

    models = driver.window.session.models
    set_model = models.set

    def break_it(model: CurrentModel) -> None:
        if model.origin is ModelOrigin.TRAINED:
            raise ZeroDivisionError("nobody expected this")
        set_model(model)

    monkeypatch.setattr(models, "set", break_it)
    with qtbot.captureExceptions():
        training.start_action.trigger()
        driver.wait_for(lambda: not training.is_running(), 30)
        driver.wait_for(training.start_action.isEnabled)
    monkeypatch.undo()
    assert training.form.preset.isEnabled() and driver.window.session.runs.run is None
