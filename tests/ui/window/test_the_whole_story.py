"""One person's first quarter of an hour, by clicks and keys alone."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QCheckBox, QPushButton, QSpinBox

from captionviewer.ui.data.photo_grid import PhotoGrid
from captionviewer.ui.sampling.ground_truth import GroundTruthCaption
from tests.ui.window_driver import WindowDriver

PRESET = "Notebook overfit: 50 captions"


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


def test_a_student_opens_data_trains_a_model_and_finds_its_captions_learned(
    driver: WindowDriver, coco_folder: Path
) -> None:
    window = driver.window

    # open
    driver.name_in_dialog(coco_folder)
    window.welcome.open()
    driver.click(driver.find(QPushButton, "welcome_open"))
    driver.wait_for(lambda: window.session.dataset is not None)
    assert "80 train and 79 val photos" in driver.text("status_set")
    assert "untrained" in driver.text("sampling_model")

    # look around: val and back, another order, a photo
    driver.click_action(window.data_panel.val_action)
    driver.wait_for(lambda: driver.text("sampling_split") == "val")
    driver.click_action(window.data_panel.train_action)
    driver.wait_for(lambda: driver.text("sampling_split") == "train")
    seed = driver.find(QSpinBox, "minibatch_seed").value()
    driver.click_action(window.data_panel.reshuffle_action)
    assert driver.find(QSpinBox, "minibatch_seed").value() != seed
    first = driver.text("sampling_photo")
    for row in range(1, 5):  # a photo may be in a minibatch with more than one of its captions
        select_cell(driver, row)
        if driver.text("sampling_photo") != first:
            break
    assert driver.text("sampling_photo") != first

    # train: start, pause, step, resume, to the end
    driver.choose(window.training_panel.form.preset, PRESET)
    driver.click_action(window.training_panel.start_action)
    driver.wait_for(lambda: int(driver.text("number_iteration").split("/")[0]) >= 3, 60)
    driver.click_action(window.training_panel.pause_action)
    driver.wait_for(lambda: "aused" in driver.text("training_state"))
    at = int(driver.text("number_iteration").split("/")[0])
    driver.click_action(window.training_panel.step_action)
    driver.wait_for(lambda: int(driver.text("number_iteration").split("/")[0]) == at + 1)
    driver.click_action(window.training_panel.pause_action)  # which resumes a run that waits
    driver.wait_for(lambda: "inished" in driver.text("training_state"), 120)
    assert driver.text("number_iteration") == "100 / 100"
    model = window.session.model
    assert model is not None
    assert float(np.mean(model.saved.loss_history[-10:])) < 0.2
    assert "100" in driver.text("status_model")

    # the photos trained on: each one's caption, word by word, is the one it was trained on
    driver.click_action(window.data_panel.filter_action)
    trained_on = driver.find(QCheckBox, "only_trained")
    driver.click(trained_on, QPoint(8, trained_on.height() // 2))
    grid = driver.find(PhotoGrid, "photo_grid")
    learned: dict[str, bool] = {}
    can_step = window.sampling_panel.step_action.isEnabled
    while True:
        for row in range(grid.model().rowCount()):
            select_cell(driver, row)
            driver.wait_for(can_step)
            photo = driver.text("sampling_photo")
            if photo not in learned:
                caption = step_to_the_end(driver)
                learned[photo] = caption in captions_trained_on(driver)
        if not window.data_panel.next_action.isEnabled():
            break
        driver.click_action(window.data_panel.next_action)
    assert len(learned) == 50
    assert sum(learned.values()) >= 45, [photo for photo, good in learned.items() if not good]
