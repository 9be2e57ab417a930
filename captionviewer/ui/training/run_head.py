"""The head of the Training panel: a run's buttons, and what it says of itself."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QPalette, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from captionviewer.ui.actions import TRAINING_FORM, make
from captionviewer.ui.look.theme import colors
from captionviewer.ui.training.what_line import WhatLine
from captionviewer.ui.widgets.tool_buttons import ActionButton

_GAP = 4  # pixels between buttons
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
        self, actions: Sequence[QAction], at_times: Sequence[QAction] = (), parent: QWidget | None = None
    ) -> None:
        """Make the buttons; those of the actions `at_times` are seen only while they can be used."""
        super().__init__(parent)
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
        words.addWidget(self._state)
        words.addWidget(self.what)
        self._words = QWidget()
        self._words.setLayout(words)
        words.setContentsMargins(8, 0, 0, 0)
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
        self._row.addWidget(button)

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
        return QSize(
            self._width_of(Qt.ToolButtonStyle.ToolButtonIconOnly), super().minimumSizeHint().height()
        )

    def _seen(self) -> list[ActionButton]:
        """The buttons that are in the row now."""
        return [*self.buttons, *(button for button in self._at_times if not button.isHidden())]

    def _width_of(self, style: Qt.ToolButtonStyle) -> int:
        """How wide the row of buttons is with their words, or without; nothing is laid out for it."""
        margins = self._grid.contentsMargins()
        seen = self._seen()
        wide = margins.left() + margins.right() + _GAP * len(seen)
        for button in seen:
            metrics = button.fontMetrics()
            words = metrics.size(Qt.TextFlag.TextShowMnemonic, button.text()).width()
            words += 2 * metrics.horizontalAdvance(" ") + 4  # as QToolButton.sizeHint
            has_words = button.toolButtonStyle() is not Qt.ToolButtonStyle.ToolButtonIconOnly
            wants_words = style is not Qt.ToolButtonStyle.ToolButtonIconOnly
            wide += button.sizeHint().width() + (wants_words - has_words) * words
        return wide

    def _fit(self) -> None:
        """Leave the buttons' words out where the row has no room for them, and place the state."""
        with_words, alone = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
        style = with_words if self._width_of(with_words) <= self.width() else alone
        for button in (*self.buttons, *self._at_times):
            button.setToolButtonStyle(style)
        taken = self._row.sizeHint().width() + self.buttons[-1].sizeHint().width()
        beside = self.width() - taken >= _ROOM_FOR_WORDS * self.fontMetrics().height()
        if beside is self._is_beside:
            return
        self._is_beside = beside
        layout = self._words.layout()
        if layout is not None:
            layout.setContentsMargins(8 if beside else 0, 0, 0, 0)
        if beside:
            self._grid.addWidget(self._words, 0, 1)
        else:
            self._grid.addWidget(self._words, 1, 0, 1, 3)


def _button(action: QAction) -> ActionButton:
    name = f"training_{action.text().replace('&', '').lower()}"
    button = ActionButton(action, name, Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return button
