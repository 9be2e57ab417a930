"""ROUGE-L (Lin, 2004), to the last digit that of pycocoevalcap 1.2.

The longest common subsequence of caption and reference over the length of either: the best precision and the
best recall over the references, which need not be the same reference's, in one weighted mean.
"""

import numpy as np

from captionviewer.core.arrays import BoolArray, FloatArray
from captionviewer.core.evaluation.compared import ComparedCaptions

_BETA = 1.2


def rouge_l(compared: ComparedCaptions, kept: BoolArray) -> FloatArray:
    """ROUGE-L of N photos' captions, (N,) from 0 to 1; the corpus value is its mean.

    Parameters
    ----------
    compared
        the captions beside their references.
    kept
        (R,) which references count.
    """
    references, lengths = compared.references, compared.lengths
    begins, theirs = references.begins[:-1], references.sentences.lengths
    ours = lengths[references.owners]
    # A quirk of pycocoevalcap: "".split(" ") is one empty word, so that nothing said of nothing is right.
    common = np.where((ours == 0) & (theirs == 0), 1, compared.common)
    precision = np.maximum.reduceat(kept * common / np.maximum(ours, 1), begins)
    recall = np.maximum.reduceat(kept * common / np.maximum(theirs, 1), begins)
    weighted = recall + _BETA**2 * precision
    scores: FloatArray = np.divide(
        (1 + _BETA**2) * precision * recall, weighted, out=np.zeros(len(weighted)), where=weighted > 0
    )
    return scores
