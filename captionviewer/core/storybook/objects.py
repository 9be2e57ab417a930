"""How what stands, grows and lies about is drawn; units as in `drawing.Pen`.

(Past 400 lines: one drawing after the other, each a room of its own.)
"""

from itertools import pairwise

import numpy as np

from captionviewer.core.storybook.drawing import (
    Gradient,
    Pen,
    arc,
    box,
    darker,
    lighter,
    mix,
    oval,
    rgb,
    smooth,
)
from captionviewer.core.storybook.look import COLOURS, Look

CREAM = rgb("fff3dc")
WOOD = rgb("a8713f")
BARK = rgb("7d5640")
LEAF = rgb("5f9a4e")
GLASS = Gradient(rgb("cfe8ef"), rgb("8fb9c9"))
LIT = Gradient(rgb("fff2b8"), rgb("f9bf4f"))


def house(pen: Pen, look: Look) -> None:
    """A house from the front: walls in its colour, tiled roof, door, windows, chimney."""
    wall = look.colour
    roof = COLOURS["brown"] if look.name in ("red", "orange", "pink") else rgb("b5523f")
    if look.name in ("brown", "gray"):
        roof = rgb("4f6d8f")
    shade = darker(wall, 0.3)
    door = look.accent()
    glass = LIT if look.dark else GLASS
    chimney = look.rng.choice((-0.3, 0.22))
    pen.fill(box(chimney, 0.72, chimney + 0.13, 0.97), mix(roof, rgb("8a4b3c"), 0.5))
    pen.fill(box(chimney - 0.02, 0.95, chimney + 0.15, 0.995, 0.01), darker(roof, 0.3))
    for i in range(4):  # smoke
        pen.oval(
            chimney + 0.07 + 0.05 * i,
            1.04 + 0.065 * i,
            0.04 + 0.014 * i,
            0.035 + 0.012 * i,
            rgb("f2ece4"),
            volume=0.05,
            opacity=0.75 - 0.15 * i,
        )
    walls = box(-0.46, 0.0, 0.46, 0.56)
    pen.fill(walls, Gradient(lighter(wall, 0.1), darker(wall, 0.1)), volume=0.08)
    with pen.inside(walls):
        for i in range(7):
            pen.stroke([(-0.5, 0.07 + 0.075 * i), (0.5, 0.07 + 0.075 * i)], shade, 0.007, opacity=0.45)
        pen.fill([(-0.5, 0.5), (0.5, 0.5), (0.5, 0.58), (-0.5, 0.58)], shade, volume=0, opacity=0.5)
        pen.fill(box(-0.5, 0, 0.5, 0.05), rgb("a79c92"), volume=0)
    gable = [(-0.6, 0.53), (-0.02, 0.92), (0.02, 0.92), (0.6, 0.53), (0.57, 0.5), (-0.57, 0.5)]
    pen.fill(gable, roof, volume=0.16)
    with pen.inside(gable):
        for row in range(7):
            y = 0.52 + 0.06 * row
            for i in range(-11, 12):
                pen.stroke(
                    arc(i * 0.075 + 0.0375 * (row % 2), y, 0.037, 0.03, 180, 360, 7),
                    darker(roof, 0.35),
                    0.01,
                    opacity=0.55,
                )
        pen.stroke(
            [(-0.62, 0.535), (0, 0.95), (0.62, 0.535)], lighter(roof, 0.25), 0.03, curved=False, opacity=0.9
        )
    pen.oval(0, 0.68, 0.085, 0.085, CREAM)
    pen.oval(0, 0.68, 0.062, 0.062, glass, light=look.dark)
    pen.stroke([(-0.062, 0.68), (0.062, 0.68)], CREAM, 0.014)
    pen.stroke([(0, 0.62), (0, 0.74)], CREAM, 0.014)
    at = float(look.rng.choice((-0.01, 0.2)))
    arch = np.concatenate((box(at - 0.095, 0.0, at + 0.095, 0.24), arc(at, 0.24, 0.095, 0.09, 0, 180)))
    pen.fill(box(at - 0.13, 0, at + 0.13, 0.035), rgb("c9beb0"))
    frame = np.concatenate(([(at - 0.115, 0.02), (at + 0.115, 0.02)], arc(at, 0.24, 0.115, 0.115, 0, 180)))
    pen.fill(frame, CREAM)
    pen.fill(
        np.concatenate(([(at - 0.09, 0.03), (at + 0.09, 0.03)], arc(at, 0.24, 0.09, 0.09, 0, 180))), door
    )
    del arch
    pen.oval(at, 0.255, 0.045, 0.045, glass, light=look.dark)
    pen.oval(at + 0.06, 0.15, 0.014, 0.014, rgb("f6cf5c"), volume=0)
    for x in (-0.29, 0.31) if at < 0.1 else (-0.29, -0.06):
        pen.fill(box(x - 0.1, 0.19, x + 0.1, 0.42, 0.015), CREAM)
        pen.fill(box(x - 0.08, 0.21, x + 0.08, 0.4, 0.01), glass, light=look.dark)
        pen.stroke([(x, 0.21), (x, 0.4)], CREAM, 0.017)
        pen.stroke([(x - 0.08, 0.31), (x + 0.08, 0.31)], CREAM, 0.017)
        for side in (-1, 1):
            pen.fill(
                box(x + side * 0.13 - 0.03, 0.19, x + side * 0.13 + 0.03, 0.42, 0.01), darker(door, 0.12)
            )
        pen.fill(box(x - 0.11, 0.15, x + 0.11, 0.19, 0.01), WOOD)
        for i in range(5):
            bloom = COLOURS[("red", "pink", "yellow", "white", "orange")[int(look.rng.integers(5))]]
            pen.oval(x - 0.085 + 0.042 * i, 0.195, 0.024, 0.02, LEAF, volume=0.1)
            pen.oval(x - 0.085 + 0.042 * i, 0.21, 0.017, 0.017, bloom, volume=0.1)
    for x, r in ((-0.47, 0.09), (0.47, 0.08), (-0.4, 0.065)):
        pen.oval(x, 0.05, r, r * 0.75, rgb("6f9d4f"), volume=0.2)


def tree(pen: Pen, look: Look) -> None:
    """A round tree; its crown has the tree's colour, of summer, autumn or blossom."""
    crown = look.colour
    shade, pale = darker(crown, 0.36), lighter(crown, 0.24)
    pen.blob(
        [
            (-0.09, 0.0),
            (-0.055, 0.15),
            (-0.055, 0.42),
            (0.055, 0.42),
            (0.055, 0.15),
            (0.1, 0.0),
            (0.03, 0.015),
            (0, 0.0),
            (-0.03, 0.015),
        ],
        BARK,
        volume=0.15,
    )
    pen.stroke([(0.0, 0.3), (0.13, 0.47)], BARK, 0.045, 0.025)
    pen.stroke([(-0.01, 0.33), (-0.14, 0.49)], BARK, 0.045, 0.025)
    for x in (-0.025, 0.02):
        pen.stroke([(x, 0.08), (x * 0.6, 0.3)], darker(BARK, 0.35), 0.012, 0.006, opacity=0.7)
    clumps = [
        (-0.24, 0.52, 0.16),
        (0.24, 0.53, 0.16),
        (0, 0.5, 0.17),
        (-0.27, 0.68, 0.15),
        (0.28, 0.68, 0.15),
        (0, 0.7, 0.24),
        (-0.14, 0.83, 0.145),
        (0.15, 0.82, 0.15),
        (0.01, 0.88, 0.12),
    ]
    for x, y, r in clumps:
        jitter = look.rng.uniform(-0.02, 0.02, 2)
        pen.oval(
            x + jitter[0],
            y + jitter[1],
            r,
            r * 0.94,
            mix(shade, crown, np.clip((y - 0.42) * 2.6, 0, 1)),
            volume=0.16,
        )
    for x, y, r in (
        (-0.13, 0.74, 0.13),
        (0.08, 0.79, 0.12),
        (-0.02, 0.63, 0.12),
        (0.18, 0.66, 0.1),
        (-0.21, 0.6, 0.08),
    ):
        pen.oval(x, y, r, r * 0.85, mix(crown, pale, 0.45), volume=0.14, opacity=0.6)
    for _ in range(26):  # leaves
        angle, far = look.rng.uniform(0, 2 * np.pi), np.sqrt(look.rng.random())
        x, y = 0.36 * far * np.cos(angle), 0.69 + 0.25 * far * np.sin(angle)
        pen.oval(
            x,
            y,
            0.022,
            0.012,
            pale if y + x < 0.75 + look.rng.normal(0, 0.1) else shade,
            turn=look.rng.uniform(0, 180),
            volume=0,
            opacity=0.65,
        )
    if look.name in ("green",) and look.rng.random() < 0.4:
        for _ in range(7):
            angle, far = look.rng.uniform(0, 2 * np.pi), np.sqrt(look.rng.random())
            pen.oval(
                0.3 * far * np.cos(angle),
                0.66 + 0.21 * far * np.sin(angle),
                0.028,
                0.028,
                rgb("dc4a3d"),
                volume=0.2,
            )


def flower(pen: Pen, look: Look) -> None:
    """A tall flower with leaves; in a room it stands in a pot."""
    petals = look.colour
    base = 0.0
    if look.indoors:
        base = 0.27
        pot = look.accent()
        pen.fill([(-0.17, 0.24), (0.17, 0.24), (0.12, 0.0), (-0.12, 0.0)], pot, volume=0.2)
        pen.fill(box(-0.2, 0.22, 0.2, 0.3, 0.02), lighter(pot, 0.15), volume=0.15)
        pen.oval(0, 0.29, 0.17, 0.02, rgb("5b3c2c"), volume=0)
    sway = look.rng.uniform(-0.04, 0.04)
    head = (0.01 + sway, 0.74)
    pen.stroke([(0, base), (0.025 - sway, 0.35), head], LEAF, 0.05, 0.04, volume=0.08)
    for side, low in ((-1, base + 0.05), (1, base + 0.12)):
        tip = 0.3 - 0.3 * base
        pen.blob(
            [
                (0.01, low),
                (0.14 * side, low + 0.05),
                (tip * side, low + 0.2),
                (0.16 * side, low + 0.17),
                (0.03 * side, low + 0.08),
            ],
            mix(LEAF, lighter(LEAF, 0.4), 0.3 * (side > 0)),
            volume=0.14,
        )
        pen.stroke(
            [(0.02 * side, low + 0.03), (0.14 * side, low + 0.11), (0.26 * side * tip / 0.3, low + 0.18)],
            darker(LEAF, 0.35),
            0.01,
            0.004,
            opacity=0.7,
        )
    kind = int(look.rng.integers(3))
    if kind == 2:  # a tulip
        x, y = head
        for dx, paint in ((-0.1, darker(petals, 0.2)), (0.1, darker(petals, 0.12)), (0, petals)):
            pen.blob(
                [
                    (x + dx * 0.3, y - 0.08),
                    (x + dx * 1.5 - 0.08, y + 0.03),
                    (x + dx * 1.5, y + 0.27),
                    (x + dx * 1.5 + 0.08, y + 0.03),
                ],
                paint,
                volume=0.12,
            )
        pen.blob(
            [
                (x - 0.14, y - 0.02),
                (x - 0.1, y + 0.13),
                (x, y + 0.2),
                (x + 0.1, y + 0.13),
                (x + 0.14, y - 0.02),
                (x, y - 0.1),
            ],
            mix(petals, lighter(petals, 0.4), 0.2),
            volume=0.14,
        )
        pen.stroke([(x, y - 0.07), (x, y + 0.12)], darker(petals, 0.25), 0.01, 0.003, opacity=0.6)
        return
    count = 9 if kind else 6
    for i in range(count):
        angle = 360 * i / count + 12
        r = np.deg2rad(angle)
        far, long, wide = (0.15, 0.115, 0.062) if kind else (0.125, 0.115, 0.092)
        tone = darker(petals, 0.16) if i % 2 else petals
        pen.oval(
            head[0] + far * np.cos(r), head[1] + far * np.sin(r), long, wide, tone, turn=angle, volume=0.1
        )
        pen.stroke(
            [
                (head[0] + 0.09 * np.cos(r), head[1] + 0.09 * np.sin(r)),
                (head[0] + 0.19 * np.cos(r), head[1] + 0.19 * np.sin(r)),
            ],
            darker(petals, 0.32),
            0.011,
            0.003,
            opacity=0.5,
        )
    heart = rgb("f3bd3e") if look.name not in ("yellow", "orange") else rgb("8a5633")
    pen.oval(head[0], head[1], 0.085, 0.085, heart, volume=0.2)
    for i in range(9):
        angle = 2.4 * i
        pen.oval(
            head[0] + 0.02 * np.sqrt(i) * np.cos(angle),
            head[1] + 0.02 * np.sqrt(i) * np.sin(angle),
            0.01,
            0.01,
            darker(heart, 0.4),
            volume=0,
            opacity=0.7,
        )


def umbrella(pen: Pen, look: Look) -> None:
    """A large open parasol on a pole."""
    paint = look.colour
    other = rgb("fff6e4") if look.name != "white" else COLOURS["blue"]
    pen.stroke([(0.0, 0.0), (0.0, 0.93)], rgb("e9dcc4"), 0.032, volume=0.2)
    tips = [-0.56, -0.36, -0.13, 0.13, 0.36, 0.56]
    peak = (0.0, 0.93)

    def edge(x: float) -> float:
        return 0.55 + 0.06 * (x / 0.56) ** 2 - 0.035

    hollow = np.concatenate((arc(0, 0.575, 0.56, 0.05, 180, 360, 24), arc(0, 0.58, 0.56, 0.02, 0, 180, 24)))
    pen.fill(hollow, darker(paint, 0.6), volume=0)
    dome = np.concatenate(
        (
            arc(0, 0.58, 0.57, 0.365, 0, 180, 40),
            *(
                arc((b + a) / 2, (edge(a) + edge(b)) / 2 + 0.01, (b - a) / 2, 0.035, 180, 0, 8)
                for a, b in pairwise(tips)
            ),
        )
    )
    pen.fill(dome, paint, volume=0.1)
    with pen.inside(dome):
        for i, (a, b) in enumerate(pairwise(tips)):
            if i % 2:
                bow = [(peak[0], peak[1] + 0.02)]
                left = [
                    (a * s**0.8 * (1.0 if abs(a) < 0.5 else 1.05), 0.945 - (0.945 - edge(a) + 0.03) * s**1.6)
                    for s in np.linspace(0, 1, 9)
                ]
                right = [
                    (b * s**0.8 * (1.0 if abs(b) < 0.5 else 1.05), 0.945 - (0.945 - edge(b) + 0.03) * s**1.6)
                    for s in np.linspace(1, 0, 9)
                ]
                pen.fill(np.array(bow + left + right), other, volume=0.1)
        pen.oval(0.42, 0.6, 0.3, 0.35, darker(paint, 0.6), volume=0, opacity=0.22, blur=0.09)
        pen.oval(-0.22, 0.84, 0.16, 0.06, CREAM, turn=25, volume=0, opacity=0.35, blur=0.04)
    pen.oval(0, 0.955, 0.025, 0.03, darker(paint, 0.25), volume=0.2)


def bench(pen: Pen, look: Look) -> None:
    """A garden bench from the front."""
    wood = look.colour
    shade, iron = darker(wood, 0.35), rgb("4c4852")
    for x in (-0.7, 0.7):
        pen.stroke([(x * 0.94, 0.45), (x * 0.96, 0.98)], iron, 0.06)
        pen.stroke([(x * 0.93, 0.45), (x * 0.93, 0.1)], darker(iron, 0.2), 0.055)
    for i in range(3):
        y = 0.62 + 0.135 * i
        pen.fill(box(-0.78, y, 0.78, y + 0.1, 0.03), mix(wood, shade, 0.12 * (2 - i)), volume=0.14)
        pen.stroke([(-0.6, y + 0.05), (0.1, y + 0.055), (0.55, y + 0.045)], shade, 0.008, opacity=0.4)
    pen.fill([(-0.82, 0.42), (0.82, 0.42), (0.76, 0.54), (-0.76, 0.54)], wood, volume=0.08)
    pen.stroke([(-0.79, 0.48), (0.79, 0.48)], shade, 0.012, curved=False, opacity=0.7)
    pen.fill(box(-0.82, 0.36, 0.82, 0.43, 0.02), mix(wood, shade, 0.3))
    for x in (-0.7, 0.7):
        pen.stroke([(x, 0.38), (x, 0.04)], iron, 0.07)
        pen.stroke([(x - 0.07, 0.02), (x + 0.07, 0.02)], iron, 0.045)
        side = np.sign(x)
        pen.stroke([(x + side * 0.06, 0.42), (x + side * 0.09, 0.62), (x + side * 0.02, 0.7)], iron, 0.05)


def chair(pen: Pen, look: Look) -> None:
    """A soft armchair."""
    cloth = look.colour
    shade = darker(cloth, 0.3)
    for x in (-0.36, 0.36):
        pen.stroke([(x, 0.12), (x * 1.04, 0.01)], rgb("6d4a33"), 0.06, 0.045)
    pen.blob(
        [(-0.36, 0.3), (-0.38, 0.75), (-0.3, 0.95), (0, 1.0), (0.3, 0.95), (0.38, 0.75), (0.36, 0.3)],
        cloth,
        volume=0.14,
    )
    for x in (-0.16, 0.0, 0.16):
        for y in (0.72, 0.86):
            pen.oval(x, y, 0.018, 0.018, shade, volume=0)
            for dx in (-0.05, 0.05):
                pen.stroke([(x, y), (x + dx, y + 0.035)], shade, 0.01, 0.003, opacity=0.55)
    pen.fill(box(-0.4, 0.1, 0.4, 0.36, 0.05), shade, volume=0.06)
    pen.fill(box(-0.32, 0.33, 0.32, 0.48, 0.06), lighter(cloth, 0.18), volume=0.14)
    for x in (-1, 1):
        arm = smooth(
            [
                (0.28 * x, 0.1),
                (0.27 * x, 0.5),
                (0.33 * x, 0.6),
                (0.44 * x, 0.6),
                (0.5 * x, 0.5),
                (0.48 * x, 0.1),
            ],
            steps=6,
        )
        pen.fill(arm, cloth, volume=0.14)
        pen.oval(0.385 * x, 0.52, 0.075, 0.065, mix(cloth, shade, 0.5), volume=0.1)
        pen.oval(0.385 * x, 0.52, 0.04, 0.035, cloth, volume=0)
    if look.rng.random() < 0.7:
        pillow = look.accent()
        pen.blob(
            [(-0.17, 0.47), (-0.19, 0.72), (0, 0.69), (0.15, 0.73), (0.16, 0.47), (0, 0.5)],
            pillow,
            volume=0.14,
        )
        pen.oval(-0.01, 0.59, 0.035, 0.035, lighter(pillow, 0.5), volume=0)


def ball(pen: Pen, look: Look) -> None:
    """A beach ball."""
    paint = look.colour
    other = rgb("fff6e4") if look.name != "white" else COLOURS["red"]
    c, r = (0.0, 0.5), 0.5
    pen.fill(oval(*c, r, r, steps=64), paint, volume=0.06)
    turn = look.rng.uniform(0, 360)
    hub = (0.12 * np.cos(turn), 0.5 + 0.14)
    with pen.inside(oval(*c, r, r, steps=64)):
        for i in range(3):
            a0, a1 = np.deg2rad(turn + 120 * i), np.deg2rad(turn + 120 * i + 58)
            rim = [(c[0] + 0.54 * np.cos(a), c[1] + 0.54 * np.sin(a)) for a in np.linspace(a0, a1, 10)]

            def bend(a: float, s: float) -> tuple[float, float]:
                x = hub[0] + (c[0] + 0.54 * np.cos(a) - hub[0]) * s
                y = hub[1] + (c[1] + 0.54 * np.sin(a) - hub[1]) * s
                swell = 0.1 * np.sin(np.pi * s)
                return x - swell * np.sin(a), y + swell * np.cos(a)

            there = [bend(a0, s) for s in np.linspace(0, 1, 9)]
            back = [bend(a1, s) for s in np.linspace(1, 0, 9)]
            pen.fill(np.array(there + rim + back), other, volume=0.05)
        pen.oval(hub[0], hub[1], 0.06, 0.055, look.accent(), volume=0.1)
        pen.oval(0.25, 0.25, 0.55, 0.5, rgb("3b2a55"), volume=0, opacity=0.2, blur=0.14)
        pen.oval(-0.2, 0.75, 0.14, 0.1, rgb("ffffff"), turn=35, volume=0, opacity=0.6, blur=0.05)


def snowman(pen: Pen, look: Look) -> None:
    """A snowman; his scarf and hat have the snowman's colour."""
    snow = rgb("fbfaf6")
    cool = rgb("c9d6ea")
    coal = rgb("2f2a33")
    knit = look.colour
    for side in (-1, 1):
        hand = (0.42 * side, 0.6)
        pen.stroke([(0.17 * side, 0.46), (0.3 * side, 0.5), hand], BARK, 0.03, 0.02)
        for dx, dy in ((0.05, 0.05), (0.07, -0.01), (-0.01, 0.07)):
            pen.stroke([hand, (hand[0] + dx * side, hand[1] + dy)], BARK, 0.016, 0.01)
    for y, r in ((0.2, 0.245), (0.49, 0.185), (0.725, 0.14)):
        pen.oval(0, y, r, r * 0.9, Gradient(snow, cool), volume=0.08)
    for y in (0.42, 0.5, 0.22):
        pen.oval(0.01, y, 0.022, 0.022, coal, volume=0.2)
    pen.stroke(arc(0, 0.645, 0.14, 0.06, 185, 355), knit, 0.07, volume=0.1)
    pen.blob([(0.05, 0.62), (0.12, 0.62), (0.15, 0.42), (0.07, 0.41)], darker(knit, 0.15), volume=0.1)
    for i in range(3):
        pen.stroke([(0.08 + 0.027 * i, 0.42), (0.08 + 0.03 * i, 0.385)], darker(knit, 0.15), 0.012)
    for x in (-0.05, 0.055):
        pen.oval(x, 0.76, 0.019, 0.022, coal, volume=0)
        pen.oval(x * 1.7, 0.705, 0.028, 0.018, rgb("f0a9a0"), volume=0, opacity=0.7)
    pen.fill([(0.0, 0.74), (0.0, 0.7), (0.17, 0.7)], rgb("ee8a35"), volume=0.15)
    pen.stroke(arc(0.01, 0.685, 0.06, 0.03, 200, 340), coal, 0.012)
    if look.rng.random() < 0.5:  # a top hat
        pen.fill(box(-0.1, 0.83, 0.1, 1.0, 0.02), coal, volume=0.2)
        pen.fill(box(-0.1, 0.84, 0.1, 0.88), knit, volume=0.05)
        pen.stroke([(-0.15, 0.835), (0.15, 0.835)], coal, 0.03)
    else:
        pen.blob([(-0.14, 0.82), (-0.11, 0.93), (0, 0.975), (0.11, 0.93), (0.14, 0.82)], knit, volume=0.12)
        pen.fill(box(-0.15, 0.8, 0.15, 0.85, 0.025), lighter(knit, 0.5), volume=0.1)
        pen.oval(0, 0.985, 0.042, 0.042, lighter(knit, 0.6), volume=0.15)


def sun(pen: Pen, look: Look) -> None:
    """A sun with pointed rays."""
    gold = rgb("fbc83f")
    for i in range(14):
        a = 2 * np.pi * i / 14 + 0.1
        long = 0.48 if i % 2 else 0.42
        w = 0.12
        pen.fill(
            [
                (0.3 * np.cos(a - w), 0.5 + 0.3 * np.sin(a - w)),
                (long * np.cos(a), 0.5 + long * np.sin(a)),
                (0.3 * np.cos(a + w), 0.5 + 0.3 * np.sin(a + w)),
            ],
            rgb("f9b93a"),
            volume=0,
            light=True,
        )
    pen.oval(0, 0.5, 0.285, 0.285, Gradient(rgb("ffe389"), gold), volume=0.04, light=True)
    if look.rng.random() < 0.5:
        ink = rgb("a8661f")
        for x in (-0.095, 0.095):
            pen.oval(x, 0.54, 0.024, 0.03, ink, volume=0, light=True)
            pen.oval(x * 1.55, 0.46, 0.045, 0.03, rgb("f2924b"), volume=0, opacity=0.7, light=True)
        pen.stroke(arc(0, 0.47, 0.075, 0.055, 200, 340), ink, 0.02, light=True)


def moon(pen: Pen, look: Look) -> None:
    """A crescent or a full moon."""
    pale = Gradient(rgb("fff8dc"), rgb("f2dfa2"))
    if look.rng.random() < 0.55:
        # Two circles that meet at 51 degrees of the outer and 75 of the inner, both turned by 21.
        outer = arc(0, 0.5, 0.4, 0.4, 71.2, 330, 40)
        inner = arc(0.16, 0.56, 0.32, 0.32, 305.6, 95.6, 40)
        pen.fill(np.concatenate((outer, inner)), pale, volume=0.03, light=True)
    else:
        pen.oval(0, 0.5, 0.38, 0.38, pale, volume=0.03, light=True)
        for x, y, r in ((-0.12, 0.6, 0.07), (0.13, 0.46, 0.09), (-0.08, 0.36, 0.05), (0.1, 0.7, 0.04)):
            pen.oval(x, y, r, r * 0.9, rgb("e6d093"), volume=0, opacity=0.7, light=True)
