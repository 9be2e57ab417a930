"""A model exported for PyTorch computes the same there, and comes back unchanged."""

import json
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import safetensors.numpy

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.saved.model_file import ModelFileError, SavedModel
from captionviewer.core.saved.torch_export import (
    CHECKED_LENGTH,
    check_values,
    export_for_torch,
    import_from_torch,
)
from captionviewer.core.training.settings import TrainingSettings

Cell = Literal["rnn", "lstm"]
WORDS = ["<NULL>", "<START>", "<END>", "<UNK>", *(f"word{n}" for n in range(16))]


def lively(cell: Cell, dtype: type = np.float32) -> SavedModel:
    model = CaptioningRNN(
        {word: index for index, word in enumerate(WORDS)}, 7, 5, 6, cell, dtype, rng=np.random.default_rng(3)
    )
    rng = np.random.default_rng(4)
    for value in model.params.values():
        value += rng.standard_normal(value.shape).astype(dtype)
    settings = TrainingSettings(cell_type=cell, hidden_dim=6, wordvec_dim=5)
    empty, rows = np.empty(0, np.float32), np.empty(0, np.int64)
    return SavedModel(model, settings, 12, empty, empty, empty, rows, "storybook", "pca")


def sigmoid(x: FloatArray) -> FloatArray:
    return 1 / (1 + np.exp(-x))


def torch_logits(folder: Path, cell: Cell, features: FloatArray, fed: IntArray) -> FloatArray:
    """What PyTorch's documentation says that Linear, Embedding, RNNCell and LSTMCell compute."""
    w = safetensors.numpy.load_file(folder / "model.safetensors")
    h = features @ w["project.weight"].T + w["project.bias"]
    c = np.zeros_like(h)
    logits = []
    for t in range(fed.shape[1]):
        x = w["embed.weight"][fed[:, t]]
        gates = x @ w["cell.weight_ih"].T + w["cell.bias_ih"] + h @ w["cell.weight_hh"].T + w["cell.bias_hh"]
        if cell == "rnn":
            h = np.tanh(gates)
        else:
            i, f, g, o = np.split(gates, 4, axis=1)  # the order in torch.nn.LSTMCell
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        logits.append(h @ w["score.weight"].T + w["score.bias"])
    return np.stack(logits, axis=1)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
@pytest.mark.parametrize(("dtype", "within"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_the_equations_of_pytorch_give_the_logits_and_captions_that_were_written_down(
    tmp_path: Path, cell: Cell, dtype: type, within: float
) -> None:
    export_for_torch(lively(cell, dtype), None, tmp_path / "export")
    check = json.loads((tmp_path / "export" / "check.json").read_text())
    features: FloatArray = np.asarray(check["features"], dtype)
    fed = np.asarray(check["words_fed"])
    logits = torch_logits(tmp_path / "export", cell, features, fed)
    np.testing.assert_allclose(logits, np.asarray(check["logits"]), atol=within, rtol=0)
    said = np.asarray(check["captions"])
    chosen = logits.argmax(axis=2)
    for row, caption in zip(chosen, said, strict=True):
        length = int((caption != 0).sum())
        np.testing.assert_array_equal(row[:length], caption[:length])


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_the_equations_of_pytorch_say_of_a_hundred_photos_what_the_model_says(
    tmp_path: Path, cell: Cell
) -> None:
    saved = lively(cell)
    export_for_torch(saved, None, tmp_path / "export")
    features = np.random.default_rng(5).standard_normal((100, 7)).astype(np.float32)
    ours = check_values(saved.model, features)
    fed, said = np.asarray(ours["words_fed"]), saved.model.sample(features, CHECKED_LENGTH)
    logits = torch_logits(tmp_path / "export", cell, features, fed)
    np.testing.assert_allclose(logits, np.asarray(ours["logits"]), atol=1e-5, rtol=0)
    for row, caption in zip(logits.argmax(axis=2), said, strict=True):
        length = int((caption != 0).sum())
        np.testing.assert_array_equal(row[:length], caption[:length])
    assert len({tuple(caption) for caption in said.tolist()}) > 10


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_a_model_that_comes_back_has_the_same_arrays(tmp_path: Path, cell: Cell) -> None:
    saved = lively(cell)
    export_for_torch(saved, None, tmp_path)
    back = import_from_torch(tmp_path)
    assert (back.settings, back.iteration, back.data_name) == (saved.settings, 12, "storybook")
    assert back.model.word_to_idx == saved.model.word_to_idx
    for name, value in saved.model.params.items():
        np.testing.assert_array_equal(back.model.params[name], value)
        assert back.model.params[name].dtype == value.dtype


def test_a_second_bias_that_pytorch_trained_is_added_to_the_first(tmp_path: Path) -> None:
    export_for_torch(lively("rnn"), None, tmp_path)
    path = tmp_path / "model.safetensors"
    tensors = safetensors.numpy.load_file(path)
    tensors["cell.bias_hh"] = np.ones_like(tensors["cell.bias_hh"])
    safetensors.numpy.save_file(tensors, path)
    expected = lively("rnn").model.params["b"] + 1
    np.testing.assert_array_equal(import_from_torch(tmp_path).model.params["b"], expected)


def damaged_config(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def foreign_config(folder: Path) -> None:
    (folder / "config.json").write_text('{"format": "another"}')


def huge_hidden(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["settings"]["hidden_dim"] = 60_000
    (folder / "config.json").write_text(json.dumps(config))


def huge_hidden_in_the_weights_too(folder: Path) -> None:
    huge_hidden(folder)
    path = folder / "model.safetensors"
    tensors = safetensors.numpy.load_file(path)
    tensors["project.weight"] = np.zeros((60_000, 1), np.float32)
    safetensors.numpy.save_file(tensors, path)


def standing_bias(folder: Path) -> None:
    path = folder / "model.safetensors"
    tensors = safetensors.numpy.load_file(path)
    tensors["cell.bias_hh"] = tensors["cell.bias_hh"][:, np.newaxis]  # with the other it adds up to a square
    safetensors.numpy.save_file(tensors, path)


def cut_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-9])


def half_precision(folder: Path) -> None:
    path = folder / "model.safetensors"
    tensors = {name: value.astype(np.float16) for name, value in safetensors.numpy.load_file(path).items()}
    safetensors.numpy.save_file(tensors, path)


def not_a_number(folder: Path) -> None:
    path = folder / "model.safetensors"
    tensors = safetensors.numpy.load_file(path)
    tensors["score.bias"][3] = np.nan
    safetensors.numpy.save_file(tensors, path)


def tensor_missing(folder: Path) -> None:
    path = folder / "model.safetensors"
    tensors = safetensors.numpy.load_file(path)
    del tensors["cell.weight_hh"]
    safetensors.numpy.save_file(tensors, path)


def word_twice(folder: Path) -> None:
    words = json.loads((folder / "vocabulary.json").read_text())
    words[-1] = words[-2]
    (folder / "vocabulary.json").write_text(json.dumps(words))


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


@pytest.mark.parametrize(
    ("damage", "file"),
    [
        (damaged_config, "config.json"),
        (foreign_config, "config.json"),
        (huge_hidden, "model.safetensors"),
        (huge_hidden_in_the_weights_too, "project.bias is"),
        (standing_bias, "cell.bias_hh is"),
        (cut_weights, "model.safetensors"),
        (half_precision, "model.safetensors"),
        (not_a_number, "model.safetensors"),
        (tensor_missing, "model.safetensors"),
        (word_twice, "vocabulary.json"),
        (no_weights, "model.safetensors"),
    ],
)
def test_a_damaged_folder_is_refused_by_a_message_that_names_the_file(
    tmp_path: Path, damage: object, file: str
) -> None:
    export_for_torch(lively("lstm"), None, tmp_path)
    assert callable(damage)
    damage(tmp_path)
    with pytest.raises(ModelFileError, match=file):
        import_from_torch(tmp_path)


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ModelFileError, match="Choose another place"):
        export_for_torch(lively("rnn"), None, tmp_path / "taken")
