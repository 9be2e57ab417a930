"""How varied captions are, and how far a score would move with other photos."""

import numpy as np
import pytest

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.vocabulary import SPECIAL_WORDS, Vocabulary
from captionviewer.core.evaluation import bootstrap
from captionviewer.core.evaluation.bootstrap import Interval, drawn_sums, interval
from captionviewer.core.evaluation.diversity import Diversity, commonest, novel, sayable_words
from captionviewer.core.evaluation.sentences import Sentences

VOCABULARY = Vocabulary.from_words([*SPECIAL_WORDS, "a", "red", "ball", "car"])


def sentences(*texts: str) -> Sentences:
    return Sentences.of_words([text.split() for text in texts], VOCABULARY.word_to_idx)


def test_captions_words_and_pairs_of_words_are_counted_once_each() -> None:
    varied = Diversity.of(sentences("a red ball", "a red ball", "a red car", "", "a <UNK>"), VOCABULARY)
    # a red, red ball, red car, a <UNK>: 4 pairs; 11 words in all
    assert varied == Diversity(distinct=4, words_used=4, div_2=4 / 11)


def test_nothing_said_at_all_is_one_caption_without_words() -> None:
    assert Diversity.of(sentences("", ""), VOCABULARY) == Diversity(1, 0, 0.0)


def test_special_words_are_none_of_the_words_that_can_be_said() -> None:
    assert sayable_words(VOCABULARY) == 4


def test_a_caption_is_novel_if_no_training_caption_is_word_for_word_the_same() -> None:
    training = sentences("a red ball", "a car", "")
    assert novel(sentences("a red ball", "a red", "a car", ""), training).tolist() == [
        False,
        True,
        False,
        False,
    ]


def test_of_captions_equally_common_the_first_is_taken() -> None:
    assert commonest(sentences("a", "a car", "a ball", "a ball", "a car")) == 1


def test_equal_sentences_have_equal_hashes_and_others_others() -> None:
    rng, ids = np.random.default_rng(0), {f"w{word}": word for word in range(9)}
    texts = [[f"w{word}" for word in rng.integers(9, size=rng.integers(0, 7))] for _ in range(3_000)]
    some = Sentences.of_words(texts, ids)
    narrow = Sentences(some.words[:, :3], np.minimum(some.lengths, 3))[some.lengths <= 3]
    hashes = dict(zip(some.hashes.tolist(), some.identities(), strict=True))
    assert len(hashes) == len(set(some.identities())) > 1_000
    assert all(hashes[h] == i for h, i in zip(narrow.hashes.tolist(), narrow.identities(), strict=True))


def test_the_interval_of_a_mean_is_that_of_its_standard_error() -> None:
    values = np.random.default_rng(0).exponential(size=400)
    sums = drawn_sums(values[:, np.newaxis], 4_000, np.random.default_rng(1))
    assert sums is not None
    found = interval(sums[:, 0] / 400)
    error = values.std() / np.sqrt(400)
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


def test_every_draw_takes_as_many_photos_as_there_are_and_all_columns_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bootstrap, "_NUMBERS", 100)  # several blocks
    table: FloatArray = np.column_stack([np.ones(30), np.arange(30), np.arange(30) + 5])
    sums = drawn_sums(table, 49, np.random.default_rng(2))  # the last block holds one draw
    assert sums is not None
    assert (sums[:, 0] == 30).all() and len(set(sums[:, 1])) > 20
    np.testing.assert_array_equal(sums[:, 2] - sums[:, 1], 150)  # the difference of two columns has no spread


def test_drawing_ends_when_told() -> None:
    assert drawn_sums(np.ones((3, 1)), 10, np.random.default_rng(0), lambda: True) is None


def test_a_difference_could_be_none_if_its_interval_includes_zero() -> None:
    assert Interval(-0.1, 0.2).includes_zero and Interval(0, 1).includes_zero
    assert Interval(2e-15, 3e-15).includes_zero and Interval(-3e-15, -2e-15).includes_zero  # rounding
    assert not Interval(0.01, 0.2).includes_zero and not Interval(-0.2, -0.01).includes_zero
