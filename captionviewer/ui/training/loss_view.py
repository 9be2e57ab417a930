"""The view *Loss*: the loss as it falls, and the captions of watched photos beside or below it."""

from PySide6.QtGui import QActionGroup, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QWidget

from captionviewer.ui import actions
from captionviewer.ui.session.session import Session
from captionviewer.ui.training.loss_plot import LossPlot
from captionviewer.ui.training.said_photos import SaidPhotos
from captionviewer.ui.widgets.check_box import CheckBox
from captionviewer.ui.widgets.tool_buttons import ActionButton, SwitchButton

# The captions stand beside the loss from this width on, in lines of text, if the place is this much wider
# than high.
_WIDE, _WIDER = 38, 1.6
_WATCHED_SHARE = 0.4  # of the height, where they stand below: the loss comes first,
_PLOT_HIGH = 200  # pixels of which are its own; with less than so many lines left the captions give way
_LEAST_WATCHED = 4
_UNBOUNDED = (1 << 24) - 1  # Qt's own largest size


class LossView(QWidget):
    """The loss and, once there are photos to watch, their captions.

    Attributes
    ----------
    per_caption_action, per_word_action : QAction
        Which of the two losses is drawn.
    said, watched : SaidPhotos, WatchedPhotoList
        The watched photos with their head line, and the list in it.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = LossPlot(session)
        self.said = SaidPhotos(session.photos, self.plot.scrubber)
        self.watched = self.said.list
        self.addActions(self.said.play_actions)  # their keys hold on the whole view
        self.plot.set_corner(self._make_plot_controls())
        self._parts = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._parts.setContentsMargins(0, 0, 0, 0)
        self._parts.setSpacing(6)
        self._parts.addWidget(self.plot, 1)
        self._parts.addWidget(self.said)

    def _make_plot_controls(self) -> QWidget:
        controls = QWidget()
        row = QHBoxLayout(controls)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.per_caption_action = actions.make(actions.LOSS_PER_CAPTION, self)
        self.per_word_action = actions.make(actions.LOSS_PER_WORD, self)
        kinds = QActionGroup(self)
        kinds.addAction(self.per_caption_action)
        kinds.addAction(self.per_word_action)
        self.per_caption_action.setChecked(True)
        self.log_box = CheckBox("Log")
        self.log_box.setAccessibleName("Log scale")
        self.log_box.setToolTip("Draw the loss on a log scale, which shows small losses apart")
        self.export_action = actions.make(actions.EXPORT_LOSS, self, self.plot.export)
        caption = SwitchButton(self.per_caption_action, "loss_per_caption", left=True)
        caption.setAccessibleName("Loss per caption")
        word = SwitchButton(self.per_word_action, "loss_per_word", left=False)
        word.setAccessibleName("Loss per word")
        row.addWidget(caption)
        row.addWidget(word)
        row.addSpacing(8)
        row.addWidget(self.log_box)
        row.addSpacing(4)
        row.addWidget(ActionButton(self.export_action, "export_loss"))
        self.per_word_action.toggled.connect(self.plot.set_per_word)
        self.log_box.toggled.connect(self.plot.set_log)
        return controls

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the captions beside the loss where it is wide and low."""
        super().resizeEvent(event)
        line = self.fontMetrics().height()
        beside = self.width() >= max(_WIDE * line, _WIDER * self.height())
        directions = QBoxLayout.Direction
        wanted = directions.LeftToRight if beside else directions.TopToBottom
        room = min(round(_WATCHED_SHARE * self.height()), self.height() - _PLOT_HIGH)
        room = room if room >= _LEAST_WATCHED * line else 0
        self.said.setMaximumHeight(_UNBOUNDED if beside else room)
        self.said.setEnabled(beside or room > 0)  # Tab passes by what nobody sees
        if self._parts.direction() is not wanted:
            self._parts.setDirection(wanted)
            high = QSizePolicy.Policy.Expanding if beside else QSizePolicy.Policy.Maximum
            self.said.setSizePolicy(QSizePolicy.Policy.Expanding, high)
            self._parts.setStretch(1, 1 if beside else 0)
            self.watched.set_spacious(beside)
