"""A scene, its picture, and what the model says of it by the pixels alone; made away from the GUI thread."""

import html
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from PySide6.QtGui import QImage

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import caption_words
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.greedy import greedy
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.storybook.picture import draw
from captionviewer.core.storybook.pixel_encoder import shipped_encoder
from captionviewer.core.storybook.scenes import Scene
from captionviewer.ui.look.theme import colors


@dataclass(frozen=True)
class CaptionedScene:
    """What was drawn and said of one scene by one model."""

    scene: Scene
    image: QImage
    words: tuple[str, ...]
    model_words: str

    @property
    def caption(self) -> str:
        """The words as a sentence."""
        return " ".join(self.words)


def caption_scene(
    scene: Scene, dataset: CocoDataset, model: CaptioningRNN, model_words: str
) -> CaptionedScene:
    """Draw a scene, and caption it greedily by the features of its picture."""
    with one_library_thread():  # these products are too small to share
        picture = draw(scene)
        features = shipped_encoder().features(picture, dataset.feature_kind)
        ids = greedy(model, features[np.newaxis], Decoding())[0]
    rows, columns, _ = picture.shape
    lent = QImage(picture.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    words = tuple(caption_words(ids, dataset.vocabulary))
    # Converting makes a copy that owns its pixels, unlike what was lent.
    return CaptionedScene(scene, lent.convertToFormat(QImage.Format.Format_RGB32), words, model_words)


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
