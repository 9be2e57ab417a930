"""Damages to how HDF5 files are written: bytes flipped, files cut, sizes that are only claimed, values
that stand elsewhere."""

import struct
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.damage.kinds import (
    ARRAYS,
    CAPTIONS,
    FEATURE_ARRAYS,
    FILES,
    HDF5_FILES,
    SAME,
    VAL,
    VOCABULARY,
    Damage,
    Do,
    OpensOrRefused,
    array_changed,
    arrays_of,
    edited,
    in_file,
    put,
    refused,
)

# How the same arrays may be written; the descriptions stand in the first bytes.
FORMS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {}),
    "packed": ({}, {"chunks": True, "compression": "gzip", "shuffle": True}),
    "small pieces": ({}, {"chunks": 2}),
    "newest form": ({"libver": "latest"}, {}),
    "newest form, packed": ({"libver": "latest"}, {"chunks": True, "compression": "lzf", "fletcher32": True}),
    "growing": ({"libver": "latest"}, {"chunks": 3, "maxshape": True}),
    "paged": ({"fs_strategy": "page", "fs_persist": True}, {}),
    "after a block of the user's": ({"userblock_size": 512}, {}),
}
HEADER = 2048


def write_as(path: Path, form: str) -> None:
    """Write the file anew, with the same arrays in another form."""
    arrays = arrays_of(path)
    of_file, of_array = FORMS[form]
    with h5py.File(path, "w", **of_file) as file:
        for key, values in arrays.items():
            how = dict(of_array)
            if isinstance(how.get("chunks"), int) and how["chunks"] is not True:
                how["chunks"] = (how["chunks"], *values.shape[1:])
            if "maxshape" in how:
                how["maxshape"] = (None, *values.shape[1:])
            file.create_dataset(key, data=values, **how)


def forms() -> Iterator[Damage]:
    """No damage at all: every form opens with the same content."""
    for form in FORMS:
        for file in HDF5_FILES:
            yield Damage(f"{file} {form}", lambda folder, f=file, how=form: write_as(folder / f, how), SAME)


def flipped(count: int = 80) -> Iterator[Damage]:
    """Bytes of the descriptions changed at random, by a fixed seed."""
    names = list(FORMS)
    for seed in range(count):
        # Half of them in the form of the official files.
        form = "plain" if seed % 2 else names[seed // 2 % len(names)]
        file = HDF5_FILES[seed // 3 % len(HDF5_FILES)]

        def do(folder: Path, seed: int = seed, form: str = form, file: str = file) -> None:
            write_as(folder / file, form)
            (folder / file).write_bytes(_flip((folder / file).read_bytes(), np.random.default_rng(seed)))

        yield Damage(f"{file} {form}, flips of seed {seed}", do, OpensOrRefused(file))
    for file in HDF5_FILES:
        for place in range(8):
            yield Damage(
                f"{file}: byte {place} of the signature",
                edited(file, lambda c, p=place: c[:p] + bytes([c[p] ^ 4]) + c[p + 1 :]),
                refused(file, words="not an HDF5 file"),
            )
    # The library lists the free parts of this heap, for ever.
    yield Damage("a heap whose free list has no end", _heap_without_end, refused(CAPTIONS))


def _flip(content: bytes, rng: np.random.Generator) -> bytes:
    values = np.frombuffer(content, np.uint8).copy()
    written = np.flatnonzero(values[:HEADER])  # most of a header is padding
    for place in rng.choice(written, size=int(rng.choice([1, 1, 2, 6]))):
        way = rng.integers(4)
        if way == 0:
            values[place] ^= 1 << int(rng.integers(8))
        elif way == 1:
            values[place] = rng.choice([0, 1, 127, 128, 255])
        elif way == 2:
            values[place] = (int(values[place]) + int(rng.choice([-1, 1]))) % 256
        else:
            values[place] = rng.integers(256)
    return values.tobytes()


def _heap_without_end(folder: Path) -> None:
    path = folder / CAPTIONS
    write_as(path, "small pieces")
    content = bytearray(path.read_bytes())
    heap = content.index(b"HEAP")
    free_list, data = struct.unpack_from("<QQ", content, heap + 16)
    # The next free part of the first one: itself.
    struct.pack_into("<Q", content, data + free_list, free_list)
    path.write_bytes(content)


def cut() -> Iterator[Damage]:
    """The end of a file missing."""
    for file in FILES:
        for share in (0, 0.003, 0.02, 0.1, 0.3, 0.5, 0.8, 0.9):
            yield Damage(
                f"{file} cut at {share}", edited(file, lambda c, s=share: c[: int(len(c) * s)]), refused(file)
            )
    for file in HDF5_FILES:
        for missing in (1, 4, 100):
            yield Damage(
                f"{file} without {missing} bytes", edited(file, lambda c, m=missing: c[:-m]), refused(file)
            )
        for form in ("packed", "newest form", "small pieces", "paged"):
            for share in (0.2, 0.6, 0.95):

                def do(folder: Path, file: str = file, form: str = form, share: float = share) -> None:
                    write_as(folder / file, form)
                    content = (folder / file).read_bytes()
                    (folder / file).write_bytes(content[: int(len(content) * share)])

                yield Damage(f"{file} {form} cut at {share}", do, refused(file))


def text_instead() -> Iterator[Damage]:
    """Something else where HDF5 should be."""
    contents = {
        "a page": b"<!DOCTYPE html><html><body>404</body></html>",
        "JSON": b'{"error": "not found"}',
        "numbers": b"0.1,0.2,0.3\n" * 500,
        "a pointer to large storage": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        "XML": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
        "a PNG": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "a zip": b"PK\x03\x04" + bytes(100),
        "a gzip": b"\x1f\x8b\x08" + bytes(100),
        "an array of NumPy's": b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'}",
        "a pickle": b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93.",
        "zeros": bytes(5000),
        "ones": b"\xff" * 5000,
        "spaces": b" " * 5000,
        "an older HDF": b"\x0e\x03\x13\x01" + bytes(600),
        "netCDF": b"CDF\x01" + bytes(600),
        "one byte": b"\x89",
        "a signature alone": b"\x89HDF\r\n\x1a\n",
        "a signature and zeros": b"\x89HDF\r\n\x1a\n" + bytes(5000),
        "a signature and ones": b"\x89HDF\r\n\x1a\n" + b"\xff" * 5000,
        "a signature and text": b"\x89HDF\r\n\x1a\n" + b"words " * 900,
        "a signature sent as text": b"\x89HDF\n\x1a\n" + bytes(5000),
        "a signature in the middle": bytes(512) + b"\x89HDF\r\n\x1a\n" + b"\0" * 100,
        "the words of a vocabulary": b'{"idx_to_word": []}',
        "noise": np.random.default_rng(5).bytes(4000),
    }
    for file in HDF5_FILES:
        for name, content in contents.items():
            yield Damage(f"{file}: {name}", put(file, content), refused(file))


def declared() -> Iterator[Damage]:
    """Sizes that are only claimed: never written, rewritten in the header, or packed a thousandfold."""
    for file, key in ARRAYS:
        rank = 1 if key.endswith("idxs") else 2
        dtype = "i4" if file == CAPTIONS else "f4"
        for rows in (2**20, 2**31, 2**40, 2**60):
            shape = (rows, 17)[:rank]
            no = refused(file)
            yield Damage(f"{key} of {file}: {rows:,} rows never written", _never(file, key, shape, dtype), no)
            chunks = (1000, 17)[:rank]
            yield Damage(
                f"{key} of {file}: {rows:,} rows in pieces never written",
                _never(file, key, shape, dtype, chunks=chunks),
                no,
            )
            yield Damage(f"{key} of {file}: header says {rows:,}", _claimed(file, key, (rows, 4)), no)
        yield Damage(f"{key} of {file}: a product of zero", _claimed(file, key, (2**62, 2**3)), refused(file))
        for offset in (2**20, 2**40, 2**63, 2**64 - 2, 2**64 - 1):
            yield Damage(f"{key} of {file}: begins at {offset:,}", _begins(file, key, offset), refused(file))
        yield Damage(f"{key} of {file}: packed a thousandfold", _bomb(file, key, dtype, rank), refused(file))
        yield Damage(f"{key} of {file}: one huge piece", _one_piece(file, key, dtype, rank), refused(file))
    yield Damage("100 MB of zeros in 100 kB, within all bounds", _one_allowed_piece, refused(CAPTIONS))


def _one_allowed_piece(folder: Path) -> None:
    def act(opened: h5py.File) -> None:
        shape = (100 * 2**16, 4)
        array = opened.create_dataset(
            "train_captions", shape=shape, dtype="i4", chunks=shape, compression="gzip"
        )
        array.id.write_direct_chunk((0, 0), zlib.compress(bytes(100 * 2**20), 9))

    in_file(CAPTIONS, "train_captions", act)(folder)


def _never(file: str, key: str, shape: tuple[int, ...], dtype: str, **storage: Any) -> Do:
    return in_file(file, key, lambda f: f.create_dataset(key, shape=shape, dtype=dtype, **storage))


def _described(path: Path, key: str) -> tuple[bytearray, int, tuple[int, ...], int, int]:
    """The file, where its array `key` is described, and shape, place and size as said there."""
    with h5py.File(path, "r") as file:
        array = file[key]
        where = h5py.h5o.get_info(array.id).addr
        known = array.shape, array.id.get_offset(), array.nbytes
    return bytearray(path.read_bytes()), where, *known


def _claimed(file: str, key: str, larger: tuple[int, int]) -> Do:
    def do(folder: Path) -> None:
        content, where, shape, offset, size = _described(folder / file, key)
        claimed = larger[: len(shape)]
        place = content.index(struct.pack(f"<{len(shape)}Q", *shape), where)
        struct.pack_into(f"<{len(shape)}Q", content, place, *claimed)
        place = content.index(struct.pack("<QQ", offset, size), where)
        product = 4 * int(np.prod([int(n) for n in claimed], dtype=object)) % 2**64
        struct.pack_into("<Q", content, place + 8, product)
        (folder / file).write_bytes(content)

    return do


def _begins(file: str, key: str, elsewhere: int) -> Do:
    def do(folder: Path) -> None:
        content, where, _, offset, size = _described(folder / file, key)
        struct.pack_into("<Q", content, content.index(struct.pack("<QQ", offset, size), where), elsewhere)
        (folder / file).write_bytes(content)

    return do


@cache
def _zeros() -> bytes:
    """16 MB of zeros, packed."""
    return zlib.compress(bytes(2**24), 9)


def _bomb(file: str, key: str, dtype: str, rank: int) -> Do:
    """Pieces of 16 MB of zeros, each in 16 kB."""

    def act(opened: h5py.File) -> None:
        chunk = (2**22,) if rank == 1 else (2**18, 16)
        shape = (200 * chunk[0], *chunk[1:])
        array = opened.create_dataset(key, shape=shape, dtype=dtype, chunks=chunk, compression="gzip")
        for i in range(200):
            array.id.write_direct_chunk((i * chunk[0], *(0,) * (rank - 1)), _zeros())

    return in_file(file, key, act)


def _one_piece(file: str, key: str, dtype: str, rank: int) -> Do:
    def act(opened: h5py.File) -> None:
        chunk = (2**27,) if rank == 1 else (2**23, 16)
        array = opened.create_dataset(key, shape=chunk, dtype=dtype, chunks=chunk, compression="gzip")
        array.id.write_direct_chunk((0,) * rank, _zeros())

    return in_file(file, key, act)


def elsewhere() -> Iterator[Damage]:
    """Values that stand elsewhere: links, circles of links, other files, the system's devices."""
    for file, key in ARRAYS:
        links = {
            "a soft link": h5py.SoftLink("/hidden"),
            "a soft link to nothing": h5py.SoftLink("/nowhere"),
            "a soft link to itself": h5py.SoftLink(f"/{key}"),
            "a link to another file": h5py.ExternalLink(VAL, "features"),
            "a link out of the folder": h5py.ExternalLink("../../secret.h5", "features"),
            "a link to no file": h5py.ExternalLink("nowhere.h5", "x"),
            "a link to itself": h5py.ExternalLink(file, key),
            "a link to a device": h5py.ExternalLink("/dev/zero", "x"),
        }
        for name, link in links.items():
            yield Damage(
                f"{key} of {file}: {name}",
                in_file(file, key, lambda f, k=key, to=link: f.__setitem__(k, to)),
                refused(file, words="links in data files are not followed"),
            )
        yield Damage(
            f"{key} of {file}: a circle of links",
            in_file(file, key, lambda f, k=key: _circle(f, k)),
            refused(file, words="links in data files are not followed"),
        )
        for name, source in {"itself": ".", "another file": VAL, "out of the folder": "../x.h5"}.items():
            yield Damage(
                f"{key} of {file}: a view of {name}",
                in_file(file, key, lambda f, k=key, s=source: _view(f, k, s)),
                refused(file, words="stand in other files"),
            )
        for name in ("values", "../values", "/dev/zero", VOCABULARY):
            yield Damage(
                f"{key} of {file}: values in {name}",
                in_file(file, key, lambda f, k=key, n=name: _outside(f, k, n)),
                refused(file, words="stand in other files"),
            )


def _circle(opened: h5py.File, key: str) -> None:
    opened[key] = h5py.SoftLink("/a")
    opened["a"], opened["b"] = h5py.SoftLink("/b"), h5py.SoftLink(f"/{key}")


def _view(opened: h5py.File, key: str, source: str) -> None:
    old = opened["hidden"]
    layout = h5py.VirtualLayout(shape=old.shape, dtype=old.dtype)
    layout[...] = h5py.VirtualSource(source, "hidden", shape=old.shape)
    opened.create_virtual_dataset(key, layout)


def _outside(opened: h5py.File, key: str, name: str) -> None:
    old = opened["hidden"]
    where = [(name, 0, h5py.h5f.UNLIMITED)]
    opened.create_dataset(key, shape=old.shape, dtype=old.dtype, external=where)


def packed_bytes() -> Iterator[Damage]:
    """Packed values whose bytes are wrong: found by their sums, or by what unpacking says."""
    for file, key in FEATURE_ARRAYS:
        for seed in range(13):
            for how in ({"compression": "gzip"}, {"fletcher32": True}):
                yield Damage(
                    f"{file} {next(iter(how))}, piece {seed} spoilt",
                    lambda folder, f=file, k=key, s=seed, h=how: _spoil(folder / f, k, s, h),
                    refused(file, words="HDF5 says"),
                )


def _spoil(path: Path, key: str, seed: int, how: dict[str, Any]) -> None:
    array_changed(path.name, key, lambda a: a, chunks=(4, 32), **how)(path.parent)
    with h5py.File(path, "r") as file:
        chunk = file[key].id.get_chunk_info(seed % file[key].id.get_num_chunks())
    content = bytearray(path.read_bytes())
    place = chunk.byte_offset + (7 * seed) % (chunk.size // 2) + 2
    content[place] ^= 0x55
    path.write_bytes(content)
