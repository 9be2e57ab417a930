"""The table of scores against its bounds: 400 photos in 1 s, 5,000 in 8 s, all of it for 5,000 in 30 s.

    python benchmarks/scores.py [FOLDER] [--photos 400 5000] [--rounds 3]

FOLDER is a data folder of COCO's size; without it one of the official shapes is written for the time of the
run (random captions, features that are noise). The model is an LSTM of 512 hidden units, untrained but for a
likelier <END>, so that its captions are of COCO's length. Times are of the clock, and beside them the
processor's: where the machine is busy the latter, halved, is what two quiet cores would take at best.
"""

import argparse
import functools
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from data_opening import write_stand_in

from captionviewer.core import CaptioningRNN
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.evaluation.dataset_captions import document_frequencies, training_captions
from captionviewer.core.evaluation.scored_photos import ScoredPhotos
from captionviewer.core.evaluation.scoring import make_scorecard

ROW_SECONDS = {400: 1.0, 5_000: 8.0}
TABLE_SECONDS = {5_000: 30.0}
LENGTH = 10.5  # words of a COCO caption


def model_with_captions_of_cocos_length(dataset: CocoDataset) -> CaptioningRNN:
    """Whatever it says, it says for about as long as people do."""
    words = dataset.vocabulary
    model = CaptioningRNN(
        words.word_to_idx, dataset.feature_dim, 256, 512, "lstm", rng=np.random.default_rng(0)
    )
    model.params["W_vocab"] *= 8  # so that captions differ
    photos = dataset.split("val").features.rows(np.arange(200))
    low, high = -10.0, 30.0
    for _ in range(12):
        middle = (low + high) / 2
        model.params["b_vocab"][words.end] = middle
        length = (model.sample(photos, 30) != words.null).sum(axis=1).mean()
        low, high = (middle, high) if length > LENGTH + 1 else (low, middle)
    return model


def timed(once: Callable[[], object], rounds: int) -> tuple[float, float]:
    """The median seconds of the clock and of the processor."""
    once()
    clock, processor = [], []
    for _ in range(rounds):
        started, worked = time.perf_counter(), time.process_time()
        once()
        clock.append(time.perf_counter() - started)
        processor.append(time.process_time() - worked)
    return statistics.median(clock), statistics.median(processor)


def tell(what: str, seconds: tuple[float, float], bound: float | None) -> None:
    print(
        f"{what}: {seconds[0]:.2f} s ({seconds[1]:.2f} s of processor)"
        + (f"; bound {bound:g} s" if bound else "")
    )


def steps_of(model: CaptioningRNN, photos: ScoredPhotos) -> dict[str, float]:
    """The seconds that each step of the whole table takes."""
    parts: list[tuple[float, str]] = []
    make_scorecard(model, photos, report=lambda _, step: parts.append((time.perf_counter(), step)))
    begins = {step: next(at for at, word in parts if word == step) for _, step in parts}
    steps = sorted(begins, key=begins.__getitem__)
    return {step: begins[after] - begins[step] for step, after in itertools.pairwise(steps)}


def measure(folder: Path, sizes: list[int], rounds: int) -> None:
    with CocoDataset.open(folder) as dataset:
        model = model_with_captions_of_cocos_length(dataset)
        began = time.perf_counter()
        document_frequencies(dataset, "val")
        counted = time.perf_counter() - began
        training = training_captions(dataset).sentences
        training.hashes.sum()
        read = time.perf_counter() - began - counted
        print(
            f"once for each data set: n-grams of {dataset.split('val').num_captions:,} captions"
            f" {counted:.2f} s, {len(training):,} training captions {read:.2f} s"
        )
        for size in sizes:
            photos = ScoredPhotos.drawn(dataset, "val", size)
            made = make_scorecard(model, photos, Decoding(), rows=(), draws=0)
            assert made is not None
            row = made.row("model")
            print(
                f"{len(photos):,} photos, {len(photos.references.sentences):,} captions by people; the"
                f" model's: {row.values['mean_length']:.1f} words, {row.values['distinct']:.0f} different"
            )
            one_row = functools.partial(make_scorecard, model, photos, rows=())
            tell("  the model's row", timed(one_row, rounds), ROW_SECONDS.get(size))
            whole = functools.partial(make_scorecard, model, photos)
            seconds = timed(whole, 1 if size > 1_000 else rounds)
            tell("  the whole table", seconds, TABLE_SECONDS.get(size))
            for step, took in steps_of(model, photos).items():
                print(f"    {step}: {took:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the table of scores.")
    parser.add_argument("folder", nargs="?", type=Path, help="a data folder; without it, a stand-in")
    parser.add_argument("--photos", type=int, nargs="+", default=[400, 5_000])
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    if args.folder is not None:
        measure(args.folder, args.photos, args.rounds)
        return
    with tempfile.TemporaryDirectory() as made:
        write_stand_in(Path(made))
        measure(Path(made), args.photos, args.rounds)


if __name__ == "__main__":
    main()
