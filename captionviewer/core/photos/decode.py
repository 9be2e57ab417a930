"""From the bytes of a picture to its pixels, in memory, whatever a stranger's file holds."""

import io
import struct
import threading
import warnings
import zlib
from types import TracebackType

import numpy as np
from PIL import Image, ImageOps
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from captionviewer.core.arrays import ByteArray
from captionviewer.core.photos.problem import PhotoProblem, PhotoUnavailable
from captionviewer.core.web.untrusted_text import quoted

MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
# A progressive JPEG may ask for any number of passes over all its pixels; real ones have about ten.
MAX_PIXELS_DECODED = 20 * MAX_PIXELS
# QPainter's coordinates end here; no photo is this long.
MAX_SIDE = 32_767

# What Pillow's decoders raise on damaged files.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    AttributeError,
    AssertionError,
    RuntimeError,
    struct.error,
    zlib.error,
)


class _QuietPillow:
    """While anybody is inside, Pillow's warnings about odd files are not shown.

    A warning on stderr helps nobody: the size is checked here, and a file that can't be shown is said
    to be so. `warnings.catch_warnings` holds for all threads at once, so only the first one in enters
    it and only the last one out leaves it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._caught = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
                warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
            self._inside += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._caught.__exit__(kind, error, trace)


_quiet_pillow = _QuietPillow()


def decode_picture(data: bytes, address: str) -> ByteArray:
    """Decode a JPEG, PNG, GIF (first frame), WebP or BMP file held in memory.

    The picture is turned upright as its EXIF orientation says, and brought to RGB from grey, palette,
    CMYK and 16 bits; what is transparent stands on white.

    Parameters
    ----------
    data
        The file's bytes.
    address
        Where they came from, for the message.

    Returns
    -------
    (rows, columns, 3) uint8.

    Raises
    ------
    PhotoUnavailable
        NOT_A_PICTURE, or TOO_LARGE beyond 20 MB or 50 megapixels.
    """
    if len(data) > MAX_BYTES:
        raise too_large(address, f"larger than {MAX_BYTES // 1_000_000} MB")
    with _quiet_pillow:
        try:
            with _opened(data, address) as picture:
                _check_size(picture, data, address)
                picture.load()
                return _rgb(_upright(picture))
        except PhotoUnavailable:
            raise
        except (MemoryError, Image.DecompressionBombError) as error:
            raise too_large(address, "too many pixels to decode") from error
        except _DAMAGE as error:
            raise not_a_picture(address, f"it is damaged or cut ({quoted(str(error), 100)})") from error


def not_a_picture(address: str, why: str) -> PhotoUnavailable:
    """Return the failure of an answer that is no picture."""
    message = f"{address} does not hold a picture that can be shown: {why}."
    return PhotoUnavailable(PhotoProblem.NOT_A_PICTURE, address, message)


def too_large(address: str, why: str) -> PhotoUnavailable:
    """Return the failure of a picture that would not fit in the bounds set here."""
    bounds = f"{MAX_BYTES // 1_000_000} MB and {MAX_PIXELS // 1_000_000} megapixels"
    message = f"{address} is not shown: {why}. The limits are {bounds}."
    return PhotoUnavailable(PhotoProblem.TOO_LARGE, address, message, can_retry=False)


def _opened(data: bytes, address: str) -> ImageFile:
    """Open with the decoder that the first bytes name.

    `Image.open` would try decoders in turn, and it warns or raises about large pictures by a limit
    that is global to the process; the decoders themselves leave the size to be checked here.
    """
    stream = io.BytesIO(data)
    if data.startswith(b"\xff\xd8\xff"):
        return JpegImageFile(stream)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImageFile(stream)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return GifImageFile(stream)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        _check_sides(*_webp_size(data), address)  # its decoder reserves all pixels as it opens
        return WebPImageFile(stream)
    if data.startswith(b"BM"):
        return BmpImageFile(stream)
    if not data:
        raise not_a_picture(address, "it is empty")
    start = data[:512].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg")):
        raise not_a_picture(address, "it is a web page or text, not a photo")
    raise not_a_picture(address, "its first bytes are not those of a JPEG, PNG, GIF, WebP or BMP file")


def _check_size(picture: ImageFile, data: bytes, address: str) -> None:
    columns, rows = picture.size
    if columns < 1 or rows < 1:
        raise not_a_picture(address, f"it is {columns} by {rows} pixels")
    _check_sides(columns, rows, address)
    if isinstance(picture, JpegImageFile):
        passes = data.count(b"\xff\xda")
        if passes > 20 and passes * columns * rows > MAX_PIXELS_DECODED:
            raise too_large(address, f"it takes {passes:,} passes over its pixels to decode")


def _check_sides(columns: int, rows: int, address: str) -> None:
    if columns * rows > MAX_PIXELS or max(columns, rows) > MAX_SIDE:
        raise too_large(address, f"it is {columns:,} by {rows:,} pixels")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Return the columns and rows that a WebP file declares, (0, 0) where it does not."""
    kind, head = data[12:16], data[20:30].ljust(10, b"\x00")
    if kind == b"VP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        columns, rows = struct.unpack("<HH", head[6:10])
        return columns & 0x3FFF, rows & 0x3FFF
    return 0, 0


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except _DAMAGE:  # damaged metadata: the photo itself is shown as it lies
        return picture


def _rgb(picture: Image.Image) -> ByteArray:
    if picture.mode.startswith("I"):  # 16 bits of grey: the high byte is what a screen shows
        grey = np.clip(np.asarray(picture) >> 8, 0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, np.newaxis], 3, axis=2)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(ground, picture)
    return np.array(picture.convert("RGB"), dtype=np.uint8)
