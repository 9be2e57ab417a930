import io
import stat
import zipfile
from pathlib import Path

import pytest

from captionviewer.core.download import DownloadError, DownloadProblem, format_bytes, format_duration
from captionviewer.core.download import archive_listing as listing
from captionviewer.core.download.byte_ranges import ByteRanges
from captionviewer.core.download.download_progress import TransferRate
from captionviewer.core.download.placing import WORK_NAME
from tests.archive_server import ArchiveServer, archive_with, patched_entries
from tests.download_setup import Book, fetched, files_in


@pytest.fixture
def server(archive_server: ArchiveServer) -> ArchiveServer:
    return archive_server


def refusal(server: ArchiveServer, folder: Path) -> DownloadError:
    """Download an archive that is refused, and see that nothing of it is left anywhere."""
    with pytest.raises(DownloadError) as caught:
        fetched(server, folder)
    assert not folder.exists()
    assert list(folder.parent.iterdir()) == []
    return caught.value


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return tmp_path / "place" / "coco"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../evil.txt", "leads out of the folder"),
        ("coco_captioning/../../evil.txt", "leads out of the folder"),
        ("/etc/evil", "leads out of the folder"),
        ("C:/evil", "signs that not every system"),
        ("..\\evil", "a backslash"),
        ("coco_captioning//evil", "not plain"),
        ("coco_captioning/./evil", "not plain"),
        ("coco_captioning/evil. ", "not plain"),
        ("coco_captioning/NUL.txt", "not every system"),
        ("coco_captioning/" + "x" * 300, "not every system"),
        ("coco_captioning/line\nbreak", "signs that not every system"),
        ("coco_captioning/COCO2014_vocab.json", "it is there twice"),
    ],
)
def test_an_entry_with_a_dangerous_name_refuses_the_archive(
    server: ArchiveServer, folder: Path, book: Book, name: str, words: str
) -> None:
    inside = {f"coco_captioning/{each}": data for each, data in book.files.items()}
    server.archive = archive_with({**inside, name: b"evil"})
    failure = refusal(server, folder)
    assert failure.problem is DownloadProblem.UNSAFE and words in str(failure)


def with_entry(book: Book, info: zipfile.ZipInfo, content: bytes) -> bytes:
    """Return the book's archive with one entry more."""
    stream = io.BytesIO(book.archive)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(info, content)
    return stream.getvalue()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_refuse_the_archive(
    server: ArchiveServer, folder: Path, book: Book, kind: int
) -> None:
    info = zipfile.ZipInfo("coco_captioning/images")
    info.external_attr = (kind | 0o777) << 16
    server.archive = with_entry(book, info, b"/etc")
    failure = refusal(server, folder)
    assert failure.problem is DownloadProblem.UNSAFE and "a link or a device" in str(failure)


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"flags": 1}, "it is encrypted"), ({"method": 12}, "method 12"), ({"method": 99}, "method 99")],
)
def test_encrypted_and_unknown_entries_refuse_the_archive(
    server: ArchiveServer, folder: Path, book: Book, fields: dict[str, int], words: str
) -> None:
    server.archive = patched_entries(book.archive, **fields)
    failure = refusal(server, folder)
    assert failure.problem is DownloadProblem.UNSAFE and words in str(failure)


def test_a_bomb_is_refused_by_what_it_declares(server: ArchiveServer, folder: Path, book: Book) -> None:
    info = zipfile.ZipInfo("coco_captioning/zeros")
    info.compress_type = zipfile.ZIP_DEFLATED
    server.archive = with_entry(book, info, bytes(12_000_000))
    failure = refusal(server, folder)
    assert failure.problem is DownloadProblem.UNSAFE and "would become 12,000,000" in str(failure)
    assert server.sent < len(book.archive) / 2


def test_a_bomb_of_many_entries_is_refused_by_what_they_declare_together(
    server: ArchiveServer, folder: Path
) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("coco2014_captions.h5", b"x")
        for number in range(4):
            archive.writestr(f"zeros{number}", bytes(9_000_000))
    server.archive = stream.getvalue()
    failure = refusal(server, folder)
    assert failure.problem is DownloadProblem.UNSAFE and "would become 36,000,001" in str(failure)


def test_a_bomb_that_lies_about_its_size_unpacks_to_no_more_than_it_said(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.archive = patched_entries(book.archive, size=10)
    with pytest.raises(DownloadError) as caught:
        fetched(server, folder)
    assert caught.value.problem is DownloadProblem.DAMAGED
    assert {path.name for path in folder.iterdir()} == {WORK_NAME}


def test_entries_that_share_their_bytes_refuse_the_archive(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    first = archive_with({"a/coco2014_captions.h5": bytes(5000), "a/more": bytes(5000)}, method=0)
    at = first.rfind(b"PK\x01\x02")
    server.archive = first[: at + 42] + bytes(4) + first[at + 46 :]  # the second stands where the first does
    failure = refusal(server, folder)
    assert failure.problem is DownloadProblem.UNSAFE and "overlaps" in str(failure)


def test_too_many_entries_or_bytes_refuse_the_archive(
    server: ArchiveServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_ENTRIES", 9)
    failure = refusal(server, folder)
    assert failure.problem is DownloadProblem.UNSAFE and "10 entries" in str(failure)
    monkeypatch.setattr(listing, "MOST_ENTRIES", 10)
    monkeypatch.setattr(listing, "LARGEST_UNPACKED", 500_000)
    assert refusal(server, folder).problem is DownloadProblem.TOO_LARGE


def test_a_list_of_entries_that_says_it_is_huge_takes_no_memory(
    server: ArchiveServer, folder: Path, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "LARGEST_READ", 70_000)
    end = bytearray(book.archive[-22:])
    end[12:16] = (len(book.archive) - 22).to_bytes(4, "little")  # all of the archive is its list
    end[16:20] = bytes(4)
    server.archive = book.archive[:-22] + bytes(end)
    with pytest.raises(DownloadError) as caught:
        fetched(server, folder)
    assert caught.value.problem is DownloadProblem.DAMAGED and "larger than any real one" in str(caught.value)


@pytest.mark.parametrize("keep", [2_000, 0.5, 0.999])
def test_an_archive_that_is_cut_on_the_server_is_no_archive(
    server: ArchiveServer, folder: Path, book: Book, keep: float
) -> None:
    server.archive = book.archive[: int(keep * len(book.archive)) if keep < 1 else int(keep)]
    with pytest.raises(DownloadError) as caught:
        fetched(server, folder)
    assert caught.value.problem is DownloadProblem.DAMAGED and "no whole zip archive" in str(caught.value)


def test_an_archive_of_something_else_is_told_before_it_is_fetched(
    server: ArchiveServer, folder: Path
) -> None:
    server.archive = archive_with({"film.mp4": bytes(2_000_000)}, method=0)
    failure = refusal(server, folder)
    assert failure.problem is DownloadProblem.NOT_DATA and "no coco2014_captions.h5" in str(failure)
    assert server.sent < 100_000


def test_files_of_the_right_names_that_are_no_data_are_refused_by_name(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    server.archive = archive_with({**book.files, "coco2014_captions.h5": b"no HDF5"})
    failure = refusal(server, folder)
    assert failure.problem is DownloadProblem.NOT_DATA and "coco2014_captions.h5" in str(failure)


def test_with_no_other_features_the_raw_ones_are_taken(
    server: ArchiveServer, folder: Path, book: Book
) -> None:
    only_raw = {name: data for name, data in book.files.items() if "_pca" not in name}
    server.archive = archive_with(only_raw)
    fetched(server, folder)
    assert files_in(folder) == only_raw


# ---- the parts ---------------------------------------------------------------------------------------


def test_byte_ranges_are_what_sets_of_positions_would_be() -> None:
    have = ByteRanges([(10, 20), (0, 5), (20, 30), (3, 7)])
    assert list(have) == [(0, 7), (10, 30)] and have.size == 27 and have.end == 30
    left = ByteRanges([(0, 40)]).without(have)
    assert list(left) == [(7, 10), (30, 40)]
    assert have.covers(12, 30) and not have.covers(5, 12) and have.covers(50, 50)
    assert list(have.clipped(15)) == [(0, 7), (10, 15)]
    assert list(have.joined(3)) == [(0, 30)] and list(have.joined(2)) == [(0, 7), (10, 30)]


def test_the_speed_follows_the_last_seconds_and_forgets_a_pause() -> None:
    now = [0.0]
    meter = TransferRate(smoothed_over=4.0, clock=lambda: now[0])
    assert meter.note(0) is None
    for second in range(1, 9):
        now[0] = second
        speed = meter.note(1000 * second)
    assert speed == pytest.approx(1000)
    for second in range(9, 15):
        now[0] = second
        speed = meter.note(8000 + 3000 * (second - 8))
    assert speed == pytest.approx(3000)
    meter.restart()
    now[0] = 100.0
    assert meter.note(30_000) is None


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (24_226, "24.2 kB"),
        (309_663_802, "310 MB"),
        (2.33e9, "2.33 GB"),
        (16e9, "16.0 GB"),
    ],
)
def test_bytes_are_written_as_people_read_them(count: float, words: str) -> None:
    assert format_bytes(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (59, "59 s"), (248, "4 min 08 s"), (7500, "2 h 05 min"), (400_000, "5 days")],
)
def test_times_left_are_written_as_people_read_them(seconds: float, words: str) -> None:
    assert format_duration(seconds) == words
