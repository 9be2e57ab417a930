import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from captionviewer.core.coco import CocoDataset
from captionviewer.core.download import (
    OFFICIAL_ADDRESS,
    Download,
    DownloadError,
    DownloadProblem,
    DownloadRequest,
    Phase,
    discard_unfinished,
    unfinished_download,
)
from captionviewer.core.download import disk as disk_module
from captionviewer.core.download import download as download_module
from captionviewer.core.download.folder_lock import FolderLock
from captionviewer.core.download.placing import LOCK_NAME, WORK_NAME, prepare
from tests.archive_server import (
    ArchiveServer,
    Handler,
    archive_with,
    cut,
    drip,
    http_date,
    raw,
    redirect,
    status,
)
from tests.download_setup import QUICK, Book, download_of, fetched, files_in, write_book

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return write_book(tmp_path_factory.mktemp("book"))


@pytest.fixture
def server(book: Book) -> Iterator[ArchiveServer]:
    with ArchiveServer(book.archive) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "coco"


def problem_of(server: ArchiveServer, folder: Path, book: Book | None = None) -> DownloadError:
    """Download, and return how it failed."""
    with pytest.raises(DownloadError) as caught:
        fetched(server, folder, book)
    return caught.value


def assert_nothing_looks_finished(folder: Path) -> None:
    """Nothing is in the folder but the download's own working folder."""
    if folder.exists():
        assert {path.name for path in folder.iterdir()} <= {WORK_NAME}
        assert not (folder / WORK_NAME / "unpacked").exists()


# ---- going well --------------------------------------------------------------------------------------


def test_the_archive_becomes_a_folder_that_opens_and_nothing_else_is_left(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    download = download_of(server, folder, book, raw=True)
    assert download.run().folder == folder
    assert files_in(folder) == book.wanted(raw=True)
    assert not (folder / WORK_NAME).exists()
    assert download.progress.phase is Phase.DONE
    assert any("official SHA-256" in words for words in download.progress.notices)
    with CocoDataset.open(folder, "raw") as dataset:
        assert dataset.num_photos("train") == 24


def test_the_raw_features_are_not_even_fetched_unless_wanted(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    done = fetched(server, folder, book)
    assert files_in(folder) == book.wanted()
    assert server.sent < 0.5 * len(book.archive)
    assert any("left out" in words for words in done.notices)


def test_raw_features_wanted_later_are_all_that_is_fetched_then(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    fetched(server, folder, book)
    inode = (folder / "coco2014_captions.h5").stat().st_ino
    before = server.sent
    fetched(server, folder, book, raw=True)
    assert files_in(folder) == book.wanted(raw=True)
    assert (folder / "coco2014_captions.h5").stat().st_ino == inode
    assert server.sent - before < len(book.archive)


@pytest.mark.parametrize("tells_length", [True, False])
def test_a_server_without_ranges_gives_the_whole_archive(
    server: ArchiveServer, folder: Path, book: Book, tells_length: bool
) -> None:
    server.ranges, server.tells_length = False, tells_length
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted()
    assert len(server.asked) == 1


def test_files_at_the_top_of_an_archive_are_taken_too(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.archive = archive_with({**book.files, "images/train2014/a.jpg": b"photo"})
    fetched(server, folder)
    assert files_in(folder) == {**book.wanted(), "images/train2014/a.jpg": b"photo"}


def test_what_lies_beside_the_data_in_an_archive_is_not_unpacked(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    inside = {f"coco_captioning/{name}": data for name, data in book.files.items()}
    server.archive = archive_with({**inside, "__MACOSX/coco_captioning/._x": b"?", "readme.txt": b"?"})
    fetched(server, folder)
    assert files_in(folder) == book.wanted()


def test_another_archive_is_allowed_with_a_notice(server: ArchiveServer, folder: Path, book: Book) -> None:
    done = fetched(server, folder)  # nobody knows its digests
    assert files_in(folder) == book.wanted()
    assert any("not the official archive" in words for words in done.notices)


def test_a_list_of_entries_longer_than_the_tail_is_fetched_as_well(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    many = {f"images/val2014/COCO_val2014_{k:012d}.jpg": b"photo" for k in range(900)}
    server.archive = archive_with({**book.files, **many})
    fetched(server, folder)
    assert files_in(folder) == {**book.wanted(), **many}


def test_redirects_are_followed_and_asked_anew_at_each_request(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.faults = [redirect("/elsewhere.zip"), redirect("/twice.zip")]
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted()


def test_the_official_files_in_place_need_no_server(
    server: ArchiveServer, folder: Path, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched(server, folder, book)
    monkeypatch.setattr(download_module, "OFFICIAL_FILES", book.known)
    done = Download(DownloadRequest(folder, OFFICIAL_ADDRESS), manner=QUICK).run()
    assert any("there already" in words for words in done.notices)


# ---- broken connections ------------------------------------------------------------------------------


def test_a_connection_that_breaks_is_taken_up_where_it_broke(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.faults = [cut(500), cut(9_000), cut(0), cut(20_000)]
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted()
    assert server.sent < len(book.archive)  # nothing came twice


def test_a_server_without_ranges_starts_from_the_beginning_and_that_is_said(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.ranges = False
    server.faults = [cut(100_000)]
    done = fetched(server, folder, book)
    assert files_in(folder) == book.wanted()
    assert server.sent == 100_000 + len(book.archive)
    assert any("starts again from the beginning" in words for words in done.notices)


def test_a_server_that_always_breaks_off_at_one_place_is_given_up(
    server: ArchiveServer, folder: Path
) -> None:
    server.ranges, server.always = False, cut(100_000)
    failure = problem_of(server, folder)
    assert failure.problem is DownloadProblem.BROKEN_OFF and failure.can_go_on
    assert len(server.asked) <= QUICK.tries + 2
    assert_nothing_looks_finished(folder)


def test_after_giving_up_the_next_start_goes_on(server: ArchiveServer, folder: Path, book: Book) -> None:
    server.faults = [cut(5_000)]
    server.always = cut(0)
    failure = problem_of(server, folder, book)
    assert "are kept" in str(failure)
    kept = unfinished_download(folder)
    assert kept is not None and kept.address == server.address and 0 < kept.have < 10_000
    server.always = None
    before = server.sent
    done = fetched(server, folder, book)
    assert files_in(folder) == book.wanted()
    assert server.sent - before < len(book.archive)
    assert server.asked[-1] is not None and not server.asked[-1].startswith("bytes=0-")
    assert any("Going on from" in words for words in done.notices)


def test_bytes_that_drip_end_as_too_slow(server: ArchiveServer, folder: Path) -> None:
    server.always = drip()
    failure = problem_of(server, folder)
    assert failure.problem is DownloadProblem.TOO_SLOW
    assert "fewer than 8,192 bytes" in str(failure)


def test_a_server_that_says_nothing_ends_as_too_slow(server: ArchiveServer, folder: Path) -> None:
    server.always = lambda handler: handler.server.mine.closing.wait(3)
    failure = problem_of(server, folder)
    assert failure.problem is DownloadProblem.TOO_SLOW and "did not answer" in str(failure)


def test_a_server_that_is_not_there_ends_as_unreachable(book: Book, folder: Path) -> None:
    with ArchiveServer(book.archive) as closed:
        pass
    failure = problem_of(closed, folder)
    assert failure.problem is DownloadProblem.UNREACHABLE and failure.can_go_on
    assert not folder.exists()


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


@pytest.mark.parametrize("waits", ["1", "date"])
def test_a_busy_server_is_asked_again_when_it_said(
    server: ArchiveServer, folder: Path, book: Book, waits: str
) -> None:
    server.faults = [status(429, {"Retry-After": http_date(2) if waits == "date" else waits})]
    download = download_of(server, folder, book)
    thread = threading.Thread(target=download.run)
    began = time.monotonic()
    thread.start()
    words = ""
    while thread.is_alive():
        progress = download.progress
        words = progress.words if progress.phase is Phase.WAITING else words
        time.sleep(0.01)
    assert "429" in words and "Trying again in" in words
    assert time.monotonic() - began >= 0.9  # not sooner than asked; how much later is no matter
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

    server.faults = [redirect("/there.zip")]
    fetched(server, folder, book)
    asked = len(server.asked)
    server.faults = [endless]
    fetched(server, folder.with_name("again"), book)
    assert len(server.asked) == 2 * asked  # no try was lost


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


# ---- content that changes ----------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ['"second"', "Mon, 23 Nov 2026 10:00:00 GMT", 'W/"weak"'])
def test_a_file_that_changed_meanwhile_is_started_over_and_that_is_said(
    server: ArchiveServer, folder: Path, book: Book, mark: str
) -> None:
    server.archive = archive_with({f"old/{name}": b"old" * 10_000 for name in book.files}, method=0)
    server.faults = [cut(1_000_000), cut(3_000)]
    server.always = cut(0)
    assert problem_of(server, folder).can_go_on
    assert unfinished_download(folder) is not None
    server.archive, server.mark, server.always = book.archive, mark, None
    done = fetched(server, folder, book)
    assert files_in(folder) == book.wanted()
    assert any("changed on the server" in words for words in done.notices)


def test_a_file_that_changes_at_every_request_is_given_up(server: ArchiveServer, folder: Path) -> None:
    def another(handler: object) -> None:
        server.mark = f'"{len(server.asked)}"'
        handler.send_archive()  # type: ignore[attr-defined]

    server.always = another
    failure = problem_of(server, folder)
    assert failure.problem is DownloadProblem.CHANGING and failure.can_fetch_again
    assert len(server.asked) < 20


def test_without_any_mark_the_length_tells_that_a_file_changed(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.mark = None
    server.faults, server.always = [cut(1_000_000), cut(3_000)], cut(0)
    assert problem_of(server, folder).can_go_on
    server.always = None
    server.archive = archive_with({**book.files, "more.txt": b"more"})
    done = fetched(server, folder, book)
    assert files_in(folder) == {**book.wanted(), "more.txt": b"more"}
    assert any("changed on the server" in words for words in done.notices)


# ---- digests -----------------------------------------------------------------------------------------


def test_a_file_with_another_digest_is_named_and_only_it_is_fetched_again(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    files = {f"coco_captioning/{name}": data for name, data in sorted(book.files.items())}
    wrong = "coco_captioning/train2014_vgg16_fc7_pca.h5"
    good = archive_with(files, method=0)
    server.archive = archive_with({**files, wrong: bytes(reversed(files[wrong]))}, method=0)
    failure = problem_of(server, folder, book)
    assert failure.problem is DownloadProblem.MISMATCH and failure.can_fetch_again
    assert failure.files == ("train2014_vgg16_fc7_pca.h5",)
    assert "train2014_vgg16_fc7_pca.h5" in str(failure)
    assert_nothing_looks_finished(folder)
    server.archive = good
    before = server.sent
    with pytest.raises(DownloadError) as caught:  # the list still has the old checksum: the part is of two
        fetched(server, folder, book)
    assert caught.value.problem is DownloadProblem.DAMAGED
    assert server.sent - before < 3 * len(files[wrong])
    server.mark = '"mended"'
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted()


def test_bytes_that_came_damaged_are_fetched_again_alone(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    good = server.archive
    at = good.find(b"coco_captioning/train2014_urls.txt") + 200
    server.archive = good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1 :]
    failure = problem_of(server, folder, book)
    assert failure.problem is DownloadProblem.DAMAGED and failure.files == ("train2014_urls.txt",)
    assert_nothing_looks_finished(folder)
    server.archive = good
    before = server.sent
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted()
    assert server.sent - before < 5_000


# ---- the disk and the folder -------------------------------------------------------------------------


def test_too_little_room_is_said_before_anything_is_fetched(
    server: ArchiveServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_module, "free_bytes", lambda _folder: 64_010_000)
    failure = problem_of(server, folder)
    assert failure.problem is DownloadProblem.DISK_FULL
    assert "has 64.0 MB free" in str(failure) and str(folder) in str(failure)
    assert server.sent < 100_000


@pytest.mark.parametrize("which", ["part", "unpacked"])
def test_a_disk_that_fills_up_is_told_and_what_came_is_kept(
    server: ArchiveServer, folder: Path, book: Book, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    full = OSError(28, "No space left on device")
    if which == "part":
        write = os.write
        left = [40_000]

        def small_disk(handle: int, data: bytes) -> int:
            left[0] -= len(data)
            if left[0] < 0:
                raise full
            return write(handle, data)

        monkeypatch.setattr(os, "write", small_disk)
    else:
        sync = os.fsync

        def small_disk_at_unpacking(handle: int) -> None:
            if (folder / WORK_NAME / "unpacked").exists():
                raise full
            sync(handle)

        monkeypatch.setattr(os, "fsync", small_disk_at_unpacking)
    failure = problem_of(server, folder, book)
    assert failure.problem is DownloadProblem.DISK_FULL and "the disk is full" in str(failure)
    assert_nothing_looks_finished(folder)
    assert unfinished_download(folder) is not None
    monkeypatch.undo()
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted()


def test_what_stands_in_the_folder_is_never_written_over(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    folder.mkdir(parents=True)
    (folder / "val2014_urls.txt").write_text("mine")
    (folder / "diary.txt").write_text("mine too")
    failure = problem_of(server, folder, book)
    assert failure.problem is DownloadProblem.FOLDER and "val2014_urls.txt" in str(failure)
    assert server.sent < 0.5 * len(book.archive)
    kept = {name: data for name, data in files_in(folder).items() if not name.startswith(WORK_NAME)}
    assert kept == {"val2014_urls.txt": b"mine", "diary.txt": b"mine too"}
    (folder / "val2014_urls.txt").unlink()
    fetched(server, folder, book)
    assert files_in(folder) == {**book.wanted(), "diary.txt": b"mine too"}


def test_a_file_in_the_place_of_the_folder_is_refused(server: ArchiveServer, tmp_path: Path) -> None:
    (tmp_path / "coco").write_text("a file")
    failure = problem_of(server, tmp_path / "coco")
    assert failure.problem is DownloadProblem.FOLDER and "is a file, not a folder" in str(failure)


def test_two_downloads_into_one_folder_do_not_mix(server: ArchiveServer, folder: Path, book: Book) -> None:
    with FolderLock(prepare(folder) / LOCK_NAME, folder):
        failure = problem_of(server, folder)
        assert failure.problem is DownloadProblem.LOCKED and str(folder) in str(failure)
        assert server.asked == []
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted()


def test_a_damaged_journal_counts_as_nothing_and_the_download_begins_anew(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    for damage in (b"", b"[]", b'{"address": 3}', b"[" * 100_000, None):
        server.faults, server.always = [cut(5_000)], cut(0)
        problem_of(server, folder, book)
        journal = folder / WORK_NAME / "archive.json"
        text = journal.read_text()
        journal.write_bytes(
            text.replace('"have": [[0', '"have": [[-4').encode() if damage is None else damage
        )
        assert unfinished_download(folder) is None
    server.always = None
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted()


def test_the_part_of_another_address_is_let_go_of_and_that_is_said(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    with ArchiveServer(book.archive) as other:
        other.faults, other.always = [cut(5_000)], cut(0)
        problem_of(other, folder)
        done = fetched(server, folder, book)
        assert any(f"{other.address} was let go of" in words for words in done.notices)
    assert files_in(folder) == book.wanted()


# ---- pause, stop, kill -------------------------------------------------------------------------------


def test_a_pause_holds_still_and_going_on_ends_well(server: ArchiveServer, folder: Path, book: Book) -> None:
    download = download_of(server, folder, book)
    download.pause()
    thread = threading.Thread(target=download.run)
    thread.start()
    while download.progress.phase is not Phase.PAUSED:
        assert thread.is_alive()
        time.sleep(0.005)
    asked = len(server.asked)
    time.sleep(0.5)  # longer than a block may take: a pause is no slow server
    assert len(server.asked) == asked and download.progress.phase is Phase.PAUSED
    download.resume()
    thread.join()
    assert files_in(folder) == book.wanted()


def test_a_stopped_download_says_what_is_kept_and_goes_on_later(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    download = download_of(server, folder, book, raw=True)

    def enough() -> bool:
        return download.progress.phase is Phase.FETCHING and download.progress.done > 100_000

    with pytest.raises(DownloadError) as caught:
        download.run(cancelled=enough)
    assert caught.value.problem is DownloadProblem.STOPPED
    assert "are kept in" in str(caught.value) and download.progress.phase is Phase.STOPPED
    assert_nothing_looks_finished(folder)
    before = server.sent
    fetched(server, folder, book, raw=True)
    assert files_in(folder) == book.wanted(raw=True)
    assert server.sent - before < len(book.archive)


def test_stopped_while_unpacking_nothing_half_written_stays(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    download = download_of(server, folder, book)
    with pytest.raises(DownloadError) as caught:
        download.run(cancelled=lambda: download.progress.phase is Phase.UNPACKING)
    assert caught.value.problem is DownloadProblem.STOPPED
    assert_nothing_looks_finished(folder)
    asked = len(server.asked)
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted()
    assert len(server.asked) == asked  # all had come


CHILD = """
import os, signal, sys, time
from pathlib import Path
from captionviewer.core.download import Download, DownloadRequest, Phase
from captionviewer.core.download import placing, unpacking
from captionviewer.core.download import download as module
folder, address, when = Path(sys.argv[1]), sys.argv[2], sys.argv[3]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

download = Download(DownloadRequest(folder, address, raw_features=True))
if when == "fetching":
    seen = lambda: download.progress.phase is Phase.FETCHING and download.progress.done > 60_000 and die()
elif when == "unpacking":
    seen = lambda: download.progress.phase is Phase.UNPACKING and download.progress.done > 60_000 and die()
else:
    seen = lambda: False
    rename, left = Path.rename, [int(when)]
    def rename_some(self, target):
        if left[0] == 0:
            die()
        left[0] -= 1
        return rename(self, target)
    Path.rename = rename_some
download.run(cancelled=lambda: bool(seen()))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal")
@pytest.mark.parametrize("when", ["fetching", "unpacking", "0", "5", "9"])
def test_killed_at_any_instant_nothing_looks_finished_and_the_next_start_goes_on(
    server: ArchiveServer, folder: Path, book: Book, when: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder), server.address, when],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    here = {path.name for path in folder.iterdir()} - {WORK_NAME}
    assert "coco2014_captions.h5" not in here
    for name in here:  # what moved already is whole
        assert (folder / name).read_bytes() == book.files[name]
    with pytest.raises(Exception, match=r"coco2014_captions\.h5"):
        CocoDataset.open(folder)
    before = server.sent
    fetched(server, folder, book, raw=True)
    assert files_in(folder) == book.wanted(raw=True)
    assert server.sent - before < (len(book.archive) if when == "fetching" else 1)
