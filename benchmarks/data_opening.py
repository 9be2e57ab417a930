"""Opening all of COCO, minibatches, search, filter, sort and nearest photos, each against its bound.

    python benchmarks/data_opening.py [FOLDER] [--rounds 5]

FOLDER is a data folder in the official layout, best the official one; without it one of the official
shapes is written for the time of the run (random captions, PCA features that are noise, and raw ones full
of holes, which take no disk).
Every opening is timed in a process of its own.  Files are in the page cache: they are read once before.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from timing.in_turn import block_of, in_turn, ratio

from captionviewer.core.coco.caption_selection import select_captions
from captionviewer.core.coco.dataset import (
    CaptionConditions,
    CaptionOrder,
    CaptionSelection,
    CocoDataset,
    DataError,
)
from captionviewer.core.coco.feature_file import FeatureFile
from captionviewer.core.coco.feature_kinds import FeatureKind
from captionviewer.core.coco.folder_layout import (
    CAPTIONS_FILE,
    SPLITS,
    VOCABULARY_FILE,
    features_file,
    names_file,
    urls_file,
)
from captionviewer.core.coco.nearest_photos import NeighbourSearch
from captionviewer.core.coco.vocabulary import SPECIAL_WORDS

OPENING_SECONDS, OPENING_MEGABYTES, MINIBATCH_MS, SEARCH_MS = 0.5, 150, 20, 50
SELECTION_MS, NEAREST_MS, NEAREST_RAW_MS, NEAREST_MEGABYTES = 50, 200, 1_000, 8
SIZES = {"train": (82_783, 400_135), "val": (40_504, 195_954)}
WIDTHS: dict[FeatureKind, int] = {"pca": 512, "raw": 4_096}
VOCABULARY, LENGTH = 1_004, 17


def write_stand_in(folder: Path) -> None:
    """A folder of the official shapes: the frequencies of words fall as in any language."""
    rng = np.random.default_rng(0)
    words = [*SPECIAL_WORDS, *(f"word{index}" for index in range(VOCABULARY - len(SPECIAL_WORDS)))]
    vocabulary = {"idx_to_word": words, "word_to_idx": {word: index for index, word in enumerate(words)}}
    (folder / VOCABULARY_FILE).write_text(json.dumps(vocabulary))
    chances = 1 / (np.arange(VOCABULARY - 3) + 4.0)
    with h5py.File(folder / CAPTIONS_FILE, "w") as file:
        for split, (images, count) in SIZES.items():
            captions = 3 + rng.choice(len(chances), size=(count, LENGTH), p=chances / chances.sum())
            ends = np.minimum(8 + rng.poisson(2.7, size=count), LENGTH - 1)[:, None]
            slots = np.arange(LENGTH)
            captions = np.where(slots < ends, captions, np.where(slots == ends, 2, 0))
            captions[:, 0] = 1
            file[f"{split}_captions"] = captions.astype(np.int32)
            file[f"{split}_image_idxs"] = rng.integers(images, size=count).astype(np.int32)
    settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    settings.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    settings.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    for split in SPLITS:
        images, _ = SIZES[split]
        for kind, width in WIDTHS.items():
            with h5py.File(folder / features_file(split, kind), "w") as file:
                space = h5py.h5s.create_simple((images, width))
                h5py.h5d.create(file.id, b"features", h5py.h5t.IEEE_F32LE, space, settings)
                for start in range(0, images if kind == "pca" else 0, 8_192):
                    count = min(8_192, images - start)
                    noise = rng.standard_normal((count, width), dtype=np.float32)
                    file["features"][start : start + count] = noise
        ids = rng.choice(600_000, size=images, replace=False).tolist()
        urls = (
            f"http://farm{1 + i % 9}.staticflickr.com/{1000 + i % 9000}/{i:010d}_{i:010x}_z.jpg\n"
            for i in ids
        )
        names = (f"coco/images/{split}2014/COCO_{split}2014_{i:012d}.jpg\n" for i in ids)
        (folder / urls_file(split)).write_text("".join(urls))
        (folder / names_file(split)).write_text("".join(names))


def the_notebooks_way(folder: Path, kind: FeatureKind) -> list[Any]:
    """Everything read into memory, unchecked."""
    held: list[Any] = []
    with h5py.File(folder / CAPTIONS_FILE) as file:
        held.extend(np.asarray(file[key]) for key in file)
    for split in SPLITS:
        with h5py.File(folder / features_file(split, kind)) as file:
            held.append(np.asarray(file["features"]))
        with (folder / urls_file(split)).open() as lines:
            held.append(np.asarray([line.strip() for line in lines]))
    held.append(json.loads((folder / VOCABULARY_FILE).read_text()))
    return held


def anonymous_megabytes() -> float:
    """Memory of this process that no file backs; NaN where the system doesn't tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon"))


def one_opening(way: str, folder: Path, kind: FeatureKind) -> tuple[float, float]:
    """Open once, here: seconds, and megabytes of anonymous memory more than before."""
    opened: Callable[[Path, FeatureKind], object] = CocoDataset.open if way == "ours" else the_notebooks_way
    before, start = anonymous_megabytes(), time.perf_counter()
    held = opened(folder, kind)
    seconds, more = time.perf_counter() - start, anonymous_megabytes() - before
    if isinstance(held, CocoDataset):
        held.close()
    return seconds, more


def openings(way: str, folder: Path, kind: FeatureKind, times: int) -> list[tuple[float, float]]:
    """The same, in as many processes of their own."""
    command = [sys.executable, __file__, str(folder), "--one-opening", way, kind]
    runs = [subprocess.run(command, check=True, capture_output=True, text=True) for _ in range(times)]
    return [tuple(json.loads(run.stdout)) for run in runs]


def verdict(value: float, bound: float, unit: str) -> str:
    return f"{value:.3g} {unit}, bound {bound:g} {unit}{'  OVER' if value > bound else ''}"


def report_opening(folder: Path, kind: FeatureKind, rounds: int) -> None:
    ours: list[tuple[float, float]] = []
    whole: list[tuple[float, float]] = []
    for _ in range(rounds):
        ours += openings("ours", folder, kind, 1)
        whole += openings("notebook", folder, kind, 1)
    print("  opening:", verdict(statistics.median(t for t, _ in ours), OPENING_SECONDS, "s"))
    print("  anonymous memory:", verdict(max(m for _, m in ours), OPENING_MEGABYTES, "MB"))
    print(
        "  all of it read the notebook's way / opening:", ratio([t for t, _ in whole], [t for t, _ in ours])
    )
    print(f"  the notebook's way takes {statistics.median(m for _, m in whole):,.0f} MB")


def report_minibatch(dataset: CocoDataset, rounds: int) -> None:
    rng = np.random.default_rng(1)
    train = dataset.split("train")
    size = min(100, train.num_photos)
    with h5py.File(dataset.folder / features_file("train", dataset.feature_kind)) as file:
        stored = file["features"]
        times = in_turn(
            {
                "ours": block_of(lambda: train.features.rows(rng.integers(len(stored), size=size))),
                "h5py": block_of(lambda: stored[np.sort(rng.choice(len(stored), size, replace=False))]),
            },
            rounds,
            20,
        )
    print(
        f"  minibatch of {size} random rows:", verdict(statistics.median(times["ours"]), MINIBATCH_MS, "ms")
    )
    print("  the same through h5py / ours:", ratio(times["h5py"], times["ours"]))


def report_search(dataset: CocoDataset, rounds: int) -> None:
    words = dataset.vocabulary.idx_to_word
    middle = dataset.split("train").captions[7][1:5].tolist()
    texts = {
        "the most frequent word": words[int(dataset.word_counts().argmax())],
        "a rare word": words[-1],
        "a phrase of four words": " ".join(words[index] for index in middle),
        "a word outside the vocabulary": "xylophonist",
    }
    captions = [dataset.split(split).captions for split in SPLITS]
    for name, text in texts.items():
        start = time.perf_counter()
        count = sum(dataset.split(split).search(text).count for split in SPLITS)
        first = (time.perf_counter() - start) * 1e3
        word = dataset.vocabulary.word_to_idx.get(text.split()[0], 0)
        times = in_turn(
            {
                "ours": block_of(lambda t=text: [dataset.split(split).search(t) for split in SPLITS]),
                "plain": block_of(lambda w=word: [np.flatnonzero((c == w).any(axis=1)) for c in captions]),
            },
            rounds,
            5,
        )
        slowest = max(first, *times["ours"])
        print(f"  search for {name}: {verdict(slowest, SEARCH_MS, 'ms')} ({count:,} found; slowest round)")
        print("    (captions == word).any(axis=1) / ours:", ratio(times["plain"], times["ours"]))


def report_selection(dataset: CocoDataset, rounds: int) -> None:
    """Conditions and orders, as the panel asks for them in its own thread; the first answer counts too."""
    common = dataset.vocabulary.idx_to_word[int(dataset.word_counts().argmax())]
    long_ones = CaptionConditions(words=(9, 15), unknown=(0, 1))
    cases: dict[str, tuple[CaptionConditions, CaptionOrder]] = {
        "captions of 9 to 15 words with at most one <UNK>": (long_ones, "file"),
        "the same with a frequent word, longest first": (replace(long_ones, phrases=(common,)), "length"),
        "photos with 5 captions": (CaptionConditions(captions_an_image=(5, 5)), "file"),
        "all captions, longest first": (CaptionConditions(), "length"),
        "all captions, most <UNK> first, each photo once": (CaptionConditions(one_an_image=True), "unknown"),
    }
    for name, (wanted, order) in cases.items():

        def select(wanted: CaptionConditions = wanted, order: CaptionOrder = order) -> CaptionSelection:
            return select_captions(dataset.split("train"), wanted, order=order, falling=order != "file")

        start = time.perf_counter()
        found = select()
        first = (time.perf_counter() - start) * 1e3
        slowest = max(first, *in_turn({"ours": block_of(select)}, rounds, 5)["ours"])
        print(f"  {name}: {verdict(slowest, SELECTION_MS, 'ms')} ({len(found.caption_rows):,} found)")
    train = dataset.split("train")
    rows = select_captions(train, long_ones).caption_rows
    start = time.perf_counter()
    train.minibatch(24, 231, 0, rows)
    shuffled = (time.perf_counter() - start) * 1e3
    last = train.num_minibatches(24, rows) - 1
    times = in_turn({"page": block_of(lambda: train.minibatch(24, 231, last, rows))}, rounds, 5)
    print("  first page of what was found, shuffled:", verdict(shuffled, SELECTION_MS, "ms"))
    print("  any other page:", verdict(max(times["page"]), SELECTION_MS, "ms"))


def report_nearest(dataset: CocoDataset, rounds: int) -> None:
    """Ten nearest photos of one in the train split, as the panel asks for them in a thread."""
    photos = dataset.split("train").num_photos
    rows = np.random.default_rng(2).integers(photos, size=1_000).tolist()

    def ours() -> object:
        return dataset.nearest_photos("train", rows.pop())

    def plain() -> object:
        with h5py.File(dataset.folder / features_file("train", "pca")) as file:
            every = np.asarray(file["features"])
        cosines = every @ every[rows.pop()] / np.linalg.norm(every, axis=1)
        return np.argsort(-cosines)[1:11]

    tracemalloc.start()
    start = time.perf_counter()
    ours()
    first = (time.perf_counter() - start) * 1e3
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    if dataset.available_features[0] == "pca":
        times = in_turn({"ours": block_of(ours), "plain": block_of(plain)}, rounds, 3)
        print(f"  ten nearest of {photos:,}: {verdict(max(first, *times['ours']), NEAREST_MS, 'ms')}")
        print("  all read into memory and compared there / ours:", ratio(times["plain"], times["ours"]))
    else:  # an eighth of the reading is not to be had
        times = in_turn({"ours": block_of(ours)}, rounds, 3)
        print(f"  ten nearest of {photos:,}: {verdict(max(first, *times['ours']), NEAREST_RAW_MS, 'ms')}")
    print("  memory taken meanwhile:", verdict(peak / 2**20, NEAREST_MEGABYTES, "MB"))


def report_nearest_by_raw(dataset: CocoDataset) -> None:
    """The same by the raw features, as where a folder has no others."""
    files = {split: FeatureFile(dataset.folder / features_file(split, "raw")) for split in SPLITS}
    search = NeighbourSearch(dataset.folder, "raw", "raw", files)
    slowest = 0.0
    try:
        for row in (1, 2, 3):
            start = time.perf_counter()
            search.find("train", row, "train", 10, lambda: False)
            slowest = max(slowest, (time.perf_counter() - start) * 1e3)
    except DataError as error:
        print(f"  ten nearest by raw features: not timed ({error.problem})")
    else:
        print(f"  ten nearest by raw features: {verdict(slowest, NEAREST_RAW_MS, 'ms')}")
    finally:
        for file in files.values():
            file.close()


def report(folder: Path, rounds: int) -> None:
    with CocoDataset.open(folder, "pca") as dataset:
        total = sum(dataset.split(split).num_captions for split in SPLITS)
        print(f"{total:,} captions of {sum(dataset.split(split).num_photos for split in SPLITS):,} photos")
        kinds = dataset.available_features
        report_search(dataset, rounds)
        report_selection(dataset, rounds)
    for kind in kinds:
        with CocoDataset.open(folder, kind) as dataset:
            for split in SPLITS:
                dataset.split(split).features.scan()  # into the page cache
            print(f"{kind} features")
            report_minibatch(dataset, rounds)
            if kind == kinds[0]:
                report_nearest(dataset, rounds)
            else:
                report_nearest_by_raw(dataset)
        report_opening(folder, kind, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time what is asked of a full-size data folder.")
    parser.add_argument("folder", nargs="?", type=Path, help="a data folder; without it, one is written")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one-opening", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one_opening:
        print(json.dumps(one_opening(args.one_opening[0], args.folder, args.one_opening[1])))
    elif args.folder is not None:
        report(args.folder, args.rounds)
    else:
        with tempfile.TemporaryDirectory() as folder:
            write_stand_in(Path(folder))
            report(Path(folder), args.rounds)


if __name__ == "__main__":
    main()
