"""Photos of the user's own: what the encoder sees, the caption, and the training photos that are like it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QCloseEvent, QFont, QIcon, QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.arrays import ByteArray, FloatArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import caption_text, readable_words
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.greedy import greedy
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.own_photos.photo_encoder import PhotoEncoder, encoder_of
from captionviewer.core.own_photos.resemblance import Resemblance, resemblance
from captionviewer.core.photos.decode import MAX_PIXELS, too_large
from captionviewer.core.photos.picture_file import read_picture
from captionviewer.core.photos.problem import PhotoUnavailable
from captionviewer.core.saved.model_file import fits
from captionviewer.ui.data.neighbour_list import Neighbour, NeighbourList
from captionviewer.ui.photos.own_picture import own_picture
from captionviewer.ui.photos.pixels import image_of, pixels_of
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import words_label
from captionviewer.ui.widgets.outside_text import plain_tip, shortened, show_plainly
from captionviewer.ui.worker import Cancelled, Job

MOST_PHOTOS = 200  # shown at once; `captionviewer caption` takes any number
_ICON = 72
_SEEN = 300  # pixels of the crop on the screen


# A photo's name, and its file or, of one that was copied, the picture.
Source = tuple[str, Path | QImage]


@dataclass(frozen=True)
class EncodedPhoto:
    """What the encoder of the open data made of a photo: what it sees, features (D,), what is like it."""

    seen: QImage
    features: FloatArray
    like: Resemblance
    encoder: str
    remark: str


@dataclass(frozen=True)
class OwnPhoto:
    """One photo and what came of it; `trouble` says why it has no caption."""

    source: Source
    encoded: EncodedPhoto | None = None  # kept for the next model
    caption: str = ""
    made: str = ""  # by which encoder and model
    trouble: str = ""


class OwnPhotosWindow(QWidget):
    """A window of its own; its photos are captioned anew when the model changes."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._session = session
        self._job: Job | None = None
        self._waiting: list[OwnPhoto] = []
        self._under_way: list[OwnPhoto] = []  # one, or none
        self._encoder: tuple[CocoDataset, PhotoEncoder] | None = None
        self.photos: list[OwnPhoto] = []
        self.setWindowTitle("Your Photos")
        self.setObjectName("own_photos")
        self.resize(900, 620)
        self._build()
        session.model_changed.connect(self._model_changed)
        session.dataset_changed.connect(self._dataset_changed)

    def _build(self) -> None:
        self.list = QListWidget()
        self.list.setAccessibleName("Your photos")
        self.list.setIconSize(QSize(_ICON, _ICON))
        self.list.setWordWrap(True)
        self.list.currentRowChanged.connect(self._show)
        self.seen = QLabel()
        self.seen.setAccessibleName("What the encoder sees")
        self.seen.setFixedSize(_SEEN, _SEEN)
        self.seen.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.seen_words = words_label("own_seen")
        self.seen_words.setText("What the encoder sees of it")
        self.caption = show_plainly(QLabel())
        self.caption.setObjectName("own_caption")
        self.caption.setWordWrap(True)
        self._enlarge_caption()
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
        nearest_words = QLabel("The training photos nearest to it; a click selects one everywhere")
        nearest_words.setWordWrap(True)
        self.nearest = NeighbourList(self._session.photos)
        self.nearest.chosen.connect(self._session.select)
        words = QVBoxLayout()
        for label in (self.caption, self.remark, self.like, self.made):
            words.addWidget(label)
        words.addWidget(self.sampling_button, 0, Qt.AlignmentFlag.AlignLeft)
        words.addStretch(1)
        crop = QVBoxLayout()
        crop.addWidget(self.seen)
        crop.addWidget(self.seen_words)
        crop.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(14)
        top.addLayout(crop)
        top.addLayout(words, 1)
        right = QVBoxLayout()
        right.addLayout(top)
        right.addWidget(nearest_words)
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
        self._want([OwnPhoto((path.name, path)) for path in files[:MOST_PHOTOS]])

    def take_picture(self, name: str, picture: QImage) -> None:
        """Caption a picture that is in no file."""
        self._want([OwnPhoto((name, picture))])

    def _want(self, photos: list[OwnPhoto]) -> None:
        self._waiting += photos
        self._go_on()

    def _go_on(self) -> None:
        """Caption the next one, one at a time."""
        dataset, model = self._session.dataset, self._session.model
        if self._job is not None or not self._waiting or dataset is None or model is None:
            return
        photo = self._waiting.pop(0)
        self._under_way = [photo]
        known = self._encoder[1] if self._encoder is not None and self._encoder[0] is dataset else None

        def work(_cancelled: Cancelled) -> tuple[PhotoEncoder, OwnPhoto]:
            encoder = known or encoder_of(dataset)
            return encoder, captioned(photo, encoder, dataset, model)

        def done(answer: tuple[PhotoEncoder, OwnPhoto]) -> None:
            self._job, self._under_way = None, []
            self._encoder = (dataset, answer[0])
            self._add(answer[1])
            self._go_on()

        def failed(error: Exception) -> None:
            self._job, self._under_way = None, []
            self._waiting.clear()  # the others would fail in the same way
            if isinstance(error, CaptionviewerError | OSError):
                self._add(OwnPhoto(photo.source, trouble=str(error)))
            else:
                trouble = f"{error!r}. This is a fault of captionviewer."
                self._add(OwnPhoto(photo.source, trouble=trouble))

        self._job = self._session.workers.start("captioning your photos", work, done, failed)

    def _add(self, photo: OwnPhoto) -> None:
        self.photos.append(photo)
        words = photo.caption or photo.trouble
        item = QListWidgetItem(f"{photo.source[0]}\n{words}")
        item.setToolTip(plain_tip(f"{photo.source[0]}: {words}"))
        if photo.encoded is not None:
            item.setIcon(QIcon(QPixmap.fromImage(photo.encoded.seen)))
        self.list.addItem(item)
        self.list.setCurrentRow(self.list.count() - 1)

    def _show(self, row: int) -> None:
        """Show one of the photos; -1 for none."""
        photo = self.photos[row] if 0 <= row < len(self.photos) else None
        dataset = self._session.dataset
        encoded = photo.encoded if photo is not None and not photo.trouble else None
        self.sampling_button.setEnabled(encoded is not None)
        if photo is None or dataset is None or encoded is None:
            self.seen.clear()
            self.caption.clear()
            for label in (self.like, self.made):
                label.clear()
            self.remark.setText(photo.trouble if photo is not None else "")
            self.nearest.show_neighbours(())
            return
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        self.seen.setPixmap(QPixmap.fromImage(encoded.seen.scaled(self.seen.size(), keep, smooth)))
        self.caption.setText(photo.caption or "(no word)")
        self.remark.setText(encoded.remark)
        self.like.setText(encoded.like.words())
        self.made.setText(photo.made)
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
        self.nearest.show_neighbours(neighbours)

    def _show_in_sampling(self) -> None:
        """Let Sampling show the chosen photo, as the encoder sees it."""
        row = self.list.currentRow()
        photo = self.photos[row] if 0 <= row < len(self.photos) else None
        if photo is not None and photo.encoded is not None:
            name, encoded = photo.source[0], photo.encoded
            self._session.show_picture(own_picture(name, encoded.features, encoded.seen))
            self._session.notice.emit(f"Sampling shows {shortened(name, 60)} until a photo is selected.")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._enlarge_caption()

    def _enlarge_caption(self) -> None:
        font = QFont(self.font())
        font.setPointSizeF(1.3 * font.pointSizeF())
        self.caption.setFont(font)

    # ---- what the session tells ----------------------------------------------------------------

    def _model_changed(self) -> None:
        """Caption all again by the new model, while the window is open; a live run is not followed."""
        model = self._session.model
        if self.isVisible() and model is not None and model.origin is not ModelOrigin.TRAINING:
            self._again()

    def _dataset_changed(self) -> None:
        """Encode all again: other data has features of another kind, or other neighbours."""
        self._encoder = None
        if self.isVisible():
            self._again(keep_features=False)

    def _again(self, *, keep_features: bool = True) -> None:
        if self._job is not None:  # its answer is of another model
            self._job.cancel()
            self._job = None
        photos = [*self.photos, *self._under_way, *self._waiting]
        self._waiting, self._under_way = [], []
        self.photos.clear()
        self.list.clear()
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


def captioned(photo: OwnPhoto, encoder: PhotoEncoder, dataset: CocoDataset, model: CurrentModel) -> OwnPhoto:
    """Caption one photo greedily; a photo that can't be had is told in `trouble`."""
    misfit = fits(model.saved, dataset)
    if misfit is not None:
        return replace(photo, trouble=misfit)
    try:
        encoded = photo.encoded or _encoded(_pixels(photo.source), encoder, dataset)
    except PhotoUnavailable as problem:
        return replace(photo, trouble=str(problem))
    decoding = Decoding().for_vocabulary(dataset.vocabulary)
    with one_library_thread():  # these products are too small to share
        ids = greedy(model.model, encoded.features[np.newaxis], decoding)[0]
    return OwnPhoto(
        photo.source,
        encoded,
        caption=caption_text(ids, dataset.vocabulary),
        made=f"Features by {encoded.encoder}; {model.words}, greedy.",
    )


def _pixels(source: Source) -> ByteArray:
    name, held = source
    if isinstance(held, Path):
        return read_picture(held)
    if held.width() * held.height() > MAX_PIXELS:
        raise too_large(name, f"{held.width():,} by {held.height():,} pixels are too large")
    return pixels_of(held)


def _encoded(picture: ByteArray, encoder: PhotoEncoder, dataset: CocoDataset) -> EncodedPhoto:
    with one_library_thread():
        features = encoder.features(picture)
    like = resemblance(dataset, features)
    return EncodedPhoto(image_of(encoder.seen(picture)), features, like, encoder.name, encoder.remark)
