"""Garbage is looked for in the GUI thread, whichever thread makes it."""

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from captionviewer.ui.garbage import GarbageCollector


@pytest.fixture
def garbage(qtbot: QtBot) -> Iterator[GarbageCollector]:
    parent = QObject()
    gc.enable()  # as in a Python that nobody told otherwise
    yield GarbageCollector(parent)
    assert not gc.isenabled()
    parent.deleteLater()


class Ring:
    """Holds itself, and says in which thread it is taken apart."""

    def __init__(self, ended_in: list[str]) -> None:
        self._self, self._ended_in = self, ended_in

    def __del__(self) -> None:
        self._ended_in.append(threading.current_thread().name)


def in_a_thread(work: object) -> None:
    assert callable(work)
    thread = threading.Thread(target=work, name="another")
    thread.start()
    thread.join()


def test_what_any_thread_leaves_is_collected_in_the_gui_thread(
    garbage: GarbageCollector, qtbot: QtBot
) -> None:
    ended_in: list[str] = []
    in_a_thread(lambda: [Ring(ended_in) for _ in range(5000)] and None)
    assert not ended_in  # Python itself looks after 700
    garbage.begin()
    in_a_thread(lambda: [Ring(ended_in) for _ in range(5000)] and None)
    qtbot.waitUntil(lambda: len(ended_in) >= 5000)
    assert set(ended_in) == {threading.main_thread().name}


def test_all_is_searched_once_the_old_are_a_quarter_more_and_not_each_time(
    garbage: GarbageCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches: list[int] = []
    kept: list[list[object]] = []
    collect = gc.collect

    def counted(generation: int = 2) -> int:
        searches.append(generation)
        return collect(generation)

    monkeypatch.setattr(gc, "collect", counted)

    def full_searches() -> int:
        searches.clear()
        for _ in range(200):  # after some 130 looks Python's counts ask for a full one
            kept.extend([] for _ in range(800))
            garbage._collect_what_is_due()
        return searches.count(2)

    garbage._old = 10**9  # as if so many had been there at the last: what came since is little beside
    assert full_searches() == 0 and set(searches) == {0, 1}
    assert garbage._grown_old > 100 * 800  # all that is kept by now, but for the youngest
    garbage._old = 1000
    assert full_searches() >= 1
    assert garbage._old > 200 * 800


def test_a_timer_in_a_cycle_goes_on_while_threads_make_garbage_and_ends_without_a_word(
    garbage: GarbageCollector, qtbot: QtBot
) -> None:
    """Destroyed in the thread it would be called after its end, at a place that is somebody else's."""
    ended_in: list[str] = []
    beats: list[int] = []
    timer = QTimer()
    timer.ring = [timer, Ring(ended_in)]  # type: ignore[attr-defined]
    timer.timeout.connect(lambda: beats.append(1))
    timer.start(10)
    del timer
    in_a_thread(lambda: [[[]] for _ in range(5000)] and None)
    in_a_thread(lambda: [Ring([]) for _ in range(5000)] and None)
    assert not ended_in
    qtbot.waitUntil(lambda: len(beats) > 2)
    gc.collect()
    assert ended_in == [threading.main_thread().name]
    count = len(beats)
    qtbot.wait(50)
    assert len(beats) == count
