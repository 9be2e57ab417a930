"""The shelf: every training run kept by itself, in the user's data folder.

A run has a folder of its own: `run.npz` (the run file), `summary.json` (what a list shows, so that two
hundred runs are listed without opening one) and `label.json` (name and pin, written by people's wishes
only). Whoever writes a run holds the lock beside them: a run whose lock is free and that says it is running
was killed, and is listed with what it had. Two windows share a shelf: neither writes what the other holds.

Models are kept of the newest runs and of pinned ones; past the size limit the oldest that are not pinned go.

(Past 400 lines: a folder's layout, its locks and its limits are one protocol.)
"""

import contextlib
import json
import logging
import re
import secrets
import shutil
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from captionviewer.core.amounts import format_bytes
from captionviewer.core.atomic_file import write_atomically
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.file_lock import held_alone, hold
from captionviewer.core.saved.checked_fields import is_finite_number
from captionviewer.core.saved.run_file import open_run, save_run
from captionviewer.core.training.run_record import OUTCOMES, RunRecord
from captionviewer.core.training.run_scores import RunScores
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.core.user_folders import data_folder, is_folder, read_remembered

if TYPE_CHECKING:
    import filelock

MODELS_KEPT = 10
MOST_BYTES = 2 * 1024**3
MOST_RUNS = 1000
LONGEST_NAME = 80
ENDS = ("finished", "stopped", "failed")
_RUN, _SUMMARY, _LABEL, _LOCK = "run.npz", "summary.json", "label.json", "lock"
_MOST_JSON = 64 * 1024
_KEY = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}\Z")

_log = logging.getLogger(__name__)


class _HeldElsewhere(Exception):
    """Somebody else holds an entry's lock."""


class ShelfError(CaptionviewerError):
    """Something on the shelf that can't be done; `str()` is the whole message for people."""


@dataclass(frozen=True)
class ShelvedRun:
    """What a list shows of a run.

    Attributes
    ----------
    key
        the name of its folder.
    name
        what the user called it; "" for the name that is made of what differs.
    pinned
        whether it is never cleared away.
    settings
        None where its summary is damaged.
    outcome
        as in `RunRecord`, or "killed": it was running and nobody holds it any more.
    live
        whether somebody writes it now.
    best_val, last_loss
        nats a word; None: not known.
    cider
        CIDEr-D of its model, where somebody had it scored; None else.
    has_model, can_continue
        what its file holds.
    num_bytes
        what it takes on the disk.
    problem
        what is wrong with the entry, in words for people; "" else.
    """

    key: str
    name: str = ""
    pinned: bool = False
    settings: TrainingSettings | None = None
    data_name: str = ""
    data_digest: str = ""
    iteration: int = 0
    num_iterations: int = 0
    outcome: str = "damaged"
    reason: str = ""
    started: float = 0.0
    seconds: float = 0.0
    best_val: float | None = None
    last_loss: float | None = None
    cider: float | None = None
    num_edits: int = 0
    has_model: bool = False
    can_continue: bool = False
    live: bool = False
    num_bytes: int = 0
    problem: str = ""


_SUMMED = (
    "data_name", "data_digest", "iteration", "num_iterations", "outcome", "reason", "started", "seconds",
    "best_val", "last_loss", "cider", "num_edits", "has_model", "can_continue",
)  # fmt: skip


_SAMPLES = asdict(ShelvedRun(""))
_SETTINGS = frozenset(item.name for item in fields(TrainingSettings))


class ShelfPlace:
    """A run's place on the shelf, held by whoever trains it: `keep` is what a `TrainingRun` calls."""

    def __init__(self, folder: Path, lock: "filelock.FileLock") -> None:
        self.folder = folder
        self._lock = lock

    @property
    def key(self) -> str:
        """The name of the run's folder."""
        return self.folder.name

    def keep(self, record: RunRecord) -> None:
        """Write the run as it is now, and let go of it when it has ended; RunFileError as `save_run`."""
        save_run(self.folder / _RUN, record)
        _write_json(self.folder / _SUMMARY, _summary(record))
        if record.outcome in ENDS:
            self.release()

    def release(self) -> None:
        """Let go of the run; may be called twice. A place where nothing was kept is given back."""
        if not self._lock.is_locked:
            return
        self._lock.release()
        if not (self.folder / _RUN).exists():
            shutil.rmtree(self.folder, ignore_errors=True)


class ShelfKeeper:
    """Keeps one run on a shelf: what a `TrainingRun` calls, in its writer's thread.

    The place is made with the first record and not before, since a shelf may lie on a disk that takes its
    time. The newest record stays in memory, so that the run can go on whatever the disk says: until `leave`.
    """

    def __init__(self, shelf: "RunShelf", key: str | None = None) -> None:
        """Keep a new run; or go on with the one of that key."""
        self._shelf, self._key = shelf, key
        self._place: ShelfPlace | None = None
        self.last: RunRecord | None = None
        self.failed = False  # whether what is newest could not be written
        self._is_kept = False  # whether the record of the run's end is written
        self._is_left = False
        self._scores: RunScores | None = None  # that came while the run went on
        self._writing = threading.Lock()  # scores come from another thread than records

    @property
    def key(self) -> str | None:
        """The run's key on the shelf; None before the first record was written."""
        return self._key

    def __call__(self, record: RunRecord) -> None:
        """Keep a record.  ShelfError, RunFileError: it could not be written."""
        with self._writing:
            self._keep(record if self._scores is None else replace(record, scores=self._scores))
        if record.outcome in ENDS:
            self._shelf.tidy()

    def _keep(self, record: RunRecord) -> None:
        self.last = record
        try:
            if self._place is None:
                self._place = self._shelf.begin() if self._key is None else self._shelf.go_on(self._key)
                self._key = self._place.key
            self._place.keep(record)
        except BaseException:
            self.failed = True
            raise
        self.failed = False
        self._is_kept = record.outcome in ENDS
        self._drop_what_was_left()

    def keep_scores(self, scores: RunScores) -> None:
        """Keep what a model of the run scored: now, or with the next record while it goes on."""
        with self._writing:
            self._scores, last = scores, self.last
            has_ended = self._is_kept or (last is not None and last.outcome in ENDS)
            if not has_ended or self._key is None:
                return
            if self.failed and last is not None:  # the place is still ours
                self._keep(replace(last, scores=scores))
            else:
                self._shelf.keep_scores(self._key, scores)
                self.last = None if last is None else replace(last, scores=scores)
                self._drop_what_was_left()

    def leave(self) -> None:
        """Say that nobody goes on with this run from here: its record stays until it is written, no longer.

        A write that is under way is not waited for.
        """
        self._is_left = True
        self._drop_what_was_left()

    def _drop_what_was_left(self) -> None:
        if self._is_left and self._is_kept and not self.failed:
            self.last = None

    def release(self) -> None:
        """Let go of the run and its newest record, when nothing is written any more."""
        self.last = None
        if self._place is not None:
            self._place.release()


class RunShelf:
    """All runs that were kept in a folder.

    Every method may be called from any thread, and from several programs at once.
    """

    def __init__(self, folder: Path | None = None, *, most_bytes: int = MOST_BYTES) -> None:
        """Look into `folder`, which need not be there; None: that of the user."""
        self.folder = data_folder() / "runs" if folder is None else folder
        self.most_bytes = most_bytes

    # ---- writing -------------------------------------------------------------------------------

    def begin(self) -> ShelfPlace:
        """Make a place for a new run.  ShelfError: nothing can be written there."""
        key = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"
        try:
            folder = self.folder / key
            folder.mkdir(parents=True)
            return ShelfPlace(folder, _held(folder))
        except (OSError, _HeldElsewhere) as problem:
            raise ShelfError(
                f"Runs can't be kept in {self.folder}: {getattr(problem, 'strerror', None) or problem}. Make"
                " room there or let it be written to; until then a model is kept only if you save it."
            ) from problem

    def go_on(self, key: str) -> ShelfPlace:
        """Take the place of a run that is continued.  ShelfError: it is gone, or somebody trains it now."""
        folder = self._entry(key)
        try:
            return ShelfPlace(folder, _held(folder))
        except _HeldElsewhere as problem:
            raise ShelfError("This run is being trained in another window. Stop it there first.") from problem
        except OSError as problem:
            raise ShelfError(
                f"{folder} can't be written to: {getattr(problem, 'strerror', None) or problem}."
            ) from problem

    def add(self, record: RunRecord) -> str:
        """Put a run of somebody else, or of a file, on the shelf; return its key."""
        place = self.begin()
        try:
            ended = (
                record if record.outcome not in ("running", "paused") else replace(record, outcome="stopped")
            )
            place.keep(ended)
        finally:
            place.release()
        return place.key

    def rename(self, key: str, name: str) -> None:
        """Call a run by a name; "" gives it back the one that is made of what differs."""
        self._relabel(key, "name", " ".join(name.split())[:LONGEST_NAME])

    def pin(self, key: str, pinned: bool) -> None:
        """Keep a run and its model whatever the limits say, or not any more."""
        self._relabel(key, "pinned", pinned)

    def keep_scores(self, key: str, scores: RunScores) -> None:
        """Keep with a run what its model scored.  ShelfError, RunFileError: it can't be written."""
        place = self.go_on(key)
        try:
            place.keep(replace(self.open(key), scores=scores))
        finally:
            place.release()

    def delete(self, key: str) -> None:
        """Delete a run and nothing else.  ShelfError: it is being trained, or can't be deleted."""
        folder = self._entry(key)
        try:
            with _holding(folder):
                for name in (_SUMMARY, _LABEL, _RUN):
                    (folder / name).unlink(missing_ok=True)
            shutil.rmtree(folder)
        except _HeldElsewhere as problem:
            raise ShelfError("A run that is being trained can't be deleted. Stop it first.") from problem
        except OSError as problem:
            raise ShelfError(
                f"{folder} could not be deleted: {getattr(problem, 'strerror', None) or problem}."
            ) from problem

    def empty(self) -> int:
        """Delete all runs that are neither pinned nor being trained; return how many went."""
        gone = 0
        for run in self.runs():
            if not run.pinned and not run.live:
                self.delete(run.key)
                gone += 1
        return gone

    def tidy(self) -> None:
        """Drop models past the newest ten, then whole runs past the size limit; pinned and live ones stay.

        What can't be done is passed over: it is tried again at the next run.
        """
        runs = [run for run in self.runs() if not run.live]
        loose = [run for run in runs if not run.pinned]
        for run in loose[MODELS_KEPT:]:
            if run.has_model:
                with contextlib.suppress(CaptionviewerError, OSError, _HeldElsewhere):
                    self._drop_model(run.key)
        sizes = {run.key: _bytes_in(self.folder / run.key) for run in runs}
        total = sum(sizes.values())
        for number, run in reversed(list(enumerate(loose))):
            if total <= self.most_bytes and number < MOST_RUNS:
                break
            with contextlib.suppress(CaptionviewerError):
                self.delete(run.key)
                total -= sizes[run.key]

    # ---- reading -------------------------------------------------------------------------------

    def runs(self) -> list[ShelvedRun]:
        """All runs, the newest first; one whose entry is damaged says so and hides no other."""
        try:
            names = sorted((path.name for path in self.folder.iterdir()), reverse=True)
        except OSError:
            return []
        found = (self._summary_of(self.folder / name) for name in names if _KEY.match(name))
        return [run for run in found if run is not None]

    def open(self, key: str, *, whole: bool = True) -> RunRecord:
        """Read a run, as `open_run`.  ShelfError: there is none."""
        return open_run(self._entry(key) / _RUN, whole=whole)

    def num_bytes(self) -> int:
        """What all runs take on the disk."""
        return sum(run.num_bytes for run in self.runs())

    def limit_words(self) -> str:
        """What is kept how long, for people."""
        return (
            f"Every run is kept in {self.folder}; the models of the last {MODELS_KEPT} runs and of pinned"
            f" ones. Past {format_bytes(self.most_bytes)} the oldest that are not pinned go."
        )

    # ---- inside --------------------------------------------------------------------------------

    def _entry(self, key: str) -> Path:
        folder = self.folder / key
        if not _KEY.match(key) or not is_folder(folder):
            raise ShelfError("This run is not on the shelf any more.")
        return folder

    def _relabel(self, key: str, name: str, value: object) -> None:
        folder = self._entry(key)
        try:
            _write_json(folder / _LABEL, {**_label(folder), name: value})
        except OSError as problem:
            raise ShelfError(f"{folder} can't be written to: {problem.strerror or problem}.") from problem

    def _drop_model(self, key: str) -> None:
        folder = self._entry(key)
        with _holding(folder):
            record = open_run(folder / _RUN, whole=False)  # without models and state
            record = replace(record, model=None, state=None, best=None, state_problem="")
            save_run(folder / _RUN, record)
            _write_json(folder / _SUMMARY, _summary(record))

    def _summary_of(self, folder: Path) -> ShelvedRun | None:
        label = _label(folder)
        run = ShelvedRun(folder.name, str(label.get("name", "")), bool(label.get("pinned", False)))
        try:
            told = json.loads(read_remembered(folder / _SUMMARY, _MOST_JSON))
            run = ShelvedRun(run.key, run.name, run.pinned, **_checked(told))
        except FileNotFoundError:
            if not (folder / _RUN).exists():
                return None  # a place where nothing was kept yet
            return replace(run, problem=f"{folder / _SUMMARY} is missing. The run file is beside it.")
        except (OSError, ValueError, TypeError, RecursionError) as problem:
            _log.warning("a damaged entry of the shelf: %s: %s", folder, problem)
            return replace(run, problem=f"{folder / _SUMMARY} is damaged. The run file is beside it.")
        if run.outcome in ("running", "paused"):
            live = _is_held(folder)
            run = replace(run, live=live, outcome=run.outcome if live else "killed")
        with contextlib.suppress(OSError):
            run = replace(run, num_bytes=(folder / _RUN).stat().st_size)
        return run


def shelved(key: str, record: RunRecord, name: str) -> ShelvedRun:
    """How a list shows a run that lies elsewhere, pinned."""
    return ShelvedRun(key, name, True, **_checked(_summary(record)))


def _summary(record: RunRecord) -> dict[str, object]:
    best = record.best_validation
    return {
        "settings": asdict(record.settings),
        "data_name": record.data_name,
        "data_digest": record.data_digest,
        "iteration": record.iteration,
        "num_iterations": record.num_iterations,
        "outcome": record.outcome,
        "reason": record.reason[:1000],
        "started": record.started,
        "seconds": record.seconds_trained,
        "best_val": best.val if best is not None else None,
        "last_loss": float(record.losses_per_word[-20:].mean()) if len(record.losses_per_word) else None,
        "cider": record.scores.values.get("cider_d") if record.scores is not None else None,
        "num_edits": len(record.edits),
        "has_model": record.model is not None,
        "can_continue": record.state is not None,
    }


def _checked(told: object) -> dict[str, Any]:
    """The fields of a summary; ValueError where they are not what `_summary` writes."""
    if not isinstance(told, dict) or not isinstance(told.get("settings"), dict):
        raise ValueError("not a summary")
    settings = TrainingSettings(**{k: v for k, v in told["settings"].items() if k in _SETTINGS})
    if settings.problems(None):
        raise ValueError("settings that can't be")
    found = {name: told[name] for name in _SUMMED if name in told}
    for name, value in found.items():
        sample = _SAMPLES[name]
        if name in ("best_val", "last_loss", "cider"):
            fine = value is None or is_finite_number(value)
        elif isinstance(sample, float):
            fine = is_finite_number(value)
        else:
            fine = type(value) is type(sample)
        if not fine:
            raise ValueError(f"{name} is {value!r}")
    if found.get("outcome") not in OUTCOMES:
        raise ValueError("an outcome that can't be")
    return {"settings": settings, **found}


def _label(folder: Path) -> Mapping[str, object]:
    try:
        told = json.loads(read_remembered(folder / _LABEL, _MOST_JSON))
    except (OSError, ValueError, RecursionError):
        return {}
    known = told if isinstance(told, dict) else {}
    name = known.get("name")
    found: dict[str, object] = {}
    if isinstance(name, str):  # half a letter could not be written again
        found["name"] = name.encode("utf-8", "replace").decode("utf-8")
    if known.get("pinned") is True:
        found["pinned"] = True
    return found


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    write_atomically(path, json.dumps(content, ensure_ascii=False, allow_nan=False).encode("utf-8"))


def _held(folder: Path) -> "filelock.FileLock":
    """The entry's lock, held; _HeldElsewhere where somebody else holds it, OSError where none can be."""
    return hold(folder / _LOCK, _HeldElsewhere(), required=True, within_s=0)


def _holding(folder: Path) -> AbstractContextManager[None]:
    return held_alone(folder / _LOCK, _HeldElsewhere(), required=True, within_s=0)


def _is_held(folder: Path) -> bool:
    try:
        _held(folder).release()
    except _HeldElsewhere:
        return True
    except OSError:
        return False
    return False


def _bytes_in(folder: Path) -> int:
    total = 0
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            total += path.stat().st_size
    return total
