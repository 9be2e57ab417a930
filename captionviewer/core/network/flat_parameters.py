"""All parameters of a model in one flat array, so that an update is a few passes over it.

An update rule reads and writes several arrays of the parameters' size (parameter, gradient, moments) and
does next to no arithmetic, so its cost is that of moving memory. Here it goes block by block, each small
enough that a rule's passes over it find it in the processor's cache; a block pays no heed to where one
parameter ends and the next begins, since every rule works on each number by itself.
"""

import math
from collections.abc import Mapping, MutableMapping

import numpy as np
import numpy.typing as npt

from captionviewer.core.arrays import FloatArray
from captionviewer.core.network import optim

BLOCK = 1 << 15  # numbers; the four arrays of Adam take 512 kB of float32, half of a usual level-2 cache
_LINE = 64  # bytes in a cache line: vector instructions are slower across two of them


def aligned_zeros(size: int, dtype: npt.DTypeLike) -> FloatArray:
    """A flat array of zeros that begins at a cache line."""
    itemsize = np.dtype(dtype).itemsize
    raw = np.zeros(size + _LINE // itemsize, dtype)
    skip = -raw.ctypes.data % _LINE // itemsize
    aligned: FloatArray = raw[skip : skip + size]
    return aligned


class FlatParameters:
    """Parameters and their gradients as views of one flat array each.

    Attributes
    ----------
    values, grads
        name -> view, of the parameter's shape.
    flat_values, flat_grads
        the arrays they are views of.
    """

    def __init__(self, params: Mapping[str, FloatArray], dtype: npt.DTypeLike) -> None:
        """Make room for parameters of these names and shapes; their values come with `adopt`."""
        in_a_line = _LINE // np.dtype(dtype).itemsize
        places: dict[str, slice] = {}
        size = 0
        for name, value in params.items():
            places[name] = slice(size, size + value.size)
            size += -(-value.size // in_a_line) * in_a_line  # each begins at a cache line
        self.flat_values = aligned_zeros(size, dtype)
        self.flat_grads = aligned_zeros(size, dtype)
        self.values = {name: self.flat_values[places[name]].reshape(params[name].shape) for name in params}
        self.grads = {name: self.flat_grads[places[name]].reshape(params[name].shape) for name in params}

    def adopt(self, params: MutableMapping[str, FloatArray]) -> None:
        """Put the views in the place of a model's own arrays, wherever those are others.

        A parameter that a user has replaced is copied in, whatever its dtype; one that was rewritten in
        place, or left alone, is the view already.
        """
        for name, view in self.values.items():
            if params[name] is not view:
                view[...] = params[name]
                params[name] = view


class BlockwiseRule:
    """Any rule of `optim`, applied to flat arrays block by block."""

    def __init__(self, rule: optim.UpdateRule, config: optim.Config, flat: FlatParameters) -> None:
        """Remember for each block what the rule remembers; `config` holds its settings."""
        self._rule = rule
        self._blocks = [
            (values, grads, dict(config))
            for values, grads in zip(_blocks(flat.flat_values), _blocks(flat.flat_grads), strict=True)
        ]

    def update(self, learning_rate: float) -> None:
        """Give every parameter its update; the gradients may be used up."""
        for values, grads, config in self._blocks:
            config["learning_rate"] = learning_rate
            values[...], _ = self._rule(values, grads, config)


class BlockwiseAdam:
    """`optim.adam` in place: ten passes over a block and no temporaries.

    It keeps the two running means without their factors (1 - beta1) and (1 - beta2), and multiplies the
    one number that stands for the step size by what that and the correction for starting at zero make:

        m / (1 - beta1) <- beta1 m / (1 - beta1) + g        v / (1 - beta2) <- beta2 v / (1 - beta2) + g^2
        w <- w - rate (m / (1 - beta1)) / (sqrt(v / (1 - beta2)) + shift)
    """

    def __init__(self, config: optim.Config, flat: FlatParameters) -> None:
        self._beta1 = float(config.get("beta1", 0.9))
        self._beta2 = float(config.get("beta2", 0.999))
        self._epsilon = float(config.get("epsilon", 1e-8))
        self._t = 0
        size, dtype = flat.flat_values.size, flat.flat_values.dtype
        arrays = (flat.flat_values, flat.flat_grads, aligned_zeros(size, dtype), aligned_zeros(size, dtype))
        self._blocks = list(zip(*map(_blocks, arrays), strict=True))

    def update(self, learning_rate: float) -> None:
        """Give every parameter its update; the gradients are used up."""
        self._t += 1
        beta1, beta2 = self._beta1, self._beta2
        correction = math.sqrt((1 - beta2**self._t) / (1 - beta2))
        shift = self._epsilon * correction
        rate = learning_rate * correction * (1 - beta1) / (1 - beta1**self._t)
        for w, g, m, v in self._blocks:
            np.multiply(m, beta1, m)
            np.add(m, g, m)
            np.multiply(g, g, g)
            np.multiply(v, beta2, v)
            np.add(v, g, v)
            np.sqrt(v, g)
            np.add(g, shift, g)
            np.divide(m, g, g)
            np.multiply(g, rate, g)
            np.subtract(w, g, w)


def _blocks(flat: FloatArray) -> list[FloatArray]:
    return [flat[start : start + BLOCK] for start in range(0, flat.size, BLOCK)]


def rule_on(flat: FlatParameters, update_rule: str, config: optim.Config) -> BlockwiseRule | BlockwiseAdam:
    """The rule of that name, at work on these parameters."""
    if update_rule == "adam":
        return BlockwiseAdam(config, flat)
    return BlockwiseRule(optim.RULES[update_rule], config, flat)
