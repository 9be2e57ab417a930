"""The places that scenes are set in, and where things can be in them."""

from collections.abc import Callable
from dataclasses import dataclass

from captionviewer.core.storybook.country import farm, forest, park
from captionviewer.core.storybook.ground import Stage
from captionviewer.core.storybook.town import room, street
from captionviewer.core.storybook.waterside import beach, lake
from captionviewer.core.storybook.winter import snow


@dataclass(frozen=True)
class Scenery:
    """A place: how it is drawn, and where things can be in it, in heights from the picture's foot.

    `stands`: lowest and highest line that things stand on; `floats`: the same for boats and ducks;
    `aloft`: lowest height in the air; `horizon`: where things are as small as they get.
    """

    draw: Callable[[Stage], None]
    horizon: float
    stands: tuple[float, float]
    floats: tuple[float, float] | None = None
    aloft: float = 0.5


SETTINGS: dict[str, Scenery] = {
    "park": Scenery(park, 0.43, (0.06, 0.36)),
    "beach": Scenery(beach, 0.5, (0.05, 0.24), (0.37, 0.5), 0.6),
    "street": Scenery(street, 0.42, (0.06, 0.3)),
    "snow": Scenery(snow, 0.43, (0.06, 0.35)),
    "lake": Scenery(lake, 0.5, (0.04, 0.1), (0.2, 0.44), 0.55),
    "farm": Scenery(farm, 0.43, (0.06, 0.3)),
    "forest": Scenery(forest, 0.42, (0.06, 0.3)),
    "room": Scenery(room, 0.42, (0.05, 0.24)),
}
