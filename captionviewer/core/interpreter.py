"""Which program runs Python here: not always `sys.executable`."""

import os
import sys
from pathlib import Path


def python_program() -> str | None:
    """The Python interpreter to start a program of our own with, or None where there is none to be found.

    Where Python lives within another program (an editor, a modelling tool, a bundle), `sys.executable` is
    empty or that program, which would come up a second time instead of running anything; an interpreter
    that belongs to the same Python may stand beside its library then.
    """
    named = sys.executable or ""
    if _is_python(Path(named)):
        return named
    for folder in dict.fromkeys((sys.exec_prefix, sys.base_exec_prefix)):
        for place in _usual_places(Path(folder)):
            if os.access(place, os.X_OK):
                return str(place)
    return None


def host_program() -> str:
    """The name of the program that Python lives in, for people: "blender", or "another program"."""
    return Path(sys.executable or "").stem or "another program"


def _is_python(program: Path) -> bool:
    return program.stem.lower().startswith(("python", "pypy"))


def _usual_places(prefix: Path) -> list[Path]:
    if os.name == "nt":
        return [prefix / "python.exe", prefix / "Scripts" / "python.exe"]
    major, minor = sys.version_info[:2]
    return [prefix / "bin" / f"python{major}.{minor}", prefix / "bin" / "python3"]
