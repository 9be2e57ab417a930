"""Kill a program that trains at random instants, and look what the shelf has of its run.

    python benchmarks/kills.py [--kills 200] [--seed 1]

No window. A child trains a small network on the storybook and keeps it on a shelf, where a checkpoint comes
every few seconds by the clock; it is killed (SIGKILL) at a random instant, by a seed, and the next child goes
on from what is there. Every time the run must be listed, opened whole, lose no more than the clock says (what
was trained since the last checkpoint) and go on. Printed are the kills, the checkpoints that were found and
the most seconds of training that one kill took.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from captionviewer.core.saved.run_shelf import RunShelf
from captionviewer.core.training.checkpoints import LEAST_S, SHARE

MOST_LOST_S = 3 * LEAST_S  # the clock's interval, a write under way, and a busy machine
EVERY_S = 0.2  # the child's interval: so that many checkpoints are met in their writing

CHILD = """
import sys, time
from pathlib import Path
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.saved.run_shelf import RunShelf, ShelfKeeper
from captionviewer.core.storybook.shipped import storybook_folder
from captionviewer.core.training import checkpoints
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import TrainingSettings

checkpoints.LEAST_S = float(sys.argv[2])
shelf = RunShelf(Path(sys.argv[1]))
sizes = {"hidden_dim": 96, "wordvec_dim": 48, "num_captions": 200, "batch_size": 10}
settings = TrainingSettings(**sizes, num_epochs=100_000)
runs = shelf.runs()
before = shelf.open(runs[0].key) if runs else None
keeper = ShelfKeeper(shelf, runs[0].key if runs else None)
with CocoDataset.open(storybook_folder()) as dataset:
    run = TrainingRun(settings, dataset, keep=keeper, go_on_from=before)
    run.start()
    while True:
        time.sleep(0.05)
        print(len(run.history), float(run.history.seconds()[-1]) if len(run.history) else 0.0, flush=True)
"""


def one_kill(shelf: Path, wait_s: float) -> float:
    """Train for a while, kill, and return the seconds of training that are lost."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(shelf), str(EVERY_S)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    kept = RunShelf(shelf)
    before = kept.runs()[0].iteration if kept.runs() else 0
    steps = -1
    while not kept.runs() or steps <= before:  # nothing can be lost before the first checkpoint
        first = child.stdout.readline()
        assert first, "the program that trains ended by itself"
        steps = int(first.split()[0])
    time.sleep(wait_s)
    os.kill(child.pid, signal.SIGKILL)
    said = (first + child.stdout.read()).splitlines()
    child.wait()
    trained = float([line for line in said if len(line.split()) == 2][-1].split()[1])
    (run,) = kept.runs()
    assert run.outcome == "killed" and not run.problem, run
    record = kept.open(run.key)
    assert record.state is not None and record.model is not None and record.iteration == len(record.losses)
    return max(0.0, trained - record.seconds_trained)


def main() -> None:
    """Kill as often as asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    with tempfile.TemporaryDirectory() as folder:
        lost, iterations = [], []
        for _ in range(chosen.kills):
            lost.append(one_kill(Path(folder), float(rng.uniform(0, 2))))
            iterations.append(RunShelf(Path(folder)).runs()[0].iteration)
        assert iterations == sorted(iterations), "a run went back"
    print(f"{chosen.kills} kills, seed {chosen.seed}: every time the run was whole and went on")
    print(f"trained to iteration {iterations[-1]:,}; a kill lost {max(lost):.2f} s of training at most")
    print(f"(in the program a checkpoint comes every {LEAST_S:g} s at the least, at {SHARE:.0%} of the time)")
    if max(lost) > MOST_LOST_S:
        raise SystemExit(f"more than {MOST_LOST_S:g} s were lost")


if __name__ == "__main__":
    main()
