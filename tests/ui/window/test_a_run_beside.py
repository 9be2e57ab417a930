"""A run that a view compares with: closing asks where it is not kept, other data ends it without waiting."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from captionviewer.core.coco.chosen_data import remember_data_folder
from captionviewer.core.saved import run_file
from captionviewer.core.saved.run_shelf import ShelfKeeper
from captionviewer.core.training.events import RunState
from captionviewer.core.training.run import TrainingRun
from captionviewer.ui.sampling.photo_worth.photo_worth_view import PhotoWorthView
from captionviewer.ui.session.session import Session
from tests.ui.conftest import Launch
from tests.ui.training.training_setup import ENDLESS
from tests.ui.window_driver import WindowDriver


@contextmanager
def begun(driver: WindowDriver) -> Iterator[TrainingRun]:
    """A run of many epochs beside, under way."""
    session = driver.window.session
    driver.wait_for(lambda: session.data.dataset is not None)
    assert session.data.dataset is not None
    run = TrainingRun(ENDLESS, session.data.dataset, keep=ShelfKeeper(session.runs.shelf))
    session.runs.begin_beside(run)
    driver.wait_for(lambda: len(run.history) > 2)
    try:
        yield run
    finally:
        session.runs.end_beside(20)


def test_closing_asks_nothing_about_it_and_keeps_what_it_learned(launch: Launch, coco_folder: Path) -> None:
    remember_data_folder(coco_folder)
    with launch() as driver, begun(driver) as run:
        window = driver.window
        window.close()  # a question would stand here for ever
        assert not window.isVisible() and run.state is RunState.STOPPED
        (kept,) = window.session.runs.shelf.runs()
        assert (kept.outcome, kept.iteration) == ("stopped", len(run.history))


@pytest.mark.parametrize("known", [True, False])
def test_closing_asks_about_one_that_can_not_be_kept(
    launch: Launch, coco_folder: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_file, "write_archive", full)
    remember_data_folder(coco_folder)
    with launch() as driver, begun(driver) as run:
        window = driver.window
        if known:
            run.pause()
            driver.wait_for(lambda: not run.is_kept)
        said = driver.answer("Keep training" if known else "Cancel")
        window.close()
        words = (
            "Closing the window ends the training without photos that is paused."
            if known
            else "closing the window loses it"
        )
        assert words in said[0]
        assert window.isVisible()
        assert (run.state is RunState.PAUSED) == known
        if known:
            driver.answer("Stop training")
        window.close()
        assert not window.isVisible() and run.state is RunState.STOPPED


def test_one_that_has_ended_is_let_go_of_and_told_to_the_shelf(launch: Launch, coco_folder: Path) -> None:
    remember_data_folder(coco_folder)
    with launch() as driver, begun(driver) as run:
        runs = driver.window.session.runs
        told: list[bool] = []
        runs.shelf_changed.connect(lambda: told.append(True))
        run.stop()
        driver.wait_for(lambda: bool(told))
        assert not runs._beside and not runs._beside_clock.isActive()


def test_other_data_ends_a_blind_run_without_waiting_for_it(
    launch: Launch, coco_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember_data_folder(coco_folder)
    with launch() as driver, begun(driver) as run:
        session: Session = driver.window.session
        view = driver.window.sampling_panel.views.open("Photo's worth")
        assert isinstance(view, PhotoWorthView)
        view.over_val.blind._run = run
        waited: list[float | None] = []
        wait = TrainingRun.wait

        def noted(self: TrainingRun, timeout: float | None = None) -> bool:
            waited.append(timeout)
            return wait(self, timeout)

        monkeypatch.setattr(TrainingRun, "wait", noted)
        session.dataset_changed.emit()
        driver.wait_for(lambda: run.state is RunState.STOPPED)
        assert not any(waited), waited
