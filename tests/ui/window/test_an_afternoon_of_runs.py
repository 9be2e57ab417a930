"""One person's afternoon of trying things: runs changed, raced, compared, and gone on with tomorrow."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import fields
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt

from captionviewer.core.coco.chosen_data import remember_data_folder
from captionviewer.core.saved.shipped_run import KEY
from captionviewer.core.training.run_names import differing_settings
from captionviewer.core.training.settings import FIELD_NAMED, NOTEBOOK_PRESET, TrainingSettings
from captionviewer.ui.training.runs.race_view import RaceView
from captionviewer.ui.training.runs.runs_view import RunsView
from tests.ui.readable import unreadable_in_both
from tests.ui.training.training_setup import QUICK
from tests.ui.window_driver import WindowDriver

Launch = Callable[[], AbstractContextManager[WindowDriver]]
CTRL = Qt.KeyboardModifier.ControlModifier
LONG = 120

ELSEWHERE = """
import sys
from pathlib import Path
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.saved.run_file import save_run
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import TrainingSettings

settings = TrainingSettings(hidden_dim=16, wordvec_dim=8, num_captions=20, batch_size=5, num_epochs=2)
with CocoDataset.open(Path(sys.argv[1])) as dataset:
    run = TrainingRun(settings, dataset, keep=lambda record: save_run(Path(sys.argv[2]), record))
    run.start()
    assert run.wait(60)
"""


def iteration(driver: WindowDriver) -> int:
    return int(driver.text("number_iteration").split("/")[0].replace(",", ""))


def listed(driver: WindowDriver, count: int) -> RunsView:
    """The view Runs, with so many runs besides the one that comes with the program."""
    view = driver.window.training_panel.run_area.views.open("Runs")
    assert isinstance(view, RunsView)
    driver.wait_for(lambda: len([run for run in view.table.rows.runs if run.key != KEY]) == count, LONG)
    driver.wait_for(lambda: not any(run.live for run in view.table.rows.runs), LONG)
    return view


def test_runs_are_changed_continued_raced_compared_and_gone_on_with_tomorrow(
    launch: Launch, coco_folder: Path, tmp_path: Path
) -> None:
    remember_data_folder(coco_folder)
    with launch() as driver:
        window, panel = driver.window, driver.window.training_panel
        driver.wait_for(lambda: window.session.data.dataset is not None, LONG)

        # a preset is started, waits, gets half the rate, goes on by F5, is stopped, goes on and finishes
        driver.choose(panel.form.preset, NOTEBOOK_PRESET)
        driver.click_action(panel.start_action)
        driver.wait_for(lambda: iteration(driver) >= 3, LONG)
        driver.key(panel, Qt.Key.Key_F6)
        driver.wait_for(lambda: "aused" in driver.text("training_state"), LONG)
        panel.rate_action.trigger()
        driver.click(panel.rate_row.buttons[1])
        driver.key(panel, Qt.Key.Key_F5)
        first = panel.control.run
        assert first is not None
        driver.wait_for(lambda: len(first.edits) == 1 and len(first.history) > first.edits[0].iteration, LONG)
        driver.click_action(panel.stop_action)
        driver.wait_for(lambda: "topped" in driver.text("training_state"), LONG)
        stopped_at = len(first.history)
        driver.wait_for(panel.continue_action.isEnabled, LONG)
        driver.key(panel, Qt.Key.Key_F5, CTRL)
        driver.wait_for(lambda: "inished" in driver.text("training_state"), LONG)
        done = panel.control.run
        assert done is not None and done.continues and len(done.history) == 100 > stopped_at
        assert done.edits == first.edits
        assert done.history.learning_rates()[done.edits[0].iteration] == np.float32(done.edits[0].value or 0)
        losses = done.history.since(0)[1]
        assert done.wait(20)

        # a race of small ones
        panel.form.set_settings(QUICK)
        race = panel.run_area.views.open("Race")
        assert isinstance(race, RaceView)
        driver.click(race.start_button)
        driver.wait_for(lambda: race.race is not None and not race.is_live, LONG)
        assert [run.name for run in race.plot.runs] == ["RNN", "LSTM"]
        assert unreadable_in_both(window) == []

        # three runs beside each other: exactly the settings that differ
        view = listed(driver, 3)
        view.table.setFocus()
        view.table.choose([run.key for run in view.table.rows.runs if run.key != KEY])
        driver.wait_for(lambda: view.comparison.shown is not None and len(view.comparison.shown.keys) == 3)
        settings = [run.settings for run in view.chosen]
        differing = {one.name for one in differing_settings([one for one in settings if one is not None])}
        told = driver.window.findChild(type(view.comparison.settings_table), "differing_settings").text()
        for item in fields(TrainingSettings):
            assert (f">{FIELD_NAMED[item.name].label}&nbsp;" in told) is (item.name in differing), item.name
        assert {"cell_type", "hidden_dim", "num_epochs", "seed"} <= differing
        assert unreadable_in_both(window) == []
        key = view.chosen[-1].key  # the oldest
    assert not driver.window.isVisible()

    # another day
    with launch() as driver:
        window, panel = driver.window, driver.window.training_panel
        driver.wait_for(lambda: window.session.data.dataset is not None, LONG)
        view = listed(driver, 3)
        view.table.choose([key])
        driver.click(driver.find(type(view.more_button), "run_continue"))
        driver.wait_for(lambda: panel.control.run is not None and len(panel.control.run.history) > 102, LONG)
        again = panel.control.run
        assert again is not None and again.settings.num_epochs == 100
        np.testing.assert_array_equal(again.history.since(0)[1][:100], losses)
        driver.click_action(panel.stop_action)
        driver.wait_for(lambda: not panel.is_running(), LONG)

        # a run file that another process wrote
        file = tmp_path / "from elsewhere.npz"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", ELSEWHERE, str(coco_folder), str(file)]
        subprocess.run(command, env=environment, check=True, timeout=LONG)
        view.open_files([file])
        driver.wait_for(lambda: [run.name for run in view.chosen] == ["from elsewhere"], LONG)
        chosen = view.chosen[0].settings
        assert chosen is not None and (chosen.hidden_dim, chosen.num_epochs) == (16, 2)
