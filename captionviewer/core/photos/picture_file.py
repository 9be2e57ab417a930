"""A picture in a file of the user's, read within bounds."""

import contextlib
import itertools
import os
import stat
from pathlib import Path

from captionviewer.core.arrays import ByteArray
from captionviewer.core.photos.decode import MAX_BYTES, decode_picture
from captionviewer.core.photos.problem import PhotoProblem, PhotoUnavailable

# The ends of the names of what `decode_picture` decodes, in lower case.
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp")


def picture_bytes(path: Path) -> bytes | None:
    """Return a file's bytes, None when there is none; a pipe or a device would block, and counts as none.

    At most one byte more than `MAX_BYTES` is read.  PhotoUnavailable where it may not be read.
    """
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            return None
        with open(path, "rb", opener=_without_waiting) as file:
            return file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        message = f"{path} can't be read: {why}."
        raise PhotoUnavailable(PhotoProblem.REFUSED, str(path), message) from error


def read_picture(path: Path) -> ByteArray:
    """Return the picture in a file, upright and in RGB: (rows, columns, 3) uint8.

    Raises
    ------
    PhotoUnavailable
        There is no such file, it can't be read, or it holds no picture that can be shown.
    """
    data = picture_bytes(path)
    if data is None:
        message = f"{path} is not there, or is no file."
        raise PhotoUnavailable(PhotoProblem.NOT_A_PICTURE, str(path), message, can_retry=False)
    return decode_picture(data, str(path))


def pictures_in(folder: Path) -> list[Path]:
    """The files of a folder and of those in it whose names end as a picture's does, in order.

    OSError where the folder itself can't be looked into; folders in it that can't be are passed over.
    """
    list(os.scandir(folder))
    found: list[Path] = []
    for here, folders, names in os.walk(folder):
        folders.sort()
        found += [Path(here, name) for name in sorted(names) if name.lower().endswith(PICTURE_SUFFIXES)]
    return found


def has_pictures(folder: Path, most: int = 500) -> bool:
    """Whether one of the first entries of a folder, and of those in it, is named as a picture is.

    At most `most` entries are looked at, so that this takes no time even of a folder of thousands.
    """
    waiting = [os.fspath(folder)]
    while waiting and most > 0:
        with contextlib.suppress(OSError), os.scandir(waiting.pop(0)) as entries:
            for entry in itertools.islice(entries, most):
                most -= 1
                if entry.name.lower().endswith(PICTURE_SUFFIXES):
                    return True
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
    return False


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
