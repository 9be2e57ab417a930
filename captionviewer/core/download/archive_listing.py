"""What is in a zip archive, known before anything is unpacked, and refused where it is not safe.

The archive may be a part file with only its end on the disk: a read of bytes that have not come raises
`NotHere`, so that they can be fetched, and no read takes more memory than a sane archive needs.
"""

import io
import posixpath
import stat
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from captionviewer.core.amounts import format_bytes
from captionviewer.core.coco.folder_layout import CAPTIONS_FILE
from captionviewer.core.download.byte_ranges import ByteRanges
from captionviewer.core.download.official import PCA_FILES, RAW_FILES
from captionviewer.core.download.part_file import PartFile
from captionviewer.core.download.problem import DownloadError, DownloadProblem
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.web.untrusted_text import quoted

LARGEST_READ = 16_000_000  # the list of entries is read at once; 50,000 of them take 5 MB
MOST_ENTRIES = 50_000
LARGEST_UNPACKED = 32_000_000_000
# Deflate can't do more than 1,032 to 1; real features do 4, captions 10.
LARGEST_RATIO = 200
RATIO_MATTERS_FROM = 10_000_000  # bytes unpacked
LONGEST_NAME = 200
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{name}{digit}" for name in ("com", "lpt") for digit in range(10))]
)


class NotHere(CaptionviewerError):
    """Bytes that have not come yet were to be read.

    Not an OSError, which zipfile would take for a broken archive.
    """

    def __init__(self, start: int, end: int) -> None:
        super().__init__(f"bytes {start} to {end} have not come yet")
        self.start = start
        self.end = end


class PartReader(io.RawIOBase):
    """Reads a part file, but only bytes that are there."""

    def __init__(self, part: PartFile) -> None:
        self._file = part.path.open("rb")
        self._have: ByteRanges = part.have
        self._length = part.total or 0
        self._at = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that any place can be gone to."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        if base + offset < 0:
            raise zipfile.BadZipFile("it points before its own beginning")
        self._at = base + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Return bytes from here; raise NotHere when some have not come."""
        end = self._length if size is None or size < 0 else min(self._at + size, self._length)
        if end <= self._at:
            return b""
        if end - self._at > LARGEST_READ:
            raise zipfile.BadZipFile("its list of entries is larger than any real one")
        if not self._have.covers(self._at, end):
            raise NotHere(self._at, end)
        self._file.seek(self._at)
        data = self._file.read(end - self._at)
        self._at += len(data)
        return data

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        super().close()


@dataclass(frozen=True)
class Entry:
    """One file of the data set in the archive.

    Attributes
    ----------
    name : str
        Below the data folder, with `/`.
    size, crc : int
        Declared length unpacked, and CRC-32.
    start, end : int
        Where its bytes stand in the archive, with its header; end is exclusive.
    info : zipfile.ZipInfo
    """

    name: str
    size: int
    crc: int
    start: int
    end: int
    info: zipfile.ZipInfo


@contextmanager
def opened_archive(part: PartFile) -> Iterator[zipfile.ZipFile]:
    """Open the archive of a part file.

    Raises
    ------
    DownloadError
        NOT_AN_ARCHIVE.
    NotHere
        Some of the list of entries has not come.
    """
    with PartReader(part) as reader:
        try:
            archive = zipfile.ZipFile(reader)
        except (zipfile.BadZipFile, zipfile.LargeZipFile, struct.error, ValueError, OverflowError) as error:
            raise DownloadError(
                DownloadProblem.DAMAGED,
                f"What came from {part.address} is no whole zip archive ({quoted(str(error), 120)}). "
                "Fetch it again.",
            ) from error
        except NotImplementedError as error:
            raise _unsafe(
                part.address, f"it needs a newer way of unpacking ({quoted(str(error), 80)})"
            ) from error
        with archive:
            yield archive


def entries_of(archive: zipfile.ZipFile, address: str) -> tuple[Entry, ...]:
    """Return the files of the data set in an archive, after all of its entries were found to be safe.

    Raises
    ------
    DownloadError
        UNSAFE or TOO_LARGE, naming the entry; NOT_DATA when no data set is inside.
    """
    infos = archive.infolist()
    if len(infos) > MOST_ENTRIES:
        raise _unsafe(address, f"it has {len(infos):,} entries; at most {MOST_ENTRIES:,} are unpacked")
    seen: set[str] = set()
    for info in infos:
        why = _trouble(info) or ("it is there twice" if _folded(info.filename) in seen else None)
        if why is not None:
            raise _unsafe(address, f"its entry {info.filename[:100]!r} can't be unpacked safely: {why}")
        seen.add(_folded(info.filename))
    ends = _ends(infos, archive.start_dir, address)
    total = sum(info.file_size for info in infos)
    if total > LARGEST_UNPACKED:
        raise DownloadError(
            DownloadProblem.TOO_LARGE,
            f"{address} would take {format_bytes(total)} unpacked; at most "
            f"{format_bytes(LARGEST_UNPACKED)} are. It is not unpacked.",
        )
    packed = sum(info.compress_size for info in infos)
    if total > RATIO_MATTERS_FROM and total > LARGEST_RATIO * packed:  # many small bombs are a large one
        raise _unsafe(address, f"{packed:,} bytes would become {total:,}, as no real data does")
    root = _root(infos, address)
    return tuple(
        Entry(
            info.filename[len(root) :],
            info.file_size,
            info.CRC,
            info.header_offset,
            ends[info.header_offset],
            info,
        )
        for info in infos
        if info.filename.startswith(root) and not info.is_dir()
    )


def wanted_entries(entries: tuple[Entry, ...], raw_features: bool) -> tuple[Entry, ...]:
    """Return the entries to unpack: without the raw features unless wanted, or there are no others."""
    if raw_features or not {entry.name for entry in entries}.issuperset(PCA_FILES):
        return entries
    return tuple(entry for entry in entries if entry.name not in RAW_FILES)


def _folded(name: str) -> str:
    return name.rstrip("/").casefold()


def _trouble(info: zipfile.ZipInfo) -> str | None:
    """Return why an entry is refused; None when it is safe."""
    name = info.filename
    if info.orig_filename != name or "\\" in name:
        return "its name has a backslash or a NUL"
    if not name.isprintable() or any(c in ':*?"<>|' for c in name):
        return "its name has signs that not every system can write"
    if name.startswith("/"):
        return "its path leads out of the folder"
    for part in name.removesuffix("/").split("/"):
        if part == "..":
            return "its path leads out of the folder"
        if part in ("", ".") or part.rstrip(" .") != part or part.startswith(" "):
            return "its path is not plain"
        if part.partition(".")[0].casefold() in _RESERVED or len(part) > LONGEST_NAME:
            return "not every system can have a file of that name"
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is a link or a device, not a file"
    if info.flag_bits & 0x1:
        return "it is encrypted"
    if info.compress_type not in _METHODS:
        return f"its compression (method {info.compress_type}) is not known"
    if info.file_size > RATIO_MATTERS_FROM and info.file_size > LARGEST_RATIO * info.compress_size:
        return f"{info.compress_size:,} bytes would become {info.file_size:,}, as no real data does"
    return None


def _ends(infos: list[zipfile.ZipInfo], start_of_list: int, address: str) -> dict[int, int]:
    """Return where each entry's bytes end, by where they start; they must not overlap."""
    ordered = sorted(infos, key=lambda info: info.header_offset)
    ends: dict[int, int] = {}
    for place, info in enumerate(ordered):
        last = place + 1 == len(ordered)
        end = start_of_list if last else ordered[place + 1].header_offset
        if info.header_offset < 0 or info.header_offset + 30 + info.compress_size > end:
            raise _unsafe(address, f"its entry {info.filename[:100]!r} overlaps with what comes after it")
        ends[info.header_offset] = end
    return ends


def _root(infos: list[zipfile.ZipInfo], address: str) -> str:
    """Return the folder in the archive that holds the data, "" or with a slash at its end."""
    found = [info.filename for info in infos if posixpath.basename(info.filename) == CAPTIONS_FILE]
    if not found:
        raise DownloadError(
            DownloadProblem.NOT_DATA,
            f"The archive {address} holds no {CAPTIONS_FILE}: it is no COCO captioning data. "
            "Give another address.",
        )
    return min(found, key=lambda name: name.count("/")).removesuffix(CAPTIONS_FILE)


def _unsafe(address: str, why: str) -> DownloadError:
    message = f"The archive {address} is refused: {why}. Nothing was unpacked."
    return DownloadError(DownloadProblem.UNSAFE, message)
