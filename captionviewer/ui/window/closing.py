"""The protocol of closing, and of whatever else would end a run or lose a model."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtWidgets import QWidget

from captionviewer.core.training.events import RunState
from captionviewer.core.training.run import TrainingRun
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.questions import ask

STOP_WITHIN = 1.0  # seconds that a training step may take to end where the window stays
STOP_TO_CLOSE_WITHIN = 3.0  # the same, and what is kept of it to be written, when the window closes


class Training(Protocol):
    """What closing needs of the Training panel."""

    def live_runs(self) -> tuple[TrainingRun, ...]:
        """The runs that train, or wait to go on."""

    def stop_and_wait(self, timeout_s: float) -> bool:
        """End the run; True when none is live any more."""


class Downloads(Protocol):
    """What closing needs of the download."""

    def may_close(self) -> bool:
        """Ask about a download that is going on."""

    def stop(self) -> None:
        """End a download; what came is kept."""


class Closing:
    """Ends what runs, waits with a bound, asks about what would be lost, saves.

    Parameters
    ----------
    save
        Saves the current model before anything else happens; False when it was not saved.
    remember
        Puts what is to be remembered of the window into the settings.
    """

    def __init__(
        self,
        window: QWidget,
        session: Session,
        training: Training,
        downloads: Downloads,
        save: Callable[[], bool],
        remember: Callable[[], None],
    ) -> None:
        self._window, self._session = window, session
        self._training, self._downloads = training, downloads
        self._save, self._remember = save, remember
        self._ended: bool | None = None
        self._remembered = False

    @property
    def all_ended(self) -> bool:
        """Whether every thread had ended when the window was closed."""
        return self._ended is not False

    def may_replace_model(self, what: str, *, closing: bool = False) -> bool:
        """End what trains, and ask only about what would be lost by it; True when `what` may go on.

        A run that is kept is ended without a question: it is on the shelf with its last step, and goes on
        from there whenever somebody wants it to.
        """
        live = (*self._training.live_runs(), *self._session.runs.beside)
        is_kept = all(run.is_kept for run in live)
        if not is_kept and not self._may_stop(what):
            return False
        if (live or closing) and not self._end_training(STOP_TO_CLOSE_WITHIN if closing else STOP_WITHIN):
            self._session.problem.emit(
                "The training step under way has not ended yet. Wait a moment and try again."
            )
            return False
        if self._session.models.would_be_lost:
            answer = ask(
                self._window,
                "The model is not saved",
                "Save the trained model?",
                f"{what} loses it otherwise.",
                answers=("Save", "Discard", "Cancel"),
                default=0,
            )
            if answer == "Cancel" or (answer == "Save" and not self._save()):
                return False
        elif is_kept and not all(run.is_kept for run in live):  # the last write failed, and no other before
            lose = "Lose it"
            words = f"What was trained could not be kept: {what.lower()} loses it."
            return ask(self._window, "The run is not kept", words, answers=(lose, "Cancel")) == lose
        elif live and not closing:
            self._session.notice.emit("The run was stopped after its last step, and is kept in Runs.")
        return True

    def _may_stop(self, what: str) -> bool:
        """Ask whether a run that could not be kept may end."""
        stop = "Stop training"
        live = (*self._training.live_runs(), *self._session.runs.beside)
        does = "is running" if any(run.state is RunState.RUNNING for run in live) else "is paused"
        answer = ask(
            self._window,
            f"Training {does}",
            f"{what} ends the {self._what_trains(does)}. Stop it?",
            "It could not be kept: there is no room for it, or the folder of runs can't be written to.",
            answers=(stop, "Keep training"),
        )
        return answer == stop

    def _what_trains(self, does: str) -> str:
        if not self._session.runs.beside:
            return f"training that {does}"
        if not self._training.live_runs():
            return f"training without photos that {does}"
        return f"training that {does}, and the one without photos beside it"

    def _end_training(self, timeout_s: float) -> bool:
        """End all that trains at its step boundary, and wait until it is kept; True when nothing is live."""
        ended_beside = self._session.runs.end_beside(timeout_s)
        return self._training.stop_and_wait(timeout_s) and ended_beside

    def may_close(self) -> bool:
        """End what runs, ask about all that closing would lose; True when the window may close."""
        if self._ended is not None:
            return True  # it was ended already
        return self._downloads.may_close() and self.may_replace_model("Closing the window", closing=True)

    def end(self) -> None:
        """End all that runs, within a bound, and keep what is to be remembered."""
        if self._ended is None:
            self._remember_once()
            self._ended = self._session.shut_down()

    def end_without_questions(self) -> None:
        """End because the system says so: nobody may be there to answer, and nothing may be lost."""
        if self._ended is not None:
            return
        self._remember_once()
        self._session.settings.save()  # before anything that may take long
        self._downloads.stop()
        self._training.stop_and_wait(STOP_TO_CLOSE_WITHIN)
        self._session.models.keep_unsaved()
        self.end()

    def _remember_once(self) -> None:
        """Remember the window as the user left it: what fills it is given back at the end."""
        if not self._remembered:
            self._remembered = True
            self._remember()
