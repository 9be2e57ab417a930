"""Photos of the user's own: what the encoder sees, the caption, and the training photos that are like it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QGuiApplication, QIcon, QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from captionviewer.core.arrays import ByteArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import caption_text, caption_words
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.greedy import greedy
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.own_photos.photo_encoder import PhotoEncoder, encoder_of
from captionviewer.core.own_photos.resemblance import Resemblance, resemblance
from captionviewer.core.photos.decode import MAX_PIXELS
from captionviewer.core.photos.picture_file import read_picture
from captionviewer.core.photos.problem import PhotoUnavailable
from captionviewer.core.saved.model_file import fits
from captionviewer.ui.data.neighbour_list import Neighbour, NeighbourList
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import words_label
from captionviewer.ui.widgets.outside_text import plain_tip, show_plainly
from captionviewer.ui.worker import Cancelled, Job

MOST_PHOTOS = 200  # shown at once; `captionviewer caption` takes any number
_ICON = 72
_SEEN = 300  # pixels of the crop on the screen


# A photo's name, and its file or its pixels.
Source = tuple[str, Path | ByteArray]


@dataclass(frozen=True)
class OwnPhoto:
    """One photo and what came of it; `trouble` says why nothing did, and all else is empty then."""

    source: Source
    seen: QImage | None = None
    caption: str = ""
    remark: str = ""
    made: str = ""  # by which encoder and model
    like: Resemblance | None = None
    trouble: str = ""


class OwnPhotosWindow(QWidget):
    """A window of its own; its photos are captioned anew when the model changes."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._session = session
        self._job: Job | None = None
        self._waiting: list[Source] = []
        self._under_way: list[Source] = []  # one, or none
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
        font = self.caption.font()
        font.setPointSizeF(1.3 * font.pointSizeF())
        self.caption.setFont(font)
        self.remark = show_plainly(QLabel())
        self.remark.setObjectName("own_remark")
        self.remark.setWordWrap(True)
        self.like = words_label("own_like")
        self.made = words_label("own_made")
        nearest_words = QLabel("The training photos nearest to it; a click selects one everywhere")
        nearest_words.setWordWrap(True)
        self.nearest = NeighbourList(self._session.photos)
        self.nearest.chosen.connect(self._session.select)
        words = QVBoxLayout()
        for label in (self.caption, self.remark, self.like, self.made):
            words.addWidget(label)
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
        self._want([(path.name, path) for path in files[:MOST_PHOTOS]])

    def take_picture(self, name: str, picture: ByteArray) -> None:
        """Caption a picture (rows, columns, 3) that is in no file."""
        self._want([(name, picture)])

    def _want(self, sources: list[Source]) -> None:
        self._waiting += sources
        self._go_on()

    def _go_on(self) -> None:
        """Caption the next one, one at a time."""
        dataset, model = self._session.dataset, self._session.model
        if self._job is not None or not self._waiting or dataset is None or model is None:
            return
        source = self._waiting.pop(0)
        self._under_way = [source]
        known = self._encoder[1] if self._encoder is not None and self._encoder[0] is dataset else None

        def work(_cancelled: Cancelled) -> tuple[PhotoEncoder, OwnPhoto]:
            encoder = known or encoder_of(dataset)
            return encoder, captioned(source, encoder, dataset, model)

        def done(answer: tuple[PhotoEncoder, OwnPhoto]) -> None:
            self._job, self._under_way = None, []
            self._encoder = (dataset, answer[0])
            self._add(answer[1])
            self._go_on()

        def failed(error: Exception) -> None:
            self._job, self._under_way = None, []
            self._waiting.clear()  # the others would fail in the same way
            if isinstance(error, CaptionviewerError | OSError):
                self._add(OwnPhoto(source, trouble=str(error)))
            else:
                self._add(OwnPhoto(source, trouble=f"{error!r}. This is a fault of captionviewer."))

        self._job = self._session.workers.start("captioning your photos", work, done, failed)

    def _add(self, photo: OwnPhoto) -> None:
        self.photos.append(photo)
        words = photo.caption or photo.trouble
        item = QListWidgetItem(f"{photo.source[0]}\n{words}")
        item.setToolTip(plain_tip(f"{photo.source[0]}: {words}"))
        if photo.seen is not None:
            item.setIcon(QIcon(QPixmap.fromImage(photo.seen)))
        self.list.addItem(item)
        self.list.setCurrentRow(self.list.count() - 1)

    def _show(self, row: int) -> None:
        """Show one of the photos; -1 for none."""
        photo = self.photos[row] if 0 <= row < len(self.photos) else None
        dataset = self._session.dataset
        if photo is None or dataset is None or photo.seen is None or photo.like is None:
            self.seen.clear()
            self.caption.clear()
            for label in (self.like, self.made):
                label.clear()
            self.remark.setText(photo.trouble if photo is not None else "")
            self.nearest.show_neighbours(())
            return
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        self.seen.setPixmap(QPixmap.fromImage(photo.seen.scaled(self.seen.size(), keep, smooth)))
        self.caption.setText(photo.caption or "(no word)")
        self.remark.setText(photo.remark)
        self.like.setText(photo.like.words())
        self.made.setText(photo.made)
        train = dataset.split("train")
        neighbours = []
        for at, similarity in zip(photo.like.rows.tolist(), photo.like.similarities.tolist(), strict=True):
            record = train.record(at)
            captions = [train.captions[caption] for caption in record.caption_rows]
            neighbours.append(
                Neighbour(
                    record,
                    tuple(caption_words(captions[0], dataset.vocabulary)) if captions else (),
                    similarity,
                    tuple(caption_text(caption, dataset.vocabulary) for caption in captions),
                )
            )
        self.nearest.show_neighbours(neighbours)

    # ---- what the session tells ----------------------------------------------------------------

    def _model_changed(self) -> None:
        """Caption all again by the new model, while the window is open; a live run is not followed."""
        model = self._session.model
        if self.isVisible() and model is not None and model.origin is not ModelOrigin.TRAINING:
            self._again()

    def _dataset_changed(self) -> None:
        self._encoder = None
        if self.isVisible():
            self._again()

    def _again(self) -> None:
        if self._job is not None:  # its answer is of another model
            self._job.cancel()
            self._job = None
        sources = [*(photo.source for photo in self.photos), *self._under_way, *self._waiting]
        self._waiting, self._under_way = [], []
        self.photos.clear()
        self.list.clear()
        self._want(sources)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Caption no more."""
        if self._job is not None:
            self._job.cancel()
        self._job, self._under_way, self._waiting = None, [], []
        self.photos.clear()
        self.list.clear()
        super().closeEvent(event)


def captioned(source: Source, encoder: PhotoEncoder, dataset: CocoDataset, model: CurrentModel) -> OwnPhoto:
    """Caption one photo greedily; a photo that can't be had is told in `trouble`."""
    misfit = fits(model.saved, dataset)
    if misfit is not None:
        return OwnPhoto(source, trouble=misfit)
    try:
        picture = read_picture(source[1]) if isinstance(source[1], Path) else source[1]
    except PhotoUnavailable as problem:
        return OwnPhoto(source, trouble=str(problem))
    with one_library_thread():  # these products are too small to share
        features = encoder.features(picture)
        ids = greedy(model.model, features[np.newaxis], Decoding())[0]
    return OwnPhoto(
        source,
        seen=_image(encoder.seen(picture)),
        caption=caption_text(ids, dataset.vocabulary),
        remark=encoder.remark,
        made=f"Features by {encoder.name}; {model.words}, greedy.",
        like=resemblance(dataset, features),
    )


def pasted_picture() -> ByteArray | None:
    """The picture that was copied elsewhere, (rows, columns, 3) uint8; None where it is none."""
    image = QGuiApplication.clipboard().image()
    if image.isNull() or image.width() * image.height() > MAX_PIXELS:
        return None
    shown = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(shown.constBits(), np.uint8).reshape(shown.height(), shown.bytesPerLine())
    return rows[:, : 3 * shown.width()].reshape(shown.height(), shown.width(), 3).copy()


def _image(picture: ByteArray) -> QImage:
    rows, columns, _ = picture.shape
    whole = np.ascontiguousarray(picture)
    lent = QImage(whole.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    return lent.convertToFormat(QImage.Format.Format_RGB32)  # a copy that owns its pixels
