"""The fast path is the reference: the same loss and gradients, whatever comes, and nothing shared."""

import copy
import threading
from typing import Any

import numpy as np
import pytest

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.minibatch import sample_coco_minibatch
from captionviewer.core.network import captioning_rnn, optim
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.network.unique_words import UniqueWords
from captionviewer.core.network.workspace import Workspace
from tests.core.network.caption_cases import (
    NULL,
    distance,
    random_captions,
    small_data,
    small_model,
    vocabulary,
)

CELLS = ["rnn", "lstm"]
LOSS_BOUND = {np.float64: 1e-10, np.float32: 1e-5}
GRADIENT_BOUND = {np.float64: 1e-8, np.float32: 1e-5}


def assert_like_the_reference(
    model: CaptioningRNN, features: FloatArray, captions: IntArray, dtype: Any
) -> None:
    loss, grads = model.loss(features, captions)
    expected, expected_grads = model.reference_loss(features, captions)
    assert loss == pytest.approx(expected, rel=LOSS_BOUND[dtype], abs=1e-12)
    assert set(grads) == set(expected_grads)
    for name, gradient in expected_grads.items():
        assert grads[name].shape == gradient.shape
        assert grads[name].dtype == gradient.dtype == model.params[name].dtype
        assert distance(grads[name], gradient) < GRADIENT_BOUND[dtype], name


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("cell_type", CELLS)
def test_random_shapes_and_masks_with_holes_give_the_references_gradients(cell_type: Any, dtype: Any) -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        V, D, W, H, N, T = (int(rng.integers(low, 40)) for low in (4, 1, 1, 1, 1, 2))
        model = CaptioningRNN(vocabulary(V), D, W, H, cell_type, dtype, rng=rng)
        for name in ("b", "b_proj", "b_vocab"):
            model.params[name] += rng.standard_normal(model.params[name].shape).astype(dtype)
        for holes in (0.0, 0.3):  # twice with one model: what is kept between calls must not show
            captions = random_captions(rng, N, T, V, holes)
            assert_like_the_reference(model, rng.standard_normal((N, D)), captions, dtype)


@pytest.mark.parametrize("cell_type", CELLS)
def test_one_caption_and_one_timestep_give_the_references_gradients(cell_type: Any) -> None:
    model = small_model(cell_type=cell_type)
    for captions in ([[1, 5]], [[1, 5], [1, 6]], [[1, 5, 6, 2]], [[0, 3]], [[3, 0]], [[0, 0, 0, 4]]):
        features = np.random.default_rng(0).standard_normal((len(captions), 6))
        assert_like_the_reference(model, features, np.array(captions), np.float64)


@pytest.mark.parametrize("cell_type", CELLS)
def test_a_null_within_a_caption_is_an_input_like_any_other(cell_type: Any) -> None:
    model = small_model(cell_type=cell_type)
    features = np.ones((1, 6))
    captions = np.array([[1, 5, NULL, NULL, 6, 2, NULL]])
    assert_like_the_reference(model, features, captions, np.float64)
    before, grads = model.loss(features, captions)
    assert grads["W_embed"][NULL].any()
    model.params["W_embed"][NULL] += 1
    assert model.loss(features, captions)[0] != before


@pytest.mark.parametrize("cell_type", CELLS)
def test_rows_with_nothing_to_predict_only_lower_the_mean(cell_type: Any) -> None:
    model = small_model(cell_type=cell_type)
    rng = np.random.default_rng(0)
    captions = random_captions(rng, 9, 7, 12)
    captions[[0, 4, 8]] = NULL
    captions[4, 0] = 1  # an input, and no target
    assert_like_the_reference(model, rng.standard_normal((9, 6)), captions, np.float64)


def test_gradients_once_returned_are_the_callers() -> None:
    model = small_model()
    rng = np.random.default_rng(0)
    _, first = model.loss(rng.standard_normal((4, 6)), random_captions(rng, 4, 6, 12))
    kept = {name: gradient.copy() for name, gradient in first.items()}
    model.loss(rng.standard_normal((4, 6)), random_captions(rng, 4, 6, 12))
    for name, gradient in kept.items():
        np.testing.assert_array_equal(first[name], gradient)


@pytest.mark.parametrize("cell_type", CELLS)
def test_parameters_may_be_replaced_or_rewritten_between_calls(cell_type: Any) -> None:
    rng = np.random.default_rng(0)
    model = small_model(cell_type=cell_type, dtype=np.float32)
    features, captions = rng.standard_normal((5, 6)), random_captions(rng, 5, 7, 12)
    assert_like_the_reference(model, features, captions, np.float32)
    for name, value in model.params.items():
        value *= 1.5  # rewritten in place
        assert_like_the_reference(model, features, captions, np.float32)
        model.params[name] = np.asfortranarray(rng.standard_normal(value.shape).astype(np.float32))
        assert_like_the_reference(model, features, captions, np.float32)
        model.params[name] = rng.standard_normal(value.shape)  # of another dtype
        assert_like_the_reference(model, features, captions, np.float32)
    assert_like_the_reference(model, features, captions, np.float64)  # by now all are float64


@pytest.mark.parametrize("cell_type", CELLS)
def test_two_threads_may_use_one_model_in_turn_or_at_once(cell_type: Any) -> None:
    model = small_model(cell_type=cell_type)
    rng = np.random.default_rng(0)
    cases = [(rng.standard_normal((n, 6)), random_captions(rng, n, t, 12)) for n, t in ((9, 8), (3, 4))]
    expected = [model.reference_loss(*case) for case in cases]
    wrong: list[float] = []

    def use(which: int, times: int) -> None:
        for _ in range(times):
            loss, grads = model.loss(*cases[which])
            worst = max(distance(grads[name], value) for name, value in expected[which][1].items())
            if worst > 1e-8 or abs(loss - expected[which][0]) > 1e-9:
                wrong.append(worst)

    for turn in range(6):
        thread = threading.Thread(target=use, args=(turn % 2, 1))
        thread.start()
        thread.join()
    threads = [threading.Thread(target=use, args=(which, 40)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_no_copy_of_a_model_shares_the_arrays_kept_for_speed() -> None:
    model = small_model()
    model.loss(np.ones((2, 6)), np.array([[1, 5, 2], [1, 6, 2]]))
    kept = set(map(id, model._idle_workspaces))
    assert kept
    for twin in (model.copy(), copy.copy(model), copy.deepcopy(model)):
        twin.loss(np.ones((2, 6)), np.array([[1, 5, 2], [1, 6, 2]]))
        assert not kept & set(map(id, twin._idle_workspaces))


def test_what_an_unusually_large_minibatch_needed_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_model()
    batch = np.ones((2, 6)), np.array([[1, 5, 2], [1, 6, 2]])
    model.loss(*batch)
    assert model._idle_workspaces
    monkeypatch.setattr(captioning_rnn, "_WORKSPACE_KEPT", 100)
    model.loss(*batch)
    assert not model._idle_workspaces


def test_a_minibatch_larger_than_before_and_one_smaller_are_both_right() -> None:
    model = small_model()
    rng = np.random.default_rng(0)
    for N in (3, 30, 2, 31, 1):
        captions = random_captions(rng, N, 9, 12)
        assert_like_the_reference(model, rng.standard_normal((N, 6)), captions, np.float64)


def reference_training(
    model: CaptioningRNN, data: dict[str, Any], rng: np.random.Generator, steps: int, configs: dict[str, Any]
) -> None:
    for _ in range(steps):
        captions, features, _ = sample_coco_minibatch(data, 5, "train", rng)
        _, grads = model.reference_loss(features, captions)
        for name in model.params:
            model.params[name], configs[name] = optim.adam(model.params[name], grads[name], configs[name])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("cell_type", CELLS)
def test_twenty_steps_end_where_the_reference_ends_though_parameters_are_replaced_meanwhile(
    cell_type: Any, dtype: Any
) -> None:
    data = small_data()
    model = small_model(cell_type=cell_type, dtype=dtype)
    reference = model.copy()
    solver = CaptioningSolver(
        model,
        data,
        "adam",
        {"learning_rate": 1e-2},
        batch_size=5,
        verbose=False,
        rng=np.random.default_rng(1),
    )
    rng, draw = np.random.default_rng(1), np.random.default_rng(2)
    configs: dict[str, Any] = {name: {"learning_rate": 1e-2} for name in model.params}
    for round_ in range(5):
        for _ in range(4):
            solver.step()
        reference_training(reference, data, rng, 4, configs)
        for name, value in reference.params.items():
            assert model.params[name].dtype == dtype
            assert distance(model.params[name], value) < GRADIENT_BOUND[dtype], (round_, name)
        replaced = draw.standard_normal(reference.params["Wx"].shape)
        model.params["Wx"] = replaced.astype(np.float32 if round_ % 2 else np.float64)
        reference.params["Wx"] = model.params["Wx"].astype(dtype)
        model.params["b"] += 0.5
        reference.params["b"] = reference.params["b"] + dtype(0.5)


def test_two_solvers_may_train_one_model_in_turn() -> None:
    data = small_data()
    model = small_model()
    reference = model.copy()
    solvers = [
        CaptioningSolver(model, data, "sgd", batch_size=5, verbose=False, rng=np.random.default_rng(seed))
        for seed in (0, 1)
    ]
    rngs = [np.random.default_rng(seed) for seed in (0, 1)]
    for turn in range(6):
        solvers[turn % 2].step()
        captions, features, _ = sample_coco_minibatch(data, 5, "train", rngs[turn % 2])
        _, grads = reference.reference_loss(features, captions)
        for name in reference.params:
            reference.params[name], _ = optim.sgd(reference.params[name], grads[name])
    for name, value in reference.params.items():
        assert distance(model.params[name], value) < 1e-10, name


def test_a_copy_taken_between_steps_stays_as_it_was() -> None:
    model = small_model()
    solver = CaptioningSolver(model, small_data(), "adam", batch_size=5, verbose=False)
    solver.step()
    twin = model.copy()
    kept = {name: value.copy() for name, value in twin.params.items()}
    solver.step()
    for name, value in kept.items():
        np.testing.assert_array_equal(twin.params[name], value)
        assert not np.array_equal(model.params[name], value) or not value.any()


def test_a_parameter_replaced_by_one_of_another_shape_stops_the_solver_in_words() -> None:
    model = small_model()
    solver = CaptioningSolver(model, small_data(), batch_size=5, verbose=False)
    solver.step()
    model.params["b"] = np.zeros(1)  # would spread over all of b if it were only copied in
    with pytest.raises(ValueError, match="'b'"):
        solver.step()


def test_rows_of_one_word_are_added_up() -> None:
    rng = np.random.default_rng(0)
    words = rng.integers(0, 7, size=40)
    rows = rng.standard_normal((40, 3))
    unique = UniqueWords(words)
    expected = np.zeros((7, 3))
    np.add.at(expected, words, rows)
    np.testing.assert_array_equal(unique.ids[unique.inverse], words)
    np.testing.assert_allclose(unique.add_up(rows, Workspace()), expected[unique.ids])
