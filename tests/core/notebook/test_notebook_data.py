"""`load_coco_data` and `sample_coco_minibatch`, held against the notebook's own way of reading."""

import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from captionviewer.core.coco import split as split_module
from captionviewer.core.coco.chosen_data import forget_data_folder, remember_data_folder
from captionviewer.core.coco.dataset import DataError
from captionviewer.core.coco.minibatch import sample_coco_minibatch
from captionviewer.core.notebook.data import load_coco_data
from tests.coco_folder_writer import write_coco_folder


@pytest.fixture(scope="module")
def data(coco_folder: Path) -> dict[str, Any]:
    return load_coco_data(coco_folder)


def test_it_holds_what_the_notebook_looks_for(data: dict[str, Any]) -> None:
    assert set(data) == {
        *(
            f"{split}_{what}"
            for split in ("train", "val")
            for what in ("captions", "image_idxs", "features", "urls")
        ),
        "idx_to_word",
        "word_to_idx",
    }
    for (
        key,
        value,
    ) in data.items():  # the notebook's cell: "if type(v) == np.ndarray: print its shape and dtype"
        assert type(value) is {"idx_to_word": list, "word_to_idx": dict}.get(key, np.ndarray)


@pytest.mark.parametrize("pca", [True, False])
def test_every_value_is_the_one_in_the_files(pca: bool, coco_folder: Path) -> None:
    data = load_coco_data(base_dir=str(coco_folder), pca_features=pca)
    with h5py.File(coco_folder / "coco2014_captions.h5") as file:
        for key in file:
            np.testing.assert_array_equal(data[key], file[key][()])
            assert data[key].dtype == np.int32
    for split in ("train", "val"):
        name = f"{split}2014_vgg16_fc7{'_pca' if pca else ''}.h5"
        with h5py.File(coco_folder / name) as file:
            np.testing.assert_array_equal(data[f"{split}_features"], file["features"][()])
        assert data[f"{split}_features"].dtype == np.float32
        lines = (coco_folder / f"{split}2014_urls.txt").read_text().splitlines()
        assert data[f"{split}_urls"].tolist() == lines
        assert data[f"{split}_urls"].dtype.kind == "U"
    vocabulary = json.loads((coco_folder / "coco2014_vocab.json").read_text())
    assert data["idx_to_word"] == vocabulary["idx_to_word"]
    assert data["word_to_idx"] == vocabulary["word_to_idx"]


def test_its_arrays_may_be_written_to(coco_folder: Path) -> None:
    data = load_coco_data(coco_folder)
    for key in ("train_captions", "val_image_idxs", "train_features", "val_urls"):
        data[key][0] = data[key][1]


def test_max_train_draws_train_captions_in_the_notebooks_order(
    data: dict[str, Any], coco_folder: Path
) -> None:
    np.random.seed(231)
    small = load_coco_data(coco_folder, max_train=500)
    np.random.seed(231)
    rows = np.random.randint(len(data["train_captions"]), size=500)
    np.testing.assert_array_equal(small["train_captions"], data["train_captions"][rows])
    np.testing.assert_array_equal(small["train_image_idxs"], data["train_image_idxs"][rows])
    assert len(set(rows.tolist())) < 500  # with replacement
    for key in ("train_features", "train_urls", "val_captions", "val_features"):
        np.testing.assert_array_equal(small[key], data[key])


def test_without_a_folder_chosen_it_reads_the_storybook() -> None:
    data = load_coco_data(max_train=7)
    assert len(data["train_captions"]) == 7
    assert data["val_urls"][11] == "storybook:val/000011"


def test_without_base_dir_it_reads_the_folder_chosen_last(data: dict[str, Any], coco_folder: Path) -> None:
    load_coco_data()  # the storybook
    remember_data_folder(coco_folder)
    np.testing.assert_array_equal(load_coco_data()["train_captions"], data["train_captions"])
    forget_data_folder()
    assert load_coco_data()["train_urls"][0] == "storybook:train/000000"


def test_a_chosen_folder_that_is_gone_is_named(tmp_path: Path, coco_folder: Path) -> None:
    gone = tmp_path / "coco"
    remember_data_folder(gone)
    with pytest.raises(DataError, match="There is no such folder") as caught:
        load_coco_data()
    assert caught.value.path == gone


def test_a_feature_that_is_no_number_is_refused(tmp_path: Path, coco_folder: Path) -> None:
    folder = tmp_path / "coco"
    shutil.copytree(
        coco_folder, folder, ignore=shutil.ignore_patterns("images"), copy_function=shutil.copyfile
    )
    folder.chmod(0o755)
    with h5py.File(folder / "train2014_vgg16_fc7_pca.h5", "r+") as file:
        file["features"][5, 5] = np.nan
    with pytest.raises(DataError, match="Row 5"):
        load_coco_data(folder)


@pytest.mark.parametrize("split", ["train", "val"])
def test_minibatches_come_in_the_notebooks_order(split: Any, data: dict[str, Any]) -> None:
    np.random.seed(231)
    captions, features, urls = sample_coco_minibatch(data, batch_size=90, split=split)
    np.random.seed(231)
    rows = np.random.choice(data[f"{split}_captions"].shape[0], 90)
    images = data[f"{split}_image_idxs"][rows]
    np.testing.assert_array_equal(captions, data[f"{split}_captions"][rows])
    np.testing.assert_array_equal(features, data[f"{split}_features"][images])
    np.testing.assert_array_equal(urls, data[f"{split}_urls"][images])


def test_a_generator_of_ones_own_repeats_minibatches_and_leaves_the_global_state(
    data: dict[str, Any],
) -> None:
    np.random.seed(1)
    before = np.random.get_state(legacy=False)["state"]["key"].tolist()
    first = sample_coco_minibatch(data, rng=np.random.default_rng(7))
    second = sample_coco_minibatch(data, rng=np.random.default_rng(7))
    assert np.random.get_state(legacy=False)["state"]["key"].tolist() == before
    assert len(first[0]) == 100
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_split_that_is_unknown_or_empty_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\('train' and 'val'\), not 'test'"):
        sample_coco_minibatch(data, split="test")
    with pytest.raises(ValueError, match="no train caption"):
        sample_coco_minibatch({**data, "train_captions": data["train_captions"][:0]})


def test_one_long_address_among_many_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_coco_folder(tmp_path / "coco", photos=False)
    path = folder / "val2014_urls.txt"
    lines = path.read_text().splitlines()
    lines[3] = "http://a.example/" + "x" * 1900
    path.write_text("\n".join(lines))
    assert load_coco_data(folder)["val_urls"][3] == lines[3]
    monkeypatch.setattr(split_module, "LARGEST_URLS_BYTES", 4 * 1917 * len(lines) - 1)
    with pytest.raises(DataError, match=r"longest line has 1,917 signs") as caught:
        load_coco_data(folder)
    assert caught.value.path == path
