"""The table of scores: a model's captions and four baselines, all against the same captions by people.

One human is a photo's own caption against its others, so every row is held against all captions of a photo
but one, each left out in turn: against more references any caption scores higher, and people would be
cheated. Nothing here draws from a run's random numbers or changes a model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.vocabulary import UNK, Vocabulary
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.evaluation.baselines import EXPLANATIONS, TITLES, RowName
from captionviewer.core.evaluation.bootstrap import Interval
from captionviewer.core.evaluation.diversity import FEW_DISTINCT
from captionviewer.core.evaluation.document_frequencies import DocumentFrequencies
from captionviewer.core.evaluation.matching import NgramMatch, matching_ngrams
from captionviewer.core.evaluation.metrics import METRICS
from captionviewer.core.evaluation.scored_photos import ScoredPhotos
from captionviewer.core.evaluation.sentences import Sentences

NOT_THE_PAPERS = (
    "Papers' figures are made otherwise (other photos, words and references), and are not to be compared with"
    " these."
)


@dataclass(frozen=True)
class Difference:
    """A row's value less the model's, and its 95 % interval over the photos, the same for both."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Row:
    """One row of the table.

    Attributes
    ----------
    name
        "model", "nearest", "human", "commonest" or "blind".
    values
        for each metric its value; NaN where there is none, as nats a word without a model.
    intervals
        95 % intervals over the photos, of the metrics that have one.
    differences
        to the model, for the same metrics; empty for the model itself.
    of_photos
        (P,) for the same metrics, each photo's own value.
    captions
        (P,) what was said, of the human row in the first round.
    """

    name: RowName
    values: Mapping[str, float]
    intervals: Mapping[str, Interval]
    differences: Mapping[str, Difference]
    of_photos: Mapping[str, FloatArray] = field(repr=False)
    captions: Sentences = field(repr=False)

    @property
    def title(self) -> str:
        """What people read in the table."""
        return TITLES[self.name]

    @property
    def explanation(self) -> str:
        """What the row is, for people."""
        return EXPLANATIONS[self.name]

    def worst(self, metric: str, count: int | None = None) -> list[int]:
        """The photos, 0 to P - 1, of the worst values of a metric, the worst first, those without last."""
        values = np.asarray(self.of_photos[metric])
        sign = -1.0 if next(one for one in METRICS if one.key == metric).best < 0 else 1.0
        order = np.argsort(np.where(np.isnan(values), np.inf, sign * values), kind="stable")
        return [int(photo) for photo in order[:count]]


@dataclass(frozen=True)
class Scorecard:
    """The whole table, and how it was made.

    Attributes
    ----------
    photos
        which photos, with what people said of them.
    rows
        the model's row first.
    decoding
        how the model's captions were written.
    unknown_matches
        whether a generated `<UNK>` counts as a word that can be right.
    left_out
        whether each row is held against all of a photo's captions but one, each left out in turn, or against
        all (then there is no human row).
    draws, seed
        of the intervals.
    frequencies
        how many photos of the whole split have each n-gram.
    """

    photos: ScoredPhotos = field(repr=False)
    rows: tuple[Row, ...]
    decoding: Decoding
    unknown_matches: bool
    left_out: bool
    draws: int
    seed: int
    frequencies: DocumentFrequencies = field(repr=False)

    def row(self, name: RowName) -> Row:
        """The row of that name.  KeyError if the table has none."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    @property
    def few_distinct(self) -> bool:
        """Whether the model says so few different captions that users see the same for every photo."""
        return self.row("model").values["distinct"] < FEW_DISTINCT * len(self.photos)

    @property
    def made(self) -> str:
        """How the table was made, in a few sentences for people."""
        photos, counts = self.photos, self.photos.references.counts
        low, high = int(counts.min()), int(counts.max())
        captions = f"{high}" if low == high else f"{low} to {high}"
        parts = [f"{len(photos):,} photos of {photos.split}"]
        if photos.left_out:
            parts[0] += f" ({photos.left_out:,} with fewer than two captions were left out)"
        if self.left_out:
            parts.append(
                f"every row against all but one of a photo's {captions} captions by people, each left out"
                " in turn"
            )
        else:
            parts.append(f"against all of a photo's {captions} captions by people")
        symbols = "characters" if photos.dataset.vocabulary.is_of_characters else "words"
        parts.append(
            f"n-grams of {symbols} weighted by all {self.frequencies.num_photos:,} photos of {photos.split}"
        )
        parts.append(f"captions: {self.decoding.words()}")
        parts.append(
            f"a generated {UNK} counts as a word"
            if self.unknown_matches
            else f"a generated {UNK} matches nothing"
        )
        made = "; ".join(parts) + "."
        if self.draws:
            made += f" Intervals: 95 % of {self.draws:,} draws of the photos."
        return f"{made} {NOT_THE_PAPERS}"

    def references(self, photo: int) -> Sentences:
        """What people said of a photo, 0 to P - 1."""
        return self.photos.references.of(photo, photo + 1).sentences

    def matches(self, name: RowName, photo: int) -> tuple[NgramMatch, ...]:
        """Which n-grams of a row's caption of a photo its references have, and their weight.

        For the human row the caption itself, the photo's first, is no reference.
        """
        caption = countable(
            self.row(name).captions[photo : photo + 1], self.photos.dataset.vocabulary, self.unknown_matches
        )
        itself = 0 if name == "human" else None
        return matching_ngrams(caption, self.references(photo), self.frequencies, itself)


def countable(captions: Sentences, vocabulary: Vocabulary, unknown_matches: bool) -> Sentences:
    """The captions as they are scored: with an id that no reference has in the place of `<UNK>`."""
    if unknown_matches or UNK not in vocabulary.word_to_idx:
        return captions
    return captions.with_word(vocabulary.unk, len(vocabulary))
