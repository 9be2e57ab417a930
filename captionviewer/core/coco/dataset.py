"""The data set: a folder in the layout of `coco_captioning`, opened without reading it all.

Captions, addresses and vocabulary are read and checked at opening (some 110 MB for all of COCO); feature
rows are read from the disk when they are asked for.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from captionviewer.core.arrays import BoolArray, FloatArray, IntArray
from captionviewer.core.coco.caption_selection import (
    CaptionConditions,
    CaptionOrder,
    CaptionSelection,
)
from captionviewer.core.coco.data_error import DataError
from captionviewer.core.coco.feature_file import FeatureFile
from captionviewer.core.coco.feature_kinds import FEATURES, FeatureKind
from captionviewer.core.coco.files import (
    find_data_folder,
    read_captions,
    read_lines,
    read_vocabulary,
)
from captionviewer.core.coco.folder_layout import (
    CAPTIONS_FILE,
    IMAGE_FOLDERS,
    SPLITS,
    VOCABULARY_FILE,
    Split,
    features_file,
    names_file,
    urls_file,
)
from captionviewer.core.coco.nearest_photos import NearestPhotos, NeighbourSearch
from captionviewer.core.coco.split import CocoSplit, Lines, Minibatch, PhotoRecord
from captionviewer.core.coco.vocabulary import Vocabulary
from captionviewer.core.coco.word_search import SearchHits
from captionviewer.core.user_folders import is_file, is_folder

__all__ = [
    "CaptionConditions",
    "CaptionOrder",
    "CaptionSelection",
    "CocoDataset",
    "DataError",
    "FeatureKind",
    "Minibatch",
    "NearestPhotos",
    "PhotoRecord",
    "SearchHits",
    "Split",
]


def feature_kinds_in(folder: Path) -> tuple[FeatureKind, ...]:
    """Return the kinds of features whose files a data folder has for both splits."""
    return tuple(kind for kind in FEATURES if all(is_file(folder / features_file(s, kind)) for s in SPLITS))


class CocoDataset:
    """An open data folder; safe to read from several threads.

    Made by `open`.  `close` lets go of the files: features can't be read afterwards, all else can.

    Attributes
    ----------
    folder : Path
        The folder that holds the files.
    feature_kind : FeatureKind
        Which of the features are read.
    feature_dim : int
        Their width D.
    available_features : tuple
        The kinds of features that the folder has.
    vocabulary : Vocabulary
    caption_length : int
        Slots of a caption, T.
    """

    def __init__(
        self,
        folder: Path,
        feature_kind: FeatureKind,
        available: tuple[FeatureKind, ...],
        vocabulary: Vocabulary,
        splits: dict[Split, CocoSplit],
    ) -> None:
        self.folder = folder
        self.feature_kind = feature_kind
        self.available_features = available
        self.vocabulary = vocabulary
        self.caption_length: int = splits["train"].captions.shape[1]
        self.feature_dim = splits["train"].features.shape[1]
        self._splits = splits
        compared = FEATURES[feature_kind].neighbours_by
        self._neighbours = NeighbourSearch(
            folder,
            feature_kind,
            compared if compared in available else feature_kind,
            {split: one.features for split, one in splits.items()},
        )

    @classmethod
    def open(cls, folder: Path, features: FeatureKind = "pca") -> "CocoDataset":
        """Open a data folder (or one that holds `coco_captioning`), checking all but the feature values.

        Raises
        ------
        DataError
            Something is missing, damaged, or does not agree; the message names the file.
        ValueError
            There is no such kind of features.
        """
        if features not in FEATURES:
            raise ValueError(f"features must be {' or '.join(map(repr, FEATURES))}, not {features!r}")
        folder = find_data_folder(Path(folder))
        vocabulary = read_vocabulary(folder / VOCABULARY_FILE)
        available = feature_kinds_in(folder)
        with ExitStack() as opened:
            files: dict[Split, FeatureFile] = {}
            for split in SPLITS:
                path = folder / features_file(split, features)
                if features not in available and available and not _is_there(path):
                    other = FEATURES[available[0]].name
                    raise DataError(
                        path, f"The file is missing. This folder has the {other} features: choose those."
                    )
                files[split] = opened.enter_context(FeatureFile(path))
            _check_widths(files)
            heights = {split: len(files[split]) for split in SPLITS}
            named: dict[Split, str] = {split: files[split].path.name for split in SPLITS}
            texts = read_captions(folder / CAPTIONS_FILE, vocabulary, heights, named)
            splits: dict[Split, CocoSplit] = {}
            for split in SPLITS:
                urls = read_lines(folder / urls_file(split), heights[split], named[split])
                names_path = folder / names_file(split)
                # COCO's mirror and local photos need the names; without them Flickr still has the photos.
                names = (
                    read_lines(names_path, heights[split], named[split]) if _is_there(names_path) else None
                )
                splits[split] = CocoSplit(split, vocabulary, texts[split], files[split], urls, names)
                splits[split].prepare()
            opened.pop_all()
        return cls(folder, features, available, vocabulary, splits)

    def __enter__(self) -> "CocoDataset":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the feature files."""
        self._neighbours.close()
        for one in self._splits.values():
            one.features.close()

    @property
    def local_images(self) -> Path | None:
        """The folder `images`, if it holds `train2014` or `val2014`, as a user's COCO photos do."""
        images = self.folder / "images"
        return images if any(is_folder(images / name) for name in IMAGE_FOLDERS) else None

    def split(self, name: Split) -> CocoSplit:
        """The captions, photos and features of 'train' or of 'val'.  ValueError for any other name."""
        if name not in self._splits:
            raise ValueError(f"split must be 'train' or 'val', not {name!r}")
        return self._splits[name]

    def nearest_photos(
        self,
        split: Split,
        image_row: int,
        among: Split | None = None,
        count: int = 10,
        stop: Callable[[], bool] = lambda: False,
    ) -> NearestPhotos | None:
        """Find the images most alike to one of `split` by the cosine of their features.

        The PCA features are compared wherever the folder has them, also while the raw ones are in use: they
        are an eighth of the size, and keep nearly all of what the raw ones tell apart.

        Parameters
        ----------
        split, image_row
            The image; it is not among its own neighbours.
        among
            The split to look through; its own if None.
        count
            How many neighbours; there are fewer if the split has fewer.
        stop
            Asked between blocks: once it is true the search ends and None is returned.

        Raises
        ------
        DataError
            Features hold NaN or infinity, this image's are all zero, or a file was cut, changed or closed.
        IndexError
            There is no such image.
        """
        return self._neighbours.find(split, image_row, among or split, count, stop)

    def nearest_to_features(
        self,
        features: FloatArray,
        among: Split,
        count: int = 10,
        stop: Callable[[], bool] = lambda: False,
    ) -> list[NearestPhotos] | None:
        """Find the images of `among` most alike to each of some feature vectors, as of new photos.

        Parameters
        ----------
        features
            (n, D), of the kind that is open. A vector that is all zero has no nearest images.
        among, count, stop
            As for `nearest_photos`. Meanwhile 4 n bytes are held for each image of the split.

        Raises
        ------
        DataError
            Features of the split hold NaN or infinity, or a file was cut, changed or closed.
        """
        return self._neighbours.find_by_features(features, among, count, stop)

    def word_counts(self) -> IntArray:
        """How often each word stands in the captions of both splits; padding, start and end count 0: (V,)."""
        return self.split("train").word_counts + self.split("val").word_counts

    def nearest_photo_of_each(
        self,
        split: Split,
        rows: IntArray,
        among: Split,
        usable: BoolArray,
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[float], object] = lambda share: None,
    ) -> IntArray | None:
        """Find for each of some images of `split` the nearest of `among`: what `nearest_photos` puts first.

        Parameters
        ----------
        split, rows
            The images, (n,); none is its own neighbour.
        among, usable
            The split to look through, and which of its images (num_photos,) count.
        stop, progress
            Asked and told between blocks, the latter with the share that is done.

        Returns
        -------
        (n,) rows of `among`; -1 for an image whose features are all zero, or where none counts.  None if
        stopped.  Errors as for `features`.
        """
        return self._neighbours.find_each(split, rows, among, usable, stop, progress)

    def training_data(self, caption_rows: IntArray | None = None) -> dict[str, Any]:
        """The data as `CaptioningSolver` takes it: the notebook's dict, with features read when picked.

        Parameters
        ----------
        caption_rows
            The train captions to keep; all if None.

        Returns
        -------
        dict
            As from `load_coco_data`, but what stands under `train_features`, `val_features`, `train_urls` and
            `val_urls` takes arrays of rows only.
        """
        data: dict[str, Any] = {
            "idx_to_word": list(self.vocabulary.idx_to_word),
            "word_to_idx": dict(self.vocabulary.word_to_idx),
        }
        for split, one in self._splits.items():
            data[f"{split}_captions"] = one.captions
            data[f"{split}_image_idxs"] = one.image_idxs
            data[f"{split}_features"] = one.features
            data[f"{split}_urls"] = Lines(one.urls)
        if caption_rows is not None:
            data["train_captions"] = self.split("train").captions[caption_rows]
            data["train_image_idxs"] = self.split("train").image_idxs[caption_rows]
        return data


def _is_there(path: Path) -> bool:
    """Whether there is anything of this name; what may not be looked at counts as missing."""
    return os.path.exists(path)  # noqa: PTH110  up to Python 3.13 Path's raises PermissionError


def _check_widths(files: dict[Split, FeatureFile]) -> None:
    train, val = files["train"], files["val"]
    if train.shape[1] != val.shape[1]:
        raise DataError(
            val.path,
            f"Its features are {val.shape[1]:,} wide, but those of {train.path.name} are {train.shape[1]:,}: "
            "they are of different kinds.",
        )
