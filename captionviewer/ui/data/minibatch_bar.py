"""The controls over the photos: which split, which minibatch, what is searched for."""

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from captionviewer.ui.data.minibatch_browser import LARGEST_MINIBATCH, LARGEST_SEED, MinibatchBrowser
from captionviewer.ui.icons import icon
from captionviewer.ui.session import Session
from captionviewer.ui.theme import set_muted
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.tool_buttons import ActionButton, SwitchButton

SEARCH_PAUSE_MS = 300  # typing has come to rest
ALL_PHOTOS, TRAINED_ON = 0, 1  # the entries of the filter


class MinibatchBar(QWidget):
    """Shows and changes the choice of a MinibatchBrowser; owns the actions for it."""

    def __init__(self, session: Session, browser: MinibatchBrowser, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._browser = browser
        self._make_actions()

        self.position = QLabel()
        self.position.setObjectName("minibatch_position")
        self.position.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.position.setAccessibleName("Position among the minibatches")
        self.size_field = QSpinBox()
        self.seed_field = QSpinBox()
        self.filter_field = QComboBox()
        self.search_field = QLineEdit()
        self.search_result = QLabel()
        self._set_up_fields()

        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(8)
        upper = QWidget()
        upper_layout = FlowLayout(upper, gap=14, line_gap=8)
        for group in self._groups():
            upper_layout.addWidget(group)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        upper.setSizePolicy(policy)
        lines.addWidget(upper)
        lines.addLayout(self._search_line())
        lines.addWidget(self.search_result)

        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(SEARCH_PAUSE_MS)
        self._pause.timeout.connect(self._search_now)
        self._connect()
        self.refresh()

    # ---- making ----------------------------------------------------------------------------

    def _make_actions(self) -> None:
        self._split_actions = QActionGroup(self)
        self.train_action = self._split_action(
            "&Train photos", "Train", "The photos that a model can be trained on"
        )
        self.val_action = self._split_action(
            "&Val photos", "Val", "Photos for validation: no model trains on them"
        )
        self.previous_action = self._action(
            "&Previous minibatch", "previous", "Previous minibatch (Page Up)", Qt.Key.Key_PageUp
        )
        self.next_action = self._action(
            "&Next minibatch", "next", "Next minibatch (Page Down)", Qt.Key.Key_PageDown
        )
        self.reshuffle_action = self._action(
            "&Reshuffle", "shuffle", "Draw minibatches in another random order (Ctrl+R)", "Ctrl+R"
        )
        self.reshuffle_action.setIconText("Reshuffle")
        self.find_action = self._action(
            "&Find a word…", "search", "Search all captions of the split for a word or phrase (Ctrl+F)", ""
        )
        self.find_action.setShortcut(QKeySequence(QKeySequence.StandardKey.Find))
        self.copy_seed_action = self._action(
            "Copy the seed", "copy", "Copy the seed, to see the same minibatches again elsewhere", ""
        )
        for action in (self.reshuffle_action, self.find_action):
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)

    def _split_action(self, text: str, short: str, tip: str) -> QAction:
        action = QAction(text, self)
        action.setIconText(short)
        action.setToolTip(tip)
        action.setCheckable(True)
        self._split_actions.addAction(action)
        return action

    def _action(self, text: str, icon_name: str, tip: str, key: Qt.Key | str) -> QAction:
        action = QAction(icon(icon_name), text, self)
        action.setToolTip(tip)
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        return action

    def _set_up_fields(self) -> None:
        self.size_field.setRange(1, LARGEST_MINIBATCH)
        self.size_field.setKeyboardTracking(False)
        self.size_field.setObjectName("minibatch_size")
        self.size_field.setAccessibleName("Minibatch size")
        self.size_field.setToolTip("How many captions, each with its photo, are drawn at once")

        self.seed_field.setRange(0, LARGEST_SEED)
        self.seed_field.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.seed_field.setKeyboardTracking(False)
        self.seed_field.setObjectName("minibatch_seed")
        self.seed_field.setAccessibleName("Seed")
        self.seed_field.setToolTip(
            "The order of the minibatches follows from this number: the same seed, the same photos"
        )

        self.filter_field.addItems(["All photos", "Trained on"])
        self.filter_field.setObjectName("photo_filter")
        self.filter_field.setAccessibleName("Which photos are shown")
        self.filter_field.setToolTip("All photos, or only those that the current model was trained on")

        self.search_field.setClearButtonEnabled(True)
        self.search_field.setPlaceholderText("a word or phrase, such as: red bus")
        self.search_field.setObjectName("caption_search")
        self.search_field.setAccessibleName("Search captions")
        self.search_field.setToolTip("Whole words, capitals ignored; Enter searches at once, Escape clears")
        self.search_field.setMaxLength(200)

        self.search_result.setObjectName("search_result")
        self.search_result.setTextFormat(Qt.TextFormat.PlainText)
        self.search_result.setWordWrap(True)
        self.search_result.setAccessibleName("What the search found")
        set_muted(self.search_result)
        self.search_result.hide()

    def _groups(self) -> list[QWidget]:
        """Make what stays together when the line is broken."""
        self.train_button = SwitchButton(self.train_action, "train_button", left=True)
        self.val_button = SwitchButton(self.val_action, "val_button", left=False)
        self.previous_button = ActionButton(self.previous_action, "previous_minibatch")
        self.next_button = ActionButton(self.next_action, "next_minibatch")
        self.reshuffle_button = ActionButton(
            self.reshuffle_action, "reshuffle", Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        )
        self.copy_seed = ActionButton(self.copy_seed_action, "copy_seed")
        self.copy_seed.setAutoRaise(True)
        size_label = self._label("Si&ze", self.size_field)
        seed_label = self._label("S&eed", self.seed_field)
        size = _together([size_label, self.size_field])
        return [
            _together([self.train_button, self.val_button], gap=0),
            _together([self.previous_button, self.position, self.next_button], gap=2),
            self.reshuffle_button,
            _together([size, _together([seed_label, self.seed_field, self.copy_seed])], gap=14),
        ]

    def _label(self, text: str, buddy: QWidget) -> QLabel:
        label = QLabel(text)
        label.setBuddy(buddy)
        return label

    def _search_line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._label("Sear&ch", self.search_field))
        line.addWidget(self.search_field, 1)
        line.addSpacing(6)
        line.addWidget(self._label("Sho&w", self.filter_field))
        line.addWidget(self.filter_field)
        return line

    def _connect(self) -> None:
        browser = self._browser
        self.train_action.triggered.connect(lambda: browser.choose_split("train"))
        self.val_action.triggered.connect(lambda: browser.choose_split("val"))
        self.previous_action.triggered.connect(lambda: browser.go(-1))
        self.next_action.triggered.connect(lambda: browser.go(1))
        self.reshuffle_action.triggered.connect(browser.reshuffle)
        self.find_action.triggered.connect(self._find)
        self.size_field.valueChanged.connect(browser.choose_size)
        self.seed_field.valueChanged.connect(browser.choose_seed)
        self.copy_seed_action.triggered.connect(self._copy_seed)
        self.filter_field.currentIndexChanged.connect(
            lambda index: browser.show_only_trained(index == TRAINED_ON)
        )
        self.search_field.textChanged.connect(self._typed)
        self.search_field.returnPressed.connect(self._search_now)
        clear = QAction(self.search_field)
        clear.setShortcut(QKeySequence(Qt.Key.Key_Escape))
        clear.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        clear.triggered.connect(self.search_field.clear)
        self.search_field.addAction(clear)
        browser.changed.connect(self.refresh)

    # ---- doing -----------------------------------------------------------------------------

    def clear_search(self) -> None:
        """Show the captions of the whole split again."""
        self.search_field.clear()

    def show_all_photos(self) -> None:
        """Take the filter away."""
        self.filter_field.setCurrentIndex(ALL_PHOTOS)

    def _find(self) -> None:
        self.search_field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search_field.selectAll()

    def _typed(self, text: str) -> None:
        if text.strip():
            self._pause.start()
        else:
            self._search_now()

    def _search_now(self) -> None:
        self._pause.stop()
        self._browser.search(self.search_field.text())

    def _copy_seed(self) -> None:
        QGuiApplication.clipboard().setText(str(self.seed_field.value()))
        self._session.notice.emit(f"Seed {self.seed_field.value()} copied")

    # ---- showing ---------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the browser's choice."""
        browser, choice = self._browser, self._browser.choice
        (self.train_action if choice.split == "train" else self.val_action).setChecked(True)
        for field, value in ((self.size_field, choice.size), (self.seed_field, choice.seed)):
            if field.value() != value:
                field.blockSignals(True)
                field.setValue(value)
                field.blockSignals(False)
        wanted = TRAINED_ON if choice.only_trained else ALL_PHOTOS
        if self.filter_field.currentIndex() != wanted:
            self.filter_field.setCurrentIndex(wanted)
        if not choice.text and not self._pause.isActive() and self.search_field.text().strip():
            self.search_field.clear()  # another data set was opened

        count = browser.num_minibatches
        self.position.setText(f"minibatch {choice.index + 1:,} of {count:,}" if count else "no minibatch")
        for action in (self.train_action, self.val_action, self.find_action):
            action.setEnabled(self._session.dataset is not None)
        self.previous_action.setEnabled(count > 0 and choice.index > 0)
        self.next_action.setEnabled(choice.index + 1 < count)
        self.reshuffle_action.setEnabled(count > 0)
        self._keep_position_width(count)
        self._show_result()

    def _keep_position_width(self, count: int) -> None:
        """Hold the label as wide as its longest text, so that the buttons do not move when paging."""
        digits = len(f"{max(count, 10):,}")
        widest = f"minibatch {'0' * digits} of {'0' * digits}"
        width = self.position.fontMetrics().horizontalAdvance(widest) + 10
        if self.position.minimumWidth() != width:
            self.position.setMinimumWidth(width)

    def _show_result(self) -> None:
        hits = self._browser.hits
        if hits is None:
            self.search_result.hide()
            return
        words = f"{_counted(hits.count, 'caption')}, {_counted(len(hits.image_rows), 'photo')}"
        self.search_result.setText(words)
        self.search_result.show()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._keep_position_width(self._browser.num_minibatches)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _together(widgets: list[QWidget], gap: int = 6) -> QWidget:
    group = QWidget()
    line = QHBoxLayout(group)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(gap)
    for widget in widgets:
        line.addWidget(widget)
    return group
