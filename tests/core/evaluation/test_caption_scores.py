"""BLEU, ROUGE-L and CIDEr-D, held to what pycocoevalcap 1.2 and sacrebleu said of the same captions."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from captionviewer.core.arrays import BoolArray, FloatArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.evaluation import caption_scores, document_frequencies
from captionviewer.core.evaluation.caption_scores import ALL, CaptionScores, Scorer
from captionviewer.core.evaluation.compared import ComparedCaptions
from captionviewer.core.evaluation.document_frequencies import DocumentFrequencies
from captionviewer.core.evaluation.metrics import SCORED
from captionviewer.core.evaluation.photo_values import PhotoValues
from captionviewer.core.evaluation.sentences import References, Sentences
from tests.core.evaluation.corpora import (
    RANDOM_CORPORA,
    Corpus,
    coco_corpus,
    facts,
    ids_of,
    random_corpus,
    references_of,
    scores_of,
    storybook_corpus,
    weighted,
)

FACTS = facts()


def assert_equal_to(scores: CaptionScores, expected: dict[str, Any]) -> None:
    assert np.abs(scores.bleu[0] - expected["bleu"]).max() < 1e-9
    assert abs(scores.own["rouge_l"][0].mean() - expected["rouge_l"]) < 1e-9
    assert abs(scores.own["cider_d"][0].mean() - expected["cider_d"]) < 1e-9
    photos = [*scores.photo_bleu[0].T, scores.own["rouge_l"][0], scores.own["cider_d"][0]]
    np.testing.assert_allclose([weighted(values) for values in photos], expected["photos"], atol=1e-7)


def test_random_captions_score_what_pycocoevalcap_gives_them() -> None:
    for seed, expected in enumerate(FACTS["random"]):
        assert_equal_to(scores_of(random_corpus(seed)), expected)
    assert len(FACTS["random"]) == RANDOM_CORPORA == 200


def test_the_random_captions_hold_empty_ones_single_words_and_repeated_words() -> None:
    corpora = [random_corpus(seed) for seed in range(len(FACTS["random"]))]
    captions = [caption for corpus in corpora for caption in corpus.captions]
    references = [one for corpus in corpora for photo in corpus.references for one in photo]
    for sentences in (captions, references):
        assert min(map(len, sentences)) == 0 and sum(len(one) == 1 for one in sentences) > 20
        assert sum(len(one) > 3 and len(set(one)) == 1 for one in sentences) > 20
    assert any(not caption and [] in photo for c in corpora for caption, photo in zip(*c, strict=True))


def test_storybook_captions_score_what_pycocoevalcap_and_sacrebleu_give_them() -> None:
    scores = scores_of(storybook_corpus(FACTS["sentences"]))
    assert_equal_to(scores, FACTS["storybook"])
    assert np.abs(scores.bleu[0] - FACTS["storybook"]["sacrebleu"]).max() < 1e-9


def test_coco_captions_score_what_pycocoevalcap_and_sacrebleu_give_them() -> None:
    folder = os.environ.get("CAPTIONVIEWER_TEST_COCO")
    if not folder:
        pytest.skip("needs the COCO captions: set CAPTIONVIEWER_TEST_COCO")
    captions = (Path(folder) / "coco2014_captions.h5").read_bytes()
    if hashlib.sha256(captions).hexdigest() != FACTS["coco-mini"]["sha256"]:
        return  # other captions than those that were scored: nothing is known of them
    with CocoDataset.open(Path(folder)) as dataset:
        scores = scores_of(coco_corpus(dataset))
    assert_equal_to(scores, FACTS["coco-mini"])
    assert np.abs(scores.bleu[0] - FACTS["coco-mini"]["sacrebleu"]).max() < 1e-9


def corpus_of(photos: int = 30, seed: int = 5) -> Corpus:
    rng = np.random.default_rng(seed)

    def sentence() -> list[str]:
        return [f"w{word}" for word in rng.integers(8, size=rng.integers(4, 10))]

    return Corpus(
        [sentence() for _ in range(photos)], [[sentence() for _ in range(4)] for _ in range(photos)]
    )


def test_the_order_of_the_photos_and_the_size_of_a_block_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    corpus = corpus_of()
    scores = scores_of(corpus)
    monkeypatch.setattr(caption_scores, "_BLOCK_REFERENCES", 7)
    order = np.random.default_rng(0).permutation(30).tolist()
    other = scores_of(Corpus([corpus.captions[i] for i in order], [corpus.references[i] for i in order]))
    np.testing.assert_allclose(other.bleu, scores.bleu, rtol=1e-12)
    np.testing.assert_allclose(other.own["cider_d"][0], scores.own["cider_d"][0][order], rtol=1e-12)
    np.testing.assert_allclose(other.own["rouge_l"][0], scores.own["rouge_l"][0][order], rtol=1e-12)


def test_a_caption_against_itself_has_bleu_1_rouge_1_and_cider_10() -> None:
    captions = [[f"w{photo}", "is", "in", f"place{photo}"] for photo in range(12)]
    scores = scores_of(Corpus(captions, [[caption] for caption in captions]))
    np.testing.assert_allclose(scores.bleu, 1, atol=1e-9)
    np.testing.assert_allclose(scores.own["rouge_l"], 1)
    np.testing.assert_allclose(scores.own["cider_d"], 10)


def test_the_corpus_bleu_is_not_the_mean_of_the_photos() -> None:
    scores = scores_of(storybook_corpus(FACTS["sentences"]))
    assert abs(scores.bleu[0, 3] - scores.photo_bleu[0, :, 3].mean()) > 0.01


def test_one_photo_alone_has_a_cider_when_the_frequencies_are_those_of_the_split() -> None:
    corpus = storybook_corpus(FACTS["sentences"])
    ids, whole = ids_of(corpus), references_of(corpus)
    one, said = whole.of(3, 4), Sentences.of_words(corpus.captions, ids)[3:4]
    alone = Scorer(one).score(said)
    within = Scorer(one, DocumentFrequencies(whole)).score(said)
    assert alone is not None and within is not None
    assert alone.own["cider_d"][0, 0] == 0  # "CIDEr is 0", as people ask
    assert (
        within.own["cider_d"][0, 0] == pytest.approx(scores_of(corpus).own["cider_d"][0, 3], rel=1e-12)
        and within.own["cider_d"] > 0.1
    )


def test_leaving_a_reference_out_is_scoring_against_the_others() -> None:
    corpus = corpus_of()
    corpus.references[4].pop()  # the fifth photo has three: leaving out the fourth goes round to its first
    frequencies = DocumentFrequencies(references_of(corpus))
    ids = ids_of(corpus)
    said = Sentences.of_words(corpus.captions, ids)
    rounds = Scorer(references_of(corpus), frequencies).score(said, [ALL, 0, 3])
    assert rounds is not None
    for number, left_out in enumerate((None, 0, 3)):
        told = [
            [one for k, one in enumerate(photo) if left_out is None or k != left_out % len(photo)]
            for photo in corpus.references
        ]
        references = References(
            Sentences.of_words([one for photo in told for one in photo], ids),
            np.array([len(p) for p in told]),
        )
        expected = Scorer(references, frequencies).score(said)
        assert expected is not None
        np.testing.assert_array_equal(rounds.bleu_tables[number], expected.bleu_tables[0])
        np.testing.assert_allclose(rounds.own["rouge_l"][number], expected.own["rouge_l"][0], rtol=1e-12)
        np.testing.assert_allclose(rounds.own["cider_d"][number], expected.own["cider_d"][0], rtol=1e-12)


def test_a_photo_s_only_reference_can_not_be_left_out() -> None:
    corpus = Corpus([["a"], ["b"]], [[["a"], ["b"]], [["b"]]])
    scorer = Scorer(references_of(corpus))
    with pytest.raises(ValueError, match="one reference"):
        scorer.score(Sentences.of_words(corpus.captions, ids_of(corpus)), [0])
    with pytest.raises(ValueError, match="1 captions can't be those of 2 photos"):
        scorer.score(Sentences.of_words([["a"]], ids_of(corpus)))


def test_scoring_ends_when_it_is_told_to() -> None:
    corpus = corpus_of()
    said = Sentences.of_words(corpus.captions, ids_of(corpus))
    assert Scorer(references_of(corpus)).score(said, stop=lambda: True) is None


def frequencies_by_hand(corpus: Corpus) -> dict[tuple[str, ...], int]:
    counts: dict[tuple[str, ...], int] = {}
    for photo in corpus.references:
        for ngram in {
            tuple(one[i : i + n]) for one in photo for n in (1, 2, 3, 4) for i in range(len(one) - n + 1)
        }:
            counts[ngram] = counts.get(ngram, 0) + 1
    return counts


@pytest.mark.parametrize("most", [2**63 - 1, 100])  # the latter as if numbers of n-grams left 64 bits
@pytest.mark.parametrize("table", [1 << 22, 0])  # the latter as if the vocabulary were large
def test_an_ngram_is_worth_what_the_photos_that_have_it_make_it(
    most: int, table: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_frequencies, "_MOST", most)
    monkeypatch.setattr(document_frequencies, "_TABLE", table)
    corpus = corpus_of()
    by_hand, ids = frequencies_by_hand(corpus), ids_of(corpus) | {"unheard": 1_000_000}
    sentence = [*corpus.references[7][2], "unheard", *corpus.captions[3]]
    weights = DocumentFrequencies(references_of(corpus)).weights(Sentences.of_words([sentence], ids).words)
    for n in range(1, 5):
        for i in range(len(sentence)):
            ngram = tuple(sentence[i : i + n])
            expected = np.log(30 / max(1, by_hand.get(ngram, 0))) if len(ngram) == n else 0
            assert weights[n - 1, i, 0] == pytest.approx(expected)


def test_words_are_read_up_to_the_end_without_start_and_padding(coco_folder: Path) -> None:
    with CocoDataset.open(coco_folder) as dataset:
        captions, vocabulary = dataset.split("train").captions, dataset.vocabulary
    from captionviewer.core.coco.vocabulary import caption_text

    holed = captions[:50].copy()
    holed[:, 3] = vocabulary.null
    for given in (captions, holed):
        sentences = Sentences.of_captions(given, vocabulary)
        assert [sentences.text(row, vocabulary) for row in range(len(given))] == [
            caption_text(row, vocabulary) for row in given
        ]


def test_equal_sentences_have_equal_identities_however_wide_their_arrays() -> None:
    ids = {"a": 0, "b": 1}
    narrow = Sentences.of_words([["a", "b"], ["a"], []], ids).identities()
    wide = Sentences.of_words([["a", "b"], ["a"], [], ["a"] * 9], ids).identities()
    assert narrow == wide[:3] and len(set(wide)) == 4


def test_a_score_that_is_declared_is_made_of_each_photo_and_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def longest(compared: ComparedCaptions, kept: BoolArray) -> FloatArray:
        return np.maximum.reduceat(compared.common * kept, compared.references.begins[:-1]).astype(np.float64)

    def common(a: list[str], b: list[str]) -> int:
        if not a or not b:
            return 0
        if a[-1] == b[-1]:
            return 1 + common(a[:-1], b[:-1])
        return max(common(a[:-1], b), common(a, b[:-1]))

    monkeypatch.setitem(SCORED, "longest", longest)
    captions = [["a", "dog", "on", "grass"], ["two", "cats"], ["red", "kite", "in", "a", "red", "sky"]]
    references = [
        [["a", "dog", "in", "grass"], ["dog"]],
        [["a", "bird"]],
        [["a", "kite", "in", "the", "sky"]],
    ]
    corpus = Corpus(captions, references)
    right = [max(common(said, one) for one in of_photo) for said, of_photo in zip(*corpus, strict=True)]
    scores = scores_of(corpus)
    assert scores.own["longest"].tolist() == [right] == [[3, 0, 3]]
    values = PhotoValues(scores, np.zeros((1, 3), np.int32), np.zeros((1, 3), np.bool_))
    assert values.of_each()["longest"].tolist() == right
    assert values.values(values.table.sum(axis=0))["longest"] == np.mean(right)
