"""Pictures of every kind a stranger may send: shown right, or said to be what they are."""

import io
import struct
import threading
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from captionviewer.core.photos.decode import MAX_BYTES, decode_picture
from captionviewer.core.photos.problem import PhotoProblem, PhotoUnavailable
from tests.photo_server import picture_bytes


def failure_of(data: bytes) -> PhotoUnavailable:
    with pytest.raises(PhotoUnavailable) as caught:
        decode_picture(data, "http://x/a.jpg")
    assert "http://x/a.jpg" in str(caught.value)
    return caught.value


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(columns: int, rows: int, data: bytes, depth: int = 8, kind: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", columns, rows, depth, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def noise(rows: int = 60, columns: int = 80) -> Image.Image:
    rng = np.random.default_rng(231)
    return Image.fromarray(rng.integers(0, 256, (rows, columns, 3), dtype=np.uint8))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP", "GIF", "JPEG"])
def test_the_usual_formats_become_rows_columns_and_three_bytes(kind: str) -> None:
    pixels = decode_picture(picture_bytes((200, 40, 60), (32, 24), kind=kind), "x")
    assert pixels.shape == (24, 32, 3) and pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous and pixels.flags.writeable
    assert np.abs(pixels.astype(int) - [200, 40, 60]).max() <= 6


def test_sixteen_bits_of_grey_take_little_more_memory_than_they_are_shown_in() -> None:
    stream = io.BytesIO()
    Image.fromarray(np.full((1000, 1000), 40_000, np.uint16)).save(stream, "PNG")
    tracemalloc.start()
    try:
        pixels = decode_picture(stream.getvalue(), "grey.png")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (pixels == 40_000 >> 8).all()
    assert peak < 12 * 1_000_000  # bytes a pixel: 50 megapixels are allowed, and four photos at once


def test_a_progressive_jpeg_is_shown() -> None:
    data = saved(noise(), "JPEG", progressive=True)
    assert decode_picture(data, "x").shape == (60, 80, 3)


def test_grey_becomes_three_equal_channels() -> None:
    pixels = decode_picture(picture_bytes(77, mode="L"), "x")
    assert np.all(pixels == 77) and pixels.shape == (24, 32, 3)


def test_black_and_white_becomes_0_and_255() -> None:
    assert np.all(decode_picture(picture_bytes(1, mode="1"), "x") == 255)


def test_sixteen_bits_of_grey_keep_their_brightness() -> None:
    values = np.array([[0, 256, 32768, 65535]], dtype=np.uint16)
    data = saved(Image.fromarray(values), "PNG")
    assert decode_picture(data, "x")[0, :, 0].tolist() == [0, 1, 128, 255]


def test_sixteen_bits_of_colour_keep_their_brightness() -> None:
    row = b"\x00" + struct.pack(">HHHHHH", 65535, 32768, 0, 256, 257, 255)
    pixels = decode_picture(png(2, 1, zlib.compress(row), depth=16), "x")
    assert pixels.tolist() == [[[255, 128, 0], [1, 1, 0]]]


def test_cmyk_becomes_rgb() -> None:
    pixels = decode_picture(picture_bytes((0, 255, 255, 0), mode="CMYK", kind="JPEG"), "x")
    assert np.abs(pixels.astype(int) - [255, 0, 0]).max() <= 8


def test_a_palette_becomes_its_colours() -> None:
    picture = Image.new("RGB", (8, 8), (10, 200, 30)).convert("P", palette=Image.Palette.ADAPTIVE)
    assert np.all(decode_picture(saved(picture, "PNG"), "x") == [10, 200, 30])


def test_what_is_transparent_stands_on_white() -> None:
    assert np.all(decode_picture(picture_bytes((255, 0, 0, 0), mode="RGBA"), "x") == 255)
    picture = Image.new("P", (4, 4), 0)
    picture.putpalette([200, 0, 0, 0, 0, 0])
    assert np.all(decode_picture(saved(picture, "PNG", transparency=bytes([0, 255])), "x") == 255)
    assert np.all(decode_picture(saved(picture, "GIF", transparency=0), "x") == 255)


def test_a_moving_picture_shows_its_first_frame() -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert np.all(decode_picture(data, "x") == [255, 0, 0])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stands_upright_as_its_exif_says(orientation: int) -> None:
    # Where the camera's top left corner (red) ends up, by the EXIF standard.
    corner = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}
    lying = np.zeros((32, 64, 3), np.uint8)
    lying[:8, :8] = [255, 0, 0]
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = decode_picture(saved(Image.fromarray(lying), "JPEG", exif=exif, quality=95), "x")
    assert pixels.shape == ((32, 64, 3) if orientation <= 4 else (64, 32, 3))
    row, column = corner[orientation]
    assert pixels[row, column, 0] > 200
    assert (pixels[:, :, 0] > 200).sum() < 120  # in that corner alone


def test_damaged_metadata_does_not_hide_a_photo_and_warns_nobody() -> None:
    exif = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x05\x01\x12\x00\x03\xff\xff\xff\xff\x00\x01"
    data = saved(noise(), "JPEG")
    data = data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]
    assert decode_picture(data, "x").shape == (60, 80, 3)


def test_warnings_of_others_come_through_again_after_a_picture() -> None:
    before = list(warnings.filters)
    decode_picture(picture_bytes(), "x")
    failure_of(b"nonsense")
    assert warnings.filters == before


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP", "JPEG", "GIF"])
def test_a_truncated_file_is_not_a_picture(kind: str) -> None:
    data = saved(noise(), kind)
    for length in (len(data) // 2, len(data) // 4, 20, 4):
        assert failure_of(data[:length]).problem is PhotoProblem.NOT_A_PICTURE


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"  \n<!DOCTYPE html><title>404</title>", "web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "web page"),
        (b"hello", "first bytes"),
        (b"\x00" * 1000, "first bytes"),
        (b"%PDF-1.7", "first bytes"),
    ],
)
def test_what_only_calls_itself_a_picture_is_said_not_to_be_one(data: bytes, words: str) -> None:
    failure = failure_of(data)
    assert failure.problem is PhotoProblem.NOT_A_PICTURE
    assert words in str(failure)


def test_formats_that_no_photo_has_are_not_decoded() -> None:
    picture = Image.new("RGB", (8, 8))
    for kind in ("TIFF", "PPM", "TGA", "ICO", "EPS", "PDF"):
        assert failure_of(saved(picture, kind)).problem is PhotoProblem.NOT_A_PICTURE
    assert TiffImagePlugin.TiffImageFile.format == "TIFF"  # Pillow could have


@pytest.mark.parametrize(("columns", "rows"), [(10_000, 10_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_decompression_bomb_is_too_large_and_warns_nobody(columns: int, rows: int) -> None:
    failure = failure_of(png(columns, rows, zlib.compress(b"\x00" * 1000)))
    assert failure.problem is PhotoProblem.TOO_LARGE
    assert not failure.can_retry


def test_other_formats_that_declare_a_huge_picture_are_too_large_too() -> None:
    gif = (
        b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\x00\x00\x00," + struct.pack("<HHHHB", 0, 0, 9, 9, 0)
    )
    assert failure_of(gif + b"\x02\x02\x44\x01\x00;").problem is PhotoProblem.TOO_LARGE
    bmp = bytearray(picture_bytes(kind="BMP"))
    bmp[18:26] = struct.pack("<ii", 40_000, 40_000)
    assert failure_of(bytes(bmp)).problem is PhotoProblem.TOO_LARGE
    jpeg = bytearray(picture_bytes(kind="JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 65_000, 65_000)
    assert failure_of(bytes(jpeg)).problem is PhotoProblem.TOO_LARGE
    for kind, head in (
        (b"VP8X", b"\x00" * 4 + b"\xff\x3f\x00" * 2),
        (b"VP8L", b"\x2f" + struct.pack("<I", 0x3FFF | 0x3FFF << 14)),
        (b"VP8 ", b"\x00" * 3 + b"\x9d\x01\x2a" + struct.pack("<HH", 16_383, 16_383)),
    ):
        webp = b"WEBP" + kind + struct.pack("<I", len(head)) + head
        failure = failure_of(b"RIFF" + struct.pack("<I", len(webp)) + webp)
        assert failure.problem is PhotoProblem.TOO_LARGE
        assert "16,38" in str(failure)


def test_a_gif_whose_frame_is_larger_than_it_says_is_too_large() -> None:
    gif = (
        b"GIF89a" + struct.pack("<HH", 9, 9) + b"\x00\x00\x00," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0)
    )
    assert failure_of(gif + b"\x02\x02\x44\x01\x00;").problem is PhotoProblem.TOO_LARGE


def test_a_picture_longer_than_a_screen_can_draw_is_too_large() -> None:
    assert failure_of(png(40_000, 1, zlib.compress(bytes(120_001)))).problem is PhotoProblem.TOO_LARGE


def test_a_jpeg_with_thousands_of_passes_is_not_decoded() -> None:
    data = saved(Image.new("L", (4_000, 4_000)), "JPEG", progressive=True)
    start, end = data.rindex(b"\xff\xda"), data.rindex(b"\xff\xd9")
    bomb = data[:end] + data[start:end] * 2_000 + data[end:]
    failure = failure_of(bomb)
    assert failure.problem is PhotoProblem.TOO_LARGE
    assert "passes" in str(failure)


def test_a_file_over_the_limit_is_not_decoded() -> None:
    assert failure_of(picture_bytes() + bytes(MAX_BYTES)).problem is PhotoProblem.TOO_LARGE


def test_text_that_unpacks_to_much_is_not_unpacked() -> None:
    bomb = b"Comment\x00\x00" + zlib.compress(bytes(80_000_000), 9)
    data = picture_bytes()
    data = data[:33] + chunk(b"zTXt", bomb) + data[33:]
    with pytest.raises(PhotoUnavailable):
        decode_picture(data, "x")


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP", "JPEG", "GIF"])
def test_flipped_bytes_never_get_past_the_stated_failures(kind: str) -> None:
    rng = np.random.default_rng(231)
    good = saved(noise(24, 32), kind)
    refused = 0
    for _ in range(150):
        data = bytearray(good)
        for at in rng.integers(0, min(len(data), 400), rng.integers(1, 12)):
            data[at] = rng.integers(0, 256)
        try:
            pixels = decode_picture(bytes(data), "x")
        except PhotoUnavailable:
            refused += 1
        else:
            assert pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.dtype == np.uint8
    assert refused > 10


def test_many_threads_decode_at_once() -> None:
    data = saved(noise(300, 400), "PNG")
    right = decode_picture(data, "x")
    before = list(warnings.filters)
    wrong: list[int] = []

    def work() -> None:
        for i in range(10):
            if not np.array_equal(decode_picture(data, "x"), right):
                wrong.append(i)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert warnings.filters == before
