"""The columns of the table of scores: each declared once, with its name and how it is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import BoolArray, FloatArray, IntArray
from captionviewer.core.evaluation.bleu import bleu
from captionviewer.core.evaluation.caption_scores import CaptionScores


@dataclass(frozen=True)
class Metric:
    """One column.

    Attributes
    ----------
    key, title
        its name in code and for people.
    explanation
        how it is made, for people.
    decimals
        digits after the point worth showing.
    best
        where better captions have it: +1 higher, -1 lower, 0 for what is neither.
    of_photos
        whether each photo has a value of its own, so that there is a histogram and an interval; the others
        count the captions together, and drawing photos twice would change what they count.
    """

    key: str
    title: str
    explanation: str
    decimals: int
    best: int
    of_photos: bool = True


METRICS: tuple[Metric, ...] = (
    *(
        Metric(
            f"bleu_{n}",
            f"BLEU-{n}",
            f"Which part of the captions' n-grams of 1 to {n} words people's captions have: sums over"
            " all photos, the geometric mean over lengths of n-grams, less where captions are shorter than"
            " the closest of people's. 0 to 1.",
            3,
            1,
        )
        for n in (1, 2, 3, 4)
    ),
    Metric(
        "rouge_l",
        "ROUGE-L",
        "The longest common subsequence of the caption and a person's, over the length of either: best"
        " precision and best recall in one mean (beta 1.2). 0 to 1.",
        3,
        1,
    ),
    Metric(
        "cider_d",
        "CIDEr-D",
        "How alike caption and people's captions are as counts of n-grams of 1 to 4 words, each weighted by"
        " how few photos' captions have it. 0 to 10; papers often print 100 times this.",
        3,
        1,
    ),
    Metric(
        "nats_a_word",
        "nats a word",
        "How surprised the model is at each word of people's captions, -ln p, fed the right words (teacher"
        " forcing): its loss a word. Only a model has it.",
        3,
        -1,
    ),
    Metric("distinct", "distinct", "How many different captions there are.", 0, 0, of_photos=False),
    Metric(
        "words_used",
        "words used",
        "How many different words of the vocabulary the captions use.",
        0,
        0,
        of_photos=False,
    ),
    Metric(
        "novel",
        "novel",
        "Which share of the captions is, word for word, none of the training captions.",
        3,
        0,
    ),
    Metric(
        "div_2",
        "Div-2",
        "Different pairs of neighbouring words over words in all: higher is more varied.",
        3,
        0,
        of_photos=False,
    ),
    Metric("mean_length", "mean length", "Words a caption.", 1, 0),
)
OF_PHOTOS = tuple(metric.key for metric in METRICS if metric.of_photos)
BLEU = ("bleu_1", "bleu_2", "bleu_3", "bleu_4")


def metric(key: str) -> Metric:
    """The metric of that key.  KeyError if there is none."""
    return next((one for one in METRICS if one.key == key), None) or _missing(key)


def _missing(key: str) -> Metric:
    raise KeyError(key)


@dataclass(frozen=True)
class PhotoValues:
    """What one source said of P photos, as far as each photo counts by itself.

    Attributes
    ----------
    scores
        against people's captions, in F rounds.
    lengths
        (F or 1, P) words of each caption.
    novel
        (F or 1, P) whether it is none of the training captions.
    nats, targets
        (P,) of the model at people's captions, added up, and how many words those are; None where there is
        no model.
    """

    scores: CaptionScores
    lengths: IntArray
    novel: BoolArray
    nats: FloatArray | None = None
    targets: IntArray | None = None

    @property
    def table(self) -> FloatArray:
        """(P, C) what is added up over photos; `values` makes the metrics from the sums."""
        rounds, P, width = self.scores.bleu_tables.shape
        columns: Sequence[FloatArray] = (
            self.scores.bleu_tables.transpose(1, 0, 2).reshape(P, rounds * width),
            np.column_stack(
                [
                    np.ones(P),
                    self.scores.rouge_l.mean(axis=0),
                    self.scores.cider_d.mean(axis=0),
                    np.zeros(P) if self.nats is None else self.nats,
                    np.zeros(P) if self.targets is None else self.targets,
                    self.novel.mean(axis=0),
                    self.lengths.mean(axis=0),
                ]
            ),
        )
        return np.concatenate(columns, axis=1)

    @staticmethod
    def values(sums: FloatArray) -> dict[str, FloatArray]:
        """The metrics `OF_PHOTOS` from sums (..., C) of `table`; NaN where there is no model."""
        width = 10
        rounds = (sums.shape[-1] - 7) // width
        tables = sums[..., : rounds * width].reshape(*sums.shape[:-1], rounds, width)
        every_bleu = bleu(tables).mean(axis=-2)  # of the rounds
        photos, rouge_l, cider_d, nats, targets, is_novel, words = np.moveaxis(
            sums[..., rounds * width :], -1, 0
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            found: dict[str, FloatArray] = {key: every_bleu[..., n] for n, key in enumerate(BLEU)}
            found |= {
                "rouge_l": rouge_l / photos,
                "cider_d": cider_d / photos,
                "nats_a_word": nats / targets,
                "novel": is_novel / photos,
                "mean_length": words / photos,
            }
        return found

    def of_each(self) -> Mapping[str, FloatArray]:
        """The metrics of each photo alone, (P,): for histograms, and to find the worst."""
        return self.values(self.table)
