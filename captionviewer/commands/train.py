"""`captionviewer train`: the window's training run without the window, to the same numbers.

On a terminal one line tells how far it is; elsewhere a line is written now and then. Ctrl+C ends the run at
a step boundary and keeps what was learned.
"""

import argparse
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from captionviewer import console
from captionviewer.commands import ExitCode
from captionviewer.commands.arguments import file_to_write, named_file, same_file
from captionviewer.commands.in_thread import run_in_thread
from captionviewer.commands.models_and_data import add_data_arguments, open_data
from captionviewer.commands.status_line import StatusLine

if TYPE_CHECKING:
    from captionviewer.core.training.events import TerminalEvent
    from captionviewer.core.training.run import TrainingRun
    from captionviewer.core.training.run_record import RunRecord
    from captionviewer.core.training.settings import SettingValue, TrainingSettings

DESCRIPTION = (
    "Train a captioning network and save it as one file. The same settings, data and seed give the model "
    "that the window gives. Ctrl+C ends the run early and saves what was learned."
)
_LINE_EVERY_S = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `captionviewer train`."""
    parser.add_argument(
        "--out",
        type=file_to_write,
        metavar="MODEL",
        help="where the model goes, as in model.npz; needed unless something is listed",
    )
    parser.add_argument(
        "--preset",
        metavar="NAME",
        help="settings to begin with, by their name in the window (default: the notebook's overfit); "
        "--preset list names them",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=_assignment,
        metavar="NAME=VALUE",
        dest="changes",
        help="change one setting, as in --set hidden_dim=256; may be repeated; --set list=all names them",
    )
    parser.add_argument(
        "--run",
        type=file_to_write,
        metavar="RUN",
        help="keep the run itself in a file, now and then and at its end, as in run.npz: it can be opened, "
        "compared and continued",
    )
    parser.add_argument(
        "--resume",
        type=named_file,
        metavar="RUN",
        help="go on with a run that was kept (and keep it there), for more epochs with --set num_epochs=N",
    )
    parser.add_argument(
        "--characters",
        action="store_true",
        help="spell the captions: the network reads and writes characters in place of words",
    )
    add_data_arguments(parser)


def run(chosen: argparse.Namespace) -> int:
    """Train and save, and return the exit code."""
    from captionviewer.core.coco.vocabulary import are_characters
    from captionviewer.core.training.settings import DataFacts

    if chosen.preset == "list" or ("list", "all") in chosen.changes:
        _list_settings()
        return ExitCode.DONE
    if chosen.out is None:
        console.complain("--out is needed: the file that the model goes to, as in --out model.npz")
        return ExitCode.BAD_ARGUMENT
    path: Path = chosen.out if chosen.out.suffix == ".npz" else chosen.out.with_name(chosen.out.name + ".npz")
    if path.is_dir():
        console.complain(f"{path} is a folder: give --out another name")
        return ExitCode.BAD_ARGUMENT
    for kept in (chosen.run, chosen.resume):
        if kept is not None and same_file(path, kept):
            console.complain(f"{path} can't be both the model and the run: give --out another name")
            return ExitCode.BAD_ARGUMENT
    record = None
    if chosen.resume is not None:
        from captionviewer.core.saved.run_file import open_run

        if chosen.preset or any(name != "num_epochs" for name, _ in chosen.changes):
            console.complain("a run is continued with its own settings; only --set num_epochs=N may be given")
            return ExitCode.BAD_ARGUMENT
        record = open_run(chosen.resume)
    settings = _settings(chosen, record.settings if record is not None else None)
    if isinstance(settings, str):
        console.complain(settings)
        return ExitCode.BAD_ARGUMENT
    spelled = chosen.characters or (record is not None and are_characters(record.vocabulary))
    with open_data(chosen, in_characters=spelled) as dataset:
        problems = settings.problems(DataFacts.of(dataset))
        if problems:
            console.complain(" ".join(f"{name}: {words}" for name, words in problems.items()))
            return ExitCode.BAD_ARGUMENT
        return _train(settings, dataset, path, record, chosen.run or chosen.resume)


def _train(
    settings: "TrainingSettings",
    dataset: "object",
    path: Path,
    record: "RunRecord | None",
    kept_in: Path | None,
) -> int:
    from captionviewer.core.coco.dataset import CocoDataset
    from captionviewer.core.network.cells import CELLS
    from captionviewer.core.saved.model_file import SavedModel, save_model
    from captionviewer.core.saved.run_file import save_run
    from captionviewer.core.training.events import RunFailed, RunFinished
    from captionviewer.core.training.run import TrainingRun
    from captionviewer.core.training.run_record import how_exactly
    from captionviewer.core.training.watched_photos import NUM_WATCHED

    assert isinstance(dataset, CocoDataset)
    training = TrainingRun(
        settings,
        dataset,
        watch_trained=NUM_WATCHED,  # as in the window, where the saved model is looked at later
        keep=None if kept_in is None else lambda kept: save_run(kept_in, kept),
        go_on_from=record,
    )
    cell = CELLS[settings.cell_type].name
    if record is None:
        console.tell(f"Training an {cell} on {dataset.folder.name}, seed {settings.seed}.")
    else:
        console.tell(
            f"Going on with an {cell} on {dataset.folder.name} from iteration {record.iteration:,},"
            f" {how_exactly(record, training.machine)}."
        )
    line = StatusLine(_LINE_EVERY_S)
    began = time.monotonic()
    training.start()
    try:
        run_in_thread(training.wait, training.stop, lambda: line.show(_progress_words(training)))
    finally:
        training.stop()  # where the output went away, too: what was learned is saved below
        training.wait()
        line.end()
    outcome, not_kept = _outcome(training)
    if not_kept:
        console.complain(not_kept)
    snapshot = training.snapshot()
    if isinstance(outcome, RunFailed):
        console.complain(outcome.reason)
    if snapshot is None or snapshot.iteration == 0:
        console.complain("nothing was learned, so no model was saved")
        return ExitCode.FAILED if isinstance(outcome, RunFailed) else ExitCode.INTERRUPTED
    saved = SavedModel.of_run(training, snapshot)
    save_model(path, saved)
    loss = float(saved.words_history[-1]) if len(saved.words_history) else float("nan")
    console.tell(
        f"{snapshot.iteration:,} iterations in {time.monotonic() - began:.1f} s, "
        f"loss {loss:.3f} nats a word at the last; saved to {path}"
    )
    if isinstance(outcome, RunFinished):
        return ExitCode.DONE
    return ExitCode.FAILED if isinstance(outcome, RunFailed) else ExitCode.INTERRUPTED


def _outcome(training: "TrainingRun") -> "tuple[TerminalEvent | None, str]":
    """How the run ended, and why it could not be kept ("" where it was)."""
    from captionviewer.core.training.events import RunFailed, RunFinished, RunNotKept, RunStopped

    events = training.take_events()
    ends = [event for event in events if isinstance(event, RunFinished | RunStopped | RunFailed)]
    reasons = [event.reason for event in events if isinstance(event, RunNotKept)]
    return ends[-1] if ends else None, "".join(reasons[:1])


def _progress_words(training: "TrainingRun") -> str:
    from captionviewer.core.amounts import format_duration

    progress = training.progress()
    if not progress.num_iterations:
        return "preparing"
    losses = training.history.since(max(0, len(training.history) - 20))[2]
    parts = [f"iteration {progress.iteration:,} of {progress.num_iterations:,}"]
    if len(losses):
        parts.append(f"loss {float(losses.mean()):.3f} nats a word")
    parts.append(f"learning rate {progress.learning_rate:.3g}")
    if progress.steps_per_second:
        parts.append(f"{progress.steps_per_second:.1f} steps/s")
    if progress.seconds_left is not None:
        parts.append(f"{format_duration(progress.seconds_left)} left")
    return ", ".join(parts)


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} sets nothing: write NAME=VALUE, as in seed=7")
    return name.strip(), value.strip()


def _settings(
    chosen: argparse.Namespace, of_run: "TrainingSettings | None" = None
) -> "TrainingSettings | str":
    """The settings that the arguments ask for, or what is wrong with them; `of_run` stands for a preset."""
    from captionviewer.core.training.settings import FIELD_NAMED, NOTEBOOK_PRESET, PRESETS

    preset = chosen.preset or NOTEBOOK_PRESET
    known = {name.casefold(): name for name in PRESETS}
    found = known.get(preset.casefold())
    if found is None:
        return f"there is no preset {preset!r}; there are: {', '.join(PRESETS)}"
    changes: dict[str, SettingValue] = {}
    for name, text in chosen.changes:
        if name not in FIELD_NAMED:
            return f"there is no setting {name!r}; there are: {', '.join(FIELD_NAMED)}"
        value = _value(FIELD_NAMED[name].kind, text)
        if isinstance(value, ValueError):
            return f"{name}: {value}"
        changes[name] = value
    settings = replace(of_run or PRESETS[found], **changes)  # type: ignore[arg-type]  # judged on the next line
    problems = settings.problems(None)
    return " ".join(f"{name}: {words}" for name, words in problems.items()) if problems else settings


def _value(kind: str, text: str) -> "SettingValue | ValueError":
    if kind == "choice":
        return text
    if kind == "flag":
        words = {"true": True, "yes": True, "on": True, "1": True}
        words |= {"false": False, "no": False, "off": False, "0": False}
        found = words.get(text.casefold())
        return ValueError(f"{text!r} is neither yes nor no") if found is None else found
    if (kind, text.casefold()) in (("integer_or_all", "all"), ("number_or_off", "off")):
        return None
    is_number = kind in ("number", "signed", "number_or_off")
    try:
        return float(text) if is_number else int(text)
    except ValueError:
        return ValueError(f"{text!r} is not a {'number' if is_number else 'whole number'}")


def _list_settings() -> None:
    from captionviewer.core.training.settings import FIELD_NAMED, FIELDS, PRESETS

    console.tell("Presets:")
    for name in PRESETS:
        console.tell(f"  {name}")
    console.tell("Settings, with their values in each preset:")
    for item in fields(next(iter(PRESETS.values()))):
        if item.name in FIELD_NAMED:
            values = [str(getattr(preset, item.name)) for preset in PRESETS.values()]
            none = "off" if FIELD_NAMED[item.name].kind == "number_or_off" else "all"
            values = [none if value == "None" else value for value in values]
            console.tell(f"  {item.name}: {', '.join(values)}")
    choices = [
        f"{field.name} is one of {', '.join(v for v, _ in field.choices)}"
        for field in FIELDS
        if field.choices
    ]
    console.tell("; ".join(choices) + ".")
