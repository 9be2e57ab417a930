"""The data set as the CS231n notebook takes it: one dict of NumPy arrays, and minibatches drawn from it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from captionviewer.core.coco.chosen_data import chosen_data_folder
from captionviewer.core.coco.dataset import CocoDataset, FeatureKind, feature_kinds_in
from captionviewer.core.coco.folder_layout import SPLITS
from captionviewer.core.coco.photo_names import listed_photo_name
from captionviewer.core.notebook.photos import remember_photos


def load_coco_data(
    base_dir: str | os.PathLike[str] | None = None,
    max_train: int | None = None,
    pca_features: bool = True,
) -> dict[str, Any]:
    """Read a whole data set into memory, checked, as the notebook takes it.

    All of COCO takes some 370 MB, or 2.1 GB with raw features; the window's `CocoDataset` reads the same
    folder without that.

    Parameters
    ----------
    base_dir
        The folder `coco_captioning`; if None, the one that the user chose last in the window, and the
        storybook (drawn scenes that come with captionviewer) where none was chosen.
    max_train
        Draw that many train captions at random, with replacement, from NumPy's global state; features and
        val stay as they are.  All train captions, in the file's order, if None.
    pca_features
        Whether to read the features reduced by PCA (512-d in COCO) or the raw ones (4,096-d).

    Returns
    -------
    dict
        For each of `train` and `val`: `_captions` (n, T) int32, `_image_idxs` (n,) int32, `_features`
        (images, D) float32, `_urls` (images,) strings; and `idx_to_word`, a list, and `word_to_idx`, a dict.

    Raises
    ------
    BookNotUnpacked
        An OSError: the storybook is wanted for the first time and can't be written to the user's cache.
    DataError
        The folder or a file in it is missing or damaged, a feature is not a finite number, or the files do
        not agree.
    """
    folder = chosen_folder() if base_dir is None else Path(base_dir)
    data: dict[str, Any] = {}
    kind: FeatureKind = "pca" if pca_features else "raw"
    if pca_features and feature_kinds_in(folder) == ("lite0",):  # a folder of one's own photos
        kind = "lite0"
    with CocoDataset.open(folder, kind) as dataset:
        for split in SPLITS:
            # Copies, since the notebook's arrays may be written to.
            data[f"{split}_captions"] = dataset.split(split).captions.copy()
            data[f"{split}_image_idxs"] = dataset.split(split).image_idxs.copy()
            data[f"{split}_features"] = dataset.split(split).features.read_all()
            data[f"{split}_urls"] = dataset.split(split).url_array()
        remember_photos(dataset.folder, dataset.local_images, _addresses_and_names(dataset))
        data["idx_to_word"] = list(dataset.vocabulary.idx_to_word)
        data["word_to_idx"] = dict(dataset.vocabulary.word_to_idx)
    if max_train is not None:
        rows = np.random.randint(len(data["train_captions"]), size=max_train)
        data["train_captions"] = data["train_captions"][rows]
        data["train_image_idxs"] = data["train_image_idxs"][rows]
    return data


def _addresses_and_names(dataset: CocoDataset) -> Iterator[tuple[str, str]]:
    """Give each photo's address and COCO's name for it, where both are known; keeps only those."""
    lists = [(dataset.split(split).urls, dataset.split(split).names or [], split) for split in SPLITS]
    return (
        (url, name)
        for urls, lines, split in lists
        for url, line in zip(urls, lines, strict=False)
        if url and (name := listed_photo_name(line, split)) is not None
    )


def chosen_folder() -> Path:
    """The data folder that the user chose last, else the storybook.  BookNotUnpacked as `load_coco_data`."""
    chosen = chosen_data_folder()
    if chosen is not None:
        return chosen
    from captionviewer.core.storybook import storybook_folder  # whose scenes take a moment to import

    return storybook_folder()
