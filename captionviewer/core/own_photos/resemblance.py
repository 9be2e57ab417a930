"""What a photo resembles: the training photos nearest to it, and whether anything in training was like it."""

from dataclasses import dataclass
from functools import lru_cache
from weakref import ref

import numpy as np
import numpy.typing as npt

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.feature_file import FeatureFile

NEAREST = 10
DRAWN = 400  # training photos whose own distances are the measure
SEED = 17
FAR = 99.0  # past this percentile a photo is unlike anything in training
_AT_ONCE = 64  # photos that are compared in one pass over the training features
_BLOCK = 1024  # training photos at a time

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Resemblance:
    """How a photo stands to the training photos.

    Attributes
    ----------
    rows
        The training photos most alike by the cosine, (k,).
    similarities
        The cosines of their features and its own, (k,).
    distance
        How far its features lie from those of the training photo nearest by distance.
    percentile
        The share in percent of training photos, of `DRAWN` drawn by seed, that lie nearer to their own
        nearest training photo.
    """

    rows: IntArray
    similarities: Doubles
    distance: float
    percentile: float

    @property
    def is_far(self) -> bool:
        """Whether nothing in training was like it."""
        return self.percentile > FAR

    def words(self) -> str:
        """The measure in words for people."""
        told = (
            f"Its features lie {self.distance:.3g} from those of the nearest training photo:"
            f" {self.percentile:.0f} % of training photos ({DRAWN} drawn) have a nearer one."
        )
        if self.is_far:
            told = f"Unlike anything in training, so its caption is a guess. {told}"
        return told


def resemblance(dataset: CocoDataset, features: FloatArray) -> Resemblance:
    """Compare one photo's features (D,), as `resemblances` does."""
    return resemblances(dataset, features[np.newaxis])[0]


def resemblances(dataset: CocoDataset, features: FloatArray) -> list[Resemblance]:
    """Compare the features of photos (n, D) with those of the train photos, of the kind that is open.

    Raises
    ------
    DataError
        The data's features can't be read, or hold NaN.
    """
    typical = _typical_distances(ref(dataset))
    found = []
    for start in range(0, len(features), _AT_ONCE):
        some = features[start : start + _AT_ONCE]
        alike = dataset.nearest_to_features(some, "train", NEAREST)
        assert alike is not None  # nobody stops it
        distances = _least_distances(dataset.split("train").features, some).tolist()
        for nearest, distance in zip(alike, distances, strict=True):
            percentile = 100.0 * float(np.mean(typical < distance)) if len(typical) else 0.0
            found.append(Resemblance(nearest.rows, nearest.similarities, distance, percentile))
    return found


@lru_cache(maxsize=4)
def _typical_distances(of: "ref[CocoDataset]") -> Doubles:
    """For some train photos, how far the nearest other train photo is, (n,)."""
    dataset = of()
    assert dataset is not None
    train = dataset.split("train")
    count = min(DRAWN, train.num_photos)
    drawn = np.sort(np.random.default_rng(SEED).permutation(train.num_photos)[:count])
    nearest = _least_distances(train.features, train.features.rows(drawn), drawn)
    return nearest[np.isfinite(nearest)]


def _least_distances(file: FeatureFile, features: FloatArray, themselves: IntArray | None = None) -> Doubles:
    """How far the row of a file nearest to each of some features (n, D) is, (n,); inf where there is none.

    `themselves` are the rows (n,) that these features are in the file, where they are of it: each leaves out
    its own.
    """
    own = features.astype(np.float64)
    own_squares = np.einsum("ij,ij->i", own, own)
    least = np.full(len(own), np.inf)
    for start in range(0, len(file), _BLOCK):
        rows = file.block(start, min(start + _BLOCK, len(file))).astype(np.float64)
        squares = np.einsum("ij,ij->i", rows, rows)[:, np.newaxis] + own_squares - 2 * (rows @ own.T)
        if themselves is not None:
            here = np.flatnonzero((themselves >= start) & (themselves < start + len(rows)))
            squares[themselves[here] - start, here] = np.inf
        np.minimum(least, squares.min(axis=0), out=least)
    distances: Doubles = np.sqrt(np.maximum(least, 0))
    return distances
