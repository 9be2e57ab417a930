"""Pairs of scenes that differ in one thing, to see whether captions follow the change.

Each pair knows the words by which people tell the change. A caption follows when it has one of the new ones
and none of those that were true before. All scenes have one kind of thing alone, so that no word can be
another's.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from captionviewer.core.storybook import words
from captionviewer.core.storybook.kinds import KINDS
from captionviewer.core.storybook.look import COLOURS
from captionviewer.core.storybook.scene_edits import (
    any_scene,
    what_changed,
    with_colour,
    with_companion,
    with_count,
    with_setting,
)
from captionviewer.core.storybook.scenes import Scene

PairKind = Literal["colour", "place", "count", "companion", "unseen"]
PAIR_KINDS: tuple[PairKind, ...] = get_args(PairKind)
TITLES: dict[PairKind, str] = {
    "colour": "Colour only",
    "place": "Place only",
    "count": "Count only",
    "companion": "A companion",
    "unseen": "A colour it was never seen in",
}
_COUNT_WORDS = {2: ("two", "couple", "pair"), 3: ("three", "group", "several")}


@dataclass(frozen=True)
class ScenePair:
    """Two scenes, and the words that tell the second from the first."""

    kind: PairKind
    before: Scene
    after: Scene
    new: frozenset[str]
    old: frozenset[str]

    @property
    def change(self) -> str:
        """What changed, for people."""
        return what_changed(self.before, self.after)

    def follows(self, caption: str) -> bool:
        """Whether a caption of the second scene tells what is new, and nothing that is over."""
        return _has(caption, self.new) and not _has(caption, self.old)


def draw_pair(kind: PairKind, rng: np.random.Generator) -> ScenePair:
    """A pair of that kind, at random."""
    while True:
        before = replace(any_scene(rng), company=())
        facts = KINDS[before.kind]
        if kind in ("colour", "unseen"):
            seen = facts.colours
            others = [c for c in (seen if kind == "colour" else COLOURS) if c != before.colour]
            if kind == "unseen":
                others = [colour for colour in others if colour not in seen]
            after = with_colour(before, 0, _pick(rng, others))
            return ScenePair(
                kind,
                before,
                after,
                _colour_words(after.colour, after.kind),
                _colour_words(before.colour, before.kind),
            )
        if kind == "place":
            others = [setting for setting in facts.settings if setting != before.setting]
            if not others:
                continue
            after = with_setting(before, _pick(rng, others))
            new, old = _place_words(after.setting), _place_words(before.setting)
            return ScenePair(kind, before, after, new - old, old - new)
        if kind == "count":
            if not facts.groups or len(before.main) > 1:
                continue
            count = int(rng.integers(2, 4))
            after = with_count(before, count)
            return ScenePair(kind, before, after, frozenset(_COUNT_WORDS[count]), frozenset())
        fitting = [k for k, f in KINDS.items() if before.setting in f.settings and k != before.kind]
        if not fitting:
            continue
        other = _pick(rng, fitting)
        colours = [c for c in KINDS[other].colours if c != before.colour] or list(KINDS[other].colours)
        after = with_companion(before, other, _pick(rng, colours), rng)
        nouns = frozenset(name for noun in words.NOUNS[other] for name in noun[:2])
        own = frozenset(name for noun in words.NOUNS[before.kind] for name in noun[:2])
        return ScenePair(kind, before, after, nouns - own, frozenset())


def _pick(rng: np.random.Generator, choices: list[str]) -> str:
    return choices[int(rng.integers(len(choices)))]


def _colour_words(colour: str, kind: str) -> frozenset[str]:
    choices = words.SYNONYMS.get(f"{colour} {kind}") or words.SYNONYMS.get(colour) or ((colour, 1.0),)
    return frozenset(word for word, _ in choices)


def _place_words(setting: str) -> frozenset[str]:
    """All phrases by which people tell where it is."""
    tables = (words.AT, words.AT_WATER, words.AT_HEIGHT, words.SCENERY, words.SCENE_OF)
    return frozenset(phrase for table in tables for phrase, _ in table.get(setting, ()))


def _has(caption: str, phrases: frozenset[str]) -> bool:
    return any(f" {phrase} " in f" {caption} " for phrase in phrases)
