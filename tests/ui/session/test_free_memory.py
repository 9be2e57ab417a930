"""What is free goes back to the system, soon after things came to rest and not at each change."""

import subprocess
import sys

import numpy as np
import psutil
import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from captionviewer.ui.session import free_memory
from captionviewer.ui.session.free_memory import POOLS, FreeMemory, give_back
from captionviewer.ui.worker import Workers

MANY, KILOBYTES_EACH = 1500, 64  # small enough that the C library keeps them when they are freed


class Source(QObject):
    changed = Signal()


def private_megabytes() -> float:
    return float(psutil.Process().memory_full_info().uss) / 2**20


def test_what_was_freed_is_the_systems_again() -> None:
    blocks = [np.ones(KILOBYTES_EACH << 10, np.uint8) for _ in range(MANY)]
    last = blocks.pop()  # holds the end of the heap, so that freeing alone gives nothing back
    del blocks
    before = private_megabytes()
    there = give_back()
    assert there is (sys.platform == "linux")
    if there:
        assert private_megabytes() < before - 0.5 * MANY * KILOBYTES_EACH / 1024
    assert last.all()


def test_many_changes_in_a_row_give_it_back_once(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr(free_memory, "AT_REST_MS", 50)
    monkeypatch.setattr(free_memory, "give_back", lambda: given.append(1))
    source, owner = Source(), QObject()
    workers = Workers(owner)
    FreeMemory(workers, owner).follow(source.changed)
    for _ in range(5):
        source.changed.emit()
    assert given == []
    qtbot.waitUntil(lambda: given == [1])
    source.changed.emit()
    qtbot.waitUntil(lambda: given == [1, 1])
    assert workers.shut_down()


POOLS_OF_MANY_THREADS = """
import ctypes, re, sys, tempfile, threading
from captionviewer.ui.session.free_memory import have_few_pools

there = have_few_pools()
barrier, held = threading.Barrier(7), []

def work():
    held.append(bytearray(3000))  # in the pool of this thread
    barrier.wait()  # all live at once
    barrier.wait()

threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads:
    thread.start()
barrier.wait()
library, pools = ctypes.CDLL(None), 0
if there:
    library.fopen.restype = ctypes.c_void_p
    with tempfile.NamedTemporaryFile() as told:
        stream = ctypes.c_void_p(library.fopen(told.name.encode(), b"w"))
        library.malloc_info(0, stream)
        library.fclose(stream)
        pools = len(re.findall(b"<heap nr=", told.read()))
barrier.wait()
print(there, pools)
"""


def test_many_threads_share_few_pools_of_memory() -> None:
    program = [sys.executable, "-c", POOLS_OF_MANY_THREADS]
    there, pools = subprocess.run(program, check=True, capture_output=True, text=True).stdout.split()
    assert (there == "True") is (sys.platform == "linux")
    assert int(pools) <= POOLS
