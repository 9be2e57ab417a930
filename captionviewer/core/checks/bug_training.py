"""How a bug trains all the same: the same few captions, parameters and minibatches with it and without it."""

from collections.abc import Callable
from dataclasses import dataclass

from captionviewer.core.checks.bugs import Bug
from captionviewer.core.checks.check import Bench
from captionviewer.core.checks.few_captions import FewCaptions
from captionviewer.core.checks.subject import Subject, fresh_layers
from captionviewer.core.network.cells import CellType
from captionviewer.core.network.library_threads import one_library_thread

ITERATIONS = 150
SIZES = {"hidden_dim": 192, "wordvec_dim": 96}  # learns 50 captions by heart as the notebook's does, sooner


@dataclass(frozen=True)
class BugTraining:
    """Two trainings, so far.

    Attributes
    ----------
    bug, cell
        Which bug, in a network of which cell.
    iterations
        How many are planned.
    right, broken
        The loss of each iteration as the intact layers say it, and as those with the bug say it, nats a
        caption. The latter may be another quantity: a student sees no other.
    given_back
        How many of the `captions` each then writes word for word, right and broken; None before the end.
    captions
        How many are learned.
    """

    bug: Bug
    cell: CellType
    iterations: int
    right: tuple[float, ...]
    broken: tuple[float, ...]
    given_back: tuple[int, int] | None
    captions: int

    @property
    def words(self) -> str:
        """What is seen, in a sentence; "" before the end."""
        if self.given_back is None:
            return ""
        right, broken = self.given_back
        if broken >= right:
            verdict = "trains on as if nothing were wrong"
        elif self.broken[-1] < 2 * max(self.right[-1], 0.1):
            verdict = "has a loss that looks right, and captions that are not"
        else:
            verdict = "shows in the loss"
        return (
            f"After {self.iterations} iterations ({self.cell.upper()}) the loss is {self.broken[-1]:.3g} with"
            f" the bug and {self.right[-1]:.3g} without, nats a caption; of {self.captions} captions learned "
            f"by heart {broken} are given back with it and {right} without: here this bug {verdict}."
        )


def cell_of(bug: Bug) -> CellType:
    """The cell whose network shows the bug."""
    return "lstm" if bug.function.startswith("lstm") else "rnn"


def train_beside(
    bug: Bug,
    few: FewCaptions,
    iterations: int = ITERATIONS,
    seed: int = 231,
    *,
    stop: Callable[[], bool] = lambda: False,
    report: Callable[[BugTraining], object] = lambda _: None,
) -> BugTraining | None:
    """Train with the bug and without it, an iteration of each in turn.

    Parameters
    ----------
    bug, few
        What is wrong, and what is learned by heart.
    iterations, seed
        How many minibatches; of parameters and minibatches, the same for both.
    stop, report
        Asked, and told how far both are, after each iteration.

    Returns
    -------
    Both to the end; None if stopped.
    """
    cell = cell_of(bug)
    of_each = [
        Bench(subject, few, seed, **SIZES).new_training(cell)
        for subject in (Subject(fresh_layers()), bug.subject())
    ]
    (_, right), (_, broken) = of_each

    def so_far(given_back: tuple[int, int] | None = None) -> BugTraining:
        losses = tuple(right.loss_history), tuple(broken.loss_history)
        return BugTraining(bug, cell, iterations, *losses, given_back, len(few.train_captions))

    with one_library_thread():  # its threads wait for each other where other programs are at work
        for _ in range(iterations):
            if stop():
                return None
            right.step()
            broken.step()
            report(so_far())
    without, with_it = (few.given_back(model.sample(few.train_features)) for model, _ in of_each)
    return so_far((without, with_it))
