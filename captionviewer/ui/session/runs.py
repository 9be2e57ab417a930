"""The training run that is live, and the shelf on which every run is kept."""

from PySide6.QtCore import QObject, QTimer, Signal

from captionviewer.core.saved.model_file import SavedModel
from captionviewer.core.saved.run_shelf import RunShelf
from captionviewer.core.training.events import ModelSnapshot
from captionviewer.core.training.run import TrainingRun

LOOK_MS = 200  # how soon the end of a run beside is seen


class Runs(QObject):
    """Knows the live run; Training makes it and tells of it."""

    changed = Signal()  # a run began, was paused, resumed or ended
    shelf_changed = Signal()  # what a run that ended has left is written, or was changed since

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run: TrainingRun | None = None
        self._past: TrainingRun | None = None  # whose moments there are
        self._racing = False
        self._beside: list[TrainingRun] = []
        self._beside_clock = QTimer(self)
        self._beside_clock.setInterval(LOOK_MS)
        self._beside_clock.timeout.connect(self._look_beside)
        self._shelf = RunShelf()

    @property
    def shelf(self) -> RunShelf:
        """Where every run is kept."""
        return self._shelf

    @property
    def run(self) -> TrainingRun | None:
        """The live run, or None."""
        return self._run

    @property
    def is_training(self) -> bool:
        """Whether a run, or a race of two, trains or waits to go on."""
        return self._racing or (self._run is not None and self._run.state.is_live)

    @property
    def is_racing(self) -> bool:
        """Whether two runs race."""
        return self._racing

    def set_racing(self, racing: bool) -> None:
        """Tell of a race that begins or has ended."""
        self._racing = racing
        self.changed.emit()

    @property
    def beside(self) -> tuple[TrainingRun, ...]:
        """The runs that a view compares with and that go on."""
        return tuple(run for run in self._beside if run.state.is_live)

    def begin_beside(self, run: TrainingRun) -> None:
        """Start a run that a view compares with: it is kept as any other, and nobody's model follows it."""
        self._beside.append(run)
        run.start()
        self._beside_clock.start()

    def _look_beside(self) -> None:
        """Let go of such runs once they have ended and are kept."""
        left = [run for run in self._beside if not run.wait(0)]
        if len(left) < len(self._beside):
            self._beside = left
            self.shelf_changed.emit()
        if not left:
            self._beside_clock.stop()

    def end_beside(self, timeout_s: float = 3.0) -> bool:
        """End such runs and wait, at most so many seconds each; True when none is live any more."""
        for run in self._beside:
            run.stop()
        ended = [run.wait(timeout_s) for run in self._beside]
        self._look_beside()
        return all(ended)

    def keep_moments(self, run: TrainingRun | None) -> None:
        """Let the moments of a run be compared with, until those of another one are, or (None) none."""
        self._past = run

    def moments_before(self, saved: SavedModel) -> tuple[ModelSnapshot, ...]:
        """Earlier moments of the run that a model is of, rising; none where they are not kept (any more)."""
        run = self._past
        if run is None or run.caption_rows is not saved.caption_rows:
            return ()
        return tuple(moment for moment in run.moments if moment.iteration < saved.iteration)

    def set(self, run: TrainingRun | None) -> None:
        """Tell of a run that begins, pauses or goes on, or (None) that none is live any more."""
        self._run = run
        self.changed.emit()
