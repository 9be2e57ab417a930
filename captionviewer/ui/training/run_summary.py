"""What a run of the form's settings would be, in a sentence: captions, iterations, size and time."""

from PySide6.QtWidgets import QLabel

from captionviewer.core.training.events import RunState
from captionviewer.core.training.expected_time import (
    expected_seconds,
    expected_time_words,
    multiplications_a_step,
)
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import DataFacts, TrainingSettings
from captionviewer.ui.look.theme import set_muted
from captionviewer.ui.settings import TRAINING_SPEED, Settings

STEPS_TO_KNOW = 20  # of a run, before its speed is believed


class RunSummary(QLabel):
    """The sentence; it knows how fast the last runs went on this machine."""

    def __init__(self, remembered: Settings) -> None:
        super().__init__()
        self._remembered = remembered
        self._seen = 0.0  # multiplications a second of the run that goes on
        self._shown: tuple[TrainingSettings, DataFacts] | None = None
        self.setObjectName("training_summary")
        self.setWordWrap(True)
        self.setContentsMargins(8, 0, 8, 8)
        set_muted(self)

    def show_run(self, settings: TrainingSettings, facts: DataFacts) -> None:
        """Say what a run of these settings would be."""
        self._shown = (settings, facts)
        an_epoch = settings.iterations_per_epoch(facts)
        seconds = expected_seconds(settings, facts, self._remembered.get(TRAINING_SPEED))
        self.setText(
            f"{settings.captions_trained_on(facts):,} captions, {an_epoch:,} iterations per epoch,"
            f" {an_epoch * settings.num_epochs:,} in all; {settings.num_parameters(facts):,}"
            f" parameters. It takes {expected_time_words(seconds)} here."
        )

    def show_none(self) -> None:
        """Say nothing: no run can be of what the form holds."""
        self._shown = None
        self.clear()

    def look_at(self, run: TrainingRun, facts: DataFacts) -> None:
        """Learn from a run that goes on how fast this machine is; what is known at its end is kept."""
        progress = run.progress()
        if progress.steps_per_second > 0 and progress.iteration >= STEPS_TO_KNOW:
            self._seen = progress.steps_per_second * multiplications_a_step(run.settings, facts)
        if run.state is not RunState.RUNNING and self._seen:
            self._remembered.set(TRAINING_SPEED, self._seen)
            self._seen = 0.0
            if self._shown is not None:  # what is told there is the old speed's
                self.show_run(*self._shown)
