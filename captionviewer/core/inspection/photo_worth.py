"""What a network does with another photo than the true one: another's, the average, or features of zero.

None of these says what the photo is worth. A network that was trained with photos never learned to do
without one, so that taking the photo away costs it more than a network that was trained without photos
needs to pay; only the difference to such a one is fair.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.vocabulary import NULL
from captionviewer.core.inspection.corpus import Corpus
from captionviewer.core.network.caption_losses import position_losses
from captionviewer.core.network.captioning_rnn import CaptioningRNN

PhotoSource = Literal["true", "another", "average", "zero"]
SOURCES: tuple[PhotoSource, ...] = ("true", "another", "average", "zero")
LEAST_COUNT = 10  # times that a word must occur for its own mean to say something


@dataclass(frozen=True)
class WordSurprises:
    """How surprised a network is at the words of many captions.

    Attributes
    ----------
    nats
        (V,) -ln p of each word as a target, added up over where it stands.
    counts
        (V,) how often that is; 0 for `<NULL>`.
    """

    nats: FloatArray
    counts: IntArray

    @property
    def nats_a_word(self) -> float:
        """The mean over all targets, `<END>` included: the loss a word."""
        return float(self.nats.sum() / max(int(self.counts.sum()), 1))


@dataclass(frozen=True)
class PhotoWorth:
    """The surprises over a corpus with each source of photos."""

    surprises: dict[PhotoSource, WordSurprises]

    def costs(self, source: PhotoSource) -> FloatArray:
        """For each word (V,), by how many nats more it surprises than with the true photo; NaN where rare."""
        true, other = self.surprises["true"], self.surprises[source]
        often = true.counts >= LEAST_COUNT
        costs = np.full(len(often), np.nan)
        costs[often] = (other.nats[often] - true.nats[often]) / true.counts[often]
        return costs


@dataclass(frozen=True)
class BlindWorth:
    """What photos are worth: by how much a network trained without them is more surprised.

    Attributes
    ----------
    blind
        the surprises of the network that was trained without photos.
    true
        those of the one trained with photos, given the true ones, over the same captions.
    """

    blind: WordSurprises
    true: WordSurprises

    @property
    def bits_a_word(self) -> float:
        """Over all targets, `<END>` included."""
        return (self.blind.nats_a_word - self.true.nats_a_word) / math.log(2)

    def bits(self) -> FloatArray:
        """For each word (V,), by its own targets; NaN where it is rare."""
        often = self.true.counts >= LEAST_COUNT
        bits = np.full(len(often), np.nan)
        nats = self.blind.nats[often] - self.true.nats[often]
        bits[often] = nats / self.true.counts[often] / math.log(2)
        return bits


def derangement(count: int, rng: np.random.Generator) -> IntArray:
    """An order (count,) in which nothing stays in its place: one round that all are in.

    Raises
    ------
    ValueError
        fewer than two, of which none can go elsewhere.
    """
    if count < 2:
        raise ValueError("it takes two photos to give each another's")
    ring = rng.permutation(count)
    order = np.empty(count, dtype=np.intp)
    order[ring] = np.roll(ring, -1)
    return order


def photos_of(corpus: Corpus) -> tuple[IntArray, FloatArray, IntArray]:
    """The photo rows (P,) of a corpus, each once, their features (P, D), and each caption's photo (N,)."""
    rows, first, owners = np.unique(corpus.photos, return_index=True, return_inverse=True)
    return rows, corpus.features[first], owners


def features_from(source: PhotoSource, features: FloatArray, seed: int = 0) -> FloatArray:
    """What stands in for the features (P, D) of P photos.

    Raises
    ------
    ValueError
        another's photo of fewer than two.
    """
    if source == "true":
        return features
    if source == "another":
        return features[derangement(len(features), np.random.default_rng(seed))]
    if source == "average":
        return np.broadcast_to(features.mean(axis=0, dtype=np.float64).astype(features.dtype), features.shape)
    return np.zeros_like(features)


def word_surprises(
    model: CaptioningRNN,
    features: FloatArray,
    captions: IntArray,
    owners: IntArray,
    progress: Callable[[float], bool] = lambda _share: True,
) -> WordSurprises | None:
    """Read captions under teacher forcing and add up the surprise by word.

    Parameters
    ----------
    model
        the network.
    features
        (P, D) of the photos.
    captions
        (N, T) ids from `<START>` on, padded with `<NULL>`.
    owners
        (N,) the photo of each, a row of `features`.
    progress
        told the share that is done; False ends it.

    Returns
    -------
    None where `progress` ended it.

    Raises
    ------
    ValueError
        features or captions of the wrong shape.
    """
    wanted = True

    def tell(share: float) -> None:
        nonlocal wanted
        wanted = wanted and progress(share)

    nats = position_losses(model, features, captions, owners, stop=lambda: not wanted, progress=tell)
    if nats is None or not wanted:
        return None
    targets, V = np.asarray(captions)[:, 1:], len(model.word_to_idx)
    counted = targets != model.word_to_idx[NULL]
    of_word: FloatArray = np.zeros(V)
    np.add.at(of_word, targets[counted], nats[counted])
    return WordSurprises(of_word, np.bincount(targets[counted], minlength=V))


def blind_surprises(
    model: CaptioningRNN,
    corpus: Corpus,
    progress: Callable[[float], bool] = lambda _share: True,
) -> WordSurprises | None:
    """Read a corpus with a network that was trained without photos, and is given none; else as above."""
    nothing = np.zeros_like(corpus.features[:1])
    return word_surprises(model, nothing, corpus.captions, np.zeros(len(corpus.captions), np.intp), progress)


def _of_all(progress: Callable[[float], bool], done: int, share: float) -> bool:
    """Tell the share of all sources where so many are done and a share of the next is."""
    return progress((done + share) / len(SOURCES))


def photo_worth(
    model: CaptioningRNN,
    corpus: Corpus,
    seed: int = 0,
    progress: Callable[[float], bool] = lambda _share: True,
) -> PhotoWorth | None:
    """Read a corpus with the true photos and with all that may stand in for them.

    Parameters
    ----------
    model
        the network.
    corpus
        the captions, of two photos or more.
    seed
        of the derangement that gives each photo another's features.
    progress
        told the share that is done; False ends it.

    Returns
    -------
    None where `progress` ended it.

    Raises
    ------
    ValueError
        the corpus has a single photo, or features that do not fit the network.
    """
    _rows, features, owners = photos_of(corpus)
    found: dict[PhotoSource, WordSurprises] = {}
    for number, source in enumerate(SOURCES):
        given, whose = features_from(source, features, seed), owners
        if source in ("average", "zero"):  # one photo for all: what begins alike is then read once
            given, whose = given[:1], np.zeros_like(owners)
        read = word_surprises(model, given, corpus.captions, whose, partial(_of_all, progress, number))
        if read is None:
            return None
        found[source] = read
    return PhotoWorth(found)
