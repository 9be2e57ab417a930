"""Features of many photos, computed in several processes; broken off, it goes on from what there is.

What was computed stands in a folder of its own as plain numbers, with a mark for each photo that is written
after its numbers are on the disk: neither a kill nor a power cut leaves a row that only looks finished. One
program at a time holds that folder, and it is removed by whoever has made files of it.
"""

import contextlib
import hashlib
import io
import json
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from captionviewer.core.amounts import format_duration
from captionviewer.core.atomic_file import write_atomically
from captionviewer.core.child_program import ChildProgram, package_path
from captionviewer.core.coco.data_error import DataError
from captionviewer.core.encoders.efficientnet_lite0 import (
    FEATURE_DIM,
    SHA256,
    EfficientNetLite0,
    weights_file,
)
from captionviewer.core.encoders.torch_weights import read_weights
from captionviewer.core.file_lock import held_alone
from captionviewer.core.interpreter import python_program
from captionviewer.core.own_photos.lite0_features import Floats, features_of_file
from captionviewer.core.photos.decode import not_a_picture
from captionviewer.core.photos.problem import PhotoProblem, PhotoUnavailable

PROGRAM = "captionviewer.core.own_photos.encoding_child"
UNFINISHED = "unfinished-lite0"
_LOCK = "lock"
_ROW_BYTES = 4 * FEATURE_DIM
_BLOCK = 4096  # rows read at a time
_KEPT_EVERY_S = 2.0  # what a kill or a power cut may cost


@dataclass
class EncodingProgress:
    """How far it is: written by the threads that work, read by whoever looks.

    Attributes
    ----------
    total, done
        Photos, and how many of them have been dealt with; those of an earlier start count.
    before
        How many an earlier start had done.
    unreadable
        Why a photo has no features, by its place.
    """

    total: int
    done: int = 0
    before: int = 0
    unreadable: dict[int, str] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    @property
    def photos_a_second(self) -> float:
        """Since this start."""
        return (self.done - self.before) / max(time.monotonic() - self.began, 1e-3)

    @property
    def seconds_left(self) -> float | None:
        """None until that can be told."""
        speed = self.photos_a_second
        return (self.total - self.done) / speed if self.done - self.before >= 5 and speed > 0 else None

    @property
    def words(self) -> str:
        """How far it is, for people."""
        parts = [f"{self.done:,} of {self.total:,} photos"]
        left = self.seconds_left
        if left is not None:
            parts += [f"{self.photos_a_second:.1f} a second", f"{format_duration(left)} left"]
        return ", ".join(parts)


class Encoding:
    """The features of a list of photos.

    Parameters
    ----------
    photos
        The file of each; None where it was not found.
    folder
        Where what is computed is kept meanwhile: `UNFINISHED` is made in it.
    processes
        How many photos are encoded at once; None for one a core.
    """

    def __init__(self, photos: Sequence[Path | None], folder: Path, processes: int | None = None) -> None:
        self._photos = list(photos)
        self._folder = folder
        self._place = folder / UNFINISHED
        self._processes = max(1, min(processes or os.cpu_count() or 1, len(self._photos)))
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._done = bytearray(len(self._photos))
        self.progress = EncodingProgress(len(self._photos))

    def stop(self) -> None:
        """Ask it to end soon; what is computed stays for the next start."""
        self._stopped.set()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only encoding of this folder: around `run` and all that is done with what it computed.

        Raises
        ------
        DataError
            Another program, or another thread, is at it.
        OSError
            The folder can't be written.
        """
        self._place.mkdir(parents=True, exist_ok=True)
        another = DataError(
            self._folder,
            "The features of its photos are being computed already.",
            "Wait until that has ended, or stop it.",
        )
        try:
            with held_alone(self._place / _LOCK, another):
                yield
        finally:
            with contextlib.suppress(OSError):  # it is kept for the next start
                self._place.rmdir()

    def run(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Compute what is missing, within `alone`; False when it was stopped before the end.

        `cancelled` is asked before each photo; once it says so the work ends as by `stop`.

        Raises
        ------
        WeightsError
            The weights are not installed, or not the known ones.
        OSError
            What is computed can't be written.
        """
        read_weights(weights_file(), SHA256)  # that they are missing is told once, and here
        self._take_up()
        self.progress.done = self.progress.before = sum(self._done)
        waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number, path in enumerate(self._photos):
            if path is None:
                self.progress.unreadable[number] = "The photo is not there."
                self.progress.done += 1
                self.progress.before += 1
            elif not self._done[number]:
                waiting.put(number)
        failures: list[Exception] = []

        def work(rows: "_RowFile") -> None:
            try:
                self._encode(waiting, rows, cancelled)
            except Exception as error:  # handed to the thread that waits
                failures.append(error)
                self.stop()

        with _RowFile(self._place, len(self._photos), self._lock) as rows:
            threads = [
                threading.Thread(target=work, args=(rows,), name=f"encoding photos {number}")
                for number in range(self._processes)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        if failures:
            raise failures[0]
        return not self._stopped.is_set()

    def blocks(self, places: Sequence[int]) -> Iterator[tuple[list[int], Floats]]:
        """The features of those of some photos that have any: their places (n,) and rows (n, 1280)."""
        with (self._place / "rows").open("rb") as file:
            for start in range(0, len(places), _BLOCK):
                kept = [place for place in places[start : start + _BLOCK] if self._done[place]]
                rows = np.empty((len(kept), FEATURE_DIM), np.float32)
                for row, place in enumerate(kept):
                    file.seek(place * _ROW_BYTES)
                    rows[row] = np.frombuffer(file.read(_ROW_BYTES), "<f4")
                yield kept, rows

    def has_features(self, place: int) -> bool:
        """Whether the photo at a place was encoded."""
        return bool(self._done[place])

    def forget(self) -> None:
        """Remove what is kept for the next start."""
        for name in ("rows", "done", "photos.json"):
            (self._place / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # Windows removes no file that is open
            (self._place / _LOCK).unlink(missing_ok=True)

    def _take_up(self) -> None:
        """Go on from what an earlier start left, where it was of the same photos; else begin anew."""
        about = json.dumps({"photos": self._fingerprint(), "weights": SHA256}).encode()
        known = self._place / "photos.json"
        try:
            if known.read_bytes() == about:
                kept = (self._place / "done").read_bytes()
                rows = (self._place / "rows").stat().st_size // _ROW_BYTES
                self._done[: min(len(kept), rows)] = kept[: min(len(self._done), rows)]
                return
        except OSError:
            pass
        for name in ("rows", "done"):
            (self._place / name).unlink(missing_ok=True)
        write_atomically(known, about)

    def _fingerprint(self) -> str:
        """Of the photos' files: their names, sizes and times."""
        digest = hashlib.sha256()
        for path in self._photos:
            words = "missing"
            if path is not None:
                with contextlib.suppress(OSError):
                    facts = path.stat()
                    words = f"{path} {facts.st_size} {facts.st_mtime_ns}"
            digest.update(words.encode("utf-8", "surrogatepass") + b"\n")
        return digest.hexdigest()

    def _encode(
        self, waiting: "queue.SimpleQueue[int]", rows: "_RowFile", cancelled: Callable[[], bool]
    ) -> None:
        with _Worker() as worker:
            while not self._stopped.is_set():
                if cancelled():
                    self.stop()
                    return
                try:
                    number = waiting.get_nowait()
                except queue.Empty:
                    return
                path = self._photos[number]
                assert path is not None
                try:
                    row = worker.features(path)
                except PhotoUnavailable as problem:
                    with self._lock:
                        self.progress.unreadable[number] = str(problem)
                        self.progress.done += 1
                    continue
                rows.write(number, row)
                with self._lock:
                    self._done[number] = 1
                    self.progress.done += 1


class _RowFile:
    """The file of rows and that of marks; safe to use from several threads.

    A row is marked once it has reached the disk: every few seconds, and when the files are closed.
    """

    def __init__(self, folder: Path, count: int, lock: threading.Lock) -> None:
        self._lock = lock
        self._files = contextlib.ExitStack()
        self._rows = self._files.enter_context(_opened_to_change(folder / "rows"))
        self._marks = self._files.enter_context(_opened_to_change(folder / "done"))
        if os.fstat(self._marks.fileno()).st_size < count:
            self._marks.truncate(count)
        self._kept_at = time.monotonic()
        self._unmarked: list[int] = []

    def __enter__(self) -> "_RowFile":
        return self

    def __exit__(self, *_problem: object) -> None:
        with self._files:
            self._keep()

    def write(self, number: int, row: Floats) -> None:
        with self._lock:
            self._rows.seek(number * _ROW_BYTES)
            _write_whole(self._rows, row.astype("<f4").tobytes())
            self._unmarked.append(number)
            if time.monotonic() - self._kept_at >= _KEPT_EVERY_S:
                self._keep()

    def _keep(self) -> None:
        os.fsync(self._rows.fileno())
        for number in self._unmarked:
            self._marks.seek(number)
            _write_whole(self._marks, b"\x01")
        self._unmarked.clear()
        self._kept_at = time.monotonic()


def _write_whole(file: io.FileIO, content: bytes) -> None:
    """Write all of it: where a disk is nearly full, the system takes a part and says so by a number alone."""
    while content:
        content = content[file.write(content) :]


def _opened_to_change(path: Path) -> io.FileIO:
    path.touch()
    return io.FileIO(path, "r+")


class _Worker:
    """Computes features in a process of its own, or here where none can be had."""

    def __init__(self) -> None:
        self._program: ChildProgram | None = None
        self._here: EfficientNetLite0 | None = None
        self._start()

    def _start(self) -> None:
        python = python_program()
        with contextlib.suppress(OSError, EOFError):
            if python is not None:
                self._program = ChildProgram(python, ["-m", PROGRAM], {"PYTHONPATH": package_path()})

    def __enter__(self) -> "_Worker":
        return self

    def __exit__(self, *_problem: object) -> None:
        if self._program is not None:
            self._program.end()

    def features(self, path: Path) -> Floats:
        """The features of a file's picture, (1280,) float32.  PhotoUnavailable where it has none."""
        if self._program is not None:
            try:
                said, content = self._program.ask({"path": str(path)})
            except EOFError:  # it died over this photo: for want of memory, or a decoder's own fault
                self._program.end()
                self._program = None
                self._start()
                raise not_a_picture(str(path), "what decoded it ended, as for want of memory") from None
            if "refused" in said:
                raise PhotoUnavailable(
                    PhotoProblem.NOT_A_PICTURE, str(path), str(said["refused"]), can_retry=False
                )
            return np.frombuffer(content, "<f4").astype(np.float32)
        if self._here is None:
            self._here = EfficientNetLite0.load()
        return features_of_file(self._here, path)
