"""What the window knows of a photo: its state, its pictures, and what to say."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from captionviewer.core.photos.store import COCO_MIRROR, Photo, PhotoProblem, PhotoUnavailable
from captionviewer.ui.photos.pixels import image_of

THUMBNAIL_SIDE = 256  # pixels of the longer side
IMAGE_SIDE = 2_560  # the same; more would be slow to draw and fill the memory


class PhotoState(Enum):
    """How far a photo is."""

    IDLE = "idle"
    LOADING = "loading"
    READY = "ready"
    MISSING = "missing"  # gone, or never had an address
    OFFLINE = "offline"  # no network, or none wanted
    FAILED = "failed"


@dataclass(frozen=True)
class LoadedPhoto:
    """What is known of a photo.

    Attributes
    ----------
    state
        READY with `thumbnail` and, while it is in memory, `image`.
    image
        The photo in full size, or 2,560 pixels on its longer side. None also for one that has left
        memory; an urgent request fetches it back.
    thumbnail
        The photo with at most 256 pixels on its longer side.
    message
        What happened and what to do, for people; of one or more lines.
    words
        The same in a few words, for the picture's place on the screen.
    source
        Where it came from, for people: "Flickr", "your image folder".
    address
        The file or URL it came from, or the URL that failed.
    """

    state: PhotoState
    image: QImage | None = None
    thumbnail: QImage | None = None
    message: str = ""
    words: str = ""
    source: str = ""
    address: str = ""
    can_retry: bool = False
    problem: PhotoProblem | None = None


IDLE = LoadedPhoto(PhotoState.IDLE, words="not loaded", message="This photo has not been asked for.")
LOADING = LoadedPhoto(PhotoState.LOADING, words="loading…", message="This photo is being loaded.")


def ready_photo(photo: Photo) -> LoadedPhoto:
    """Return a photo as the window shows it; to be called in the thread that loaded it."""
    rows, columns, _ = photo.pixels.shape
    image = _shrunk(image_of(photo.pixels), IMAGE_SIDE)
    thumbnail = _shrunk(image, THUMBNAIL_SIDE)
    if image.isNull() or thumbnail.isNull():
        message = f"{photo.address} is {columns:,} by {rows:,} pixels: more than fits in memory."
        return LoadedPhoto(PhotoState.FAILED, message=message, words=PhotoProblem.TOO_LARGE.words)
    source = _source_words(photo)
    message = f"From {source}: {photo.address}"
    return LoadedPhoto(
        PhotoState.READY, image, thumbnail, message=message, source=source, address=photo.address
    )


def _shrunk(image: QImage, side: int) -> QImage:
    if max(image.width(), image.height()) <= side:
        return image
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(side, side, keep, smooth)


def _source_words(photo: Photo) -> str:
    host = urlsplit(photo.address).hostname or "the web"
    flickr = "Flickr" if host.endswith(("flickr.com", "staticflickr.com")) else host
    mirror = "COCO's mirror" if host == urlsplit(COCO_MIRROR).hostname else host
    return {
        "folder": "your image folder",
        "cache": f"the cache on this computer ({flickr})",
        "flickr": flickr,
        "mirror": mirror,
        "storybook": "drawn by captionviewer",
    }[photo.source]


def failed_photo(failure: PhotoUnavailable, lost_folder: Path | None = None) -> LoadedPhoto:
    """Return what the window shows of a photo that can't be had.

    `lost_folder` is the image folder where it is not there any more: that is told first, for the photo
    may well lie where the folder was moved to.
    """
    state = {
        PhotoProblem.GONE: PhotoState.MISSING,
        PhotoProblem.NO_ADDRESS: PhotoState.MISSING,
        PhotoProblem.OFFLINE: PhotoState.OFFLINE,
        PhotoProblem.SWITCHED_OFF: PhotoState.OFFLINE,
        PhotoProblem.STOPPED: PhotoState.IDLE,
    }.get(failure.problem, PhotoState.FAILED)
    lost = f"The image folder {lost_folder} is not there any more.\n" if lost_folder is not None else ""
    return LoadedPhoto(
        state,
        message=f"{lost}{failure}",
        words="image folder not found" if lost else failure.problem.words,
        address=failure.url,
        can_retry=failure.can_retry,
        problem=failure.problem,
    )


def lost_folder(folder: Path | None) -> Path | None:
    """Return a folder that is not there any more, None for one that is (it may take a while to tell)."""
    try:
        return folder if folder is not None and not folder.is_dir() else None
    except OSError:  # it may not be looked into: it is there, and reading says what is wrong
        return None
