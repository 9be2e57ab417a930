"""For each of many photos the nearest one: what the search for one photo puts first."""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from captionviewer.core.coco import nearest_of_each
from captionviewer.core.coco.dataset import CocoDataset, DataError
from captionviewer.core.coco.folder_layout import SPLITS, Split, features_file
from tests.coco_folder_writer import write_coco_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_coco_folder(tmp_path / "coco", photos=False)


@pytest.fixture(autouse=True)
def several_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(nearest_of_each, "BLOCK_ROWS", 7)
    yield


def every(dataset: CocoDataset, split: Split) -> np.ndarray:
    return np.ones(dataset.split(split).num_photos, np.bool_)


def write_features(folder: Path, split: Split, change: dict[int, np.ndarray]) -> None:
    with h5py.File(folder / features_file(split, "pca"), "r+") as file:
        for row, values in change.items():
            file["features"][row] = values


@pytest.mark.parametrize("among", SPLITS)
@pytest.mark.parametrize("split", SPLITS)
def test_each_photo_s_nearest_is_the_one_that_its_own_search_puts_first(
    split: Split, among: Split, coco_folder: Path
) -> None:
    with CocoDataset.open(coco_folder) as dataset:
        rows = np.arange(dataset.split(split).num_photos)[::-1]
        found = dataset.nearest_photo_of_each(split, rows, among, every(dataset, among))
        assert found is not None
        for row, nearest in zip(rows[:20].tolist(), found.tolist(), strict=False):
            one = dataset.nearest_photos(split, row, among, count=1)
            assert one is not None and one.rows.tolist() == [nearest]


def test_of_photos_equally_near_the_first_is_taken_and_lengths_do_not_count(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        own = dataset.split("val").features.rows(np.array([2]))[0]
    write_features(folder, "train", {20: own, 9: own * 2, 15: own * 0.5})
    with CocoDataset.open(folder) as dataset:
        usable = every(dataset, "train")
        assert dataset.nearest_photo_of_each("val", np.array([2]), "train", usable) == [9]
        usable[9] = False
        assert dataset.nearest_photo_of_each("val", np.array([2]), "train", usable) == [15]


def test_photos_without_a_direction_are_near_to_none_and_none_is_near_to_them(folder: Path) -> None:
    nothing = np.zeros(512, np.float32)
    with CocoDataset.open(folder) as dataset:
        width = dataset.feature_dim
        write_features(folder, "val", {3: nothing[:width]})
    with CocoDataset.open(folder) as dataset:
        found = dataset.nearest_photo_of_each("val", np.arange(5), "train", every(dataset, "train"))
        assert found is not None and found[3] == nearest_of_each.NONE and (found[[0, 1, 2, 4]] >= 0).all()
        found = dataset.nearest_photo_of_each("train", np.arange(5), "val", every(dataset, "val"))
        assert found is not None and 3 not in found
        none = dataset.nearest_photo_of_each("val", np.arange(5), "train", ~every(dataset, "train"))
        assert none is not None and (none == nearest_of_each.NONE).all()


def test_a_search_for_many_says_how_far_it_is_and_ends_when_told(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        said: list[float] = []
        rows, usable = np.arange(3), every(dataset, "train")
        dataset.nearest_photo_of_each("val", rows, "train", usable, progress=said.append)
        assert said == sorted(said) and len(said) > 1 and said[-1] == 1.0
        stopped = dataset.nearest_photo_of_each("val", rows, "train", usable, stop=lambda: len(said) > 0)
        assert stopped is None


def test_features_that_are_not_numbers_are_named(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        width = dataset.feature_dim
    write_features(folder, "train", {8: np.full(width, np.nan)})
    with CocoDataset.open(folder) as dataset, pytest.raises(DataError, match="Row 8"):
        dataset.nearest_photo_of_each("val", np.arange(3), "train", every(dataset, "train"))
