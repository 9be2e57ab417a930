"""Runs beside each other: axes, bands of seeds, what can't be compared, and the words that differ."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from captionviewer.core.coco.dataset import CocoDataset, FeatureKind
from captionviewer.core.training.run_comparison import (
    AXES,
    COLUMNS,
    curve_of,
    differing_words,
    photos_in_common,
    seed_band,
    seed_groups,
    why_not_comparable,
)
from captionviewer.core.training.run_names import names_in_a_list, run_names
from captionviewer.core.training.run_record import RunRecord
from captionviewer.core.training.settings import TrainingSettings
from tests.core.saved.run_cases import SMALL, record_of


@pytest.fixture(scope="module")
def record(coco_folder: Path) -> RunRecord:
    with CocoDataset.open(coco_folder) as dataset:
        return record_of(SMALL, dataset, watched=[dataset.split("val").record(0)])


def with_losses(record: RunRecord, losses: np.ndarray, **more: object) -> RunRecord:
    column = losses.astype(np.float32)
    seconds = np.arange(1, len(column) + 1, dtype=np.float32) / 4
    changed = {"losses_per_word": column, "iteration": len(column), "seconds": seconds, **more}
    return replace(record, **changed)  # type: ignore[arg-type]


def test_curves_stand_over_iterations_epochs_seconds_or_captions(record: RunRecord) -> None:
    run = with_losses(record, np.linspace(4, 1, 16))
    ends = {axis: curve_of(run, axis).x[[0, -1]].tolist() for axis, _ in AXES}
    assert ends == {"iteration": [1, 16], "epoch": [0.25, 4], "seconds": [0.25, 4], "captions": [5, 80]}
    curve = curve_of(run, "iteration")
    np.testing.assert_allclose(curve.y, np.linspace(4, 1, 16), rtol=1e-6)
    assert curve.val_x.tolist() == [point.iteration for point in record.validation]
    unknown = replace(run, seconds=np.full(16, np.nan, dtype=np.float32))
    assert not len(curve_of(unknown, "seconds").y)


def test_a_long_curve_keeps_its_extremes(record: RunRecord) -> None:
    losses = np.ones(50_000)
    losses[[1234, 43_210]] = 9.0, 0.125
    curve = curve_of(with_losses(record, losses), "iteration")
    assert len(curve.y) <= 2 * COLUMNS
    assert (curve.y.max(), curve.y.min()) == (9.0, 0.125)


def test_runs_that_differ_in_the_seed_alone_are_a_band_of_lowest_mean_and_highest(record: RunRecord) -> None:
    base = TrainingSettings()
    settings = [base, replace(base, learning_rate=1.0), replace(base, seed=2), replace(base, seed=3), base]
    runs = [replace(record, settings=each) for each in settings]
    assert seed_groups(runs) == ((0, 2, 3, 4),)
    assert seed_groups([runs[0], runs[0]]) == ()
    elsewhere = replace(runs[2], vocabulary=record.vocabulary[:-1])  # the same settings, other data
    assert seed_groups([runs[0], elsewhere, runs[3]]) == ((0, 2),)
    levels = (1.0, 2.0, 6.0)
    curves = [curve_of(with_losses(record, np.full(40, level)), "iteration") for level in levels]
    band = seed_band((0, 1, 2), curves)
    assert band is not None
    np.testing.assert_allclose([band.low[7], band.mean[7], band.high[7]], [1, 3, 6])
    none = curve_of(with_losses(record, np.empty(0)), "iteration")
    assert seed_band((0, 1), [curves[0], none]) is None


def test_other_data_another_vocabulary_and_other_features_can_not_be_compared(record: RunRecord) -> None:
    assert why_not_comparable(record, replace(record, data_digest="0", settings=replace(SMALL, seed=8))) == ""
    unk = replace(record, vocabulary=record.vocabulary[:-1])
    assert "<UNK>" in why_not_comparable(record, unk)
    assert "other data" in why_not_comparable(record, replace(unk, data_name="elsewhere"))
    kind: FeatureKind = "raw" if record.feature_kind == "pca" else "pca"
    why = why_not_comparable(record, replace(record, feature_kind=kind))
    assert why == f"{kind} features in place of {record.feature_kind} ones"
    assert record.unigram_nats is not None
    other = replace(record, unigram_nats=record.unigram_nats + 0.01)
    assert "other data" in why_not_comparable(record, other)
    assert "changed" in why_not_comparable(record, replace(record, data_digest="0"))


def test_words_that_differ_are_marked_in_all_captions() -> None:
    said = [
        ["a", "red", "boat", "on", "water"],
        ["a", "boat", "on", "water"],
        ["a", "red", "boat", "on", "a", "lake"],
    ]
    assert differing_words(said) == (
        (False, True, False, False, True),
        (False, False, False, False),
        (False, False, False, False, True, True),
    )
    assert differing_words([["one"]]) == ((False,),) and differing_words([]) == ()


def test_photos_that_all_watched_come_with_those_of_val_first(record: RunRecord) -> None:
    stops = record.stops
    assert stops is not None
    fewer = replace(
        stops, photos=(("train", 0), stops.photos[0]), captions=stops.captions[:, :1].repeat(2, 1)
    )
    assert photos_in_common([stops, fewer])[0] == stops.photos[0] == ("val", 0)
    assert len(photos_in_common([stops, fewer])) <= 2
    assert photos_in_common([stops, None]) == ()


def test_a_list_names_what_is_not_as_in_most() -> None:
    base = TrainingSettings()
    runs = [base, base, replace(base, learning_rate=1e-3), replace(base, cell_type="lstm", seed=5)]
    assert names_in_a_list(runs) == ["RNN", "RNN", "RNN, lr 0.001", "LSTM, seed 5"]


def test_what_is_on_or_off_is_named_in_words() -> None:
    runs = [TrainingSettings(one_caption_an_image=one, blind=not one) for one in (True, False)]
    assert run_names(runs) == [
        "RNN, one caption per photo, with photos",
        "RNN, all captions of a photo, without photos",
    ]
