"""What a photo resembles is what comparing it with every train photo, one at a time, says."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.feature_file import FeatureFile
from captionviewer.core.own_photos import resemblance as module
from captionviewer.core.own_photos.resemblance import resemblance, resemblances
from tests.coco_folder_writer import write_coco_folder

DRAWN = 15


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CocoDataset]:
    """Data of 24 train photos, of which some are drawn and few looked at together."""
    monkeypatch.setattr(module, "DRAWN", DRAWN)
    monkeypatch.setattr(module, "_BLOCK", 5)
    with CocoDataset.open(write_coco_folder(tmp_path / "coco", photos=False)) as dataset:
        yield dataset


def test_each_photo_gets_its_nearest_and_how_few_train_photos_are_as_far_from_theirs(
    small: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    every = small.split("train").features.read_all()
    rng = np.random.default_rng(8)
    noise = rng.standard_normal((5, small.feature_dim)) * np.array([[0.0], [0.2], [1.0], [3.0], [50.0]])
    own = (every[[3, 3, 9, 20, 11]] + noise * every.std()).astype(np.float32)
    drawn = np.random.default_rng(module.SEED).permutation(len(every))[:DRAWN]
    typical = [
        min(np.linalg.norm(every[one] - other) for row, other in enumerate(every) if row != one)
        for one in drawn
    ]
    found = resemblances(small, own)
    for vector, like in zip(own, found, strict=True):
        distance = min(np.linalg.norm(vector - other) for other in every)
        cosines = [vector @ other / np.linalg.norm(vector) / np.linalg.norm(other) for other in every]
        assert like.rows.tolist() == np.argsort(-np.array(cosines))[: module.NEAREST].tolist()
        np.testing.assert_allclose(like.similarities, np.sort(cosines)[::-1][: module.NEAREST], atol=1e-5)
        assert like.distance == pytest.approx(distance, rel=1e-4, abs=1e-4)
        assert like.percentile == pytest.approx(100 * np.mean(np.array(typical) < distance))
    assert found[0].percentile == 0 and found[-1].is_far
    for percentile, far in ((98.75, False), (99.0, False), (99.25, True)):
        like = replace(found[0], percentile=percentile)
        assert like.is_far is far and like.words().startswith("Unlike anything") is far
    alone = resemblance(small, own[2])
    assert alone.rows.tolist() == found[2].rows.tolist()
    assert alone.percentile == found[2].percentile


def test_many_photos_are_compared_in_as_many_reads_of_the_data_as_one(
    small: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = small.split("val").features.read_all()
    resemblance(small, features[0])  # what is measured once is measured
    reads: list[int] = []
    block = FeatureFile.block

    def counted(file: FeatureFile, start: int, stop: int) -> np.ndarray:
        reads.append(start)
        return block(file, start, stop)

    monkeypatch.setattr(FeatureFile, "block", counted)
    resemblance(small, features[0])
    of_one = len(reads)
    assert len(resemblances(small, features)) == len(features)
    assert len(reads) == 2 * of_one
