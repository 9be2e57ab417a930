"""The likeliest caption of all, by best-first search, with a proof that there is no likelier one.

ln p of a beginning is an upper bound for every caption that begins so, since each further word can only
lower it. So the likeliest beginning is continued first, and what is not likelier than the best caption known
is never looked at. When no beginning is left that is likelier, the best caption known is the likeliest.
"""

import heapq
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.vocabulary import END, START
from captionviewer.core.decoding.beam_search import beam_search
from captionviewer.core.decoding.decoding import WIDEST_BEAM, Decoding
from captionviewer.core.decoding.restrictions import Restrictions
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import DecodingState
from captionviewer.core.network.inference import WordInputs, advance, log_softmax, start_state, word_id

SECONDS, EXPANSIONS = 2.0, 20_000
_TOGETHER = 8  # beginnings continued in one product: that costs little more than one
_MOST_REMEMBERED = 8_000_000  # numbers of continuations not yet looked at, some 100 MB


@dataclass(frozen=True)
class ExactResult:
    """What an exact search found.

    Attributes
    ----------
    words
        ids of the caption, its `<END>` included where it has one.
    log_probability
        ln p of it under what the decoding allows.
    proved
        whether no other caption is likelier.
    others_at_most
        an upper bound for ln p of every other caption; -inf where there is no other.
    expansions
        beginnings that were continued.
    seconds
        that it took.
    """

    words: tuple[int, ...]
    log_probability: float
    proved: bool
    others_at_most: float
    expansions: int
    seconds: float

    @property
    def proof(self) -> str:
        """The outcome in words for people."""
        bound = _percent(math.exp(self.others_at_most))
        looked = f"{self.expansions:,} beginning{'' if self.expansions == 1 else 's'} continued"
        if self.proved:
            return f"proved: no other caption has more than {bound} ({looked})"
        return f"not proved: another caption could have up to {bound} ({looked})"


def _percent(share: float) -> str:
    """A share with two digits that count."""
    return f"{100 * share:.2g} %"


@dataclass(frozen=True, eq=False)
class _Beginning:
    """A beginning whose continuations are known.

    `places` (n,) are the words that follow, the likeliest first, `scores` (n,) ln p with them. `state` is
    (1, H), after its last word was read.
    """

    words: tuple[int, ...]
    state: DecodingState
    places: IntArray
    scores: FloatArray


class _Search:
    def __init__(self, model: CaptioningRNN, decoding: Decoding) -> None:
        self._params = model.checked_params()
        self._inputs = WordInputs(self._params)
        self._restrictions = Restrictions(decoding, model.word_to_idx)
        self._end = word_id(model.word_to_idx, END)
        self._longest = decoding.max_length
        # The next continuation of each beginning: (-ln p, when it was put here, beginning, number).
        self.open: list[tuple[float, int, _Beginning, int]] = []
        self._put = 0
        self.remembered = 0
        self.words: tuple[int, ...] = ()
        self.best = -math.inf
        self.second = -math.inf  # an upper bound for whole captions, and for what was not looked at

    def offer(self, words: tuple[int, ...], log_probability: float) -> None:
        """A whole caption: the best so far, or another one."""
        if words == self.words:
            return
        if log_probability > self.best:
            self.second = max(self.second, self.best)
            self.words, self.best = words, log_probability
        else:
            self.second = max(self.second, log_probability)

    def grow(self, grown: list[tuple[tuple[int, ...], float, DecodingState]], fed: IntArray) -> None:
        """Continue beginnings (their words, ln p, state before the last word) by every word."""
        state, logits = advance(self._params, _stacked([state for _, _, state in grown]), fed, self._inputs)
        logits = self._restrictions.forbid(logits).astype(np.float64)
        all_scores = log_softmax(logits)
        for row, (words, log_probability, _) in enumerate(grown):
            scores = all_scores[row : row + 1]
            if words:
                scores = self._restrictions.block(scores, np.array([words]))
            scores = scores[0] + log_probability
            whole = len(words) + 1 == self._longest
            if not whole:
                self.offer((*words, self._end), float(scores[self._end]))
                scores[self._end] = -np.inf
            order = np.argsort(-scores, kind="stable")
            if whole:
                for word in order[:2]:  # no other can be the best or the second
                    self.offer((*words, int(word)), float(scores[word]))
                continue
            order = order[np.isfinite(scores[order])]
            promising = int(np.count_nonzero(scores[order] > self.best))
            if promising < len(order):
                self.second = max(self.second, float(scores[order[promising]]))
            if promising:
                kept = order[:promising].astype(np.int32)
                self._push(_Beginning(words, state.of_images(slice(row, row + 1)), kept, scores[kept]), 0)
                self.remembered += promising

    def _push(self, beginning: _Beginning, number: int) -> None:
        self._put += 1
        heapq.heappush(self.open, (-float(beginning.scores[number]), self._put, beginning, number))

    def pop(self) -> tuple[tuple[int, ...], float, DecodingState]:
        """The likeliest beginning not yet continued; its next likeliest sibling takes its place."""
        negative, _, beginning, number = heapq.heappop(self.open)
        self.remembered -= 1
        if number + 1 < len(beginning.scores):
            self._push(beginning, number + 1)
        return (*beginning.words, int(beginning.places[number])), -negative, beginning.state

    @property
    def bound(self) -> float:
        """Ln p that no caption not yet found can exceed."""
        return -self.open[0][0] if self.open else -math.inf


def _stacked(states: list[DecodingState]) -> DecodingState:
    h = np.concatenate([state.h for state in states])
    c = [state.c for state in states if state.c is not None]
    return DecodingState(h, np.concatenate(c) if c else None, states[0].cell_type)


def exact_search(
    model: CaptioningRNN,
    features: FloatArray,
    decoding: Decoding,
    *,
    seconds: float = SECONDS,
    expansions: int = EXPANSIONS,
    stop: Callable[[], bool] = lambda: False,
) -> ExactResult:
    """Find the likeliest caption of a photo.

    Parameters
    ----------
    model
        the network, which nobody changes meanwhile.
    features
        (D,) of the photo.
    decoding
        what may not be said, and the maximum length; a caption is what ends with `<END>`, or has that many
        words. Its method, alpha and beam width are not looked at.
    seconds, expansions
        after which the search gives up, with the best caption known.
    stop
        asked now and then; once it is true the search gives up.

    Raises
    ------
    ValueError
        features of the wrong shape, no `<START>` or `<END>` in the vocabulary, or a forbidden word that it
        lacks.
    """
    began = time.perf_counter()
    search = _Search(model, decoding)
    # A good caption to begin with: whatever is less likely need not be looked at.
    known = beam_search(model, features, replace(decoding, beam_width=WIDEST_BEAM)).best()[0]
    search.offer(known.words, known.log_probability)
    start = word_id(model.word_to_idx, START)
    features = model.checked_features(np.asarray(features)[np.newaxis])
    state = start_state(model.checked_params(), model.cell_type, features)
    search.grow([((), 0.0, state)], np.array([start]))
    done = 1
    while (
        search.bound > search.best
        and done < expansions
        and search.remembered < _MOST_REMEMBERED
        and time.perf_counter() - began < seconds
        and not stop()
    ):
        grown: list[tuple[tuple[int, ...], float, DecodingState]] = []
        while len(grown) < min(_TOGETHER, expansions - done) and search.bound > search.best:
            grown.append(search.pop())
        search.grow(grown, np.array([words[-1] for words, _, _ in grown]))
        done += len(grown)
    return ExactResult(
        words=search.words,
        log_probability=search.best,
        proved=search.bound <= search.best,
        others_at_most=max(search.bound, search.second),
        expansions=done,
        seconds=time.perf_counter() - began,
    )
