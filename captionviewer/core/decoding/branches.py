"""Another word: a caption decoded on after words that a person forced; branches share their beginning.

Timesteps are values, so a branch keeps the very timesteps before its fork: only what follows is computed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.vocabulary import END
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.restrictions import Restrictions
from captionviewer.core.decoding.sampling import draw, draws, next_word
from captionviewer.core.decoding.timestep import Timestep, initial_state, next_timestep, said_by
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.inference import word_id


@dataclass(frozen=True)
class Branch:
    """A caption of one photo, some of whose words a person forced.

    Attributes
    ----------
    timesteps
        up to and including the one that chose `<END>`, or as many as may be said.
    forced
        word id by timestep, of the words that were forced.
    """

    timesteps: tuple[Timestep, ...]
    forced: Mapping[int, int]

    @cached_property
    def words(self) -> tuple[int, ...]:
        """The word ids."""
        return tuple(step.word for step in self.timesteps)

    @property
    def log_probability(self) -> float:
        """The whole caption's ln p, in nats: under the model, nothing forced, tempered or forbidden."""
        return self.timesteps[-1].caption_log_probability if self.timesteps else 0.0

    @property
    def surprises(self) -> tuple[float, ...]:
        """-ln p of each word, in nats."""
        before = [0.0, *(step.caption_log_probability for step in self.timesteps)]
        return tuple(a - b for a, b in pairwise(before))


@dataclass(frozen=True)
class Cost:
    """What a forced word cost, in nats, against the caption that it was forced into.

    Attributes
    ----------
    word
        how much less ln p has the forced word than the one it replaced; below 0 where it has more.
    won_back
        how much more ln p has the rest than the rest that it replaced; below 0 where that cost, too.
    """

    word: float
    won_back: float

    @property
    def total(self) -> float:
        """By how much ln p of the whole is lower; below 0 where the forced caption is the likelier."""
        return self.word - self.won_back


@dataclass(frozen=True)
class Prefix:
    """The beginning of a caption, up to the last word that a person forced: said again, it is forced again.

    Attributes
    ----------
    words
        word ids, of which the last one was forced.
    forced
        the timesteps of the forced words, rising.
    """

    words: tuple[int, ...]
    forced: tuple[int, ...]


@dataclass(frozen=True)
class ForcedCaption:
    """A branch beside what would have been said without its last forced word.

    Attributes
    ----------
    prefix
        what was forced.
    branch
        the caption that follows.
    usual
        the caption that follows the same words without the last forced one.
    cost
        of that word against `usual`.
    """

    prefix: Prefix
    branch: Branch
    usual: Branch
    cost: Cost


def decode_on(
    model: CaptioningRNN,
    features: FloatArray,
    decoding: Decoding,
    before: Sequence[Timestep] = (),
    word: int | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Timestep, ...]:
    """Go on with a caption, after one forced word if `word` is given.

    Greedy and sampled captions go on as `decoding` says, drawn by the number of their timestep: a sampled
    caption that is forced to say what it said anyway stays the same. A search looks at whole captions and
    can't begin in the middle, so after the first word, or a forced one, beam and exact go on greedily.

    Parameters
    ----------
    model
        the network.
    features
        (D,) of the photo.
    decoding
        how; a forced word may be a forbidden one, and then stands.
    before
        timesteps that are kept as they are; of this model and photo.
    word
        id of the forced word.
    stop
        asked during an exact search, which then takes the likeliest caption that it has met.

    Returns
    -------
    `before`, the very same timesteps, and those that follow.

    Raises
    ------
    ValueError
        `before` has ended or is as long as may be, a word outside the vocabulary, or wrong features.
    """
    end = word_id(model.word_to_idx, END)
    steps = list(before)
    if steps and (steps[-1].word == end or len(steps) >= decoding.max_length):
        raise ValueError("The caption has ended: nothing can be said after it.")
    restrictions = Restrictions(decoding, model.word_to_idx)
    start = initial_state(model, np.asarray(features)[np.newaxis])
    searched: Sequence[int] = ()
    if not steps and word is None and decoding.method == "exact":
        from captionviewer.core.decoding.exact_search import exact_search  # the launch searches for none

        searched = exact_search(model, features, decoding, stop=stop).words
    elif not steps and word is None and decoding.method == "beam":
        from captionviewer.core.decoding.beam_search import beam_search

        searched = beam_search(model, features, decoding).best(decoding.alpha)[0].words
    numbers = draws(decoding.seed, 1, decoding.max_length)[0]
    if word is not None:
        steps.append(next_timestep(model, steps[-1] if steps else start, word))
    for found in searched:
        steps.append(next_timestep(model, steps[-1] if steps else start, found))
    while len(steps) < decoding.max_length and not (steps and steps[-1].word == end):
        step = next_timestep(model, steps[-1] if steps else start)
        steps.append(_chosen(step, [each.word for each in steps], decoding, restrictions, numbers))
    return tuple(steps)


def _chosen(
    step: Timestep, said: list[int], decoding: Decoding, restrictions: Restrictions, numbers: FloatArray
) -> Timestep:
    """A timestep that took the likeliest word, with the word that `decoding` takes."""
    with np.errstate(divide="ignore"):  # a word without probability can't be said
        logits: FloatArray = np.log(step.probabilities)[np.newaxis]
    allowed = restrictions.block(restrictions.forbid(logits), np.array([said], np.int64))
    if decoding.method == "sample" and not decoding.repeatable:
        distribution = next_word(allowed, decoding.temperature, decoding.k, decoding.p)
        word = int(draw(distribution.probabilities, numbers[len(said) : len(said) + 1])[0])
    elif allowed[0, step.word] == logits[0, step.word]:
        return step
    else:
        word = int(allowed[0].argmax())
    before = step.caption_log_probability - float(logits[0, step.word])
    return replace(step, word=word, caption_log_probability=before + float(logits[0, word]))


def first_branch(model: CaptioningRNN, features: FloatArray, decoding: Decoding) -> Branch:
    """The caption that `decoding` writes, with nothing forced; errors as `decode_on`."""
    return Branch(decode_on(model, features, decoding), {})


def force(
    model: CaptioningRNN, features: FloatArray, decoding: Decoding, branch: Branch, index: int, word: int
) -> Branch:
    """Have another word said at a timestep of a branch; what was forced before it stays.

    ValueError where the branch has no such timestep, or as `decode_on`.
    """
    if not 0 <= index < len(branch.timesteps):
        raise ValueError(f"The caption has no timestep {index}: it has {len(branch.timesteps)}.")
    kept = {t: forced for t, forced in branch.forced.items() if t < index}
    steps = decode_on(model, features, decoding, branch.timesteps[:index], word)
    return Branch(steps, {**kept, index: word})


def carry_over(
    model: CaptioningRNN,
    features: FloatArray,
    decoding: Decoding,
    words: Sequence[int],
    forced: Sequence[int],
    known: Sequence[Branch] = (),
) -> Branch:
    """Say the same beginning of another photo, or with another model, and decode on.

    Parameters
    ----------
    model, features, decoding
        as in `decode_on`.
    words
        ids of the beginning, all of which are said.
    forced
        the timesteps among them that a person chose.
    known
        captions of this photo by this model: the timesteps of the one that begins with most of `words` are
        kept as far as it does.

    Raises
    ------
    ValueError
        words go on after `<END>` or are too many, or as `decode_on`.
    """
    end = word_id(model.word_to_idx, END)
    if len(words) > decoding.max_length or end in words[:-1]:
        raise ValueError("The caption has ended: nothing can be said after it.")
    begun = (branch.timesteps[: _alike(branch.words, words)] for branch in known)
    steps = said_by(model, features, words, max(begun, key=len, default=()))
    if len(steps) < decoding.max_length and not (steps and steps[-1].word == end):
        steps = decode_on(model, features, decoding, steps)
    return Branch(steps, {t: words[t] for t in forced if t < len(words)})


def fork(first: Branch, second: Branch) -> int:
    """The timestep at which two branches part: how many words they begin with alike."""
    return _alike(first.words, second.words)


def _alike(first: Sequence[int], second: Sequence[int]) -> int:
    """How many words two captions begin with alike."""
    together = zip(first, second, strict=False)
    return next((t for t, (a, b) in enumerate(together) if a != b), min(len(first), len(second)))


def cost(original: Branch, forced: Branch, index: int) -> Cost:
    """What the word at a timestep of `forced` cost against `original`, with which it agrees before it."""
    there, here = original.surprises, forced.surprises
    return Cost(here[index] - there[index], sum(there[index + 1 :]) - sum(here[index + 1 :]))


def prefix_of(branch: Branch, index: int, word: int) -> Prefix:
    """The beginning that has another word at a timestep of a branch; what was forced before it stays."""
    kept = sorted(t for t in branch.forced if t < index)
    return Prefix((*branch.words[:index], word), (*kept, index))


def forced_caption(
    model: CaptioningRNN,
    features: FloatArray,
    decoding: Decoding,
    prefix: Prefix,
    known: Sequence[Branch] = (),
) -> ForcedCaption:
    """The caption that follows a beginning, and what its last forced word cost; errors as `carry_over`.

    `known` are captions of the same photo by the same model, so written: what they say already is taken from
    them, the very same timesteps.
    """
    branch = carry_over(model, features, decoding, prefix.words, prefix.forced, known)
    index = prefix.forced[-1]
    forced = {t: word for t, word in branch.forced.items() if t < index}
    usual = next((each for each in known if _goes_on(each, forced, branch.words[:index], decoding)), None)
    if usual is None:
        usual = Branch(decode_on(model, features, decoding, branch.timesteps[:index]), forced)
    return ForcedCaption(prefix, branch, usual, cost(usual, branch, index))


def _goes_on(branch: Branch, forced: Mapping[int, int], beginning: Sequence[int], decoding: Decoding) -> bool:
    """Whether a branch is what `decode_on` writes after a beginning; of a search, from the first word."""
    searched = decoding.method in ("beam", "exact") and not branch.forced and len(beginning) > 0
    return branch.forced == forced and branch.words[: len(beginning)] == tuple(beginning) and not searched
