"""A scene changed in one respect: another place, time, colour, kind, size, position, number or company.

Each function returns another scene and leaves what it was given. A scene that was changed keeps its split and
number, which decide the small accidents of its drawing: whatever else is seen to change was changed.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from captionviewer.core.storybook.ground import WIDE
from captionviewer.core.storybook.kinds import KINDS
from captionviewer.core.storybook.places import SETTINGS
from captionviewer.core.storybook.scenes import (
    NUM_SCENES,
    TIMES,
    Company,
    Relation,
    Scene,
    Thing,
    place_of,
    random_scene,
)

SIZES = (0.08, 0.8)  # of a thing, in heights of the picture
MOST_ALIKE = 3
MOST_COMPANIONS = 4
_SHRINKS = (1.0, 0.8, 0.66)  # of one, two or three alike
_ALL_TIMES = ("day", "sunset", "night")
_WITHOUT_SKY = ("forest", "room")


def things_of(scene: Scene) -> tuple[Thing, ...]:
    """All things, the main ones first, then their company."""
    return (*scene.main, *(one.thing for one in scene.company))


def times_of(setting: str) -> tuple[str, ...]:
    """The times of day that a place is drawn at."""
    return tuple(time for time in _ALL_TIMES if time in TIMES.get(setting, _ALL_TIMES))


def with_thing(scene: Scene, which: int, thing: Thing) -> Scene:
    """The scene with another thing at a place of `things_of`; what stands beside it stays where it is."""
    main, company = list(scene.main), list(scene.company)
    if which < len(main):
        main[which] = thing
    else:
        company[which - len(main)] = replace(company[which - len(main)], thing=thing)
    first = main[0]
    return replace(
        scene,
        main=tuple(main),
        company=tuple(replace(one, relation=_relation(one.thing, first)) for one in company),
    )


def with_colour(scene: Scene, which: int, colour: str) -> Scene:
    """The scene with a thing in another colour; of two or three alike, with all of them."""
    if which >= len(scene.main):
        return with_thing(scene, which, replace(things_of(scene)[which], colour=colour))
    return replace(scene, main=tuple(replace(thing, colour=colour) for thing in scene.main))


def with_kind(scene: Scene, which: int, kind: str) -> Scene:
    """The scene with a thing of another kind in the same colour, about as large, where it can be."""
    old = things_of(scene)[which]
    if old.kind == kind:
        return scene
    height = old.height * np.sqrt(KINDS[old.kind].aspect / KINDS[kind].aspect)
    changed = replace(old, kind=kind, height=_height(float(height)), place=place_of(kind, scene.setting))
    if which >= len(scene.main):
        return with_thing(scene, which, _where_it_can_be(changed, scene.setting))
    if not KINDS[kind].groups:
        scene = with_count(scene, 1)
    alike = (replace(changed, x=thing.x, y=thing.y, seed=thing.seed, flip=thing.flip) for thing in scene.main)
    return replace(scene, main=tuple(_where_it_can_be(thing, scene.setting) for thing in alike))


def with_height(scene: Scene, which: int, height: float) -> Scene:
    """The scene with a thing of another size, in heights of the picture."""
    return with_thing(scene, which, replace(things_of(scene)[which], height=_height(height)))


def moved(scene: Scene, which: int, x: float, y: float) -> Scene:
    """The scene with a thing whose foot stands elsewhere, in heights of the picture from its lower left."""
    thing = things_of(scene)[which]
    x = round(float(np.clip(x, 0.0, WIDE)), 4)
    y = round(float(np.clip(y, 0.0, 0.98)), 4)
    return with_thing(scene, which, replace(thing, x=x, y=y))


def with_setting(scene: Scene, setting: str) -> Scene:
    """The scene in another place; things that can't be where they were there come to the nearest spot."""
    time = scene.time if scene.time in times_of(setting) else times_of(setting)[0]
    placed = [
        _where_it_can_be(replace(thing, place=place_of(thing.kind, setting)), setting)
        if not _perches(scene, number)
        else thing
        for number, thing in enumerate(things_of(scene))
    ]
    count = len(scene.main)
    changed = replace(
        scene,
        setting=setting,
        main=tuple(placed[:count]),
        company=tuple(
            replace(one, thing=thing) for one, thing in zip(scene.company, placed[count:], strict=True)
        ),
        sky_body="" if setting in _WITHOUT_SKY else scene.sky_body,
    )
    return with_time(changed, time)


def with_time(scene: Scene, time: str) -> Scene:
    """The scene at another time of day; the moon is up at night, else the sun."""
    body = scene.sky_body and ("moon" if time == "night" else "sun")
    return replace(scene, time=time, sky_body=body)


def with_count(scene: Scene, count: int) -> Scene:
    """The scene with one, two or three of its main thing, side by side, each as much smaller as they have it.

    ValueError where its kind keeps to itself.
    """
    if count == len(scene.main):
        return scene
    first = scene.main[0]
    if not 1 <= count <= MOST_ALIKE or (count > 1 and not KINDS[first.kind].groups):
        raise ValueError(f"there can't be {count} of {first.kind} as the main thing")
    height = _height(first.height * _SHRINKS[count - 1] / _SHRINKS[len(scene.main) - 1])
    spread = (height * KINDS[first.kind].aspect * 1.04 + 0.02) * (count - 1)
    middle = sum(thing.x for thing in scene.main) / len(scene.main)
    middle = float(np.clip(middle, spread / 2 + 0.1, max(WIDE - spread / 2 - 0.1, spread / 2 + 0.1)))
    main = tuple(
        replace(
            scene.main[min(i, len(scene.main) - 1)],
            x=round(middle - spread / 2 + spread * i / max(count - 1, 1), 4),
            height=height,
            seed=scene.main[0].seed + i,
        )
        for i in range(count)
    )
    return replace(scene, main=main)


def with_companion(scene: Scene, kind: str, colour: str, rng: np.random.Generator) -> Scene:
    """The scene with one more thing, on the side where there is more room.

    ValueError where there is company enough.
    """
    if len(scene.company) >= MOST_COMPANIONS:
        raise ValueError(f"a scene has at most {MOST_COMPANIONS} companions")
    facts, place = KINDS[kind], place_of(kind, scene.setting)
    height = _height(facts.company)
    half = height * facts.aspect / 2
    left = min(thing.x - thing.height * KINDS[thing.kind].aspect / 2 for thing in scene.main)
    right = max(thing.x + thing.height * KINDS[thing.kind].aspect / 2 for thing in scene.main)
    x = left - half - 0.03 if left > WIDE - right else right + half + 0.03
    thing = Thing(
        kind,
        colour,
        round(float(np.clip(x, half, WIDE - half)), 4),
        scene.main[0].y if place == "stands" else 0.62,
        height,
        place,
        bool(rng.random() < 0.5),
        int(rng.integers(1 << 30)),
    )
    thing = _where_it_can_be(thing, scene.setting)
    added = Company(thing, _relation(thing, scene.main[0]))
    return replace(scene, company=(*scene.company, added))


def without(scene: Scene, which: int) -> Scene:
    """The scene without one of its things.  ValueError for the last main thing."""
    if which >= len(scene.main):
        at = which - len(scene.main)
        return replace(scene, company=scene.company[:at] + scene.company[at + 1 :])
    if len(scene.main) == 1:
        raise ValueError("a scene has at least one main thing")
    return replace(scene, main=scene.main[:which] + scene.main[which + 1 :])


def any_scene(rng: np.random.Generator) -> Scene:
    """A scene at random, as the book's are made; its picture's small accidents are those of a val scene."""
    return random_scene(rng, "val", int(rng.integers(NUM_SCENES["val"])))


def what_changed(before: Scene, after: Scene) -> str:
    """The change in words for people: "brown dog -> red dog"; "" where nothing did."""
    said = []
    if before.setting != after.setting:
        said.append(f"{before.setting} → {after.setting}")
    if before.time != after.time:
        said.append(f"{before.time} → {after.time}")
    if before.sky_body != after.sky_body and before.time == after.time:
        said.append(f"{before.sky_body or 'clear sky'} → {after.sky_body or 'clear sky'}")
    if (len(before.main), before.kind, before.colour) != (len(after.main), after.kind, after.colour):
        said.append(f"{_main_words(before)} → {_main_words(after)}")
    old, new = _company_words(before), _company_words(after)
    gone, come = [one for one in old if one not in new], [one for one in new if one not in old]
    if gone and come:
        said.append(f"{', '.join(gone)} → {', '.join(come)}")
    elif gone or come:
        said.append(f"+ {', '.join(come)}" if come else f"without {', '.join(gone)}")
    if not said and before != after:
        sizes = [[thing.height for thing in things_of(one)] for one in (before, after)]
        said.append("another size" if sizes[0] != sizes[1] else "moved")
    return "; ".join(said)


def _main_words(scene: Scene) -> str:
    count = f"{len(scene.main)} × " if len(scene.main) > 1 else ""
    return f"{count}{scene.colour} {scene.kind}"


def _company_words(scene: Scene) -> Sequence[str]:
    return [f"{one.thing.colour} {one.thing.kind}" for one in scene.company]


def _height(height: float) -> float:
    return round(float(np.clip(height, *SIZES)), 4)


def _perches(scene: Scene, which: int) -> bool:
    at = which - len(scene.main)
    return at >= 0 and scene.company[at].relation == "on"


def _where_it_can_be(thing: Thing, setting: str) -> Thing:
    """The thing at the spot nearest to its own at which things of its place can be."""
    where = SETTINGS[setting]
    if thing.place == "aloft":
        low, high = 0.3, max(0.3, 0.97 - thing.height)
    elif thing.place == "floats" and where.floats is not None:
        low, high = where.floats
    else:
        low, high = where.stands
    return replace(thing, y=round(float(np.clip(thing.y, low, high)), 4))


def _relation(thing: Thing, first: Thing) -> Relation:
    """How a thing stands to the main one, by where they are."""
    reach = first.height * KINDS[first.kind].aspect / 2
    over = abs(thing.x - first.x) < reach
    top = KINDS[first.kind].top
    if top and over and abs(thing.y - (first.y + top * first.height)) < 0.06:
        return "on"
    if thing.y > first.y + 0.9 * first.height:
        return "above"
    if thing.y + 0.9 * thing.height < first.y:
        return "under"
    if thing.y > first.y + 0.1:
        return "behind"
    return "in front of" if thing.y < first.y - 0.05 else "next to"
