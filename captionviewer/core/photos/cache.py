"""Photos kept on disk, so that each is fetched once; any number of threads and windows may share a folder."""

import contextlib
import hashlib
import json
import os
import threading
from pathlib import Path

from captionviewer.core.atomic_file import sweep, write_atomically
from captionviewer.core.photos.decode import MAX_BYTES

CACHE_BYTES = 500_000_000
_MAGIC = b"cvphoto1"
_DIGEST_BYTES = 32
_SUFFIX = ".photo"
# The bound that was set last, for programs that are not told one.
_BOUND = "bound.json"
# Evicting stops below the bound, so that it does not run at each photo.
_ROOM = 0.9
# Other programs write to the folder too: after so great a share of the bound it is looked through again.
_LOOK_AGAIN = 0.05


class PhotoCache:
    """A bounded folder of downloaded files by address; the least recently used go first.

    An entry holds a digest of its content, so that a damaged one counts as not there. A cache that can't
    be read or written is no reason not to show a photo: what went wrong last is kept in `trouble` for who
    wants to say it, until something is kept again.
    Several programs that share a folder keep its bound together, but for a twentieth of it each.

    Parameters
    ----------
    folder
        Made when the first photo is kept.
    max_bytes
        Bound on the sum of the files' sizes; None for the one that any program set last by `resize`,
        or else `CACHE_BYTES`.
    """

    def __init__(self, folder: Path, max_bytes: int | None = None) -> None:
        self.folder = folder
        self.max_bytes = _bound_set_in(folder) if max_bytes is None else max_bytes
        self.trouble: str | None = None
        self._lock = threading.Lock()
        self._total: int | None = None  # None: the folder has not been looked through
        self._written = 0  # bytes since it was

    def get(self, address: str) -> bytes | None:
        """Return the file kept for an address, None when there is none in good order."""
        path = self._path(address)
        try:
            with path.open("rb") as file:
                kept = file.read(len(_MAGIC) + _DIGEST_BYTES + MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.trouble = f"{path} can't be read: {error.strerror or error}."
            return None
        start = len(_MAGIC) + _DIGEST_BYTES
        data = kept[start:]
        if kept[:start] != _MAGIC + hashlib.sha256(data).digest():
            self.drop(address)
            return None
        with contextlib.suppress(OSError):  # cleared meanwhile: what was read is good
            os.utime(path)  # used now: it goes last
        return data

    def put(self, address: str, data: bytes) -> None:
        """Keep a file for an address, and drop others if there is no room."""
        kept = _MAGIC + hashlib.sha256(data).digest() + data
        if len(kept) > self.max_bytes:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path(address), kept, tidy=False)
        except OSError as error:
            self.trouble = f"Photos can't be kept in {self.folder}: {error.strerror or error}."
            return
        self.trouble = None
        with self._lock:
            self._written += len(kept)
            if self._total is not None:
                self._total += len(kept)
            stale = self._written > self.max_bytes * _LOOK_AGAIN
            if self._total is None or self._total > self.max_bytes or stale:
                self._make_room()

    def drop(self, address: str) -> None:
        """Forget the file of an address."""
        self._remove(self._path(address))

    def clear(self) -> None:
        """Forget all; safe while photos are read and written."""
        with self._lock:
            for path, _, _ in self._entries():
                self._remove(path)
            self._total = None

    def resize(self, max_bytes: int) -> None:
        """Set another bound, and drop what is beyond it; safe while photos are read and written."""
        with self._lock:
            self.max_bytes = max_bytes
            self._make_room()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self.folder / _BOUND, json.dumps(max_bytes).encode(), tidy=False)
        except OSError as error:
            self.trouble = f"The bound on {self.folder} can't be kept: {error.strerror or error}."

    def size(self) -> int:
        """Return the bytes that the kept files take."""
        return self.usage()[1]

    def usage(self) -> tuple[int, int]:
        """Return how many photos are kept, and the bytes they take."""
        entries = self._entries()
        return len(entries), sum(size for _, size, _ in entries)

    def _path(self, address: str) -> Path:
        name = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
        return self.folder / (name + _SUFFIX)

    def _entries(self) -> list[tuple[Path, int, float]]:
        """List the kept files with size and time of last use."""
        entries: list[tuple[Path, int, float]] = []
        try:
            with os.scandir(self.folder) as found:
                for entry in found:
                    self._look_at(entry, entries)
        except FileNotFoundError:
            pass
        except OSError as error:
            self.trouble = f"{self.folder} can't be read: {error.strerror or error}."
        return entries

    def _look_at(self, entry: os.DirEntry[str], entries: list[tuple[Path, int, float]]) -> None:
        try:
            if not entry.is_file(follow_symlinks=False):
                return
            facts = entry.stat(follow_symlinks=False)
        except OSError:
            return  # gone since it was listed
        if entry.name.endswith(_SUFFIX):
            entries.append((Path(entry.path), facts.st_size, facts.st_mtime))

    def _make_room(self) -> None:
        sweep(self.folder)
        entries = sorted(self._entries(), key=lambda entry: entry[2])
        total = sum(size for _, size, _ in entries)
        if total > self.max_bytes:
            for path, size, _ in entries:
                if total <= self.max_bytes * _ROOM:
                    break
                self._remove(path)
                total -= size
        self._total = total
        self._written = 0

    def _remove(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:  # Windows: somebody reads it just now; it goes another time
            self.trouble = f"{path} can't be removed: {error.strerror or error}."


def _bound_set_in(folder: Path) -> int:
    try:
        with (folder / _BOUND).open("rb") as file:
            bound: object = json.loads(file.read(100))
    except (OSError, ValueError):  # none was set, or what was written is damaged
        return CACHE_BYTES
    return bound if type(bound) is int and bound >= 0 else CACHE_BYTES
