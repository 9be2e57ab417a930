"""The threads that load photos, and who comes first."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from captionviewer.core.coco import PhotoRecord, Split
from captionviewer.core.images import PhotoStore

Key = tuple[Split, int]
Rank = tuple[int, int, int]


@dataclass(eq=False)
class PhotoJob:
    """One request for one photo. Its number tells its answer from that to an earlier request."""

    number: int
    record: PhotoRecord
    store: PhotoStore
    rank: Rank  # the lowest is taken first
    quiet: bool = False  # a try in the background: what is shown stays until it succeeds
    keep: bool = False  # not dropped when the page is turned
    tries: int = 0  # how often it failed before in a way that may pass
    cancelled: threading.Event = field(default_factory=threading.Event)


class PhotoQueue:
    """Jobs by rank for a few threads of its own, which start with the first job.

    Parameters
    ----------
    work
        Called in a thread with each job; it must not raise.
    threads
        How many photos are loaded at a time.
    """

    def __init__(self, work: Callable[[PhotoJob], None], threads: int = 4) -> None:
        self._work = work
        self._count = threads
        self._threads: list[threading.Thread] = []
        self._waiting: dict[Key, PhotoJob] = {}
        self._running: set[PhotoJob] = set()
        self._closed = False
        self._changed = threading.Condition()

    def put(self, job: PhotoJob) -> None:
        """Add a job; one that waits for the same photo is replaced."""
        with self._changed:
            if self._closed:
                return
            self._waiting[job.record.key] = job
            self._changed.notify()
            while len(self._threads) < self._count:
                name = f"photo loader {len(self._threads) + 1}"
                # Daemons: a thread that hangs in the system's look-up of a name must not keep the program.
                thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()

    def drop_waiting(self, unless: Callable[[PhotoJob], bool]) -> list[PhotoJob]:
        """Take back and return the jobs that have not begun."""
        with self._changed:
            dropped = [job for job in self._waiting.values() if not unless(job)]
            for job in dropped:
                del self._waiting[job.record.key]
        return dropped

    def cancel(self, key: Key) -> None:
        """Take back a photo's job, or end it if it has begun."""
        with self._changed:
            self._waiting.pop(key, None)
            for job in self._running:
                if job.record.key == key:
                    job.cancelled.set()

    def cancel_all(self) -> None:
        """Take back all jobs and end those that have begun."""
        with self._changed:
            self._waiting.clear()
            for job in self._running:
                job.cancelled.set()

    def close(self, timeout: float) -> bool:
        """End the threads, waiting at most `timeout` seconds; True when all have ended."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self.cancel_all()
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        while (job := self._take()) is not None:
            self._work(job)
            with self._changed:
                self._running.discard(job)

    def _take(self) -> PhotoJob | None:
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            job = min(self._waiting.values(), key=lambda waiting: waiting.rank)
            del self._waiting[job.record.key]
            self._running.add(job)
            return job
