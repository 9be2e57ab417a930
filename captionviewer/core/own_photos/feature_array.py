"""Features of a user's own, computed elsewhere: an array in a file, as wide as the open data's features."""

import stat
import tokenize
import zipfile
from pathlib import Path

import numpy as np

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.feature_kinds import FEATURES
from captionviewer.core.own_photos.photo_encoder import NoEncoder

LARGEST_ARRAY = 2**31  # bytes


# What np.load raises of a stranger's file; the last four of a header that is no header.
_REFUSED_BY_NUMPY = (
    ValueError,
    EOFError,
    MemoryError,
    zipfile.BadZipFile,
    OverflowError,
    TypeError,
    SyntaxError,
    tokenize.TokenError,
)


def read_feature_array(path: Path, dataset: CocoDataset) -> FloatArray:
    """Rows of features (n, D) float32 in a stranger's file `.npy`, D as the open data's.

    Raises
    ------
    NoEncoder
        It is no array, or not one of floating numbers of this width, or too large.
    OSError
        It can't be read.
    """
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):  # a pipe would block
        raise NoEncoder(f"{path} is no file.")
    if facts.st_size > LARGEST_ARRAY:
        raise NoEncoder(f"{path} is larger than any array of features that is captioned at once.")
    try:
        with path.open("rb") as file:  # of a damaged archive np.load would leave its own open
            rows = np.load(file, allow_pickle=False)
    except _REFUSED_BY_NUMPY as error:
        raise NoEncoder(f"{path} is no array that NumPy saved (.npy): {str(error)[:120]}") from error
    if not isinstance(rows, np.ndarray):
        raise NoEncoder(f"{path} holds several arrays (.npz). Save the one of features as .npy.")
    return checked_array(rows, dataset)


def checked_array(features: FloatArray, dataset: CocoDataset) -> FloatArray:
    """A user's own features as rows (n, D) float32 for the open data.

    Raises
    ------
    NoEncoder
        They are of another width, or not finite numbers.
    """
    rows = np.atleast_2d(np.asarray(features))
    if rows.ndim != 2 or rows.shape[1] != dataset.feature_dim or not np.issubdtype(rows.dtype, np.floating):
        raise NoEncoder(
            f"The array is {' x '.join(map(str, np.shape(features)))} {rows.dtype}; the open data's"
            f" {FEATURES[dataset.feature_kind].name} features are rows of {dataset.feature_dim:,} floating"
            " numbers."
        )
    with np.errstate(over="ignore"):  # a double too large for single precision becomes infinite
        single = np.asarray(rows, dtype=np.float32)
    if not np.isfinite(single).all():
        raise NoEncoder("The array holds numbers that are not finite, or too large for single precision.")
    return single
