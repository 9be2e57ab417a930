"""The preferences: where photos come from and how they are kept, theme and size of text. Applied at once."""

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QAction, QFont, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.photos.cache import PhotoCache
from captionviewer.core.user_folders import is_folder
from captionviewer.ui import settings as remembered
from captionviewer.ui.look.theme import TEXT_SCALES, ThemeChoice, set_muted
from captionviewer.ui.session.images import MEGABYTE, checked_image_folder
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.check_box import CheckBox
from captionviewer.ui.widgets.control_parts import push_button
from captionviewer.ui.widgets.elided_label import ElidedLabel
from captionviewer.ui.widgets.outside_text import set_plain_tip

LETTERS_WIDE = 84  # the path of an image folder should be readable
LOOK_AGAIN_MS = 2_000  # how often the cache's size is looked up while the dialog is open


class Preferences(QDialog):
    """Stays open beside the window, which goes on working.

    Parameters
    ----------
    session
        Whose settings and photos.
    themes
        The View menu's action for each theme.
    set_text_scale
        Shows all text at so many times the system's size, and remembers it.
    """

    def __init__(
        self,
        session: Session,
        themes: Mapping[ThemeChoice, QAction],
        set_text_scale: Callable[[float], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._themes = themes
        self._set_text_scale = set_text_scale
        self._looking = False
        self.setObjectName("preferences")
        self.setWindowTitle("Preferences")
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        self._headings = [QLabel("Photos"), QLabel("Appearance")]
        form = QFormLayout()  # one for all, so that the fields stand under each other
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(10)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.addRow(self._headings[0])
        self._add_photo_fields(form)
        self._headings[1].setContentsMargins(0, 12, 0, 0)
        form.addRow(self._headings[1])
        self._add_look_fields(form)
        column.addLayout(form)
        column.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        column.addWidget(buttons)
        self._look_again = QTimer(self)
        self._look_again.setInterval(LOOK_AGAIN_MS)
        self._look_again.timeout.connect(self._look_at_cache)
        session.images_changed.connect(self.refresh)
        session.photos.fetching_changed.connect(self.refresh)
        for action in themes.values():
            action.toggled.connect(self.refresh)
        self._embolden()
        self.refresh()

    # ---- making ----------------------------------------------------------------------------

    def _add_photo_fields(self, form: QFormLayout) -> None:
        self.fetch_box = CheckBox("&Fetch photos from the network")
        self.fetch_box.setObjectName("fetch_photos")
        self.fetch_box.setToolTip("Off: photos come from your image folder and the cache only")
        self.fetch_box.toggled.connect(self._session.images.set_fetching)
        form.addRow(self.fetch_box)

        self.folder_label = ElidedLabel()
        self.folder_label.setObjectName("image_folder")
        self.folder_label.setAccessibleName("Your image folder")
        self.choose_button = _button("C&hoose…", "choose_image_folder", self._choose_folder)
        self.choose_button.setToolTip("Take photos from your own copy of COCO's train2014 and val2014 first")
        self.forget_button = _button("F&orget", "forget_image_folder", self._forget_folder)
        self.forget_button.setToolTip("Use no folder of your own any more; nothing is deleted")
        form.addRow("Your image folder", _line(self.folder_label, self.choose_button, self.forget_button))
        self.refusal = QLabel()
        self.refusal.setObjectName("image_folder_refusal")
        self.refusal.setWordWrap(True)
        self.refusal.setTextFormat(Qt.TextFormat.PlainText)
        self.refusal.hide()
        form.addRow(self.refusal)

        self.size_field = QSpinBox()
        self.size_field.setObjectName("cache_size")
        self.size_field.setRange(0, remembered.LARGEST_CACHE_MB)
        self.size_field.setSingleStep(100)
        self.size_field.setSuffix(" MB")
        self.size_field.setGroupSeparatorShown(True)
        self.size_field.setSpecialValueText("keep none")
        self.size_field.setKeyboardTracking(False)
        self.size_field.setToolTip(
            f"Fetched photos are kept on disk up to this size (0 to {remembered.LARGEST_CACHE_MB:,} MB), "
            "so that each is fetched once; those not looked at for longest go first"
        )
        self.size_field.valueChanged.connect(self._size_chosen)
        form.addRow(_label("Photo cache, at &most", self.size_field), _line(self.size_field))
        self.used = QLabel()
        self.used.setObjectName("cache_used")
        self.used.setAccessibleName("Used by the photo cache")
        self.used.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        set_muted(self.used)
        self.clear_button = _button("&Clear the Cache", "clear_cache", self._clear)
        self.clear_button.setToolTip("Delete the photos kept on disk; those on the screen stay")
        form.addRow("Used now", _line(self.used, self.clear_button))
        self.trouble = QLabel()
        self.trouble.setObjectName("cache_trouble")
        self.trouble.setWordWrap(True)
        self.trouble.setTextFormat(Qt.TextFormat.PlainText)
        self.trouble.hide()
        form.addRow(self.trouble)

    def _add_look_fields(self, form: QFormLayout) -> None:
        self.theme_field = QComboBox()
        self.theme_field.setObjectName("theme")
        for choice, action in self._themes.items():
            self.theme_field.addItem(action.text().replace("&", ""), choice)
        self.theme_field.activated.connect(self._theme_chosen)
        form.addRow(_label("&Theme", self.theme_field), _line(self.theme_field))
        self.text_field = QComboBox()
        self.text_field.setObjectName("text_size")
        for scale in TEXT_SCALES:
            self.text_field.addItem(f"{scale:.0%}".replace("%", " %"), scale)
        self.text_field.activated.connect(self._text_chosen)
        form.addRow(_label("Text si&ze", self.text_field), _line(self.text_field))

    # ---- showing ---------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what is set now."""
        settings = self._session.settings
        self.fetch_box.blockSignals(True)
        self.fetch_box.setChecked(settings.get(remembered.FETCH_PHOTOS))
        self.fetch_box.blockSignals(False)
        self.size_field.blockSignals(True)
        self.size_field.setValue(settings.get(remembered.PHOTO_CACHE_MB))
        self.size_field.blockSignals(False)
        self.theme_field.setCurrentIndex(
            next((i for i, action in enumerate(self._themes.values()) if action.isChecked()), 0)
        )
        scale = settings.get(remembered.TEXT_SCALE)
        nearest = min(range(len(TEXT_SCALES)), key=lambda i: abs(TEXT_SCALES[i] - scale))
        self.text_field.setCurrentIndex(nearest)
        self._show_folder()

    def _show_folder(self) -> None:
        own = self._session.images.has_own_folder
        folder = self._session.images.folder
        if folder is None:
            words = "none"
        elif own:
            words = str(folder) if is_folder(folder) else f"{folder} (not there now)"
        else:
            words = "none; the data has its own"
        self.folder_label.setText(words)
        set_plain_tip(self.folder_label, str(folder) if folder is not None else "")
        self.forget_button.setEnabled(own)

    def _look_at_cache(self) -> None:
        cache = self._cache()
        if cache is None:
            self._show_usage((0, 0))
            return
        if self._looking:
            return
        self._looking = True
        self._session.workers.start(
            "measuring the photo cache",
            lambda _cancelled: cache.usage(),
            self._show_usage,
            lambda error: self._show_trouble(f"The photo cache can't be read: {error}"),
            brief=True,
        )

    def _show_usage(self, usage: tuple[int, int]) -> None:
        self._looking = False
        photos, used = usage
        self.used.setText(f"{used / MEGABYTE:,.1f} MB, {photos:,} {'photo' if photos == 1 else 'photos'}")
        self.clear_button.setEnabled(photos > 0)
        cache = self._cache()
        self._show_trouble(cache.trouble or "" if cache is not None else "")

    def _show_trouble(self, words: str) -> None:
        self._looking = False
        self.trouble.setText(words)
        self.trouble.setVisible(bool(words))

    def _cache(self) -> PhotoCache | None:
        store = self._session.photos.store
        return store.cache if store is not None else None

    # ---- doing -----------------------------------------------------------------------------

    def _size_chosen(self, megabytes: int) -> None:
        self._session.images.set_cache_size(megabytes)
        self._look_at_cache()

    def _clear(self) -> None:
        cache = self._cache()
        if cache is None:
            return
        self.clear_button.setEnabled(False)
        self._session.workers.start(
            "clearing the photo cache",
            lambda _cancelled: cache.clear(),
            lambda _none: self._look_at_cache(),
            lambda error: self._show_trouble(f"The photo cache could not be cleared: {error}"),
            brief=True,
        )

    def _choose_folder(self) -> None:
        start = self._session.settings.get(remembered.IMAGE_FOLDER) or str(Path.home())
        chosen = QFileDialog.getExistingDirectory(self, "Folder that holds train2014 and val2014", start)
        if not chosen:
            return
        try:
            folder = checked_image_folder(Path(chosen))
        except ValueError as error:
            self._refuse(str(error))
            return
        self._refuse("")
        self._session.images.set_folder(folder)

    def _forget_folder(self) -> None:
        self._refuse("")
        self._session.images.set_folder(None)

    def _refuse(self, words: str) -> None:
        self.refusal.setText(words)
        self.refusal.setVisible(bool(words))

    def _theme_chosen(self, place: int) -> None:
        self._themes[ThemeChoice(self.theme_field.itemData(place))].trigger()

    def _text_chosen(self, place: int) -> None:
        self._set_text_scale(float(self.text_field.itemData(place)))

    # ---- Qt --------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Look at how things stand, and go on looking while this is open."""
        super().showEvent(event)
        self._refuse("")
        self.refresh()
        self._look_at_cache()
        self._look_again.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Look no more."""
        super().hideEvent(event)
        self._look_again.stop()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size, whoever changed it."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._embolden()
            self.refresh()

    def _embolden(self) -> None:
        font = QFont(self.font())
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.1)
        for heading in self._headings:
            heading.setFont(font)
        self.setMinimumWidth(LETTERS_WIDE * self.fontMetrics().averageCharWidth())
        widest = max(field.sizeHint().width() for field in (self.theme_field, self.text_field))
        for field in (self.theme_field, self.text_field):
            field.setMinimumWidth(widest)


def _label(text: str, buddy: QWidget) -> QLabel:
    label = QLabel(text)
    label.setBuddy(buddy)
    return label


def _button(text: str, name: str, call: Callable[[], None]) -> QPushButton:
    button = push_button(text, "", call)
    button.setObjectName(name)
    return button


def _line(first: QWidget, *others: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(8)
    line.addWidget(first, 1 if others else 0)
    for widget in others:
        line.addWidget(widget)
    if not others:
        line.addStretch(1)
    return line
