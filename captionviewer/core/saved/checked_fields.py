"""The parts of a stranger's file that models and runs have in common, each checked before it is believed."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields

import numpy as np

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.vocabulary import LARGEST_VOCABULARY, SPECIAL_WORDS, is_word
from captionviewer.core.network.parameter_shapes import parameter_shapes
from captionviewer.core.number_archive import ArchiveError, NumberArchive, PlainArray
from captionviewer.core.training.settings import TrainingSettings

# Real ones take 0.02 to 1 MB. Parsed, JSON takes many times its size, and the window stands still meanwhile.
MOST_ABOUT_BYTES = 4 * 1024**2
_ADDED_SETTINGS = (
    "clip_norm",
    "validation_captions",
    "wh_scale",
    "forget_bias",
    "blind",
)  # older files were trained with what is the default now


def about_in(archive: NumberArchive, form: str, what: str, newest: int) -> Mapping[str, object]:
    """The description of a file of this form, of a version up to `newest`; `what` names it to people."""
    shape = archive.shape("about")
    if archive.dtype("about") != np.uint8 or len(shape) != 1 or shape[0] > MOST_ABOUT_BYTES:
        raise ArchiveError("its description is not the text that captionviewer writes")
    try:
        about = json.loads(archive.read("about").tobytes().decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise ArchiveError("its description is not the text that captionviewer writes") from problem
    if not isinstance(about, dict) or about.get("format") != form:
        raise ArchiveError(f"its description does not say that it is a captionviewer {what}")
    version = whole_number_in(about, "version")
    if version > newest:
        raise ArchiveError(
            f"it was saved by a newer captionviewer (format {version}; this one reads up to {newest})."
            " Update captionviewer"
        )
    return about


def is_finite_array(numbers: PlainArray | FloatArray) -> bool:
    """Whether none is NaN or infinite; takes no memory: a model may be as large as what is free."""
    return not numbers.size or bool(np.isfinite(numbers.min()) and np.isfinite(numbers.max()))


def is_finite_number(value: object) -> bool:
    """Whether it is a number that a float can hold: JSON takes whole numbers of any length."""
    try:
        return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
    except OverflowError:
        return False


def settings_in(about: Mapping[str, object]) -> TrainingSettings:
    """The training settings, checked; ArchiveError where they are missing or wrong."""
    stored = about.get("settings")
    if not isinstance(stored, dict):
        raise ArchiveError("its training settings are missing")
    names = [item.name for item in fields(TrainingSettings)]
    missing = [name for name in names if name not in stored and name not in _ADDED_SETTINGS]
    if missing:
        raise ArchiveError(f"its training settings lack {', '.join(missing)}")
    settings = TrainingSettings(**{name: stored[name] for name in names if name in stored})
    problems = settings.problems(None)
    if problems:
        raise ArchiveError(f"its training settings are wrong: {next(iter(problems.values())).rstrip('.')}")
    return settings


def vocabulary_in(about: Mapping[str, object]) -> list[str]:
    """The words by their ids, checked; ArchiveError where they can't be a vocabulary."""
    words = about.get("vocabulary")
    if not isinstance(words, list) or not 1 <= len(words) <= LARGEST_VOCABULARY:
        raise ArchiveError("its vocabulary is missing or of an impossible size")
    if not all(map(is_word, words)):
        raise ArchiveError("its vocabulary holds something that is not a word")
    if len(set(words)) != len(words):
        raise ArchiveError("its vocabulary has a word twice")
    lacking = [word for word in SPECIAL_WORDS if word not in words]
    if lacking:
        raise ArchiveError(f"its vocabulary lacks {', '.join(lacking)}")
    return words


def check_shapes(
    archive: NumberArchive,
    settings: TrainingSettings,
    input_dim: int,
    num_words: int,
    dtype: np.dtype[np.float32 | np.float64],
    before: str = "",
) -> None:
    """ArchiveError where a parameter is not of the shape and type that the settings ask for.

    `before` stands before the parameters' names in the file.
    """
    wanted = parameter_shapes(
        settings.cell_type, num_words, input_dim, settings.wordvec_dim, settings.hidden_dim
    )
    for parameter, shape in wanted.items():
        name = before + parameter
        if archive.shape(name) != shape:
            raise ArchiveError(
                f"its {name} has the shape {archive.shape(name)} where its settings ask for {shape}"
            )
        if archive.dtype(name) != dtype:
            raise ArchiveError(f"its {name} is {archive.dtype(name).name} where the model is {dtype.name}")


def column_in(archive: NumberArchive, name: str, dtype: np.dtype[np.float32 | np.int64]) -> PlainArray:
    """A column of finite numbers; ArchiveError where it is something else."""
    if len(archive.shape(name)) != 1 or archive.dtype(name) != dtype:
        raise ArchiveError(f"its {name} is not a column of {dtype.name} numbers")
    values = archive.read(name)
    if not is_finite_array(values):
        raise ArchiveError(f"its {name} holds NaN or infinite numbers")
    return values


def whole_number_in(about: Mapping[str, object], name: str) -> int:
    """A whole number below 2**53; ArchiveError where it is something else."""
    value = about.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise ArchiveError(f"its {name} is not a whole number")
    return value


def text_in(about: Mapping[str, object], name: str) -> str:
    """A short text; ArchiveError where it is something else."""
    value = about.get(name)
    if not isinstance(value, str) or len(value) > 1000:
        raise ArchiveError(f"its {name} is not a text")
    return value
