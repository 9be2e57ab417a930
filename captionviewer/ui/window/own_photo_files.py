"""Photos of the user's own, as they come: chosen, dropped, pasted, or a folder of them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from captionviewer.core.photos.picture_file import PICTURE_SUFFIXES, pictures_in
from captionviewer.core.user_folders import is_folder
from captionviewer.ui import settings as remembered
from captionviewer.ui.session.session import Session
from captionviewer.ui.worker import Cancelled

if TYPE_CHECKING:  # imported when the first photo comes: the launch needs none of it
    from captionviewer.ui.window.own_photos_window import OwnPhotosWindow

PICTURE_FILES = f"Pictures ({' '.join(f'*{suffix}' for suffix in PICTURE_SUFFIXES)})"
ARRAY_FILES = "Arrays of features (*.npy)"


class OwnPhotoFiles:
    """Asks which, and hands them to the window that captions them, which is made for the first.

    Parameters
    ----------
    window
        The main window.
    equip
        Lets the new window take what is dropped on it, and the keys by which photos come.
    compute_features
        Shows what computes features that an encoder here makes.
    """

    def __init__(
        self,
        window: QWidget,
        session: Session,
        equip: Callable[[QWidget], object],
        compute_features: Callable[[], object],
    ) -> None:
        self._window, self._session = window, session
        self._equip, self._compute_features = equip, compute_features
        self.shown: OwnPhotosWindow | None = None

    def ask_for_files(self) -> None:
        """Let the user choose pictures."""
        start = self._session.settings.get(remembered.OWN_PHOTO_FOLDER)
        chosen, _ = QFileDialog.getOpenFileNames(self._window, "Caption Photos", start, PICTURE_FILES)
        if chosen:
            self._session.settings.set(remembered.OWN_PHOTO_FOLDER, str(Path(chosen[0]).parent))
            self.take([Path(name) for name in chosen])

    def ask_for_array(self) -> None:
        """Let the user choose an array of features, computed elsewhere."""
        start = self._session.settings.get(remembered.OWN_PHOTO_FOLDER)
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Use Your Own Features", start, ARRAY_FILES)
        if chosen:
            self._session.settings.set(remembered.OWN_PHOTO_FOLDER, str(Path(chosen).parent))
            self.take_array(Path(chosen))

    def ask_for_folder(self) -> None:
        """Let the user choose a folder of pictures."""
        start = self._session.settings.get(remembered.OWN_PHOTO_FOLDER)
        chosen = QFileDialog.getExistingDirectory(self._window, "Caption a Folder of Photos", start)
        if chosen:
            self._session.settings.set(remembered.OWN_PHOTO_FOLDER, chosen)
            self.take([Path(chosen)])

    def paste(self) -> None:
        """Take what was copied elsewhere: a picture, or files of pictures."""
        copied: QMimeData | None = QGuiApplication.clipboard().mimeData()  # None where nothing ever was
        urls = copied.urls() if copied is not None else []
        files = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
        if len(files) == 1 and files[0].suffix.lower() == ".npy":
            self.take_array(files[0])
            return
        if files:
            self.take(files)
            return
        picture = QGuiApplication.clipboard().image()
        if picture.isNull():
            self._session.notice.emit("Nothing to caption was copied: copy a photo, or the file of one.")
        elif self._has_data():
            self._opened().take_picture("pasted", picture)

    def take(self, paths: Sequence[Path]) -> None:
        """Caption pictures in files, and those in folders."""
        if not self._has_data():
            return
        if not any(is_folder(path) for path in paths):
            self._opened().take_files(paths)
            return
        where = str(paths[0]) if len(paths) == 1 else f"None of these {len(paths):,}"

        def look(_cancelled: Cancelled) -> list[Path]:
            return [file for path in paths for file in (pictures_in(path) if is_folder(path) else [path])]

        def found(files: list[Path]) -> None:
            if files:
                self._opened().take_files(files)
            else:
                self._session.problem.emit(
                    f"{where} holds no pictures. Choose a folder of JPEG or PNG files."
                )

        def failed(error: Exception) -> None:
            self._session.problem.emit(f"The photos can't be looked for: {error}")

        self._session.workers.start("looking for photos", look, found, failed)

    def take_array(self, path: Path) -> None:
        """Caption the rows of an array of features in a file."""
        if self._session.data.dataset is not None:
            self._opened().take_array(path)
        else:
            self._session.problem.emit("Open data first: your features are read as its own are.")

    def _has_data(self) -> bool:
        """Whether data is open, or will be in a moment; if not, say that it is needed."""
        if self._session.data.dataset is not None or self._session.data.opening:
            return True
        self._session.problem.emit("Open data first: photos are captioned with its features and its words.")
        return False

    def close(self) -> None:
        """Close the window of photos."""
        if self.shown is not None:
            self.shown.close()

    def _opened(self) -> "OwnPhotosWindow":
        from captionviewer.ui.window.own_photos_window import OwnPhotosWindow

        if self.shown is None:
            self.shown = OwnPhotosWindow(
                self._session, self.ask_for_array, self._compute_features, self._window
            )
            self._equip(self.shown)
        self.shown.show()
        self.shown.raise_()
        self.shown.activateWindow()
        return self.shown
