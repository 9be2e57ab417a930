"""The copies of a model in training that others read: frozen, and known to be finite."""

import copy
from collections.abc import Callable

from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.workspace import never
from captionviewer.core.training.callbacks import Due, RunSolver
from captionviewer.core.training.events import ModelSnapshot
from captionviewer.core.training.model_guard import DivergedError, is_finite


class Snapshots:
    """Keeps the newest snapshot, and takes one where it was asked for (see `Callback`)."""

    name = "snapshot"
    share = 0.0
    shows_the_model = True

    def __init__(self, rate: Callable[[], float]) -> None:
        """`rate()` is the learning rate that was set last, for the words about a model that diverged."""
        self._rate = rate
        self.wanted = False
        self.newest: ModelSnapshot | None = None

    def due(self, now: float, iteration: int) -> Due:
        """Now, if one was asked for."""
        return Due.NOW if self.wanted else Due.NOT_YET

    def run(self, solver: RunSolver) -> None:
        """Publish a copy, unless there is one of this iteration; DivergedError when it is not finite."""
        self.wanted = False
        if self.newest is None or self.newest.iteration != solver.iteration:
            self._publish(solver.model.copy(solver.interrupt or never), solver)

    def take_over(self, solver: RunSolver) -> None:
        """Publish the model itself, which nobody trains any more; DivergedError as for `run`."""
        self._publish(copy.copy(solver.model), solver)  # without the arrays that were kept for speed

    def _publish(self, model: CaptioningRNN, solver: RunSolver) -> None:
        if not is_finite(model):
            what = "The parameters became infinite or NaN"
            raise DivergedError(what, solver.iteration, self._rate())
        self.newest = ModelSnapshot(model, solver.iteration, last_loss(solver))


def last_loss(solver: RunSolver) -> float | None:
    """The loss per caption of the newest iteration; None before the first."""
    return solver.loss_history[-1] if solver.loss_history else None
