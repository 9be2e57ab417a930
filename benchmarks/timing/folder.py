"""A data folder to time the window with where no real one is at hand: no photos, COCO's lengths."""

import json
from pathlib import Path

import h5py
import numpy as np

from timing.captions import FEATURES, caption_data


def write_timing_folder(folder: Path) -> Path:
    """Write the synthetic captions of `caption_data` in the official layout, and return the folder."""
    folder.mkdir(parents=True)
    data = caption_data(None)
    words = [*data["idx_to_word"][:3], "<UNK>", *data["idx_to_word"][4:]]
    vocabulary = {"idx_to_word": words, "word_to_idx": {word: i for i, word in enumerate(words)}}
    (folder / "coco2014_vocab.json").write_text(json.dumps(vocabulary))
    images = len(data["train_urls"])
    with h5py.File(folder / "coco2014_captions.h5", "w") as file:
        for split in ("train", "val"):
            file[f"{split}_captions"] = data["train_captions"]
            file[f"{split}_image_idxs"] = data["train_image_idxs"]
    for split in ("train2014", "val2014"):
        with h5py.File(folder / f"{split}_vgg16_fc7_pca.h5", "w") as file:
            file["features"] = np.ascontiguousarray(data["train_features"][:, :FEATURES])
        (folder / f"{split}_urls.txt").write_text("http://127.0.0.1:9/none.jpg\n" * images)
    return folder
