"""Scores in the description of a run file, checked as a stranger's."""

from collections.abc import Mapping

from captionviewer.core.number_archive import ArchiveError
from captionviewer.core.saved.checked_fields import is_finite_number, whole_number_in
from captionviewer.core.training.run_scores import RunScores

LONGEST_WORDS = 4000


def written_scores(scores: RunScores | None) -> dict[str, object] | None:
    """Scores as JSON holds them; None for none."""
    if scores is None:
        return None
    return {
        "iteration": scores.iteration,
        "made": scores.made[:LONGEST_WORDS],
        "values": dict(scores.values),
        "intervals": {key: list(ends) for key, ends in scores.intervals.items()},
    }


def read_scores(told: object, most_iteration: int) -> RunScores | None:
    """Read them; None where there are none.  ArchiveError: they are what can't be."""
    if told is None:
        return None
    if not isinstance(told, dict) or not isinstance(told.get("made"), str):
        raise ArchiveError("its scores are not described")
    iteration = whole_number_in(told, "iteration")
    values, intervals = told.get("values"), told.get("intervals")
    if (
        not isinstance(values, dict)
        or not isinstance(intervals, dict)
        or iteration > most_iteration
        or len(told["made"]) > LONGEST_WORDS
        or not all(isinstance(ends, list) and len(ends) == 2 for ends in intervals.values())
        or not _are_numbers(values)
        or not all(_are_numbers({key: end}) for key, ends in intervals.items() for end in ends)
    ):
        raise ArchiveError("its scores are what can't be")
    return RunScores(
        iteration,
        told["made"],
        {key: float(value) for key, value in values.items()},
        {key: (float(ends[0]), float(ends[1])) for key, ends in intervals.items()},
    )


def _are_numbers(values: Mapping[str, object]) -> bool:
    from captionviewer.core.evaluation.metrics import METRICS  # the launch needs none of the scores

    keys = {metric.key for metric in METRICS}
    return all(key in keys and is_finite_number(value) for key, value in values.items())
