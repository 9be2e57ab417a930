"""Training a captioning network with minibatches.

(Past 400 lines: what the course's solver promises, one class, read beside the course's own.)
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Generic, Protocol, TypeVar, cast

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.coco.minibatch import NotebookData, num_captions, sample_coco_minibatch
from captionviewer.core.coco.vocabulary import NULL
from captionviewer.core.network import optim
from captionviewer.core.network.captioning_rnn import CaptioningRNN, has_our_loss
from captionviewer.core.network.flat_parameters import BlockwiseRule, FlatParameters, rule_on
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.network.solver_state import GeneratorState, SolverState
from captionviewer.core.network.workspace import never


class Trainable(Protocol):
    """What the solver asks of a model: parameters, and a loss with a gradient for each of them."""

    params: dict[str, FloatArray]

    def loss(self, features: FloatArray, captions: IntArray) -> tuple[float, Mapping[str, FloatArray]]:
        """The loss of a minibatch, features (N, D) and captions (N, T), and its gradients by name."""


ModelT = TypeVar("ModelT", bound=Trainable)


class CaptioningSolver(Generic[ModelT]):
    """Adjusts a model's parameters to training captions, one minibatch at a time.

    Whatever is set on it after construction holds from then on: `batch_size`, `num_epochs`, `lr_decay`,
    `learning_rate`, `clip_norm`, `update_rule`, an entry of `optim_configs`. A pickled or deep-copied solver
    trains on as the original would.

    From the first step on, the params of a `CaptioningRNN` are views of one flat array in the model's dtype,
    which a step writes to in place, unless somebody holds one of them by then: what is held, as in
    `best = dict(model.params)`, stays as it is, and the step goes on in new arrays (in CPython, where
    references are counted; a `copy` of the model is certain). A parameter that is replaced between steps is
    taken over as it is then. Any other model, and one whose `loss` is somebody's own, has its parameters
    replaced by new arrays at every step.

    Attributes
    ----------
    model, data
        what it was made with.
    update_rule
        the function `rule(w, dw, config)`, also where it was given by name.
    optim_config
        the settings given for it.
    optim_configs
        for each parameter its own dict of settings, and of what the rule remembers.
    batch_size, num_epochs, lr_decay, print_every, verbose
        as passed.
    loss_history
        the loss of each iteration, in nats a caption.
    iteration, epoch
        how many have been done.
    clip_norm
        None, or the norm that all gradients together, as one vector, are shortened to where they are longer.
    last_words
        how many words the last minibatch had to predict, for the loss a word.
    last_gradient_norm
        the norm of all gradients of the last step together, before they were shortened; NaN before the first.
    last_parameter_norms
        that of each parameter's gradient by name; empty before the first.
    interrupt
        None, or what is called now and then within a step of a `CaptioningRNN`, before any parameter has
        changed: what it raises ends the step as if it had not begun.
    best_val_acc, best_params, train_acc_history, val_acc_history
        0 and empty, as the course's solver leaves them.
    """

    model: ModelT
    data: NotebookData
    lr_decay: float
    batch_size: int
    num_epochs: int
    print_every: int
    clip_norm: float | None

    def __init__(
        self,
        model: ModelT,
        data: NotebookData,
        update_rule: str | optim.UpdateRule = "sgd",
        optim_config: optim.Config | None = None,
        lr_decay: float = 1.0,
        batch_size: int = 100,
        num_epochs: int = 10,
        print_every: int = 10,
        verbose: bool = True,
        rng: np.random.Generator | None = None,
        clip_norm: float | None = None,
        **unknown: object,
    ) -> None:
        """Plan a run.

        Parameters
        ----------
        model
            trained in place: its parameters change at every step. Anything with `params` and
            `loss(features, captions)`.
        data
            as `load_coco_data` returns it; 'train_features' may be any object with shape, dtype
            and row look-up by an integer array, and there need be no 'train_urls'.
        update_rule
            "sgd", "sgd_momentum", "rmsprop" or "adam", another name registered in `optim`, or a function
            `rule(w, dw, config) -> (next_w, config)`.
        optim_config
            settings of the rule, such as learning_rate; see `optim`.
        lr_decay
            what the learning rate is multiplied by after each epoch.
        batch_size
            captions a minibatch.
        num_epochs
            how many times as many captions as there are.
        print_every
            iterations between the lines that `train` prints.
        verbose
            False prints nothing.
        rng
            draws the minibatches; None takes NumPy's global state, as the notebook does.
        clip_norm
            None, or what the norm of all gradients together is shortened to (Pascanu et al., 2013).

        Raises
        ------
        ValueError
            a keyword, update rule or setting that does not exist, a number out of range, or no training
            captions.
        """
        if unknown:
            raise ValueError(f"CaptioningSolver has no argument {', '.join(map(repr, sorted(unknown)))}")
        if rng is not None and not isinstance(rng, np.random.Generator):
            raise ValueError(f"rng is None or a generator, as np.random.default_rng(231), not {rng!r}")
        if num_captions(data, "train") == 0:
            raise ValueError("the data has no training captions")
        self.model = model
        self.data = data
        self.update_rule = update_rule
        self.optim_config = optim.checked_settings(self.update_rule, optim_config or {})
        self.lr_decay = lr_decay
        self.batch_size = batch_size
        self.num_epochs = num_epochs
        self.print_every = print_every
        self.verbose = verbose
        self.clip_norm = clip_norm
        self.interrupt: Callable[[], None] | None = None
        self._rng = rng
        self._flat: FlatParameters | None = None  # both are made by the first step
        self._rule: BlockwiseRule | None = None
        self._references: list[int] = []  # to the flat parameters, as a step left them
        self._reset()

    def _reset(self) -> None:
        """Forget what was done and what the rule remembers; the model stays as it is."""
        self.iteration = 0
        self.epoch = 0
        self._iterations_this_epoch = 0
        self.last_words = 0
        self.last_gradient_norm = math.nan
        self.last_parameter_norms: dict[str, float] = {}
        self.loss_history: list[float] = []
        self.best_val_acc = 0.0
        self.best_params: dict[str, FloatArray] = {}
        self.train_acc_history: list[float] = []
        self.val_acc_history: list[float] = []
        self.optim_configs: dict[str, optim.Config] = {}
        self._complete_configs()

    def __setattr__(self, name: str, value: object) -> None:
        check = _CHECKS.get(name)
        object.__setattr__(self, name, value if check is None else check(name, value))

    def __getstate__(self) -> dict[str, object]:
        # For copies of any kind: the params and `optim_configs` say everything, and a hook is the owner's.
        return {**self.__dict__, "_flat": None, "_rule": None, "interrupt": None}

    @property
    def update_rule(self) -> optim.UpdateRule:
        """The function `rule(w, dw, config)`; may be set, also by name."""
        return self._update_rule

    @update_rule.setter
    def update_rule(self, rule: str | optim.UpdateRule) -> None:
        self._update_rule = optim.rule_named(rule) if isinstance(rule, str) else rule
        if not callable(self._update_rule):
            raise ValueError(f"update_rule is a name or a function, not {rule!r}")

    @property
    def learning_rate(self) -> float:
        """The current one, after decay; setting it sets that of every parameter. NaN where an update rule
        of somebody's own has none.
        """
        rates = (
            config["learning_rate"] for config in self.optim_configs.values() if "learning_rate" in config
        )
        return float(next(rates, math.nan))

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        rate = optim.checked_setting("learning_rate", value)
        for config in self.optim_configs.values():
            config["learning_rate"] = rate

    @property
    def iterations_per_epoch(self) -> int:
        """Training captions // batch_size, at least 1."""
        return max(num_captions(self.data, "train") // self.batch_size, 1)

    @property
    def num_iterations(self) -> int:
        """Iterations planned in all."""
        return self.num_epochs * self.iterations_per_epoch

    def step(self) -> float:
        """Draw one minibatch and update every parameter once; at an epoch's end the learning rate decays.

        Returns
        -------
        The loss of that minibatch, before the update, in nats a caption. Where it is not finite the
        parameters are left as they were.

        Raises
        ------
        ValueError
            the data does not fit the model, or the model's loss gives no gradient for a parameter.
        """
        self._step()
        self.iteration += 1
        self._iterations_this_epoch += 1
        if self._iterations_this_epoch >= self.iterations_per_epoch:
            self._iterations_this_epoch = 0
            self.epoch += 1
            for config in self.optim_configs.values():
                if "learning_rate" in config:
                    config["learning_rate"] *= self.lr_decay
        return self.loss_history[-1]

    def state(self) -> SolverState:
        """Copies of all that the next steps depend on besides model, data and plan.

        ValueError where the rule or the generator is somebody's own, whose memory is not known.
        """
        facts = optim.facts_of(self.update_rule)
        if facts is None or self._rng is None:
            raise ValueError("only a rule of this program and a generator of its own can be kept")
        configs = {name: self.optim_configs[name] for name in self.model.params}
        memory = {
            array: {
                name: np.array(config[array]) if array in config else np.zeros_like(self.model.params[name])
                for name, config in configs.items()
            }
            for array in facts.memory
        }
        return SolverState(
            self.iteration,
            self.epoch,
            self._iterations_this_epoch,
            self.learning_rate,
            self.clip_norm,
            max((int(config.get("t", 0)) for config in configs.values()), default=0),
            memory,
            GeneratorState.of(self._rng.bit_generator.state),
        )

    def go_on_from(self, state: SolverState) -> None:
        """Be where another solver of the same model, data and rule was: the next step is its next step."""
        if self._rng is None:
            raise ValueError("a solver that draws from NumPy's global state can't go on")
        self.iteration, self.epoch = state.iteration, state.epoch
        self._iterations_this_epoch = state.iterations_this_epoch
        self._complete_configs()
        self.learning_rate = state.learning_rate
        self.clip_norm = state.clip_norm
        for array, of_each in state.memory.items():
            for name, values in of_each.items():
                self.optim_configs[name][array] = np.array(values)
        if self.update_rule is optim.adam:
            for config in self.optim_configs.values():
                config["t"] = state.updates
        self._rng.bit_generator.state = state.generator.told()

    def _step(self) -> None:
        """The update alone, as the course's `_step`: no epoch is counted, no learning rate decays."""
        before = {} if self._rng is None else self._rng.bit_generator.state
        try:
            self._draw_and_update()
        except BaseException:
            if self._rng is not None:  # a step that is given up has not begun: its minibatch is drawn again
                self._rng.bit_generator.state = before
            raise

    def _draw_and_update(self) -> None:
        captions, features, _ = sample_coco_minibatch(self.data, self.batch_size, "train", self._rng)
        self._complete_configs()
        with np.errstate(over="ignore", invalid="ignore"):  # a run that diverges says so by its loss
            if self._is_fast():
                loss = self._fast_update(cast("CaptioningRNN", self.model), features, captions)
            else:
                answer, grads = self.model.loss(features, captions)
                loss = float(answer)
                if math.isfinite(loss):
                    self._update_each(self._clipped(grads))
        self.last_words = int(np.count_nonzero(np.asarray(captions)[:, 1:] != self._null_word()))
        self.loss_history.append(loss)

    def _is_fast(self) -> bool:
        """Whether the model's loss is ours, so that its fast form may stand for it."""
        return isinstance(self.model, CaptioningRNN) and has_our_loss(self.model)

    def _fast_update(self, model: CaptioningRNN, features: FloatArray, captions: IntArray) -> float:
        """The same as with `model.loss`, with parameters and gradients in arrays that are kept."""
        is_held = self._flat is not None and any(map(operator.gt, self._flat.references(), self._references))
        params = model.checked_params()  # a user may have replaced some since the last step
        if self._flat is None or is_held or not self._flat.suits(params, model.dtype):
            self._flat, self._rule = FlatParameters(params, model.dtype), None
        flat = self._flat
        flat.adopt(model.params, self.interrupt or never)
        loss = model.loss_into(features, captions, flat.grads, self.interrupt)
        if math.isfinite(loss):
            self._clip(flat.grads, [flat.flat_grads])
            if self._rule is None or self._rule.rule is not self.update_rule:
                self._rule = rule_on(flat, self.update_rule)
            configs = {name: self.optim_configs[name] for name in flat.values}
            if self._rule is None or not self._rule.update(configs, self.interrupt or never):
                # Copies: a rule may keep a gradient, and these arrays are written to again.
                self._update_each({name: gradient.copy() for name, gradient in flat.grads.items()})
        del params
        self._references = flat.references()
        return loss

    def _clip(self, gradients: Mapping[str, FloatArray], arrays: Sequence[FloatArray]) -> None:
        """Note the norm of each gradient and of all; shorten what `arrays` hold of them, in place."""
        self.last_parameter_norms = {name: norm_of(gradient) for name, gradient in gradients.items()}
        self.last_gradient_norm = norm = math.hypot(*self.last_parameter_norms.values())
        if self.clip_norm is not None and self.clip_norm < norm < math.inf:
            for array in arrays:
                array *= self.clip_norm / norm

    def _clipped(self, grads: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
        """The same for gradients that are somebody else's: nothing is changed in place."""
        mine = {name: np.asarray(grads[name]) for name in self.model.params if name in grads}
        if self.clip_norm is None:
            self._clip(mine, ())
            return grads
        copies = {name: np.array(gradient) for name, gradient in grads.items()}
        mine = {name: copies[name] for name in mine}
        self._clip(mine, list(mine.values()))
        return copies

    def _update_each(self, grads: Mapping[str, FloatArray]) -> None:
        """Apply the rule to one parameter after the other, as the course's solver does."""
        lacking = [name for name in self.model.params if name not in grads]
        if lacking:
            raise ValueError(f"the model's loss gives no gradient for {', '.join(map(repr, lacking))}")
        for name, value in self.model.params.items():
            config = self.optim_configs[name]
            next_value, self.optim_configs[name] = self.update_rule(np.asarray(value), grads[name], config)
            self.model.params[name] = next_value

    def _complete_configs(self) -> None:
        """Give each parameter that has no config yet, as one added since, its own."""
        lacking = [name for name in self.model.params if name not in self.optim_configs]
        if not lacking:
            return
        facts = optim.facts_of(self.update_rule)
        settings = {**(facts.defaults if facts is not None else {}), **self.optim_config}
        if not math.isnan(self.learning_rate):
            settings["learning_rate"] = self.learning_rate  # as it has decayed meanwhile
        for name in lacking:
            self.optim_configs[name] = dict(settings)

    def _null_word(self) -> int:
        null = getattr(self.model, "_null", None)
        return int(self.data.get("word_to_idx", {}).get(NULL, 0) if null is None else null)

    def train(self) -> None:
        """Run num_iterations steps more, printing the loss now and then if verbose."""
        self._iterations_this_epoch = 0
        # between steps, too, the library stays as it is: its threads go on spinning after each product
        with one_library_thread() if self._is_fast() else nullcontext():
            for t in range(self.num_iterations):
                loss = self.step()
                if self.verbose and t % self.print_every == 0:
                    print(f"(Iteration {t + 1} / {self.num_iterations}) loss: {loss:f}")  # noqa: T201  asked

    def check_accuracy(
        self, X: object, y: object, num_samples: int | None = None, batch_size: int = 100
    ) -> float:
        """Return 0.0, as the course's solver does: nothing is measured."""
        return 0.0


_PIECE = 1 << 13  # numbers whose squares are added in the gradients' own type, before float64 takes over


@np.errstate(over="ignore", invalid="ignore")
def norm_of(gradient: FloatArray) -> float:
    """The norm of all numbers of an array, as one vector: sqrt of the sum of their squares."""
    flat = gradient.reshape(-1)
    rest = flat.size % _PIECE
    pieces, last = flat[: flat.size - rest].reshape(-1, _PIECE), flat[flat.size - rest :]
    # one call for all pieces: at each the interpreter's lock would be given up
    total = float(np.vecdot(pieces, pieces).sum(dtype=np.float64)) + float(np.dot(last, last))
    if not math.isfinite(total):  # a float32 square overflows at 1.8e19, long before the number does
        total = float(np.square(flat, dtype=np.float64).sum())
    return math.sqrt(total) if total >= 0 else math.nan


def _checked_clip_norm(name: str, value: object) -> float | None:
    return None if value is None else optim.checked_setting(name, value)


def _whole_number(least: int) -> Callable[[str, object], int]:
    def check(name: str, value: Any) -> int:  # whatever a user may set
        if isinstance(value, float | np.floating) and float(value).is_integer():
            value = int(value)
        try:
            number = operator.index(value)
        except TypeError:
            raise ValueError(f"{name} is a whole number, not {value!r}") from None
        if number < least:
            raise ValueError(f"{name} is at least {least}, not {number}")
        return number

    return check


_CHECKS: Mapping[str, Callable[[str, object], object]] = {
    "batch_size": _whole_number(1),
    "print_every": _whole_number(1),
    "num_epochs": _whole_number(0),
    "lr_decay": optim.checked_setting,
    "clip_norm": _checked_clip_norm,
}
