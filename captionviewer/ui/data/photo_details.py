"""All that is known of the selected photo, in tabs, and the statistics of the data set it is from."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.dataset import CocoDataset, PhotoRecord
from captionviewer.core.coco.vocabulary import readable_words
from captionviewer.core.user_folders import is_shipped_book
from captionviewer.ui import actions
from captionviewer.ui.data.caption_list import CaptionList, ShownCaption
from captionviewer.ui.data.caption_strip import READING, CaptionStrip, StripScroller, loss_words, slots_of
from captionviewer.ui.data.feature_tab import FeatureTab
from captionviewer.ui.data.nearest_tab import NearestTab
from captionviewer.ui.data.scene_tab import SceneTab
from captionviewer.ui.data.statistics_tab import StatisticsTab
from captionviewer.ui.look.numbers import counted
from captionviewer.ui.look.theme import colors, set_muted
from captionviewer.ui.photos.photo_view import PhotoView
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.outside_text import set_plain_tip
from captionviewer.ui.widgets.tool_buttons import ActionButton

LARGE_EM = 26  # pixels of a line of text: some 180 %


class PhotoDetails(QTabWidget):
    """Shows one photo: large, with its captions, ids and mask, features; and statistics of all."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._dataset: CocoDataset | None = None
        self._record: PhotoRecord | None = None
        self._trained_on = False
        self._make_actions()
        self.setDocumentMode(True)
        self.setAccessibleName("The selected photo in detail")

        self.photo = PhotoView(session.photos)
        self.photo.setObjectName("detail_photo")
        self.head = QLabel()
        self.head.setObjectName("photo_head")
        self.head.setTextFormat(Qt.TextFormat.RichText)
        self.head.setWordWrap(True)
        self.captions = CaptionList()
        self.captions.setObjectName("photo_captions")
        self.address = QLineEdit()
        self.strip = CaptionStrip()
        self.strip.setObjectName("caption_strip")
        self.which_caption = QComboBox()
        self.loss_line = QLabel()
        self.features = FeatureTab(session)
        self.nearest = NearestTab(session, self.back_action)
        self.statistics = StatisticsTab(session)
        self.scene = SceneTab(session)

        for page, title, tip in (
            (self._photo_page(), "Photo", "The photo and all its captions"),
            (self._ids_page(), "Ids and mask", "One caption as the network reads it"),
            (self.features, "Features", "What the network sees of the photo"),
            (self.nearest, "Nearest", "The ten photos whose features are most alike"),
            (self.statistics, "Statistics", "What all captions of the data set say; click a bar to filter"),
            (self.scene, "Scene", "The scene taken apart: change one thing, and see which words change"),
        ):
            self.setTabToolTip(self.addTab(page, title), tip)
        self.setTabVisible(self.indexOf(self.scene), False)
        self.captions.current_changed.connect(self._choose_caption)
        self.which_caption.currentIndexChanged.connect(self.captions.set_current)
        self.show_photo(None, None, (), 0)

    # ---- making ----------------------------------------------------------------------------

    def _make_actions(self) -> None:
        # its key holds only where captions are: the photo has its own Ctrl+C
        self.copy_caption_action = actions.make(actions.COPY_CAPTION, self, self._copy_caption)
        self.copy_captions_action = actions.make(actions.COPY_CAPTIONS, self, self._copy_captions)
        self.copy_url_action = actions.make(actions.COPY_URL, self, self._copy_url)
        self.open_url_action = actions.make(actions.OPEN_URL, self, self._open_url)
        self.copy_photo_action = actions.make(actions.COPY_PHOTO, self, self._copy_photo)
        self.back_action = actions.make(actions.PREVIOUS_PHOTO, self, self._session.selection.go_back)
        self.forward_action = actions.make(actions.NEXT_PHOTO, self, self._session.selection.go_forward)

    def _photo_page(self) -> QWidget:
        copies = [self.copy_caption_action, self.copy_captions_action, self.copy_url_action]
        self.captions.addActions(copies)
        self.address.setReadOnly(True)
        self.address.setObjectName("photo_url")
        self.address.setAccessibleName("Address of the photo")
        self.address.setToolTip("Where the photo is found on the web")
        label = QLabel("&URL")
        label.setBuddy(self.address)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(label)
        line.addWidget(self.address, 1)
        for action, name in ((self.copy_url_action, "copy_url"), (self.open_url_action, "open_url")):
            button = ActionButton(action, name)
            button.setAutoRaise(True)
            line.addWidget(button)

        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(10, 0, 0, 0)
        column.setSpacing(6)
        top = QHBoxLayout()
        top.setSpacing(2)
        top.addWidget(self.head, 1)
        for action, name in ((self.back_action, "photo_back"), (self.forward_action, "photo_forward")):
            button = ActionButton(action, name)
            button.setAutoRaise(True)
            top.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(top)
        column.addWidget(self.captions, 1)
        column.addLayout(line)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.addWidget(self.photo)
        halves.addWidget(right)
        halves.setChildrenCollapsible(False)
        halves.setSizes([1000, 1000])
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 8, 0, 0)
        box.addWidget(halves)
        return page

    def _ids_page(self) -> QWidget:
        self.which_caption.setObjectName("strip_caption")
        self.which_caption.setAccessibleName("Caption shown as ids")
        self.which_caption.setToolTip("Which of the photo's captions is shown slot by slot")
        self.which_caption.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.which_caption.setMinimumContentsLength(12)
        self.which_caption.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        label = QLabel("Capt&ion")
        label.setBuddy(self.which_caption)
        self.loss_line.setObjectName("loss_line")
        self.loss_line.setTextFormat(Qt.TextFormat.PlainText)
        self.loss_line.setWordWrap(True)
        self.loss_line.setToolTip(READING)
        set_muted(self.loss_line)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(label)
        line.addWidget(self.which_caption, 1)
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 10, 0, 0)
        box.setSpacing(10)
        box.addLayout(line)
        box.addWidget(self.loss_line)
        box.addWidget(StripScroller(self.strip), 1)
        return page

    # ---- showing ---------------------------------------------------------------------------

    def show_dataset(self, dataset: CocoDataset | None) -> None:
        """Show the statistics of another data set; its photo comes by `show_photo`."""
        self.statistics.show_dataset(dataset)
        self.setTabVisible(self.indexOf(self.scene), dataset is not None and is_shipped_book(dataset.folder))

    def show_photo(
        self,
        dataset: CocoDataset | None,
        record: PhotoRecord | None,
        captions: Sequence[ShownCaption],
        current: int,
    ) -> None:
        """Show a photo with its captions, of which `current` is looked at (None: no photo)."""
        same = record is self._record or (record == self._record and dataset is self._dataset)
        self._dataset, self._record = dataset, record
        if not same:
            self.photo.set_record(record)
            self.features.show_photo(dataset, record)
            self.nearest.show_photo(dataset, record)
            self.scene.show_photo(dataset, record)
        elif record is None:
            self.features.show_photo(None, None)
            self.nearest.show_photo(None, None)
            self.scene.show_photo(None, None)
        self._trained_on = any(caption.trained_on for caption in captions)
        self.captions.show_captions(captions, current)
        self.which_caption.blockSignals(True)
        self.which_caption.clear()
        self.which_caption.addItems([f"{n}  {caption.text}" for n, caption in enumerate(captions, 1)])
        self.which_caption.blockSignals(False)
        self.which_caption.setEnabled(len(captions) > 1)
        url = record.url if record is not None else ""
        self.address.setText(url)
        self.address.setCursorPosition(0)
        self.address.setPlaceholderText("the data has no address for this photo" if record else "")
        self._enable_actions(record is not None, bool(captions), url)
        self._write_head()
        self._choose_caption(self.captions.current)

    def _enable_actions(self, any_photo: bool, any_caption: bool, url: str) -> None:
        self.copy_caption_action.setEnabled(any_caption)
        self.copy_captions_action.setEnabled(any_caption)
        self.copy_url_action.setEnabled(bool(url))
        self.open_url_action.setEnabled(_opens_in_browser(url))
        self.copy_photo_action.setEnabled(any_photo)
        self.back_action.setEnabled(self._session.selection.can_go_back)
        self.forward_action.setEnabled(self._session.selection.can_go_forward)

    def _write_head(self) -> None:
        record, dataset = self._record, self._dataset
        if record is None or dataset is None:
            self.head.setText("<span>Select a photo above.</span>")
            return
        c = colors()
        tint = (c.train if record.split == "train" else c.val).name()
        captions = counted(len(record.caption_rows), "caption").replace(" ", "&nbsp;")
        trained = f" · <span style='color:{c.good.name()}'>trained&nbsp;on</span>" if self._trained_on else ""
        self.head.setText(
            f"<b style='color:{tint}'>{record.split}</b> photo&nbsp;<b>{record.row:,}</b>"
            f"<span style='color:{c.muted.name()}'> · {captions}</span>{trained}"
        )
        last = f"{dataset.split(record.split).num_photos - 1:,}"
        name = record.file_name or "name unknown"
        set_plain_tip(self.head, f"{name}; photos are numbered as in the files, from 0 to {last}")

    def _choose_caption(self, index: int) -> None:
        """Show a caption slot by slot."""
        row = self._caption_ids(index)
        if row is None or self._dataset is None:
            self.strip.show_slots(())
            self.loss_line.setText("Select a photo to see a caption slot by slot.")
            return
        self.which_caption.blockSignals(True)
        self.which_caption.setCurrentIndex(index)
        self.which_caption.blockSignals(False)
        slots = slots_of(row, self._dataset.vocabulary)
        self.strip.show_slots(slots)
        self.loss_line.setText(loss_words(slots))

    def _caption_ids(self, index: int) -> IntArray | None:
        if self._dataset is None or self._record is None or index >= len(self._record.caption_rows):
            return None
        row: IntArray = self._dataset.split(self._record.split).captions[self._record.caption_rows[index]]
        return row

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._write_head()

    def minimumSizeHint(self) -> QSize:
        """Return the least size at which the captions can be read."""
        em = self.fontMetrics().height()
        lines = 11 if em < LARGE_EM else 9  # at twice the text a small screen has no room for more
        return QSize(18 * em, lines * em)

    # ---- doing -----------------------------------------------------------------------------

    def _copy_caption(self) -> None:
        shown = self.captions.captions
        if shown:
            self._copy(self.captions.selected_text() or shown[self.captions.current].text, "Caption copied")

    def _copy_captions(self) -> None:
        self._copy("\n".join(caption.text for caption in self.captions.captions), "Captions copied")

    def _copy_url(self) -> None:
        self._copy(self.address.text(), "URL copied")

    def _copy(self, text: str, told: str) -> None:
        if text:
            QGuiApplication.clipboard().setText(text)
            self._session.notice.emit(told)

    def _open_url(self) -> None:
        url = self.address.text()
        if _opens_in_browser(url) and not QDesktopServices.openUrl(QUrl(url)):
            self._session.problem.emit(f"No browser could be started for {url}. Copy the URL instead.")

    def _copy_photo(self) -> None:
        if self._record is None:
            return
        known = self._session.photos.known(self._record)
        if known.image is None:
            self._session.notice.emit("The photo is not there yet")
        else:
            QGuiApplication.clipboard().setImage(known.image)
            self._session.notice.emit("Photo copied")


def shown_captions(
    dataset: CocoDataset,
    record: PhotoRecord,
    shown_above: Callable[[int], str],
    trained_on: Callable[[int], bool],
    found: Sequence[Sequence[str]],
) -> list[ShownCaption]:
    """Return a photo's captions with what is special about each; `found` are phrases searched for."""
    captions = dataset.split(record.split).captions
    shown = []
    for row in record.caption_rows:
        words = readable_words(captions[row], dataset.vocabulary)
        shown.append(ShownCaption(words, shown_above(row), trained_on(row), found_positions(words, found)))
    return shown


def found_positions(words: Sequence[str], phrases: Sequence[Sequence[str]]) -> frozenset[int]:
    """Return the positions of all words that are part of one of the phrases where it stands."""
    lowered = [word.casefold() for word in words]
    return frozenset(
        at + place
        for phrase in phrases
        for at in range(len(words) - len(phrase) + 1)
        if lowered[at : at + len(phrase)] == list(phrase)
        for place in range(len(phrase))
    )


def _opens_in_browser(url: str) -> bool:
    # Addresses come from a stranger's file: nothing but the web is handed to the desktop.
    return QUrl(url).scheme() in ("http", "https")
