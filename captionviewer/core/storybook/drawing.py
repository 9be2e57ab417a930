"""Painting with Pillow and NumPy: smooth antialiased shapes with light on them, on layers of paper.

Outlines are rasterised four times finer than the picture and averaged down; colours are laid on in
float32 with premultiplied alpha. A thing is painted on a layer of its own, which then gets its relief
(light from the upper left), its grain, and its place in the picture.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Floats = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]  # (n, 2)
PointsLike = Points | Sequence[tuple[float, float]]

FINER = 4  # samples a pixel, in each direction
TILE = 512


def rgb(code: str) -> Floats:
    """Return the colour of a code such as "d6463a" as (3,) float32 from 0 to 1."""
    return np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], dtype=np.float32) / np.float32(255)


def mix(one: Floats, other: Floats, share: float) -> Floats:
    """Return the colour `share` of the way from one to the other."""
    return (one + (other - one) * np.float32(share)).astype(np.float32)


def lighter(colour: Floats, share: float) -> Floats:
    """Return the colour moved towards warm paper white."""
    return mix(colour, rgb("fffaf0"), share)


def darker(colour: Floats, share: float) -> Floats:
    """Return the colour moved towards a deep, slightly purple shade of itself."""
    return mix(colour, colour * rgb("4a3c55"), share)


@dataclass(frozen=True)
class Gradient:
    """A paint that runs from one colour to another across a shape, from top to bottom or left to right."""

    start: Floats
    end: Floats
    across: bool = False


Paint = Floats | Gradient


@lru_cache(maxsize=1)
def grain() -> Floats:
    """Return the paper's texture, (TILE, TILE) float32 about 0 with a deviation of 1; it tiles."""
    rng = np.random.default_rng(7)
    total = np.zeros((TILE, TILE), dtype=np.float32)
    for cells, strength in ((16, 0.8), (64, 0.5), (170, 0.35), (512, 0.45)):
        coarse = rng.standard_normal((cells, cells)).astype(np.float32)
        wrapped = np.pad(coarse, 2, mode="wrap")
        margin = round(2 * TILE / cells)
        large = Image.fromarray(wrapped).resize(
            (TILE + 2 * margin, TILE + 2 * margin), Image.Resampling.BICUBIC
        )
        total += strength * np.asarray(large)[margin : margin + TILE, margin : margin + TILE]
    return np.asarray(total / total.std(), dtype=np.float32)


def grain_at(rows: int, columns: int, top: int = 0, left: int = 0) -> Floats:
    """Return a piece of the texture, (rows, columns)."""
    tile = grain()
    return tile[np.ix_((np.arange(rows) + top) % TILE, (np.arange(columns) + left) % TILE)]


# ---- outlines -----------------------------------------------------------------------------------


def smooth(points: PointsLike, closed: bool = True, steps: int = 8) -> Points:
    """Return a Catmull-Rom curve through the points, `steps` points for each of them."""
    p = np.asarray(points, dtype=np.float64)
    padded = np.concatenate((p[-1:], p, p[:2])) if closed else np.concatenate((p[:1], p, p[-1:]))
    a, b, c, d = (padded[i : len(padded) - 3 + i, None, :] for i in range(4))
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - 3 * c + d - a) * t**3)
    flat = curve.reshape(-1, 2)
    return flat if closed else np.concatenate((flat, p[-1:]))


def oval(cx: float, cy: float, rx: float, ry: float, turn: float = 0.0, steps: int = 40) -> Points:
    """Return an ellipse, turned by `turn` degrees."""
    angle = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    x, y, turned = rx * np.cos(angle), ry * np.sin(angle), np.deg2rad(turn)
    return np.stack(
        (cx + x * np.cos(turned) - y * np.sin(turned), cy + x * np.sin(turned) + y * np.cos(turned)), axis=1
    )


def arc(cx: float, cy: float, rx: float, ry: float, begin: float, end: float, steps: int = 16) -> Points:
    """Return a part of an ellipse from `begin` to `end` degrees, as an open line."""
    angle = np.deg2rad(np.linspace(begin, end, steps))
    return np.stack((cx + rx * np.cos(angle), cy + ry * np.sin(angle)), axis=1)


def box(left: float, bottom: float, right: float, top: float, corner: float = 0.0) -> Points:
    """Return a rectangle with rounded corners."""
    if corner <= 0:
        return np.array([(left, bottom), (right, bottom), (right, top), (left, top)])
    r = min(corner, (right - left) / 2, (top - bottom) / 2)
    return np.concatenate(
        (
            arc(right - r, top - r, r, r, 0, 90, 6),
            arc(left + r, top - r, r, r, 90, 180, 6),
            arc(left + r, bottom + r, r, r, 180, 270, 6),
            arc(right - r, bottom + r, r, r, 270, 360, 6),
        )
    )


def ribbon(points: PointsLike, begin: float, end: float | None = None) -> Points:
    """Return the outline of a stroke along the points, `begin` wide at its start and `end` at its end."""
    p = np.asarray(points, dtype=np.float64)
    half = np.linspace(begin, begin if end is None else end, len(p))[:, None] / 2
    along = np.gradient(p, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    aside = np.stack((-along[:, 1], along[:, 0]), axis=1)
    caps = []
    for centre, direction, radius in ((p[-1], along[-1], half[-1, 0]), (p[0], -along[0], half[0, 0])):
        middle = np.rad2deg(np.arctan2(direction[1], direction[0]))
        caps.append(arc(centre[0], centre[1], radius, radius, middle + 90, middle - 90, 8))
    return np.concatenate((p + aside * half, caps[0], (p - aside * half)[::-1], caps[1]))


# ---- layers -------------------------------------------------------------------------------------


def blurred(values: Floats, radius: float) -> Floats:
    """Return a (rows, columns) array from 0 to 1 blurred by a Gaussian of `radius` pixels."""
    if radius < 0.3:
        return values
    picture = Image.fromarray((np.clip(values, 0, 1) * np.float32(255)).astype(np.uint8))
    soft = np.asarray(picture.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float32)
    return soft / np.float32(255)


class Layer:
    """A piece of the picture: `rgb` (rows, columns, 3) premultiplied by `alpha` (rows, columns), float32.

    Its upper left corner stands at column `left` and row `top` of the picture. All points are in pixels
    of the picture, y down.
    """

    def __init__(self, width: int, height: int, left: int = 0, top: int = 0) -> None:
        self.rgb: Floats = np.zeros((height, width, 3), dtype=np.float32)
        self.alpha: Floats = np.zeros((height, width), dtype=np.float32)
        self.left, self.top = left, top

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.alpha.shape[1], self.alpha.shape[0]

    def coverage(self, points: Points, blur: float = 0.0) -> tuple[slice, slice, Floats] | None:
        """Return rows, columns and the share of each pixel there that the outline covers; None if none."""
        width, height = self.size
        low, high = points.min(axis=0), points.max(axis=0)
        room = 1 + int(3 * blur)
        x0 = max(int(np.floor(low[0])) - self.left - room, 0)
        y0 = max(int(np.floor(low[1])) - self.top - room, 0)
        x1 = min(int(np.ceil(high[0])) - self.left + 1 + room, width)
        y1 = min(int(np.ceil(high[1])) - self.top + 1 + room, height)
        if x0 >= x1 or y0 >= y1:
            return None
        sheet = Image.new("L", ((x1 - x0) * FINER, (y1 - y0) * FINER))
        moved = (points - (self.left + x0, self.top + y0)) * FINER
        ImageDraw.Draw(sheet).polygon(np.round(moved).astype(np.int64).ravel().tolist(), fill=255)
        mask = np.asarray(sheet.reduce(FINER), dtype=np.float32) / np.float32(255)
        return slice(y0, y1), slice(x0, x1), blurred(mask, blur) if blur else mask

    def scatter(self, outlines: Sequence[Points], colour: Floats, opacity: float = 1.0) -> None:
        """Fill many small outlines with one colour at once."""
        if not outlines:
            return
        width, height = self.size
        ends = np.concatenate(outlines)
        y0 = max(int(ends[:, 1].min()) - self.top, 0)
        y1 = min(int(ends[:, 1].max()) - self.top + 2, height)
        if y0 >= y1:
            return
        sheet = Image.new("L", (width * FINER, (y1 - y0) * FINER))
        draw = ImageDraw.Draw(sheet)
        for outline in outlines:
            moved = (outline - (self.left, self.top + y0)) * FINER
            draw.polygon(np.round(moved).astype(np.int64).ravel().tolist(), fill=255)
        mask = np.asarray(sheet.reduce(FINER), dtype=np.float32) * np.float32(opacity / 255)
        self.lay(slice(y0, y1), slice(0, width), colour, mask)

    def lay(self, rows: slice, columns: slice, colour: Floats, mask: Floats) -> None:
        """Lay a colour, (3,) or (rows, columns, 3), over a part of the layer through a mask."""
        covered = mask[..., None]
        self.rgb[rows, columns] += covered * (colour - self.rgb[rows, columns])
        self.alpha[rows, columns] += mask * (1 - self.alpha[rows, columns])

    def place(self, upper: "Layer", share: float = 1.0) -> None:
        """Lay another layer over this one."""
        width, height = self.size
        x, y = upper.left - self.left, upper.top - self.top
        x0, y0 = max(x, 0), max(y, 0)
        x1, y1 = min(x + upper.size[0], width), min(y + upper.size[1], height)
        if x0 >= x1 or y0 >= y1:
            return
        theirs = np.s_[y0 - y : y1 - y, x0 - x : x1 - x]
        alpha = upper.alpha[theirs] * np.float32(share)
        self.rgb[y0:y1, x0:x1] *= 1 - alpha[..., None]
        self.rgb[y0:y1, x0:x1] += upper.rgb[theirs] * np.float32(share)
        self.alpha[y0:y1, x0:x1] += alpha * (1 - self.alpha[y0:y1, x0:x1])

    def shade(self, points: Points, strength: float, blur: float) -> None:
        """Darken what is under a soft outline by up to `strength`."""
        found = self.coverage(points, blur)
        if found is not None:
            rows, columns, mask = found
            shadow = rgb("2e2547")
            amount = (mask * np.float32(strength))[..., None]
            here = self.rgb[rows, columns]
            here += amount * (here * (0.35 + 0.65 * shadow) - here)

    def glow_at(self, at: Points, radius: float, colour: Floats, strength: float) -> None:
        """Add light around the first of some points."""
        self.glow(float(at[0, 0]), float(at[0, 1]), radius, colour, strength)

    def glow(self, x: float, y: float, radius: float, colour: Floats, strength: float) -> None:
        """Add light around a point."""
        width, height = self.size
        reach = int(2.6 * radius)
        x0, x1 = max(int(x) - self.left - reach, 0), min(int(x) - self.left + reach, width)
        y0, y1 = max(int(y) - self.top - reach, 0), min(int(y) - self.top + reach, height)
        if x0 >= x1 or y0 >= y1:
            return
        columns = (np.arange(x0, x1, dtype=np.float32) + self.left - x) / radius
        rows = (np.arange(y0, y1, dtype=np.float32) + self.top - y) / radius
        light = np.exp(-(columns**2))[None, :] * np.exp(-(rows**2))[:, None] * np.float32(strength)
        here = self.rgb[y0:y1, x0:x1]
        here += light[..., None] * colour * (1 - np.clip(here, 0, 1) * 0.75)

    def finish(self, unit: float, seed: int) -> None:
        """Give the layer its relief, as of a soft thing lit from the upper left, and its grain."""
        soft = blurred(self.alpha, 0.035 * unit + 0.6)
        step = max(1, round(0.02 * unit))
        relief = np.zeros_like(soft)
        relief[step:-step, step:-step] = soft[2 * step :, 2 * step :] - soft[: -2 * step, : -2 * step]
        texture = grain_at(self.size[1], self.size[0], top=seed % TILE, left=seed // 7 % TILE)
        self.rgb *= (1 + 0.22 * relief + 0.022 * texture)[..., None]


Transform = Callable[[Points], Points]


class Pen:
    """Draws on a layer in a thing's own units: x to the right, y up, the ground at 0, about 1 tall.

    `tint` multiplies every colour but lights, as the evening or the night does.
    """

    def __init__(
        self,
        layer: Layer,
        x: float,
        y: float,
        unit: float,
        *,
        flip: bool = False,
        turn: float = 0.0,
        tint: Floats | None = None,
    ) -> None:
        self.layer, self.x, self.y, self.unit = layer, x, y, unit
        self._sign = -1.0 if flip else 1.0
        self._turn = np.deg2rad(turn)
        self.tint = tint
        self._inside: Floats | None = None

    def pixels(self, points: PointsLike) -> Points:
        """Return the points in pixels of the picture."""
        p = np.asarray(points, dtype=np.float64)
        x, y = p[:, 0], p[:, 1]
        if self._turn:
            cos, sin = np.cos(self._turn), np.sin(self._turn)
            x, y = x * cos - y * sin, x * sin + y * cos
        return np.stack((self.x + self._sign * self.unit * x, self.y - self.unit * y), axis=1)

    @contextmanager
    def inside(self, points: PointsLike) -> Iterator[None]:
        """Keep what is drawn meanwhile inside an outline."""
        before = self._inside
        mask = np.zeros_like(self.layer.alpha)
        found = self.layer.coverage(self.pixels(points))
        if found is not None:
            mask[found[0], found[1]] = found[2]
        self._inside = mask if before is None else mask * before
        try:
            yield
        finally:
            self._inside = before

    def fill(
        self,
        points: PointsLike,
        paint: Paint,
        *,
        volume: float = 0.10,
        opacity: float = 1.0,
        blur: float = 0.0,
        light: bool = False,
    ) -> None:
        """Fill an outline; `volume` lights its upper left and shades its lower right, `blur` is in units."""
        outline = self.pixels(points)
        found = self.layer.coverage(outline, blur * self.unit)
        if found is None:
            return
        rows, columns, mask = found
        if self._inside is not None:
            mask = mask * self._inside[rows, columns]
        if opacity < 1:
            mask = mask * np.float32(opacity)
        low, high = outline.min(axis=0), outline.max(axis=0)
        across = (np.arange(columns.start, columns.stop, dtype=np.float32) + self.layer.left - low[0]) / max(
            high[0] - low[0], 1
        )
        down = (np.arange(rows.start, rows.stop, dtype=np.float32) + self.layer.top - low[1]) / max(
            high[1] - low[1], 1
        )
        across, down = np.clip(across, 0, 1).astype(np.float32), np.clip(down, 0, 1).astype(np.float32)
        colour: Floats
        if isinstance(paint, Gradient):
            t = across[None, :, None] if paint.across else down[:, None, None]
            colour = paint.start + (paint.end - paint.start) * t
        else:
            colour = paint
        if volume:
            slope = 1 + np.float32(volume) * (1 - 0.8 * across[None, :] - 1.2 * down[:, None])
            colour = colour * slope[..., None]
        if self.tint is not None and not light:
            colour = colour * self.tint
        self.layer.lay(rows, columns, colour, mask)

    def oval(
        self,
        cx: float,
        cy: float,
        rx: float,
        ry: float,
        paint: Paint,
        *,
        turn: float = 0.0,
        volume: float = 0.10,
        opacity: float = 1.0,
        blur: float = 0.0,
        light: bool = False,
    ) -> None:
        """Fill an ellipse."""
        self.fill(oval(cx, cy, rx, ry, turn), paint, volume=volume, opacity=opacity, blur=blur, light=light)

    def blob(self, points: PointsLike, paint: Paint, *, volume: float = 0.10, opacity: float = 1.0) -> None:
        """Fill a smooth outline through a few points."""
        self.fill(smooth(points), paint, volume=volume, opacity=opacity)

    def stroke(
        self,
        points: PointsLike,
        paint: Paint,
        begin: float,
        end: float | None = None,
        *,
        curved: bool = True,
        volume: float = 0.0,
        opacity: float = 1.0,
        light: bool = False,
    ) -> None:
        """Draw a line through the points, `begin` wide at its start and `end` at its end."""
        line = smooth(points, closed=False) if curved and len(points) > 2 else np.asarray(points, dtype=float)
        self.fill(ribbon(line, begin, end), paint, volume=volume, opacity=opacity, light=light)
