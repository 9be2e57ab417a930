"""Gradients of each word's loss through time, against the solver's gradients and central differences."""

from typing import Literal

import numpy as np
import pytest

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.inspection.gradients import state_gradients, with_knobs
from captionviewer.core.inspection.why_this_word import contributions
from captionviewer.core.network import layers
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from tests.core.network.caption_cases import END, NULL, START, small_model

Cell = Literal["rnn", "lstm"]
CAPTION = np.array([[START, 5, 7, 4, 9, END, NULL, NULL]])


def lively(cell: Cell) -> CaptioningRNN:
    model = small_model(12, cell, np.float64, 2)
    rng = np.random.default_rng(2)
    for value in model.params.values():
        value += 0.5 * rng.standard_normal(value.shape)
    return model


def loss_from(
    model: CaptioningRNN, h: FloatArray, c: FloatArray, captions: IntArray, t: int, s: int
) -> float:
    """-ln p of the word after captions[s], run on from the state after timestep t."""
    p = model.params
    for step in range(t, s + 1):
        x = p["W_embed"][captions[:, step]]
        if model.cell_type == "rnn":
            h, _ = layers.rnn_step_forward(x, h, p["Wx"], p["Wh"], p["b"])
        else:
            h, c, _ = layers.lstm_step_forward(x, h, c, p["Wx"], p["Wh"], p["b"])
    logits = (h @ p["W_vocab"] + p["b_vocab"])[0]
    return float(np.log(np.exp(logits).sum()) - logits[captions[0, s + 1]])


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_each_state_gradient_is_that_of_central_differences(cell: Cell) -> None:
    model = lively(cell)
    features = np.random.default_rng(0).standard_normal((1, model.input_dim))
    found = state_gradients(model, features, CAPTION)
    p = model.params
    h: FloatArray = features @ p["W_proj"] + p["b_proj"]
    c: FloatArray = np.zeros_like(h)
    o: FloatArray = np.zeros_like(h)  # the output gate, through which h follows c; the photo's h follows no c
    step = 1e-5
    for t in range(5):
        for s in range(max(t - 1, 0), 5):
            for of_cell in (False, True) if cell == "lstm" else (False,):
                numeric = np.empty(model.hidden_dim)
                for unit in range(model.hidden_dim):
                    nudge = np.zeros_like(h)
                    nudge[0, unit] = step
                    ends = []
                    for change in (nudge, -nudge):
                        moved_c: FloatArray = c + change if of_cell else c
                        through_c: FloatArray = o * (np.tanh(moved_c) - np.tanh(c))
                        moved_h = h + through_c if of_cell else h + change
                        ends.append(loss_from(model, moved_h, moved_c, CAPTION, t, s))
                    numeric[unit] = (ends[0] - ends[1]) / (2 * step)
                gradients = found.c if of_cell else found.h
                assert gradients is not None
                ours = gradients[0, s, t]
                error = np.linalg.norm(ours - numeric) / (np.linalg.norm(ours) + np.linalg.norm(numeric))
                assert error < 1e-6, (t, s, of_cell)
        x = p["W_embed"][CAPTION[:, t]]
        if cell == "rnn":
            h, _ = layers.rnn_step_forward(x, h, p["Wx"], p["Wh"], p["b"])
        else:
            h, c, cache = layers.lstm_step_forward(x, h, c, p["Wx"], p["Wh"], p["b"])
            o = cache[7]


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_the_photos_gradients_add_up_to_that_of_its_projections_bias(cell: Cell) -> None:
    model = lively(cell)
    features = np.random.default_rng(0).standard_normal((1, model.input_dim))
    found = state_gradients(model, features, CAPTION)
    _, grads = model.loss(features, CAPTION)
    np.testing.assert_allclose(found.h[0, :, 0].sum(axis=0), grads["b_proj"], rtol=1e-9)


def test_outer_products_over_time_add_up_to_the_gradient_of_the_recurrent_weights() -> None:
    model = lively("rnn")
    features = np.random.default_rng(0).standard_normal((1, model.input_dim))
    found = state_gradients(model, features, CAPTION)
    p = model.params
    h: FloatArray = features @ p["W_proj"] + p["b_proj"]
    total = np.zeros_like(p["Wh"])
    for t in range(CAPTION.shape[1] - 1):
        before = h
        h, _ = layers.rnn_step_forward(p["W_embed"][CAPTION[:, t]], h, p["Wx"], p["Wh"], p["b"])
        total += before.T @ (found.h[0, :, t + 1].sum(axis=0)[np.newaxis] * (1 - h**2))
    np.testing.assert_allclose(total, model.loss(features, CAPTION)[1]["Wh"], rtol=1e-9)


def test_norms_stand_only_where_a_loss_reaches_a_state() -> None:
    model = lively("rnn")
    features = np.random.default_rng(0).standard_normal((1, model.input_dim))
    found = state_gradients(model, features, CAPTION)
    norms = found.norms()[0]
    assert np.isnan(norms[2, 4:]).all() and np.isfinite(norms[2, :4]).all()
    assert np.isnan(norms[5:]).all()  # after <END> nothing is predicted
    with pytest.raises(ValueError, match="no cell state"):
        found.norms(of_cell=True)


def test_the_knobs_turn_what_they_name_and_leave_the_model_alone() -> None:
    model = lively("lstm")
    before = {name: value.copy() for name, value in model.params.items()}
    H = model.hidden_dim
    turned = with_knobs(model, wh_scale=2.0, forget_bias=1.0)
    np.testing.assert_allclose(turned.params["Wh"], 2 * before["Wh"])
    np.testing.assert_allclose(turned.params["b"][H : 2 * H], before["b"][H : 2 * H] + 1)
    np.testing.assert_array_equal(
        np.delete(turned.params["b"], slice(H, 2 * H)), np.delete(before["b"], slice(H, 2 * H))
    )
    for name, value in model.params.items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_estimates_meet_the_real_changes_where_the_network_is_nearly_linear(
    cell: Cell,
) -> None:
    model = small_model(12, cell, np.float64, 3)  # fresh: small word vectors, so words move it little
    rng = np.random.default_rng(0)
    features = 1e-3 * rng.standard_normal(model.input_dim)
    result = contributions(model, features, np.zeros(model.input_dim), np.array([START, 5, 7]), 4)
    np.testing.assert_allclose(result.photo, result.photo_real, rtol=0.02)
    np.testing.assert_allclose(result.words, result.words_real, rtol=0.1, atol=1e-6)


def test_the_real_contribution_of_the_photo_is_the_fall_of_the_logit_with_the_average_photo() -> None:
    model = lively("lstm")
    rng = np.random.default_rng(1)
    features, mean = rng.standard_normal((2, model.input_dim))
    fed = np.array([START, 5, 7])

    def logit(given: FloatArray) -> float:
        p = model.params
        h, _ = layers.lstm_forward(
            p["W_embed"][fed][np.newaxis],
            (given @ p["W_proj"] + p["b_proj"])[np.newaxis],
            p["Wx"],
            p["Wh"],
            p["b"],
        )
        return float(h[0, -1] @ p["W_vocab"][:, 4])

    result = contributions(model, features, mean, fed, 4)
    assert result.photo_real == pytest.approx(logit(features) - logit(mean), rel=1e-9)
    assert len(result.words) == len(result.words_real) == 3
