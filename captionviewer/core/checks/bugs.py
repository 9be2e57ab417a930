"""A dozen bugs that students make, each to be put in place of what it spoils, and the check that finds it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from captionviewer.core.checks.subject import Subject, fresh_layers

# Functions in place of others; they are given the layers that they stand among. Any: they keep the signature
# and the cache of what they replace.
Functions = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class Bug:
    """A bug on purpose.

    Attributes
    ----------
    key, title
        Its name at the command line, and in a line.
    function
        Where it is: a layer function, or `CaptioningRNN.loss`.
    caught_by
        The key of the check that is made for it; others may find it, too.
    spoiled
        Gives the replaced functions; None for a bug of the model.
    """

    key: str
    title: str
    function: str
    caught_by: str
    spoiled: Callable[[ModuleType], Functions] | None

    def subject(self) -> Subject:
        """The reference layers with this bug among them."""
        layers = fresh_layers()
        if self.spoiled is None:
            return Subject(layers, counts_end=False)
        for name, function in self.spoiled(layers).items():
            setattr(layers, name, function)
        return Subject(layers)


def _no_bias(_: ModuleType) -> Functions:
    def rnn_step_forward(x: Any, prev_h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
        next_h = np.tanh(x @ Wx + prev_h @ Wh)
        return next_h, (x, prev_h, Wx, Wh, next_h)

    return {"rnn_step_forward": rnn_step_forward}


def _slope_of_input(layers: ModuleType) -> Functions:
    right = layers.rnn_step_forward

    def rnn_step_forward(x: Any, prev_h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
        next_h, (*kept, _) = right(x, prev_h, Wx, Wh, b)
        return next_h, (*kept, x @ Wx + prev_h @ Wh + b)  # the tanh's input in place of its output

    return {"rnn_step_forward": rnn_step_forward}


def _state_gradient_lost(layers: ModuleType) -> Functions:
    right = layers.rnn_step_backward

    def rnn_backward(dh: Any, cache: Any) -> Any:
        steps = [right(dh[:, t], cache[t]) for t in range(dh.shape[1])]
        dx = np.stack([step[0] for step in steps], axis=1)
        return dx, steps[0][1], *(sum(step[place] for step in steps) for place in (2, 3, 4))

    return {"rnn_backward": rnn_backward}


def _transposed(layers: ModuleType) -> Functions:
    right = layers.rnn_step_backward

    def rnn_step_backward(dnext_h: Any, cache: Any) -> Any:
        dx, _, *others = right(dnext_h, cache)
        Wh, next_h = cache[3:]
        return dx, (dnext_h * (1 - next_h**2)) @ Wh, *others

    return {"rnn_step_backward": rnn_step_backward}


def _gate_order(layers: ModuleType) -> Functions:
    forward, backward = layers.lstm_step_forward, layers.lstm_step_backward

    def swapped(a: Any) -> Any:
        i, f, o, g = np.split(a, 4, axis=-1)
        return np.concatenate([i, f, g, o], axis=-1)

    def lstm_step_forward(x: Any, prev_h: Any, prev_c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
        return forward(x, prev_h, prev_c, swapped(Wx), swapped(Wh), swapped(b))

    def lstm_step_backward(dnext_h: Any, dnext_c: Any, cache: Any) -> Any:
        *states, dWx, dWh, db = backward(dnext_h, dnext_c, cache)
        return *states, swapped(dWx), swapped(dWh), swapped(db)

    return {"lstm_step_forward": lstm_step_forward, "lstm_step_backward": lstm_step_backward}


def _cell_not_carried(layers: ModuleType) -> Functions:
    def lstm_forward(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
        h, states, cache = h0, [], []
        for t in range(x.shape[1]):
            h, _, kept = layers.lstm_step_forward(x[:, t], h, np.zeros_like(h0), Wx, Wh, b)
            states.append(h)
            cache.append(kept)
        return np.stack(states, axis=1), cache

    return {"lstm_forward": lstm_forward}


def _no_mask(layers: ModuleType) -> Functions:
    right = layers.temporal_softmax_loss
    return {"temporal_softmax_loss": lambda x, y, mask, verbose=False: right(x, y, np.ones_like(mask))}


def _averaged_over_time(layers: ModuleType) -> Functions:
    right = layers.temporal_softmax_loss

    def temporal_softmax_loss(x: Any, y: Any, mask: Any, verbose: bool = False) -> Any:
        loss, dx = right(x, y, mask)
        return loss / x.shape[1], dx / x.shape[1]

    return {"temporal_softmax_loss": temporal_softmax_loss}


def _assigned(_: ModuleType) -> Functions:
    def word_embedding_backward(dout: Any, cache: Any) -> Any:
        x, W = cache
        dW = np.zeros_like(W)
        dW[x] += dout  # only the last of a word's gradients stays
        return dW

    return {"word_embedding_backward": word_embedding_backward}


def _no_h0(layers: ModuleType) -> Functions:
    right = layers.rnn_forward
    return {"rnn_forward": lambda x, h0, Wx, Wh, b: right(x, np.zeros_like(h0), Wx, Wh, b)}


def _not_by_n(layers: ModuleType) -> Functions:
    right = layers.temporal_softmax_loss

    def temporal_softmax_loss(x: Any, y: Any, mask: Any, verbose: bool = False) -> Any:
        loss, dx = right(x, y, mask)
        return loss, dx * len(x)

    return {"temporal_softmax_loss": temporal_softmax_loss}


BUGS: Sequence[Bug] = (
    Bug("no-bias", "The bias is forgotten", "rnn_step_forward", "rnn_step_forward", _no_bias),
    Bug(
        "slope-of-input", "tanh's slope is taken of its input", "rnn_step_backward", "rnn_step_backward",
        _slope_of_input,
    ),
    Bug(
        "state-gradient-lost", "dprev_h is not added to the next step's dh", "rnn_backward", "rnn_backward",
        _state_gradient_lost,
    ),
    Bug(
        "wh-transposed", "Wh is not transposed on the way back", "rnn_step_backward", "rnn_step_backward",
        _transposed,
    ),
    Bug(
        "gate-order", "The gates stand in another order: i, f, g, o", "lstm_step_forward",
        "lstm_step_forward", _gate_order,
    ),
    Bug(
        "cell-not-carried", "The cell state is not carried to the next step", "lstm_forward", "lstm_forward",
        _cell_not_carried,
    ),
    Bug("no-mask", "The mask is forgotten", "temporal_softmax_loss", "temporal_softmax_masked", _no_mask),
    Bug(
        "averaged-over-time", "The loss is averaged over time", "temporal_softmax_loss",
        "temporal_softmax_ten", _averaged_over_time,
    ),
    Bug(
        "embedding-assigned", "The embedding's gradient is assigned and not added", "word_embedding_backward",
        "word_embedding_backward", _assigned,
    ),
    Bug("no-h0", "The first state is forgotten: h0", "rnn_forward", "rnn_forward", _no_h0),
    Bug("end-not-predicted", "<END> is not predicted", "CaptioningRNN.loss", "rnn_sample_train", None),
    Bug(
        "not-by-n", "The softmax's gradient is not divided by N", "temporal_softmax_loss",
        "temporal_softmax_gradient", _not_by_n,
    ),
)  # fmt: skip

BY_KEY = {bug.key: bug for bug in BUGS}
