"""No redirect leads from the public web into the user's own network; dead links are counted once each."""

from collections.abc import Iterator

import pytest

from captionviewer.core.photos.dead_links import DeadLinks
from captionviewer.core.photos.fetch import fetch_picture
from captionviewer.core.photos.problem import PhotoProblem, PhotoUnavailable
from captionviewer.core.photos.throttle import HostThrottle
from captionviewer.core.web import redirect_guard
from tests.photo_server import PhotoServer, picture_bytes

PICTURE = picture_bytes()


@pytest.fixture
def server() -> Iterator[PhotoServer]:
    with PhotoServer() as running:
        yield running


def fetch(url: str) -> bytes:
    throttle = HostThrottle(requests_per_second=10_000)
    return fetch_picture(url, timeout=5, throttle=throttle, stop=lambda: False).data


def first_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first address that is connected to count as one of the public internet."""
    answers = iter([True])
    monkeypatch.setattr(redirect_guard, "is_public", lambda _address: next(answers, False))


def test_a_redirect_from_the_public_web_into_the_own_network_is_refused(
    server: PhotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_is_public(monkeypatch)
    with PhotoServer() as inside:
        url = server.redirect("/a.png", inside.serve("/router", PICTURE))
        with pytest.raises(PhotoUnavailable) as caught:
            fetch(url)
        assert inside.asked == []
    assert caught.value.problem is PhotoProblem.REFUSED and not caught.value.can_retry
    assert "own network" in str(caught.value) and "127.0.0.1" in str(caught.value)


def test_a_photo_server_of_the_own_network_may_redirect_within_it(server: PhotoServer) -> None:
    with PhotoServer() as other:
        assert fetch(server.redirect("/a.png", other.serve("/b.png", PICTURE))) == PICTURE


def test_where_a_proxy_stands_does_not_matter(server: PhotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    first_is_public(monkeypatch)
    monkeypatch.setenv("http_proxy", server.address)
    server.redirect("http://photos.invalid/a.png", "http://photos.invalid/b.png")
    server.serve("http://photos.invalid/b.png", PICTURE)
    assert fetch("http://photos.invalid/a.png") == PICTURE


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.178.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:192.168.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("no address", False),
    ],
)
def test_public_addresses_are_told_from_private_ones(address: str, public: bool) -> None:
    assert redirect_guard.is_public(address) is public


def test_each_link_counts_once_as_it_answered_last() -> None:
    links = DeadLinks()
    assert links.counts() == (0, 0)
    for url, dead in (("a", True), ("b", False), ("a", True), ("c", True), ("c", False)):
        links.note(url, dead=dead)
    assert links.counts() == (1, 3)
    links.note("\udc80 not text", dead=True)
    assert links.counts() == (2, 4)
