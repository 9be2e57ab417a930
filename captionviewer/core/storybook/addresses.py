"""The storybook's own addresses, which stand where COCO has a photo's URL: `storybook:train/000123`."""

import re

from captionviewer.core.arrays import ByteArray
from captionviewer.core.coco.folder_layout import Split
from captionviewer.core.storybook.scenes import Scene, scene

SCHEME = "storybook"
_ADDRESS = re.compile(r"storybook:(train|val)/([0-9]{6})")


def address(split: Split, number: int) -> str:
    """Return the address of a scene's picture."""
    return f"{SCHEME}:{split}/{number:06d}"


def scene_at(address: str) -> Scene:
    """Return the scene behind an address.

    Raises
    ------
    ValueError
        It is no address of the storybook, or there is no such scene.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ValueError(f"{address[:80]!r} is no storybook address; they look like storybook:train/000123")
    return scene("train" if found[1] == "train" else "val", int(found[2]))


def picture_of(address: str) -> ByteArray:
    """Draw the picture behind an address: (360, 480, 3) uint8, RGB.

    Raises
    ------
    ValueError
        It is no address of the storybook, or there is no such scene.
    """
    from captionviewer.core.storybook.picture import draw

    return draw(scene_at(address))
