"""Models that were trained for a moment, and their files."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.saved.model_file import SavedModel, save_model
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import TrainingSettings

SMALL = TrainingSettings(hidden_dim=12, wordvec_dim=8, num_captions=10, batch_size=5, num_epochs=3)


@pytest.fixture(scope="module")
def dataset(coco_folder: Path) -> Iterator[CocoDataset]:
    with CocoDataset.open(coco_folder) as opened:
        yield opened


@pytest.fixture(scope="module", params=["rnn", "lstm"])
def trained(request: pytest.FixtureRequest, dataset: CocoDataset) -> SavedModel:
    run = TrainingRun(replace(SMALL, cell_type=request.param), dataset)
    run.start()
    assert run.wait(20)
    snapshot = run.snapshot()
    assert snapshot is not None
    return SavedModel.of_run(run, snapshot)


@pytest.fixture
def saved(trained: SavedModel, tmp_path: Path) -> Path:
    path = tmp_path / "model.npz"
    save_model(path, trained)
    return path
