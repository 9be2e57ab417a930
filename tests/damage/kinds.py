"""What a damage is: how it is done to a folder, and what should come of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

VOCABULARY = "coco2014_vocab.json"
CAPTIONS = "coco2014_captions.h5"
TRAIN, VAL = "train2014_vgg16_fc7_pca.h5", "val2014_vgg16_fc7_pca.h5"
URLS = ("train2014_urls.txt", "val2014_urls.txt")
NAMES = ("train2014_images.txt", "val2014_images.txt")
FILES = (VOCABULARY, CAPTIONS, TRAIN, VAL, *URLS, *NAMES)
HDF5_FILES = (CAPTIONS, TRAIN, VAL)
# Every array, as file and key.
ID_ARRAYS = tuple((CAPTIONS, f"{s}_{k}") for s in ("train", "val") for k in ("captions", "image_idxs"))
FEATURE_ARRAYS = ((TRAIN, "features"), (VAL, "features"))
ARRAYS = (*ID_ARRAYS, *FEATURE_ARRAYS)

Do = Callable[[Path], object]


@dataclass(frozen=True)
class Opens:
    """The folder opens with the undamaged folder's content, but for the parts named."""

    but: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Refused:
    """Opening or reading says no, naming one of these files, in these words."""

    files: frozenset[str]
    words: str = ""


@dataclass(frozen=True)
class OpensOrRefused:
    """Whether it opens is chance: then with the old content or with what the HDF5 library says of `file`."""

    file: str


@dataclass(frozen=True)
class Damage:
    name: str
    do: Do = field(repr=False)
    then: Opens | Refused | OpensOrRefused


SAME = Opens()


def refused(*files: str, words: str = "") -> Refused:
    return Refused(frozenset(files), words)


def opens_but(*parts: str) -> Opens:
    return Opens(frozenset(parts))


def put(file: str, content: bytes) -> Do:
    return lambda folder: (folder / file).write_bytes(content)


def edited(file: str, edit: Callable[[bytes], bytes]) -> Do:
    return lambda folder: (folder / file).write_bytes(edit((folder / file).read_bytes()))


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with h5py.File(path, "r") as file:
        return {key: np.asarray(array[()]) for key, array in file.items()}


def array_changed(file: str, key: str, change: Callable[[np.ndarray], Any], **storage: Any) -> Do:
    """The array replaced by `change` of it."""

    def do(folder: Path) -> None:
        with h5py.File(folder / file, "r+") as opened:
            values = opened[key][()]
            del opened[key]
            opened.create_dataset(key, data=change(values), **storage)

    return do


def in_file(file: str, key: str, act: Callable[[h5py.File], object]) -> Do:
    """The array moved to 'hidden', and `act` done on the file."""

    def do(folder: Path) -> None:
        with h5py.File(folder / file, "r+") as opened:
            opened.move(key, "hidden")
            act(opened)

    return do


def vocabulary(change: Callable[[dict[str, Any]], Any]) -> Do:
    def do(folder: Path) -> None:
        content = json.loads((folder / VOCABULARY).read_text())
        replaced = change(content)
        (folder / VOCABULARY).write_text(json.dumps(content if replaced is None else replaced))

    return do
