"""Where a plain array stands in an HDF5 file, found without the HDF5 library.

The official files are of HDF5's oldest form, with contiguous uncompressed arrays in the root group.  Of that
form alone this module reads what it needs, every number checked and every loop bounded, because the
library itself runs in circles over some damaged files (a heap whose free list points at itself is enough)
and nothing can stop it from within the process.  What is of another form, or damaged, is not plain: it is
left to `process`.

The layout of each structure is that of the "HDF5 File Format Specification Version 3.0" (The HDF Group).
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

SIGNATURE = b"\x89HDF\r\n\x1a\n"
# Far more than a file with a few arrays has, and little enough to be walked at once.
MOST_BLOCKS = 64
MOST_NODES = 64
LARGEST_BLOCK = 2**16

_DATASPACE, _DATATYPE, _LAYOUT, _CONTINUATION, _SYMBOL_TABLE = 0x01, 0x03, 0x08, 0x10, 0x11
# Padding, fill values, attributes, comments and times: none changes where the values stand.
_HARMLESS = {0x00, 0x04, 0x05, 0x0C, 0x0D, 0x0E, 0x12}
_SHARED = 0x02


@dataclass(frozen=True)
class PlainArray:
    """Shape, number format and place of the first value; the others follow it, row after row."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int


class _NotPlain(Exception):
    """The file is of another form, or damaged."""


def find_plain_array(path: Path, key: str) -> PlainArray | None:
    """The array `key` of the root group, or None if it isn't plain, isn't there, or isn't whole.  OSError."""
    with path.open("rb") as file:
        try:
            return _Parser(file).array(key)
        except (_NotPlain, struct.error):
            return None


class _Parser:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, 2)
        superblock = self._at(0, 96)
        # Version 0 of everything, addresses and lengths of 8 bytes, the data beginning with the file.
        if superblock[:8] != SIGNATURE or superblock[8:16] != bytes([0, 0, 0, 0, 0, 8, 8, 0]):
            raise _NotPlain
        base, _, end, _, _, self._root = struct.unpack_from("<6Q", superblock, 24)
        if base != 0 or end > self._size:
            raise _NotPlain

    def array(self, key: str) -> PlainArray:
        messages = self._messages(self._address_of(key))
        if not set(messages) <= _HARMLESS | {_DATASPACE, _DATATYPE, _LAYOUT, _CONTINUATION}:
            raise _NotPlain
        shape = _shape(_only(messages, _DATASPACE))
        dtype = _dtype(_only(messages, _DATATYPE))
        version, layout, offset, size = struct.unpack_from("<BBQQ", _only(messages, _LAYOUT))
        if version != 3 or layout != 1:
            raise _NotPlain
        declared = dtype.itemsize
        for length in shape:
            declared *= length
        if declared == 0 or declared != size or offset + size > self._size:
            raise _NotPlain
        return PlainArray(shape, dtype, offset)

    def _at(self, offset: int, count: int) -> bytes:
        if count > LARGEST_BLOCK or offset + count > self._size:
            raise _NotPlain
        self._file.seek(offset)
        content = self._file.read(count)
        if len(content) < count:
            raise _NotPlain
        return content

    def _messages(self, header: int) -> dict[int, list[bytes]]:
        """What the object at `header` says of itself, by kind."""
        version, _, count, _, size = struct.unpack("<BBHII", self._at(header, 12))
        if version != 1:
            raise _NotPlain
        blocks = [(header + 16, size)]
        messages: dict[int, list[bytes]] = {}
        for start, length in blocks:
            if len(blocks) > MOST_BLOCKS:
                raise _NotPlain
            block, place = self._at(start, length), 0
            while place + 8 <= length and count:
                kind, size, flags = struct.unpack_from("<HHB", block, place)
                body = block[place + 8 : place + 8 + size]
                if len(body) < size or (flags & _SHARED and kind not in _HARMLESS):
                    raise _NotPlain
                if kind == _CONTINUATION:
                    blocks.append(struct.unpack_from("<QQ", body))
                messages.setdefault(kind, []).append(body)
                place += 8 + size
                count -= 1
        if count:
            raise _NotPlain
        return messages

    def _address_of(self, key: str) -> int:
        tree, heap = struct.unpack("<QQ", _only(self._messages(self._root), _SYMBOL_TABLE)[:16])
        mark, version, names_size, _, names = struct.unpack("<4sB3xQQQ", self._at(heap, 32))
        if mark != b"HEAP" or version != 0:
            raise _NotPlain
        wanted = key.encode() + b"\0"
        found: list[tuple[int, int]] = []
        name_table = self._at(names, names_size)
        for name, header, kind in self._entries(tree):
            if name_table[name : name + len(wanted)] == wanted:
                found.append((header, kind))
        if len(found) != 1 or found[0][1] != 0:  # missing, ambiguous, or a link
            raise _NotPlain
        return found[0][0]

    def _entries(self, tree: int) -> list[tuple[int, int, int]]:
        """Place of the name, address and kind of everything in the root group."""
        entries: list[tuple[int, int, int]] = []
        nodes = [tree]
        for node in nodes:
            if len(nodes) > MOST_NODES:
                raise _NotPlain
            head = self._at(node, 8)
            if head[:4] == b"TREE":
                if head[4] != 0:
                    raise _NotPlain
                (used,) = struct.unpack_from("<H", head, 6)
                children = self._at(node + 24, 16 * used + 8)
                nodes += [struct.unpack_from("<Q", children, 16 * i + 8)[0] for i in range(used)]
            elif head[:5] == b"SNOD\x01":
                (used,) = struct.unpack_from("<H", head, 6)
                symbols = self._at(node + 8, 40 * used)
                entries += [struct.unpack_from("<QQI", symbols, 40 * i) for i in range(used)]
            else:
                raise _NotPlain
        return entries


def _only(messages: dict[int, list[bytes]], kind: int) -> bytes:
    found = messages.get(kind, [])
    if len(found) != 1:
        raise _NotPlain
    return found[0]


def _shape(message: bytes) -> tuple[int, ...]:
    version, rank, flags = struct.unpack_from("<3B", message)
    if version != 1 or flags > 1 or rank > 2:
        raise _NotPlain
    return struct.unpack_from(f"<{rank}Q", message, 8)


def _dtype(message: bytes) -> np.dtype[Any]:
    for described, dtype in _FORMATS.items():
        if message.startswith(described):
            return dtype
    raise _NotPlain


def _described(dtype: np.dtype[Any]) -> bytes:
    """How HDF5 describes one of NumPy's number formats."""
    bits = 8 * dtype.itemsize
    big = int(dtype.str[0] == ">")
    if dtype.kind in "iu":
        signed = 8 if dtype.kind == "i" else 0
        return struct.pack("<BBBBIHH", 0x10, signed | big, 0, 0, dtype.itemsize, 0, bits)
    fraction = np.finfo(dtype).nmant
    exponent = bits - 1 - fraction
    bias = 2 ** (exponent - 1) - 1
    return struct.pack(
        "<BBBBIHHBBBBI",
        *(0x11, 0x20 | big, bits - 1, 0, dtype.itemsize),
        *(0, bits, fraction, exponent, 0, fraction, bias),
    )


_FORMATS = {
    _described(np.dtype(order + code)): np.dtype(order + code)
    for code in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
    for order in ("<", ">")
}
