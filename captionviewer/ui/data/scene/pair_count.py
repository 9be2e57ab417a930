"""How often captions follow a change: fifty pairs of scenes of each kind, counted by a job."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.storybook.scene_pairs import PAIR_KINDS, TITLES, PairKind, draw_pair
from captionviewer.ui.data.scene.captioned_scene import caption_scene, draw_scene

PAIRS = 50
SEED = 18


@dataclass(frozen=True)
class PairCounts:
    """Of `PAIRS` pairs of each kind, how many captions followed; and which model said them."""

    follows: dict[PairKind, int]
    model_words: str

    def lines(self) -> list[str]:
        """The table in words."""
        return [f"{TITLES[kind]}: {count} of {PAIRS}" for kind, count in self.follows.items()]


def count_pairs(
    dataset: CocoDataset,
    model: CaptioningRNN,
    model_words: str,
    progress: Callable[[float], bool],
) -> PairCounts | None:
    """Draw and caption the second scene of each pair, and count whose caption follows.

    `progress` is told the share that is done, and says whether to go on; None when it said no.
    """
    follows: dict[PairKind, int] = {}
    for at, kind in enumerate(PAIR_KINDS):
        rng = np.random.default_rng([SEED, at])
        follows[kind] = 0
        for number in range(PAIRS):
            pair = draw_pair(kind, rng)
            drawn = draw_scene(pair.after, dataset.feature_kind)
            said = caption_scene(drawn, dataset.vocabulary, model, model_words)
            follows[kind] += pair.follows(said.caption)
            if not progress((at * PAIRS + number + 1) / (PAIRS * len(PAIR_KINDS))):
                return None
    return PairCounts(follows, model_words)
