"""Update rules: from a parameter and its gradient to the parameter's next value.

Each takes `(w, dw, config=None)` and returns `(next_w, config)`, both arrays of w's shape and dtype. The
config is a dictionary of settings and of what the rule remembers; missing entries are filled in with
the defaults, and what was passed in is the dictionary that comes back. `w` itself is not changed.

A run takes Adam's steps by `flat_parameters.BlockwiseAdam`, the same over all parameters at once: whoever
changes `adam` changes both, and a test holds them equal.

A rule of one's own is given to the solver as it is, or by a name: `RULES["mine"] = mine`, or a function
assigned to this module, as in the course (`optim.mine = mine`).
"""

import math
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from captionviewer.core.arrays import FloatArray

# Any: a config holds numbers and arrays of the rule's own choosing under one roof.
Config = dict[str, Any]
UpdateRule = Callable[[FloatArray, FloatArray, Config | None], tuple[FloatArray, Config]]
RuleName = Literal["adam", "rmsprop", "sgd_momentum", "sgd"]


@dataclass(frozen=True)
class RuleFacts:
    """What is known of a rule of this module besides its function.

    Attributes
    ----------
    label
        its name for people.
    defaults
        its settings, with the values that they have where a config says nothing.
    memory
        the names of the arrays of w's shape that it remembers, zeros at first.
    """

    label: str
    defaults: Mapping[str, float]
    memory: tuple[str, ...] = ()


# Each works on every number by itself, so that it may be applied to pieces of a parameter or to many at once.
FACTS: Mapping[RuleName, RuleFacts] = {
    "adam": RuleFacts(
        "Adam", {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}, ("m", "v")
    ),
    "rmsprop": RuleFacts("RMSProp", {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8}, ("cache",)),
    "sgd_momentum": RuleFacts("SGD + momentum", {"learning_rate": 1e-2, "momentum": 0.9}, ("velocity",)),
    "sgd": RuleFacts("SGD", {"learning_rate": 1e-2}),
}


def _filled(config: Config | None, name: RuleName, w: FloatArray) -> Config:
    """The config with everything in it that the rule needs; the same dictionary if one was given."""
    config = {} if config is None else config
    facts = FACTS[name]
    for setting, value in facts.defaults.items():
        config.setdefault(setting, value)
    for array in facts.memory:
        if array not in config:
            config[array] = np.zeros_like(w)
    return config


def sgd(w: FloatArray, dw: FloatArray, config: Config | None = None) -> tuple[FloatArray, Config]:
    """Stochastic gradient descent.

    Config: learning_rate (1e-2).
    """
    config = _filled(config, "sgd", w)
    return w - float(config["learning_rate"]) * dw, config


def sgd_momentum(w: FloatArray, dw: FloatArray, config: Config | None = None) -> tuple[FloatArray, Config]:
    """Stochastic gradient descent with momentum: a velocity that remembers former gradients.

    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.

    Config: learning_rate (1e-2), momentum (0.9; 0 gives sgd), velocity (zeros, w's shape).
    """
    config = _filled(config, "sgd_momentum", w)
    velocity = float(config["momentum"]) * config["velocity"] - float(config["learning_rate"]) * dw
    config["velocity"] = velocity
    return w + velocity, config


def rmsprop(w: FloatArray, dw: FloatArray, config: Config | None = None) -> tuple[FloatArray, Config]:
    """RMSProp: each step divided by a running root mean square of that entry's gradient.

    Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning", 2012.

    Config: learning_rate (1e-2), decay_rate (0.99), epsilon (1e-8), cache (zeros, w's shape).
    """
    config = _filled(config, "rmsprop", w)
    decay = float(config["decay_rate"])
    cache = decay * config["cache"] + (1 - decay) * dw**2
    config["cache"] = cache
    return w - float(config["learning_rate"]) * dw / (np.sqrt(cache) + float(config["epsilon"])), config


def adam(w: FloatArray, dw: FloatArray, config: Config | None = None) -> tuple[FloatArray, Config]:
    """Adam: momentum and RMSProp together, both corrected for having started at zero.

    Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, in the form that CS231n's
    captioning assignment ships (the one of the paper's section 2, before algorithm 1):

        alpha = learning_rate sqrt(1 - beta2^t) / (1 - beta1^t)
        w <- w - alpha m / (sqrt(v) + epsilon)

    Here epsilon stands beside the root as it is; in algorithm 1, and in PyTorch, it stands beside the
    corrected root sqrt(v / (1 - beta2^t)), which makes the first steps differ a little.

    Config: learning_rate (1e-3), beta1 (0.9), beta2 (0.999), epsilon (1e-8), m and v (zeros, w's shape:
    the running mean of the gradient and of its square), t (0: updates made).
    """
    config = _filled(config, "adam", w)
    # Plain floats throughout: a NumPy float64 scalar would turn a float32 parameter into float64.
    beta1, beta2 = float(config["beta1"]), float(config["beta2"])
    t = int(config.get("t", 0)) + 1
    m = beta1 * config["m"] + (1 - beta1) * dw
    v = beta2 * config["v"] + (1 - beta2) * dw**2
    config["t"], config["m"], config["v"] = t, m, v
    alpha = adam_step_size(float(config["learning_rate"]), beta1, beta2, t)
    return w - alpha * m / (np.sqrt(v) + float(config["epsilon"])), config


def adam_step_size(learning_rate: float, beta1: float, beta2: float, t: int) -> float:
    """What Adam's t-th update multiplies m / (sqrt(v) + epsilon) by."""
    return learning_rate * math.sqrt(1 - beta2**t) / (1 - beta1**t)


_OURS: Mapping[str, UpdateRule] = {
    "adam": adam,
    "rmsprop": rmsprop,
    "sgd_momentum": sgd_momentum,
    "sgd": sgd,
}
RULES: dict[str, UpdateRule] = dict(_OURS)


def rule_named(name: str) -> UpdateRule:
    """The rule registered under a name: in `RULES`, or as a function assigned to this module.

    Raises
    ------
    ValueError
        there is none of that name; the message names those that there are.
    """
    registered, assigned = RULES.get(name), globals().get(name)
    if registered is not None and registered is not _OURS.get(name):
        return registered
    if isinstance(assigned, types.FunctionType) and (name in _OURS or name not in _NAMES_HERE):
        return assigned
    if registered is None:
        raise ValueError(f"no update rule {name!r}: there are {', '.join(RULES)}")
    return registered


def facts_of(rule: UpdateRule) -> RuleFacts | None:
    """What is known of a rule of this module; None for somebody's own."""
    for name, facts in FACTS.items():
        if rule is _OURS[name]:
            return facts
    return None


def checked_settings(rule: UpdateRule, config: Mapping[str, object]) -> Config:
    """A copy of the settings given for a rule.

    Raises
    ------
    ValueError
        a rule of this module does not have one of them, or not that value of it. What a rule of
        somebody's own takes is not known, so of its settings only the learning rate is looked at.
    """
    facts = facts_of(rule)
    checked: Config = {}
    for name, value in config.items():
        if facts is not None and name not in facts.defaults:
            has = ", ".join(facts.defaults)
            raise ValueError(f"{facts.label} has no setting {name!r}: it has {has}")
        known = facts is not None or name == "learning_rate"
        checked[name] = checked_setting(name, value) if known else value
    return checked


# name -> (least, most, whether least itself will do, whether most itself will do)
_BOUNDS: Mapping[str, tuple[float, float, bool, bool]] = {
    "learning_rate": (0, math.inf, True, False),
    "momentum": (0, 1, True, True),
    "decay_rate": (0, 1, True, False),
    "beta1": (0, 1, True, False),
    "beta2": (0, 1, True, False),
    "epsilon": (0, math.inf, False, False),
    "lr_decay": (0, math.inf, False, False),
    "clip_norm": (0, math.inf, False, False),
}


def checked_setting(name: str, value: object) -> float:
    """The value as a float.  ValueError where it is no number, or none that this setting may have."""
    least, most, with_least, with_most = _BOUNDS[name]
    if isinstance(value, str | bytes):
        raise ValueError(f"{name} is a number, not {value!r}")
    try:
        number = float(value)  # type: ignore[arg-type]  # what is no number is told by the error
    except (TypeError, ValueError):
        raise ValueError(f"{name} is a number, not {value!r}") from None
    except OverflowError:  # an integer of hundreds of digits
        number = math.inf
    low = number >= least if with_least else number > least
    high = number <= most if with_most else number < most
    if not (low and high):
        lower = f"{'at least' if with_least else 'above'} {least:g}"
        upper = "finite" if most == math.inf else f"{'at most' if with_most else 'below'} {most:g}"
        raise ValueError(f"{name} is {lower} and {upper}, not {number:g}")
    return number


_NAMES_HERE = frozenset(globals())  # a function that is assigned under another name is somebody's rule
