"""Minibatches of captions, drawn at random as the CS231n notebook draws them."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray

# The notebook's dict holds arrays, a list and a dict under its string keys, and a user may put in more.
NotebookData = Mapping[str, Any]


def sample_coco_minibatch(
    data: NotebookData,
    batch_size: int = 100,
    split: Literal["train", "val"] = "train",
    rng: np.random.Generator | None = None,
) -> tuple[IntArray, FloatArray, np.ndarray]:
    """Draw captions at random, with replacement, each with its image's features and URL.

    Parameters
    ----------
    data
        What `load_coco_data` returns, or a dict with the same keys.
    batch_size
        How many captions to draw (n).
    split
        'train' or 'val'.
    rng
        Where the draws come from; NumPy's global state if None, as in the notebook.

    Returns
    -------
    captions, features, urls
        Word ids (n, T), features (n, D), and the n URLs.

    Raises
    ------
    ValueError
        `split` is neither 'train' nor 'val', or the split holds no caption.
    """
    if split not in ("train", "val"):
        raise ValueError(f"split must be 'train' or 'val', not {split!r}")
    captions = data[f"{split}_captions"]
    num_captions = len(captions)
    if num_captions == 0:
        raise ValueError(f"there is no {split} caption to draw from")
    draw = np.random.choice if rng is None else rng.choice
    rows = draw(num_captions, batch_size)
    image_rows = data[f"{split}_image_idxs"][rows]
    return captions[rows], data[f"{split}_features"][image_rows], data[f"{split}_urls"][image_rows]
