"""Parameters as views of one array, and the rules that go over it block by block."""

from typing import Any

import numpy as np
import pytest

from captionviewer.core.network import flat_parameters, optim
from captionviewer.core.network.flat_parameters import FlatParameters, rule_on
from tests.core.network.caption_cases import distance

SHAPES = {"a": (7, 5), "b": (3,), "c": (2, 11)}


def made(dtype: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in SHAPES.items()}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_views_lie_in_one_array_each_at_a_cache_line(dtype: Any) -> None:
    params = made(dtype)
    kept = {name: value.copy() for name, value in params.items()}
    flat = FlatParameters(params, dtype)
    flat.adopt(params)
    for name, value in kept.items():
        assert params[name] is flat.values[name]
        np.testing.assert_array_equal(params[name], value)
        assert np.shares_memory(params[name], flat.flat_values)
        assert np.shares_memory(flat.grads[name], flat.flat_grads)
        assert params[name].ctypes.data % 64 == flat.grads[name].ctypes.data % 64 == 0


def test_a_replaced_parameter_is_taken_over_and_a_rewritten_one_left() -> None:
    params = made(np.float32)
    flat = FlatParameters(params, np.float32)
    flat.adopt(params)
    params["a"][:] = 3
    params["b"] = np.arange(3.0)
    flat.adopt(params)
    assert params["b"].dtype == np.float32
    np.testing.assert_array_equal(flat.values["b"], [0, 1, 2])
    np.testing.assert_array_equal(flat.values["a"], 3)


def test_room_suits_parameters_of_the_same_names_shapes_and_dtype_alone() -> None:
    params = made(np.float32)
    flat = FlatParameters(params, np.float32)
    assert flat.suits(params, np.float32)
    assert not flat.suits(params, np.float64)
    assert not flat.suits(params | {"d": params["a"]}, np.float32)
    assert not flat.suits(params | {"a": params["a"].T}, np.float32)


OWN: dict[str, dict[str, float]] = {
    "adam": {"epsilon": 1e-3, "beta1": 0.7, "beta2": 0.9},
    "rmsprop": {"epsilon": 1e-3, "decay_rate": 0.6},
    "sgd_momentum": {"momentum": 0.8},
    "sgd": {},
}


@pytest.mark.parametrize("rule", optim.FACTS)
@pytest.mark.parametrize(("dtype", "bound"), [(np.float64, 1e-13), (np.float32, 1e-6)])
def test_a_rule_over_blocks_is_the_rule_on_each_parameter(
    rule: optim.RuleName, dtype: Any, bound: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flat_parameters, "BLOCK", 16)  # blocks that end within parameters
    params = made(dtype)
    expected = {name: value.copy() for name, value in params.items()}
    configs: dict[str, optim.Config] = {name: dict(OWN[rule]) for name in params}
    expected_configs: dict[str, optim.Config] = {name: dict(OWN[rule]) for name in params}
    flat = FlatParameters(params, dtype)
    flat.adopt(params)
    at_work = rule_on(flat, optim.RULES[rule])
    assert at_work is not None
    rng = np.random.default_rng(1)
    for step in range(10):
        for name, value in list(expected.items()):
            gradient = rng.standard_normal(value.shape).astype(dtype)
            flat.grads[name][...] = gradient
            configs[name]["learning_rate"] = expected_configs[name]["learning_rate"] = 0.1 * 0.9**step
            expected[name], _ = optim.RULES[rule](value, gradient, expected_configs[name])
        assert at_work.update(configs)
        for name, value in expected.items():
            assert distance(params[name], value) < bound, (step, name)
            for memory in optim.FACTS[rule].memory:
                assert distance(configs[name][memory], expected_configs[name][memory]) < bound
            assert configs[name].get("t") == expected_configs[name].get("t")


@pytest.mark.parametrize("rule", ["adam", "rmsprop", "sgd_momentum"])
def test_what_a_rule_remembers_may_be_replaced(rule: optim.RuleName) -> None:
    params = made(np.float64)
    flat = FlatParameters(params, np.float64)
    flat.adopt(params)
    at_work = rule_on(flat, optim.RULES[rule])
    assert at_work is not None
    configs: dict[str, optim.Config] = {name: {} for name in params}
    flat.flat_grads[:] = 1
    at_work.update(configs)
    memory = optim.FACTS[rule].memory[0]
    configs["a"][memory] = np.full((7, 5), 3.0)
    expected, _ = optim.RULES[rule](params["a"].copy(), np.ones((7, 5)), dict(configs["a"]))
    flat.flat_grads[:] = 1
    at_work.update(configs)
    np.testing.assert_allclose(params["a"], expected)


def test_parameters_whose_settings_differ_are_left_to_an_update_of_their_own() -> None:
    params = made(np.float64)
    flat = FlatParameters(params, np.float64)
    flat.adopt(params)
    at_work = rule_on(flat, optim.sgd)
    assert at_work is not None
    flat.flat_grads[:] = 1
    before = flat.flat_values.copy()
    assert not at_work.update({"a": {"learning_rate": 0.1}, "b": {}, "c": {}})
    np.testing.assert_array_equal(flat.flat_values, before)


def test_a_rule_of_ones_own_is_not_cut_into_blocks() -> None:
    assert rule_on(FlatParameters(made(np.float32), np.float32), lambda w, dw, config: (w, {})) is None
