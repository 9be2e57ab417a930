"""Do with a data folder all that the program does with one, and say what came of it; run in a child."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from captionviewer.core.coco.dataset import CocoDataset, DataError
from captionviewer.core.coco.folder_layout import SPLITS
from captionviewer.core.coco.minibatch import sample_coco_minibatch
from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.notebook.data import load_coco_data

Digests = dict[str, str]


def digest(*things: object) -> str:
    """Tells two contents apart; arrays by their values and shape."""
    known = hashlib.sha256()
    for thing in things:
        if isinstance(thing, np.ndarray):
            known.update(repr((thing.shape, thing.dtype.str)).encode())
            known.update(np.ascontiguousarray(thing).tobytes())
        else:
            known.update(repr(thing).encode("utf-8", "surrogatepass"))
    return known.hexdigest()[:16]


def read_everything(folder: Path) -> Digests:
    """Open the folder and read every part of it, each by its own way.  DataError."""
    said: Digests = {}
    with CocoDataset.open(folder) as dataset:
        said["vocabulary"] = digest(
            dataset.vocabulary.idx_to_word, sorted(dataset.vocabulary.word_to_idx.items())
        )
        for split in SPLITS:
            captions = dataset.split(split).captions
            photos = dataset.split(split).num_photos
            backwards = np.arange(photos)[::-1]
            dataset.split(split).features.scan()
            records = [dataset.split(split).record(row) for row in range(photos)]
            last = dataset.split(split).record_of_caption(len(captions) - 1)
            assert len(captions) - 1 in last.caption_rows
            batches = [
                dataset.split(split).minibatch(100, 7, index)
                for index in range(min(3, dataset.split(split).num_minibatches(100)))
            ]
            hits = dataset.split(split).search("a red")
            assert np.array_equal(
                dataset.split(split).features.read_all()[::-1], dataset.split(split).features.rows(backwards)
            )
            said[f"{split}_captions"] = digest(captions)
            said[f"{split}_image_idxs"] = digest(dataset.split(split).image_idxs)
            said[f"{split}_features"] = digest(dataset.split(split).features.rows(backwards)[::-1])
            said[f"{split}_texts"] = digest([caption_text(row, dataset.vocabulary) for row in captions])
            said[f"{split}_urls"] = digest([record.url for record in records])
            said[f"{split}_names"] = digest([record.file_name for record in records])
            said[f"{split}_records"] = digest([record.caption_rows for record in records])
            said[f"{split}_minibatches"] = digest(*[batch.captions for batch in batches])
            said[f"{split}_search"] = digest(hits.count, hits.caption_rows, hits.image_rows)
            said[f"{split}_statistics"] = digest(
                *(dataset.split(split).word_counts, dataset.split(split).caption_lengths),
                *(dataset.split(split).unknown_counts, dataset.split(split).captions_per_image),
            )
        whole = (
            {f"{split}_captions": dataset.split(split).captions for split in SPLITS},
            {f"{split}_features": dataset.split(split).features.read_all() for split in SPLITS},
        )
    data = load_coco_data(folder)
    for parts in whole:
        for name, array in parts.items():
            assert np.array_equal(data[name], array), f"load_coco_data reads other {name}"
    sample_coco_minibatch(data, 10, "val", np.random.default_rng(1))
    return said


def read_with_h5py(path: Path) -> Digests:
    """What the HDF5 library itself says of the arrays in a file, damaged or not."""
    with h5py.File(path, "r") as file:
        return {
            name: digest(
                np.ascontiguousarray(array[()], dtype=np.float32 if array.dtype.kind == "f" else np.int32)
            )
            for name, array in file.items()
            if isinstance(array, h5py.Dataset)
        }


class HeldOpen:
    """A folder that is damaged while it is open."""

    def __init__(self, folder: Path) -> None:
        self._dataset = CocoDataset.open(folder)
        self._before = {name: read() for name, read in self._ways().items()}

    def _ways(self) -> dict[str, Callable[[], str]]:
        data, dataset = self._dataset.training_data(), self._dataset
        some = np.array([0, 5, 3, 5])
        ways: dict[str, Callable[[], str]] = {}
        for split in SPLITS:
            ways |= {
                f"{split} rows": lambda s=split: digest(dataset.split(s).features.rows(some)),
                f"{split} all": lambda s=split: digest(dataset.split(s).features.read_all()),
                f"{split} scan": lambda s=split: digest(dataset.split(s).features.scan()),
                f"{split} training": lambda s=split: digest(data[f"{s}_features"][some]),
                f"{split} records": lambda s=split: digest(dataset.split(s).record(3)),
                f"{split} search": lambda s=split: digest(dataset.split(s).search("the").caption_rows),
                f"{split} minibatch": lambda s=split: digest(dataset.split(s).minibatch(20, 1).captions),
            }
        return ways

    def read_again(self) -> dict[str, str]:
        """For each way of reading 'same', or the file that is blamed; anything else is an error."""
        outcome: dict[str, str] = {}
        for name, read in self._ways().items():
            try:
                outcome[name] = "same" if read() == self._before[name] else "changed"
            except DataError as error:
                assert str(error.path) in str(error)
                outcome[name] = error.path.name
        self._dataset.close()
        return outcome
