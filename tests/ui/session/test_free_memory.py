"""What is free goes back to the system, soon after things came to rest and not at each change."""

import sys

import numpy as np
import psutil
import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from captionviewer.ui.session import free_memory
from captionviewer.ui.session.free_memory import FreeMemory, give_back
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
