"""The numbers of the loss plot, as rows of a table."""

import math
from collections.abc import Iterator, Sequence

from captionviewer.core.training.loss_history import LossHistory
from captionviewer.ui.training.frozen_lines import FrozenLoss


def loss_rows(
    history: LossHistory, points: Sequence[FrozenLoss], num_captions: int
) -> Iterator[Sequence[object]]:
    """Give a row for each iteration, the header first.

    The row of an iteration tells of the step that made it and, where validation (`points`, on `num_captions`
    captions) was computed then, of the model after it; that of iteration 0 is of the untrained model.
    """
    header = ["iteration", "loss per caption", "loss per word", "perplexity", "learning rate"]
    frozen = {point.iteration: point for point in points}
    best = min(points, key=lambda point: point.val, default=None)
    if frozen:
        on = f"{num_captions} captions"
        header += [
            f"validation loss per word ({on})",
            f"training loss per word, same model ({on})",
            "best",
        ]
    yield header
    iterations, losses, per_word = history.since(0)
    rates = history.learning_rates()

    def beside(point: FrozenLoss | None) -> list[object]:
        if point is None:
            return [""] * 3 if frozen else []
        return [point.val, point.train, "best validation loss" if point is best else ""]

    if 0 in frozen:
        yield [0, "", "", "", "", *beside(frozen[0])]
    for k, iteration in enumerate(iterations.tolist()):
        word = float(per_word[k])
        step = [iteration, float(losses[k]), word, perplexity(word), float(rates[k])]
        yield [*step, *beside(frozen.get(iteration))]


def perplexity(loss_per_word: float) -> float:
    """How many words the model hesitates between, on average: e to the loss per word."""
    return math.exp(loss_per_word) if loss_per_word < 700 else math.inf
