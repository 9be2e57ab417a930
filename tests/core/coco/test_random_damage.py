"""Folders damaged at random open with content that hangs together, or are refused by a file's name."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from captionviewer.core.coco.dataset import CocoDataset, DataError
from captionviewer.core.coco.folder_layout import SPLITS
from tests.coco_folder_writer import write_coco_folder

FILES = (
    "coco2014_captions.h5",
    "coco2014_vocab.json",
    "train2014_vgg16_fc7_pca.h5",
    "val2014_vgg16_fc7_pca.h5",
    "train2014_urls.txt",
    "val2014_images.txt",
)
# The descriptions that HDF5 reads stand in the first 2 kB of the small files.
HEADER = 2048


@pytest.fixture(scope="module")
def whole_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_coco_folder(tmp_path_factory.mktemp("whole") / "coco", photos=False)


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Some bytes changed, most of them in the header; or the end cut off; or a part doubled."""
    way = rng.integers(5)
    if way == 0:
        return content[: rng.integers(len(content))]
    if way == 1:
        at = int(rng.integers(len(content)))
        return content[:at] + content[at : at + 64] + content[at:]
    values = np.frombuffer(content, dtype=np.uint8).copy()
    places = rng.integers(
        min(HEADER, len(values)) if way < 4 else len(values), size=int(rng.choice([1, 2, 16]))
    )
    values[places] = rng.choice([0, 1, 127, 255, int(rng.integers(256))], size=len(places))
    return values.tobytes()


def use(folder: Path) -> None:
    """Do with a folder all that the window does, and see that what it gives hangs together."""
    with CocoDataset.open(folder) as dataset:
        for split in SPLITS:
            captions = dataset.split(split).captions
            assert captions.min() >= 0 and captions.max() < len(dataset.vocabulary)
            dataset.split(split).features.scan()
            rows = dataset.split(split).features.rows(np.array([0, dataset.split(split).num_photos - 1]))
            assert rows.shape == (2, dataset.feature_dim) and np.isfinite(rows).all()
            record = dataset.split(split).record_of_caption(len(captions) - 1)
            assert len(captions) - 1 in record.caption_rows
            assert dataset.split(split).search("a").count <= len(captions)
            assert dataset.split(split).caption_lengths.max() <= dataset.caption_length


@pytest.mark.parametrize("name", FILES)
def test_random_damage_never_gets_past_the_checks(name: str, whole_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole_folder, tmp_path / "coco"))
    content = (folder / name).read_bytes()
    rng = np.random.default_rng([20240, FILES.index(name)])
    refused = 0
    for _ in range(60):
        (folder / name).write_bytes(damaged(content, rng))
        try:
            use(folder)
        except DataError as error:
            refused += 1
            assert error.path.parent == folder
            assert str(error.path) in str(error)
    assert refused >= 10  # the damage was real
