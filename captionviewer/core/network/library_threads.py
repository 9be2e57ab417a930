"""How many threads the library of matrix products uses (OpenBLAS, MKL, BLIS): one, while a step runs.

The step gives its second core whole pieces of work (see `pieces`); a product that is split as well would
wait for it. Setting the number is a call into the library that takes a microsecond; it holds for the whole
process, so it is given back when the last that wanted one thread has ended.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

from captionviewer.core.network.pieces import cores

_lock = threading.Lock()
_wanting_one = 0
_before: list[tuple[object, int]] = []


@cache
def _libraries() -> ThreadpoolController:
    """Those that are loaded by now: NumPy's is, with NumPy. Where it can't be told (Apple's), none."""
    return ThreadpoolController().select(user_api="blas")


@contextmanager
def one_library_thread() -> Iterator[bool]:
    """While it is held every product runs on the thread that asks for it.

    Gives whether a second thread of our own is welcome: the library had more than one thread, and there is
    another core.
    """
    global _wanting_one
    with _lock:
        if not _wanting_one:
            _before[:] = [(library, library.num_threads) for library in _libraries().lib_controllers]
            for library, _ in _before:
                library.set_num_threads(1)  # type: ignore[attr-defined]  # no types are published
        _wanting_one += 1
        more = all(threads != 1 for _, threads in _before) and cores() > 1
    try:
        yield more
    finally:
        with _lock:
            _wanting_one -= 1
            if not _wanting_one:
                for library, threads in _before:
                    library.set_num_threads(threads)  # type: ignore[attr-defined]
