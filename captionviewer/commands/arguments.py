"""Kinds of arguments that subcommands share; each is argparse's `type`, and complains in one line."""

import argparse
from pathlib import Path

# As the core has them, of which nothing is imported before the arguments are known to be good; a test holds
# them against it.
FEATURE_KINDS = ("pca", "raw", "lite0")
SPLITS = ("train", "val")


def existing_folder(text: str) -> Path:
    """The folder that an argument names, absolute.

    Raises argparse.ArgumentTypeError when it is empty, is not there, is no folder or may not be read.
    """
    folder = named_folder(text)
    try:
        if not folder.exists():
            raise argparse.ArgumentTypeError(f"there is no folder {text!r}")
        if not folder.is_dir():
            raise argparse.ArgumentTypeError(f"{text!r} is a file, not a folder")
        next(folder.iterdir(), None)
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else None
        raise argparse.ArgumentTypeError(
            f"the folder {text!r} cannot be read: {reason or problem}"
        ) from problem
    return folder


def named_folder(text: str) -> Path:
    """The folder that an argument names, absolute, there or not.

    Raises argparse.ArgumentTypeError when it is empty, or in the home of nobody known here.
    """
    return _named(text, "folder")


def named_file(text: str) -> Path:
    """The file that an argument names, absolute, there or not.

    Raises argparse.ArgumentTypeError when it is empty, or in the home of nobody known here.
    """
    return _named(text, "file")


def _named(text: str, kind: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError(f"a {kind} is needed, not an empty name")
    try:
        return Path(text).expanduser().absolute()
    except (OSError, RuntimeError) as problem:
        raise argparse.ArgumentTypeError(f"there is no {kind} {text!r}: {problem}") from problem
