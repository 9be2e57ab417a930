"""From a scene to its picture."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from captionviewer.core.arrays import ByteArray
from captionviewer.core.coco.folder_layout import SPLITS, Split
from captionviewer.core.storybook.drawing import Floats, Layer, Pen, grain_at, oval, rgb
from captionviewer.core.storybook.ground import WIDE, Stage
from captionviewer.core.storybook.kinds import KINDS, SKY_BODIES
from captionviewer.core.storybook.look import COLOURS, Look
from captionviewer.core.storybook.places import SETTINGS
from captionviewer.core.storybook.scenes import VERSION, Scene, Thing
from captionviewer.core.storybook.winter import snowfall

WIDTH, HEIGHT = 480, 360
# What light makes of things; milder than of the land, so that a red car stays red.
_TINTS = {"day": None, "sunset": rgb("fff0dc"), "night": rgb("b9bee6")}


def draw(scene: Scene, height: int = HEIGHT) -> ByteArray:
    """Draw a scene: (height, 4/3 height, 3) uint8, RGB. The same scene gives the same picture."""
    layer = Layer(round(height * WIDE), height)
    rng = np.random.default_rng()
    stage = Stage(layer, scene.time, rng)
    layer.rgb[:], rng.bit_generator.state = _place_alone(
        scene.split, scene.number, scene.setting, scene.time, height
    )
    layer.alpha[:] = 1
    if scene.sky_body:
        _sky_body(scene, layer)
    things = [*scene.main, *(company.thing for company in scene.company if company.relation != "on")]
    on_top = [company.thing for company in scene.company if company.relation == "on"]
    # What is far is covered by what is near; what flies is behind what stands.
    for thing in sorted(things, key=lambda t: (t.place != "aloft", -t.y)):
        _place(scene, thing, layer)
    for thing in on_top:
        _place(scene, thing, layer, shadow=False)
    if scene.setting == "snow":
        snowfall(stage)
    return _printed(layer.rgb)


@lru_cache(maxsize=2)  # most of the time of a picture, and things are changed one after another in it
def _place_alone(
    split: Split, number: int, setting: str, time: str, height: int
) -> tuple[Floats, Mapping[str, object]]:
    """Draw a place with nothing in it, (height, 4/3 height, 3); with the state of the generator after it."""
    layer = Layer(round(height * WIDE), height)
    rng = np.random.default_rng([VERSION, 1 + SPLITS.index(split), number])
    SETTINGS[setting].draw(Stage(layer, time, rng))
    layer.rgb.flags.writeable = False
    return layer.rgb, rng.bit_generator.state


def _place(scene: Scene, thing: Thing, picture: Layer, shadow: bool = True) -> None:
    height = picture.size[1]
    unit = thing.height * height
    kind = KINDS[thing.kind]
    x, y = thing.x * height, (1 - thing.y) * height
    reach = int(unit * max(0.66 * kind.aspect, 0.5)) + 6
    up, down = int(1.28 * unit) + 6, int((1.2 if thing.kind == "kite" else 0.16) * unit) + 6
    layer = Layer(2 * reach, up + down, int(x) - reach, int(y) - up)
    rng = np.random.default_rng(thing.seed)
    turn = float(rng.uniform(-9, 9)) if thing.place == "aloft" and thing.kind != "balloon" else 0.0
    pen = Pen(layer, x, y, unit, flip=thing.flip, turn=turn, tint=_TINTS[scene.time])
    look = Look(
        thing.colour,
        COLOURS[thing.colour],
        rng,
        aloft=thing.place == "aloft",
        afloat=thing.place == "floats",
        dark=scene.time == "night",
        indoors=scene.setting == "room",
    )
    kind.draw(pen, look)
    layer.finish(unit, thing.seed)
    if thing.place == "floats":
        _mirrored(layer, picture, int(y), unit, int(0.05 * height + (thing.y - _shore(scene)) * height))
    elif thing.place == "stands" and shadow:
        wide = unit * kind.aspect
        strength = 0.32 if scene.time != "night" else 0.4
        slim = 0.3 if thing.kind in ("tree", "umbrella", "flower") else 0.5
        picture.shade(
            oval(x + 0.1 * wide, y + 0.004 * unit, slim * wide * 1.05, 0.055 * unit + 2),
            strength,
            0.02 * unit + 1,
        )
        picture.shade(
            oval(x, y - 0.002 * unit, slim * wide * 0.8, 0.02 * unit + 1), strength, 0.008 * unit + 0.6
        )
    picture.place(layer)


def _shore(scene: Scene) -> float:
    """How far down the water of a setting reaches, for sure."""
    floats = SETTINGS[scene.setting].floats
    return 1.0 if floats is None else floats[0]


def _mirrored(layer: Layer, picture: Layer, waterline: int, unit: float, room: int) -> None:
    """Lay a wavering reflection under a layer, from the waterline down."""
    line = min(max(waterline - layer.top, 1), layer.size[1])
    tall = max(min(int(0.45 * unit), line, room), 1)
    rows = np.minimum((np.arange(tall) * 1.6).astype(int), line - 1)
    below = Layer(layer.size[0], tall, layer.left, waterline)
    shift = (0.012 * unit * np.sin(np.arange(tall) * 30.0 / unit)).astype(int)
    fade = np.linspace(0.5, 0.0, tall, dtype=np.float32)
    for i, row in enumerate(rows):
        below.rgb[i] = np.roll(layer.rgb[line - 1 - row], shift[i], axis=0) * fade[i]
        below.alpha[i] = np.roll(layer.alpha[line - 1 - row], shift[i]) * fade[i]
    picture.shade(
        oval(layer.left + layer.size[0] / 2, waterline, 0.42 * layer.size[0], 0.03 * unit), 0.3, 0.02 * unit
    )
    picture.place(below)


def _sky_body(scene: Scene, picture: Layer) -> None:
    height = picture.size[1]
    x, y = scene.sky_body_at[0] * height, (1 - scene.sky_body_at[1]) * height
    unit = (0.2 if scene.sky_body == "sun" else 0.17) * height
    glow = rgb("ffe9a8") if scene.sky_body == "sun" else rgb("cdd6ff")
    picture.glow(x, y, 0.95 * unit, glow, 0.5)
    reach = int(0.62 * unit)
    layer = Layer(2 * reach, 2 * reach, int(x) - reach, int(y) - reach)
    pen = Pen(layer, x, y + 0.5 * unit, unit)
    rng = np.random.default_rng([VERSION, 9, scene.number])
    SKY_BODIES[scene.sky_body](pen, Look("yellow", COLOURS["yellow"], rng))
    picture.place(layer)


def _printed(colours: Floats) -> ByteArray:
    """Give the whole page its paper: grain, slightly darker corners, a little warmth."""
    rows, columns = colours.shape[:2]
    y = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, columns, dtype=np.float32)[None, :]
    page = 1 - 0.07 * np.clip(x**2 + y**2 - 0.6, 0, None) + 0.008 * grain_at(rows, columns)
    inked = colours * page[..., None] * np.array((1.01, 1.0, 0.985), dtype=np.float32)
    picture: ByteArray = (np.clip(inked, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    return picture
