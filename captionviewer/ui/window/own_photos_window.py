"""Photos of the user's own: what the encoder sees, the caption, and the training photos that are like it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QCloseEvent, QFont, QIcon, QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import caption_text, readable_words
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.own_photos.feature_array import read_feature_array
from captionviewer.core.own_photos.photo_encoder import NoEncoder, PhotoEncoder, encoder_of
from captionviewer.ui import actions
from captionviewer.ui.data.neighbour_list import Neighbour, NeighbourList
from captionviewer.ui.photos.own_picture import own_picture
from captionviewer.ui.session.models import ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import words_label
from captionviewer.ui.widgets.outside_text import plain_tip, shortened, show_plainly
from captionviewer.ui.window.own_photo import GivenFeatures, OwnPhoto, captioned
from captionviewer.ui.worker import Cancelled, Job

MOST_PHOTOS = 200  # shown at once; `captionviewer caption` takes any number
_ICON = 72
_NOT_CAPTIONED = "not captioned"
_NAME, _WORDS = 20, 90  # letters of each in the list; the rest stands in the tip
_SEEN = 300  # pixels of the crop on the screen


class OwnPhotosWindow(QWidget):
    """A window of its own; its photos are captioned anew when the model changes.

    Parameters
    ----------
    ask_for_array
        Lets the user choose an array of features, for data whose encoder is not here.
    compute_features
        Shows what computes features of the data's photos by an encoder that is.
    """

    def __init__(
        self,
        session: Session,
        ask_for_array: Callable[[], object],
        compute_features: Callable[[], object],
        parent: QWidget,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._session = session
        self._ask_for_array, self._compute_features = ask_for_array, compute_features
        self._job: Job | None = None
        self._waiting: list[OwnPhoto] = []
        self._under_way: list[OwnPhoto] = []  # one, or none
        self._encoder: tuple[CocoDataset, PhotoEncoder] | None = None
        self._chosen: int | None = None  # the row that the user went back to; None: the newest is shown
        self.photos: list[OwnPhoto] = []
        self.setWindowTitle("Your Photos")
        self.setObjectName("own_photos")
        self._build()
        self._fit_text()
        session.model_changed.connect(self._model_changed)
        session.dataset_changed.connect(self._dataset_changed)

    def _build(self) -> None:
        self.list = QListWidget()
        self.list.setAccessibleName("Your photos")
        self.list.setIconSize(QSize(_ICON, _ICON))
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.currentRowChanged.connect(self._row_changed)
        self.seen = QLabel()
        self.seen.setAccessibleName("What the encoder sees")
        self.seen.setFixedWidth(_SEEN)
        self.seen.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.seen_words = words_label("own_seen")
        self.caption = show_plainly(QLabel())
        self.caption.setObjectName("own_caption")
        self.caption.setWordWrap(True)
        self.remark = show_plainly(QLabel())
        self.remark.setObjectName("own_remark")
        self.remark.setWordWrap(True)
        self.like = words_label("own_like")
        self.made = words_label("own_made")
        self.sampling_button = QPushButton("&Show in Sampling")
        self.sampling_button.setToolTip("Its caption word by word there, in all of Sampling's views")
        self.sampling_button.setAutoDefault(False)
        self.sampling_button.setEnabled(False)
        self.sampling_button.clicked.connect(lambda _checked=False: self._show_in_sampling())
        self.array_button = QPushButton("&Use Your Own Features…")
        self.array_button.setToolTip(
            "An array (.npy) with a row for each photo, as wide as the data's features"
        )
        self.array_button.setAutoDefault(False)
        self.array_button.clicked.connect(lambda _checked=False: self._ask_for_array())
        self.compute_button = QPushButton(actions.COMPUTE_FEATURES.text)
        self.compute_button.setToolTip(actions.COMPUTE_FEATURES.tip)
        self.compute_button.setAutoDefault(False)
        self.compute_button.clicked.connect(lambda _checked=False: self._compute_features())
        self._offer_ways(False)
        self.nearest_words = QLabel("The training photos nearest to it; a click selects one everywhere")
        self.nearest_words.setWordWrap(True)
        self.nearest = NeighbourList(self._session.photos)
        self.nearest.chosen.connect(self._session.selection.select)
        told = QWidget()
        words = QVBoxLayout(told)
        words.setContentsMargins(0, 0, 0, 0)
        for label in (self.caption, self.remark, self.like, self.made):
            words.addWidget(label)
        for button in (self.compute_button, self.array_button, self.sampling_button):
            words.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        words.addStretch(1)
        scrolled = QScrollArea()  # large text has more lines than a small screen
        scrolled.setWidget(told)
        scrolled.setWidgetResizable(True)
        scrolled.setFrameShape(QFrame.Shape.NoFrame)
        scrolled.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scrolled.viewport().setAutoFillBackground(False)
        told.setAutoFillBackground(False)
        crop = QVBoxLayout()
        crop.addWidget(self.seen)
        crop.addWidget(self.seen_words)
        crop.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(14)
        top.addLayout(crop)
        top.addWidget(scrolled, 1)
        right = QVBoxLayout()
        right.addLayout(top, 1)
        right.addWidget(self.nearest_words)
        right.addWidget(self.nearest, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 12, 12, 12)
        row.setSpacing(14)
        row.addWidget(self.list, 1)
        row.addLayout(right, 3)

    # ---- photos --------------------------------------------------------------------------------

    def take_files(self, files: Sequence[Path]) -> None:
        """Caption pictures in files, after those that are here."""
        if len(files) > MOST_PHOTOS:
            self._session.notice.emit(
                f"The first {MOST_PHOTOS} of {len(files):,} photos are captioned here; captionviewer caption"
                " takes any number."
            )
        self._chosen = None
        self._want([OwnPhoto((path.name, path)) for path in files[:MOST_PHOTOS]])

    def take_picture(self, name: str, picture: QImage) -> None:
        """Caption a picture that is in no file."""
        self._chosen = None
        self._want([OwnPhoto((name, picture))])

    def take_array(self, path: Path) -> None:
        """Caption the rows of an array of features in a file, each a photo without a picture."""
        dataset = self._session.data.dataset
        if dataset is None:
            return

        def read(rows: FloatArray) -> None:
            if self._session.data.dataset is not dataset or not self.isVisible():
                return
            if len(rows) > MOST_PHOTOS:
                self._session.notice.emit(
                    f"The first {MOST_PHOTOS} of {len(rows):,} rows are captioned here; captionviewer caption"
                    " --array takes any number."
                )
            given = [
                GivenFeatures(row, dataset.folder, dataset.feature_kind) for row in rows[:MOST_PHOTOS].copy()
            ]
            self._chosen = None
            self._want([OwnPhoto((f"{path.name}:{number}", row)) for number, row in enumerate(given)])

        def failed(error: Exception) -> None:
            known = isinstance(error, CaptionviewerError | OSError)
            trouble = str(error) if known else f"{error!r}. This is a fault of captionviewer."
            self._session.problem.emit(trouble)

        self._session.workers.start(
            "reading your features", lambda _cancelled: read_feature_array(path, dataset), read, failed
        )

    def _want(self, photos: list[OwnPhoto]) -> None:
        self._waiting += photos
        self._go_on()

    def _go_on(self) -> None:
        """Caption the next one, one at a time."""
        dataset, model = self._session.data.dataset, self._session.models.current
        if self._job is not None or not self._waiting or dataset is None or model is None:
            return
        photo = self._waiting.pop(0)
        self._under_way = [photo]
        known = self._encoder[1] if self._encoder is not None and self._encoder[0] is dataset else None

        def work(_cancelled: Cancelled) -> tuple[PhotoEncoder | None, OwnPhoto]:
            encoder = (known or encoder_of(dataset)) if photo.has_picture else None
            return encoder, captioned(photo, encoder, dataset, model)

        def done(answer: tuple[PhotoEncoder | None, OwnPhoto]) -> None:
            self._job, self._under_way = None, []
            if answer[0] is not None:
                self._encoder = (dataset, answer[0])
            self._add(answer[1])
            self._go_on()

        def failed(error: Exception) -> None:
            self._job, self._under_way = None, []
            self._offer_ways(isinstance(error, NoEncoder))
            alike = [photo]
            if isinstance(error, CaptionviewerError | OSError):
                trouble = str(error)  # of the encoder: the other pictures would fail in the same way
                alike += [other for other in self._waiting if other.has_picture]
                self._waiting = [other for other in self._waiting if not other.has_picture]
            else:
                trouble = f"{error!r}. This is a fault of captionviewer."
            for one in alike:
                self._add(OwnPhoto(one.source, trouble=trouble))
            self._go_on()

        self._job = self._session.workers.start("captioning your photos", work, done, failed)

    def _add(self, photo: OwnPhoto) -> None:
        self.photos.append(photo)
        words = _NOT_CAPTIONED if photo.trouble else photo.caption  # beside the list it is said why
        item = QListWidgetItem(f"{shortened(photo.source[0], _NAME)}\n{shortened(words, _WORDS)}")
        item.setToolTip(plain_tip(f"{photo.source[0]}: {photo.trouble or photo.caption}"))
        if photo.encoded is not None and photo.encoded.seen is not None:
            item.setIcon(QIcon(QPixmap.fromImage(photo.encoded.seen)))
        row = self.list.count()
        self.list.addItem(item)
        if self._chosen is None or self._chosen == row:  # nobody who looks at another is called away
            self.list.setCurrentRow(row)

    def _row_changed(self, row: int) -> None:
        if row >= 0:
            self._chosen = row if row < self.list.count() - 1 or self._chosen == row else None
        self._show(row)

    def _offer_ways(self, offered: bool) -> None:
        """Offer what can be done where the encoder of the open data is not here."""
        self.compute_button.setVisible(offered)
        self.array_button.setVisible(offered)

    def _show(self, row: int) -> None:
        """Show one of the photos; -1 for none."""
        photo = self.photos[row] if 0 <= row < len(self.photos) else None
        dataset = self._session.data.dataset
        encoded = photo.encoded if photo is not None and not photo.trouble else None
        self.sampling_button.setEnabled(encoded is not None)
        if photo is None or dataset is None or encoded is None:
            for label in (self.seen, self.seen_words, self.caption, self.like, self.made):
                label.clear()
            self.remark.setText(photo.trouble if photo is not None else "")
            self.seen.hide()
            self._hide_empty()
            self._show_nearest(())
            return
        self.seen.show()
        if encoded.seen is None:
            self.seen_words.clear()
            self.seen.setText("No picture: its features\nwere given in an array")
        else:
            self.seen_words.setText("What the encoder sees of it")
            keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            self.seen.setPixmap(QPixmap.fromImage(encoded.seen.scaled(_SEEN, _SEEN, keep, smooth)))
        self.caption.setText(photo.caption or "(no word)")
        self.remark.setText(encoded.remark)
        self.like.setText(encoded.like.words())
        self.made.setText(photo.made)
        self._hide_empty()
        train, like = dataset.split("train"), encoded.like
        neighbours = []
        for at, similarity in zip(like.rows.tolist(), like.similarities.tolist(), strict=True):
            record = train.record(at)
            captions = [train.captions[caption] for caption in record.caption_rows]
            neighbours.append(
                Neighbour(
                    record,
                    readable_words(captions[0], dataset.vocabulary) if captions else (),
                    similarity,
                    tuple(caption_text(caption, dataset.vocabulary) for caption in captions),
                )
            )
        self._show_nearest(neighbours)

    def _show_nearest(self, neighbours: Sequence[Neighbour]) -> None:
        self.nearest.show_neighbours(neighbours)
        self.nearest_words.setVisible(bool(neighbours))
        self.nearest.setVisible(bool(neighbours))

    def _hide_empty(self) -> None:
        """Leave no room for what is not said."""
        for label in (self.caption, self.remark, self.like, self.made):
            label.setVisible(bool(label.text()))

    def _show_in_sampling(self) -> None:
        """Let Sampling show the chosen photo, as the encoder sees it."""
        row = self.list.currentRow()
        photo = self.photos[row] if 0 <= row < len(self.photos) else None
        if photo is not None and photo.encoded is not None:
            name, encoded = photo.source[0], photo.encoded
            self._session.selection.show_picture(own_picture(name, encoded.features, encoded.seen))
            self._session.notice.emit(
                f"Sampling shows {shortened(name, 60)} now; a photo selected in Data takes its place."
            )

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._fit_text()

    def _fit_text(self) -> None:
        """Follow the size of the text: the caption stands out, and the window has room for all of it."""
        font = QFont(self.font())
        font.setPointSizeF(1.3 * font.pointSizeF())
        self.caption.setFont(font)
        letter = self.fontMetrics().averageCharWidth()
        self.list.setMinimumWidth(_ICON + (_NAME + 6) * letter)
        room = self.screen().availableSize()
        wanted = QSize(560 + 56 * letter, 200 + 30 * self.fontMetrics().height())
        self.resize(self.size().expandedTo(wanted).boundedTo(room))

    # ---- what the session tells ----------------------------------------------------------------

    def _model_changed(self) -> None:
        """Caption all again by the new model, while the window is open; a live run is not followed."""
        model = self._session.models.current
        if self.isVisible() and model is not None and model.origin is not ModelOrigin.TRAINING:
            self._again()

    def _dataset_changed(self) -> None:
        """Encode all again: other data has features of another kind, or other neighbours."""
        self._encoder = None
        self._offer_ways(False)
        if self.isVisible():
            self._again(keep_features=False)

    def _again(self, *, keep_features: bool = True) -> None:
        if self._job is not None:  # its answer is of another model
            self._job.cancel()
            self._job = None
        photos = [*self.photos, *self._under_way, *self._waiting]
        self._waiting, self._under_way = [], []
        chosen = self._chosen
        self.photos.clear()
        self.list.clear()  # which moves to another row on its way
        self._chosen = chosen
        self._want([OwnPhoto(photo.source, photo.encoded if keep_features else None) for photo in photos])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close at Esc, as dialogs do."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Caption no more."""
        if self._job is not None:
            self._job.cancel()
        self._job, self._under_way, self._waiting = None, [], []
        self.photos.clear()
        self.list.clear()
        super().closeEvent(event)
