"""Rows of image features, read from the disk when they are asked for.

The official files keep their rows plainly one after another, so a row is read by its position.  They are
not memory-mapped: touching a mapped page of a file that was cut or unplugged kills the process, where a
read gives an error that can be told.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.data_error import DataError
from captionviewer.core.coco.hdf5.files import StoredArray, damage_named, find_array, require_file
from captionviewer.core.coco.hdf5.process import PackedArray

KEY = "features"
# The widest that a network here could use; VGG-16 gives 4,096.
LARGEST_WIDTH = 65_536
# The official train split has 82,783; each image's lines of text are held in memory.
LARGEST_HEIGHT = 1_000_000
BLOCK_BYTES = 8 * 2**20
_TRIES = 3  # to open a file that other programs put anew in its place
OPEN_AGAIN = "Open the folder again."
# Windows lacks reads by position: there a lock holds seek and read together.
READS_BY_POSITION = hasattr(os, "pread")

Rows = npt.NDArray[np.float32]


class _RowSource(Protocol):
    """Where rows stand: plainly in a file, or behind h5py."""

    @property
    def block_rows(self) -> int: ...

    def span(self, start: int, stop: int) -> npt.NDArray[np.floating[Any]]: ...

    def gather(self, rows: IntArray) -> npt.NDArray[np.floating[Any]]: ...

    def close(self) -> None: ...


class FeatureFile:
    """The features of one split: (num_rows, width) numbers, read as float32.

    Safe to read from several threads; after `close` (which waits for nobody) reading raises DataError.

    Attributes
    ----------
    path : Path
    shape : tuple[int, int]
        Rows (images) and width.
    dtype : numpy.dtype
        Always float32, whatever the file holds.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dtype = np.dtype(np.float32)
        self.shape, self._source = _open_rows(path)
        self._lock = threading.Lock()
        self._readers = 0
        self._closed = False

    def __len__(self) -> int:
        return self.shape[0]

    def __enter__(self) -> "FeatureFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getitem__(self, rows: IntArray) -> Rows:
        return self.rows(rows)

    def rows(self, rows: IntArray) -> Rows:
        """Read the rows with these numbers, (n,) in any order and any number of times, as (n, width).

        Raises
        ------
        IndexError
            There is no such row.
        DataError
            A row holds NaN or infinity, or the file was cut, changed, unplugged or closed.
        """
        wanted = np.asarray(rows, dtype=np.int64)
        if wanted.ndim != 1:
            raise IndexError(
                f"feature rows are asked for by a list of numbers, not by an array {wanted.shape}"
            )
        if wanted.size and (wanted.min() < 0 or wanted.max() >= len(self)):
            raise IndexError(f"{self.path.name} has rows 0 to {len(self) - 1:,}")
        with self._reading():
            return self._finite(self._source.gather(wanted), wanted)

    def block(self, start: int, stop: int) -> Rows:
        """Read rows `start` to `stop` (not included), which must exist; errors as for `rows`."""
        if not 0 <= start <= stop <= len(self):
            raise IndexError(f"{self.path.name} has rows 0 to {len(self) - 1:,}")
        with self._reading():
            return self._finite(self._source.span(start, stop), np.arange(start, stop))

    def read_all(self) -> Rows:
        """Read every row, (num_rows, width); errors as for `rows`, and MemoryError if there are too many."""
        whole = np.empty(self.shape, dtype=np.float32)
        for start, stop in self._blocks():
            whole[start:stop] = self.block(start, stop)
        return whole

    def scan(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Read every row once, for the errors that `rows` would raise, until `stop()` is true."""
        for first, last in self._blocks():
            if stop():
                return
            self.block(first, last)

    def close(self) -> None:
        """Let go of the file; a read under way in another thread ends first, unhurt."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            idle = self._readers == 0
        if idle:
            self._source.close()

    def _blocks(self) -> Iterator[tuple[int, int]]:
        size = self._source.block_rows
        for start in range(0, len(self), size):
            yield start, min(start + size, len(self))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Keep the file open while it is read: a descriptor closed meanwhile may name another file."""
        with self._lock:
            if self._closed:
                raise DataError(self.path, "The file was closed.", OPEN_AGAIN)
            self._readers += 1
        try:
            yield
        finally:
            self._end_reading()

    def _end_reading(self) -> None:
        with self._lock:
            self._readers -= 1
            last = self._closed and self._readers == 0
        if last:
            self._source.close()

    def _finite(self, stored: npt.NDArray[np.floating[Any]], rows: IntArray) -> Rows:
        with np.errstate(over="ignore", invalid="ignore"):
            values: Rows = stored.astype(np.float32, copy=False)
        if not np.isfinite(values).all():
            bad = int(rows[np.flatnonzero(~np.isfinite(values).all(axis=1))[0]])
            raise DataError(
                self.path, f"Row {bad:,} of {KEY!r} holds a value that is not a number, or infinite."
            )
        return values


def _open_rows(path: Path) -> tuple[tuple[int, int], _RowSource]:
    """Open a file as it is now; where another takes its place by a rename meanwhile, that one."""
    for _ in range(_TRIES):
        require_file(path)
        with damage_named(path):
            before = path.stat()
        try:
            return _open_rows_of(path)
        except DataError:
            with damage_named(path):
                if path.stat().st_ino == before.st_ino:
                    raise
    return _open_rows_of(path)


def _open_rows_of(path: Path) -> tuple[tuple[int, int], _RowSource]:
    require_file(path)
    with damage_named(path):
        before = path.stat()
    found = find_array(path, KEY, 2, "f")
    try:
        height, width = found.shape
        if height == 0 or width == 0:
            raise DataError(path, f"{KEY!r} is empty: its shape is {found.shape}.")
        if width > LARGEST_WIDTH:
            raise DataError(path, f"{KEY!r} is {width:,} wide; at most {LARGEST_WIDTH:,} can be used.")
        if height > LARGEST_HEIGHT:
            raise DataError(path, f"{KEY!r} has {height:,} rows; at most {LARGEST_HEIGHT:,} can be used.")
        if found.packed is not None:
            return (height, width), _PackedRows(_HeldFile(path, before), found.packed)
        return (height, width), _PlainRows(_HeldFile(path, before), found)
    except BaseException:
        found.close()
        raise


class _HeldFile:
    """An open file that is to stay as it was: one written anew may keep its rows elsewhere."""

    def __init__(self, path: Path, before: os.stat_result) -> None:
        self.path = path
        self._before = before
        self._seek_and_read = threading.Lock()
        with damage_named(path):
            self._file = path.open("rb", buffering=0)
        try:
            self.require_unchanged()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        self._file.close()

    def require_unchanged(self) -> None:
        """Raise DataError unless size and time of the last change are what they were."""
        try:
            now = os.fstat(self._file.fileno())
        except OSError as error:
            raise DataError(
                self.path, f"The file can no longer be read ({error.strerror}).", OPEN_AGAIN
            ) from error
        if (now.st_size, now.st_mtime_ns) != (self._before.st_size, self._before.st_mtime_ns):
            raise DataError(self.path, "The file was changed while it was open.", OPEN_AGAIN)

    def bytes_at(self, offset: int, count: int) -> bytes:
        parts: list[bytes] = []
        missing = count
        while missing:
            try:
                if READS_BY_POSITION:
                    part = os.pread(self._file.fileno(), missing, offset)
                else:
                    with self._seek_and_read:
                        self._file.seek(offset)
                        part = self._file.read(missing)
            except OSError as error:
                raise DataError(
                    self.path,
                    f"The file can no longer be read ({error.strerror}).",
                    "If its disk was unplugged, plug it in; then open the folder again.",
                ) from error
            if not part:
                raise DataError(self.path, "The file was cut while it was open.", OPEN_AGAIN)
            parts.append(part)
            missing -= len(part)
            offset += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


class _PlainRows:
    """Rows that follow one another in a file."""

    def __init__(self, file: _HeldFile, found: StoredArray) -> None:
        assert found.offset is not None
        self._file = file
        self._dtype = found.dtype
        self._width = found.shape[1]
        self._row_bytes = found.dtype.itemsize * self._width
        self._offset = found.offset
        self.block_rows = max(1, BLOCK_BYTES // self._row_bytes)

    def span(self, start: int, stop: int) -> npt.NDArray[np.floating[Any]]:
        count = stop - start
        stored = self._file.bytes_at(self._offset + start * self._row_bytes, count * self._row_bytes)
        self._file.require_unchanged()
        return np.frombuffer(stored, self._dtype).reshape(count, self._width)

    def gather(self, rows: IntArray) -> npt.NDArray[np.floating[Any]]:
        values = np.empty((len(rows), self._width), self._dtype)
        for place, row in enumerate(rows.tolist()):
            stored = self._file.bytes_at(self._offset + row * self._row_bytes, self._row_bytes)
            values[place] = np.frombuffer(stored, self._dtype)
        self._file.require_unchanged()
        return values

    def close(self) -> None:
        self._file.close()


class _PackedRows:
    """Rows in chunks, compressed or of an unusual form, one read at a time."""

    def __init__(self, file: _HeldFile, packed: PackedArray) -> None:
        self._file = file
        self._packed = packed
        self._width = packed.shape[1]
        in_block = max(1, BLOCK_BYTES // (packed.dtype.itemsize * self._width))
        # Whole chunks, so that none is unpacked twice.
        self.block_rows: int = max(1, in_block // packed.chunk_rows) * packed.chunk_rows

    def span(self, start: int, stop: int) -> npt.NDArray[np.floating[Any]]:
        try:
            return self._packed.rows(start, stop)
        finally:
            self._file.require_unchanged()  # the likelier cause of whatever else was said

    def gather(self, rows: IntArray) -> npt.NDArray[np.floating[Any]]:
        values = np.empty((len(rows), self._width), self._packed.dtype.newbyteorder("="))
        # One read for each block of whole chunks: a chunk is unpacked anew for every row it is asked for.
        blocks = rows // self.block_rows
        for block in np.unique(blocks).tolist():
            places = np.flatnonzero(blocks == block)
            start = int(rows[places].min())
            values[places] = self.span(start, int(rows[places].max()) + 1)[rows[places] - start]
        return values

    def close(self) -> None:
        self._packed.close()
        self._file.close()
