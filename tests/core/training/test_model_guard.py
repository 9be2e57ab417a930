"""Copies to fall back on: which are good."""

import numpy as np
import pytest

from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.training.callbacks import Due
from captionviewer.core.training.model_guard import GUARD_EVERY, ModelGuard, is_finite
from tests.core.network.caption_cases import small_data, small_model


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["W_embed", "b_vocab"])
def test_a_model_with_one_number_that_is_not_finite_is_not_good(number: float, name: str) -> None:
    model = small_model()
    assert is_finite(model)
    model.params[name].flat[-1] = number
    assert not is_finite(model)


def test_a_good_copy_that_turns_out_not_to_be_finite_leaves_the_one_before() -> None:
    solver = CaptioningSolver(small_model(), small_data(), batch_size=5, verbose=False)
    guard = ModelGuard()
    for _ in range(3):
        guard.run(solver)
        guard.loss_was_finite()
        solver.step()
    newest = guard.newest_good()
    assert newest is not None
    assert newest.iteration == 2
    newest.model.params["b"][0] = -np.inf
    before = guard.newest_good()
    assert before is not None
    assert before.iteration == 1


def test_a_copy_is_due_every_so_many_iterations_whatever_the_clock_says() -> None:
    due = [iteration for iteration in range(60) if ModelGuard().due(0.0, iteration) is Due.NOW]
    assert due == [0, GUARD_EVERY, 2 * GUARD_EVERY]
