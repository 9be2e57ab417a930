from pathlib import Path

import pytest

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.download import (
    OFFICIAL_ADDRESS,
    Download,
    DownloadError,
    DownloadProblem,
    DownloadRequest,
    Phase,
    unfinished_download,
)
from captionviewer.core.download import download as download_module
from captionviewer.core.download.placing import WORK_NAME
from tests.archive_server import (
    ArchiveServer,
    Handler,
    archive_with,
    cut,
    drip,
    redirect,
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
        assert dataset.split("train").num_photos == 24


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
    many = {f"images/val2014/{'long_' * 36}{k:03d}.jpg": b"photo" for k in range(320)}
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
    done = Download(DownloadRequest(folder, OFFICIAL_ADDRESS), retry_policy=QUICK).run()
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
    def silent(handler: Handler) -> None:
        handler.server.mine.closing.wait(3)

    server.always = silent
    failure = problem_of(server, folder)
    assert failure.problem is DownloadProblem.TOO_SLOW and "did not answer" in str(failure)


def test_a_server_that_is_not_there_ends_as_unreachable(book: Book, folder: Path) -> None:
    with ArchiveServer(book.archive) as closed:
        pass
    failure = problem_of(closed, folder)
    assert failure.problem is DownloadProblem.UNREACHABLE and failure.can_go_on
    assert not folder.exists()


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
