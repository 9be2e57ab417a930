"""One photo, as large as its place allows, or what keeps it away and a way to try again."""

from PySide6.QtCore import QEvent, QRect, QSize, Qt, QUrl, Slot
from PySide6.QtGui import (
    QDesktopServices,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.ui import actions
from captionviewer.ui.look.theme import colors
from captionviewer.ui.photos.photo_loader import IDLE, LoadedPhoto, PhotoLoader, PhotoState
from captionviewer.ui.photos.photo_painting import (
    StateCard,
    fitted,
    paint_badge,
    paint_photo,
    scaled_pixmap,
    sentence,
)
from captionviewer.ui.widgets.outside_text import set_plain_tip

__all__ = ["PhotoView", "paint_photo"]


class PhotoView(QWidget):
    """Shows one record's photo and follows it through its states.

    Parameters
    ----------
    loader
        Loads it; a photo shown here is asked for before all others.
    """

    def __init__(self, loader: PhotoLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loader = loader
        self._record: PhotoRecord | None = None
        self._photo = IDLE
        self._scaled: QPixmap | None = None
        self._show_badge = True
        self._hint = "Select a photo"
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy.Policy.Expanding
        self.setSizePolicy(policy, policy)
        self.retry_button = QPushButton("Retry", self)
        self.retry_button.setAutoDefault(True)
        self.retry_button.clicked.connect(self.retry)
        self._add_actions()
        loader.photo_changed.connect(self._photo_changed)
        self._show_photo(IDLE)

    def _add_actions(self) -> None:
        self.copy_photo_action = actions.make(actions.PHOTO_COPY, self, self.copy_photo)
        self.copy_url_action = actions.make(actions.PHOTO_COPY_URL, self, self.copy_url)
        self.open_url_action = actions.make(actions.PHOTO_OPEN_URL, self, self.open_url)
        self.retry_action = actions.make(actions.PHOTO_RETRY, self, self.retry)
        self.addActions(
            [self.copy_photo_action, self.copy_url_action, self.open_url_action, self.retry_action]
        )
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    # ---- what is shown -------------------------------------------------------------------------

    @property
    def record(self) -> PhotoRecord | None:
        """Whose photo is shown."""
        return self._record

    @property
    def photo(self) -> LoadedPhoto:
        """What is known of it."""
        return self._photo

    def set_record(self, record: PhotoRecord | None) -> None:
        """Show another record's photo, or (None) the hint."""
        self._record = record
        self._refresh()

    def visible_text(self) -> str:
        """Return the words that are painted now, besides the badge; "" over a photo."""
        if self._photo.image is not None or self._photo.thumbnail is not None:
            return ""
        card = self._card()
        return "\n".join(words for words in (card.heading, card.reason) if words)

    @property
    def show_badge(self) -> bool:
        """Whether train or val is written into the corner."""
        return self._show_badge

    @show_badge.setter
    def show_badge(self, show: bool) -> None:
        self._show_badge = show
        self.update()

    @property
    def hint(self) -> str:
        """What is said while there is no record."""
        return self._hint

    @hint.setter
    def hint(self, hint: str) -> None:
        self._hint = hint
        self._show_photo(self._photo)

    @Slot(object)
    def _photo_changed(self, key: object) -> None:
        if self._record is not None and key == self._record.key:
            self._refresh()

    def _refresh(self) -> None:
        if self._record is None:
            self._show_photo(IDLE)
        else:
            self._show_photo(self._loader.request(self._record, urgent=True))

    def _show_photo(self, photo: LoadedPhoto) -> None:
        self._photo = photo
        self._scaled = None
        if self.retry_button.hasFocus() and not photo.can_retry:
            self.setFocus()  # the button goes; who used the keyboard stays here
        self.retry_button.setVisible(photo.can_retry and self._record is not None)
        url = self._record.url if self._record is not None else ""
        self.copy_photo_action.setEnabled(photo.image is not None)
        self.copy_url_action.setEnabled(bool(url))
        self.open_url_action.setEnabled(_opens_in_browser(url))
        self.retry_action.setVisible(photo.can_retry)
        self._describe(url)
        self._place_button()
        self.update()

    def _describe(self, url: str) -> None:
        record, photo = self._record, self._photo
        if record is None:
            self.setAccessibleName(self._hint)
            self.setAccessibleDescription("")
            self.setToolTip("")
            return
        told = [f"{sentence(record.split)} photo {record.row:,}"]
        if photo.state is PhotoState.READY:
            told.append(f"From {photo.source}: {photo.address}")
            if photo.image is not None:
                told.append(f"{photo.image.width():,} × {photo.image.height():,} pixels")
        else:
            told.append(photo.message)
        if url and url not in photo.message and url != photo.address:
            told.append(url)
        self.setAccessibleName(f"{told[0]}: {photo.words or 'shown'}")
        self.setAccessibleDescription("\n".join(told[1:]))
        set_plain_tip(self, "\n".join(told))

    # ---- what can be done ----------------------------------------------------------------------

    @Slot()
    def retry(self) -> None:
        """Ask again for a photo that failed."""
        if self._record is not None and self._photo.can_retry:
            self._loader.retry(self._record)

    @Slot()
    def copy_photo(self) -> None:
        """Put the picture on the clipboard."""
        if self._photo.image is not None:
            QGuiApplication.clipboard().setImage(self._photo.image)

    @Slot()
    def copy_url(self) -> None:
        """Put the record's address on the clipboard."""
        if self._record is not None:
            QGuiApplication.clipboard().setText(self._record.url)

    @Slot()
    def open_url(self) -> None:
        """Show the record's address in the user's browser."""
        if self._record is not None and _opens_in_browser(self._record.url):
            QDesktopServices.openUrl(QUrl(self._record.url))

    # ---- painting ------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Return the size of a small COCO photo."""
        return QSize(400, 300)

    def minimumSizeHint(self) -> QSize:
        """Return the size below which nothing could be recognised."""
        return QSize(96, 72)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Scale the photo anew and move the button."""
        super().resizeEvent(event)
        self._scaled = None
        self._place_button()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._place_button()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the photo, or the drawing and words of its state."""
        c = colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(c.surface)
        painter.drawRoundedRect(self.rect(), 6, 6)
        where = self.rect()
        picture = self._photo.image or self._photo.thumbnail
        if picture is not None:
            where = fitted(picture.size(), self.rect())
            ratio = self.devicePixelRatioF()
            if self._scaled is None or self._scaled.devicePixelRatioF() != ratio:
                self._scaled = scaled_pixmap(picture, where.size(), ratio)
            painter.drawPixmap(where, self._scaled)
        else:
            self._card().paint(painter)
        if self._record is not None and self._show_badge:
            paint_badge(painter, where, self._record.split, self.font())
        if self.hasFocus():
            painter.setPen(QPen(c.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def _card(self) -> StateCard:
        button = self.retry_button.sizeHint() if not self.retry_button.isHidden() else QSize()
        badge = self.fontMetrics().height() if self._record is not None and self._show_badge else 0
        place = self.rect().adjusted(0, badge, 0, 0)  # below the badge
        return StateCard(place, self._photo, self.font(), button, self._hint)

    def _place_button(self) -> None:
        if not self.retry_button.isHidden():
            place: QRect = self._card().button
            self.retry_button.setGeometry(place)


def _opens_in_browser(url: str) -> bool:
    return QUrl(url).scheme() in ("http", "https")
