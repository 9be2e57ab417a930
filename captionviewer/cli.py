"""The command line: arguments in, the window up, an exit code out.

Nothing but the standard library is imported until the arguments are known to be good, so that
`--help` and `--version` answer at once and a mistake costs no wait.
"""

from __future__ import annotations

import argparse
import difflib
import gc
import importlib.util
import os
import shlex
import sys
from collections.abc import Sequence
from typing import NoReturn

from captionviewer import __version__, console, system_check
from captionviewer.commands import COMMANDS, ExitCode, command
from captionviewer.commands.arguments import FEATURE_KINDS, existing_folder


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaint is one line on stderr, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments and leave with exit code 2."""
        one_line = " ".join(message.split())
        self.exit(ExitCode.BAD_ARGUMENT, f"{self.prog}: {one_line} (see {self.prog} --help)\n")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Say something on stderr and leave."""
        console.complain_as_is(message or "")
        sys.exit(status)

    def _print_message(self, message: str, file: object = None) -> None:
        console.write(message)  # help and version; argparse itself minds no stream that is closed or cut


def argument_parser() -> OneLineParser:
    """The parser of captionviewer's arguments."""
    parser = OneLineParser(
        prog="captionviewer",
        description="See how an image-captioning recurrent network works: the data, the training, each word.",
        epilog=_list_of_commands(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
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
        choices=FEATURE_KINDS,
        help="the features to use: 512 numbers a photo after PCA, all that the network gave, or those"
        " of EfficientNet-Lite0",
    )
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="what is written to the log, which Help, Show the Log shows (default: info)",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def command_parser(name: str) -> OneLineParser:
    """The parser of the arguments after `captionviewer NAME`."""
    found = command(name)
    parser = OneLineParser(prog=f"captionviewer {name}", description=found.DESCRIPTION, allow_abbrev=False)
    found.add_arguments(parser)
    return parser


def _list_of_commands() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  captionviewer {name:{width}}  {does}" for name, does in COMMANDS.items()]
    return "\n".join(["without the window (each has a --help of its own):", *lines])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run captionviewer and return its exit code, one of `ExitCode`.

    `arguments` are those after the program's name; None takes the process's own. What a subcommand raises
    on purpose is told in one line; a traceback is left to what nobody expected.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words and words[0] in COMMANDS:
            return _run_command(words[0], words[1:])
        if words and not words[0].startswith("-"):
            console.complain(_no_such_command(words[0]))
            return ExitCode.BAD_ARGUMENT
        return _run_window(words)
    except console.OutputLost as lost:
        if not lost.why:
            return ExitCode.UNREAD
        console.complain(lost.why)
        return ExitCode.FAILED
    except KeyboardInterrupt:
        console.complain("stopped.")
        return ExitCode.INTERRUPTED


def _run_command(name: str, words: Sequence[str]) -> int:
    chosen = command_parser(name).parse_intermixed_args(words)  # files may also stand after options
    try:
        return command(name).run(chosen)
    except Exception as error:
        message = _told(error)
        if message is None:
            raise
        console.complain(message)
        return ExitCode.FAILED


def _no_such_command(word: str) -> str:
    """What to say of a first word that is no subcommand."""
    if os.path.isdir(word):  # noqa: PTH112  a Path raises for a word that no path can be
        return f"to open a folder: captionviewer --data {shlex.quote(word)}"
    near = [name for name in COMMANDS if name.startswith(word)] or difflib.get_close_matches(
        word, COMMANDS, 1
    )
    hint = f"did you mean {near[0]}?" if near else "see captionviewer --help"
    return f"there is no command {word!r} ({hint})"


def _told(error: Exception) -> str | None:
    """Return what to say of an error that can be expected; None of one that is a fault of ours."""
    errors = sys.modules.get("captionviewer.core.errors")  # what was not imported did not raise it
    if errors is not None and isinstance(error, errors.CaptionviewerError):
        return str(error)
    if isinstance(error, OSError):
        why = error.strerror or str(error)
        return f"{error.filename}: {why}" if error.filename else why
    return "there is not enough memory" if isinstance(error, MemoryError) else None


def _run_window(words: Sequence[str]) -> int:
    chosen = argument_parser().parse_args(words)
    if importlib.util.find_spec("PySide6") is None:
        install = f"{sys.executable} -m pip install PySide6-Essentials"
        console.complain(f"PySide6 is not installed; install it with: {install}")
        return ExitCode.FAILED
    problems = system_check.window_problems()
    for problem in problems:
        console.complain(problem)
    if problems:
        return ExitCode.FAILED

    gc.disable()  # what is imported now is all kept: looking for garbage in it is a fifth of the time
    from captionviewer.ui.application import run

    return run(chosen.data, chosen.images, chosen.features, chosen.log_level)
