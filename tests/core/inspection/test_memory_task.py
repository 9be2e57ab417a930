"""The memory task: only its ends are asked for, and what networks learn of it is what the lesson says."""

import math

import numpy as np
import pytest

from captionviewer.core.inspection.memory_task import (
    GUESS_NATS,
    MemoryLearner,
    MemoryPoint,
    learn_to_remember,
    memory_captions,
)


@pytest.mark.parametrize("length", [2, 5, 100])
def test_the_first_word_decides_the_last_and_nothing_else_is_asked(length: int) -> None:
    words, captions = memory_captions(length)
    assert captions.shape == (4, length + 1)
    np.testing.assert_array_equal(captions[:, 1], captions[:, -1])
    assert len(set(captions[:, 1].tolist())) == 4
    assert (captions[:, 0] == words["<START>"]).all()
    assert (captions[:, 2:-1] == words["<NULL>"]).all()
    with pytest.raises(ValueError, match="two words"):
        memory_captions(1)


def test_an_untrained_network_guesses_at_the_last_word_and_the_same_learner_learns_the_same() -> None:
    one = learn_to_remember(MemoryLearner("lstm", 6), steps=8)
    again = learn_to_remember(MemoryLearner("lstm", 6), steps=8)
    assert one is not None and again is not None
    assert [point.nats for point in one.points] == [point.nats for point in again.points]
    assert [point.step for point in one.points] == [0, 4, 8]
    assert one.points[0].nats == pytest.approx(math.log(8), rel=0.1)  # of all words of the vocabulary
    assert math.isnan(one.points[0].largest_norm) and one.points[-1].largest_norm > 0


def test_an_lstm_whose_gates_begin_open_remembers_and_one_whose_gates_are_half_shut_does_not() -> None:
    shut = learn_to_remember(MemoryLearner("lstm", 20), steps=100)
    opened = learn_to_remember(MemoryLearner("lstm", 20, forget_bias=3.0), steps=100)
    assert shut is not None and opened is not None
    assert opened.remembers and opened.points[-1].nats < 0.1
    assert not shut.remembers and shut.points[-1].nats == pytest.approx(GUESS_NATS, rel=0.1)
    assert shut.reach_at_first < opened.reach_at_first / 50  # it vanishes on its way back


def test_gradients_explode_with_a_large_wh_and_vanish_with_a_small_one() -> None:
    norms = {
        scale: course.reach_at_first
        for scale in (0.5, 1.0, 3.0)
        if (course := learn_to_remember(MemoryLearner("rnn", 20, wh_scale=scale), steps=0)) is not None
    }
    assert norms[0.5] < 1e-3 * norms[1.0] and norms[3.0] > 1e3 * norms[1.0]


def test_a_learner_that_is_stopped_gives_no_course() -> None:
    told: list[MemoryPoint] = []

    def stop(point: MemoryPoint) -> bool:
        told.append(point)
        return len(told) < 2

    assert learn_to_remember(MemoryLearner("rnn", 5), stop) is None
    assert [point.step for point in told] == [0, 4]
