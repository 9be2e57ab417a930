"""Damages to a model file: bombs, sizes that are only claimed, pickles, names that leave the folder."""

import io
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Parts = dict[str, bytes]


@dataclass(frozen=True)
class ModelDamage:
    """`harmless` ones open as the whole model; the others are refused in `words`; None: either."""

    name: str
    do: Callable[[Path], object]
    harmless: bool | None = False
    words: str = ""


class Runs:
    """Unpickled, it would end the process that watches it."""

    def __reduce__(self) -> tuple[Callable[[int], object], tuple[int]]:
        return (os._exit, (7,))


def parts_changed(
    change: Callable[[Parts], object], compression: int = zipfile.ZIP_STORED
) -> Callable[[Path], None]:
    def do(path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        change(parts)
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)

    return do


def npy(shape: str, descr: str = "'<f4'", content: bytes = b"", fortran: bool = False) -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


def pickled() -> bytes:
    file = io.BytesIO()
    objects = np.empty(1, dtype=object)
    objects[0] = Runs()
    np.lib.format.write_array(file, objects, allow_pickle=True)
    return file.getvalue()


def model_damages() -> Iterator[ModelDamage]:
    """Every damage, each done to a model file of its own."""
    for share in (0.0, 0.001, 0.05, 0.3, 0.6, 0.9, 0.99):
        yield ModelDamage(f"cut at {share}", lambda p, s=share: os.truncate(p, int(p.stat().st_size * s)))
    for seed in range(40):
        yield ModelDamage(f"flips of seed {seed}", lambda p, s=seed: _flip(p, s), None)
    for shape in (
        "(10**9,)",
        "(999999999999, 999999999999)",
        "(4294967296, 4294967296)",
        "(2,)",
        "(-1, 4)",
        "()",
    ):
        for name in ("Wh", "about", "loss_history", "caption_rows"):
            damage = parts_changed(lambda parts, n=name, s=shape: parts.update({f"{n}.npy": npy(s)}))
            yield ModelDamage(f"{name} claims {shape}", damage)
    for descr in ("'|O'", "'<U9'", "'<c8'", "[('a', '<f4')]", "'<f4', 'x': __import__('os')._exit(7)"):
        damage = parts_changed(lambda parts, d=descr: parts.update({"Wh.npy": npy("(1,)", d, bytes(4))}))
        yield ModelDamage(f"Wh of {descr}", damage)
    yield ModelDamage("a pickle for a part", parts_changed(lambda parts: parts.update({"Wh.npy": pickled()})))
    yield ModelDamage(
        "a pickle beside the parts", parts_changed(lambda parts: parts.update({"x.npy": pickled()}))
    )
    yield ModelDamage("a pickle alone", lambda path: path.write_bytes(pickle.dumps(Runs())))
    yield ModelDamage("an array alone", lambda path: path.write_bytes(npy("(2,)", content=bytes(8))))
    for name in ("../Wh.npy", "/etc/Wh.npy", "a/b/Wh.npy", "C:\\Wh.npy", "Wh.npy/", "..\\..\\Wh.npy"):
        yield ModelDamage(f"Wh under the name {name}", parts_changed(lambda parts, n=name: _move(parts, n)))
    for name in ("../more.npy", "/etc/more.npy", "a/b/c.npy"):
        # No part is ever written to disk: an unknown one is just not asked for.
        more = parts_changed(lambda parts, n=name: parts.update({n: npy("(1,)", content=bytes(4))}))
        yield ModelDamage(f"one more part {name}", more, True)
    for how in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        bomb = parts_changed(
            lambda parts: parts.update({"Wh.npy": npy("(4194304,)", content=bytes(2**24))}), how
        )
        yield ModelDamage(f"a bomb of kind {how}", bomb, words="is compressed")
    yield ModelDamage("a zip in a zip", _zip_in_zip)
    for count, words in (
        (65, "it has 65 parts"),
        (1_000, "it has 1,000 parts"),
        (500_000, "its list of parts"),
    ):
        yield ModelDamage(f"{count:,} parts", lambda path, n=count: _many_parts(path, n), words=words)
    for depth in (100, 10_000, 1_000_000):
        for opening in (b"[", b'{"a":'):
            text = opening * depth
            about = npy(f"({len(text)},)", "'|u1'", text)
            deep = parts_changed(lambda parts, a=about: parts.update({"about.npy": a}))
            yield ModelDamage(f"about of {depth:,} {opening!r}", deep, words="its description")
    for name, make in {
        "a folder": Path.mkdir,
        "a pipe": os.mkfifo,
        "a link to a device": lambda path: path.symlink_to("/dev/zero"),
        "a link to itself": lambda path: path.symlink_to(path.name),
        "nothing": lambda path: None,
        "a terabyte of nothing": lambda path: (path.touch(), os.truncate(path, 2**40)),
    }.items():
        yield ModelDamage(f"{name} in its place", lambda path, m=make: (path.unlink(), m(path)))


def _flip(path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    content = bytearray(path.read_bytes())
    # Half of them in the directory at the end.
    start = 0 if seed % 2 else len(content) - 1200
    for place in rng.integers(start, len(content), size=int(rng.choice([1, 3]))):
        content[place] ^= 1 << int(rng.integers(8))
    path.write_bytes(content)


def _move(parts: Parts, name: str) -> None:
    parts[name] = parts.pop("Wh.npy")


def _zip_in_zip(path: Path) -> None:
    inner = path.read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Wh.npy", inner)


def _many_parts(path: Path, count: int) -> None:
    """A directory of empty parts, all of them the same one."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 0, 20, *(0,) * 8, 1, *(0,) * 6) + b"x"
    size = count * len(entry)
    with path.open("wb") as file:
        file.write(entry * count)
        file.write(struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, 0))
        file.write(struct.pack("<4sLQL", b"PK\x06\x07", 0, size, 1))
        file.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *(0xFFFF,) * 2, *(2**32 - 1,) * 2, 0))
