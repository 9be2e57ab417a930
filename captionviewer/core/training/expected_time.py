"""How long a run will take, said before it starts: from its products and the speed seen here before."""

from captionviewer.core.network.parameter_shapes import parameter_shapes
from captionviewer.core.training.settings import DataFacts, TrainingSettings

USUAL_SPEED = 3e10  # multiplications a second of a step, two cores of a server of 2025; until a run was timed
_FILLED = 0.7  # of the target positions hold a word, in COCO 0.62 to 0.70
_SCALARS = 40  # multiplications that a parameter's optimizer step takes as long as, bound by memory


def multiplications_a_step(settings: TrainingSettings, facts: DataFacts) -> float:
    """The multiplications of one training step, forwards and back, with what takes as long as such.

    Counted are the products of the packed positions (three times each: forwards, and the gradients of either
    factor) and the optimizer, by the number of parameters. Wx is multiplied once for each different word,
    some quarter of the positions.
    """
    V, D, W, H = facts.vocabulary_size, facts.feature_dim, settings.wordvec_dim, settings.hidden_dim
    shapes = parameter_shapes(settings.cell_type, V, D, W, H)
    sizes = {name: shape[0] * shape[1] for name, shape in shapes.items() if len(shape) == 2}
    positions = settings.batch_size * max(1.0, _FILLED * (facts.caption_length - 1))
    products = positions * (sizes["Wh"] + sizes["W_vocab"] + sizes["Wx"] / 4)
    return 3 * (products + settings.batch_size * sizes["W_proj"]) + _SCALARS * settings.num_parameters(facts)


def expected_seconds(settings: TrainingSettings, facts: DataFacts, speed: float = USUAL_SPEED) -> float:
    """Seconds that a run of these settings takes where a step's multiplications go at `speed` a second."""
    steps = settings.num_epochs * settings.iterations_per_epoch(facts)
    return steps * multiplications_a_step(settings, facts) / speed


def expected_time_words(seconds: float) -> str:
    """Write a time as exactly as such an estimate is worth: "about 3 s", "about 20 min", "about 5 h"."""
    for unit, name in ((86_400.0, "days"), (3600.0, "h"), (60.0, "min"), (1.0, "s")):
        amount = seconds / unit
        if amount >= 1.5 or name == "s":
            whole = round(amount) if amount < 10 else 5 * round(amount / 5)
            return f"about {max(whole, 1):,} {name}"
    raise AssertionError  # the last unit is always taken
