"""The kinds of things a scene can hold: how each is drawn, how large it is and where it belongs."""

from collections.abc import Callable
from dataclasses import dataclass

from captionviewer.core.storybook import animals, objects, vehicles
from captionviewer.core.storybook.drawing import Pen
from captionviewer.core.storybook.look import Look


@dataclass(frozen=True)
class Kind:
    """One kind of thing.

    `aspect`: width by height. `tall`: its height where it is the main thing, least and greatest, as a share
    of the picture's. `company`: the greatest where it keeps another company. `place`: "stands", "floats" or
    "aloft". `groups`: whether two or three of it may be the main thing. `top`: the height of its own at
    which something can sit on it, 0 if nothing can.
    """

    draw: Callable[[Pen, Look], None]
    aspect: float
    tall: tuple[float, float]
    company: float
    place: str
    settings: tuple[str, ...]
    colours: tuple[str, ...]
    groups: bool = False
    top: float = 0.0


_BRIGHT = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white")
_OPEN = ("park", "beach", "snow", "lake", "farm")

KINDS: dict[str, Kind] = {
    "house": Kind(
        objects.house,
        1.2,
        (0.5, 0.6),
        0.34,
        "stands",
        ("park", "snow", "farm", "beach"),
        ("red", "yellow", "blue", "white", "pink", "green"),
        top=0.9,
    ),
    "tree": Kind(
        objects.tree,
        0.85,
        (0.62, 0.76),
        0.42,
        "stands",
        ("park", "farm", "lake"),
        ("green", "orange", "pink", "red", "yellow"),
    ),
    "car": Kind(
        vehicles.car,
        1.95,
        (0.32, 0.38),
        0.2,
        "stands",
        ("street", "farm", "beach", "snow"),
        ("red", "blue", "yellow", "green", "white", "black"),
        top=0.97,
    ),
    "bus": Kind(
        vehicles.bus,
        1.95,
        (0.36, 0.42),
        0.22,
        "stands",
        ("street", "farm", "snow"),
        ("red", "yellow", "blue", "green", "orange"),
        top=0.97,
    ),
    "bicycle": Kind(
        vehicles.bicycle,
        1.45,
        (0.42, 0.5),
        0.24,
        "stands",
        ("street", "park", "beach", "forest"),
        ("red", "blue", "green", "yellow", "black"),
    ),
    "boat": Kind(
        vehicles.boat,
        1.25,
        (0.5, 0.62),
        0.26,
        "floats",
        ("beach", "lake"),
        ("red", "blue", "white", "green", "yellow"),
        groups=True,
    ),
    "cat": Kind(
        animals.cat,
        0.92,
        (0.52, 0.62),
        0.28,
        "stands",
        ("park", "street", "room", "farm", "forest"),
        ("orange", "black", "white", "gray", "brown"),
        groups=True,
    ),
    "dog": Kind(
        animals.dog,
        1.1,
        (0.5, 0.58),
        0.3,
        "stands",
        ("park", "street", "beach", "snow", "room", "farm"),
        ("brown", "black", "white", "gray"),
        groups=True,
    ),
    "rabbit": Kind(
        animals.rabbit,
        0.62,
        (0.54, 0.64),
        0.28,
        "stands",
        ("park", "snow", "farm", "forest"),
        ("white", "brown", "gray", "black"),
        groups=True,
    ),
    "sheep": Kind(
        animals.sheep,
        1.1,
        (0.44, 0.5),
        0.26,
        "stands",
        ("farm", "park", "snow"),
        ("white", "black", "brown"),
        groups=True,
    ),
    "duck": Kind(
        animals.duck,
        1.15,
        (0.42, 0.5),
        0.22,
        "floats",
        ("lake", "farm", "park"),
        ("yellow", "white", "brown"),
        groups=True,
    ),
    "bird": Kind(
        animals.bird,
        1.4,
        (0.38, 0.46),
        0.15,
        "aloft",
        (*_OPEN, "street"),
        ("red", "blue", "yellow", "black", "white", "green"),
        groups=True,
    ),
    "flower": Kind(
        objects.flower,
        0.6,
        (0.62, 0.74),
        0.26,
        "stands",
        ("park", "farm", "forest", "room", "lake"),
        ("red", "yellow", "pink", "purple", "orange", "white"),
        groups=True,
    ),
    "umbrella": Kind(
        objects.umbrella,
        1.15,
        (0.54, 0.64),
        0.36,
        "stands",
        ("beach", "park"),
        ("red", "blue", "yellow", "green", "pink", "purple"),
    ),
    "bench": Kind(
        objects.bench,
        1.65,
        (0.32, 0.38),
        0.2,
        "stands",
        ("park", "street", "snow", "lake", "forest"),
        ("brown", "green", "red", "blue", "white"),
        top=0.5,
    ),
    "chair": Kind(
        objects.chair,
        1.02,
        (0.46, 0.54),
        0.34,
        "stands",
        ("room",),
        ("red", "blue", "green", "yellow", "purple", "pink"),
        top=0.45,
    ),
    "ball": Kind(
        objects.ball,
        1.0,
        (0.4, 0.48),
        0.15,
        "stands",
        ("park", "beach", "street", "room"),
        ("red", "blue", "green", "yellow", "purple"),
        groups=True,
    ),
    "snowman": Kind(
        objects.snowman,
        0.9,
        (0.54, 0.66),
        0.36,
        "stands",
        ("snow",),
        ("red", "blue", "green", "yellow", "purple"),
        groups=True,
    ),
    "bear": Kind(
        animals.bear,
        0.82,
        (0.54, 0.64),
        0.24,
        "stands",
        ("room", "park", "forest", "beach"),
        ("brown", "pink", "blue", "white", "yellow"),
        groups=True,
    ),
    "balloon": Kind(vehicles.balloon, 0.75, (0.56, 0.68), 0.3, "aloft", _OPEN, _BRIGHT[:7], groups=True),
    "kite": Kind(
        vehicles.kite,
        0.7,
        (0.46, 0.56),
        0.26,
        "aloft",
        ("park", "beach", "farm"),
        ("red", "blue", "yellow", "green", "purple", "pink"),
        groups=True,
    ),
    "airplane": Kind(
        vehicles.airplane,
        1.95,
        (0.3, 0.35),
        0.13,
        "aloft",
        (*_OPEN, "street"),
        ("white", "red", "blue", "yellow"),
    ),
}

SKY_BODIES: dict[str, Callable[[Pen, Look], None]] = {"sun": objects.sun, "moon": objects.moon}
