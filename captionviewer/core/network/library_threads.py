"""How many threads the library of matrix products uses (OpenBLAS, MKL, BLIS): one, while a network trains.

A library splits each product over all cores and waits for the slowest share. As soon as another program
wants a core (a lecture's screen sharing), every product waits for a share whose thread is not running, and
a step takes ten times as long. So a step gives its second core whole pieces of work instead (see
`two_threads`), and each product runs where it is asked for.

Setting the number is a call into the library that takes a microsecond; it holds for the whole process, so
what there was is given back when the last that wanted one thread has ended.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import LibController, ThreadpoolController

from captionviewer.core.network.two_threads import cores


class _Wishes:
    """Who wants one thread now, and how many there were before the first did."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._before: list[tuple[LibController, int]] = []

    def begin(self) -> bool:
        """Have one thread from now on; whether there were more, in every library."""
        with self._lock:
            if not self._count:
                self._before = [(library, library.num_threads) for library in _libraries().lib_controllers]
                for library, _ in self._before:
                    library.set_num_threads(1)
            self._count += 1
            return all(threads != 1 for _, threads in self._before)

    def end(self) -> None:
        """Give back what there was, after the last."""
        with self._lock:
            self._count -= 1
            if not self._count:
                for library, threads in self._before:
                    library.set_num_threads(threads)


_wishes = _Wishes()


@cache
def _libraries() -> ThreadpoolController:
    """Those that are loaded by now: NumPy's is, with NumPy. Where it can't be told (Apple's), none."""
    return ThreadpoolController().select(user_api="blas")


@cache
def kernels() -> str | None:
    """For which processors OpenBLAS's kernels in use were made ("Haswell"); None for another library."""
    names = {str(library.info().get("architecture")) for library in _libraries().lib_controllers}
    return names.pop() if len(names) == 1 else None


@contextmanager
def one_library_thread() -> Iterator[bool]:
    """While it is held every product runs on the thread that asks for it.

    Gives whether a second thread of our own is welcome: the user did not ask the library for one alone, and
    there is another core.
    """
    more = _wishes.begin()
    try:
        yield more and cores() > 1
    finally:
        _wishes.end()
