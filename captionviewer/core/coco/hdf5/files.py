"""HDF5 files of strangers: find an array in one, and know it before a byte is allocated.

A file may declare any shape, point into other files, or be damaged anywhere; everything that it says is
checked, and whatever is wrong becomes a DataError.  Plain arrays are found by `plain` and read by
position; the rest is left to the HDF5 library, which works in a process of its own (`process`).
"""

import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.data_error import DataError
from captionviewer.core.coco.hdf5.left_open import start_without_mark
from captionviewer.core.coco.hdf5.plain import SIGNATURE, find_plain_array
from captionviewer.core.coco.hdf5.process import PackedArray

# The official captions take 27 MB.
LARGEST_WHOLE_BYTES = 256 * 2**20
BLOCK_BYTES = 8 * 2**20


@dataclass(frozen=True)
class StoredArray:
    """One array in an HDF5 file, after its description was checked.

    Either `offset` says where its first value stands in the file, all of them following in their plain form,
    or `packed` reads it.  A packed array is to be closed.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int | None
    packed: PackedArray | None

    def close(self) -> None:
        """Let go of the file."""
        if self.packed is not None:
            self.packed.close()


def require_file(path: Path) -> None:
    """Raise DataError unless `path` is a regular file that can be looked at."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise DataError(path, "The file is missing.") from None
    except (OSError, ValueError) as error:
        raise DataError(path, f"The file can't be read ({_reason(error)}).") from error
    if not stat.S_ISREG(mode):
        kind = "folder" if stat.S_ISDIR(mode) else "device"
        raise DataError(path, f"This is a {kind} where a file should be.")


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Turn what the system says of a file into a DataError that names it."""
    try:
        yield
    except PermissionError as error:
        raise DataError(path, "You may not read this file.", "Change its permissions.") from error
    except OSError as error:
        raise DataError(path, f"The file can't be read ({_reason(error)}).") from error


def find_array(path: Path, key: str, rank: int, kinds: str) -> StoredArray:
    """Describe the array `key` of the HDF5 file `path`.

    Parameters
    ----------
    path
        The file.
    key
        The array's name.
    rank
        How many axes it must have.
    kinds
        The kinds of number it may hold, as NumPy's letters: 'iu' for whole numbers, 'f' for floats.

    Raises
    ------
    DataError
        The file is missing or no HDF5; the key is missing or a link; the values stand in another file, were
        never written or are more than the file can hold; or rank or number format are not those asked for.
    """
    require_file(path)
    with damage_named(path):
        _require_signature(path)
        plain = find_plain_array(path, key)
        start = b"" if plain is not None else start_without_mark(path)
    if plain is not None and len(plain.shape) == rank and plain.dtype.kind in kinds:
        return StoredArray(plain.shape, plain.dtype, plain.offset, None)
    try:
        packed = PackedArray(path, key, rank, kinds, start)
    except DataError as error:
        if not start:
            raise
        problem = f"A program that wrote into the file ended without closing it. {error.problem}"
        raise DataError(path, problem, error.remedy) from error
    if packed.offset is None:
        return StoredArray(packed.shape, packed.dtype, None, packed)
    packed.close()
    return StoredArray(packed.shape, packed.dtype, packed.offset, None)


def _require_signature(path: Path) -> None:
    """HDF5 begins at 0, or after a block of 512 bytes, 1,024, 2,048… of the user's own."""
    with path.open("rb") as file:
        if not file.read(1):
            raise DataError(path, "The file is empty.")
        size, place = file.seek(0, 2), 0
        while place < size:
            file.seek(place)
            if file.read(len(SIGNATURE)) == SIGNATURE:
                return
            place = max(512, 2 * place)
    raise DataError(path, "This is not an HDF5 file.")


def read_whole_numbers(
    path: Path, key: str, rank: int, below: int, what: str, converted: str = ""
) -> IntArray:
    """Read the array `key` of ids as int32, after making sure that each is at least 0 and less than `below`.

    Parameters
    ----------
    path, key, rank
        As for `find_array`.
    below
        How many things there are to name.
    what
        What there are `below` of, for the message: "the vocabulary has 1,004 words".
    converted
        How somebody's own ids should have been written, as for `DataError`.

    Raises
    ------
    DataError
        As `find_array`; also if the array is too large to be read whole or an id is out of range.
    """
    with closing(find_array(path, key, rank, "iu")) as found:
        row_bytes = found.dtype.itemsize
        for length in found.shape[1:]:  # Python's integers: NumPy's could overflow
            row_bytes *= length
        if row_bytes * found.shape[0] > LARGEST_WHOLE_BYTES:
            raise DataError(path, f"{key!r} has the shape {found.shape}, too large to be captions.")
        numbers = np.empty(found.shape, dtype=np.int32)
        # Whole chunks at a time, so that none is unpacked twice.
        chunk = found.packed.chunk_rows if found.packed is not None else 1
        step = max(1, BLOCK_BYTES // max(1, row_bytes * chunk)) * chunk
        for start in range(0, found.shape[0], step):
            stop = min(start + step, found.shape[0])
            stored = _read_rows(path, found, row_bytes, start, stop)
            if stored.size and (stored.min() < 0 or stored.max() >= below):
                wrong = (stored < 0) | (stored >= below)
                row = int(np.flatnonzero(wrong.reshape(len(stored), -1).any(axis=1))[0])
                value = int(np.atleast_1d(stored[row])[np.atleast_1d(wrong[row])][0])
                problem = f"Row {start + row:,} of {key!r} holds {value}, but {what}."
                raise DataError(path, problem, converted=converted)
            numbers[start:stop] = stored
    return numbers


def _read_rows(
    path: Path, found: StoredArray, row_bytes: int, start: int, stop: int
) -> np.ndarray[Any, np.dtype[Any]]:
    if found.packed is not None:
        return found.packed.rows(start, stop)
    with damage_named(path), path.open("rb") as file:
        file.seek((found.offset or 0) + start * row_bytes)
        content = file.read((stop - start) * row_bytes)
    if len(content) < (stop - start) * row_bytes:
        raise DataError(path, "The file was cut while it was being read.")
    return np.frombuffer(content, found.dtype).reshape(stop - start, *found.shape[1:])


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
