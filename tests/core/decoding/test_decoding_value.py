"""The value that says how captions are written, and captions of many photos written by it."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.vocabulary import SPECIAL_WORDS, Vocabulary
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.greedy import greedy
from captionviewer.core.decoding.restrictions import Restrictions
from captionviewer.core.decoding.sampling import draw, draws, next_word, sample
from captionviewer.core.decoding.timestep import initial_state, next_timestep
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from tests.core.decoding.models import CELLS, lively_model
from tests.core.network.caption_cases import END, NULL

PHOTOS = np.random.default_rng(3).standard_normal((40, 6))


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "best"},
        {"temperature": -0.1},
        {"temperature": float("nan")},
        {"k": 0},
        {"p": 0.0},
        {"p": 1.1},
        {"beam_width": 0},
        {"beam_width": 11},
        {"alpha": -0.1},
        {"alpha": 1.1},
        {"ngram_block": -1},
        {"max_length": 0},
        {"max_length": 256},
        {"seed": -1},
    ],
)
def test_a_value_outside_its_limits_is_refused_in_words(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"{next(iter(wrong.values()))}.*\.$"):
        Decoding(**wrong)


@pytest.mark.parametrize(
    ("decoding", "words"),
    [
        (Decoding(), "greedy, 30 words at most"),
        (Decoding(temperature=2, k=3, alpha=0.5), "greedy, 30 words at most"),
        (
            Decoding("sample", temperature=0.7, k=5, p=0.9, seed=3),
            "sampled at temperature 0.7, among the 5 likeliest words, among the likeliest words that make up"
            " 0.9 of the probability, seed 3, 30 words at most",
        ),
        (
            Decoding("beam", beam_width=5, alpha=0.7, forbidden_words=("<UNK>", "a"), max_length=16),
            "beam of 5, ln p over length to the power 0.7, never <UNK>, a, 16 words at most",
        ),
        (
            Decoding("exact", ngram_block=2),
            "the likeliest caption, no 2 words in a row twice, 30 words at most",
        ),
    ],
)
def test_it_is_said_in_words_without_what_changes_nothing(decoding: Decoding, words: str) -> None:
    assert decoding.words() == words


def test_two_that_forbid_the_same_are_equal() -> None:
    assert Decoding(forbidden_words=("b", "a", "b")) == Decoding(forbidden_words=("a", "b"))


def test_a_forbidden_word_that_the_vocabulary_lacks_is_named() -> None:
    model = lively_model("rnn")
    with pytest.raises(ValueError, match="'zebra' can't be forbidden"):
        greedy(model, PHOTOS, Decoding(forbidden_words=("zebra",)))
    with pytest.raises(ValueError, match="Every word"):
        greedy(model, PHOTOS, Decoding(forbidden_words=tuple(model.word_to_idx)))


@pytest.mark.parametrize("cell_type", CELLS)
def test_greedy_with_nothing_forbidden_is_what_the_model_samples(cell_type: Any) -> None:
    model = lively_model(cell_type)
    np.testing.assert_array_equal(greedy(model, PHOTOS), model.sample(PHOTOS))
    short = greedy(model, PHOTOS, Decoding(max_length=4))
    np.testing.assert_array_equal(short, model.sample(PHOTOS, 4))


@pytest.mark.parametrize("cell_type", CELLS)
def test_greedy_takes_the_likeliest_of_the_words_that_are_not_forbidden(cell_type: Any) -> None:
    model = lively_model(cell_type)
    forbidden = (END, int(model.sample(PHOTOS)[0, 0]), 7)
    words = tuple(model.idx_to_word[word] for word in forbidden)
    captions = greedy(model, PHOTOS, Decoding(forbidden_words=words, max_length=8))
    for features, caption in zip(PHOTOS, captions, strict=True):
        previous: Any = initial_state(model, features[np.newaxis])
        for word in caption.tolist():
            free = next_timestep(model, previous)
            allowed = free.probabilities.copy()
            allowed[list(forbidden)] = -1
            assert word == int(allowed.argmax())
            previous = next_timestep(model, previous, word)


def bigrams(words: list[int]) -> list[tuple[int, int]]:
    return list(itertools.pairwise(words))


@pytest.mark.parametrize("method", ["greedy", "sample"])
def test_no_ngram_comes_twice_where_that_is_asked(method: Any) -> None:
    model = lively_model("lstm")
    model.params["b_vocab"][END] = -50.0  # so that captions are long, and would go round in circles
    free = Decoding(method, max_length=25, temperature=0.2)
    write = greedy if method == "greedy" else sample

    def repeated(decoding: Decoding) -> list[bool]:
        pairs = [bigrams(caption.tolist()) for caption in write(model, PHOTOS, decoding)]
        return [len(set(pair)) < len(pair) for pair in pairs]

    assert all(repeated(free))
    assert not any(repeated(replace(free, ngram_block=2)))


def test_the_rule_against_repeats_gives_way_where_it_would_leave_no_word() -> None:
    model = lively_model("rnn")
    some = tuple(word for word in model.word_to_idx if word != "word3")
    captions = greedy(model, PHOTOS, Decoding(forbidden_words=some, ngram_block=1, max_length=3))
    assert (captions == model.word_to_idx["word3"]).all()


def test_what_would_repeat_an_ngram_is_what_followed_the_same_words_before() -> None:
    vocabulary = {f"word{i}": i for i in range(9)}
    said = [4, 5, 6, 4, 5, 7, 4, 5]
    assert Restrictions(Decoding(ngram_block=3), vocabulary).repeats(said) == [6, 7]
    assert Restrictions(Decoding(ngram_block=1), vocabulary).repeats(said) == [4, 5, 6, 7]
    assert Restrictions(Decoding(ngram_block=2), vocabulary).repeats(said[:1]) == []
    assert Restrictions(Decoding(), vocabulary).repeats(said) == []


# ---- sampling ------------------------------------------------------------------------------------


def logits_of(dtype: Any, n: int = 200, V: int = 50) -> FloatArray:
    return (np.random.default_rng(1).standard_normal((n, V)) * 3).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_at_temperature_1_with_nothing_cut_it_is_the_models_own_distribution_to_the_bit(dtype: Any) -> None:
    model = lively_model("lstm", dtype)
    features = PHOTOS[:1].astype(dtype)
    timestep = next_timestep(model, initial_state(model, features))
    state = initial_state(model, features)
    from captionviewer.core.network.inference import advance

    _, logits = advance(model.checked_params(), state, np.array([1]))
    for k in (None, 12, 100):
        distribution = next_word(logits, 1.0, k, 1.0)
        np.testing.assert_array_equal(distribution.probabilities[0], timestep.probabilities)
        assert distribution.kept.all()


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_the_temperature_divides_the_logits(temperature: float) -> None:
    logits = logits_of(np.float64)
    expected = np.exp(logits / temperature)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(next_word(logits, temperature).probabilities, expected, rtol=1e-12)


def test_the_k_likeliest_are_kept_and_among_equals_the_lower_ids() -> None:
    distribution = next_word(np.array([[0.0, 1.0, 1.0, 1.0, -1.0]]), 1.0, 2)
    assert distribution.kept.tolist() == [[False, True, True, False, False]]
    assert distribution.probabilities.tolist() == [[0.0, 0.5, 0.5, 0.0, 0.0]]


def test_p_keeps_the_fewest_words_that_reach_it_with_the_one_that_crosses_it() -> None:
    logits = np.log(np.array([[0.1, 0.4, 0.2, 0.25, 0.05]]))
    for p, kept in (
        (0.3, [1]),
        (0.41, [1, 3]),
        (0.66, [1, 2, 3]),
        (0.86, [0, 1, 2, 3]),
        (0.96, [0, 1, 2, 3, 4]),
    ):
        assert np.flatnonzero(next_word(logits, 1.0, None, p).kept[0]).tolist() == kept
    for p in np.linspace(0.05, 0.99, 20):
        distribution = next_word(logits_of(np.float64), 1.3, None, float(p))
        mass = distribution.kept_mass
        assert (mass >= p - 1e-12).all()
        least = np.where(distribution.kept, distribution.tempered, np.inf).min(axis=1)
        assert (mass - least < p).all()  # without the least likely of them it would not be reached
        np.testing.assert_allclose(distribution.probabilities.sum(axis=1), 1)


def test_the_temperature_comes_first_then_k_then_p_of_what_k_left() -> None:
    logits = np.log(np.array([[0.4, 0.3, 0.2, 0.1]]))
    # After k = 2 the words have 4/7 and 3/7: p = 0.5 keeps one. Of all four it would keep two.
    assert next_word(logits, 1.0, 2, 0.5).kept.sum() == 1
    assert next_word(logits, 1.0, None, 0.5).kept.sum() == 2
    # At temperature 3 the four are nearly equal, so that a share of 0.5 takes two of them, and 0.6 three.
    assert next_word(logits, 3.0, None, 0.6).kept.sum() == 3


def test_the_entropy_of_two_equal_words_is_one_bit() -> None:
    distribution = next_word(np.array([[2.0, 2.0, 0.0, -np.inf]]), 1.0, 2)
    assert distribution.entropy_bits == pytest.approx(1.0)
    assert next_word(np.zeros((1, 8))).entropy_bits == pytest.approx(3.0)


@pytest.mark.parametrize("decoding", [
    Decoding("sample", temperature=0), Decoding("sample", temperature=1e-40),
    Decoding("sample", temperature=1e-3),
    Decoding("sample", k=1), Decoding("sample", k=1, temperature=3.0), Decoding("sample", p=1e-9),
])  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_temperature_towards_0_and_a_single_word_are_greedy(decoding: Decoding, dtype: Any) -> None:
    model = lively_model("lstm", dtype)
    np.testing.assert_array_equal(
        sample(model, PHOTOS.astype(dtype), decoding), greedy(model, PHOTOS.astype(dtype))
    )


@pytest.mark.parametrize(("temperature", "k", "p"), [(1.0, None, 1.0), (0.6, None, 1.0), (1.5, 6, 0.9)])
def test_a_hundred_thousand_draws_are_distributed_as_they_should(
    temperature: float, k: int | None, p: float
) -> None:
    probabilities = next_word(logits_of(np.float32, 1, 12) / 2, temperature, k, p).probabilities
    n = 100_000
    words = draw(np.repeat(probabilities, n, axis=0), draws(5, n, 1)[:, 0])
    expected = probabilities[0].astype(np.float64) * n
    counts = np.bincount(words, minlength=12)
    assert (counts[expected == 0] == 0).all()
    possible = expected > 0
    chi_square = float(((counts - expected)[possible] ** 2 / expected[possible]).sum())
    # 0.9999 of the chi-square distribution with 4 to 11 degrees of freedom lies below this.
    assert chi_square < 23.5 + 2 * (possible.sum() - 5)


def test_a_word_without_a_chance_is_never_drawn_even_by_the_numbers_at_the_ends() -> None:
    probabilities = np.array([[0.0, 0.3, 0.0, 0.7, 0.0]] * 3)
    assert draw(probabilities, np.array([0.0, 0.3, np.nextafter(1.0, 0.0)])).tolist() == [1, 3, 3]
    rng = np.random.default_rng(0)
    for whole in rng.random((1_000, 3)) * [1.0, 0.0, 0.0] + [0.0, 1e-3, 0.0]:
        assert draw(whole[np.newaxis], np.array([np.nextafter(1.0, 0.0)])) == 1


def test_the_numbers_are_the_generators_and_the_first_do_not_depend_on_how_many_there_are() -> None:
    # PCG64 of seed 0: the same on every platform
    np.testing.assert_array_equal(
        draws(0, 1, 3), [[0.6369616873214543, 0.2697867137638703, 0.04097352393619469]]
    )
    np.testing.assert_array_equal(draws(7, 30, 5)[:4], draws(7, 4, 5))


def test_the_same_seed_gives_the_same_captions_and_another_one_others() -> None:
    model = lively_model("lstm")
    one = Decoding("sample", seed=1)
    np.testing.assert_array_equal(sample(model, PHOTOS, one), sample(model, PHOTOS, one))
    np.testing.assert_array_equal(sample(model, PHOTOS, one)[:5], sample(model, PHOTOS[:5], one))
    assert (sample(model, PHOTOS, one) != sample(model, PHOTOS, replace(one, seed=2))).any()


def test_captions_drawn_by_the_same_numbers_change_little_by_little_with_the_temperature() -> None:
    model = lively_model("lstm")
    twenty = np.repeat(PHOTOS[:1], 20, axis=0)
    numbers = draws(4, 20, 30)

    def at(temperature: float) -> Any:
        return sample(model, twenty, Decoding("sample", temperature=temperature), numbers)

    cold, near, anew = at(1.0), at(1.02), sample(model, twenty, Decoding("sample", seed=9))
    assert (cold == near).all(axis=1).sum() >= 12  # most are word for word the same
    assert (cold == anew).all(axis=1).sum() <= 8
    assert len({tuple(row) for row in cold.tolist()}) > 5


def test_a_sampled_caption_holds_nothing_after_its_end(cell_type: Any = "rnn") -> None:
    captions = sample(lively_model(cell_type), PHOTOS, Decoding("sample", temperature=2.0, max_length=12))
    ended = np.logical_or.accumulate(captions == END, axis=1)
    assert (captions[:, 1:][ended[:, :-1]] == NULL).all() and ended[:, -1].any()


def test_too_few_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(40, 30\) is needed"):
        sample(lively_model("rnn"), PHOTOS, Decoding("sample"), draws(0, 39, 30))


def test_a_model_is_the_same_after_decoding() -> None:
    model: CaptioningRNN = lively_model("lstm")
    before = {name: value.copy() for name, value in model.params.items()}
    sample(model, PHOTOS, Decoding("sample", forbidden_words=("word3",), ngram_block=2))
    for name, value in before.items():
        np.testing.assert_array_equal(model.params[name], value)


def test_the_word_that_reaches_the_share_is_the_last_one_kept() -> None:
    logits = np.log(np.array([[0.25, 0.5, 0.125, 0.125]]))
    assert next_word(logits, p=0.5).kept.tolist() == [[False, True, False, False]]
    assert next_word(logits, p=0.51).kept.tolist() == [[True, True, False, False]]


def test_of_words_equally_likely_those_of_the_lower_ids_are_kept() -> None:
    logits = np.zeros((1, 200))
    logits[0, ::2] = 1.0  # a hundred share the first place
    assert np.flatnonzero(next_word(logits, k=3).kept[0]).tolist() == [0, 2, 4]
    assert np.flatnonzero(next_word(logits, k=102).kept[0][1::2]).tolist() == [0, 1]


def test_forbidding_words_leaves_the_logits_that_were_given_as_they_are() -> None:
    decoding = Decoding(forbidden_words=("b",))
    logits = np.arange(6.0).reshape(2, 3)
    forbidden = Restrictions(decoding, {"a": 0, "b": 1, "c": 2}).forbid(logits)
    np.testing.assert_array_equal(logits, np.arange(6.0).reshape(2, 3))
    assert np.isneginf(forbidden[:, 1]).all() and np.isfinite(forbidden[:, ::2]).all()


def test_two_values_that_differ_in_what_no_method_of_theirs_reads_are_the_same_as_read() -> None:
    every = Decoding("sample", 0.5, 7, 0.9, 4, 0.25, ("<UNK>",), 2, 12, 3)
    read = {
        "greedy": (),
        "exact": (),
        "sample": ("temperature", "k", "p", "seed"),
        "beam": ("beam_width", "alpha"),
    }
    for method, fields in read.items():
        value = replace(every, method=method).as_read()  # type: ignore[arg-type]
        always = ("forbidden_words", "ngram_block", "max_length")
        assert all(getattr(value, name) == getattr(every, name) for name in (*fields, *always))
        others = {"temperature", "k", "p", "seed", "beam_width", "alpha"} - set(fields)
        assert all(getattr(value, name) == getattr(Decoding(), name) for name in others)
        assert value.words() == replace(every, method=method).words()  # type: ignore[arg-type]


def test_a_word_that_a_vocabulary_lacks_need_not_be_forbidden() -> None:
    value = Decoding(forbidden_words=("zebra", "a"))
    assert value.for_vocabulary(Vocabulary.from_words(["a", "b"])) == Decoding(forbidden_words=("a",))
    assert value.for_vocabulary(Vocabulary.from_words(["a", "zebra"])) == value


def test_a_caption_may_be_as_long_in_characters_as_they_need_and_a_chosen_length_stays() -> None:
    words, characters = (Vocabulary.from_words([*SPECIAL_WORDS, *more]) for more in (["ab"], ["␣", "a", "b"]))
    spelled = Decoding().for_vocabulary(characters)
    assert spelled.max_length == characters.longest_caption > words.longest_caption == 30
    assert spelled.for_vocabulary(words) == Decoding()
    assert Decoding(max_length=12).for_vocabulary(characters).max_length == 12
    assert Decoding(max_length=90).for_vocabulary(words).max_length == 30
