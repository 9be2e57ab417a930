"""What is said of a folder or a file that could not be opened."""

from pathlib import Path

from captionviewer.core.coco.dataset import DataError
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.saved.model_file import ModelFileError


def not_opened(path: Path, error: Exception) -> str:
    """Return why `path` was not opened, for people; an error that nobody foresaw is a fault of ours."""
    if isinstance(error, CaptionviewerError | DataError | ModelFileError | OSError):
        return str(error)
    return f"{path} could not be opened: {error!r}. This is a fault of captionviewer."
