"""Two models on one caption: the same prefix in both, KL by its closed form, the word they part at."""

import math
from typing import Any

import numpy as np
import pytest

from captionviewer.core.decoding.surprise import surprise
from captionviewer.core.decoding.timestep import greedy_timesteps, said_by
from captionviewer.core.inspection.two_models import (
    divergence,
    log_probabilities,
    most_different,
    parting,
)
from tests.core.decoding.models import CELLS, lively_model


def features_of(model: Any) -> Any:
    return np.random.default_rng(0).standard_normal(len(model.params["W_proj"]))


@pytest.mark.parametrize("cell", CELLS)
def test_another_model_says_the_caption_with_the_surprise_of_teacher_forcing(cell: str) -> None:
    one, other = lively_model(cell), lively_model(cell, seed=1)
    features = features_of(one)
    caption = [step.word for step in greedy_timesteps(one, features, 9)]
    steps = said_by(other, features, caption)
    assert [step.word for step in steps] == caption
    expected = surprise(other, features, np.array([other.word_to_idx["<START>"], *caption]))
    found = [-log_probabilities(other, step)[step.word] for step in steps]
    told = np.isfinite(expected)  # surprise leaves <NULL> out, which such a model may say
    assert told.any()
    np.testing.assert_allclose(np.array(found)[told], expected[told], atol=1e-9)
    for step in steps:
        np.testing.assert_allclose(np.exp(log_probabilities(other, step)), step.probabilities, atol=1e-12)


def test_kl_is_the_closed_form_of_two_coins_and_of_two_normal_distributions() -> None:
    p, q = 0.9, 0.2
    expected = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    assert divergence(np.log([p, 1 - p]), np.log([q, 1 - q])) == pytest.approx(expected, abs=1e-12)
    # on a fine grid: ln(s2 / s1) + (s1^2 + (m1 - m2)^2) / (2 s2^2) - 1/2
    x = np.linspace(-20, 20, 200_001)
    logs = []
    for mean, spread in ((0.5, 1.0), (-1.0, 2.0)):
        unscaled = -((x - mean) ** 2) / (2 * spread**2)
        logs.append(unscaled - np.log(np.exp(unscaled).sum()))
    assert divergence(*logs) == pytest.approx(math.log(2.0) + (1 + 1.5**2) / 8 - 0.5, abs=1e-6)


def test_kl_is_zero_of_the_same_infinite_of_the_impossible_and_never_below_zero() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        p, q = rng.dirichlet(np.ones(7)), rng.dirichlet(np.ones(7))
        assert divergence(np.log(p), np.log(p)) == 0.0 < divergence(np.log(p), np.log(q))
    with np.errstate(divide="ignore"):
        log_q = np.log([1.0, 0.0])
        assert divergence(np.log([0.5, 0.5]), log_q) == math.inf
        assert divergence(log_q, np.log([0.5, 0.5])) == pytest.approx(math.log(2))


def test_a_word_that_float32_holds_for_impossible_still_has_a_finite_surprise() -> None:
    model = lively_model("rnn", np.float32)
    model.params["b_vocab"][5] = -300.0
    step = greedy_timesteps(model, features_of(model).astype(np.float32), 1)[0]
    assert step.probabilities[5] == 0.0 and -400 < log_probabilities(model, step)[5] < -200


def test_words_stand_by_how_differently_they_are_held() -> None:
    p, q = np.array([0.5, 0.3, 0.1, 0.1]), np.array([0.1, 0.3, 0.5, 0.1])
    assert most_different(p, q, 3) == [0, 2, 1]


@pytest.mark.parametrize("cell", CELLS)
def test_two_models_part_where_their_likeliest_words_first_differ(cell: str) -> None:
    one, features = lively_model(cell), features_of(lively_model(cell))
    steps = tuple(greedy_timesteps(one, features, 9))
    words = [step.word for step in steps]
    assert parting(steps, said_by(one, features, words)) is None
    other = one.copy()
    last = steps[-1].word  # the other one never says how the caption ends
    other.params["b_vocab"][last] = -1e6
    expected = next(t for t, word in enumerate(words) if word == last)
    assert parting(steps, said_by(other, features, words)) == expected
