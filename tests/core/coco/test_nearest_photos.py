import threading
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from captionviewer.core.coco import nearest_photos
from captionviewer.core.coco.dataset import CocoDataset, DataError
from captionviewer.core.coco.feature_kinds import FeatureKind
from captionviewer.core.coco.folder_layout import SPLITS, Split, features_file
from tests.coco_folder_writer import write_coco_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_coco_folder(tmp_path / "coco", photos=False)


@pytest.fixture
def small(folder: Path) -> Iterator[CocoDataset]:
    with CocoDataset.open(folder) as opened:
        yield opened


def change(folder: Path, split: Split, kind: FeatureKind, row: int, values: object) -> None:
    """Write one row of features anew."""
    with h5py.File(folder / features_file(split, kind), "r+") as file:
        file["features"][row] = values


def cosines(dataset: CocoDataset, split: Split, row: int, among: Split) -> np.ndarray:
    """Every cosine in double precision, one at a time."""
    own = dataset.split(split).features.read_all()[row].astype(np.float64)
    every = dataset.split(among).features.read_all().astype(np.float64)
    return np.array([own @ other / np.sqrt((own @ own) * (other @ other)) for other in every])


@pytest.mark.parametrize("among", SPLITS)
@pytest.mark.parametrize("split", SPLITS)
def test_the_nearest_are_those_of_the_greatest_cosine(
    split: Split, among: Split, coco_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest_photos, "BLOCK_BYTES", 5_000)  # several blocks, also of a small file
    with CocoDataset.open(coco_folder) as dataset:
        for row in (0, 7, dataset.split(split).num_photos - 1):
            expected = cosines(dataset, split, row, among)
            if split == among:
                expected[row] = -2.0
            order = np.argsort(-expected, kind="stable")[:10]
            found = dataset.nearest_photos(split, row, among)
            assert found is not None and found.split == among
            assert found.rows.tolist() == order.tolist()
            np.testing.assert_allclose(found.similarities, expected[order], rtol=1e-12)
            assert found.compared == dataset.split(among).num_photos - (split == among)


def test_neighbours_are_looked_for_in_the_photo_s_own_split(small: CocoDataset) -> None:
    found = small.nearest_photos("val", 3)
    assert found is not None and found.split == "val" and 3 not in found.rows


def test_a_small_split_gives_all_the_others(small: CocoDataset) -> None:
    found = small.nearest_photos("val", 3, count=100)
    assert found is not None
    assert sorted([*found.rows.tolist(), 3]) == list(range(small.split("val").num_photos))
    assert (np.diff(found.similarities) <= 0).all()


def test_as_many_are_given_as_are_asked_for_though_fewer_are_compared_again(
    small: CocoDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = small.nearest_photos("train", 3, count=20)
    monkeypatch.setattr(nearest_photos, "MOST_CANDIDATES", 4)
    found = small.nearest_photos("train", 3, count=20)
    assert found is not None and expected is not None
    assert found.rows.tolist() == expected.rows.tolist() and len(found.rows) == 20


def test_the_length_of_a_vector_does_not_count_however_long_or_short(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        own = dataset.split("train").features.rows(np.array([4]))[0]
    change(folder, "train", "pca", 11, own * np.float32(1e-25))  # its square is nothing in single precision
    change(folder, "train", "pca", 12, own * np.float32(1e25))  # and this one's is infinite
    change(folder, "train", "pca", 13, -own)
    with CocoDataset.open(folder) as dataset:
        for _ in range(2):  # lengths are kept from the first search on
            found = dataset.nearest_photos("train", 4, count=23)
            assert found is not None
            assert found.rows[:2].tolist() == [11, 12] and found.rows[-1] == 13
            np.testing.assert_allclose(found.similarities[[0, 1, -1]], [1.0, 1.0, -1.0], atol=1e-6)


def test_equal_photos_come_in_the_order_of_the_file(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        own = dataset.split("train").features.rows(np.array([4]))[0]
    for row in (20, 9, 15):
        change(folder, "train", "pca", row, own)
    with CocoDataset.open(folder) as dataset:
        found = dataset.nearest_photos("train", 4, count=3)
        assert found is not None and found.rows.tolist() == [9, 15, 20]


def test_differences_below_single_precision_decide(folder: Path) -> None:
    rng = np.random.default_rng(3)
    with h5py.File(folder / features_file("train", "pca"), "r+") as file:
        own = rng.standard_normal(64).astype(np.float32)
        aside = rng.standard_normal(64)
        aside -= own * (aside @ own) / (own @ own)
        angles = rng.permutation(np.linspace(1e-3, 1.05e-3, len(file["features"])))
        file["features"][:] = own * 8 + 8 * angles[:, None] * aside * 3
        file["features"][4] = own * 8
    with CocoDataset.open(folder) as dataset:
        expected = cosines(dataset, "train", 4, "train")
        expected[4] = -2.0
        found = dataset.nearest_photos("train", 4)
        assert found is not None
        assert found.rows.tolist() == np.argsort(-expected, kind="stable")[:10].tolist()
        assert (1 - found.similarities < 1e-4).all()


def test_a_photo_whose_features_are_all_zero_is_no_neighbour_and_has_none(folder: Path) -> None:
    change(folder, "val", "pca", 5, 0.0)
    with CocoDataset.open(folder) as dataset:
        found = dataset.nearest_photos("val", 0, count=50)
        assert found is not None and 5 not in found.rows
        assert found.compared == dataset.split("val").num_photos - 2
        with pytest.raises(DataError, match=r"val2014_vgg16_fc7_pca\.h5: Row 5: Its features are all zero"):
            dataset.nearest_photos("val", 5)


def test_a_row_that_is_no_number_is_named(folder: Path) -> None:
    change(folder, "val", "pca", 9, np.nan)
    with CocoDataset.open(folder) as dataset:
        with pytest.raises(DataError, match=r"val2014_vgg16_fc7_pca\.h5: Row 9"):
            dataset.nearest_photos("val", 0)
        assert dataset.nearest_photos("val", 0, "train") is not None


def test_with_raw_features_in_use_the_pca_ones_are_compared_where_they_are(folder: Path) -> None:
    with CocoDataset.open(folder, "pca") as dataset:
        by_pca = dataset.nearest_photos("train", 2)
    with CocoDataset.open(folder, "raw") as dataset:
        found = dataset.nearest_photos("train", 2)
        assert by_pca is not None and found is not None and found.feature_kind == "pca"
        assert found.rows.tolist() == by_pca.rows.tolist()
    for split in SPLITS:
        (folder / features_file(split, "pca")).unlink()
    with CocoDataset.open(folder, "raw") as dataset:
        found = dataset.nearest_photos("train", 2)
        assert found is not None and found.feature_kind == "raw"
        expected = cosines(dataset, "train", 2, "train")
        expected[2] = -2.0
        assert found.rows.tolist() == np.argsort(-expected)[:10].tolist()


def test_a_pca_file_of_another_height_is_refused_by_name(folder: Path) -> None:
    with CocoDataset.open(folder, "raw") as dataset:
        path = folder / features_file("train", "pca")
        path.unlink()
        with h5py.File(path, "w") as file:
            file["features"] = np.ones((3, 64), np.float32)
        with pytest.raises(DataError, match=r"train2014_vgg16_fc7_pca\.h5: It has features for 3 images"):
            dataset.nearest_photos("train", 0)


def test_a_file_that_is_cut_while_open_is_told(folder: Path, small: CocoDataset) -> None:
    assert small.nearest_photos("train", 0) is not None
    with (folder / features_file("train", "pca")).open("r+b") as file:
        file.truncate(4_000)
    with pytest.raises(DataError, match=r"train2014_vgg16_fc7_pca\.h5.*(cut|changed)"):
        small.nearest_photos("train", 0)


@pytest.mark.parametrize("kind", ["pca", "raw"])
def test_a_closed_data_set_has_no_neighbours_and_leaves_no_file_open(kind: FeatureKind, folder: Path) -> None:
    before = _open_files()
    dataset = CocoDataset.open(folder, kind)
    assert dataset.nearest_photos("train", 0) is not None
    dataset.close()
    assert _open_files() == before
    with pytest.raises(DataError, match="closed"):
        dataset.nearest_photos("train", 0)
    with pytest.raises(DataError, match="closed"):
        dataset.nearest_photos("val", 0)


def _open_files() -> int:
    here = Path("/proc/self/fd")
    return len(list(here.iterdir())) if here.is_dir() else 0


def test_a_search_ends_when_it_is_told_to(small: CocoDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest_photos, "BLOCK_BYTES", 1_000)
    asked: list[None] = []

    def stop() -> bool:
        asked.append(None)
        return len(asked) == 3

    assert small.nearest_photos("train", 0, stop=stop) is None
    assert len(asked) == 3
    full = small.nearest_photos("train", 0)  # what was half read is not taken for the whole
    assert full is not None and full.compared == small.split("train").num_photos - 1


def test_several_threads_find_the_same(folder: Path) -> None:
    with CocoDataset.open(folder, "raw") as dataset:
        found: list[list[int]] = []

        def look() -> None:
            nearest = dataset.nearest_photos("train", 1)
            assert nearest is not None
            found.append(nearest.rows.tolist())

        threads = [threading.Thread(target=look) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 6 and all(rows == found[0] for rows in found)


@pytest.mark.parametrize("row", [-1, 24])
def test_a_row_that_is_not_there_is_refused(row: int, small: CocoDataset) -> None:
    with pytest.raises(IndexError, match="train has images 0 to 23"):
        small.nearest_photos("train", row)


def test_the_nearest_to_vectors_that_are_no_photos_are_those_of_the_greatest_cosine_by_the_open_kind(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest_photos, "BLOCK_BYTES", 2_000)
    with CocoDataset.open(folder, "raw") as dataset:
        every = dataset.split("train").features.read_all().astype(np.float64)
        own = np.random.default_rng(4).standard_normal((3, dataset.feature_dim)).astype(np.float32)
        own[1] = 0
        found = dataset.nearest_to_features(own, "train", 5)
        assert found is not None and [len(each.rows) for each in found] == [5, 0, 5]
        for vector, each in zip(own, found, strict=True):
            assert each.feature_kind == "raw" and each.split == "train"
            wanted = every @ vector / np.linalg.norm(every, axis=1) / max(float(np.linalg.norm(vector)), 1e-9)
            nearest = np.argsort(-wanted)[: len(each.rows)]
            assert each.rows.tolist() == nearest.tolist()
            np.testing.assert_allclose(each.similarities, wanted[nearest], atol=1e-6)
        assert dataset.nearest_to_features(own, "train", stop=lambda: True) is None


def test_no_neighbours_cannot_be_asked_for(small: CocoDataset) -> None:
    with pytest.raises(ValueError, match="at least 1 neighbour"):
        small.nearest_photos("train", 0, count=0)
