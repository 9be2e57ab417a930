"""Captions as scores read them: words alone, in arrays, and which of them belong to which photo."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from captionviewer.core.arrays import BoolArray, IntArray
from captionviewer.core.coco.vocabulary import Vocabulary

PAD = -1  # after a sentence's last word


@dataclass(frozen=True)
class Sentences:
    """N sentences of at most T words.

    Attributes
    ----------
    words
        (N, T) int32 word ids, `PAD` after the last; no `<START>`, `<END>` or `<NULL>`.
    lengths
        (N,) how many words each has; 0 is a sentence, too.
    """

    words: IntArray
    lengths: IntArray

    @classmethod
    def of_captions(cls, captions: IntArray, vocabulary: Vocabulary) -> "Sentences":
        """The words of captions (N, T) before their first `<END>`; `<UNK>` is kept, padding is not."""
        captions = np.asarray(captions)
        kept = (captions != vocabulary.null) & (captions != vocabulary.start)
        kept &= ~np.logical_or.accumulate(captions == vocabulary.end, axis=1)
        lengths = kept.sum(axis=1)
        words = np.full((len(captions), int(lengths.max(initial=0))), PAD, dtype=np.int32)
        # Within a row the words kept follow one another, in the order of the caption.
        words[np.arange(words.shape[1]) < lengths[:, np.newaxis]] = captions[kept]
        return cls(words, lengths)

    @classmethod
    def of_words(cls, sentences: Sequence[Sequence[str]], ids: Mapping[str, int]) -> "Sentences":
        """The same of words already spelt out.  KeyError where `ids` lacks one."""
        lengths = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
        words = np.full((len(sentences), int(lengths.max(initial=0))), PAD, dtype=np.int32)
        for row, sentence in zip(words, sentences, strict=True):
            row[: len(sentence)] = [ids[word] for word in sentence]
        return cls(words, lengths)

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, rows: IntArray | BoolArray | slice) -> "Sentences":
        """The sentences at some rows."""
        return Sentences(self.words[rows], self.lengths[rows])

    def with_word(self, word: int, instead: int) -> "Sentences":
        """The same sentences with another id in the place of `word`."""
        return Sentences(np.where(self.words == word, np.int32(instead), self.words), self.lengths)

    def identities(self) -> list[bytes]:
        """For each sentence what is equal for equal ones, also of other arrays, however wide."""
        width = np.dtype(np.int32).itemsize
        whole = np.ascontiguousarray(self.words).tobytes()
        row = self.words.shape[1] * width
        ends = (np.arange(len(self)) * row + self.lengths * width).tolist()
        return [whole[start * row : end] for start, end in enumerate(ends)]

    @cached_property
    def hashes(self) -> IntArray:
        """(N,) a number for each sentence, the same for equal ones, and for others hardly ever; quick."""
        T = self.words.shape[1]
        drawn = np.random.default_rng(0).integers(2**63, size=T, dtype=np.uint64)
        factors: NDArray[np.uint64] = np.asarray(drawn) * np.uint64(2) + np.uint64(1)
        sums = np.zeros(len(self), np.uint64)
        for t in range(T):  # a column at a time, so that no large array is made
            column = (self.words[:, t] + np.int32(2)).astype(np.uint64)  # `PAD` is not counted
            sums += np.where(t < self.lengths, column * factors[t], np.uint64(0))
        hashes: IntArray = sums.view(np.int64)
        return hashes

    def words_of(self, row: int, vocabulary: Vocabulary) -> list[str]:
        """The words of one sentence, characters where the vocabulary is of them, in their places."""
        words = self.words[row, : self.lengths[row]].tolist()
        return [vocabulary.idx_to_word[word] for word in words]

    def text(self, row: int, vocabulary: Vocabulary) -> str:
        """One sentence as people read it."""
        return vocabulary.text(self.words_of(row, vocabulary))


@dataclass(frozen=True)
class References:
    """What people said of P photos, R sentences in the order of the photos.

    Attributes
    ----------
    sentences
        (R, T).
    counts
        (P,) how many sentences each photo has, 1 at least.
    """

    sentences: Sentences
    counts: IntArray

    def __post_init__(self) -> None:
        if int(self.counts.sum()) != len(self.sentences):
            raise ValueError(
                f"{len(self.sentences)} references can't be those of photos that have {self.counts.sum()}"
            )
        if len(self.counts) and int(self.counts.min()) < 1:
            raise ValueError("every photo needs a reference")

    @classmethod
    def of_photos(
        cls, captions: IntArray, owners: IntArray, photos: IntArray, vocabulary: Vocabulary
    ) -> "References":
        """The captions of some photos, in the order of `photos`, a photo's own as they stand in the file.

        Parameters
        ----------
        captions, owners
            (n, T) all captions of a split, and (n,) the photo of each.
        photos
            (P,) rows of photos, no two the same.
        vocabulary
            whose ids the captions hold.

        Raises
        ------
        ValueError
            a photo has no caption.
        """
        place = np.full(max(int(owners.max(initial=-1)), int(photos.max(initial=-1))) + 1, -1)
        place[photos] = np.arange(len(photos))
        places = place[owners]  # (n,) -1 where the photo is not asked for
        rows = np.flatnonzero(places >= 0)
        rows = rows[np.argsort(places[rows], kind="stable")]
        counts = np.bincount(places[rows], minlength=len(photos))
        return cls(Sentences.of_captions(captions[rows], vocabulary), counts)

    def __len__(self) -> int:
        return len(self.counts)

    @cached_property
    def begins(self) -> IntArray:
        """(P + 1,) where each photo's sentences begin, and the end of the last's."""
        begins: IntArray = np.concatenate([[0], np.cumsum(self.counts)])
        return begins

    @cached_property
    def owners(self) -> IntArray:
        """(R,) the photo of each sentence, 0 to P - 1."""
        owners: IntArray = np.repeat(np.arange(len(self)), self.counts)
        return owners

    def of(self, first: int, last: int) -> "References":
        """Those of the photos `first` to `last`, the latter not included."""
        return References(
            self.sentences[self.begins[first] : self.begins[last]], self.counts[first:last]
        )  # fmt: skip

    def row(self, number: int) -> IntArray:
        """(P,) the row of each photo's reference of that number, counted round where it has fewer."""
        rows: IntArray = self.begins[:-1] + number % self.counts
        return rows
