"""A scene, its picture, and what the model says of it by the pixels alone; made away from the GUI thread."""

import html
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from PySide6.QtGui import QImage

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.feature_kinds import FeatureKind
from captionviewer.core.coco.vocabulary import Vocabulary, readable_words
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.greedy import greedy
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.storybook.picture import draw
from captionviewer.core.storybook.pixel_encoder import shipped_encoder
from captionviewer.core.storybook.scenes import Scene
from captionviewer.ui.look.theme import colors
from captionviewer.ui.photos.pixels import image_of


@dataclass(frozen=True)
class DrawnScene:
    """A scene with its picture and what a network is given of it: features (D,) of a kind."""

    scene: Scene
    kind: FeatureKind
    image: QImage
    features: FloatArray


@dataclass(frozen=True)
class CaptionedScene:
    """What one model said of one scene."""

    drawn: DrawnScene
    words: tuple[str, ...]
    model_words: str

    @property
    def caption(self) -> str:
        """The words as a sentence."""
        return " ".join(self.words)


def draw_scene(scene: Scene, kind: FeatureKind, known: DrawnScene | None = None) -> DrawnScene:
    """Draw a scene and encode its picture, unless that is `known` already."""
    if known is not None and (known.scene, known.kind) == (scene, kind):
        return known
    with one_library_thread():  # these products are too small to share
        picture = draw(scene)
        return DrawnScene(scene, kind, image_of(picture), shipped_encoder().features(picture, kind))


def caption_scene(
    drawn: DrawnScene, vocabulary: Vocabulary, model: CaptioningRNN, model_words: str
) -> CaptionedScene:
    """Caption a scene greedily by the features of its picture."""
    with one_library_thread():
        ids = greedy(model, drawn.features[np.newaxis], Decoding().for_vocabulary(vocabulary))[0]
    return CaptionedScene(drawn, readable_words(ids, vocabulary), model_words)


def changed_words(before: tuple[str, ...], after: tuple[str, ...]) -> list[bool]:
    """Which words of a caption are not those of the one before, by their longest common parts."""
    changed = [True] * len(after)
    for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        changed[block.b : block.b + block.size] = [False] * block.size
    return changed


def marked_caption(before: tuple[str, ...] | None, after: tuple[str, ...]) -> str:
    """A caption as HTML in which the words that changed are bold and in the accent's colour."""
    marks = changed_words(before, after) if before is not None else [False] * len(after)
    colour = colors().accent.name()
    return " ".join(
        f'<b style="color:{colour}">{html.escape(word)}</b>' if new else html.escape(word)
        for word, new in zip(after, marks, strict=True)
    )
