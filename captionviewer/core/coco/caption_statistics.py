"""What can be counted in captions: their words, and those that fell to `<UNK>`.

Each function goes through the captions slot by slot, fastest where a slot's ids follow one another.
"""

import numpy as np

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.vocabulary import Vocabulary


def caption_lengths(captions: IntArray, vocabulary: Vocabulary) -> IntArray:
    """Words of each caption (n, T) before its `<END>`, `<UNK>` included, `<START>` and padding not: (n,)."""
    lengths = np.zeros(len(captions), dtype=np.int32)
    ended = np.zeros(len(captions), dtype=np.bool_)
    for column in captions.T:
        ended |= column == vocabulary.end
        lengths += ~ended & (column != vocabulary.null) & (column != vocabulary.start)
    return lengths


def unknown_counts(captions: IntArray, vocabulary: Vocabulary) -> IntArray:
    """How often each caption (n, T) has `<UNK>`: (n,)."""
    counts = np.zeros(len(captions), dtype=np.int32)
    for column in captions.T:
        counts += column == vocabulary.unk
    return counts


def word_counts(captions: IntArray, vocabulary: Vocabulary) -> IntArray:
    """How often each word of the vocabulary stands in captions (n, T); 0 for padding, start and end: (V,)."""
    counts = np.zeros(len(vocabulary), dtype=np.int64)
    for column in captions.T:
        counts += np.bincount(column, minlength=len(vocabulary))
    counts[[vocabulary.null, vocabulary.start, vocabulary.end]] = 0
    return counts
