"""States and gates are the reference layers'; places, scores and knock-outs are what brute force gives."""

from typing import Literal

import numpy as np
import pytest

from captionviewer.core.arrays import FloatArray
from captionviewer.core.inspection.knock_out import captions_without, changes_by_unit, num_changed
from captionviewer.core.inspection.states import CorpusStates, corpus_states, trace_states
from captionviewer.core.inspection.units import (
    changing_here,
    clustered,
    extreme_places,
    most_changing,
    specificity,
    word_scores,
)
from captionviewer.core.network import layers
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import CELLS, QUANTITIES, CellType, Quantity
from tests.core.network.caption_cases import END, NULL, START, random_captions, small_model

Cell = Literal["rnn", "lstm"]


def lively(cell: Cell, seed: int = 0) -> CaptioningRNN:
    model = small_model(12, cell, np.float64, seed)
    rng = np.random.default_rng(seed)
    for value in model.params.values():
        value += rng.standard_normal(value.shape)
    return model


def features_of(model: CaptioningRNN, count: int, seed: int = 1) -> FloatArray:
    return np.random.default_rng(seed).standard_normal((count, model.input_dim))


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_a_trace_holds_what_the_reference_step_computes(cell: Cell) -> None:
    model = lively(cell)
    p, features = model.params, features_of(model, 1)[0]
    words = np.array([START, 5, 7, 5, 9])
    trace = trace_states(model, features, words)
    h: FloatArray = (features @ p["W_proj"] + p["b_proj"])[np.newaxis]
    np.testing.assert_allclose(trace.initial, h[0], rtol=1e-12)
    c: FloatArray = np.zeros_like(h)
    for t, word in enumerate(words):
        x = p["W_embed"][[word]]
        if cell == "rnn":
            h, _ = layers.rnn_step_forward(x, h, p["Wx"], p["Wh"], p["b"])
        else:
            h, c, cache = layers.lstm_step_forward(x, h, c, p["Wx"], p["Wh"], p["b"])
            gates: list[Quantity] = ["i", "f", "o", "g"]
            for name, gate in zip(gates, cache[5:9], strict=True):
                np.testing.assert_allclose(trace.values[name][t], gate[0], rtol=1e-9)
            np.testing.assert_allclose(trace.values["c"][t], c[0], rtol=1e-10)
        np.testing.assert_allclose(trace.values["h"][t], h[0], rtol=1e-10)


@pytest.mark.parametrize("cell", CELLS)
def test_all_that_a_cell_computes_has_a_name_and_lies_where_it_is_shown(cell: CellType) -> None:
    trace = trace_states(lively(cell), features_of(lively(cell), 1)[0], np.array([START, 3, 5, 7, 7, 7]))
    for key in CELLS[cell].quantities:
        facts = QUANTITIES[key]
        assert facts.name
        assert key == "c" or (facts.low <= trace.values[key].min() and trace.values[key].max() <= facts.high)


@pytest.mark.parametrize("quantity", ["h", "c", "f"])
def test_a_pass_over_a_corpus_keeps_the_same_as_one_caption_after_the_other(
    quantity: Literal["h", "c", "f"],
) -> None:
    model = lively("lstm")
    captions = random_captions(np.random.default_rng(5), 40, 8, 12)
    captions[:, 0] = START
    features = features_of(model, 40)
    told: list[float] = []
    states = corpus_states(
        model, features, captions, quantity, progress=lambda share: told.append(share) is None
    )
    assert states is not None and told[-1] == 1.0
    place = 0
    for row, caption in enumerate(captions):
        padding = np.flatnonzero(caption == NULL)
        fed = caption[: padding[0]] if len(padding) else caption
        trace = trace_states(model, features[row], fed)
        here = slice(place, place + len(fed))
        np.testing.assert_allclose(states.values[here], trace.values[quantity], atol=2e-3)
        np.testing.assert_array_equal(states.word[here], fed)
        np.testing.assert_array_equal(states.caption[here], row)
        np.testing.assert_array_equal(states.timestep[here], np.arange(len(fed)))
        place += len(fed)
    assert place == len(states.values)


def test_a_pass_ends_when_nobody_wants_it_and_an_rnn_has_no_gates() -> None:
    model = lively("rnn")
    captions = random_captions(np.random.default_rng(0), 5, 6, 12)
    assert corpus_states(model, features_of(model, 5), captions, progress=lambda _share: False) is None
    with pytest.raises(ValueError, match="no f"):
        corpus_states(model, features_of(model, 5), captions, "f")


def made_up(values: FloatArray, words: list[int]) -> CorpusStates:
    zeros = np.zeros(len(words), dtype=np.intp)
    return CorpusStates("h", values.astype(np.float16), zeros, zeros, np.array(words))


def test_the_extreme_places_are_those_of_a_stable_sort() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(-20, 20, (500, 3)).astype(float)  # many equal ones
    states = made_up(values, [0] * 500)
    highest, lowest = extreme_places(states, 1, 20)
    np.testing.assert_array_equal(highest, np.argsort(-values[:, 1], kind="stable")[:20])
    np.testing.assert_array_equal(lowest, np.argsort(values[:, 1], kind="stable")[:20])
    assert len(extreme_places(states, 1, 1000)[0]) == 500


def test_a_unit_made_for_one_word_is_found_and_noise_is_not_told_from_chance() -> None:
    rng = np.random.default_rng(0)
    words = rng.integers(0, 30, 3000)
    values = rng.standard_normal((3000, 2))
    values[words == 17, 0] += 4
    states = made_up(values, words.tolist())
    found = specificity(states, 0, 30)
    assert found is not None and found.word == 17 and found.z > 5 * found.chance
    standard = (states.values[:, 0].astype(float) - states.values[:, 0].astype(float).mean()) / states.values[
        :, 0
    ].astype(float).std()
    assert found.z == pytest.approx(standard[words == 17].mean())
    noise = specificity(states, 1, 30)
    assert noise is not None and abs(noise.z) < 2 * noise.chance
    assert specificity(made_up(np.ones((100, 1)), [1] * 100), 0, 30) is None
    assert int(np.abs(word_scores(states, 17)).argmax()) == 0
    assert not word_scores(states, 29 + 1).any()


def test_orders_of_units_are_permutations_that_put_first_what_they_promise() -> None:
    model = lively("lstm")
    trace = trace_states(model, features_of(model, 1)[0], np.array([START, 4, 6, 8]))
    values = trace.values["c"]
    H = model.hidden_dim
    for order in (most_changing(values), clustered(values), changing_here(trace, "c", 2)):
        assert sorted(order.tolist()) == list(range(H))
    assert changing_here(trace, "c", 2)[0] == np.abs(values[2] - values[1]).argmax()
    assert changing_here(trace, "h", 0)[0] == np.abs(trace.values["h"][0] - trace.initial).argmax()
    assert most_changing(values)[0] == np.abs(np.diff(values, axis=0)).sum(axis=0).argmax()
    twins = np.stack([np.sin(np.arange(6)), np.arange(6.0), np.sin(np.arange(6)) * 0.5], axis=1)
    assert (
        abs(int(np.flatnonzero(clustered(twins) == 0)[0]) - int(np.flatnonzero(clustered(twins) == 2)[0]))
        == 1
    )


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_a_unit_turned_over_in_all_weights_gives_the_same_captions(cell: Cell) -> None:
    model, unit = lively(cell), 3
    features = features_of(model, 20)
    turned, own = model.copy(), unit if cell == "rnn" else 3 * model.hidden_dim + unit  # g, of an LSTM
    for name, place in (
        ("W_proj", np.s_[:, unit]),
        ("b_proj", unit),
        ("Wx", np.s_[:, own]),
        ("Wh", np.s_[:, own]),
        ("b", own),
        ("Wh", unit),
        ("W_vocab", unit),
    ):
        turned.params[name][place] *= -1
    np.testing.assert_array_equal(turned.sample(features), model.sample(features))
    words = np.array([START, 5, 7])
    before, after = (trace_states(one, features[0], words).values["h"] for one in (model, turned))
    np.testing.assert_allclose(after[:, unit], -before[:, unit], rtol=1e-5)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_holding_no_unit_changes_nothing_and_holding_all_gives_the_caption_of_no_state(cell: Cell) -> None:
    model = lively(cell)
    features = features_of(model, 6)
    np.testing.assert_array_equal(captions_without(model, features, []), model.sample(features))
    silent = captions_without(model, features, range(model.hidden_dim))
    word = int(model.params["b_vocab"].argmax())
    expected = [END if word == END else word] * (1 if word == END else 30)
    assert silent[0][: len(expected)].tolist() == expected
    assert (silent == silent[0]).all()


def test_a_unit_is_held_at_its_value_in_every_state_also_the_photos() -> None:
    model = lively("rnn")
    features = features_of(model, 4)
    model.params["b_proj"][3] = 40.0  # the photo's own state would lead to other words
    for value in (0.0, 1.5):
        twin = model.copy()  # a unit that is held is one whose way out, to words and to itself, is constant
        for weights, bias in (("W_vocab", "b_vocab"), ("Wh", "b")):
            twin.params[bias] += value * twin.params[weights][3]
            twin.params[weights][3] = 0
        held = captions_without(model, features, [3], value)
        np.testing.assert_array_equal(held, twin.sample(features))
        assert not np.array_equal(held, model.sample(features))
    with pytest.raises(ValueError, match="units are 0 to"):
        captions_without(model, features, [model.hidden_dim])


def test_changes_are_counted_for_each_unit_and_the_count_can_be_ended() -> None:
    model = lively("lstm")
    features = features_of(model, 8)
    usual = model.sample(features)
    counts = changes_by_unit(model, features)
    assert counts is not None and counts.shape == (model.hidden_dim,) and counts.any()
    assert counts[2] == num_changed(model, features, usual, 2)
    assert changes_by_unit(model, features, progress=lambda _share: False) is None
    shares: list[float] = []

    def progress(share: float) -> bool:
        shares.append(share)
        return True

    changes_by_unit(model, features, progress=progress)
    H = model.hidden_dim
    np.testing.assert_allclose(shares, np.arange(1, H + 1) / H)
