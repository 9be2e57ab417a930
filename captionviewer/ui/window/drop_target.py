"""What is dropped on the window: data, models and runs are opened, photos captioned, all else refused."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from captionviewer.core.coco.data_error import DataError
from captionviewer.core.coco.files import find_data_folder
from captionviewer.core.photos.picture_file import PICTURE_SUFFIXES, has_pictures
from captionviewer.core.user_folders import is_folder
from captionviewer.ui.look.theme import colors, mixed
from captionviewer.ui.widgets.outside_text import shortened

_LONGEST_NAME = 60


@dataclass(frozen=True)
class Dropped:
    """What something that hovers over the window would do."""

    path: Path | None  # None: it can't be opened
    is_model: bool
    words: str
    photos: tuple[Path, ...] = ()  # pictures of the user's own, or folders of them, to be captioned
    runs: tuple[Path, ...] = ()  # several files that can only be runs
    array: Path | None = None  # features of the user's own

    @property
    def is_of_use(self) -> bool:
        """Whether it is not refused."""
        return self.path is not None or self.array is not None or bool(self.photos or self.runs)


class DropTarget(QWidget):
    """Covers its window while something hovers over it, and says what dropping it would do."""

    def __init__(
        self,
        window: QWidget,
        open_folder: Callable[[Path], object],
        open_model: Callable[[Path], object],
        open_runs: Callable[[Sequence[Path]], object],
        refuse: Callable[[str], object],
        caption_photos: Callable[[Sequence[Path]], object],
        caption_array: Callable[[Path], object],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._open_folder, self._open_model, self._open_runs = open_folder, open_model, open_runs
        self._refuse = refuse
        self._caption_photos, self._caption_array = caption_photos, caption_array
        self._dropped: Dropped | None = None
        self.setObjectName("drop_target")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.DragEnter and isinstance(event, QDragEnterEvent):
            found = dropped(event.mimeData())
            if found is not None:
                event.acceptProposedAction()  # a wrong one, too: else nobody says what is wrong with it
                self._show(found)
            return True
        if kind == QEvent.Type.DragLeave:
            self.hide()
        elif kind == QEvent.Type.Drop and isinstance(event, QDropEvent):
            self.hide()
            found = dropped(event.mimeData())
            if found is not None:
                event.acceptProposedAction()
                # not within the drop: the program that it comes from waits until the drop is over
                QTimer.singleShot(0, self, lambda: self._take(found))
            return True
        return False

    def _take(self, found: Dropped) -> None:
        if found.photos:
            self._caption_photos(found.photos)
        elif found.runs:
            self._open_runs(found.runs)
        elif found.array is not None:
            self._caption_array(found.array)
        elif found.path is None:
            self._refuse(found.words)
        elif found.is_model:
            self._open_model(found.path)
        else:
            self._open_folder(found.path)

    def _show(self, found: Dropped) -> None:
        self._dropped = found
        self.setAccessibleName(found.words)
        self.setGeometry(self._window.rect())
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._dropped is None:
            return
        c = colors()
        edge = c.accent if self._dropped.is_of_use else c.bad
        ground = QColor(mixed(c.surface, edge, 0.12))
        veil = QColor(c.window)
        veil.setAlphaF(0.72)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), veil)
        painter.setPen(QPen(edge, 4))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(8, 8, -8, -8), 10, 10)
        font = QFont(self.font())
        font.setPointSizeF(1.4 * font.pointSizeF())
        font.setBold(True)
        painter.setFont(font)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        room = self.rect().adjusted(60, 60, -60, -60)
        box = painter.boundingRect(room, flags, self._dropped.words).adjusted(-28, -18, 28, 18)
        painter.setBrush(ground)
        painter.setPen(QPen(edge, 2))
        painter.drawRoundedRect(QRectF(box), 10, 10)
        painter.setPen(c.text)
        painter.drawText(box, flags, self._dropped.words)
        painter.end()


def dropped(data: QMimeData) -> Dropped | None:
    """Return what a drop of this would do; None where nothing that lies in a place is dropped."""
    urls = data.urls()
    if not urls:
        return None
    files = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    if len(files) == len(urls) and all(_is_of_photos(file) for file in files):
        return Dropped(None, False, _caption_words(files), tuple(files))
    if len(urls) > 1 and len(files) == len(urls) and all(_is_archive(file) for file in files):
        return Dropped(None, False, f"Open {len(files):,} runs", runs=tuple(files))
    if len(urls) > 1:
        words = "One at a time: drop a data folder, a model (.npz), only runs (.npz) or only photos."
        return Dropped(None, False, words)
    if not urls[0].isLocalFile():
        return Dropped(None, False, "Only folders, models, runs and photos on this computer can be dropped.")
    path = Path(urls[0].toLocalFile())
    name = shortened(path.name or str(path), _LONGEST_NAME)
    if is_folder(path):
        return Dropped(path, False, f"Open the data folder {name}")
    if _is_archive(path):
        return Dropped(path, True, f"Open the model or run {name}")
    if path.suffix.lower() == ".npy":
        return Dropped(None, False, f"Caption the features in {name}", array=path)
    words = (
        f"{name} can't be opened here: drop a folder of COCO captions, a model or run (.npz), photos or"
        " their features (.npy)."
    )
    return Dropped(None, False, words)


def _is_of_photos(path: Path) -> bool:
    """Whether it is named as a picture is, or is a folder that holds pictures and no data set."""
    if not is_folder(path):
        return path.name.lower().endswith(PICTURE_SUFFIXES)
    try:
        find_data_folder(path)
    except DataError:
        return has_pictures(path)
    return False


def _caption_words(paths: Sequence[Path]) -> str:
    name = shortened(paths[0].name, _LONGEST_NAME)
    if any(is_folder(path) for path in paths):
        return (
            f"Caption the photos in {name}" if len(paths) == 1 else f"Caption what {len(paths):,} items hold"
        )
    return f"Caption {name}" if len(paths) == 1 else f"Caption {len(paths):,} photos"


def _is_archive(path: Path) -> bool:
    return path.suffix.lower() == ".npz"
