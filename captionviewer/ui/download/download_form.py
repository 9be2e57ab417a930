"""What to download and where to: address, folder, raw features, and whether there is room."""

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QLabel, QLineEdit, QPushButton, QWidget

from captionviewer.core.coco.folder_layout import FOLDER_NAME, VOCABULARY_FILE
from captionviewer.core.download import OFFICIAL_ADDRESS, DownloadRequest, format_bytes, unfinished_download
from captionviewer.core.download.disk import free_bytes
from captionviewer.core.download.official import unpacked_bytes
from captionviewer.core.download.placing import Unfinished
from captionviewer.core.user_folders import data_folder, is_folder
from captionviewer.ui.look.icons import icon
from captionviewer.ui.look.theme import set_muted
from captionviewer.ui.widgets.check_box import CheckBox

_LOOK_AFTER_MS = 150  # the disk is asked when typing pauses


class DownloadForm(QWidget):
    """Asks what is wanted, and says what is known of the place."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.address = QLineEdit(OFFICIAL_ADDRESS)
        self.address.setObjectName("download_address")
        self.official = QPushButton("Official")
        self.official.setObjectName("download_official")
        self.official.setToolTip(f"Take the archive of CS231n again: {OFFICIAL_ADDRESS}")
        self.folder = QLineEdit(str(data_folder() / FOLDER_NAME))
        self.folder.setObjectName("download_folder")
        self.choose = QPushButton(icon("folder"), "Choose…")
        self.choose.setObjectName("download_choose")
        self.raw = CheckBox("Also the raw features (4,096 numbers a photo)")
        self.raw.setObjectName("download_raw")
        self.raw.setToolTip(
            "<p>The features as VGG-16 gave them, before PCA reduced them to 512 numbers. The notebook "
            "uses the 512; the raw ones take 2 GB more.</p>"
        )
        self._facts = QLabel()
        self._facts.setObjectName("download_facts")
        self._facts.setAccessibleName("Room on the disk")
        self._facts.setWordWrap(True)
        self._facts.setTextFormat(Qt.TextFormat.PlainText)
        set_muted(self._facts)
        self._arrange()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_LOOK_AFTER_MS)
        self._timer.timeout.connect(self.refresh)
        self.unfinished: Unfinished | None = None
        for edited in (self.address.textChanged, self.folder.textChanged, self.raw.toggled):
            edited.connect(lambda _value: self._timer.start())
        self.official.clicked.connect(lambda: self.address.setText(OFFICIAL_ADDRESS))
        self.choose.clicked.connect(self._choose)
        self.refresh()

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        for row, (words, field, button) in enumerate(
            (("&Address", self.address, self.official), ("&Folder", self.folder, self.choose))
        ):
            label = QLabel(words)
            label.setBuddy(field)
            field.setAccessibleName(words.replace("&", ""))
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
            grid.addWidget(button, row, 2)
        grid.addWidget(self.raw, 2, 1, 1, 2)
        grid.addWidget(self._facts, 3, 1, 1, 2)
        grid.setColumnStretch(1, 1)

    def request(self) -> DownloadRequest:
        """Return what is wanted."""
        typed = self.folder.text().strip()
        folder = _at_home(typed) or Path(typed).absolute()
        return DownloadRequest(folder, self.address.text().strip(), self.raw.isChecked())

    def can_start(self) -> bool:
        """Whether there is an address and a folder that can be."""
        typed = self.folder.text().strip()
        return bool(self.address.text().strip()) and bool(typed) and _at_home(typed) is not None

    def refresh(self) -> None:
        """Look at the disk again."""
        request = self.request()
        found = unfinished_download(request.folder) if self.can_start() else None
        self.unfinished = found if found is not None and found.address == request.address else None
        facts = []
        if request.address == OFFICIAL_ADDRESS:
            parts = "" if request.raw_features else ", or a third of it if the server can send parts"
            facts.append(
                f"About 1 GB to fetch{parts}. "
                f"Unpacked it takes {format_bytes(unpacked_bytes(request.raw_features))}."
            )
        free = free_bytes(request.folder)
        if _at_home(self.folder.text().strip()) is None:
            facts.append("The folder is in the home of nobody who is known here.")
        elif free is not None:
            facts.append(f"Free on this disk: {format_bytes(free)}.")
        if self.unfinished is not None:
            facts.append(
                f"{format_bytes(self.unfinished.have)} of an unfinished download are here: it can go on."
            )
        self._facts.setText("\n".join(facts))
        self.changed.emit()

    def _choose(self) -> None:
        start = self.request().folder
        while not is_folder(start) and start != start.parent:
            start = start.parent
        chosen = QFileDialog.getExistingDirectory(self, "Folder for the COCO data", str(start))
        if chosen:
            self.folder.setText(str(_place_in(Path(chosen))))


def _at_home(typed: str) -> Path | None:
    """Return a folder that was typed, absolute; None where ~ begins the name of nobody known here."""
    try:
        return Path(typed).expanduser().absolute()
    except RuntimeError:
        return None


def _place_in(chosen: Path) -> Path:
    """Return the chosen folder if it is empty or was downloaded into before, else a new one inside of it."""
    try:
        names = {path.name for path in chosen.iterdir()}
    except OSError:
        return chosen  # what is wrong with it is said at the start
    taken_up = unfinished_download(chosen) is not None or VOCABULARY_FILE in names
    return chosen if not names or taken_up else chosen / FOLDER_NAME
