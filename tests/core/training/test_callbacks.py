"""The list of what is due between two steps: what is done when, and that its share of the time is bounded."""

from typing import Any, cast

import numpy as np
import pytest

from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.training.callbacks import MOST_SHARE, Callbacks, Due, RunSolver
from tests.core.network.caption_cases import small_data, small_model


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Work:
    """Takes so many seconds of a clock that is made up."""

    def __init__(
        self, clock: Clock, name: str, seconds: float, share: float, due: Due, shows_the_model: bool = False
    ) -> None:
        self.name, self.share, self.shows_the_model = name, share, shows_the_model
        self._clock, self._seconds, self._due = clock, seconds, due
        self.done: list[int] = []

    def due(self, now: float, iteration: int) -> Due:
        return self._due

    def run(self, solver: RunSolver) -> None:
        self.done.append(solver.iteration)
        self._clock.now += self._seconds


class Solver:
    iteration = 0


def train(clock: Clock, works: list[Work], seconds: float, step: float = 0.01) -> tuple[Callbacks, float]:
    """Steps for so many seconds, with the works between them; the list, and how long it took in all."""
    solver, callbacks, began = Solver(), Callbacks(works, clock), clock.now
    while clock.now - began < seconds:
        callbacks.run_due(cast(Any, solver))
        clock.now += step
        solver.iteration += 1
    return callbacks, clock.now - began


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize("cost", [0.001, 0.1, 3.0])
def test_work_at_leisure_takes_no_more_than_its_share_and_nearly_that(clock: Clock, cost: float) -> None:
    work = Work(clock, "look", cost, 0.03, Due.AT_LEISURE)
    callbacks, took = train(clock, [work], 1000)
    assert callbacks.seconds()["look"] == pytest.approx(len(work.done) * cost)
    assert 0.02 * took < len(work.done) * cost <= 0.03 * took + cost


def test_many_works_together_take_no_more_than_the_most_share(clock: Clock) -> None:
    works = [Work(clock, f"work {k}", 0.05 * (k + 1), 0.03, Due.AT_LEISURE) for k in range(6)]
    callbacks, took = train(clock, works, 2000)
    assert 0.8 * MOST_SHARE * took < sum(callbacks.seconds().values()) <= MOST_SHARE * took + 1


def test_a_dear_work_does_not_hold_up_a_cheap_one(clock: Clock) -> None:
    dear = Work(clock, "dear", 10.0, 0.03, Due.AT_LEISURE)
    cheap = Work(clock, "cheap", 0.001, 0.03, Due.AT_LEISURE)
    train(clock, [dear, cheap], 300)
    assert len(dear.done) == 1
    assert len(cheap.done) > 5000


def test_what_another_thread_spends_for_a_work_counts_as_its_own(clock: Clock) -> None:
    work = Work(clock, "written", 0.1, 0.02, Due.AT_LEISURE)
    solver, callbacks, wrote = cast(Any, Solver()), Callbacks([work], clock), 0.9
    for _ in range(20_000):
        before = len(work.done)
        callbacks.run_due(solver)
        clock.now += 0.01
        if len(work.done) > before:
            callbacks.charge("written", wrote)
    assert callbacks.seconds()["written"] == pytest.approx(len(work.done) * 1.0)
    assert 0.015 * (clock.now - 100.0) < callbacks.seconds()["written"] <= 0.02 * (clock.now - 100.0) + 1.0


def test_what_is_due_now_is_done_before_the_next_step_whatever_it_costs(clock: Clock) -> None:
    work = Work(clock, "asked for", 2.0, 0.0, Due.NOW)
    train(clock, [work], 20)
    assert work.done == list(range(10))


def test_what_is_not_due_is_not_done(clock: Clock) -> None:
    work = Work(clock, "later", 1.0, 0.03, Due.NOT_YET)
    train(clock, [work], 5)
    assert work.done == []


def test_at_rest_only_what_shows_the_model_is_done_and_even_out_of_its_turn(clock: Clock) -> None:
    shown = Work(clock, "shown", 5.0, 0.03, Due.AT_LEISURE, shows_the_model=True)
    hidden = Work(clock, "hidden", 1.0, 0.03, Due.AT_LEISURE)
    callbacks, _ = train(clock, [shown, hidden], 7)
    before = len(shown.done), len(hidden.done)
    callbacks.bring_up_to_date(cast(Any, Solver()))
    assert (len(shown.done), len(hidden.done)) == (before[0] + 1, before[1])


def test_a_training_with_works_between_its_steps_is_one_without_bit_for_bit() -> None:
    def trained(works: list[Any]) -> CaptioningSolver[Any]:
        rng = np.random.default_rng(3)
        solver = CaptioningSolver(small_model(), small_data(), "adam", batch_size=5, verbose=False, rng=rng)
        callbacks = Callbacks(works)
        for _ in range(12):
            callbacks.run_due(solver)
            solver.step()
        return solver

    class Looks:
        name, share, shows_the_model = "looks", 1.0, True

        def due(self, now: float, iteration: int) -> Due:
            return Due.NOW

        def run(self, solver: RunSolver) -> None:
            solver.model.sample(np.ones((3, 6)))
            solver.model.loss(np.ones((2, 6)), np.array([[1, 5, 2], [1, 6, 2]]))
            solver.model.copy()

    plain, watched = trained([]), trained([Looks()])
    assert plain.loss_history == watched.loss_history
    for name, value in plain.model.params.items():
        np.testing.assert_array_equal(value, watched.model.params[name])
