"""Runs that were trained for a moment, for the tests of what is kept of them."""

from typing import Any

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.run_record import RunRecord
from captionviewer.core.training.settings import TrainingSettings

SMALL = TrainingSettings(
    cell_type="lstm", hidden_dim=12, wordvec_dim=8, num_captions=20, batch_size=5, num_epochs=4, clip_norm=3.0
)


def record_of(settings: TrainingSettings, dataset: CocoDataset, **more: Any) -> RunRecord:
    """What was kept last of a run to its end."""
    kept: list[RunRecord] = []
    run = TrainingRun(settings, dataset, keep=kept.append, **more)
    run.start()
    assert run.wait(20)
    return kept[-1]
