"""Training beside another program that wants a core: with the choice of threads, and without.

    python benchmarks/busy_machine.py [FOLDER] [--seconds 10]

One busy process runs beside; RNN, hidden 512, batch 25. Printed are the steps per second of a run that
chooses its threads (`core/training/product_threads`) over those of a run that leaves all threads to NumPy's
library, and the same on the machine as it is otherwise, where the choice must cost nothing.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from timing.captions import caption_data

from captionviewer.core import CaptioningRNN, CaptioningSolver
from captionviewer.core.training.product_threads import ProductThreads


class AllThreads:
    """No choice: what the library does by itself."""

    def use_one(self) -> None:
        pass

    def use_all(self) -> None:
        pass


def steps_a_second(solver: CaptioningSolver[CaptioningRNN], seconds: float, *, choosing: bool) -> float:
    steps, began = 0, time.perf_counter()
    with ProductThreads(None if choosing else AllThreads()) as threads:
        while (before := time.perf_counter()) - began < seconds:
            solver.step()
            threads.took(time.perf_counter() - before)
            steps += 1
    return steps / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each of the four runs")
    args = parser.parse_args()
    data = caption_data(args.folder)
    model = CaptioningRNN(data["word_to_idx"], 512, 256, 512, "rnn", rng=np.random.default_rng(0))
    solver = CaptioningSolver(model, data, "adam", batch_size=25, num_epochs=10_000, verbose=False)
    steps_a_second(solver, 1, choosing=False)
    for busy in (0, 1):
        others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
        try:
            time.sleep(0.5)
            without = steps_a_second(solver, args.seconds, choosing=False)
            chosen = steps_a_second(solver, args.seconds, choosing=True)
        finally:
            for other in others:
                other.kill()
                other.wait()
        beside = "beside a busy process" if busy else "on the machine as it is"
        print(
            f"{beside}: {chosen:.0f} steps/s where the run chooses its threads, {without:.0f} with all of "
            f"them: {chosen / without:.2f} times"
        )


if __name__ == "__main__":
    main()
