"""What looking at a run costs it: validation, watched captions and their stops, against none of them.

    python benchmarks/looking_at_a_run.py [--seconds 20] [--rounds 3] [--steps 20000] [--no-memory]

No window. The storybook with its preset (LSTM, hidden 384, batch 50); two runs, one with all of it on and 24
photos watched, one with all off, which take turns of some seconds: each is let on and paused. Printed are

- the steps a second of the one over those of the other, and the processor's time for a step, against 5 %:
  2 % for validation, 1 % for watched captions, 2 % for the copies that are kept of the run;
- the growth of anonymous memory between step 2,000 and the last of a small model's run with all of it on
  (some minutes, which --no-memory leaves out), against 20 MB.
"""

import argparse
import statistics
import time
from dataclasses import replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.storybook.shipped import storybook_folder
from captionviewer.core.training.caption_stops import MOST_PHOTOS
from captionviewer.core.training.events import RunState
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import PRESETS, STORYBOOK_PRESET, TrainingSettings

SETTINGS = replace(PRESETS[STORYBOOK_PRESET], num_epochs=100_000)
SMALL = replace(SETTINGS, hidden_dim=64, wordvec_dim=32, batch_size=10)
MOST_COST = 0.05
MOST_MEGABYTES = 20.0


def anonymous_megabytes() -> float:
    """The process's anonymous memory now (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not say how much anonymous memory a process has")


def paused_run(dataset: CocoDataset, settings: TrainingSettings, photos: int) -> TrainingRun:
    """A run that waits after its first step."""
    run = TrainingRun(settings, dataset, watch_trained=photos)
    run.step_once()
    while run.state is not RunState.PAUSED:
        time.sleep(0.01)
    return run


def one_turn(run: TrainingRun, seconds: float) -> tuple[float, float]:
    """Let a run go on so long: steps a second, and the processor's milliseconds for a step."""
    before, began, worked = run.progress().iteration, time.perf_counter(), time.process_time()
    run.resume()
    time.sleep(seconds)
    steps = run.progress().iteration - before
    took, used = time.perf_counter() - began, time.process_time() - worked
    run.pause()
    while run.state is not RunState.PAUSED:
        time.sleep(0.005)
    run.take_events()
    return steps / took, 1000 * used / max(steps, 1)


def measure_cost(dataset: CocoDataset, seconds: float, rounds: int) -> None:
    # one thread: how many are worth while is tried by the run itself, at other times in each
    with threadpool_limits(1):
        measure_cost_in_one_thread(dataset, seconds, rounds)


def measure_cost_in_one_thread(dataset: CocoDataset, seconds: float, rounds: int) -> None:
    looked_at = paused_run(dataset, SETTINGS, MOST_PHOTOS - 2)
    alone = paused_run(dataset, replace(SETTINGS, validation_captions=0), 0)
    one_turn(looked_at, 2.0)
    one_turn(alone, 2.0)
    speeds, works = [], []
    before = dict(looked_at._callbacks.seconds())
    for _ in range(rounds):
        other_speed, other_work = one_turn(alone, seconds)
        speed, work = one_turn(looked_at, seconds)
        speeds.append(1 - speed / other_speed)
        works.append(work / other_work - 1)
        print(f"  {speed:.2f} steps/s looked at, {other_speed:.2f} alone; {work:.1f} and {other_work:.1f} ms")
    parts = {name: took - before[name] for name, took in looked_at._callbacks.seconds().items()}
    shares = {name: took / (seconds * rounds) for name, took in parts.items()}
    told = ", ".join(f"{name} {share:.2%}" for name, share in shares.items())
    print(f"  of the time by its own clock: {told}; together {sum(shares.values()):.2%}")
    for run in (looked_at, alone):
        run.stop()
        run.wait()
    stops = looked_at.caption_stops()
    assert stops is not None
    print(
        f"looking costs {statistics.median(speeds):+.1%} of the steps a second and"
        f" {statistics.median(works):+.1%} of the processor's time for a step; bound {MOST_COST:.0%}"
        f" ({len(looked_at.validation.points())} validation points, {len(stops)} stops of"
        f" {len(stops.photos)} photos)"
    )


def measure_memory(dataset: CocoDataset, steps: int) -> None:
    run = TrainingRun(SMALL, dataset, watch_trained=MOST_PHOTOS - 2)
    run.start()
    while run.progress().iteration < 2_000:
        time.sleep(0.1)
        run.take_events()
    before = anonymous_megabytes()
    while run.progress().iteration < steps:
        time.sleep(0.1)
        run.take_events()
    grown = anonymous_megabytes() - before
    stops = run.caption_stops()
    run.stop()
    run.wait()
    print(
        f"memory from step 2,000 to {steps:,}: {grown:+.1f} MB; bound {MOST_MEGABYTES:g} MB"
        f" ({len(run.validation.points())} validation points, {len(stops) if stops else 0} stops)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Time what looking at a run costs.")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--no-memory", action="store_true")
    args = parser.parse_args()
    with CocoDataset.open(storybook_folder()) as dataset:
        measure_cost(dataset, args.seconds, args.rounds)
        if not args.no_memory:
            measure_memory(dataset, args.steps)


if __name__ == "__main__":
    main()
