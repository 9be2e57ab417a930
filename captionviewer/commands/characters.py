"""`captionviewer characters`: words and characters trained side by side."""

import argparse
import dataclasses
import json
import math
import threading
from typing import TYPE_CHECKING

from captionviewer import console
from captionviewer.commands import ExitCode
from captionviewer.commands.in_thread import run_in_thread
from captionviewer.commands.models_and_data import add_data_arguments, open_data
from captionviewer.commands.status_line import StatusLine

if TYPE_CHECKING:
    from captionviewer.core.characters.comparison import Comparison

DESCRIPTION = (
    "Train a network on words and one on characters from the same captions, side by side, and tell what was "
    "measured of each: symbols, steps, parameters, time, losses, and the words that they write."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `captionviewer characters`."""
    from captionviewer.core.network.cells import CELLS

    parser.add_argument("--cell", choices=(*CELLS, "both"), default="rnn", help="which cell (default: rnn)")
    parser.add_argument(
        "--steps", type=int, default=300, metavar="N", help="minibatches of 50 captions (300)"
    )
    parser.add_argument("--hidden", type=int, default=256, metavar="N", help="hidden size (256)")
    parser.add_argument("--seed", type=int, default=231, metavar="N", help="of all that is drawn (231)")
    parser.add_argument(
        "--photos", type=int, default=200, metavar="N", help="photos of val captioned at the end (200)"
    )
    parser.add_argument("--json", action="store_true", help="tell all that was measured as JSON")
    add_data_arguments(parser)


def run(chosen: argparse.Namespace) -> int:
    """Train both and return the exit code."""
    from captionviewer.core.characters.comparison import Plan
    from captionviewer.core.characters.side_by_side import SideBySide
    from captionviewer.core.network.cells import CELLS

    for name in ("steps", "hidden", "photos"):
        if getattr(chosen, name) < 1:
            console.complain(f"--{name}: at least 1 is needed")
            return ExitCode.BAD_ARGUMENT
    if chosen.seed < 0:
        console.complain("--seed: a whole number from 0 on is needed")
        return ExitCode.BAD_ARGUMENT
    plan = Plan(
        cells=tuple(CELLS) if chosen.cell == "both" else (chosen.cell,),
        steps=chosen.steps,
        hidden_dim=chosen.hidden,
        seed=chosen.seed,
        photos=chosen.photos,
    )
    stopped, line = threading.Event(), StatusLine(10.0)
    made: list[Comparison] = []
    latest: list[Comparison] = []
    quiet = chosen.json and not console.on_terminal()  # lines of progress would stand in the JSON's way
    with open_data(chosen) as dataset:

        def work() -> None:
            both = SideBySide(dataset, plan)
            found = both.run(stop=stopped.is_set, report=lambda now: latest.__setitem__(slice(None), [now]))
            if found is not None:
                made.append(found)

        def look() -> None:
            if latest and not quiet:
                line.show(f"{latest[0].share:4.0%}")

        try:
            run_in_thread(work, stopped.set, look)
        finally:
            line.end()
    if not made:
        return ExitCode.INTERRUPTED
    console.tell(_as_json(made[0]) if chosen.json else _as_text(made[0]))
    return ExitCode.DONE


def _as_text(comparison: "Comparison") -> str:
    from captionviewer.core.characters.figures import WHY_NATS_A_CAPTION, answers, figures

    rows = [("", *(side.name for side in comparison.sides))]
    rows += [(figure.title, *figure.cells) for figure in figures(comparison)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(widths[0]) if column == 0 else cell.rjust(widths[column])
            for column, cell in enumerate(row)
        )
        for row in rows
    ]
    for side in comparison.sides:
        if side.written is not None and side.written.invented:
            lines.append(f"invented ({side.name}): {', '.join(side.written.invented)}")
    return "\n".join([*lines, "", WHY_NATS_A_CAPTION, *answers(comparison)])


def _as_json(comparison: "Comparison") -> str:
    def clean(value: object) -> object:
        if isinstance(value, float) and not math.isfinite(value):
            return None
        if isinstance(value, dict):
            return {key: clean(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [clean(each) for each in value]
        return value

    return json.dumps(clean(dataclasses.asdict(comparison)), indent=1, ensure_ascii=False, allow_nan=False)
