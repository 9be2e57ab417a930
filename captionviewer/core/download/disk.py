"""Room on the disk, and what the system says when there is none."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from captionviewer.core.amounts import format_bytes
from captionviewer.core.download.problem import DownloadError, DownloadProblem

# What is left alone, so that a download never fills a disk to the last byte.
MARGIN_BYTES = 64_000_000
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)


def free_bytes(folder: Path) -> int | None:
    """Return how much room there is where `folder` is, or will be; None when the system does not tell."""
    for place in (folder, *folder.parents):
        with contextlib.suppress(OSError):
            return shutil.disk_usage(place).free
    return None


def require_room(folder: Path, needed: int) -> None:
    """Raise DownloadError (DISK_FULL) unless `needed` more bytes and a margin fit."""
    free = free_bytes(folder)
    if free is not None and free < needed + MARGIN_BYTES:
        raise DownloadError(
            DownloadProblem.DISK_FULL,
            f"The disk of {folder} has {format_bytes(free)} free, but "
            f"{format_bytes(needed + MARGIN_BYTES)} are needed. Make room, or "
            "choose a folder on another disk; what has come is kept.",
        )


@contextlib.contextmanager
def disk_problems_named(place: Path) -> Iterator[None]:
    """Turn an OSError about a file of ours into a DownloadError that says what happened to which file."""
    try:
        yield
    except OSError as error:
        path = error.filename or place
        if error.errno in _FULL:
            raise DownloadError(
                DownloadProblem.DISK_FULL,
                f"{path} could not be written: the disk is full. Make room and start the download again; "
                "it goes on from what has come.",
            ) from error
        raise DownloadError(
            DownloadProblem.FOLDER,
            f"{path} could not be written or read ({error.strerror or error}). "
            "Choose a folder that you may write in.",
        ) from error


def sync_folder(folder: Path) -> None:
    """Have the folder's own entries on the disk (where the system can)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems don't do this for folders
            os.fsync(handle)
    finally:
        os.close(handle)
