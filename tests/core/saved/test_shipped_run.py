"""The run that comes with the program is what its seed gives, small, and says only what its model says."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.saved.shipped_run import DIGEST, MOST_BYTES, NAME, digest_of_run, shipped_run
from captionviewer.core.storybook.shipped import storybook_folder
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.run_record import RunRecord
from captionviewer.core.training.settings import PRESETS, STORYBOOK_PRESET
from captionviewer.resources import resource


@pytest.fixture(scope="module")
def record() -> RunRecord:
    return shipped_run()


@pytest.fixture(scope="module")
def book() -> Iterator[CocoDataset]:
    with CocoDataset.open(storybook_folder()) as dataset:
        yield dataset


def test_its_file_is_small_and_its_digest_is_the_one_that_was_built(record: RunRecord) -> None:
    assert resource(NAME).stat().st_size <= MOST_BYTES
    assert digest_of_run(record) == DIGEST
    assert digest_of_run(replace(record, losses=record.losses + 1)) != DIGEST


def test_it_holds_history_validation_scores_and_captions_of_all_stops(record: RunRecord) -> None:
    assert record.settings == PRESETS[STORYBOOK_PRESET]
    assert record.outcome == "finished" and record.iteration == record.num_iterations == len(record.losses)
    assert len(record.validation) >= 10 and record.validation[-1].iteration == record.iteration
    assert record.stops is not None and len(record.stops) > 50 and len(record.stops.photos) == 5
    assert record.scores is not None and record.scores.iteration == record.iteration
    assert record.scores.values["cider_d"] > 1.2 and "photos of val" in record.scores.made


def test_what_it_says_at_the_last_stop_is_what_its_model_says(record: RunRecord, book: CocoDataset) -> None:
    stops, model = record.stops, record.model
    assert stops is not None and model is not None
    for place, (split, row) in enumerate(stops.photos):
        said = model.sample(book.split(split).features.rows(np.array([row])))[0]
        np.testing.assert_array_equal(stops.captions[-1, place], said)


def test_its_first_steps_are_those_that_the_preset_makes_today(record: RunRecord, book: CocoDataset) -> None:
    run = TrainingRun(record.settings, book)
    run.start()
    try:
        while len(run.history) < 3:
            assert not run.wait(0.01)
    finally:
        run.stop()
        assert run.wait(60)
    count = min(20, len(run.history))
    np.testing.assert_allclose(run.history.since(0)[1][:count], record.losses[:count], rtol=1e-4)
    np.testing.assert_array_equal(run.caption_rows, record.caption_rows)
