"""How varied many captions are: what no comparison with people's captions tells."""

from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import BoolArray
from captionviewer.core.coco.vocabulary import SPECIAL_WORDS, Vocabulary
from captionviewer.core.evaluation.sentences import PAD, Sentences

FEW_DISTINCT = 0.1  # of the photos: below it "the same caption for every photo" is what a user sees


@dataclass(frozen=True)
class Diversity:
    """Of N captions together.

    Attributes
    ----------
    distinct
        different captions among them.
    words_used
        different words in them; `<UNK>` is none.
    div_2
        different bigrams over words in all ("Div-2"), 0 to 1: higher is more varied.
    """

    distinct: float
    words_used: float
    div_2: float

    @classmethod
    def of(cls, captions: Sentences, vocabulary: Vocabulary) -> "Diversity":
        """Count."""
        special = [vocabulary.word_to_idx[word] for word in SPECIAL_WORDS if word in vocabulary.word_to_idx]
        words = captions.words
        used = np.setdiff1d(words[words != PAD], special)
        both = words[:, 1:] != PAD
        pairs = words[:, :-1].astype(np.int64) * (int(words.max(initial=0)) + 1) + words[:, 1:]
        total = int(captions.lengths.sum())
        return cls(
            distinct=len(set(captions.identities())),
            words_used=len(used),
            div_2=len(np.unique(pairs[both])) / total if total else 0.0,
        )


def sayable_words(vocabulary: Vocabulary) -> int:
    """How many words of a vocabulary are words: all but the special ones."""
    return len(set(vocabulary.idx_to_word) - set(SPECIAL_WORDS))


def novel(captions: Sentences, training: Sentences) -> BoolArray:
    """Which captions (N,) are, word for word, none of the training captions."""
    alike = training[np.isin(training.hashes, captions.hashes)]  # few, so that they can be compared
    known = frozenset(alike.identities())
    return np.array([identity not in known for identity in captions.identities()], dtype=np.bool_)


def commonest(captions: Sentences) -> int:
    """The row of the caption that comes most often; of several the first."""
    _, first, counts = np.unique(captions.hashes, return_index=True, return_counts=True)
    return int(first[counts == counts.max()].min())
