"""How one thing of a scene looks: its colour, and the small accidents of its drawing."""

from dataclasses import dataclass

import numpy as np

from captionviewer.core.storybook.drawing import Floats, rgb

# The picture book's palette: a little warm, never pure.
COLOURS: dict[str, Floats] = {
    "red": rgb("d8483c"),
    "orange": rgb("ee8f38"),
    "yellow": rgb("f6cb4c"),
    "green": rgb("5fa052"),
    "blue": rgb("3f7fc4"),
    "purple": rgb("8a63ae"),
    "pink": rgb("f095ae"),
    "brown": rgb("96623f"),
    "black": rgb("3d3944"),
    "white": rgb("f8f2e6"),
    "gray": rgb("9c9aa3"),
}
_ACCENTS = ("red", "blue", "yellow", "green", "purple", "pink")


@dataclass(frozen=True)
class Look:
    """What a drawing function is told besides where to draw.

    `aloft`: in the air; `afloat`: on water; `dark`: windows and lamps are lit; `indoors`: in a room.
    """

    name: str
    colour: Floats
    rng: np.random.Generator
    aloft: bool = False
    afloat: bool = False
    dark: bool = False
    indoors: bool = False

    def accent(self) -> Floats:
        """A colour for a collar, a scarf or a roof that is not the thing's own."""
        names = [name for name in _ACCENTS if name != self.name]
        return COLOURS[names[int(self.rng.integers(len(names)))]]
