"""The words of a split by rank: how often each is said, and what a smaller vocabulary would leave."""

from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.caption_statistics import word_counts
from captionviewer.core.coco.vocabulary import SPECIAL_WORDS, UNK, Vocabulary


@dataclass(frozen=True)
class WordRanks:
    """The R words of a vocabulary, `<UNK>` and the other special ones aside, the most frequent first.

    What a cut leaves is given for each number k of words that are kept, the k most frequent. The words
    that are `<UNK>` in the data stay so: which they were the data does not say.

    Attributes
    ----------
    words
        (R,) ids; among equals the lower id is first.
    counts
        (R,) how often each is said; 0 for one that never is.
    num_words
        all words said, `<UNK>` included.
    num_captions
        how many captions that is of.
    covered
        (R + 1,) how many of all words said are among the k kept, for k = 0 to R.
    with_unknown
        (R + 1,) how many captions have a word that is not.
    """

    words: IntArray
    counts: IntArray
    num_words: int
    num_captions: int
    covered: IntArray
    with_unknown: IntArray

    @property
    def num_said(self) -> int:
        """How many of the words are said at all; they are the first ones."""
        return int((self.counts > 0).sum())

    def covered_share(self, kept: int) -> float:
        """The share of all words said that the `kept` most frequent cover."""
        return int(self.covered[kept]) / max(self.num_words, 1)

    def unknown_caption_share(self, kept: int) -> float:
        """The share of captions that have `<UNK>` where the `kept` most frequent words are the vocabulary."""
        return int(self.with_unknown[kept]) / max(self.num_captions, 1)

    def zipf(self) -> FloatArray:
        """How often each of the words that are said would be (num_said,), were its count as 1 / rank.

        Both add up to the same: Zipf's law at exponent 1, with nothing fitted but the sum.
        """
        said = self.num_said
        shares = 1.0 / np.arange(1, said + 1)
        law: FloatArray = shares * (self.counts[:said].sum() / max(shares.sum(), 1.0))
        return law


def word_ranks(captions: IntArray, vocabulary: Vocabulary) -> WordRanks:
    """Count the words of captions (n, T) of ids, and at each cut what falls outside.

    Goes through them slot by slot, as `caption_statistics`.
    """
    counts = word_counts(captions, vocabulary)
    special = [vocabulary.word_to_idx[word] for word in SPECIAL_WORDS]
    ordinary = np.setdiff1d(np.arange(len(vocabulary)), special)
    words = ordinary[np.argsort(-counts[ordinary], kind="stable")]
    R = len(words)
    needed = np.zeros(len(vocabulary), dtype=np.int32)  # how many words are to be kept for it to be known
    needed[words] = np.arange(1, R + 1)
    needed[vocabulary.word_to_idx[UNK]] = R + 1
    most = np.zeros(len(captions), dtype=np.int32)
    for column in captions.T:
        np.maximum(most, needed[column], out=most)
    known_from = np.bincount(most, minlength=R + 2)
    return WordRanks(
        words=words,
        counts=counts[words],
        num_words=int(counts.sum()),
        num_captions=len(captions),
        covered=np.concatenate(([0], np.cumsum(counts[words]))),
        with_unknown=len(captions) - np.cumsum(known_from)[: R + 1],
    )
