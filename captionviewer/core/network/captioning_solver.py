"""Training a captioning network with minibatches."""

import math
from typing import Any

import numpy as np

from captionviewer.core.coco.minibatch import sample_coco_minibatch
from captionviewer.core.network import optim
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.flat_parameters import FlatParameters, rule_on

# The settings of all rules together: one that none of them knows is a typing mistake.
_SETTINGS = ("learning_rate", "momentum", "decay_rate", "beta1", "beta2", "epsilon")


class CaptioningSolver:
    """Adjusts a model's parameters to training captions, one minibatch at a time.

    From the first step on, the model's params are views of one flat array in the model's dtype, which every
    step writes to in place: whoever wants to keep what they hold takes a `copy` of the model between steps.
    A parameter that is replaced between steps is taken over as it is then.

    Attributes
    ----------
    model, data
        what it was made with.
    batch_size, num_epochs
        as passed.
    iterations_per_epoch
        training captions // batch_size, at least 1.
    num_iterations
        iterations planned in all.
    iteration, epoch
        how many have been done.
    learning_rate
        the current one, after decay.
    loss_history
        the loss of each iteration, in nats a caption.
    last_words
        how many words the last minibatch had to predict, for the loss a word.
    """

    def __init__(
        self,
        model: CaptioningRNN,
        # Any: word lists, integer arrays and readers of feature rows under one roof.
        data: dict[str, Any],
        update_rule: str = "sgd",
        optim_config: optim.Config | None = None,
        lr_decay: float = 1.0,
        batch_size: int = 100,
        num_epochs: int = 10,
        print_every: int = 10,
        verbose: bool = True,
        rng: np.random.Generator | None = None,
        **unknown: object,
    ) -> None:
        """Plan a run.

        Parameters
        ----------
        model
            trained in place: its parameters change at every step.
        data
            as `load_coco_data` returns it; 'train_features' may be any object with shape, dtype
            and row look-up by an integer array.
        update_rule
            "sgd", "sgd_momentum", "rmsprop" or "adam".
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

        Raises
        ------
        ValueError
            a keyword, update rule or setting that does not exist, or a number out of range.
        """
        if unknown:
            raise ValueError(f"CaptioningSolver has no argument {', '.join(map(repr, sorted(unknown)))}")
        if update_rule not in optim.RULES:
            raise ValueError(f"no update rule {update_rule!r}: there are {', '.join(optim.RULES)}")
        config = dict(optim_config or {})
        for name in config:
            if name not in _SETTINGS:
                raise ValueError(f"no update rule has the setting {name!r}")
        for name, value in (("batch_size", batch_size), ("print_every", print_every)):
            if value < 1:
                raise ValueError(f"{name} is at least 1, not {value}")
        if num_epochs < 0:
            raise ValueError(f"num_epochs is at least 0, not {num_epochs}")
        num_train = len(data["train_captions"])
        if num_train == 0:
            raise ValueError("the data has no training captions")
        self.model = model
        self.data = data
        self.update_rule = update_rule
        self.lr_decay = lr_decay
        self.batch_size = int(batch_size)
        self.num_epochs = int(num_epochs)
        self.print_every = int(print_every)
        self.verbose = verbose
        self.iterations_per_epoch = max(num_train // self.batch_size, 1)
        self.num_iterations = self.num_epochs * self.iterations_per_epoch
        self.iteration = 0
        self.epoch = 0
        self.last_words = 0
        self.loss_history: list[float] = []
        self._rng = rng
        self._flat = FlatParameters(model.checked_params(), model.dtype)
        self._rule = rule_on(self._flat, update_rule, config)
        self.learning_rate = float(config.get("learning_rate", 1e-3 if update_rule == "adam" else 1e-2))

    def step(self) -> float:
        """Draw one minibatch and update every parameter once.

        Returns
        -------
        The loss of that minibatch, before the update, in nats a caption. Where it is not finite the
        parameters are left as they were.

        Raises
        ------
        ValueError
            the data does not fit the model.
        """
        captions, features, _ = sample_coco_minibatch(self.data, self.batch_size, "train", self._rng)
        with np.errstate(over="ignore", invalid="ignore"):  # a run that diverges says so by its loss
            self.model.checked_params()  # a user may have replaced some since the last step
            self._flat.adopt(self.model.params)
            loss = self.model.loss_into(features, captions, self._flat.grads)
            if math.isfinite(loss):
                self._rule.update(self.learning_rate)
        self.last_words = int(np.count_nonzero(captions[:, 1:] != self.model.word_to_idx["<NULL>"]))
        self.loss_history.append(loss)
        self.iteration += 1
        if self.iteration % self.iterations_per_epoch == 0:
            self.epoch += 1
            self.learning_rate *= self.lr_decay
        return loss

    def train(self) -> None:
        """Run num_iterations steps more, printing the loss now and then if verbose."""
        for t in range(self.num_iterations):
            loss = self.step()
            if self.verbose and t % self.print_every == 0:
                print(f"(Iteration {t + 1} / {self.num_iterations}) loss: {loss:f}")  # noqa: T201  asked for
