"""Vocabularies, minibatches and data dicts for the tests of the network and its solver."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.network.captioning_rnn import CaptioningRNN

NULL, START, END = 0, 1, 2


def vocabulary(size: int) -> dict[str, int]:
    """The three special words and as many others as are wanted."""
    words = ["<NULL>", "<START>", "<END>", *(f"word{i}" for i in range(size - 3))]
    return {word: index for index, word in enumerate(words)}


def random_captions(rng: np.random.Generator, N: int, T: int, V: int, holes: float = 0.0) -> IntArray:
    """Captions of random length, padded with <NULL>; `holes` is the chance of a <NULL> within one."""
    captions = np.full((N, T), NULL, dtype=np.int32)
    for caption in captions:
        length = int(rng.integers(0, T + 1))
        caption[:length] = rng.integers(1, V, size=length)
        caption[:length][rng.random(length) < holes] = NULL
    return captions


def distance(a: FloatArray, b: FloatArray) -> float:
    """The norm of the difference beside the norms themselves; 0 where both are zero."""
    scale = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / scale) if scale else 0.0


def small_model(V: int = 12, cell_type: Any = "rnn", dtype: Any = np.float64, seed: int = 0) -> CaptioningRNN:
    rng = np.random.default_rng(seed)
    return CaptioningRNN(vocabulary(V), 6, 5, 7, cell_type, dtype, rng=rng)


def small_data(n: int = 20, T: int = 6, V: int = 12, D: int = 6, seed: int = 0) -> dict[str, Any]:
    """A data dict as the solver takes it, n captions of n images."""
    rng = np.random.default_rng(seed)
    captions = random_captions(rng, n, T, V)
    captions[:, 0] = START
    return {
        "train_captions": captions,
        "train_image_idxs": rng.permutation(n).astype(np.int32),
        "train_features": rng.standard_normal((n, D)).astype(np.float32),
        "train_urls": np.array([f"http://127.0.0.1/{i}.jpg" for i in range(n)]),
        "word_to_idx": vocabulary(V),
    }


def coco_data(folder: Path) -> dict[str, Any]:
    """The train split of a data folder as a dict."""
    with h5py.File(folder / "coco2014_captions.h5") as file:
        data: dict[str, Any] = {key: file[key][:] for key in ("train_captions", "train_image_idxs")}
    with h5py.File(folder / "train2014_vgg16_fc7_pca.h5") as file:
        data["train_features"] = file["features"][:]
    data["train_urls"] = np.array((folder / "train2014_urls.txt").read_text().split())
    vocabulary: dict[str, Any] = json.loads((folder / "coco2014_vocab.json").read_text())
    return data | vocabulary


def one_caption_an_image(data: dict[str, Any], count: int, rng: np.random.Generator) -> dict[str, Any]:
    """The same data with `count` train captions, no two of one image."""
    order = rng.permutation(len(data["train_captions"]))
    _, first = np.unique(data["train_image_idxs"][order], return_index=True)
    rows = order[rng.permutation(first)[:count]]
    return data | {name: data[name][rows] for name in ("train_captions", "train_image_idxs")}
