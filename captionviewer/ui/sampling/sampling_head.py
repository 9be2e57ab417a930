"""The head of Sampling: which photo is captioned, by which model, and how captions are written."""

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.ui.look import theme
from captionviewer.ui.photos.own_picture import OwnPicture
from captionviewer.ui.widgets.elided_label import ElidedLabel
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.outside_text import plain_tip, shortened, show_plainly
from captionviewer.ui.widgets.tool_buttons import ActionButton

_LONGEST_MODEL_WORDS = 64  # a model's file name may be longer than any panel is wide


class SamplingHead(QWidget):
    """Names photo and model; its buttons leave the space key to the player."""

    def __init__(self, opener: QToolButton, follow_action: QAction, keeper: QObject) -> None:
        """`opener` unfolds the row that says how captions are written; `keeper` guards the space key."""
        super().__init__()
        self._keeper = keeper
        self._badge = SplitBadge()
        self._photo_name = show_plainly(QLabel())  # a picture of one's own is called by its file
        self._photo_name.setObjectName("sampling_photo")
        self._model_name = ElidedLabel()  # holds a file's name
        self._model_name.setObjectName("sampling_model")
        self._flow = FlowLayout(self)
        self._flow.setContentsMargins(10, 5, 10, 5)
        for widget in (self._badge, self._photo_name, self._model_name, opener):
            self._flow.addWidget(widget)
        self._follow = follow = self._add(
            follow_action, "sampling_follow", Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        )
        follow.setAutoRaise(True)

    def _add(self, action: QAction, name: str, style: Qt.ToolButtonStyle) -> ActionButton:
        button = ActionButton(action, name, style)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.installEventFilter(self._keeper)
        self._flow.addWidget(button)
        return button

    def add_button(self, action: QAction) -> None:
        """Add a button that is seen only while its action can be used."""
        button = self._add(action, "sampling_untrained", Qt.ToolButtonStyle.ToolButtonTextOnly)
        QWidget.setTabOrder(self._follow, button)  # it was made last, and stands here
        button.setVisible(action.isEnabled())
        action.enabledChanged.connect(button.setVisible)

    def show_photo(self, record: PhotoRecord | OwnPicture | None) -> None:
        """Name a photo, or none."""
        own = isinstance(record, OwnPicture)
        self._badge.setVisible(record is not None and not own)
        self._photo_name.setVisible(record is not None)
        if record is not None:
            self._badge.show_split(record.split)
            self._photo_name.setText(shortened(record.words, 40) if own else f"photo {record.row:,}")
            self._photo_name.setToolTip(plain_tip(record.file_name or record.url))

    def show_model(self, words: str) -> None:
        """Name a model; a name too long for the head is told in full when it is pointed at."""
        self._model_name.setToolTip(plain_tip(words))
        if len(words) > _LONGEST_MODEL_WORDS:
            words = f"{words[:38]}…{words[-24:]}"
        self._model_name.setText(f"Model: {words}")

    def set_outdated(self, outdated: bool) -> None:
        """Grey the model's name, whose sample a newer one is about to replace."""
        theme.set_muted(self._model_name, outdated)


class SplitBadge(QLabel):
    """Says train or val, in the colour of the split."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sampling_split")
        self.setContentsMargins(9, 1, 9, 1)

    def show_split(self, split: str) -> None:
        """Show one of the two."""
        self.setText(split)
        self.setAccessibleName(f"{split} photo")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(c.train if self.text() == "train" else c.val)
        painter.drawRoundedRect(QRectF(self.rect()), self.height() / 2, self.height() / 2)
        painter.setPen(c.on_badge)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()
