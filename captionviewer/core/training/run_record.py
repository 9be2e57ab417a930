"""What is kept of a training run: all that it was and said, and while there is room the model and what it
takes to go on with it.
"""

import platform
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from threadpoolctl import threadpool_info

from captionviewer import __version__
from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.caption_digest import digest_of_captions
from captionviewer.core.coco.feature_kinds import FeatureKind
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.solver_state import SolverState
from captionviewer.core.training.caption_stops import RecordedCaptions
from captionviewer.core.training.norm_history import ParameterNorms
from captionviewer.core.training.run_scores import RunScores
from captionviewer.core.training.setting_edits import SettingEdit
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.core.training.validation import ValidationPoint

if TYPE_CHECKING:
    from captionviewer.core.coco.dataset import CocoDataset

Outcome = Literal["running", "paused", "finished", "stopped", "failed"]
OUTCOMES: tuple[Outcome, ...] = ("running", "paused", "finished", "stopped", "failed")


class CannotContinueError(CaptionviewerError):
    """A run that can't go on where it was left; `str()` says why and what can be done."""


@dataclass(frozen=True)
class Machine:
    """What a run was computed with: the last bits of its numbers depend on it.

    Attributes
    ----------
    captionviewer, numpy, python
        versions.
    products
        the library of matrix products, with its version.
    threads
        how many threads a product takes while a network trains: one, where the library can be told
        (see `network/library_threads`); 0: not known.
    """

    captionviewer: str
    numpy: str
    python: str
    products: str
    threads: int

    @classmethod
    def here(cls) -> "Machine":
        """What this program runs with now."""
        libraries = [library for library in threadpool_info() if library.get("user_api") == "blas"]
        names = sorted({f"{one.get('internal_api')} {one.get('version')}" for one in libraries})
        threads = 1 if libraries else 0
        return cls(__version__, np.__version__, platform.python_version(), ", ".join(names), threads)

    @property
    def repeats_exactly(self) -> bool:
        """Whether the same steps give the same bits each time: products in one thread do."""
        return self.threads == 1


@dataclass(frozen=True)
class RunRecord:
    """What is known of a run, at one of its step boundaries or at its end.

    Attributes
    ----------
    settings
        what it was started with; what was changed since stands in `edits`.
    vocabulary
        the words, by their ids.
    caption_rows, data_name, feature_kind, data_digest
        what it was trained on.
    iteration, num_iterations, iterations_per_epoch
        steps done, steps planned, steps an epoch.
    losses, losses_per_word, rates, gradient_norms, seconds
        (iteration,) float32 each, as in `LossHistory`; NaN in the last two: not known.
    edits, validation, stops
        what was changed while it ran; losses on fixed captions; captions of the watched photos.
    unigram_nats
        what counting words costs on val; None: not computed.
    outcome, reason
        how it stands or ended, and why it failed.
    started
        seconds since 1970.
    machine
        what computed it.
    model, model_iteration
        the model, and the iteration it is of; None: not kept.
    state
        what it takes to go on; None: not kept.
    state_problem
        why there is a state that can't be used; "" else.
    best, best_iteration
        the model of the best validation loss; None: not kept.
    parameter_norms
        of each parameter's gradient, at evenly spaced iterations; None: not known.
    scores
        what captions of one of its models scored, when somebody asked; None: nobody did.
    """

    settings: TrainingSettings
    vocabulary: tuple[str, ...] = field(repr=False)
    caption_rows: IntArray = field(repr=False)
    data_name: str
    feature_kind: FeatureKind
    data_digest: str
    iteration: int
    num_iterations: int
    iterations_per_epoch: int
    losses: FloatArray = field(repr=False)
    losses_per_word: FloatArray = field(repr=False)
    rates: FloatArray = field(repr=False)
    gradient_norms: FloatArray = field(repr=False)
    seconds: FloatArray = field(repr=False)
    edits: tuple[SettingEdit, ...]
    validation: tuple[ValidationPoint, ...] = field(repr=False)
    stops: RecordedCaptions | None = field(repr=False)
    unigram_nats: float | None
    outcome: Outcome
    reason: str
    started: float
    machine: Machine
    model: CaptioningRNN | None = None
    model_iteration: int = 0
    state: SolverState | None = field(default=None, repr=False)
    state_problem: str = ""
    best: CaptioningRNN | None = None
    best_iteration: int = 0
    parameter_norms: ParameterNorms | None = field(default=None, repr=False)
    scores: RunScores | None = None

    @property
    def seconds_trained(self) -> float:
        """How long it trained, pauses left out; 0 where that is not known."""
        return float(self.seconds[-1]) if len(self.seconds) and np.isfinite(self.seconds[-1]) else 0.0

    @property
    def validation_points(self) -> tuple[FloatArray, FloatArray]:
        """The iterations at which val was looked at, and its loss then, float64, both (v,)."""
        return (
            np.array([point.iteration for point in self.validation], dtype=np.float64),
            np.array([point.val for point in self.validation], dtype=np.float64),
        )

    @property
    def best_validation(self) -> ValidationPoint | None:
        """The point of the lowest loss on val; None before the first."""
        return min(self.validation, key=lambda point: point.val, default=None)


def why_not_continued(record: RunRecord, dataset: "CocoDataset") -> str | None:
    """Why a run can't go on with a data set, in words for people; None when it can."""
    if record.state is None or record.model is None:
        why = record.state_problem or "what it takes to go on was not kept"
        return f"This run can't be continued: {why}. Start from its weights, or repeat it."
    words = dataset.vocabulary.idx_to_word
    same_words = len(words) == len(record.vocabulary) and tuple(words) == record.vocabulary
    rows = record.caption_rows
    if (
        not same_words
        or dataset.feature_dim != record.model.input_dim
        or dataset.feature_kind != record.feature_kind
        or not len(rows)
        or int(rows.max()) >= dataset.split("train").num_captions
        or digest_of_captions(dataset, rows) != record.data_digest
    ):
        return (
            f"This run can't be continued on the open data: it was trained on {record.data_name}"
            f" ({record.feature_kind} features), on captions that are others here. Open that data first."
        )
    return None


def how_exactly(record: RunRecord, here: Machine | None = None) -> str:
    """To which numbers a continued run goes on, in words for people."""
    here = Machine.here() if here is None else here
    then = record.machine
    if not (here.repeats_exactly and then.repeats_exactly):
        return "to the same numbers up to rounding, for matrix products may take several threads"
    if (then.numpy, then.products) != (here.numpy, here.products):
        return "to the same numbers up to rounding, for another NumPy computes them"
    return "to the same numbers, bit for bit"
