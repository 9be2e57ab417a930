"""What a training run tells whoever listens: frozen values, taken from a queue, in the order they happened.

A run's events begin with RunStarted (unless it failed or was stopped while it was prepared) and end with
exactly one of RunFinished, RunStopped and RunFailed.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.folder_layout import Split

if TYPE_CHECKING:
    from captionviewer.core.network.captioning_rnn import CaptioningRNN

PhotoKey = tuple[Split, int]


class RunState(Enum):
    """Where a run is. FINISHED, STOPPED and FAILED are ends."""

    NOT_STARTED = "not started"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_live(self) -> bool:
        """Whether a thread works on the run or waits for it to go on."""
        return self in (RunState.RUNNING, RunState.PAUSED)


@dataclass(frozen=True)
class ModelSnapshot:
    """A model at a step boundary: a copy of its own that nobody writes to.

    `loss` is the loss per caption of the iteration before it (None: untrained).
    """

    model: "CaptioningRNN"
    iteration: int
    loss: float | None


@dataclass(frozen=True)
class RunStarted:
    """The model exists and the captions are drawn; nothing has been learned yet."""

    num_iterations: int
    iterations_per_epoch: int
    num_parameters: int
    caption_rows: IntArray = field(repr=False)  # (n,) rows of train_captions that are trained on
    image_rows: IntArray = field(repr=False)  # (m,) train photos they belong to, each once


@dataclass(frozen=True)
class WatchedCaptions:
    """What the model says of the watched photos now."""

    iteration: int
    captions: tuple[tuple[PhotoKey, str], ...]


@dataclass(frozen=True)
class RunPaused:
    """The run waits at a step boundary, after a pause or a single step."""

    iteration: int


@dataclass(frozen=True)
class RunResumed:
    """The run goes on from where it was paused."""

    iteration: int


@dataclass(frozen=True)
class RunFinished:
    """Every planned iteration is done."""

    iteration: int


@dataclass(frozen=True)
class RunStopped:
    """The run was stopped before its end; what it has learned is kept."""

    iteration: int


@dataclass(frozen=True)
class RunFailed:
    """The run could not go on. `reason` is for people; `kept_iteration` is where the last good model
    is from.
    """

    reason: str
    iteration: int
    kept_iteration: int | None


@dataclass(frozen=True)
class RunNotKept:
    """The run goes on, but what it has learned could not be written. `reason` is for people."""

    reason: str


TerminalEvent = RunFinished | RunStopped | RunFailed
Event = RunStarted | WatchedCaptions | RunPaused | RunResumed | RunNotKept | TerminalEvent
