"""What is said once about all photos: that the network is away, and how many links are dead."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from captionviewer.ui.look.theme import set_muted
from captionviewer.ui.session.session import Session

OFFLINE = "No connection. Photos appear by themselves when the network is back."
HELD_BACK = "Photos are not fetched from the network, as the preferences say."
LINKS_TIP = (
    "COCO's photos are fetched from Flickr, where many were taken down since 2014. Counted are the links "
    "that answered since this data was opened, each once. Where COCO's own mirror still has a photo, "
    "it is shown."
)


class NetworkStatus(QWidget):
    """Stands under the photos, and takes no room while there is nothing to say."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setObjectName("network_status")
        self.words = QLabel()
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
        self.links.setToolTip(f"<span>{LINKS_TIP}</span>")
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
        self.refresh()

    def refresh(self) -> None:
        """Show how things stand."""
        photos = self._session.photos
        trouble = OFFLINE if photos.offline else HELD_BACK if photos.held_back else ""
        self.words.setText(trouble)
        self.button.setText("Try Now" if photos.offline else "Fetch Them")
        self.words.setVisible(bool(trouble))
        self.button.setVisible(bool(trouble))
        links = dead_link_words(*photos.dead_links())
        self.links.setText(links)
        self.links.setVisible(bool(links))
        self.setVisible(bool(trouble or links))

    def _pressed(self) -> None:
        if self._session.photos.offline:
            self._session.photos.try_again()
        else:
            self._session.images.set_fetching(True)


def dead_link_words(dead: int, met: int) -> str:
    """Return "12 of 310 links met are gone (4 %)", or nothing before any was met."""
    if not met:
        return ""
    share = 100 * dead / met
    percent = "under 1 %" if 0 < share < 1 else f"{share:.0f} %"
    links = "link" if met == 1 else "links"
    return f"{dead:,} of {met:,} {links} met {'is' if dead == 1 else 'are'} gone ({percent})"
