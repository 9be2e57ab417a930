"""The columns of the table of scores: each declared once, with its name and how it is made.

A new score is a file beside this one and its line in `METRICS`. The loss on captions of val while a run goes
on is none of them: that is `core/training/validation.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from captionviewer.core.arrays import BoolArray, FloatArray
from captionviewer.core.evaluation import cider, rouge
from captionviewer.core.evaluation.compared import ComparedCaptions

# Each photo's own score, (N,), whose mean is the metric; (R,) says which references count.
Score = Callable[[ComparedCaptions, BoolArray], FloatArray]


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
    score
        what makes it of captions and references alone; None for what is made of sums or of the model.
    """

    key: str
    title: str
    explanation: str
    decimals: int
    best: int
    of_photos: bool = True
    score: Score | None = None


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
        score=rouge.rouge_l,
    ),
    Metric(
        "cider_d",
        "CIDEr-D",
        "How alike caption and people's captions are as counts of n-grams of 1 to 4 words, each weighted by"
        " how few photos' captions have it. 0 to 10; papers often print 100 times this.",
        3,
        1,
        score=cider.cider_d,
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
SCORED = {metric.key: metric.score for metric in METRICS if metric.score is not None}
BLEU = ("bleu_1", "bleu_2", "bleu_3", "bleu_4")


def metric(key: str) -> Metric:
    """The metric of that key.  KeyError if there is none."""
    return next((one for one in METRICS if one.key == key), None) or _missing(key)


def _missing(key: str) -> Metric:
    raise KeyError(key)
