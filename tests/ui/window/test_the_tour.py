"""The README's tour in five minutes, walked by clicks and keys: each of its steps leads to what it says."""

import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QFileDialog, QLineEdit, QSpinBox

from captionviewer.ui.data.photo_grid import PhotoGrid
from captionviewer.ui.sampling.ground_truth import GroundTruthCaption
from captionviewer.ui.training.training_form import TrainingForm
from captionviewer.ui.window.model_files import LAST
from tests.ui.conftest import Launch
from tests.ui.window.test_main_window import enter, finished
from tests.ui.window_driver import WindowDriver

PRESET = "Notebook overfit: 50 captions"
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def press(driver: WindowDriver, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
    """Press a key wherever the keyboard is, which comes back to the window after a dialog."""
    driver.window.activateWindow()
    driver.wait_for(lambda: QApplication.focusWidget() is not None)
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, key, modifiers)


def select_cell(driver: WindowDriver, row: int) -> None:
    grid = driver.find(PhotoGrid, "photo_grid")
    index = grid.model().index(row, 0)
    grid.scrollTo(index)
    driver.click(grid.viewport(), grid.visualRect(index).center())


def step_to_the_end(driver: WindowDriver) -> str:
    """Step with the arrow key until <END> is chosen; return the caption that can be read then."""
    panel = driver.window.sampling_panel
    panel.setFocus()
    before = driver.text("timestep")
    while panel.step_action.isEnabled():
        driver.key(panel, Qt.Key.Key_Right)
        assert driver.text("timestep") != before
        before = driver.text("timestep")
    return driver.text("generated_caption")


def captions_trained_on(driver: WindowDriver) -> list[str]:
    """Return the ground-truth captions that the panel marks as trained on."""
    shown = driver.window.sampling_panel.findChildren(GroundTruthCaption)
    return [each.text() for each in shown if each.isVisible() and each.caption().trained_on]


def captions_shown(driver: WindowDriver) -> list[str]:
    grid = driver.find(PhotoGrid, "photo_grid")
    return [cell.words for cell in grid.cells.cards]


def look_around(driver: WindowDriver) -> None:
    window, data = driver.window, driver.window.data_panel
    assert window.welcome.isVisible()
    driver.click(window.welcome.close_button)
    driver.wait_for(lambda: window.session.selection.record is not None, 60)
    first = captions_shown(driver)
    assert len(first) > 4 and all(first)
    driver.click_action(data.bar.copy_seed_action)
    seed = QGuiApplication.clipboard().text()
    driver.click_action(data.reshuffle_action)
    driver.wait_for(lambda: captions_shown(driver) != first)
    driver.click_action(data.next_action)
    assert data.browser.query.index == 1
    driver.click_action(data.previous_action)
    enter(driver, driver.find(QSpinBox, "minibatch_seed"), seed)
    driver.wait_for(lambda: captions_shown(driver) == first)
    driver.click_action(data.val_action)
    driver.wait_for(lambda: driver.text("sampling_split") == "val")
    driver.click_action(data.train_action)


def look_at_a_photo(driver: WindowDriver) -> None:
    window, details = driver.window, driver.window.data_panel.details
    select_cell(driver, 2)
    titles = [details.tabText(place).replace("&", "") for place in range(details.count())]
    assert titles[:5] == ["Photo", "Ids and mask", "Features", "Nearest", "Statistics"]
    for place in range(details.count()):
        details.setCurrentIndex(place)
        QApplication.processEvents()
    details.setCurrentIndex(0)
    press(driver, Qt.Key.Key_F, CONTROL)
    search = driver.find(QLineEdit, "caption_search")
    assert QApplication.focusWidget() is search
    QTest.keyClicks(search, "kite")
    driver.wait_for(lambda: all("kite" in words for words in captions_shown(driver)))
    window.data_panel.clear_action.trigger()


def iteration(driver: WindowDriver) -> int:
    return int(driver.text("number_iteration").split("/")[0])


def train(driver: WindowDriver) -> None:
    panel, dataset = driver.window.training_panel, driver.window.session.data.dataset
    assert dataset is not None
    driver.choose(panel.form.preset, PRESET)
    driver.click_action(panel.start_action)
    driver.wait_for(lambda: iteration(driver) >= 3, 60)
    driver.click_action(panel.pause_action)
    driver.wait_for(lambda: "aused" in driver.text("training_state"))
    driver.wait_for(panel.step_action.isEnabled)
    before = iteration(driver)
    driver.click_action(panel.step_action)
    driver.wait_for(lambda: iteration(driver) == before + 1)
    driver.wait_for(panel.pause_action.isEnabled)
    driver.click_action(panel.pause_action)  # which resumes a run that waits
    driver.wait_for(lambda: finished(driver), 180)
    assert driver.text("number_iteration") == "100 / 100" and "100" in driver.text("status_model")
    run = panel.control.run
    assert run is not None
    _iterations, _losses, per_word = run.history.since(0)
    assert float(per_word[0]) == pytest.approx(math.log(len(dataset.vocabulary)), rel=0.15)
    assert float(per_word[-5:].mean()) < 0.1 * float(per_word[0])
    form = panel.findChild(TrainingForm)
    assert form is not None
    assert all(field.widgets()[0].toolTip() for field in form._fields.values())


def sample(driver: WindowDriver) -> None:
    window, data, panel = driver.window, driver.window.data_panel, driver.window.sampling_panel
    driver.click_action(data.filter_action)
    trained_on = driver.find(QCheckBox, "only_trained")
    driver.click(trained_on, QPoint(8, trained_on.height() // 2))
    learned = 0
    for row in range(4):
        select_cell(driver, row)
        driver.wait_for(panel.step_action.isEnabled)
        caption = step_to_the_end(driver)
        learned += caption in captions_trained_on(driver)
    assert learned >= 3, "the caption is one that it was trained on"
    driver.click(trained_on, QPoint(8, trained_on.height() // 2))
    driver.click_action(data.val_action)
    driver.wait_for(lambda: len(captions_shown(driver)) > 0 and data.browser.query.split == "val")
    select_cell(driver, 1)
    driver.wait_for(lambda: driver.text("sampling_split") == "val" and panel.step_action.isEnabled())
    assert step_to_the_end(driver)
    for title in ("Temperature", "Tree", "Words"):
        assert panel.views.open(title).isVisible()
    assert window.session.selection.record is not None


def test_each_step_of_the_tour_in_the_readme_leads_to_what_it_says(
    launch: Launch, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    with launch() as driver:
        window, panel = driver.window, driver.window.training_panel
        look_around(driver)
        look_at_a_photo(driver)
        train(driver)
        sample(driver)

        # keep it: the run goes on for as many epochs again; saved, opened again, exported, in larger text
        press(driver, Qt.Key.Key_F5, CONTROL)
        driver.wait_for(lambda: finished(driver) and driver.text("number_iteration") == "200 / 200", 180)
        model = window.session.models.current
        assert model is not None
        # whether an earlier model did better on val depends on how often a fast run could look
        asked = driver.answer(LAST) if model.best is not None else ["Which model shall be saved?"]
        driver.name_in_dialog(folder / "model.npz")
        press(driver, Qt.Key.Key_S, CONTROL)
        assert "Which model shall be saved?" in asked[0]
        driver.wait_for(lambda: not window.session.models.has_unsaved)
        assert (folder / "model.npz").read_bytes()[:2] == b"PK"
        driver.name_in_dialog(folder / "model.npz")
        press(driver, Qt.Key.Key_O, CONTROL | SHIFT)
        driver.wait_for(lambda: "model.npz" in driver.text("sampling_model"))
        for action, ending in zip(panel.plot.export_actions, ("png", "svg", "pdf", "csv"), strict=True):
            file = folder / f"loss.{ending}"
            monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, file=file: (str(file), ""))
            action.trigger()
            assert file.stat().st_size > 500, ending
        before = window.font().pointSizeF()
        press(driver, Qt.Key.Key_Plus, CONTROL)
        driver.wait_for(lambda: window.font().pointSizeF() > before)
        press(driver, Qt.Key.Key_Minus, CONTROL)
