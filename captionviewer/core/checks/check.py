"""One check of the notebooks: what it is, and what came of it."""

import math
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from captionviewer.core.checks.few_captions import FewCaptions
from captionviewer.core.checks.subject import LayeredModel, Subject, WrongAnswer
from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.network.cells import CellType
from captionviewer.core.network.library_threads import one_library_thread

Notebook = Literal["RNN", "LSTM"]


@dataclass(frozen=True)
class Measured:
    """What the notebook expects and what came out, as words, and how far apart they are."""

    expected: str
    ours: str
    error: float


class Bench:
    """What a row of checks of one subject shares: random numbers by seed, captions, a trained model a cell.

    Parameters
    ----------
    subject
        What is checked.
    few
        The captions to learn by heart; None where the checks that train are not asked for.
    seed
        Of every random input, of the first parameters and of the minibatches.
    hidden_dim, wordvec_dim, batch_size
        H and W of the model that learns by heart, and captions a minibatch; the notebook's.
    """

    def __init__(
        self,
        subject: Subject,
        few: FewCaptions | None = None,
        seed: int = 231,
        *,
        hidden_dim: int = 512,
        wordvec_dim: int = 256,
        batch_size: int = 25,
    ) -> None:
        self.subject, self.few, self.seed = subject, few, seed
        self._sizes, self._batch_size = (wordvec_dim, hidden_dim), batch_size
        self.stopped: Callable[[], bool] = lambda: False  # asked at each step of a training
        self._trained: dict[CellType, tuple[LayeredModel, list[float]]] = {}

    def rng(self) -> np.random.Generator:
        """The same random numbers for a check, whichever ran before it."""
        return np.random.default_rng(self.seed)

    def model(self, *arguments: Any, **named: Any) -> LayeredModel:
        """A new model of the subject's layers; arguments as for `CaptioningRNN`."""
        model = LayeredModel(*arguments, **named)
        model.subject = self.subject
        model.stopped = lambda: self.stopped()  # noqa: PLW0108  as it is when asked
        return model

    def captions(self) -> FewCaptions:
        """The captions to learn by heart.  WrongAnswer if there are none."""
        if self.few is None:
            raise WrongAnswer("there are no captions to learn by heart")
        return self.few

    def new_training(self, cell: CellType) -> tuple[LayeredModel, CaptioningSolver[LayeredModel]]:
        """A fresh model, and the solver that is to teach it the captions by heart."""
        few, rng = self.captions(), self.rng()
        D = few.train_features.shape[1]
        model = self.model(few.word_to_idx, D, *self._sizes, cell, np.float32, rng=rng)
        solver = CaptioningSolver(
            model,
            few.for_solver(),
            update_rule="adam",
            num_epochs=50,
            batch_size=self._batch_size,
            optim_config={"learning_rate": 5e-3},
            lr_decay=0.95 if cell == "rnn" else 0.995,
            verbose=False,
            rng=rng,
        )
        return model, solver

    def trained(self, cell: CellType) -> tuple[LayeredModel, list[float]]:
        """The model that has learned the captions by heart, trained once, and its losses."""
        if cell not in self._trained:
            model, solver = self.new_training(cell)
            with one_library_thread():  # its threads wait for each other where other programs are at work
                solver.train()
            self._trained[cell] = model, list(solver.loss_history)
        return self._trained[cell]


@dataclass(frozen=True)
class Check:
    """A check, in the notebooks' order.

    Attributes
    ----------
    key
        Its name in files, at the command line and in `Bug.caught_by`.
    shows
        What it shows, in a line.
    functions
        The layer functions that it puts to the test.
    tolerance
        The largest error that passes.
    trains
        Whether a model learns captions by heart for it, which takes seconds.
    measure
        Does it.
    """

    key: str
    notebook: Notebook
    shows: str
    functions: tuple[str, ...]
    tolerance: float
    measure: Callable[[Bench], Measured]
    trains: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of a check.

    Attributes
    ----------
    error
        What is held against the tolerance; NaN where nothing could be compared.
    seconds
        What it took.
    problem
        Why nothing could be compared, else "".
    row, line
        The row of the subject's file that it failed at, from 1, and what stands there; 0 and "" else.
    """

    key: str
    expected: str
    ours: str
    error: float
    tolerance: float
    passed: bool
    seconds: float
    problem: str = ""
    row: int = 0
    line: str = ""


def run_check(check: Check, bench: Bench) -> Outcome:
    """Do a check; what the layers raise is its outcome too."""
    began = time.perf_counter()
    try:
        with np.errstate(all="ignore"):  # a broken layer overflows; the error says it
            measured = check.measure(bench)
    except (Exception, SystemExit) as error:  # whatever a student's code raises
        row, line = _place(error, bench.subject.file)
        words = str(error) if isinstance(error, WrongAnswer) else f"{type(error).__name__}: {error}"
        seconds = time.perf_counter() - began
        return Outcome(check.key, "", "", math.nan, check.tolerance, False, seconds, words, row, line)
    passed = measured.error <= check.tolerance  # NaN is not
    seconds = time.perf_counter() - began
    return Outcome(
        check.key, measured.expected, measured.ours, measured.error, check.tolerance, passed, seconds
    )


def _place(error: BaseException, file: str) -> tuple[int, str]:
    """The last row of `file` that led to an error."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if file and frame.filename == file:
            return frame.lineno or 0, frame.line or ""
    return 0, ""
