"""The scrubber: which moment of a run is looked at, moved by hand or played.

It knows iterations, not stops: a record in the making is thinned, and its stops change their places.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from captionviewer.core.saved.model_file import SavedModel
from captionviewer.core.training.caption_stops import FIRST_INTERVAL_S, RecordedCaptions
from captionviewer.core.training.run import TrainingRun

SPEEDS = (2, 8)  # so many times as fast as the stops of a short run were made


class Scrubber(QObject):
    """Holds the stop that is looked at; None is now.

    Attributes
    ----------
    stop : int | None
        The index of the stop in `record`; None while what is said now is shown.
    """

    moved = Signal()  # to another stop, or back to now
    playing_changed = Signal()
    has_record_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source: Callable[[], RecordedCaptions | None] = lambda: None
        self._record: RecordedCaptions | None = None
        self._iteration: int | None = None
        self._could = False
        self._speed = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._play_on)

    # ---- what there is -----------------------------------------------------------------------

    def follow(self, source: Callable[[], RecordedCaptions | None]) -> None:
        """Take the record of another run from now on; `source()` gives it as it is at a moment."""
        self._source = source
        self.leave()
        self._record = None
        self.look()

    def look(self) -> None:
        """Look whether there is something to scrub through by now."""
        if self._record is None or not self._could:
            self._take()
        if self._could is not self.can_scrub:
            self._could = self.can_scrub
            self.has_record_changed.emit()

    def _take(self) -> None:
        record = self._source()
        self._record = record if record is not None and len(record) and record.photos else None

    @property
    def can_scrub(self) -> bool:
        """Whether anything was recorded."""
        return self._record is not None

    @property
    def record(self) -> RecordedCaptions | None:
        """The record as it was at the last move."""
        return self._record

    @property
    def stop(self) -> int | None:
        """The stop that is looked at, None for now."""
        if self._record is None or self._iteration is None:
            return None
        return self._record.stop_at(self._iteration)

    @property
    def iteration(self) -> int | None:
        """The iteration of the stop that is looked at, None for now."""
        return self._iteration

    @property
    def speed(self) -> int:
        """How fast it plays; 0 while it does not."""
        return self._speed

    # ---- moving ------------------------------------------------------------------------------

    def go_to(self, iteration: float) -> None:
        """Look at the newest stop that is not after an iteration."""
        self.pause()
        self._take()
        if self._record is not None:
            self._set(self._record.stop_at(iteration))

    def step(self, stops: int) -> None:
        """Go so many stops on, or back where negative; from now, that is from the newest one."""
        self.pause()
        self._step(stops)

    def first(self) -> None:
        """Look at the untrained model's captions."""
        self.go_to(0)

    def last(self) -> None:
        """Look at the newest stop."""
        self.go_to(float("inf"))

    def leave(self) -> None:
        """Go back to now."""
        self.pause()
        if self._iteration is not None:
            self._iteration = None
            self.moved.emit()

    def _step(self, stops: int) -> None:
        self._take()
        if self._record is None:
            return
        last = len(self._record) - 1
        at = last if self._iteration is None else self._record.stop_at(self._iteration)
        self._set(min(max(at + stops, 0), last))

    def _set(self, stop: int) -> None:
        assert self._record is not None
        iteration = int(self._record.iterations[stop])
        if iteration != self._iteration:
            self._iteration = iteration
            self.moved.emit()

    # ---- playing -----------------------------------------------------------------------------

    def play(self, speed: int) -> None:
        """Go from stop to stop to the newest one; from the first one, where one is at the end or at now."""
        self._take()
        if self._record is None:
            return
        if self._iteration is None or self.stop == len(self._record) - 1:
            self._set(0)
        self._speed = speed
        self._timer.start(round(1000 * FIRST_INTERVAL_S / speed))
        self.playing_changed.emit()

    def pause(self) -> None:
        """Stay at the stop that is looked at."""
        if self._speed:
            self._speed = 0
            self._timer.stop()
            self.playing_changed.emit()

    def _play_on(self) -> None:
        self._step(+1)
        if self._record is None or self.stop == len(self._record) - 1:
            self.pause()


def stops_of(origin: TrainingRun | SavedModel) -> Callable[[], RecordedCaptions | None]:
    """How to ask a run, or a saved model, for its record as it is; one that keeps none gives None."""
    return (lambda: origin.stops) if isinstance(origin, SavedModel) else origin.caption_stops
