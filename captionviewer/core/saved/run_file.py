"""A training run on disk: one `.npz` with its settings, histories, captions at stops and changes, and, while
that is kept, its model, the best one, and what it takes to go on.

As with a model file there is no pickle anywhere: whoever opens a run of somebody else runs nothing of theirs,
and every part is checked before it is believed. A file whose state is damaged opens without it and says so.

(Past 400 lines: what is written and what is checked when it is read stand beside each other.)
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import cast

import numpy as np

from captionviewer.core.amounts import format_bytes
from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.feature_kinds import FEATURES, feature_kind_named
from captionviewer.core.coco.vocabulary import NULL
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.network import optim
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.parameter_shapes import PARAMETER_NAMES
from captionviewer.core.network.solver_state import GeneratorState, SolverState
from captionviewer.core.number_archive import ArchiveError, NumberArchive, PlainArray, write_archive
from captionviewer.core.saved.checked_fields import (
    MOST_ABOUT_BYTES,
    about_in,
    check_shapes,
    column_in,
    is_finite_array,
    is_finite_number,
    settings_in,
    text_in,
    vocabulary_in,
    whole_number_in,
)
from captionviewer.core.saved.model_file import MOST_BYTES, ROOM_BYTES, SavedModel
from captionviewer.core.saved.progress_arrays import (
    read_norms,
    read_progress,
    written_norms,
    written_progress,
)
from captionviewer.core.saved.stored_scores import read_scores, written_scores
from captionviewer.core.training.available_memory import available_memory
from captionviewer.core.training.run_record import OUTCOMES, Machine, RunRecord
from captionviewer.core.training.setting_edits import EDITABLE, MOST_EDITS, SettingEdit
from captionviewer.core.training.settings import FIELD_NAMED, TrainingSettings, value_problem

FORMAT = "captionviewer run"
VERSION = 1
_COLUMNS = ("losses", "losses_per_word", "rates", "gradient_norms", "seconds")
_MAY_BE_UNKNOWN = ("gradient_norms", "seconds")


class RunFileError(CaptionviewerError):
    """A run file that can't be opened or written; `str()` is the whole message for people."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


def save_run(path: Path, record: RunRecord) -> None:
    """Write a run, beside its place first and then renamed; RunFileError when that is not possible."""
    about: dict[str, object] = {
        "format": FORMAT,
        "version": VERSION,
        "settings": asdict(record.settings),
        "vocabulary": list(record.vocabulary),
        "data_name": record.data_name,
        "feature_kind": record.feature_kind,
        "data_digest": record.data_digest,
        "iteration": record.iteration,
        "num_iterations": record.num_iterations,
        "iterations_per_epoch": record.iterations_per_epoch,
        "unigram_nats": record.unigram_nats,
        "edits": [[edit.iteration, edit.name, edit.value, edit.before] for edit in record.edits],
        "outcome": record.outcome,
        "reason": record.reason[:1000],
        "started": record.started,
        "machine": asdict(record.machine),
        "model": None,
        "best": None,
        "state": None,
        "parameter_norms": record.parameter_norms is not None,
        "scores": written_scores(record.scores),
    }
    arrays: dict[str, PlainArray] = {
        name: np.asarray(getattr(record, name), dtype="<f4") for name in _COLUMNS
    }
    arrays["caption_rows"] = np.asarray(record.caption_rows, dtype="<i8")
    arrays |= written_progress(record.validation, record.stops)
    if record.parameter_norms is not None:
        arrays |= written_norms(record.parameter_norms)
    for part, model, iteration in (
        ("model", record.model, record.model_iteration),
        ("best", record.best, record.best_iteration),
    ):
        if model is not None:
            about[part] = {
                "iteration": iteration,
                "dtype": np.dtype(model.dtype).name,
                "features": model.input_dim,
            }
            for name in PARAMETER_NAMES:
                arrays[_member(part, name)] = model.params[name]
    if record.state is not None and record.model is not None:
        about["state"] = _state_in_words(record.state)
        for memory, of_each in record.state.memory.items():
            for name in PARAMETER_NAMES:
                arrays[_member(memory, name)] = of_each[name]
    text = json.dumps(about, ensure_ascii=False, allow_nan=False).encode("utf-8")
    if len(text) > MOST_ABOUT_BYTES:
        raise RunFileError(
            path,
            f"The run was not saved to {path}: its description takes {format_bytes(len(text))} of text,"
            f" more than the {format_bytes(MOST_ABOUT_BYTES)} that would be opened again.",
        )
    try:
        write_archive(path, {"about": np.frombuffer(text, dtype=np.uint8), **arrays})
    except OSError as problem:
        raise RunFileError(
            path,
            f"The run could not be saved to {path}: {problem.strerror or problem}. Make room there, or choose"
            " another place.",
        ) from problem


def is_run_file(path: Path) -> bool:
    """Whether a file says that it is a run, of whatever version; False where it can't be read, too."""
    try:
        with NumberArchive(path) as archive:
            about_in(archive, FORMAT, "run", newest=2**53)
    except (OSError, ArchiveError, MemoryError):
        return False
    return True


def open_run(path: Path, *, whole: bool = True) -> RunRecord:
    """Read a run file, checking it as a stranger's.

    Parameters
    ----------
    path
        The file.
    whole
        False leaves models and state in the file: what is compared does not need them.

    Raises
    ------
    RunFileError
        What is wrong with it, and what to do.
    """
    try:
        if not path.is_file():
            raise RunFileError(
                path, f"{path} is not there, or is no file. Choose a run saved by captionviewer."
            )
        if path.stat().st_size > MOST_BYTES:
            raise RunFileError(path, f"{path} is larger than any run: it was not opened.")
        with NumberArchive(path) as archive:
            free = available_memory()
            if whole and free is not None and archive.num_bytes + ROOM_BYTES > free:
                raise RunFileError(
                    path,
                    f"{path} takes {format_bytes(archive.num_bytes)} of memory and {format_bytes(free)} are"
                    " free. Close other programs and open it again.",
                )
            return _read(archive, whole)
    except OSError as problem:
        raise RunFileError(path, f"{path} could not be read: {problem.strerror or problem}.") from problem
    except MemoryError as problem:
        raise RunFileError(path, f"{path} is too large for the memory that is free.") from problem
    except ArchiveError as problem:
        raise RunFileError(
            path, f"{path} can't be opened as a run: {problem}. Choose a run saved by captionviewer (.npz)."
        ) from problem


def model_of(record: RunRecord, *, best: bool = False) -> SavedModel | None:
    """A run's model, or its best one, as a model file would hold it; None where it was not kept."""
    model, iteration = (
        (record.best, record.best_iteration) if best else (record.model, record.model_iteration)
    )
    if model is None:
        return None
    return SavedModel(
        model=model,
        settings=record.settings,
        iteration=iteration,
        loss_history=record.losses[:iteration],
        words_history=record.losses_per_word[:iteration],
        rates_history=record.rates[:iteration],
        caption_rows=record.caption_rows,
        data_name=record.data_name,
        feature_kind=record.feature_kind,
        data_digest=record.data_digest,
        validation=record.validation,
        stops=record.stops,
    )


def _member(part: str, parameter: str) -> str:
    return f"{part}_{parameter}"


def _state_in_words(state: SolverState) -> dict[str, object]:
    generator = state.generator
    return {
        "epoch": state.epoch,
        "iterations_this_epoch": state.iterations_this_epoch,
        "learning_rate": state.learning_rate,
        "clip_norm": state.clip_norm,
        "updates": state.updates,
        # 128 bits are more than other readers of JSON take for a number
        "generator": [str(generator.state), str(generator.inc), generator.has_uint32, generator.uinteger],
    }


def _read(archive: NumberArchive, whole: bool) -> RunRecord:
    about = about_in(archive, FORMAT, "run", VERSION)
    settings = settings_in(about)
    words = vocabulary_in(about)
    kind = feature_kind_named(about.get("feature_kind"))
    if kind is None:
        raise ArchiveError(f"its kind of features is none of {', '.join(FEATURES)}")
    outcome = about.get("outcome")
    if outcome not in OUTCOMES:
        raise ArchiveError(f"it says neither that it {' nor that it '.join(OUTCOMES)}")
    iteration = whole_number_in(about, "iteration")
    columns = {name: _column(archive, name) for name in _COLUMNS}
    if any(len(column) != iteration for column in columns.values()):
        raise ArchiveError("its histories are not of the length that it says")
    rows = column_in(archive, "caption_rows", np.dtype(np.int64))
    if len(rows) and int(rows.min()) < 0:
        raise ArchiveError("it names captions by negative numbers")
    validation, stops = read_progress(archive, words, words.index(NULL))
    model, model_iteration = _model(archive, about, "model", settings, words, whole)
    best, best_iteration = _model(archive, about, "best", settings, words, whole)
    state, problem = None, ""
    if model is not None and about.get("state") is not None:
        try:
            state = _state(archive, about["state"], settings, model, iteration)
            if model_iteration != iteration:
                raise ArchiveError("its model and its state are of different iterations")
        except ArchiveError as found:  # the model is whole all the same
            state, problem = None, f"what it takes to go on is damaged ({found})"
    return RunRecord(
        settings=settings,
        vocabulary=tuple(words),
        caption_rows=cast(IntArray, rows),
        data_name=text_in(about, "data_name"),
        feature_kind=kind,
        data_digest=text_in(about, "data_digest"),
        iteration=iteration,
        num_iterations=whole_number_in(about, "num_iterations"),
        iterations_per_epoch=max(1, whole_number_in(about, "iterations_per_epoch")),
        losses=columns["losses"],
        losses_per_word=columns["losses_per_word"],
        rates=columns["rates"],
        gradient_norms=columns["gradient_norms"],
        seconds=columns["seconds"],
        edits=_edits(about),
        validation=validation,
        stops=stops,
        unigram_nats=None if about.get("unigram_nats") is None else _number(about, "unigram_nats"),
        outcome=outcome,
        reason=text_in(about, "reason"),
        started=_number(about, "started"),
        machine=_machine(about),
        model=model,
        model_iteration=model_iteration,
        state=state,
        state_problem=problem,
        best=best,
        best_iteration=best_iteration,
        parameter_norms=read_norms(archive, iteration) if about.get("parameter_norms") is True else None,
        scores=read_scores(about.get("scores"), iteration),
    )


def _column(archive: NumberArchive, name: str) -> FloatArray:
    if name not in _MAY_BE_UNKNOWN:
        return cast(FloatArray, column_in(archive, name, np.dtype(np.float32)))
    if len(archive.shape(name)) != 1 or archive.dtype(name) != np.float32:
        raise ArchiveError(f"its {name} is not a column of float32 numbers")
    return cast(FloatArray, archive.read(name))


def _model(
    archive: NumberArchive,
    about: Mapping[str, object],
    part: str,
    settings: TrainingSettings,
    words: list[str],
    whole: bool,
) -> tuple[CaptioningRNN | None, int]:
    facts = about.get(part)
    if facts is None:
        return None, 0
    if not isinstance(facts, dict):
        raise ArchiveError(f"its {part} is not described")
    iteration, features = whole_number_in(facts, "iteration"), whole_number_in(facts, "features")
    dtype = facts.get("dtype")
    if dtype not in ("float32", "float64") or not features or iteration > whole_number_in(about, "iteration"):
        raise ArchiveError(f"its {part} is described as what can't be")
    check_shapes(archive, settings, features, len(words), np.dtype(dtype), f"{part}_")
    if not whole:
        return None, iteration
    params: dict[str, FloatArray] = {}
    for name in PARAMETER_NAMES:
        params[name] = cast(FloatArray, archive.read(_member(part, name)))
        if not is_finite_array(params[name]):
            raise ArchiveError(f"its {_member(part, name)} holds NaN or infinite numbers")
    ids = {word: i for i, word in enumerate(words)}
    return CaptioningRNN.of_params(ids, params, cell_type=settings.cell_type), iteration


def _state(
    archive: NumberArchive,
    told: object,
    settings: TrainingSettings,
    model: CaptioningRNN,
    iteration: int,
) -> SolverState:
    if not isinstance(told, dict):
        raise ArchiveError("it is not described")
    memory: dict[str, dict[str, FloatArray]] = {}
    for array in optim.FACTS[settings.update_rule].memory:
        memory[array] = {}
        for name, parameter in model.params.items():
            member = _member(array, name)
            if archive.shape(member) != parameter.shape or archive.dtype(member) != parameter.dtype:
                raise ArchiveError(f"its {member} is not of its parameter's shape and type")
            memory[array][name] = cast(FloatArray, archive.read(member))
            if not is_finite_array(memory[array][name]):
                raise ArchiveError(f"its {member} holds NaN or infinite numbers")
    return SolverState(
        iteration,
        whole_number_in(told, "epoch"),
        whole_number_in(told, "iterations_this_epoch"),
        cast(float, _setting(told, "learning_rate")),
        _setting(told, "clip_norm"),
        whole_number_in(told, "updates"),
        memory,
        _generator(told.get("generator")),
    )


def _generator(told: object) -> GeneratorState:
    if not isinstance(told, list) or len(told) != 4:
        raise ArchiveError("its random numbers are not described")
    limits = (2**128, 2**128, 2, 2**32)
    numbers = [
        int(number) if isinstance(number, str) and len(number) < 40 and number.isdecimal() else number
        for number in told
    ]
    for number, limit in zip(numbers, limits, strict=True):
        if type(number) is not int or not 0 <= number < limit:
            raise ArchiveError("its random numbers are described as what can't be")
    if not numbers[1] % 2:
        raise ArchiveError("its random numbers have an increment that no generator has")
    return GeneratorState(*numbers)


def _setting(told: Mapping[str, object], name: str) -> float | None:
    value = told.get(name)
    problem = value_problem(FIELD_NAMED[name], value) if _is_plain(value) else "it is no number"  # type: ignore[arg-type]
    if name == "learning_rate" and isinstance(value, float) and 0 <= value < 1e-12:
        problem = None  # it may have decayed below what a run can start with
    if problem is not None:
        raise ArchiveError(f"its {name} can't be: {problem.rstrip('.')}")
    return None if value is None else float(cast(float, value))


def _is_plain(value: object) -> bool:
    return value is None or type(value) in (int, float)


def _edits(about: Mapping[str, object]) -> tuple[SettingEdit, ...]:
    told = about.get("edits")
    if not isinstance(told, list) or len(told) > MOST_EDITS:
        raise ArchiveError("its changes of settings are missing, or too many")
    edits = []
    for one in told:
        if not isinstance(one, list) or len(one) != 4 or one[1] not in EDITABLE or type(one[0]) is not int:
            raise ArchiveError("a change of its settings is none that can be")
        if not 0 <= one[0] < 2**53 or not all(
            number is None or (is_finite_number(number) and number >= 0) for number in one[2:]
        ):
            raise ArchiveError("a change of its settings is to what can't be")
        edits.append(SettingEdit(one[0], one[1], _float(one[2]), _float(one[3])))
    return tuple(edits)


def _float(number: float | None) -> float | None:
    return None if number is None else float(number)


def _number(about: Mapping[str, object], name: str) -> float:
    value = about.get(name)
    if not is_finite_number(value):
        raise ArchiveError(f"its {name} is not a number")
    return float(cast(float, value))


def _machine(about: Mapping[str, object]) -> Machine:
    told = about.get("machine")
    if not isinstance(told, dict):
        raise ArchiveError("it does not say what it was computed with")
    texts = [text_in(told, name) for name in ("captionviewer", "numpy", "python", "products")]
    return Machine(texts[0], texts[1], texts[2], texts[3], whole_number_in(told, "threads"))
