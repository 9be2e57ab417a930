"""Find a word or a phrase in every caption, by comparing ids.

The official data has ten million ids: NumPy compares one word's id with all of them in a few
milliseconds, so no index is built or kept.
"""

from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import IntArray
from captionviewer.core.captions import UNK, Vocabulary

_AROUND_WORDS = ".,;:!?\"'()[]“”‘’"


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
        For people: why nothing could be found (a word that fell to `<UNK>`), or empty.
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
        self._ids = np.ascontiguousarray(captions).reshape(-1)
        self._caption_length = captions.shape[1]
        self._image_idxs = image_idxs
        self._num_images = num_images
        self._vocabulary = vocabulary
        self._spellings: dict[str, list[int]] = {}
        for index, word in enumerate(vocabulary.idx_to_word):
            self._spellings.setdefault(word.casefold(), []).append(index)

    def find(self, text: str) -> SearchHits:
        """Find the captions that hold the words of `text` one after another, whole and in any case."""
        words = [self._as_spelt(word) for word in text.casefold().split()]
        words = [word for word in words if word]
        unknown = list(dict.fromkeys(word for word in words if word not in self._spellings))
        if not words or unknown:
            nothing = np.empty(0, dtype=np.int64)
            return SearchHits(" ".join(words), 0, nothing, nothing, self._why_not(unknown))
        rows = self._rows_with([self._spellings[word] for word in words])
        return SearchHits(" ".join(words), len(rows), rows, self._images_of(rows), "")

    def _as_spelt(self, word: str) -> str:
        return word if word in self._spellings else word.strip(_AROUND_WORDS)

    def _why_not(self, unknown: list[str]) -> str:
        if not unknown:
            return ""
        fallen = len(self._rows_with([[self._vocabulary.unk]]))
        named = ", ".join(f"“{word}”" for word in unknown)
        verb, pronoun = ("is", "it") if len(unknown) == 1 else ("are", "they")
        captions = "caption" if fallen == 1 else "captions"
        return (
            f"{named} {verb} not among the {len(self._vocabulary):,} words of the vocabulary: "
            f"in captions {pronoun} fell to {UNK}, which stands in {fallen:,} {captions}."
        )

    def _rows_with(self, phrase: list[list[int]]) -> IntArray:
        """Rows with the phrase, each of whose words may have several ids (spellings with capitals)."""
        # Vocabularies are usually sorted by frequency, so the highest id leaves the fewest to compare on.
        anchor = max(range(len(phrase)), key=lambda place: min(phrase[place]))
        match = self._ids == phrase[anchor][0]
        for other in phrase[anchor][1:]:
            match |= self._ids == other
        starts = np.flatnonzero(match) - anchor
        column = starts % self._caption_length
        starts = starts[(starts >= 0) & (column + len(phrase) <= self._caption_length)]
        for place, ids in enumerate(phrase):
            if place != anchor:
                found = self._ids[starts + place]
                starts = starts[np.isin(found, ids) if len(ids) > 1 else found == ids[0]]
        rows = starts // self._caption_length
        first = np.ones(len(rows), dtype=np.bool_)
        first[1:] = rows[1:] != rows[:-1]
        distinct: IntArray = rows[first]
        return distinct

    def _images_of(self, rows: IntArray) -> IntArray:
        images = self._image_idxs[rows]
        places = np.arange(len(images))
        first_place = np.empty(self._num_images, dtype=np.int64)
        first_place[images[::-1]] = places[::-1]  # of several assignments to one image the last one stays
        distinct: IntArray = images[first_place[images] == places]
        return distinct
