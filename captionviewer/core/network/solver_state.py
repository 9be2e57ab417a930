"""What a training is between two steps, the parameters aside, to go on later to the same numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

from captionviewer.core.arrays import FloatArray

GENERATOR = "PCG64"  # of numpy.random.default_rng: the only one that a state is kept of


@dataclass(frozen=True)
class GeneratorState:
    """The state of a PCG64 generator: two numbers of 128 bits, and the half of one that waits to be given."""

    state: int
    inc: int
    has_uint32: int
    uinteger: int

    @classmethod
    def of(cls, told: Mapping[str, object]) -> "GeneratorState":
        """From what `bit_generator.state` tells.  ValueError: another kind of generator."""
        inner = told["state"]
        if told["bit_generator"] != GENERATOR or not isinstance(inner, Mapping):
            raise ValueError(f"only a {GENERATOR} generator can be kept, not {told['bit_generator']}")
        numbers = (inner["state"], inner["inc"], told["has_uint32"], told["uinteger"])
        return cls(*(int(str(number)) for number in numbers))

    def told(self) -> dict[str, object]:
        """The same as `bit_generator.state` takes it."""
        return {
            "bit_generator": GENERATOR,
            "state": {"state": self.state, "inc": self.inc},
            "has_uint32": self.has_uint32,
            "uinteger": self.uinteger,
        }


@dataclass(frozen=True)
class SolverState:
    """Where a solver is.

    Attributes
    ----------
    iteration, epoch, iterations_this_epoch
        how many have been done.
    learning_rate
        the present one, after decay and edits.
    clip_norm
        the present one.
    updates
        what Adam counts as t; 0 for rules that don't count.
    memory
        for each array that the rule remembers (m, v, velocity, ...), that of each parameter.
    generator
        which minibatch is drawn next.
    """

    iteration: int
    epoch: int
    iterations_this_epoch: int
    learning_rate: float
    clip_norm: float | None
    updates: int
    memory: Mapping[str, Mapping[str, FloatArray]]
    generator: GeneratorState
