"""Models from and to files, as the user asks for it: the dialogs, the name that is proposed, the waiting."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from captionviewer.core.saved.model_file import SavedModel, fits
from captionviewer.core.saved.run_file import is_run_file
from captionviewer.core.training.events import RunState
from captionviewer.ui import settings as remembered
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets import questions
from captionviewer.ui.widgets.questions import ask
from captionviewer.ui.worker import Job

TO_OPEN = "captionviewer models and runs (*.npz)"
MODEL_FILES = "captionviewer models (*.npz)"
NO_DATA = "No data is open that the model could be shown with. Open a data folder first."
BEST, LAST = "Save the best", "Save the last"
_LONGEST_PART = 40  # letters of a folder's name in the name of a file


class ModelFiles:
    """Asks where, and lets the session do it.

    Parameters
    ----------
    may_replace
        Asks about what opening another model would end or lose; True when it may go on.
    open_runs
        Puts run files on the shelf of runs and shows them there.
    """

    def __init__(
        self,
        window: QWidget,
        session: Session,
        may_replace: Callable[[str], bool],
        open_runs: Callable[[Sequence[Path]], object],
    ) -> None:
        self._window, self._session, self._may_replace = window, session, may_replace
        self._open_runs = open_runs
        self._looking: Job | None = None  # a second one takes its place

    def ask_and_open(self) -> None:
        """Let the user choose a model file, and open it."""
        start = self._session.settings.get(remembered.MODEL_FOLDER)
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Open Model", start, TO_OPEN)
        if chosen:
            self.open(Path(chosen))

    def open(self, path: Path) -> None:
        """Open a model file, after asking about what that would end or lose; a run file is put into Runs."""

        def found(is_run: bool) -> None:
            self._looking = None
            if is_run:
                self._open_runs([path])
            else:
                self._session.settings.set(remembered.MODEL_FOLDER, str(path.parent))
                self._session.models.open(path, may_replace=self._may_open)

        if self._looking is not None:
            self._looking.cancel()
        self._looking = self._session.workers.start(
            f"looking at {path.name}",
            lambda _cancelled: is_run_file(path),
            found,
            lambda _error: found(False),  # opening it says what is wrong
        )

    def open_kept(self, path: Path) -> None:
        """Open a model that an ended window kept."""
        self._session.models.open(path, kept=True, may_replace=self._may_open)

    def _may_open(self) -> bool:
        return self._may_replace("Opening another model")

    def show(self, model: CurrentModel) -> None:
        """Make a model that was read the current one, after asking about what that would end or lose."""
        # it is looked twice: other data may be opened while the question stands
        if self._is_of_use(model) and self._may_replace("Showing another model") and self._is_of_use(model):
            self._session.models.set(model)

    def _is_of_use(self, model: CurrentModel) -> bool:
        dataset = self._session.data.dataset
        misfit = NO_DATA if dataset is None else fits(model.saved, dataset)
        if misfit is not None:
            self._session.problem.emit(misfit)
        return misfit is None

    def save(self, then: Callable[[bool], None] = lambda _saved: None) -> None:
        """Save the model where it was saved before, else ask where; `then(saved)` is called at the end."""
        model = self._session.models.current
        if model is None:
            then(False)
        elif model.path is None:
            self.save_as(then)
        else:
            self._session.models.save(model.path, then)

    def save_as(self, then: Callable[[bool], None] = lambda _saved: None) -> None:
        """Ask where to save the model, and do; `then(saved)` is called at the end.

        Of a run at rest (at its end, or paused) that had done better on val before, first ask which model
        is to be kept.
        """
        model, run = self._session.models.current, self._session.runs.run
        if model is None:
            then(False)
            return
        ended = model.origin is ModelOrigin.TRAINED
        at_rest = ended or (run is not None and run.state is RunState.PAUSED)
        if model.best is not None and model.unsaved and at_rest:
            answer = ask(
                self._window,
                "Which model?",
                f"The validation loss was lowest at iteration {model.best.iteration:,}, and the run went on"
                f" to iteration {model.saved.iteration:,}. Which model shall be saved?",
                _losses_compared(model.best, model.saved),
                answers=(BEST, LAST, "Cancel"),
                default=0,
            )
            if answer == BEST:
                self.save_best(then, instead=ended)
                return
            if answer != LAST:
                then(False)
                return
        path = self._ask_where("Save Model", model.saved)
        if path is None:
            then(False)
        else:
            self._session.models.save(path, then)

    def save_best(self, then: Callable[[bool], None] = lambda _saved: None, *, instead: bool = False) -> None:
        """Ask where to save the best model of the run, and do; with `instead`, in the last one's place."""
        model = self._session.models.current
        path = None
        if model is not None and model.best is not None:
            path = self._ask_where("Save Best Model", model.best)
        if path is None:
            then(False)
        else:
            self._session.models.save_best(path, then, instead=instead)

    def _ask_where(self, title: str, saved: SavedModel) -> Path | None:
        dataset = self._session.data.dataset
        folder = Path(self._session.settings.get(remembered.MODEL_FOLDER) or Path.home())
        name = proposed_name(saved, dataset.folder.name if dataset is not None else "")
        chosen, _ = QFileDialog.getSaveFileName(self._window, title, str(folder / name), MODEL_FILES)
        if not chosen:
            return None
        path = Path(chosen)
        if path.suffix != ".npz":
            path = path.with_name(path.name + ".npz")
        self._session.settings.set(remembered.MODEL_FOLDER, str(path.parent))
        return path

    def save_and_wait(self) -> bool:
        """Save the model before something else may happen; False when it was not saved."""
        saved = False

        def begin(done: Callable[[], None]) -> None:
            def then(was_saved: bool) -> None:
                nonlocal saved
                saved = was_saved
                done()

            self.save(then)

        questions.wait(self._window, "Saving the model…", begin)
        return saved


def _losses_compared(best: SavedModel, last: SavedModel) -> str:
    """What both models lose on val, as far as the run computed it."""
    then, now = best.validation[-1].val, last.validation[-1].val
    return (
        f"On val captions, which no training sees, the best one lost {then:.3g} nats a word and the newest"
        f" that was tried {now:.3g}."
    )


def proposed_name(saved: SavedModel, data: str) -> str:
    """Return a file name that says what a model is: "coco_captioning-lstm-h512-w256-i4000.npz"."""
    data = re.sub(r"[^\w-]+", "-", data).strip("-")[:_LONGEST_PART]
    network = saved.model
    parts = [
        data,
        network.cell_type,
        f"h{network.hidden_dim}",
        f"w{network.wordvec_dim}",
        f"i{saved.iteration}",
    ]
    return "-".join(part for part in parts if part) + ".npz"
