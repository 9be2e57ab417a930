"""Features of the open data's photos, computed in a window of its own: how far it is, paused, taken up."""

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.coco.dataset import FeatureKind
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.own_photos.encode_folder import FolderEncoding
from captionviewer.ui.look.numbers import counted
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import words_label
from captionviewer.ui.widgets.outside_text import show_plainly
from captionviewer.ui.worker import Cancelled, Job

_LOOK_MS = 200
_STEPS = 1000
_LISTED = 1_000  # photos without features that are named here; their file names all


class EncodingWindow(QWidget):
    """Stays open beside the window; closing it pauses the work, and what is done is kept for the next start.

    Parameters
    ----------
    open_with
        Opens a data folder with features of a kind.
    """

    def __init__(
        self, session: Session, open_with: Callable[[Path, FeatureKind], object], parent: QWidget
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._session, self._open_with = session, open_with
        self._folder: Path | None = None  # whose photos they are; other data may be open by now
        self._images: Path | None = None
        self._job: Job | None = None
        self._paused = threading.Event()
        self._work: FolderEncoding | None = None  # set by the thread, once it has read the lists of names
        self._is_made = False
        self.setObjectName("encoding_window")
        self.setWindowTitle("Features of Photos")
        self._build()
        self._clock = QTimer(self)
        self._clock.setInterval(_LOOK_MS)
        self._clock.timeout.connect(self._look)
        session.dataset_changed.connect(self._follow)
        self._follow()

    def _build(self) -> None:
        self.about = show_plainly(QLabel())
        self.about.setObjectName("encoding_about")
        self.about.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Photos whose features are computed")
        self.told = words_label("encoding_told")
        self.lost = QPlainTextEdit()
        self.lost.setReadOnly(True)
        self.lost.setTabChangesFocus(True)
        self.lost.setAccessibleName("Photos without features")
        self.lost.hide()
        self.go_button = QPushButton()
        self.go_button.setObjectName("encoding_go")
        self.go_button.clicked.connect(lambda _checked=False: self.pause() if self.is_busy else self.start())
        self.open_button = QPushButton("&Open with These Features")
        self.open_button.setObjectName("encoding_open")
        self.open_button.clicked.connect(lambda _checked=False: self._open())
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (self.go_button, self.open_button):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        for part in (self.about, self.bar, self.told):
            column.addWidget(part)
        column.addWidget(self.lost, 1)
        column.addStretch(0)
        column.addLayout(buttons)
        self._fit_text()

    def _fit_text(self) -> None:
        """Have room for all words in the size of the text."""
        letters = self.fontMetrics()
        wanted = QSize(72 * letters.averageCharWidth(), 20 * letters.height())
        self.resize(self.size().expandedTo(wanted) if self.isVisible() else wanted)

    @property
    def is_busy(self) -> bool:
        """Whether features are being computed."""
        return self._job is not None

    # ---- the work ------------------------------------------------------------------------------

    def start(self) -> None:
        """Compute what is missing."""
        folder, images = self._folder, self._images
        if folder is None or self.is_busy:
            return
        self._paused = paused = threading.Event()
        self._work, self._is_made = None, False

        def work(cancelled: Cancelled) -> int | None:
            self._work = encoding = FolderEncoding(folder, images)
            return encoding.run(lambda: paused.is_set() or cancelled())

        self.told.setText("Reading the names of its photos…")
        self.lost.hide()
        self._job = self._session.workers.start("computing features", work, self._ended, self._failed)
        self._clock.start()
        self._enable()

    def pause(self) -> None:
        """End it soon; what is done is kept."""
        self._paused.set()
        self.go_button.setEnabled(False)

    def _ended(self, width: int | None) -> None:
        self._look()
        self._job, self._is_made = None, width is not None
        work = self._work
        assert work is not None
        done, total = work.progress.done, work.progress.total
        if width is None:
            self.told.setText(f"Paused: {done:,} of {total:,} photos are done and kept.")
        else:
            lost = work.without_features()
            words = f"{counted(total - len(lost), 'photo')} have lite0 features, {width} numbers each."
            if lost:
                counts = "has none and counts" if len(lost) == 1 else "have none and count"
                words += f" {len(lost):,} {counts} as the average one: {work.lost_file.name}."
                self.lost.setPlainText("\n".join(_told(line) for line in lost[:_LISTED]))
                self.lost.show()
            self.told.setText(words)
        self._settle()

    def _failed(self, error: Exception) -> None:
        self._job = None
        if isinstance(error, CaptionviewerError | OSError):
            self.told.setText(str(error))
        else:
            self.told.setText(f"{error!r}. This is a fault of captionviewer.")
        self._settle()

    def _settle(self) -> None:
        self._clock.stop()
        self._enable()
        dataset = self._session.data.dataset
        if not self.isVisible() and dataset is not None and dataset.folder != self._folder:
            self._follow()

    # ---- what is shown -------------------------------------------------------------------------

    def _look(self) -> None:
        """Show how far it is."""
        if self._work is not None:
            progress = self._work.progress
            self.bar.setValue(round(_STEPS * progress.done / max(progress.total, 1)))
            self.told.setText(progress.words)

    def _enable(self) -> None:
        begun = self._work is not None and not self._is_made
        again = "&Compute Again" if self._is_made else "&Compute"  # as after photos that lacked were added
        self.go_button.setText("&Pause" if self.is_busy else "&Go On" if begun else again)
        self.go_button.setEnabled(self._folder is not None)
        self.open_button.setVisible(self._is_made)

    def _follow(self) -> None:
        """Be about the data that is open, unless another's photos are being encoded."""
        dataset = self._session.data.dataset
        if self.is_busy or dataset is None or dataset.folder == self._folder:
            return
        self._folder, self._images = dataset.folder, self._session.images.folder
        self._work, self._is_made = None, False
        self.bar.setValue(0)
        self.lost.hide()
        self.about.setText(
            f"Computes the features lite0 (EfficientNet-Lite0, short by PCA) of the photos of"
            f" {dataset.folder.name} that are in {self._images or dataset.folder / 'images'}. A model that is"
            " trained on them captions any photo. Paused or broken off, it goes on from what is done."
        )
        self.told.setText("")
        self._enable()

    def _open(self) -> None:
        if self._folder is not None:
            self._open_with(self._folder, "lite0")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close at Esc, as dialogs do."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._fit_text()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Pause."""
        self._paused.set()
        super().closeEvent(event)


def _told(line: str) -> str:
    """A line of `FolderEncoding.without_features` for people: the reason is in sight, the file names all."""
    split, row, name, why = line.split("\t", 3)
    return f"{split} photo {row}, {name.rpartition('/')[2]}: {why}"
