"""What the command line does, a file a subcommand.

A subcommand `import-model` is a file import_model.py here and a line in COMMANDS. The file has what `Command`
lists, and imports nothing but the standard library until it runs, so that `--help` answers at once. It
tells through `captionviewer.console`. What it raises on purpose (CaptionviewerError, OSError), Ctrl+C and
a reader of its output that has gone become one line and an exit code in `cli.main`.
"""

import argparse
import importlib
from collections.abc import Mapping
from enum import IntEnum
from typing import Protocol, cast

# Each subcommand, and what `captionviewer --help` says of it.
COMMANDS: Mapping[str, str] = {
    "download": "get the COCO captioning data of CS231n",
    "train": "train a network and save it",
    "caption": "caption photos with a saved model",
    "evaluate": "score a saved model's captions beside baselines",
    "encode": "compute the features of a data folder's photos",
    "make-data": "make a data folder of your own pictures and captions",
    "check": "do the notebooks' checks",
    "characters": "train words and characters side by side",
    "export": "write a model for PyTorch",
    "import-model": "bring a model back from PyTorch",
}


class ExitCode(IntEnum):
    """What a shell learns."""

    DONE = 0
    FAILED = 1
    BAD_ARGUMENT = 2
    INTERRUPTED = 130  # as shells count a program that Ctrl+C ended
    UNREAD = 141  # as they count one whose reader has gone


class Command(Protocol):
    """The file of a subcommand."""

    DESCRIPTION: str  # for `captionviewer NAME --help`

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the arguments."""

    def run(self, chosen: argparse.Namespace) -> int:
        """Do the work and return the exit code."""


def command(name: str) -> Command:
    """Return the file of a subcommand of COMMANDS."""
    return cast(Command, importlib.import_module(f"{__name__}.{name.replace('-', '_')}"))
