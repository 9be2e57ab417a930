"""Words that may not be said: forbidden ones, and those that would repeat an n-gram."""

from collections.abc import Mapping, Sequence

import numpy as np

from captionviewer.core.arrays import BoolArray, FloatArray, IntArray
from captionviewer.core.decoding.decoding import Decoding


class Restrictions:
    """What a `Decoding` forbids, for one vocabulary.

    ValueError where a forbidden word is not in it, or no word is left.
    """

    def __init__(self, decoding: Decoding, word_to_idx: Mapping[str, int]) -> None:
        self._forbidden = decoding.forbidden_ids(word_to_idx)
        self._block = decoding.ngram_block

    @property
    def look_back(self) -> bool:
        """Whether what may be said depends on what was said before."""
        return self._block > 0

    def forbid(self, logits: FloatArray) -> FloatArray:
        """Logits (n, V), with -inf for the forbidden words: the same array where there are none."""
        if not self._forbidden:
            return logits
        logits = logits.copy()
        logits[:, self._forbidden] = -np.inf
        return logits

    def repeats(self, said: IntArray | Sequence[int]) -> list[int]:
        """The words that, after those said (t,), would make an n-gram come twice."""
        n, words = self._block, [int(word) for word in said]
        if not n or len(words) < n:
            return []
        end = words[len(words) - n + 1 :]  # the n - 1 last
        return sorted({words[i + n - 1] for i in range(len(words) - n + 1) if words[i : i + n - 1] == end})

    def block(self, scores: FloatArray, said: IntArray) -> FloatArray:
        """Logits or log-probabilities (n, V), with -inf for what would repeat an n-gram of said (n, t).

        Where that would leave no word, the rule gives way: a caption has to go on somehow.
        """
        if not self._block:
            return scores
        blocked: BoolArray = np.zeros(scores.shape, np.bool_)
        for row, words in zip(blocked, said, strict=True):
            row[self.repeats(words)] = True
        blocked &= (np.isfinite(scores) & ~blocked).any(axis=1, keepdims=True)
        result: FloatArray = np.where(blocked, -np.inf, scores)
        return result
