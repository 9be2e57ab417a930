"""The notebook's cells as a student has them, with no data but what comes along and no network."""

from pathlib import Path

import numpy as np
import pytest

from captionviewer.core import (
    CaptioningRNN,
    CaptioningSolver,
    PhotoUnavailable,
    decode_captions,
    image_from_url,
    load_coco_data,
    sample_coco_minibatch,
)


@pytest.fixture(scope="module", autouse=True)
def one_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def fresh_machine(one_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that were never written; the book is unpacked by the first test and kept for the others."""
    monkeypatch.setenv("CAPTIONVIEWER_CACHE_DIR", str(one_cache))


def test_the_data_is_loaded_and_every_array_can_be_listed() -> None:
    data = load_coco_data(pca_features=True)
    listed = {key: (value.shape, value.dtype) for key, value in data.items() if type(value) is np.ndarray}
    assert listed["train_captions"] == ((15_000, 17), np.int32)
    assert listed["val_image_idxs"] == ((2_000,), np.int32)
    assert listed["train_features"] == ((3_000, 512), np.float32)
    assert listed["val_urls"][0] == (400,)
    assert len(data["word_to_idx"]) == len(data["idx_to_word"]) > 250
    assert load_coco_data(pca_features=False)["val_features"].shape == (400, 3_584)


def test_a_minibatch_is_looked_at_without_a_network() -> None:
    data = load_coco_data()
    captions, features, urls = sample_coco_minibatch(data, batch_size=3)
    assert features.shape == (3, 512)
    for caption, url in zip(captions, urls, strict=True):
        picture = image_from_url(url)
        assert picture.shape == (360, 480, 3) and picture.dtype == np.uint8
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 1000  # a scene, not a plain ground
        words = decode_captions(caption, data["idx_to_word"])
        assert words.startswith("<START> ") and words.endswith(" <END>")


def test_a_scene_that_the_book_does_not_have_is_unavailable_and_not_asked_of_the_network() -> None:
    with pytest.raises(PhotoUnavailable, match="no picture of the storybook"):
        image_from_url("storybook:train/999999", on_missing="raise")


def test_fifty_captions_are_learned_by_heart_and_sampled_back() -> None:
    np.random.seed(231)
    small_data = load_coco_data(max_train=50)
    model = CaptioningRNN(
        cell_type="rnn",
        word_to_idx=small_data["word_to_idx"],
        input_dim=small_data["train_features"].shape[1],
        hidden_dim=512,
        wordvec_dim=256,
    )
    solver = CaptioningSolver(
        model,
        small_data,
        update_rule="adam",
        num_epochs=50,
        batch_size=25,
        optim_config={"learning_rate": 5e-3},
        lr_decay=0.95,
        verbose=False,
    )
    solver.train()
    assert solver.loss_history[0] > 40  # near ln(304) a word
    assert np.mean(solver.loss_history[-10:]) < 0.2

    for split in ("train", "val"):
        captions, features, _ = sample_coco_minibatch(small_data, split=split, batch_size=30)
        truth = decode_captions(captions, small_data["idx_to_word"])
        sampled = decode_captions(model.sample(features), small_data["idx_to_word"])
        right = np.mean([f"<START> {one}" == other for one, other in zip(sampled, truth, strict=True)])
        assert right > 0.8 if split == "train" else right < 0.2
