"""One download into a folder at a time.

The system lets go of the lock when the process ends, however it ends.
"""

import contextlib
import os
import sys
from pathlib import Path
from types import TracebackType

from captionviewer.core.download.problem import DownloadError, DownloadProblem

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:  # Windows does not tell a taken lock from other trouble
            raise BlockingIOError from error
else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


# Some network file systems tell one file by two numbers, so that it never seems to be the same.
_TRIES = 20


class FolderLock:
    """Use as a context manager; entering raises DownloadError (LOCKED) when another download holds it."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._folder = folder
        self._handle = -1

    def __enter__(self) -> "FolderLock":
        for tries_left in reversed(range(_TRIES)):
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                _take(handle)
            except BlockingIOError:
                os.close(handle)
                raise DownloadError(
                    DownloadProblem.LOCKED,
                    f"Another download into {self._folder} is going on. Wait for it, stop it, or choose "
                    "another folder.",
                ) from None
            except OSError:
                pass  # a file system without locks: nothing better is to be had there
            if self._is_still_there(handle) or not tries_left:
                self._handle = handle
                break
            os.close(handle)  # the one before took the file away with it: lock the new one
        return self

    def _is_still_there(self, handle: int) -> bool:
        with contextlib.suppress(OSError):
            return os.path.samestat(os.fstat(handle), self._path.stat())
        return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._handle)
