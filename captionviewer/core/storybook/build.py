"""Make the storybook: draw every scene, find its features, write the folder and the archive.

    python -m captionviewer.core.storybook.build OUT

writes OUT/storybook (a data folder in the official layout) and OUT/storybook.zip (what is shipped), in about
two minutes. The same code gives the same book: texts and pictures everywhere, features to the last bit on
the same kind of processor with the same NumPy. Elsewhere sums may round otherwise, which moves about one
code in ten thousand by one. Matrix products use one thread: their number does not matter.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import numpy as np

from captionviewer.core.coco.caption_encoding import encoded_caption, frequent_words
from captionviewer.core.coco.folder_layout import (
    CAPTIONS_FILE,
    SPLITS,
    VOCABULARY_FILE,
    Split,
    features_file,
    image_folder,
    names_file,
    urls_file,
)
from captionviewer.core.interpreter import python_program
from captionviewer.core.storybook.addresses import address, picture_of
from captionviewer.core.storybook.features import (
    CENTROIDS,
    PCA_WIDTH,
    Components,
    Dictionary,
    Floats,
    all_raw_features,
    learn_components,
    learn_dictionary,
    small_pictures,
)
from captionviewer.core.storybook.scenes import NUM_SCENES, VERSION, scene
from captionviewer.core.storybook.sentences import MOST_WORDS, captions
from captionviewer.core.storybook.shipped import features_content, write_archive

CAPTION_LENGTH = MOST_WORDS + 2
_THREADS = "OPENBLAS_NUM_THREADS"
RAREST = 5  # a word said less often in train is <UNK>


def write_texts(folder: Path, counts: Mapping[Split, int]) -> None:
    """Write captions, vocabulary, addresses and names of the first scenes of each split."""
    told = {
        split: [
            (one.text, number) for number in range(counts[split]) for one in captions(scene(split, number))
        ]
        for split in SPLITS
    }
    words = frequent_words((text.split() for text, _ in told["train"]), RAREST)
    ids = {word: index for index, word in enumerate(words)}
    (folder / VOCABULARY_FILE).write_text(
        json.dumps({"idx_to_word": words, "word_to_idx": ids}), encoding="utf-8"
    )
    with h5py.File(folder / CAPTIONS_FILE, "w") as file:
        for split in SPLITS:
            rows = [
                (encoded_caption(text.split(), ids, CAPTION_LENGTH), number) for text, number in told[split]
            ]
            order = np.random.default_rng([VERSION, 31]).permutation(len(rows))
            file[f"{split}_captions"] = np.array([rows[i][0] for i in order], dtype=np.int32)
            file[f"{split}_image_idxs"] = np.array([rows[i][1] for i in order], dtype=np.int32)
    for split in SPLITS:
        numbers = range(counts[split])
        names = [
            f"storybook/images/{image_folder(split)}/STORYBOOK_{split}2014_{number:012d}.png"
            for number in numbers
        ]
        _write_lines(folder / names_file(split), names)
        _write_lines(folder / urls_file(split), [address(split, number) for number in numbers])


def _write_lines(path: Path, lines: list[str]) -> None:
    path.write_bytes("".join(f"{line}\n" for line in lines).encode("ascii"))


def _small(at: str) -> tuple[Floats, ...]:
    return small_pictures(picture_of(at))


def build(
    folder: Path,
    counts: Mapping[Split, int] = NUM_SCENES,
    centroids: tuple[int, ...] = CENTROIDS,
    width: int = PCA_WIDTH,
    processes: int = 1,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[list[Dictionary], Components]:
    """Write a book of the first scenes of each split; return what its features are made with."""
    folder.mkdir(parents=True, exist_ok=True)
    write_texts(folder, counts)
    say("texts written; drawing")
    addresses = [address(split, number) for split in SPLITS for number in range(counts[split])]
    if processes > 1:
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            small = pool.map(_small, addresses, chunksize=16)
    else:
        small = [_small(at) for at in addresses]
    say("drawn; learning the dictionaries")
    train = small[: counts["train"]]
    rng = np.random.default_rng([VERSION, 41])
    dictionaries = [
        learn_dictionary([pictures[k] for pictures in train], count, rng) for k, count in enumerate(centroids)
    ]
    say("learnt; encoding")
    raw = all_raw_features(small, dictionaries)
    say("encoded; finding components")
    components = learn_components(raw[: counts["train"]], width)
    short = components.of(raw)
    parts: dict[Split, slice] = {"train": slice(0, counts["train"]), "val": slice(counts["train"], None)}
    for split, rows in parts.items():
        (folder / features_file(split, "raw")).write_bytes(features_content(raw[rows]))
        (folder / features_file(split, "pca")).write_bytes(features_content(short[rows]))
    return dictionaries, components


def version_of(folder: Path) -> str:
    """Return a short fingerprint of a built folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return f"{VERSION}-{digest.hexdigest()[:12]}"


def main() -> None:
    """Build the whole book."""
    if os.environ.get(_THREADS) != "1":  # NumPy is loaded already, and asks only then
        command = [
            python_program() or sys.executable,
            "-m",
            "captionviewer.core.storybook.build",
            *sys.argv[1:],
        ]
        raise SystemExit(subprocess.call(command, env=os.environ | {_THREADS: "1"}))
    parser = argparse.ArgumentParser(description="Draw the storybook, write its folder and archive.")
    parser.add_argument("out", type=Path)
    out: Path = parser.parse_args().out
    folder = out / "storybook"
    dictionaries, components = build(folder, processes=os.cpu_count() or 1, say=print)
    extra = {
        f"dictionary{k}_{name}": getattr(dictionary, name)
        for k, dictionary in enumerate(dictionaries)
        for name in ("mean", "whitening", "centroids")
    }
    extra["components_mean"] = components.mean
    # Half the bytes, and far below the codes' step: a short feature moves by a thousandth at most.
    extra["components_weights"] = components.weights.astype(np.float16)
    write_archive(out / "storybook.zip", folder, extra, version_of(folder))
    print(f"{(out / 'storybook.zip').stat().st_size:,} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
