"""Gradients: the lines are the core's quantiles, a knob moves them, a row chooses the loss."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from captionviewer.core.inspection.gradient_study import draw_studied, gradient_norms
from captionviewer.core.inspection.memory_task import LENGTHS, MemoryLearner, learn_to_remember
from captionviewer.core.network.parameter_shapes import PARAMETER_NAMES
from captionviewer.core.saved.model_file import SavedModel
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings
from captionviewer.ui.training.gradients.gradients_view import WHILE_TRAINING, GradientsView
from captionviewer.ui.training.gradients.memory_view import MemoryView
from captionviewer.ui.training.gradients.through_time import SHOWN, ThroughTime
from captionviewer.ui.training.gradients.while_training import WhileTraining
from tests.coco_folder_writer import write_coco_folder
from tests.ui.training.training_setup import QUICK, SOON, open_data, training_panel, wait


@pytest.fixture
def view(qtbot: QtBot, tmp_path: Path) -> Iterator[ThroughTime]:
    session = Session(Settings())
    open_data(qtbot, session, write_coco_folder(tmp_path / "coco"))
    dataset, settings = (
        session.data.dataset,
        TrainingSettings(hidden_dim=12, wordvec_dim=7, seed=4, wh_scale=1.5),
    )
    assert dataset is not None
    model = settings.new_model(dataset.vocabulary.word_to_idx, dataset.feature_dim)
    session.models.set(CurrentModel(SavedModel.untrained(model, settings, dataset), ModelOrigin.TRAINED))
    shown = ThroughTime(session)
    qtbot.addWidget(shown)
    shown.resize(700, 420)
    shown.show()
    qtbot.waitUntil(lambda: shown.found is not None, timeout=SOON)
    yield shown
    assert session.shut_down()
    shown.hide()
    session.deleteLater()


def test_the_networks_that_runs_of_these_settings_begin_with_stand_side_by_side_for_both_cells(
    view: ThroughTime,
) -> None:
    dataset, current = view._session.data.dataset, view._session.models.current
    assert dataset is not None and current is not None
    studied = draw_studied(dataset)
    lines = {line.name: line for line in view.lines.lines}
    assert list(lines) == ["RNN dh", "LSTM dh", "LSTM dc"]
    for cell, name in (("rnn", "RNN dh"), ("lstm", "LSTM dh")):
        settings = replace(current.saved.settings, cell_type=cell)  # type: ignore[arg-type]
        model = settings.new_model(dataset.vocabulary.word_to_idx, dataset.feature_dim)
        expected = gradient_norms(model, studied)
        assert expected is not None
        np.testing.assert_allclose(lines[name].band, expected.band(view.loss), rtol=1e-5)
    assert expected.c is not None  # of the LSTM, whose cell state has a map of its own
    medians, s = view.c_maps["lstm"]._medians, view.loss
    for loss in range(s + 1):
        of_loss = expected.c[:, loss, 1 : loss + 2]
        np.testing.assert_allclose(medians[loss, 1 : loss + 2], np.nanmedian(of_loss, axis=0), rtol=1e-5)
    assert np.isnan(medians[:, 0]).all() and view.c_maps["lstm"].isVisible()
    said = view.words.text()
    assert "median at the photo, divided by that at the last state" in said and "seed 4:" in said
    assert "Dashed" in said


def test_a_knob_moves_the_line_of_its_cell(view: ThroughTime, qtbot: QtBot) -> None:
    before = view.lines.lines
    view.bias_slider.setValue(30)
    qtbot.waitUntil(lambda: view.lines.lines[0] is not before[0] and view._job is None, timeout=SOON)
    after = view.lines.lines
    np.testing.assert_array_equal(after[0].band, before[0].band)  # a vanilla RNN forgets by no gate
    assert after[1].band[1, 0] > before[1].band[1, 0]
    view.wh_slider.setValue(view.wh_slider.maximum())
    qtbot.waitUntil(lambda: view.lines.lines[0] is not after[0] and view._job is None, timeout=SOON)
    assert view.wh_scale == 4 and view.lines.lines[0].band[1, 0] > after[0].band[1, 0]
    assert "seed 4, with Wh × 4.00 and the forget bias +3.0:" in view.words.text()


def test_a_click_on_a_row_draws_that_loss_and_another_model_its_own_cell_alone(
    view: ThroughTime, qtbot: QtBot
) -> None:
    states = view.maps["rnn"]
    qtbot.mouseClick(states, Qt.MouseButton.LeftButton, pos=states.center_of(2))
    assert view.loss == 2 and view.lines.lines[0].band.shape == (3, 4)
    view.model_choice.setCurrentText(SHOWN)
    qtbot.waitUntil(lambda: len(view.lines.lines) == 1, timeout=SOON)
    current = view._session.models.current
    assert current is not None and f"of {current.words}: median" in view.words.text()
    assert "Dashed" not in view.words.text()
    assert not view.maps["lstm"].isVisible() and view.maps["rnn"].isVisible()
    assert not view.c_maps["lstm"].isVisible()  # a vanilla RNN has no cell state


def test_the_norms_of_a_run_are_drawn_with_the_clips_line_and_its_share(qtbot: QtBot, tmp_path: Path) -> None:
    with training_panel(qtbot, write_coco_folder(tmp_path / "coco")) as panel:
        panel.form.set_settings(replace(QUICK, clip_norm=1.0))
        gradients = panel.run_area.views.open("Gradients")
        assert isinstance(gradients, GradientsView)
        page = gradients.pages.open(WHILE_TRAINING)
        assert isinstance(page, WhileTraining)
        assert "Start a run" in page.words.text() and not page.plot.series
        assert page.plot.accessibleDescription() == "No run yet"  # and no axes of made-up numbers
        panel.start_action.trigger()
        wait(lambda: not panel.is_running(), qtbot)
        run = panel.control.run
        assert run is not None
        recorded = run.parameter_norms()
        assert recorded is not None and len(recorded.iterations) == 40
        lines = {one.name: one for one in page.plot.series}
        assert list(lines) == [*PARAMETER_NAMES, "all together", "clipped at"]
        np.testing.assert_array_equal(lines["Wh"].y, recorded.norms[:, PARAMETER_NAMES.index("Wh")])
        norms = run.history.gradient_norms()
        np.testing.assert_array_equal(lines["all together"].y, norms)
        assert (lines["clipped at"].y == 1).all()
        assert f"{100 * (norms > 1).mean():.0f} % of the steps" in page.words.text()
        axes = page.plot.axes
        assert axes.place(0, 10.0).y() < axes.place(0, 1.0).y()  # upwards
        header, *points = page.plot.rows()
        assert header == ("line", "iteration", "norm of the gradient") and len(points) == 10 * 40


def test_the_memory_test_draws_networks_as_they_learn_and_says_what_they_did(
    qtbot: QtBot, tmp_path: Path
) -> None:
    session = Session(Settings())
    page = MemoryView(session)
    qtbot.addWidget(page)
    assert page.plot.accessibleDescription().startswith("Train: ")
    page.show()
    page.length_choice.setCurrentIndex(0)
    page.bias_slider.setValue(20)
    page.train()
    assert page.is_busy and page.cancel_button.isVisible()
    qtbot.waitUntil(lambda: not page.is_busy, timeout=SOON)
    lines = {one.name: one for one in page.plot.series}
    assert list(lines) == ["RNN", "LSTM, bias 0", "LSTM, bias +2.0", "a guess"]
    expected = learn_to_remember(MemoryLearner("rnn", 5))
    assert expected is not None
    np.testing.assert_array_equal(lines["RNN"].y, [point.nats for point in expected.points])
    assert "LSTM, bias +2.0: remembers" in page.verdict.text() and page.verdict.isVisible()
    assert f"RNN: before it had learned anything, {expected.reach_at_first:.2g} of" in page.words.text()
    page.length_choice.setCurrentIndex(len(LENGTHS) - 1)
    page.train()
    page.cancel()
    assert not page.is_busy and page.run_button.isVisible()
    assert session.shut_down()
    session.deleteLater()
