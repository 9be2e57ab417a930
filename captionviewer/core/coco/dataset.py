"""The data set: a folder in the layout of `coco_captioning`, opened without reading it all.

Captions, addresses and vocabulary are read and checked at opening (some 110 MB for all of COCO); feature
rows are read from the disk when they are asked for.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from captionviewer.core.arrays import BoolArray, IntArray
from captionviewer.core.coco.caption_selection import (
    CaptionConditions,
    CaptionOrder,
    CaptionSelection,
    select_captions,
)
from captionviewer.core.coco.data_error import FETCH_AGAIN, DataError
from captionviewer.core.coco.feature_file import FeatureFile
from captionviewer.core.coco.files import (
    CAPTIONS_FILE,
    FEATURE_KINDS,
    SPLITS,
    VOCABULARY_FILE,
    FeatureKind,
    Split,
    features_file,
    find_data_folder,
    names_file,
    read_captions,
    read_lines,
    read_vocabulary,
    urls_file,
)
from captionviewer.core.coco.nearest_photos import NearestPhotos, NeighbourSearch
from captionviewer.core.coco.split import Lines, OneSplit, PhotoRecord
from captionviewer.core.coco.vocabulary import Vocabulary
from captionviewer.core.coco.word_search import SearchHits

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


# The official ones take 21 MB.
LARGEST_URLS_BYTES = 512 * 2**20


@dataclass(frozen=True)
class Minibatch:
    """Some captions of a split, drawn by a seed: rows and image rows (n,), word ids (n, T) int32."""

    split: Split
    seed: int
    index: int
    caption_rows: IntArray
    captions: IntArray
    image_rows: IntArray


class CocoDataset:
    """An open data folder; safe to read from several threads.

    Made by `open`.  `close` lets go of the files: features can't be read afterwards, all else can.

    Attributes
    ----------
    folder : Path
        The folder that holds the files.
    feature_kind : 'pca' or 'raw'
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
        splits: dict[Split, OneSplit],
    ) -> None:
        self.folder = folder
        self.feature_kind = feature_kind
        self.available_features = available
        self.vocabulary = vocabulary
        self.caption_length: int = splits["train"].captions.shape[1]
        self.feature_dim = splits["train"].features.shape[1]
        self._splits = splits
        self._last_order: tuple[Split, int, IntArray | None, IntArray] | None = None
        self._neighbours = NeighbourSearch(
            folder,
            feature_kind,
            "pca" if "pca" in available else feature_kind,
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
            `features` is neither 'pca' nor 'raw'.
        """
        if features not in FEATURE_KINDS:
            raise ValueError(f"features must be 'pca' or 'raw', not {features!r}")
        folder = find_data_folder(Path(folder))
        vocabulary = read_vocabulary(folder / VOCABULARY_FILE)
        available = tuple(
            kind for kind in FEATURE_KINDS if all((folder / features_file(s, kind)).is_file() for s in SPLITS)
        )
        with ExitStack() as opened:
            files: dict[Split, FeatureFile] = {}
            for split in SPLITS:
                path = folder / features_file(split, features)
                if features not in available and available and not path.exists():
                    other = f"This folder has the {available[0]} features: choose those"
                    raise DataError(
                        path, "The file is missing.", f"{other}, or unpack coco_captioning.zip again."
                    )
                files[split] = opened.enter_context(FeatureFile(path))
            _check_widths(files)
            heights = {split: len(files[split]) for split in SPLITS}
            named: dict[Split, str] = {split: files[split].path.name for split in SPLITS}
            texts = read_captions(folder / CAPTIONS_FILE, vocabulary, heights, named)
            splits: dict[Split, OneSplit] = {}
            for split in SPLITS:
                urls = read_lines(folder / urls_file(split), heights[split], named[split])
                names_path = folder / names_file(split)
                # COCO's mirror and local photos need the names; without them Flickr still has the photos.
                names = read_lines(names_path, heights[split], named[split]) if names_path.exists() else None
                splits[split] = OneSplit(split, vocabulary, texts[split], files[split], urls, names)
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
        return images if any((images / f"{split}2014").is_dir() for split in SPLITS) else None

    def num_photos(self, split: Split) -> int:
        """How many images `split` has."""
        return len(self._splits[split].features)

    def num_captions(self, split: Split) -> int:
        """How many captions `split` has."""
        return len(self._splits[split].captions)

    def captions(self, split: Split) -> IntArray:
        """All captions of `split`, (n, T) int32, read-only."""
        return self._splits[split].captions

    def image_idxs(self, split: Split) -> IntArray:
        """The image row of each caption of `split`, (n,) int32, read-only."""
        return self._splits[split].image_idxs

    def record(self, split: Split, image_row: int) -> PhotoRecord:
        """The image at a row of `split`.  IndexError if there is none."""
        return self._splits[split].record(image_row)

    def record_of_caption(self, split: Split, caption_row: int) -> PhotoRecord:
        """The image that a caption of `split` describes.  IndexError if there is no such caption."""
        idxs = self._splits[split].image_idxs
        if not 0 <= caption_row < len(idxs):
            raise IndexError(f"{split} has captions 0 to {len(idxs) - 1:,}, not {caption_row:,}")
        return self.record(split, int(idxs[caption_row]))

    def features(self, split: Split, rows: IntArray) -> npt.NDArray[np.float32]:
        """Read the features of images (n,), in any order: (n, D) float32.

        Raises
        ------
        DataError
            A row holds NaN or infinity, or the file was cut, changed, unplugged or closed.
        IndexError
            There is no such row.
        """
        return self._splits[split].features.rows(rows)

    def all_features(self, split: Split) -> npt.NDArray[np.float32]:
        """Read the features of every image, (num_photos, D) float32; errors as for `features`."""
        return self._splits[split].features.read_all()

    def scan_features(self, split: Split, stop: Callable[[], bool] = lambda: False) -> None:
        """Read every feature row once, looking for what `features` would raise, until `stop()` is true."""
        self._splits[split].features.scan(stop)

    def urls(self, split: Split) -> npt.NDArray[np.str_]:
        """The address of every image, (num_photos,).

        Raises
        ------
        DataError
            One is so long that the array, in which all take as much room as the longest, would be huge.
        """
        urls = self._splits[split].urls
        longest = max(len(url) for url in urls)
        num_bytes = len(urls) * longest * np.dtype("U1").itemsize
        if num_bytes > LARGEST_URLS_BYTES:
            raise DataError(
                self.folder / urls_file(split),
                f"Its longest line has {longest:,} signs: an array of {len(urls):,} such addresses would "
                f"take {num_bytes:,} bytes.",
            )
        return np.array(urls, dtype=np.str_)

    def num_minibatches(self, split: Split, size: int, among: IntArray | None = None) -> int:
        """How many minibatches of `size` captions there are; the last may be short."""
        if size < 1:
            raise ValueError(f"a minibatch holds at least 1 caption, not {size}")
        return -(-(self.num_captions(split) if among is None else len(among)) // size)

    def minibatch(
        self,
        split: Split,
        size: int,
        seed: int,
        index: int = 0,
        among: IntArray | None = None,
        *,
        shuffled: bool = True,
    ) -> Minibatch:
        """Minibatch number `index` of `split`, its captions shuffled by `seed`.

        Every caption is in exactly one of the minibatches of a seed, and the same arguments always give the
        same minibatch.

        Parameters
        ----------
        size
            Captions in a minibatch; the last may be short.
        among
            Rows of the captions to draw from; all if None.  An array is not to be changed afterwards.
        shuffled
            False to leave the captions in the order of `among`, or of the file.

        Raises
        ------
        IndexError
            There is no minibatch of that number.
        """
        count = self.num_minibatches(split, size, among)
        if not 0 <= index < count:
            raise IndexError(f"there are {count:,} minibatches, and none has the number {index:,}")
        start, stop = index * size, min((index + 1) * size, self.num_captions(split))
        if shuffled:
            rows = self._order(split, seed, among)[start:stop].copy()
        else:
            rows = np.arange(start, stop) if among is None else among[start:stop].copy()
        one = self._splits[split]
        return Minibatch(split, seed, index, rows, one.captions[rows], one.image_idxs[rows])

    def _order(self, split: Split, seed: int, among: IntArray | None) -> IntArray:
        last = self._last_order  # kept, since "next" is asked for again and again
        if last is not None and last[:2] == (split, seed) and last[2] is among:
            return last[3]
        drawn_from = self.num_captions(split) if among is None else among
        order: IntArray = np.random.default_rng(seed).permutation(drawn_from)
        self._last_order = (split, seed, among, order)
        return order

    def search(self, split: Split, text: str) -> SearchHits:
        """Find a word, or words one after another, in the captions of `split`; case is ignored."""
        return self._splits[split].search.find(text)

    def select_captions(
        self,
        split: Split,
        conditions: CaptionConditions,
        *,
        order: CaptionOrder = "file",
        falling: bool = False,
        among: IntArray | None = None,
    ) -> CaptionSelection:
        """Find the captions of `split` that meet every condition, sorted; at full size in some 20 ms.

        Parameters
        ----------
        conditions
            Words, lengths and so on; with none given all captions are found.
        order, falling
            Sorted as in the file, by number of words or by number of `<UNK>`; greatest first if `falling`.
            Captions that are equal in this stay in the file's order.
        among
            Rows of the captions to choose from; all if None.
        """
        return select_captions(self._splits[split], conditions, order, falling, among)

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

    def caption_lengths(self, split: Split) -> IntArray:
        """Words of each caption without `<START>`, `<END>` and padding, (n,), read-only."""
        return self._splits[split].lengths

    def unknown_counts(self, split: Split) -> IntArray:
        """How often each caption has `<UNK>`, (n,), read-only."""
        return self._splits[split].unknown

    def captions_per_image(self, split: Split) -> IntArray:
        """How many captions each image has, (num_photos,), read-only."""
        return self._splits[split].captions_per_image

    def word_counts(self, split: Split | None = None) -> IntArray:
        """How often each word stands in the captions of `split`, or of both: (V,).

        Padding, start and end count 0.
        """
        if split is not None:
            return self._splits[split].word_counts
        return self._splits["train"].word_counts + self._splits["val"].word_counts

    def unknown_share(self, split: Split | None = None) -> float:
        """Which part of the words of `split`, or of both, fell to `<UNK>`, from 0 to 1."""
        counts = self.word_counts(split)
        return float(counts[self.vocabulary.unk] / max(int(counts.sum()), 1))

    def draw_training_captions(
        self, count: int | None, one_an_image: bool, rng: np.random.Generator
    ) -> IntArray:
        """Draw rows of train captions, none twice.

        Parameters
        ----------
        count
            How many; None for as many as there are.
        one_an_image
            Draw images, and of each image one caption, so that no image has two different answers.
        rng
            Where the draws come from.

        Raises
        ------
        ValueError
            There are not as many, or `count` is less than 1.
        """
        rows: IntArray = np.arange(self.num_captions("train"))
        if one_an_image:
            # The first caption of each image in a shuffled list is a fair draw among the image's captions.
            rows = rng.permutation(rows)
            rows = rows[np.unique(self.image_idxs("train")[rows], return_index=True)[1]]
        if count is None:
            return rows
        if not 1 <= count <= len(rows):
            kind = "images with captions" if one_an_image else "captions"
            raise ValueError(f"can't draw {count:,} of {len(rows):,} train {kind}")
        return rng.permutation(rows)[:count]

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
            data["train_captions"] = self.captions("train")[caption_rows]
            data["train_image_idxs"] = self.image_idxs("train")[caption_rows]
        return data


def _check_widths(files: dict[Split, FeatureFile]) -> None:
    train, val = files["train"], files["val"]
    if train.shape[1] != val.shape[1]:
        raise DataError(
            val.path,
            f"Its features are {val.shape[1]:,} wide, but those of {train.path.name} are {train.shape[1]:,}.",
            f"The two files are of different kinds. {FETCH_AGAIN}",
        )
