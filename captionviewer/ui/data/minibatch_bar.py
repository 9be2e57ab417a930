"""The controls over the photos: which split and minibatch, what is searched for, filtered and sorted."""

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QActionGroup, QGuiApplication, QResizeEvent
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

from captionviewer.ui import actions
from captionviewer.ui.data.caption_query import CaptionQuery, Sorting, phrase_words, shown_conditions
from captionviewer.ui.data.condition_chips import ConditionChips
from captionviewer.ui.data.filter_fields import FilterFields
from captionviewer.ui.data.minibatch_browser import LARGEST_MINIBATCH, LARGEST_SEED, MinibatchBrowser
from captionviewer.ui.data.page_field import PageField
from captionviewer.ui.look.numbers import counted
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.overlay_form import OverlayForm
from captionviewer.ui.widgets.tool_buttons import ActionButton, SwitchButton

SEARCH_PAUSE_MS = 300  # typing has come to rest
SEARCH_LETTERS = 18  # that the search field has room for, at least


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
        self._upper = _flowing(self._groups(), gap=14)
        lines.addWidget(self._upper)
        lines.addWidget(self._search_line())
        lines.addWidget(self.chips)
        self.filter_form = OverlayForm(self.filters)

        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(SEARCH_PAUSE_MS)
        self._pause.timeout.connect(self._search_now)
        self._connect()
        self.refresh()

    # ---- making ----------------------------------------------------------------------------

    def _make_actions(self) -> None:
        self.train_action, self.val_action = (
            actions.make(each, self) for each in (actions.TRAIN, actions.VAL)
        )
        self._split_actions = QActionGroup(self)
        for action in (self.train_action, self.val_action):
            self._split_actions.addAction(action)
        self.previous_action = actions.make(actions.PREVIOUS, self)
        self.next_action = actions.make(actions.NEXT, self)
        self.reshuffle_action = actions.make(actions.RESHUFFLE, self)
        self.find_action = actions.make(actions.FIND, self, self._find)
        self.add_action = actions.make(actions.ADD_CONDITION, self, self._add_condition)
        self.filter_action = actions.make(actions.FILTER, self)
        self.sort_action = actions.make(actions.SORT, self, self._choose_order)
        self.clear_action = actions.make(actions.CLEAR_CONDITIONS, self, self.clear_conditions)
        self.copy_seed_action = actions.make(actions.COPY_SEED, self, self._copy_seed)

    def _name_pages(self, drawn: bool) -> None:
        """Say "minibatch" of what is drawn, "page" of what stands in an order."""
        actions.dress(self.previous_action, actions.PREVIOUS if drawn else actions.PREVIOUS_PAGE)
        actions.dress(self.next_action, actions.NEXT if drawn else actions.NEXT_PAGE)

    def _set_up_fields(self) -> None:
        self.size_field.setRange(1, LARGEST_MINIBATCH)
        self.size_field.setKeyboardTracking(False)
        self.size_field.setObjectName("minibatch_size")
        self.size_field.setAccessibleName("Minibatch size")
        self.size_field.setToolTip("How many captions, each with its photo, are shown at once")

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
            "<span>Whole words, capitals ignored. Another search takes the place of this one; Add "
            "(Shift+Enter) keeps this one besides. Escape clears.</span>"
        )
        self.search_field.setMaxLength(200)
        self.search_field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.search_field.addAction(self.add_action)
        self._size_search_field()

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
        seed_label = self._label("Seed", self.seed_field)
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

    def _search_line(self) -> QWidget:
        self.add_button = ActionButton(
            self.add_action, "add_condition", Qt.ToolButtonStyle.ToolButtonTextOnly
        )
        self.filter_button = ActionButton(
            self.filter_action, "filter", Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        )
        label = self._label("Sear&ch", self.search_field)
        search = _together([label, self.search_field, self.add_button])
        return _flowing([search, _together([self.filter_button, self.sort_field], gap=8)], gap=8)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._size_search_field()
            self._fit_reshuffle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_reshuffle()

    def _fit_reshuffle(self) -> None:
        """Leave the word on its button out where that saves a line of controls."""
        with_words, alone = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
        heights = {}
        for style in (alone, with_words):
            self.reshuffle_button.setToolButtonStyle(style)
            heights[style] = self._upper.heightForWidth(self.width())
        if heights[alone] < heights[with_words]:
            self.reshuffle_button.setToolButtonStyle(alone)

    def _size_search_field(self) -> None:
        """Keep the field wide enough for a short phrase, at every size of window and text."""
        metrics = self.search_field.fontMetrics()
        clear_button = metrics.height() + 16
        self.search_field.setMinimumWidth(SEARCH_LETTERS * metrics.averageCharWidth() + clear_button)

    def _connect(self) -> None:
        browser = self._browser
        self.train_action.triggered.connect(lambda: browser.choose_split("train"))
        self.val_action.triggered.connect(lambda: browser.choose_split("val"))
        self.previous_action.triggered.connect(lambda: browser.go(-1))
        self.next_action.triggered.connect(lambda: browser.go(1))
        self.reshuffle_action.triggered.connect(browser.reshuffle)
        self.size_field.valueChanged.connect(browser.choose_size)
        self.seed_field.valueChanged.connect(browser.choose_seed)
        self.position.valueChanged.connect(lambda number: browser.go_to(number - 1))
        self.sort_field.currentIndexChanged.connect(
            lambda _index: browser.sort(self.sort_field.currentData())
        )
        self.filter_action.toggled.connect(self._unfold_filter)
        self.filter_form.dismissed.connect(self._fold_filter)
        self.chips.taken_away.connect(self._take_away)
        self.search_field.textChanged.connect(self._typed)
        self.search_field.returnPressed.connect(self._search_at_once)
        browser.changed.connect(self.refresh)

    # ---- doing -----------------------------------------------------------------------------

    def clear_conditions(self) -> None:
        """Show all captions of the split again."""
        self._empty_field()
        self._browser.clear_conditions()

    def toggle_phrase(self, phrase: str) -> None:
        """Search for a word in place of what was searched for; take it away if it is a condition already."""
        shown = (one for one in shown_conditions(self._browser.query) if one.words == phrase_words(phrase))
        in_force = next(shown, None)
        if in_force is not None:
            self._take_away(in_force.rest)
        else:
            self.search_field.setText(phrase)
            self._search_now()

    def escape(self) -> None:
        """Clear what is being typed; where nothing is, all conditions."""
        if self.search_field.hasFocus() and self.search_field.text():
            self.search_field.clear()
        else:
            self.clear_conditions()

    def _unfold_filter(self, unfold: bool) -> None:
        self.filter_form.setVisible(unfold)
        if unfold:
            self.filters.ranges["words"].least.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fold_filter(self) -> None:
        self.filter_action.setChecked(False)
        self.filter_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _choose_order(self) -> None:
        self.sort_field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.sort_field.showPopup()

    def _take_away(self, rest: CaptionQuery) -> None:
        if not rest.text:
            self._empty_field()
        self._browser.set_query(rest)

    def _search_at_once(self) -> None:
        """Search without waiting; what is typed next takes the place of the words."""
        self._search_now()
        self.search_field.selectAll()

    def _add_condition(self) -> None:
        """Make what was typed a condition of its own, and the field free for another."""
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
        self.add_action.setEnabled(bool(text.strip()))
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
        self.position.show_position(query.index, count, browser.unit)
        self._name_pages(shuffled)
        for action in (
            self.train_action,
            self.val_action,
            self.find_action,
            self.filter_action,
            self.sort_action,
        ):
            action.setEnabled(self._session.data.dataset is not None)
        self.add_action.setEnabled(bool(self.search_field.text().strip()))
        self.previous_action.setEnabled(count > 0 and query.index > 0)
        self.next_action.setEnabled(query.index + 1 < count)
        self.reshuffle_action.setEnabled(count > 0)
        self.seed_field.setEnabled(shuffled)
        self.clear_action.setEnabled(query.any_condition)
        self.chips.show_conditions(shown_conditions(query), self._found_words())

    def _found_words(self) -> str:
        found, dataset, split = self._browser.found, self._session.data.dataset, self._browser.query.split
        if dataset is None:
            return ""
        captions = dataset.split(split).num_captions if found is None else len(found.caption_rows)
        photos = dataset.split(split).num_photos if found is None else found.num_photos
        return f"{counted(captions, 'caption')}, {counted(photos, 'photo')}"


def _flowing(parts: list[QWidget], gap: int) -> QWidget:
    """Set parts in a line that is broken where it has no room."""
    flow = QWidget()
    layout = FlowLayout(flow, gap=gap, line_gap=8)
    for part in parts:
        layout.addWidget(part)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    flow.setSizePolicy(policy)
    return flow


def _together(widgets: list[QWidget], gap: int = 6) -> QWidget:
    group = QWidget()
    line = QHBoxLayout(group)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(gap)
    for widget in widgets:
        line.addWidget(widget)
    return group
