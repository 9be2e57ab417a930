"""A backdrop of snow."""

import numpy as np

from captionviewer.core.storybook.drawing import (
    box,
    oval,
    rgb,
    smooth,
)
from captionviewer.core.storybook.ground import (
    WIDE,
    Stage,
    peaks,
    rolling,
    sky,
    trees_far,
)


def snow(stage: Stage) -> None:
    """Snowy hills with pines, under mountains."""
    sky(stage, 0.45, clouds=2)
    rng = stage.rng
    ridge = peaks(rng, 0.44, 0.3, 6)
    stage.land(ridge, rgb("f7fafc"), rgb("a9bcd4"), depth=0.16, texture=0.03)
    stage.land(
        lambda x: np.minimum(ridge(x) - 0.07 + 0.022 * np.sin(38 * x) + 0.015 * np.sin(83 * x), 0.62),
        rgb("a3b7d0"),
        rgb("c3d3e3"),
        depth=0.2,
        texture=0.03,
    )
    line = rolling(rng, 0.45, 0.02)
    trees_far(stage, line, rgb("7fa3a4"), 0.055, 30, pines=True)
    stage.land(line, rgb("f6f8fa"), rgb("dfe8f2"), depth=0.2, texture=0.012)
    for side in (0, 1):
        for _ in range(int(rng.integers(2, 5))):
            x = rng.uniform(-0.05, 0.33) if side == 0 else rng.uniform(1.0, 1.38)
            _pine(stage, x, rng.uniform(0.4, 0.43), rng.uniform(0.16, 0.28))
    hill = rolling(rng, 0.4, 0.016)
    stage.land(hill, rgb("fdfdfb"), rgb("e4ecf5"), depth=0.35, texture=0.014)
    drift = rolling(rng, 0.17, 0.025)
    stage.land(drift, rgb("ffffff"), rgb("dbe5f1"), depth=0.22, texture=0.014)
    stage.scatter(
        [oval(rng.uniform(0, WIDE), rng.uniform(0.01, 0.38), 0.0022, 0.0022, steps=8) for _ in range(90)],
        rgb("ffffff"),
        0.9,
    )
    humps = []
    for _ in range(12):
        x, y, s = rng.uniform(0, WIDE), rng.uniform(0.02, 0.35), np.linspace(-1, 1, 9)
        up = np.stack((x + 0.06 * s, y + 0.01 * (1 - s**2)), 1)
        humps.append(np.concatenate((up, (up - np.stack((0 * s, 0.005 * (1 - s**2)), 1))[::-1])))
    stage.scatter(humps, rgb("c6d5e8"), 0.55)


def _pine(stage: Stage, x: float, foot: float, tall: float) -> None:
    green = stage.pick("4f7f6d", "5a8a68", "47766f")
    stage.pen.fill(box(x - 0.03 * tall, foot, x + 0.03 * tall, foot + 0.2 * tall), rgb("7a5a48"))
    for low, wide, high in ((0.12, 0.3, 0.55), (0.36, 0.24, 0.78), (0.6, 0.17, 1.0)):
        y = foot + low * tall
        layer = smooth(
            [
                (x - wide * tall, y),
                (x - 0.1 * tall * wide, foot + high * tall),
                (x + 0.1 * tall * wide, foot + high * tall),
                (x + wide * tall, y),
                (x, y - 0.035 * tall),
            ],
            steps=5,
        )
        stage.pen.fill(layer, green, volume=0.12)
        cap = smooth(
            [
                (x - 0.72 * wide * tall, y + 0.1 * tall),
                (x, foot + high * tall + 0.01),
                (x + 0.72 * wide * tall, y + 0.1 * tall),
                (x + 0.35 * wide * tall, y + 0.13 * tall),
                (x, y + 0.09 * tall),
                (x - 0.35 * wide * tall, y + 0.14 * tall),
            ],
            steps=5,
        )
        stage.pen.fill(cap, rgb("f8fbfd"), volume=0.06, opacity=0.95)


def snowfall(stage: Stage) -> None:
    """Snowflakes before everything else."""
    for size, count, opacity in ((0.003, 80, 0.8), (0.0055, 34, 0.85), (0.009, 10, 0.6)):
        flakes = [
            oval(stage.rng.uniform(0, WIDE), stage.rng.uniform(0, 1), size, size, steps=10)
            for _ in range(count)
        ]
        stage.scatter(flakes, rgb("ffffff"), opacity, light=True)
