"""The tree of errors is as it is drawn, and all that the core raises on purpose stands in it."""

import ast
import builtins
import importlib
import inspect
import pkgutil
from pathlib import Path

import captionviewer.core
from captionviewer.core import errors
from captionviewer.core.errors import CaptionviewerError

# A program of its own, which imports nothing of captionviewer; its exceptions never leave its process
PROGRAMS = {"captionviewer.core.coco.hdf5.child"}


def public_exceptions() -> set[type[BaseException]]:
    """Every exception without an underscore that a module of the core defines."""
    found: set[type[BaseException]] = set()
    for module in pkgutil.walk_packages(captionviewer.core.__path__, "captionviewer.core."):
        if module.name in PROGRAMS:
            continue
        for name, each in vars(importlib.import_module(module.name)).items():
            is_exception = inspect.isclass(each) and issubclass(each, BaseException)
            if is_exception and each.__module__ == module.name and not name.startswith("_"):
                found.add(each)
    return found


def exceptions_apart(folder: Path) -> list[str]:
    """The exceptions without an underscore that files in a folder put under one of Python's own; not run."""
    return [
        f"{path.name}: {each.name}"
        for path in sorted(folder.rglob("*.py"))
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(each, ast.ClassDef) and not each.name.startswith("_")
        and any(is_exception(base.id) for base in each.bases if isinstance(base, ast.Name))
    ]  # fmt: skip


def is_exception(name: str) -> bool:
    """Whether Python itself has an exception of that name."""
    found = getattr(builtins, name, None)
    return inspect.isclass(found) and issubclass(found, BaseException)


def parent_of(error: type[BaseException]) -> str:
    """The name of the class over an error within the tree; "" for the base."""
    parents = [each.__name__ for each in error.__bases__ if issubclass(each, CaptionviewerError)]
    return parents[0] if parents else ""


def drawn_tree() -> list[tuple[str, str]]:
    """The (parent, name) of each line of the drawing: the first word of a line, under what is left of it."""
    lines = [line for line in (errors.__doc__ or "").splitlines()[1:] if line.strip(" │├└─")]
    above: list[tuple[int, str]] = []
    tree: list[tuple[str, str]] = []
    for line in lines:
        words = line.lstrip(" │├└─")
        column, name = len(line) - len(words), words.split()[0]
        above = [each for each in above if each[0] < column]
        tree.append((above[-1][1] if above else "", name))
        above.append((column, name))
    return tree


def test_every_public_exception_of_the_core_can_be_caught_by_one_name() -> None:
    apart = {each for each in public_exceptions() if not issubclass(each, CaptionviewerError)}
    names = sorted(f"{each.__module__}.{each.__name__}" for each in apart)
    assert not names, "put these under CaptionviewerError, or call them _Private:\n" + "\n".join(names)


def test_every_exception_of_window_and_commands_can_be_caught_by_that_name_too() -> None:
    package = Path(captionviewer.core.__path__[0]).parent
    found = [*exceptions_apart(package / "ui"), *exceptions_apart(package / "commands")]
    assert not found, "put these under CaptionviewerError, or call them _Private:\n" + "\n".join(found)


def test_the_tree_that_the_docstring_draws_is_the_one_that_there_is() -> None:
    there = {
        (parent_of(each), each.__name__)
        for each in public_exceptions()
        if issubclass(each, CaptionviewerError)
    }
    assert sorted(drawn_tree()) == sorted(there)


def test_beside_each_other_errors_are_drawn_by_the_alphabet() -> None:
    by_parent: dict[str, list[str]] = {}
    for parent, name in drawn_tree():
        by_parent.setdefault(parent, []).append(name)
    for names in by_parent.values():
        assert names == sorted(names)
