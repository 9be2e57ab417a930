"""Backdrops of the country: a park, a farm, a forest."""

import numpy as np

from captionviewer.core.storybook.drawing import (
    Gradient,
    arc,
    box,
    darker,
    lighter,
    mix,
    oval,
    rgb,
    smooth,
)
from captionviewer.core.storybook.ground import (
    GRASS,
    WIDE,
    Stage,
    blossoms,
    fence,
    flat,
    rolling,
    sky,
    trees_far,
    tufts,
)


def _far_hills(stage: Stage, level: float) -> None:
    for step, code in enumerate(("a9cdd2", "9cc9a9", "8fc286")):
        line = rolling(stage.rng, level + 0.1 - 0.045 * step, 0.026)
        stage.land(line, lighter(rgb(code), 0.12), rgb(code), depth=0.15, texture=0.015)
        if step == 1:
            trees_far(stage, line, rgb("7fb58e"), 0.035, 26)


def park(stage: Stage) -> None:
    """A lawn among hills, with a path, trees, flowers and sometimes a fence."""
    sky(stage, 0.42)
    _far_hills(stage, 0.45)
    lawn = stage.pick(*GRASS)
    line = rolling(stage.rng, 0.43, 0.012)
    trees_far(stage, line, stage.pick("6aa55a", "74a84f"), 0.085, 13)
    stage.land(line, lighter(lawn, 0.16), darker(lawn, 0.14), depth=0.5, texture=0.03, stretch=3)
    rng = stage.rng
    if rng.random() < 0.6:  # a path
        x, foot = rng.uniform(0.3, 1.0), rng.uniform(0.1, 1.2)
        s = np.linspace(0, 1, 14)
        middle = x + (foot - x) * s**1.4 + 0.1 * np.sin(3.2 * s + rng.uniform(0, 6))
        half = 0.008 + 0.13 * s**1.7
        y = 0.425 - 0.45 * s
        road = np.concatenate((np.stack((middle - half, y), 1), np.stack((middle + half, y), 1)[::-1]))
        stage.pen.fill(road, Gradient(rgb("eed9b0"), rgb("e3c592")), volume=0)
        pebbles = [
            oval(
                middle[i] + half[i] * rng.uniform(-0.8, 0.8),
                y[i] + rng.uniform(-0.02, 0.02),
                0.006,
                0.003,
                steps=8,
            )
            for i in rng.integers(4, 14, 26)
        ]
        stage.scatter(pebbles, rgb("c9a873"), 0.8)
    elif rng.random() < 0.6:
        fence(stage, 0.4, 0.075, rgb("fbf5e8"))
    tufts(stage, 0.4, 0.0, darker(lawn, 0.28), 70, opacity=0.6)
    tufts(stage, 0.4, 0.0, lighter(lawn, 0.3), 55, opacity=0.7)
    blossoms(stage, 0.38, 0.01, int(rng.integers(14, 40)), "ffffff", "f7a9b8", "f6cf5b", "b99ad6")


def farm(stage: Stage) -> None:
    """Striped fields, a barn far off, a fence and a meadow."""
    sky(stage, 0.45)
    rng = stage.rng
    _far_hills(stage, 0.47)
    for level, codes in (
        (0.5, ("d9cf7a", "c7b45c")),
        (0.455, ("a9c96a", "8db457")),
        (0.41, ("ead38a", "d3b25f")),
    ):
        line = rolling(rng, level, 0.014)
        stage.land(line, rgb(codes[0]), rgb(codes[1]), depth=0.08, texture=0.025)
        hub, rows = rng.uniform(0.2, 1.1), []
        for x in np.arange(-0.8, 2.2, 0.085):
            top_x = hub + (x - hub) * 0.55
            y = float(line(np.array([top_x], dtype=np.float32))[0]) - 0.004
            rows.append(
                np.array([(top_x, y), (top_x + 0.003, y), (x + 0.011, level - 0.1), (x, level - 0.1)])
            )
        stage.scatter(rows, darker(rgb(codes[1]), 0.3), 0.5)
    if rng.random() < 0.75:
        x, y, s = rng.uniform(0.12, 1.15), 0.45, rng.uniform(0.07, 0.1)
        pen = stage.pen
        pen.fill(box(x + 1.05 * s, y, x + 1.5 * s, y + 1.5 * s, 0.1 * s), rgb("d5d2cc"), volume=0.15)
        pen.fill(
            np.concatenate((arc(x + 1.275 * s, y + 1.45 * s, 0.24 * s, 0.22 * s, 0, 180),)), rgb("a9b4bd")
        )
        pen.fill(
            [(x, y), (x + s, y), (x + s, y + 0.75 * s), (x + 0.5 * s, y + 1.25 * s), (x, y + 0.75 * s)],
            rgb("c05a48"),
            volume=0.1,
        )
        pen.stroke(
            [(x - 0.05 * s, y + 0.73 * s), (x + 0.5 * s, y + 1.28 * s), (x + 1.05 * s, y + 0.73 * s)],
            rgb("f5ead8"),
            0.07 * s,
            curved=False,
        )
        pen.fill(box(x + 0.3 * s, y, x + 0.7 * s, y + 0.5 * s), rgb("f5ead8"), volume=0)
        pen.fill(box(x + 0.34 * s, y, x + 0.66 * s, y + 0.46 * s), rgb("93402f"), volume=0)
        pen.stroke([(x + 0.34 * s, y), (x + 0.66 * s, y + 0.46 * s)], rgb("f5ead8"), 0.03 * s)
        pen.stroke([(x + 0.66 * s, y), (x + 0.34 * s, y + 0.46 * s)], rgb("f5ead8"), 0.03 * s)
    lawn = stage.pick("a8c65c", "b3c661", "98bf5c")
    line = rolling(rng, 0.36, 0.01)
    stage.land(line, lighter(lawn, 0.16), darker(lawn, 0.14), depth=0.45, texture=0.03, stretch=3)
    if rng.random() < 0.7:  # a fence of rails
        wood = rgb("b98a5a")
        for x in np.arange(-0.02, 1.4, 0.17):
            stage.pen.fill(box(x, 0.33, x + 0.018, 0.425, 0.006), wood)
        for y in (0.36, 0.395):
            stage.pen.fill(
                [(0, y), (WIDE, y), (WIDE, y + 0.013), (0, y + 0.013)], lighter(wood, 0.15), volume=0
            )
    for _ in range(int(rng.integers(0, 4))):  # hay
        x, y, r = rng.uniform(0.05, 1.25), rng.uniform(0.27, 0.33), rng.uniform(0.028, 0.042)
        stage.pen.oval(x + 0.5 * r, y + r, 1.2 * r, r, rgb("d9b45f"))
        stage.pen.oval(x, y + r, r, r, rgb("eccb79"))
        for k in (0.75, 0.5, 0.25):
            stage.pen.stroke(arc(x, y + r, k * r, k * r, 0, 330), rgb("c79d4a"), 0.004)
    tufts(stage, 0.34, 0.0, darker(lawn, 0.28), 70, opacity=0.55)
    tufts(stage, 0.34, 0.0, rgb("e9dc8a"), 55, tall=0.036, opacity=0.7)
    blossoms(stage, 0.3, 0.01, 16, "e8604f", "ffffff", "6f92d6")


def forest(stage: Stage) -> None:
    """Tall trunks in green light, ferns and mushrooms."""
    sky(stage, 0.5, clouds=0)
    rng = stage.rng
    stage.land(flat(1.2), stage.pick("cfe6c0", "dbe9b8", "c6e3cd"), rgb("a8cf9c"), depth=0.9, texture=0.02)
    for far, (tone, bark, wide, count) in enumerate(
        (("b5d8a8", "b9c3a0", 0.02, 15), ("98c78c", "a09a78", 0.032, 11), ("7cb374", "86735a", 0.05, 7))
    ):
        trunks, crowns = [], []
        for i in range(count):
            x = (i + rng.uniform(0.1, 0.9)) * WIDE / count
            w = wide * rng.uniform(0.7, 1.2)
            trunks.append(
                np.array(
                    [
                        (x - 0.8 * w, 0.3),
                        (x - 0.5 * w, 0.42),
                        (x - 0.4 * w, 1.05),
                        (x + 0.4 * w, 1.05),
                        (x + 0.5 * w, 0.42),
                        (x + 0.8 * w, 0.3),
                    ]
                )
            )
            for _ in range(3):
                crowns.append(
                    oval(
                        x + rng.uniform(-0.12, 0.12),
                        rng.uniform(0.86, 1.02) + 0.02 * far,
                        rng.uniform(0.07, 0.13),
                        rng.uniform(0.05, 0.09),
                        steps=20,
                    )
                )
        stage.scatter(trunks, rgb(bark))
        stage.scatter([t * (0.999, 1) + (0.18 * wide, 0) for t in trunks], darker(rgb(bark), 0.2), 0.3)
        stage.scatter(crowns, rgb(tone), 0.9)
        bushes = [
            oval(
                rng.uniform(0, WIDE),
                0.4 - 0.025 * far + rng.uniform(-0.01, 0.02),
                rng.uniform(0.06, 0.12),
                rng.uniform(0.03, 0.055),
                steps=20,
            )
            for _ in range(13)
        ]
        stage.scatter(bushes, mix(rgb(tone), rgb("6fa562"), 0.2))
    if not stage.dark:  # light between the trees
        for _ in range(3):
            x, w = rng.uniform(0.1, 1.3), rng.uniform(0.05, 0.11)
            stage.pen.fill(
                [(x, 1.0), (x + w, 1.0), (x - 0.25 + 1.8 * w, 0.3), (x - 0.38, 0.3)],
                rgb("fffbd8"),
                volume=0,
                opacity=0.2,
                blur=0.012,
                light=True,
            )
    else:
        for _ in range(12):  # fireflies
            px, py = stage.pen.pixels([(rng.uniform(0.03, 1.3), rng.uniform(0.25, 0.8))])[0]
            stage.layer.glow(px, py, 0.011 * stage.height, rgb("fff08a"), 1.0)
    moss = stage.pick("86b35c", "79ab60", "8fae55")
    line = rolling(rng, 0.37, 0.014)
    stage.land(line, lighter(moss, 0.2), darker(moss, 0.22), depth=0.42, texture=0.045, stretch=2)
    leaves = [
        oval(rng.uniform(0, WIDE), 0.34 * rng.random(), 0.009, 0.004, turn=rng.uniform(-40, 40), steps=10)
        for _ in range(40)
    ]
    stage.scatter(leaves[:20], rgb("d79a4c"), 0.75)
    stage.scatter(leaves[20:], rgb("b8763f"), 0.6)
    for x in np.concatenate((rng.uniform(0, 0.35, 3), rng.uniform(0.98, 1.33, 3))):  # ferns
        y, size, green = rng.uniform(0.06, 0.32), rng.uniform(0.05, 0.085), stage.pick("5f9a58", "6ba64f")
        fronds = []
        for angle in np.deg2rad((25, 55, 90, 125, 155)):
            tip = np.array((x + size * np.cos(angle), y + size * np.sin(angle)))
            side = np.array((-np.sin(angle), np.cos(angle))) * 0.14 * size
            middle = (np.array((x, y)) + tip) / 2 + np.array((0, 0.1 * size))
            fronds.append(smooth(np.array([(x, y), middle + side, tip, middle - side]), steps=5))
        stage.scatter(fronds, green)
    for _ in range(int(rng.integers(2, 6))):  # mushrooms
        x, y, s = rng.uniform(0.03, 1.3), rng.uniform(0.03, 0.3), rng.uniform(0.018, 0.032)
        stage.pen.fill(box(x - 0.28 * s, y, x + 0.28 * s, y + s, 0.2 * s), rgb("f6ead6"), volume=0.15)
        stage.pen.fill(
            arc(x, y + 0.8 * s, s, 0.85 * s, 0, 180), stage.pick("d8503f", "d8503f", "c98a4b"), volume=0.2
        )
        for dx, dy in ((-0.45, 0.3), (0.1, 0.55), (0.5, 0.22)):
            stage.pen.oval(x + dx * s, y + (0.8 + dy) * s, 0.13 * s, 0.11 * s, rgb("fff3e0"), volume=0)
    tufts(stage, 0.33, 0.0, darker(moss, 0.3), 70, opacity=0.6)
    tufts(stage, 0.33, 0.0, lighter(moss, 0.25), 45, opacity=0.6)
