"""Unpacks chosen entries of an archive into a folder of its own, each file checked as it is written."""

import hashlib
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from captionviewer.core.coco.official_files import KnownFile
from captionviewer.core.download.archive_listing import Entry
from captionviewer.core.download.disk import disk_problems_named
from captionviewer.core.download.problem import DownloadError, DownloadProblem
from captionviewer.core.web.untrusted_text import quoted

_BLOCK = 1 << 20
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    struct.error,
    ValueError,
    NotImplementedError,
    RuntimeError,
)

Advance = Callable[[int, str], None]  # bytes more, and of which file; may raise to stop


def unpack(archive: zipfile.ZipFile, entry: Entry, folder: Path, advance: Advance) -> str:
    """Write one entry below `folder` and on the disk; return its SHA-256 in hexadecimal.

    Raises
    ------
    DownloadError
        DAMAGED when its bytes do not unpack to what was declared; DISK_FULL or FOLDER.
    """
    path = folder.joinpath(*entry.name.split("/"))
    digest = hashlib.sha256()
    written = 0
    with disk_problems_named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            try:
                with archive.open(entry.info) as source:
                    while block := source.read(_BLOCK):
                        written += len(block)
                        if written > entry.size:
                            break
                        digest.update(block)
                        file.write(block)
                        advance(len(block), entry.name)
            except _BROKEN as error:
                raise _damaged(entry, quoted(str(error), 120) or "it ends too early") from error
            if written != entry.size:
                raise _damaged(entry, f"it should have {entry.size:,} bytes")
            file.flush()
            os.fsync(file.fileno())
    return digest.hexdigest()


def _damaged(entry: Entry, why: str) -> DownloadError:
    return DownloadError(
        DownloadProblem.DAMAGED,
        f"{entry.name} came damaged ({why}). Fetch it again: the rest of what came is kept.",
        (entry.name,),
    )


def mismatches(digests: Mapping[str, str], known: Mapping[str, KnownFile]) -> tuple[str, ...]:
    """Return the names of the files whose SHA-256 is known and another."""
    return tuple(name for name, digest in digests.items() if name in known and known[name].sha256 != digest)


def sha256_of(path: Path, advance: Advance) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with disk_problems_named(path), path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            advance(len(block), path.name)
    return digest.hexdigest()


def has_checksum(path: Path, crc: int, advance: Advance) -> bool:
    """Tell whether a file has this CRC-32."""
    found = 0
    with disk_problems_named(path), path.open("rb") as file:
        while block := file.read(_BLOCK):
            found = zlib.crc32(block, found)
            advance(len(block), path.name)
    return found == crc
