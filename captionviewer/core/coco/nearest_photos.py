"""The images most alike to one, by the cosine of their feature vectors.

No index is built and no features are kept.  Each search, for one vector or for several at once, reads the
features of the split through once, in blocks small enough to stay in the processor's cache (all of COCO's
82,783 x 512 take some 20 ms from the system's page cache for one vector).  All that stays in memory is the
length of each vector, four bytes an image.

The result is exact: single precision finds all images that rounding could put among the nearest, and
these are compared again in double precision.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from captionviewer.core.arrays import BoolArray, FloatArray, IntArray
from captionviewer.core.coco.data_error import DataError
from captionviewer.core.coco.feature_file import FeatureFile
from captionviewer.core.coco.feature_kinds import FeatureKind
from captionviewer.core.coco.folder_layout import Split, features_file
from captionviewer.core.coco.nearest_of_each import MOST_CANDIDATES, ROUNDING, nearest_of_each

BLOCK_BYTES = 2**20
NO_DIRECTION = "Its features are all zero, so that no image is nearer to it than another."


@dataclass(frozen=True)
class NearestPhotos:
    """The nearest images to one, falling in similarity.

    Attributes
    ----------
    split : 'train' or 'val'
        The split that was looked through.
    rows : IntArray
        Their rows in it, (k,).
    similarities : NDArray[float64]
        Cosine of the angle between their features and its own, from -1 to 1, (k,).
    compared : int
        How many images were compared with it.
    feature_kind : FeatureKind
        By which features.
    """

    split: Split
    rows: IntArray
    similarities: npt.NDArray[np.float64]
    compared: int
    feature_kind: FeatureKind


class NeighbourSearch:
    """Looks through the features of a data folder; safe to use from several threads.

    Parameters
    ----------
    folder
        The data folder.
    open_kind, open_files
        The kind of features that is open already, and its file for each split (closed by whoever opened it).
    kind
        The kind to compare; other files of it are opened when first needed, and closed by `close`.
    """

    def __init__(
        self,
        folder: Path,
        open_kind: FeatureKind,
        kind: FeatureKind,
        open_files: Mapping[Split, FeatureFile],
    ) -> None:
        self._folder = folder
        self._kind = kind
        self._heights = {split: len(file) for split, file in open_files.items()}
        self._own_files: list[FeatureFile] = []
        self._closed = False
        self._lock = threading.Lock()
        self._open_kind = open_kind
        self._of_open = {split: _Directions(file) for split, file in open_files.items()}
        self._directions = dict(self._of_open) if kind == open_kind else {}

    def find(
        self, split: Split, row: int, among: Split, count: int, stop: Callable[[], bool]
    ) -> NearestPhotos | None:
        """Find the `count` nearest; arguments and errors as for `CocoDataset.nearest_photos`."""
        if not 0 <= row < self._heights[split]:
            raise IndexError(f"{split} has images 0 to {self._heights[split] - 1:,}, not {row:,}")
        own, others = self._of(split), self._of(among)
        feature = own.file.rows(np.array([row]))[0].astype(np.float64)
        length = float(np.linalg.norm(feature))
        if length == 0.0:
            raise DataError(own.file.path, f"Row {row:,}: {NO_DIRECTION}", "Choose another photo.")
        found = others.nearest(feature[np.newaxis] / length, count, row if among == split else None, stop)
        return None if found is None else NearestPhotos(among, *found[0], self._kind)

    def find_by_features(
        self, features: FloatArray, among: Split, count: int, stop: Callable[[], bool]
    ) -> list[NearestPhotos] | None:
        """Find the `count` nearest to each; arguments and errors as for `CocoDataset.nearest_to_features`."""
        own = features.astype(np.float64)
        lengths = np.linalg.norm(own, axis=1, keepdims=True)
        directions = np.divide(own, lengths, out=np.zeros_like(own), where=lengths > 0)
        found = self._of_open[among].nearest(directions, count, None, stop)
        return None if found is None else [NearestPhotos(among, *each, self._open_kind) for each in found]

    def find_each(
        self,
        split: Split,
        rows: IntArray,
        among: Split,
        usable: BoolArray,
        stop: Callable[[], bool],
        progress: Callable[[float], object],
    ) -> IntArray | None:
        """Find the one nearest to each; arguments and errors as for `CocoDataset.nearest_photo_of_each`."""
        themselves = rows if among == split else None
        features = self._of(split).file.rows(rows)
        return nearest_of_each(features, self._of(among).file, usable, themselves, stop, progress)

    def close(self) -> None:
        """Let go of the files that were opened here."""
        with self._lock:
            self._closed = True
            for file in self._own_files:
                file.close()

    def _of(self, split: Split) -> "_Directions":
        with self._lock:
            if split not in self._directions:
                file = self._open(split)
                self._own_files.append(file)
                self._directions[split] = _Directions(file)
            return self._directions[split]

    def _open(self, split: Split) -> FeatureFile:
        path = self._folder / features_file(split, self._kind)
        if self._closed:
            raise DataError(path, "The data folder was closed.", "Open the folder again.")
        file = FeatureFile(path)
        if len(file) != self._heights[split]:
            file.close()
            raise DataError(
                path,
                f"It has features for {len(file):,} images, but {split} has {self._heights[split]:,}.",
            )
        return file


# Rows, cosines, and how many images were compared.
_Found = tuple[IntArray, npt.NDArray[np.float64], int]


class _Directions:
    """The features of one split, (n, D), of which only the direction counts."""

    def __init__(self, file: FeatureFile) -> None:
        self.file = file
        self._lengths: npt.NDArray[np.float32] | None = None  # (n,), from the first search on

    def nearest(
        self, directions: npt.NDArray[np.float64], count: int, leave_out: int | None, stop: Callable[[], bool]
    ) -> list[_Found] | None:
        """The nearest to each of some directions (k, D) of length 1, or all zero, which have none; None if
        stopped.
        """
        if count < 1:
            raise ValueError(f"at least 1 neighbour can be looked for, not {count}")
        cosines = self._cosines(directions, stop)
        if cosines is None:
            return None
        return [
            self._nearest_of(np.ascontiguousarray(column), direction, count, leave_out)
            for column, direction in zip(cosines.T, directions, strict=True)
        ]

    def _nearest_of(
        self,
        cosines: npt.NDArray[np.float32],
        direction: npt.NDArray[np.float64],
        count: int,
        leave_out: int | None,
    ) -> _Found:
        comparable: BoolArray = np.isfinite(cosines)  # features that are all zero have no direction
        if leave_out is not None:
            comparable[leave_out] = False
        compared = int(np.count_nonzero(comparable)) if direction.any() else 0
        if not compared:
            return np.empty(0, np.int64), np.empty(0), 0
        cosines[~comparable] = -np.inf
        count = min(count, compared)
        least = np.partition(cosines, -count)[-count] - ROUNDING
        candidates = np.flatnonzero(cosines >= least)[: max(MOST_CANDIDATES, count)]
        exact = self._exact_cosines(candidates, direction)
        best = np.lexsort((candidates, -exact))[:count]
        return candidates[best], exact[best], compared

    def _exact_cosines(self, rows: IntArray, direction: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        features = self.file.rows(rows).astype(np.float64)
        cosines: npt.NDArray[np.float64] = features @ direction / np.linalg.norm(features, axis=1)
        return np.clip(cosines, -1.0, 1.0)

    def _cosines(
        self, directions: npt.NDArray[np.float64], stop: Callable[[], bool]
    ) -> npt.NDArray[np.float32] | None:
        """The cosine of every image with each of k directions, (n, k) float32, NaN where features are all
        zero; None if stopped.
        """
        height, width = self.file.shape
        towards = directions.T.astype(np.float32)
        products = np.empty((height, len(directions)), np.float32)
        known = self._lengths
        lengths = np.empty(height, np.float32) if known is None else known
        block_rows = max(1, BLOCK_BYTES // (4 * width))
        for first in range(0, height, block_rows):
            if stop():
                return None
            block = self.file.block(first, min(first + block_rows, height))
            here = slice(first, first + len(block))
            np.dot(block, towards, out=products[here])
            if known is None:
                lengths[here] = _lengths(block)
        self._lengths = lengths
        with np.errstate(invalid="ignore"):  # 0 / 0 is NaN, as wanted
            products /= lengths[:, np.newaxis]
        return products


def _lengths(block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The length of each row, (n,); in double precision where a square leaves the range of single."""
    with np.errstate(over="ignore", under="ignore"):
        squares: npt.NDArray[np.float32] = np.einsum("ij,ij->i", block, block)
    doubtful = ~((squares > 1e-30) & (squares < 1e30))
    lengths: npt.NDArray[np.float32] = np.sqrt(squares)
    lengths[doubtful] = np.linalg.norm(block[doubtful].astype(np.float64), axis=1)
    return lengths
