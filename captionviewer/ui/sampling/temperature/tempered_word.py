"""The next word as the temperature, k and p leave it: which words, with what share, and how open it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.restrictions import Restrictions
from captionviewer.core.decoding.sampling import next_word
from captionviewer.ui.sampling.caption_sample import NUM_LIKELIEST, CaptionSample
from captionviewer.ui.sampling.probability_words import percent


@dataclass(frozen=True)
class TemperedWord:
    """One of the likeliest words before and after.

    Attributes
    ----------
    word
        the word.
    before
        the model's own probability, nothing changed.
    tempered
        after the temperature, before anything is cut.
    after
        what it is drawn by; 0 where it is cut.
    cut
        whether k or p cut it, or it may not be said.
    """

    word: str
    before: float
    tempered: float
    after: float
    cut: bool


@dataclass(frozen=True)
class TemperedNext:
    """The next word of a timestep.

    Attributes
    ----------
    words
        the likeliest under the model, in its order.
    kept, vocabulary
        how many words are left to draw from, of how many.
    kept_mass
        what part of the tempered probability they have.
    bits, bits_before
        the entropy of what is drawn from, and of the model's own distribution.
    """

    words: tuple[TemperedWord, ...]
    kept: int
    vocabulary: int
    kept_mass: float
    bits: float
    bits_before: float

    @property
    def summary(self) -> str:
        """What is left, for people: "7 words, 92 %; 2.1 bits"."""
        count = "1 word" if self.kept == 1 else f"{self.kept:,} words"
        if self.kept == self.vocabulary:
            count = f"all {count}"
        mass = "100 %" if self.kept_mass > 0.9995 else percent(self.kept_mass)
        return f"{count}, {mass}; {self.bits:.1f} bits (the model's own: {self.bits_before:.1f})"


def tempered_next(sample: CaptionSample, timestep: int, decoding: Decoding) -> TemperedNext:
    """What the word at a timestep of the sample is drawn from."""
    step = sample.timesteps[timestep]
    before = step.probabilities
    with np.errstate(divide="ignore"):
        logits = np.log(before)[np.newaxis]
    restrictions = Restrictions(decoding, sample.current.model.word_to_idx)
    said = np.array([[each.word for each in sample.timesteps[:timestep]]], dtype=np.int64)
    own = next_word(logits)
    word = next_word(
        restrictions.block(restrictions.forbid(logits), said), decoding.temperature, decoding.k, decoding.p
    )
    # What has no probability is not drawn, whether it was cut or too unlikely for the number format.
    kept = word.kept[0] & np.isfinite(logits[0])
    kept &= restrictions.forbid(logits)[0] > -np.inf
    if decoding.temperature == 0:
        kept &= word.probabilities[0] > 0
    words = tuple(
        TemperedWord(
            sample.vocabulary.idx_to_word[index],
            probability,
            float(word.tempered[0, index]),
            float(word.probabilities[0, index]) if kept[index] else 0.0,
            not kept[index],
        )
        for index, probability in step.likeliest(NUM_LIKELIEST)
    )
    return TemperedNext(
        words,
        int(kept.sum()),
        len(before),
        float(word.kept_mass[0]),
        float(word.entropy_bits[0]),
        float(own.entropy_bits[0]),
    )


def differing(captions: Sequence[Sequence[str]]) -> int:
    """How many of some captions differ."""
    return len({tuple(caption) for caption in captions})
