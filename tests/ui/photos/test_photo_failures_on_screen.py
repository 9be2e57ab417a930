"""What a person reads in a photo's place, for each way in which a server fails."""

import struct
import zlib
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.core.photos.store import PhotoStore
from captionviewer.core.photos.throttle import HostThrottle
from captionviewer.ui.photos.photo_loader import PhotoLoader, PhotoState
from captionviewer.ui.photos.photo_view import PhotoView
from tests.photo_server import PhotoServer, picture_bytes

OK = b"HTTP/1.0 200 OK\r\n\r\n"


def png_bomb() -> bytes:
    """A file of some 100 bytes that declares 900 megapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.fixture
def server() -> Iterator[PhotoServer]:
    with PhotoServer() as running:
        yield running


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[PhotoView]:
    throttle = HostThrottle(requests_per_second=10_000, pause=60)
    loader = PhotoLoader(PhotoStore(mirror="", throttle=throttle, timeout=0.6))
    window = QWidget()
    qtbot.addWidget(window)
    shown = PhotoView(loader, window)
    shown.resize(420, 320)
    window.resize(420, 320)
    window.show()
    yield shown
    assert loader.shut_down()
    loader.deleteLater()


Setting = Callable[[PhotoServer], str]
CASES: dict[str, tuple[Setting, str, bool]] = {
    "404": (lambda s: s.serve("/a.jpg", b"", 404), "Photo gone", True),
    "410": (lambda s: s.serve("/a.jpg", b"", 410), "Photo gone", True),
    "placeholder": (lambda s: s.redirect("/a.jpg", "/images/photo_unavailable_l.png"), "Photo gone", True),
    "429": (lambda s: s.serve("/a.jpg", b"", 429, {"Retry-After": "60"}), "Server busy", True),
    "500": (lambda s: s.serve("/a.jpg", b"", 500), "Server busy", True),
    "html": (
        lambda s: s.serve("/a.jpg", b"<html>Hello</html>", headers={"Content-Type": "image/jpeg"}),
        "Not a picture",
        True,
    ),
    "cut": (lambda s: s.serve("/a.jpg", picture_bytes()[:40], length=9_000), "Not a picture", True),
    "bomb": (lambda s: s.serve("/a.jpg", png_bomb()), "Too large", False),
    "circle": (lambda s: s.redirect("/a.jpg", "/a.jpg"), "Refused", True),
    "file": (lambda s: s.redirect("/a.jpg", "file:///etc/passwd"), "Refused", False),
    "drip": (lambda s: s.drip("/a.jpg", OK, b"x"), "Took too long", True),
}


@pytest.mark.parametrize("case", CASES)
def test_a_failure_is_read_in_the_photos_place(
    qtbot: QtBot, view: PhotoView, server: PhotoServer, case: str
) -> None:
    setting, words, retry = CASES[case]
    view.set_record(PhotoRecord("train", 1, setting(server), None, ()))
    qtbot.waitUntil(lambda: words in view.visible_text(), timeout=5000)
    assert view.retry_button.isVisible() == retry
    assert view.photo.message in view.toolTip()
    assert view.photo.state in (PhotoState.MISSING, PhotoState.FAILED)
