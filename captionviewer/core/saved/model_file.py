"""A trained model on disk: one `.npz` with everything needed to use it, look at it and know where it
came from.

`about` is a JSON text (format version, settings, vocabulary, name of the data set); each parameter is an
array of its own; beside them stand the history of the losses and of the learning rate, and the caption rows
trained on; from format 3 on also the validation losses, and what was said of the watched photos at stops.
Format 1 had no learning rates: they are worked out from the settings. No pickle anywhere: opening a model
that came from someone else runs nothing of theirs, and every part is checked before it is believed.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from captionviewer.core.amounts import format_bytes
from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.caption_digest import digest_of_captions
from captionviewer.core.coco.feature_kinds import FEATURES, FeatureKind, feature_kind_named
from captionviewer.core.coco.vocabulary import NULL, are_characters
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.parameter_shapes import PARAMETER_NAMES
from captionviewer.core.number_archive import ArchiveError, NumberArchive, PlainArray, write_archive
from captionviewer.core.saved.checked_fields import (
    MOST_ABOUT_BYTES,
    about_in,
    check_shapes,
    column_in,
    is_finite_array,
    settings_in,
    text_in,
    vocabulary_in,
    whole_number_in,
)
from captionviewer.core.saved.progress_arrays import read_progress, written_progress
from captionviewer.core.training.available_memory import available_memory
from captionviewer.core.training.caption_stops import RecordedCaptions
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.core.training.validation import ValidationPoint

if TYPE_CHECKING:
    from captionviewer.core.coco.dataset import CocoDataset
    from captionviewer.core.training.events import ModelSnapshot
    from captionviewer.core.training.run import TrainingRun

FORMAT = "captionviewer model"
VERSION = 3
MOST_BYTES = 8 * 1024**3
# What opening takes beside the arrays themselves.
ROOM_BYTES = 64 * 1024**2


class ModelFileError(CaptionviewerError):
    """A model file that can't be opened or written; `str()` is the whole message for people."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True)
class SavedModel:
    """What a model file holds."""

    model: CaptioningRNN
    settings: TrainingSettings
    iteration: int
    loss_history: FloatArray  # (iterations,) float32, loss per caption
    words_history: FloatArray  # (iterations,) float32, loss per word
    rates_history: FloatArray  # (iterations,) float32, the learning rate that each step was made with
    caption_rows: IntArray  # (n,) rows of train_captions trained on
    data_name: str  # of the data set, for people
    feature_kind: FeatureKind
    data_digest: str = field(default="", repr=False)  # of the captions trained on: see caption_digest
    validation: tuple[ValidationPoint, ...] = field(default=(), repr=False)
    stops: RecordedCaptions | None = field(default=None, repr=False)  # what was said of the watched photos

    @classmethod
    def untrained(
        cls, model: CaptioningRNN, settings: TrainingSettings, dataset: "CocoDataset"
    ) -> "SavedModel":
        """A fresh model for a data set, with nothing learned."""
        none: FloatArray = np.empty(0, dtype=np.float32)
        rows: IntArray = np.empty(0, dtype=np.int64)
        return cls(model, settings, 0, none, none, none, rows, dataset.folder.name, dataset.feature_kind)

    @classmethod
    def of_run(cls, run: "TrainingRun", snapshot: "ModelSnapshot") -> "SavedModel":
        """What a run had learned when one of its snapshots was made, with its history up to there."""
        _, losses, losses_per_word = run.history.since(0)
        newest = cls(
            model=snapshot.model,
            settings=run.settings,
            iteration=len(losses),
            loss_history=losses,
            words_history=losses_per_word,
            rates_history=run.history.learning_rates(),
            caption_rows=run.caption_rows,
            data_name=run.dataset.folder.name,
            feature_kind=run.dataset.feature_kind,
            data_digest=run.data_digest,
            validation=run.validation.points(),
            stops=run.caption_stops(),
        )
        return newest.at(snapshot)

    def at(self, snapshot: "ModelSnapshot") -> "SavedModel":
        """What its run had learned when an earlier snapshot was made, with the history up to there."""
        iteration = snapshot.iteration
        return replace(
            self,
            model=snapshot.model,
            iteration=iteration,
            loss_history=self.loss_history[:iteration],
            words_history=self.words_history[:iteration],
            rates_history=self.rates_history[:iteration],
            validation=tuple(point for point in self.validation if point.iteration <= iteration),
            stops=_until(self.stops, iteration),
        )


def _until(stops: RecordedCaptions | None, iteration: int) -> RecordedCaptions | None:
    """The stops that are not after an iteration."""
    if stops is None:
        return None
    kept = stops.iterations <= iteration
    return RecordedCaptions(stops.photos, stops.iterations[kept], stops.captions[kept], stops.null)


def fits(saved: SavedModel, dataset: "CocoDataset") -> str | None:
    """Why the model can't be used with the open data set, in words for people; None when it can."""
    if saved.model.input_dim != dataset.feature_dim:
        kind = FEATURES[saved.feature_kind].name
        return (
            f"The model reads {saved.model.input_dim:,} features a photo ({kind} features of"
            f" {saved.data_name}), but the open data has {dataset.feature_dim:,}. Open the data with its"
            f" {kind} features, or the data the model was trained on."
        )
    if saved.feature_kind != dataset.feature_kind:  # as many numbers a photo, but they mean other things
        kind, open_kind = FEATURES[saved.feature_kind].name, FEATURES[dataset.feature_kind].name
        return (
            f"The model was trained on {kind} features ({saved.data_name}), and the open data is shown with"
            f" its {open_kind} features: to this model they mean nothing. Open the data with its {kind}"
            " features, or train a model on these."
        )
    theirs, ours = saved.model.idx_to_word, dataset.vocabulary.idx_to_word
    of_characters = are_characters(theirs.values())
    if of_characters != dataset.vocabulary.is_of_characters:
        symbols, opened = ("characters", "words") if of_characters else ("words", "characters")
        return (
            f"The model was trained on {symbols}, and the open data is in {opened}."
            f" Open the data in {symbols}: Data > Captions in Characters changes that."
        )
    if len(theirs) != len(ours):
        return (
            f"The model knows {len(theirs):,} words and the open data's vocabulary has {len(ours):,}: they"
            f" don't belong together. Open the data the model was trained on ({saved.data_name})."
        )
    other = next((i for i, word in enumerate(ours) if theirs[i] != word), None)
    if other is not None:
        return (
            f"The model's vocabulary is not the open data's: word {other} is {theirs[other]!r} in the"
            f" model and {ours[other]!r} in the data. Open the data the model was trained on"
            f" ({saved.data_name})."
        )
    return None


def rows_trained_on(saved: SavedModel, dataset: "CocoDataset") -> IntArray:
    """The model's `caption_rows` if they are the same captions in the open data set, else an empty
    array.
    """
    rows = saved.caption_rows
    nothing: IntArray = np.empty(0, dtype=np.int64)
    if not len(rows) or int(rows.max()) >= dataset.split("train").num_captions:
        return nothing
    return rows if digest_of_captions(dataset, rows) == saved.data_digest else nothing


def save_model(path: Path, saved: SavedModel) -> None:
    """Write `saved` to `path`, beside it first and then renamed; ModelFileError when that is not
    possible.
    """
    model = saved.model
    about = {
        "format": FORMAT,
        "version": VERSION,
        "settings": asdict(saved.settings),
        "iteration": saved.iteration,
        "data_name": saved.data_name,
        "feature_kind": saved.feature_kind,
        "data_digest": saved.data_digest,
        "dtype": np.dtype(model.dtype).name,
        "vocabulary": [model.idx_to_word[i] for i in range(len(model.idx_to_word))],
    }
    text = json.dumps(about, ensure_ascii=False, allow_nan=False).encode("utf-8")
    if len(text) > MOST_ABOUT_BYTES:
        raise ModelFileError(
            path,
            f"The model was not saved to {path}: its vocabulary takes {format_bytes(len(text))} of text,"
            f" more than the {format_bytes(MOST_ABOUT_BYTES)} that would be opened again.",
        )
    arrays: dict[str, PlainArray] = {"about": np.frombuffer(text, dtype=np.uint8)}
    for name in PARAMETER_NAMES:
        parameter = model.params[name]
        if not is_finite_array(parameter):
            raise ModelFileError(
                path, f"The model was not saved to {path}: its {name} holds NaN or infinite numbers."
            )
        arrays[name] = parameter
    for name in ("loss_history", "words_history", "rates_history"):
        arrays[name] = np.asarray(getattr(saved, name), dtype="<f4")
    arrays["caption_rows"] = np.asarray(saved.caption_rows, dtype="<i8")
    arrays |= written_progress(saved.validation, saved.stops)
    try:
        write_archive(path, arrays)
    except OSError as problem:
        raise ModelFileError(
            path,
            f"The model could not be saved to {path}: {problem.strerror or problem}. Choose another place.",
        ) from problem


def open_model(path: Path) -> SavedModel:
    """Read a model file, checking it as a stranger's; ModelFileError says what is wrong with it and what
    to do.
    """
    try:
        if not path.is_file():
            raise ModelFileError(
                path, f"{path} is not there, or is no file. Choose a model saved by captionviewer."
            )
        if path.stat().st_size > MOST_BYTES:
            raise ModelFileError(
                path, f"{path} is larger than any model ({MOST_BYTES // 1024**3} GB): it was not opened."
            )
        with NumberArchive(path) as archive:
            _require_memory(path, archive.num_bytes)
            return _read(archive)
    except OSError as problem:
        raise ModelFileError(path, f"{path} could not be read: {problem.strerror or problem}.") from problem
    except MemoryError as problem:
        raise ModelFileError(path, f"{path} is too large for the memory that is free.") from problem
    except ArchiveError as problem:
        raise ModelFileError(
            path,
            f"{path} can't be opened as a model: {problem}. Choose a model saved by captionviewer (.npz).",
        ) from problem


def _require_memory(path: Path, num_bytes: int) -> None:
    """Refuse a model that does not fit into the memory that is free, before any of it is read."""
    free = available_memory()
    if free is not None and num_bytes + ROOM_BYTES > free:
        raise ModelFileError(
            path,
            f"{path} takes {format_bytes(num_bytes)} of memory and {format_bytes(free)} are free."
            " Close other programs and open it again.",
        )


def _read(archive: NumberArchive) -> SavedModel:
    about = about_in(archive, FORMAT, "model", VERSION)
    settings = settings_in(about)
    words = vocabulary_in(about)
    dtype = about.get("dtype")
    if dtype not in ("float32", "float64"):
        raise ArchiveError("its number type is neither float32 nor float64")
    shape = archive.shape("W_proj")
    if len(shape) != 2 or min(shape) < 1:
        raise ArchiveError(f"its W_proj has the shape {shape}, not (features, hidden size)")
    input_dim = shape[0]
    check_shapes(archive, settings, input_dim, len(words), np.dtype(dtype))
    rows = column_in(archive, "caption_rows", np.dtype(np.int64))
    if len(rows) and int(rows.min()) < 0:
        raise ArchiveError("it names captions by negative numbers")
    losses, losses_per_word = _history(archive, "loss_history"), _history(archive, "words_history")
    if whole_number_in(about, "version") == 1:
        rates = _planned_rates(settings, len(rows), len(losses))
    else:
        rates = _history(archive, "rates_history")
    validation: tuple[ValidationPoint, ...] = ()
    stops: RecordedCaptions | None = None
    if whole_number_in(about, "version") >= 3:
        validation, stops = read_progress(archive, words, words.index(NULL))
    if not len(losses) == len(losses_per_word) == len(rates):
        raise ArchiveError("its histories of losses and learning rates differ in length")
    params: dict[str, FloatArray] = {}
    for name in PARAMETER_NAMES:
        params[name] = cast(FloatArray, archive.read(name))
        if not is_finite_array(params[name]):
            raise ArchiveError(f"its {name} holds NaN or infinite numbers")
    model = CaptioningRNN.of_params(
        {word: i for i, word in enumerate(words)}, params, cell_type=settings.cell_type
    )
    kind = feature_kind_named(about.get("feature_kind"))
    if kind is None:
        raise ArchiveError(f"its kind of features is none of {', '.join(FEATURES)}")
    return SavedModel(
        model=model,
        settings=settings,
        iteration=whole_number_in(about, "iteration"),
        loss_history=losses,
        words_history=losses_per_word,
        rates_history=rates,
        caption_rows=cast(IntArray, rows),
        data_name=text_in(about, "data_name"),
        feature_kind=kind,
        data_digest=text_in(about, "data_digest"),
        validation=validation,
        stops=stops,
    )


def _history(archive: NumberArchive, name: str) -> FloatArray:
    return cast(FloatArray, column_in(archive, name, np.dtype(np.float32)))


def _planned_rates(settings: TrainingSettings, num_captions: int, iterations: int) -> FloatArray:
    """The learning rate of each iteration, (iterations,) float32, as the solver lets it decay."""
    an_epoch = max(1, num_captions // settings.batch_size)
    rates: FloatArray = settings.learning_rate * settings.lr_decay ** (np.arange(iterations) // an_epoch)
    return rates.astype(np.float32)
