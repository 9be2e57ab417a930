"""The reference layers: the notebook's printed values, gradients by differences, and dtypes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from captionviewer.core.arrays import FloatArray
from captionviewer.core.network import layers
from captionviewer.core.network.gradient_check import eval_numerical_gradient_array, rel_error

SEEDS = range(20)


def ramp(low: float, high: float, *shape: int) -> FloatArray:
    return np.linspace(low, high, num=int(np.prod(shape))).reshape(shape)


def distance(a: FloatArray, b: FloatArray) -> float:
    return float(np.linalg.norm(a - b)) / max(float(np.linalg.norm(a) + np.linalg.norm(b)), 1e-300)


def test_an_rnn_step_gives_the_notebooks_values() -> None:
    N, D, H = 3, 10, 4
    next_h, _ = layers.rnn_step_forward(
        ramp(-0.4, 0.7, N, D),
        ramp(-0.2, 0.5, N, H),
        ramp(-0.1, 0.9, D, H),
        ramp(-0.3, 0.7, H, H),
        ramp(-0.2, 0.4, H),
    )
    expected = [
        [-0.58172089, -0.50182032, -0.41232771, -0.31410098],
        [0.66854692, 0.79562378, 0.87755553, 0.92795967],
        [0.97934501, 0.99144213, 0.99646691, 0.99854353],
    ]
    assert rel_error(next_h, np.array(expected)) < 1e-7


def test_an_rnn_over_a_sequence_gives_the_notebooks_values() -> None:
    N, T, D, H = 2, 3, 4, 5
    h, _ = layers.rnn_forward(
        ramp(-0.1, 0.3, N, T, D),
        ramp(-0.3, 0.1, N, H),
        ramp(-0.2, 0.4, D, H),
        ramp(-0.4, 0.1, H, H),
        ramp(-0.7, 0.1, H),
    )
    expected = [
        [
            [-0.42070749, -0.27279261, -0.11074945, 0.05740409, 0.22236251],
            [-0.39525808, -0.22554661, -0.0409454, 0.14649412, 0.32397316],
            [-0.42305111, -0.24223728, -0.04287027, 0.15997045, 0.35014525],
        ],
        [
            [-0.55857474, -0.39065825, -0.19198182, 0.02378408, 0.23735671],
            [-0.27150199, -0.07088804, 0.13562939, 0.33099728, 0.50158768],
            [-0.51014825, -0.30524429, -0.06755202, 0.17806392, 0.40333043],
        ],
    ]
    assert rel_error(h, np.array(expected)) < 1e-7


def test_an_lstm_step_gives_the_notebooks_values() -> None:
    N, D, H = 3, 4, 5
    next_h, next_c, _ = layers.lstm_step_forward(
        ramp(-0.4, 1.2, N, D),
        ramp(-0.3, 0.7, N, H),
        ramp(-0.4, 0.9, N, H),
        ramp(-2.1, 1.3, D, 4 * H),
        ramp(-0.7, 2.2, H, 4 * H),
        ramp(0.3, 0.7, 4 * H),
    )
    expected_h = [
        [0.24635157, 0.28610883, 0.32240467, 0.35525807, 0.38474904],
        [0.49223563, 0.55611431, 0.61507696, 0.66844003, 0.7159181],
        [0.56735664, 0.66310127, 0.74419266, 0.80889665, 0.858299],
    ]
    expected_c = [
        [0.32986176, 0.39145139, 0.451556, 0.51014116, 0.56717407],
        [0.66382255, 0.76674007, 0.87195994, 0.97902709, 1.08751345],
        [0.74192008, 0.90592151, 1.07717006, 1.25120233, 1.42395676],
    ]
    assert rel_error(next_h, np.array(expected_h)) < 1e-7
    assert rel_error(next_c, np.array(expected_c)) < 1e-7


def test_an_lstm_over_a_sequence_gives_the_notebooks_values() -> None:
    N, D, H, T = 2, 5, 4, 3
    h, _ = layers.lstm_forward(
        ramp(-0.4, 0.6, N, T, D),
        ramp(-0.4, 0.8, N, H),
        ramp(-0.2, 0.9, D, 4 * H),
        ramp(-0.3, 0.6, H, 4 * H),
        ramp(0.2, 0.7, 4 * H),
    )
    expected = [
        [
            [0.01764008, 0.01823233, 0.01882671, 0.0194232],
            [0.11287491, 0.12146228, 0.13018446, 0.13902939],
            [0.31358768, 0.33338627, 0.35304453, 0.37250975],
        ],
        [
            [0.45767879, 0.4761092, 0.4936887, 0.51041945],
            [0.6704845, 0.69350089, 0.71486014, 0.7346449],
            [0.81733511, 0.83677871, 0.85403753, 0.86935314],
        ],
    ]
    assert rel_error(h, np.array(expected)) < 1e-7


def test_an_embedding_gives_the_notebooks_values() -> None:
    out, _ = layers.word_embedding_forward(np.array([[0, 3, 1, 2], [2, 1, 0, 3]]), ramp(0, 1, 5, 3))
    expected = [
        [[0.0, 0.07142857, 0.14285714], [0.64285714, 0.71428571, 0.78571429]],
        [[0.42857143, 0.5, 0.57142857], [0.21428571, 0.28571429, 0.35714286]],
    ]
    assert rel_error(out[:, :2], np.array(expected)) < 1e-7


@pytest.mark.parametrize(
    ("N", "T", "V", "p", "expected"),
    [(100, 1, 10, 1.0, 2.3), (100, 10, 10, 1.0, 23), (5000, 10, 10, 0.1, 2.3)],
)
def test_a_fresh_softmax_loss_is_near_the_log_of_the_vocabulary(
    N: int, T: int, V: int, p: float, expected: float
) -> None:
    rng = np.random.default_rng(231)
    scores = 0.001 * rng.standard_normal((N, T, V))
    loss, _ = layers.temporal_softmax_loss(scores, rng.integers(V, size=(N, T)), rng.random((N, T)) <= p)
    assert loss == pytest.approx(expected, rel=0.03)


def test_softmax_neither_counts_nor_follows_what_is_masked() -> None:
    rng = np.random.default_rng(1)
    scores = rng.standard_normal((2, 3, 4))
    targets = rng.integers(4, size=(2, 3))
    mask = np.array([[True, False, True], [False, True, False]])
    loss, gradient = layers.temporal_softmax_loss(scores, targets, mask)
    scores[~mask] = np.nan  # a score nobody counts may even be no number
    with np.errstate(invalid="ignore"):
        again, gradient_again = layers.temporal_softmax_loss(scores, targets, mask)
    assert again == loss
    assert not gradient_again[~mask].any()
    np.testing.assert_array_equal(gradient_again, gradient)


def test_a_mask_of_numbers_weighs_the_loss_and_the_gradient_of_each_position() -> None:
    rng = np.random.default_rng(1)
    scores, targets = rng.standard_normal((2, 3, 4)), rng.integers(4, size=(2, 3))
    weights = np.array([[0.5, 0.0, 2.0], [1.0, 0.25, 0.0]])
    loss, gradient = layers.temporal_softmax_loss(scores, targets, weights)
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
    right = np.eye(4)[targets]
    assert loss == pytest.approx(-(weights * np.log((probabilities * right).sum(axis=2))).sum() / 2)
    np.testing.assert_allclose(gradient, (probabilities - right) * weights[..., np.newaxis] / 2)
    _, narrow = layers.temporal_softmax_loss(scores.astype(np.float32), targets, weights)
    assert narrow.dtype == np.float32


def test_softmax_survives_scores_that_would_overflow_exp() -> None:
    loss, gradient = layers.temporal_softmax_loss(
        np.array([[[1e4, 0.0, -1e4]]]), np.array([[1]]), np.array([[True]])
    )
    assert loss == pytest.approx(1e4)
    np.testing.assert_allclose(gradient, [[[1, -1, 0]]])


def test_softmax_prints_its_gradients_shape_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    layers.temporal_softmax_loss(
        np.zeros((2, 3, 4)), np.zeros((2, 3), int), np.ones((2, 3), bool), verbose=True
    )
    assert "(2, 3, 4)" in capsys.readouterr().out


def test_sigmoid_neither_overflows_nor_loses_small_values() -> None:
    x = np.array([-1000.0, -50.0, 0.0, 50.0, 1000.0])
    with np.errstate(all="raise", under="ignore"):
        result = layers.sigmoid(x)
    np.testing.assert_allclose(result, [0, np.exp(-50), 0.5, 1, 1], rtol=1e-12)


# Each entry draws the inputs of one layer, and gives its forward (arrays -> outputs, cache) and its
# backward (upstream gradients, cache -> gradients in the order of the inputs).
Arrays = tuple[FloatArray, ...]
Forward = Callable[..., tuple[Arrays, object]]
Layer = tuple[dict[str, tuple[int, ...]], Forward, Callable[..., Arrays]]

TIMES = {"N": 2, "T": 3, "D": 4, "H": 5}
WORDS = np.array([[0, 3, 1], [1, 1, 0]])


def _rnn_step(*inputs: FloatArray) -> tuple[Arrays, object]:
    next_h, cache = layers.rnn_step_forward(*inputs)
    return (next_h,), cache


def _lstm_step(*inputs: FloatArray) -> tuple[Arrays, object]:
    next_h, next_c, cache = layers.lstm_step_forward(*inputs)
    return (next_h, next_c), cache


def _one(forward: Callable[..., tuple[FloatArray, object]]) -> Forward:
    def run(*inputs: FloatArray) -> tuple[Arrays, object]:
        out, cache = forward(*inputs)
        return (out,), cache

    return run


LAYERS: dict[str, Layer] = {
    "rnn_step": (
        {"x": (3, 4), "prev_h": (3, 5), "Wx": (4, 5), "Wh": (5, 5), "b": (5,)},
        _rnn_step,
        layers.rnn_step_backward,
    ),
    "lstm_step": (
        {"x": (3, 4), "prev_h": (3, 5), "prev_c": (3, 5), "Wx": (4, 20), "Wh": (5, 20), "b": (20,)},
        _lstm_step,
        layers.lstm_step_backward,
    ),
    "rnn": (
        {"x": (2, 3, 4), "h0": (2, 5), "Wx": (4, 5), "Wh": (5, 5), "b": (5,)},
        _one(layers.rnn_forward),
        layers.rnn_backward,
    ),
    "lstm": (
        {"x": (2, 3, 4), "h0": (2, 5), "Wx": (4, 20), "Wh": (5, 20), "b": (20,)},
        _one(layers.lstm_forward),
        layers.lstm_backward,
    ),
    "affine": ({"x": (3, 2, 2), "w": (4, 5), "b": (5,)}, _one(layers.affine_forward), layers.affine_backward),
    "temporal_affine": (
        {"x": (2, 3, 4), "w": (4, 5), "b": (5,)},
        _one(layers.temporal_affine_forward),
        layers.temporal_affine_backward,
    ),
    "word_embedding": (
        {"W": (5, 3)},
        _one(lambda W: layers.word_embedding_forward(WORDS, W)),
        lambda dout, cache: (layers.word_embedding_backward(dout, cache),),
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_backward_agrees_with_centred_differences_over_twenty_seeds(name: str) -> None:
    shapes, forward, backward = LAYERS[name]
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        inputs = {key: rng.standard_normal(shape) for key, shape in shapes.items()}
        outputs, cache = forward(*inputs.values())
        upstream = [rng.standard_normal(out.shape) for out in outputs]
        gradients = backward(*upstream, cache)
        assert len(gradients) == len(inputs)
        for gradient, (key, value) in zip(gradients, inputs.items(), strict=True):
            # With several outputs, the differences of each under its own upstream gradient add up.
            numeric = np.zeros_like(value)
            for place in range(len(outputs)):
                numeric += eval_numerical_gradient_array(
                    lambda _, i=inputs, place=place: forward(*i.values())[0][place], value, upstream[place]
                )
            assert gradient.shape == value.shape
            assert distance(gradient, numeric) < 1e-6, f"{name}, seed {seed}: d{key}\n{gradient}\n{numeric}"


def test_softmax_gradient_agrees_with_centred_differences_over_twenty_seeds() -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        scores = rng.standard_normal((3, 4, 5))
        targets, mask = rng.integers(5, size=(3, 4)), rng.random((3, 4)) < 0.6
        _, gradient = layers.temporal_softmax_loss(scores, targets, mask)
        numeric = eval_numerical_gradient_array(
            lambda x, targets=targets, mask=mask: np.array(layers.temporal_softmax_loss(x, targets, mask)[0]),
            scores,
            np.array(1.0),
        )
        assert distance(gradient, numeric) < 1e-6, f"seed {seed}"


@pytest.mark.parametrize("name", LAYERS)
def test_float32_stays_float32_forwards_and_backwards(name: str) -> None:
    shapes, forward, backward = LAYERS[name]
    rng = np.random.default_rng(0)
    outputs, cache = forward(*(rng.standard_normal(shape).astype(np.float32) for shape in shapes.values()))
    gradients = backward(*outputs, cache)
    assert [array.dtype for array in (*outputs, *gradients)] == [np.float32] * (len(outputs) + len(gradients))


@pytest.mark.parametrize(
    ("forward", "backward", "gates"),
    [(layers.rnn_forward, layers.rnn_backward, 1), (layers.lstm_forward, layers.lstm_backward, 4)],
)
@pytest.mark.parametrize("dtype", [np.int64, np.int32])
def test_whole_numbers_as_in_an_example_on_paper_are_not_cut_to_whole_numbers(
    forward: Any, backward: Any, gates: int, dtype: type
) -> None:
    rng = np.random.default_rng(5)
    shapes = [(2, 3, 4), (2, 5), (4, 5 * gates), (5, 5 * gates), (5 * gates,)]
    whole: list[Any] = [rng.integers(-1, 2, shape).astype(dtype) for shape in shapes]
    h, cache = forward(*whole)
    expected, expected_cache = forward(*(values.astype(np.float64) for values in whole))
    # Not to the last bit: products with whole numbers pass the library by, and add in another order.
    np.testing.assert_allclose(h, expected, rtol=1e-12, atol=1e-12)
    for gradient, of_floats in zip(
        backward(np.ones_like(h), cache), backward(np.ones_like(h), expected_cache), strict=True
    ):
        np.testing.assert_allclose(gradient, of_floats, rtol=1e-12, atol=1e-12)


def test_the_softmax_gradient_of_float32_scores_is_float32() -> None:
    scores = np.zeros((2, 3, 4), np.float32)
    _, gradient = layers.temporal_softmax_loss(scores, np.zeros((2, 3), int), np.ones((2, 3), bool))
    assert gradient.dtype == np.float32


def test_a_word_that_occurs_many_times_gets_every_gradient() -> None:
    gradient = layers.word_embedding_backward(np.ones((1, 3, 2)), (np.array([[1, 1, 0]]), np.zeros((3, 2))))
    np.testing.assert_array_equal(gradient, [[1, 1], [2, 2], [0, 0]])
