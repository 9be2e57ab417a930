"""The head of the Training panel: a run's buttons, and what it says of itself."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QAction, QPalette, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from captionviewer.ui.actions import TRAINING_FORM, make
from captionviewer.ui.look.theme import colors
from captionviewer.ui.training.what_line import WhatLine
from captionviewer.ui.widgets.tool_buttons import ActionButton

_GAP = 4  # pixels between buttons
_BESIDE = 8  # pixels between the buttons and the words beside them
_MOST_AT_TIMES = 2  # buttons that are seen only at times, and then beside each other
_ICONS = Qt.ToolButtonStyle.ToolButtonIconOnly
_WITH_WORDS = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
_USUAL_STATE = "Stopped after iteration 100,000."  # the longest but for bad news
_ROOM_FOR_WORDS = 14  # in lines of text: with less beside the buttons, the words stand below them


class RunHead(QWidget):
    """Buttons at the left, the state of the run, and at the right the button that folds the form away.

    Attributes
    ----------
    settings_action : QAction
        Checked while the form is shown.
    what : WhatLine
        Says what is being trained, whether the form is shown or not.
    buttons : list of ActionButton
        All buttons from left to right, that of the settings last.
    """

    def __init__(
        self,
        actions: Sequence[QAction],
        at_times: Sequence[QAction] = (),
        other_words: Mapping[QAction, Sequence[str]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """Make the buttons.

        Those of the actions `at_times` are seen only while they can be used; `other_words` are what an action
        is called in other states, for which its button has room.
        """
        super().__init__(parent)
        self._other_words = dict(other_words or {})
        self._is_bad = False
        self._is_beside = True
        self._is_fitted = False  # to the buttons as they are
        self.settings_action = make(TRAINING_FORM, self)
        self.settings_action.setChecked(True)
        self.buttons: list[ActionButton] = [_button(action) for action in (*actions, self.settings_action)]
        self._at_times: list[ActionButton] = []
        self._row = QHBoxLayout()
        self._row.setSpacing(_GAP)
        for button in self.buttons[:-1]:
            self._row.addWidget(button)
        self._row.addStretch(1)
        for action in at_times:
            self.add_at_times(action)
        for action in actions:
            action.changed.connect(self._buttons_changed)  # Pause is called something else for a while
        self._state = QLabel()
        self._state.setObjectName("training_state")
        self._state.setWordWrap(True)
        self._state.setTextFormat(Qt.TextFormat.PlainText)
        self._state.setAccessibleName("State of the training")
        self._state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.what = WhatLine()
        self.what.opened.connect(lambda: self.settings_action.setChecked(True))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self._state)
        words.addWidget(self.what)
        words.addStretch(1)
        self._words = QWidget()
        self._words.setLayout(words)
        words.setContentsMargins(_BESIDE, 0, 0, 0)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(8, 4, 8, 4)
        self._grid.setSpacing(_GAP)
        self._grid.setColumnStretch(1, 1)
        self._grid.addLayout(self._row, 0, 0)
        self._grid.addWidget(self._words, 0, 1)
        self._grid.addWidget(self.buttons[-1], 0, 2)

    def add_at_times(self, action: QAction) -> None:
        """Add a button that is seen only while its action can be used."""
        button = _button(action)
        button.setVisible(action.isEnabled())
        action.enabledChanged.connect(button.setVisible)
        action.enabledChanged.connect(lambda _enabled: self._fit())
        self._at_times.append(button)
        self._row.insertWidget(self._row.count() - 1, button)

    def say(self, words: str, is_bad: bool) -> None:
        """Say how the run is; bad news is coloured."""
        if words != self._state.text():
            self._state.setText(words)
        if is_bad is not self._is_bad:
            self._is_bad = is_bad
            self._color()

    def _color(self) -> None:
        palette = QPalette(self.palette())
        if self._is_bad:
            palette.setColor(QPalette.ColorRole.WindowText, colors().bad)
        self._state.setPalette(palette)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._color()
        elif event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
            self._buttons_changed()

    def _buttons_changed(self) -> None:
        self._is_fitted = False

    def event(self, event: QEvent) -> bool:
        """Fit anew when the buttons have: another text size comes to them after it came here."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and not self._is_fitted:
            self._is_fitted = True
            self._fit()
        return done

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the words below the buttons where there is no room beside them."""
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Return the room for the buttons' icons alone: their words yield."""
        return QSize(self._width_of(_ICONS), super().minimumSizeHint().height())

    def _width_of(self, style: Qt.ToolButtonStyle) -> int:
        """How wide the row is with its words, or without, whatever state the run is in.

        Each button has room for the longer of its words, and those that are seen at times have room for their
        icons: nothing moves when a run begins, waits or ends. Nothing is laid out for it.
        """
        margins = self._grid.contentsMargins()
        icons = sorted((self._button_width(each, _ICONS) for each in self._at_times), reverse=True)
        wide = margins.left() + margins.right() + sum(icons[:_MOST_AT_TIMES])
        wide += _GAP * (len(self.buttons) + len(icons[:_MOST_AT_TIMES]))
        return wide + sum(self._button_width(each, style) for each in self.buttons)

    def _button_width(self, button: ActionButton, style: Qt.ToolButtonStyle) -> int:
        """How wide a button is with the longer of its words, or without words."""
        metrics = button.fontMetrics()

        def wide(words: str) -> int:  # as QToolButton.sizeHint
            text = metrics.size(Qt.TextFlag.TextShowMnemonic, words).width()
            return text + 2 * metrics.horizontalAdvance(" ") + 4

        bare = button.sizeHint().width()
        if button.toolButtonStyle() is not _ICONS:
            bare -= wide(button.text())
        if style is _ICONS:
            return bare
        texts = (button.text(), *self._other_words.get(button.defaultAction(), ()))
        return bare + max(map(wide, texts))

    def _height_of_words(self, width: int) -> int:
        """How high the words get in a run's usual states: so nothing moves."""
        metrics, room = self.fontMetrics(), QRect(0, 0, width, 1 << 16)
        return metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, _USUAL_STATE).height() + metrics.height()

    def _fit(self) -> None:
        """Leave the buttons' words out where the row has no room for them, and place the state."""
        style = _WITH_WORDS if self._width_of(_WITH_WORDS) <= self.width() else _ICONS
        taken = self._width_of(style)
        words_beside = _ROOM_FOR_WORDS * self.fontMetrics().height()
        beside = self.width() - taken >= words_beside
        for button in self.buttons:
            button.setToolButtonStyle(style)
            button.setMinimumWidth(self._button_width(button, style))
        at_times = self._at_times
        words = [self._button_width(one, _WITH_WORDS) - self._button_width(one, _ICONS) for one in at_times]
        more = sorted(words, reverse=True)
        wide = taken + sum(more[:_MOST_AT_TIMES])
        has_room = style is _WITH_WORDS and self.width() - wide >= (words_beside if beside else 0)
        for button in self._at_times:
            button.setToolButtonStyle(_WITH_WORDS if has_room else _ICONS)
        row = wide if has_room else taken
        margins = self._grid.contentsMargins()
        sides = margins.left() + margins.right()
        self._grid.setColumnMinimumWidth(0, row - sides - self._button_width(self.buttons[-1], style) - _GAP)
        self._words.setMinimumHeight(
            self._height_of_words(self.width() - (row + _GAP + _BESIDE if beside else sides))
        )
        if beside is self._is_beside:
            return
        self._is_beside = beside
        layout = self._words.layout()
        if layout is not None:
            layout.setContentsMargins(_BESIDE if beside else 0, 0, 0, 0)
        if beside:
            self._grid.addWidget(self._words, 0, 1)
        else:
            self._grid.addWidget(self._words, 1, 0, 1, 3)


def _button(action: QAction) -> ActionButton:
    name = f"training_{action.text().replace('&', '').lower()}"
    button = ActionButton(action, name, Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return button
