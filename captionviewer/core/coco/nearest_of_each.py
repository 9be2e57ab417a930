"""For each of many images the one most alike to it, by the cosine of their feature vectors.

The features looked through are read once, in blocks, and each block is multiplied with all images at once.
As in `nearest_photos` the result is exact: single precision finds the blocks in which the nearest can be, and
what in these comes near it is compared again in double precision.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from captionviewer.core.arrays import BoolArray, IntArray
from captionviewer.core.coco.feature_file import FeatureFile

# Far above the rounding of a cosine in single precision, which for 4,096 values stays below 1e-5.
ROUNDING = 1e-4
# That many equal images are compared again; of more, those first in the file are taken.
MOST_CANDIDATES = 1_000

BLOCK_ROWS = 1_024
NONE = -1  # the row of an image that has no nearest one

Directions = npt.NDArray[np.float32]


def nearest_of_each(
    features: npt.NDArray[np.float32],
    others: FeatureFile,
    usable: BoolArray,
    themselves: IntArray | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[float], object] = lambda share: None,
) -> IntArray | None:
    """Find the nearest of `others` for each of n images.

    Parameters
    ----------
    features
        (n, D) of the images.
    others
        the features to look through, (m, D).
    usable
        (m,) which of these count.
    themselves
        (n,) the row of each image in `others`, which is not its own neighbour; None where they are not there.
    stop, progress
        asked and told between blocks, the latter with the share that is done.

    Returns
    -------
    (n,) rows of `others`, of equally near ones the first; `NONE` where the image's features are all zero,
    so that no image is nearer to it than another, or nothing usable is there.  None if stopped.

    Raises
    ------
    DataError
        `others` hold NaN or infinity, or the file was cut, changed or closed.
    """
    wanted = _directions(features).T.copy()  # (D, n)
    starts = range(0, len(others), BLOCK_ROWS)
    best = np.full((len(starts), len(features)), -np.inf, np.float32)  # in each block
    for number, start in enumerate(starts):
        if stop():
            return None
        cosines = _cosines(others, start, usable, wanted)
        _leave_out(cosines, start, themselves, np.arange(len(features)))
        cosines.max(axis=0, out=best[number])
        progress((number + 1) / len(starts))
    least = best.max(axis=0) - ROUNDING
    nearest = np.full(len(features), NONE)
    similarity = np.full(len(features), -np.inf)
    for number, start in enumerate(starts):
        if stop():
            return None
        images = np.flatnonzero((best[number] >= least) & np.isfinite(least) & wanted.any(axis=0))
        if not len(images):
            continue
        cosines = _cosines(others, start, usable, wanted[:, images])
        _leave_out(cosines, start, themselves, images)
        block = others.block(start, min(start + BLOCK_ROWS, len(others))).astype(np.float64)
        for image, column in zip(images.tolist(), cosines.T, strict=True):
            rows = np.flatnonzero(column >= least[image])[:MOST_CANDIDATES]
            own = features[image].astype(np.float64)
            exact = block[rows] @ (own / np.linalg.norm(own)) / np.linalg.norm(block[rows], axis=1)
            if exact.max() > similarity[image]:  # of equal ones the first
                similarity[image], nearest[image] = exact.max(), start + rows[exact.argmax()]
    return nearest


def _directions(features: npt.NDArray[np.float32]) -> Directions:
    """Rows of length 1, or 0 where they are all zero; squares can leave the range of single precision."""
    lengths = np.linalg.norm(features.astype(np.float64), axis=1, keepdims=True)
    directions: Directions = np.divide(
        features, lengths, out=np.zeros(features.shape), where=lengths > 0
    ).astype(np.float32)
    return directions


def _cosines(others: FeatureFile, start: int, usable: BoolArray, wanted: Directions) -> Directions:
    """The cosine of each row of a block with each of the wanted directions (D, n); -inf where none counts."""
    block = _directions(others.block(start, min(start + BLOCK_ROWS, len(others))))
    cosines: Directions = block @ wanted
    cosines[~usable[start : start + BLOCK_ROWS] | ~block.any(axis=1)] = -np.inf
    return cosines


def _leave_out(cosines: Directions, start: int, themselves: IntArray | None, images: IntArray) -> None:
    if themselves is not None:
        own = themselves[images] - start
        here = np.flatnonzero((own >= 0) & (own < len(cosines)))
        cosines[own[here], here] = -np.inf
