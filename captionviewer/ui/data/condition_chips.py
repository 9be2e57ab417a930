"""The conditions in force as chips: a click, or Delete, takes one away."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLabel, QSizePolicy, QWidget

from captionviewer.core.coco.vocabulary import UNK
from captionviewer.ui.data.caption_query import CaptionQuery, ShownCondition
from captionviewer.ui.look.theme import colors, mixed
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.tool_buttons import ActionButton

WIDEST_LETTERS = 34  # a longer phrase is elided


class ConditionChip(QAbstractButton):
    """One condition with a cross; the whole chip is the button that takes it away."""

    def __init__(self, shown: ShownCondition, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown = shown
        self.setText(shown.words)
        self.setObjectName("condition_chip")
        self.setAccessibleName(f"Take away: {shown.words}")
        self.setToolTip(f"Take away “{shown.words}” (click, or Delete)")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._elided()) + metrics.height() + 18, metrics.height() + 8)

    def minimumSizeHint(self) -> QSize:
        """Return the same: a chip is never cut."""
        return self.sizeHint()

    def _elided(self) -> str:
        metrics = self.fontMetrics()
        widest = WIDEST_LETTERS * metrics.averageCharWidth()
        return metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, widest)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the condition away with the keys that delete or confirm."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        tint = c.unknown if UNK in self.text() else c.accent
        share = 0.3 if self.underMouse() else 0.15
        painter.setPen(QPen(tint, 2 if self.hasFocus() else 1))
        painter.setBrush(mixed(c.surface, tint, share))
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        high = self.fontMetrics().height()
        words = box.adjusted(10, 0, -high - 2, 0)
        painter.setPen(c.text)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._elided())
        middle, arm = QPointF(box.right() - high * 0.72, box.center().y()), high * 0.2
        painter.setPen(QPen(c.text, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for x, y in ((arm, arm), (arm, -arm)):
            painter.drawLine(QLineF(middle - QPointF(x, y), middle + QPointF(x, y)))
        painter.end()


class ConditionChips(QWidget):
    """All conditions in force, what they leave, and a button that clears them."""

    taken_away = Signal(object)  # the CaptionQuery that is left

    def __init__(self, clear_action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: list[ConditionChip] = []
        self.count = QLabel()
        self.count.setObjectName("found_count")
        self.count.setTextFormat(Qt.TextFormat.PlainText)
        self.count.setAccessibleName("What was found")
        self.clear_button = ActionButton(
            clear_action, "clear_conditions", Qt.ToolButtonStyle.ToolButtonTextOnly
        )
        self._flow = FlowLayout(self, gap=6, line_gap=5)
        self._flow.addWidget(self.count)
        self._flow.addWidget(self.clear_button)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Conditions in force")
        self.hide()

    @property
    def chips(self) -> list[ConditionChip]:
        """The chips that are seen, in order."""
        return list(self._chips)

    def show_conditions(self, shown: Sequence[ShownCondition], count: str) -> None:
        """Show other conditions; none hides the line."""
        if [chip.text() for chip in self._chips] != [one.words for one in shown]:
            self._make_chips(shown)
        for chip, one in zip(self._chips, shown, strict=True):
            chip.shown = one  # the rest of the query may be another
        self.count.setText(count)
        self.setVisible(bool(shown))

    def _make_chips(self, shown: Sequence[ShownCondition]) -> None:
        focused = next((n for n, chip in enumerate(self._chips) if chip.hasFocus()), None)
        for chip in self._chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        for widget in (self.count, self.clear_button):
            self._flow.removeWidget(widget)
        self._chips = [self._chip(one) for one in shown]
        for placed in (self.count, *self._chips, self.clear_button):
            self._flow.addWidget(placed)
            placed.show()
        for chip in self._chips:  # the keyboard comes by them on its way to the button
            QWidget.setTabOrder(self.clear_button.previousInFocusChain() or self, chip)
        if focused is not None and self._chips:  # the keyboard stays in the line
            self._chips[min(focused, len(self._chips) - 1)].setFocus()

    def _chip(self, shown: ShownCondition) -> ConditionChip:
        chip = ConditionChip(shown, self)
        chip.clicked.connect(lambda: self._take_away(chip.shown.rest))
        return chip

    def _take_away(self, rest: CaptionQuery) -> None:
        self.taken_away.emit(rest)
