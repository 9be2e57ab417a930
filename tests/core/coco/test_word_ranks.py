"""Words by rank and what a cut leaves, against captions rewritten word by word in plain Python."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import Vocabulary, caption_words
from captionviewer.core.coco.word_ranks import WordRanks, word_ranks

# the special words need not come first, and one word is never said
WORDS = ("dog", "<UNK>", "cat", "<NULL>", "a", "<END>", "<START>", "sun", "cow")
VOCABULARY = Vocabulary.from_words(WORDS)


def written(*captions: str) -> IntArray:
    rows = [["<START>", *caption.split(), "<END>"] for caption in captions]
    longest = max(map(len, rows))
    return np.array([[WORDS.index(w) for w in [*row, *["<NULL>"] * (longest - len(row))]] for row in rows])


def check_every_cut(ranks: WordRanks, captions: list[list[str]], words: tuple[str, ...]) -> None:
    order = [words[word] for word in ranks.words]
    for kept in range(0, len(order) + 1, max(1, len(order) // 40)):
        inside = set(order[:kept])
        cut = [[word if word in inside else "<UNK>" for word in caption] for caption in captions]
        tokens = sum(map(len, captions))
        assert int(ranks.covered[kept]) == sum(word != "<UNK>" for caption in cut for word in caption)
        assert ranks.with_unknown[kept] == sum("<UNK>" in caption for caption in cut)
        assert ranks.covered_share(kept) == pytest.approx(ranks.covered[kept] / tokens)
        assert ranks.unknown_caption_share(kept) == ranks.with_unknown[kept] / len(captions)


def test_words_stand_by_how_often_they_are_said_and_each_cut_leaves_what_is_left_when_it_is_made() -> None:
    texts = ["a dog", "a cat <UNK> a", "<UNK>", "", "a sun", "dog dog a"]
    ranks = word_ranks(written(*texts), VOCABULARY)
    assert [WORDS[word] for word in ranks.words] == ["a", "dog", "cat", "sun", "cow"]
    assert ranks.counts.tolist() == [5, 3, 1, 1, 0] and ranks.num_said == 4
    assert ranks.num_words == 12 and ranks.num_captions == 6
    assert ranks.with_unknown.tolist() == [5, 5, 3, 3, 2, 2]
    check_every_cut(ranks, [text.split() for text in texts], WORDS)


def test_the_present_cut_has_the_counts_of_the_file_and_every_smaller_one_those_of_captions_cut_anew(
    coco_folder: Path,
) -> None:
    with CocoDataset.open(coco_folder) as dataset:
        train, vocabulary = dataset.split("train"), dataset.vocabulary
        ranks = train.word_ranks
        captions = [caption_words(row, vocabulary) for row in train.captions]
        counts = Counter(word for caption in captions for word in caption)
    assert dict(
        zip([vocabulary.idx_to_word[w] for w in ranks.words], ranks.counts.tolist(), strict=True)
    ) == {word: counts[word] for word in vocabulary.idx_to_word if not word.startswith("<")}
    assert (np.diff(ranks.counts) <= 0).all()
    assert ranks.covered[-1] == counts.total() - counts["<UNK>"]
    assert ranks.with_unknown[-1] == int((train.unknown_counts > 0).sum())
    check_every_cut(ranks, captions, vocabulary.idx_to_word)


def test_zipfs_line_falls_as_one_over_the_rank_and_has_as_many_words_as_were_said() -> None:
    ranks = word_ranks(written("a dog", "a cat dog a", "a sun", "dog dog a"), VOCABULARY)
    law = ranks.zipf()
    assert law.sum() == pytest.approx(ranks.counts.sum())
    np.testing.assert_allclose(law * np.arange(1, 5), law[0])


def test_of_captions_without_words_nothing_is_said() -> None:
    ranks = word_ranks(written("", ""), VOCABULARY)
    assert ranks.num_said == 0 and len(ranks.zipf()) == 0
    assert ranks.covered_share(5) == 0.0 and ranks.unknown_caption_share(0) == 0.0
