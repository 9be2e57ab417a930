"""Stepping and playing through a caption: which timestep is shown, and the actions that change it."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from captionviewer.ui import actions

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0)  # words a second


@dataclass
class Track:
    """Where one is in something that has a beginning and an end: a caption, the columns of a tree.

    Attributes
    ----------
    length
        how many words or timesteps it has; 0 while there is none.
    position
        how many of them are shown.
    seen
        how many have been shown since the last restart.
    """

    length: int = 0
    position: int = 0
    seen: int = 0

    @property
    def at_end(self) -> bool:
        """Whether all of it is shown."""
        return 0 < self.length == self.position

    def begin(self, length: int) -> None:
        """Take something else of this length, from its beginning."""
        self.length, self.position, self.seen = length, 0, 0

    def replace(self, length: int) -> None:
        """Take another version of the same; the position stays, and the end stays the end."""
        was_at_end = self.at_end
        self.length = length
        self.position = length if was_at_end else min(self.position, length)
        self.seen = max(min(self.seen, length), self.position)


class CaptionPlayer(QObject):
    """The position in a caption, as the number of words chosen so far.

    It plays one track at a time: another view's can be put on and keeps its place meanwhile.

    The actions' shortcuts hold while `panel` or a child of it has the keyboard's focus.
    """

    moved = Signal()

    def __init__(self, panel: QWidget) -> None:
        super().__init__(panel)
        self._panel = panel
        self._track = Track()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._play_one)
        self.restart_action = actions.make(actions.RESTART, panel, self._restart)
        self.back_action = actions.make(actions.BACK, panel, lambda: self.go_to(self._track.position - 1))
        self.step_action = actions.make(
            actions.NEXT_WORD, panel, lambda: self.go_to(self._track.position + 1)
        )
        self.play_action = actions.make(actions.PLAY, panel)
        self.end_action = actions.make(actions.TO_END, panel, lambda: self.go_to(self._track.length))
        panel.addActions(
            [self.restart_action, self.back_action, self.step_action, self.play_action, self.end_action]
        )
        self.play_action.toggled.connect(self._play)
        self.set_speed(2.0)
        self._moved()

    # ---- where it is ---------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """How many words are chosen."""
        return self._track.position

    @property
    def length(self) -> int:
        """How many words the caption has, `<END>` included; 0 when there is none."""
        return self._track.length

    @property
    def seen(self) -> int:
        """How many words have been shown since the last restart."""
        return self._track.seen

    @property
    def at_end(self) -> bool:
        """Whether all words are chosen."""
        return self._track.at_end

    @property
    def is_playing(self) -> bool:
        """Whether words are being chosen one after another."""
        return self._timer.isActive()

    # ---- moving --------------------------------------------------------------------------------

    @property
    def track(self) -> Track:
        """What is played."""
        return self._track

    def put_on(self, track: Track) -> None:
        """Play another track from where it is."""
        if track is not self._track:
            self.stop()
            self._track = track
            self._moved()

    def start_caption(self, length: int) -> None:
        """Take another photo's caption and go to its beginning."""
        self.stop()
        self._track.begin(length)
        self._moved()

    def replace_caption(self, length: int, position: int | None = None) -> None:
        """Take another caption of the same photo, at a timestep of it if that is given.

        Else the timestep stays, and the end stays the end.
        """
        self._track.replace(length)
        self.go_to(self._track.position if position is None else position)

    def go_to(self, position: int) -> None:
        """Show the timestep at which so many words are chosen."""
        self._track.position = min(max(position, 0), self._track.length)
        self._track.seen = max(self._track.seen, self._track.position)
        if self.at_end:
            self.stop()
        self._moved()

    def _restart(self) -> None:
        self._track.seen = 0
        self.go_to(0)

    # ---- playing -------------------------------------------------------------------------------

    def set_speed(self, words_per_second: float) -> None:
        """Choose so many words a second while playing."""
        self._timer.setInterval(round(1000.0 / words_per_second))

    def stop(self) -> None:
        """Stop playing; the position stays."""
        self.play_action.setChecked(False)

    def _play(self, playing: bool) -> None:
        actions.dress(self.play_action, actions.HOLD if playing else actions.PLAY)
        if not playing:
            self._timer.stop()
            return
        if self._track.length == 0:
            self.stop()
            return
        if self.at_end:
            self._restart()
        self._timer.start()

    def _play_one(self) -> None:
        self.go_to(self._track.position + 1)

    def _moved(self) -> None:
        can_go_on = self._track.position < self._track.length
        self.restart_action.setEnabled(self._track.position > 0)
        self.back_action.setEnabled(self._track.position > 0)
        self.step_action.setEnabled(can_go_on)
        self.end_action.setEnabled(can_go_on)
        self.play_action.setEnabled(self._track.length > 0)
        self.moved.emit()
