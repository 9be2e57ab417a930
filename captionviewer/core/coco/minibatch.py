"""Minibatches of captions, drawn at random as the CS231n notebook draws them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray

# The notebook's dict holds arrays, a list and a dict under its string keys, and a user may put in more.
NotebookData = Mapping[str, Any]

_CAPTIONS = "_captions"


def num_captions(data: NotebookData, split: str) -> int:
    """How many captions a split holds.  ValueError if the data has no such split."""
    return len(_part(data, split, _CAPTIONS))


def sample_coco_minibatch(
    data: NotebookData,
    batch_size: int = 100,
    split: str = "train",
    rng: np.random.Generator | None = None,
) -> tuple[IntArray, FloatArray, np.ndarray]:
    """Draw captions at random, with replacement, each with its image's features and URL.

    Parameters
    ----------
    data
        What `load_coco_data` returns, or a dict with the same keys; lists will do for arrays, and there need
        be no URLs.
    batch_size
        How many captions to draw (n).
    split
        'train' or 'val', or another that the data has.
    rng
        Where the draws come from; NumPy's global state if None, as in the notebook.

    Returns
    -------
    captions, features, urls
        Word ids (n, T), features (n, D), and the n URLs ('' where the data has none).

    Raises
    ------
    ValueError
        The data has no such split, or lacks a part of it, or the split holds no caption.
    """
    captions = _part(data, split, _CAPTIONS)
    owners, features = _part(data, split, "_image_idxs"), _part(data, split, "_features")
    count = len(captions)
    if count == 0:
        raise ValueError(f"there is no {split} caption to draw from")
    draw = np.random.choice if rng is None else rng.choice
    rows = draw(count, batch_size)
    image_rows = owners[rows]
    urls = data.get(f"{split}_urls")
    drawn_urls = np.full(len(rows), "") if urls is None else _as_rows(urls)[image_rows]
    return captions[rows], features[image_rows], drawn_urls


def _part(data: NotebookData, split: str, part: str) -> Any:
    """The captions, owners or features of a split, to be looked up by rows: arrays, or readers of a file."""
    if f"{split}{part}" in data:
        return _as_rows(data[f"{split}{part}"])
    splits = [key.removesuffix(_CAPTIONS) for key in data if key.endswith(_CAPTIONS)]
    if split in splits:
        raise ValueError(f"the data has no '{split}{part}', without which no {split} minibatch can be drawn")
    there = " and ".join(map(repr, splits)) or "none"
    raise ValueError(f"split must be one that the data has ({there}), not {split!r}")


def _as_rows(values: Any) -> Any:
    return np.asarray(values) if isinstance(values, list | tuple) else values
