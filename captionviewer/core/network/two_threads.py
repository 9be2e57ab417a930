"""A step's work in two threads: coarse pieces that wait for nothing, beside a chain that must go in order.

The timesteps of a recurrence follow each other, each a small product; a library that splits every product
over the cores gains little by it, and where another program wants a core it waits at each for a share whose
thread is not running. Here every product runs on one thread of the library, and the second core gets whole
pieces: the scores of a stretch of positions, one half of a gradient. Whichever thread is free takes the
next. What a piece computes does not depend on who runs it, so neither does any result.
"""

import os
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

Piece = Callable[[], object]


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Pieces:
    """Pieces of work for this thread and a helper, which lives as long as the context.

    A piece that raises ends the others that have not begun; the error comes from `finish`.
    """

    def __init__(self, *, helped: bool) -> None:
        """With `helped` a second thread takes part; without, this one does all, at `finish`."""
        self._waiting: SimpleQueue[Piece | None] = SimpleQueue()
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()
        self._unfinished = 0
        self._thread = threading.Thread(target=self._help, name="captionviewer step", daemon=True)
        self._helped = helped

    def __enter__(self) -> Self:
        if self._helped:
            try:
                self._thread.start()
            except RuntimeError:  # the system gives no more threads
                self._helped = False
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._drop_waiting()
        if self._helped:
            self._waiting.put(None)
            self._thread.join()

    def add(self, piece: Piece) -> None:
        """Have it done by whoever is free, before `finish` returns."""
        self._unfinished += 1
        self._waiting.put(piece)

    def finish(self) -> None:
        """Take part until all pieces are done. Raises what a piece raised."""
        while self._unfinished:
            try:
                piece = self._waiting.get_nowait()
            except Empty:
                error = self._done.get()  # of the piece that the helper is at
                self._unfinished -= 1
                if error is not None:
                    raise error from None
            else:
                assert piece is not None  # that is put last
                self._unfinished -= 1
                piece()

    @property
    def is_mine(self) -> bool:
        """Whether who asks is not the helper: what tells others of its progress does so from one thread."""
        return threading.current_thread() is not self._thread

    def _help(self) -> None:
        while (piece := self._waiting.get()) is not None:
            try:
                piece()
            except BaseException as error:  # whatever it is, it is told in the thread that waits
                self._done.put(error)
            else:
                self._done.put(None)

    def _drop_waiting(self) -> None:
        try:
            while True:
                self._waiting.get_nowait()
        except Empty:
            return
