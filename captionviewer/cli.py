"""The command line: arguments in, the window up, an exit code out.

Nothing but the standard library is imported until the arguments are known to be good, so that
`--help` and `--version` answer at once and a mistake costs no wait.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from captionviewer import __version__, system_check
from captionviewer.commands import download

BAD_ARGUMENT = 2
CANNOT_START = 1


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaint is one line on stderr, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments and leave with exit code 2."""
        one_line = " ".join(message.split())
        self.exit(BAD_ARGUMENT, f"{self.prog}: {one_line} (see {self.prog} --help)\n")


def existing_folder(text: str) -> Path:
    """The folder that an argument names, absolute.

    Raises argparse.ArgumentTypeError when it is empty, is not there, is no folder or may not be read.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("a folder is needed, not an empty name")
    try:
        folder = Path(text).expanduser().absolute()
        if not folder.exists():
            raise argparse.ArgumentTypeError(f"there is no folder {text!r}")
        if not folder.is_dir():
            raise argparse.ArgumentTypeError(f"{text!r} is a file, not a folder")
        next(folder.iterdir(), None)
    except (OSError, ValueError, RuntimeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else None
        raise argparse.ArgumentTypeError(
            f"the folder {text!r} cannot be read: {reason or problem}"
        ) from problem
    return folder


def argument_parser() -> OneLineParser:
    """The parser of captionviewer's arguments."""
    parser = OneLineParser(
        prog="captionviewer",
        description="See how an image-captioning recurrent network works: the data, the training, each word.",
        epilog="captionviewer download [FOLDER] gets the COCO data; captionviewer download --help says how.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--data",
        type=existing_folder,
        metavar="FOLDER",
        help="the folder to open, in the layout of the coco_captioning folder",
    )
    parser.add_argument(
        "--images",
        type=existing_folder,
        metavar="FOLDER",
        help="your own COCO image folder, with train2014 and val2014 inside (default: images/ in the data)",
    )
    parser.add_argument(
        "--features",
        choices=("pca", "raw"),
        help="the image features to use: 512 numbers a photo after PCA, or all that the network gave",
    )
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="what is written to the log, which Help, Show the Log shows (default: info)",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def download_parser() -> OneLineParser:
    """The parser of the arguments after `captionviewer download`."""
    parser = OneLineParser(
        prog="captionviewer download",
        description="Download the COCO captioning data of CS231n, check it and unpack it. Stopped or broken "
        "off, the same command goes on from what has come.",
        allow_abbrev=False,
    )
    download.add_arguments(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run captionviewer and return its exit code.

    0 after the window was closed or a download ended well, 1 when the window cannot open on this machine or
    a download failed, 2 for a bad argument, 130 when a download was interrupted, 128 and the number of the
    signal (130 for Ctrl+C) when that closed the window.
    `arguments` are those after the program's name; None takes the process's own.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["download"]:
        return download.run(download_parser().parse_args(words[1:]))
    chosen = argument_parser().parse_args(words)
    if importlib.util.find_spec("PySide6") is None:
        print(
            "captionviewer: PySide6 is not installed; install it with: "
            f"{sys.executable} -m pip install PySide6-Essentials",
            file=sys.stderr,
        )
        return CANNOT_START
    problems = system_check.window_problems()
    for problem in problems:
        system_check.say(problem)
    if problems:
        return CANNOT_START

    from captionviewer.ui.application import run

    return run(chosen.data, chosen.images, chosen.features, chosen.log_level)
