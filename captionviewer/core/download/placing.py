"""Where a download works, and how its files come to their place without touching what is there.

All work is done in `unfinished-download` inside of the data folder, on the same disk. A file gets its
name in the data folder by one rename after all were checked, and the two that make a folder a data
folder come last: stopped at any instant, what is there is either not yet a data folder or a whole one.
"""

import contextlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from captionviewer.core.atomic_file import sweep
from captionviewer.core.coco.folder_layout import CAPTIONS_FILE, VOCABULARY_FILE
from captionviewer.core.download.archive_listing import Entry
from captionviewer.core.download.disk import disk_problems_named, sync_folder
from captionviewer.core.download.part_file import read_journal
from captionviewer.core.download.problem import DownloadError, DownloadProblem
from captionviewer.core.download.unpacking import Advance, has_checksum
from captionviewer.core.file_lock import held_alone

WORK_NAME = "unfinished-download"
UNPACKED_NAME = "unpacked"
LOCK_NAME = "lock"
_LAST = (VOCABULARY_FILE, CAPTIONS_FILE)


@dataclass(frozen=True)
class Unfinished:
    """A download into a folder that can go on: its address, bytes here, and the archive's length."""

    address: str
    have: int
    total: int | None


def unfinished_download(folder: Path) -> Unfinished | None:
    """Return what has come of a download into `folder` that did not end; None when there is none."""
    journal = read_journal(folder / WORK_NAME)
    if journal is None or not journal.have:
        return None
    return Unfinished(journal.address, journal.have.size, journal.total)


def discard_unfinished(folder: Path) -> None:
    """Delete what has come of a download into `folder`.

    Raises
    ------
    DownloadError
        LOCKED while that download is going on; FOLDER when it can't be deleted.
    """
    work = folder / WORK_NAME
    with disk_problems_named(work):
        if not work.is_dir():
            return
    with only_download(folder):
        clear_up(folder)
        if unfinished_download(folder) is not None:
            raise DownloadError(
                DownloadProblem.FOLDER,
                f"{work} can't be deleted. Delete it yourself, or choose another folder.",
            )
    remove_if_empty(folder)  # it may have been made for the download alone


def prepare(folder: Path) -> Path:
    """Make the data folder and its working folder; return the latter."""
    work = folder / WORK_NAME
    with disk_problems_named(folder):
        if folder.exists() and not folder.is_dir():
            raise DownloadError(
                DownloadProblem.FOLDER, f"{folder} is a file, not a folder. Choose another folder."
            )
        work.mkdir(parents=True, exist_ok=True)
    return work


@contextlib.contextmanager
def only_download(folder: Path) -> Iterator[None]:
    """Be the only download into a folder; the system lets go when the process ends, however it ends.

    Raises
    ------
    DownloadError
        LOCKED when another is going on; FOLDER when the working folder can't be written.
    """
    another = DownloadError(
        DownloadProblem.LOCKED,
        f"Another download into {folder} is going on. Wait for it, stop it, or choose another folder.",
    )
    with contextlib.ExitStack() as held:
        with disk_problems_named(folder):
            held.enter_context(held_alone(folder / WORK_NAME / LOCK_NAME, another))
        yield


def not_yet_there(folder: Path, entries: Sequence[Entry], advance: Advance) -> tuple[Entry, ...]:
    """Return the entries that the folder does not have yet.

    Raises
    ------
    DownloadError
        FOLDER: there is another file of that name, which is left alone.
    """
    missing: list[Entry] = []
    for entry in entries:
        path = folder.joinpath(*entry.name.split("/"))
        if not path.exists() and not path.is_symlink():
            missing.append(entry)
        elif (
            not path.is_file()
            or path.stat().st_size != entry.size
            or not has_checksum(path, entry.crc, advance)
        ):
            raise DownloadError(
                DownloadProblem.FOLDER,
                f"{path} is there already, and is not the file that would come. It is left as it is: choose "
                "another folder, or move that file away.",
                (entry.name,),
            )
    return tuple(missing)


def move_in(unpacked: Path, folder: Path, names: Iterable[str]) -> None:
    """Give checked files their place, those last that make it a data folder."""
    ordered = sorted(names, key=lambda name: (_LAST.index(name) if name in _LAST else -1, name))
    touched: set[Path] = set()
    with disk_problems_named(folder):
        for name in ordered:
            parts = name.split("/")
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists() or target.is_symlink():
                raise DownloadError(
                    DownloadProblem.FOLDER,
                    f"{target} appeared meanwhile. It is left as it is: choose another folder.",
                    (name,),
                )
            if name in _LAST:  # what came before is on the disk by then
                for parent in touched:
                    sync_folder(parent)
            unpacked.joinpath(*parts).rename(target)
            touched.add(target.parent)
        sync_folder(folder)


def clear_up(folder: Path) -> None:
    """Remove the working folder after the end, the lock last; what can't be removed does no harm."""
    work = folder / WORK_NAME
    for name in (UNPACKED_NAME, LOCK_NAME):
        shutil.rmtree(work / name, ignore_errors=True)
    sweep(work)
    for path in (*work.glob("archive.*"), work / LOCK_NAME):
        with contextlib.suppress(OSError):
            path.unlink()
    with contextlib.suppress(OSError):
        work.rmdir()


def remove_if_empty(folder: Path) -> None:
    """Take away a folder that was made for a download of which nothing is left."""
    with contextlib.suppress(OSError):
        folder.rmdir()
