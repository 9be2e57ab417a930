"""The run that comes with the program: the storybook's preset, trained once, with all that was kept of it."""

import contextlib
import hashlib
import json
from dataclasses import asdict, replace
from functools import cache

import numpy as np

from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.network.parameter_shapes import PARAMETER_NAMES
from captionviewer.core.saved.run_file import open_run
from captionviewer.core.saved.run_shelf import RunShelf, ShelvedRun, shelved
from captionviewer.core.training.run_record import RunRecord
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.resources import resource

NAME = "storybook/run.npz"
MOST_BYTES = 6_000_000
KEY = "shipped"  # in lists of runs; no run on a shelf has it
TITLE = "Storybook, comes with captionviewer"
DIGEST = "b6dd4793003a53b58d56d035f2fb3afc3de50ac93f7d8659342ebdd06adbee2b"


def shipped_run(*, whole: bool = True) -> RunRecord:
    """The run that comes with the program; without its model unless `whole`.

    Raises
    ------
    RunFileError, FileNotFoundError
        The program's own file is damaged or gone.
    """
    return open_run(resource(NAME), whole=whole)


def listed_runs(shelf: RunShelf) -> list[ShelvedRun]:
    """All runs on a shelf, the newest first, and the one that comes with the program."""
    runs = shelf.runs()
    with contextlib.suppress(CaptionviewerError, FileNotFoundError):  # the others are listed without it
        runs.append(_shipped_entry())
    return runs


def open_listed(shelf: RunShelf, key: str, *, whole: bool = True) -> RunRecord:
    """Read a run of `listed_runs`, as `RunShelf.open`."""
    return shipped_run(whole=whole) if key == KEY else shelf.open(key, whole=whole)


@cache
def _shipped_entry() -> ShelvedRun:
    entry = shelved(KEY, shipped_run(whole=False), TITLE)
    return replace(entry, has_model=True, num_bytes=resource(NAME).stat().st_size)


def digest_of_run(record: RunRecord) -> str:
    """SHA-256 of all in a run that its seed decides; not of when, how fast and with what it was computed."""
    default = asdict(TrainingSettings())  # left out, so that a setting to come does not change it
    chosen = {name: value for name, value in asdict(record.settings).items() if value != default[name]}
    found = hashlib.sha256(json.dumps(chosen, sort_keys=True).encode())
    found.update(record.data_digest.encode())
    columns = (record.losses, record.losses_per_word, record.rates, record.gradient_norms)
    for column in (record.caption_rows, *columns):
        found.update(np.ascontiguousarray(column).tobytes())
    for point in record.validation:
        found.update(np.array([point.iteration, point.train, point.val], dtype="<f4").tobytes())
    if record.stops is not None:
        found.update(np.asarray(record.stops.iterations, dtype="<i8").tobytes())
        found.update(np.asarray(record.stops.captions, dtype="<i4").tobytes())
    if record.model is not None:
        for name in PARAMETER_NAMES:
            found.update(np.ascontiguousarray(record.model.params[name]).tobytes())
    if record.scores is not None:
        found.update(json.dumps([record.scores.made, dict(record.scores.values)], sort_keys=True).encode())
    return found.hexdigest()
