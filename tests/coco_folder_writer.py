"""Write a small data folder in the layout of the official ``coco_captioning`` archive, for tests.

The same file names, HDF5 keys, dtypes and contiguous storage as the official files, with 24 train and
16 val images of simple scenes (a coloured thing in a place), about five captions each, both kinds of
features and, when asked, small JPEG photos of the scenes.  Every run writes the same content.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

SPECIAL_WORDS = ("<NULL>", "<START>", "<END>", "<UNK>")
CAPTION_LENGTH = 17
PCA_WIDTH = 64
RAW_WIDTH = 96
NUM_IMAGES = {"train": 24, "val": 16}

COLOURS = {
    "red": (208, 52, 44),
    "blue": (44, 96, 200),
    "green": (46, 140, 70),
    "yellow": (240, 200, 60),
    "white": (245, 245, 240),
    "black": (40, 40, 44),
}
THINGS = ("cat", "dog", "boat", "kite", "car", "bird", "umbrella", "bicycle")
PLACES = {
    "beach": ((170, 215, 240), (232, 210, 150)),
    "street": ((200, 208, 216), (112, 112, 118)),
    "park": ((186, 224, 246), (112, 176, 96)),
    "garden": ((224, 236, 250), (84, 150, 84)),
    "harbor": ((150, 190, 220), (56, 104, 152)),
}
SENTENCES = (
    "a {colour} {thing} in the {place}",
    "there is a {thing} that is {colour} next to the {place}",
    "a picture of a {colour} {thing} on a sunny day",
    "the {place} has one {colour} {thing} in the middle of it",
    "someone left a {colour} {thing} standing by the {place} in the late afternoon",
    "a {thing} near the {place}",
    "close up of the {colour} {thing}",
)
# Too rare for the vocabulary: these become <UNK>.
RARE_WORDS = ("rusty", "sleepy", "enormous", "crooked", "glittering", "abandoned", "tiny", "hopeful")


@dataclass(frozen=True)
class Scene:
    """What one image shows, the five (or four) sentences said of it, and its COCO id."""

    image_id: int
    colour: str
    thing: str
    place: str
    sentences: tuple[str, ...]


def _scenes(rng: np.random.Generator) -> dict[str, list[Scene]]:
    kinds = [(c, t, p) for c in COLOURS for t in THINGS for p in PLACES]
    chosen = rng.choice(len(kinds), size=sum(NUM_IMAGES.values()), replace=False)
    ids = np.sort(rng.choice(np.arange(1, 581_930), size=len(chosen), replace=False))
    scenes: list[Scene] = []
    for position, kind in enumerate(chosen):
        colour, thing, place = kinds[kind]
        # Long captions were left out of the official data, so that some images have only four.
        count = 4 if position % 7 == 3 else 5
        patterns = rng.choice(len(SENTENCES), size=count, replace=False)
        said = [SENTENCES[i].format(colour=colour, thing=thing, place=place) for i in patterns]
        if position % 3 == 1:
            said[0] = said[0].replace(thing, f"{RARE_WORDS[position % len(RARE_WORDS)]} {thing}", 1)
        scenes.append(Scene(int(ids[position]), colour, thing, place, tuple(said)))
    scenes = [scenes[i] for i in rng.permutation(len(scenes))]
    return {"train": scenes[: NUM_IMAGES["train"]], "val": scenes[NUM_IMAGES["train"] :]}


def _vocabulary(scenes: Iterable[Scene]) -> list[str]:
    counts = Counter(word for scene in scenes for said in scene.sentences for word in said.split())
    frequent = [word for word, count in counts.items() if count >= 3]
    return [*SPECIAL_WORDS, *sorted(frequent, key=lambda word: (-counts[word], word))]


def _encoded(sentence: str, ids: dict[str, int]) -> list[int]:
    words = [ids.get(word, ids["<UNK>"]) for word in sentence.split()]
    row = [ids["<START>"], *words, ids["<END>"]]
    return row + [ids["<NULL>"]] * (CAPTION_LENGTH - len(row))


def _features(scene: Scene, width: int, scale: float, seed: int) -> npt.NDArray[np.float32]:
    """One direction for each colour, thing and place, plus a little noise of the image's own."""
    row = np.zeros(width)
    for part in (scene.colour, scene.thing, scene.place):
        row += np.random.default_rng([seed, *part.encode()]).standard_normal(width)
    row += 0.3 * np.random.default_rng([seed, scene.image_id]).standard_normal(width)
    return (scale * row).astype(np.float32)


def _draw(scene: Scene, path: Path) -> None:
    sky, ground = PLACES[scene.place]
    wide = scene.image_id % 2 == 0
    width, height = (160, 120) if wide else (120, 160)
    picture = Image.new("RGB", (width, height), sky)
    pen = ImageDraw.Draw(picture)
    horizon = round(0.62 * height)
    pen.rectangle((0, horizon, width, height), fill=ground)
    colour = COLOURS[scene.colour]
    left, top = width * 0.3, horizon - 0.3 * height
    right, bottom = width * 0.7, horizon + 0.12 * height
    shape = THINGS.index(scene.thing)
    if shape % 4 == 0:
        pen.ellipse((left, top, right, bottom), fill=colour, outline=(30, 30, 30))
    elif shape % 4 == 1:
        pen.rectangle((left, top, right, bottom), fill=colour, outline=(30, 30, 30))
    elif shape % 4 == 2:
        pen.polygon(((left, bottom), ((left + right) / 2, top), (right, bottom)), fill=colour)
    else:
        middle = (top + bottom) / 2
        pen.polygon(
            ((left, middle), ((left + right) / 2, top), (right, middle), ((left + right) / 2, bottom)), colour
        )
    if shape >= 4:
        pen.ellipse((left + 6, bottom - 12, left + 24, bottom + 6), fill=(30, 30, 30))
        pen.ellipse((right - 24, bottom - 12, right - 6, bottom + 6), fill=(30, 30, 30))
    picture.save(path, "JPEG", quality=88)


def write_coco_folder(folder: Path, photos: bool = True) -> Path:
    """Write the small data set into `folder` (made if it is missing) and return `folder`.

    With `photos`, each image is also drawn as ``images/{train,val}2014/COCO_..._<12 digits>.jpg``, as in a
    COCO image folder on a user's disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scenes = _scenes(np.random.default_rng(20140501))
    words = _vocabulary(scenes["train"])
    ids = {word: index for index, word in enumerate(words)}
    (folder / "coco2014_vocab.json").write_text(
        json.dumps({"idx_to_word": words, "word_to_idx": ids}), encoding="utf-8"
    )
    with h5py.File(folder / "coco2014_captions.h5", "w") as file:
        for split, of_split in scenes.items():
            rows = [(_encoded(said, ids), i) for i, scene in enumerate(of_split) for said in scene.sentences]
            order = np.random.default_rng(7).permutation(len(rows))
            file[f"{split}_captions"] = np.array([rows[i][0] for i in order], dtype=np.int32)
            file[f"{split}_image_idxs"] = np.array([rows[i][1] for i in order], dtype=np.int32)
    for split, of_split in scenes.items():
        stem = f"{split}2014"
        for name, width, scale, seed in (("fc7_pca", PCA_WIDTH, 1.0, 1), ("fc7", RAW_WIDTH, 2.0, 2)):
            with h5py.File(folder / f"{stem}_vgg16_{name}.h5", "w") as file:
                file["features"] = np.stack([_features(scene, width, scale, seed) for scene in of_split])
        names = [f"COCO_{stem}_{scene.image_id:012d}.jpg" for scene in of_split]
        urls = [
            f"http://farm{1 + s.image_id % 9}.staticflickr.com/{1000 + s.image_id % 9000}"
            f"/{s.image_id:010d}_{s.image_id * 2654435761 % 2**40:010x}_z.jpg"
            for s in of_split
        ]
        _write_lines(folder / f"{stem}_urls.txt", urls)
        _write_lines(folder / f"{stem}_images.txt", [f"coco/images/{stem}/{name}" for name in names])
        if photos:
            (folder / "images" / stem).mkdir(parents=True, exist_ok=True)
            for name, scene in zip(names, of_split, strict=True):
                _draw(scene, folder / "images" / stem / name)
    return folder


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    path.write_bytes("".join(f"{line}\n" for line in lines).encode("ascii"))
