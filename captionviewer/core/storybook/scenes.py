"""What a scene holds, and scenes at random.

A scene is decided by its split and number alone. The two splits never hold the same description: a
description (setting, time, main thing, company) belongs to train or to val by a checksum of its words,
and each scene is drawn again until it is of its own split.
"""

import math
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeVar

import numpy as np

from captionviewer.core.coco.folder_layout import SPLITS, Split
from captionviewer.core.storybook.ground import WIDE
from captionviewer.core.storybook.kinds import KINDS, Kind
from captionviewer.core.storybook.places import SETTINGS

T = TypeVar("T")
NUM_SCENES: dict[Split, int] = {"train": 3000, "val": 400}
VERSION = 1  # of the scenes: another gives another book
_VAL_SHARE = 6  # one description in so many is val's

Relation = Literal["next to", "in front of", "behind", "on", "under", "above"]
TIMES: dict[str, tuple[str, ...]] = {"forest": ("day", "day", "night"), "room": ("day",)}
_ANY_TIME = ("day", "day", "day", "sunset", "night")
_PETS = ("cat", "dog", "rabbit", "sheep", "duck")


@dataclass(frozen=True)
class Thing:
    """One thing of a scene.

    `x` and `y` are its foot (the middle of its lower edge), in heights of the picture from its lower left
    corner; `height` likewise. `place` is where it is: "stands", "floats" or "aloft".
    """

    kind: str
    colour: str
    x: float
    y: float
    height: float
    place: str
    flip: bool
    seed: int

    @property
    def area(self) -> float:
        """Of the box around it, in squared heights of the picture."""
        return self.height**2 * KINDS[self.kind].aspect


@dataclass(frozen=True)
class Company:
    """A thing beside the main one, and how it stands to it: this thing is `relation` the main thing."""

    thing: Thing
    relation: Relation


@dataclass(frozen=True)
class Scene:
    """All that a picture shows.

    `main` holds the largest thing, or two or three alike; `sky_body` is "sun", "moon" or "".
    """

    split: Split
    number: int
    setting: str
    time: str
    main: tuple[Thing, ...]
    company: tuple[Company, ...]
    sky_body: str
    sky_body_at: tuple[float, float]

    @property
    def kind(self) -> str:
        """The kind of the main thing."""
        return self.main[0].kind

    @property
    def colour(self) -> str:
        """The colour of the main thing."""
        return self.main[0].colour

    @property
    def description(self) -> tuple[str, ...]:
        """The scene in words: two scenes with the same ones tell the same story."""
        others = sorted(f"{c.thing.colour} {c.thing.kind} {c.relation}" for c in self.company)
        return self.setting, self.time, f"{len(self.main)} {self.colour} {self.kind}", *others, self.sky_body


@lru_cache(maxsize=4096)
def scene(split: Split, number: int) -> Scene:
    """Return the scene of that number.

    Raises
    ------
    ValueError
        There is no such scene.
    """
    if split not in SPLITS or not 0 <= number < NUM_SCENES[split]:
        raise ValueError(f"the storybook has no scene {number} in {split!r}")
    rng = np.random.default_rng([VERSION, SPLITS.index(split), number])
    while True:
        found = random_scene(rng, split, number)
        of_val = zlib.crc32("|".join(found.description).encode()) % _VAL_SHARE == 0
        if of_val == (split == "val"):
            return found


def _pick(rng: np.random.Generator, choices: tuple[T, ...] | list[T]) -> T:
    return choices[int(rng.integers(len(choices)))]


def random_scene(rng: np.random.Generator, split: Split, number: int) -> Scene:
    """Return a scene at random."""
    kind = _pick(rng, tuple(KINDS))
    facts = KINDS[kind]
    setting = _pick(rng, facts.settings)
    time = _pick(rng, TIMES.get(setting, _ANY_TIME))
    draw = rng.random()
    count = 1 if not facts.groups or draw < 0.8 else 2 if draw < 0.94 else 3
    main = _main(rng, kind, setting, count)
    wanted = _pick(rng, (0, 0, 0, 1, 1, 1, 2) if count == 1 else (0, 0, 1))
    company: list[Company] = []
    for _ in range(12):
        if len(company) == wanted:
            break
        found = _companion(rng, setting, main, company)
        if found is not None:
            company.append(found)
    sky_body, at = "", (0.0, 0.0)
    if setting not in ("forest", "room") and rng.random() < 0.42:
        sky_body = "moon" if time == "night" else "sun"
        corners = [(x, rng.uniform(0.8, 0.87)) for x in (rng.uniform(0.12, 0.24), rng.uniform(1.1, 1.22))]
        free = [
            c
            for c in corners
            if all(
                abs(c[0] - t.x) > 0.12 + 0.5 * t.height * KINDS[t.kind].aspect or c[1] - 0.12 > t.y + t.height
                for t in (*main, *(c.thing for c in company))
            )
        ]
        if free:
            at = _pick(rng, free)
        else:
            sky_body = ""
    return Scene(split, number, setting, time, main, tuple(company), sky_body, at)


def _thing(
    rng: np.random.Generator, kind: str, colour: str, x: float, y: float, height: float, place: str
) -> Thing:
    # To the ten-thousandth, so that every machine draws the same.
    return Thing(
        kind,
        colour,
        round(x, 4),
        round(y, 4),
        round(height, 4),
        place,
        bool(rng.random() < 0.5),
        int(rng.integers(1 << 30)),
    )


def place_of(kind: str, setting: str) -> str:
    """Where a thing of a kind is in a setting: "floats" only where there is water."""
    place = KINDS[kind].place
    return "stands" if place == "floats" and SETTINGS[setting].floats is None else place


def _main(rng: np.random.Generator, kind: str, setting: str, count: int) -> tuple[Thing, ...]:
    facts, where = KINDS[kind], SETTINGS[setting]
    place, colour = place_of(kind, setting), _pick(rng, facts.colours)
    height = rng.uniform(*facts.tall) * (1.0, 0.8, 0.66)[count - 1] * rng.uniform(0.9, 1.03)
    width = height * facts.aspect
    if place == "stands":
        y = rng.uniform(where.stands[0], min(where.stands[0] + 0.07, where.stands[1]))
    elif place == "floats" and where.floats is not None:
        y = rng.uniform(where.floats[0], where.floats[0] + 0.05) + 0.02
        height = min(height, 0.96 - y)
    else:
        highest = 0.97 - height
        y = rng.uniform(min(max(where.aloft - 0.04, 0.3), highest - 0.06), highest)
    spread = (width * 1.04 + 0.02) * (count - 1)
    room = max((WIDE - spread - width) / 2 - 0.02, 0.0)
    centre = WIDE / 2 + rng.uniform(-1, 1) * min(room, 0.18)
    return tuple(
        _thing(
            rng,
            kind,
            colour,
            centre - spread / 2 + spread * i / max(count - 1, 1),
            y
            + (rng.uniform(-0.5, 0.5) * 0.1 if place == "aloft" and count > 1 else rng.uniform(-0.01, 0.012)),
            height * rng.uniform(0.95, 1.0),
            place,
        )
        for i in range(count)
    )


def _companion(
    rng: np.random.Generator, setting: str, main: tuple[Thing, ...], others: list[Company]
) -> Company | None:
    """Return a thing to keep the main one company, or None where this try found no room."""
    first = main[0]
    known = {first.kind, *(c.thing.kind for c in others)}
    kind = _pick(rng, [k for k, f in KINDS.items() if setting in f.settings and k not in known] or ["ball"])
    if kind in known or kind == "chair":
        return None
    facts, place = KINDS[kind], place_of(kind, setting)
    relation = _relation(rng, kind, place, main)
    perched = kind == "bird" and first.place == "stands" and KINDS[first.kind].top > 0 and rng.random() < 0.5
    if perched:
        relation, place = "on", "stands"
    if relation is None:
        return None
    largest = math.sqrt(0.42 * min(t.area for t in main) / facts.aspect)
    height = min(facts.company * rng.uniform(0.85, 1.15), largest)
    if height < 0.6 * facts.company:  # it would be too small to be seen
        return None
    found = _spot(rng, kind, facts, height, relation, place, setting, main)
    if found is None:
        return None
    x, y = found
    half = height * facts.aspect / 2
    if not (half * 0.9 < x < WIDE - half * 0.9 and y + height < 1.0):
        return None
    mine = (x - half, x + half, y, y + height)
    for other in others:
        t = other.thing
        wide = t.height * KINDS[t.kind].aspect / 2
        if (
            min(mine[1], t.x + wide) - max(mine[0], t.x - wide) > -0.01
            and min(mine[3], t.y + t.height) - max(mine[2], t.y) > 0
        ):
            return None
    colours = [c for c in facts.colours if c != first.colour] or list(facts.colours)
    return Company(_thing(rng, kind, _pick(rng, colours), x, y, height, place), relation)


def _relation(rng: np.random.Generator, kind: str, place: str, main: tuple[Thing, ...]) -> Relation | None:
    first = main[0]
    if place == "aloft":
        return "above" if first.place != "aloft" else "next to"
    if first.place == "aloft":
        return "under"
    if place == "floats" or first.place == "floats":
        return "next to" if place == first.place else "behind" if place == "floats" else "in front of"
    if (
        first.kind in ("bench", "chair", "car")
        and kind in ("cat", "bear", "rabbit", "ball")
        and len(main) == 1
        and (first.kind != "car" or kind == "cat")
    ):
        return "on" if rng.random() < 0.75 else "next to"
    if (
        first.kind in ("umbrella", "tree")
        and kind in (*_PETS, "bear", "ball", "bench")
        and rng.random() < 0.7
    ):
        return "under"
    if kind in ("house", "tree", "bus", "car", "snowman") and first.kind not in ("house", "tree", "bus"):
        return "behind"  # so large a thing is small only when it is far
    return _pick(rng, ("next to", "next to", "in front of"))


def _spot(
    rng: np.random.Generator,
    kind: str,
    facts: Kind,
    height: float,
    relation: Relation,
    place: str,
    setting: str,
    main: tuple[Thing, ...],
) -> tuple[float, float] | None:
    where, first = SETTINGS[setting], main[0]
    half = facts.aspect * height / 2
    left = min(t.x - t.height * KINDS[t.kind].aspect / 2 for t in main)
    right = max(t.x + t.height * KINDS[t.kind].aspect / 2 for t in main)
    foot = min(t.y for t in main)
    side = -1 if rng.random() < 0.5 else 1
    beside = (left - half * rng.uniform(0.8, 1.25)) if side < 0 else (right + half * rng.uniform(0.8, 1.25))
    nearby = first.x + side * first.height * KINDS[first.kind].aspect * rng.uniform(0.15, 0.42)

    def level(low: float, high: float) -> float:
        return float(np.clip(rng.uniform(low, high), where.stands[0] - 0.02, where.stands[1]))

    if relation == "on":
        top = KINDS[first.kind].top
        reach = 0.0 if first.kind in ("house", "chair") else 0.22 * first.height * KINDS[first.kind].aspect
        if first.kind == "car":
            reach = 0.08 * first.height
        return first.x + rng.uniform(-reach, reach), first.y + top * first.height
    if relation == "above":
        low = max(t.y + t.height for t in main) + 0.02
        if low + height > 0.985:  # no room over its head: high up, aside
            low = max(0.99 - height - 0.12, where.aloft)
            return (beside, rng.uniform(low, 0.98 - height)) if low < 0.98 - height else None
        return first.x + rng.uniform(-0.3, 0.3), rng.uniform(low, max(low + 0.001, 0.97 - height))
    if relation == "under":
        if first.place == "aloft":
            if place == "floats" and where.floats is not None:
                y = where.floats[0] + rng.uniform(0.02, 0.08)
            else:
                y = level(where.stands[0], where.stands[0] + 0.1)
            if y + height > foot - 0.01:
                return None
            return first.x + rng.uniform(-0.25, 0.25), y
        if height > 0.52 * first.height:
            return None
        return first.x + side * first.height * rng.uniform(0.13, 0.3), first.y + rng.uniform(-0.03, -0.005)
    if place == "floats" and where.floats is not None:
        y = (
            where.floats[0] + rng.uniform(0.0, 0.06)
            if relation == "next to"
            else where.floats[1] - rng.uniform(0.02, 0.08)
        )
        return beside, y
    if relation == "next to":
        if first.place == "aloft":
            return beside, float(np.clip(first.y + rng.uniform(0, 0.25), 0.3, 0.96 - height))
        return beside, level(foot - 0.015, foot + 0.03)
    if relation == "behind":
        peeping = left - half * rng.uniform(0.3, 0.9) if side < 0 else right + half * rng.uniform(0.3, 0.9)
        return peeping, level(foot + 0.13, foot + 0.22)
    return nearby, level(foot - 0.08, foot - 0.035)  # in front of
