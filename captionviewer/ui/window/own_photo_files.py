"""Photos of the user's own, as they come: chosen, dropped, pasted, or a folder of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from captionviewer.core.photos.picture_file import PICTURE_SUFFIXES, pictures_in
from captionviewer.ui import settings as remembered
from captionviewer.ui.session.session import Session

if TYPE_CHECKING:  # imported when the first photo comes: the launch needs none of it
    from captionviewer.ui.window.own_photos_window import OwnPhotosWindow

PICTURE_FILES = f"Pictures ({' '.join(f'*{suffix}' for suffix in PICTURE_SUFFIXES)})"
ARRAY_FILES = "Arrays of features (*.npy)"


class OwnPhotoFiles:
    """Asks which, and hands them to the window that captions them, which is made for the first."""

    def __init__(self, window: QWidget, session: Session) -> None:
        self._window, self._session = window, session
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
            self._opened().take_array(Path(chosen))

    def ask_for_folder(self) -> None:
        """Let the user choose a folder of pictures."""
        start = self._session.settings.get(remembered.OWN_PHOTO_FOLDER)
        chosen = QFileDialog.getExistingDirectory(self._window, "Caption a Folder of Photos", start)
        if not chosen:
            return
        self._session.settings.set(remembered.OWN_PHOTO_FOLDER, chosen)

        def found(files: list[Path]) -> None:
            if files:
                self.take(files)
            else:
                self._session.problem.emit(
                    f"{chosen} holds no pictures. Choose a folder of JPEG or PNG files."
                )

        def failed(error: Exception) -> None:
            self._session.problem.emit(f"The folder {chosen} can't be read: {error}")

        self._session.workers.start(
            "looking for photos", lambda _cancelled: pictures_in(Path(chosen)), found, failed
        )

    def paste(self) -> None:
        """Take what was copied elsewhere: a picture, or files of pictures."""
        copied: QMimeData | None = QGuiApplication.clipboard().mimeData()  # None where nothing ever was
        urls = copied.urls() if copied is not None else []
        files = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
        if files:
            self.take(files)
            return
        picture = QGuiApplication.clipboard().image()
        if picture.isNull():
            self._session.notice.emit("Nothing to caption was copied: copy a photo, or the file of one.")
        elif self._has_data():
            self._opened().take_picture("pasted", picture)

    def take(self, files: Sequence[Path]) -> None:
        """Caption pictures in files."""
        if self._has_data():
            self._opened().take_files(files)

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
            self.shown = OwnPhotosWindow(self._session, self.ask_for_array, self._window)
        self.shown.show()
        self.shown.raise_()
        self.shown.activateWindow()
        return self.shown
