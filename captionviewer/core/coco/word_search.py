"""Find a word or a phrase in every caption, by comparing ids.

The official data has ten million ids.  Kept slot by slot (all first words, all second words ...), in two
bytes each, NumPy compares a word with all of them in a millisecond or two: no index is needed.
"""

import re
from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import BoolArray, IntArray
from captionviewer.core.coco.vocabulary import SPACE_SIGN, UNK, Vocabulary

# Captions turned at a time, so that they stay in the processor's cache meanwhile.
_TURNED_ROWS = 8_192
_BETWEEN_WORDS = re.compile(r"[ \t\r\n\f\v\u3000]+")
_AROUND_WORDS = ".,;:!?\"'()[]“”‘’"


def typed_words(text: str) -> list[str]:
    """The words of a text that somebody typed; a no-break space is part of a word, as in a vocabulary."""
    return [word for word in _BETWEEN_WORDS.split(text) if word]


@dataclass(frozen=True)
class SearchHits:
    """What a search found.

    Attributes
    ----------
    text : str
        What was searched, as the vocabulary spells it.
    count : int
        How many captions hold it.
    caption_rows : IntArray
        Those captions, in the order of the file.
    image_rows : IntArray
        Their images, each once, in the order of the first hit.
    note : str
        For people: why nothing could be found (a word that the vocabulary does not have), or empty.
    """

    text: str
    count: int
    caption_rows: IntArray
    image_rows: IntArray
    note: str


class WordSearch:
    """Searches the captions of one split.

    Parameters
    ----------
    captions
        Word ids, (n, T).
    image_idxs
        The image of each caption, (n,).
    num_images
        How many images there are.
    vocabulary
        Whose ids the captions hold.
    """

    def __init__(
        self, captions: IntArray, image_idxs: IntArray, num_images: int, vocabulary: Vocabulary
    ) -> None:
        self._slots = _by_slot(captions, len(vocabulary))
        self._image_idxs = image_idxs
        self._num_images = num_images
        self._vocabulary = vocabulary
        self._spellings: dict[str, list[int]] = {}
        for index, word in enumerate(vocabulary.idx_to_word):
            self._spellings.setdefault(word.casefold(), []).append(index)

    @property
    def captions(self) -> IntArray:
        """The captions, (n, T), each slot of all of them following one another in memory."""
        return self._slots.T

    def find(self, text: str) -> SearchHits:
        """Find the captions that hold the words of `text` one after another, whole and in any case."""
        if self._vocabulary.is_of_characters:
            return self._find_spelled(text)
        words = [self._as_spelt(part) for word in typed_words(text.casefold()) for part in self._parts(word)]
        words = [word for word in words if word]
        unknown = list(dict.fromkeys(word for word in words if word not in self._spellings))
        if not words or unknown:
            nothing = np.empty(0, dtype=np.int64)
            return SearchHits(" ".join(words), 0, nothing, nothing, self._why_not(unknown))
        return self._hits(" ".join(words), [self._spellings[word] for word in words])

    def _hits(self, text: str, phrase: list[list[int]]) -> SearchHits:
        rows = self._rows_with(phrase)
        images = self._image_idxs[rows]
        firsts = first_of_each(images, self._num_images)
        return SearchHits(text, len(rows), rows, images[firsts], "")

    def _find_spelled(self, text: str) -> SearchHits:
        """The same where captions are spelled: a word stands between two spaces, or at an end."""
        words, vocabulary = typed_words(text.casefold()), self._vocabulary
        letters = list(SPACE_SIGN.join(words))
        unknown = list(dict.fromkeys(letter for letter in letters if letter not in self._spellings))
        if not words or unknown:
            nothing = np.empty(0, dtype=np.int64)
            return SearchHits(" ".join(words), 0, nothing, nothing, self._why_not(unknown))
        space = vocabulary.word_to_idx[SPACE_SIGN]
        spelled = [self._spellings[letter] for letter in letters]
        return self._hits(" ".join(words), [[vocabulary.start, space], *spelled, [vocabulary.end, space]])

    def _parts(self, word: str) -> list[str]:
        """The word, or its parts where only they are known: text from a web page has no-break spaces, too."""
        return [word] if self._as_spelt(word) in self._spellings else word.split()

    def _as_spelt(self, word: str) -> str:
        return word if word in self._spellings else word.strip(_AROUND_WORDS)

    def _why_not(self, unknown: list[str]) -> str:
        if not unknown:
            return ""
        fallen = len(self._rows_with([[self._vocabulary.unk]]))
        named = ", ".join(f"“{word}”" for word in unknown)
        verb, whose = ("is", "its") if len(unknown) == 1 else ("are", "their")
        captions = "caption" if fallen == 1 else "captions"
        symbols = "characters" if self._vocabulary.is_of_characters else "words"
        return (
            f"{named} {verb} not among the {len(self._vocabulary):,} {symbols} of the vocabulary: "
            f"captions have {UNK} in {whose} place, {fallen:,} {captions} in all."
        )

    def _rows_with(self, phrase: list[list[int]]) -> IntArray:
        """Rows with the phrase, each of whose words may have several ids (spellings with capitals)."""
        num_slots, num_captions = self._slots.shape
        found = np.zeros(num_captions, dtype=np.bool_)
        for start in range(num_slots - len(phrase) + 1):
            here = self._is_one_of(start, phrase[0])
            for place in range(1, len(phrase)):
                here &= self._is_one_of(start + place, phrase[place])
            found |= here
        return np.flatnonzero(found)

    def _is_one_of(self, slot: int, ids: list[int]) -> BoolArray:
        match: BoolArray = self._slots[slot] == ids[0]
        for other in ids[1:]:
            match |= self._slots[slot] == other
        return match


def first_of_each(images: IntArray, num_images: int) -> BoolArray:
    """Mark where each image stands first among `images` (n,), numbers below `num_images`: (n,)."""
    places = np.arange(len(images))
    first_place = np.empty(num_images, dtype=np.int64)
    first_place[images[::-1]] = places[::-1]  # of several assignments to one image the last one stays
    firsts: BoolArray = first_place[images] == places
    return firsts


def _by_slot(captions: IntArray, vocabulary_size: int) -> IntArray:
    """Captions (n, T) as (T, n), in the smallest type that holds their ids."""
    turned = np.empty(captions.shape[::-1], dtype=np.min_scalar_type(vocabulary_size))
    for start in range(0, len(captions), _TURNED_ROWS):
        turned[:, start : start + _TURNED_ROWS] = captions[start : start + _TURNED_ROWS].T
    return turned
