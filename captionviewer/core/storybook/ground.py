"""What settings are made of: sky, clouds, hills, water, grass, trees in the distance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from captionviewer.core.storybook.drawing import (
    Floats,
    Layer,
    Paint,
    Pen,
    Points,
    blurred,
    darker,
    grain_at,
    lighter,
    mix,
    oval,
    rgb,
    ribbon,
    smooth,
)

WIDE = 4 / 3  # width of a picture in heights
GRASS = ("8cbf5f", "97c463", "7fb868")

_SKIES = {
    "day": (("5fb0e2", "a9dbee", "f6f3da"), ("6cc0d8", "bfe6e4", "fdf1cf"), ("7fa9e0", "c3dcf2", "fde9d6")),
    "sunset": (
        ("5a68ae", "ee9c86", "fde2a4"),
        ("7a5fa6", "f08a7a", "fdd08a"),
        ("4d7fb4", "f3b37e", "fdeab8"),
    ),
    "night": (("121a44", "27366e", "565f9c"), ("161540", "33306c", "6a5a96"), ("0f2147", "1f4470", "4f7a9c")),
}
_TINTS = {"day": "ffffff", "sunset": "ffe3cf", "night": "7f8ac2"}


@dataclass
class Stage:
    """The picture under way: its layer, the time of day, and random numbers for its accidents.

    Coordinates of `pen` run from 0 to 4/3 to the right and from 0 to 1 upwards.
    """

    layer: Layer
    time: str
    rng: np.random.Generator

    def __post_init__(self) -> None:
        self.width, self.height = self.layer.size
        self.tint: Floats = rgb(_TINTS[self.time])
        self.pen = Pen(
            self.layer, 0, self.height, self.height, tint=None if self.time == "day" else self.tint
        )
        self.dark = self.time == "night"

    def pick(self, *codes: str) -> Floats:
        """One of some colours, by chance."""
        return rgb(codes[int(self.rng.integers(len(codes)))])

    def scatter(
        self, outlines: Sequence[Points], colour: Floats, opacity: float = 1.0, light: bool = False
    ) -> None:
        """Fill many outlines, given in the pen's coordinates, with one colour."""
        self.layer.scatter(
            [self.pen.pixels(o) for o in outlines], colour if light else colour * self.tint, opacity
        )

    def land(
        self,
        edge: Callable[[Floats], Floats],
        top: Floats,
        bottom: Floats,
        *,
        depth: float = 0.4,
        texture: float = 0.03,
        stretch: int = 1,
        light: bool = False,
    ) -> None:
        """Fill everything below a line, `edge(x) -> y` in the pen's coordinates, shaded downwards."""
        x: Floats = (np.arange(self.width, dtype=np.float32) + np.float32(0.5)) / np.float32(self.height)
        line = (1 - edge(x)) * self.height
        first = max(int(line.min()) - 1, 0)
        if first >= self.height:
            return
        rows = np.arange(first, self.height, dtype=np.float32)[:, None] + 0.5
        mask = np.clip(rows - line + 0.5, 0, 1).astype(np.float32)
        t = np.clip((rows - line) / (depth * self.height), 0, 1).astype(np.float32)[..., None]
        colour = top + (bottom - top) * t
        if texture:
            noise = grain_at(
                self.height - first, -(-self.width // stretch), top=first, left=int(self.rng.integers(512))
            )
            if stretch > 1:
                noise = np.repeat(noise, stretch, axis=1)[:, : self.width]
                noise = (noise + np.roll(noise, stretch // 2, axis=1)) / np.float32(2)
            colour = colour * (1 + np.float32(texture) * noise[..., None])
        self.layer.lay(
            slice(first, self.height), slice(0, self.width), colour if light else colour * self.tint, mask
        )


def rolling(rng: np.random.Generator, level: float, swing: float) -> Callable[[Floats], Floats]:
    """A hilly line about `level`, as a function of x."""
    waves = [
        (rng.uniform(1.2, 2.6), rng.uniform(0, 6.3), 1.0),
        (rng.uniform(3.2, 5.5), rng.uniform(0, 6.3), 0.4),
    ]

    def line(x: Floats) -> Floats:
        y = sum(weight * np.sin(often * x + phase) for often, phase, weight in waves)
        return np.asarray(level + swing * y, dtype=np.float32)

    return line


def flat(level: float) -> Callable[[Floats], Floats]:
    """A level line."""
    return lambda x: np.full_like(x, level)


def peaks(rng: np.random.Generator, level: float, tall: float, count: int) -> Callable[[Floats], Floats]:
    """A line of mountains."""
    tops = np.sort(rng.uniform(-0.1, 1.45, count))
    heights = rng.uniform(0.5, 1.0, count) * tall
    slopes = rng.uniform(0.6, 0.95, count)
    rough = rng.uniform(0, 6.3, 3)

    def line(x: Floats) -> Floats:
        y = np.max(heights[:, None] - slopes[:, None] * np.abs(x[None] - tops[:, None]), axis=0)
        y = y + 0.006 * np.sin(31 * x + rough[0]) + 0.004 * np.sin(67 * x + rough[1])
        return np.asarray(level + np.maximum(y, 0), dtype=np.float32)

    return line


def sky(stage: Stage, horizon: float, clouds: int | None = None) -> None:
    """Paint the sky down to `horizon`, with clouds by day and stars by night."""
    kinds = _SKIES[stage.time]
    stops = np.stack([rgb(code) for code in kinds[int(stage.rng.integers(len(kinds)))]])
    end = round((1 - horizon) * stage.height) + 4
    t = np.linspace(0, 1, end)
    column = np.stack([np.interp(t, (0, 0.58, 1), stops[:, i]) for i in range(3)], axis=1).astype(np.float32)
    layer = stage.layer
    layer.rgb[:end] = column[:, None, :] * (1 + 0.012 * grain_at(end, stage.width)[..., None])
    layer.alpha[:] = 1
    rng = stage.rng
    if stage.dark:
        for bright in (0.45, 0.7, 1.0):
            size = 0.0022 + 0.0022 * bright
            places = [
                (rng.uniform(0, WIDE), 1 - (1 - horizon) * rng.random() ** 1.2)
                for _ in range(int(46 * (1.3 - bright)))
            ]
            stage.scatter(
                [oval(x, y, size, size, steps=8) for x, y in places], rgb("fff6d8"), bright, light=True
            )
        for _ in range(5):  # a few that twinkle
            x, y, r = rng.uniform(0.05, 1.28), rng.uniform(horizon + 0.15, 0.97), rng.uniform(0.009, 0.016)
            star = [
                (
                    x + (r if i % 2 == 0 else 0.24 * r) * np.cos(np.pi * i / 4),
                    y + (r if i % 2 == 0 else 0.24 * r) * np.sin(np.pi * i / 4),
                )
                for i in range(8)
            ]
            stage.scatter([np.array(star)], rgb("fffbe6"), light=True)
            px, py = stage.pen.pixels([(x, y)])[0]
            layer.glow(px, py, 0.02 * stage.height, rgb("fff2c0"), 0.35)
    if stage.time == "sunset":
        px, py = stage.pen.pixels([(rng.uniform(0.2, 1.1), horizon + 0.02)])[0]
        layer.glow(px, py, 0.42 * stage.height, rgb("ffd98a"), 0.55)
    count = int(rng.integers(2, 5)) if clouds is None else clouds
    for i in range(count):
        cloud(
            stage,
            (i + rng.uniform(0.1, 0.9)) * WIDE / max(count, 1),
            rng.uniform(horizon + 0.17, 0.95),
            rng.uniform(0.08, 0.17),
        )


def cloud(stage: Stage, x: float, y: float, size: float) -> None:
    """Paint a cloud with a flat foot."""
    rng = stage.rng
    top, low = {"day": ("ffffff", "dbe8ef"), "sunset": ("ffe6cc", "d996a0"), "night": ("54629c", "343f78")}[
        stage.time
    ]
    opacity = 0.92 if not stage.dark else 0.55
    reach = int(2.2 * size * stage.height)
    px, py = stage.pen.pixels([(x, y)])[0]
    sheet = Layer(2 * reach, int(1.3 * reach), int(px) - reach, int(py) - reach)
    pen = Pen(sheet, px, py, size * stage.height)
    count = int(rng.integers(5, 8))
    for i in range(count):
        s = (i + 0.5) / count * 2 - 1
        r = (0.5 - 0.28 * abs(s)) * rng.uniform(0.8, 1.15)
        pen.oval(1.25 * s, 0.55 * r, 1.15 * r, r, rgb(top), volume=0)
    pen.fill(
        smooth(
            [(-1.6, 0.04), (-1.0, 0.16), (1.0, 0.16), (1.6, 0.04), (1.2, -0.08), (0, -0.11), (-1.2, -0.08)]
        ),
        rgb(top),
        volume=0,
    )
    rows = np.arange(sheet.size[1], dtype=np.float32)[:, None] + sheet.top
    t = np.clip(((rows - py) / (size * stage.height) + 0.75) / 0.9, 0, 1)[..., None]
    body = rgb(top) + (rgb(low) - rgb(top)) * t
    soft = blurred(sheet.alpha, 0.012 * stage.height)
    sheet.rgb[:] = body * soft[..., None]
    sheet.alpha[:] = soft
    stage.layer.place(sheet, opacity)


def trees_far(
    stage: Stage,
    line: Callable[[Floats], Floats],
    colour: Floats,
    size: float,
    count: int,
    pines: bool = False,
    sink: float = 0.25,
) -> None:
    """Paint a row of small trees along a line, some lighter than others."""
    rng = stage.rng
    dark: list[Points] = []
    pale: list[Points] = []
    trunks: list[Points] = []
    for _ in range(count):
        x = rng.uniform(-0.05, WIDE + 0.05)
        y = float(line(np.array([x], dtype=np.float32))[0])
        r = size * rng.uniform(0.6, 1.15)
        if pines:
            y -= sink * r
            for low, wide in ((0.1, 0.5), (0.6, 0.4), (1.1, 0.28)):
                shape = np.array(
                    [(x - wide * r, y + low * r), (x, y + (low + 1.0) * r), (x + wide * r, y + low * r)]
                )
                (dark if x * 7 % 1 < 0.5 else pale).append(shape)
            continue
        trunks.append(
            np.array(
                [
                    (x - 0.07 * r, y - 0.3 * r),
                    (x + 0.07 * r, y - 0.3 * r),
                    (x + 0.05 * r, y + 0.7 * r),
                    (x - 0.05 * r, y + 0.7 * r),
                ]
            )
        )
        bucket = dark if rng.random() < 0.5 else pale
        for dx, dy, k in ((0, 0.75, 0.55), (-0.35, 0.55, 0.42), (0.35, 0.55, 0.42), (0, 1.1, 0.4)):
            bucket.append(oval(x + dx * r, y + dy * r, k * r, k * r, steps=18))
    stage.scatter(trunks, mix(rgb("7d5b48"), colour, 0.45))
    stage.scatter(dark, darker(colour, 0.14))
    stage.scatter(pale, lighter(colour, 0.1))


def tufts(
    stage: Stage,
    top: float,
    bottom: float,
    colour: Floats,
    count: int,
    tall: float = 0.028,
    opacity: float = 0.8,
) -> None:
    """Paint tufts of grass between two levels, larger towards the viewer."""
    rng = stage.rng
    blades: list[Points] = []
    for _ in range(count):
        near = rng.random() ** 0.7
        x, y = rng.uniform(0, WIDE), top + (bottom - top) * near
        h = tall * (0.35 + 0.9 * near)
        for lean in (-0.5, 0.05, 0.55):
            tip = (
                x + lean * h * rng.uniform(0.7, 1.3),
                y + h * rng.uniform(0.75, 1.1) * (1.15 - abs(lean) * 0.6),
            )
            foot = x + 0.22 * lean * h
            blades.append(np.array([(foot - 0.1 * h, y), (foot + 0.1 * h, y), tip]))
    stage.scatter(blades, colour, opacity)


def blossoms(stage: Stage, top: float, bottom: float, count: int, *codes: str) -> None:
    """Strew small flowers between two levels."""
    rng = stage.rng
    hearts: list[Points] = []
    petals: dict[str, list[Points]] = {code: [] for code in codes}
    for _ in range(count):
        near = rng.random() ** 0.8
        x, y, r = rng.uniform(0, WIDE), top + (bottom - top) * near, 0.0032 + 0.006 * near
        bucket = petals[codes[int(rng.integers(len(codes)))]]
        for i in range(5):
            a = 1.257 * i
            bucket.append(oval(x + r * np.cos(a), y + 0.8 * r * np.sin(a), 0.72 * r, 0.6 * r, steps=10))
        hearts.append(oval(x, y, 0.55 * r, 0.5 * r, steps=8))
    for code, outlines in petals.items():
        stage.scatter(outlines, rgb(code))
    stage.scatter(hearts, rgb("f6c445"))


def water(stage: Stage, top: float, bottom: float, far: Paint, near: Floats, glints: int = 70) -> None:
    """Paint water between two levels, with ripples that widen towards the viewer."""
    assert not isinstance(far, tuple)
    rng = stage.rng
    stage.land(flat(top), far, near, depth=top - bottom, texture=0.02, stretch=6)  # type: ignore[arg-type]
    for share, colour, opacity in ((1.0, lighter(near, 0.55), 0.5), (0.7, darker(near, 0.3), 0.3)):
        waves = []
        for _ in range(int(glints * share)):
            t = rng.random() ** 1.3
            y = top - (top - bottom) * t
            x, long = rng.uniform(-0.05, WIDE + 0.05), (0.012 + 0.07 * t) * rng.uniform(0.5, 1.4)
            thick = 0.0012 + 0.0042 * t
            s = np.linspace(-1, 1, 9)
            wave = np.stack((x + long * s, y + 0.5 * thick * np.sin(3 * s)), axis=1)
            lens = thick * (1 - s**2)
            waves.append(
                np.concatenate((wave + np.stack((0 * s, lens), 1), (wave - np.stack((0 * s, lens), 1))[::-1]))
            )
        stage.scatter(waves, colour, opacity)


def fence(stage: Stage, foot: float, tall: float, paint: Floats) -> None:
    """Paint a fence of pickets across the picture."""
    step = tall * 0.42
    pickets = []
    for x in np.arange(-0.02, WIDE + 0.02, step):
        w = step * 0.3
        pickets.append(
            np.array(
                [
                    (x - w, foot),
                    (x + w, foot),
                    (x + w, foot + 0.85 * tall),
                    (x, foot + tall),
                    (x - w, foot + 0.85 * tall),
                ]
            )
        )
    rails = [
        np.array(
            [
                (0, foot + s * tall),
                (WIDE, foot + s * tall),
                (WIDE, foot + (s + 0.09) * tall),
                (0, foot + (s + 0.09) * tall),
            ]
        )
        for s in (0.25, 0.62)
    ]
    stage.scatter(rails, darker(paint, 0.2))
    stage.scatter(pickets, paint)


def lamp(stage: Stage, x: float, foot: float, tall: float) -> None:
    """Paint a street lamp, lit at night."""
    iron = rgb("4a4a56")
    pen = stage.pen
    pen.fill(ribbon(np.array([(x, foot), (x, foot + 0.85 * tall)]), 0.035 * tall), iron)
    pen.fill(
        np.array(
            [
                (x - 0.06 * tall, foot),
                (x + 0.06 * tall, foot),
                (x + 0.03 * tall, foot + 0.12 * tall),
                (x - 0.03 * tall, foot + 0.12 * tall),
            ]
        ),
        iron,
    )
    glass = np.array(
        [
            (x - 0.05 * tall, foot + 0.84 * tall),
            (x + 0.05 * tall, foot + 0.84 * tall),
            (x + 0.075 * tall, foot + 0.97 * tall),
            (x - 0.075 * tall, foot + 0.97 * tall),
        ]
    )
    pen.fill(glass, rgb("ffe9a6") if stage.time != "day" else rgb("f3efe0"), light=True)
    pen.fill(
        np.array(
            [
                (x - 0.1 * tall, foot + 0.96 * tall),
                (x + 0.1 * tall, foot + 0.96 * tall),
                (x, foot + 1.05 * tall),
            ]
        ),
        iron,
    )
    if stage.time != "day":
        px, py = pen.pixels([(x, foot + 0.9 * tall)])[0]
        stage.layer.glow(px, py, 0.28 * tall * stage.height, rgb("ffcf70"), 0.6 if stage.dark else 0.3)
