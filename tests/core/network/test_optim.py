"""The update rules: known values, what they remember, and dtypes."""

import re

import numpy as np
import pytest

from captionviewer.core.arrays import FloatArray
from captionviewer.core.network import optim
from captionviewer.core.network.gradient_check import rel_error
from tests.core.network.course_training import course_adam

w = np.linspace(-0.4, 0.6, num=20).reshape(4, 5)
dw = np.linspace(-0.6, 0.4, num=20).reshape(4, 5)


def test_sgd_goes_down_the_gradient() -> None:
    next_w, config = optim.sgd(w, dw)
    np.testing.assert_allclose(next_w, w - 0.01 * dw)
    assert config == {"learning_rate": 1e-2}


def test_momentum_adds_the_gradient_to_what_is_left_of_the_velocity() -> None:
    velocity = np.linspace(0.6, 0.9, num=20).reshape(4, 5)
    next_w, config = optim.sgd_momentum(w, dw, {"learning_rate": 1e-3, "velocity": velocity})
    np.testing.assert_allclose(config["velocity"], 0.9 * velocity - 1e-3 * dw)
    np.testing.assert_allclose(next_w, w + config["velocity"])
    assert next_w[0, 0] == pytest.approx(0.1406)  # the value the course's notebook prints


def test_momentum_of_zero_is_sgd() -> None:
    config = {"momentum": 0.0}
    here: FloatArray = w
    there: FloatArray = w
    for _ in range(3):
        here, config = optim.sgd_momentum(here, dw, config)
        there, _ = optim.sgd(there, dw)
    np.testing.assert_allclose(here, there)


def test_rmsprop_gives_the_courses_values() -> None:
    cache = np.linspace(0.6, 0.9, num=20).reshape(4, 5)
    next_w, config = optim.rmsprop(w, dw, {"learning_rate": 1e-2, "cache": cache})
    assert (
        rel_error(next_w[0], np.array([-0.39223849, -0.34037513, -0.28849239, -0.23659121, -0.18467247]))
        < 1e-7
    )
    assert (
        rel_error(config["cache"][0], np.array([0.5976, 0.6126277, 0.6277108, 0.64284931, 0.65804321])) < 1e-7
    )


def test_adam_gives_the_courses_values() -> None:
    m = np.linspace(0.6, 0.9, num=20).reshape(4, 5)
    v = np.linspace(0.7, 0.5, num=20).reshape(4, 5)
    next_w, config = optim.adam(w, dw, {"learning_rate": 1e-2, "m": m, "v": v, "t": 5})
    assert (
        rel_error(next_w[0], np.array([-0.40094747, -0.34836187, -0.29577703, -0.24319299, -0.19060977]))
        < 1e-6
    )
    assert (
        rel_error(config["v"][0], np.array([0.69966, 0.68908382, 0.67851319, 0.66794809, 0.65738853])) < 1e-7
    )
    assert rel_error(config["m"][0], np.array([0.48, 0.49947368, 0.51894737, 0.53842105, 0.55789474])) < 1e-7
    assert config["t"] == 6


def test_adams_first_step_is_the_learning_rate_whatever_the_gradients_size() -> None:
    for size in (1e-3, 1.0, 1e3):
        next_w, _ = optim.adam(np.zeros(1), np.array([size]), {"learning_rate": 0.1})
        assert next_w[0] == pytest.approx(-0.1, rel=1e-3)


def test_adam_is_the_captioning_assignments_with_epsilon_beside_the_root_as_it_is() -> None:
    rng = np.random.default_rng(0)
    ours: FloatArray = w
    theirs: FloatArray = w
    mine: optim.Config = {"epsilon": 1e-2, "learning_rate": 0.1}
    other = dict(mine)
    for _ in range(5):
        gradient = rng.standard_normal(w.shape)
        ours, _ = optim.adam(ours, gradient, mine)
        theirs, _ = course_adam(theirs, gradient, other)
        np.testing.assert_allclose(ours, theirs, rtol=1e-14)


@pytest.mark.parametrize(
    ("rule", "settings", "words"),
    [
        (optim.adam, {"momentum": 0.9}, "Adam has no setting 'momentum': it has learning_rate, beta1"),
        (optim.sgd, {"beta1": 0.9}, "SGD has no setting 'beta1'"),
        (optim.sgd_momentum, {"epsilon": 1e-8}, "momentum has no setting 'epsilon'"),
        (optim.sgd, {"learning_rate": -1}, "learning_rate is at least 0 and finite, not -1"),
        (optim.sgd, {"learning_rate": float("nan")}, "not nan"),
        (optim.sgd, {"learning_rate": float("inf")}, "not inf"),
        (optim.sgd, {"learning_rate": 10**400}, "finite"),
        (optim.sgd, {"learning_rate": -(10**400)}, "finite"),
        (optim.sgd, {"learning_rate": "0.1"}, "is a number, not '0.1'"),
        (optim.sgd, {"learning_rate": None}, "is a number, not None"),
        (optim.adam, {"beta1": 2}, "beta1 is at least 0 and below 1, not 2"),
        (optim.adam, {"beta1": 1}, "beta1"),
        (optim.adam, {"beta2": -0.1}, "beta2"),
        (optim.adam, {"epsilon": 0}, "epsilon is above 0"),
        (optim.rmsprop, {"decay_rate": 1}, "decay_rate"),
        (optim.sgd_momentum, {"momentum": 1.5}, "momentum is at least 0 and at most 1, not 1.5"),
    ],
)
def test_a_setting_that_the_rule_has_not_or_a_value_that_it_cannot_have_is_refused(
    rule: optim.UpdateRule, settings: optim.Config, words: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        optim.checked_settings(rule, settings)


def test_what_a_rule_of_ones_own_takes_is_its_own_affair_but_for_the_learning_rate() -> None:
    def mine(w: FloatArray, dw: FloatArray, config: optim.Config | None) -> tuple[FloatArray, optim.Config]:
        return w, config or {}

    assert optim.checked_settings(mine, {"strength": "much"}) == {"strength": "much"}
    with pytest.raises(ValueError, match="learning_rate"):
        optim.checked_settings(mine, {"learning_rate": -1})


def test_every_default_is_one_that_is_allowed() -> None:
    for name, facts in optim.FACTS.items():
        assert optim.checked_settings(optim.RULES[name], facts.defaults) == facts.defaults
        _, config = optim.RULES[name](w, dw, {})
        assert {key: config[key] for key in facts.defaults} == facts.defaults
        assert {key for key in config if key != "t"} == {*facts.defaults, *facts.memory}


@pytest.mark.parametrize("rule", optim.RULES)
def test_a_rule_keeps_float32_leaves_its_input_alone_and_returns_the_config_it_was_given(rule: str) -> None:
    w32, dw32 = w.astype(np.float32), dw.astype(np.float32)
    given: optim.Config = {"learning_rate": np.float64(1e-2)}
    kept = w32.copy()
    for _ in range(2):
        next_w, config = optim.RULES[rule](w32, dw32, given)
    assert next_w.dtype == np.float32
    assert config is given
    np.testing.assert_array_equal(w32, kept)
    assert {value.dtype for value in config.values() if isinstance(value, np.ndarray)} <= {
        np.dtype(np.float32)
    }
