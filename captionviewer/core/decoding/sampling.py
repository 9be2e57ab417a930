"""Captions drawn by chance: temperature, the k likeliest, the share p (nucleus), and the draws.

The order is temperature, then k, then p; p looks at what k has left. A word is drawn by the inverse of the
cumulative distribution in the order of the ids, from numbers that are drawn beforehand: with the same numbers
a caption changes little by little as the temperature moves, and does not become another one.
"""

from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import BoolArray, FloatArray, IntArray
from captionviewer.core.decoding.captions import write_captions
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.inference import log_softmax

_COLDEST = 1e-30  # below it float32 can't divide any more; 0 is greedy, and so is this


@dataclass(frozen=True)
class NextWord:
    """What the next word of n captions is drawn from.

    Attributes
    ----------
    tempered
        (n, V) the distribution after the temperature, before anything is cut.
    kept
        (n, V) the words that k and p leave.
    probabilities
        (n, V) of the words kept, adding up to 1; the very `tempered` where nothing is cut.
    """

    tempered: FloatArray
    kept: BoolArray
    probabilities: FloatArray

    @property
    def kept_mass(self) -> FloatArray:
        """(n,) what part of `tempered` the kept words have."""
        mass: FloatArray = np.where(self.kept, self.tempered, 0).sum(axis=1, dtype=np.float64)
        return mass

    @property
    def entropy_bits(self) -> FloatArray:
        """(n,) the entropy of `probabilities`: 1 bit for two words equally likely."""
        p = self.probabilities.astype(np.float64)
        # from 0, so that a certain word has 0 bits and not -0
        entropy: FloatArray = 0 - (p * np.log2(p, out=np.zeros_like(p), where=p > 0)).sum(axis=1)
        return entropy


def next_word(logits: FloatArray, temperature: float = 1.0, k: int | None = None, p: float = 1.0) -> NextWord:
    """The distribution that the next word is drawn from.

    At temperature 1 with nothing cut it is the model's own, to the bit.

    Parameters
    ----------
    logits
        (n, V); -inf for a word that may not be said.
    temperature, k, p
        as in `Decoding`.
    """
    shifted = logits - logits.max(axis=-1, keepdims=True)
    if temperature < _COLDEST:
        tempered = np.zeros_like(shifted)
        tempered[np.arange(len(logits)), logits.argmax(axis=1)] = 1
    else:
        with np.errstate(over="ignore"):  # far below the likeliest word is nothing, however cold
            tempered = np.exp(log_softmax(shifted / shifted.dtype.type(temperature)))
    V = logits.shape[1]
    kept: BoolArray = np.ones(logits.shape, np.bool_)
    if (k is None or k >= V) and p >= 1:
        return NextWord(tempered, kept, tempered)
    order = _falling_order(tempered)
    falling = np.take_along_axis(tempered, order, axis=1).astype(np.float64)
    if k is not None:
        falling[:, k:] = 0
    total = np.cumsum(falling, axis=1)
    # A word stays while those before it have not reached the share: so the one that crosses it stays.
    before = np.concatenate([np.zeros((len(logits), 1)), total[:, :-1]], axis=1)
    stays = falling > 0
    if p < 1:
        stays &= before < p * total[:, -1:]
    np.put_along_axis(kept, order, stays, axis=1)
    left = np.where(kept, tempered, 0)
    return NextWord(tempered, kept, left / left.sum(axis=1, keepdims=True))


def _falling_order(probabilities: FloatArray) -> IntArray:
    """The words of each distribution (n, V), the likeliest first, among equals the lower id: (n, V)."""
    if probabilities.dtype != np.float32:
        return np.argsort(-probabilities, axis=1, kind="stable")
    # The bits of numbers that are not negative rise with them: with the id behind, all differ, and a sort
    # that need not be stable takes a fraction of the time.
    keys = (~probabilities.view(np.uint32)).astype(np.uint64) << np.uint64(32)
    keys |= np.arange(probabilities.shape[1], dtype=np.uint64)
    keys.sort(axis=1)
    order: IntArray = (keys & np.uint64(0xFFFF_FFFF)).astype(np.int64)
    return order


def draw(probabilities: FloatArray, numbers: FloatArray) -> IntArray:
    """The words (n,) that numbers (n,), 0 to below 1, stand for in distributions (n, V).

    Word i is drawn by the numbers between what the words before it have together and that with its own.
    """
    cumulative = np.cumsum(probabilities, axis=1, dtype=np.float64)  # one after another on every platform
    # A number below 1 times the whole is below the whole, also when rounded: a word is always found.
    words: IntArray = (cumulative <= (numbers * cumulative[:, -1])[:, np.newaxis]).sum(axis=1)
    return words


def draws(seed: int, count: int, max_length: int) -> FloatArray:
    """The numbers (count, max_length) that captions are drawn by, the same on every platform.

    The first rows do not depend on how many there are.
    """
    return np.random.default_rng(seed).random((count, max_length))


def sample(
    model: CaptioningRNN, features: FloatArray, decoding: Decoding, numbers: FloatArray | None = None
) -> IntArray:
    """Caption photos (N, D) by chance: (N, max_length), as `write_captions`.

    Parameters
    ----------
    model
        the network.
    features
        (N, D); one photo's, repeated, for several captions of it.
    decoding
        temperature, k, p, what may not be said and the maximum length; the seed where `numbers` is None.
    numbers
        (N, max_length) from 0 to below 1, or more: the caption at row i is drawn by row i. Kept from call to
        call, they let captions morph as the temperature moves.

    Raises
    ------
    ValueError
        as `write_captions`, or too few numbers.
    """
    if numbers is None:
        numbers = draws(decoding.seed, len(features), decoding.max_length)
    if numbers.ndim != 2 or len(numbers) < len(features) or numbers.shape[1] < decoding.max_length:
        raise ValueError(
            f"numbers have shape {numbers.shape}, and ({len(features)}, {decoding.max_length}) is needed"
        )
    drawn_by = numbers

    def choose(logits: FloatArray, rows: IntArray, t: int) -> IntArray:
        if decoding.repeatable:  # without the rounding of a softmax that could make two words equal
            words: IntArray = np.argmax(logits, axis=1)
            return words
        distribution = next_word(logits, decoding.temperature, decoding.k, decoding.p)
        return draw(distribution.probabilities, drawn_by[rows, t])

    return write_captions(model, features, decoding, choose)
