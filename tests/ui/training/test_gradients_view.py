"""Gradients: the lines are the core's quantiles, a knob moves them, a row chooses the loss."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from captionviewer.core.inspection.gradient_study import draw_studied, gradient_norms
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.saved.model_file import SavedModel
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings
from captionviewer.ui.training.gradients.gradients_view import SHOWN, GradientsView
from tests.coco_folder_writer import write_coco_folder
from tests.ui.training.training_setup import SOON, open_data


@pytest.fixture
def view(qtbot: QtBot, tmp_path: Path) -> Iterator[GradientsView]:
    session = Session(Settings())
    open_data(qtbot, session, write_coco_folder(tmp_path / "coco"))
    dataset, settings = session.dataset, TrainingSettings(hidden_dim=12, wordvec_dim=7, seed=4)
    assert dataset is not None
    model = settings.new_model(dataset.vocabulary.word_to_idx, dataset.feature_dim)
    session.set_model(CurrentModel(SavedModel.untrained(model, settings, dataset), ModelOrigin.TRAINED))
    shown = GradientsView(session)
    qtbot.addWidget(shown)
    shown.resize(700, 420)
    shown.show()
    qtbot.waitUntil(lambda: shown.found is not None, timeout=SOON)
    yield shown
    assert session.shut_down()
    shown.hide()
    session.deleteLater()


def test_both_cells_of_the_same_sizes_seed_and_captions_stand_side_by_side(view: GradientsView) -> None:
    dataset = view._session.dataset
    assert dataset is not None
    studied = draw_studied(dataset)
    lines = {line.name: line for line in view.lines.lines}
    assert list(lines) == ["RNN dh", "LSTM dh", "LSTM dc"]
    for cell, name in (("rnn", "RNN dh"), ("lstm", "LSTM dh")):
        model = CaptioningRNN(
            dataset.vocabulary.word_to_idx,
            dataset.feature_dim,
            7,
            12,
            cell,  # type: ignore[arg-type]
            rng=np.random.default_rng(4),
        )
        expected = gradient_norms(model, studied)
        np.testing.assert_allclose(lines[name].band, expected.band(view.loss), rtol=1e-5)
    assert "At the photo over the last state" in view.words.text() and "seed 4" in view.words.text()


def test_a_knob_moves_the_line_of_its_cell(view: GradientsView, qtbot: QtBot) -> None:
    before = view.lines.lines
    view.bias_slider.setValue(30)
    qtbot.waitUntil(lambda: view.lines.lines[0] is not before[0] and view._job is None, timeout=SOON)
    after = view.lines.lines
    np.testing.assert_array_equal(after[0].band, before[0].band)  # a vanilla RNN forgets by no gate
    assert after[1].band[1, 0] > before[1].band[1, 0]
    view.wh_slider.setValue(view.wh_slider.maximum())
    qtbot.waitUntil(lambda: view.lines.lines[0] is not after[0] and view._job is None, timeout=SOON)
    assert view.wh_scale == 4 and view.lines.lines[0].band[1, 0] > after[0].band[1, 0]


def test_a_click_on_a_row_draws_that_loss_and_another_model_its_own_cell_alone(
    view: GradientsView, qtbot: QtBot
) -> None:
    states = view.maps["rnn"]
    qtbot.mouseClick(states, Qt.MouseButton.LeftButton, pos=states.center_of(2))
    assert view.loss == 2 and view.lines.lines[0].band.shape == (3, 4)
    view.model_choice.setCurrentText(SHOWN)
    qtbot.waitUntil(lambda: len(view.lines.lines) == 1, timeout=SOON)
    current = view._session.model
    assert current is not None and current.words in view.words.text()
    assert not view.maps["lstm"].isVisible() and view.maps["rnn"].isVisible()
