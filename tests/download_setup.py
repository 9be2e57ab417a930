"""What tests of the download share: a small data set as an archive, its digests, and little patience."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest

from captionviewer.core.coco.official_files import KnownFile
from captionviewer.core.download import Download, Downloaded, DownloadError, DownloadRequest, RetryPolicy
from captionviewer.core.download.placing import WORK_NAME
from tests.archive_server import ArchiveServer, archive_of
from tests.coco_folder_writer import NUM_IMAGES, write_coco_folder

QUICK = RetryPolicy(
    block=8192, block_within_s=0.4, first_wait_s=0.02, longest_wait_s=0.05, least_gain=1, tries=3
)
RAW = ("train2014_vgg16_fc7.h5", "val2014_vgg16_fc7.h5")


@dataclass(frozen=True)
class Book:
    """A data set as files, as an archive, and the files' digests."""

    files: dict[str, bytes]
    archive: bytes
    known: dict[str, KnownFile]

    def wanted(self, raw: bool = False) -> dict[str, bytes]:
        return {name: data for name, data in self.files.items() if raw or name not in RAW}


def write_book(folder: Path) -> Book:
    """Write a data set whose raw features are most of its archive, as with the official one."""
    write_coco_folder(folder, photos=False)
    rng = np.random.default_rng(5)
    for split, count in NUM_IMAGES.items():
        with h5py.File(folder / f"{split}2014_vgg16_fc7.h5", "w") as file:
            file["features"] = rng.standard_normal((count, 4096)).astype(np.float32)
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    known = {
        name: KnownFile(len(content), hashlib.sha256(content).hexdigest()) for name, content in files.items()
    }
    return Book(files, archive_of(folder), known)


def files_in(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() or path.is_symlink()
    }


def problem_of(server: ArchiveServer, folder: Path, book: Book | None = None) -> DownloadError:
    """Download, and return how it failed."""
    with pytest.raises(DownloadError) as caught:
        fetched(server, folder, book)
    return caught.value


def assert_nothing_looks_finished(folder: Path) -> None:
    """See that nothing is in the folder but the download's own working folder."""
    if folder.exists():
        assert {path.name for path in folder.iterdir()} <= {WORK_NAME}
        assert not (folder / WORK_NAME / "unpacked").exists()


def download_of(server: ArchiveServer, folder: Path, book: Book | None = None, raw: bool = False) -> Download:
    """Return a download of the server's archive with little patience; `book` gives the digests to match."""
    request = DownloadRequest(folder, server.address, raw)
    return Download(request, known=None if book is None else book.known, retry_policy=QUICK)


def fetched(server: ArchiveServer, folder: Path, book: Book | None = None, raw: bool = False) -> Downloaded:
    """Download the server's archive."""
    return download_of(server, folder, book, raw).run()
