"""The one error for data folders that can't be opened or read."""

from pathlib import Path

from captionviewer.core.errors import CaptionviewerError

FETCH_AGAIN = "Unpack coco_captioning.zip again, or choose another folder."


class DataError(CaptionviewerError):
    """A data folder, or a file in it, is not what it should be.

    Attributes
    ----------
    path : Path
        The file or folder at fault.
    problem : str
        What is wrong with it.
    remedy : str
        What to do about it.

    `str()` is all three, as one message for people.
    """

    def __init__(self, path: Path, problem: str, remedy: str = FETCH_AGAIN) -> None:
        super().__init__(f"{path}: {problem} {remedy}")
        self.path = path
        self.problem = problem
        self.remedy = remedy

    def __reduce__(self) -> tuple[type["DataError"], tuple[Path, str, str]]:
        return type(self), (self.path, self.problem, self.remedy)
