"""`captionviewer download`: the COCO data from the command line, resumable with the same command.

On a terminal one line tells how far it is; elsewhere a line is written now and then, as for a log.
"""

import argparse
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from captionviewer.core.download import Download, DownloadProgress, DownloadRequest

DONE = 0
FAILED = 1
INTERRUPTED = 130  # as shells count a program that Ctrl-C ended
_LOOK_S = 0.2
_LINE_EVERY_S = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `captionviewer download`."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=_named_folder,
        metavar="FOLDER",
        help="the folder that will hold the data (default: one of captionviewer's own, which is named)",
    )
    parser.add_argument(
        "--url",
        metavar="ADDRESS",
        help="another zip archive in the layout of CS231n's coco_captioning.zip (default: the official one)",
    )
    parser.add_argument(
        "--with-raw-features",
        action="store_true",
        help="also the two files of 4,096-d features: 2.3 GB instead of 310 MB unpacked",
    )
    parser.add_argument(
        "--start-over",
        action="store_true",
        help="let go of what has come of an unfinished download instead of going on from it",
    )


def run(chosen: argparse.Namespace) -> int:
    """Download and return the exit code: 0 done, 1 failed, 130 interrupted."""
    from captionviewer.core.download import (
        OFFICIAL_ADDRESS,
        Download,
        DownloadError,
        DownloadRequest,
        discard_unfinished,
        format_bytes,
    )

    out, errors = sys.stdout, sys.stderr
    folder: Path = chosen.folder or _own_folder()
    request = DownloadRequest(folder, chosen.url or OFFICIAL_ADDRESS, chosen.with_raw_features)
    print(f"{request.address}\n  into {folder}", file=out, flush=True)
    download = Download(request)
    try:
        if chosen.start_over:
            discard_unfinished(folder)
        _follow(download, ProgressLine(out, format_bytes))
    except KeyboardInterrupt:
        print("captionviewer: stopped.", file=errors)
        return INTERRUPTED
    except DownloadError as error:
        print(f"captionviewer: {error}", file=errors)
        stopped = download.progress.phase.name == "STOPPED"
        if error.can_go_on:
            print(f"captionviewer: to go on: {_same_command(request)}", file=errors)
        elif error.can_fetch_again:
            print(f"captionviewer: to fetch it again: {_same_command(request)}", file=errors)
        return INTERRUPTED if stopped else FAILED
    opens = "; captionviewer opens it at its next start" if _remember(folder, errors) else ""
    print(f"The data is in {folder}{opens}.", file=out, flush=True)
    return DONE


def _named_folder(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("a folder is needed, not an empty name")
    try:
        return Path(text).expanduser().absolute()
    except (OSError, RuntimeError) as problem:  # a home of nobody known here
        raise argparse.ArgumentTypeError(f"there is no folder {text!r}: {problem}") from problem


def _own_folder() -> Path:
    from captionviewer.core.user_folders import data_folder

    return data_folder() / "coco_captioning"


def _same_command(request: "DownloadRequest") -> str:
    import shlex

    from captionviewer.core.download import OFFICIAL_ADDRESS

    words = ["captionviewer", "download", str(request.folder)]
    if request.address != OFFICIAL_ADDRESS:
        words += ["--url", request.address]
    if request.raw_features:
        words.append("--with-raw-features")
    return shlex.join(words)


def _remember(folder: Path, errors: TextIO) -> bool:
    """Let the next start open the folder; tell whether it will."""
    from captionviewer.core.coco.chosen_data import remember_data_folder

    try:
        remember_data_folder(folder)
    except OSError as error:
        print(
            f"captionviewer: the folder could not be remembered ({error}); open it with --data", file=errors
        )
        return False
    return True


def _follow(download: "Download", line: "ProgressLine") -> None:
    """Run the download in a thread, write how far it is, and stop it at Ctrl-C."""
    failures: list[Exception] = []
    ended = threading.Event()  # Thread.join, interrupted, takes a running thread for one that has ended

    def work() -> None:
        try:
            download.run()
        except Exception as error:  # handed to the thread that waits, which says it
            failures.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=work, name="download")
    thread.start()
    try:
        while not ended.wait(_LOOK_S):
            line.show(download.progress)
    except KeyboardInterrupt:
        download.stop()
        ended.wait()
    finally:
        line.end(download.progress)
    thread.join()
    if failures:
        raise failures[0]


class ProgressLine:
    """Writes how far a download is: over one line of a terminal, else a line now and then."""

    def __init__(self, out: TextIO, amount: Callable[[float], str]) -> None:
        self._out = out
        self._amount = amount
        self._terminal = out.isatty()
        self._written = 0  # signs on the terminal's line
        self._last = ""
        self._last_at = 0.0
        self._phase = ""
        self._notices = 0

    def show(self, progress: "DownloadProgress") -> None:
        """Show a look at the download."""
        for words in progress.notices[self._notices :]:
            self._clear()
            print(f"  {words}", file=self._out, flush=True)
        self._notices = len(progress.notices)
        if progress.phase.name in ("DONE", "STOPPED", "FAILED"):
            return
        words = self._words(progress)
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            self._clear()
            self._written = len(words[:width])
            self._out.write(words[:width])
            self._out.flush()
            return
        new = progress.phase.value != self._phase
        due = time.monotonic() - self._last_at >= _LINE_EVERY_S
        if words != self._last and (new or due):
            print(words, file=self._out, flush=True)
            self._last, self._last_at, self._phase = words, time.monotonic(), progress.phase.value

    def end(self, progress: "DownloadProgress") -> None:
        """Show the last notices and leave an empty line behind."""
        self.show(progress)
        self._clear()

    def _clear(self) -> None:
        if self._written:
            self._out.write("\r" + " " * self._written + "\r")
            self._written = 0

    def _words(self, progress: "DownloadProgress") -> str:
        from captionviewer.core.download import format_duration

        parts = [f"  {progress.phase.value}"]
        if progress.total:
            share = progress.share or 0.0
            parts.append(f"{share:4.0%} of {self._amount(progress.total)}")
        elif progress.done:
            parts.append(self._amount(progress.done))
        if progress.speed:
            parts.append(f"{self._amount(progress.speed)}/s")
        if progress.seconds_left is not None:
            parts.append(f"{format_duration(progress.seconds_left)} left")
        if progress.words:
            parts.append(progress.words)
        return ", ".join(parts)
