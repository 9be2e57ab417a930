"""What is said once about all photos: the network or the image folder is away, so many links are dead."""

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from captionviewer.ui.look.theme import set_muted
from captionviewer.ui.photos.loaded_photo import lost_folder
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.outside_text import plain_tip, show_plainly

OFFLINE = "No connection. Photos appear by themselves when the network is back."
HELD_BACK = "Photos are not fetched from the network, as the preferences say."
LINKS_TIP = (
    "COCO's photos are fetched from Flickr, where many were taken down since 2014. Counted are the links "
    "that answered since this data was opened, each once. Where COCO's own mirror still has a photo, "
    "it is shown."
)
CHECK_MS = 400  # after a photo that could not be had, the image folder is looked for
AGAIN_MS = 4_000  # and again while it is away


class NetworkStatus(QWidget):
    """Stands under the photos, and takes no room while there is nothing to say."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._lost: Path | None = None  # the image folder that is not there any more
        self._checking = False
        self.setObjectName("network_status")
        self.words = show_plainly(QLabel())
        self.words.setObjectName("network_trouble")
        self.words.setWordWrap(True)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.button = QPushButton()
        self.button.setObjectName("network_trouble_button")
        self.button.setAutoDefault(True)
        self.button.clicked.connect(self._pressed)
        self.links = QLabel()
        self.links.setObjectName("dead_links")
        self.links.setAccessibleName("Dead links met")
        self.links.setToolTip(plain_tip(LINKS_TIP))
        self.links.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.links.setWordWrap(True)
        set_muted(self.links)
        trouble = QHBoxLayout()
        trouble.setSpacing(10)
        trouble.addWidget(self.words, 1)
        trouble.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(trouble)
        column.addWidget(self.links)
        photos = session.photos
        for changed in (photos.offline_changed, photos.fetching_changed, photos.links_changed):
            changed.connect(self.refresh)
        self._check_soon = QTimer(self)
        self._check_soon.setSingleShot(True)
        self._check_soon.timeout.connect(self._check_folder)
        photos.photo_changed.connect(self._photo_changed)
        session.images_changed.connect(self._images_changed)
        session.dataset_changed.connect(self._images_changed)
        self.refresh()

    def refresh(self) -> None:
        """Show how things stand."""
        photos = self._session.photos
        trouble, button = "", ""
        if self._lost is not None:
            where = "There is no connection either." if photos.offline else "Photos come from the network."
            trouble = (
                f"The image folder {self._lost} is not there any more. {where} "
                "File, Choose Image Folder takes another."
            )
            button = "Look Again"
        elif photos.offline:
            trouble, button = OFFLINE, "Try Now"
        elif photos.held_back:
            trouble, button = HELD_BACK, "Fetch Them"
        self.words.setText(trouble)
        self.button.setText(button)
        self.words.setVisible(bool(trouble))
        self.button.setVisible(bool(trouble))
        links = dead_link_words(*photos.dead_links())
        self.links.setText(links)
        self.links.setVisible(bool(links))
        self.setVisible(bool(trouble or links))

    def _pressed(self) -> None:
        if self._lost is not None:
            self._session.images.look_again()
        elif self._session.photos.offline:
            self._session.photos.try_again()
        else:
            self._session.images.set_fetching(True)

    # ---- the image folder ------------------------------------------------------------------

    @property
    def _image_folder(self) -> Path | None:
        store = self._session.photos.store  # the data's own folder counts while photos are taken from it
        return store.image_folder if store is not None else None

    def _photo_changed(self, _key: object) -> None:
        if self._image_folder is not None and not self._check_soon.isActive():
            self._check_soon.start(CHECK_MS)

    def _images_changed(self) -> None:
        self._check_soon.start(0)

    def _check_folder(self) -> None:
        """Look in a thread whether the folder is there: a network drive may take long to answer."""
        folder = self._image_folder
        if self._checking:
            self._check_soon.start(CHECK_MS)
            return
        if folder is None:
            self._note_lost(None)
            return
        self._checking = True
        self._session.workers.start(
            "looking for the image folder",
            lambda _cancelled: lost_folder(folder),
            self._checked,
            lambda _error: self._checked(None),
            brief=True,
        )

    def _checked(self, lost: Path | None) -> None:
        self._checking = False
        self._note_lost(lost if lost == self._image_folder else None)

    def _note_lost(self, lost: Path | None) -> None:
        before, self._lost = self._lost, lost
        if lost is not None:
            self._check_soon.start(AGAIN_MS)
        elif before is not None and before == self._image_folder:
            self._session.images.look_again()  # it is back
        if before != lost:
            self.refresh()


def dead_link_words(dead: int, met: int) -> str:
    """Return "12 of 310 links met are gone (4 %)", or nothing before any was met."""
    if not met:
        return ""
    share = 100 * dead / met
    percent = "under 1 %" if 0 < share < 1 else f"{share:.0f} %"
    links = "link" if met == 1 else "links"
    return f"{dead:,} of {met:,} {links} met {'is' if dead == 1 else 'are'} gone ({percent})"
