"""A cell is declared in one table: what trains, writes captions, looks inside and saves follows it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from captionviewer.core.inspection.cell_terms import cell_terms
from captionviewer.core.inspection.states import trace_states
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.network.cells import CELLS, CellType
from captionviewer.core.saved.model_file import ModelFileError, SavedModel, open_model, save_model
from captionviewer.core.saved.torch_export import export_for_torch
from captionviewer.core.training import settings as settings_module
from captionviewer.core.training.settings import TrainingSettings
from tests.core.network.caption_cases import START, small_data, small_model

NEW = cast(CellType, "new")


@pytest.fixture
def new_cell(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A cell with the vanilla RNN's equations under another name."""
    cells = cast(dict[CellType, Any], CELLS)
    monkeypatch.setitem(cells, NEW, replace(CELLS["rnn"], label="New", name="new cell", torch_gates=None))
    # The form's choices are made of the table when the module is imported, which was before.
    fields = tuple(
        replace(field, choices=tuple((name, cell.label) for name, cell in CELLS.items()))
        if field.name == "cell_type"
        else field
        for field in settings_module.FIELDS
    )
    monkeypatch.setattr(settings_module, "FIELDS", fields)
    yield


def trained(cell: CellType) -> tuple[CaptioningRNN, list[float]]:
    model = small_model(12, cell, np.float64, 0)
    rng = np.random.default_rng(2)
    solver = CaptioningSolver(model, small_data(), num_epochs=3, batch_size=5, verbose=False, rng=rng)
    solver.train()
    return model, [float(loss) for loss in solver.loss_history]


def test_a_cell_that_the_table_declares_trains_and_writes_as_its_equations_say(new_cell: None) -> None:
    model, losses = trained(NEW)
    same, expected = trained("rnn")
    assert losses == expected and losses[-1] < losses[0]
    features = np.random.default_rng(1).standard_normal((4, model.input_dim))
    np.testing.assert_array_equal(model.sample(features), same.sample(features))


def test_its_states_are_shown_without_an_equation_that_is_another_cell_s(new_cell: None) -> None:
    model, _ = trained(NEW)
    trace = trace_states(model, np.ones(model.input_dim), np.array([START, 5, 7]))
    assert set(trace.values) == {"h"} and trace.values["h"].shape == (3, model.hidden_dim)
    assert cell_terms(model, trace, 0, 1) is None


def test_its_models_are_saved_and_opened_and_not_exported_as_what_they_are_not(
    new_cell: None, tmp_path: Path
) -> None:
    words = ("<NULL>", "<START>", "<END>", "<UNK>", "bird")
    model = CaptioningRNN({word: index for index, word in enumerate(words)}, 6, 5, 7, NEW)
    settings = TrainingSettings(cell_type=NEW, wordvec_dim=5, hidden_dim=7)
    none, rows = np.empty(0, np.float32), np.empty(0, np.int64)
    saved = SavedModel(model, settings, 12, none, none, none, rows, "storybook", "pca")
    save_model(tmp_path / "model.npz", saved)
    opened = open_model(tmp_path / "model.npz").model
    assert opened.cell_type == NEW
    np.testing.assert_array_equal(opened.params["Wh"], model.params["Wh"])
    with pytest.raises(ModelFileError, match="PyTorch has no new cell"):
        export_for_torch(saved, None, tmp_path / "exported")
