"""The main window: what its menus, docks and bars show, and how it opens, asks and closes.

(Past 400 lines: what concerns the window as a whole, subject after subject.)
"""

import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QLabel,
    QLineEdit,
    QMenu,
    QStyle,
    QToolBar,
    QToolButton,
    QWidget,
)

from captionviewer.core.coco.chosen_data import remember_data_folder
from captionviewer.core.saved import run_file
from captionviewer.core.saved.run_file import save_run
from captionviewer.core.training.events import RunState
from captionviewer.core.user_folders import is_shipped_book
from captionviewer.ui import settings as remembered
from captionviewer.ui.data.photo_grid import PhotoGrid
from captionviewer.ui.training.runs.runs_view import RunsView
from tests.coco_folder_writer import write_coco_folder
from tests.ui.conftest import Launch
from tests.ui.window_driver import WindowDriver


@pytest.fixture
def small_coco(tmp_path: Path) -> Path:
    """A folder that a test may damage."""
    return write_coco_folder(tmp_path / "small_coco", photos=True)


def open_by_dialog(driver: WindowDriver, folder: Path) -> None:
    driver.name_in_dialog(folder)
    driver.window.menus.open_folder.trigger()


def opened(driver: WindowDriver, folder: Path) -> None:
    """Open a folder and wait until its photos are there."""
    session = driver.window.session
    driver.window.open_folder(folder)
    driver.wait_for(lambda: session.data.dataset is not None and not session.data.opening)
    driver.wait_for(lambda: session.selection.record is not None)


def train_a_little(driver: WindowDriver, epochs: str = "2") -> None:
    form = driver.window.training_panel.form
    for name, value in (
        ("hidden_dim", "16"),
        ("wordvec_dim", "8"),
        ("num_captions", "10"),
        ("batch_size", "5"),
    ):
        enter(driver, form.entry(name), value)
    enter(driver, form.entry("num_epochs"), epochs)
    driver.click_action(driver.window.training_panel.start_action)


def enter(driver: WindowDriver, field: QWidget, value: str) -> None:
    assert isinstance(field, QLineEdit | QAbstractSpinBox)
    field.setFocus()
    field.selectAll()
    driver.qtbot.keyClicks(field, value)
    driver.qtbot.keyClick(field, Qt.Key.Key_Tab)


def finished(driver: WindowDriver) -> bool:
    return "inished" in driver.text("training_state")


# ---- opening ---------------------------------------------------------------------------------------


def test_a_folder_that_holds_no_data_is_refused_by_name_and_the_storybook_is_shown_instead_of_nothing(
    driver: WindowDriver, tmp_path: Path
) -> None:
    empty = tmp_path / "holiday photos"
    empty.mkdir()
    open_by_dialog(driver, empty)
    driver.wait_for(lambda: driver.find(QLabel, "notice_text").isVisible())
    assert "holiday photos" in driver.text("notice_text")
    dataset = driver.window.session.data.dataset
    assert dataset is not None and is_shipped_book(dataset.folder)
    assert driver.window.data_panel.isVisible()


def test_damaged_data_is_refused_and_what_was_open_stays(driver: WindowDriver, small_coco: Path) -> None:
    opened(driver, small_coco)
    damaged = small_coco.with_name("damaged")
    shutil.copytree(small_coco, damaged)
    with h5py.File(damaged / "coco2014_captions.h5", "r+") as file:
        file["train_captions"][3, 2] = 30_000
    open_by_dialog(driver, damaged)
    driver.wait_for(lambda: driver.find(QLabel, "notice_text").isVisible())
    assert "coco2014_captions.h5" in driver.text("notice_text")
    assert driver.window.session.data.dataset is not None
    assert driver.window.session.data.dataset.folder == small_coco
    assert driver.find(PhotoGrid, "photo_grid").model().rowCount() > 0
    driver.click(driver.find(QToolButton, "notice_close"))
    assert not driver.find(QLabel, "notice_text").isVisible()


def test_features_that_hold_nan_are_found_in_the_background(driver: WindowDriver, small_coco: Path) -> None:
    with h5py.File(small_coco / "val2014_vgg16_fc7_pca.h5", "r+") as file:
        file["features"][7, 1] = np.nan
    driver.window.open_folder(small_coco)
    driver.wait_for(lambda: driver.find(QLabel, "notice_text").isVisible())
    assert "val2014_vgg16_fc7_pca.h5" in driver.text("notice_text")
    assert driver.window.session.data.dataset is not None


def test_a_folder_dropped_on_the_window_is_opened(driver: WindowDriver, small_coco: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(small_coco))])
    where, copy = driver.window.rect().center(), Qt.DropAction.CopyAction
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter_event = QDragEnterEvent(QPoint(where), copy, data, buttons, keys)
    QApplication.sendEvent(driver.window, enter_event)
    assert enter_event.isAccepted()
    drop = QDropEvent(QPointF(where), copy, data, buttons, keys)
    QApplication.sendEvent(driver.window, drop)
    driver.wait_for(lambda: driver.window.session.data.dataset is not None)
    assert driver.window.session.data.dataset.folder == small_coco


def test_folders_opened_before_are_offered_and_one_click_opens_them(
    driver: WindowDriver, small_coco: Path
) -> None:
    driver.window.session.settings.set(remembered.RECENT_FOLDERS, [str(small_coco)])
    driver.window.welcome.open()
    button = next(b for b in driver.window.welcome.findChildren(QToolButton) if b.text() == str(small_coco))
    driver.wait_for(button.isVisible)
    driver.click(button)
    driver.wait_for(lambda: driver.window.session.data.dataset is not None)
    driver.window.menus.recent.aboutToShow.emit()
    assert str(small_coco) in driver.window.menus.recent.actions()[0].text()


def test_features_can_be_switched_to_raw_and_the_status_says_so(
    driver: WindowDriver, small_coco: Path
) -> None:
    opened(driver, small_coco)
    assert "PCA features" in driver.text("status_set")
    driver.window.menus.features["raw"].trigger()
    driver.wait_for(lambda: "raw features" in driver.text("status_set"))
    assert driver.window.session.models.current is not None
    assert (
        driver.window.session.models.current.model.input_dim == driver.window.session.data.dataset.feature_dim
    )


# ---- selection joins the panels ----------------------------------------------------------------------


def test_a_photo_selected_in_data_is_the_one_in_sampling(driver: WindowDriver, small_coco: Path) -> None:
    opened(driver, small_coco)
    grid = driver.find(PhotoGrid, "photo_grid")
    index = grid.model().index(3, 0)
    driver.click(grid.viewport(), grid.visualRect(index).center())
    record = driver.window.session.selection.record
    assert record is not None
    assert f"photo {record.row}" in driver.text("sampling_photo")
    assert driver.text("sampling_split") == record.split


# ---- text size and theme ------------------------------------------------------------------------------


def test_ctrl_plus_enlarges_all_text_and_ctrl_zero_undoes_it(driver: WindowDriver, small_coco: Path) -> None:
    opened(driver, small_coco)
    label = driver.find(QLabel, "sampling_model")
    before = label.font().pointSizeF()
    icons = driver.find(QToolBar, "tool_bar")

    def small_parts() -> list[int]:
        check_box = QApplication.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorHeight)
        return [icons.iconSize().height(), check_box]

    small = small_parts()
    driver.window.data_panel.setFocus()
    control = Qt.KeyboardModifier.ControlModifier
    for _ in range(3):
        driver.qtbot.keyClick(driver.window, Qt.Key.Key_Plus, control)
    driver.wait_for(lambda: label.font().pointSizeF() == pytest.approx(1.5 * before, rel=0.03))
    assert driver.window.session.settings.get(remembered.TEXT_SCALE) == 1.5
    driver.wait_for(lambda: all(a > 1.2 * b for a, b in zip(small_parts(), small, strict=True)))
    driver.qtbot.keyClick(driver.window, Qt.Key.Key_0, control)
    driver.wait_for(lambda: label.font().pointSizeF() == pytest.approx(before, rel=0.03))


# ---- closing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["running", "paused"])
def test_closing_asks_nothing_about_a_run_and_it_is_on_the_shelf_with_its_last_step(
    driver: WindowDriver, small_coco: Path, what: str
) -> None:
    opened(driver, small_coco)
    train_a_little(driver, epochs="5000")
    control = driver.window.training_panel.control
    driver.wait_for(lambda: control.run is not None and len(control.run.history) > 2)
    run = control.run
    assert run is not None
    if what == "paused":
        driver.click_action(control.pause_action)
        driver.wait_for(lambda: run.state is RunState.PAUSED)
    words = {"running": "Running: training", "paused": "Training paused"}[what]
    driver.wait_for(lambda: driver.text("status_running") == words)
    driver.window.close()  # a question would stand here for ever
    assert not driver.window.isVisible() and run.state is RunState.STOPPED
    (kept,) = driver.window.session.runs.shelf.runs()
    assert kept.outcome == "stopped" and kept.has_model and kept.can_continue
    assert kept.iteration == len(run.history) > 2
    assert driver.window.session.runs.shelf.open(kept.key).iteration == len(run.history)


def test_opening_other_data_asks_nothing_about_a_run_and_says_that_it_is_kept(
    driver: WindowDriver, small_coco: Path, tmp_path: Path
) -> None:
    opened(driver, small_coco)
    train_a_little(driver, epochs="5000")
    session, panel = driver.window.session, driver.window.training_panel
    driver.wait_for(lambda: panel.control.run is not None and len(panel.control.run.history) > 2)
    said: list[str] = []
    session.notice.connect(said.append)
    before = session.data.dataset
    poem = tmp_path / "poem.npz"
    poem.write_text("not a model")
    driver.window.open_folder(tmp_path / "holiday photos")  # what can't be opened costs nothing
    driver.wait_for(lambda: "holiday photos" in driver.text("notice_text"))
    driver.window.model_files.open(poem)
    driver.wait_for(lambda: "poem.npz" in driver.text("notice_text"))
    assert panel.is_running() and not said
    driver.window.open_folder(small_coco)
    driver.wait_for(lambda: session.data.dataset is not before and not session.data.opening)
    assert not panel.is_running() and "kept in Runs" in said[0]
    driver.wait_for(
        lambda: [(run.outcome, run.can_continue) for run in session.runs.shelf.runs()] == [("stopped", True)]
    )


def test_a_run_file_dropped_or_opened_as_a_model_is_put_into_runs_and_the_model_stays(
    driver: WindowDriver, small_coco: Path, tmp_path: Path
) -> None:
    opened(driver, small_coco)
    train_a_little(driver)
    driver.wait_for(lambda: finished(driver))
    session, panel = driver.window.session, driver.window.training_panel
    assert panel.stop_and_wait(20) and session.models.current is not None
    session.models.set(
        replace(session.models.current, unsaved=True, keeper=None)
    )  # would be lost: nobody asks, though
    model, shelf = session.models.current, session.runs.shelf
    path = tmp_path / "from a student.npz"
    save_run(path, shelf.open(shelf.runs()[0].key))
    said: list[str] = []
    session.notice.connect(said.append)
    driver.name_in_dialog(path)
    driver.window.menus.open_model.trigger()
    driver.wait_for(lambda: "Opened in Runs: from a student.npz" in said)
    assert panel.run_area.views.title == "Runs" and session.models.current is model
    view = panel.run_area.views.view
    assert isinstance(view, RunsView)
    driver.wait_for(lambda: [run.name for run in view.chosen] == ["from a student"])
    driver.window.open_runs([path, tmp_path / "none.npz"])
    driver.wait_for(lambda: "none.npz" in driver.text("notice_text"))
    assert [run.name for run in shelf.runs()].count("from a student") == 2
    session.models.set(replace(model, unsaved=False))


def test_closing_offers_to_save_what_was_learned_where_the_run_could_not_be_kept(
    driver: WindowDriver, small_coco: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_file, "write_archive", full)
    opened(driver, small_coco)
    train_a_little(driver, epochs="5000")
    panel = driver.window.training_panel
    run = panel.control.run
    assert run is not None
    driver.wait_for(lambda: len(run.history) > 2)
    driver.click_action(panel.control.pause_action)
    driver.wait_for(lambda: not run.is_kept)  # what is to be kept of a pause is refused by the disk
    said = driver.answer("Keep training")
    driver.window.close()
    assert "ends the training" in said[0] and "could not be kept" in said[0]
    assert driver.window.isVisible() and panel.is_running()
    said = driver.answer("Stop training", "Cancel")
    driver.window.close()
    assert "ends the training" in said[0]
    assert "Save the trained model?" in said[1]
    assert driver.window.isVisible()
    assert not driver.window.training_panel.is_running()
    model = driver.window.session.models.current
    assert model is not None and model.saved.iteration > 2
    assert driver.window.session.models.has_unsaved


def test_a_model_is_saved_at_closing_and_opens_again_with_its_captions(
    driver: WindowDriver, small_coco: Path, tmp_path: Path
) -> None:
    opened(driver, small_coco)
    train_a_little(driver)
    driver.wait_for(lambda: finished(driver) and driver.window.menus.save_model.isEnabled())
    path = tmp_path / "little.npz"
    trained = driver.window.session.models.current
    driver.name_in_dialog(path)
    driver.window.menus.save_model.trigger()
    driver.wait_for(lambda: "little.npz" in driver.text("status_model"))
    assert path.is_file()
    assert not driver.window.session.models.has_unsaved
    driver.name_in_dialog(path)
    driver.window.menus.open_model.trigger()
    driver.wait_for(lambda: driver.window.session.models.current.saved is not trained.saved)
    again = driver.window.session.models.current
    for name, value in trained.model.params.items():
        np.testing.assert_array_equal(again.model.params[name], value)
    assert driver.window.session.models.trained_captions() == frozenset(trained.saved.caption_rows.tolist())
    driver.window.close()  # nothing is unsaved: no question
    assert not driver.window.isVisible()


def test_a_file_that_is_no_model_is_refused_by_name_and_the_model_stays(
    driver: WindowDriver, small_coco: Path, tmp_path: Path
) -> None:
    opened(driver, small_coco)
    before = driver.window.session.models.current
    path = tmp_path / "poem.npz"
    path.write_text("not a model")
    driver.name_in_dialog(path)
    driver.window.menus.open_model.trigger()
    driver.wait_for(lambda: driver.find(QLabel, "notice_text").isVisible())
    assert "poem.npz" in driver.text("notice_text")
    assert driver.window.session.models.current is before


def test_the_arrangement_of_the_panels_is_remembered(
    driver: WindowDriver, small_coco: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from captionviewer.ui import application
    from captionviewer.ui.application import make_window
    from captionviewer.ui.settings import Settings

    asked: list[bool] = []
    monkeypatch.setattr(application, "have_few_pools", lambda: asked.append(True))

    opened(driver, small_coco)
    driver.window.tabifyDockWidget(driver.window.training_dock, driver.window.sampling_dock)
    driver.window.close()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    again = make_window(app, Settings())
    assert asked == [True]  # before there are threads, whichever window it is
    again.open_folder(small_coco)
    again.show()
    driver.qtbot.waitUntil(lambda: again.session.can_plot and again.session.data.dataset is not None)
    assert again.tabifiedDockWidgets(again.training_dock) == [again.sampling_dock]
    again.close()
    again.theme.deleteLater()
    again.deleteLater()


def test_a_panel_fills_the_window_by_its_key_and_does_so_again_after_a_restart(
    launch: Launch, small_coco: Path
) -> None:
    remember_data_folder(small_coco)
    with launch() as driver:
        window = driver.window
        window.training_dock.setFloating(True)
        window.training_dock.setGeometry(60, 70, 420, 360)
        window.zoom.fill("Training")
        window.activateWindow()
        window.go_to(window.sampling_dock)
        driver.qtbot.keyClick(window, Qt.Key.Key_F9)
        assert window.zoom.filling == "Sampling" and not window.data_panel.isVisible()
        window.training_panel.run_area.views.open("Gradients")
        window.sampling_panel.views.open("Tree")
        view = next(menu for menu in window.menuBar().findChildren(QMenu) if menu.title() == "&View")
        assert window.zoom.action in view.actions()
    with launch() as driver:
        window = driver.window
        assert window.zoom.filling == "Sampling" and window.sampling_panel.isVisible()
        assert window.sampling_panel.views.title == "Tree"
        driver.wait_for(lambda: window.training_panel.run_area.views.title == "Gradients")
        dock = window.training_dock
        assert dock.isFloating() and window.zoom.fills("Training")
        assert dock.geometry() == dock.screen().availableGeometry()
        window.zoom.toggle("Training")
        assert (dock.x(), dock.y(), dock.width(), dock.height()) == (60, 70, 420, 360)
        dock.setFloating(False)
        driver.qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
        assert window.data_panel.isVisible(), "Data is brought up where another panel fills the window"
        window.zoom.give_back()
        assert window.data_panel.isVisible() and window.sampling_panel.isVisible()
        window.zoom.fill("Sampling")
        driver.window.closing.end_without_questions()
    with launch() as driver:
        assert driver.window.zoom.filling == "Sampling", "a signal keeps it, too"


def test_a_bad_folder_opened_while_the_storybook_comes_does_not_leave_the_window_empty(
    driver: WindowDriver, tmp_path: Path
) -> None:
    session = driver.window.session
    session.data.open_storybook(by_hand=False)
    driver.window.open_folder(tmp_path / "gone")
    driver.wait_for(lambda: "gone" in driver.text("notice_text"), 30)
    assert session.data.dataset is not None and is_shipped_book(session.data.dataset.folder)


def test_of_two_models_opened_one_after_the_other_the_last_one_stays(
    driver: WindowDriver, small_coco: Path, tmp_path: Path
) -> None:
    opened(driver, small_coco)
    train_a_little(driver)
    driver.wait_for(lambda: finished(driver) and driver.window.menus.save_model.isEnabled())
    first, last = tmp_path / "first.npz", tmp_path / "last.npz"
    for path in (first, last):
        driver.window.session.models.save(path)
        driver.wait_for(lambda: driver.window.session.models.saving is None)
    told: list[str] = []
    driver.window.session.notice.connect(told.append)
    driver.window.model_files.open(first)
    driver.window.model_files.open(last)
    driver.wait_for(lambda: not driver.window.session.workers.running())
    assert told == ["Model opened: last.npz"]
    assert "last.npz" in driver.text("status_model")


def test_a_model_file_never_takes_the_place_of_a_model_trained_since_it_was_asked_for(
    driver: WindowDriver, small_coco: Path, tmp_path: Path
) -> None:
    opened(driver, small_coco)
    session = driver.window.session
    path = tmp_path / "old.npz"
    session.models.save(path)
    driver.wait_for(lambda: session.models.saving is None)
    session.models.open(path)
    assert session.models.current is not None
    trained = replace(session.models.current, unsaved=True)
    session.models.set(trained)  # as when a short run ends while the file is being read
    driver.wait_for(lambda: "old.npz was not opened" in driver.text("notice_text"))
    assert session.models.current is trained
    asked = driver.answer("Cancel")  # and where it was there before the file was looked at, it is asked about
    driver.window.model_files.open(path)
    driver.wait_for(lambda: bool(asked))
    driver.wait_for(lambda: not session.workers.running())
    assert session.models.current is trained
