"""The own parser of plain HDF5 files, on bytes: what contradicts itself or has no end is not plain."""

import struct
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from captionviewer.core.coco.hdf5 import plain
from captionviewer.core.coco.hdf5.plain import find_plain_array

SHAPE = (6, 5)
DATASPACE, DATATYPE, LAYOUT, CONTINUATION = 0x01, 0x03, 0x08, 0x10


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of the official form: one array in one piece, in the root group."""
    path = tmp_path / "plain.h5"
    with h5py.File(path, "w") as file:
        file["features"] = np.arange(30, dtype="<f4").reshape(SHAPE)
    return path


class Messages:
    """Where the array's header and its messages stand in the file, and their bytes."""

    def __init__(self, path: Path) -> None:
        self.content = bytearray(path.read_bytes())
        with h5py.File(path) as file:
            self.header = h5py.h5o.get_info(file["features"].id).addr
        _, _, count, _, size = struct.unpack_from("<BBHII", self.content, self.header)
        self.places: dict[int, int] = {}
        place, end = self.header + 16, self.header + 16 + size
        for _ in range(count):
            if place + 8 > end:  # the rest stands elsewhere
                break
            kind, length = struct.unpack_from("<HH", self.content, place)
            self.places[kind] = place
            place += 8 + length

    def body(self, kind: int) -> bytes:
        place = self.places[kind]
        (length,) = struct.unpack_from("<H", self.content, place + 2)
        return bytes(self.content[place + 8 : place + 8 + length])


def test_a_file_as_h5py_writes_it_is_plain(path: Path) -> None:
    found = find_plain_array(path, "features")
    assert found is not None and (found.shape, found.dtype) == (SHAPE, np.dtype("<f4"))
    values = np.frombuffer(path.read_bytes(), found.dtype, 30, found.offset)
    assert values.tolist() == list(range(30))


@pytest.mark.parametrize("shape", [(7, 5), (6, 6), (2**40, 5), (5, 5), (0, 5)])
def test_a_shape_of_other_size_than_the_values_set_aside_is_not_plain(
    shape: tuple[int, int], path: Path
) -> None:
    messages = Messages(path)
    struct.pack_into("<QQ", messages.content, messages.places[DATASPACE] + 16, *shape)
    path.write_bytes(messages.content)
    assert find_plain_array(path, "features") is None


def larger_by_a_row(messages: Messages) -> None:
    """Shape and size both, so that they agree, but the file ends before."""
    struct.pack_into("<QQ", messages.content, messages.places[DATASPACE] + 16, 600, 5)
    struct.pack_into("<Q", messages.content, messages.places[LAYOUT] + 8 + 10, 600 * 5 * 4)


def beyond_the_end(messages: Messages) -> None:
    struct.pack_into("<Q", messages.content, messages.places[LAYOUT] + 8 + 2, len(messages.content) - 100)


@pytest.mark.parametrize("change", [larger_by_a_row, beyond_the_end])
def test_values_that_would_lie_beyond_the_end_of_the_file_are_not_plain(
    change: Callable[[Messages], None], path: Path
) -> None:
    messages = Messages(path)
    change(messages)
    path.write_bytes(messages.content)
    assert find_plain_array(path, "features") is None


@pytest.mark.parametrize("kind", [DATASPACE, DATATYPE, LAYOUT])
def test_a_message_that_is_shared_stands_elsewhere_and_is_not_read_as_if_it_stood_here(
    kind: int, path: Path
) -> None:
    messages = Messages(path)
    messages.content[messages.places[kind] + 4] |= 0x02
    path.write_bytes(messages.content)
    assert find_plain_array(path, "features") is None


def with_header_in_blocks(path: Path, blocks: int) -> None:
    """Give the array a new header at the end of the file, continued from block to block."""
    messages = Messages(path)
    old = messages.header
    start = -(-len(messages.content) // 8) * 8
    messages.content += bytes(start - len(messages.content))

    def message(kind: int, body: bytes) -> bytes:
        return struct.pack("<HHB3x", kind, len(body), 0) + body

    first = b"".join(message(kind, messages.body(kind)) for kind in (DATASPACE, DATATYPE, LAYOUT))
    size = len(first) + 24
    rest = [start + 16 + size + 24 * number for number in range(blocks - 1)]
    messages.content += struct.pack("<BBHII4x", 1, 0, 3 + blocks, 1, size) + first
    for place in (*rest, 0):  # the last block continues in no bytes at all
        messages.content += message(CONTINUATION, struct.pack("<QQ", place, 24 if place else 0))
    links = struct.pack("<Q", old)
    table = messages.content.index(b"SNOD")
    at = messages.content.index(links, table)
    messages.content[at : at + 8] = struct.pack("<Q", start)
    path.write_bytes(messages.content)


def test_a_header_in_many_blocks_is_followed_so_far_and_no_further(path: Path) -> None:
    whole = path.read_bytes()
    with_header_in_blocks(path, plain.MOST_BLOCKS - 1)  # and the one of no bytes
    found = find_plain_array(path, "features")
    assert found is not None and found.shape == SHAPE
    path.write_bytes(whole)
    with_header_in_blocks(path, plain.MOST_BLOCKS + 1)
    assert find_plain_array(path, "features") is None


def test_a_header_that_continues_in_itself_comes_to_an_end(path: Path) -> None:
    with_header_in_blocks(path, 3)
    content = bytearray(path.read_bytes())
    (start,) = struct.unpack_from("<Q", content, len(content) - 24 - 24 + 8)  # where the last block stands
    struct.pack_into("<QQ", content, len(content) - 16, start, 24)  # ... continues in itself
    header = content.index(struct.pack("<BBHI", 1, 0, 6, 1), start - 400)
    struct.pack_into("<H", content, header + 2, 2**16 - 1)
    path.write_bytes(content)
    assert find_plain_array(path, "features") is None
