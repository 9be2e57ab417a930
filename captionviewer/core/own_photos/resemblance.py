"""What a photo resembles: the training photos nearest to it, and whether anything in training was like it."""

from dataclasses import dataclass
from functools import lru_cache
from weakref import ref

import numpy as np
import numpy.typing as npt

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.dataset import CocoDataset

NEAREST = 10
DRAWN = 400  # training photos whose own distances are the measure
SEED = 17
FAR = 99.0  # past this percentile a photo is unlike anything in training
_BLOCK = 4096

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


def resemblance(dataset: CocoDataset, features: FloatArray, count: int = NEAREST) -> Resemblance:
    """Compare a photo's features (D,) with those of the train photos, of the kind that is open.

    Raises
    ------
    DataError
        The data's features can't be read, or hold NaN.
    """
    distances, cosines = (both[:, 0] for both in _compared(dataset, features[np.newaxis]))
    rows = np.argsort(-cosines, kind="stable")[:count]
    typical = _typical_distances(ref(dataset))
    distance = float(distances.min())
    percentile = 100.0 * float(np.mean(typical < distance)) if len(typical) else 0.0
    return Resemblance(rows, cosines[rows], distance, percentile)


@lru_cache(maxsize=4)
def _typical_distances(of: "ref[CocoDataset]") -> Doubles:
    """For some train photos, how far the nearest other train photo is, (n,)."""
    dataset = of()
    assert dataset is not None
    train = dataset.split("train")
    count = min(DRAWN, train.num_photos)
    drawn = np.sort(np.random.default_rng(SEED).permutation(train.num_photos)[:count])
    distances, _ = _compared(dataset, train.features.rows(drawn))
    distances[drawn, np.arange(count)] = np.inf  # itself
    nearest: Doubles = distances.min(axis=0)
    return nearest[np.isfinite(nearest)]


def _compared(dataset: CocoDataset, features: FloatArray) -> tuple[Doubles, Doubles]:
    """Of each train photo with each of some features (n, D): distances and cosines, (train photos, n) each.

    The cosine is 0 where features are all zero.
    """
    file = dataset.split("train").features
    own = features.astype(np.float64)
    own_lengths = np.linalg.norm(own, axis=1)
    distances = np.empty((len(file), len(own)))
    cosines = np.zeros((len(file), len(own)))
    for start in range(0, len(file), _BLOCK):
        here = slice(start, min(start + _BLOCK, len(file)))
        rows = file.rows(np.arange(here.start, here.stop)).astype(np.float64)
        products = rows @ own.T
        lengths = np.linalg.norm(rows, axis=1)[:, np.newaxis]
        squares = lengths**2 + own_lengths**2 - 2 * products
        distances[here] = np.sqrt(np.maximum(squares, 0))
        both = lengths * own_lengths
        np.divide(products, both, out=cosines[here], where=both > 0)
    return distances, cosines
