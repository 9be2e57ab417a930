import io
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from captionviewer.cli import main
from captionviewer.commands.download import ProgressLine
from captionviewer.core.coco.chosen_data import chosen_data_folder
from captionviewer.core.download import DownloadProgress, Phase, unfinished_download
from captionviewer.core.download.placing import WORK_NAME, only_download, prepare
from tests.archive_server import ArchiveServer, archive_with, status
from tests.download_setup import Book, files_in

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def server(archive_server: ArchiveServer) -> ArchiveServer:
    return archive_server


def test_the_data_is_downloaded_and_remembered_for_the_window(
    server: ArchiveServer, book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "coco"
    assert main(["download", str(folder), "--url", server.address]) == 0
    assert files_in(folder) == book.wanted()
    assert chosen_data_folder() == folder
    said = capsys.readouterr()
    assert server.address in said.out and f"The data is in {folder}" in said.out
    assert "not the official archive" in said.out and said.err == ""


def test_without_a_folder_it_goes_into_captionviewers_own(
    server: ArchiveServer, book: Book, own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["download", "--url", server.address, "--with-raw-features"]) == 0
    folder = own_folder / "captionviewer-data" / "coco_captioning"
    assert files_in(folder) == book.wanted(raw=True)
    assert str(folder) in capsys.readouterr().out


def test_a_download_that_fails_says_why_and_leaves_with_1(
    server: ArchiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.always = status(404)
    assert main(["download", str(tmp_path / "coco"), "--url", server.address]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("captionviewer: ") and "404" in said.err
    assert chosen_data_folder() is None


@pytest.mark.parametrize("name", ["", " ", "~nobody-of-that-name/coco"])
def test_a_name_of_no_folder_is_told_in_one_line(
    server: ArchiveServer, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["download", name, "--url", server.address])
    assert left.value.code == 2 and server.asked == []
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "folder" in said


def test_starting_over_leaves_a_download_alone_that_is_going_on(
    server: ArchiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "coco"
    prepare(folder)
    with only_download(folder):
        came = folder / WORK_NAME / "archive.part"
        came.write_bytes(b"of the other")
        assert main(["download", str(folder), "--url", server.address, "--start-over"]) == 1
        assert came.read_bytes() == b"of the other" and server.asked == []
    assert "is going on" in capsys.readouterr().err


def test_a_folder_that_cannot_be_remembered_is_not_promised_to_open(
    server: ArchiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("CAPTIONVIEWER_CONFIG_DIR", str(tmp_path / "file"))
    assert main(["download", str(tmp_path / "coco"), "--url", server.address]) == 0
    said = capsys.readouterr()
    assert "could not be remembered" in said.err and "next start" not in said.out


def test_damage_names_the_command_that_fetches_again_and_it_does(
    server: ArchiveServer, book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "my coco"
    at = server.archive.find(b"train2014_urls.txt") + 200
    server.archive = book.archive[:at] + b"\0\0\0\0" + book.archive[at + 4 :]
    assert main(["download", str(folder), "--url", server.address]) == 1
    said = capsys.readouterr()
    assert "train2014_urls.txt came damaged" in said.err
    assert f"captionviewer download '{folder}' --url {server.address}" in said.err
    server.archive = book.archive
    assert main(["download", str(folder), "--url", server.address]) == 0
    assert files_in(folder) == book.wanted()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["download", "--no-such-option"], "unrecognized arguments: --no-such-option"),
        (["download", "a", "b"], "unrecognized arguments: b"),
        (["download", "--url"], "--url: expected one argument"),
    ],
)
def test_a_bad_argument_of_the_download_gives_one_line_and_exit_code_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    said = capsys.readouterr()
    assert left.value.code == 2
    assert words in said.err and said.err.count("\n") == 1


# A program that a shell started in the background has Ctrl-C switched off, and so have its children.
HEARING_CTRL_C = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from captionviewer.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal")
def test_ctrl_c_keeps_what_came_and_says_how_to_go_on(
    server: ArchiveServer, book: Book, tmp_path: Path
) -> None:
    folder = tmp_path / "coco"
    server.archive = archive_with(book.files, method=0)
    server.piece, server.every = 20_000, 0.05
    arguments = ["download", str(folder), "--url", server.address, "--with-raw-features"]
    process = subprocess.Popen(
        [sys.executable, "-c", HEARING_CTRL_C, *arguments],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 30
    while server.sent < 200_000 and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "are kept in" in errors and "to go on: captionviewer download" in errors
    assert "Traceback" not in errors and "Downloading" in out
    kept = unfinished_download(folder)
    assert kept is not None and kept.have > 50_000
    server.every = 0.0
    before = server.sent
    assert main(arguments) == 0
    assert files_in(folder) == book.wanted(raw=True)
    assert server.sent - before < len(server.archive)
    assert main([*arguments, "--start-over"]) == 0  # nothing is left of it: all is there


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_is_written_over_and_notices_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    line = ProgressLine()
    look = DownloadProgress(Phase.FETCHING, 50_000_000, 200_000_000, 5_000_000, 30.0, "")
    line.show(look)
    assert out.getvalue() == "  Downloading,  25% of 200 MB, 5.0 MB/s, 30 s left"
    monkeypatch.setenv("COLUMNS", "20")
    line.show(look)
    assert out.getvalue().split("\r")[-1] == "  Downloading,  25%", "a longer one would not go away"
    monkeypatch.delenv("COLUMNS")
    line.show(DownloadProgress(Phase.UNPACKING, 1, 2, notices=("Started over.",)))
    line.end(DownloadProgress(Phase.DONE, notices=("Started over.",)))
    lines = out.getvalue().replace("\r", "\n").split("\n")
    assert "  Started over." in lines and lines[-1] == ""
    assert lines.count("  Started over.") == 1


# ---- what became of the output -----------------------------------------------------------------------


def told(arguments: list[str], shell: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a shell, with what `shell` does to its output."""
    command = f"{sys.executable} -m captionviewer {shlex.join(arguments)} {shell}"
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii", "utf-8"])
def test_a_folder_whose_letters_the_terminal_lacks_is_told_all_the_same(
    server: ArchiveServer, book: Book, tmp_path: Path, encoding: str
) -> None:
    folder = tmp_path / "données 数据 \udcff"
    done = told(["download", str(folder), "--url", server.address], "", PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert files_in(folder) == book.wanted()
    assert b"The data is in" in done.stdout and b"Traceback" not in done.stderr
    assert ("数据" if encoding == "utf-8" else "\\u6570\\u636e").encode() in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX")
def test_a_reader_that_goes_away_stops_the_download_which_says_how_to_go_on(
    server: ArchiveServer, book: Book, tmp_path: Path
) -> None:
    folder = tmp_path / "coco"
    server.archive = archive_with(book.files, method=0)
    server.piece, server.every = 20_000, 0.02
    arguments = ["download", str(folder), "--url", server.address, "--with-raw-features"]
    done = told(arguments, "| head -1")
    assert done.stdout == f"{server.address}\n".encode()
    assert done.returncode == 141
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1 and "to go on: captionviewer download" in lines[0], lines
    assert server.sent < len(server.archive) and not (folder / "coco2014_captions.h5").exists()


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX")
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_with_its_output_closed_the_download_goes_on_in_silence(
    server: ArchiveServer, book: Book, tmp_path: Path, closed: str
) -> None:
    done = told(["download", str(tmp_path / "coco"), "--url", server.address], closed)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert files_in(tmp_path / "coco") == book.wanted()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_output_that_finds_no_room_is_told(server: ArchiveServer, tmp_path: Path) -> None:
    done = told(["download", str(tmp_path / "coco"), "--url", server.address], "> /dev/full")
    assert done.returncode == 1
    assert (
        done.stderr.splitlines()[-1]
        == b"captionviewer: what it tells can't be written: No space left on device"
    )


def test_a_name_with_escape_sequences_moves_no_cursor(
    server: ArchiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.always = status(404)
    assert main(["download", str(tmp_path / "a\x1b[2J"), "--url", server.address]) == 1
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err and "a\\x1b[2J" in said.out
