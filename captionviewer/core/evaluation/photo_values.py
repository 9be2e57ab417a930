"""What is added up over photos, and the metrics made from the sums."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import BoolArray, FloatArray, IntArray
from captionviewer.core.evaluation.bleu import WIDTH, bleu
from captionviewer.core.evaluation.caption_scores import CaptionScores
from captionviewer.core.evaluation.metrics import BLEU, SCORED


def _summed() -> tuple[str, ...]:
    """A column each of what is added up, after BLEU's."""
    return ("photos", *SCORED, "nats", "targets", "novel", "mean_length")


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
        summed = {
            **{key: own.mean(axis=0) for key, own in self.scores.own.items()},
            "photos": np.ones(P),
            "nats": np.zeros(P) if self.nats is None else self.nats,
            "targets": np.zeros(P) if self.targets is None else self.targets,
            "novel": self.novel.mean(axis=0),
            "mean_length": self.lengths.mean(axis=0),
        }
        by_round = self.scores.bleu_tables.transpose(1, 0, 2).reshape(P, rounds * width)
        return np.concatenate([by_round, np.column_stack([summed[key] for key in _summed()])], axis=1)

    @staticmethod
    def values(sums: FloatArray) -> dict[str, FloatArray]:
        """The metrics `OF_PHOTOS` from sums (..., C) of `table`; NaN where there is no model."""
        rounds = (sums.shape[-1] - len(_summed())) // WIDTH
        tables = sums[..., : rounds * WIDTH].reshape(*sums.shape[:-1], rounds, WIDTH)
        every_bleu = bleu(tables).mean(axis=-2)  # of the rounds
        summed = dict(zip(_summed(), np.moveaxis(sums[..., rounds * WIDTH :], -1, 0), strict=True))
        photos = summed["photos"]
        with np.errstate(invalid="ignore", divide="ignore"):
            found: dict[str, FloatArray] = {key: every_bleu[..., n] for n, key in enumerate(BLEU)}
            found |= {key: summed[key] / photos for key in (*SCORED, "novel", "mean_length")}
            found["nats_a_word"] = summed["nats"] / summed["targets"]
        return found

    def of_each(self) -> Mapping[str, FloatArray]:
        """The metrics of each photo alone, (P,): for histograms, and to find the worst."""
        return self.values(self.table)
