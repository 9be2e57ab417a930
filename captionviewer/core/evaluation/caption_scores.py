"""Captions of many photos against what people said of them: all scores in one pass."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from captionviewer.core.arrays import BoolArray, FloatArray
from captionviewer.core.evaluation import bleu, cider
from captionviewer.core.evaluation.compared import ComparedCaptions
from captionviewer.core.evaluation.document_frequencies import DocumentFrequencies
from captionviewer.core.evaluation.metrics import SCORED
from captionviewer.core.evaluation.ngrams import equal_words, longest_common, ngram_counts
from captionviewer.core.evaluation.sentences import References, Sentences
from captionviewer.core.network.blocks import in_blocks

ALL = -1  # the number of a left-out reference where none is

_BLOCK_REFERENCES = 2_048  # compared at a time, so that a pair of words is a byte in the processor's cache


@dataclass(frozen=True)
class CaptionScores:
    """What N captions are worth, in F rounds that each leave out another reference (or none).

    Attributes
    ----------
    bleu_tables
        (F, N, `bleu.WIDTH`) what the corpus BLEU of a round is made of: see `bleu.BleuCounts`.
    own
        (F, N) each photo's own values of the metrics in `SCORED`, by key.
    """

    bleu_tables: FloatArray
    own: Mapping[str, FloatArray]

    @cached_property
    def bleu(self) -> FloatArray:
        """(F, 4) BLEU-1 to BLEU-4 of the whole in each round."""
        return bleu.bleu(self.bleu_tables.sum(axis=1))

    @cached_property
    def photo_bleu(self) -> FloatArray:
        """(F, N, 4) the same of each photo alone; their mean is not that of the whole."""
        return bleu.bleu(self.bleu_tables)


def together(rounds: Sequence[CaptionScores]) -> CaptionScores:
    """Rounds made apart, as those in which the captions differ, as one."""
    return _joined(rounds, axis=0)


class Scorer:
    """Scores captions of P photos against their references.

    Parameters
    ----------
    references
        of the P photos.
    frequencies
        of the split that the photos belong to; None takes these references, as pycocoevalcap does.
    """

    def __init__(self, references: References, frequencies: DocumentFrequencies | None = None) -> None:
        self.references = references
        self.frequencies = frequencies or DocumentFrequencies(references)
        self._norms: dict[int, FloatArray] = {}  # of each block of references that was scored once

    def score(
        self,
        captions: Sentences,
        left_out: Sequence[int] = (ALL,),
        stop: Callable[[], bool] = lambda: False,
    ) -> CaptionScores | None:
        """Score one caption a photo.

        Parameters
        ----------
        captions
            (P,) one of each photo, in the references' order. An id that no reference has matches nothing.
        left_out
            for each round the number of the reference not to be counted, `ALL` for none; a photo with
            fewer leaves out the one that is reached by counting round.
        stop
            asked between blocks: once it is true None is returned.

        Raises
        ------
        ValueError
            not as many captions as photos, or a reference is to be left out where there is no other.
        """
        if len(captions) != len(self.references):
            raise ValueError(f"{len(captions)} captions can't be those of {len(self.references)} photos")
        if len(captions) == 0:
            raise ValueError("there is no photo to score")
        if any(number != ALL for number in left_out) and int(self.references.counts.min()) < 2:
            raise ValueError("a photo with one reference has none left when that is left out")
        blocks = list(self._blocks())
        found: dict[int, list[CaptionScores]] = {}

        def score_block(here: slice) -> None:
            number = here.start
            first, last = blocks[number]
            block = self.references.of(first, last)
            if number not in self._norms:
                self._norms[number] = self._block_norms(block)
            norms = self._norms[number]
            found[number] = list(self._score_block(captions[first:last], block, norms, left_out))

        if not in_blocks(len(blocks), 1, score_block, stop):
            return None
        of_blocks = [found[number] for number in range(len(blocks))]
        return together([_joined(one_round, axis=1) for one_round in zip(*of_blocks, strict=True)])

    def _blocks(self) -> Iterator[tuple[int, int]]:
        begins, first = self.references.begins, 0
        while first < len(self.references):
            last = int(np.searchsorted(begins, begins[first] + _BLOCK_REFERENCES, side="right")) - 1
            last = max(first + 1, last)
            yield first, last
            first = last

    def _block_norms(self, block: References) -> FloatArray:
        words = block.sentences.words
        return cider.norms(ngram_counts(equal_words(words, words)), self.frequencies.weights(words))

    def _score_block(
        self, captions: Sentences, block: References, norms: FloatArray, left_out: Sequence[int]
    ) -> Iterator[CaptionScores]:
        captions = Sentences(captions.words[:, : int(captions.lengths.max())], captions.lengths)
        in_caption = ngram_counts(equal_words(captions.words, captions.words))
        equal = equal_words(captions.words[block.owners], block.sentences.words)
        in_references, common = ngram_counts(equal), longest_common(equal)
        weights, lengths = self.frequencies.weights(captions.words), captions.lengths
        similar = cider.similarities(in_references, in_caption, weights, lengths, norms, block)
        compared = ComparedCaptions(in_references, in_caption, common, similar, lengths, block)
        for number in left_out:
            kept: BoolArray = np.ones(len(block.sentences), dtype=np.bool_)
            if number != ALL:
                kept[block.row(number)] = False
            yield CaptionScores(
                bleu.bleu_counts(compared, kept).table[np.newaxis],
                {key: score(compared, kept)[np.newaxis] for key, score in SCORED.items()},
            )


def _joined(parts: Sequence[CaptionScores], axis: int) -> CaptionScores:
    return CaptionScores(
        np.concatenate([one.bleu_tables for one in parts], axis=axis),
        {key: np.concatenate([one.own[key] for one in parts], axis=axis) for key in SCORED},
    )
