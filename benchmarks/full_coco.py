"""Training on all of COCO: LSTM of 512 units, minibatches of 128 of 400,135 captions.

    python benchmarks/full_coco.py [FOLDER] [--seconds 60] [--rounds 5]

FOLDER is a data folder in the official layout, best the official one; without it one of the official
shapes is written for the time of the run. Printed are

- steps a second of a run as the window starts it (validation and watched captions on), what an epoch of
  3,126 steps and ten of them take at that rate, what the form says beforehand, and the memory of the process;
- a solver's step with features read row by row from the file over one with all of them in memory
  (bound 1.03), in turn.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from data_opening import write_stand_in
from timing.in_turn import block_of, in_turn, ratio

from captionviewer.core import CaptioningRNN, CaptioningSolver
from captionviewer.core.amounts import format_bytes, format_duration
from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.training.expected_time import expected_seconds, expected_time_words
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import DataFacts, TrainingSettings

SETTINGS = TrainingSettings(
    cell_type="lstm", hidden_dim=512, num_captions=None, one_caption_an_image=False, batch_size=128,
    num_epochs=10, learning_rate=1e-3,
)  # fmt: skip
STEPS_AT_ONCE = 6


def a_run(dataset: CocoDataset, seconds: float) -> None:
    facts = DataFacts.of(dataset)
    run = TrainingRun(SETTINGS, dataset)
    began = time.perf_counter()
    run.start()
    while run.progress().iteration < 5:
        time.sleep(0.05)
    first, before = run.progress().iteration, time.perf_counter()
    time.sleep(seconds)
    rate = (run.progress().iteration - first) / (time.perf_counter() - before)
    memory = psutil.Process().memory_info().rss
    run.stop()
    run.wait(30)
    steps = SETTINGS.iterations_per_epoch(facts)
    said = expected_time_words(expected_seconds(SETTINGS, facts))
    print(
        f"{rate:.2f} steps/s (first five after {before - began:.1f} s); an epoch of {steps:,} steps"
        f" {format_duration(steps / rate)}, ten {format_duration(10 * steps / rate)}; the form says {said}"
        f" for ten; {format_bytes(memory)} resident"
    )


def all_rows(dataset: CocoDataset) -> FloatArray:
    split = dataset.split("train")
    rows: FloatArray = split.features[np.arange(split.num_photos)]
    return rows


def by_row_over_memory(dataset: CocoDataset, rounds: int) -> None:
    by_row = dataset.training_data()
    in_memory = {**by_row, "train_features": all_rows(dataset)}

    def step_on(data: dict[str, Any]) -> CaptioningSolver[CaptioningRNN]:
        model = SETTINGS.new_model(dataset.vocabulary.word_to_idx, dataset.feature_dim)
        return CaptioningSolver(
            model, data, "adam", {"learning_rate": 1e-3}, batch_size=128, num_epochs=1000, verbose=False,
            rng=np.random.default_rng(0),
        )  # fmt: skip

    times = in_turn(
        {"rows": block_of(step_on(by_row).step), "memory": block_of(step_on(in_memory).step)},
        rounds,
        STEPS_AT_ONCE,
    )
    print(f"step with features by row / from memory: {ratio(times['rows'], times['memory'])}; bound 1.03")


def main() -> None:
    parser = argparse.ArgumentParser(description="Train on all of COCO for a while.")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as written:
        folder = arguments.folder
        if folder is None:
            folder = Path(written)
            write_stand_in(folder)
        dataset = CocoDataset.open(folder)
        a_run(dataset, arguments.seconds)
        by_row_over_memory(dataset, arguments.rounds)
        dataset.close()


if __name__ == "__main__":
    main()
