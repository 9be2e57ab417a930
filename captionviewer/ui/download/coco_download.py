"""One download at a time, in a thread, as the window sees it."""

from PySide6.QtCore import QObject, QTimer, Signal

from captionviewer.core.download import (
    Download,
    Downloaded,
    DownloadError,
    DownloadProblem,
    DownloadProgress,
    DownloadRequest,
)
from captionviewer.ui.worker import Job, Workers

LOOK_MS = 200  # progress is looked at on the window's own clock


class CocoDownload(QObject):
    """Starts, pauses and stops a download, and tells of every look at it."""

    changed = Signal()
    finished = Signal(object)  # Path of the data folder
    failed = Signal()

    def __init__(self, workers: Workers, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workers = workers
        self._download: Download | None = None
        self._job: Job | None = None
        self.error: DownloadError | None = None  # how the last one failed
        self.result: Downloaded | None = None  # how the last one ended well
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK_MS)
        self._clock.timeout.connect(self._look)

    @property
    def is_running(self) -> bool:
        """Whether a download is going on, or pausing."""
        return self._job is not None

    @property
    def is_paused(self) -> bool:
        """Whether it was asked to hold still."""
        return self._job is not None and self._download is not None and self._download.is_paused

    @property
    def progress(self) -> DownloadProgress:
        """The newest look."""
        return self._download.progress if self._download is not None else DownloadProgress()

    @property
    def request(self) -> DownloadRequest | None:
        """What the last download was asked for, or is."""
        return self._download.request if self._download is not None else None

    def start(self, request: DownloadRequest) -> None:
        """Begin, or go on from what came before; nothing while another is going on."""
        if self._job is not None:
            return
        self.error, self.result = None, None
        self._download = Download(request)
        self._job = self._workers.start("downloading COCO", self._download.run, self._done, self._failed)
        self._clock.start()
        self.changed.emit()

    def pause(self) -> None:
        """Hold still."""
        if self._download is not None:
            self._download.pause()
        self.changed.emit()

    def resume(self) -> None:
        """Go on after a pause."""
        if self._download is not None:
            self._download.resume()
        self.changed.emit()

    def stop(self) -> None:
        """End soon; what came is kept."""
        if self._download is not None:
            self._download.stop()

    def forget(self) -> None:
        """Forget how the last one ended."""
        if self._job is None:
            self._download, self.error, self.result = None, None, None
            self.changed.emit()

    def _done(self, result: Downloaded) -> None:
        self.result = result
        self._end()
        self.finished.emit(result.folder)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, DownloadError):
            words = f"The download failed: {error!r}. This is a fault of captionviewer."
            error = DownloadError(DownloadProblem.FAULT, words)
        self.error = error
        self._end()
        self.failed.emit()

    def _end(self) -> None:
        self._job = None
        self._clock.stop()
        self.changed.emit()

    def _look(self) -> None:
        if self._job is not None:
            self._workers.rename(self._job, self._name())
        self.changed.emit()

    def _name(self) -> str:
        progress = self.progress
        share = "" if progress.share is None else f", {100 * progress.share:.0f} %"
        phase = progress.phase.value[:1].lower() + progress.phase.value[1:]
        return f"COCO: {phase}{share}"
