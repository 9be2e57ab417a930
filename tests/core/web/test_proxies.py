"""Proxies and certificates stand between this computer and a server; at fault, they are named."""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from captionviewer.core.download import Download, DownloadError, DownloadProblem, DownloadRequest
from captionviewer.core.photos.fetch import fetch_picture
from captionviewer.core.photos.problem import PhotoProblem, PhotoUnavailable
from captionviewer.core.photos.throttle import HostThrottle
from captionviewer.core.web.deadline import Deadline
from captionviewer.core.web.failures import (
    DeadlineExceeded,
    NetworkSettingsError,
    ProxyError,
    RequestCancelled,
    Unreachable,
)
from captionviewer.core.web.request import get
from tests.archive_server import ArchiveServer
from tests.download_setup import QUICK, Book, files_in
from tests.photo_server import PhotoServer, picture_bytes
from tests.socks_server import SocksServer

PICTURE = picture_bytes()
URL = "http://photos.invalid/a.png"


@pytest.fixture
def server() -> Iterator[PhotoServer]:
    with PhotoServer() as running:
        running.serve("/a.png", PICTURE)
        yield running


@pytest.fixture
def proxy(server: PhotoServer) -> Iterator[SocksServer]:
    with SocksServer(server.address) as running:
        yield running


@pytest.fixture
def dead() -> Iterator[str]:
    """A place on this computer where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{unused.getsockname()[1]}"


def fetch(url: str = URL, seconds: float = 5.0) -> bytes:
    with get(url, {}, Deadline(seconds, lambda: False)) as response:
        assert response.status == 200
        return b"".join(response.blocks(1000))


def photo_failure(url: str = URL, throttle: HostThrottle | None = None) -> PhotoUnavailable:
    throttle = throttle or HostThrottle(requests_per_second=10_000, pause=60)
    with pytest.raises(PhotoUnavailable) as caught:
        fetch_picture(url, timeout=5, throttle=throttle, stop=lambda: False)
    return caught.value


def archive_failure(folder: Path, address: str = "http://data.invalid/coco.zip") -> DownloadError:
    with pytest.raises(DownloadError) as caught:
        Download(DownloadRequest(folder, address), retry_policy=QUICK).run()
    return caught.value


@pytest.mark.parametrize("variable", ["ALL_PROXY", "http_proxy"])
def test_a_photo_comes_through_a_socks_proxy_which_looks_the_name_up(
    proxy: SocksServer, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, f"socks5h://{proxy.place}")
    assert fetch() == PICTURE
    assert proxy.wanted == ["photos.invalid:80"]


def test_with_socks5_the_name_is_looked_up_here(
    server: PhotoServer, proxy: SocksServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"socks5://{proxy.place}")
    assert fetch(server.address.replace("127.0.0.1", "localhost") + "/a.png") == PICTURE
    assert proxy.wanted == [server.address.removeprefix("http://")]


def test_the_archive_comes_through_a_socks_proxy(
    archive_server: ArchiveServer, book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SocksServer(archive_server.address.removesuffix("/coco_captioning.zip")) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"socks5h://{proxy.place}")
        request = DownloadRequest(tmp_path / "coco", "http://data.invalid/coco.zip")
        Download(request, known=book.known, retry_policy=QUICK).run()
        assert set(proxy.wanted) == {"data.invalid:80"}
    assert files_in(tmp_path / "coco") == book.wanted()


@pytest.mark.parametrize("kind", ["http", "socks5h", "socks4a"])
def test_a_dead_proxy_is_named_as_the_proxy_at_once(
    dead: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("http_proxy", f"{kind}://me:secret@{dead}")
    named = f"the proxy {kind}://{dead} (http_proxy) can't be reached: 127.0.0.1 refused the connection"
    throttle = HostThrottle(requests_per_second=10_000, pause=60)
    for words in (named, f"{named} (a moment ago)"):
        failure = photo_failure(throttle=throttle)
        assert failure.problem is PhotoProblem.OFFLINE and words in str(failure)
        assert "secret" not in str(failure)
    error = archive_failure(tmp_path / "coco")
    assert error.problem is DownloadProblem.UNREACHABLE and error.can_go_on
    assert named in str(error) and "times in a row" not in str(error)


def test_a_host_that_the_proxy_does_not_get_to_is_not_the_proxys_fault(
    proxy: SocksServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"socks5h://{proxy.place}")
    proxy.reply = 4
    with pytest.raises(Unreachable, match=r"does not get to photos\.invalid .*Host unreachable"):
        fetch()


def test_a_socks_proxy_that_wants_a_password_is_at_fault(
    proxy: SocksServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"socks5h://{proxy.place}")
    proxy.method = 255
    with pytest.raises(ProxyError, match=r"the proxy socks5h://.*ALL_PROXY.*methods were rejected"):
        fetch()


def test_a_socks_proxy_that_says_nothing_keeps_nobody(
    proxy: SocksServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"socks5h://{proxy.place}")
    proxy.silent = True
    with pytest.raises(DeadlineExceeded):
        fetch(seconds=0.3)
    unwanted = threading.Event()
    timer = threading.Timer(0.2, unwanted.set)
    timer.start()
    with pytest.raises(RequestCancelled), get(URL, {}, Deadline(600, unwanted.is_set)):
        pass
    timer.join()


@pytest.mark.parametrize("address", [URL, "https://photos.invalid/a.png"])
def test_a_proxy_that_wants_a_password_is_named(
    server: PhotoServer, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    server.serve(URL, b"", 407)
    monkeypatch.setenv("ALL_PROXY", server.address)
    if address == URL:
        with pytest.raises(ProxyError, match="asks for a user name and password"):
            fetch(address)
    else:  # which this server, no proxy for https, does not know
        with pytest.raises(ProxyError, match=r"proxy http://127.* \(Tunnel connection failed: 501"):
            fetch(address)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://", "no address of a proxy"),
        ("http://:8080", "no address of a proxy"),
        ("http://proxy:80800", "no address of a proxy"),
        ("http://proxy:port", "no address of a proxy"),
        ("http://[::1", "no address of a proxy"),
        ("two words:80", "no address of a proxy"),
        ("ftp://proxy:21", "proxies of the kinds http, https"),
        ("http://me:secret@", "no address of a proxy"),
    ],
)
def test_what_is_no_proxys_address_is_told_at_once_and_no_server_is_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", text)
    failure = photo_failure()
    assert failure.problem is PhotoProblem.MISCONFIGURED and not failure.can_retry
    assert "HTTP_PROXY" in str(failure) and words in str(failure) and "secret" not in str(failure)
    error = archive_failure(tmp_path / "coco")
    assert "HTTP_PROXY" in str(error) and words in str(error) and "times in a row" not in str(error)


def test_a_proxy_without_a_scheme_is_an_http_proxy(
    server: PhotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.serve(URL, PICTURE)
    monkeypatch.setenv("http_proxy", server.address.removeprefix("http://"))
    assert fetch() == PICTURE


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("what", ["missing", "no certificates"])
def test_certificates_that_can_not_be_used_are_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, what: str
) -> None:
    bundle = tmp_path / "certificates.pem"
    if what != "missing":
        bundle.write_text("no certificate")
    monkeypatch.setenv(variable, str(bundle))
    words = "is not there" if what == "missing" else "can't be read as certificates"
    with pytest.raises(NetworkSettingsError, match=f"{variable} names .*certificates.pem, which {words}"):
        fetch("https://127.0.0.1:1/a.png")
    error = archive_failure(tmp_path / "coco", "https://127.0.0.1:1/coco.zip")
    assert variable in str(error) and "times in a row" not in str(error)


def test_a_folder_of_certificates_is_fine_and_plain_http_needs_none(
    server: PhotoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.fspath(tmp_path / "missing"))
    assert fetch(server.url("/a.png")) == PICTURE
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.fspath(tmp_path))
    with pytest.raises(Unreachable):
        fetch("https://127.0.0.1:1/a.png")
