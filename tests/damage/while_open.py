"""Damages done to a folder while it is open: by writing into a file, or by putting something in its place."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.damage.hdf5_storage import FORMS, write_as
from tests.damage.kinds import CAPTIONS, FILES, TRAIN, VAL, VOCABULARY

READS_OF_FEATURES = ("rows", "all", "scan", "training")


@dataclass(frozen=True)
class Meanwhile:
    """`before` is done ahead of opening, `do` afterwards; `blamed` is the split whose features are gone."""

    name: str
    before: Callable[[Path], object]
    do: Callable[[Path], object]
    file: str
    blamed: str | None


def written_into(path: Path, content: bytes) -> None:
    with path.open("r+b") as file:
        file.truncate(len(content))
        file.write(content)
    os.utime(path, ns=(1, 1))  # a clock of coarse ticks could give the old time


IN_PLACE: dict[str, Callable[[Path], object]] = {
    "cut to nothing": lambda path: os.truncate(path, 0),
    "cut in the header": lambda path: os.truncate(path, 100),
    "cut in half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "cut by a byte": lambda path: os.truncate(path, path.stat().st_size - 1),
    "grown": lambda path: os.truncate(path, path.stat().st_size + 10**9),
    "filled with zeros": lambda path: written_into(path, bytes(path.stat().st_size)),
    "written anew": lambda path: written_into(path, path.read_bytes()),
    "turned into text": lambda path: written_into(path, b"not found\n"),
    "with its rows turned round": lambda path: written_into(path, path.read_bytes()[::-1]),
}
INSTEAD: dict[str, Callable[[Path], object]] = {
    "removed": Path.unlink,
    "renamed": lambda path: path.rename(path.with_name("other")),
    "replaced by another": lambda path: _replaced(path, b"another"),
    "replaced by an empty file": lambda path: _replaced(path, b""),
    "replaced by a folder": lambda path: (path.unlink(), path.mkdir()),
    "replaced by a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "gone with its folder": lambda path: shutil.rmtree(path.parent),
}


def _replaced(path: Path, content: bytes) -> None:
    beside = path.with_name("beside")
    beside.write_bytes(content)
    beside.replace(path)


def meanwhile() -> Iterator[Meanwhile]:
    """Every damage to each file of features in several forms, and to the files that were read whole."""
    for file, split in ((TRAIN, "train"), (VAL, "val")):
        for form in ("plain", "packed"):
            assert form in FORMS
            for ways, blamed in ((IN_PLACE, split), (INSTEAD, None)):
                for name, do in ways.items():
                    yield Meanwhile(
                        f"{file}, {form}, {name}",
                        lambda folder, f=file, how=form: write_as(folder / f, how),
                        lambda folder, f=file, d=do: d(folder / f),
                        file,
                        blamed,
                    )
    for file in (VOCABULARY, CAPTIONS, *FILES[4:]):
        for name in ("cut to nothing", "filled with zeros"):
            yield Meanwhile(
                f"{file} {name}",
                Path.exists,
                lambda folder, f=file, n=name: IN_PLACE[n](folder / f),
                file,
                None,
            )
