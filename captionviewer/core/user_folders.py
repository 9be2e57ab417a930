"""Where captionviewer keeps what it remembers, and what it can fetch again."""

import os
from pathlib import Path

import platformdirs


def config_folder() -> Path:
    """Return the folder of the user's settings; CAPTIONVIEWER_CONFIG_DIR names another."""
    return Path(os.environ.get("CAPTIONVIEWER_CONFIG_DIR") or platformdirs.user_config_path("captionviewer"))


def books_folder() -> Path:
    """Return the folder that the storybook is unpacked in."""
    return cache_folder() / "books"


def is_shipped_book(folder: Path) -> bool:
    """Whether a data folder is the unpacked storybook, which nobody has to remember: it is always there."""
    return folder.absolute().is_relative_to(books_folder().absolute())


def cache_folder() -> Path:
    """Return the folder of what can be fetched again; CAPTIONVIEWER_CACHE_DIR names another."""
    return Path(os.environ.get("CAPTIONVIEWER_CACHE_DIR") or platformdirs.user_cache_path("captionviewer"))


def data_folder() -> Path:
    """Return the folder of data sets that were downloaded; CAPTIONVIEWER_DATA_DIR names another."""
    return Path(os.environ.get("CAPTIONVIEWER_DATA_DIR") or platformdirs.user_data_path("captionviewer"))
