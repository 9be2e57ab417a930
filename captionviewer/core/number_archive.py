"""A `.npz` archive from a stranger, read without trusting it: no pickle, no evaluator, no size that is
only claimed.

Only what `numpy.savez` writes is accepted: a zip of uncompressed `.npy` members of plain numbers.
Nothing is allocated before the sizes in the zip's directory, in the array's header and of the file itself
agree.
"""

import io
import math
import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from captionviewer.core.atomic_file import open_atomically
from captionviewer.core.errors import CaptionviewerError

PlainType = np.dtype[np.uint8 | np.int64 | np.float32 | np.float64]
PlainArray = npt.NDArray[np.uint8 | np.int64 | np.float32 | np.float64]
PLAIN_TYPES: Mapping[str, PlainType] = {
    "|u1": np.dtype(np.uint8),
    "<i8": np.dtype("<i8"),
    "<f4": np.dtype("<f4"),
    "<f8": np.dtype("<f8"),
}
MOST_MEMBERS = 64
READ_BYTES = 2**20
# Of a model's dozen parts, with room for the longest comment that a zip may end with.
MOST_DIRECTORY_BYTES = 2**17
_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(
    r"\{'descr': '(?P<descr>[^']{1,16})', 'fortran_order': (?P<fortran>True|False),"
    r" 'shape': \((?P<shape>(?:\d{1,12},? ?){0,4})\), \} *\n"
)


class ArchiveError(CaptionviewerError, ValueError):
    """What is wrong with an archive, as the middle of a sentence for people ("a member is compressed")."""


class _DirectoryReader(io.FileIO):
    """A file that gives a zip's directory only if it is short: ten million names would fill the memory."""

    bounded = True

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, as files do, but never much while `bounded`."""
        if self.bounded:
            rest = os.fstat(self.fileno()).st_size - self.tell()
            wanted = size if size is not None and size >= 0 else rest
            if wanted > MOST_DIRECTORY_BYTES:
                raise ArchiveError(
                    f"its list of parts takes {wanted:,} bytes, where captionviewer's takes a thousand"
                )
        return super().read(size) or b""


class NumberArchive:
    """The members of an opened archive: names, types and shapes known and checked, contents read on
    demand.
    """

    def __init__(self, path: Path) -> None:
        """Open `path` and check every member's declared size. ArchiveError or OSError."""
        self._size = path.stat().st_size
        self._declarations: dict[str, tuple[PlainType, tuple[int, ...]]] = {}
        self._damaged: set[str] = set()  # told when they are asked for: one may do without
        self._file = _DirectoryReader(path)
        try:
            self._zip = zipfile.ZipFile(self._file)
        except ArchiveError:
            self._file.close()
            raise
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OverflowError) as problem:
            self._file.close()
            raise ArchiveError("it is not a zip archive, or is cut short") from problem
        except BaseException:
            self._file.close()
            raise
        self._file.bounded = False
        try:
            self._check_members()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "NumberArchive":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape that `name`'s header declares. ArchiveError when there is no such member."""
        return self._declared(name)[1]

    def dtype(self, name: str) -> PlainType:
        """The type that `name`'s header declares. ArchiveError when there is no such member."""
        return self._declared(name)[0]

    @property
    def num_bytes(self) -> int:
        """How many bytes all arrays take in memory, as their headers declare."""
        return sum(math.prod(shape) * dtype.itemsize for dtype, shape in self._declarations.values())

    def read(self, name: str) -> PlainArray:
        """The array `name`, read into its place and held in memory once. ArchiveError on a damaged member.

        Its size was checked with its header; the zip's checksum is checked with its last bytes.
        """
        dtype, shape = self._declared(name)
        numbers = np.empty(math.prod(shape), dtype)
        into = numbers.view(np.uint8).data
        try:
            with self._zip.open(name + ".npy") as member:
                start = member.read(len(_MAGIC) + 2)
                member.read(int.from_bytes(start[len(_MAGIC) :], "little"))
                filled = 0
                while filled < len(into):
                    part = member.read(min(READ_BYTES, len(into) - filled))
                    if not part:
                        raise ArchiveError(f"its part {name!r} is cut short")
                    into[filled : filled + len(part)] = part
                    filled += len(part)
        except (zipfile.BadZipFile, EOFError, ValueError, RuntimeError, NotImplementedError) as problem:
            if isinstance(problem, ArchiveError):
                raise
            raise ArchiveError(f"its part {name!r} is damaged") from problem
        return numbers.reshape(shape)

    def _declared(self, name: str) -> tuple[PlainType, tuple[int, ...]]:
        if name in self._damaged:
            raise ArchiveError(f"its part {name!r} is damaged")
        if name not in self._declarations:
            raise ArchiveError(f"its part {name!r} is missing")
        return self._declarations[name]

    def _check_members(self) -> None:
        members = self._zip.infolist()
        if len(members) > MOST_MEMBERS:
            raise ArchiveError(f"it has {len(members):,} parts, where captionviewer writes about a dozen")
        names = [member.filename.removesuffix(".npy") for member in members]
        for name, member in zip(names, members, strict=True):
            if names.count(name) > 1:
                raise ArchiveError(f"its part {name!r} occurs twice")
            if member.flag_bits & 1:
                raise ArchiveError(f"its part {name!r} is encrypted")
            if member.compress_type != zipfile.ZIP_STORED:
                raise ArchiveError(f"its part {name!r} is compressed, which captionviewer never does")
        if sum(member.file_size for member in members) > self._size:
            raise ArchiveError("its parts claim to be larger than the file itself")
        for name, member in zip(names, members, strict=True):
            declared = self._read_header(name, member)
            if declared is not None:
                self._declarations[name] = declared

    def _read_header(self, name: str, member: zipfile.ZipInfo) -> tuple[PlainType, tuple[int, ...]] | None:
        try:
            with self._zip.open(member) as content:
                start = content.read(len(_MAGIC) + 2)
                length = int.from_bytes(start[len(_MAGIC) :], "little")
                header = content.read(length)
        except (zipfile.BadZipFile, EOFError, ValueError, RuntimeError, NotImplementedError):
            self._damaged.add(name)
            return None
        found = _HEADER.fullmatch(header.decode("latin-1"))
        if not start.startswith(_MAGIC) or found is None:
            raise ArchiveError(f"its part {name!r} is not an array of plain numbers")
        if "O" in found["descr"]:
            raise ArchiveError(
                f"its part {name!r} holds pickled objects, which are never opened: they can run programs"
            )
        dtype = PLAIN_TYPES.get(found["descr"])
        if dtype is None or found["fortran"] == "True":
            raise ArchiveError(
                f"its part {name!r} has the type {found['descr']}, which captionviewer never writes"
            )
        shape = tuple(int(number) for number in re.findall(r"\d+", found["shape"]))
        if len(start) + length + math.prod(shape) * dtype.itemsize != member.file_size:
            raise ArchiveError(f"its part {name!r} declares a size other than its own")
        return dtype, shape


def write_archive(path: Path, arrays: Mapping[str, PlainArray]) -> None:
    """Write `arrays` to `path` as `numpy.savez` does, whole and on the disk or not at all.

    Raises
    ------
    PermissionError
        There is a read-only file of that name, or the folder may not be written to.
    OSError
        The disk refuses; nothing is left behind then.
    """
    with open_atomically(path, durable=True) as file:
        _write_members(file, arrays)


def _write_members(file: BinaryIO, arrays: Mapping[str, PlainArray]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(name + ".npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(
                    member, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False
                )
