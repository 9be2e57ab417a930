"""BLEU-1 to BLEU-4 (Papineni et al., 2002), to the last digit those of pycocoevalcap 1.2.

The corpus value is made from sums over all photos, so it is not the mean of the photos' own values.
"""

from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import BoolArray, FloatArray
from captionviewer.core.evaluation.compared import ComparedCaptions
from captionviewer.core.evaluation.ngrams import ORDERS

# coco-caption's own: they keep a division by nothing at 0, and are part of its values.
_SMALL, _TINY = 1e-9, 1e-15
WIDTH = 2 * ORDERS + 2  # numbers a photo in `BleuCounts.table`
_FAR = 1 << 31  # a difference in length that no sentence has


@dataclass(frozen=True)
class BleuCounts:
    """What BLEU is made of, for each of N photos.

    Attributes
    ----------
    correct
        (N, 4) n-grams of the caption that the references have, each counted at most as often as the
        reference that has it most.
    length
        (N,) words of the caption.
    closest
        (N,) the length of the reference closest to it in length; of two the shorter.
    """

    correct: FloatArray
    length: FloatArray
    closest: FloatArray

    @property
    def table(self) -> FloatArray:
        """All of it as numbers that can be added up, (N, `WIDTH`): correct, guesses, length, closest."""
        guesses = np.maximum(self.length[:, np.newaxis] - np.arange(ORDERS), 0)
        return np.concatenate(
            [self.correct, guesses, self.length[:, np.newaxis], self.closest[:, np.newaxis]], axis=1
        )


def bleu_counts(compared: ComparedCaptions, kept: BoolArray) -> BleuCounts:
    """Count for N photos.

    Parameters
    ----------
    compared
        the captions beside their references.
    kept
        (R,) which references count.
    """
    references, lengths, in_caption = compared.references, compared.lengths, compared.in_caption
    begins = references.begins[:-1]
    most = np.maximum.reduceat(compared.in_references * kept, begins, axis=2)
    clipped = np.minimum(most, in_caption)
    # The n-gram stands in_caption times in the caption, and each time gives its part.
    parts = np.divide(clipped, in_caption, out=np.zeros(clipped.shape), where=in_caption > 0)
    correct = np.rint(parts.sum(axis=1)).T  # (N, 4)
    theirs = references.sentences.lengths.astype(np.int64)
    away = np.abs(theirs - lengths[references.owners])
    key = np.where(kept, away, _FAR) * _FAR + theirs  # the closest first, among equals the shorter
    closest = np.minimum.reduceat(key, begins) % _FAR
    return BleuCounts(correct, lengths.astype(np.float64), closest.astype(np.float64))


def bleu(table: FloatArray) -> FloatArray:
    """BLEU-1 to BLEU-4 from sums (..., `WIDTH`) of `BleuCounts.table` over photos: (..., 4), each 0 to 1."""
    correct, guesses = table[..., :ORDERS], table[..., ORDERS : 2 * ORDERS]
    precisions = (correct + _TINY) / (guesses + _SMALL)
    values = np.cumprod(precisions, axis=-1) ** (1 / np.arange(1, ORDERS + 1))
    ratio = (table[..., -2] + _TINY) / (table[..., -1] + _SMALL)
    with np.errstate(over="ignore"):  # an empty corpus: 1 / ratio is huge, and exp of its negative 0
        brevity = np.where(ratio < 1, np.exp(1 - 1 / ratio), 1.0)
    result: FloatArray = values * brevity[..., np.newaxis]
    return result
