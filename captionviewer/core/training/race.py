"""Two runs in lock-step: from one seed and on the same minibatches, a step of the one, a step of the other.

Each is a run as any other, in its own thread, and comes to the numbers that it would have come to alone. They
take turns, so that the seconds of each are what it takes alone; a pause lets the second catch up with the
first, so that both wait after the same number of steps.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from captionviewer.core.coco.dataset import CocoDataset, PhotoRecord
from captionviewer.core.training.checkpoints import Keep
from captionviewer.core.training.events import RunState
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import FIELD_NAMED, DataFacts, TrainingSettings

_ENDS = (RunState.FINISHED, RunState.STOPPED, RunState.FAILED)
LOOK_S = 0.05  # how soon one that waits sees that the other has ended


class Race:
    """Two runs of the same data, seed and minibatches, which step in turn.

    Attributes
    ----------
    runs : tuple of TrainingRun
        The first leads each round.
    """

    def __init__(
        self,
        settings: tuple[TrainingSettings, TrainingSettings],
        dataset: CocoDataset,
        *,
        watched: Sequence[PhotoRecord] = (),
        watch_trained: int = 0,
        keep: tuple[Keep | None, Keep | None] = (None, None),
    ) -> None:
        """Plan it, as two `TrainingRun`.  ValueError: the seeds differ."""
        if settings[0].seed != settings[1].seed:
            raise ValueError("a race is run from one seed")
        self._turn = threading.Condition()
        self._at = [-1, -1]  # the iteration that each stands at; -1: it is being prepared
        self._stepping: int | None = None  # which of them makes a step now
        self._held = False
        self._rounds = 0  # that may begin although it is held
        self.runs = tuple(
            TrainingRun(
                one,
                dataset,
                watched=watched,
                watch_trained=watch_trained,
                keep=keep[number],
                pace=partial(self._has_turn, number),
            )
            for number, one in enumerate(settings)
        )

    # ---- orders, from any thread ---------------------------------------------------------------

    def start(self) -> None:
        """Begin both."""
        for run in self.runs:
            run.start()

    def pause(self) -> None:
        """Let both wait after the same number of steps."""
        with self._turn:
            self._held, self._rounds = True, 0

    def resume(self) -> None:
        """Go on with both after a pause."""
        with self._turn:
            self._held = False
        self._go()

    def step(self) -> None:
        """Make one step of each, from a pause."""
        with self._turn:
            self._held, self._rounds = True, self._rounds + 1
        self._go()

    def stop(self) -> None:
        """End both."""
        for run in self.runs:
            run.stop()
        with self._turn:
            self._turn.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until both have ended, at most `timeout` seconds for each; True when none is live."""
        ended = [run.wait(timeout) for run in self.runs]
        return all(ended)

    @property
    def is_live(self) -> bool:
        """Whether one of them trains, or waits to go on."""
        return any(run.state.is_live for run in self.runs)

    @property
    def is_held(self) -> bool:
        """Whether both were told to wait, and do or soon will."""
        return self._held

    @property
    def is_paused(self) -> bool:
        """Whether all that are left wait."""
        states = [run.state for run in self.runs if run.state.is_live]
        return bool(states) and all(state is RunState.PAUSED for state in states)

    # ---- turns, in the runs' threads -----------------------------------------------------------

    def _go(self) -> None:
        for run in self.runs:
            run.resume()
        with self._turn:
            self._turn.notify_all()

    def _has_turn(self, number: int, iteration: int) -> bool:
        """Wait for a run's turn; False where it is to wait for orders instead."""
        run = self.runs[number]
        with self._turn:
            self._at[number] = iteration
            if self._stepping == number:
                self._stepping = None
            self._turn.notify_all()
            while not run.is_to_stop:
                other_left = self.runs[1 - number].state not in _ENDS
                if self._stepping is None or not other_left:
                    leads = number == 0 or not other_left
                    level = not other_left or self._at[0] == self._at[1]
                    if leads and level and (not self._held or self._rounds > 0):
                        self._rounds = max(0, self._rounds - 1)
                        self._stepping = number
                        return True
                    if not leads and self._at[1] < self._at[0]:
                        self._stepping = number
                        return True
                    if self._held and level and not self._rounds:
                        run.pause()
                        return False
                self._turn.wait(LOOK_S)
            return False


def of_equal_parameters(
    settings: TrainingSettings, other: TrainingSettings, facts: DataFacts
) -> TrainingSettings:
    """`other` with the hidden size that brings its number of parameters nearest to that of `settings`."""
    wanted = settings.num_parameters(facts)

    def count(hidden: int) -> int:
        return replace(other, hidden_dim=hidden).num_parameters(facts)

    low, high = int(FIELD_NAMED["hidden_dim"].minimum), int(FIELD_NAMED["hidden_dim"].maximum)
    while low < high:  # the least that has as many
        middle = (low + high) // 2
        if count(middle) < wanted:
            low = middle + 1
        else:
            high = middle
    sizes = [size for size in (low - 1, low) if size >= 1]
    return replace(other, hidden_dim=min(sizes, key=lambda size: abs(count(size) - wanted)))
