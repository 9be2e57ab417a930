"""Backdrops at the water: a beach, a lake."""

import numpy as np

from captionviewer.core.storybook.drawing import (
    Gradient,
    arc,
    box,
    darker,
    lighter,
    oval,
    rgb,
    smooth,
)
from captionviewer.core.storybook.ground import (
    GRASS,
    WIDE,
    Stage,
    blossoms,
    peaks,
    rolling,
    sky,
    trees_far,
    tufts,
    water,
)


def beach(stage: Stage) -> None:
    """Sand, waves and the open sea."""
    sky(stage, 0.58)
    rng = stage.rng
    if rng.random() < 0.55:  # an island
        x = rng.uniform(0.1, 1.2)
        isle = smooth(
            [(x - 0.22, 0.57), (x - 0.1, 0.62), (x, 0.645), (x + 0.12, 0.615), (x + 0.24, 0.57)], closed=False
        )
        stage.pen.fill(isle, Gradient(rgb("9cc3b0"), rgb("7faf9f")), volume=0.05)
        if rng.random() < 0.5:
            tower = [(x - 0.012, 0.64), (x + 0.012, 0.64), (x + 0.008, 0.71), (x - 0.008, 0.71)]
            stage.pen.fill(tower, rgb("fbf2e4"))
            stage.pen.fill(box(x - 0.0105, 0.66, x + 0.0105, 0.675), rgb("d8584a"), volume=0)
            stage.pen.fill([(x - 0.013, 0.71), (x + 0.013, 0.71), (x, 0.73)], rgb("d8584a"))
            if stage.time != "day":
                stage.layer.glow_at(stage.pen.pixels([(x, 0.715)]), 0.04 * stage.height, rgb("ffe08a"), 0.8)
    water(stage, 0.58, 0.3, rgb("4aa0c4"), stage.pick("7fd0d0", "78c8d8", "86d3c4"), 80)
    for x in rng.uniform(0, WIDE, int(rng.integers(0, 3))):  # sails far away
        stage.pen.fill([(x, 0.575), (x, 0.625), (x + 0.022, 0.58)], rgb("fdf6e8"))
        stage.pen.fill(
            [(x - 0.018, 0.578), (x + 0.026, 0.578), (x + 0.018, 0.568), (x - 0.01, 0.568)],
            stage.pick("d8584a", "4f78b0"),
        )
    sand = stage.pick("f2dcae", "f0d5a6", "f4e2bd")
    shore = rolling(rng, 0.325, 0.014)
    stage.land(lambda x: shore(x) + 0.02, rgb("f6fbf6"), rgb("f6fbf6"), texture=0)
    stage.land(lambda x: shore(x) + 0.009, rgb("a7dcd6"), rgb("a7dcd6"), texture=0)
    stage.land(lambda x: shore(x) + 0.002, rgb("fffdf6"), rgb("fffdf6"), texture=0)
    stage.land(lambda x: shore(x) - 0.007, darker(sand, 0.22), darker(sand, 0.22), texture=0.02)
    stage.land(lambda x: shore(x) - 0.035, darker(sand, 0.06), sand, depth=0.1, texture=0.03, stretch=2)
    for k, (colour, opacity) in enumerate(((darker(sand, 0.3), 0.55), (lighter(sand, 0.6), 0.8))):
        dots = [
            oval(rng.uniform(0, WIDE), 0.28 * rng.random() ** 0.8, 0.0028 + 0.001 * k, 0.0018, steps=8)
            for _ in range(110)
        ]
        stage.scatter(dots, colour, opacity)
    ripples = []
    for _ in range(14):
        x, y = rng.uniform(0, WIDE), rng.uniform(0.02, 0.25)
        s = np.linspace(-1, 1, 9)
        up = np.stack((x + 0.07 * s, y + 0.008 * np.cos(2.5 * s)), 1)
        ripples.append(np.concatenate((up, (up - np.stack((0 * s, 0.004 * (1 - s**2)), 1))[::-1])))
    stage.scatter(ripples, darker(sand, 0.2), 0.45)
    for _ in range(int(rng.integers(2, 6))):  # shells and starfish
        x, y = rng.uniform(0.03, 1.3), rng.uniform(0.02, 0.24)
        colour = stage.pick("f2a48f", "fbe9df", "e7b3c4")
        if rng.random() < 0.4:
            r = 0.024
            star = [
                (
                    x + (r if i % 2 == 0 else 0.45 * r) * np.cos(0.3 + np.pi * i / 5),
                    y + 0.8 * (r if i % 2 == 0 else 0.45 * r) * np.sin(0.3 + np.pi * i / 5),
                )
                for i in range(10)
            ]
            stage.pen.fill(smooth(star, steps=4), rgb("ee8a6a"), volume=0.15)
        else:
            stage.pen.fill(
                np.concatenate(
                    (arc(x, y, 0.016, 0.017, 0, 180), [(x - 0.006, y - 0.007), (x + 0.006, y - 0.007)])
                ),
                colour,
                volume=0.15,
            )
            for dx in (-0.007, 0, 0.007):
                stage.pen.stroke([(x, y - 0.004), (x + dx, y + 0.014)], darker(colour, 0.3), 0.0025)


def lake(stage: Stage) -> None:
    """Still water between hills and a green shore."""
    sky(stage, 0.5)
    rng = stage.rng
    if rng.random() < 0.6:
        ridge = peaks(rng, 0.52, 0.26, 5)
        stage.land(ridge, rgb("eef2f4"), rgb("9db4c6"), depth=0.12, texture=0.02)
    hills = rolling(rng, 0.56, 0.02)
    stage.land(hills, rgb("a3c7a5"), rgb("86b592"), depth=0.12, texture=0.02)
    near = rolling(rng, 0.525, 0.008)
    trees_far(stage, near, stage.pick("6b9f6b", "75a860"), 0.055, 26, pines=bool(rng.random() < 0.5))
    stage.land(near, rgb("8fbf72"), rgb("7aae68"), depth=0.05, texture=0.02)
    deep = stage.pick("5aa5bd", "4f9ab8", "66afb9")
    water(stage, 0.5, 0.16, lighter(deep, 0.35), deep, 90)
    first, last = round(0.5 * stage.height), round(0.64 * stage.height)  # the far shore mirrored
    mirror = stage.layer.rgb[first - (last - first) : first][::-1]
    fade = np.linspace(0.45, 0.0, len(mirror), dtype=np.float32)[:, None, None]
    stage.layer.rgb[first : first + len(mirror)] += fade * (
        mirror - stage.layer.rgb[first : first + len(mirror)]
    )
    lawn = stage.pick(*GRASS)
    shore = rolling(rng, 0.16, 0.014)
    stage.land(lambda x: shore(x) + 0.012, rgb("d9c79a"), rgb("c9b384"), depth=0.05, texture=0.03)
    stage.land(shore, lighter(lawn, 0.12), darker(lawn, 0.12), depth=0.2, texture=0.03, stretch=3)
    for _ in range(int(rng.integers(2, 5))):  # lily pads
        x, y = rng.uniform(0.05, 1.3), rng.uniform(0.2, 0.27)
        pad = np.concatenate((arc(x, y, 0.04, 0.012, 20, 340, 20), [(x, y)]))
        stage.pen.fill(pad, rgb("79b266"), volume=0.1)
        if rng.random() < 0.5:
            for i in range(5):
                stage.pen.oval(
                    x + 0.009 * np.cos(1.26 * i),
                    y + 0.008 + 0.005 * np.sin(1.26 * i),
                    0.008,
                    0.006,
                    rgb("f6b7c6"),
                    volume=0.1,
                )
    for x in np.concatenate((rng.uniform(0, 0.16, 5), rng.uniform(1.17, 1.33, 5))):  # reeds
        tall = rng.uniform(0.1, 0.19)
        stage.pen.stroke(
            [(x, 0.12), (x + rng.uniform(-0.01, 0.02), 0.12 + tall)], rgb("6c9450"), 0.007, 0.004
        )
        stage.pen.fill(box(x - 0.002, 0.1 + tall, x + 0.012, 0.145 + tall, 0.006), rgb("8b5c3c"))
    tufts(stage, 0.15, 0.0, darker(lawn, 0.28), 40, opacity=0.6)
    tufts(stage, 0.15, 0.0, lighter(lawn, 0.3), 35, opacity=0.7)
    blossoms(stage, 0.13, 0.01, 14, "ffffff", "f6cf5b", "b99ad6")
