"""What a file holds of how a run went: validation losses, captions at stops, norms of gradients, as plain
arrays.
"""

from collections.abc import Sequence

import numpy as np

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.folder_layout import SPLITS
from captionviewer.core.network.parameter_shapes import PARAMETER_NAMES
from captionviewer.core.number_archive import ArchiveError, NumberArchive, PlainArray
from captionviewer.core.training.caption_stops import MOST_PHOTOS, RecordedCaptions
from captionviewer.core.training.events import PhotoKey
from captionviewer.core.training.norm_history import MOST_ROWS, ParameterNorms
from captionviewer.core.training.validation import ValidationPoint

MOST_STOPS = 10_000
MOST_POINTS = 10_000_000
LONGEST_CAPTION = 255


def written_progress(
    validation: Sequence[ValidationPoint], stops: RecordedCaptions | None
) -> dict[str, PlainArray]:
    """The arrays, by their names in the file; empty ones where nothing was recorded."""
    photos = [] if stops is None else [(SPLITS.index(split), row) for split, row in stops.photos]
    captions = np.empty((0, 0, 0)) if stops is None else stops.captions
    return {
        "validation_iterations": np.array([point.iteration for point in validation], dtype="<i8"),
        "validation_losses": np.array(
            [(point.train, point.val) for point in validation], dtype="<f4"
        ).reshape(-1, 2),
        "stops_photos": np.array(photos, dtype="<i8").reshape(-1, 2),
        "stops_iterations": np.array([] if stops is None else stops.iterations, dtype="<i8"),
        "stops_captions": np.asarray(captions, dtype="<i8"),
    }


def read_progress(
    archive: NumberArchive, words: Sequence[str], null: int
) -> tuple[tuple[ValidationPoint, ...], RecordedCaptions | None]:
    """Read them, checked as a stranger's.

    Raises
    ------
    ArchiveError
        an array is missing, of another type or shape, or holds what it can't.
    """
    iterations = _array(archive, "validation_iterations", np.dtype(np.int64), 1, MOST_POINTS)
    losses = _array(archive, "validation_losses", np.dtype(np.float32), 2, MOST_POINTS)
    if losses.shape != (len(iterations), 2) or not np.isfinite(losses).all() or not _rises(iterations):
        raise ArchiveError("its validation losses do not fit together")
    points = tuple(
        ValidationPoint(int(iteration), float(train), float(val))
        for iteration, (train, val) in zip(iterations, losses, strict=True)
    )
    photos = _array(archive, "stops_photos", np.dtype(np.int64), 2, MOST_PHOTOS)
    stops = _array(archive, "stops_iterations", np.dtype(np.int64), 1, MOST_STOPS)
    captions = _array(archive, "stops_captions", np.dtype(np.int64), 3, MOST_STOPS)
    if not len(stops):
        return points, None
    if captions.shape[:2] != (len(stops), len(photos)) or not 0 < captions.shape[2] <= LONGEST_CAPTION:
        raise ArchiveError("what it keeps of watched photos does not fit together")
    bad_ids = captions.size and not 0 <= int(captions.min()) <= int(captions.max()) < len(words)
    bad_photos = photos.shape[1] != 2 or (
        photos.size
        and not (
            int(photos.min()) >= 0 and int(photos[:, 0].max()) < len(SPLITS) and int(photos.max()) < 2**31
        )
    )
    if bad_ids or bad_photos or not _rises(stops):
        raise ArchiveError("what it keeps of watched photos names words or photos that can't be")
    keys: tuple[PhotoKey, ...] = tuple((SPLITS[int(split)], int(row)) for split, row in photos)
    whole: IntArray = stops.astype(np.int64)
    return points, RecordedCaptions(keys, whole, captions.astype(np.int32), null)


def written_norms(norms: ParameterNorms) -> dict[str, PlainArray]:
    """The arrays, by their names in the file."""
    return {
        "norm_iterations": np.asarray(norms.iterations, dtype="<i8"),
        "parameter_norms": np.asarray(norms.norms, dtype="<f4"),
    }


def read_norms(archive: NumberArchive, iteration: int) -> ParameterNorms:
    """Read the norms of a run's gradients up to `iteration`, checked as a stranger's.

    Raises
    ------
    ArchiveError
        an array is missing, of another type or shape, or holds what it can't.
    """
    iterations = _array(archive, "norm_iterations", np.dtype(np.int64), 1, MOST_ROWS)
    norms = _array(archive, "parameter_norms", np.dtype(np.float32), 2, MOST_ROWS)
    if (
        norms.shape != (len(iterations), len(PARAMETER_NAMES))
        or not len(iterations)
        or int(iterations[0]) < 1
        or int(iterations[-1]) > iteration
        or len(set(np.diff(iterations).tolist())) > 1
        or not _rises(iterations)
        or bool((norms < 0).any())
    ):
        raise ArchiveError("its norms of gradients do not fit together")
    return ParameterNorms(iterations.astype(np.int64), norms.astype(np.float32))


def _array(
    archive: NumberArchive, name: str, dtype: np.dtype[np.int64] | np.dtype[np.float32], axes: int, most: int
) -> PlainArray:
    shape = archive.shape(name)
    if len(shape) != axes or archive.dtype(name) != dtype or shape[0] > most:
        raise ArchiveError(f"its {name} is not what captionviewer writes")
    return archive.read(name)


def _rises(iterations: PlainArray) -> bool:
    return not len(iterations) or (int(iterations[0]) >= 0 and bool((np.diff(iterations) > 0).all()))
