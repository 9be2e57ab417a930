"""Going on with a run that was kept, and starting a new one from a model's weights."""

from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from captionviewer.core.arrays import FloatArray
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.training.loss_history import LossHistory
from captionviewer.core.training.run_record import CannotContinueError, RunRecord, why_not_continued
from captionviewer.core.training.settings import TrainingSettings

if TYPE_CHECKING:
    from captionviewer.core.coco.dataset import CocoDataset


class HistoryColumns(TypedDict):
    """The columns of a `LossHistory`, by their names in a `RunRecord`."""

    losses: FloatArray
    losses_per_word: FloatArray
    rates: FloatArray
    gradient_norms: FloatArray
    seconds: FloatArray


def check_continued(record: RunRecord, settings: TrainingSettings, dataset: "CocoDataset") -> None:
    """CannotContinueError where a run can't go on with these settings and this data set."""
    problem = why_not_continued(record, dataset)
    if problem is not None:
        raise CannotContinueError(problem)
    if replace(settings, num_epochs=record.settings.num_epochs) != record.settings:
        raise CannotContinueError(
            "A run is continued with its own settings; only its number of epochs may be another."
        )
    if settings.num_epochs * record.iterations_per_epoch < record.iteration:
        raise CannotContinueError(
            f"The run has done {record.iteration:,} iterations: {settings.num_epochs:,} epochs are fewer."
        )


def history_of(record: RunRecord) -> LossHistory:
    """The record's histories, ready to grow."""
    history = LossHistory()
    history.extend(record.losses, record.losses_per_word, record.rates, record.gradient_norms, record.seconds)
    return history


def columns_of(history: LossHistory) -> HistoryColumns:
    """Copies of a history's columns."""
    _, losses, losses_per_word = history.since(0)
    return {
        "losses": losses,
        "losses_per_word": losses_per_word,
        "rates": history.learning_rates(),
        "gradient_norms": history.gradient_norms(),
        "seconds": history.seconds(),
    }


def take_weights(model: CaptioningRNN, weights: CaptioningRNN) -> None:
    """Put copies of a model's parameters into another; ValueError where they are of other sizes."""
    for name, value in model.params.items():
        given = weights.params[name]
        if given.shape != value.shape or weights.cell_type != model.cell_type:
            raise ValueError(f"the weights' {name} has the shape {given.shape}, not {value.shape}")
        model.params[name] = np.array(given, dtype=value.dtype)
