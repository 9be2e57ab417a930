"""The storybook's pictures, drawn here or in a process of their own."""

import os
import threading
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

from captionviewer.core.child_program import NICENESS
from captionviewer.core.photos import storybook_drawer
from captionviewer.core.photos.store import PhotoProblem, PhotoStore, PhotoUnavailable
from captionviewer.core.photos.storybook_drawer import DrawingEnded, StorybookDrawer
from captionviewer.core.storybook import picture_of

ADDRESS = "storybook:val/000007"


@pytest.fixture
def drawer() -> Iterator[StorybookDrawer]:
    drawer = StorybookDrawer()
    yield drawer
    drawer.close()


def children() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if any(storybook_drawer.PROGRAM in word for word in child.cmdline())
    ]


def test_a_picture_drawn_aside_is_the_one_drawn_here_to_the_last_bit(drawer: StorybookDrawer) -> None:
    here = drawer.picture(ADDRESS)
    assert not children()
    drawer.set_aside(True)
    np.testing.assert_array_equal(drawer.picture(ADDRESS), here)
    (child,) = children()
    if os.name == "posix":
        assert child.nice() >= NICENESS
    drawer.set_aside(False)
    np.testing.assert_array_equal(here, picture_of(ADDRESS))


@pytest.mark.parametrize("aside", [False, True])
def test_no_address_of_the_storybook_is_refused_wherever_it_would_be_drawn(
    drawer: StorybookDrawer, aside: bool
) -> None:
    drawer.set_aside(aside)
    with pytest.raises(ValueError, match="is no storybook address"):
        drawer.picture("storybook:nowhere")
    assert drawer.picture(ADDRESS).shape == (360, 480, 3)  # and the next one is drawn


def test_a_drawing_process_that_was_killed_leaves_the_drawing_to_this_one(drawer: StorybookDrawer) -> None:
    drawer.set_aside(True)
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
    drawer.set_aside(True)
    assert drawer.picture(ADDRESS).shape == (360, 480, 3)
    assert not children()


def test_closing_ends_the_process_and_all_who_wait_for_a_picture(drawer: StorybookDrawer) -> None:
    drawer.set_aside(True)
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
