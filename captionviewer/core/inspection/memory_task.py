"""A task that only memory solves: the first word of a caption decides its last, 5 to 100 words later.

A caption is a colour, then nothing (`<NULL>` is fed and nothing is asked for), then the same colour. No photo
helps. Who has forgotten the first word can do no better at the last than guess, at ln 4 nats: so its loss
says whether a network remembers, and learning it needs a gradient that reaches the whole way back.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.vocabulary import NULL, SPECIAL_WORDS, START
from captionviewer.core.inspection.gradients import state_gradients
from captionviewer.core.network.caption_losses import position_losses
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.captioning_solver import CaptioningSolver
from captionviewer.core.network.cells import CellType
from captionviewer.core.network.first_values import change_first_values
from captionviewer.core.network.library_threads import one_library_thread

COLOURS = ("red", "green", "blue", "yellow")
GUESS_NATS = math.log(len(COLOURS))
LENGTHS = (5, 10, 20, 50, 100)
NUM_STEPS = 200
BATCH_SIZE = 32
LEARNING_RATE = 3e-3
HIDDEN_DIM, WORDVEC_DIM = 32, 16
EVERY = 4  # steps between two looks at the last word's loss

_NO_PHOTO: FloatArray = np.zeros((1, 1), dtype=np.float32)


@dataclass(frozen=True)
class MemoryLearner:
    """A network that is to learn the task.

    Attributes
    ----------
    cell_type
        its cell.
    length
        words of a caption, from the first colour to the last.
    wh_scale, forget_bias
        its first values, as in `change_first_values`.
    clip_norm
        that its gradients are shortened to; None: they are not.
    seed
        of its first values and minibatches.
    """

    cell_type: CellType
    length: int
    wh_scale: float = 1.0
    forget_bias: float = 0.0
    clip_norm: float | None = 1.0
    seed: int = 231


@dataclass(frozen=True)
class MemoryPoint:
    """Where a learner is after some steps.

    Attributes
    ----------
    step
        minibatches seen.
    nats
        the loss at the last word alone.
    largest_norm
        the largest norm of all gradients together so far, before clipping; NaN before the first step.
    """

    step: int
    nats: float
    largest_norm: float


@dataclass(frozen=True)
class MemoryCourse:
    """What a learner did.

    Attributes
    ----------
    points
        at step 0 and every `EVERY` steps.
    reach_at_first
        the norm of d loss / d h of the last word's loss after the first word, over that after the last, the
        median over the four colours, before learning.
    """

    points: tuple[MemoryPoint, ...]
    reach_at_first: float

    @property
    def remembers(self) -> bool:
        """Whether it knows the last word better than by a guess between two."""
        return self.points[-1].nats < math.log(2)


def memory_captions(length: int) -> tuple[dict[str, int], IntArray]:
    """The vocabulary, and the four captions (4, length + 1) of the task, `<START>` first.

    Raises
    ------
    ValueError
        fewer than two words.
    """
    if length < 2:
        raise ValueError("the first word and the last are two words at the least")
    word_to_idx = {word: number for number, word in enumerate((*SPECIAL_WORDS, *COLOURS))}
    captions = np.full((len(COLOURS), length + 1), word_to_idx[NULL])
    captions[:, 0] = word_to_idx[START]
    captions[:, 1] = captions[:, -1] = [word_to_idx[colour] for colour in COLOURS]
    return word_to_idx, captions


def learn_to_remember(
    learner: MemoryLearner,
    progress: Callable[[MemoryPoint], bool] = lambda _point: True,
    steps: int = NUM_STEPS,
) -> MemoryCourse | None:
    """Train a network on the task.

    Parameters
    ----------
    learner
        the network.
    progress
        told each point as it comes; False ends it.
    steps
        minibatches.

    Returns
    -------
    None where `progress` ended it. The same learner gives the same course, bit for bit.

    Raises
    ------
    ValueError
        a length below 2.
    """
    word_to_idx, captions = memory_captions(learner.length)
    rng = np.random.default_rng(learner.seed)
    model = CaptioningRNN(word_to_idx, 1, WORDVEC_DIM, HIDDEN_DIM, learner.cell_type, rng=rng)
    change_first_values(model, learner.wh_scale, learner.forget_bias)
    data = {
        "train_captions": captions,
        "train_image_idxs": np.zeros(len(captions), dtype=np.int64),
        "train_features": _NO_PHOTO,
        "word_to_idx": word_to_idx,
    }
    solver = CaptioningSolver(
        model,
        data,
        "adam",
        {"learning_rate": LEARNING_RATE},
        batch_size=BATCH_SIZE,
        verbose=False,
        rng=rng,
        clip_norm=learner.clip_norm,
    )
    owners = np.zeros(len(captions), dtype=np.int64)
    points: list[MemoryPoint] = []
    largest = math.nan
    with one_library_thread(), np.errstate(over="ignore", invalid="ignore"):
        reach = _reach(model, captions)
        for step in range(steps + 1):
            if step % EVERY == 0:
                losses = position_losses(model, _NO_PHOTO, captions, owners)
                assert losses is not None  # nobody stops it
                points.append(MemoryPoint(step, float(losses[:, -1].mean()), largest))
                if not progress(points[-1]):
                    return None
            if step < steps:
                if not math.isfinite(solver.step()):
                    break
                largest = max(solver.last_gradient_norm, 0.0 if math.isnan(largest) else largest)
        return MemoryCourse(tuple(points), reach)


def _reach(model: CaptioningRNN, captions: IntArray) -> float:
    """How much of the last word's gradient is left after the first word, of that after the last."""
    features = np.repeat(_NO_PHOTO, len(captions), axis=0)
    norms = state_gradients(model, features, captions).norms()[:, -1]  # (4, T + 1) of the last loss
    return float(np.median(norms[:, 1] / np.maximum(norms[:, -1], np.finfo(norms.dtype).tiny)))
