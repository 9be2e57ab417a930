"""HDF5 files of strangers, read by a program of its own (`child`) that may fall over them.

That program is started when the first file needs it, and serves all files, one request at a time, until
this one ends.  When it dies over a file, that file is refused and the next one gets a new program.
"""

import atexit
import itertools
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from captionviewer.core.child_program import ChildProgram
from captionviewer.core.coco.data_error import DataError
from captionviewer.core.interpreter import host_program, python_program

PROGRAM = Path(__file__).with_name("child.py")


class PackedArray:
    """An array that the HDF5 library must read: chunked, compressed, or in a file of an unusual form.

    Safe to use from several threads, which wait for each other.

    Attributes
    ----------
    shape : tuple[int, ...]
    dtype : numpy.dtype
        As the values are read, in this machine's byte order or the file's.
    offset : int or None
        Where the first value stands in the file, if all follow it in their plain form.
    chunk_rows : int
        How many rows are unpacked together.
    """

    def __init__(self, path: Path, key: str, rank: int, kinds: str, start: bytes = b"") -> None:
        """Open and check the array `key`, with `rank` axes and `kinds` of numbers.

        `start` is what to read in place of the file's first bytes, if anything: see `left_open`.

        Raises
        ------
        DataError
            There is no such array, or the file is damaged; or no program could be started to read it.
        """
        self._path = path
        self._asked = {
            "do": "open",
            "path": os.fspath(path),
            "key": key,
            "rank": rank,
            "kinds": kinds,
            "start": start.hex(),
        }
        self._opened = _reader.open(path, self._asked)
        said = self._opened.description
        self.shape: tuple[int, ...] = tuple(said["shape"])
        self.dtype: np.dtype[Any] = np.dtype(said["dtype"])
        self.offset: int | None = said["offset"]
        self.chunk_rows: int = said["chunk_rows"]

    def rows(self, start: int, stop: int) -> np.ndarray[Any, np.dtype[Any]]:
        """Rows `start` to `stop` (not included), which must exist.  DataError."""
        shape = (stop - start, *self.shape[1:])
        content: bytearray | None = None
        while content is None:
            if not self._opened.is_open:  # the program died over another file meanwhile
                self._open_again()
            content = _reader.read(self._path, self._opened, start, stop)
        if len(content) != self.dtype.itemsize * int(np.prod(shape)):
            raise DataError(self._path, "The file was changed while it was open.", "Open the folder again.")
        return np.frombuffer(content, self.dtype).reshape(shape)

    def _open_again(self) -> None:
        again = _reader.open(self._path, self._asked)
        if {**again.description, "id": 0} != {**self._opened.description, "id": 0}:
            _reader.close(again)
            raise DataError(self._path, "The file was changed while it was open.", "Open the folder again.")
        self._opened = again

    def close(self) -> None:
        """Let go of the file; waits for nobody."""
        _reader.close(self._opened)


@dataclass
class _Opened:
    """An array that the program with this number has open."""

    program: ChildProgram
    description: dict[str, Any]

    @property
    def is_open(self) -> bool:
        return self.program.alive


class _Reader:
    """Keeps one program running, and sends it one request at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._program: ChildProgram | None = None
        self._names = itertools.count(1)
        self._unwanted: list[_Opened] = []

    def open(self, path: Path, asked: dict[str, Any]) -> _Opened:
        with self._lock:
            program = self._running(path)
            answer, _ = self._ask(program, path, {**asked, "id": next(self._names)})
            return _Opened(program, answer)

    def read(self, path: Path, opened: _Opened, start: int, stop: int) -> bytearray | None:
        """The values; None if the program died over another file while this one waited for its turn."""
        with self._lock:
            if not opened.is_open:
                return None
            request = {"do": "read", "id": opened.description["id"], "start": start, "stop": stop}
            return self._ask(opened.program, path, request)[1]

    def close(self, opened: _Opened) -> None:
        self._unwanted.append(opened)
        if self._lock.acquire(blocking=False):  # otherwise before the next request
            try:
                self._close_unwanted()
            finally:
                self._lock.release()

    def end(self) -> None:
        with self._lock:
            if self._program is not None:
                self._program.end()
                self._program = None

    def _close_unwanted(self) -> None:
        while self._unwanted:
            opened = self._unwanted.pop()
            if opened.is_open:
                try:
                    opened.program.ask({"do": "close", "id": opened.description["id"]})
                except EOFError:
                    self._forget(opened.program)

    def _running(self, path: Path) -> ChildProgram:
        self._close_unwanted()
        if self._program is None or not self._program.alive:
            self._program = _started(path)
        return self._program

    def _ask(
        self, program: ChildProgram, path: Path, request: dict[str, Any]
    ) -> tuple[dict[str, Any], bytearray]:
        try:
            answer, values = program.ask(request)
        except (EOFError, ValueError):  # it died, or answered with nonsense
            self._forget(program)
            raise _fell_over(path) from None
        except BaseException:  # Ctrl+C: what is left of this answer is not that of the next request
            self._forget(program)
            raise
        if "refused" in answer:
            remedy = answer["remedy"]
            raise DataError(path, answer["refused"], *([remedy] if remedy else []))
        if "damaged" in answer:
            raise DataError(path, f"The file is damaged or cut short (HDF5 says: {answer['damaged']}).")
        return answer, values

    def _forget(self, program: ChildProgram) -> None:
        program.end()
        if self._program is program:
            self._program = None


def _started(path: Path) -> ChildProgram:
    python = python_program()
    if python is None:
        raise DataError(
            path,
            "Packed HDF5 files are read by a Python program of their own, which can't be started from within "
            f"{host_program()}: it has no Python interpreter beside it.",
            "Save the file uncompressed and unchunked, or open it in a Python of its own.",
        )
    try:
        return ChildProgram(python, [str(PROGRAM)])
    except OSError as error:
        raise DataError(
            path,
            f"The program that reads packed HDF5 files can't be started ({error.strerror}).",
            "Close other programs and try again.",
        ) from error
    except EOFError:
        raise DataError(
            path,
            f"The program that reads packed HDF5 files did not come up: {python} may be of another kind, or "
            "lack the packages of captionviewer.",
            "Save the file uncompressed and unchunked, or install captionviewer anew.",
        ) from None


def _fell_over(path: Path) -> DataError:
    return DataError(path, "The file is damaged: the HDF5 library crashed over it or came to no end.")


_reader = _Reader()
atexit.register(_reader.end)
