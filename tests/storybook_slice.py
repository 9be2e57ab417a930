"""Make a small data folder of the storybook's first scenes, for tests that were given no COCO data."""

import shutil
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from captionviewer.core.storybook import picture_of

KEPT = {"train": 80, "val": 79}
DRAWN = 20  # of each split


def write_storybook_slice(book: Path, folder: Path) -> Path:
    """Write the first scenes of an unpacked book into `folder`, with names and addresses like COCO's.

    Their pictures stand in `images/` as photos do in a COCO image folder, though only the first are drawn and
    the rest show these again: drawing takes a while. The addresses are Flickr's in form and lead nowhere.
    """
    folder.mkdir(parents=True)
    shutil.copyfile(book / "coco2014_vocab.json", folder / "coco2014_vocab.json")
    with (
        h5py.File(book / "coco2014_captions.h5") as whole,
        h5py.File(folder / "coco2014_captions.h5", "w") as part,
    ):
        for split, count in KEPT.items():
            owners = whole[f"{split}_image_idxs"][:]
            kept = owners < count
            for owner in range(3, count, 7):  # COCO's long captions were left out: some photos have four
                kept[np.flatnonzero(owners == owner)[0]] = False
            part[f"{split}_image_idxs"] = owners[kept]
            part[f"{split}_captions"] = whole[f"{split}_captions"][:][kept]
    for split, count in KEPT.items():
        stem = f"{split}2014"
        for kind in ("fc7", "fc7_pca"):
            name = f"{stem}_vgg16_{kind}.h5"
            with h5py.File(book / name) as whole, h5py.File(folder / name, "w") as part:
                part["features"] = whole["features"][:count]
        names = [f"COCO_{stem}_{7 * row + 3:012d}.jpg" for row in range(count)]
        _write_lines(folder / f"{stem}_images.txt", [f"coco/images/{stem}/{name}" for name in names])
        _write_lines(
            folder / f"{stem}_urls.txt",
            [
                f"http://farm{1 + row % 9}.staticflickr.com/{2000 + row}/{row:010d}_{row * 48271:010x}_z.jpg"
                for row in range(count)
            ],
        )
        pictures = folder / "images" / stem
        pictures.mkdir(parents=True)
        scenes = (book / f"{stem}_urls.txt").read_text(encoding="ascii").split()
        for scene, name in zip(scenes, names[:DRAWN], strict=False):
            Image.fromarray(picture_of(scene)).save(pictures / name, "JPEG", quality=90)
        for row, name in enumerate(names[DRAWN:]):
            shutil.copyfile(pictures / names[row % DRAWN], pictures / name)
    return folder


def _write_lines(path: Path, lines: list[str]) -> None:
    path.write_bytes("".join(f"{line}\n" for line in lines).encode("ascii"))
