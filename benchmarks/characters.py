"""A step on characters beside one on words, a position: bound 1.3; the same captions, spelled.

Before it, what the window waits for when data is opened in characters: all captions spelled, and of the
storybook the texts behind `<UNK>` told anew.

    python benchmarks/characters.py [FOLDER] [--rounds 5] [--cases rnn:50,lstm:50] [--hidden 384]

FOLDER is a data folder; without it the storybook. A position is a timestep of a caption that counts in the
loss. The two are timed in turn, a block each, and given as the median of the rounds' ratios.
"""

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
from timing.in_turn import Block, block_of, in_turn, ratio

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.folder_layout import SPLITS
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.storybook import storybook_folder
from captionviewer.core.storybook.full_texts import in_characters_in_full

W, STEPS = 128, 8


def solver_on(face: CocoDataset, cell: str, n: int, hidden: int) -> CaptioningSolver[CaptioningRNN]:
    model = CaptioningRNN(
        face.vocabulary.word_to_idx, face.feature_dim, W, hidden, "lstm" if cell == "lstm" else "rnn",
        rng=np.random.default_rng(0),
    )  # fmt: skip
    config, rng = {"learning_rate": 1e-3}, np.random.default_rng(1)
    return CaptioningSolver(
        model, face.training_data(), "adam", config, batch_size=n, num_epochs=10_000, verbose=False, rng=rng
    )


def positions(face: CocoDataset) -> float:
    """Timesteps of a training caption, the mean."""
    return float((face.split("train").captions[:, 1:] != face.vocabulary.null).sum(axis=1).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description="Time a step on characters beside one on words.")
    parser.add_argument("folder", nargs="?", type=Path, help="a data folder; without it, the storybook")
    parser.add_argument("--rounds", type=int, default=5, help=f"blocks of {STEPS} steps for each side")
    parser.add_argument("--cases", default="rnn:50,lstm:50", help="cell:batch size, ...")
    parser.add_argument("--hidden", type=int, default=384, help="hidden size")
    args = parser.parse_args()
    with CocoDataset.open(args.folder or storybook_folder()) as words:
        began = time.perf_counter()
        faces = {"words": words, "characters": in_characters_in_full(words)}
        captions = sum(words.split(split).num_captions for split in SPLITS)
        print(f"{captions:,} captions spelled in {time.perf_counter() - began:.2f} s")
        longer = positions(faces["characters"]) / positions(words)
        print(f"a caption has {longer:.2f} times as many characters as words, <END> included")
        for case in args.cases.split(","):
            cell, batch = case.split(":")
            sides: dict[str, Block] = {
                name: block_of(solver_on(face, cell, int(batch), args.hidden).step)
                for name, face in faces.items()
            }
            times = in_turn(sides, args.rounds, STEPS)
            told = ", ".join(f"{name} {statistics.median(each):.1f} ms" for name, each in times.items())
            a_position = [each / longer for each in times["characters"]]
            print(f"{cell}, batch {batch}: {told}")
            print(f"  characters / words, a position: {ratio(a_position, times['words'])}; bound 1.3")


if __name__ == "__main__":
    main()
