"""The one error for data folders that can't be opened or read."""

from pathlib import Path

from captionviewer.core.coco.official_files import came_from_the_archive
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.user_folders import is_shipped_book

FETCH_AGAIN = "Unpack coco_captioning.zip again, or choose another folder."
OPEN_THE_STORYBOOK = "Choose Open the Storybook in the File menu: its files are written anew."
WRITE_AGAIN = "Write the file again, or choose another folder."


class DataError(CaptionviewerError):
    """A data folder, or a file in it, is not what it should be.

    Parameters
    ----------
    path
        The file or folder at fault.
    problem
        What is wrong with it.
    remedy
        What to do about it; None for what helps where the folder came from.
    converted
        What to do about it where the data is somebody's own, if that can be told better than "write it
        again": how it was probably converted, and how to do it instead.

    Attributes
    ----------
    path, problem, remedy
        As given; `str()` is all three, as one message for people.
    """

    def __init__(self, path: Path, problem: str, remedy: str | None = None, *, converted: str = "") -> None:
        remedy = remedy or _usual_remedy(path.parent, converted)
        super().__init__(f"{path}: {problem} {remedy}")
        self.path = path
        self.problem = problem
        self.remedy = remedy

    def __reduce__(self) -> tuple[type["DataError"], tuple[Path, str, str]]:
        return type(self), (self.path, self.problem, self.remedy)


def _usual_remedy(folder: Path, converted: str) -> str:
    if is_shipped_book(folder):
        return OPEN_THE_STORYBOOK
    if came_from_the_archive(folder):
        return FETCH_AGAIN
    return converted or WRITE_AGAIN
