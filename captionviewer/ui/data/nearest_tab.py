"""The ten photos most alike to the selected one by their features, found outside the GUI thread."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from captionviewer.core.coco.dataset import CocoDataset, DataError, NearestPhotos, PhotoRecord, Split
from captionviewer.core.coco.feature_kinds import FEATURES
from captionviewer.core.coco.vocabulary import caption_text, readable_words
from captionviewer.ui.data.neighbour_list import Neighbour, NeighbourList
from captionviewer.ui.look.theme import set_muted
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.tool_buttons import ActionButton
from captionviewer.ui.worker import Job

COUNT = 10
PATIENCE_MS = 300  # the neighbours of the last photo stand so long while those of the next are looked for
PLACES: tuple[tuple[str, Split | None], ...] = (
    ("In the same split", None),
    ("Among train photos", "train"),
    ("Among val photos", "val"),
)


class NearestTab(QWidget):
    """Looks for the neighbours of the photo it is told of, once it is seen; a neighbour can be selected."""

    def __init__(self, session: Session, back_action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._record: PhotoRecord | None = None
        self._dataset: CocoDataset | None = None
        self._stale = False
        self._job: Job | None = None
        self.head = QLabel()
        self.head.setObjectName("nearest_head")
        self.head.setTextFormat(Qt.TextFormat.PlainText)
        self.head.setWordWrap(True)
        set_muted(self.head)
        self.place = QComboBox()
        for words, split in PLACES:
            self.place.addItem(words, split)
        self.place.setObjectName("nearest_place")
        self.place.setAccessibleName("Where neighbours are looked for")
        self.place.setToolTip("Where neighbours are looked for: the split of the photo, or one of the two")
        self.place.currentIndexChanged.connect(lambda _index: self._ask_anew())
        self.list = NeighbourList(session.photos)
        self.list.chosen.connect(session.selection.select)
        self.message = QLabel()
        self.message.setObjectName("nearest_message")
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.message.setMargin(12)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.list)
        self.pages.addWidget(self.message)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(ActionButton(back_action, "nearest_back"))  # a click on a neighbour looks from there
        line.addWidget(self.head, 1)
        line.addWidget(self.place)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 8, 0, 0)
        box.setSpacing(6)
        box.addLayout(line)
        box.addWidget(self.pages, 1)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(lambda: self._say("Looking for the nearest photos…"))

    def show_photo(self, dataset: CocoDataset | None, record: PhotoRecord | None) -> None:
        """Show the neighbours of another photo (None: of none); a search under way is given up."""
        if dataset is not self._dataset:  # the old data's photos may not be asked for in the new data's place
            self.list.show_neighbours(())
        self._dataset, self._record = dataset, record
        self._ask_anew()

    def showEvent(self, event: QShowEvent) -> None:
        """Look for what nobody asked for until now."""
        super().showEvent(event)
        if self._stale:
            self._look()

    def _ask_anew(self) -> None:
        self._stale = True
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._patience.stop()
        if self._record is None:
            self._say("Select a photo to see those most alike.")
        elif self.isVisible():
            self._look()

    def _say(self, words: str) -> None:
        self.head.clear()
        self.message.setText(words)
        self.list.show_neighbours(())
        self.pages.setCurrentWidget(self.message)

    def _look(self) -> None:
        dataset, record = self._dataset, self._record
        if dataset is None or record is None:
            return
        self._stale = False
        self._patience.start()
        among: Split | None = self.place.currentData()

        def failed(error: Exception) -> None:
            self._job = None
            self._patience.stop()
            if isinstance(error, DataError | OSError):
                self._say(f"The nearest photos could not be looked for.\n\n{error}")
            else:
                self._say(f"Looking for photos failed: {error!r}. This is a fault of captionviewer.")

        self._job = self._session.workers.start(
            "looking for the nearest photos",
            lambda cancelled: dataset.nearest_photos(record.split, record.row, among, COUNT, cancelled),
            lambda found: self._show(dataset, record, found),
            failed,
            brief=True,
        )

    def _show(self, dataset: CocoDataset, record: PhotoRecord, found: NearestPhotos | None) -> None:
        self._job = None
        self._patience.stop()
        if found is None:
            return  # stopped: another search is under way
        captions = dataset.split(found.split).captions
        neighbours = []
        for row, similarity in zip(found.rows.tolist(), found.similarities.tolist(), strict=True):
            other = dataset.split(found.split).record(row)
            texts = tuple(caption_text(captions[at], dataset.vocabulary) for at in other.caption_rows)
            first = other.caption_rows[:1]
            words = tuple(word for at in first for word in readable_words(captions[at], dataset.vocabulary))
            neighbours.append(Neighbour(other, words, similarity, texts))
        if not neighbours:
            self._say(f"{found.split} has no other photo whose features could be compared.")
            return
        kind = FEATURES[found.feature_kind].name
        self.head.setText(
            f"Nearest to {record.split} photo {record.row:,} among {found.compared:,} {found.split} photos "
            f"(cosine of {kind} features)"
        )
        self.list.show_neighbours(neighbours)
        self.pages.setCurrentWidget(self.list)
