"""First values that a run may choose, and runs that see no photo."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.saved.model_file import SavedModel, open_model, save_model
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import TrainingSettings
from tests.coco_folder_writer import write_coco_folder

SETTINGS = TrainingSettings(
    cell_type="lstm", hidden_dim=12, wordvec_dim=8, num_captions=20, batch_size=5, num_epochs=4,
    learning_rate=1e-2, seed=3, validation_captions=0,
)  # fmt: skip


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CocoDataset]:
    folder = write_coco_folder(tmp_path_factory.mktemp("coco") / "data", photos=False)
    with CocoDataset.open(folder) as opened:
        yield opened


def trained(settings: TrainingSettings, dataset: CocoDataset, **more: CaptioningRNN) -> TrainingRun:
    run = TrainingRun(settings, dataset, **more)  # type: ignore[arg-type]
    run.start()
    assert run.wait(30)
    return run


def model_of(run: TrainingRun) -> CaptioningRNN:
    snapshot = run.snapshot()
    assert snapshot is not None
    return snapshot.model


def test_the_defaults_are_the_notebooks_values_bit_for_bit(dataset: CocoDataset) -> None:
    words = dataset.vocabulary.word_to_idx
    ours = SETTINGS.new_model(words, 7)
    notebooks = CaptioningRNN(words, 7, 8, 12, "lstm", rng=np.random.default_rng([3, 2]))
    for name, value in notebooks.params.items():
        np.testing.assert_array_equal(ours.params[name], value)
        assert ours.params[name].dtype == value.dtype


def test_the_scale_of_wh_and_the_forget_bias_change_these_first_values_alone(dataset: CocoDataset) -> None:
    words = dataset.vocabulary.word_to_idx
    plain = SETTINGS.new_model(words, 7).params
    chosen = replace(SETTINGS, wh_scale=2.0, forget_bias=1.5).new_model(words, 7).params
    np.testing.assert_array_equal(chosen["Wh"], 2 * plain["Wh"])
    np.testing.assert_array_equal(chosen["b"], [0] * 12 + [1.5] * 12 + [0] * 24)  # gates i, f, o, g
    for name in plain.keys() - {"Wh", "b"}:
        np.testing.assert_array_equal(chosen[name], plain[name])
    rnn = replace(SETTINGS, cell_type="rnn", forget_bias=1.5).new_model(words, 7).params
    assert not rnn["b"].any()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("wh_scale", 0.0, "above 0"),
        ("wh_scale", 1e4, "at most 1,000"),
        ("forget_bias", -21.0, "at least -20"),
        ("forget_bias", float("nan"), "not nan"),
        ("blind", 1, "on or off"),
    ],
)
def test_a_first_value_that_can_not_be_is_named(name: str, value: float, words: str) -> None:
    assert words in replace(SETTINGS, **{name: value}).problems(None)[name]  # type: ignore[arg-type]
    assert not replace(SETTINGS, forget_bias=-1.0).problems(None)


def test_a_blind_run_says_one_caption_for_all_photos_and_never_learns_its_projection(
    dataset: CocoDataset,
) -> None:
    model = model_of(trained(replace(SETTINGS, blind=True), dataset))
    assert not model.params["W_proj"].any()
    assert model.params["b_proj"].any()  # the start of a sentence is learned
    val = dataset.split("val")
    features = val.features.rows(np.arange(val.num_photos))
    assert len({tuple(caption) for caption in model.sample(features).tolist()}) == 1
    seeing = model_of(trained(SETTINGS, dataset))
    assert len({tuple(caption) for caption in seeing.sample(features).tolist()}) > 1


def test_a_blind_run_that_starts_from_weights_which_have_seen_photos_sees_none(dataset: CocoDataset) -> None:
    seeing = model_of(trained(SETTINGS, dataset))
    model = model_of(trained(replace(SETTINGS, blind=True), dataset, weights=seeing))
    assert not model.params["W_proj"].any()
    assert seeing.params["W_proj"].any()


def test_first_values_are_saved_and_older_files_open_without_them(
    dataset: CocoDataset, tmp_path: Path
) -> None:
    run = trained(replace(SETTINGS, wh_scale=0.5, forget_bias=-1.0, blind=True), dataset)
    snapshot = run.snapshot()
    assert snapshot is not None
    save_model(tmp_path / "model.npz", SavedModel.of_run(run, snapshot))
    settings = open_model(tmp_path / "model.npz").settings
    assert (settings.wh_scale, settings.forget_bias, settings.blind) == (0.5, -1.0, True)
    content = dict(np.load(tmp_path / "model.npz"))
    about = json.loads(content["about"].tobytes())
    for name in ("wh_scale", "forget_bias", "blind"):
        del about["settings"][name]
    content["about"] = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
    np.savez(tmp_path / "old.npz", **content)
    settings = open_model(tmp_path / "old.npz").settings
    assert (settings.wh_scale, settings.forget_bias, settings.blind) == (1.0, 0.0, False)
