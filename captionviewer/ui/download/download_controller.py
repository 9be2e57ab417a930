"""Where the window's part in a download is kept together: the dialog, the outcome, and closing meanwhile."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from captionviewer.core.coco.chosen_data import remember_data_folder
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.questions import ask

if TYPE_CHECKING:
    from captionviewer.ui.download.coco_download import CocoDownload
    from captionviewer.ui.download.download_dialog import DownloadDialog


class DownloadController(QObject):
    """Shows the dialog, opens what came where that disturbs nothing, and asks at closing."""

    data_ready = Signal(object)  # Path: open it now

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._download: CocoDownload | None = None
        self.dialog: DownloadDialog | None = None

    @property
    def download(self) -> "CocoDownload":
        """The download; loaded when it is first asked for, which most launches never do."""
        if self._download is None:
            from captionviewer.ui.download.coco_download import CocoDownload

            self._download = CocoDownload(self._session.workers, self)
            self._download.finished.connect(self._came)
            self._download.failed.connect(self._failed)
        return self._download

    def show(self) -> None:
        """Bring the dialog up; it is made when it is first asked for."""
        if self.dialog is None:
            from captionviewer.ui.download.download_dialog import DownloadDialog

            self.dialog = DownloadDialog(self.download, self._window)
            self.dialog.open_asked.connect(self.data_ready)
        self.dialog.form.refresh()
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def _came(self, folder: Path) -> None:
        try:
            remember_data_folder(folder)
        except OSError as error:
            self._session.lasting_problem.emit(f"The new data folder could not be remembered: {error}")
        session = self._session
        if session.runs.run is None and not session.models.has_unsaved and not session.data.opening:
            self.data_ready.emit(folder)
        else:  # opening would end a run, ask about a model, or undo a choice, in the middle of something
            session.notice.emit('The COCO data is here: "Get the COCO Data" in the File menu opens it.')

    def _failed(self) -> None:
        """Tell the window of a failure, where nobody looks at the dialog that says it."""
        from captionviewer.core.download.problem import DownloadProblem

        error = self.download.error
        is_seen = self.dialog is not None and self.dialog.isVisible()
        if error is not None and error.problem is not DownloadProblem.STOPPED and not is_seen:
            self._session.problem.emit(f'{error} "Get the COCO Data" in the File menu has more.')

    def may_close(self) -> bool:
        """Ask about a download that is going on; True when the window may close (what came is kept)."""
        if self._download is None or not self._download.is_running:
            return True
        close = "Stop and close"
        answer = ask(
            self._window,
            "A download is going on",
            "Closing the window stops the download. Close it?",
            "What has come is kept: next time the download goes on from there.",
            answers=(close, "Keep downloading"),
        )
        return answer == close

    def stop(self) -> None:
        """End a download that is going on; what came is kept."""
        if self._download is not None:
            self._download.stop()
