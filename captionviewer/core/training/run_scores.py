"""What the captions of a run's model scored, in a form that can be kept and laid beside another run's."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from captionviewer.core.evaluation.scorecard import Scorecard


@dataclass(frozen=True)
class RunScores:
    """The model's row of a `Scorecard`, without the photos.

    Attributes
    ----------
    iteration
        of the model that was scored.
    made
        how they were made, in sentences for people; scores are only comparable where this is the same.
    values
        by the metric's key, finite ones only.
    intervals
        95 % intervals of those that have one, low and high.
    """

    iteration: int
    made: str
    values: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, card: "Scorecard", iteration: int) -> "RunScores":
        """What a table says of its model, that of `iteration`."""
        row = card.row("model")
        return cls(
            iteration,
            card.made,
            {key: value for key, value in row.values.items() if math.isfinite(value)},
            {
                key: (one.low, one.high)
                for key, one in row.intervals.items()
                if math.isfinite(one.low) and math.isfinite(one.high)
            },
        )
