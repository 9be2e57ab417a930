"""What each of several runs says of one watched photo, with the words marked that differ."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import UNSAID, Vocabulary
from captionviewer.core.training.caption_stops import RecordedCaptions
from captionviewer.core.training.events import PhotoKey
from captionviewer.core.training.run_comparison import differing_words, photos_in_common
from captionviewer.core.training.run_record import RunRecord
from captionviewer.ui.look.theme import colors
from captionviewer.ui.photos.photo_loader import PhotoLoader
from captionviewer.ui.photos.photo_view import PhotoView
from captionviewer.ui.training.runs.run_curves import run_color
from captionviewer.ui.widgets.outside_text import as_html

_PHOTO_LINES = 8  # how high the photo is, in lines of text


class SaidByEach(QWidget):
    """A photo, its captions by the runs, and a choice among the photos that all of them watched."""

    def __init__(self, photos: PhotoLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dataset: CocoDataset | None = None
        self._runs: tuple[tuple[str, Vocabulary, RecordedCaptions], ...] = ()
        self.photos: tuple[PhotoKey, ...] = ()
        self.choice = QComboBox()
        self.choice.setAccessibleName("Photo that the runs describe")
        self.choice.activated.connect(lambda _index: self._show())
        self.photo = PhotoView(photos)
        self.photo.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.words = QLabel()
        self.words.setTextFormat(Qt.TextFormat.RichText)  # of our own; words from outside are escaped
        self.words.setWordWrap(True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.words.setObjectName("said_by_each")
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        beside = QVBoxLayout()
        beside.addWidget(self.choice)
        beside.addWidget(self.words, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.photo, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(beside, 1)
        self._fit()

    def show_runs(
        self, names: Sequence[str], records: Sequence[RunRecord], dataset: CocoDataset | None
    ) -> None:
        """Show what these runs said at their last; `dataset` is what is open, whose photos can be drawn."""
        self.show_said(
            [
                (name, Vocabulary.from_words(record.vocabulary), record.stops)
                for name, record in zip(names, records, strict=True)
                if record.stops is not None and len(record.stops)
            ]
            if all(record.stops is not None for record in records)
            else [],
            dataset,
        )

    def forget_photos(self) -> None:
        """Draw no photo: the data that has them is open no longer."""
        self._dataset = None
        self._show()

    def show_said(
        self, runs: Sequence[tuple[str, Vocabulary, RecordedCaptions]], dataset: CocoDataset | None
    ) -> None:
        """Show what runs, by their names and vocabularies, said at the last stop of each."""
        before = self.photos[self.choice.currentIndex()] if self.photos else None
        self._runs, self._dataset = tuple(runs), dataset
        photos = photos_in_common([stops for _, _, stops in runs])
        if photos != self.photos:
            self.photos = photos
            self.choice.clear()
            self.choice.addItems([f"{split} photo {row:,}" for split, row in photos])
            if before in photos:
                self.choice.setCurrentIndex(photos.index(before))
        self.setVisible(bool(photos))
        self._show()

    def captions(self) -> list[list[str]]:
        """What each run says of the chosen photo, word by word."""
        if not self.photos:
            return []
        key = self.photos[self.choice.currentIndex()]
        found = []
        for _, vocabulary, stops in self._runs:
            ids = stops.words(len(stops) - 1, stops.photos.index(key))
            words = [vocabulary.idx_to_word[word] for word in ids if word < len(vocabulary)]
            read = vocabulary.readable([word for word in words if word not in UNSAID])
            found.append([word for word, _ in read])
        return found

    def _show(self) -> None:
        captions = self.captions()
        if not captions:
            self.words.clear()
            return
        split, row = self.photos[self.choice.currentIndex()]
        dataset, c = self._dataset, colors()
        known = dataset is not None and row < dataset.split(split).num_photos
        self.photo.setVisible(known)
        if dataset is not None and known:
            self.photo.set_record(dataset.split(split).record(row))
        lines = []
        marked = differing_words(captions)
        for number, (name, _, stops) in enumerate(self._runs):
            said = " ".join(
                f'<b style="color:{c.warn.name()}"><u>{as_html(word)}</u></b>' if differs else as_html(word)
                for word, differs in zip(captions[number], marked[number], strict=True)
            )
            head = (
                f'<span style="color:{run_color(number, c).name()}">\N{BLACK SQUARE}</span>'
                f' <span style="color:{c.muted.name()}">{as_html(name)}, iteration'
                f" {int(stops.iterations[-1]):,}, greedy</span>"
            )
            lines.append(f"<p style='margin:0 0 5px 0'>{head}<br>{said or '(nothing)'}</p>")
        self.words.setText("".join(lines))

    def _fit(self) -> None:
        side = _PHOTO_LINES * self.fontMetrics().height()
        self.photo.setFixedSize(round(1.3 * side), side)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and hasattr(self, "photo"):
            self._fit()
        elif event.type() is QEvent.Type.PaletteChange and hasattr(self, "words"):
            self._show()
