"""The dialog "Get the COCO data": it may be put away while the download goes on."""

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from captionviewer.core.download import DownloadError, DownloadProblem, discard_unfinished
from captionviewer.ui.download.coco_download import CocoDownload
from captionviewer.ui.download.download_form import DownloadForm
from captionviewer.ui.download.progress_view import FailureLabel, ProgressView
from captionviewer.ui.look.icons import icon
from captionviewer.ui.look.theme import colors

WHAT_COMES = (
    "Stanford's CS231n offers the captions of Microsoft COCO as arrays, with a feature vector for each of "
    "123,287 photos, in one zip archive. The captions are CC BY 4.0. The photos themselves stay with their "
    "owners on Flickr: they are fetched one by one as you look at them."
)


class DownloadDialog(QDialog):
    """Form, progress and outcome of one download."""

    open_asked = Signal(object)  # Path of the data folder

    def __init__(self, download: CocoDownload, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._download = download
        self.setWindowTitle("Get the COCO data")
        self.setObjectName("download_dialog")
        self.setModal(False)
        words = QLabel(WHAT_COMES)
        words.setWordWrap(True)
        # Relative to the text around, which the user may enlarge.
        title = QLabel('<span style="font-size: x-large; font-weight: 600">Get the COCO data</span>')
        self.form = DownloadForm()
        self._line = _Line()
        self._view = ProgressView()
        self._message = FailureLabel("download_message")
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(22, 20, 22, 18)
        column.setSpacing(12)
        for part in (title, words, self.form, self._line, self._view, self._message):
            column.addWidget(part)
        column.addStretch(1)
        column.addLayout(self._buttons())
        self.form.changed.connect(self.refresh)
        download.changed.connect(self._look)
        self._was_running = download.is_running
        self.setMinimumWidth(max(560, 80 * self.fontMetrics().averageCharWidth()))
        self.refresh()

    def _buttons(self) -> QHBoxLayout:
        self.start_over = _button("download_start_over", "Start Over", "restart")
        self.start_over.setToolTip("Delete what came of the unfinished download, and begin again")
        self.stop = _button("download_stop", "Stop", "stop")
        self.stop.setToolTip("End the download; what came is kept, and it can go on later")
        self.pause = _button("download_pause", "Pause", "pause")
        self.hide_button = _button("download_hide", "Close", "")
        self.go = _button("download_go", "Download", "save")
        self.go.setDefault(True)
        self.start_over.clicked.connect(self._start_over)
        self.stop.clicked.connect(self._download.stop)
        self.pause.clicked.connect(self._pause_or_resume)
        self.hide_button.clicked.connect(self.hide)
        self.go.clicked.connect(self._go)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.start_over)
        row.addStretch(1)
        for button in (self.stop, self.pause, self.hide_button, self.go):
            row.addWidget(button)
        return row

    # ---- what is shown ---------------------------------------------------------------------

    def _look(self) -> None:
        ended = self._was_running and not self._download.is_running
        self._was_running = self._download.is_running
        if ended:
            self.form.refresh()  # what came is on the disk now; this shows the rest, too
        else:
            self.refresh()

    def refresh(self) -> None:
        """Show how things stand."""
        download, error = self._download, self._download.error
        running, done = download.is_running, download.result is not None
        self.form.setEnabled(not running)
        self._view.setVisible(running or done)
        self._line.setVisible(running or done or error is not None)
        if running or done:
            self._view.show_progress(download.progress)
        self._message.show_message(*self._outcome(error))
        self.stop.setVisible(running)
        self.pause.setVisible(running)
        self.pause.setText("Go On" if download.is_paused else "Pause")
        self.pause.setIcon(icon("play" if download.is_paused else "pause"))
        self.hide_button.setText("Hide" if running else "Close")
        self.hide_button.setToolTip("The download goes on; the status bar tells how far it is")
        self.start_over.setVisible(not running and self.form.unfinished is not None)
        self.go.setVisible(not running)
        self.go.setEnabled(self.form.can_start())
        self.go.setText(self._next_words(error))
        self.go.setIcon(icon("folder" if self._is_here() else "save"))

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._grow()
        return done

    def _grow(self) -> None:
        """Give new lines room; nothing shrinks, so that the buttons stay under the hand."""
        needed = self._column.totalHeightForWidth(self.width())
        if needed > self.height():
            self.resize(self.width(), needed)

    def _outcome(self, error: DownloadError | None) -> tuple[str, bool]:
        if self._download.is_running:
            return "", False
        if self._download.result is not None:
            return f"The data is in {self._download.result.folder}.", False
        if error is None:
            return "", False
        return str(error), error.problem is not DownloadProblem.STOPPED

    def _is_here(self) -> bool:
        """Whether what the form asks for has been downloaded: the raw features, too, if they are wanted."""
        asked, came = self.form.request(), self._download.request
        if self._download.result is None or came is None:
            return False
        return (asked.folder, asked.address) == (came.folder, came.address) and (
            came.raw_features or not asked.raw_features
        )

    def _next_words(self, error: DownloadError | None) -> str:
        if self._is_here():
            return "Open the Data"
        if error is not None and error.can_fetch_again:
            return "Fetch Again"
        if self.form.unfinished is not None:
            return "Go On"
        return "Try Again" if error is not None else "Download"

    # ---- what the user asks ----------------------------------------------------------------

    def _go(self) -> None:
        if self._is_here():
            self.open_asked.emit(self.form.request().folder)
            self.hide()
        else:
            self._download.start(self.form.request())

    def _start_over(self) -> None:
        try:
            discard_unfinished(self.form.request().folder)
        except DownloadError as error:
            self._message.show_message(str(error))
            return
        self._download.forget()
        self.form.refresh()
        self._download.start(self.form.request())

    def _pause_or_resume(self) -> None:
        if self._download.is_paused:
            self._download.resume()
        else:
            self._download.pause()
        self.refresh()

    def reject(self) -> None:
        """Escape and the window's cross put the dialog away; the download goes on."""
        self.hide()


class _Line(QWidget):
    """A thin line between what is asked and what happens."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors().border)
        painter.end()


def _button(name: str, words: str, picture: str) -> QPushButton:
    button = QPushButton(icon(picture) if picture else QIcon(), words)
    button.setObjectName(name)
    button.setAutoDefault(False)
    return button
