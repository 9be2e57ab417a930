"""Update rules: from a parameter and its gradient to the parameter's next value.

Each takes `(w, dw, config=None)` and returns `(next_w, config)`, both arrays of w's shape and dtype. The
config is a dictionary of settings and of what the rule remembers; missing entries are filled in with
the defaults, and what was passed in is the dictionary that comes back. `w` itself is not changed.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from captionviewer.core.arrays import FloatArray

# Any: a config holds numbers and arrays of the rule's own choosing under one roof.
Config = dict[str, Any]
UpdateRule = Callable[[FloatArray, FloatArray, Config | None], tuple[FloatArray, Config]]


def sgd(w: FloatArray, dw: FloatArray, config: Config | None = None) -> tuple[FloatArray, Config]:
    """Stochastic gradient descent.

    Config: learning_rate (1e-2).
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    return w - float(config["learning_rate"]) * dw, config


def sgd_momentum(w: FloatArray, dw: FloatArray, config: Config | None = None) -> tuple[FloatArray, Config]:
    """Stochastic gradient descent with momentum: a velocity that remembers former gradients.

    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.

    Config: learning_rate (1e-2), momentum (0.9; 0 gives sgd), velocity (zeros, w's shape).
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    velocity = config["velocity"] if "velocity" in config else np.zeros_like(w)
    velocity = float(config["momentum"]) * velocity - float(config["learning_rate"]) * dw
    config["velocity"] = velocity
    return w + velocity, config


def rmsprop(w: FloatArray, dw: FloatArray, config: Config | None = None) -> tuple[FloatArray, Config]:
    """RMSProp: each step divided by a running root mean square of that entry's gradient.

    Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning", 2012.

    Config: learning_rate (1e-2), decay_rate (0.99), epsilon (1e-8), cache (zeros, w's shape).
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("decay_rate", 0.99)
    config.setdefault("epsilon", 1e-8)
    decay = float(config["decay_rate"])
    cache = config["cache"] if "cache" in config else np.zeros_like(w)
    cache = decay * cache + (1 - decay) * dw**2
    config["cache"] = cache
    return w - float(config["learning_rate"]) * dw / (np.sqrt(cache) + float(config["epsilon"])), config


def adam(w: FloatArray, dw: FloatArray, config: Config | None = None) -> tuple[FloatArray, Config]:
    """Adam: momentum and RMSProp together, both corrected for having started at zero.

    Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.

    Config: learning_rate (1e-3), beta1 (0.9), beta2 (0.999), epsilon (1e-8), m and v (zeros, w's shape:
    the running mean of the gradient and of its square), t (0: updates made).
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-3)
    config.setdefault("beta1", 0.9)
    config.setdefault("beta2", 0.999)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("t", 0)
    # Plain floats throughout: a NumPy float64 scalar would turn a float32 parameter into float64.
    beta1, beta2 = float(config["beta1"]), float(config["beta2"])
    t = int(config["t"]) + 1
    m = config["m"] if "m" in config else np.zeros_like(w)
    v = config["v"] if "v" in config else np.zeros_like(w)
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    config["t"], config["m"], config["v"] = t, m, v
    rate = float(config["learning_rate"]) / (1 - beta1**t)
    return w - rate * m / (np.sqrt(v) / math.sqrt(1 - beta2**t) + float(config["epsilon"])), config


RULES: dict[str, UpdateRule] = {"sgd": sgd, "sgd_momentum": sgd_momentum, "rmsprop": rmsprop, "adam": adam}
