"""How many threads matrix products get while a run trains, on machines that are made up."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from captionviewer.core.training.product_threads import LibraryThreads, ProductThreads


class Machine:
    """Steps that take as long as the test says, by the threads in use."""

    def __init__(self) -> None:
        self.one = False
        self.changes = 0

    def use_one(self) -> None:
        self.changes += not self.one
        self.one = True

    def use_all(self) -> None:
        self.changes += self.one
        self.one = False


def train(
    choice: ProductThreads, machine: Machine, seconds: float, step: Callable[[bool], float]
) -> dict[bool, int]:
    """So many seconds of steps of the length that `step` gives for one thread; how many ran on one or all."""
    ran = {True: 0, False: 0}
    clock = 0.0
    while clock < seconds:
        took = step(machine.one)
        ran[machine.one] += 1
        choice.took(took)
        clock += took
    return ran


def quiet(one: bool) -> float:
    return 0.017 if one else 0.011


def contended(one: bool) -> float:
    return 0.018 if one else 0.9


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def choice(machine: Machine) -> ProductThreads:
    return ProductThreads(machine)


def test_on_a_quiet_machine_one_thread_is_tried_once_and_then_never_again(
    choice: ProductThreads, machine: Machine
) -> None:
    ran = train(choice, machine, 600, quiet)
    assert ran[True] == 10
    assert not machine.one


def test_when_another_program_takes_a_core_a_run_falls_back_on_one_thread_within_seconds(
    choice: ProductThreads, machine: Machine
) -> None:
    train(choice, machine, 60, quiet)
    ran = train(choice, machine, 5, contended)
    assert machine.one
    assert ran[False] <= 2


def test_the_fall_back_does_not_wait_because_one_thread_was_of_no_use_a_moment_ago(
    choice: ProductThreads, machine: Machine
) -> None:
    train(choice, machine, 1, quiet)
    ran = train(choice, machine, 5, contended)
    assert machine.one
    assert ran[False] <= 2


def test_a_slow_step_now_and_then_is_not_taken_for_a_busy_machine(
    choice: ProductThreads, machine: Machine
) -> None:
    train(choice, machine, 60, quiet)
    steps = itertools.count()

    def beside_a_window(one: bool) -> float:  # whose plot is drawn anew every half second or so
        return quiet(one) + (0.09 if next(steps) % 50 == 0 else 0.0)

    ran = train(choice, machine, 600, beside_a_window)
    assert ran[True] == 0


def test_when_the_machine_is_quiet_again_all_threads_come_back(
    choice: ProductThreads, machine: Machine
) -> None:
    train(choice, machine, 60, quiet)
    train(choice, machine, 60, contended)
    train(choice, machine, 200, quiet)
    assert not machine.one


def test_while_the_machine_stays_busy_all_threads_are_tried_more_and_more_seldom(
    choice: ProductThreads, machine: Machine
) -> None:
    train(choice, machine, 30, contended)
    early = train(choice, machine, 60, contended)[False]
    train(choice, machine, 600, contended)
    late = train(choice, machine, 60, contended)[False]
    assert early > late
    assert late <= 1


def test_a_machine_that_is_slower_with_either_is_left_alone(choice: ProductThreads, machine: Machine) -> None:
    train(choice, machine, 60, quiet)
    ran = train(choice, machine, 600, lambda one: 3 * quiet(one))  # a laptop on its battery
    assert ran[True] <= 10
    assert not machine.one


def test_a_run_that_begins_on_a_busy_machine_soon_uses_one_thread(
    choice: ProductThreads, machine: Machine
) -> None:
    ran = train(choice, machine, 20, contended)
    assert machine.one
    assert ran[False] <= 6


def test_steps_too_short_to_matter_are_never_doubted(choice: ProductThreads, machine: Machine) -> None:
    train(choice, machine, 20, lambda one: 0.001)
    assert machine.changes == 0


def test_at_the_end_the_threads_are_as_they_were(choice: ProductThreads, machine: Machine) -> None:
    with choice:
        train(choice, machine, 20, contended)
        assert machine.one
    assert not machine.one


def threads() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.fixture
def two_threads() -> Iterator[None]:
    """More than one thread to begin with, though tests that share a machine may run with one."""
    np.ones((8, 8)) @ np.ones((8, 8))
    with threadpool_limits(limits=2, user_api="blas"):
        yield


@pytest.mark.usefixtures("two_threads")
def test_the_library_of_numpy_is_set_to_one_thread_and_back() -> None:
    before = threads()
    library = LibraryThreads()
    library.use_one()
    assert set(threads()) == {1} != set(before)
    library.use_one()
    library.use_all()
    assert threads() == before


@pytest.mark.usefixtures("two_threads")
def test_what_comes_back_is_what_the_user_set_last_and_not_what_was_there_at_first() -> None:
    library = LibraryThreads()
    library.use_one()
    library.use_all()
    before = threads()
    with threadpool_limits(limits=3, user_api="blas"):
        limited = threads()
        library.use_one()
        assert set(threads()) == {1}
        library.use_all()
        assert threads() == limited
    assert threads() == before


@pytest.mark.usefixtures("two_threads")
def test_with_two_runs_the_last_one_to_want_one_thread_gives_the_others_back() -> None:
    before = threads()
    first, second = LibraryThreads(), LibraryThreads()
    first.use_one()
    second.use_one()
    first.use_all()
    assert set(threads()) == {1}
    first.use_all()
    second.use_all()
    assert threads() == before
