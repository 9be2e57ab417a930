"""Features of a photo by EfficientNet-Lite0, and the principal components that make them short.

The components are those of the training photos, plain ones: the mean is taken away, and the rest is turned
onto the directions in which the photos differ most.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from captionviewer.core.arrays import ByteArray
from captionviewer.core.coco.data_error import DataError
from captionviewer.core.encoders.efficientnet_lite0 import FEATURE_DIM, EfficientNetLite0
from captionviewer.core.number_archive import ArchiveError, NumberArchive, write_archive
from captionviewer.core.photos.decode import not_a_picture
from captionviewer.core.photos.picture_file import read_picture

Floats = npt.NDArray[np.float32]

SHORT_DIM = 512
COMPONENTS_FILE = "lite0_components.npz"
_LARGEST_FILE = 64 * 2**20


@dataclass(frozen=True)
class Lite0Components:
    """From the network's features (n, 1280) to short ones: subtract `mean` (1280,), multiply by `weights`."""

    mean: Floats
    weights: Floats  # (1280, P)

    def of(self, rows: Floats) -> Floats:
        """The short features, (n, P) float32."""
        return np.asarray((rows - self.mean) @ self.weights, dtype=np.float32)

    def write(self, folder: Path) -> None:
        """Write `COMPONENTS_FILE` into a data folder.  OSError."""
        write_archive(folder / COMPONENTS_FILE, {"mean": self.mean, "weights": self.weights})

    @classmethod
    def read(cls, folder: Path) -> "Lite0Components":
        """The components of a data folder.

        Raises
        ------
        DataError
            The file is missing or damaged.
        """
        path = folder / COMPONENTS_FILE
        remedy = "Compute the features again: captionviewer encode FOLDER."
        try:
            if path.stat().st_size > _LARGEST_FILE:
                raise DataError(path, "The file is larger than it could need to be.", remedy)
            with NumberArchive(path) as stored:
                mean, weights = stored.read("mean"), stored.read("weights")
        except FileNotFoundError as error:
            raise DataError(path, "The file is missing.", remedy) from error
        except (ArchiveError, OSError) as error:
            raise DataError(path, f"The file can't be read ({str(error)[:120]}).", remedy) from error
        fits = mean.shape == (FEATURE_DIM,) and weights.ndim == 2 and len(weights) == FEATURE_DIM
        if not fits or mean.dtype != np.float32 or weights.dtype != np.float32:
            raise DataError(path, "Its arrays are not components of these features.", remedy)
        if not (np.isfinite(mean).all() and np.isfinite(weights).all()):
            raise DataError(path, "It holds numbers that are not finite.", remedy)
        return cls(np.asarray(mean, dtype=np.float32), np.asarray(weights, dtype=np.float32))


def features_of_picture(encoder: EfficientNetLite0, picture: ByteArray) -> Floats:
    """The network's features of a picture (rows, columns, 3) uint8: (1280,) float32."""
    return np.asarray(encoder.features(picture), dtype=np.float32)


def features_of_file(encoder: EfficientNetLite0, path: Path) -> Floats:
    """The network's features of the picture in a file, (1280,) float32.

    Raises
    ------
    PhotoUnavailable
        The file is not there, can't be read, or holds no picture that has features.
    """
    row = features_of_picture(encoder, read_picture(path))
    if not np.isfinite(row).all():
        raise not_a_picture(str(path), "its features are not finite numbers")
    return row


def learn_components(blocks: Callable[[], Iterator[Floats]]) -> Lite0Components:
    """The principal components of the features that `blocks()` gives in pieces (n, 1280), twice through.

    There are `SHORT_DIM` of them, or one less than there are rows.  ValueError for fewer than two rows.
    """
    count, total = 0, np.zeros(FEATURE_DIM)
    for block in blocks():
        count += len(block)
        total += block.sum(axis=0, dtype=np.float64)
    if count < 2:
        raise ValueError(f"components need the features of at least 2 photos, not of {count}")
    mean = total / count
    width = min(SHORT_DIM, count - 1)
    if count <= FEATURE_DIM:  # few rows have the same components, found sooner
        centred = np.concatenate([block - mean for block in blocks()])
        directions: npt.NDArray[np.float64] = np.linalg.svd(centred, full_matrices=False)[2][:width].T
    else:
        products = np.zeros((FEATURE_DIM, FEATURE_DIM))
        for block in blocks():
            products += (block - mean).T @ (block - mean)
        directions = np.linalg.eigh(products)[1][:, ::-1][:, :width]
    # A sign of its own for each, so that every machine finds the same.
    directions = directions * np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(width)])
    return Lite0Components(mean.astype(np.float32), directions.astype(np.float32))
