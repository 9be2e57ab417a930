"""`captionviewer evaluate`: the window's table of scores without the window."""

import argparse
import json
import math
import threading
from typing import TYPE_CHECKING

from captionviewer import console
from captionviewer.commands import ExitCode
from captionviewer.commands.arguments import SPLITS, named_file
from captionviewer.commands.decoding_arguments import add_decoding_arguments, open_to_decode
from captionviewer.commands.in_thread import run_in_thread
from captionviewer.commands.models_and_data import add_data_arguments
from captionviewer.commands.status_line import StatusLine

if TYPE_CHECKING:
    from captionviewer.core.evaluation.scorecard import Row, Scorecard

DESCRIPTION = (
    "Score a saved model's captions beside four baselines: the nearest training photo's caption, one human, "
    "the commonest caption, and the model without the photo. The last line says how the figures were made."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `captionviewer evaluate`."""
    parser.add_argument("model", type=named_file, metavar="MODEL", help="a model saved by captionviewer")
    parser.add_argument("--split", choices=SPLITS, default="val", help="which photos (default: val)")
    parser.add_argument(
        "--photos", type=int, metavar="N", help="score N photos, drawn by the seed (default: all that can be)"
    )
    parser.add_argument("--json", action="store_true", help="tell the table as JSON")
    parser.add_argument(
        "--count-unknown", action="store_true", help="let a generated <UNK> count as a word that can be right"
    )
    add_decoding_arguments(parser)
    add_data_arguments(parser)


def run(chosen: argparse.Namespace) -> int:
    """Score the model and return the exit code."""
    from captionviewer.core.evaluation.scored_photos import ScoredPhotos
    from captionviewer.core.evaluation.scoring import make_scorecard

    if chosen.photos is not None and chosen.photos < 1:
        console.complain("--photos: at least 1 photo is scored")
        return ExitCode.BAD_ARGUMENT
    opened = open_to_decode(chosen)
    if opened is None:
        return ExitCode.BAD_ARGUMENT
    saved, dataset, decoding = opened
    with dataset:
        if chosen.photos is None:
            photos = ScoredPhotos.of(dataset, chosen.split)
        else:
            photos = ScoredPhotos.drawn(dataset, chosen.split, chosen.photos, chosen.seed)
        stopped = threading.Event()
        line = StatusLine(10.0)
        made: list[Scorecard] = []
        told = [""]

        def work() -> None:
            card = make_scorecard(
                saved.model,
                photos,
                decoding,
                unknown_matches=chosen.count_unknown,
                stop=stopped.is_set,
                report=lambda share, step: told.__setitem__(0, f"{share:4.0%} {step}"),
            )
            if card is not None:
                made.append(card)

        # Lines of progress would stand in the way of who reads the JSON.
        quiet = chosen.json and not console.on_terminal()
        try:
            run_in_thread(work, stopped.set, lambda: None if quiet or not told[0] else line.show(told[0]))
        finally:
            line.end()
    if not made:
        return ExitCode.INTERRUPTED
    console.tell(_as_json(made[0]) if chosen.json else _as_table(made[0]))
    return ExitCode.DONE


def _as_table(card: "Scorecard") -> str:
    from captionviewer.core.evaluation.metrics import METRICS

    header = ["", *(metric.title for metric in METRICS)]
    lines = [header]
    for row in card.rows:
        lines.append([row.title, *(_number(row.values[metric.key], metric.decimals) for metric in METRICS)])
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    text = [
        "  ".join(
            cell.ljust(widths[0]) if column == 0 else cell.rjust(widths[column])
            for column, cell in enumerate(line)
        )
        for line in lines
    ]
    return "\n".join([*text, card.made])


def _number(value: float, decimals: int) -> str:
    return "-" if math.isnan(value) else f"{value:,.{decimals}f}"


def _as_json(card: "Scorecard") -> str:
    content = {
        "photos": len(card.photos),
        "split": card.photos.split,
        "decoding": card.decoding.words(),
        "made": card.made,
        "rows": {row.name: _row(row) for row in card.rows},
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)


def _row(row: "Row") -> dict[str, object]:
    values = {key: None if math.isnan(value) else float(value) for key, value in row.values.items()}
    intervals = {key: [float(each.low), float(each.high)] for key, each in row.intervals.items()}
    return {"title": row.title, "values": values, "intervals": intervals}
