"""CIDEr-D (Vedantam, Zitnick and Parikh, 2015), to the last digit what pycocoevalcap 1.2 calls CIDEr.

Caption and reference are vectors of n-gram counts, each weighted by how few photos' references hold the
n-gram; the score is their cosine, clipped and discounted where lengths differ, for one word to four, times
10. So it goes from 0 to 10; papers print it times 100 and without the 10.
"""

import numpy as np

from captionviewer.core.arrays import BoolArray, FloatArray, IntArray
from captionviewer.core.evaluation.compared import ComparedCaptions
from captionviewer.core.evaluation.ngrams import ORDERS
from captionviewer.core.evaluation.sentences import References

_SIGMA = 6.0


def norms(counts: IntArray, weights: FloatArray) -> FloatArray:
    """The length of each sentence's vector, by order: (4, m).

    Parameters
    ----------
    counts
        (4, T, m) how often the n-gram that begins at each position stands in the sentence itself.
    weights
        (4, T, m) what it is worth.
    """
    # An n-gram that stands c times adds (c w)^2, and each of its c positions c w^2 of that.
    squares: FloatArray = (counts * weights**2).sum(axis=1)
    return np.sqrt(squares)


def similarities(
    in_references: IntArray,
    in_caption: IntArray,
    weights: FloatArray,
    lengths: IntArray,
    reference_norms: FloatArray,
    references: References,
) -> FloatArray:
    """CIDEr-D of N photos' captions against each reference alone: (R,), 0 to 10.

    Parameters
    ----------
    in_references
        (4, T, R) how often the n-gram that begins at each position of the photo's caption stands in each
        reference.
    in_caption
        (4, T, N) how often it stands in the caption itself.
    weights
        (4, T, N) what it is worth.
    lengths
        (N,) of the captions.
    reference_norms
        (4, R), from `norms`.
    references
        of the N photos, R in all.
    """
    owners = references.owners
    ours = in_caption[:, :, owners]
    each = np.divide(weights**2, in_caption, out=np.zeros(weights.shape), where=in_caption > 0)
    clipped = np.minimum(ours, in_references).astype(np.float64)
    products = (clipped * in_references * each[:, :, owners]).sum(axis=1)  # (4, R)
    both = norms(in_caption, weights)[:, owners] * reference_norms
    np.divide(products, both, out=products, where=both > 0)
    # A quirk of coco-caption: what it takes for a sentence's length is its number of bigrams, so that an
    # empty sentence and one of one word are equally long.
    away = np.maximum(lengths[owners] - 1, 0) - np.maximum(references.sentences.lengths - 1, 0)
    scores: FloatArray = products.sum(axis=0) / ORDERS * np.exp(-(away**2) / (2 * _SIGMA**2)) * 10
    return scores


def cider_d(compared: ComparedCaptions, kept: BoolArray) -> FloatArray:
    """The mean of `similarities` over the references that count: (N,); the corpus value is its mean."""
    begins = compared.references.begins[:-1]
    scores: FloatArray = np.add.reduceat(compared.similar * kept, begins) / np.add.reduceat(
        kept, begins, dtype=np.float64
    )
    return scores
