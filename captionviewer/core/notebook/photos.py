"""`image_from_url` as the CS231n notebook's cells call it, for cells with a guard and for those without."""

import textwrap
import warnings
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, overload

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from captionviewer.core.arrays import ByteArray
from captionviewer.core.photos.problem import PhotoUnavailable
from captionviewer.core.photos.store import PhotoStore
from captionviewer.core.photos.throttle import HostThrottle
from captionviewer.core.user_folders import cache_folder

OnMissing = Literal["picture", "raise", "none"]
_CHOICES = ("picture", "raise", "none")

# COCO's photos are about so large, so that a grid of them keeps its shape.
_COLUMNS, _ROWS = 480, 360
_GROUND, _EDGE, _INK = (238, 238, 238), (176, 176, 176), (64, 64, 64)
_MARGIN = 24
_TITLE, _TEXT = 26, 15  # pixels


class _DataSetPhotos:
    """The photos of a data set that was opened: their names by address, looked up when first asked for."""

    def __init__(self, images: Path | None, photos: Iterable[tuple[str, str]]) -> None:
        self.images = images
        self._photos = photos

    @cached_property
    def names(self) -> dict[str, str]:
        return {url: name for url, name in self._photos if url}


_opened: dict[Path, _DataSetPhotos] = {}  # by the data set's folder, the one opened last at the end
_throttle = HostThrottle()


@overload
def image_from_url(url: str, on_missing: Literal["picture", "raise"] = "picture") -> ByteArray: ...
@overload
def image_from_url(url: str, on_missing: Literal["none"]) -> ByteArray | None: ...
def image_from_url(url: str, on_missing: OnMissing = "picture") -> ByteArray | None:
    """Return the photo behind a URL.

    It is looked for in the folder `images` of data that `load_coco_data` opened, in the window's cache, on
    the web, and, where that data says what COCO calls it, at COCO's mirror.

    Parameters
    ----------
    url
        An http or https address, or one of the storybook.
    on_missing
        What to do about a photo that can't be had, as one in six of COCO's links: `'picture'` returns a
        drawn picture that says why, and warns, so that a cell without a guard shows it and goes on;
        `'raise'` raises; `'none'` warns and returns None, as the course's own function does.

    Returns
    -------
    (rows, columns, 3) uint8, RGB; or None if so chosen.

    Raises
    ------
    PhotoUnavailable
        If so chosen: an OSError whose text says why the photo can't be had and what to do.
    ValueError
        `on_missing` is none of the three.

    Warns
    -----
    UserWarning
        With the same text.
    """
    if on_missing not in _CHOICES:
        raise ValueError(f"on_missing is one of {', '.join(map(repr, _CHOICES))}, not {on_missing!r}")
    try:
        return _photo(str(url))
    except PhotoUnavailable as failure:
        if on_missing == "raise":
            raise
        warnings.warn(str(failure), stacklevel=2)
        return None if on_missing == "none" else missing_picture(failure)


def remember_photos(folder: Path, images: Path | None, photos: Iterable[tuple[str, str]]) -> None:
    """Let `image_from_url` find a data set's photos on the disk, and those with dead links at COCO's mirror.

    Parameters
    ----------
    folder
        The data set's.
    images
        The folder that its own `train2014/` and `val2014/` are in, if it has one.
    photos
        Each photo's address and COCO's name for it; looked through when a photo is first asked for.
    """
    _opened.pop(folder, None)
    _opened[folder] = _DataSetPhotos(images, photos)


def missing_picture(failure: PhotoUnavailable) -> ByteArray:
    """Draw a picture that says why a photo can't be had, (360, 480, 3) uint8."""
    picture = Image.new("RGB", (_COLUMNS, _ROWS), _GROUND)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((8, 8, _COLUMNS - 9, _ROWS - 9), outline=_EDGE, width=2)
    title = ImageFont.load_default(_TITLE)
    draw.text((_MARGIN, _MARGIN), failure.problem.words.capitalize(), fill=_INK, font=title)
    text = ImageFont.load_default(_TEXT)
    # The font that comes with Pillow has the letters of Western Europe.
    words = str(failure).encode("latin-1", "replace").decode("latin-1")
    signs = int((_COLUMNS - 2 * _MARGIN) / text.getlength("n"))
    lines = [line for part in words.split("\n") for line in textwrap.wrap(part, signs)]
    top, step = _MARGIN + 2 * _TITLE, _TEXT + 6
    most = (_ROWS - _MARGIN - top) // step
    if len(lines) > most:
        lines[most - 1 :] = ["..."]
    for line in lines:
        draw.text((_MARGIN, top), line, fill=_INK, font=text)
        top += step
    return np.array(picture, dtype=np.uint8)


def _photo(url: str) -> ByteArray:
    for photos in reversed(_opened.values()):
        if url in photos.names:
            return _store(photos.images).photo(url, photos.names[url]).pixels
    return _store(None).photo(url).pixels


@cache
def _store(images: Path | None) -> PhotoStore:
    return PhotoStore(cache_folder=cache_folder() / "photos", data_images=images, throttle=_throttle)
