"""In how many photos' references an n-gram stands: what makes a rare word worth more than "a".

CIDEr takes these counts from the references it is given. With the references of one photo alone every
n-gram stands in all photos there are, and the score is 0 whatever was said; with those of a few photos it is
another score than with all. So they are counted once, over the whole split, and used for every photo of it.
"""

from collections.abc import Iterator

import numpy as np

from captionviewer.core.arrays import BoolArray, FloatArray, IntArray
from captionviewer.core.evaluation.ngrams import ORDERS
from captionviewer.core.evaluation.sentences import PAD, References

_MOST = 2**63 - 1
_TABLE = 1 << 22  # pairs of words: of vocabularies up to 2,000 words the place of each is looked up


class DocumentFrequencies:
    """The number of photos, of `num_photos`, whose references hold each n-gram of one to four words."""

    def __init__(self, references: References) -> None:
        """Count; for all of COCO's val split (2 million words) a second at most."""
        self.num_photos = len(references)
        words = references.sentences.words
        self._base = int(words.max(initial=0)) + 2  # one more than any id: what no reference has
        self._codes: list[IntArray] = []  # of each order, rising; found again by bisection
        self._counts: list[IntArray] = []
        self._bigrams: IntArray = _distinct(np.sort(self._pairs(words)))
        self._places_of_pairs: IntArray | None = None
        if self._base**2 <= _TABLE:
            self._places_of_pairs = np.full(self._base**2, -1, np.int32)
            self._places_of_pairs[self._bigrams] = np.arange(len(self._bigrams))
        owners = np.repeat(references.owners, words.shape[1]).reshape(words.shape)
        for codes, begins in self._ngrams(words):
            kept = begins & (codes >= 0)
            found, counts = _photos_with(codes[kept], owners[:, : codes.shape[1]][kept], self.num_photos)
            self._codes.append(found)
            self._counts.append(counts)
        while len(self._codes) < ORDERS:  # sentences too short to have any
            self._codes.append(np.empty(0, np.int64))
            self._counts.append(np.empty(0, np.int64))

    def weights(self, words: IntArray) -> FloatArray:
        """How much each n-gram of sentences (m, T) is worth, at the position where it begins: (4, T, m).

        ln(photos) - ln(photos with it), as if one had it where none does; 0 where no n-gram begins.
        """
        m, T = words.shape
        weights = np.zeros((ORDERS, T, m))
        for n, (codes, begins) in enumerate(self._ngrams(words)):
            counts = np.maximum(1, _look_up(self._codes[n], self._counts[n], codes))
            worth = np.log(float(self.num_photos)) - np.log(counts)
            weights[n, : T - n] = np.where(begins, worth, 0.0).T
        return weights

    def _pairs(self, words: IntArray) -> IntArray:
        """A number for each pair of neighbouring words, (pairs,)."""
        clipped = np.minimum(words, self._base - 1).astype(np.int64)
        pairs: IntArray = (clipped[:, :-1] * self._base + clipped[:, 1:])[words[:, 1:] != PAD]
        return pairs

    def _ngrams(self, words: IntArray) -> Iterator[tuple[IntArray, BoolArray]]:
        """For one word to four, as far as (m, T) has room: a number for each n-gram, and where one begins.

        Both (m, T - n + 1); the number is -1 for an n-gram that no reference has. A trigram is a bigram and a
        word, a four-gram two bigrams, so that the numbers stay small however large the vocabulary.
        """
        clipped = np.minimum(words, self._base - 1).astype(np.int64)
        begins, T = words != PAD, words.shape[1]
        if T < 1:
            return
        yield clipped, begins
        if T < 2:
            return
        pairs = clipped[:, :-1] * self._base + clipped[:, 1:]
        yield pairs, begins[:, 1:]
        if T < 3:
            return
        place = self._places(pairs)
        yield np.where(place[:, :-1] < 0, -1, place[:, :-1] * self._base + clipped[:, 2:]), begins[:, 2:]
        if T < 4:
            return
        first, second = place[:, :-2], place[:, 2:]
        either = (first < 0) | (second < 0)
        yield np.where(either, -1, first * len(self._bigrams) + second), begins[:, 3:]

    def _places(self, pairs: IntArray) -> IntArray:
        """Where each pair stands among the bigrams that references have, -1 where it does not."""
        if self._places_of_pairs is None:
            return _places(self._bigrams, pairs)
        # `PAD` is a negative number, and so may be a pair with it: such a place is never looked at.
        places: IntArray = self._places_of_pairs[np.maximum(pairs, 0)].astype(np.int64)
        return places


def _distinct(rising: IntArray) -> IntArray:
    return rising[np.concatenate([[True], rising[1:] != rising[:-1]])] if len(rising) else rising


def _photos_with(codes: IntArray, owners: IntArray, num_photos: int) -> tuple[IntArray, IntArray]:
    """The different codes, rising, and how many different owners each has."""
    if not len(codes):
        return codes, codes
    if int(codes.max()) >= _MOST // max(num_photos, 1):
        different, codes = np.unique(codes, return_inverse=True)
    else:
        different = None
    # Sorting is many times quicker than finding where each came from, so the photo is sorted along.
    once = _distinct(np.sort(codes * num_photos + owners)) // num_photos
    starts = np.flatnonzero(np.concatenate([[True], once[1:] != once[:-1]]))
    counts = np.diff(np.concatenate([starts, [len(once)]]))
    found = once[starts]
    return (found if different is None else different[found]), counts


def _look_up(codes: IntArray, counts: IntArray, wanted: IntArray) -> IntArray:
    """The count of each code wanted, 0 where there is none."""
    place = _places(codes, wanted)
    return np.where(place < 0, 0, counts[place]) if len(counts) else np.zeros_like(place)


def _places(rising: IntArray, wanted: IntArray) -> IntArray:
    """Where each of `wanted`, 0 or more, stands in `rising`, -1 where it does not; any shape."""
    if not len(rising) or not wanted.size:
        return np.full(wanted.shape, -1)
    flat, order = wanted.ravel(), None
    if int(flat.max()) < _MOST // flat.size:  # in order each search finds the last one's way in the cache
        in_order = np.sort(flat * flat.size + np.arange(flat.size))
        flat, order = in_order // flat.size, in_order % flat.size
    place = np.searchsorted(rising, flat)
    place[place == len(rising)] = 0
    place[rising[place] != flat] = -1
    if order is None:
        return place.reshape(wanted.shape)
    places = np.empty_like(place)
    places[order] = place
    return places.reshape(wanted.shape)
