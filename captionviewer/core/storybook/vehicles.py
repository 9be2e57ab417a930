"""How what drives, floats and flies is drawn; units as in `drawing.Pen`, all heading right."""

import numpy as np

from captionviewer.core.storybook.drawing import (
    Floats,
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
TYRE = rgb("3a3640")
GLASS = Gradient(rgb("d9eef2"), rgb("93bccb"))
LIT = Gradient(rgb("fff0b0"), rgb("f9c65a"))
WOOD = rgb("a8713f")


def _wheel(pen: Pen, x: float, y: float, r: float, hub: Floats) -> None:
    pen.oval(x, y, r, r, TYRE, volume=0.2)
    pen.oval(x, y, r * 0.58, r * 0.58, hub, volume=0.15)
    pen.oval(x, y, r * 0.3, r * 0.3, darker(hub, 0.35), volume=0.1)
    pen.oval(x, y, r * 0.13, r * 0.13, hub, volume=0)


def _glass(look: Look) -> Gradient:
    return LIT if look.dark else GLASS


def _shine(pen: Pen, x: float, y: float, size: float) -> None:
    for shift, width in ((0.0, 0.05), (0.085, 0.025)):
        left = x + shift
        pen.fill(
            [
                (left, y),
                (left + width, y),
                (left + width + 0.6 * size, y + size),
                (left + 0.6 * size, y + size),
            ],
            CREAM,
            volume=0,
            opacity=0.45,
        )


def car(pen: Pen, look: Look) -> None:
    """A small round car."""
    paint = look.colour
    shade, pale = darker(paint, 0.35), lighter(paint, 0.4)
    chrome = rgb("e9e4da")
    body = smooth(
        [
            (-0.93, 0.24),
            (-0.95, 0.45),
            (-0.86, 0.6),
            (-0.62, 0.66),
            (-0.5, 0.86),
            (-0.3, 0.97),
            (0.05, 0.98),
            (0.27, 0.9),
            (0.46, 0.65),
            (0.78, 0.6),
            (0.93, 0.5),
            (0.96, 0.3),
            (0.9, 0.2),
            (0, 0.17),
            (-0.85, 0.18),
        ]
    )
    if look.rng.random() < 0.4:  # luggage
        pen.stroke([(-0.38, 1.0), (0.18, 1.0)], rgb("5b5560"), 0.025)
        pen.fill(box(-0.34, 1.0, -0.02, 1.13, 0.03), WOOD)
        pen.fill(box(0.0, 1.0, 0.16, 1.1, 0.03), look.accent())
    pen.fill(body, paint, volume=0.12)
    with pen.inside(body):
        pen.fill([(-1, 0.15), (1, 0.15), (1, 0.33), (-1, 0.3)], shade, volume=0, opacity=0.55)
        pen.stroke([(-0.95, 0.44), (0.95, 0.44)], pale, 0.022, curved=False, opacity=0.8)
    rear = smooth([(-0.5, 0.63), (-0.41, 0.82), (-0.26, 0.9), (-0.1, 0.9), (-0.1, 0.63)], steps=6)
    front = smooth([(-0.03, 0.63), (-0.03, 0.9), (0.08, 0.9), (0.2, 0.84), (0.34, 0.64)], steps=6)
    for pane in (rear, front):
        pen.fill(pane, _glass(look), light=look.dark)
        with pen.inside(pane):
            _shine(pen, float(pane[:, 0].mean()) - 0.15, 0.62, 0.3)
    pen.stroke([(-0.065, 0.9), (-0.065, 0.22)], shade, 0.014)
    pen.stroke([(0.36, 0.62), (0.36, 0.4), (0.28, 0.24)], shade, 0.014)
    pen.stroke([(-0.02, 0.56), (0.08, 0.56)], chrome, 0.03)
    for x in (-0.55, 0.54):
        pen.oval(x, 0.22, 0.25, 0.25, shade, volume=0)
        _wheel(pen, x, 0.19, 0.19, chrome)
    pen.oval(0.87, 0.46, 0.065, 0.075, LIT if look.dark else rgb("fff1c2"), light=True)
    pen.stroke([(0.86, 0.22), (1.0, 0.22)], chrome, 0.06)
    pen.stroke([(-1.0, 0.24), (-0.86, 0.24)], chrome, 0.06)
    pen.oval(-0.92, 0.5, 0.03, 0.05, rgb("e05a4e"), volume=0)


def bus(pen: Pen, look: Look) -> None:
    """A bus with a row of windows and a stripe."""
    paint = look.colour
    shade, pale = darker(paint, 0.35), lighter(paint, 0.6)
    hull = box(-0.95, 0.14, 0.95, 0.98, 0.14)
    pen.fill(hull, paint, volume=0.12)
    with pen.inside(hull):
        pen.fill(box(-1, 0.86, 1, 1), lighter(paint, 0.35), volume=0, opacity=0.6)
        pen.fill(box(-1, 0.1, 1, 0.24), shade, volume=0, opacity=0.6)
        pen.fill(box(-1, 0.42, 1, 0.48), pale, volume=0, opacity=0.9)
        pen.fill(box(-1, 0.385, 1, 0.4), pale, volume=0, opacity=0.8)
    for i in range(4):
        left = -0.85 + 0.335 * i
        pane = box(left, 0.54, left + 0.28, 0.83, 0.05)
        pen.fill(pane, _glass(look), light=look.dark)
        with pen.inside(pane):
            if look.rng.random() < 0.6:  # a passenger
                skin = (rgb("f0c9a4"), rgb("b57d55"), rgb("8a5a3c"))[int(look.rng.integers(3))]
                x = left + look.rng.uniform(0.1, 0.18)
                pen.oval(x, 0.52, 0.1, 0.1, look.accent(), volume=0)
                pen.oval(x, 0.67, 0.068, 0.075, skin, volume=0)
                pen.oval(x - 0.01, 0.715, 0.072, 0.045, rgb("4f3a30"), volume=0)
            _shine(pen, left - 0.02, 0.5, 0.35)
    door = box(0.53, 0.22, 0.73, 0.83, 0.04)
    pen.fill(door, shade, volume=0)
    pen.fill(box(0.55, 0.26, 0.623, 0.8, 0.02), _glass(look), light=look.dark)
    pen.fill(box(0.637, 0.26, 0.71, 0.8, 0.02), _glass(look), light=look.dark)
    pen.fill(box(0.78, 0.5, 0.95, 0.84, 0.04), _glass(look), light=look.dark)
    pen.fill(box(0.74, 0.87, 0.93, 0.95, 0.02), rgb("3a3640"), volume=0)
    pen.stroke([(0.77, 0.91), (0.9, 0.91)], rgb("f8d060"), 0.025, light=True)
    for x in (-0.58, 0.4):
        pen.oval(x, 0.16, 0.2, 0.2, shade, volume=0)
        _wheel(pen, x, 0.15, 0.15, rgb("d8d2c8"))
    pen.oval(0.91, 0.32, 0.045, 0.055, rgb("fff1c2"), light=True)
    pen.stroke([(0.83, 0.17), (0.98, 0.17)], rgb("cfc9bf"), 0.05)


def bicycle(pen: Pen, look: Look) -> None:
    """A bicycle, with a basket on some."""
    paint = look.colour
    rim = rgb("cfc8bd")
    rear, front, crank = (-0.42, 0.3), (0.45, 0.3), (-0.07, 0.28)
    for x, y in (rear, front):
        ring = arc(x, y, 0.27, 0.27, 0, 360, 40)
        for i in range(9):
            angle = np.pi * i / 9 + 0.1
            dx, dy = 0.25 * np.cos(angle), 0.25 * np.sin(angle)
            pen.stroke([(x - dx, y - dy), (x + dx, y + dy)], rim, 0.009)
        pen.stroke(ring, TYRE, 0.055, curved=False)
        pen.stroke(arc(x, y, 0.235, 0.235, 0, 360, 40), rim, 0.02, curved=False)
        pen.oval(x, y, 0.035, 0.035, TYRE)
    seat, head = (-0.17, 0.72), (0.34, 0.76)
    for one, other in (
        (rear, crank),
        (rear, seat),
        (crank, seat),
        (crank, head),
        ((-0.155, 0.66), (0.33, 0.72)),
        (front, head),
    ):
        pen.stroke([one, other], paint, 0.058, volume=0.1)
    pen.stroke([(-0.17, 0.7), (-0.19, 0.82)], rim, 0.035)
    pen.blob([(-0.34, 0.84), (-0.2, 0.87), (-0.03, 0.83), (-0.1, 0.8), (-0.3, 0.79)], rgb("5b3c2c"))
    pen.stroke([(0.335, 0.74), (0.32, 0.92), (0.4, 0.96), (0.48, 0.93)], rgb("6b6670"), 0.035)
    pen.stroke([(0.44, 0.95), (0.52, 0.9)], TYRE, 0.055)
    pen.stroke(arc(rear[0], rear[1], 0.32, 0.32, 50, 160), paint, 0.03, curved=False)
    pen.stroke(arc(front[0], front[1], 0.32, 0.32, 40, 130), paint, 0.03, curved=False)
    pen.oval(crank[0], crank[1], 0.085, 0.085, darker(paint, 0.3))
    pen.oval(crank[0], crank[1], 0.04, 0.04, rim)
    pen.stroke([crank, (0.0, 0.13)], TYRE, 0.03)
    pen.stroke([(-0.05, 0.12), (0.06, 0.12)], TYRE, 0.035)
    if look.rng.random() < 0.7:
        basket = [(0.4, 0.9), (0.72, 0.9), (0.67, 0.66), (0.45, 0.66)]
        for x in (0.46, 0.55, 0.64):
            petals = look.accent()
            pen.stroke([(x, 0.86), (x + 0.01, 1.0)], rgb("5f9a4e"), 0.02)
            pen.oval(x + 0.01, 1.01, 0.06, 0.055, petals)
            pen.oval(x + 0.01, 1.01, 0.022, 0.022, rgb("f9d56a"), volume=0)
        pen.fill(basket, rgb("c79a5e"))
        with pen.inside(basket):
            for i in range(5):
                pen.stroke([(0.38, 0.69 + 0.05 * i), (0.74, 0.69 + 0.05 * i)], rgb("9a6f3c"), 0.012)
                pen.stroke([(0.42 + 0.065 * i, 0.64), (0.4 + 0.075 * i, 0.92)], rgb("9a6f3c"), 0.01)


def boat(pen: Pen, look: Look) -> None:
    """A sailing boat: hull in the boat's colour, pale sails with a stripe of it."""
    paint = look.colour
    shade = darker(paint, 0.35)
    cloth = Gradient(rgb("fffaf0"), rgb("ecdfca"))
    pen.stroke([(-0.02, 0.15), (-0.02, 1.0)], WOOD, 0.032)
    main = smooth(
        [(0.02, 0.97), (0.14, 0.74), (0.36, 0.44), (0.47, 0.3), (0.25, 0.275), (0.02, 0.29), (0.02, 0.6)],
        steps=6,
    )
    jib = smooth(
        [(-0.06, 0.9), (-0.2, 0.66), (-0.42, 0.33), (-0.25, 0.295), (-0.06, 0.31), (-0.06, 0.6)], steps=6
    )
    pen.fill(main, cloth, volume=0.08)
    with pen.inside(main):
        pen.fill([(-0.1, 0.52), (0.6, 0.46), (0.6, 0.58), (-0.1, 0.64)], paint, volume=0, opacity=0.95)
        for y in (0.42, 0.76):
            pen.stroke([(0, y), (0.5, y - 0.05)], rgb("cdbfa6"), 0.008, opacity=0.8)
    pen.fill(jib, paint if look.rng.random() < 0.4 else cloth, volume=0.1)
    pen.fill([(-0.02, 1.06), (-0.02, 0.98), (-0.18, 1.02)], look.accent())
    hull = smooth(
        [
            (-0.56, 0.25),
            (-0.3, 0.215),
            (0.2, 0.21),
            (0.5, 0.235),
            (0.68, 0.29),
            (0.55, 0.11),
            (0.4, 0.01),
            (0.1, -0.03),
            (-0.3, -0.02),
            (-0.47, 0.06),
        ],
        steps=6,
    )
    pen.fill(hull, paint, volume=0.14)
    with pen.inside(hull):
        pen.stroke([(-0.6, 0.205), (0.0, 0.17), (0.4, 0.185), (0.75, 0.25)], CREAM, 0.03)
        pen.fill(box(-0.7, -0.1, 0.8, 0.045), shade, volume=0, opacity=0.6)
    for x in (-0.28, -0.08, 0.12):
        pen.oval(x, 0.105, 0.035, 0.035, CREAM)
        pen.oval(x, 0.105, 0.022, 0.022, _glass(look), light=look.dark)


def airplane(pen: Pen, look: Look) -> None:
    """A small airplane in flight."""
    paint = look.colour
    shade, pale = darker(paint, 0.35), lighter(paint, 0.6)
    pen.blob([(0.02, 0.62), (-0.22, 0.98), (-0.36, 1.0), (-0.22, 0.6)], shade)
    pen.blob([(-0.78, 0.56), (-0.92, 0.95), (-0.74, 0.96), (-0.5, 0.64)], paint)
    hull = smooth(
        [
            (-0.88, 0.56),
            (-0.5, 0.66),
            (0.1, 0.74),
            (0.55, 0.7),
            (0.82, 0.56),
            (0.86, 0.44),
            (0.7, 0.34),
            (0.2, 0.28),
            (-0.4, 0.36),
            (-0.85, 0.48),
        ],
        steps=6,
    )
    pen.fill(hull, paint, volume=0.16)
    with pen.inside(hull):
        pen.fill([(-1, 0.3), (1, 0.2), (1, 0.4), (-1, 0.48)], pale, volume=0, opacity=0.9)
    glass = smooth([(0.4, 0.7), (0.58, 0.67), (0.72, 0.56), (0.44, 0.55)], steps=6)
    pen.fill(glass, _glass(look), light=look.dark)
    for i in range(4):
        pen.oval(-0.38 + 0.19 * i, 0.555 + 0.012 * i, 0.045, 0.05, _glass(look), light=look.dark)
    pen.blob(
        [(0.16, 0.44), (-0.28, 0.02), (-0.46, 0.0), (-0.3, 0.4), (-0.1, 0.48)],
        mix(paint, shade, 0.45),
        volume=0.16,
    )
    pen.stroke([(-0.3, 0.06), (-0.06, 0.4)], pale, 0.03, opacity=0.8)
    pen.blob([(-0.66, 0.54), (-0.98, 0.44), (-1.0, 0.5), (-0.8, 0.58)], mix(paint, shade, 0.5))
    pen.oval(0.9, 0.5, 0.045, 0.3, rgb("f2ede2"), volume=0, opacity=0.5)
    pen.oval(0.89, 0.5, 0.05, 0.065, rgb("f2c14e"), volume=0.2)


def balloon(pen: Pen, look: Look) -> None:
    """A hot-air balloon: gores in two shades of its colour, and a basket."""
    paint = look.colour
    other = lighter(paint, 0.68) if look.name != "white" else look.accent()
    cx, cy = 0.0, 0.64
    skin = smooth(
        [
            (-0.37, 0.66),
            (-0.29, 0.9),
            (0, 1.0),
            (0.29, 0.9),
            (0.37, 0.66),
            (0.3, 0.47),
            (0.12, 0.29),
            (-0.12, 0.29),
            (-0.3, 0.47),
        ]
    )
    for x in (-0.085, 0.085):
        pen.stroke([(x * 1.3, 0.3), (x, 0.14)], rgb("7b5a41"), 0.012)
    if look.dark:
        pen.layer.glow_at(pen.pixels([(0, 0.28)]), 0.12 * pen.unit, rgb("ffb84d"), 0.5)
    pen.fill(skin, paint, volume=0.1)
    with pen.inside(skin):
        for i in (-1, 1):
            pen.fill(oval(cx, cy, 0.265, 0.4), other, volume=0.08) if i < 0 else pen.fill(
                oval(cx, cy, 0.155, 0.41), paint, volume=0.08
            )
        pen.fill(oval(cx, cy, 0.06, 0.42), other, volume=0.08)
        if look.rng.random() < 0.5:
            band = look.accent()
            pen.stroke(arc(0, 0.72, 0.5, 0.12, 180, 360), band, 0.07, curved=False, opacity=0.95)
            for i in range(7):
                angle = np.deg2rad(200 + 140 * i / 6)
                pen.oval(0.42 * np.cos(angle), 0.72 + 0.118 * np.sin(angle), 0.022, 0.022, CREAM, volume=0)
        pen.oval(0.3, 0.5, 0.3, 0.45, darker(paint, 0.6), volume=0, opacity=0.16, blur=0.1)
        pen.oval(-0.17, 0.82, 0.09, 0.12, CREAM, turn=-25, volume=0, opacity=0.5, blur=0.04)
    pen.fill([(-0.12, 0.3), (0.12, 0.3), (0.09, 0.25), (-0.09, 0.25)], darker(paint, 0.35))
    basket = box(-0.095, 0.0, 0.095, 0.145, 0.03)
    pen.fill(basket, rgb("b98650"))
    with pen.inside(basket):
        for i in range(4):
            pen.stroke([(-0.1, 0.02 + 0.035 * i), (0.1, 0.02 + 0.035 * i)], rgb("8d6136"), 0.01)
    pen.stroke([(-0.105, 0.145), (0.105, 0.145)], rgb("8d6136"), 0.03)


def kite(pen: Pen, look: Look) -> None:
    """A kite with a tail of bows; its string runs down out of sight."""
    paint = look.colour
    other = COLOURS["yellow"] if look.name != "yellow" else COLOURS["red"]
    top, bottom, left, right, middle = (0.06, 1.0), (-0.02, 0.3), (-0.3, 0.7), (0.36, 0.72), (0.03, 0.71)
    sway = look.rng.uniform(-0.08, 0.08)
    tail = smooth(
        [bottom, (0.1 + sway, 0.2), (-0.06, 0.11), (0.08 + sway, 0.02), (-0.02, -0.06)], closed=False
    )
    pen.stroke([middle, (-0.2, 0.2), (-0.55, -0.5), (-0.7, -1.1)], CREAM, 0.007, opacity=0.75)
    pen.stroke(tail, CREAM, 0.014, curved=False)
    bow = other
    for i in (9, 17, 25):
        x, y = tail[i]
        for side in (-1, 1):
            pen.fill(
                [(x, y), (x + 0.085 * side, y + 0.04), (x + 0.085 * side, y - 0.04)],
                bow if i != 17 else paint,
            )
    pen.fill([top, left, middle], lighter(paint, 0.28), volume=0.06)
    pen.fill([top, middle, right], paint, volume=0.06)
    pen.fill([left, bottom, middle], paint, volume=0.06)
    pen.fill([middle, bottom, right], darker(paint, 0.2), volume=0.06)
    if look.rng.random() < 0.6:
        pen.oval(middle[0], middle[1], 0.085, 0.085, other, volume=0.05)
        pen.oval(middle[0], middle[1], 0.045, 0.045, paint, volume=0)
    for one, two in ((top, bottom), (left, right)):
        pen.stroke([one, two], darker(paint, 0.45), 0.013, curved=False)
    pen.stroke([top, left, bottom, right, top], darker(paint, 0.35), 0.014, curved=False, opacity=0.7)
