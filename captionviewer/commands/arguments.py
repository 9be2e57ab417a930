"""Kinds of arguments that subcommands share; each is argparse's `type`, and complains in one line."""

import argparse
import os
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


def file_to_write(text: str) -> Path:
    """The file that an argument names to be written, absolute: known to be possible before any work is done.

    Raises argparse.ArgumentTypeError as `named_file`, and where the name is a folder's or the folder that
    the file is to stand in is not there.
    """
    path = named_file(text)
    if text.endswith(("/", os.sep)) or path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a folder: name a file in it")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {str(path.parent)!r} to write {path.name!r} in")
    return path


def same_file(path: Path, other: Path) -> bool:
    """Whether two names, each of a file that is there or not, mean one file."""
    return os.path.realpath(path) == os.path.realpath(other)


def _named(text: str, kind: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError(f"a {kind} is needed, not an empty name")
    try:
        return Path(text).expanduser().absolute()
    except (OSError, RuntimeError) as problem:
        raise argparse.ArgumentTypeError(f"there is no {kind} {text!r}: {problem}") from problem
