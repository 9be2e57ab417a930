"""Copies of a model in training that are known to be good, to fall back on when the run diverges."""

from collections import deque
from collections.abc import Iterable

import numpy as np

from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.workspace import never
from captionviewer.core.training.callbacks import Due, RunSolver
from captionviewer.core.training.events import ModelSnapshot
from captionviewer.core.training.moments import Moments

GUARD_EVERY = 25  # iterations between two copies; by count and not by the clock, so that runs repeat
NUM_KEPT = 2


class DivergedError(CaptionviewerError):
    """The parameters or the loss are no longer finite; `str()` is the whole message for people."""

    def __init__(self, what: str, iteration: int, learning_rate: float) -> None:
        super().__init__(
            f"{what} at iteration {iteration:,}: the run has diverged, usually because the learning rate"
            f" ({learning_rate:g}) is too large. Try a tenth of it."
        )


class ModelGuard:
    """Keeps the newest copies that are known to be good.

    Whether a copy is good shows only in the step after it: finite parameters may be so large that the next
    loss is not. So a copy waits as a candidate until `loss_was_finite()`. It is made between steps: see
    `Callback`.
    """

    name = "copy to fall back on"
    share = 0.0
    shows_the_model = False

    def __init__(self, moments: Moments | None = None) -> None:
        """`moments` is given each copy that is known to be good."""
        self._moments = moments
        self._good: deque[ModelSnapshot] = deque(maxlen=NUM_KEPT)
        self._candidate: ModelSnapshot | None = None

    def due(self, now: float, iteration: int) -> Due:
        """Every `GUARD_EVERY` iterations, whatever it costs."""
        return Due.NOW if iteration % GUARD_EVERY == 0 else Due.NOT_YET

    def run(self, solver: RunSolver) -> None:
        """Copy the model, as a candidate."""
        loss = solver.loss_history[-1] if solver.loss_history else None
        self._candidate = ModelSnapshot(solver.model.copy(solver.interrupt or never), solver.iteration, loss)

    def begin_with(self, snapshot: ModelSnapshot) -> None:
        """Take a model that a continued run begins with as good: a step was made from it before."""
        self._is_good(snapshot)

    def loss_was_finite(self) -> None:
        """Say that the step after the copy went well."""
        if self._candidate is not None:
            self._is_good(self._candidate)
            self._candidate = None

    def _is_good(self, snapshot: ModelSnapshot) -> None:
        self._good.append(snapshot)
        if self._moments is not None:
            self._moments.add(snapshot)

    def let_go(self) -> None:
        """Forget all copies: the run has ended, and falls back on none any more."""
        self._good.clear()
        self._candidate = None

    def newest_good(self, others: Iterable[ModelSnapshot] = ()) -> ModelSnapshot | None:
        """The newest finite one of the good copies and of `others`; None where nothing is good."""
        good = [copy for copy in (*self._good, *others) if is_finite(copy.model)]
        return max(good, key=lambda copy: copy.iteration, default=None)


def is_finite(model: CaptioningRNN) -> bool:
    """Whether no parameter is NaN or infinite; it takes no memory, which may be what a run died of."""
    return all(
        bool(np.isfinite(extreme))
        for parameter in model.params.values()
        for extreme in (parameter.min(), parameter.max())  # either is NaN where any number is
    )
