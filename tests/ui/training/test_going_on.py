"""A run in the window is kept, goes on after pause, stop and end, and nothing is asked without need."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from captionviewer.core.saved import run_file
from captionviewer.core.training.events import RunState
from captionviewer.ui.training.loss_figure import LossSeries
from captionviewer.ui.training.training_panel import TrainingPanel
from tests.ui.training.training_setup import ENDLESS, QUICK, training_panel, wait


@pytest.fixture
def panel(qtbot: QtBot, coco_folder: Path) -> Iterator[TrainingPanel]:
    with training_panel(qtbot, coco_folder, plots=False) as made:
        yield made


def iteration(panel: TrainingPanel) -> int:
    assert panel.control.run is not None
    return panel.control.run.progress().iteration


def is_over(panel: TrainingPanel) -> bool:
    return not panel.is_running()


def test_f5_continues_a_run_that_waits(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.form.set_settings(ENDLESS)
    qtbot.keyClick(panel, Qt.Key.Key_F5)
    wait(lambda: panel.control.run is not None and iteration(panel) > 3, qtbot)
    qtbot.keyClick(panel, Qt.Key.Key_F6)
    wait(lambda: panel.control.state is RunState.PAUSED and panel.pause_action.text() == "&Continue", qtbot)
    run, done = panel.control.run, iteration(panel)
    qtbot.keyClick(panel, Qt.Key.Key_F5)
    wait(lambda: iteration(panel) > done, qtbot)
    assert panel.control.run is run


def test_a_stopped_run_goes_on_to_its_end_and_then_for_as_many_epochs_again(
    panel: TrainingPanel, qtbot: QtBot
) -> None:
    panel.form.set_settings(replace(QUICK, num_epochs=60))
    panel.start_action.trigger()
    wait(lambda: panel.control.run is not None and iteration(panel) > 3, qtbot)
    panel.stop_action.trigger()
    wait(lambda: is_over(panel), qtbot)
    stopped = panel.control.run
    assert stopped is not None and stopped.wait(20)
    wait(panel.continue_action.isEnabled, qtbot)
    done = len(stopped.history)
    qtbot.keyClick(panel, Qt.Key.Key_F5, Qt.KeyboardModifier.ControlModifier)
    wait(lambda: is_over(panel) and iteration(panel) == 240, qtbot)
    again = panel.control.run
    assert again is not None and again is not stopped
    np.testing.assert_array_equal(again.history.since(0)[1][:done], stopped.history.since(0)[1])
    assert again.wait(20)
    (run,) = panel._session.runs.shelf.runs()  # it is one run, not two
    assert (run.outcome, run.iteration) == ("finished", 240)
    wait(panel.continue_action.isEnabled, qtbot)
    panel.continue_action.trigger()
    assert panel.form.settings().num_epochs == 120
    panel.stop_action.trigger()


def test_start_never_asks_while_runs_are_kept_and_both_are_on_the_shelf(
    panel: TrainingPanel, qtbot: QtBot
) -> None:
    session = panel._session
    keepers = []
    for _ in range(2):
        panel.form.set_settings(QUICK)
        panel.start_action.trigger()
        wait(lambda: is_over(panel) and iteration(panel) == 40, qtbot)
        assert session.models.has_unsaved and not session.models.would_be_lost
        keepers.append(panel.control.keeper)
    assert panel.stop_and_wait(20)
    first, second = keepers  # whoever shows a model of the first run holds no record of it any more
    assert first is not None and second is not None and first.last is None and second.last is not None
    assert [run.outcome for run in session.runs.shelf.runs()] == ["finished", "finished"]


def test_a_run_that_can_not_be_kept_is_said_and_would_be_lost(
    panel: TrainingPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_file, "write_archive", full)
    said: list[str] = []
    panel._session.problem.connect(said.append)
    panel.form.set_settings(QUICK)
    panel.start_action.trigger()
    wait(lambda: is_over(panel) and iteration(panel) == 40 and bool(said), qtbot)
    assert "No space left" in said[0] and len(said) == 1
    assert panel._session.models.would_be_lost
    wait(panel.continue_action.isEnabled, qtbot)  # what is in memory is whole


def test_after_divergence_a_run_starts_from_the_last_good_model_with_a_tenth_of_the_rate(
    panel: TrainingPanel, qtbot: QtBot
) -> None:
    panel.form.set_settings(replace(QUICK, update_rule="sgd", learning_rate=1e30))
    panel.start_action.trigger()
    wait(lambda: is_over(panel) and panel.control.state is RunState.FAILED, qtbot)
    run = panel.control.run
    assert run is not None and run.wait(20)
    wait(panel.last_good_action.isEnabled, qtbot)
    assert not panel.continue_action.isEnabled()
    panel.last_good_action.trigger()
    assert panel.form.settings().learning_rate == 1e29


def test_the_rate_is_changed_while_the_run_goes_on_and_marked_on_the_plot(
    panel: TrainingPanel, qtbot: QtBot
) -> None:
    panel.form.set_settings(replace(ENDLESS, lr_decay=1.0))
    panel.start_action.trigger()
    wait(lambda: panel.control.run is not None and iteration(panel) > 3, qtbot)
    panel.rate_action.trigger()
    assert panel.rate_row.isVisible()
    run = panel.control.run
    assert run is not None
    qtbot.mouseClick(panel.rate_row.buttons[1], Qt.MouseButton.LeftButton)
    wait(lambda: run.history.learning_rate == np.float32(ENDLESS.learning_rate / 2), qtbot)
    panel.rate_row.clip.setFocus()
    qtbot.keyClicks(panel.rate_row.clip, "2.5")
    qtbot.keyClick(panel.rate_row.clip, Qt.Key.Key_Return)
    wait(lambda: run.clip_norm == 2.5, qtbot)
    panel.rate_row.slider.setValue(-300)
    wait(lambda: run.history.learning_rate == np.float32(1e-3), qtbot)
    wait(lambda: panel.plot._edits == run.edits, qtbot)
    assert [(edit.name, edit.value) for edit in run.edits] == [
        ("learning_rate", 0.0025), ("clip_norm", 2.5), ("learning_rate", 1e-3),
    ]  # fmt: skip
    panel.stop_action.trigger()
    wait(lambda: is_over(panel) and not panel.rate_row.isVisible(), qtbot)


def test_the_last_runs_stay_faint_in_the_plot(qtbot: QtBot, coco_folder: Path) -> None:
    with training_panel(qtbot, coco_folder) as panel:
        for _ in range(5):
            panel.form.set_settings(QUICK)
            panel.start_action.trigger()
            wait(lambda: is_over(panel) and iteration(panel) == 40, qtbot)
        assert [len(series) for series in panel.plot._past] == [40, 40, 40, 40]
        panel.grab()
        wait(lambda: panel.plot._plot is not None and len(panel.plot._plot._past._shown) == 4, qtbot)
        figure = panel.plot._plot
        assert figure is not None
        legend = figure._axes.get_legend()
        assert legend is None or "earlier runs" in [text.get_text() for text in legend.get_texts()]
        last = panel.control.run
        assert last is not None and last.wait(20)
        losses = last.history.since(0)[1]
        shelf = panel._session.runs.shelf
        record = shelf.open(shelf.runs()[0].key)
        *words, one, two = record.vocabulary
        shelf.add(replace(record, data_name="other"))
        shelf.add(replace(record, vocabulary=(*words, two, one)))
    with training_panel(qtbot, coco_folder) as tomorrow:  # from the shelf: those on this data
        wait(lambda: len(tomorrow.plot._past) == 5, qtbot)
        np.testing.assert_array_equal(tomorrow.plot._past[-1].raw(per_word=False), losses)
        for _ in range(8):
            shelf.add(record)
        key = shelf.runs()[-1].key
        tomorrow.control.continue_from(shelf.open(key), key)
        wait(lambda: is_over(tomorrow) and iteration(tomorrow) == 80, qtbot)
        assert len(tomorrow.plot._past) == 4  # it does not stand behind itself
        tomorrow._past.look()
        wait(lambda: len(tomorrow.plot._past) == 8, qtbot)
        newest = [LossSeries() for _ in range(12)]  # of runs that could not be kept
        for series in newest:
            tomorrow._past.add(None, series)
        assert list(tomorrow._past._series.values()) == newest[-9:], "an afternoon's runs do not pile up"
