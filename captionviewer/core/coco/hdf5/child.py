"""A program of its own that reads HDF5 files for `process`, so that nobody else falls with it.

The HDF5 library crashes or runs in circles over some damaged files.  This program is started with a bound
on its memory; before each request it sets a bound on its time; when it dies its parent says which file it
was reading.  It imports nothing of captionviewer: it starts the quicker.

A request is a line of JSON on standard input, the answer a line of JSON on standard output, which says how
many bytes of values follow it:

    {"do": "open", "id", "path", "key", "rank", "kinds", "start"}
                                                     {"id", "file", "shape", "dtype", "offset", "chunk_rows"}
    {"do": "read", "id", "start", "stop"}            {"bytes"}, then rows `start` to `stop`
    {"do": "close", "id"}                            {}
    any of them                                      {"refused", "remedy"}, or {"damaged"}: what HDF5 says

Before the first of them it says {"ready": true}, so that nobody takes another program's words for its own.
"start" is what to read, in hexadecimal, in place of the first bytes of a file that was left open.
"""

import contextlib
import faulthandler
import io
import json
import os
import signal
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import h5py
import numpy as np

if sys.platform != "win32":
    import resource

# What one request may take; reading a block of rows takes a tenth of a second.
CPU_SECONDS = 3.0
# A disk may take long to wake up, and costs no processor time meanwhile.
WALL_SECONDS = 20.0 if hasattr(signal, "setitimer") else 4.0
MEMORY_BYTES = 640 * 2**20
# A chunk is unpacked whole when one of its rows is read.
LARGEST_CHUNK_BYTES = 128 * 2**20
# Captions, mostly padding, compress about twentyfold.
LARGEST_COMPRESSION = 200


class Refused(Exception):
    """What is wrong with an array, and what to do about it (None for the usual)."""

    def __init__(self, problem: str, remedy: str | None = None) -> None:
        super().__init__(problem)
        self.remedy = remedy


class Restarted(io.FileIO):
    """A file that begins with other bytes than it has."""

    def __init__(self, path: str, start: bytes) -> None:
        super().__init__(path)
        self._start = start

    def readinto(self, buffer: Any) -> int:
        """Read as files do."""
        at = self.tell()
        count = super().readinto(buffer) or 0
        here = self._start[at : at + count]
        memoryview(buffer).cast("B")[: len(here)] = here
        return count


class Opened:
    """One array of an open file, after its description was checked."""

    def __init__(self, path: str, key: str, rank: int, kinds: str, start: bytes) -> None:
        self._below: Restarted | None = None
        if start:
            self._below = Restarted(path, start)
            self.file = h5py.File(self._below, "r")
        else:
            # Locks are for writers elsewhere; read-only and network disks often have none.
            self.file = h5py.File(path, "r", locking=False)
        self.state = Path(path).stat()
        try:
            self.dataset, self.offset = find_array(self.file, Path(path), key, rank, kinds)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()
        if self._below is not None:
            self._below.close()

    def described(self, name: int) -> dict[str, Any]:
        """What the parent is told of it."""
        chunks = self.dataset.chunks
        return {
            "id": name,
            "file": [self.state.st_dev, self.state.st_ino, self.state.st_size, self.state.st_mtime_ns],
            "shape": [int(length) for length in self.dataset.shape],
            "dtype": self.dataset.dtype.str,
            "offset": self.offset,
            "chunk_rows": int(chunks[0]) if chunks else 1,
        }

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Read rows `start` to `stop`."""
        return np.ascontiguousarray(self.dataset[start:stop])


def find_array(
    file: h5py.File, path: Path, key: str, rank: int, kinds: str
) -> tuple[h5py.Dataset, int | None]:
    """The array `key`, and where its first value stands if the others follow it in their plain form."""
    link = file.get(key, getlink=True)
    if link is None:
        present = ", ".join(repr(name[:40]) for name in islice(file, 6)) or "nothing"
        raise Refused(f"There is no {key!r} in this file; it holds {present}.")
    if not isinstance(link, h5py.HardLink):
        raise Refused(f"{key!r} is a link to another place; links in data files are not followed.")
    dataset = file[key]
    if not isinstance(dataset, h5py.Dataset):
        raise Refused(f"{key!r} is not an array.")
    settings = dataset.id.get_create_plist()
    layout = settings.get_layout()
    if layout == h5py.h5d.VIRTUAL or settings.get_external_count() > 0:
        raise Refused(f"The values of {key!r} stand in other files, which are not followed.")
    shape, dtype = dataset.shape, dataset.dtype
    if shape is None or len(shape) != rank:
        axes = "no value" if shape is None else f"the shape {shape}"
        raise Refused(f"{key!r} should have {rank} {'axis' if rank == 1 else 'axes'} but has {axes}.")
    if dtype.kind not in kinds or dtype.itemsize > 8:
        wanted = "whole numbers" if "i" in kinds else "floating-point numbers"
        raise Refused(f"{key!r} should hold {wanted} but its type is {dtype}.")
    if 0 in shape:
        return dataset, None
    declared = int(dataset.id.get_type().get_size())  # in the file: h5py may widen unusual formats
    for length in shape:  # Python's integers: NumPy's could overflow
        declared *= int(length)
    if layout == h5py.h5d.CHUNKED:
        check_chunks(dataset, key, declared)
        return dataset, None
    offset = dataset.id.get_offset() if layout == h5py.h5d.CONTIGUOUS else None
    if layout == h5py.h5d.CONTIGUOUS and offset is None:
        raise Refused(f"{key!r} was declared, but its values were never written.")
    file_bytes = path.stat().st_size
    if (offset or 0) + declared > file_bytes:
        raise Refused(
            f"{key!r} should take {declared:,} bytes, but the whole file has {file_bytes:,}: it was cut."
        )
    stored = dataset.id.get_storage_size()
    if stored != declared:
        raise Refused(f"{key!r} should take {declared:,} bytes, but {stored:,} are set aside for it.")
    plain = bool(h5py.h5t.py_create(dtype) == dataset.id.get_type())
    return dataset, offset if plain else None


def check_chunks(dataset: h5py.Dataset, key: str, declared: int) -> None:
    """Chunks may be missing (then h5py invents zeros) or, compressed, unpack to far more than the file."""
    expected = 1
    chunk_bytes = dataset.dtype.itemsize
    for length, chunk in zip(dataset.shape, dataset.chunks, strict=True):
        expected *= -(-int(length) // int(chunk))
        chunk_bytes *= int(chunk)
    if chunk_bytes > LARGEST_CHUNK_BYTES:
        raise Refused(
            f"{key!r} is stored in pieces of {chunk_bytes:,} bytes; more than {LARGEST_CHUNK_BYTES:,} "
            "would take too much memory to unpack.",
            "Save it again with smaller chunks, or uncompressed.",
        )
    stored = dataset.id.get_storage_size()
    # Asked first: counting the pieces of an absurd declaration would take long.
    if declared > max(stored, 1) * LARGEST_COMPRESSION + chunk_bytes:
        raise Refused(f"{key!r} declares {declared:,} bytes but only {stored:,} are stored.")
    present = dataset.id.get_num_chunks()
    if present != expected:
        raise Refused(f"{key!r} was never written whole: {present:,} of its {expected:,} pieces are there.")


def bound_memory() -> None:
    """Let this program have `MEMORY_BYTES` more than it has now, where the system can see to that."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


@contextlib.contextmanager
def bounded_time(complaints: Any) -> Any:
    """End this program if what is done within takes too long; nothing in it could be interrupted."""
    faulthandler.dump_traceback_later(WALL_SECONDS, exit=True, file=complaints)
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()


def answer(request: dict[str, Any], opened: dict[int, Opened]) -> tuple[dict[str, Any], np.ndarray | None]:
    """Do what is asked; whatever HDF5 raises over a damaged file is part of the answer."""
    try:
        if request["do"] == "open":
            name = request["id"]
            start = bytes.fromhex(request["start"])
            array = (request["path"], request["key"], request["rank"], request["kinds"])
            opened[name] = Opened(*array, start)
            return opened[name].described(name), None
        if request["do"] == "read":
            rows = opened[request["id"]].rows(request["start"], request["stop"])
            return {"bytes": rows.nbytes}, rows
        opened.pop(request["id"]).close()
        return {}, None
    except Refused as refused:
        return {"refused": str(refused), "remedy": refused.remedy}, None
    except PermissionError:
        return {"refused": "You may not read this file.", "remedy": "Change its permissions."}, None
    except Exception as error:  # h5py answers damage with many types, RuntimeError and KeyError among them
        return {"damaged": " ".join(str(error).split())[:200] or type(error).__name__}, None


def main() -> None:
    """Answer requests until there are no more."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which then ends this
    bound_memory()
    opened: dict[int, Opened] = {}
    answers.write(b'{"ready": true}\n')
    answers.flush()
    with Path(os.devnull).open("w") as complaints:
        for line in requests:
            with bounded_time(complaints):
                said, values = answer(json.loads(line), opened)
            answers.write(json.dumps(said).encode() + b"\n")
            if values is not None:
                answers.write(values.data.cast("B") if values.nbytes else b"")
            answers.flush()


if __name__ == "__main__":
    main()
