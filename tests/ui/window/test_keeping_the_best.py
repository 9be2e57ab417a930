"""A run that had done better on val before its end: which of its models is saved."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from captionviewer.core.saved.model_file import SavedModel, open_model
from captionviewer.core.training.events import RunState
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.validation import Validation, ValidationPoint
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.training.training_panel import TrainingPanel
from captionviewer.ui.window.model_files import BEST, LAST
from tests.ui.training.test_training_panel import click
from tests.ui.training.training_setup import QUICK, training_panel, wait
from tests.ui.window.test_main_window import opened
from tests.ui.window_driver import WindowDriver


def overfitted(driver: WindowDriver, folder: Path) -> tuple[SavedModel, SavedModel]:
    """Let the window hold what a run left whose validation loss was lowest at iteration 4 of 10."""
    opened(driver, folder)
    session = driver.window.session
    assert session.models.current is not None
    untrained = session.models.current.saved
    losses = np.ones(10, dtype=np.float32)
    last = replace(
        untrained,
        iteration=10,
        loss_history=losses,
        words_history=losses,
        rates_history=losses,
        validation=(ValidationPoint(4, 2.0, 2.5), ValidationPoint(10, 1.0, 3.5)),
    )
    model = untrained.model.copy()
    model.params["b_vocab"] = model.params["b_vocab"] + 1
    best = replace(
        last,
        model=model,
        iteration=4,
        loss_history=losses[:4],
        words_history=losses[:4],
        rates_history=losses[:4],
        validation=last.validation[:1],
    )
    session.models.set(CurrentModel(last, ModelOrigin.TRAINED, unsaved=True, best=best))
    return best, last


def test_saving_after_such_a_run_asks_which_and_the_best_says_its_own_iteration(
    driver: WindowDriver, coco_folder: Path, tmp_path: Path
) -> None:
    best, _ = overfitted(driver, coco_folder)
    said = driver.answer(BEST)
    driver.name_in_dialog(tmp_path / "best.npz")
    driver.window.menus.save_model.trigger()
    driver.wait_for(lambda: not driver.window.session.models.has_unsaved)
    (question,) = said
    assert "lowest at iteration 4," in question and "iteration 10." in question
    assert "2.5 nats a word" in question and "3.5" in question
    kept = open_model(tmp_path / "best.npz")
    assert kept.iteration == len(kept.loss_history) == 4
    np.testing.assert_array_equal(kept.model.params["b_vocab"], best.model.params["b_vocab"])


def test_the_last_may_be_saved_all_the_same_and_cancel_saves_nothing(
    driver: WindowDriver, coco_folder: Path, tmp_path: Path
) -> None:
    _, last = overfitted(driver, coco_folder)
    session = driver.window.session
    driver.answer("Cancel")
    driver.window.menus.save_model.trigger()
    assert session.models.has_unsaved and session.models.saving is None
    driver.answer(LAST)
    driver.name_in_dialog(tmp_path / "last.npz")
    driver.window.menus.save_model.trigger()
    driver.wait_for(lambda: not session.models.has_unsaved)
    kept = open_model(tmp_path / "last.npz")
    assert kept.iteration == 10
    np.testing.assert_array_equal(kept.model.params["b_vocab"], last.model.params["b_vocab"])


def test_saving_while_a_run_is_paused_asks_too_and_its_newest_model_stays_unsaved(
    driver: WindowDriver, coco_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overfitted(driver, coco_folder)
    session = driver.window.session
    assert session.models.current is not None
    session.models.set(replace(session.models.current, origin=ModelOrigin.TRAINING))
    said = driver.answer(BEST)
    path = tmp_path / "best.npz"
    driver.name_in_dialog(path)
    with monkeypatch.context() as patched:
        paused = Mock(spec=TrainingRun, state=RunState.PAUSED)
        patched.setattr(type(session.runs), "run", property(lambda _runs: paused))
        driver.window.menus.save_model.trigger()
    driver.wait_for(lambda: path.exists() and session.models.saving is None)
    assert "lowest at iteration 4," in said[0]
    assert open_model(path).iteration == 4 and session.models.has_unsaved


def test_save_best_model_writes_it_without_a_question_and_the_last_stays_unsaved(
    driver: WindowDriver, coco_folder: Path, tmp_path: Path
) -> None:
    menus, session = driver.window.menus, driver.window.session
    opened(driver, coco_folder)
    assert not menus.save_best.isEnabled()
    overfitted(driver, coco_folder)
    assert menus.save_best.isEnabled()
    path = tmp_path / "best.npz"
    driver.name_in_dialog(path)
    menus.save_best.trigger()
    driver.wait_for(lambda: path.exists() and session.models.saving is None)
    assert open_model(path).iteration == 4
    assert session.models.has_unsaved
    assert session.models.current is not None and session.models.current.saved.iteration == 10


def left_by_a_run(qtbot: QtBot, panel: TrainingPanel) -> CurrentModel:
    panel.form.set_settings(
        replace(QUICK, hidden_dim=48, learning_rate=0.02, num_epochs=25, validation_captions=20)
    )
    click(qtbot, panel, panel.start_action)
    wait(lambda: not panel.is_running(), qtbot)
    model = panel._session.models.current
    assert model is not None
    return model


def test_a_run_that_learns_by_heart_leaves_its_best_model_beside_the_last(
    qtbot: QtBot, coco_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Validation, "share", 0.0)  # at each half epoch, whatever it costs
    monkeypatch.setattr("captionviewer.core.training.validation.MOST_SHARE", 1e9)
    with training_panel(qtbot, coco_folder) as panel:
        left = left_by_a_run(qtbot, panel)
        run = panel.control.run
        assert run is not None and run.validation.best is not None
        assert left.best is not None
        assert left.best.iteration == run.validation.best.iteration < left.saved.iteration == 100
        assert left.best.validation[-1] == run.validation.best
        assert len(left.best.loss_history) == left.best.iteration
