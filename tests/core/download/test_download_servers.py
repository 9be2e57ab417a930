import time
from pathlib import Path

import pytest

from captionviewer.core.download import (
    Download,
    DownloadError,
    DownloadProblem,
    DownloadProgress,
    DownloadRequest,
    Phase,
    discard_unfinished,
    unfinished_download,
)
from captionviewer.core.download.download_progress import ProgressBoard
from tests.archive_server import (
    ArchiveServer,
    Handler,
    cut,
    raw,
    redirect,
    status,
)
from tests.download_setup import (
    QUICK,
    Book,
    assert_nothing_looks_finished,
    download_of,
    fetched,
    files_in,
    problem_of,
)


@pytest.fixture
def server(archive_server: ArchiveServer) -> ArchiveServer:
    return archive_server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "coco"


# ---- what servers answer -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "problem", "requests"),
    [
        (404, DownloadProblem.GONE, 1),
        (410, DownloadProblem.GONE, 1),
        (403, DownloadProblem.REFUSED, 1),
        (500, DownloadProblem.BUSY, QUICK.tries),
        (503, DownloadProblem.BUSY, QUICK.tries),
    ],
)
def test_each_status_ends_in_its_stated_state(
    server: ArchiveServer, folder: Path, code: int, problem: DownloadProblem, requests: int
) -> None:
    server.always = status(code, {"Retry-After": "0"} if code == 503 else {})
    failure = problem_of(server, folder)
    assert failure.problem is problem
    assert str(code) in str(failure) and "127.0.0.1" in str(failure)
    assert len(server.asked) == requests
    assert not folder.exists()


def test_a_busy_server_is_asked_again_when_it_said(
    server: ArchiveServer, folder: Path, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[Phase, str]] = []  # all of it: who looks now and then may miss it on a busy machine
    rest = ProgressBoard.rest

    def noted(board: ProgressBoard, phase: Phase, words: str = "") -> DownloadProgress:
        said.append((phase, words))
        return rest(board, phase, words)

    monkeypatch.setattr(ProgressBoard, "rest", noted)
    server.faults = [status(429, {"Retry-After": "1"})]
    began = time.monotonic()
    download_of(server, folder, book).run()
    assert time.monotonic() - began >= 0.9  # not sooner than asked; how much later is no matter
    assert {phase for phase, _ in said} == {Phase.WAITING}
    assert all("429" in words and "Trying again in" in words for _, words in said)
    assert files_in(folder) == book.wanted()


def test_a_server_that_wants_an_hour_is_not_waited_for(server: ArchiveServer, folder: Path) -> None:
    server.always = status(429, {"Retry-After": "3600"})
    failure = problem_of(server, folder)
    assert failure.problem is DownloadProblem.BUSY and "1 h 00 min" in str(failure)
    assert len(server.asked) == 1


def test_redirects_in_a_circle_end_as_refused(server: ArchiveServer, folder: Path) -> None:
    server.always = redirect("/again.zip")
    failure = problem_of(server, folder)
    assert failure.problem is DownloadProblem.REFUSED and "redirected more than 5 times" in str(failure)
    assert len(server.asked) == 6


def test_the_body_of_a_redirect_is_not_waited_for(server: ArchiveServer, folder: Path, book: Book) -> None:
    def endless(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.0 302 Found\r\nLocation: /there.zip\r\n\r\n")
        while not handler.server.mine.closing.wait(0.01):
            handler.wfile.write(b"on and on")

    server.faults = [endless]
    fetched(server, folder, book)
    assert server.paths[:2] == ["/coco_captioning.zip", "/there.zip"]
    assert files_in(folder) == book.wanted()


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x.zip", "http://a b/"])
def test_a_redirect_leads_nowhere_but_to_the_web(server: ArchiveServer, folder: Path, target: str) -> None:
    server.always = redirect(target)
    failure = problem_of(server, folder)
    assert failure.problem is DownloadProblem.REFUSED and "a web address is needed" in str(failure)


@pytest.mark.parametrize("address", ["", "coco.zip", "file:///tmp/coco.zip", "http://[", "http://a b/c.zip"])
def test_what_is_no_web_address_is_refused_before_anything_is_made(address: str, folder: Path) -> None:
    with pytest.raises(DownloadError) as caught:
        Download(DownloadRequest(folder, address)).run()
    assert caught.value.problem is DownloadProblem.REFUSED
    assert not folder.exists()


@pytest.mark.parametrize(
    ("body", "headers", "words"),
    [
        (b"<html>gone</html>", {"Content-Type": "text/html; charset=utf-8"}, "a web page"),
        (b"\n<!DOCTYPE html><title>Moved</title>", {"Content-Type": "application/zip"}, "a web page"),
        (b"\x1f\x8b\x08\x00 tar", {}, "only zip archives"),
        (b"GIF89a", {}, "does not begin as one"),
        (b"", {}, "it is empty"),
    ],
)
def test_something_else_than_a_zip_is_told_for_what_it_is(
    server: ArchiveServer, folder: Path, body: bytes, headers: dict[str, str], words: str
) -> None:
    server.always = status(200, headers, body)
    failure = problem_of(server, folder)
    assert failure.problem is DownloadProblem.NOT_AN_ARCHIVE and words in str(failure)
    assert not folder.exists()


def test_a_zip_that_is_called_a_web_page_is_taken_for_what_it_is(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.ranges = False
    head = f"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(book.archive)}\r\n\r\n"
    server.always = raw(head.encode() + book.archive)
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted()


def test_the_login_page_of_a_network_does_not_cost_what_came(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.faults = [cut(5_000), cut(5_000)]
    server.always = status(200, {"Content-Type": "text/html"}, b"<html>Log in, please</html>")
    failure = problem_of(server, folder, book)
    assert failure.problem is DownloadProblem.REFUSED and "ask for a login" in str(failure)
    kept = unfinished_download(folder)
    assert kept is not None and kept.have > 5_000
    server.always = None
    before = server.sent
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted()
    assert server.sent - before < len(book.archive)


def test_a_length_that_is_too_long_ends_as_broken_off(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    head = f"HTTP/1.0 200 OK\r\nContent-Length: {len(book.archive) + 5_000}\r\n\r\n"
    server.always = raw(head.encode() + book.archive)
    assert problem_of(server, folder).problem is DownloadProblem.BROKEN_OFF


def test_a_length_that_is_too_short_ends_as_damaged_and_is_fetched_again(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.ranges = False
    server.faults = [raw(b"HTTP/1.0 200 OK\r\nContent-Length: 90000\r\n\r\n" + book.archive)]
    failure = problem_of(server, folder, book)
    assert failure.problem is DownloadProblem.DAMAGED and failure.can_fetch_again
    assert_nothing_looks_finished(folder)
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted()


def test_a_length_beyond_all_data_is_refused(server: ArchiveServer, folder: Path) -> None:
    server.always = raw(b"HTTP/1.0 200 OK\r\nContent-Length: 99000000000\r\n\r\nPK\x03\x04")
    assert problem_of(server, folder).problem is DownloadProblem.TOO_LARGE


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 206 OK\r\nContent-Length: 9\r\n\r\nPK\x03\x04 junk",
        b"HTTP/1.0 206 OK\r\nContent-Range: bytes 7-9/10\r\nContent-Length: 3\r\n\r\nPK\x03",
        b"HTTP/1.0 416 No\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_ranges_answered_with_nonsense_are_done_without(
    server: ArchiveServer, folder: Path, book: Book, answer: bytes
) -> None:
    server.faults = [raw(answer)]
    server.ranges = False
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted()
    server.always = raw(answer)
    discard_unfinished(folder)
    assert problem_of(server, folder.with_name("other")).problem is DownloadProblem.REFUSED


def test_an_answer_that_is_no_http_ends_as_broken_off(server: ArchiveServer, folder: Path) -> None:
    server.always = raw(b"hello\r\n\r\n")
    assert problem_of(server, folder).problem is DownloadProblem.BROKEN_OFF
