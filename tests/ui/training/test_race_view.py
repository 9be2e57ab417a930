"""The view Race: two runs begin, wait, step and end together; their curves and captions are seen."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from captionviewer.core.saved.run_shelf import ShelfError, ShelfKeeper
from captionviewer.core.training.loss_history import RunningSum
from captionviewer.core.training.race import Race
from captionviewer.ui.training.runs.race_view import SAME_PARAMETERS, WHAT_IT_IS, RaceView
from captionviewer.ui.training.training_panel import TrainingPanel
from tests.coco_folder_writer import write_coco_folder
from tests.ui.training.training_setup import ENDLESS, QUICK, open_data, training_panel, wait


@pytest.fixture
def panel(qtbot: QtBot, coco_folder: Path) -> Iterator[TrainingPanel]:
    with training_panel(qtbot, coco_folder, plots=False) as made:
        made.resize(1000, 800)
        yield made


def opened(panel: TrainingPanel) -> RaceView:
    view = panel.run_area.views.open("Race")
    assert isinstance(view, RaceView)
    return view


def click(qtbot: QtBot, button: object) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def race_of(view: RaceView) -> Race:
    assert view.race is not None
    return view.race


def test_an_rnn_races_an_lstm_to_the_end_and_both_are_on_the_shelf(
    panel: TrainingPanel, qtbot: QtBot
) -> None:
    panel.form.set_settings(QUICK)
    panel._session.selection.select(panel._session.data.dataset.split("val").record(1))
    view = opened(panel)
    click(qtbot, view.start_button)
    assert panel.is_running() and not panel.start_action.isEnabled()
    assert not any(tile.isEnabled() for tile in panel.numbers.tiles()), "they are no racer's"
    assert panel._head.what.text() == "RNN 24, batch 5, lr 0.005 against LSTM 24, batch 5, lr 0.005"
    wait(lambda: not view.is_live, qtbot)
    assert all(tile.isEnabled() for tile in panel.numbers.tiles())
    snapshots = [run.snapshot() for run in race_of(view).runs]
    sizes = [sum(value.size for value in one.model.params.values()) for one in snapshots if one is not None]
    assert f"parameters: RNN {sizes[0]:,} and LSTM {sizes[1]:,}." in view.state.text()
    assert [run.settings.cell_type for run in race_of(view).runs] == ["rnn", "lstm"]
    assert [run.name for run in view.plot.runs] == ["RNN", "LSTM"]
    for run, plotted in zip(race_of(view).runs, view.plot.runs, strict=True):
        np.testing.assert_allclose(plotted.curve.y, run.history.since(0)[2], rtol=1e-6)
    assert "equal hidden size" in view.state.text() and "Finished" in view.state.text()
    assert view.said.isVisible() and ("val", 1) in view.said.photos and len(view.said.captions()) == 2
    view.axis_choice.setCurrentIndex(view.axis_choice.findData("captions"))
    view.axis_choice.activated.emit(view.axis_choice.currentIndex())
    assert view.plot.runs[0].curve.x[-1] == 40 * 5
    assert not panel.is_running() and panel.start_action.isEnabled()
    assert [run.outcome for run in panel._session.runs.shelf.runs()] == ["finished", "finished"]
    for run in race_of(view).runs:  # what it takes to go on is not held in memory beside the shelf
        keeper = run._checkpoints._keep
        assert isinstance(keeper, ShelfKeeper) and keeper.last is None
        assert run._guard.newest_good() is None and run.snapshot() is not None


def test_both_wait_after_the_same_step_make_one_and_go_on(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.form.set_settings(ENDLESS)
    view = opened(panel)
    click(qtbot, view.start_button)
    runs = race_of(view).runs
    wait(lambda: all(len(run.history) > 3 for run in runs), qtbot)
    click(qtbot, view.pause_button)
    wait(view.step_button.isEnabled, qtbot)
    done = [len(run.history) for run in runs]
    assert done[0] == done[1] and "Both wait" in view.state.text()
    click(qtbot, view.step_button)
    wait(lambda: [len(run.history) for run in runs] == [done[0] + 1] * 2, qtbot)
    wait(lambda: view.pause_button.text() == "Go on with both" and view.step_button.isEnabled(), qtbot)
    click(qtbot, view.pause_button)
    wait(lambda: all(len(run.history) > done[0] + 3 for run in runs), qtbot)
    click(qtbot, view.stop_button)
    wait(lambda: not view.is_live, qtbot)
    assert "Ended" in view.state.text()


def test_one_setting_is_changed_and_what_can_not_be_is_said(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.form.set_settings(QUICK)
    view = opened(panel)
    said: list[str] = []
    panel._session.problem.connect(said.append)
    view.against.setCurrentIndex(view.against.findData("learning_rate"))
    view.against.activated.emit(view.against.currentIndex())
    assert view.value.isVisible() and view.value.text() == "0.0005" and not view.fair.isVisible()
    assert view.racers() == (QUICK, replace(QUICK, learning_rate=5e-4))
    for text, words in (("x", "must be a number"), ("-1", "above 0"), ("0.005", "same run")):
        view.value.setText(text)
        click(qtbot, view.start_button)
        assert words in said[-1] and view.race is None
    view.against.setCurrentIndex(0)
    view.fair.setCurrentText(SAME_PARAMETERS)
    base, other = view.racers()
    assert other.cell_type == "lstm" and other.hidden_dim < base.hidden_dim


def test_a_race_ends_with_the_panel(panel: TrainingPanel, qtbot: QtBot) -> None:
    panel.form.set_settings(ENDLESS)
    view = opened(panel)
    click(qtbot, view.start_button)
    runs = race_of(view).runs
    wait(lambda: all(len(run.history) > 0 for run in runs), qtbot)
    assert panel.stop_and_wait(20)
    assert not panel.is_running() and not race_of(view).is_live


def test_what_stands_in_the_way_of_a_run_stands_in_the_way_of_a_race_until_it_is_mended(
    panel: TrainingPanel,
) -> None:
    view = opened(panel)
    assert view.start_button.isEnabled()
    panel.form.set_settings(replace(QUICK, learning_rate=-1.0))
    assert not view.start_button.isEnabled()
    panel.form.set_settings(QUICK)
    assert view.start_button.isEnabled()
    panel._session.data._set_opening("Opening another…")
    assert not view.start_button.isEnabled()
    panel._session.data._set_opening("")
    assert view.start_button.isEnabled()


def test_other_data_ends_a_race_without_waiting_and_its_words_go(
    panel: TrainingPanel, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.form.set_settings(ENDLESS)
    view = opened(panel)
    click(qtbot, view.start_button)
    race = race_of(view)
    wait(lambda: all(len(run.history) > 3 for run in race.runs) and "step" in view.numbers.text(), qtbot)
    waited: list[float | None] = []
    ended = race.wait

    def noted(timeout: float | None = None) -> bool:
        waited.append(timeout)
        return len(waited) > 3 and ended(timeout)  # its step takes a while

    monkeypatch.setattr(race, "wait", noted)
    open_data(qtbot, panel._session, write_coco_folder(tmp_path / "other"))
    wait(lambda: view.race is None, qtbot)
    assert not any(waited) and ended(20)
    assert not view.is_live and not panel._session.runs.is_racing
    assert view.state.text() == WHAT_IT_IS and not view.numbers.text() and not view.plot.runs
    assert view.start_button.isEnabled()


def test_losses_are_summed_once_and_words_compared_when_there_are_new_ones(
    panel: TrainingPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.form.set_settings(QUICK)
    view = opened(panel)
    summed: list[int] = []
    extend = RunningSum.extend

    def noted(self: RunningSum, values: np.ndarray) -> None:
        summed.append(len(values))
        extend(self, values)

    monkeypatch.setattr(RunningSum, "extend", noted)
    click(qtbot, view.start_button)
    wait(lambda: not view.is_live, qtbot)
    assert sum(summed) == 2 * 2 * 40  # of both runs, per caption and per word
    told: list[object] = []
    monkeypatch.setattr(view.said, "show_said", lambda *_: told.append(_))
    view._show_words()
    assert not told


def test_a_race_that_could_not_be_kept_says_so(
    panel: TrainingPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_self: ShelfKeeper, _record: object) -> None:
        raise ShelfError("the disk is full")

    monkeypatch.setattr(ShelfKeeper, "__call__", refused)
    panel.form.set_settings(QUICK)
    view = opened(panel)
    click(qtbot, view.start_button)
    wait(lambda: not view.is_live, qtbot)
    assert "Not kept on the shelf: LSTM, RNN." in view.state.text()
    assert "Both runs are on the shelf" not in view.state.text()
