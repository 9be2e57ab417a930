"""All parameters of a model in one flat array, so that an update is a few passes over it.

An update rule reads and writes several arrays of the parameters' size (parameter, gradient, moments) and
does next to no arithmetic, so its cost is that of moving memory. Here it goes block by block, each small
enough that a rule's passes over it find it in the processor's cache; a block pays no heed to where one
parameter ends and the next begins, since every rule of `optim` works on each number by itself.

These arrays are there for speed alone: what a training is, stands in the model's params and in one config
for each parameter, of which the arrays here are taken over as views. So copies of a solver leave them behind.
"""

import sys
from collections.abc import Mapping, MutableMapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from captionviewer.core.arrays import FloatArray
from captionviewer.core.network import optim
from captionviewer.core.network.two_threads import Pieces, cores
from captionviewer.core.network.workspace import Interrupt, copy_into, never

BLOCK = 1 << 17  # numbers; smaller ones stay in the level-2 cache, but two threads then wait for each other
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
        self._dtype = np.dtype(dtype)
        in_a_line = _LINE // self._dtype.itemsize
        self._shapes = {name: value.shape for name, value in params.items()}
        self._places: dict[str, slice] = {}
        self._size = 0
        for name, value in params.items():
            self._places[name] = slice(self._size, self._size + value.size)
            self._size += -(-value.size // in_a_line) * in_a_line  # each begins at a cache line
        self.flat_values, self.values = self.zeros()
        self.flat_grads, self.grads = self.zeros()

    def zeros(self) -> tuple[FloatArray, dict[str, FloatArray]]:
        """One more flat array of zeros, and its view for each parameter."""
        flat = aligned_zeros(self._size, self._dtype)
        return flat, {name: flat[self._places[name]].reshape(shape) for name, shape in self._shapes.items()}

    def suits(self, params: Mapping[str, FloatArray], dtype: npt.DTypeLike) -> bool:
        """Whether this is room for parameters of just these names and shapes, in that dtype."""
        shapes = {name: value.shape for name, value in params.items()}
        return shapes == self._shapes and np.dtype(dtype) == self._dtype

    def adopt(self, params: MutableMapping[str, FloatArray], interrupt: Interrupt = never) -> None:
        """Put the views in the place of a model's own arrays, wherever those are others.

        A parameter that a user has replaced is copied in, whatever its dtype; one that was rewritten in
        place, or left alone, is the view already. `interrupt` is called now and then; what it raises leaves
        the rest as it is.
        """
        for name, view in self.values.items():
            if params[name] is not view:
                copy_into(view, np.asarray(params[name]), interrupt)
                params[name] = view

    def references(self) -> list[int]:
        """How often each view, and the array under them all, is referred to by anybody.

        More than before means that somebody has taken hold of one, or of a part of it.
        """
        return [*map(sys.getrefcount, self.values.values()), sys.getrefcount(self.flat_values.base)]


Configs = Mapping[str, optim.Config]  # of each parameter


class BlockwiseRule:
    """A rule of `optim` at work on flat arrays, block by block."""

    def __init__(self, rule: optim.UpdateRule, facts: optim.RuleFacts, flat: FlatParameters) -> None:
        """Make room for what the rule remembers of these parameters."""
        self.rule = rule
        self._defaults = facts.defaults
        memory = {name: flat.zeros() for name in facts.memory}
        self._views = {name: views for name, (_, views) in memory.items()}
        arrays = (flat.flat_values, flat.flat_grads, *(array for array, _ in memory.values()))
        self._blocks = list(zip(*map(_blocks, arrays), strict=True))

    def update(self, configs: Configs, interrupt: Interrupt = never) -> bool:
        """Give every parameter its update; the gradients may be used up.

        `interrupt` is called while room is made for what the rule remembers, before any parameter changes.
        What the rule remembers becomes views of flat arrays in the configs, wherever it is something else.
        False, with nothing done, where the parameters' settings differ: then each needs an update of its own.
        """
        settings = self._settings_of_all(configs)
        if settings is None:
            return False
        self._adopt(configs, interrupt)
        self._update(settings)
        if "t" in settings:
            for config in configs.values():
                config["t"] = int(settings["t"])
        return True

    def _settings_of_all(self, configs: Configs) -> dict[str, float] | None:
        names = (*self._defaults, "t") if self.rule is optim.adam else tuple(self._defaults)
        found: dict[str, float] | None = None
        for config in configs.values():
            mine = {name: float(config.get(name, self._defaults.get(name, 0))) for name in names}
            if found is not None and mine != found:
                return None
            found = mine
        return found

    def _adopt(self, configs: Configs, interrupt: Interrupt) -> None:
        for memory, views in self._views.items():
            for name, view in views.items():
                remembered = configs[name].get(memory)
                if remembered is not view:
                    before = np.zeros((), view.dtype) if remembered is None else np.asarray(remembered)
                    copy_into(view, np.broadcast_to(before, view.shape), interrupt)
                    configs[name][memory] = view

    def _update(self, settings: dict[str, float]) -> None:
        for values, grads, *memory in self._blocks:
            remembered = dict(zip(self._views, memory, strict=True))
            config: optim.Config = {**settings, **remembered}
            values[...], config = self.rule(values, grads, config)
            for name, array in remembered.items():
                array[...] = config[name]


class BlockwiseAdam(BlockwiseRule):
    """`optim.adam` in place: twelve passes over a block and no temporaries, by two threads."""

    def _update(self, settings: dict[str, float]) -> None:
        settings["t"] += 1
        beta1, beta2, epsilon = settings["beta1"], settings["beta2"], settings["epsilon"]
        alpha = optim.adam_step_size(settings["learning_rate"], beta1, beta2, int(settings["t"]))
        square = (1 - beta2) / (1 - beta1) ** 2  # from the square of (1 - beta1) g to what is added to v
        middle = len(self._blocks) // 2
        with Pieces(helped=middle > 0 and cores() > 1) as pieces:
            for blocks in (self._blocks[:middle], self._blocks[middle:]):
                pieces.add(partial(self._update_blocks, blocks, beta1, beta2, epsilon, alpha, square))
            pieces.finish()

    @staticmethod
    def _update_blocks(
        blocks: Sequence[Sequence[FloatArray]],
        beta1: float,
        beta2: float,
        epsilon: float,
        alpha: float,
        square: float,
    ) -> None:
        for w, g, m, v in blocks:
            np.multiply(g, 1 - beta1, g)
            np.multiply(m, beta1, m)
            np.add(m, g, m)
            np.multiply(g, g, g)
            np.multiply(g, square, g)
            np.multiply(v, beta2, v)
            np.add(v, g, v)
            np.sqrt(v, g)
            np.add(g, epsilon, g)
            np.divide(m, g, g)
            np.multiply(g, alpha, g)
            np.subtract(w, g, w)


def _blocks(flat: FloatArray) -> list[FloatArray]:
    return [flat[start : start + BLOCK] for start in range(0, flat.size, BLOCK)]


def rule_on(flat: FlatParameters, rule: optim.UpdateRule) -> BlockwiseRule | None:
    """The rule at work on these parameters; None for a rule that is not of `optim`, which may be one that
    looks at a parameter as a whole.
    """
    facts = optim.facts_of(rule)
    if facts is None:
        return None
    return (BlockwiseAdam if rule is optim.adam else BlockwiseRule)(rule, facts, flat)
