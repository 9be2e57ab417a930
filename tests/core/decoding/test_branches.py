"""Another word: what is forced, what is kept, and what it costs."""

from typing import Any

import numpy as np
import pytest

from captionviewer.core.coco.vocabulary import END, START
from captionviewer.core.decoding.branches import (
    Branch,
    carry_over,
    cost,
    first_branch,
    force,
    forced_caption,
    fork,
    prefix_of,
)
from captionviewer.core.decoding.caption_photos import caption_photos
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.surprise import surprise
from captionviewer.core.decoding.timestep import greedy_timesteps
from tests.core.decoding.models import CELLS, lively_model

GREEDY = Decoding(max_length=9)


def features_of(model: Any, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(len(model.params["W_proj"]))


def other_word(model: Any, branch: Branch, index: int) -> int:
    """The second likeliest word at a timestep that does not end the caption."""
    end = model.word_to_idx[END]
    ranked = [word for word, _p in branch.timesteps[index].likeliest(4)]
    return next(word for word in ranked if word not in (branch.words[index], end))


@pytest.mark.parametrize("cell", CELLS)
def test_forcing_the_greedy_word_changes_nothing(cell: str) -> None:
    model = lively_model(cell)
    features = features_of(model)
    first = first_branch(model, features, GREEDY)
    assert first.words == tuple(step.word for step in greedy_timesteps(model, features, 9))
    for index, word in enumerate(first.words):
        again = force(model, features, GREEDY, first, index, word)
        assert again.words == first.words
        assert again.log_probability == first.log_probability
        for one, other in zip(again.timesteps, first.timesteps, strict=True):
            assert np.array_equal(one.probabilities, other.probabilities)


@pytest.mark.parametrize("cell", CELLS)
def test_a_branch_keeps_the_very_timesteps_before_its_fork(cell: str) -> None:
    model = lively_model(cell, seed=1)
    features = features_of(model)
    first = first_branch(model, features, GREEDY)
    index = len(first.words) - 1
    second = force(model, features, GREEDY, first, index, other_word(model, first, index))
    assert fork(first, second) == index
    assert all(a is b for a, b in zip(first.timesteps[:index], second.timesteps[:index], strict=True))
    assert second.timesteps[index].word == second.forced[index] != first.words[index]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("dtype", "close"), [(np.float64, 1e-9), (np.float32, 1e-4)])
def test_ln_p_of_a_branch_is_minus_its_surprise_under_teacher_forcing(
    cell: str, dtype: Any, close: float
) -> None:
    model = lively_model(cell, dtype)
    features = features_of(model).astype(dtype)
    for decoding in (GREEDY, Decoding("sample", 1.5, max_length=9, forbidden_words=("word0",))):
        first = first_branch(model, features, decoding)
        second = force(model, features, decoding, first, 0, other_word(model, first, 0))
        for branch in (first, second):
            caption = np.array([model.word_to_idx[START], *branch.words])
            expected = surprise(model, features, caption)
            shown = caption[1:] != model.word_to_idx["<NULL>"]
            np.testing.assert_allclose(np.array(branch.surprises)[shown], expected[shown], atol=close)
            if shown.all():
                assert branch.log_probability == pytest.approx(-expected.sum(), abs=close)


@pytest.mark.parametrize("method", ["greedy", "sample", "beam", "exact"])
def test_a_caption_with_nothing_forced_is_that_of_many_photos(method: Any) -> None:
    model = lively_model("lstm", V=7)
    features = features_of(model)
    decoding = Decoding(method, 1.3, 5, 0.95, forbidden_words=("word0",), ngram_block=2, max_length=5, seed=4)
    expected = caption_photos(model, features[np.newaxis], decoding)
    assert expected is not None
    words = first_branch(model, features, decoding).words
    assert words == tuple(expected[0, : len(words)])


def test_end_can_be_forced_and_nothing_follows_it() -> None:
    model = lively_model("rnn")
    features, end = features_of(model), model.word_to_idx[END]
    first = first_branch(model, features, GREEDY)
    ended = force(model, features, GREEDY, first, 1, end)
    assert ended.words == (first.words[0], end)
    with pytest.raises(ValueError, match="no timestep 2"):
        force(model, features, GREEDY, ended, 2, 4)


def test_a_forbidden_word_is_not_said_but_can_be_forced() -> None:
    model = lively_model("lstm")
    features = features_of(model)
    word = first_branch(model, features, GREEDY).words[0]
    never = Decoding(max_length=9, forbidden_words=(model.idx_to_word[word],))
    without = first_branch(model, features, never)
    assert word not in without.words
    forced = force(model, features, never, without, 0, word)
    assert forced.words[0] == word and word not in forced.words[1:]


def test_what_a_word_cost_and_what_was_won_back_make_the_difference_of_ln_p() -> None:
    model = lively_model("rnn", seed=2)
    features = features_of(model)
    first = first_branch(model, features, GREEDY)
    second = force(model, features, GREEDY, first, 1, other_word(model, first, 1))
    costs = cost(first, second, 1)
    assert costs.word > 0, "the greedy word was the likeliest there"
    assert costs.total == pytest.approx(first.log_probability - second.log_probability, abs=1e-12)


@pytest.mark.parametrize("method", ["greedy", "sample", "beam", "exact"])
def test_what_is_known_of_a_photo_is_taken_over_and_changes_no_number(method: Any) -> None:
    model = lively_model("lstm", seed=1)
    features, known = features_of(model), list[Branch]()
    decoding = Decoding(method, 1.3, beam_width=3, max_length=5, seed=3)
    known.append(first_branch(model, features, decoding))
    places = [(0, 1), (0, 0), (1, 2)]  # another word in that branch, at that timestep
    for number, index in places:
        prefix = prefix_of(known[number], index, other_word(model, known[number], index))
        alone = forced_caption(model, features, decoding, prefix)
        found = forced_caption(model, features, decoding, prefix, known)
        kept = zip(known[number].timesteps[:index], found.branch.timesteps[:index], strict=True)
        assert all(a is b for a, b in kept)
        searched = method in ("beam", "exact") and number == 0 and index > 0
        assert (found.usual is known[number]) is not searched, "a search is no caption from the middle on"
        assert (found.branch.words, found.usual.words) == (alone.branch.words, alone.usual.words)
        assert (found.branch.forced, found.usual.forced) == (alone.branch.forced, alone.usual.forced)
        assert found.cost == alone.cost
        for one, other in zip(found.branch.timesteps, alone.branch.timesteps, strict=True):
            assert np.array_equal(one.probabilities, other.probabilities)
        known.append(found.branch)
    deleted, last = known[1], known[3]  # the caption that went on from the last one's first forced word
    prefix = prefix_of(last, 2, last.timesteps[2].likeliest(4)[-1][0])
    found = forced_caption(model, features, decoding, prefix, [known[0], last])
    assert found.usual.words == deleted.words and found.usual.forced == deleted.forced


def test_words_kept_are_said_of_another_photo_and_what_was_forced_stays_marked() -> None:
    model = lively_model("lstm")
    features, others = features_of(model), features_of(model, 5)
    first = first_branch(model, features, GREEDY)
    forced = force(model, features, GREEDY, first, 1, other_word(model, first, 1))
    kept = carry_over(model, others, GREEDY, forced.words[:2], [1])
    assert kept.words[:2] == forced.words[:2]
    assert kept.forced == {1: forced.words[1]}
    caption = np.array([model.word_to_idx[START], *kept.words])
    np.testing.assert_allclose(kept.surprises, surprise(model, others, caption), atol=1e-9)
