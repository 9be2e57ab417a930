"""The data folder that the user chose last, remembered from one start to the next."""

import json
from pathlib import Path

from captionviewer.core.atomic_file import write_atomically
from captionviewer.core.user_folders import config_folder, read_remembered

_FILE_NAME = "data_folder.json"
_KEY = "data_folder"
# Paths are at most some kilobytes long; more was not written by this program.
_LARGEST_BYTES = 64 * 1024


def remember_data_folder(folder: Path) -> None:
    """Remember `folder` as the user's data set.  OSError if the settings folder can't be written."""
    place = config_folder()
    place.mkdir(parents=True, exist_ok=True)
    content = json.dumps({_KEY: str(Path(folder).absolute())})
    write_atomically(place / _FILE_NAME, content.encode())


def forget_data_folder() -> None:
    """Forget the user's choice: what comes with the program is used.  OSError if that can't be written."""
    (config_folder() / _FILE_NAME).unlink(missing_ok=True)


def chosen_data_folder() -> Path | None:
    """The folder remembered last, whether or not it is still there; None if none can be told."""
    path = config_folder() / _FILE_NAME
    try:
        content: object = json.loads(read_remembered(path, _LARGEST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None  # nothing was chosen yet, or the note was damaged: choosing again mends both
    folder = content.get(_KEY) if isinstance(content, dict) else None
    if not isinstance(folder, str) or not folder or "\0" in folder:
        return None
    return Path(folder) if Path(folder).is_absolute() else None
