"""A model as a folder that PyTorch can open, and back again: for training that outgrows this machine.

The parameters go into a safetensors file (no pickle) under the names of a PyTorch module that stands beside
them. Between the two layouts lie three differences: PyTorch keeps linear layers transposed, orders an LSTM's
gates i, f, g, o where this project, as CS231n, has i, f, o, g, and gives a cell two biases, which it adds up.
"""

import json
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.atomic_file import write_atomically
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.feature_kinds import feature_kind_named
from captionviewer.core.coco.vocabulary import END, NULL, START, decode_captions, is_word
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import CELLS, CellType
from captionviewer.core.network.inference import advance, start_state
from captionviewer.core.network.parameter_shapes import parameter_shapes
from captionviewer.core.saved.model_file import ModelFileError, SavedModel
from captionviewer.core.training.settings import TrainingSettings

FORMAT = "captionviewer export"
WEIGHTS, CONFIG, VOCABULARY, CHECK = "model.safetensors", "config.json", "vocabulary.json", "check.json"
CHECKED_PHOTOS = 3
CHECKED_LENGTH = 30
# A stranger's folder: real ones have some kB of JSON, and weights that fit into memory twice.
MOST_JSON_BYTES = 4 * 2**20
MOST_WEIGHT_BYTES = 8 * 2**30


def to_torch(model: CaptioningRNN) -> dict[str, FloatArray]:
    """The parameters of a model under the names, and in the layout, of the exported PyTorch module."""
    params = model.checked_params()
    columns = _torch_gates(model.cell_type, model.hidden_dim)
    recurrent = {name: params[name][..., columns] for name in ("Wx", "Wh", "b")}
    return {
        "project.weight": params["W_proj"].T,
        "project.bias": params["b_proj"],
        "embed.weight": params["W_embed"],
        "cell.weight_ih": recurrent["Wx"].T,
        "cell.weight_hh": recurrent["Wh"].T,
        "cell.bias_ih": recurrent["b"],
        "cell.bias_hh": np.zeros_like(recurrent["b"]),
        "score.weight": params["W_vocab"].T,
        "score.bias": params["b_vocab"],
    }


def from_torch(cell_type: CellType, hidden_dim: int, tensors: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """The parameters of such a model, from the PyTorch module's: the inverse of `to_torch`.

    Raises
    ------
    KeyError
        a tensor is missing.
    ValueError
        PyTorch has no such cell.
    """
    back = np.argsort(_torch_gates(cell_type, hidden_dim))
    bias = tensors["cell.bias_ih"] + tensors["cell.bias_hh"]  # PyTorch trains both
    return {
        "W_proj": np.ascontiguousarray(tensors["project.weight"].T),
        "b_proj": tensors["project.bias"],
        "W_embed": tensors["embed.weight"],
        "Wx": np.ascontiguousarray(tensors["cell.weight_ih"].T[:, back]),
        "Wh": np.ascontiguousarray(tensors["cell.weight_hh"].T[:, back]),
        "b": np.ascontiguousarray(bias[back]),
        "W_vocab": np.ascontiguousarray(tensors["score.weight"].T),
        "b_vocab": tensors["score.bias"],
    }


def _torch_gates(cell_type: CellType, hidden_dim: int) -> IntArray:
    """For each column of PyTorch's gates, ours; ValueError for a cell that PyTorch has not."""
    cell = CELLS[cell_type]
    if cell.torch_gates is None:
        raise ValueError(f"PyTorch has no {cell.name} as this one")
    return np.arange(cell.gates * hidden_dim).reshape(cell.gates, -1)[list(cell.torch_gates)].ravel()


def export_for_torch(saved: SavedModel, dataset: CocoDataset | None, folder: Path) -> None:
    """Write a model to a folder (made if missing) that PyTorch can open.

    Parameters
    ----------
    saved
        The model, with where it comes from.
    dataset
        Whose first val photos the check values are computed for; without one, features are drawn.
    folder
        Where the files go; files of these names are replaced.

    Raises
    ------
    ModelFileError
        The folder can't be written, or PyTorch has no such cell.
    """
    from captionviewer.resources import resource

    model = saved.model
    config = {
        "format": FORMAT,
        "version": 1,
        "cell_type": model.cell_type,
        "input_dim": model.input_dim,
        "wordvec_dim": model.wordvec_dim,
        "hidden_dim": model.hidden_dim,
        "vocab_size": len(model.idx_to_word),
        "dtype": model.dtype.name,
        "settings": asdict(saved.settings),
        "iteration": saved.iteration,
        "data_name": saved.data_name,
        "feature_kind": saved.feature_kind,
    }
    words = [model.idx_to_word[index] for index in range(len(model.idx_to_word))]
    try:
        tensors = {name: np.ascontiguousarray(value) for name, value in to_torch(model).items()}
    except ValueError as error:
        raise ModelFileError(folder, f"The model can't be exported: {error}.") from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / WEIGHTS, safetensors.numpy.save(tensors), durable=True)
        for name, content in (
            (CONFIG, config),
            (VOCABULARY, words),
            (CHECK, check_values(model, _some_features(model, dataset))),
        ):
            text = json.dumps(content, ensure_ascii=False, indent=None if name == CHECK else 1)
            write_atomically(folder / name, text.encode("utf-8"))
        for name in ("captioning_model.py", "README.md"):
            write_atomically(folder / name, resource(f"pytorch/{name}").read_bytes())
    except OSError as error:
        raise ModelFileError(
            folder,
            f"The model could not be exported to {folder}: {error.strerror or error}. Choose another place.",
        ) from error


def check_values(model: CaptioningRNN, features: FloatArray) -> dict[str, object]:
    """What a port must reproduce for features (N, D): greedy captions, and the logits behind them."""
    params = model.checked_params()
    features = model.checked_features(features).astype(params["Wx"].dtype, copy=False)
    captions = model.sample(features, CHECKED_LENGTH)
    fed = np.concatenate([np.full((len(features), 1), model.word_to_idx[START]), captions[:, :-1]], axis=1)
    longest = int((captions != model.word_to_idx[NULL]).sum(axis=1).max())
    state, logits = start_state(params, model.cell_type, features), []
    for t in range(longest):
        state, scores = advance(params, state, fed[:, t])
        logits.append(scores)
    idx_to_word = model.idx_to_word
    return {
        "ids": {word: model.word_to_idx[word] for word in (NULL, START, END)},
        "features": features.tolist(),
        "words_fed": fed[:, :longest].tolist(),
        "logits": np.stack(logits, axis=1).tolist(),
        "captions": captions.tolist(),
        "text": decode_captions(captions, idx_to_word),
    }


def _some_features(model: CaptioningRNN, dataset: CocoDataset | None) -> FloatArray:
    if dataset is not None and dataset.feature_dim == model.input_dim:
        val = dataset.split("val")
        return val.features.rows(np.arange(min(CHECKED_PHOTOS, val.num_photos)))
    return np.random.default_rng(0).standard_normal((CHECKED_PHOTOS, model.input_dim))


def import_from_torch(folder: Path) -> SavedModel:
    """Read a folder that `export_for_torch` wrote, with whatever PyTorch made of the parameters since.

    Raises
    ------
    ModelFileError
        A file is missing, damaged or of other sizes than its config says; or a parameter is not finite.
    """
    config, words = _json(folder / CONFIG), _json(folder / VOCABULARY)
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise _refusal(folder / CONFIG, "it does not say that it is an export of captionviewer")
    if not isinstance(words, list) or not all(map(is_word, words)):
        raise _refusal(folder / VOCABULARY, "it is not a list of words")
    settings = _settings(folder / CONFIG, config.get("settings"))
    iteration = config.get("iteration")
    if type(iteration) is not int or not 0 <= iteration < 2**53:
        raise _refusal(folder / CONFIG, "its iteration is not a whole number")
    kind, name = feature_kind_named(config.get("feature_kind")), config.get("data_name")
    if not isinstance(name, str) or kind is None:
        raise _refusal(folder / CONFIG, "it does not say which data and features the model is for")
    if len(set(words)) != len(words) or any(word not in words for word in (NULL, START, END)):
        raise _refusal(folder / VOCABULARY, "a word stands in it twice, or a special word is missing")
    tensors = _tensors(folder / WEIGHTS)
    dtype = tensors["embed.weight"].dtype if "embed.weight" in tensors else np.dtype(np.float16)
    shape = tensors.get("project.weight", np.empty((0, 0))).shape
    if dtype not in (np.float32, np.float64) or len(shape) != 2 or shape[0] != settings.hidden_dim:
        raise _refusal(folder / WEIGHTS, "its tensors are not of the sizes or type that its config says")
    problem = _problem_of_shapes(settings, len(words), shape[1], tensors)
    if problem:  # before anything is made of them: sizes that are only claimed would fill the memory
        raise _refusal(folder / WEIGHTS, f"its tensors are not the model's ({problem})")
    word_to_idx = {word: index for index, word in enumerate(words)}
    try:
        params = from_torch(settings.cell_type, settings.hidden_dim, tensors)
        model = CaptioningRNN.of_params(word_to_idx, params, settings.cell_type)
    except ValueError as error:
        raise _refusal(folder / WEIGHTS, f"its tensors are not the model's ({error})") from error
    bad = next((key for key, value in model.params.items() if not np.isfinite(value).all()), None)
    if bad is not None:
        raise _refusal(folder / WEIGHTS, f"its {bad} holds NaN or infinite numbers")
    none: FloatArray = np.empty(0, dtype=np.float32)
    rows: IntArray = np.empty(0, dtype=np.int64)
    return SavedModel(model, settings, iteration, none, none, none, rows, name, kind)


_PARAMETER_OF = {  # of each tensor of the exported module
    "project.weight": "W_proj",
    "project.bias": "b_proj",
    "embed.weight": "W_embed",
    "cell.weight_ih": "Wx",
    "cell.weight_hh": "Wh",
    "cell.bias_ih": "b",
    "cell.bias_hh": "b",
    "score.weight": "W_vocab",
    "score.bias": "b_vocab",
}


def _problem_of_shapes(
    settings: TrainingSettings, num_words: int, input_dim: int, tensors: dict[str, FloatArray]
) -> str:
    """Which tensor is missing or not of the shape that the settings ask for; "" where none is."""
    shapes = parameter_shapes(
        settings.cell_type, num_words, input_dim, settings.wordvec_dim, settings.hidden_dim
    )
    for name, parameter in _PARAMETER_OF.items():
        # PyTorch keeps linear layers transposed
        wanted = shapes[parameter] if name == "embed.weight" else shapes[parameter][::-1]
        found = tensors[name].shape if name in tensors else None
        if found != wanted:
            return f"{name} is missing" if found is None else f"{name} is {found}, where {wanted} is needed"
    return ""


def _settings(path: Path, stored: object) -> TrainingSettings:
    names = {item.name for item in fields(TrainingSettings)}
    if not isinstance(stored, dict) or not names >= set(stored):
        raise _refusal(path, "its training settings are missing or unknown")
    settings = TrainingSettings(**stored)
    problem = next(iter(settings.problems(None).values()), None)
    if problem is not None:
        raise _refusal(path, f"its training settings are wrong: {problem.rstrip('.')}")
    return settings


def _json(path: Path) -> object:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_JSON_BYTES + 1)
        if len(content) > MOST_JSON_BYTES:
            raise _refusal(path, "it is larger than such a file can be")
        found: object = json.loads(content)
    except OSError as error:
        raise ModelFileError(path, f"{path} could not be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise _refusal(path, "it is not valid JSON") from error
    return found


def _tensors(path: Path) -> dict[str, FloatArray]:
    try:
        if path.stat().st_size > MOST_WEIGHT_BYTES:
            raise _refusal(path, "it is larger than such a file can be")
        return safetensors.numpy.load_file(path)
    except OSError as error:
        raise ModelFileError(path, f"{path} could not be read: {error.strerror or error}.") from error
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError) as error:
        raise _refusal(path, "it is no safetensors file of plain numbers, or damaged") from error


def _refusal(path: Path, problem: str) -> ModelFileError:
    return ModelFileError(path, f"{path} can't be imported: {problem}. Export the model again.")
