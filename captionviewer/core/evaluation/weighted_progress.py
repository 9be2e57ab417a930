"""How far a long computation is, made of steps that take unequally long."""

from collections.abc import Callable

Report = Callable[[float, str], object]  # the share that is done, 0 to 1, and what is being done


class WeightedProgress:
    """Turns the shares of single steps into that of the whole.

    Parameters
    ----------
    weights
        for each step, in words for people, how long it takes beside the others.
    report
        told of each advance.
    """

    def __init__(self, weights: dict[str, float], report: Report) -> None:
        self._weights, self._report = weights, report
        self._total = sum(weights.values())
        self._done = 0.0

    def begin(self, step: str) -> Callable[[float], object]:
        """Begin a step; what is returned is to be told the share of it that is done.  KeyError if unknown."""
        weight, before = self._weights[step], self._done
        self._done += weight
        self._report(before / self._total, step)
        return lambda share: self._report((before + weight * share) / self._total, step)

    def end(self) -> None:
        """All is done."""
        self._report(1.0, "Done")
