"""What the view Runs costs: a list of 200 runs, and eight curves of 50,000 points drawn anew.

    python benchmarks/runs_compared.py

Offscreen. Printed are, as medians of several rounds,

- reading the list of 200 runs from the shelf and showing it, against 0.1 s;
- drawing eight runs of 50,000 iterations anew, as when another one is pointed at, against 50 ms;
- making their curves from the histories, which a thread does.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from captionviewer.core.saved.run_shelf import RunShelf
from captionviewer.core.saved.shipped_run import listed_runs, shipped_run
from captionviewer.core.training.run_comparison import curve_of
from captionviewer.core.training.run_record import RunRecord
from captionviewer.ui.training.runs.run_curves import PlottedRun, RunCurves
from captionviewer.ui.training.runs.run_table import RunTable

NUM_RUNS, MOST_LIST_S = 200, 0.1
NUM_CURVES, NUM_POINTS, MOST_DRAW_S = 8, 50_000, 0.05
ROUNDS = 9


def median_seconds(work: Callable[[], object]) -> float:
    """The median time of some rounds, after one that is not counted."""
    work()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def long_run(number: int) -> RunRecord:
    """A run of 50,000 iterations, as falling noise."""
    rng = np.random.default_rng(number)
    steps = np.arange(1, NUM_POINTS + 1)
    losses = (1 + 5 * np.exp(-steps / (4000 + 900 * number)) + 0.2 * rng.random(NUM_POINTS)).astype(
        np.float32
    )
    record = shipped_run(whole=False)
    return replace(record, losses_per_word=losses, seconds=(steps / 30).astype(np.float32))


def main() -> None:
    """Measure both."""
    app = QApplication([])
    light = shipped_run(whole=False)
    with tempfile.TemporaryDirectory() as folder:
        shelf = RunShelf(Path(folder))
        for number in range(NUM_RUNS):
            shelf.add(replace(light, settings=replace(light.settings, seed=number)))
        table = RunTable()
        table.resize(600, 400)
        table.show()

        def show_list() -> None:
            table.show_runs(listed_runs(shelf))
            app.processEvents()

        list_s = median_seconds(show_list)
    print(f"list of {NUM_RUNS} runs: {1000 * list_s:.0f} ms (bound {1000 * MOST_LIST_S:.0f})")
    records = [long_run(number) for number in range(NUM_CURVES)]
    made = median_seconds(lambda: [curve_of(record, "iteration") for record in records])
    plot = RunCurves()
    plot.resize(900, 500)
    plot.show_runs(
        [PlottedRun(f"run {n}", curve_of(record, "iteration")) for n, record in enumerate(records)]
    )
    plot.show()
    app.processEvents()
    bold = 0

    def draw() -> None:
        nonlocal bold
        bold = (bold + 1) % NUM_CURVES
        plot.set_bold(bold)
        plot.repaint()

    draw_s = median_seconds(draw)
    bound = 1000 * MOST_DRAW_S
    print(f"{NUM_CURVES} curves of {NUM_POINTS:,} points drawn: {1000 * draw_s:.1f} ms (bound {bound:.0f})")
    print(f"their curves made, in a thread: {1000 * made:.0f} ms")
    if list_s > MOST_LIST_S or draw_s > MOST_DRAW_S:
        raise SystemExit("past a bound")


if __name__ == "__main__":
    main()
