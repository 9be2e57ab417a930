"""Whatever a server answers, a photo's request ends in a picture's bytes or in its stated failure."""

import email.utils
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from captionviewer.core.photos.fetch import FetchedPicture, fetch_picture
from captionviewer.core.photos.problem import PhotoProblem, PhotoUnavailable
from captionviewer.core.photos.throttle import HostThrottle
from captionviewer.core.web.request import retry_after_seconds
from tests.photo_server import PhotoServer, picture_bytes

PICTURE = picture_bytes()
OK = b"HTTP/1.0 200 OK\r\n"


@pytest.fixture
def server() -> Iterator[PhotoServer]:
    with PhotoServer() as running:
        yield running


def quick() -> HostThrottle:
    return HostThrottle(requests_per_second=10_000, pause=0.05)


def fetch(url: str, timeout: float = 5.0, throttle: HostThrottle | None = None) -> FetchedPicture:
    return fetch_picture(url, timeout=timeout, throttle=throttle or quick(), stop=lambda: False)


def failure_of(url: str, timeout: float = 5.0, throttle: HostThrottle | None = None) -> PhotoUnavailable:
    with pytest.raises(PhotoUnavailable) as caught:
        fetch(url, timeout, throttle)
    return caught.value


def test_a_photo_comes_with_all_its_bytes(server: PhotoServer) -> None:
    url = server.serve("/a.png", PICTURE)
    assert fetch(url) == FetchedPicture(PICTURE, url)


def test_redirects_lead_to_the_photo_and_its_final_address(server: PhotoServer) -> None:
    server.serve("/there/b.png", PICTURE)
    server.redirect("/there/step", "b.png", 307)
    url = server.redirect("/a.png", "/there/step", 301)
    assert fetch(url) == FetchedPicture(PICTURE, server.url("/there/b.png"))


@pytest.mark.parametrize("status", [404, 410])
def test_a_dead_link_is_gone(server: PhotoServer, status: int) -> None:
    url = server.serve("/a.png", b"no such photo", status)
    failure = failure_of(url)
    assert failure.problem is PhotoProblem.GONE
    assert url in str(failure) and str(status) in str(failure)


def test_flickrs_placeholder_is_gone_and_is_not_even_loaded(server: PhotoServer) -> None:
    server.serve("/images/photo_unavailable_z.png", PICTURE)
    failure = failure_of(server.redirect("/a.jpg", "/images/photo_unavailable_z.png"))
    assert failure.problem is PhotoProblem.GONE
    assert server.asked == ["/a.jpg"]


@pytest.mark.parametrize("status", [401, 403, 418, 451, 304, 300])
def test_any_other_no_is_a_refusal(server: PhotoServer, status: int) -> None:
    failure = failure_of(server.serve("/a.png", b"", status))
    assert failure.problem is PhotoProblem.REFUSED
    assert str(status) in str(failure)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_server_is_left_alone_for_a_while(server: PhotoServer, status: int) -> None:
    throttle = HostThrottle(requests_per_second=10_000, pause=60.0, longest_pause=60.0)
    url = server.serve("/a.png", b"", status)
    failure = failure_of(url, throttle=throttle)
    assert failure.problem is PhotoProblem.BUSY and failure.can_retry
    assert failure.retry_after == pytest.approx(60, abs=1)
    again = failure_of(url, throttle=throttle)
    assert again.problem is PhotoProblem.BUSY
    assert server.asked == ["/a.png"]


def test_retry_after_is_honoured_then_the_photo_comes(server: PhotoServer) -> None:
    throttle = HostThrottle(requests_per_second=10_000, pause=60.0)
    url = server.serve("/a.png", b"", 429, {"Retry-After": "1"})
    assert failure_of(url, throttle=throttle).retry_after == pytest.approx(1, abs=0.2)
    server.serve("/a.png", PICTURE)
    assert failure_of(url, throttle=throttle).problem is PhotoProblem.BUSY
    assert server.asked == ["/a.png"]
    time.sleep(1.05)
    assert fetch(url, throttle=throttle).data == PICTURE


def test_retry_after_is_read_as_seconds_or_as_a_date() -> None:
    assert retry_after_seconds("120") == 120
    date = email.utils.formatdate(time.time() + 90, usegmt=True)
    assert retry_after_seconds(date) == pytest.approx(90, abs=2)
    assert retry_after_seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    for nonsense in (None, "", "soon", "-5", "9" * 40 + "x", "٣"):
        assert retry_after_seconds(nonsense) is None


def test_a_server_that_asks_for_a_year_is_asked_again_within_the_hour(server: PhotoServer) -> None:
    url = server.serve("/a.png", b"", 503, {"Retry-After": "31536000"})
    assert failure_of(url).retry_after == pytest.approx(3600, abs=1)


def test_the_body_of_a_redirect_is_not_read(server: PhotoServer) -> None:
    server.drip("/a.png", b"HTTP/1.0 302 Found\r\nLocation: /b.png\r\n\r\n", b"x" * 100_000, every=0.001)
    server.serve("/b.png", PICTURE)
    assert fetch(server.url("/a.png"), timeout=2).data == PICTURE


def test_redirects_in_a_circle_end_as_refused(server: PhotoServer) -> None:
    server.redirect("/b", "/a")
    failure = failure_of(server.redirect("/a", "/b"))
    assert failure.problem is PhotoProblem.REFUSED
    assert len(server.asked) == 6  # the first and five redirects


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/a.png", "data:image/png;base64,AA", "//"]
)
def test_redirects_to_anything_but_the_web_are_refused(server: PhotoServer, target: str) -> None:
    failure = failure_of(server.redirect("/a.png", target))
    assert failure.problem is PhotoProblem.REFUSED


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/a.png",
        "javascript:alert(1)",
        "//127.0.0.1/a.png",
        "not a url",
        "",
        "http://",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/\x00",
        "http://127.0.0.1/\r\nHost: x",
    ],
)
def test_what_is_not_a_web_address_is_refused_without_a_request(url: str) -> None:
    failure = failure_of(url)
    assert failure.problem is PhotoProblem.REFUSED
    assert not failure.can_retry
    assert str(failure).isprintable()


def test_a_refused_connection_is_offline_and_is_found_out_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/a.png"
        throttle = HostThrottle(requests_per_second=10_000, pause=60.0)
        failure = failure_of(url, throttle=throttle)
        assert failure.problem is PhotoProblem.OFFLINE and failure.can_retry
        assert "refused the connection" in str(failure)
        assert throttle.offline
        assert "a moment ago" in str(failure_of(url, throttle=throttle))


def test_a_name_that_nobody_knows_is_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    failure = failure_of("http://no-such-host.invalid/a.png")
    assert failure.problem is PhotoProblem.OFFLINE
    assert "no-such-host.invalid" in str(failure)


def test_an_answer_ends_being_offline(server: PhotoServer) -> None:
    throttle = HostThrottle(requests_per_second=10_000, pause=60.0)
    throttle.unreachable("elsewhere.example")
    assert throttle.offline
    fetch(server.serve("/a.png", PICTURE), throttle=throttle)
    assert not throttle.offline


def test_a_host_that_never_answers_the_connection_is_offline() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        waiting = []
        try:  # fill the queue of connections that nobody takes
            for _ in range(4):
                one = socket.socket()
                one.setblocking(False)
                one.connect_ex(deaf.getsockname())
                waiting.append(one)
            failure = failure_of(f"http://127.0.0.1:{deaf.getsockname()[1]}/a.png", timeout=0.4)
        finally:
            for one in waiting:
                one.close()
    assert failure.problem in (PhotoProblem.OFFLINE, PhotoProblem.TIMED_OUT)


def test_a_body_that_drips_without_end_times_out(server: PhotoServer) -> None:
    url = server.drip("/a.png", OK + b"Content-Type: image/png\r\n\r\n", b"x")
    assert failure_of(url, timeout=0.3).problem is PhotoProblem.TIMED_OUT


def test_headers_that_drip_without_end_time_out(server: PhotoServer) -> None:
    url = server.drip("/a.png", OK + b"X-Long: ", b"x")
    assert failure_of(url, timeout=0.3).problem is PhotoProblem.TIMED_OUT


def test_a_server_that_says_nothing_times_out(server: PhotoServer) -> None:
    url = server.drip("/a.png", b"", b"")
    failure = failure_of(url, timeout=0.3)
    assert failure.problem is PhotoProblem.TIMED_OUT and failure.can_retry
    assert "0.3 s" in str(failure)


def test_the_deadline_holds_over_redirects_together(server: PhotoServer) -> None:
    def slowly(handler) -> None:  # type: ignore[no-untyped-def]
        handler.pause(0.2)
        handler.send_response(302)
        handler.send_header("Location", "/a.png")
        handler.end_headers()

    server.answers["/a.png"] = slowly
    assert failure_of(server.url("/a.png"), timeout=0.5).problem is PhotoProblem.TIMED_OUT


def test_a_request_ends_soon_when_it_is_no_longer_wanted(server: PhotoServer) -> None:
    url = server.drip("/a.png", OK + b"\r\n", b"x")
    unwanted = threading.Event()
    caught: list[PhotoUnavailable] = []

    def work() -> None:
        try:
            fetch_picture(url, timeout=60, throttle=quick(), stop=unwanted.is_set)
        except PhotoUnavailable as failure:
            caught.append(failure)

    thread = threading.Thread(target=work)
    thread.start()
    while not server.asked:
        time.sleep(0.01)
    unwanted.set()
    thread.join(5)
    assert not thread.is_alive()
    assert caught[0].problem is PhotoProblem.STOPPED


def test_waiting_for_ones_turn_is_done_and_is_not_counted_as_the_servers_time(server: PhotoServer) -> None:
    url = server.serve("/a.png", PICTURE)
    throttle = HostThrottle(requests_per_second=2, burst=1)
    began = time.monotonic()
    for _ in range(2):
        assert fetch(url, timeout=0.45, throttle=throttle).data == PICTURE
    assert time.monotonic() - began >= 0.5


def test_a_body_cut_short_is_not_a_picture(server: PhotoServer) -> None:
    url = server.serve("/a.png", PICTURE[:40], length=len(PICTURE))
    failure = failure_of(url)
    assert failure.problem is PhotoProblem.NOT_A_PICTURE and failure.can_retry
    assert f"40 of {len(PICTURE)}" in str(failure)


def test_a_chunked_body_cut_short_is_not_a_picture(server: PhotoServer) -> None:
    url = server.raw("/a.png", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n" + PICTURE[:20])
    assert failure_of(url).problem is PhotoProblem.NOT_A_PICTURE


def test_chunks_of_nonsense_length_are_not_a_picture(server: PhotoServer) -> None:
    url = server.raw("/a.png", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc")
    assert failure_of(url).problem is PhotoProblem.NOT_A_PICTURE


def test_a_length_too_short_gives_the_bytes_it_promised(server: PhotoServer) -> None:
    assert fetch(server.serve("/a.png", PICTURE, length=20)).data == PICTURE[:20]


def test_a_length_of_thousands_of_digits_is_too_large(server: PhotoServer) -> None:
    head = OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n"
    assert failure_of(server.raw("/a.png", head + PICTURE)).problem is PhotoProblem.TOO_LARGE


@pytest.mark.parametrize("length", ["-5", "many", "0x10", ""])
def test_a_length_of_nonsense_is_overlooked(server: PhotoServer, length: str) -> None:
    head = OK + f"Content-Length: {length}\r\n\r\n".encode()
    assert fetch(server.raw("/a.png", head + PICTURE)).data == PICTURE


def test_a_declared_length_beyond_the_limit_is_refused_before_reading(server: PhotoServer) -> None:
    url = server.serve("/a.png", PICTURE, length=20_000_001)
    failure = failure_of(url)
    assert failure.problem is PhotoProblem.TOO_LARGE and not failure.can_retry
    assert "20 MB" in str(failure)


def test_an_endless_body_is_cut_at_the_limit(server: PhotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("captionviewer.core.photos.fetch.MAX_BYTES", 1_000_000)
    url = server.drip("/a.png", OK + b"\r\n", b"x" * 200_000, every=0.001)
    assert failure_of(url).problem is PhotoProblem.TOO_LARGE


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\r\n\r\n",
        b"SMTP ready\r\n",
        b"HTTP/1.0 banana\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n" + b"A: b\r\n" * 500,
    ],
)
def test_an_answer_that_is_no_http_is_a_refusal(server: PhotoServer, answer: bytes) -> None:
    failure = failure_of(server.raw("/a.png", answer))
    assert failure.problem is PhotoProblem.REFUSED and failure.can_retry


def test_an_address_of_a_secure_server_that_is_none_is_a_refusal(server: PhotoServer) -> None:
    failure = failure_of(server.url("/a.png").replace("http:", "https:"))
    assert failure.problem is PhotoProblem.REFUSED


def test_no_password_of_the_user_is_sent(
    server: PhotoServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    passwords = tmp_path / "netrc"
    passwords.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(passwords))
    fetch(server.serve("/a.png", PICTURE))
    assert "Authorization" not in server.headers[0]
    assert "captionviewer" in server.headers[0]["User-Agent"]


def test_a_proxy_that_is_not_there_is_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{unused.getsockname()[1]}")
        failure = failure_of("http://photos.invalid/a.png")
    assert failure.problem is PhotoProblem.OFFLINE


def test_a_proxy_of_the_environment_is_used(server: PhotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.address)
    server.serve("http://photos.invalid/a.png", PICTURE)
    assert fetch("http://photos.invalid/a.png").data == PICTURE
