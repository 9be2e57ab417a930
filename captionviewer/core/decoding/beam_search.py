"""Beam search, one timestep at a time: which beginnings are kept, which fall, which captions are found.

At each timestep every beginning kept is continued by every word, and of these B x V the B likeliest matter:
one that ends the caption is found, and the others go on. The places of those that ended are filled up by the
next likeliest, so that B beginnings go on as long as there are any. The search goes by ln p alone; the power
alpha of the length only puts the captions found in order, which needs no new search.

It ends when B captions are found and no beginning kept is likelier than the least likely of the B best:
since ln p only falls, none of what could still be found would be among these. A beam is not a superset of a
narrower one, nor of greedy: the beginning that would have led to a likelier caption may be lost.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.vocabulary import END, START
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.restrictions import Restrictions
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import DecodingState
from captionviewer.core.network.inference import (
    Params,
    WordInputs,
    advance,
    log_softmax,
    start_state,
    word_id,
)

Fate = Literal["kept", "found", "pruned"]

SHOWN_PRUNED = 10  # of those that fall at a timestep: what of B x V is worth drawing


@dataclass(frozen=True, eq=False)
class BeamNode:
    """A beginning of a caption, or a whole one.

    Attributes
    ----------
    parent
        the beginning without its last word; None where it has but one.
    word
        id of its last word.
    length
        words in it.
    log_probability
        ln p of all of them under what the decoding allows.
    rank
        its place among all continuations of its timestep by ln p, 0 for the likeliest.
    fate
        "kept": continued at the next timestep; "found": a whole caption; "pruned": too far behind, and it
        fell here at its rank.
    """

    parent: "BeamNode | None"
    word: int
    length: int
    log_probability: float
    rank: int
    fate: Fate

    @property
    def words(self) -> tuple[int, ...]:
        """The ids of all its words."""
        words: list[int] = []
        node: BeamNode | None = self
        while node is not None:
            words.append(node.word)
            node = node.parent
        return tuple(reversed(words))

    def score(self, alpha: float = 0.0) -> float:
        """Ln p over length to the power alpha: 0 for ln p itself, 1 for its mean a word."""
        return self.log_probability / float(self.length**alpha)


@dataclass(frozen=True, eq=False)
class BeamStep:
    """A beam after a timestep; neither it nor what it holds ever changes.

    Attributes
    ----------
    index
        0 for the first word.
    kept, pruned
        the likeliest first: beginnings that go on, and the likeliest of those that fell here.
    found
        whole captions found so far, in the order in which they were.
    ended
        why the search ends here, for people; empty while it goes on.
    state
        (B, H) of the network after this timestep, for the nodes kept.
    """

    index: int
    kept: tuple[BeamNode, ...]
    pruned: tuple[BeamNode, ...]
    found: tuple[BeamNode, ...]
    ended: str
    state: DecodingState

    def best(self, alpha: float = 0.0) -> list[BeamNode]:
        """The captions found, the best first; of equal ones that found first."""
        return sorted(self.found, key=lambda node: -node.score(alpha))


class BeamSearch:
    """The search for one model and decoding: makes each step from the one before it.

    One search serves any number of photos, and is quicker from one to the next: what a word adds is kept.

    Parameters
    ----------
    model
        the network, which nobody changes meanwhile.
    decoding
        beam width, what may not be said, and the maximum length; its method is not looked at.
    width
        beginnings kept, where that is to be other than the decoding says.

    Raises
    ------
    ValueError
        no `<START>` or `<END>` in the vocabulary, or a forbidden word that it lacks.
    """

    def __init__(self, model: CaptioningRNN, decoding: Decoding, width: int | None = None) -> None:
        self._model, self._longest = model, decoding.max_length
        self._width = decoding.beam_width if width is None else width
        self._params: Params = model.checked_params()
        self._inputs = WordInputs(self._params)
        self._restrictions = Restrictions(decoding, model.word_to_idx)
        self._start, self._end = (word_id(model.word_to_idx, word) for word in (START, END))

    def first(self, features: FloatArray) -> BeamStep:
        """The beam after the first timestep of a photo, features (D,).  ValueError if these don't fit."""
        features = self._model.checked_features(np.asarray(features)[np.newaxis])
        state = start_state(self._params, self._model.cell_type, features)
        return self._step(0, (), (), state, np.array([self._start]))

    def next(self, step: BeamStep) -> BeamStep:
        """The beam one timestep later.  ValueError where the search has ended."""
        if step.ended:
            raise ValueError(f"the search has ended: {step.ended}")
        words = np.array([node.word for node in step.kept])
        return self._step(step.index + 1, step.kept, step.found, step.state, words)

    def steps(self, features: FloatArray) -> Iterator[BeamStep]:
        """All steps of a photo's search, the last one with `ended`."""
        step = self.first(features)
        yield step
        while not step.ended:
            step = self.next(step)
            yield step

    def last(self, features: FloatArray) -> BeamStep:
        """The last step of a photo's search: its `best` are the captions found."""
        *_, step = self.steps(features)
        return step

    def _step(
        self,
        index: int,
        beginnings: Sequence[BeamNode],
        found: tuple[BeamNode, ...],
        state: DecodingState,
        words: IntArray,
    ) -> BeamStep:
        state, logits = advance(self._params, state, words, self._inputs)
        # In double precision, or words nearly equal would become equal and greedy's choice be lost.
        scores = log_softmax(self._restrictions.forbid(logits).astype(np.float64))  # (B, V)
        if beginnings:
            if self._restrictions.look_back:
                scores = self._restrictions.block(scores, np.array([node.words for node in beginnings]))
            scores += np.array([node.log_probability for node in beginnings])[:, np.newaxis]
        last = index + 1 == self._longest
        kept: list[BeamNode] = []
        pruned: list[BeamNode] = []
        new: list[BeamNode] = []
        came: list[int] = []
        V = scores.shape[1]
        for rank, place in enumerate(_likeliest(scores.ravel(), 2 * self._width + SHOWN_PRUNED)):
            parent, word = divmod(place, V)
            log_probability = float(scores[parent, word])
            whole = word == self._end or last  # cut off at the last timestep, whatever the word
            fate: Fate = "pruned"
            if whole and rank < self._width:
                fate = "found"
            elif not whole and len(kept) < self._width:
                fate = "kept"
            elif len(pruned) == SHOWN_PRUNED:
                continue
            before = beginnings[parent] if beginnings else None
            node = BeamNode(before, word, index + 1, log_probability, rank, fate)
            (new if fate == "found" else kept if fate == "kept" else pruned).append(node)
            if fate == "kept":
                came.append(parent)
        found = (*found, *new)
        state = state.of_images(np.array(came, dtype=np.int64))
        return BeamStep(index, tuple(kept), tuple(pruned), found, self._why_ended(kept, found, last), state)

    def _why_ended(self, kept: Sequence[BeamNode], found: Sequence[BeamNode], last: bool) -> str:
        if last:
            return f"captions have {self._longest} words at most"
        if not kept:
            return "no beginning is left to go on with"
        best = sorted((node.log_probability for node in found), reverse=True)[: self._width]
        if len(best) == self._width and kept[0].log_probability <= best[-1]:
            captions = "a caption is" if self._width == 1 else f"{self._width} captions are"
            return f"{captions} found that no beginning can overtake any more"
        return ""


def _likeliest(scores: FloatArray, count: int) -> list[int]:
    """The places of the greatest of scores (n,), falling, among equals the first; none of -inf."""
    if count < len(scores):
        least = np.partition(scores, len(scores) - count)[len(scores) - count]
        places = np.flatnonzero(scores >= least)
    else:
        places = np.arange(len(scores))
    places = places[np.isfinite(scores[places])]
    order = np.argsort(-scores[places], kind="stable")[:count]
    return [int(place) for place in places[order]]


def beam_search(model: CaptioningRNN, features: FloatArray, decoding: Decoding) -> BeamStep:
    """The last step of a photo's search: its `best` are the captions found.  Errors as `BeamSearch`."""
    return BeamSearch(model, decoding).last(features)
