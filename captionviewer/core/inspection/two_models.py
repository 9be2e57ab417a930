"""Two models on one photo and one caption: how far apart they are about each next word."""

from collections.abc import Sequence

import numpy as np

from captionviewer.core.arrays import FloatArray
from captionviewer.core.decoding.timestep import Timestep
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.inference import log_softmax, logits_of


def log_probabilities(model: CaptioningRNN, step: Timestep) -> FloatArray:
    """Ln p of every word (V,) at a timestep, float64: of a word that is all but impossible, too."""
    logits = logits_of(model.checked_params(), step.state)[0]
    result: FloatArray = log_softmax(logits.astype(np.float64))
    return result


def divergence(log_p: FloatArray, log_q: FloatArray) -> float:
    """KL(p || q) in nats of two distributions given by ln p and ln q (V,).

    It is how much more surprise q gives than p where words come as p says; 0 only where they are the same.
    """
    p = np.exp(log_p)
    said = p > 0
    return max(float(np.sum(p[said] * (log_p[said] - log_q[said]))), 0.0)


def most_different(p: FloatArray, q: FloatArray, count: int) -> list[int]:
    """The words that two distributions (V,) differ about most, by |p - q|; among equals the lower id."""
    order = np.argsort(-np.abs(p.astype(np.float64) - q), kind="stable")[:count]
    return [int(word) for word in order]


def parting(first: Sequence[Timestep], second: Sequence[Timestep]) -> int | None:
    """The first timestep of one caption at which two models hold different words for likeliest."""
    for t, (a, b) in enumerate(zip(first, second, strict=True)):
        if int(a.probabilities.argmax()) != int(b.probabilities.argmax()):
            return t
    return None
