"""A data folder to time the window with where no real one is at hand: no photos, COCO's lengths."""

import json
from pathlib import Path

import h5py
import numpy as np

from captionviewer.core.coco.folder_layout import (
    CAPTIONS_FILE,
    SPLITS,
    VOCABULARY_FILE,
    features_file,
    urls_file,
)
from captionviewer.core.coco.vocabulary import UNK
from timing.captions import FEATURES, caption_data


def write_timing_folder(folder: Path) -> Path:
    """Write the synthetic captions of `caption_data` in the official layout, and return the folder."""
    folder.mkdir(parents=True)
    data = caption_data(None)
    words = [*data["idx_to_word"][:3], UNK, *data["idx_to_word"][4:]]
    vocabulary = {"idx_to_word": words, "word_to_idx": {word: i for i, word in enumerate(words)}}
    (folder / VOCABULARY_FILE).write_text(json.dumps(vocabulary))
    images = len(data["train_urls"])
    with h5py.File(folder / CAPTIONS_FILE, "w") as file:
        for split in SPLITS:
            file[f"{split}_captions"] = data["train_captions"]
            file[f"{split}_image_idxs"] = data["train_image_idxs"]
    for split in SPLITS:
        with h5py.File(folder / features_file(split, "pca"), "w") as file:
            file["features"] = np.ascontiguousarray(data["train_features"][:, :FEATURES])
        (folder / urls_file(split)).write_text("http://127.0.0.1:9/none.jpg\n" * images)
    return folder
