"""The controls over the photos: which split and minibatch, what is searched for, filtered and sorted."""

from PySide6.QtCore import Qt, QTimer
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

from captionviewer.ui.data.caption_query import CaptionQuery, Sorting, phrase_words, shown_conditions
from captionviewer.ui.data.condition_chips import ConditionChips
from captionviewer.ui.data.filter_fields import FilterFields
from captionviewer.ui.data.minibatch_browser import LARGEST_MINIBATCH, LARGEST_SEED, MinibatchBrowser
from captionviewer.ui.data.page_field import PageField
from captionviewer.ui.look.icons import icon
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.tool_buttons import ActionButton, SwitchButton

SEARCH_PAUSE_MS = 300  # typing has come to rest


class MinibatchBar(QWidget):
    """Shows and changes the query of a MinibatchBrowser; owns the actions for it."""

    def __init__(self, session: Session, browser: MinibatchBrowser, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._browser = browser
        self._emptying = False
        self._make_actions()

        self.position = PageField()
        self.size_field = QSpinBox()
        self.seed_field = QSpinBox()
        self.sort_field = QComboBox()
        self.search_field = QLineEdit()
        self.chips = ConditionChips(self.clear_action)
        self.filters = FilterFields(session, browser)
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
        lines.addWidget(self.filters)
        lines.addWidget(self.chips)

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
        self.filter_action = self._action(
            "F&ilter", "filter", "Show captions of some length, number of <UNK> and so on", ""
        )
        self.filter_action.setIconText("Filter")
        self.filter_action.setCheckable(True)
        self.clear_action = self._action("&Clear conditions", "close", "Show all captions again (Escape)", "")
        self.clear_action.setIconText("Clear all")
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

        for sorting in Sorting:
            self.sort_field.addItem(sorting.words, sorting)
        self.sort_field.setObjectName("caption_order")
        self.sort_field.setAccessibleName("Order of the captions")
        self.sort_field.setToolTip("In which order captions and their photos are shown")

        self.search_field.setClearButtonEnabled(True)
        self.search_field.setPlaceholderText("a word or phrase, such as: red bus")
        self.search_field.setObjectName("caption_search")
        self.search_field.setAccessibleName("Search captions")
        self.search_field.setToolTip(
            "Whole words, capitals ignored. Enter keeps the word as a condition, so that another can be "
            "added; Escape clears"
        )
        self.search_field.setMaxLength(200)

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
        self.filter_button = ActionButton(
            self.filter_action, "filter", Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        )
        line.addWidget(self.filter_button)
        line.addWidget(self.sort_field)
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
        self.position.valueChanged.connect(lambda number: browser.go_to(number - 1))
        self.sort_field.currentIndexChanged.connect(
            lambda _index: browser.sort(self.sort_field.currentData())
        )
        self.filter_action.toggled.connect(self._unfold_filter)
        self.clear_action.triggered.connect(self.clear_conditions)
        self.chips.taken_away.connect(self._take_away)
        self.search_field.textChanged.connect(self._typed)
        self.search_field.returnPressed.connect(self._keep_phrase)
        browser.changed.connect(self.refresh)

    # ---- doing -----------------------------------------------------------------------------

    def clear_conditions(self) -> None:
        """Show all captions of the split again."""
        self._empty_field()
        self._browser.clear_conditions()

    def toggle_phrase(self, phrase: str) -> None:
        """Make a word a condition, or take it away if it is one."""
        shown = (one for one in shown_conditions(self._browser.query) if one.words == phrase_words(phrase))
        in_force = next(shown, None)
        if in_force is not None:
            self._take_away(in_force.rest)
        else:
            self._keep_typed()
            self._browser.keep_phrase(phrase)

    def escape(self) -> None:
        """Clear what is being typed; where nothing is, all conditions."""
        if self.search_field.hasFocus() and self.search_field.text():
            self.search_field.clear()
        else:
            self.clear_conditions()

    def _unfold_filter(self, unfold: bool) -> None:
        self.filters.setVisible(unfold)
        if unfold and self.filter_button.hasFocus():
            self.filters.ranges["words"].least.setFocus(Qt.FocusReason.OtherFocusReason)

    def _take_away(self, rest: CaptionQuery) -> None:
        if not rest.text:
            self._empty_field()
        self._browser.set_query(rest)

    def _keep_phrase(self) -> None:
        """Make what was typed a condition of its own, and the field free for another."""
        self._keep_typed()

    def _keep_typed(self) -> None:
        text = self.search_field.text()
        self._empty_field()
        self._browser.keep_phrase(text)

    def _empty_field(self) -> None:
        """Empty the search field without looking for anything."""
        self._emptying = True
        self.search_field.clear()
        self._emptying = False
        self._pause.stop()

    def _find(self) -> None:
        self.search_field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search_field.selectAll()

    def _typed(self, text: str) -> None:
        if text.strip():
            self._pause.start()
        elif not self._emptying:
            self._search_now()

    def _search_now(self) -> None:
        self._pause.stop()
        self._browser.search(self.search_field.text())

    def _copy_seed(self) -> None:
        QGuiApplication.clipboard().setText(str(self.seed_field.value()))
        self._session.notice.emit(f"Seed {self.seed_field.value()} copied")

    # ---- showing ---------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the browser's query."""
        browser, query = self._browser, self._browser.query
        (self.train_action if query.split == "train" else self.val_action).setChecked(True)
        for field, value in ((self.size_field, query.size), (self.seed_field, query.seed)):
            if field.value() != value:
                field.blockSignals(True)
                field.setValue(value)
                field.blockSignals(False)
        self.sort_field.blockSignals(True)
        self.sort_field.setCurrentIndex(self.sort_field.findData(query.sorting))
        self.sort_field.blockSignals(False)
        if not query.text and not self._pause.isActive() and self.search_field.text().strip():
            self._empty_field()  # another data set was opened

        count = browser.num_minibatches
        shuffled = query.sorting is Sorting.SHUFFLED
        self.position.show_position(query.index, count, "minibatch" if shuffled else "page")
        for action in (self.train_action, self.val_action, self.find_action, self.filter_action):
            action.setEnabled(self._session.dataset is not None)
        self.previous_action.setEnabled(count > 0 and query.index > 0)
        self.next_action.setEnabled(query.index + 1 < count)
        self.reshuffle_action.setEnabled(count > 0)
        self.seed_field.setEnabled(shuffled)
        self.clear_action.setEnabled(query.any_condition)
        self.chips.show_conditions(shown_conditions(query), self._found_words())

    def _found_words(self) -> str:
        found = self._browser.found
        if found is None:
            return ""
        return f"{_counted(len(found.caption_rows), 'caption')}, {_counted(found.num_photos, 'photo')}"


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
