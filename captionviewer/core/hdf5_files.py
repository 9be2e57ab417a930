"""HDF5 files of strangers: open one, find an array in it, and know it before a byte is allocated.

A file may declare any shape, point into other files, or be damaged anywhere; everything that it says is
checked here, and anything that h5py raises becomes a DataError.
"""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from captionviewer.core.arrays import IntArray
from captionviewer.core.data_error import FETCH_AGAIN, DataError

# A chunk is unpacked whole when one of its rows is read.
LARGEST_CHUNK_BYTES = 256 * 2**20
# The official captions take 27 MB.
LARGEST_WHOLE_BYTES = 256 * 2**20
# Captions, mostly padding, compress about twentyfold.
LARGEST_COMPRESSION = 200


@dataclass(frozen=True)
class StoredArray:
    """One array in an HDF5 file, after its description was checked.

    `offset` is where its first value stands in the file if all of them follow in their plain form, and None
    where h5py must read them (chunked, compressed, or of an unusual number format).
    """

    dataset: h5py.Dataset
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int | None


def require_file(path: Path, remedy: str = FETCH_AGAIN) -> None:
    """Raise DataError unless `path` is a regular file that can be looked at."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise DataError(path, "The file is missing.", remedy) from None
    except OSError as error:
        raise DataError(path, f"The file can't be read ({error.strerror}).", remedy) from error
    if not stat.S_ISREG(mode):
        kind = "folder" if stat.S_ISDIR(mode) else "device"
        raise DataError(path, f"This is a {kind} where a file should be.", remedy)


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Turn whatever HDF5 says of a damaged file into a DataError that names it."""
    try:
        yield
    except DataError:
        raise
    except PermissionError as error:
        raise DataError(path, "You may not read this file.", "Change its permissions.") from error
    except Exception as error:  # h5py answers damage with many types, RuntimeError and KeyError among them
        said = " ".join(str(error).split())[:200]
        raise DataError(path, f"The file is damaged or cut short (HDF5 says: {said}).") from error


def open_hdf5(path: Path) -> h5py.File:
    """Open `path` for reading, or raise DataError saying why that can't be done."""
    require_file(path)
    with damage_named(path):
        if not h5py.is_hdf5(path):
            with path.open("rb") as file:  # tells a file that may not be read from one that isn't HDF5
                empty = not file.read(1)
            raise DataError(path, "The file is empty." if empty else "This is not an HDF5 file.")
        # Locks are for writers elsewhere; read-only and network disks often have none.
        return h5py.File(path, "r", locking="best-effort")


def find_array(file: h5py.File, path: Path, key: str, rank: int, kinds: str) -> StoredArray:
    """Describe the array `key` of an open file.

    Parameters
    ----------
    file, path
        The open file and where it stands.
    key
        The array's name.
    rank
        How many axes it must have.
    kinds
        The kinds of number it may hold, as NumPy's letters: 'iu' for whole numbers, 'f' for floats.

    Raises
    ------
    DataError
        The key is missing or a link, the values stand in another file, were never written or are more than
        the file can hold, or rank or number format are not those asked for.
    """
    with damage_named(path):
        return _find_array(file, path, key, rank, kinds)


def _find_array(file: h5py.File, path: Path, key: str, rank: int, kinds: str) -> StoredArray:
    link = file.get(key, getlink=True)
    if link is None:
        present = ", ".join(repr(name[:40]) for name in islice(file, 6)) or "nothing"
        raise DataError(path, f"There is no {key!r} in this file; it holds {present}.")
    if not isinstance(link, h5py.HardLink):
        raise DataError(path, f"{key!r} is a link to another place; links in data files are not followed.")
    dataset = file[key]
    if not isinstance(dataset, h5py.Dataset):
        raise DataError(path, f"{key!r} is not an array.")
    _refuse_other_files(dataset, path, key)
    shape, dtype = dataset.shape, dataset.dtype
    if shape is None or len(shape) != rank:
        axes = "no value" if shape is None else f"the shape {shape}"
        raise DataError(path, f"{key!r} should have {rank} {'axis' if rank == 1 else 'axes'} but has {axes}.")
    if dtype.kind not in kinds or dtype.itemsize > 8:
        wanted = "whole numbers" if "i" in kinds else "floating-point numbers"
        raise DataError(path, f"{key!r} should hold {wanted} but its type is {dtype}.")
    if 0 in shape:
        return StoredArray(dataset, shape, dtype, None)
    declared = int(dataset.id.get_type().get_size())  # in the file: h5py may widen unusual formats
    for length in shape:  # Python's integers: NumPy's could overflow
        declared *= int(length)
    layout = dataset.id.get_create_plist().get_layout()
    offset = dataset.id.get_offset() if layout == h5py.h5d.CONTIGUOUS else None
    if layout == h5py.h5d.CHUNKED:
        _check_chunks(dataset, path, key, declared)
    elif layout == h5py.h5d.CONTIGUOUS and offset is None:
        raise DataError(path, f"{key!r} was declared, but its values were never written.")
    else:
        file_bytes = path.stat().st_size
        if (offset or 0) + declared > file_bytes:
            raise DataError(
                path,
                f"{key!r} should take {declared:,} bytes, but the whole file has {file_bytes:,}: it was cut.",
            )
    plain = bool(h5py.h5t.py_create(dtype) == dataset.id.get_type())
    return StoredArray(dataset, shape, dtype, offset if plain else None)


def _refuse_other_files(dataset: h5py.Dataset, path: Path, key: str) -> None:
    settings = dataset.id.get_create_plist()
    if settings.get_layout() == h5py.h5d.VIRTUAL or settings.get_external_count() > 0:
        raise DataError(path, f"The values of {key!r} stand in other files, which are not followed.")


def _check_chunks(dataset: h5py.Dataset, path: Path, key: str, declared: int) -> None:
    """Chunks may be missing (then h5py invents zeros) or, compressed, unpack to far more than the file."""
    expected = 1
    chunk_bytes = dataset.dtype.itemsize
    for length, chunk in zip(dataset.shape, dataset.chunks, strict=True):
        expected *= -(-int(length) // int(chunk))
        chunk_bytes *= int(chunk)
    if chunk_bytes > LARGEST_CHUNK_BYTES:
        raise DataError(
            path,
            f"{key!r} is stored in pieces of {chunk_bytes:,} bytes; more than {LARGEST_CHUNK_BYTES:,} "
            "would take too much memory to unpack.",
            "Save it again with smaller chunks, or uncompressed.",
        )
    stored = dataset.id.get_storage_size()
    # Asked first: counting the pieces of an absurd declaration would take long.
    if declared > max(stored, 1) * LARGEST_COMPRESSION + chunk_bytes:
        raise DataError(path, f"{key!r} declares {declared:,} bytes but only {stored:,} are stored.")
    present = dataset.id.get_num_chunks()
    if present != expected:
        raise DataError(
            path, f"{key!r} was never written whole: {present:,} of its {expected:,} pieces are there."
        )


def read_whole_numbers(file: h5py.File, path: Path, key: str, rank: int, below: int, what: str) -> IntArray:
    """Read the array `key` of ids as int32, after making sure that each is at least 0 and less than `below`.

    Parameters
    ----------
    file, path, key, rank
        As for `find_array`.
    below
        How many things there are to name.
    what
        What there are `below` of, for the message: "the vocabulary has 1,004 words".

    Raises
    ------
    DataError
        As `find_array`; also if the array is too large to be read whole or an id is out of range.
    """
    found = find_array(file, path, key, rank, "iu")
    if found.dtype.itemsize * np.prod([float(length) for length in found.shape]) > LARGEST_WHOLE_BYTES:
        raise DataError(path, f"{key!r} has the shape {found.shape}, too large to be captions.")
    with damage_named(path):
        stored = found.dataset[()]
    if stored.size and (stored.min() < 0 or stored.max() >= below):
        wrong = (stored < 0) | (stored >= below)
        row = int(np.flatnonzero(wrong.reshape(len(stored), -1).any(axis=1))[0])
        value = int(stored[row][wrong[row]].flat[0]) if rank > 1 else int(stored[row])
        raise DataError(path, f"Row {row:,} of {key!r} holds {value}, but {what}.")
    return np.ascontiguousarray(stored, dtype=np.int32)
