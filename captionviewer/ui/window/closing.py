"""The protocol of closing, and of whatever else would end a run or lose a model."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtWidgets import QWidget

from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.questions import ask

STOP_WITHIN = 1.0  # seconds that a training step may take to end when the window closes
STOP_QUIETLY_WITHIN = 3.0  # the same where nobody can be asked to wait


class Training(Protocol):
    """What closing needs of the Training panel."""

    def is_running(self) -> bool:
        """Whether a run trains, or waits to go on."""

    def is_kept_as_it_waits(self) -> bool:
        """Whether all that runs is one run that is paused, and kept with its last step."""

    def stop_and_wait(self, timeout_s: float) -> bool:
        """End the run; True when none is live any more."""


class Downloads(Protocol):
    """What closing needs of the download."""

    def may_close(self) -> bool:
        """Ask about a download that is going on."""

    def stop(self) -> None:
        """End a download; what came is kept."""


class Closing:
    """Says what runs, asks, sets the flag, waits with a bound, saves.

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
        """Ask about a training run and an unsaved model; True when `what` may go on.

        Closing need not ask about a run that is paused: it is kept as it is, and goes on another day.
        """
        waits = closing and self._training.is_kept_as_it_waits()
        if (self._training.is_running() and not waits) or self._session.runs.has_beside:
            stop = "Stop training"
            answer = ask(
                self._window,
                "Training is running",
                f"{what} ends the {self._what_trains()}. Stop it?",
                "The run is kept as it is after the last finished step, and can be continued.",
                answers=(stop, "Keep training"),
            )
            if answer != stop:
                return False
        if self._training.is_running() or self._session.runs.has_beside:
            ended_beside = self._session.runs.end_beside(STOP_WITHIN)
            if not self._training.stop_and_wait(STOP_WITHIN) or not ended_beside:
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
        return True

    def _what_trains(self) -> str:
        if not self._session.runs.has_beside:
            return "training that is running"
        if not self._training.is_running():
            return "training without photos that is running"
        return "training that is running, and the one without photos beside it"

    def may_close(self) -> bool:
        """Ask about all that closing would end or lose; True when the window may close."""
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
        self._training.stop_and_wait(STOP_QUIETLY_WITHIN)
        self._session.models.keep_unsaved()
        self.end()

    def _remember_once(self) -> None:
        """Remember the window as the user left it: what fills it is given back at the end."""
        if not self._remembered:
            self._remembered = True
            self._remember()
