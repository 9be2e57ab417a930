"""What of a run's settings may be changed while it goes on, and when it was: so that a replay repeats it."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from captionviewer.core.training.callbacks import RunSolver
from captionviewer.core.training.settings import FIELD_NAMED, value_problem

EditedSetting = Literal["learning_rate", "clip_norm"]
EDITABLE: tuple[EditedSetting, ...] = ("learning_rate", "clip_norm")
MOST_EDITS = 10_000


@dataclass(frozen=True)
class SettingEdit:
    """A setting that became another after `iteration` steps: the next step was the first made with it."""

    iteration: int
    name: EditedSetting
    value: float | None  # None: gradients are not clipped any more
    before: float | None


class SettingEdits:
    """Takes edits from any thread, and puts them in force between two steps.

    An edited learning rate goes on being multiplied by the decay at the end of each epoch.
    """

    def __init__(self, planned: Iterable[SettingEdit] = (), done: Iterable[SettingEdit] = ()) -> None:
        """Begin.

        Parameters
        ----------
        planned
            edits of an earlier run, to be repeated at the same iterations.
        done
            edits that were made before a run that goes on.
        """
        self._lock = threading.Lock()
        self._planned = list(planned)
        self._done: tuple[SettingEdit, ...] = tuple(done)
        self._asked: dict[EditedSetting, float | None] = {}

    def ask(self, name: EditedSetting, value: float | None) -> None:
        """Let a setting have another value from the next step on.  ValueError: it can't have that value."""
        problem = value_problem(FIELD_NAMED[name], value)
        if problem is not None:
            raise ValueError(problem)
        with self._lock:
            self._asked[name] = value

    def asked(self, name: EditedSetting) -> float | None:
        """What a setting is to become at the next step; None where nothing was asked for."""
        with self._lock:
            return self._asked.get(name)

    @property
    def done(self) -> tuple[SettingEdit, ...]:
        """What was changed so far, in order."""
        return self._done

    def put_in_force(self, solver: RunSolver) -> bool:
        """Change what is due before the next step; whether anything was."""
        if not self._asked and not self._planned:
            return False
        with self._lock:
            asked, self._asked = self._asked, {}
        due = [(edit.name, edit.value) for edit in self._planned if edit.iteration == solver.iteration]
        self._planned = [edit for edit in self._planned if edit.iteration > solver.iteration]
        before = self._done
        for name, value in (*due, *asked.items()):
            self._change(solver, name, value)
        return self._done is not before

    def _change(self, solver: RunSolver, name: EditedSetting, value: float | None) -> None:
        before = solver.learning_rate if name == "learning_rate" else solver.clip_norm
        if value == before:
            return
        if name == "clip_norm":
            solver.clip_norm = value
        elif value is not None:
            solver.learning_rate = value
        edit = SettingEdit(solver.iteration, name, value, before)
        earlier = self._done[-1] if self._done else None
        if earlier is not None and (earlier.iteration, earlier.name) == (edit.iteration, edit.name):
            # nothing was trained with the value between: a slider that is dragged in a pause leaves one edit
            edit = SettingEdit(edit.iteration, name, value, earlier.before)
            self._done = (*self._done[:-1], edit) if value != earlier.before else self._done[:-1]
        else:
            self._done = (*self._done, edit)
