"""Memory that is free goes back to the system once things have come to rest.

The C library keeps what a thread has freed for the next request, in a pool for each thread: after some
minutes of work in many threads that is more than all that is in use. What lies free beside something small on
the same page can't be given back, and that adds up over the pools, so there are few.
"""

import ctypes
import sys

from PySide6.QtCore import QObject, QTimer, SignalInstance

from captionviewer.ui.worker import Workers

AT_REST_MS = 3000  # after the last change
POOLS = 2  # by itself it has eight for each core; threads of Python rarely ask at the same time
_ARENA_MAX = -8  # of `mallopt`, in glibc's malloc.h


def have_few_pools() -> bool:
    """Let the C library have few pools, for threads that start from now on; False where it can't be told."""
    if sys.platform != "linux":
        return False
    option = getattr(ctypes.CDLL(None), "mallopt", None)
    return option is not None and bool(option(_ARENA_MAX, POOLS))


def give_back() -> bool:
    """Give free memory back to the system; False where the C library has no way to (other than Linux's)."""
    if sys.platform != "linux":
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(0))


class FreeMemory(QObject):
    """Gives memory back some seconds after the last of the changes that it was told to follow."""

    def __init__(self, workers: Workers, parent: QObject) -> None:
        super().__init__(parent)
        self._workers = workers
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(AT_REST_MS)
        self._rest.timeout.connect(self._give_back)

    def follow(self, *changes: SignalInstance) -> None:
        """Begin to wait anew at each of these."""
        for change in changes:
            change.connect(self._rest.start)

    def _give_back(self) -> None:
        """In a thread: it looks through all that is free."""
        self._workers.start(
            "giving memory back",
            lambda _cancelled: give_back(),
            lambda _some: None,
            lambda _error: None,
            brief=True,
        )
