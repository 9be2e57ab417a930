"""Writing a file so that nobody ever finds half of it: beside its place first, then renamed.

The one way in which captionviewer writes files of the user's and of its own. A reader sees the old content
or the new; a full disk, a kill or a power cut leaves the old one. What a killed program left beside is
removed by the next writer in the same folder.
"""

import contextlib
import hashlib
import os
import re
import secrets
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import psutil

# The longest name that common file systems take, in bytes; the temporary name must stay below it.
_LONGEST_STEM_BYTES = 60
# .<name>.<host>.<process>.<random>.part: told apart from everybody else's files by its form
_LEFT_OVER = re.compile(r"\..+\.(?P<host>[0-9a-f]{6})\.(?P<process>\d+)\.[0-9a-f]{8}\.part\Z")


def write_atomically(path: Path, content: bytes, *, durable: bool = False, tidy: bool = True) -> None:
    """Write `content` to `path`, as a whole or not at all.  Parameters and errors as `open_atomically`."""
    with open_atomically(path, durable=durable, tidy=tidy) as file:
        file.write(content)


@contextlib.contextmanager
def open_atomically(path: Path, *, durable: bool = False, tidy: bool = True) -> Iterator[BinaryIO]:
    """Open a file beside `path` for writing, which takes the place of `path` when the block ends well.

    A symbolic link is written through: its target is replaced and the link stays. An existing file keeps
    its mode; a new one gets the mode that the umask allows. Where the block raises, nothing has changed.

    Parameters
    ----------
    path
        The file to be written; its folder exists.
    durable
        Whether the content must have reached the disk before the name changes, as for what a user saves;
        not needed for what can be made again.
    tidy
        Whether to look through the folder for what killed programs left; False where it holds thousands of
        files and somebody calls `sweep` now and then.

    Raises
    ------
    PermissionError
        An existing file is read-only, or the folder may not be written to.
    OSError
        The disk is full, the folder is missing, or the like.
    """
    place = Path(os.path.realpath(path))
    mode = _mode_of(place)
    if tidy:
        sweep(place.parent)
    beside = place.parent / _temporary_name(place.name)
    try:
        # A new file's mode is what the umask leaves. The system knows it; to ask for it is to set it, for
        # all threads of the program.
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        handle = os.open(beside, flags, 0o666 if mode is None else 0o600)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        if os.name == "posix" and mode is not None:
            beside.chmod(mode)
        beside.replace(place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(place.parent)


def sweep(folder: Path) -> None:
    """Remove the temporary files of this machine's dead processes from a folder; OSErrors are passed over."""
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        for entry in found:
            match = _LEFT_OVER.match(entry.name)
            if match and match["host"] == _host() and not psutil.pid_exists(int(match["process"])):
                with contextlib.suppress(OSError):  # another program may be sweeping, too
                    Path(entry.path).unlink()


def _mode_of(place: Path) -> int | None:
    """The mode of the file that is there, None without one; PermissionError where it is read-only."""
    try:
        found = place.stat()
    except FileNotFoundError:
        return None
    # Renaming over a file asks only for its folder: whoever made this one read-only meant it to stay.
    if not stat.S_IMODE(found.st_mode) & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(13, "The file is read-only", str(place))
    return stat.S_IMODE(found.st_mode)


def _temporary_name(name: str) -> str:
    known = sys.getfilesystemencoding()  # what it lacks can't be in the name of a file
    stem = os.fsencode(name)[:_LONGEST_STEM_BYTES].decode(known, "ignore").strip(".") or "file"
    return f".{stem}.{_host()}.{os.getpid()}.{secrets.token_hex(4)}.part"


def _host() -> str:
    # A folder on a network drive is shared by machines whose process ids say nothing to each other.
    return hashlib.blake2b(socket.gethostname().encode(), digest_size=3).hexdigest()


def _sync_folder(folder: Path) -> None:
    """Make the rename last through a power cut, where the system can."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # some file systems (network shares) can't; the file itself is whole
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
