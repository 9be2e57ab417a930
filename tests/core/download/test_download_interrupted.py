"""A download that is cut off anywhere goes on where it was.

(Past 400 lines: each place where it may be cut off, before the same false server.)
"""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.download import (
    Download,
    DownloadError,
    DownloadProblem,
    DownloadRequest,
    Phase,
    RetryPolicy,
    discard_unfinished,
    unfinished_download,
)
from captionviewer.core.download import disk as disk_module
from captionviewer.core.download.placing import WORK_NAME, only_download, prepare
from tests.archive_server import (
    ArchiveServer,
    Handler,
    cut,
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

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def server(archive_server: ArchiveServer) -> ArchiveServer:
    return archive_server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "coco"


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
    prepare(folder)
    with only_download(folder):
        failure = problem_of(server, folder)
        assert failure.problem is DownloadProblem.LOCKED and str(folder) in str(failure)
        assert server.asked == []
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted()


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_a_file_system_without_locks_does_not_hold_up_a_download(
    server: ArchiveServer, folder: Path, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted()


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_a_lock_that_fails_for_another_reason_is_told(
    server: ArchiveServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", broken)
    failure = problem_of(server, folder)
    assert failure.problem is DownloadProblem.FOLDER and "Input/output error" in str(failure)
    assert server.asked == []


def test_a_folder_that_may_not_be_looked_into_is_told(
    server: ArchiveServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_path: Path, **_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "stat", forbidden)  # as Python up to 3.13 lets is_dir and exists raise it
    failure = problem_of(server, folder)
    assert failure.problem is DownloadProblem.FOLDER and "Permission denied" in str(failure)
    with pytest.raises(DownloadError, match="Permission denied"):
        discard_unfinished(folder)
    assert unfinished_download(folder) is None and server.asked == []


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


def test_a_part_file_that_lost_its_end_does_not_pass_for_what_came(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.faults, server.always = [cut(60_000), cut(60_000)], cut(0)
    problem_of(server, folder, book)
    kept = unfinished_download(folder)
    assert kept is not None and kept.have > 10_000
    os.truncate(folder / WORK_NAME / "archive.part", 9_000)
    assert unfinished_download(folder) is None
    server.always = None
    done = fetched(server, folder, book)
    assert not any("Going on" in words for words in done.notices)
    assert files_in(folder) == book.wanted()


def test_a_connection_that_breaks_again_and_again_gets_through_as_long_as_each_brings_something(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.faults = [cut(9_000) for _ in range(2 * QUICK.tries)]
    fetched(server, folder, book)
    assert files_in(folder) == book.wanted() and server.faults == []


def test_breaks_that_bring_next_to_nothing_count_as_failures_in_a_row(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.always = cut(100)
    policy = replace(QUICK, least_gain=1_000)
    request = DownloadRequest(folder, server.address)
    with pytest.raises(DownloadError, match=f"{QUICK.tries} times in a row"):
        Download(request, known=book.known, retry_policy=policy).run()
    assert len(server.asked) == QUICK.tries


@pytest.mark.parametrize(
    ("mark", "condition"),
    [('"first"', '"first"'), ("Wed, 21 Oct 2015 07:28:00 GMT",) * 2, ('W/"weak"', None), (None, None)],
)
def test_the_rest_of_a_file_is_asked_for_on_condition_that_it_is_still_the_same(
    server: ArchiveServer, folder: Path, book: Book, mark: str | None, condition: str | None
) -> None:
    server.mark = mark
    fetched(server, folder, book)
    assert len(server.headers) > 1
    assert [headers.get("If-Range") for headers in server.headers] == [
        None,
        *[condition] * (len(server.headers) - 1),
    ]


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


def test_a_pause_between_two_blocks_is_no_slow_server(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.piece, server.every = 8_192, 0.01
    policy = replace(QUICK, tries=1)
    request = DownloadRequest(folder, server.address, raw_features=True)
    download = Download(request, known=book.known, retry_policy=policy)
    thread = threading.Thread(target=download.run)
    thread.start()
    while download.progress.phase is not Phase.FETCHING or not download.progress.done:
        assert thread.is_alive()
        time.sleep(0.002)
    download.pause()
    while download.progress.phase is not Phase.PAUSED:
        assert thread.is_alive()
        time.sleep(0.002)
    time.sleep(1.5 * policy.block_within_s)
    download.resume()
    thread.join()
    assert files_in(folder) == book.wanted(raw=True)


def test_each_failure_in_a_row_is_waited_for_twice_as_long_up_to_a_bound() -> None:
    policy = RetryPolicy(first_wait_s=1, longest_wait_s=5)
    assert [policy.wait_s(failures) for failures in (1, 2, 3, 4, 50)] == [1, 2, 4, 5, 5]


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


@pytest.mark.parametrize("phase", [Phase.ASKING, Phase.WAITING])
def test_stopping_ends_a_wait_for_a_silent_or_a_busy_server(
    server: ArchiveServer, folder: Path, phase: Phase
) -> None:
    def silence(handler: Handler) -> None:
        handler.server.mine.closing.wait(20)

    server.always = silence if phase is Phase.ASKING else status(503, {"Retry-After": "500"})
    patient = replace(QUICK, block_within_s=500.0)
    download = Download(DownloadRequest(folder, server.address), retry_policy=patient)
    with pytest.raises(DownloadError) as caught:
        download.run(cancelled=lambda: bool(server.asked) and download.progress.phase is phase)
    assert caught.value.problem is DownloadProblem.STOPPED
    assert "before anything came" in str(caught.value)
    assert not folder.exists()


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
