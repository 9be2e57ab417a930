"""Captions to time with: those of a data folder, or synthetic ones of COCO's lengths."""

from pathlib import Path
from typing import Any

import numpy as np

from captionviewer.core.coco.vocabulary import SPECIAL_WORDS
from captionviewer.core.notebook.data import load_coco_data

NULL, START, END = 0, 1, 2
VOCABULARY, CAPTION_LENGTH, FEATURES = 1004, 17, 512
IMAGES, CAPTIONS = 1_000, 5_000


def caption_data(folder: Path | None, seed: int = 231) -> dict[str, Any]:
    """A data dict as CaptioningSolver takes it, with 512 features an image."""
    if folder is not None:
        return load_coco_data(base_dir=folder)
    rng = np.random.default_rng(seed)
    # COCO's captions have ten or eleven words, few have less than eight, and they are cut at fifteen.
    lengths = np.minimum(8 + rng.poisson(2.7, size=CAPTIONS), CAPTION_LENGTH - 2)
    chances = 1 / (np.arange(VOCABULARY - END - 1) + 4.0)  # a few words make up much of every caption
    captions = np.zeros((CAPTIONS, CAPTION_LENGTH), dtype=np.int32)
    for caption, length in zip(captions, lengths, strict=True):
        words = rng.choice(len(chances), size=length, p=chances / chances.sum()) + END + 1
        caption[: length + 2] = [START, *words, END]
    words = [*SPECIAL_WORDS[: END + 1], *(f"word{i}" for i in range(VOCABULARY - END - 1))]
    return {
        "train_captions": captions,
        "train_image_idxs": rng.integers(IMAGES, size=CAPTIONS).astype(np.int32),
        "train_features": rng.standard_normal((IMAGES, FEATURES)).astype(np.float32),
        "train_urls": np.array(["http://localhost/"] * IMAGES),
        "idx_to_word": words,
        "word_to_idx": {word: index for index, word in enumerate(words)},
    }
