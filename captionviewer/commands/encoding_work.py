"""The computing of many photos' features at a terminal: how far it is, and Ctrl+C."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from captionviewer.commands.in_thread import run_in_thread
from captionviewer.commands.status_line import StatusLine

if TYPE_CHECKING:
    from captionviewer.core.own_photos.encoding import EncodingProgress

T = TypeVar("T")


def add_process_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how many photos are encoded at once."""
    parser.add_argument(
        "--processes", type=_count, metavar="N", help="photos encoded at once (default: one a core)"
    )


def run_encoding(
    work: Callable[[], T | None], stop: Callable[[], None], progress: "EncodingProgress"
) -> T | None:
    """Run `work` to its end while it is told how far it is; None when Ctrl+C stopped it."""
    line = StatusLine(10.0)
    made: list[T | None] = []
    try:
        run_in_thread(lambda: made.append(work()), stop, lambda: line.show(progress.words))
    finally:
        line.end()
    return made[0]


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 256")
    return int(text)
