"""Models from and to files, as the user asks for it: the dialogs, the name that is proposed, the waiting."""

import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from captionviewer.ui import settings as remembered
from captionviewer.ui.session.models import CurrentModel
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets import questions

MODEL_FILES = "captionviewer models (*.npz)"
_LONGEST_PART = 40  # letters of a folder's name in the name of a file


class ModelFiles:
    """Asks where, and lets the session do it.

    Parameters
    ----------
    may_replace
        Asks about what opening another model would end or lose; True when it may go on.
    """

    def __init__(self, window: QWidget, session: Session, may_replace: Callable[[str], bool]) -> None:
        self._window, self._session, self._may_replace = window, session, may_replace

    def ask_and_open(self) -> None:
        """Let the user choose a model file, and open it."""
        start = self._session.settings.get(remembered.MODEL_FOLDER)
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Open Model", start, MODEL_FILES)
        if chosen:
            self.open(Path(chosen))

    def open(self, path: Path) -> None:
        """Open a model file, after asking about what that would end or lose."""
        if self._may_replace("Opening another model"):
            self._session.settings.set(remembered.MODEL_FOLDER, str(path.parent))
            self._session.open_model(path)

    def open_kept(self, path: Path) -> None:
        """Open a model that an ended window kept."""
        if self._may_replace("Opening another model"):
            self._session.models.open(path, kept=True)

    def save(self, then: Callable[[bool], None] = lambda _saved: None) -> None:
        """Save the model where it was saved before, else ask where; `then(saved)` is called at the end."""
        model = self._session.model
        if model is None:
            then(False)
        elif model.path is None:
            self.save_as(then)
        else:
            self._session.save_model(model.path, then)

    def save_as(self, then: Callable[[bool], None] = lambda _saved: None) -> None:
        """Ask where to save the model, and do; `then(saved)` is called at the end."""
        model, dataset = self._session.model, self._session.dataset
        if model is None:
            then(False)
            return
        folder = Path(self._session.settings.get(remembered.MODEL_FOLDER) or Path.home())
        name = proposed_name(model, dataset.folder.name if dataset is not None else "")
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Save Model", str(folder / name), MODEL_FILES)
        if not chosen:
            then(False)
            return
        path = Path(chosen)
        if path.suffix != ".npz":
            path = path.with_name(path.name + ".npz")
        self._session.settings.set(remembered.MODEL_FOLDER, str(path.parent))
        self._session.save_model(path, then)

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


def proposed_name(model: CurrentModel, data: str) -> str:
    """Return a file name that says what a model is: "coco_captioning-lstm-h512-w256-i4000.npz"."""
    data = re.sub(r"[^\w-]+", "-", data).strip("-")[:_LONGEST_PART]
    network = model.model
    parts = [
        data,
        network.cell_type,
        f"h{network.hidden_dim}",
        f"w{network.wordvec_dim}",
        f"i{model.saved.iteration}",
    ]
    return "-".join(part for part in parts if part) + ".npz"
