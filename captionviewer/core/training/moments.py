"""Models of a run at moments that are past, to lay beside what became of them.

No copy is made for them: they are those that the run makes to fall back on (see `model_guard`), once these
are known to be good, and most are let go again. What stays lies close together at first, where everything
changes, and farther apart later. How many there are follows from their size, and nothing from the clock: a
run that is repeated keeps the same ones.
"""

from captionviewer.core.training.events import ModelSnapshot

MOST = 10
MOST_BYTES = 64 * 1024**2  # of all of them: for a model of 32 MB the first and the newest, beyond that none


class Moments:
    """One thread adds, others read what there is."""

    def __init__(self, stretch: int) -> None:
        """`stretch` is how many steps lie between two copies that are added."""
        self._stretch = stretch
        self._kept: tuple[ModelSnapshot, ...] = ()  # replaced, never changed

    @property
    def kept(self) -> tuple[ModelSnapshot, ...]:
        """What there is, rising; the first is what the run began with."""
        return self._kept

    def add(self, snapshot: ModelSnapshot) -> None:
        """Keep a copy that is newer than all, which nobody writes to; where there are too many one goes.

        That is the one between whose neighbours the steps since the beginning grow by the smallest factor;
        the first and the newest always stay.
        """
        size = sum(array.nbytes for array in snapshot.model.params.values())
        most = min(MOST, MOST_BYTES // size)
        if most < 2:
            return
        kept = [*self._kept, snapshot]
        if len(kept) > most:
            steps = [each.iteration - kept[0].iteration + self._stretch for each in kept]
            del kept[min(range(1, len(kept) - 1), key=lambda n: steps[n + 1] / steps[n - 1])]
        self._kept = tuple(kept)
