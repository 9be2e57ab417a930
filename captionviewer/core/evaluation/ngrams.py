"""Which n-grams of one sentence stand in another, and how often: what all scores are made of.

Thousands of pairs of sentences are compared at once. Arrays have the pairs last, so that NumPy's loops run
along them and not along the dozen words of a sentence.
"""

import numpy as np

from captionviewer.core.arrays import BoolArray, IntArray
from captionviewer.core.evaluation.sentences import PAD

ORDERS = 4  # n-grams of one to four words


def equal_words(ours: IntArray, theirs: IntArray) -> BoolArray:
    """Where the words of m pairs of sentences, (m, T) and (m, S), are the same: (T, S, m)."""
    a, b = np.ascontiguousarray(ours.T), np.ascontiguousarray(theirs.T)
    equal: BoolArray = a[:, np.newaxis] == b[np.newaxis]
    equal &= (a != PAD)[:, np.newaxis]
    return equal


def ngram_counts(equal: BoolArray) -> IntArray:
    """How often each n-gram of ours stands in theirs, at the position where it begins: (4, T, m).

    Parameters
    ----------
    equal
        (T, S, m), from `equal_words`.

    Returns
    -------
    (4, T, m), for one word to four; 0 where no n-gram begins.
    """
    T, S, m = equal.shape
    counts = np.zeros((ORDERS, T, m), dtype=np.min_scalar_type(S))
    same = equal  # where the n-grams that begin here are the same
    for n in range(1, min(ORDERS, T, S) + 1):
        if n > 1:
            same = same[:-1, :-1] & equal[n - 1 :, n - 1 :]
        np.add.reduce(same, axis=1, dtype=counts.dtype, out=counts[n - 1, : T - n + 1])
    return counts


def longest_common(equal: BoolArray) -> IntArray:
    """The length of the longest common subsequence of each pair: (m,)."""
    T, S, m = equal.shape
    last = np.zeros((S + 1, m), dtype=np.min_scalar_type(min(T, S) + 1))  # of ours so far, and theirs up to j
    for i in range(T):
        longer = np.maximum(last[1:], (last[:-1] + 1) * equal[i])
        np.maximum.accumulate(longer, axis=0, out=last[1:])
    return last[S]
