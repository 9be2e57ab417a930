"""Beam search step by step, and the likeliest caption proved: both against all captions there are.

There is no test that a wider beam finds a likelier caption, or that a beam beats greedy: both are false.
"""

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from captionviewer.core.decoding import beam_search as beam_search_module
from captionviewer.core.decoding import exact_search as module
from captionviewer.core.decoding.beam_search import SHOWN_PRUNED, BeamNode, BeamSearch, beam_search
from captionviewer.core.decoding.caption_photos import caption_photos
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.exact_search import exact_search
from captionviewer.core.decoding.greedy import greedy
from captionviewer.core.decoding.restrictions import Restrictions
from captionviewer.core.decoding.sampling import sample
from captionviewer.core.decoding.surprise import surprise, surprise_of
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from tests.core.decoding.models import CELLS, lively_model
from tests.core.network.caption_cases import END, NULL, START

PHOTOS = np.random.default_rng(3).standard_normal((12, 6))


def all_captions(V: int, T: int) -> list[tuple[int, ...]]:
    """Every caption there can be, without <NULL>: up to its <END>, or T words."""
    captions = []
    for t in range(1, T + 1):
        for words in itertools.product(range(1, V), repeat=t):
            if END not in words[:-1] and (words[-1] == END or t == T):
                captions.append(words)
    return captions


def likeliest_first(model: CaptioningRNN, features: Any, T: int) -> list[tuple[float, tuple[int, ...]]]:
    """All captions with ln p, by the surprise at them."""
    captions = all_captions(len(model.word_to_idx), T)
    padded = np.full((len(captions), T + 1), NULL)
    padded[:, 0] = START
    for row, words in zip(padded, captions, strict=True):
        row[1 : len(words) + 1] = words
    each = surprise_of(model, features, padded)
    scores = -np.nansum(each, axis=1)
    return sorted(zip(scores.tolist(), captions, strict=True), key=lambda one: -one[0])


def tiny_model(cell_type: Any, seed: int, V: int = 6, dtype: Any = np.float64) -> CaptioningRNN:
    """Few words, and <NULL> is never said: `surprise` does not count it."""
    model = lively_model(cell_type, dtype, seed, V)
    model.params["b_vocab"][NULL] = -1e3
    return model


@pytest.mark.parametrize("cell_type", CELLS)
@pytest.mark.parametrize(("V", "T"), [(6, 5), (7, 4), (6, 1)])
def test_the_exact_search_finds_the_likeliest_of_all_captions_and_proves_it(
    cell_type: Any, V: int, T: int
) -> None:
    different = 0
    for seed in range(12):
        model = tiny_model(cell_type, seed, V)
        every = likeliest_first(model, PHOTOS[seed], T)
        assert sum(math.exp(score) for score, _ in every) == pytest.approx(1)
        found = exact_search(model, PHOTOS[seed], Decoding("exact", max_length=T))
        assert found.proved
        assert found.words == every[0][1]
        assert found.log_probability == pytest.approx(every[0][0], abs=1e-9)
        assert every[1][0] - 1e-9 <= found.others_at_most <= found.log_probability + 1e-9
        by_greed = greedy(model, PHOTOS[seed : seed + 1], Decoding(max_length=T))[0]
        different += found.words != tuple(by_greed[: len(found.words)])
    assert different or T == 1  # greedy does not always find it


@pytest.mark.parametrize("cell_type", CELLS)
def test_the_exact_search_needs_no_good_caption_to_begin_with(
    cell_type: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A beam that happened to find the likeliest caption would hide a wrong search."""
    for seed in range(12):
        model = tiny_model(cell_type, seed)
        every = likeliest_first(model, PHOTOS[seed], 5)
        worst = BeamNode(None, every[-1][1][0], 1, every[-1][0], 0, "found")
        for word in every[-1][1][1:]:
            worst = BeamNode(worst, word, worst.length + 1, every[-1][0], 0, "found")
        step = replace(beam_search(model, PHOTOS[seed], Decoding(max_length=5)), found=(worst,))
        monkeypatch.setattr(module, "beam_search", lambda *_, step=step: step)
        found = exact_search(model, PHOTOS[seed], Decoding("exact", max_length=5))
        assert found.proved and found.words == every[0][1]
        assert found.others_at_most >= every[1][0] - 1e-9


@pytest.mark.parametrize("cell_type", CELLS)
def test_a_beam_wide_enough_for_all_beginnings_finds_the_likeliest_of_all_captions(cell_type: Any) -> None:
    for seed in range(8):
        model = tiny_model(cell_type, seed)
        every = likeliest_first(model, PHOTOS[seed], 4)
        *_, last = BeamSearch(model, Decoding("beam", max_length=4), width=5**3).steps(PHOTOS[seed])
        best = last.best()
        assert [node.words for node in best[:20]] == [words for _, words in every[:20]]
        assert [node.log_probability for node in best[:20]] == pytest.approx(
            [score for score, _ in every[:20]]
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cell_type", CELLS)
def test_a_beam_of_width_1_is_greedy_whatever_alpha(cell_type: Any, dtype: Any) -> None:
    model, photos = lively_model(cell_type, dtype), PHOTOS.astype(dtype)
    for decoding in (
        Decoding(max_length=15),
        Decoding(max_length=3),
        Decoding(forbidden_words=("word3", "<END>")),
        Decoding(ngram_block=2, max_length=20),
        Decoding(ngram_block=1),
    ):
        for alpha in (0.0, 1.0):
            beam = replace(decoding, method="beam", beam_width=1, alpha=alpha)
            np.testing.assert_array_equal(
                caption_photos(model, photos, beam), greedy(model, photos, decoding)
            )


def test_a_beam_of_width_1_is_greedy_also_where_two_words_are_all_but_equally_likely() -> None:
    model = lively_model("rnn", np.float32)
    for value in model.params.values():
        value[...] = 0
    model.params["b_vocab"][[5, 7]] = np.float32(0.1), np.nextafter(np.float32(0.1), np.float32(1))
    assert int(greedy(model, PHOTOS[:1].astype(np.float32))[0, 0]) == 7
    assert beam_search(model, PHOTOS[0].astype(np.float32), Decoding(beam_width=1)).best()[0].words[0] == 7


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-4), (np.float64, 1e-9)])
@pytest.mark.parametrize("cell_type", CELLS)
def test_what_is_returned_as_ln_p_is_minus_the_surprise_added_up(
    cell_type: Any, dtype: Any, tolerance: float
) -> None:
    model = lively_model(cell_type, dtype)
    model.params["b_vocab"][NULL] = -1e3  # which surprise does not count
    for features in PHOTOS.astype(dtype):
        found = [
            (n.words, n.log_probability) for n in beam_search(model, features, Decoding(beam_width=7)).found
        ]
        exact = exact_search(model, features, Decoding(max_length=12))
        for words, score in [*found, (exact.words, exact.log_probability)]:
            each = surprise(model, features, np.array([START, *words]))
            assert score == pytest.approx(-np.nansum(each), abs=tolerance)


@pytest.mark.parametrize("cell_type", CELLS)
def test_no_beam_finds_a_likelier_caption_than_the_exact_search(cell_type: Any) -> None:
    for seed, features in enumerate(PHOTOS):
        model = lively_model(cell_type, seed=seed)
        exact = exact_search(model, features, Decoding(max_length=12))
        assert exact.proved
        for width in (1, 2, 3, 5, 10):
            best = beam_search(model, features, Decoding(beam_width=width, max_length=12)).best()[0]
            assert best.log_probability <= exact.log_probability + 1e-9


def test_at_each_step_the_likeliest_continuations_are_kept_and_the_others_fall_at_their_rank() -> None:
    model = lively_model("lstm")
    width, search = 4, BeamSearch(model, Decoding(beam_width=4, max_length=10))
    before: tuple[BeamNode, ...] = ()
    found: list[BeamNode] = []
    for index, step in enumerate(search.steps(PHOTOS[0])):
        assert step.index == index and len(step.state.h) == len(step.kept)
        new = [node for node in step.found if node.length == index + 1]
        nodes = sorted([*step.kept, *new, *step.pruned], key=lambda node: node.rank)
        assert [node.rank for node in nodes] == list(range(len(nodes)))  # none is missing between them
        scores = [node.log_probability for node in nodes]
        assert scores == sorted(scores, reverse=True)
        assert all(node.parent is None if index == 0 else node.parent in before for node in nodes)
        last = index == 9
        assert len(step.kept) == (0 if last else width)
        assert len(step.pruned) <= SHOWN_PRUNED
        assert all(node.word == END or last for node in new) and all(node.rank < width for node in new)
        assert all(node.word != END for node in step.kept)
        assert {node.fate for node in step.kept} <= {"kept"} and {node.fate for node in step.pruned} <= {
            "pruned"
        }
        for node in nodes:
            each = surprise(model, PHOTOS[0], np.array([START, *node.words]))
            if NULL not in node.words:
                assert node.log_probability == pytest.approx(-np.nansum(each))
        before = step.kept
        found = list(step.found)
        assert step.ended == "" or index == step.index
    assert step.ended and len(found) >= width


def test_steps_are_values_that_can_be_gone_on_from_again() -> None:
    search = BeamSearch(lively_model("rnn"), Decoding(beam_width=3))
    first = search.first(PHOTOS[1])
    h = first.state.h.copy()
    once, again = search.next(first), search.next(first)
    assert [(n.words, n.log_probability) for n in once.kept] == [
        (n.words, n.log_probability) for n in again.kept
    ]
    np.testing.assert_array_equal(first.state.h, h)


def test_a_search_that_has_ended_does_not_go_on_and_says_why() -> None:
    model = lively_model("rnn")
    search = BeamSearch(model, Decoding(beam_width=2, max_length=1))
    with pytest.raises(ValueError, match="1 words at most"):
        search.next(search.first(PHOTOS[0]))
    model.params["b_vocab"][END] = 20.0
    assert beam_search(model, PHOTOS[0], Decoding(beam_width=1)).ended.startswith("a caption is found")


def test_a_beam_ends_early_only_when_no_beginning_can_overtake_its_best() -> None:
    ended_early = 0
    for seed in range(20):
        model = lively_model("lstm", seed=seed)
        model.params["b_vocab"][END] += 2
        decoding = Decoding(beam_width=3, max_length=25)
        last = beam_search(model, PHOTOS[0], decoding)
        if "overtake" in last.ended:
            ended_early += 1
            third = last.best()[2].log_probability
            assert all(node.log_probability <= third for node in last.kept)
    assert ended_early > 5


def test_alpha_puts_the_same_captions_in_another_order() -> None:
    moved = 0
    for seed in range(20):
        last = beam_search(lively_model("lstm", seed=seed), PHOTOS[2], Decoding(beam_width=8))
        by_sum, by_mean = last.best(), last.best(1.0)
        assert set(by_sum) == set(by_mean) == set(last.found)
        means = [node.log_probability / len(node.words) for node in by_mean]
        assert means == sorted(means, reverse=True)
        moved += by_sum[0] is not by_mean[0]
    assert moved


@pytest.mark.parametrize("method", ["greedy", "sample", "beam", "exact"])
def test_no_method_says_what_is_forbidden_or_an_ngram_twice(method: Any) -> None:
    model = lively_model("lstm")
    likeliest = model.idx_to_word[int(model.sample(PHOTOS)[0, 0])]
    decoding = Decoding(method, forbidden_words=(likeliest, "word5"), ngram_block=2, max_length=8)
    captions = caption_photos(model, PHOTOS, decoding)
    assert captions is not None and captions.shape == (12, 8)
    for caption in captions.tolist():
        words = caption[: caption.index(END) + 1] if END in caption else caption
        assert all(word == NULL for word in caption[len(words) :])
        assert not {model.word_to_idx[likeliest], model.word_to_idx["word5"]} & set(words)
        assert len(set(itertools.pairwise(words))) == len(words) - 1


def test_the_likeliest_caption_without_a_word_is_found_among_the_captions_without_it() -> None:
    """With the word forbidden the others share its probability, at each timestep anew."""
    for seed in range(6):
        model = tiny_model("rnn", seed)
        found = exact_search(model, PHOTOS[seed], Decoding(forbidden_words=("word1",), max_length=4))
        bound = model.copy()
        bound.params["b_vocab"][4] = -1e3
        every = likeliest_first(bound, PHOTOS[seed], 4)
        assert found.words == every[0][1] and found.log_probability == pytest.approx(every[0][0])


def test_what_repeats_an_ngram_is_left_out_and_nothing_becomes_likelier() -> None:
    for seed in range(6):
        model = tiny_model("lstm", seed)
        rule = Restrictions(Decoding(ngram_block=1), model.word_to_idx)
        every = [
            (score, words)
            for score, words in likeliest_first(model, PHOTOS[seed], 4)
            if all(words[i] not in rule.repeats(words[:i]) for i in range(len(words)))
        ]
        found = exact_search(model, PHOTOS[seed], Decoding(ngram_block=1, max_length=4))
        assert found.words == every[0][1] and found.log_probability == pytest.approx(every[0][0])


def test_a_search_that_has_to_give_up_says_that_nothing_is_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    model = lively_model("lstm", V=40)
    model.params["W_vocab"] *= 0.01
    model.params["b_vocab"][:] = 0.0  # all captions are about equally likely,
    model.params["b_vocab"][END] = -9.0  # and none is short
    decoding = Decoding(max_length=20)
    limits: list[dict[str, Any]] = [{"expansions": 30}, {"seconds": 0.0}, {"stop": lambda: True}]
    for limit in limits:
        found = exact_search(model, PHOTOS[0], decoding, **limit)
        assert not found.proved and found.others_at_most > found.log_probability
        assert found.proof.startswith("not proved: another caption could have up to")
        assert found.expansions <= 30
    monkeypatch.setattr(module, "_MOST_REMEMBERED", 500)
    found = exact_search(model, PHOTOS[0], decoding)
    assert not found.proved and found.expansions < 100


def test_a_search_gives_up_after_two_seconds_or_twenty_thousand_beginnings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = lively_model("rnn", V=6)
    model.params["W_vocab"] *= 0.001
    model.params["b_vocab"][:] = 0.0  # all captions are about equally likely,
    model.params["b_vocab"][END] = -50.0  # and none is short
    decoding, now = Decoding(max_length=30), 0.0
    monkeypatch.setattr("time.perf_counter", lambda: now)
    found = exact_search(model, PHOTOS[0], decoding)
    assert not found.proved and found.expansions == 20_000

    asked = 0

    def one_hundredth_later() -> bool:
        nonlocal now, asked
        now, asked = now + 0.01, asked + 1
        return False

    found = exact_search(model, PHOTOS[0], decoding, stop=one_hundredth_later)
    assert not found.proved and 199 <= asked <= 201 and found.seconds == pytest.approx(2, abs=0.02)


def test_the_proof_is_said_in_words() -> None:
    found = exact_search(tiny_model("rnn", 1), PHOTOS[0], Decoding(max_length=4))
    assert found.proof == (
        f"proved: no other caption has more than {100 * math.exp(found.others_at_most):.2g} %"
        f" ({found.expansions} beginning{'' if found.expansions == 1 else 's'} continued)"
    )


def test_captions_of_many_photos_are_those_of_each_method() -> None:
    model, decoding = lively_model("rnn"), Decoding("sample", max_length=12)
    np.testing.assert_array_equal(caption_photos(model, PHOTOS, decoding), sample(model, PHOTOS, decoding))
    np.testing.assert_array_equal(caption_photos(model, PHOTOS, Decoding()), greedy(model, PHOTOS))
    beam = caption_photos(model, PHOTOS, Decoding("beam", beam_width=4, alpha=0.6))
    exact = caption_photos(model, PHOTOS, Decoding("exact", max_length=12))
    assert beam is not None and exact is not None
    for row, features in enumerate(PHOTOS):
        words = beam_search(model, features, Decoding(beam_width=4)).best(0.6)[0].words
        assert tuple(beam[row, : len(words)]) == words and (beam[row, len(words) :] == NULL).all()
        words = exact_search(model, features, Decoding(max_length=12)).words
        assert tuple(exact[row, : len(words)]) == words
    assert caption_photos(model, PHOTOS, Decoding("beam"), stop=lambda: True) is None


def test_a_beginning_that_can_only_come_level_no_more_overtakes() -> None:
    """ln p falls with each word: what is as likely as the least of the best already will be less likely."""
    model = lively_model("rnn", V=6)
    model.params["W_vocab"][:] = 0.0
    model.params["b_vocab"][:] = -1e9
    model.params["b_vocab"][[END, 4]] = 0.0  # at each timestep the end and one word, equally likely
    last = beam_search(model, PHOTOS[0], Decoding(beam_width=2, max_length=9))
    assert [node.length for node in last.best()] == [1, 2]
    assert last.kept[0].log_probability == last.best()[-1].log_probability and last.index == 1
    assert "overtake" in last.ended


def test_of_equal_continuations_the_first_places_come_first() -> None:
    scores = np.zeros(300)
    scores[::2] = 1.0  # a hundred and fifty share the first place
    assert beam_search_module._likeliest(scores, 4) == [0, 2, 4, 6]
    assert beam_search_module._likeliest(scores, 152)[-2:] == [1, 3]


def test_a_method_that_cant_write_captions_of_many_photos_is_an_error_and_not_silently_greedy() -> None:
    decoding = Decoding()
    object.__setattr__(decoding, "method", "diverse")  # as one that was listed and written nowhere
    with pytest.raises(ValueError, match="'diverse'"):
        caption_photos(lively_model("rnn"), PHOTOS, decoding)
