"""`captionviewer download`: the COCO data from the command line, resumable with the same command.

On a terminal one line tells how far it is; elsewhere a line is written now and then, as for a log.
"""

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from captionviewer import console
from captionviewer.commands import ExitCode
from captionviewer.commands.arguments import named_folder
from captionviewer.commands.in_thread import run_in_thread
from captionviewer.commands.status_line import StatusLine

if TYPE_CHECKING:
    from captionviewer.core.download import DownloadProgress, DownloadRequest

DESCRIPTION = (
    "Download the COCO captioning data of CS231n, check it and unpack it. Stopped or broken off, the same "
    "command goes on from what has come."
)
_LINE_EVERY_S = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `captionviewer download`."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=named_folder,
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
    """Download and return the exit code; a failure names the command that goes on."""
    from captionviewer.core.download import (
        OFFICIAL_ADDRESS,
        Download,
        DownloadError,
        DownloadProblem,
        DownloadRequest,
        discard_unfinished,
    )

    folder: Path = chosen.folder or _own_folder()
    request = DownloadRequest(folder, chosen.url or OFFICIAL_ADDRESS, chosen.with_raw_features)
    console.tell(f"{request.address}\n  into {folder}")
    download = Download(request)
    line = ProgressLine()
    try:
        if chosen.start_over:
            discard_unfinished(folder)
        try:
            run_in_thread(download.run, download.stop, lambda: line.show(download.progress))
        finally:
            line.end(download.progress)
    except DownloadError as error:
        console.complain(error)
        if error.can_go_on:
            console.complain(f"to go on: {_same_command(request)}")
        elif error.can_fetch_again:
            console.complain(f"to fetch it again: {_same_command(request)}")
        return ExitCode.INTERRUPTED if error.problem is DownloadProblem.STOPPED else ExitCode.FAILED
    except console.OutputLost:
        console.complain(f"stopped, as nobody sees how far it is; to go on: {_same_command(request)}")
        raise
    opens = "; captionviewer opens it at its next start" if _remember(folder) else ""
    console.tell(f"The data is in {folder}{opens}.")
    return ExitCode.DONE


def _own_folder() -> Path:
    from captionviewer.core.coco.folder_layout import FOLDER_NAME
    from captionviewer.core.user_folders import data_folder

    return data_folder() / FOLDER_NAME


def _same_command(request: "DownloadRequest") -> str:
    from captionviewer.core.download import OFFICIAL_ADDRESS

    words = ["captionviewer", "download", str(request.folder)]
    if request.address != OFFICIAL_ADDRESS:
        words += ["--url", request.address]
    if request.raw_features:
        words.append("--with-raw-features")
    return shlex.join(words)


def _remember(folder: Path) -> bool:
    """Let the next start open the folder; tell whether it will."""
    from captionviewer.core.coco.chosen_data import remember_data_folder

    try:
        remember_data_folder(folder)
    except OSError as error:
        console.complain(f"the folder could not be remembered ({error}); open it with --data")
        return False
    return True


class ProgressLine:
    """Writes how far a download is, and its notices above that."""

    def __init__(self) -> None:
        self._line = StatusLine(_LINE_EVERY_S)
        self._phase = ""
        self._notices = 0

    def show(self, progress: "DownloadProgress") -> None:
        """Show a look at the download."""
        for words in progress.notices[self._notices :]:
            self._line.end()
            console.tell(f"  {words}")
        self._notices = len(progress.notices)
        if progress.phase.name in ("DONE", "STOPPED", "FAILED"):
            return
        self._line.show(self._words(progress), at_once=progress.phase.value != self._phase)
        self._phase = progress.phase.value

    def end(self, progress: "DownloadProgress") -> None:
        """Show the last notices and leave an empty line behind."""
        self.show(progress)
        self._line.end()

    def _words(self, progress: "DownloadProgress") -> str:
        from captionviewer.core.amounts import format_bytes, format_duration

        parts = [f"  {progress.phase.value}"]
        if progress.total:
            share = progress.share or 0.0
            parts.append(f"{share:4.0%} of {format_bytes(progress.total)}")
        elif progress.done:
            parts.append(format_bytes(progress.done))
        if progress.speed:
            parts.append(f"{format_bytes(progress.speed)}/s")
        if progress.seconds_left is not None:
            parts.append(f"{format_duration(progress.seconds_left)} left")
        if progress.words:
            parts.append(progress.words)
        return ", ".join(parts)
