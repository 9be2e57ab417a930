"""Is it learning, or memorising? The loss of the same frozen model on fixed captions, of val and of train.

The training loss is an average over changing minibatches *while* the model learns; beside it stand two
numbers that can be compared: the nats a word on the same captions every time, of photos that no training
sees and of captions trained on. Nothing here draws from the run's random numbers.
"""

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.dataset import CocoDataset, DataError
from captionviewer.core.coco.folder_layout import Split
from captionviewer.core.network.caption_losses import caption_losses
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.workspace import Interrupt, never
from captionviewer.core.training.callbacks import Due, RunSolver
from captionviewer.core.training.events import ModelSnapshot

if TYPE_CHECKING:
    from captionviewer.core.training.run_record import RunRecord

PIECE = 250  # captions between two looks at whether the run is to stop, at hidden sizes up to
PIECE_HIDDEN = 512  # this, and fewer beyond: a piece takes about a tenth of a second
MOST_SHARE = 0.03  # of the run's time, the last point included; a short run has its first and last alone
EVERY_S = 30.0  # seconds after which it is due in any case: half an epoch may take hours
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ValidationPoint:
    """The loss of the model after `iteration` steps on the fixed captions, in nats a word."""

    iteration: int
    train: float
    val: float


@dataclass(frozen=True)
class _FixedCaptions:
    features: FloatArray  # (P, D)
    captions: IntArray  # (n, T)
    owners: IntArray  # (n,) rows of features
    of_train: int  # captions, the first ones; the others are val's

    def nats_a_word(self, model: CaptioningRNN, interrupt: Interrupt) -> tuple[float, float]:
        """The losses of train and of val; read together, since products of more rows are quicker."""
        piece = max(1, min(PIECE, PIECE * PIECE_HIDDEN**2 // model.hidden_dim**2))
        nats, words = np.zeros((2, len(self.captions)))
        for first in range(0, len(self.captions), piece):
            interrupt()
            some = slice(first, first + piece)
            result = caption_losses(model, self.features, self.captions[some], self.owners[some])
            assert result is not None  # nothing stops it
            nats[some], words[some] = result
        parts = slice(self.of_train), slice(self.of_train, None)
        train, val = (float(nats[part].sum()) / max(1.0, words[part].sum()) for part in parts)
        return train, val


class Validation:
    """Computes the two losses now and then between two steps (see `Callback`)."""

    name = "validation"
    share = 0.02
    shows_the_model = False  # a pause or a single step need not wait for it

    def __init__(
        self,
        dataset: CocoDataset,
        seed: int,
        num_captions: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Plan it.

        Parameters
        ----------
        dataset
            what the run reads.
        seed
            the run's; the captions are drawn by a generator of their own.
        num_captions
            how many captions of val, and as many of those trained on; fewer where either has fewer; 0 for
            no validation.
        clock
            seconds that only grow.
        """
        self._clock = clock
        self._wanted = num_captions
        self._dataset = dataset
        self._rng = np.random.default_rng([seed, 1])
        self._train_rows: IntArray = np.empty(0, dtype=np.int64)
        self._half_epoch = 1
        self._fixed: _FixedCaptions | None = None
        self._points: tuple[ValidationPoint, ...] = ()  # replaced, never changed: readers take it as it is
        self._next_time = 0.0
        self._began = self._spent = self._takes = 0.0  # seconds: of the clock, of all points, of the latest
        self._off = num_captions == 0
        self.best_snapshot: ModelSnapshot | None = None
        self.unigram_nats: float | None = None  # what counting words costs, known with the first point

    def train_on(self, caption_rows: IntArray, iterations_per_epoch: int) -> None:
        """Say which captions are trained on, before the first step."""
        self._train_rows = caption_rows
        self._half_epoch = max(1, iterations_per_epoch // 2)

    def go_on_from(self, record: "RunRecord") -> None:
        """Know what a run that is continued had computed."""
        self._points = record.validation
        self.unigram_nats = record.unigram_nats
        if record.best is not None:
            self.best_snapshot = ModelSnapshot(record.best, record.best_iteration, None)
        if self._points:
            self._next_time = self._clock() + EVERY_S

    def prepare(self) -> None:
        """Read the captions and count words, once: before the run's clock says what a pass costs."""
        if self._fixed is None and not self._off:
            self._fixed = self._draw()
            if self._fixed is not None:
                self.unigram_nats = unigram_nats(self._dataset)

    def points(self) -> tuple[ValidationPoint, ...]:
        """All that was computed, in the order of the iterations."""
        return self._points

    @property
    def best(self) -> ValidationPoint | None:
        """The point of the lowest loss on val."""
        return best_point(self._points)

    @property
    def num_captions(self) -> int:
        """How many captions of val it is computed on."""
        return captions_validated(self._dataset, self._wanted, len(self._train_rows))

    def due(self, now: float, iteration: int) -> Due:
        """For the untrained model; at leisure after each half epoch.

        Where that would cost more than its share, half epochs are passed over, so that the points are of
        whole ones all the same; and after `EVERY_S` seconds without a point one comes between. The last
        point, which every run has, is thought of beforehand.
        """
        if self._off or (self._points and self._points[-1].iteration == iteration):
            return Due.NOT_YET
        if iteration == 0:
            return Due.NOW
        if self._spent + 2 * self._takes > MOST_SHARE * (now - self._began):
            return Due.NOT_YET
        whole = iteration % self._half_epoch == 0
        return Due.AT_LEISURE if whole or now >= self._next_time else Due.NOT_YET

    def run(self, solver: RunSolver) -> None:
        """Compute both losses, and keep the model if it is the best so far."""
        iteration = solver.iteration
        if self._off or (self._points and self._points[-1].iteration == iteration):
            return
        self.prepare()
        if self._fixed is None:
            return
        began = self._clock()
        if not self._spent:
            self._began = began
        interrupt = solver.interrupt or never
        point = ValidationPoint(iteration, *self._fixed.nats_a_word(solver.model, interrupt))
        if math.isfinite(point.val) and (self.best is None or point.val < self.best.val):
            loss = solver.loss_history[-1] if solver.loss_history else None
            self.best_snapshot = ModelSnapshot(solver.model.copy(interrupt), iteration, loss)
        if math.isfinite(point.val) and math.isfinite(point.train):
            self._points = (*self._points, point)
        now = self._clock()
        self._takes = now - began
        self._spent += self._takes
        self._next_time = now + EVERY_S

    def _draw(self) -> _FixedCaptions | None:
        val = np.arange(self._dataset.split("val").num_captions)
        drawn: dict[Split, IntArray] = {"train": self._train_rows, "val": val}
        try:
            parts = [self._fix(split, rows) for split, rows in drawn.items()]
        except DataError as problem:  # it is only looked at: the run goes on without
            _log.warning("no validation: %s", problem)
            self._off = True
            return None
        (features, captions, owners), (val_features, val_captions, val_owners) = parts
        stacked = np.full(
            (len(captions) + len(val_captions), max(captions.shape[1], val_captions.shape[1])),
            self._dataset.vocabulary.null,
            captions.dtype,
        )
        stacked[: len(captions), : captions.shape[1]] = captions
        stacked[len(captions) :, : val_captions.shape[1]] = val_captions
        return _FixedCaptions(
            np.concatenate([features, val_features]),
            stacked,
            np.concatenate([owners, len(features) + val_owners]),
            len(captions),
        )

    def _fix(self, split: Split, rows: IntArray) -> tuple[FloatArray, IntArray, IntArray]:
        """Some captions of a split, drawn: features of their photos, captions, and the photo of each."""
        data = self._dataset.split(split)
        chosen = np.sort(self._rng.permutation(rows)[: self.num_captions])
        photos, owners = np.unique(data.image_idxs[chosen], return_inverse=True)
        return data.features.rows(photos), data.captions[chosen], owners


def best_point(points: Sequence[ValidationPoint]) -> ValidationPoint | None:
    """The point of the lowest loss on val, the first of several; None where there is none."""
    return min(points, key=lambda point: point.val, default=None)


def captions_validated(dataset: CocoDataset, wanted: int, trained: int) -> int:
    """On how many captions of val, and as many of the `trained` ones, of as many as are wanted."""
    return min(wanted, trained, dataset.split("val").num_captions)


def blind_guess_nats(num_words: int) -> float:
    """What a word costs who knows nothing, in nats: ln V."""
    return math.log(num_words)


def unigram_nats(dataset: CocoDataset) -> float:
    """What a word of val's captions costs who knows how often each word comes in train's, in nats.

    `<END>` counts as a word, as it does in the loss; each word is counted once more than it occurs, so that
    none is impossible.
    """

    def counts(split: Split) -> FloatArray:
        targets = dataset.split(split).captions[:, 1:]
        found = np.bincount(targets[targets != dataset.vocabulary.null], minlength=len(dataset.vocabulary))
        return found.astype(np.float64)

    train, val = counts("train") + 1, counts("val")
    return float(-(val * np.log(train / train.sum())).sum() / max(val.sum(), 1))
