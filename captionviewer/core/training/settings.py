"""What a training run is made with: each setting declared once, with its default, its limits and its
explanation.

(Past 400 lines: a declaration for each setting, one after the other.)
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from captionviewer.core.network import optim
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import CELLS, CellType
from captionviewer.core.network.first_values import change_first_values
from captionviewer.core.network.parameter_shapes import parameter_shapes
from captionviewer.core.network.workspace import Interrupt, never
from captionviewer.core.training.available_memory import available_memory
from captionviewer.core.training.blind import blindfold

if TYPE_CHECKING:
    from captionviewer.core.coco.dataset import CocoDataset

FieldKind = Literal["choice", "integer", "number", "signed", "integer_or_all", "number_or_off", "flag"]
SettingValue = str | int | float | bool | None


@dataclass(frozen=True)
class DataFacts:
    """What of a data set decides whether a run can start."""

    num_captions: int  # training captions
    num_photos: int  # training photos that have a caption
    feature_dim: int
    vocabulary_size: int
    caption_length: int  # columns of the caption array, <START> and padding included
    available_bytes: int | None = None  # None: unknown, so memory is not judged

    @classmethod
    def of(cls, dataset: "CocoDataset") -> "DataFacts":
        """The facts of an open data set on this machine now (reads every image index once: a few ms at
        full size).
        """
        owners = dataset.split("train").image_idxs
        captioned = np.zeros(dataset.split("train").num_photos, dtype=bool)
        captioned[owners] = True
        return cls(
            num_captions=dataset.split("train").num_captions,
            num_photos=int(captioned.sum()),
            feature_dim=dataset.feature_dim,
            vocabulary_size=len(dataset.vocabulary),
            caption_length=dataset.caption_length,
            available_bytes=available_memory(),
        )


@dataclass(frozen=True)
class SettingField:
    """How one setting is named, explained and bounded, for a form or a message.

    What is `advanced` few runs need: a form may fold it away.
    """

    name: str
    label: str
    tooltip: str
    kind: FieldKind
    minimum: float = 0
    maximum: float = 0
    choices: tuple[tuple[str, str], ...] = ()  # (value, words)
    advanced: bool = False


FIELDS: tuple[SettingField, ...] = (
    SettingField(
        "cell_type",
        "Cell",
        "The recurrent cell that carries the hidden state from one timestep to the next. The vanilla RNN"
        " mixes input and state through one tanh; the LSTM adds a cell state with input, forget and"
        " output gates. With the notebook's forget bias of 0 a fresh LSTM's gradients fade faster on their"
        " way back than a fresh RNN's; with one above 0 they reach further. An LSTM has four times the"
        " recurrent weights and takes longer per step.",
        "choice",
        choices=tuple((name, cell.label) for name, cell in CELLS.items()),
    ),
    SettingField(
        "hidden_dim",
        "Hidden size",
        "Numbers in the hidden state: what the network can remember of the photo and of the words so far."
        " Larger fits more and costs time and memory with its square. The notebook uses 512.",
        "integer",
        1,
        65_536,
    ),
    SettingField(
        "wordvec_dim",
        "Word vector",
        "Numbers that stand for each word of the vocabulary (the embedding). They are learned together"
        " with the rest. The notebook uses 256.",
        "integer",
        1,
        65_536,
    ),
    SettingField(
        "num_captions",
        "Captions",
        "How many training captions the run sees. A few dozen can be learned by heart, which shows that"
        " the network works (overfitting on purpose); all of them make it describe photos it has never"
        " seen.",
        "integer_or_all",
        1,
        100_000_000,
    ),
    SettingField(
        "one_caption_an_image",
        "One caption per photo",
        "Draw at most one caption of each photo. Two different captions of the same photo can't both be"
        " reproduced (the network sees the same features), so leave this on to learn captions by heart;"
        " off to learn language.",
        "flag",
    ),
    SettingField(
        "batch_size",
        "Batch size",
        "Captions in a minibatch: each iteration draws so many, averages their gradients and updates the"
        " parameters once. Larger is smoother and slower per iteration.",
        "integer",
        1,
        65_536,
    ),
    SettingField(
        "num_epochs",
        "Epochs",
        "How often the run goes through as many captions as it trains on. Captions ÷ batch size"
        " iterations make an epoch; minibatches are drawn with replacement, as in the notebook.",
        "integer",
        1,
        100_000,
    ),
    SettingField(
        "update_rule",
        "Optimizer",
        "How a gradient becomes a step. SGD follows it; momentum keeps a velocity; RMSProp divides by the"
        " gradient's recent size; Adam does both and is the usual choice.",
        "choice",
        choices=tuple((name, facts.label) for name, facts in optim.FACTS.items()),
    ),
    SettingField(
        "learning_rate",
        "Learning rate",
        "Size of a step. Too small learns slowly; too large makes the loss jump or become NaN (which"
        " stops the run and keeps the last good model). With Adam, 5e-3 learns 50 captions and 1e-3 suits"
        " long runs.",
        "number",
        1e-12,
        1e30,  # the gradients saturate long before: only absurd rates reach NaN, and one may want to see it
    ),
    SettingField(
        "lr_decay",
        "Decay per epoch",
        "The learning rate is multiplied by this after each epoch: 1 keeps it, 0.95 takes 5 % off."
        " Smaller steps near the end let the loss settle.",
        "number",
        1e-6,
        1.0,
    ),
    SettingField(
        "clip_norm",
        "Clip gradients at",
        "Where the gradients of all parameters together, as one vector, are longer than this, they are"
        " shortened to it before the step: their direction stays. It keeps a rare minibatch with a huge"
        " gradient from throwing the network far off. Off leaves them as they are, as the notebook does."
        " Adam divides by the gradient's size anyway, so there it changes little.",
        "number_or_off",
        1e-12,
        1e12,
    ),
    SettingField(
        "seed",
        "Seed",
        "Start of the random numbers that draw the captions, the initial parameters and every minibatch."
        " The same settings, data and seed repeat a run exactly.",
        "integer",
        0,
        2_147_483_647,
    ),
    SettingField(
        "validation_captions",
        "Validation",
        "How many captions of val the loss is computed on now and then, and how many of those trained on, by"
        " the same model: drawn by the seed and the same every time; fewer where fewer are trained on. More"
        " make the curve smoother and its points fewer: all together take at most 3 % of a run's time, but"
        " for the first and the last of a very short one. 0 is no validation. The model that is learned is"
        " the same with any number.",
        "integer",
        0,
        10_000,
    ),
    SettingField(
        "wh_scale",
        "Scale of Wh",
        "What the first values of Wh, the weights from one state to the next, are multiplied by. 1 is the"
        " notebook's. Below 1 a gradient shrinks faster on its way back through time, above 1 it may grow"
        " until it explodes.",
        "number",
        0.001,
        1000.0,
        advanced=True,
    ),
    SettingField(
        "forget_bias",
        "Forget bias",
        "The first value of the bias of an LSTM's forget gate. The notebook's 0 lets half of the cell state"
        " go at each word; libraries often begin at 1, which keeps three quarters. A vanilla RNN has no such"
        " gate.",
        "signed",
        -20.0,
        20.0,
        advanced=True,
    ),
    SettingField(
        "blind",
        "Without photos",
        "Train on features of zero, so that the network never sees a photo and learns language alone: it says"
        " one caption for all. What such a network lacks is what the photo is worth (Sampling, Photo's"
        " worth).",
        "flag",
        advanced=True,
    ),
)
FIELD_NAMED: Mapping[str, SettingField] = {field.name: field for field in FIELDS}


@dataclass(frozen=True)
class TrainingSettings:
    """All that a run depends on besides the data. The defaults are the notebook's overfit experiment."""

    cell_type: CellType = "rnn"
    hidden_dim: int = 512
    wordvec_dim: int = 256
    num_captions: int | None = 50  # None: all of them
    one_caption_an_image: bool = True
    batch_size: int = 25
    num_epochs: int = 50
    update_rule: optim.RuleName = "adam"
    learning_rate: float = 5e-3
    lr_decay: float = 0.95
    clip_norm: float | None = None  # None: gradients are left as they are
    seed: int = 231
    validation_captions: int = 200  # of val, and as many of train; 0: no validation
    wh_scale: float = 1.0
    forget_bias: float = 0.0
    blind: bool = False

    def captions_trained_on(self, facts: DataFacts) -> int:
        """How many captions a run on this data sees."""
        there = facts.num_photos if self.one_caption_an_image else facts.num_captions
        return there if self.num_captions is None else self.num_captions

    def iterations_per_epoch(self, facts: DataFacts) -> int:
        """Minibatches an epoch, as the solver counts them."""
        return max(1, self.captions_trained_on(facts) // self.batch_size)

    def num_parameters(self, facts: DataFacts) -> int:
        """Numbers the model learns on this data."""
        shapes = parameter_shapes(
            self.cell_type, facts.vocabulary_size, facts.feature_dim, self.wordvec_dim, self.hidden_dim
        )
        return sum(math.prod(shape) for shape in shapes.values())

    def new_model(
        self,
        word_to_idx: Mapping[str, int],
        input_dim: int,
        *,
        dtype: npt.DTypeLike = np.float32,
        interrupt: Interrupt = never,
    ) -> CaptioningRNN:
        """A fresh model of these sizes; its first values have a generator of their own, of the seed.

        Parameters
        ----------
        word_to_idx, input_dim
            the vocabulary, and how many features a photo has.
        dtype
            float32 or float64.
        interrupt
            called now and then while a large model is drawn; what it raises ends that.
        """
        model = CaptioningRNN(
            dict(word_to_idx),
            input_dim=input_dim,
            wordvec_dim=self.wordvec_dim,
            hidden_dim=self.hidden_dim,
            cell_type=self.cell_type,
            dtype=dtype,
            rng=np.random.default_rng([self.seed, 2]),
            interrupt=interrupt,
        )
        change_first_values(model, self.wh_scale, self.forget_bias)
        if self.blind:
            blindfold(model)
        return model

    def drawn_by(self) -> tuple[object, ...]:
        """What `new_model` reads of these settings: of one vocabulary and feature size, those that have the
        same make the same network.
        """
        sizes = self.cell_type, self.hidden_dim, self.wordvec_dim
        return *sizes, self.seed, self.wh_scale, self.forget_bias, self.blind

    def parameter_bytes(self, facts: DataFacts) -> int:
        """Bytes that grow with the model: parameters, gradients, two moments, work space, and the copies
        that are kept (two guards, one candidate, one snapshot, the best, one on the screen, and of parameters
        and moments the checkpoint that is written and the one that waits), in float32.
        """
        return 4 * self.num_parameters(facts) * 17

    def activation_bytes(self, facts: DataFacts) -> int:
        """Bytes that grow with the minibatch: what the forward pass keeps for the backward pass, in
        float32.
        """
        gates = CELLS[self.cell_type].gates
        positions = self.batch_size * max(1, facts.caption_length - 1)
        a_position = 2 * self.wordvec_dim + (2 * gates + 4) * self.hidden_dim + 2 * facts.vocabulary_size
        return 4 * (positions * a_position + self.batch_size * facts.feature_dim)

    def problems(self, facts: DataFacts | None) -> dict[str, str]:
        """What stands against starting: field name to words for people; empty means that the run can start.

        Without `facts` (no data set is open) only the values themselves are judged.
        """
        found: dict[str, str] = {}
        for field in FIELDS:
            words = value_problem(field, getattr(self, field.name))
            if words is not None:
                found[field.name] = words
        if facts is not None and not found:
            found.update(self._data_problems(facts))
        return found

    def _data_problems(self, facts: DataFacts) -> dict[str, str]:
        if self.num_captions is not None and self.num_captions > facts.num_captions:
            return {
                "num_captions": f"The data has {facts.num_captions:,} training captions: choose at most"
                " so many, or all."
            }
        if (
            self.num_captions is not None
            and self.one_caption_an_image
            and self.num_captions > facts.num_photos
        ):
            return {
                "num_captions": f"With one caption per photo at most {facts.num_photos:,} captions can be"
                " drawn (the training photos): choose fewer, or allow several captions per photo."
            }
        found: dict[str, str] = {}
        captions = self.captions_trained_on(facts)
        if self.batch_size > captions:
            found["batch_size"] = (
                f"A batch of {self.batch_size:,} is larger than the {captions:,} captions trained on:"
                f" choose at most {captions:,}."
            )
        if facts.available_bytes is not None:
            model, batch = self.parameter_bytes(facts), self.activation_bytes(facts)
            if model + batch > 0.8 * facts.available_bytes:
                widest = "hidden_dim" if self.hidden_dim >= self.wordvec_dim else "wordvec_dim"
                found.setdefault(
                    widest if model >= batch else "batch_size",
                    f"This would take about {in_gigabytes(model + batch)} of memory and"
                    f" {in_gigabytes(facts.available_bytes)} are free: choose a smaller one.",
                )
        return found


def in_gigabytes(size: int) -> str:
    """A size for people, as "1.5 GB" or "120 MB"."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{max(1, round(size / 1e6))} MB"


def _plain(limit: float) -> str:
    """A limit with all its digits where it is a whole number, as "2,147,483,647"."""
    return f"{limit:,.0f}" if float(limit).is_integer() and limit < 1e15 else f"{limit:,g}"


def value_problem(field: SettingField, value: SettingValue) -> str | None:
    """Why a setting can't have a value, in words for people; None when it can."""
    if field.kind == "choice":
        if any(value == choice for choice, _ in field.choices):
            return None
        return f"{field.label} must be one of {', '.join(words for _, words in field.choices)}."
    if field.kind == "flag":
        return None if isinstance(value, bool) else f"{field.label} must be on or off."
    if value is None:
        return None if field.kind in ("integer_or_all", "number_or_off") else f"{field.label} needs a number."
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{field.label} must be a number."
    try:
        finite = math.isfinite(value)
    except OverflowError:  # a whole number of hundreds of digits
        least = f"at least {field.minimum:,g}" if field.kind == "signed" else "above 0"
        return f"{field.label} must be {f'at most {_plain(field.maximum)}' if value > 0 else least}."
    if not finite:
        return f"{field.label} must be a number, not {value}."
    if field.kind not in ("number", "signed", "number_or_off") and not isinstance(value, int):
        return f"{field.label} must be a whole number."
    if field.kind in ("number", "number_or_off") and value <= 0:
        return f"{field.label} must be above 0: with {value:g} the network learns nothing."
    if value < field.minimum:
        return f"{field.label} must be at least {field.minimum:,g}."
    if value > field.maximum:
        return f"{field.label} must be at most {_plain(field.maximum)}."
    return None


NOTEBOOK_PRESET = "Notebook overfit: 50 captions"
STORYBOOK_PRESET = "Storybook"
PRESETS: Mapping[str, TrainingSettings] = {
    NOTEBOOK_PRESET: TrainingSettings(),
    "LSTM overfit: 50 captions": TrainingSettings(cell_type="lstm"),
    "Train on all captions (LSTM)": TrainingSettings(
        cell_type="lstm",
        num_captions=None,
        one_caption_an_image=False,
        batch_size=128,
        num_epochs=10,
        learning_rate=1e-3,
        lr_decay=0.9,
    ),
    STORYBOOK_PRESET: TrainingSettings(  # on two processors a good model of the storybook in a minute
        cell_type="lstm",
        hidden_dim=384,
        wordvec_dim=128,
        num_captions=None,
        one_caption_an_image=False,
        batch_size=50,
        num_epochs=5,
        learning_rate=1e-3,
        lr_decay=0.75,
    ),
}
