"""The threads that load photos, and who comes first."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from captionviewer.core.coco.dataset import PhotoRecord, Split
from captionviewer.core.photos.store import PhotoStore

Key = tuple[Split, int]
Rank = tuple[int, int, int]
URGENT, PAGE, AHEAD = range(3)  # the first part of a rank: looked at, in sight, or perhaps soon


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

    @property
    def ahead(self) -> bool:
        """Whether nobody waits for it: it is fetched ahead."""
        return self.rank[0] == AHEAD


class PhotoQueue:
    """Jobs by rank for a few threads of its own, which start with the first job.

    What is fetched ahead begins when nothing else waits or runs, leaves one thread free, and is
    cancelled (to be asked for anew) when its thread is wanted.

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
            self._make_way()
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

    def moved_forward(self) -> None:
        """Note that a waiting job got a lower rank."""
        with self._changed:
            self._make_way()
            self._changed.notify()

    def cancel_running(self, unless: Callable[[PhotoJob], bool]) -> list[PhotoJob]:
        """End and return jobs that have begun."""
        with self._changed:
            ended = [job for job in self._running if not unless(job)]
            for job in ended:
                job.cancelled.set()
        return ended

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
                self._changed.notify_all()  # what is fetched ahead may begin now

    def _take(self) -> PhotoJob | None:
        with self._changed:
            while (job := self._next()) is None and not self._closed:
                self._changed.wait()
            if self._closed or job is None:
                return None
            del self._waiting[job.record.key]
            self._running.add(job)
            return job

    def _next(self) -> PhotoJob | None:
        job = min(self._waiting.values(), key=lambda waiting: waiting.rank, default=None)
        if job is None or not job.ahead:
            return job
        busy = any(not other.ahead for other in self._running)
        return None if busy or len(self._running) >= max(1, self._count - 1) else job

    def _make_way(self) -> None:
        """Free threads of what is fetched ahead for those that wait in sight."""
        wanted = sum(not job.ahead for job in self._waiting.values())
        free = self._count - len(self._running)
        for job in sorted(
            (job for job in self._running if job.ahead), key=lambda job: job.rank, reverse=True
        ):
            if free >= wanted:
                return
            job.cancelled.set()
            free += 1
