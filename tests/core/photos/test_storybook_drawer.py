"""The storybook's pictures, drawn here or in a process of their own."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext

import numpy as np
import psutil
import pytest

from captionviewer.core import storybook
from captionviewer.core.arrays import ByteArray
from captionviewer.core.child_program import NICENESS
from captionviewer.core.photos import storybook_drawer
from captionviewer.core.photos.store import PhotoProblem, PhotoStore, PhotoUnavailable
from captionviewer.core.photos.storybook_drawer import DrawingEnded, StorybookDrawer
from captionviewer.core.storybook import picture_of

ADDRESS = "storybook:val/000007"


@pytest.fixture
def drawer() -> Iterator[StorybookDrawer]:
    """One that has another process to draw in, which is not started yet."""
    drawer = StorybookDrawer(aside=True)
    yield drawer
    drawer.close()


@contextmanager
def drawing_here(drawer: StorybookDrawer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """While a thread draws a picture in this process, which does not end before the block does."""
    begun, may_end = threading.Event(), threading.Event()

    def slowly(address: str) -> ByteArray:
        begun.set()
        assert may_end.wait(20)
        return picture_of(address)

    with monkeypatch.context() as patch, ThreadPoolExecutor(1) as pool:
        patch.setattr(storybook, "picture_of", slowly)
        here = pool.submit(drawer.picture, ADDRESS)
        assert begun.wait(20)
        try:
            yield
        finally:
            may_end.set()
        assert here.result(20).shape == (360, 480, 3)


def children() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if any(storybook_drawer.PROGRAM in word for word in child.cmdline())
    ]


def test_a_picture_drawn_aside_is_the_one_drawn_here_to_the_last_bit(
    drawer: StorybookDrawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = drawer.picture(ADDRESS)
    assert not children(), "one picture alone is there before another process would be"
    with drawing_here(drawer, monkeypatch):
        np.testing.assert_array_equal(drawer.picture(ADDRESS), here)
    monkeypatch.setattr(storybook, "picture_of", None)  # from now on all are drawn there
    np.testing.assert_array_equal(drawer.picture(ADDRESS), here)


@pytest.mark.skipif(os.name != "posix", reason="priorities are others elsewhere")
def test_the_process_gives_way_beside_a_run_and_has_its_share_again_after_it(
    drawer: StorybookDrawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, found = psutil.Process().nice(), []
    with drawing_here(drawer, monkeypatch):
        drawer.picture(ADDRESS)
    for wanted in (False, True, True, False):
        drawer.give_way(wanted)
        assert drawer.picture(ADDRESS).shape == (360, 480, 3)
        (child,) = children()
        found.append((child.pid, child.nice()))
    pids, niceness = zip(*found, strict=True)
    assert niceness == (usual, max(usual, NICENESS), max(usual, NICENESS), usual)
    assert pids[0] == pids[1] == pids[2] != pids[3]


@pytest.mark.parametrize("aside", [False, True])
def test_no_address_of_the_storybook_is_refused_wherever_it_would_be_drawn(
    drawer: StorybookDrawer, monkeypatch: pytest.MonkeyPatch, aside: bool
) -> None:
    refused = pytest.raises(ValueError, match="is no storybook address")
    with drawing_here(drawer, monkeypatch) if aside else nullcontext(), refused:
        drawer.picture("storybook:nowhere")
    assert bool(children()) is aside
    assert drawer.picture(ADDRESS).shape == (360, 480, 3)  # and the next one is drawn


def test_one_picture_at_a_time_is_drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    drawer, at_once, most = StorybookDrawer(), 0, 0

    def counted(_address: str) -> ByteArray:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        time.sleep(0.005)
        at_once -= 1
        return np.zeros((360, 480, 3), np.uint8)

    monkeypatch.setattr(storybook, "picture_of", counted)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(drawer.picture, [ADDRESS] * 12))
    assert most == 1 and not children()


def test_what_is_no_longer_wanted_when_its_turn_comes_is_not_drawn(
    drawer: StorybookDrawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with drawing_here(drawer, monkeypatch), pytest.raises(DrawingEnded):
        drawer.picture(ADDRESS, lambda: True)
    assert not children()
    monkeypatch.setattr(storybook, "picture_of", None)
    with pytest.raises(DrawingEnded):
        drawer.picture(ADDRESS, lambda: True)


def test_a_drawing_process_that_was_killed_leaves_the_drawing_to_this_one(
    drawer: StorybookDrawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with drawing_here(drawer, monkeypatch):
        first = drawer.picture(ADDRESS)
    (child,) = children()
    child.kill()
    child.wait(10)
    np.testing.assert_array_equal(drawer.picture(ADDRESS), first)
    assert not children()


def test_without_a_python_to_start_pictures_are_drawn_here(
    drawer: StorybookDrawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storybook_drawer, "python_program", lambda: None)
    with ThreadPoolExecutor(3) as pool:
        assert all(found.shape == (360, 480, 3) for found in pool.map(drawer.picture, [ADDRESS] * 3))
    assert not children()


def test_closing_ends_the_process_and_all_who_wait_for_a_picture(
    drawer: StorybookDrawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with drawing_here(drawer, monkeypatch):
        drawer.picture(ADDRESS)
    ended: list[type[Exception]] = []

    def ask() -> None:
        try:
            for number in range(200):
                drawer.picture(f"storybook:val/{number:06d}")
        except DrawingEnded as problem:
            ended.append(type(problem))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    drawer.close()
    for thread in threads:
        thread.join(10)
    assert ended == [DrawingEnded] * 3
    assert not children()


def test_a_store_tells_of_a_picture_that_is_not_drawn_any_more_as_stopped(drawer: StorybookDrawer) -> None:
    store = PhotoStore(drawer=drawer)
    assert store.photo(ADDRESS).source == "storybook"
    drawer.close()
    with pytest.raises(PhotoUnavailable) as caught:
        store.photo(ADDRESS)
    assert caught.value.problem is PhotoProblem.STOPPED
