"""Damages to what HDF5 files hold: keys, shapes, number formats, ids, and rows that disagree."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.damage.kinds import (
    ARRAYS,
    CAPTIONS,
    FEATURE_ARRAYS,
    ID_ARRAYS,
    NAMES,
    SAME,
    TRAIN,
    URLS,
    VAL,
    Damage,
    Opens,
    Refused,
    array_changed,
    edited,
    in_file,
    refused,
)


def keys() -> Iterator[Damage]:
    """Keys missing, renamed, or standing for something else."""
    for file, key in ARRAYS:
        no = refused(file, words=f"no '{key}' in this file")

        def grouped(opened: h5py.File, key: str = key) -> None:
            opened.create_group(key)["values"] = 1

        def empty_named_type(opened: h5py.File, key: str = key) -> None:
            opened[key] = np.dtype("f4")

        def hard_link(opened: h5py.File, key: str = key) -> None:
            opened[key] = opened["hidden"]

        def moved_down(opened: h5py.File, key: str = key) -> None:
            opened.move("hidden", f"group/{key}")

        yield Damage(f"{key} of {file} missing", in_file(file, key, lambda f: f.pop("hidden")), no)
        for name in (key.upper(), f"{key} ", f"{key}s", key[:-1], f"\u200b{key}", f"{key}é"):
            yield Damage(
                f"{key} of {file} renamed {name!r}",
                in_file(file, key, lambda f, n=name: f.move("hidden", n)),
                no,
            )
        yield Damage(f"{key} of {file} in a group", in_file(file, key, moved_down), no)
        yield Damage(
            f"{key} of {file} a group", in_file(file, key, grouped), refused(file, words="not an array")
        )
        yield Damage(
            f"{key} of {file} a named type", in_file(file, key, empty_named_type), refused(file, words="no")
        )
        yield Damage(f"{key} of {file} twice by hard link", in_file(file, key, hard_link), SAME)
        yield Damage(
            f"{key} of {file} among 60 others",
            lambda folder, file=file: _add_others(folder / file),
            SAME,
        )
    for split, other in (("train", "val"), ("val", "train")):
        yield Damage(
            f"{split} captions under the name of {other} too",
            array_changed(CAPTIONS, f"{split}_captions", lambda a: a[:3]),
            refused(CAPTIONS, words="has 3 rows"),
        )


def _add_others(path: Path) -> None:
    with h5py.File(path, "r+") as opened:
        for i in range(60):
            opened[f"other{i}"] = i


def shapes() -> Iterator[Damage]:
    """Shapes that no such array has."""
    changes: dict[str, Any] = {
        "no rows": lambda a: a[:0],
        "one more axis": lambda a: a[..., None],
        "two more axes": lambda a: a[None, ..., None],
        "a scalar": lambda a: a.flat[0],
        "no value": lambda a: h5py.Empty(a.dtype),
        "thirty axes": lambda a: a[:2].reshape(a[:2].shape + (1,) * 28),
    }
    flat = {
        "one axis": np.ravel,
        "no columns": lambda a: a[:, :0],
        "one row": lambda a: a[:1],
        "a column less": lambda a: a[:, :-1],
        "doubled in width": lambda a: np.hstack([a, a]),
        "turned round": lambda a: a.T.copy(),
    }
    for file, key in ARRAYS:
        wide = not key.endswith("idxs")
        for name, change in (changes | (flat if wide else {})).items():
            # Where the files disagree the other file may be the one that is blamed.
            blamed = (file,) if file == CAPTIONS and wide else (file, CAPTIONS, TRAIN, VAL, *URLS)
            yield Damage(f"{key} of {file}: {name}", array_changed(file, key, change), refused(*blamed))


def dtypes() -> Iterator[Damage]:
    """Number formats: those that hold the same values are read alike, all others refused."""
    same_ids = ("<i8", ">i8", ">i4", "<i2", ">i2", "<u2", ">u4", "<u8", "u1")
    other_ids = ("<f4", "<f8", "<f2", "<c8", "?", "S5", "V4")
    for file, key in ID_ARRAYS:
        for code in same_ids:
            yield Damage(f"{key} as {code}", array_changed(file, key, lambda a, c=code: a.astype(c)), SAME)
        for code in other_ids:
            yield Damage(
                f"{key} as {code}",
                array_changed(file, key, lambda a, c=code: _stored_as(a, c)),
                refused(file, words="should hold whole numbers"),
            )
        for name, change in _ODD.items():
            yield Damage(
                f"{key} as {name}", array_changed(file, key, change), refused(file, words="should hold")
            )
    for file, key in FEATURE_ARRAYS:
        for code in ("<f8", ">f8", ">f4"):
            yield Damage(f"{file} as {code}", array_changed(file, key, lambda a, c=code: a.astype(c)), SAME)
        for code in ("<i4", ">i8", "u1", "<c8", "<c16", "?", "S5", "V4", "g"):
            yield Damage(
                f"{file} as {code}",
                array_changed(file, key, lambda a, c=code: _stored_as(a, c)),
                refused(file, words="should hold floating-point numbers"),
            )
        for name, change in _ODD.items():
            yield Damage(
                f"{file} as {name}", array_changed(file, key, change), refused(file, words="should hold")
            )


def _stored_as(array: np.ndarray, code: str) -> np.ndarray:
    return np.zeros(array.shape, code) if code[0] in "SV" else array.astype(code)


_ODD = {
    "texts of any length": lambda a: np.full(a.shape, "w", dtype=object),
    "records": lambda a: np.zeros(a.shape, [("x", "i4"), ("y", "f4")]),
    "small arrays": lambda a: np.zeros(a.shape, [("x", "f4", (3,))]),
}


def disagreeing() -> Iterator[Damage]:
    """Rows of one file too few or too many for another."""
    for file, key in ARRAYS:
        for more in (-15, -5, -2, -1, 1, 2, 7, 1000):
            if file == CAPTIONS:
                then = refused(CAPTIONS, words="rows, but")
            else:
                split = "train" if file == TRAIN else "val"
                then = refused(CAPTIONS, f"{split}2014_urls.txt", words=file)
            yield Damage(
                f"{key} of {file}: {more:+} rows",
                array_changed(file, key, lambda a, m=more: np.resize(a, (len(a) + m, *a.shape[1:]))),
                then,
            )
    for file in (*URLS, *NAMES):
        for more in (-10, -1, 1, 5, 300):
            yield Damage(
                f"{file}: {more:+} lines",
                edited(file, lambda content, m=more: _resized(content, m)),
                refused(file, words="rows; each image has one"),
            )


def _resized(content: bytes, more: int) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(lines[:more] if more < 0 else lines + lines[:1] * more)


def ids() -> Iterator[Damage]:
    """Ids of words and images that there are not."""
    for file, key in ID_ARRAYS:
        for value in (-1, -(2**15), -(2**31), -(2**63), 60, 1004, 2**16, 2**31 - 1, 2**32, 2**32 + 3):
            for place in (0.0, 0.37, 1.0):
                yield Damage(
                    f"{key}: {value} at {place}",
                    array_changed(file, key, lambda a, v=value, p=place: _with(a.astype("i8"), p, v)),
                    refused(file, words=f"of '{key}' holds {value}, but"),
                )
        yield Damage(
            f"{key}: {2**64 - 1}",
            array_changed(file, key, lambda a: _with(a.astype("u8"), 0.5, 2**64 - 1)),
            refused(file, words=f"holds {2**64 - 1}"),
        )
    for key, _, row in (("train_captions", 0, 0), ("val_captions", 0, 5), ("train_captions", 0, 70)):
        for word in (0, 2, 3, 20):
            yield Damage(
                f"{key}: row {row} begins with {word}",
                array_changed(CAPTIONS, key, lambda a, r=row, w=word: _row_begins(a, r, w)),
                refused(CAPTIONS, words=f"Row {row} of '{key}' does not begin with <START>"),
            )


def _with(array: np.ndarray, place: float, value: int) -> np.ndarray:
    array.flat[round(place * (array.size - 1))] = value
    return array


def _row_begins(array: np.ndarray, row: int, word: int) -> np.ndarray:
    array[row, 0] = word
    return array


def values() -> Iterator[Damage]:
    """Features that are no numbers open, since opening reads none, and are refused when they are read."""
    for file, key in FEATURE_ARRAYS:
        for value in (np.nan, np.inf, -np.inf, 1e300, -1e39):
            for row in (0, 3, 7, 12, 15):
                for storage in ({}, {"chunks": (4, 16), "compression": "gzip"}):
                    then: Opens | Refused = refused(file, words=f"Row {row} of 'features' holds a value")
                    yield Damage(
                        f"{file}: {value} in row {row} {'packed' if storage else 'plain'}",
                        array_changed(
                            file, key, lambda a, v=value, r=row: _in_row(a.astype("f8"), r, v), **storage
                        ),
                        then,
                    )


def _in_row(array: np.ndarray, row: int, value: float) -> np.ndarray:
    array[row, 5] = value
    return array
