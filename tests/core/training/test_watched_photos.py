"""Which photos a run watches, and what is said where one of them can't be read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from captionviewer.core.coco.dataset import CocoDataset, DataError
from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.training.callbacks import Due
from captionviewer.core.training.events import WatchedCaptions
from captionviewer.core.training.settings import DataFacts, TrainingSettings
from captionviewer.core.training.watched_photos import (
    WATCH_EVERY,
    CaptionWatch,
    PhotoCaptioner,
    photos_to_watch,
)


@pytest.fixture
def dataset(coco_folder: Path) -> Iterator[CocoDataset]:
    with CocoDataset.open(coco_folder) as opened:
        yield opened


def model_of(dataset: CocoDataset) -> Any:
    settings = TrainingSettings(hidden_dim=8, wordvec_dim=6)
    return settings.new_model(dataset.vocabulary.word_to_idx, dataset.feature_dim)


def test_the_chosen_photos_come_first_and_none_comes_twice(dataset: CocoDataset) -> None:
    train = dataset.split("train")
    of_three = np.concatenate([train.caption_rows(row) for row in (5, 2, 7)])
    chosen = [train.record(2), dataset.split("val").record(1)]
    photos = photos_to_watch(dataset, of_three, chosen, 5)
    assert [photo.key for photo in photos] == [
        ("train", 2),
        ("val", 1),
        ("train", 5),
        ("train", 7),
        ("val", 0),  # two of val at least
    ]
    assert len(photos_to_watch(dataset, of_three, chosen, 1)) == 4
    assert photos_to_watch(dataset, of_three, chosen, 0) == chosen


def test_a_photo_whose_features_cannot_be_read_is_said_to_be_so_beside_the_captions_of_the_others(
    dataset: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = dataset.split("train")
    rows = train.features.rows

    def one_is_gone(which: Any) -> Any:
        if 3 in which:
            raise DataError(dataset.folder, "The disk is gone.")
        return rows(which)

    monkeypatch.setattr(train.features, "rows", one_is_gone)
    captioner = PhotoCaptioner(dataset, [train.record(1), train.record(3), train.record(4)])
    said = captioner.captions(model_of(dataset))
    assert [key for key, _ in said] == [("train", 1), ("train", 3), ("train", 4)]
    assert "The disk is gone." in said[1][1]
    assert "can't be read" not in said[0][1] + said[2][1]


def test_new_photos_are_due_now_and_the_same_ones_again_at_leisure_after_a_while(
    dataset: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    val = dataset.split("val")
    read, rows = [], val.features.rows
    monkeypatch.setattr(val.features, "rows", lambda which: (read.append(which), rows(which))[1])
    published: list[WatchedCaptions] = []
    watch = CaptionWatch(dataset, published.append, clock=lambda: 100.0)
    photo = dataset.split("val").record(2)
    watch.watch([photo])
    assert watch.due(100.0, 0) is Due.NOW
    solver = CaptioningSolver(model_of(dataset), {"train_captions": [[1]]}, num_epochs=1000)
    watch.run(solver)
    assert [key for key, _ in published[0].captions] == [photo.key]
    assert watch.due(100.0 + WATCH_EVERY, 0) is Due.NOT_YET  # of this step it was said
    assert watch.due(100.0 + WATCH_EVERY / 2, 1) is Due.AT_LEISURE  # a stop of the record
    assert watch.due(100.0 + WATCH_EVERY, 3) is Due.AT_LEISURE
    assert watch.due(102.01, 3) is Due.NOW  # what is shown is older than two seconds
    assert watch.due(100.0, 50) is not Due.NOW
    assert watch.due(100.0, 51) is Due.NOW  # and here than a twentieth of the run
    watch.watch([])
    assert watch.due(100.0, 1) is Due.NOW
    watch.run(solver)
    assert len(published) == 1  # of no photo there is nothing to say
    watch.watch([photo])
    for _ in range(3):
        watch.run(solver)
    assert len(published) == 4 and len(read) == 2, "a photo, also one that can't be read, is read once"


def test_only_photos_that_have_a_caption_count_for_a_run(dataset: CocoDataset) -> None:
    split = dataset.split("train")
    owners = split.image_idxs
    facts = DataFacts.of(dataset)
    assert facts.num_photos == len(np.unique(owners))

    class WithoutOne:
        """The same data, but that its first photo has no caption."""

        def __getattr__(self, name: str) -> object:
            return getattr(dataset, name)

        def split(self, name: str) -> Any:
            return Fewer()

    class Fewer:
        image_idxs = owners[owners != owners[0]]

        def __getattr__(self, name: str) -> object:
            return getattr(split, name)

    assert DataFacts.of(cast(CocoDataset, WithoutOne())).num_photos == facts.num_photos - 1
    assert facts.num_captions == split.num_captions
