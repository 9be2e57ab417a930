"""HDF5 files that their writer has not closed: it is still at work, was killed, or crashed.

HDF5's newer form marks a file in its first bytes while it is written, and the library opens no file with
that mark. Where no program has the file open any more, what was written may well be whole: it is read as if
the mark were not there, without a byte of the file being changed, and checked as any other.
"""

import os
import struct
import sys
from pathlib import Path

from captionviewer.core.coco.data_error import DataError
from captionviewer.core.coco.hdf5.plain import SIGNATURE

if sys.platform != "win32":
    import fcntl

# "HDF5 File Format Specification Version 3.0", II.A: the superblock with addresses of 8 bytes, version 3 (its
# mark, what its checksum is of, its end) and version 0 (the address of the root group).
_MARK_AT, _SUMMED, _END = 11, 44, 48
_ROOT_AT, _OLD_END = 64, 96
_MASK = 0xFFFFFFFF


def start_without_mark(path: Path) -> bytes:
    """What is to be read in place of a file's first bytes, so that it counts as closed; empty for most files.

    Raises
    ------
    DataError
        A program has the file open for writing, or ended before it had written what is in it.
    OSError
        The file can't be read.
    """
    with path.open("rb") as file:
        start = file.read(_OLD_END)
        size = file.seek(0, os.SEEK_END)
        if start[:8] != SIGNATURE or len(start) < _OLD_END:
            return b""
        marked = start[8] == 3 and start[9] == 8 and start[_MARK_AT] != 0
        # The older form has no mark; its root group is written last, into room kept for it.
        root = int.from_bytes(start[_ROOT_AT : _ROOT_AT + 8], "little")
        unfinished = False
        if start[8] == 0 and start[13] == 8 and root < size:
            file.seek(root)
            unfinished = not any(file.read(16))
    if not marked and not unfinished:
        return b""
    if _in_use(path):
        raise DataError(
            path,
            "The file is in use: another program has it open for writing.",
            "Close it there, or wait until it is written; then open the folder again.",
        )
    if unfinished:
        raise DataError(path, "The file is not finished: the program that wrote it ended without closing it.")
    closed = bytearray(start[:_SUMMED])
    closed[_MARK_AT] = 0
    return bytes(closed) + struct.pack("<I", checksum(bytes(closed)))


def _in_use(path: Path) -> bool:
    """Whether a program holds the lock that HDF5 takes while it writes; False where that can't be told."""
    if sys.platform == "win32":
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # let go with the file
        except BlockingIOError:
            return True
        except OSError:  # a disk without locks
            return False
    return False


def checksum(content: bytes) -> int:
    """HDF5's checksum of its own bytes: Bob Jenkins's lookup3, `hashlittle` beginning with 0."""
    a: int
    b: int
    c: int
    a = b = c = (0xDEADBEEF + len(content)) & _MASK
    if not content:
        return c
    blocks = (len(content) - 1) // 12  # the last one, of 1 to 12 bytes, is mixed otherwise
    for block in range(blocks):
        x, y, z = struct.unpack_from("<III", content, 12 * block)
        a, b, c = (a + x) & _MASK, (b + y) & _MASK, (c + z) & _MASK
        for by in (4, 6, 8, 16, 19, 4):
            a = ((a - c) & _MASK) ^ _turned(c, by)
            c = (c + b) & _MASK
            a, b, c = b, c, a
    x, y, z = struct.unpack("<III", content[12 * blocks :].ljust(12, b"\0"))
    a, b, c = (a + x) & _MASK, (b + y) & _MASK, (c + z) & _MASK
    for by in (14, 11, 25, 16, 4, 14, 24):
        c = ((c ^ b) - _turned(b, by)) & _MASK
        a, b, c = b, c, a
    return b  # the one that was mixed last


def _turned(value: int, by: int) -> int:
    return ((value << by) | (value >> (32 - by))) & _MASK
