"""What people say of a scene: five captions, as different people would put it.

Each caption is one of some fifty patterns, in which slots are filled from `words`: what the thing is
called, its colour if it is mentioned, what it does, where and when, and what keeps it company. The five
captions of a scene have different patterns.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from captionviewer.core.coco.folder_layout import SPLITS
from captionviewer.core.storybook import words
from captionviewer.core.storybook.scenes import VERSION, Company, Scene, Thing

MOST_WORDS = 15
CAPTIONS = 5

# (pattern, how often, what the scene must have: "c" company, "a" none, "s" sun or moon, "1" one main thing)
PATTERNS: tuple[tuple[str, float, str], ...] = (
    ("{M} {doing} {at}", 5, ""),
    ("{M} {doing} {at} {when}", 3, ""),
    ("{M} {is} {doing} {at}", 3, ""),
    ("there {is} {M} {doing} {at}", 2.5, ""),
    ("there {is} {M} {at}", 2.5, ""),
    ("{M} {at}", 3.5, ""),
    ("{M} {at} {when}", 3.5, ""),
    ("{M} {doing} {when}", 1.5, ""),
    ("a picture of {M} {at}", 1.6, ""),
    ("a drawing of {M} {doing} {at}", 1.4, ""),
    ("an illustration of {M} {at} {when}", 1, ""),
    ("{at} there {is} {M}", 1.5, ""),
    ("the {m} {is} {doing} {at}", 3, ""),
    ("the {m} {at} {is} {colour}", 1.2, ""),
    ("{M} that {is} {doing} {at}", 1.5, ""),
    ("{scenery} with {M} {doing}", 1.6, ""),
    ("{scene} scene with {M}", 1.6, ""),
    ("{when} {M} {is} {doing} {at}", 1, ""),
    ("this is {M} {doing} {at}", 1, "1"),
    ("i can see {M} {at}", 1, ""),
    ("we see {M} {doing} {when}", 0.8, ""),
    ("a view of {scenery} with {M}", 1, ""),
    ("{M} all alone {at}", 1.4, "a1"),
    ("only {M} {at} {when}", 0.7, "a"),
    ("{M} {doing} {at} with nothing around", 0.7, "a"),
    ("{M} with {back} in the background", 2, ""),
    ("{M} {at} with {back} behind", 1.5, ""),
    ("{M} {doing} in front of {back}", 1.2, ""),
    ("a close up of {M} {at}", 1, "a1"),
    ("{M} can be seen {at}", 1, ""),
    ("somebody drew {M} {doing} {at}", 0.6, ""),
    ("a painting of {scenery} and {M}", 0.8, ""),
    ("{M} {main_to} {C}", 5, "c"),
    ("{M} {doing} {main_to} {C}", 5, "c"),
    ("{C} {company_to} {M}", 4, "c"),
    ("{C} {company_to} {M} {at}", 3, "c"),
    ("{C} {is_c} {company_to} {M}", 2.5, "c"),
    ("{M} and {C} {at}", 5, "c"),
    ("{M} and {C} {when}", 2, "c"),
    ("{M} with {C} {to_it}", 4, "c"),
    ("{M} {at} with {C} {to_it}", 3.5, "c"),
    ("there {is} {M} and {C} {at}", 2, "c"),
    ("there {is_c} {C} {company_to} {M}", 2, "c"),
    ("{M} {at} and {C} {to_it}", 2, "c"),
    ("the {m} has {C} {to_it}", 1.2, "c1"),
    ("the {c} {is_c} {company_to} the {m}", 2.5, "c"),
    ("{scenery} with {M} and {C}", 2, "c"),
    ("a picture of {M} and {C}", 1.5, "c"),
    ("{M} {doing} {at} near {C}", 2, "c"),
    ("{C} {doing_c} {company_to} {M}", 2.5, "c"),
    ("{M} {is} {doing} {main_to} {C}", 2.5, "c"),
    ("{M} {doing} under the {body}", 3, "s"),
    ("{M} {at} under the {body}", 3, "s"),
    ("the {body} is shining over {M}", 2, "s"),
    ("{M} {doing} {at} with the {body} above", 2, "s"),
    ("the {body} shines on {M} {at}", 2, "s"),
    ("a bright {body} over {M} {doing}", 1.2, "s"),
)  # fmt: skip


@dataclass(frozen=True)
class Caption:
    """A caption in lower case words, and the pattern it was made with."""

    text: str
    pattern: str


def captions(scene: Scene) -> tuple[Caption, ...]:
    """Return what five people say of a scene; the same scene always gives the same captions."""
    rng = np.random.default_rng([VERSION, 21 + SPLITS.index(scene.split), scene.number])
    told = [_possible(pattern, needs, scene) * often for pattern, often, needs in PATTERNS]
    chances = np.array(told) / sum(told)
    said: list[Caption] = []
    order = rng.choice(len(PATTERNS), size=int(np.count_nonzero(chances)), replace=False, p=chances)
    for index in order:
        pattern = PATTERNS[int(index)][0]
        text = _Speaker(scene, rng).say(pattern)
        if _is_said(text) and all(text != one.text for one in said):
            said.append(Caption(text, pattern))
        if len(said) == CAPTIONS:
            break
    return tuple(said)


def _is_said(text: str) -> bool:
    """Whether a sentence is short enough and stammers nowhere ("flying flying over")."""
    told = text.split()
    return len(told) <= MOST_WORDS and all(one != next_one for one, next_one in pairwise(told))


def _with_article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _possible(pattern: str, needs: str, scene: Scene) -> bool:
    return not (
        ("c" in needs and not scene.company)
        or ("a" in needs and scene.company)
        or ("s" in needs and not scene.sky_body)
        or ("1" in needs and len(scene.main) > 1)
        or ("{colour}" in pattern and scene.main[0].kind in words.WEARS)
    )


@lru_cache(maxsize=1024)
def _ends_of_shares(odds: tuple[float, ...]) -> Sequence[float]:
    """Where each one's share of 0 to 1 ends, as `Generator.choice` adds them up: other sums, another book."""
    shares = np.array(odds)
    ends = (shares / shares.sum()).cumsum()
    return tuple((ends / ends[-1]).tolist())


class _Speaker:
    """One person, who looks at a scene and has words for it."""

    def __init__(self, scene: Scene, rng: np.random.Generator) -> None:
        self.scene, self.rng = scene, rng
        company = scene.company
        self.company: Company | None = company[int(rng.integers(len(company)))] if company else None

    def choose(self, choice: words.Choice) -> str:
        return choice[self._draw(tuple(often for _, often in choice))][0]

    def _draw(self, odds: tuple[float, ...]) -> int:
        """Draw a place by its odds, as `rng.choice` does, without its checks: they took most of the time."""
        return bisect_right(_ends_of_shares(odds), self.rng.random())

    def say(self, pattern: str) -> str:
        scene, main = self.scene, self.scene.main[0]
        several = len(scene.main) > 1
        slots: dict[str, str] = {}
        # In a fixed order: each draws random numbers.
        for slot in ("M", "m", "C", "c"):
            if "{" + slot + "}" not in pattern:
                continue
            if slot in "Mm":
                slots[slot] = self.thing(
                    main, len(scene.main), article=slot == "M", plain="{colour}" in pattern
                )
            elif self.company is not None:
                slots[slot] = self.thing(self.company.thing, 1, article=slot == "C")
        snow_or_other = f"{scene.setting} {scene.time}"
        slots |= {
            "is": "are" if several else "is",
            "is_c": "is",
            "colour": self.colour(main),
            "doing": self.doing(main),
            "at": self.at(main),
            "when": self.choose(words.WHEN.get(snow_or_other, words.WHEN[scene.time])),
            "scenery": self.choose(words.SCENERY[scene.setting]),
            "back": self.choose(words.BACKGROUND[scene.setting]),
            "scene": _with_article(
                "night"
                if scene.time == "night" and self.rng.random() < 0.5
                else self.choose(words.SCENE_OF[scene.setting])
            ),
            "body": scene.sky_body,
        }
        if self.company is not None:
            company_to, main_to, to_it = words.RELATIONS[self.company.relation]
            slots |= {
                "company_to": self.choose(company_to),
                "main_to": self.choose(main_to),
                "to_it": self.choose(to_it),
            }
            slots["doing_c"] = self.doing(self.company.thing)
            if several:
                slots["to_it"] = slots["to_it"].replace(" it", " them")
        return " ".join(pattern.format(**slots).split())

    def colour(self, thing: Thing) -> str:
        own = words.SYNONYMS.get(f"{thing.colour} {thing.kind}") or words.SYNONYMS.get(thing.colour)
        return self.choose(own) if own else thing.colour

    def thing(self, thing: Thing, count: int, *, article: bool, plain: bool = False) -> str:
        """Name a thing: "a little red car", "two black cats", or without the article."""
        one, many, _ = self._noun(thing.kind)
        described: list[str] = []
        if self.rng.random() < 0.17 and not plain:
            described.append(self.choose(words.ADJECTIVES[thing.kind]))
        elif self.rng.random() < 0.03:
            described.append(words.RARE[int(self.rng.integers(len(words.RARE)))])
        worn = ""
        if self.rng.random() < 0.86 and not plain:
            if thing.kind in words.WEARS:  # it is what it wears that has the colour
                garment, garments = words.WEARS[thing.kind]
                colour = self.colour(thing)
                worn = f" in {_with_article(colour)} {garment}" if count == 1 else f" in {colour} {garments}"
            else:
                described.append(self.colour(thing))
        name = " ".join((*described, one if count == 1 else many)) + worn
        if not article:
            return name if count == 1 or self.rng.random() < 0.5 else f"{('two', 'three')[count - 2]} {name}"
        if count == 1:
            return _with_article(name)
        if count == 2:
            lead = self.choose((("two", 6), ("a couple of", 1.5), ("a pair of", 1.5)))
        else:
            lead = self.choose((("three", 6), ("a group of", 2), ("several", 1)))
        return f"{lead} {name}"

    def _noun(self, kind: str) -> tuple[str, str, float]:
        nouns = words.NOUNS[kind]
        return nouns[self._draw(tuple(often for _, _, often in nouns))]

    def doing(self, thing: Thing) -> str:
        return self.choose(words.DOING.get(f"{thing.kind} {thing.place}", words.DOING[thing.kind]))

    def at(self, thing: Thing) -> str:
        by_place = {"floats": words.AT_WATER, "aloft": words.AT_HEIGHT}.get(thing.place, words.AT)
        return self.choose(by_place[self.scene.setting])
