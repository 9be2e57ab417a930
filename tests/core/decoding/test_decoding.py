"""Decoding as values: greedy captions, forced words, and surprise."""

from typing import Any

import numpy as np
import pytest

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.decoding.sampling import next_word
from captionviewer.core.decoding.surprise import surprise, surprise_of
from captionviewer.core.decoding.timestep import (
    Timestep,
    greedy_timesteps,
    initial_state,
    next_timestep,
)
from captionviewer.core.network import layers
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import DecodingState
from captionviewer.core.network.inference import WordInputs, advance
from tests.core.decoding.models import CELLS, lively_model
from tests.core.network.caption_cases import END, NULL, START, random_captions, small_model


def sample_by_reference_steps(model: CaptioningRNN, features: FloatArray, max_length: int) -> IntArray:
    p = model.params
    h, _ = layers.affine_forward(features, p["W_proj"], p["b_proj"])
    c = np.zeros_like(h)
    words = np.full(len(features), START)
    ended = np.zeros(len(features), bool)
    captions = np.full((len(features), max_length), NULL)
    for t in range(max_length):
        x, _ = layers.word_embedding_forward(words, p["W_embed"])
        if model.cell_type == "rnn":
            h, _ = layers.rnn_step_forward(x, h, p["Wx"], p["Wh"], p["b"])
        else:
            h, c, _ = layers.lstm_step_forward(x, h, c, p["Wx"], p["Wh"], p["b"])
        words = layers.affine_forward(h, p["W_vocab"], p["b_vocab"])[0].argmax(axis=1)
        captions[~ended, t] = words[~ended]
        ended |= words == END
    return captions


@pytest.mark.parametrize("cell_type", CELLS)
def test_greedy_captions_are_those_of_the_reference_step_in_a_loop(cell_type: Any) -> None:
    lengths = set()
    for seed in range(10):
        model = lively_model(cell_type, seed=seed)
        features = np.random.default_rng(seed).standard_normal((30, 6))
        expected = sample_by_reference_steps(model, features, 20)
        np.testing.assert_array_equal(model.sample(features, 20), expected)
        np.testing.assert_array_equal(model.sample(features, 20), expected)
        lengths.update((expected != NULL).sum(axis=1))
    assert len(lengths) > 3  # the captions did end at different lengths


@pytest.mark.parametrize("cell_type", CELLS)
def test_one_image_stepped_gives_what_sample_gives(cell_type: Any) -> None:
    model = lively_model(cell_type)
    for features in np.random.default_rng(1).standard_normal((10, 6)):
        timesteps = greedy_timesteps(model, features, 15)
        caption = model.sample(features[np.newaxis], 15)[0]
        words = [timestep.word for timestep in timesteps]
        np.testing.assert_array_equal(caption, words + [NULL] * (15 - len(words)))
        assert [t.index for t in timesteps] == list(range(len(timesteps)))
        assert [t.previous_word for t in timesteps] == [START, *words[:-1]]
        assert END not in words[:-1]


def test_a_sample_is_as_long_as_asked_even_if_every_caption_ended_before() -> None:
    model = lively_model("rnn")
    model.params["b_vocab"][END] = 1e3
    np.testing.assert_array_equal(model.sample(np.ones((2, 6)), 5), [[END, NULL, NULL, NULL, NULL]] * 2)
    assert model.sample(np.ones((2, 6))).shape == (2, 30)


@pytest.mark.parametrize("cell_type", CELLS)
def test_probabilities_sum_to_one_and_multiply_to_the_captions(cell_type: Any) -> None:
    timesteps = greedy_timesteps(lively_model(cell_type), np.ones(6), 10)
    total = 0.0
    for timestep in timesteps:
        assert timestep.probabilities.sum() == pytest.approx(1)
        total += np.log(timestep.probabilities[timestep.word])
        assert timestep.caption_log_probability == pytest.approx(total)


def test_the_likeliest_words_fall_in_probability_and_begin_with_the_greedy_choice() -> None:
    timestep = greedy_timesteps(lively_model("lstm"), np.ones(6))[0]
    likeliest = timestep.likeliest(4)
    assert likeliest[0][0] == timestep.word
    assert [p for _, p in likeliest] == sorted(timestep.probabilities, reverse=True)[:4]
    assert len(timestep.likeliest(1000)) == 12


def test_among_equally_likely_words_the_lower_id_comes_first() -> None:
    model = small_model()
    for value in model.params.values():
        value[...] = 0
    timestep = greedy_timesteps(model, np.ones(6), 1)[0]
    assert timestep.word == 0
    assert [word for word, _ in timestep.likeliest(3)] == [0, 1, 2]


@pytest.mark.parametrize("cell_type", CELLS)
def test_a_forced_word_changes_what_follows_and_not_what_went_before(cell_type: Any) -> None:
    model = lively_model(cell_type)
    start = initial_state(model, np.ones((1, 6)))
    kept = start.h.copy()
    greedy, forced = next_timestep(model, start), next_timestep(model, start, word=7)
    np.testing.assert_array_equal(start.h, kept)
    np.testing.assert_array_equal(greedy.probabilities, forced.probabilities)
    assert forced.word == 7 != greedy.word
    assert forced.caption_log_probability == pytest.approx(np.log(greedy.probabilities[7]))
    after_greedy, after_forced = next_timestep(model, greedy), next_timestep(model, forced)
    assert after_forced.previous_word == 7
    assert not np.allclose(after_forced.probabilities, after_greedy.probabilities)
    np.testing.assert_array_equal(next_timestep(model, greedy).probabilities, after_greedy.probabilities)


def test_a_forced_word_outside_the_vocabulary_is_refused() -> None:
    model = small_model()
    for word in (-1, 12):
        with pytest.raises(ValueError, match=str(word)):
            next_timestep(model, initial_state(model, np.ones((1, 6))), word=word)


def test_the_state_of_an_lstm_has_a_cell_and_that_of_an_rnn_has_none() -> None:
    for cell_type, has_cell in (("rnn", False), ("lstm", True)):
        state = initial_state(small_model(cell_type=cell_type), np.ones((3, 6)))
        assert isinstance(state, DecodingState)
        assert state.h.shape == (3, 7)
        assert (state.c is not None) == has_cell
        assert isinstance(greedy_timesteps(small_model(cell_type=cell_type), np.ones(6))[0], Timestep)


@pytest.mark.parametrize("cell_type", CELLS)
def test_surprise_adds_up_to_the_loss_and_is_nan_where_nothing_is_predicted(cell_type: Any) -> None:
    model = lively_model(cell_type)
    rng = np.random.default_rng(2)
    features = rng.standard_normal(6)
    captions = random_captions(rng, 5, 8, 12, holes=0.2)
    surprises = surprise_of(model, features, captions)
    assert surprises.shape == (5, 7)
    np.testing.assert_array_equal(np.isnan(surprises), captions[:, 1:] == NULL)
    loss, _ = model.loss(np.repeat(features[np.newaxis], 5, axis=0), captions)
    assert np.nansum(surprises) / 5 == pytest.approx(loss, rel=1e-10)
    for caption, row in zip(captions, surprises, strict=True):
        np.testing.assert_allclose(surprise(model, features, caption), row, rtol=1e-10)


def test_surprise_is_minus_the_log_probability_the_timesteps_show() -> None:
    model = lively_model("lstm")
    timesteps = greedy_timesteps(model, np.ones(6), 5)
    caption = np.array([START, *(t.word for t in timesteps)])
    expected = [-np.log(t.probabilities[t.word]) for t in timesteps]
    np.testing.assert_allclose(surprise(model, np.ones(6), caption), expected, rtol=1e-10)


def test_surprise_refuses_ids_outside_the_vocabulary() -> None:
    with pytest.raises(ValueError, match="99"):
        surprise(small_model(), np.ones(6), np.array([1, 99]))


@pytest.mark.parametrize("cell_type", CELLS)
def test_decoding_in_float32_stays_float32(cell_type: Any) -> None:
    model = lively_model(cell_type, np.float32)
    timestep = greedy_timesteps(model, np.ones(6))[0]
    assert timestep.probabilities.dtype == timestep.state.h.dtype == np.float32
    assert surprise(model, np.ones(6), np.array([1, 5, 2])).dtype == np.float32


@pytest.mark.parametrize("cell_type", CELLS)
def test_what_a_word_adds_is_the_same_when_it_is_kept_from_an_earlier_timestep(cell_type: Any) -> None:
    model = lively_model(cell_type)
    kept = WordInputs(model.params)
    rng = np.random.default_rng(3)
    for words in (np.array([5, 5, 2]), np.array([2, 7, 5]), rng.integers(12, size=30)):
        state = initial_state(model, rng.standard_normal((len(words), model.params["W_proj"].shape[0])))
        with_kept, fresh = (advance(model.params, state, words, inputs) for inputs in (kept, None))
        np.testing.assert_allclose(with_kept[0].h, fresh[0].h, rtol=0, atol=1e-12)
        np.testing.assert_allclose(with_kept[1], fresh[1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_words_are_cut_in_the_order_of_a_stable_sort_where_many_are_equally_likely(dtype: Any) -> None:
    rng = np.random.default_rng(0)
    logits = rng.integers(-3, 2, size=(50, 40)).astype(dtype)
    logits[:, ::7] = -np.inf
    for k in (1, 3, 11, 39):
        kept = next_word(logits, 0.8, k).kept
        for row, these in zip(logits, kept, strict=True):
            likeliest = sorted(
                (word for word in range(40) if np.isfinite(row[word])), key=lambda w: (-row[w], w)
            )
            assert np.flatnonzero(these).tolist() == sorted(likeliest[:k])
