"""The controls under a caption: restart, back, play, step, to the end, and how fast."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from captionviewer.ui.look import theme
from captionviewer.ui.sampling.caption_player import SPEEDS, CaptionPlayer
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.tool_buttons import ActionButton


class SpaceKeeper(QObject):
    """Leaves Space to the buttons and fields it watches; elsewhere in the panel it plays and pauses."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim Space before the shortcut does."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
        ):
            event.accept()
            return True
        return super().eventFilter(watched, event)


class PlayerBar(QWidget):
    """Buttons for the player's actions, the speed and the timestep.

    The line above is coloured while the panel has the keyboard's focus, so that one sees where the
    arrow keys work.
    """

    speed_chosen = Signal(float)  # words a second

    def __init__(self, player: CaptionPlayer, speed: float, more: list[QAction], keeper: SpaceKeeper) -> None:
        super().__init__()
        self._is_active = False
        flow = FlowLayout(self, gap=8)
        flow.setContentsMargins(10, 6, 10, 6)
        moves = [
            player.restart_action,
            player.back_action,
            player.play_action,
            player.step_action,
            player.end_action,
        ]
        names = ["restart", "back", "play", "step", "end"]
        flow.addWidget(_row(moves, names, keeper))
        self._speeds = QComboBox()
        self._speeds.setObjectName("sampling_speed")
        for each in SPEEDS:
            self._speeds.addItem(f"{each:g} {'word' if each == 1 else 'words'}/s", each)
        self._speeds.setCurrentIndex(SPEEDS.index(speed))
        self._speeds.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._speeds.setAccessibleName("Playing speed")
        self._speeds.setToolTip("How fast words are chosen while playing")
        self._speeds.currentIndexChanged.connect(lambda index: self.speed_chosen.emit(SPEEDS[index]))
        self._speeds.installEventFilter(keeper)
        flow.addWidget(self._speeds)
        self._timestep = QLabel()
        self._timestep.setObjectName("timestep")
        flow.addWidget(self._timestep)
        flow.addWidget(_row(more, ["copy", "export"], keeper))

    def show_timestep(self, position: int | None, longest: int) -> None:
        """Say how many words are chosen of at most how many; None while there is no photo to caption."""
        self._timestep.setText("" if position is None else f"timestep {position} of at most {longest}")

    def set_active(self, active: bool) -> None:
        """Show whether the keyboard works here."""
        self._is_active = active
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors()
        painter = QPainter(self)
        painter.setPen(QPen(c.accent if self._is_active else c.border, 2 if self._is_active else 1))
        painter.drawLine(0, 0, self.width(), 0)
        painter.end()


def _row(actions: list[QAction], names: list[str], keeper: SpaceKeeper) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(2)
    for action, name in zip(actions, names, strict=True):
        button = ActionButton(action, f"sampling_{name}")
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the arrow keys to the panel
        button.installEventFilter(keeper)
        layout.addWidget(button)
    return row
