"""Gradients shortened to a norm: held to the closed form, and bit for bit the same where it is off."""

import math
from typing import Any

import numpy as np
import pytest

from captionviewer.core.coco.minibatch import sample_coco_minibatch
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver, norm_of
from captionviewer.core.network.optim import sgd

WORDS = {"<NULL>": 0, "<START>": 1, "<END>": 2, "<UNK>": 3, "cat": 4, "dog": 5}


def data() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    captions = np.array([[1, 4, 5, 2, 0], [1, 5, 2, 0, 0]] * 3)
    return {
        "train_captions": captions,
        "train_image_idxs": np.arange(6),
        "train_features": rng.standard_normal((6, 7)).astype(np.float64),
        "word_to_idx": WORDS,
    }


def model() -> CaptioningRNN:
    return CaptioningRNN(WORDS, 7, 5, 6, cell_type="lstm", dtype=np.float64, rng=np.random.default_rng(1))


def solver(trained: Any, rule: Any = "sgd", **more: Any) -> CaptioningSolver[Any]:
    return CaptioningSolver(
        trained,
        data(),
        update_rule=rule,
        optim_config={"learning_rate": 0.5},
        batch_size=6,
        rng=np.random.default_rng(2),
        **more,
    )


def own_rule(w: Any, dw: Any, config: Any = None) -> Any:
    return sgd(w, dw, config)


def shifts(clip_norm: float | None, rule: Any) -> tuple[dict[str, np.ndarray], float]:
    trained = model()
    before = {name: value.copy() for name, value in trained.params.items()}
    with_clip = solver(trained, rule, clip_norm=clip_norm)
    with_clip.step()
    moved = {name: before[name] - trained.params[name] for name in before}
    return moved, with_clip.last_gradient_norm


@pytest.mark.parametrize("rule", ["sgd", own_rule])
def test_a_long_gradient_is_shortened_to_the_norm_and_keeps_its_direction(rule: Any) -> None:
    plain, norm = shifts(None, rule)
    length = math.sqrt(sum(float((moved**2).sum()) for moved in plain.values())) / 0.5
    assert norm == pytest.approx(length, rel=1e-12)
    clipped, norm_again = shifts(norm / 4, rule)
    assert norm_again == norm  # what is told is the norm before
    for name, moved in plain.items():
        np.testing.assert_allclose(clipped[name], moved / 4, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("clip_norm", [None, 1e6])
def test_a_norm_that_is_off_or_not_reached_changes_no_bit(clip_norm: float | None) -> None:
    one, _ = shifts(None, "adam")
    other, _ = shifts(clip_norm, "adam")
    for name, moved in one.items():
        np.testing.assert_array_equal(moved, other[name])


@pytest.mark.parametrize("rule", ["sgd", own_rule])
@pytest.mark.parametrize("clip_norm", [None, 1e-3])
def test_the_norm_of_each_parameters_gradient_is_told_as_it_was_before_it_was_shortened(
    clip_norm: float | None, rule: Any
) -> None:
    trained = model()
    one = solver(trained, rule, clip_norm=clip_norm)
    captions, features, _ = sample_coco_minibatch(data(), 6, rng=np.random.default_rng(2))
    _, gradients = trained.reference_loss(features, captions)
    one.step()
    assert one.last_parameter_norms.keys() == gradients.keys()
    for name, gradient in gradients.items():
        assert one.last_parameter_norms[name] == pytest.approx(float(np.linalg.norm(gradient)), rel=1e-9)
    together = np.concatenate([gradient.ravel() for gradient in gradients.values()])
    assert one.last_gradient_norm == pytest.approx(float(np.linalg.norm(together)), rel=1e-9)


def test_the_norm_of_numbers_whose_squares_overflow_is_still_their_norm() -> None:
    assert norm_of(np.full((2, 2), 1e30, dtype=np.float32)) == pytest.approx(2e30, rel=1e-6)
    assert math.isnan(norm_of(np.array([np.nan], dtype=np.float32)))


@pytest.mark.parametrize("count", [1, 8191, 8192, 8193, 200_000])
def test_a_norm_of_float32_numbers_is_as_exact_as_they_are(count: int) -> None:
    numbers = np.random.default_rng(count).gamma(0.3, 1.0, count).astype(np.float32)
    exact = math.sqrt(math.fsum(float(number) ** 2 for number in numbers))
    assert norm_of(numbers) == pytest.approx(exact, rel=1.2e-7)


@pytest.mark.parametrize("wrong", [0, -1, math.inf, math.nan, "much"])
def test_a_norm_that_can_not_be_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="clip_norm"):
        solver(model(), clip_norm=wrong)
