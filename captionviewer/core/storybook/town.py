"""Backdrops where people live: a street, a room."""

import numpy as np

from captionviewer.core.storybook.drawing import (
    Gradient,
    Points,
    box,
    darker,
    lighter,
    mix,
    oval,
    rgb,
    smooth,
)
from captionviewer.core.storybook.ground import (
    WIDE,
    Stage,
    flat,
    lamp,
    rolling,
    sky,
)


def street(stage: Stage) -> None:
    """A row of town houses behind a pavement and a road."""
    sky(stage, 0.45, clouds=2)
    rng = stage.rng
    foot = 0.36
    far = [
        box(x, foot, x + rng.uniform(0.07, 0.13), rng.uniform(0.55, 0.74))
        for x in np.arange(-0.05, 1.35, 0.085)
    ]
    stage.scatter(far, mix(rgb("b9c6d6"), rgb("e6d3cc"), float(rng.random())), 0.85)
    x = -rng.uniform(0, 0.12)
    panes: list[Points] = []
    lit: list[Points] = []
    frames: list[Points] = []
    while x < WIDE:
        wide, tall = rng.uniform(0.17, 0.26), rng.uniform(0.24, 0.36)
        wall = stage.pick("e9b69a", "f0d9a8", "c9d3b0", "b7cbd6", "e5c0c0", "d7c4dd", "f3e6d0", "d69f86")
        stage.pen.fill(box(x, foot, x + wide, foot + tall), wall, volume=0.06)
        top = foot + tall
        roof = stage.pick("a85a4a", "6d7789", "8a6a5c", "7e8f86")
        style = int(rng.integers(3))
        if style == 0:
            stage.pen.fill(
                [(x - 0.012, top), (x + wide / 2, top + 0.11), (x + wide + 0.012, top)], roof, volume=0.1
            )
        elif style == 1:
            stage.pen.fill(
                [
                    (x - 0.008, top),
                    (x + 0.03, top + 0.075),
                    (x + wide - 0.03, top + 0.075),
                    (x + wide + 0.008, top),
                ],
                roof,
                volume=0.1,
            )
        else:
            stage.pen.fill(box(x - 0.008, top - 0.01, x + wide + 0.008, top + 0.022), darker(wall, 0.25))
        columns = 3 if wide > 0.21 else 2
        for row in range(int((tall - 0.1) / 0.085)):
            for c in range(columns):
                wx, wy = x + wide * (c + 0.5) / columns, top - 0.075 - 0.085 * row
                frames.append(box(wx - 0.021, wy - 0.028, wx + 0.021, wy + 0.033))
                for dx in (-0.0085, 0.0085):
                    (lit if stage.dark and rng.random() < 0.6 else panes).append(
                        box(wx + dx - 0.0075, wy - 0.024, wx + dx + 0.0075, wy + 0.029)
                    )
        if rng.random() < 0.6:  # a shop with an awning
            frames.append(box(x + 0.02, foot, x + wide - 0.02, foot + 0.085))
            (lit if stage.dark else panes).append(box(x + 0.028, foot + 0.01, x + wide - 0.028, foot + 0.08))
            awning = stage.pick("d8584a", "4f8f78", "4f78b0", "e0a13e")
            stage.pen.fill(
                [
                    (x + 0.015, foot + 0.115),
                    (x + wide - 0.015, foot + 0.115),
                    (x + wide, foot + 0.075),
                    (x, foot + 0.075),
                ],
                awning,
                volume=0.05,
            )
            n = 7
            stage.scatter(
                [
                    np.array(
                        [
                            (x + 0.015 + (wide - 0.03) * i / n, foot + 0.115),
                            (x + 0.015 + (wide - 0.03) * (i + 0.5) / n, foot + 0.115),
                            (x + wide * (i + 0.5) / n, foot + 0.075),
                            (x + wide * i / n, foot + 0.075),
                        ]
                    )
                    for i in range(n)
                ],
                rgb("fdf5e6"),
                0.9,
            )
        else:
            stage.pen.fill(
                np.concatenate((box(x + wide / 2 - 0.024, foot, x + wide / 2 + 0.024, foot + 0.08, 0.02),)),
                stage.pick("8a4b3c", "3f6d78", "5d7a4a"),
            )
        x += wide + (0.0 if rng.random() < 0.7 else 0.03)
    stage.scatter(frames, rgb("fbf4e6"))
    stage.scatter(panes, rgb("9dbfca"))
    stage.scatter(lit, rgb("ffdf8c"), light=True)
    for x in rng.uniform(0.05, 1.3, 2):
        trees_at = [
            oval(x + dx, 0.5 + dy, r, r)
            for dx, dy, r in ((0, 0.02, 0.05), (-0.04, -0.01, 0.04), (0.04, -0.01, 0.042), (0, 0.06, 0.035))
        ]
        stage.pen.fill(box(x - 0.007, 0.34, x + 0.007, 0.49), rgb("7d5b48"))
        green = stage.pick("6fa65a", "86ad56", "d79a4c")
        stage.scatter(trees_at, green)
        stage.scatter(
            [oval(x - 0.015, 0.53, 0.03, 0.025), oval(x + 0.03, 0.5, 0.02, 0.016)], lighter(green, 0.25), 0.8
        )
    stage.land(flat(0.365), rgb("d9cfc2"), rgb("e3dacd"), depth=0.08, texture=0.02)
    joints = [
        np.array(
            [
                (0.667 + (x - 0.667) * 0.9, 0.365),
                (0.667 + (x - 0.667) * 0.9 + 0.003, 0.365),
                (x + 0.004, 0.275),
                (x, 0.275),
            ]
        )
        for x in np.arange(-0.3, 1.7, 0.11)
    ]
    stage.scatter(joints, rgb("b8ab9c"), 0.7)
    stage.land(flat(0.275), rgb("f0e9dd"), rgb("f0e9dd"), texture=0)
    stage.land(flat(0.262), rgb("a3978d"), rgb("a3978d"), texture=0)
    stage.land(flat(0.245), rgb("8d8891"), rgb("777380"), depth=0.25, texture=0.035, stretch=3)
    shift = rng.uniform(0, 0.2)
    stage.scatter(
        [
            np.array([(x, 0.095), (x + 0.13, 0.095), (x + 0.125, 0.078), (x - 0.008, 0.078)])
            for x in np.arange(-0.2 + shift, 1.4, 0.24)
        ],
        rgb("f4ead2"),
        0.9,
    )
    for x in (rng.uniform(0.08, 0.35), rng.uniform(0.95, 1.26)):
        lamp(stage, x, 0.29, 0.3)


def room(stage: Stage) -> None:
    """A room with wallpaper, a window, pictures, a wooden floor and a rug."""
    rng = stage.rng
    pen = stage.pen
    stage.layer.alpha[:] = 1
    wall = stage.pick("f3dfc1", "cfe0d4", "f2cfc4", "cfd9ea", "e7d6e6", "f0e3a8")
    stage.land(flat(1.2), lighter(wall, 0.2), darker(wall, 0.06), depth=0.9, texture=0.012)
    pattern = int(rng.integers(3))
    if pattern == 0:
        stage.scatter(
            [box(x, 0.34, x + 0.045, 1.0) for x in np.arange(0, 1.4, 0.09)], lighter(wall, 0.45), 0.6
        )
    elif pattern == 1:
        spots = [
            oval(0.06 * i + 0.03 * (j % 2), 0.37 + 0.055 * j, 0.008, 0.008, steps=12)
            for i in range(24)
            for j in range(12)
        ]
        stage.scatter(spots, lighter(wall, 0.6), 0.8)
    else:
        sprigs = []
        for i in range(14):
            for j in range(7):
                x, y = 0.1 * i + 0.05 * (j % 2), 0.38 + 0.095 * j
                sprigs += [
                    oval(
                        x + 0.011 * np.cos(a),
                        y + 0.011 * np.sin(a),
                        0.008,
                        0.005,
                        turn=np.rad2deg(a),
                        steps=10,
                    )
                    for a in (0.3, 1.57, 2.84)
                ]
        stage.scatter(sprigs, darker(wall, 0.18), 0.7)
    x = float(rng.choice((0.2, 0.88)))
    frame, hill = rgb("fdf8ee"), rolling(rng, 0.66, 0.012)
    pen.fill(box(x - 0.018, 0.532, x + 0.308, 0.948, 0.01), frame, volume=0.05)
    pane = box(x, 0.55, x + 0.29, 0.93)
    top, low = {"day": ("8cc8e8", "e4f2ea"), "sunset": ("7f78b8", "fdd3a0"), "night": ("17214f", "47548f")}[
        stage.time
    ]
    with pen.inside(pane):
        pen.fill(pane, Gradient(rgb(top), rgb(low)), volume=0, light=True)
        if stage.dark:
            for _ in range(9):
                pen.oval(
                    x + rng.uniform(0, 0.29),
                    rng.uniform(0.7, 0.92),
                    0.003,
                    0.003,
                    rgb("fff6d8"),
                    volume=0,
                    light=True,
                )
        else:
            for _ in range(2):
                cx, cy = x + rng.uniform(0.03, 0.26), rng.uniform(0.78, 0.89)
                for dx in (-0.03, 0, 0.03):
                    pen.oval(
                        cx + dx,
                        cy + 0.008 * (dx == 0),
                        0.03,
                        0.017,
                        rgb("ffffff"),
                        volume=0,
                        opacity=0.9,
                        light=True,
                    )
        edge = np.linspace(x, x + 0.29, 24, dtype=np.float32)
        pen.fill(
            np.concatenate((np.stack((edge, hill(edge)), 1), [(x + 0.29, 0.5), (x, 0.5)])),
            rgb("9cc77c"),
            volume=0.05,
        )
        pen.oval(x + 0.22, 0.665, 0.05, 0.05, rgb("7fb069"))
    pen.stroke([(x + 0.145, 0.55), (x + 0.145, 0.93)], frame, 0.014)
    pen.stroke([(x, 0.74), (x + 0.29, 0.74)], frame, 0.014)
    pen.fill(box(x - 0.035, 0.515, x + 0.325, 0.54, 0.008), frame)
    cloth = stage.pick("e08a76", "7fa8b8", "d9b04f", "9ab27a", "b48ab8")
    for side in (0, 1):
        edge_x = x - 0.045 + 0.38 * side
        lean = 0.075 if side == 0 else -0.075
        curtain = smooth(
            [
                (edge_x, 0.965),
                (edge_x + lean * 1.2, 0.965),
                (edge_x + lean, 0.75),
                (edge_x + lean * 0.45, 0.62),
                (edge_x + lean * 0.9, 0.48),
                (edge_x - lean * 0.1, 0.48),
            ],
            steps=6,
        )
        pen.fill(curtain, cloth, volume=0.08)
        for k in (0.3, 0.65):
            pen.stroke(
                [(edge_x + lean * k, 0.96), (edge_x + lean * k * 0.8, 0.7), (edge_x + lean * k * 0.5, 0.49)],
                darker(cloth, 0.25),
                0.007,
                0.003,
                opacity=0.6,
            )
    pen.stroke([(x - 0.08, 0.972), (x + 0.37, 0.972)], rgb("a8713f"), 0.016)
    other = 0.93 if x < 0.5 else 0.22
    for dx, dy, w, h in ((0, 0.72, 0.15, 0.17), (0.19, 0.74, 0.11, 0.13)):  # pictures
        px, py = other + dx - 0.04, dy
        pen.fill(
            box(px + 0.006, py - 0.008, px + w + 0.006, py + h - 0.008),
            darker(wall, 0.4),
            volume=0,
            opacity=0.4,
            blur=0.006,
        )
        pen.fill(box(px, py, px + w, py + h), stage.pick("b98a5a", "7d5b48", "d9b45f"))
        inner = box(px + 0.015, py + 0.015, px + w - 0.015, py + h - 0.015)
        pen.fill(inner, Gradient(rgb("dcebea"), rgb("f6e7cf")), volume=0)
        with pen.inside(inner):
            pen.oval(px + 0.3 * w, py + 0.1 * h, 0.5 * w, 0.3 * h, stage.pick("9cc77c", "7fb6c4", "e3a06a"))
            pen.oval(px + 0.9 * w, py + 0.05 * h, 0.5 * w, 0.35 * h, stage.pick("86b592", "d8c06a", "c48fae"))
            pen.oval(px + 0.68 * w, py + 0.72 * h, 0.11 * w, 0.11 * w, stage.pick("f6c445", "e8604f"))
    wood = stage.pick("d3a26c", "c48f5c", "dcb482")
    stage.land(flat(0.345), frame, frame, texture=0)
    stage.land(flat(0.305), lighter(wood, 0.12), darker(wood, 0.1), depth=0.3, texture=0.03, stretch=6)
    boards = [
        np.array(
            [
                (0.667 + (bx - 0.667) * 0.72, 0.305),
                (0.667 + (bx - 0.667) * 0.72 + 0.002, 0.305),
                (bx * 1.0 + 0.004, 0.0),
                (bx, 0.0),
            ]
        )
        for bx in np.arange(-0.6, 2.0, 0.12)
    ]
    stage.scatter(boards, darker(wood, 0.35), 0.6)
    rug, trim = stage.pick("c9685a", "6f93a8", "d8b25a", "8fa878", "a97fa8"), rgb("f6ead2")
    for rx, ry, paint in (
        (0.5, 0.105, rug),
        (0.45, 0.09, trim),
        (0.425, 0.083, lighter(rug, 0.2)),
        (0.3, 0.056, trim),
        (0.28, 0.05, rug),
    ):
        pen.oval(0.667, 0.125, rx, ry, paint, volume=0.04)
    fringe = [
        np.array(
            [
                (0.667 + 0.49 * np.cos(a), 0.125 + 0.1 * np.sin(a)),
                (0.667 + 0.52 * np.cos(a), 0.125 + 0.112 * np.sin(a)),
                (0.667 + 0.49 * np.cos(a + 0.03), 0.125 + 0.1 * np.sin(a + 0.03)),
            ]
        )
        for a in np.arange(0, 6.28, 0.06)
    ]
    stage.scatter(fringe, trim)
