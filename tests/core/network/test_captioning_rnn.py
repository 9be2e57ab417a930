"""The network: the notebook's losses, gradients by differences, dtypes, and what it refuses."""

from typing import Any

import numpy as np
import pytest

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.gradient_check import eval_numerical_gradient
from tests.core.network.caption_cases import distance, random_captions, small_model, vocabulary

CELLS = ["rnn", "lstm"]
TOY = {"<NULL>": 0, "cat": 2, "dog": 3}


@pytest.mark.parametrize(
    ("cell_type", "low", "high", "expected"),
    [("rnn", -1.5, 0.3, 9.83235591003), ("lstm", -0.5, 1.7, 9.82445935443)],
)
def test_the_toy_vocabularys_loss_is_the_notebooks(
    cell_type: Any, low: float, high: float, expected: float
) -> None:
    N, D, W, H, T = 10, 20, 30, 40, 13
    model = CaptioningRNN(TOY, D, W, H, cell_type, np.float64)
    for name, value in model.params.items():
        model.params[name] = np.linspace(-1.4, 1.3, num=value.size).reshape(value.shape)
    features = np.linspace(low, high, num=N * D).reshape(N, D)
    captions = (np.arange(N * T) % 3).reshape(N, T)
    loss, grads = model.loss(features, captions)
    assert abs(loss - expected) < 1e-10
    assert set(grads) == set(model.params)


def slope_along(
    model: CaptioningRNN, name: str, direction: FloatArray, features: FloatArray, captions: IntArray
) -> float:
    """The slope of the loss along a direction of one parameter, by centred differences."""
    value = model.params[name]
    at = value.copy()

    def loss(step: FloatArray) -> float:
        value[...] = at + step[0] * direction
        return model.loss(features, captions)[0]

    slope = float(eval_numerical_gradient(loss, np.zeros(1), verbose=False, h=1e-5)[0])
    value[...] = at
    return slope


@pytest.mark.parametrize("cell_type", CELLS)
def test_every_parameters_gradient_agrees_with_centred_differences_over_twenty_seeds(cell_type: Any) -> None:
    """Entry by entry on three seeds, along a random direction of each parameter on all.

    A direction costs two losses where the entries cost two each, and a wrong entry turns its slope too.
    """
    T, D, W, H = 3, 2, 3, 4  # small, as each of the parameters costs two losses; all different
    for seed in range(20):
        rng = np.random.default_rng(seed)
        model = CaptioningRNN(TOY, D, W, H, cell_type, np.float64, rng=rng)
        features = rng.standard_normal((2, D))
        captions = np.array([[0, 1, 0, 2], [2, 0, 1, 1]])[:, : T + 1]  # with <NULL>s in the middle
        _, grads = model.loss(features, captions)
        for name, value in model.params.items():
            direction = rng.standard_normal(value.shape)
            slope = slope_along(model, name, direction, features, captions)
            meant, scale = float((grads[name] * direction).sum()), float(np.linalg.norm(grads[name]))
            assert abs(slope - meant) <= 1e-6 * scale, f"seed {seed}, {name}: {slope}, not {meant}"
            if seed >= 3:
                continue
            numeric = eval_numerical_gradient(
                lambda _, m=model, f=features, c=captions: m.loss(f, c)[0], value, verbose=False, h=1e-5
            )
            assert distance(grads[name], numeric) < 1e-6, f"seed {seed}, {name}:\n{grads[name]}\n{numeric}"


@pytest.mark.parametrize("cell_type", CELLS)
def test_float32_stays_float32(cell_type: Any) -> None:
    model = small_model(cell_type=cell_type, dtype=np.float32)
    rng = np.random.default_rng(0)
    captions = random_captions(rng, 4, 6, 12)
    for features in (rng.standard_normal((4, 6)), rng.standard_normal((4, 6)).astype(np.float32)):
        _, grads = model.loss(features, captions)
        assert {grad.dtype for grad in grads.values()} == {np.dtype(np.float32)}
    assert {value.dtype for value in model.params.values()} == {np.dtype(np.float32)}


def test_initial_values_are_the_notebooks_draws_in_the_notebooks_order() -> None:
    V, D, W, H = 9, 4, 5, 6
    np.random.seed(231)
    model = CaptioningRNN(vocabulary(V), D, W, H, "lstm", np.float64)
    np.random.seed(231)
    expected = {
        "W_embed": np.random.randn(V, W) / 100,
        "W_proj": np.random.randn(D, H) / np.sqrt(D),
        "Wx": np.random.randn(W, 4 * H) / np.sqrt(W),
        "Wh": np.random.randn(H, 4 * H) / np.sqrt(H),
        "W_vocab": np.random.randn(H, V) / np.sqrt(H),
        "b_proj": np.zeros(H),
        "b": np.zeros(4 * H),
        "b_vocab": np.zeros(V),
    }
    assert set(model.params) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(model.params[name], value, rtol=1e-14)


def test_a_generator_repeats_a_model_and_leaves_the_global_state_alone() -> None:
    np.random.seed(3)
    before = np.random.get_state(legacy=False)["state"]["key"].copy()
    first, second = (small_model(seed=5) for _ in range(2))
    for name, value in first.params.items():
        np.testing.assert_array_equal(value, second.params[name])
    np.testing.assert_array_equal(np.random.get_state(legacy=False)["state"]["key"], before)


def test_it_counts_its_parameters() -> None:
    model = CaptioningRNN(vocabulary(10), 4, 5, 6)
    assert model.num_parameters == 10 * 5 + 4 * 6 + 6 + 5 * 6 + 6 * 6 + 6 + 6 * 10 + 10


def test_a_copy_shares_nothing_with_its_original() -> None:
    model = small_model()
    rng = np.random.default_rng(1)
    features, captions = rng.standard_normal((3, 6)), random_captions(rng, 3, 6, 12)
    loss, grads = model.loss(features, captions)
    twin = model.copy()
    assert twin.loss(features, captions)[0] == loss
    for value in twin.params.values():
        value += 1
    twin.word_to_idx["new"] = 99
    again, grads_again = model.loss(features, captions)
    assert again == loss
    assert "new" not in model.word_to_idx
    for name in grads:
        np.testing.assert_array_equal(grads_again[name], grads[name])
        assert not np.shares_memory(model.params[name], twin.params[name])


def test_captions_with_nothing_to_predict_have_no_loss_and_no_gradient() -> None:
    model = small_model()
    for captions in (np.zeros((2, 5), int), np.ones((2, 1), int)):
        loss, grads = model.loss(np.ones((2, 6)), captions)
        assert loss == 0
        assert {name: grad.shape for name, grad in grads.items()} == {
            name: value.shape for name, value in model.params.items()
        }
        assert not any(grad.any() for grad in grads.values())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cell_type": "gru"}, "gru"),
        ({"dtype": np.float16}, "float16"),
        ({"dtype": np.int32}, "int32"),
        ({"hidden_dim": 0}, "hidden_dim"),
        ({"word_to_idx": {"cat": 0}}, "<NULL>"),
    ],
)
def test_a_model_that_cannot_be_is_refused_by_name(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        CaptioningRNN(**({"word_to_idx": vocabulary(5)} | change))


@pytest.mark.parametrize(
    ("features", "captions", "words"),
    [
        (np.ones((2, 5)), np.ones((2, 4), int), r"\(2, 5\)"),
        (np.ones(6), np.ones((2, 4), int), r"\(6,\)"),
        (np.ones((0, 6)), np.ones((0, 4), int), r"\(0, 6\)"),
        (np.ones((2, 6)), np.ones((3, 4), int), r"\(3, 4\)"),
        (np.ones((2, 6)), np.ones((2, 0), int), r"\(2, 0\)"),
        (np.ones((2, 6)), np.ones(4, int), r"\(4,\)"),
        (np.ones((2, 6)), np.ones((2, 4)), "float64"),
        (np.ones((2, 6)), np.full((2, 4), 12), "12"),
        (np.ones((2, 6)), np.full((2, 4), -1), "-1"),
    ],
)
def test_a_minibatch_that_does_not_fit_is_refused_in_words(features: Any, captions: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        small_model().loss(features, captions)


def test_a_parameter_of_the_wrong_shape_or_gone_is_refused_by_name() -> None:
    model = small_model()
    model.params["Wh"] = np.zeros((7, 8))
    with pytest.raises(ValueError, match="Wh"):
        model.loss(np.ones((1, 6)), np.ones((1, 3), int))
    del model.params["Wh"]
    with pytest.raises(ValueError, match="Wh"):
        model.sample(np.ones((1, 6)))


def test_sampling_without_start_or_end_says_what_is_missing() -> None:
    model = CaptioningRNN(TOY, 6, 5, 7)
    with pytest.raises(ValueError, match="<START>"):
        model.sample(np.ones((1, 6)))
    model = CaptioningRNN({"<NULL>": 0, "<START>": 1}, 6, 5, 7)
    with pytest.raises(ValueError, match="<END>"):
        model.sample(np.ones((1, 6)))


def test_sampling_refuses_features_and_lengths_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match=r"\(1, 5\)"):
        small_model().sample(np.ones((1, 5)))
    with pytest.raises(ValueError, match="max_length"):
        small_model().sample(np.ones((1, 6)), max_length=0)
