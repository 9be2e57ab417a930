"""Ids to words and back: the vocabulary, and captions as people read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.control_signs import has_control_signs

NULL, START, END, UNK = "<NULL>", "<START>", "<END>", "<UNK>"
SPECIAL_WORDS = (NULL, START, END, UNK)
# What a stranger's file may hold; the official vocabulary has 1,004 words.
LARGEST_VOCABULARY = 65_536
LONGEST_WORD = 100


def is_word(value: object) -> bool:
    """Whether `value`, from a stranger's file, is a word that a vocabulary may hold and a window may show."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_WORD and not has_control_signs(value)


@dataclass(frozen=True)
class Vocabulary:
    """The words a model can say, each with its id; the special ones are padding, start, end and unknown.

    `idx_to_word` gives the word of an id, `word_to_idx` the id of a word; the two agree.
    `null`, `start`, `end` and `unk` are ids and raise KeyError where the vocabulary lacks the word.
    `separator` stands between two of them in a text: nothing where the "words" are characters.
    """

    idx_to_word: tuple[str, ...]
    word_to_idx: Mapping[str, int]
    separator: str = " "

    @classmethod
    def from_words(cls, words: Sequence[str]) -> "Vocabulary":
        """The vocabulary in which a word's id is its position in `words`.  ValueError if one occurs twice."""
        word_to_idx = {word: index for index, word in enumerate(words)}
        if len(word_to_idx) != len(words):
            repeated = next(word for index, word in enumerate(words) if word_to_idx[word] != index)
            raise ValueError(f"the word {repeated!r} stands in the vocabulary twice")
        return cls(tuple(words), word_to_idx)

    def __len__(self) -> int:
        return len(self.idx_to_word)

    @property
    def null(self) -> int:
        """The id that marks padding."""
        return self.word_to_idx[NULL]

    @property
    def start(self) -> int:
        """The id that marks the start of a caption."""
        return self.word_to_idx[START]

    @property
    def end(self) -> int:
        """The id that marks the end of a caption."""
        return self.word_to_idx[END]

    @property
    def unk(self) -> int:
        """The id that marks a word outside the vocabulary."""
        return self.word_to_idx[UNK]


def decode_captions(captions: IntArray, idx_to_word: Sequence[str] | Mapping[int, str]) -> list[str] | str:
    """The words of one caption or of many, joined by spaces.

    `<NULL>` is left out and nothing after the first `<END>` is read; `<START>` and `<END>` are kept.

    Parameters
    ----------
    captions
        Word ids, (N, T) or (T,).
    idx_to_word
        The word of each id.

    Returns
    -------
    list[str] or str
        N strings for (N, T), one string for (T,).

    Raises
    ------
    ValueError
        `captions` has neither one nor two axes, or a word id is negative.
    """
    ids = np.asarray(captions)
    if ids.ndim == 1:
        return _decode_one(ids.tolist(), idx_to_word)
    if ids.ndim == 2:
        return [_decode_one(row, idx_to_word) for row in ids.tolist()]
    raise ValueError(f"captions must have shape (N, T) or (T,), not {ids.shape}")


def _decode_one(ids: list[int], idx_to_word: Sequence[str] | Mapping[int, str]) -> str:
    words: list[str] = []
    for index in ids:
        if index < 0:
            raise ValueError(f"a caption's word ids are 0 or more, not {index}")
        word = idx_to_word[index]
        if word != NULL:
            words.append(word)
        if word == END:
            break
    return " ".join(words)


def caption_words(row: IntArray, vocabulary: Vocabulary) -> list[str]:
    """The words of one caption (T,) between `<START>` and `<END>`; `<UNK>` is kept, padding is not."""
    words: list[str] = []
    for index in np.asarray(row).tolist():
        word = vocabulary.idx_to_word[index]
        if word == END:
            break
        if word not in (NULL, START):
            words.append(word)
    return words


def caption_text(row: IntArray, vocabulary: Vocabulary) -> str:
    """The words of one caption (T,) between `<START>` and `<END>` as a text, so joined by spaces."""
    return vocabulary.separator.join(caption_words(row, vocabulary))
