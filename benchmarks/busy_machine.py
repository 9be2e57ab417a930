"""A training step beside programs that want a core, as in a lecture, over the step of a quiet machine.

    python benchmarks/busy_machine.py [FOLDER] [--seconds 6] [--busy 2]

Hidden 512, batch 25, RNN and LSTM, Adam. Printed are a step on one thread of the machine as it is, the step
as it is (two threads), the same beside the busy processes from the first step on, and its ratio to the
one-thread step (bound: 1.5).
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits
from timing.captions import caption_data

from captionviewer.core import CaptioningRNN, CaptioningSolver

BOUND = 1.5


def seconds_a_step(solver: CaptioningSolver[CaptioningRNN], seconds: float) -> float:
    steps, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        solver.step()
        steps += 1
    return (time.perf_counter() - began) / steps


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=6.0, help="length of each of the runs")
    parser.add_argument("--busy", type=int, default=2, help="busy processes beside")
    args = parser.parse_args()
    data = caption_data(args.folder)
    for cell in ("rnn", "lstm"):
        model = CaptioningRNN(data["word_to_idx"], 512, 256, 512, cell, rng=np.random.default_rng(0))
        solver = CaptioningSolver(model, data, "adam", batch_size=25, num_epochs=10_000, verbose=False)
        seconds_a_step(solver, 1)
        with threadpool_limits(limits=1, user_api="blas"):
            one = seconds_a_step(solver, args.seconds)
        two = seconds_a_step(solver, args.seconds)
        others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(args.busy)]
        try:
            time.sleep(0.3)
            busy = seconds_a_step(solver, args.seconds)
        finally:
            for other in others:
                other.kill()
                other.wait()
        print(
            f"{cell}: {1e3 * one:.1f} ms a step on one thread, {1e3 * two:.1f} on two; beside {args.busy} "
            f"busy processes {1e3 * busy:.1f}: {busy / one:.2f} times the former "
            f"({'kept' if busy <= BOUND * one else 'NOT KEPT'}: {BOUND})"
        )


if __name__ == "__main__":
    main()
