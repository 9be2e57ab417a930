"""Where captionviewer keeps what it remembers, and what it can fetch again."""

import contextlib
import os
import stat
from pathlib import Path

import platformdirs


def config_folder() -> Path:
    """Return the folder of the user's settings; CAPTIONVIEWER_CONFIG_DIR names another."""
    return Path(os.environ.get("CAPTIONVIEWER_CONFIG_DIR") or platformdirs.user_config_path("captionviewer"))


def log_folder() -> Path:
    """Return the folder of the log; CAPTIONVIEWER_LOG_DIR names another."""
    return Path(os.environ.get("CAPTIONVIEWER_LOG_DIR") or platformdirs.user_log_path("captionviewer"))


def read_remembered(path: Path, most_bytes: int) -> bytes:
    """Return a small file that captionviewer wrote once, whatever stands there now.

    It is read before the window is up, so nothing in its place may hold the program up: no pipe that nobody
    writes to, no device, no file that somebody let grow.

    Raises
    ------
    FileNotFoundError
        There is none.
    OSError
        It is no file, or may not be read.
    ValueError
        It has more than `most_bytes` bytes.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"{path} is no file")
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise ValueError(f"{path} has more than {most_bytes:,} bytes")
    return content


def books_folder() -> Path:
    """Return the folder that the storybook is unpacked in."""
    return cache_folder() / "books"


def written_folders() -> list[Path]:
    """Return the folders that captionviewer writes files of its own into, whether or not they are there.

    What a killed program left half-written in them is swept at the start (`atomic_file.sweep`); a folder
    that the user saves into is swept at the next save.
    """
    books: list[Path] = []
    with contextlib.suppress(OSError):  # a cache that may not be looked into
        books = list(books_folder().glob("*/storybook"))
    return [config_folder(), data_folder(), cache_folder(), *books]


def is_file(path: Path) -> bool:
    """Whether there is a file of this name that may be looked at, as `is_folder` tells of folders."""
    return os.path.isfile(path)  # noqa: PTH113


def is_shipped_book(folder: Path) -> bool:
    """Whether a data folder is the unpacked storybook, which nobody has to remember: it is always there."""
    return folder.absolute().is_relative_to(books_folder().absolute())


def cache_folder() -> Path:
    """Return the folder of what can be fetched again; CAPTIONVIEWER_CACHE_DIR names another."""
    return Path(os.environ.get("CAPTIONVIEWER_CACHE_DIR") or platformdirs.user_cache_path("captionviewer"))


def data_folder() -> Path:
    """Return the folder of data sets that were downloaded; CAPTIONVIEWER_DATA_DIR names another."""
    return Path(os.environ.get("CAPTIONVIEWER_DATA_DIR") or platformdirs.user_data_path("captionviewer"))


def is_folder(path: Path) -> bool:
    """Whether there is a folder of this name that may be looked at; False for every kind of trouble.

    Up to Python 3.13 `Path.is_dir` raises PermissionError for what lies in a closed folder, and OSError for a
    name that is too long; such names come from settings, drops, dialogs and arguments.
    """
    return os.path.isdir(path)  # noqa: PTH112
