"""The update rules: known values, what they remember, and dtypes."""

import numpy as np
import pytest

from captionviewer.core.network import optim
from captionviewer.core.network.gradient_check import rel_error

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
    here, there = w, w
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
        assert next_w[0] == pytest.approx(-0.1, rel=1e-4)


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
