"""One GET: where its redirects may lead, what its failures are called, and whose words reach a message."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests
import urllib3.exceptions

from captionviewer.core.download import DownloadError
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.photos.problem import PhotoUnavailable
from captionviewer.core.web import failures
from captionviewer.core.web.connection import failure_of
from captionviewer.core.web.deadline import Deadline
from captionviewer.core.web.request import get
from captionviewer.core.web.untrusted_text import quoted
from tests.photo_server import PhotoServer, picture_bytes

PICTURE = picture_bytes()


@pytest.fixture
def server() -> Iterator[PhotoServer]:
    with PhotoServer() as running:
        yield running


def fetch(url: str, seconds: float = 5.0) -> bytes:
    with get(url, {}, Deadline(seconds, lambda: False)) as response:
        return b"".join(response.blocks(1000))


@pytest.mark.parametrize(
    "target",
    [
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://]/",
        "http://exa mple/",
        "//[",
        "http://.../",
        "http://*/",
    ],
)
def test_a_redirect_to_what_can_be_no_address_is_refused(server: PhotoServer, target: str) -> None:
    url = server.redirect("/a.png", target)
    with pytest.raises(failures.RequestError) as caught:
        fetch(url)
    assert isinstance(caught.value, failures.InvalidAddress | failures.Unreachable)
    assert caught.value.address != url and str(caught.value).isprintable()


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:0/", "http://127.0.0.1/a b", "http:///a", "gopher://x/"]
)
def test_what_can_be_no_address_is_refused_before_anybody_is_asked(address: str) -> None:
    with pytest.raises(failures.InvalidAddress, match="a web address is needed"):
        fetch(address)


def test_nothing_is_sent_but_what_the_caller_says(server: PhotoServer) -> None:
    url = server.serve("/a.png", PICTURE)
    with get(url, {"User-Agent": "me"}, Deadline(5, lambda: False)):
        pass
    # http.client's own Accept-Encoding says the same: the bytes as they are
    assert server.headers[0].pop("Accept-Encoding", "identity") == "identity"
    assert server.headers == [{"Host": server.address.removeprefix("http://"), "User-Agent": "me"}]


def test_a_host_with_a_deaf_address_is_reached_at_its_other_one(
    server: PhotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.serve("/a.png", PICTURE)
    good = int(url.split(":")[2].split("/")[0])
    with socket.socket() as deaf, contextlib.ExitStack() as waiting:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):  # fill the queue of connections that nobody takes
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        found = [(*kind, deaf.getsockname()), (*kind, ("127.0.0.1", good))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        assert fetch(url, seconds=2.0) == PICTURE


def test_a_redirect_written_in_utf_8_is_followed(server: PhotoServer) -> None:
    server.raw("/a.png", "HTTP/1.0 302 Found\r\nLocation: /größe.png\r\n\r\n".encode())
    server.serve("/gr%C3%B6%C3%9Fe.png", PICTURE)
    assert fetch(server.url("/a.png")) == PICTURE


def test_what_is_asked_is_told_before_and_after_with_each_redirect(server: PhotoServer) -> None:
    server.redirect("/a.png", "/b.png")
    server.serve("/b.png", PICTURE)
    told: list[tuple[str, str]] = []
    deadline = Deadline(5, lambda: False)
    with get(
        server.url("/a.png"),
        {},
        deadline,
        before=lambda address: told.append(("before", address)),
        answered=lambda address: told.append(("answered", address)),
    ) as response:
        assert response.address == server.url("/b.png")
    a, b = server.url("/a.png"), server.url("/b.png")
    assert told == [("before", a), ("answered", a), ("before", b), ("answered", b)]


def test_no_words_of_a_server_move_a_terminals_cursor_or_fill_a_screen(server: PhotoServer) -> None:
    line = b"\x1b[2J\x07" + b"\x9b31m" + b"x" * 20_000
    url = server.raw("/a.png", b"HTTP/1.0 404 " + line + b"\r\n\r\n")
    with get(url, {}, Deadline(5, lambda: False)) as response:
        assert response.said.isprintable() and len(response.said) < 100
        assert response.said.startswith("404 ?[2J?")
    server.raw("/b.png", line + b"\r\n\r\n")
    with pytest.raises(failures.ConnectionBroken) as caught:
        fetch(server.url("/b.png"))
    assert str(caught.value).isprintable() and len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two  words\r\n\tand more", "two words and more"),
        ("\x1b]0;title\x07", "?]0;title?"),
        ("right\u202eto left\u2066", "right?to left?"),
        ("é 中", "é 中"),
        ("x" * 20, "x" * 20),
        ("x" * 21, "x" * 20 + "…"),
        (" " * 1000 + "late", "…"),
        ("\udc80", "?"),
        ("", ""),
    ],
)
def test_words_of_strangers_are_quoted_on_one_line(text: str, shown: str) -> None:
    assert quoted(text, 20) == shown


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.exceptions.SSLError("x"), failures.UntrustedServer),
        (requests.exceptions.ProxyError("x"), failures.ProxyError),
        (requests.exceptions.InvalidProxyURL("x"), failures.NetworkSettingsError),
        (requests.exceptions.InvalidURL("x"), failures.InvalidAddress),
        (requests.exceptions.InvalidSchema("x"), failures.InvalidAddress),
        (urllib3.exceptions.LocationParseError("x"), failures.InvalidAddress),
        (UnicodeError("label too long"), failures.InvalidAddress),
        (requests.exceptions.ConnectTimeout("x"), failures.DeadlineExceeded),
        (requests.exceptions.ReadTimeout("x"), failures.DeadlineExceeded),
        (requests.exceptions.ConnectionError("x"), failures.ConnectionBroken),
        (urllib3.exceptions.ProtocolError("x"), failures.ConnectionBroken),
        (ConnectionResetError("x"), failures.ConnectionBroken),
    ],
)
def test_each_error_of_a_library_has_its_place_in_one_family(
    error: Exception, kind: type[failures.RequestError]
) -> None:
    failure = failure_of(error, "http://x/")
    assert type(failure) is kind and failure.address == "http://x/" and str(failure)


def test_every_failure_can_be_caught_by_one_name() -> None:
    for kind in (failures.RequestError, failures.RequestCancelled, DownloadError, PhotoUnavailable):
        assert issubclass(kind, CaptionviewerError)
    assert issubclass(PhotoUnavailable, OSError)
    assert not issubclass(failures.RequestError, OSError)  # urllib3 would take it for its own


def test_a_renewed_deadline_gives_the_whole_time_again_and_an_extended_one_more() -> None:
    deadline = Deadline(5, lambda: False)
    time.sleep(0.02)
    assert deadline.left() < 4.99
    deadline.renew()
    assert 4.98 < deadline.left() <= 5
    deadline.extend(3)
    assert 7.9 < deadline.left() <= 8
    assert deadline.slice() <= 0.1


def test_a_deadline_that_nobody_waits_for_ends_before_it_is_over() -> None:
    stop = threading.Event()
    deadline = Deadline(100, stop.is_set)
    stop.set()
    with pytest.raises(failures.RequestCancelled):
        deadline.left()
    with pytest.raises(failures.DeadlineExceeded):
        Deadline(0, lambda: False).left()
