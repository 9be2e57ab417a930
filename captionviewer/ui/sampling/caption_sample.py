"""Everything that Sampling shows of one photo and one model, computed at once away from the window."""

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from captionviewer.core.arrays import BoolArray, FloatArray, IntArray
from captionviewer.core.coco.dataset import CocoDataset, PhotoRecord
from captionviewer.core.coco.vocabulary import END, NULL, Vocabulary
from captionviewer.core.decoding.branches import Branch, ForcedCaption, Prefix, decode_on, forced_caption
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.surprise import surprise_of
from captionviewer.core.decoding.timestep import Timestep, greedy_timesteps
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.saved.model_file import SavedModel, fits, rows_trained_on
from captionviewer.ui.session.models import CurrentModel

NUM_LIKELIEST = 10  # words whose probabilities are shown at a timestep
GREEDY = Decoding()


class ModelDoesNotFit(CaptionviewerError):
    """The model can't caption this data; `str()` says why, for people."""


@dataclass(frozen=True)
class CaptionSample:
    """The caption of one photo, timestep by timestep, and how the model takes the ground truth.

    Attributes
    ----------
        record: the photo.
        current: the frozen model and where it comes from.
        vocabulary: the words of all ids.
        features: (D,) of the photo, kept for the next model.
        timesteps: the caption, up to and including `<END>` or as many as `decoding` allows.
        captions: (K, T) the ground-truth captions, ids.
        surprises: (K, T - 1) -ln p(word) in nats of captions[:, 1:] under teacher forcing; NaN at `<NULL>`.
        trained_on: (K,) whether the model has been trained on each of them.
        decoding: how the caption is written, with nothing that its method does not read.
        first: the caption with nothing forced, where `timesteps` are another; else empty.
        forced: captions with words that a person forced.
        shown: which of those `timesteps` are; None for the one with nothing forced.
    """

    record: PhotoRecord
    current: CurrentModel
    vocabulary: Vocabulary = field(repr=False)
    features: FloatArray = field(repr=False)
    timesteps: tuple[Timestep, ...] = field(repr=False)
    captions: IntArray = field(repr=False)
    surprises: FloatArray = field(repr=False)
    trained_on: BoolArray = field(repr=False)
    decoding: Decoding = GREEDY
    first: tuple[Timestep, ...] = field(default=(), repr=False)
    forced: tuple[ForcedCaption, ...] = field(default=(), repr=False)
    shown: Prefix | None = None

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """The caption with nothing forced, then those with forced words."""
        return (Branch(self.first or self.timesteps, {}), *(each.branch for each in self.forced))

    @property
    def branch(self) -> Branch:
        """The one that is shown."""
        return self.branches[self.row]

    @cached_property
    def row(self) -> int:
        """The place among `branches` of the one that is shown."""
        prefixes = [None, *(each.prefix for each in self.forced)]
        return prefixes.index(self.shown)

    def showing(self, forced: Sequence[ForcedCaption], shown: Prefix | None) -> "CaptionSample":
        """The same with these forced captions, one of them shown, or the first caption if none is."""
        first = self.first or self.timesteps
        chosen = next((each for each in forced if each.prefix == shown), None)
        return replace(
            self,
            timesteps=first if chosen is None else chosen.branch.timesteps,
            first=first,
            forced=tuple(forced),
            shown=None if chosen is None else chosen.prefix,
        )

    @cached_property
    def words(self) -> list[str]:
        """The generated words, with `<END>` where it was chosen."""
        return [self.vocabulary.idx_to_word[step.word] for step in self.timesteps]

    def next_words(self, timestep: int) -> list[tuple[int, float]]:
        """The likeliest words at a timestep as (id, probability), the chosen one always among them."""
        step = self.timesteps[timestep]
        likeliest = step.likeliest(NUM_LIKELIEST)
        if all(word != step.word for word, _probability in likeliest):
            likeliest[-1] = step.word, float(step.probabilities[step.word])
        return likeliest

    def why(self, timestep: int) -> str:
        """Why the word of a timestep was chosen, for people."""
        step, method = self.timesteps[timestep], self.decoding.method
        if timestep in self.branch.forced:
            return "by you"
        if self.shown is not None and method in ("beam", "exact"):
            method = "greedy"  # a search can't begin in the middle
        if method == "sample" and not self.decoding.repeatable:
            return "drawn"
        if method in ("beam", "exact"):
            return "of the caption that the search found"
        likeliest = int(step.probabilities.argmax()) == step.word
        return "the likeliest" if likeliest else "the likeliest that may be said"

    def is_of_the_same(self, other: "CaptionSample | None") -> bool:
        """Whether another sample is of the same photo and network: only the caption may differ."""
        return other is not None and (self.record, self.current.model) == (other.record, other.current.model)

    @cached_property
    def likeliest_words(self) -> tuple[str, ...]:
        """The words that are among the likeliest at any timestep, each once."""
        found = {
            word: None for timestep in range(len(self.timesteps)) for word, _p in self.next_words(timestep)
        }
        return tuple(self.vocabulary.idx_to_word[word] for word in found)

    @property
    def ended(self) -> bool:
        """Whether the caption ends by itself, not because it grew too long."""
        return bool(self.timesteps) and self.words[-1] == END

    @property
    def largest_probability(self) -> float:
        """The probability of the most certain choice in the caption."""
        return max((float(step.probabilities.max()) for step in self.timesteps), default=1.0)


class TrainingRows:
    """Knows which captions of the open data a model has been trained on.

    Whether a model's data is the data that is open takes long to find out where it was trained on all
    of COCO, so the last answer is kept: the snapshots of one run have it in common.
    """

    def __init__(self) -> None:
        self._last: WeakKeyDictionary[CocoDataset, tuple[str, bool]] = WeakKeyDictionary()

    def among(self, record: PhotoRecord, saved: SavedModel, dataset: CocoDataset) -> BoolArray:
        """Return for each of a photo's captions (K,) whether `saved` has been trained on it."""
        rows = record.caption_rows
        if record.split != "train" or not len(saved.caption_rows) or not self._same_data(saved, dataset):
            return np.zeros(len(rows), dtype=np.bool_)
        return np.isin(np.array(rows), saved.caption_rows)

    def _same_data(self, saved: SavedModel, dataset: CocoDataset) -> bool:
        last = self._last.get(dataset)
        if last is None or last[0] != saved.data_digest:
            last = self._last[dataset] = (saved.data_digest, len(rows_trained_on(saved, dataset)) > 0)
        return last[1]


def take_sample(
    dataset: CocoDataset,
    record: PhotoRecord,
    current: CurrentModel,
    features: FloatArray | None,
    training_rows: TrainingRows,
    cancelled: Callable[[], bool] = lambda: False,
    quiet: AbstractContextManager[None] | None = None,
    decoding: Decoding = GREEDY,
    prefixes: Sequence[Prefix] = (),
    shown: Prefix | None = None,
) -> CaptionSample | None:
    """Caption a photo and measure the surprise at each of its ground-truth captions.

    `features` (D,) are read from the data set where they are not given; the network runs while `quiet` is
    held, so that it and a training run need not wait for each other's products; an exact search may take
    seconds, so it runs while `quiet` is not. `decoding` is one of `Decoding.as_read`; the `prefixes` are
    forced, and the caption of one of them is `shown`. Returns None when cancelled. Raises DataError when they
    can't be read, ModelDoesNotFit when the model is of another data set or its parameters hold NaN,
    ValueError when `decoding` leaves no word to be said.
    """
    misfit = fits(current.saved, dataset)
    if misfit is not None:
        raise ModelDoesNotFit(misfit)
    if features is None:
        features = dataset.split(record.split).features.rows(np.array([record.row]))[0]
    captions = dataset.split(record.split).captions[list(record.caption_rows)]
    surprises: FloatArray = np.empty((0, max(captions.shape[1] - 1, 0)), dtype=np.float32)
    plain = Decoding().for_vocabulary(dataset.vocabulary)  # greedy: it tells whether the numbers are sound
    searches = decoding.method == "exact"
    with quiet or nullcontext():
        if cancelled():
            return None
        timesteps = tuple(greedy_timesteps(current.model, features, plain.max_length))
        finite = all(math.isfinite(step.caption_log_probability) for step in timesteps)
        if finite and decoding != plain and not searches:
            timesteps = decode_on(current.model, features, decoding, stop=cancelled)
        if not finite:
            raise ModelDoesNotFit(
                "The model gives probabilities that are not numbers: its training diverged. Train again with"
                " a smaller learning rate, or open another model."
            )
        if cancelled():
            return None
        if len(captions) and captions.shape[1] > 1:
            surprises = surprise_of(current.model, features, captions)
        if not searches:
            forced = _write_on(current.model, features, decoding, timesteps, prefixes, cancelled)
    if searches:
        with one_library_thread():
            timesteps = decode_on(current.model, features, decoding, stop=cancelled)
            forced = _write_on(current.model, features, decoding, timesteps, prefixes, cancelled)
    trained_on = training_rows.among(record, current.saved, dataset)
    sample = CaptionSample(
        record, current, dataset.vocabulary, features, timesteps, captions, surprises, trained_on, decoding
    )
    return sample.showing(forced, shown) if forced else sample


def _write_on(
    model: CaptioningRNN,
    features: FloatArray,
    decoding: Decoding,
    first: tuple[Timestep, ...],
    prefixes: Sequence[Prefix],
    cancelled: Callable[[], bool],
) -> list[ForcedCaption]:
    """The captions that follow forced beginnings; `first` is the one with nothing forced."""
    known, forced = [Branch(first, {})], list[ForcedCaption]()
    for prefix in prefixes:
        if len(prefix.words) <= decoding.max_length and not cancelled():
            forced.append(forced_caption(model, features, decoding, prefix, known))
            known.append(forced[-1].branch)
    return forced


def ground_truth_words(captions: IntArray, vocabulary: Vocabulary) -> list[list[tuple[int, str]]]:
    """Return, for each caption (K, T), its words after `<START>` up to and including `<END>`.

    Each comes with its column in the surprises (K, T - 1); padding is left out.
    """
    result = []
    for row in captions.tolist():
        words = []
        for column, index in enumerate(row[1:]):
            word = vocabulary.idx_to_word[index]
            if word != NULL:
                words.append((column, word))
            if word == END:
                break
        result.append(words)
    return result
