"""How the animals and the teddy bear are drawn; units as in `drawing.Pen`, all facing right.

(Past 400 lines: one drawing after the other, each a room of its own.)
"""

import numpy as np

from captionviewer.core.storybook.drawing import Floats, Gradient, Pen, arc, darker, lighter, mix, rgb
from captionviewer.core.storybook.look import Look

INK = rgb("2f2a33")
BLUSH = rgb("ef8f86")
CREAM = rgb("fff3dc")


def _eye(pen: Pen, x: float, y: float, size: float, paint: Floats = INK) -> None:
    pen.oval(x, y, size, size * 1.15, paint, volume=0)
    pen.oval(x + 0.3 * size, y + 0.4 * size, size * 0.36, size * 0.36, CREAM, volume=0)


def _on(colour: Floats) -> Floats:
    """Ink that shows on a colour: the usual one, or a pale one on dark fur."""
    return rgb("17141a") if colour.mean() > 0.3 else rgb("0b090d")


def cat(pen: Pen, look: Look) -> None:
    """A cat that sits, its tail around it."""
    fur = look.colour
    shade, pale = darker(fur, 0.45), lighter(fur, 0.62)
    ink = _on(fur)
    side = 1 if look.rng.random() < 0.5 else -1
    pen.stroke(
        [
            (0.18 * side, 0.08),
            (0.42 * side, 0.06),
            (0.47 * side, 0.24),
            (0.39 * side, 0.38),
            (0.44 * side, 0.5),
        ],
        fur,
        0.11,
        0.075,
        volume=0.1,
    )
    pen.oval(0.435 * side, 0.485, 0.042, 0.055, pale, volume=0)
    pen.blob(
        [
            (-0.27, 0.03),
            (-0.3, 0.2),
            (-0.19, 0.46),
            (0, 0.56),
            (0.19, 0.46),
            (0.3, 0.2),
            (0.27, 0.03),
            (0, 0),
        ],
        fur,
    )
    for x in (-0.24, 0.24):  # haunches
        pen.oval(x, 0.12, 0.105, 0.125, mix(fur, shade, 0.16), volume=0.14)
    pen.blob([(-0.1, 0.4), (0, 0.47), (0.1, 0.4), (0.09, 0.2), (0, 0.12), (-0.09, 0.2)], pale, volume=0.05)
    for x in (-0.09, 0.09):
        pen.stroke([(x, 0.3), (x * 1.02, 0.05)], mix(fur, pale, 0.18), 0.115, 0.12, volume=0.08)
        pen.oval(x * 1.05, 0.035, 0.078, 0.042, pale, volume=0.06)
        for toe in (-0.022, 0.022):
            pen.stroke([(x * 1.05 + toe, 0.045), (x * 1.05 + toe, 0.015)], shade, 0.008, 0.008)
    for x in (-1, 1):  # ears
        pen.blob([(0.06 * x, 0.86), (0.2 * x, 1.0), (0.25 * x, 0.97), (0.275 * x, 0.72)], fur)
        pen.blob([(0.12 * x, 0.86), (0.2 * x, 0.95), (0.235 * x, 0.78)], mix(BLUSH, pale, 0.35), volume=0)
    pen.blob(
        [
            (-0.3, 0.66),
            (-0.27, 0.8),
            (-0.1, 0.89),
            (0.1, 0.89),
            (0.27, 0.8),
            (0.3, 0.66),
            (0.19, 0.51),
            (0, 0.47),
            (-0.19, 0.51),
        ],
        fur,
    )
    if look.rng.random() < 0.7:  # stripes
        for x, tall in ((-0.07, 0.075), (0, 0.095), (0.07, 0.075)):
            pen.stroke([(x, 0.885), (x * 0.75, 0.885 - tall)], shade, 0.028, 0.012, opacity=0.75)
        for x in (-1, 1):
            for y in (0.22, 0.3, 0.38):
                pen.stroke(
                    [(0.285 * x - 0.02 * x * (y - 0.2) * 9, y), (0.2 * x - 0.1 * x * (y - 0.2), y - 0.015)],
                    shade,
                    0.026,
                    0.008,
                    opacity=0.6,
                )
    pen.oval(-0.06, 0.585, 0.085, 0.065, pale, volume=0.03)
    pen.oval(0.06, 0.585, 0.085, 0.065, pale, volume=0.03)
    eye = rgb("8fb04a") if look.rng.random() < 0.5 else rgb("e2b13c")
    for x in (-0.135, 0.135):
        pen.oval(x, 0.685, 0.058, 0.062, mix(eye, CREAM, 0.2), volume=0.1)
        pen.oval(x, 0.685, 0.03, 0.055, ink, volume=0)
        pen.oval(x + 0.014, 0.708, 0.014, 0.016, CREAM, volume=0)
        pen.oval(x * 1.55, 0.6, 0.045, 0.028, BLUSH, volume=0, opacity=0.45)
    pen.fill([(-0.03, 0.625), (0.03, 0.625), (0, 0.595)], rgb("d9747a"), volume=0)
    pen.stroke(arc(-0.03, 0.592, 0.03, 0.028, 190, 360), ink, 0.011)
    pen.stroke(arc(0.03, 0.592, 0.03, 0.028, 180, 350), ink, 0.011)
    for x in (-1, 1):
        for lift in (-0.025, 0.01, 0.045):
            pen.stroke(
                [(0.11 * x, 0.59 + lift * 0.4), (0.33 * x, 0.59 + lift * 1.5)],
                CREAM,
                0.008,
                0.003,
                opacity=0.9,
            )
    if look.rng.random() < 0.6:
        band = look.accent()
        pen.stroke(arc(0, 0.56, 0.19, 0.085, 200, 340), band, 0.045, 0.045)
        pen.oval(0, 0.462, 0.03, 0.03, rgb("f2c14e"), volume=0.3)


def dog(pen: Pen, look: Look) -> None:
    """A dog that stands, with hanging ears and a collar."""
    coat = look.colour
    shade, pale = darker(coat, 0.42), lighter(coat, 0.55)
    far = darker(coat, 0.25)
    ink = _on(coat)
    wag = look.rng.uniform(-0.05, 0.06)
    pen.stroke(
        [(-0.36, 0.47), (-0.5, 0.56), (-0.52 + wag, 0.72), (-0.46 + wag, 0.82)], coat, 0.1, 0.045, volume=0.1
    )
    for x, y in ((-0.24, 0.3), (0.2, 0.3)):  # far legs
        pen.stroke([(x, y), (x + 0.015, 0.12), (x + 0.02, 0.045)], far, 0.12, 0.09)
        pen.oval(x + 0.045, 0.03, 0.07, 0.036, far)
    pen.blob(
        [
            (-0.42, 0.42),
            (-0.38, 0.53),
            (-0.2, 0.56),
            (0.05, 0.54),
            (0.2, 0.6),
            (0.3, 0.52),
            (0.29, 0.36),
            (0.18, 0.25),
            (-0.05, 0.27),
            (-0.25, 0.24),
            (-0.4, 0.29),
        ],
        coat,
    )
    pen.blob([(0.14, 0.42), (0.26, 0.5), (0.3, 0.4), (0.22, 0.27), (0.12, 0.28)], pale, volume=0.05)
    pen.blob([(-0.42, 0.42), (-0.32, 0.52), (-0.2, 0.42), (-0.22, 0.26), (-0.34, 0.18), (-0.42, 0.28)], coat)
    for x, y in ((-0.34, 0.3), (0.1, 0.34)):  # near legs
        pen.stroke([(x, y), (x + 0.005, 0.14), (x + 0.015, 0.045)], coat, 0.14, 0.1, volume=0.08)
        pen.oval(x + 0.045, 0.032, 0.078, 0.04, pale, volume=0.06)
        for toe in (0.05, 0.085):
            pen.stroke([(x + toe, 0.04), (x + toe + 0.004, 0.012)], shade, 0.008)
    if look.rng.random() < 0.55:  # a patch
        with pen.inside([(-0.5, 0.1), (0.4, 0.1), (0.4, 0.7), (-0.5, 0.7)]):
            pen.blob(
                [(-0.24, 0.55), (-0.05, 0.54), (0, 0.44), (-0.12, 0.36), (-0.25, 0.42)],
                shade,
                volume=0,
                opacity=0.5,
            )
    pen.stroke([(0.17, 0.5), (0.27, 0.68)], coat, 0.26, 0.24)
    pen.stroke([(0.1, 0.565), (0.22, 0.535), (0.34, 0.565)], look.accent(), 0.052)
    pen.oval(0.25, 0.5, 0.032, 0.036, rgb("f2c14e"), volume=0.3)
    pen.blob(  # head
        [
            (0.06, 0.77),
            (0.1, 0.91),
            (0.26, 0.97),
            (0.39, 0.9),
            (0.44, 0.8),
            (0.4, 0.66),
            (0.24, 0.6),
            (0.1, 0.66),
        ],
        coat,
    )
    pen.blob(  # muzzle
        [(0.3, 0.76), (0.43, 0.81), (0.56, 0.77), (0.585, 0.7), (0.54, 0.63), (0.4, 0.6), (0.29, 0.65)],
        pale,
        volume=0.08,
    )
    pen.oval(0.555, 0.765, 0.048, 0.037, ink, volume=0.2)
    pen.oval(0.56, 0.778, 0.017, 0.009, rgb("8d8791"), volume=0)
    pen.stroke([(0.55, 0.7), (0.49, 0.655), (0.41, 0.665)], ink, 0.015, 0.011)
    if look.rng.random() < 0.6:
        pen.blob(
            [(0.455, 0.662), (0.5, 0.665), (0.5, 0.6), (0.47, 0.575), (0.445, 0.6)],
            rgb("e8787a"),
            volume=0.05,
        )
    if look.rng.random() < 0.5:
        pen.oval(0.355, 0.83, 0.07, 0.078, mix(coat, pale, 0.5), volume=0)
    _eye(pen, 0.36, 0.815, 0.034, ink)
    pen.oval(0.31, 0.72, 0.045, 0.03, BLUSH, volume=0, opacity=0.35)
    pen.blob(
        [(0.12, 0.92), (0.2, 0.91), (0.21, 0.75), (0.17, 0.61), (0.07, 0.56), (0.02, 0.68), (0.04, 0.84)],
        shade,
    )


def rabbit(pen: Pen, look: Look) -> None:
    """A rabbit that sits up."""
    fur = look.colour
    pale, shade = lighter(fur, 0.6), darker(fur, 0.4)
    pink = mix(BLUSH, pale, 0.4)
    ink = _on(fur)
    lean = look.rng.uniform(-0.03, 0.05)
    pen.oval(-0.27, 0.13, 0.09, 0.085, pale, volume=0.2)
    for x, tilt in ((-0.085, -lean), (0.085, lean)):
        pen.blob(
            [
                (x - 0.055, 0.66),
                (x - 0.075 + tilt, 0.86),
                (x + tilt, 1.0),
                (x + 0.075 + tilt, 0.86),
                (x + 0.055, 0.66),
            ],
            fur,
        )
        pen.blob(
            [
                (x - 0.026, 0.7),
                (x - 0.036 + tilt, 0.85),
                (x + tilt, 0.945),
                (x + 0.036 + tilt, 0.85),
                (x + 0.026, 0.7),
            ],
            pink,
            volume=0.05,
        )
    pen.blob(
        [
            (-0.24, 0.05),
            (-0.28, 0.2),
            (-0.15, 0.4),
            (0, 0.45),
            (0.15, 0.4),
            (0.28, 0.2),
            (0.24, 0.05),
            (0, 0),
        ],
        fur,
    )
    pen.blob(
        [(-0.12, 0.32), (0, 0.38), (0.12, 0.32), (0.13, 0.15), (0, 0.06), (-0.13, 0.15)], pale, volume=0.05
    )
    for x in (-1, 1):
        pen.oval(0.18 * x, 0.05, 0.12, 0.052, mix(fur, pale, 0.4), volume=0.12)
        pen.stroke([(0.13 * x, 0.31), (0.07 * x, 0.2)], mix(fur, shade, 0.12), 0.085, 0.075, volume=0.08)
    pen.blob(
        [
            (-0.23, 0.54),
            (-0.19, 0.67),
            (0, 0.73),
            (0.19, 0.67),
            (0.23, 0.54),
            (0.15, 0.43),
            (0, 0.39),
            (-0.15, 0.43),
        ],
        fur,
    )
    pen.oval(-0.045, 0.49, 0.065, 0.05, pale, volume=0.03)
    pen.oval(0.045, 0.49, 0.065, 0.05, pale, volume=0.03)
    pen.fill([(-0.018, 0.475), (0.018, 0.475), (0.016, 0.44), (-0.016, 0.44)], CREAM, volume=0)
    pen.oval(0, 0.525, 0.026, 0.019, rgb("d9747a"), volume=0)
    pen.stroke([(0, 0.515), (0, 0.48)], ink, 0.01)
    pen.stroke([(-0.055, 0.49), (-0.03, 0.472), (0, 0.48), (0.03, 0.472), (0.055, 0.49)], ink, 0.011)
    for x in (-0.105, 0.105):
        _eye(pen, x, 0.59, 0.03, ink)
        pen.oval(x * 1.45, 0.515, 0.042, 0.028, BLUSH, volume=0, opacity=0.5)
    if look.rng.random() < 0.6:
        bow = look.accent()
        for x in (-1, 1):
            pen.blob([(0, 0.375), (0.1 * x, 0.42), (0.1 * x, 0.33)], bow)
        pen.oval(0, 0.375, 0.027, 0.027, darker(bow, 0.25))


def sheep(pen: Pen, look: Look) -> None:
    """A woolly sheep from the side."""
    wool = look.colour
    face = rgb("4a4048") if wool.mean() > 0.3 else rgb("c9b8a8")
    far = darker(face, 0.25)
    for x in (-0.24, 0.2):
        pen.stroke([(x + 0.06, 0.3), (x + 0.06, 0.03)], far, 0.085, 0.075)
    for x in (-0.3, 0.14):
        pen.stroke([(x, 0.3), (x, 0.03)], face, 0.095, 0.08, volume=0.05)
    curls = [(0.0, 0.5, 0.3)]
    for i in range(15):
        angle = 2 * np.pi * i / 15
        curls.append(
            (0.4 * np.cos(angle) - 0.04, 0.5 + 0.235 * np.sin(angle), 0.115 + 0.03 * look.rng.random())
        )
    for x, y, r in curls[1:]:
        pen.oval(x, y, r, r, darker(wool, 0.13 + 0.3 * max(0.0, 0.5 - y)), volume=0.08)
    pen.oval(-0.04, 0.51, 0.41, 0.245, wool, volume=0.12)
    for _ in range(16):
        x, y = look.rng.uniform(-0.36, 0.24), look.rng.uniform(0.34, 0.66)
        r = look.rng.uniform(0.035, 0.06)
        pen.stroke(
            arc(x, y, r, r, 200, 400 + 60 * look.rng.random()), darker(wool, 0.22), 0.014, 0.006, opacity=0.7
        )
    pen.blob([(0.28, 0.79), (0.2, 0.78), (0.13, 0.7), (0.2, 0.68), (0.3, 0.74)], darker(face, 0.15))
    pen.blob(
        [
            (0.26, 0.76),
            (0.36, 0.8),
            (0.47, 0.75),
            (0.56, 0.6),
            (0.55, 0.51),
            (0.46, 0.48),
            (0.36, 0.54),
            (0.27, 0.63),
        ],
        face,
    )
    pen.blob([(0.4, 0.8), (0.47, 0.82), (0.55, 0.75), (0.47, 0.73)], face)
    for x, y, r in ((0.27, 0.8, 0.08), (0.36, 0.83, 0.085), (0.43, 0.8, 0.065), (0.2, 0.76, 0.07)):
        pen.oval(x, y, r, r, wool, volume=0.12)
    pen.oval(0.42, 0.68, 0.036, 0.04, CREAM, volume=0)
    pen.oval(0.43, 0.677, 0.02, 0.024, rgb("17141a"), volume=0)
    pen.stroke([(0.55, 0.545), (0.5, 0.53), (0.46, 0.55)], lighter(face, 0.35), 0.012)
    pen.oval(0.47, 0.59, 0.036, 0.024, BLUSH, volume=0, opacity=0.5)


def duck(pen: Pen, look: Look) -> None:
    """A duck from the side, standing or swimming."""
    down = look.colour
    pale, shade = lighter(down, 0.4), darker(down, 0.3)
    orange = rgb("ee9338")
    if not look.afloat:
        for x in (-0.06, 0.1):
            pen.stroke([(x, 0.2), (x, 0.04)], darker(orange, 0.2), 0.045)
            pen.blob([(x - 0.04, 0), (x, 0.06), (x + 0.13, 0.015), (x + 0.12, 0)], orange)
    base = -0.13 if look.afloat else 0.0
    pen.blob(
        [
            (-0.55, 0.56 + base),
            (-0.44, 0.35 + base),
            (-0.2, 0.19 + base),
            (0.12, 0.17 + base),
            (0.33, 0.29 + base),
            (0.37, 0.45 + base),
            (0.27, 0.58 + base),
            (0.05, 0.51 + base),
            (-0.2, 0.5 + base),
            (-0.42, 0.54 + base),
        ],
        down,
    )
    pen.blob(
        [
            (-0.1, 0.21 + base),
            (0.12, 0.19 + base),
            (0.31, 0.32 + base),
            (0.3, 0.42 + base),
            (0.12, 0.3 + base),
        ],
        pale,
        volume=0,
        opacity=0.7,
    )
    pen.stroke([(0.2, 0.46 + base), (0.24, 0.75 + base)], down, 0.28, 0.24)
    pen.oval(0.24, 0.8 + base, 0.2, 0.19, down)
    if look.rng.random() < 0.5:
        pen.stroke([(0.09, 0.6 + base), (0.24, 0.575 + base), (0.37, 0.61 + base)], look.accent(), 0.05)
    wing = mix(down, shade, 0.45)
    pen.blob(
        [
            (-0.38, 0.49 + base),
            (-0.2, 0.3 + base),
            (0.06, 0.29 + base),
            (0.16, 0.42 + base),
            (0.06, 0.5 + base),
            (-0.15, 0.48 + base),
        ],
        wing,
    )
    for i in range(3):
        x = -0.22 + 0.1 * i
        pen.stroke(arc(x, 0.42 + base, 0.1, 0.07, 190, 320), darker(wing, 0.25), 0.016, 0.008, opacity=0.8)
    pen.blob(
        [
            (0.4, 0.83 + base),
            (0.52, 0.82 + base),
            (0.6, 0.77 + base),
            (0.52, 0.745 + base),
            (0.4, 0.745 + base),
        ],
        orange,
    )
    pen.stroke([(0.41, 0.775 + base), (0.5, 0.78 + base), (0.58, 0.772 + base)], darker(orange, 0.4), 0.012)
    _eye(pen, 0.31, 0.86 + base, 0.033, _on(down))
    pen.oval(0.29, 0.765 + base, 0.045, 0.03, BLUSH, volume=0, opacity=0.5)
    pen.stroke([(0.22, 0.97 + base), (0.18, 1.02 + base), (0.13, 1.02 + base)], down, 0.035, 0.012)


def bird(pen: Pen, look: Look) -> None:
    """A small round bird: in flight, or on its legs where it stands on something."""
    plume = look.colour
    pale, shade = lighter(plume, 0.55), darker(plume, 0.35)
    beak = rgb("f0a13a")
    if look.aloft:
        lift = look.rng.uniform(-0.06, 0.06)
        pen.blob(
            [(0.08, 0.5), (-0.02, 0.76), (0.06, 0.97 + lift), (0.2, 0.86 + lift), (0.25, 0.55)],
            darker(plume, 0.25),
        )
        pen.blob(
            [(-0.3, 0.42), (-0.68, 0.44), (-0.72, 0.36), (-0.64, 0.32), (-0.7, 0.24), (-0.34, 0.28)], shade
        )
        pen.blob(
            [(-0.4, 0.36), (-0.1, 0.52), (0.2, 0.56), (0.4, 0.48), (0.4, 0.3), (0.15, 0.17), (-0.15, 0.22)],
            plume,
        )
        pen.blob([(0.36, 0.3), (0.18, 0.18), (-0.12, 0.22), (0.05, 0.32), (0.25, 0.36)], pale, volume=0.04)
        pen.oval(0.38, 0.49, 0.18, 0.17, plume)
        pen.fill([(0.53, 0.53), (0.71, 0.46), (0.53, 0.42)], beak)
        pen.blob(
            [
                (0.14, 0.42),
                (-0.05, 0.72),
                (-0.28, 0.93 + lift),
                (-0.42, 0.96 + lift),
                (-0.38, 0.78),
                (-0.3, 0.58),
                (-0.14, 0.38),
            ],
            mix(plume, shade, 0.5),
        )
        for i in range(3):
            pen.stroke(
                [(-0.37 + 0.1 * i, 0.86 - 0.11 * i + lift), (-0.19 + 0.08 * i, 0.58 - 0.05 * i)],
                shade,
                0.022,
                0.01,
            )
        _eye(pen, 0.44, 0.53, 0.032, _on(plume))
        pen.oval(0.36, 0.44, 0.04, 0.027, BLUSH, volume=0, opacity=0.6)
        return
    for x in (-0.02, 0.1):
        pen.stroke([(x, 0.22), (x, 0.02)], beak, 0.035)
        pen.stroke([(x - 0.05, 0.02), (x + 0.1, 0.02)], beak, 0.035)
    pen.blob([(-0.28, 0.42), (-0.6, 0.26), (-0.63, 0.18), (-0.52, 0.14), (-0.24, 0.26)], shade)
    pen.blob(
        [
            (-0.36, 0.36),
            (-0.24, 0.6),
            (0.04, 0.9),
            (0.26, 0.96),
            (0.42, 0.84),
            (0.42, 0.62),
            (0.34, 0.34),
            (0.1, 0.15),
            (-0.18, 0.18),
        ],
        plume,
    )
    pen.blob(
        [(0.4, 0.6), (0.34, 0.34), (0.1, 0.17), (0.02, 0.3), (0.18, 0.52), (0.32, 0.62)], pale, volume=0.04
    )
    pen.fill([(0.4, 0.8), (0.6, 0.73), (0.41, 0.68)], beak)
    pen.blob(
        [(-0.42, 0.22), (-0.28, 0.5), (-0.04, 0.58), (0.1, 0.42), (-0.04, 0.26), (-0.24, 0.22)],
        mix(plume, shade, 0.55),
    )
    for i in range(3):
        pen.stroke(arc(-0.2 + 0.1 * i, 0.4, 0.08, 0.06, 200, 320), shade, 0.02, 0.01)
    _eye(pen, 0.28, 0.8, 0.042, _on(plume))
    pen.oval(0.24, 0.68, 0.055, 0.036, BLUSH, volume=0, opacity=0.6)


def bear(pen: Pen, look: Look) -> None:
    """A teddy bear that sits."""
    plush = look.colour
    pale, shade = lighter(plush, 0.5), darker(plush, 0.38)
    ink = _on(plush)
    for x in (-1, 1):
        pen.oval(0.215 * x, 0.9, 0.1, 0.1, plush)
        pen.oval(0.215 * x, 0.9, 0.058, 0.058, pale, volume=0)
        pen.stroke(
            [(0.2 * x, 0.43), (0.33 * x, 0.3), (0.35 * x, 0.22)],
            mix(plush, shade, 0.14),
            0.15,
            0.15,
            volume=0.1,
        )
    pen.oval(0, 0.28, 0.27, 0.27, plush)
    pen.oval(0, 0.27, 0.17, 0.175, pale, volume=0.06)
    pen.stroke([(0, 0.44), (0, 0.11)], shade, 0.01, opacity=0.6)
    for x in (-1, 1):
        pen.oval(0.25 * x, 0.12, 0.13, 0.12, mix(plush, shade, 0.1), volume=0.16)
        pen.oval(0.265 * x, 0.11, 0.082, 0.078, pale, volume=0.03)
        for dx, dy in ((-0.04, 0.045), (0, 0.062), (0.04, 0.045)):
            pen.oval(0.265 * x + dx, 0.11 + dy - 0.005, 0.015, 0.015, shade, volume=0, opacity=0.7)
    pen.blob(
        [
            (-0.29, 0.7),
            (-0.22, 0.87),
            (0, 0.94),
            (0.22, 0.87),
            (0.29, 0.7),
            (0.2, 0.55),
            (0, 0.5),
            (-0.2, 0.55),
        ],
        plush,
    )
    pen.oval(0, 0.645, 0.125, 0.1, pale, volume=0.06)
    pen.oval(0, 0.69, 0.048, 0.034, ink, volume=0.2)
    pen.stroke([(0, 0.66), (0, 0.62)], ink, 0.013)
    pen.stroke(arc(0, 0.635, 0.055, 0.035, 200, 340), ink, 0.013)
    for eye in (-0.125, 0.125):
        _eye(pen, eye, 0.755, 0.032, ink)
        pen.oval(eye * 1.5, 0.675, 0.045, 0.03, BLUSH, volume=0, opacity=0.45)
    bow = look.accent()
    for x in (-1, 1):
        pen.blob(
            [(0, 0.5), (0.14 * x, 0.57), (0.15 * x, 0.43)], Gradient(lighter(bow, 0.15), darker(bow, 0.15))
        )
    pen.oval(0, 0.5, 0.036, 0.036, darker(bow, 0.3))
