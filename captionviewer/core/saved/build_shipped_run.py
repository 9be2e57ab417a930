"""Make the run that comes with the program: `make run-file`, some minutes.

Everything in it but its seconds follows from the seed, bit for bit where the same NumPy computes it: captions
and validation are due by a clock of steps.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.evaluation.scored_photos import ScoredPhotos
from captionviewer.core.evaluation.scoring import make_scorecard
from captionviewer.core.saved.run_file import save_run
from captionviewer.core.saved.shipped_run import MOST_BYTES, digest_of_run
from captionviewer.core.storybook.shipped import storybook_folder
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.run_record import RunRecord
from captionviewer.core.training.run_scores import RunScores
from captionviewer.core.training.settings import PRESETS, STORYBOOK_PRESET, TrainingSettings
from captionviewer.core.training.watched_photos import NUM_WATCHED

SECONDS_A_STEP = 0.03  # of the clock of steps: what a step takes on a usual machine
SCORED_SEED = 231


def build(dataset: CocoDataset, settings: TrainingSettings = PRESETS[STORYBOOK_PRESET]) -> RunRecord:
    """Train the preset and score it; without what it takes to go on, which would triple the file."""
    kept: list[RunRecord] = []
    run = TrainingRun(
        settings,
        dataset,
        watch_trained=NUM_WATCHED,
        keep=kept.append,
        clock=lambda: SECONDS_A_STEP * run.progress().iteration,
    )
    run.start()
    run.wait()
    record = kept[-1]
    assert record.outcome == "finished" and record.model is not None, record.reason
    card = make_scorecard(record.model, ScoredPhotos.drawn(dataset, "val", 400, SCORED_SEED))
    assert card is not None
    scores = RunScores.of(card, record.iteration)
    return replace(record, state=None, best=None, best_iteration=0, scores=scores)


def main() -> None:
    """Build it from the storybook that is shipped."""
    parser = argparse.ArgumentParser(description="Train the storybook's preset and write its run file.")
    parser.add_argument("out", type=Path)
    out: Path = parser.parse_args().out
    with CocoDataset.open(storybook_folder()) as dataset:
        record = build(dataset)
    save_run(out, record)
    size = out.stat().st_size
    print(f"{size:,} bytes of {MOST_BYTES:,}; digest {digest_of_run(record)}")  # noqa: T201


if __name__ == "__main__":
    main()
