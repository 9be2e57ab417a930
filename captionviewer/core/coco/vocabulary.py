"""Ids to words and back: the vocabulary, and captions as people read them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.control_signs import has_control_signs

NULL, START, END, UNK = "<NULL>", "<START>", "<END>", "<UNK>"
SPECIAL_WORDS = (NULL, START, END, UNK)
UNSAID = frozenset({NULL, START, END})  # what nobody reads in a caption
SPACE_SIGN = "␣"  # the space in a vocabulary of characters: a space alone would not be seen
# What a stranger's file may hold; the official vocabulary has 1,004 words.
LONGEST_IN_WORDS, LONGEST_IN_CHARACTERS = 30, 160  # that a network is let write; the former is the notebook's
LARGEST_VOCABULARY = 65_536
LONGEST_WORD = 100


def is_word(value: object) -> bool:
    """Whether `value`, from a stranger's file, is a word that a vocabulary may hold and a window may show."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_WORD and not has_control_signs(value)


def are_characters(words: Collection[str]) -> bool:
    """Whether the words of a vocabulary are characters, with `SPACE_SIGN` among them."""
    return SPACE_SIGN in words and all(len(word) == 1 for word in words if word not in SPECIAL_WORDS)


def text_of(words: Iterable[str], *, spelled: bool) -> str:
    """Words of a caption as a text: with spaces between them, or `spelled` by words that are characters."""
    return "".join(words).replace(SPACE_SIGN, " ") if spelled else " ".join(words)


@dataclass(frozen=True)
class Vocabulary:
    """The words a model can say, each with its id; the special ones are padding, start, end and unknown.

    `idx_to_word` gives the word of an id, `word_to_idx` the id of a word; the two agree.
    `null`, `start`, `end` and `unk` are ids and raise KeyError where the vocabulary lacks the word.
    The "words" may be characters: the vocabulary itself tells, wherever it comes from.
    """

    idx_to_word: tuple[str, ...]
    word_to_idx: Mapping[str, int]

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

    def id_as_typed(self, text: str) -> int | None:
        """The id of a word as a person types it, if need be in another case; None where there is none."""
        if text in self.word_to_idx:
            return self.word_to_idx[text]
        return next((i for i, word in enumerate(self.idx_to_word) if word.lower() == text.lower()), None)

    @cached_property
    def is_of_characters(self) -> bool:
        """Whether its words are characters, as `are_characters`."""
        return are_characters(self.idx_to_word)

    @property
    def longest_caption(self) -> int:
        """How many of its words a network is let write, `<END>` included."""
        return LONGEST_IN_CHARACTERS if self.is_of_characters else LONGEST_IN_WORDS

    def text(self, words: Iterable[str]) -> str:
        """Some of its words as people read them: spaces between them, or spelled."""
        return text_of(words, spelled=self.is_of_characters)

    def readable(self, words: Sequence[str]) -> list[tuple[str, range]]:
        """The words that people read in some of its words, and which of `words` each is made of."""
        if not self.is_of_characters:
            return [(word, range(place, place + 1)) for place, word in enumerate(words)]
        found: list[tuple[str, range]] = []
        begins = 0
        for place, word in enumerate([*words, SPACE_SIGN]):
            if word == SPACE_SIGN:
                if place > begins:
                    found.append(("".join(words[begins:place]), range(begins, place)))
                begins = place + 1
        return found

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


def readable_words(row: IntArray, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The words that people read in one caption (T,); the same as its own unless they are characters."""
    return tuple(word for word, _ in vocabulary.readable(caption_words(row, vocabulary)))


def caption_text(row: IntArray, vocabulary: Vocabulary) -> str:
    """The words of one caption (T,) between `<START>` and `<END>` as a text."""
    return vocabulary.text(caption_words(row, vocabulary))
