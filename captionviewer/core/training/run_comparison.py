"""Runs beside each other: their curves over one axis, bands of seeds, and what can't be compared."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.training.caption_stops import RecordedCaptions
from captionviewer.core.training.events import PhotoKey
from captionviewer.core.training.loss_history import RunningSum, thin_to_columns
from captionviewer.core.training.run_record import RunRecord
from captionviewer.core.training.settings import TrainingSettings

Axis = Literal["iteration", "epoch", "seconds", "captions"]
AXES: tuple[tuple[Axis, str], ...] = (
    ("iteration", "iterations"), ("epoch", "epochs"), ("seconds", "seconds trained"),
    ("captions", "captions seen"),
)  # fmt: skip
COLUMNS = 320  # a curve is thinned to the minimum and maximum of so many columns
_SAME_NATS = 1e-9  # of what counting words costs, which is the same where the data is


@dataclass(frozen=True)
class RunCurve:
    """The losses of a run over an axis, in nats a word; float64, thinned for a plot.

    Attributes
    ----------
    x, y
        (n,) every loss, thinned so that minima and maxima stay.
    smooth_x, smooth_y
        (m,) the moving average.
    val_x, val_y
        (v,) the loss on the fixed captions of val.
    """

    x: FloatArray = field(repr=False)
    y: FloatArray = field(repr=False)
    smooth_x: FloatArray = field(repr=False)
    smooth_y: FloatArray = field(repr=False)
    val_x: FloatArray = field(repr=False)
    val_y: FloatArray = field(repr=False)


@dataclass(frozen=True)
class SeedBand:
    """What runs that differ in the seed alone have in common: the lowest, the mean and the highest."""

    runs: tuple[int, ...]  # numbers of the runs
    x: FloatArray = field(repr=False)
    low: FloatArray = field(repr=False)
    mean: FloatArray = field(repr=False)
    high: FloatArray = field(repr=False)


def places(
    axis: Axis,
    iterations: FloatArray,
    settings: TrainingSettings,
    iterations_per_epoch: int,
    seconds: FloatArray,
) -> FloatArray:
    """Where iterations (n,) stand on an axis; NaN where nobody knows their second.

    `seconds` (N,) are those of every iteration so far, the first being iteration 1.
    """
    wanted = np.asarray(iterations, dtype=np.float64)
    if axis == "epoch":
        return wanted / max(1, iterations_per_epoch)
    if axis == "captions":
        return wanted * settings.batch_size
    if axis == "seconds":
        known: FloatArray = np.concatenate([[0.0], np.asarray(seconds, dtype=np.float64)])
        return known[np.clip(wanted.astype(np.int64), 0, len(known) - 1)]
    return wanted


def curve_of(record: RunRecord, axis: Axis) -> RunCurve:
    """A run's losses over an axis; empty where its seconds are asked for and were not kept."""

    def on_axis(iterations: FloatArray) -> FloatArray:
        return places(axis, iterations, record.settings, record.iterations_per_epoch, record.seconds)

    losses, sums = record.losses_per_word, RunningSum()
    sums.extend(losses)
    at, means = sums.smoothed(max(3, len(losses) // 60), COLUMNS)
    return curve_over(losses, (at + 1, means), record.validation_points, on_axis)


def curve_over(
    losses: FloatArray,
    smoothed: tuple[IntArray, FloatArray],
    validation: tuple[FloatArray, FloatArray],
    on_axis: Callable[[FloatArray], FloatArray],
) -> RunCurve:
    """Losses a word (n,), smoothed ones and validation, both as (iterations, nats a word), as a curve.

    `on_axis` places iterations.
    """
    thin_x, y = thin_to_columns(np.arange(1, len(losses) + 1), losses, COLUMNS)
    lines = []
    for iterations, values in ((thin_x, y), smoothed, validation):
        x = on_axis(np.asarray(iterations, dtype=np.float64))
        known = np.isfinite(x) & np.isfinite(values)
        lines += [x[known], np.asarray(values, dtype=np.float64)[known]]
    return RunCurve(*lines)


def seed_groups(runs: Sequence[RunRecord]) -> tuple[tuple[int, ...], ...]:
    """The numbers of runs of the same data that differ in the seed alone, two or more together."""
    found: list[list[int]] = []
    for number, run in enumerate(runs):
        like = (group for group in found if _differ_in_the_seed(runs[group[0]], run))
        group = next(like, None)
        if group is None:
            found.append(group := [])
        group.append(number)
    return tuple(tuple(group) for group in found if len({runs[number].settings.seed for number in group}) > 1)


def seed_band(numbers: tuple[int, ...], curves: Sequence[RunCurve]) -> SeedBand | None:
    """The band of some runs' smoothed losses, as far as all of them go; None where they have none."""
    lines = [(curves[number].smooth_x, curves[number].smooth_y) for number in numbers]
    if any(len(x) < 2 for x, _ in lines):
        return None
    first, last = max(x[0] for x, _ in lines), min(x[-1] for x, _ in lines)
    if not last > first:
        return None
    grid: FloatArray = np.linspace(first, last, COLUMNS)
    values = np.stack([np.interp(grid, x, y) for x, y in lines])
    return SeedBand(numbers, grid, values.min(axis=0), values.mean(axis=0), values.max(axis=0))


def why_not_comparable(one: RunRecord, other: RunRecord) -> str:
    """Why the losses of two runs can't be compared, in words for people; "" where they can.

    The vocabulary decides which words are `<UNK>`, and so what a word costs.
    """
    if one.vocabulary != other.vocabulary:
        return (
            "another vocabulary, so another rule for <UNK>"
            if one.data_name == other.data_name
            else "other data, with another vocabulary"
        )
    if one.feature_kind != other.feature_kind:
        return f"{other.feature_kind} features in place of {one.feature_kind} ones"
    nats = one.unigram_nats, other.unigram_nats
    if nats[0] is not None and nats[1] is not None and abs(nats[0] - nats[1]) > _SAME_NATS:
        return "other data: its words cost another number of nats to who counts them"
    drawn = [
        (run.settings.seed, run.settings.num_captions, run.settings.one_caption_an_image)
        for run in (one, other)
    ]
    if drawn[0] == drawn[1] and one.data_digest != other.data_digest:
        return "other captions, drawn alike: the data has changed"
    return ""


def _differ_in_the_seed(one: RunRecord, other: RunRecord) -> bool:
    """Whether two runs of the same data have the same settings, the seed aside."""
    alike = replace(one.settings, seed=0) == replace(other.settings, seed=0)
    return alike and not why_not_comparable(one, other)


def photos_in_common(stops: Sequence[RecordedCaptions | None]) -> tuple[PhotoKey, ...]:
    """The photos that every run watched, in the order of the first; of val first, which nobody trains on."""
    known = [record for record in stops if record is not None and len(record)]
    if not known or len(known) < len(stops):
        return ()
    common = [key for key in known[0].photos if all(key in record.photos for record in known[1:])]
    return tuple(sorted(common, key=lambda key: key[0] != "val"))


def differing_words(captions: Sequence[Sequence[str]]) -> tuple[tuple[bool, ...], ...]:
    """For each caption, which of its words differ: from the first's, and in the first from any other's."""
    if not captions:
        return ()
    first = list(captions[0])
    in_first = [False] * len(first)
    found: list[tuple[bool, ...]] = []
    for caption in captions[1:]:
        words = list(caption)
        theirs, ours = [True] * len(words), [True] * len(first)
        matcher = difflib.SequenceMatcher(None, first, words, autojunk=False)
        for block in matcher.get_matching_blocks():
            theirs[block.b : block.b + block.size] = [False] * block.size
            ours[block.a : block.a + block.size] = [False] * block.size
        in_first = [before or now for before, now in zip(in_first, ours, strict=True)]
        found.append(tuple(theirs))
    return (tuple(in_first), *found)
