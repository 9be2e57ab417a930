"""What is compared, and what has been measured of it so far."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from captionviewer.core.network.cells import CellType

Symbols = Literal["words", "characters"]
GROW_WITH_V = ("W_embed", "W_vocab", "b_vocab")


@dataclass(frozen=True)
class Plan:
    """What both get: the same sizes, minibatches of the same captions, and as many of them.

    Attributes
    ----------
    cells
        "rnn", "lstm" or both.
    steps
        Minibatches.
    hidden_dim, wordvec_dim, batch_size, learning_rate, lr_decay
        As for a run; the learning rate decays at the end of each epoch, with Adam.
    seed
        Of first parameters, minibatches, and of the captions and photos of val that are measured.
    val_captions, photos
        How many captions of val the loss is measured on, and how many photos are captioned at the end.
    """

    cells: tuple[CellType, ...] = ("rnn",)
    steps: int = 300
    hidden_dim: int = 256
    wordvec_dim: int = 128
    batch_size: int = 50
    learning_rate: float = 1e-3
    lr_decay: float = 0.75
    seed: int = 231
    val_captions: int = 200
    photos: int = 200

    def __post_init__(self) -> None:
        if not self.cells or len(set(self.cells)) != len(self.cells):
            raise ValueError("cells are one or two different ones")
        for name in ("steps", "hidden_dim", "wordvec_dim", "batch_size", "val_captions", "photos"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is at least 1, not {getattr(self, name)}")


@dataclass(frozen=True)
class LossPoint:
    """The loss on the fixed captions of val after some steps and seconds of training, nats a caption."""

    iteration: int
    seconds: float
    nats: float


@dataclass(frozen=True)
class Written:
    """What a model says of photos of val at the end.

    Attributes
    ----------
    captions
        One text for each photo.
    different_words
        How many different words are in them.
    invented
        Those that stand in no training caption, by the alphabet.
    beyond
        Those that do, but that the words' vocabulary has only as `<UNK>`.
    with_unknown
        The share of the captions that hold `<UNK>`.
    bleu_4, cider_d
        Of the words, as the table of scores has them.
    """

    captions: tuple[str, ...]
    different_words: int
    invented: tuple[str, ...]
    beyond: tuple[str, ...]
    with_unknown: float
    bleu_4: float
    cider_d: float


@dataclass(frozen=True)
class Side:
    """One network in training.

    Attributes
    ----------
    symbols, cell
        What it reads and writes, and its cell.
    vocabulary_size
        V.
    mean_steps, most_steps
        Timesteps of a training caption, `<END>` included.
    with_unknown
        The share of the training captions that hold `<UNK>`.
    parameters
        Name -> how many numbers.
    step_seconds
        What each step took.
    points
        The loss on val, from the untrained network on.
    memory_bytes
        Parameters, gradients, Adam's two means, and the arrays that a step works in.
    written
        What it says at the end; None before.
    """

    symbols: Symbols
    cell: CellType
    vocabulary_size: int
    mean_steps: float
    most_steps: int
    with_unknown: float
    parameters: Mapping[str, int]
    step_seconds: tuple[float, ...] = ()
    points: tuple[LossPoint, ...] = ()
    memory_bytes: int = 0
    written: Written | None = None

    @property
    def name(self) -> str:
        """What it is called: "words, RNN"."""
        return f"{self.symbols}, {self.cell.upper()}"

    @property
    def step_ms(self) -> float | None:
        """The median of its steps, the first aside, which makes the arrays that others use."""
        return 1e3 * statistics.median(self.step_seconds[1:]) if len(self.step_seconds) > 1 else None

    @property
    def seconds(self) -> float:
        """What all steps took together."""
        return sum(self.step_seconds)

    def seconds_to(self, nats: float) -> float | None:
        """When its loss on val was first that low; None while it was not."""
        return next((point.seconds for point in self.points if point.nats <= nats), None)


@dataclass(frozen=True)
class Comparison:
    """All sides of a plan, so far.

    Attributes
    ----------
    plan, sides
        The words and the characters of a cell stand one after the other.
    scored_photos, val_captions
        How many there were of those that the plan asks for.
    people
        What a person said of each photo that is captioned at the end.
    full_texts
        Whether the letters behind `<UNK>` are known.
    ended
        Whether nothing more comes.
    """

    plan: Plan
    sides: tuple[Side, ...]
    scored_photos: int
    val_captions: int
    people: tuple[str, ...]
    full_texts: bool
    ended: bool = False

    @property
    def share(self) -> float:
        """The share of the steps that are done."""
        done = sum(len(side.step_seconds) for side in self.sides)
        return done / (self.plan.steps * len(self.sides))

    def pair(self, cell: CellType) -> tuple[Side, Side]:
        """The words and the characters of a cell.  KeyError if the plan has it not."""
        found = {side.symbols: side for side in self.sides if side.cell == cell}
        return found["words"], found["characters"]

    @property
    def common_loss(self) -> float | None:
        """The lowest loss that every side has reached; None where one has not improved yet."""
        best = [min((point.nats for point in side.points[1:]), default=None) for side in self.sides]
        if any(each is None for each in best):
            return None
        return max(each for each in best if each is not None)
