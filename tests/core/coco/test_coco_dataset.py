"""What an open data set gives, held against the files read the notebook's way."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from captionviewer.core.coco.dataset import CocoDataset, DataError
from captionviewer.core.coco.feature_kinds import FEATURES, FeatureKind, feature_kind_named
from captionviewer.core.coco.folder_layout import SPLITS, Split, features_file
from captionviewer.core.coco.minibatch import sample_coco_minibatch
from captionviewer.core.coco.vocabulary import caption_words
from tests.coco_folder_writer import NUM_IMAGES, write_coco_folder


@pytest.fixture(scope="module")
def dataset(coco_folder: Path) -> Iterator[CocoDataset]:
    with CocoDataset.open(coco_folder) as opened:
        yield opened


@pytest.fixture
def small(tmp_path: Path) -> Iterator[CocoDataset]:
    with CocoDataset.open(write_coco_folder(tmp_path / "coco")) as opened:
        yield opened


def stored(folder: Path, name: str, key: str) -> np.ndarray:
    with h5py.File(folder / name) as file:
        return np.asarray(file[key][()])


@pytest.mark.parametrize("split", SPLITS)
def test_captions_and_images_are_those_in_the_file(split: Split, dataset: CocoDataset) -> None:
    for given, key in (
        (dataset.split(split).captions, "captions"),
        (dataset.split(split).image_idxs, "image_idxs"),
    ):
        np.testing.assert_array_equal(given, stored(dataset.folder, "coco2014_captions.h5", f"{split}_{key}"))
        assert given.dtype == np.int32
        with pytest.raises(ValueError, match="read-only"):
            given[0] = 0
    assert dataset.split(split).num_captions == len(dataset.split(split).captions)
    assert dataset.caption_length == dataset.split(split).captions.shape[1]


@pytest.mark.parametrize("kind", ["pca", "raw"])
@pytest.mark.parametrize("split", SPLITS)
def test_features_of_either_kind_are_those_in_the_file(
    kind: FeatureKind, split: Split, coco_folder: Path
) -> None:
    expected = stored(coco_folder, features_file(split, kind), "features")
    with CocoDataset.open(coco_folder, kind) as dataset:
        rows = np.random.default_rng(1).integers(len(expected), size=40)
        np.testing.assert_array_equal(dataset.split(split).features.rows(rows), expected[rows])
        np.testing.assert_array_equal(dataset.split(split).features.read_all(), expected)
        assert (dataset.split(split).num_photos, dataset.feature_dim) == expected.shape
        assert dataset.feature_kind == kind
        assert dataset.available_features == ("pca", "raw")


def test_every_photo_knows_its_address_its_name_and_its_captions(dataset: CocoDataset) -> None:
    for split in SPLITS:
        urls = (dataset.folder / f"{split}2014_urls.txt").read_text().split()
        names = (dataset.folder / f"{split}2014_images.txt").read_text().split()
        seen: list[int] = []
        for row in range(dataset.split(split).num_photos):
            record = dataset.split(split).record(row)
            assert record.key == (split, row)
            assert record.url == urls[row]
            assert names[row] == f"coco/images/{record.file_name}"
            assert all(dataset.split(split).image_idxs[caption] == row for caption in record.caption_rows)
            assert list(record.caption_rows) == sorted(record.caption_rows)
            seen.extend(record.caption_rows)
        assert sorted(seen) == list(range(dataset.split(split).num_captions))
        np.testing.assert_array_equal(dataset.split(split).url_array(), urls)


def test_a_caption_leads_to_its_photo(dataset: CocoDataset) -> None:
    for caption in (0, 7, dataset.split("val").num_captions - 1):
        record = dataset.split("val").record_of_caption(caption)
        assert record == dataset.split("val").record(int(dataset.split("val").image_idxs[caption]))
        assert caption in record.caption_rows


@pytest.mark.parametrize("row", [-1, 1_000_000])
def test_photos_and_captions_that_do_not_exist_are_refused(row: int, dataset: CocoDataset) -> None:
    with pytest.raises(IndexError, match="train has images 0 to"):
        dataset.split("train").record(row)
    with pytest.raises(IndexError, match="train has captions 0 to"):
        dataset.split("train").record_of_caption(row)


def test_the_vocabulary_is_the_one_in_the_file(dataset: CocoDataset) -> None:
    content = json.loads((dataset.folder / "coco2014_vocab.json").read_text())
    assert list(dataset.vocabulary.idx_to_word) == content["idx_to_word"]
    assert dataset.vocabulary.word_to_idx == content["word_to_idx"]


def test_the_photos_beside_the_data_are_found(small: CocoDataset) -> None:
    images = small.local_images
    assert images == small.folder / "images"
    name = small.split("val").record(2).file_name
    assert images is not None and name is not None and (images / name).is_file()
    for split in SPLITS:
        (images / f"{split}2014").rename(images / f"{split}-moved")
    assert small.local_images is None


def test_a_seed_repeats_its_minibatches_in_another_process_or_order(coco_folder: Path) -> None:
    with CocoDataset.open(coco_folder) as first, CocoDataset.open(coco_folder) as second:
        indices = range(first.split("train").num_minibatches(10))
        ahead = [first.split("train").minibatch(10, 5, index) for index in indices]
        back = [second.split("train").minibatch(10, 5, index) for index in reversed(indices)][::-1]
        for one, other in zip(ahead, back, strict=True):
            np.testing.assert_array_equal(one.caption_rows, other.caption_rows)
        other_seed = first.split("train").minibatch(10, 6)
        assert ahead[0].caption_rows.tolist() != other_seed.caption_rows.tolist()
        np.testing.assert_array_equal(
            first.split("train").minibatch(10, 5).caption_rows, ahead[0].caption_rows
        )  # after another seed


@pytest.mark.parametrize("split", SPLITS)
def test_the_minibatches_of_a_seed_hold_every_caption_once(split: Split, dataset: CocoDataset) -> None:
    count = dataset.split(split).num_minibatches(25)
    batches = [dataset.split(split).minibatch(25, 11, index) for index in range(count)]
    assert [len(batch.caption_rows) for batch in batches[:-1]] == [25] * (count - 1)
    assert 1 <= len(batches[-1].caption_rows) <= 25
    rows = np.concatenate([batch.caption_rows for batch in batches])
    assert sorted(rows.tolist()) == list(range(dataset.split(split).num_captions))
    for index, batch in enumerate(batches):
        assert (batch.split, batch.seed, batch.index) == (split, 11, index)
        np.testing.assert_array_equal(batch.captions, dataset.split(split).captions[batch.caption_rows])
        np.testing.assert_array_equal(batch.image_rows, dataset.split(split).image_idxs[batch.caption_rows])


def test_minibatches_can_be_drawn_among_some_captions_only(dataset: CocoDataset) -> None:
    among = np.array([3, 30, 33, 40, 50])
    assert dataset.split("train").num_minibatches(2, among) == 3
    rows = [dataset.split("train").minibatch(2, 1, index, among).caption_rows.tolist() for index in range(3)]
    assert [len(some) for some in rows] == [2, 2, 1]
    assert sorted(row for some in rows for row in some) == among.tolist()


def test_minibatches_that_do_not_exist_are_refused(dataset: CocoDataset) -> None:
    for index in (-1, dataset.split("val").num_minibatches(25)):
        with pytest.raises(IndexError, match="none has the number"):
            dataset.split("val").minibatch(25, 0, index)
    with pytest.raises(ValueError, match="at least 1 caption, not 0"):
        dataset.split("val").minibatch(0, 0)


def test_statistics_agree_with_counting_word_by_word(dataset: CocoDataset) -> None:
    counted: Counter[str] = Counter()
    for split in SPLITS:
        words = [caption_words(row, dataset.vocabulary) for row in dataset.split(split).captions]
        assert dataset.split(split).caption_lengths.tolist() == [len(one) for one in words]
        assert dataset.split(split).unknown_counts.tolist() == [one.count("<UNK>") for one in words]
        images = Counter(dataset.split(split).image_idxs.tolist())
        assert dataset.split(split).captions_per_image.tolist() == [
            images[row] for row in range(dataset.split(split).num_photos)
        ]
        in_split = Counter(word for one in words for word in one)
        assert dataset.split(split).word_counts.tolist() == [
            in_split[w] for w in dataset.vocabulary.idx_to_word
        ]
        counted += in_split
    assert dataset.word_counts().tolist() == [counted[word] for word in dataset.vocabulary.idx_to_word]


def test_training_captions_are_drawn_without_repeating_a_caption(dataset: CocoDataset) -> None:
    rows = dataset.split("train").draw_captions(50, False, np.random.default_rng(1))
    assert len(set(rows.tolist())) == 50
    again = dataset.split("train").draw_captions(50, False, np.random.default_rng(1))
    np.testing.assert_array_equal(rows, again)
    everything = dataset.split("train").draw_captions(None, False, np.random.default_rng(1))
    assert sorted(everything.tolist()) == list(range(dataset.split("train").num_captions))


def test_training_captions_can_be_drawn_one_an_image(dataset: CocoDataset) -> None:
    idxs = dataset.split("train").image_idxs
    described = len(set(idxs.tolist()))
    for count in (20, described, None):
        rows = dataset.split("train").draw_captions(count, True, np.random.default_rng(2))
        assert len(rows) == len(set(idxs[rows].tolist())) == (described if count is None else count)


def test_one_an_image_gives_every_caption_of_an_image_its_chance(small: CocoDataset) -> None:
    drawn = {
        int(row)
        for seed in range(80)
        for row in small.split("train").draw_captions(None, True, np.random.default_rng(seed))
    }
    assert drawn == set(range(small.split("train").num_captions))


@pytest.mark.parametrize("count", [0, -3, 10**9])
@pytest.mark.parametrize("one_an_image", [False, True])
def test_more_training_captions_than_there_are_cannot_be_drawn(
    count: int, one_an_image: bool, dataset: CocoDataset
) -> None:
    with pytest.raises(ValueError, match="can't draw"):
        dataset.split("train").draw_captions(count, one_an_image, np.random.default_rng(0))


def test_training_data_gives_minibatches_as_the_notebook_draws_them(dataset: CocoDataset) -> None:
    rows = dataset.split("train").draw_captions(15, False, np.random.default_rng(3))
    data = dataset.training_data(rows)
    np.testing.assert_array_equal(data["train_captions"], dataset.split("train").captions[rows])
    assert data["train_features"].shape == (dataset.split("train").num_photos, dataset.feature_dim)
    assert data["train_features"].dtype == np.float32
    assert data["word_to_idx"][data["idx_to_word"][5]] == 5
    captions, features, urls = sample_coco_minibatch(data, 30, "train", np.random.default_rng(4))
    drawn = rows[np.random.default_rng(4).choice(15, 30)]
    images = dataset.split("train").image_idxs[drawn]
    np.testing.assert_array_equal(captions, dataset.split("train").captions[drawn])
    np.testing.assert_array_equal(features, dataset.split("train").features.rows(images))
    assert urls.tolist() == [dataset.split("train").record(int(image)).url for image in images]
    assert len(dataset.training_data()["train_captions"]) == dataset.split("train").num_captions
    assert len(data["val_urls"]) == dataset.split("val").num_photos


def test_a_scan_names_the_row_that_is_no_number_and_opening_does_not_read_it(tmp_path: Path) -> None:
    folder = write_coco_folder(tmp_path / "coco", photos=False)
    with h5py.File(folder / "val2014_vgg16_fc7.h5", "r+") as file:
        file["features"][12, 4] = np.nan
    with CocoDataset.open(folder, "raw") as dataset:
        dataset.split("train").features.scan()
        dataset.split("val").features.scan(lambda: True)
        dataset.split("val").features.rows(np.arange(12))
        with pytest.raises(DataError, match=r"val2014_vgg16_fc7\.h5: Row 12"):
            dataset.split("val").features.scan()
        with pytest.raises(DataError, match="Row 12"):
            dataset.split("val").features.read_all()


def test_a_closed_data_set_refuses_features_and_still_tells_the_rest(small: CocoDataset) -> None:
    small.close()
    for split in SPLITS:
        with pytest.raises(DataError, match="was closed"):
            small.split(split).features.rows(np.array([0]))
    assert small.split("train").search("a").count > 0
    assert small.split("val").record(0).caption_rows


@pytest.mark.parametrize("shuffled", [False, True])
def test_what_is_done_to_a_minibatch_changes_none_that_comes_later(
    shuffled: bool, small: CocoDataset
) -> None:
    train, among = small.split("train"), np.arange(20, 60)
    for rows in (None, among):
        first = train.minibatch(10, 3, 1, rows, shuffled=shuffled)
        as_drawn = first.caption_rows.tolist()
        first.caption_rows[:] = 0
        first.captions[:] = 0
        first.image_rows[:] = 0
        again = train.minibatch(10, 3, 1, rows, shuffled=shuffled)
        assert again.caption_rows.tolist() == as_drawn
        np.testing.assert_array_equal(again.captions, train.captions[as_drawn])
    assert among.tolist() == list(range(20, 60))


def test_a_split_that_does_not_exist_is_said_so(small: CocoDataset) -> None:
    with pytest.raises(ValueError, match="split must be 'train' or 'val', not 'test'"):
        small.split("test")  # type: ignore[arg-type]  # what a script might pass


def test_a_further_kind_of_features_is_one_more_row_of_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_coco_folder(tmp_path / "coco", photos=False)
    further: Any = "grid"
    form = replace(FEATURES["raw"], stem=further, name=further, official=False, neighbours_by=further)
    monkeypatch.setitem(FEATURES, further, form)  # what a new row does
    values = {split: np.random.default_rng(1).random((rows, 7)) for split, rows in NUM_IMAGES.items()}
    for split, rows in values.items():
        with h5py.File(folder / f"{split}2014_grid.h5", "w") as file:
            file["features"] = rows
    kind = feature_kind_named("grid")
    assert kind is not None
    with CocoDataset.open(folder, kind) as dataset:
        assert dataset.available_features == ("pca", "raw", "grid")
        np.testing.assert_allclose(dataset.split("val").features.read_all(), values["val"], rtol=1e-6)
        found = dataset.nearest_photos("val", 0)
        assert found is not None and found.feature_kind == further
    with CocoDataset.open(folder, "raw") as dataset:
        found = dataset.nearest_photos("val", 0)
        assert found is not None and found.feature_kind == "pca"
