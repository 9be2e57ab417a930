"""The conditions in force as chips: a click, or Delete, takes one away."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QToolButton, QWidget

from captionviewer.core.coco.vocabulary import UNK
from captionviewer.ui.data.caption_query import ShownCondition
from captionviewer.ui.look.theme import colors, mixed
from captionviewer.ui.widgets.elided_label import ElidedLabel
from captionviewer.ui.widgets.outside_text import as_menu_text, set_plain_tip
from captionviewer.ui.widgets.tool_buttons import ActionButton

WIDEST_LETTERS = 34  # a longer phrase is elided
LEAST_LETTERS = 8  # of a chip that has little room
GAP = 6  # pixels between the parts of the line


class ConditionChip(QAbstractButton):
    """One condition with a cross; the whole chip is the button that takes it away."""

    def __init__(self, shown: ShownCondition, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown = shown
        self.setText(shown.words)
        self.setShortcut(QKeySequence())  # of "R&D" Qt makes Alt+D, which belongs to a menu
        self.setObjectName("condition_chip")
        self.setAccessibleName(f"Take away: {shown.words}")
        set_plain_tip(self, f"Take away “{shown.words}” (click, or Delete)")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        words = self._elided(WIDEST_LETTERS * metrics.averageCharWidth())
        return QSize(metrics.horizontalAdvance(words) + metrics.height() + 18, metrics.height() + 8)

    def _elided(self, width: int) -> str:
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, width)

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
        edge = 2 if self.hasFocus() else 1
        inset = edge / 2  # the middle of a line lies there, so that its sides are sharp
        box = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        tint = c.unknown if UNK in self.text() else c.accent
        share = 0.3 if self.underMouse() else 0.15
        painter.setPen(QPen(tint, edge))
        painter.setBrush(mixed(c.surface, tint, share))
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        high = self.fontMetrics().height()
        words = box.adjusted(10, 0, -high - 2, 0)
        painter.setPen(c.text)
        shown = self._elided(int(words.width()) + 1)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        middle, arm = QPointF(box.right() - high * 0.72, box.center().y()), high * 0.2
        painter.setPen(QPen(c.text, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for x, y in ((arm, arm), (arm, -arm)):
            painter.drawLine(QLineF(middle - QPointF(x, y), middle + QPointF(x, y)))
        painter.end()


class ConditionChips(QWidget):
    """What is shown in numbers, the conditions in force, and a button that clears them: always one line.

    The line is there with no condition, too, and never becomes two: nothing below it moves. Conditions
    that have no room are in the menu of a button.
    """

    taken_away = Signal(object)  # the CaptionQuery that is left

    def __init__(self, clear_action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: list[ConditionChip] = []
        self.count = ElidedLabel(self)
        self.count.setObjectName("found_count")
        self.count.setAccessibleName("What is shown")
        self.more_button = QToolButton(self)
        self.more_button.setObjectName("more_conditions")
        self.more_button.setToolTip("More conditions in force; choose one to take it away")
        self.more_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.more_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more_button.setMenu(QMenu(self.more_button))
        self.more_button.hide()
        self.clear_button = ActionButton(
            clear_action, "clear_conditions", Qt.ToolButtonStyle.ToolButtonTextOnly, self
        )
        self.clear_button.hide()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Conditions in force")

    @property
    def chips(self) -> list[ConditionChip]:
        """The chips in order, those included that have no room."""
        return list(self._chips)

    def show_conditions(self, shown: Sequence[ShownCondition], count: str) -> None:
        """Show other conditions, and what they leave."""
        if [chip.text() for chip in self._chips] != [one.words for one in shown]:
            self._make_chips(shown)
        for chip, one in zip(self._chips, shown, strict=True):
            chip.shown = one  # the rest of the query may be another
        self.count.setText(count)
        self._place()

    def sizeHint(self) -> QSize:
        high = max(self.clear_button.sizeHint().height(), self.fontMetrics().height() + 8)
        return QSize(20 * self.fontMetrics().averageCharWidth(), high)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.updateGeometry()
            self._place()

    def _make_chips(self, shown: Sequence[ShownCondition]) -> None:
        focused = next((n for n, chip in enumerate(self._chips) if chip.hasFocus()), None)
        for chip in self._chips:
            chip.hide()
            chip.deleteLater()
        self._chips = [self._chip(one) for one in shown]
        for before, after in pairwise([self.more_button, *self._chips, self.more_button]):
            QWidget.setTabOrder(before, after)  # the keyboard comes by the chips on its way to the buttons
        self._place()
        if focused is not None and self._chips:  # the keyboard stays in the line
            self._chips[min(focused, len(self._chips) - 1)].setFocus()

    def _chip(self, shown: ShownCondition) -> ConditionChip:
        chip = ConditionChip(shown, self)
        chip.clicked.connect(lambda: self.taken_away.emit(chip.shown.rest))
        return chip

    # ---- the line ----------------------------------------------------------------------------

    def _place(self) -> None:
        """Set everything into the line; chips without room go into the menu."""
        width = self.width()
        clear = self.clear_button.sizeHint().width() if self._chips else 0
        words = min(self.count.sizeHint().width(), max(width - 2 * clear, 0))
        left = self._put(self.count, 0, words)
        room = width - left - clear
        fitting = self._how_many_fit(room)
        for number, chip in enumerate(self._chips):
            chip.setVisible(number < fitting)
            if number < fitting:  # the last one that is shown may have less room than its words
                left = self._put(chip, left, min(chip.sizeHint().width(), width - clear - GAP - left))
        self._fill_menu(self._chips[fitting:])
        if fitting < len(self._chips):
            left = self._put(self.more_button, left, self.more_button.sizeHint().width())
        self.clear_button.setVisible(bool(self._chips))
        self._put(self.clear_button, min(left, max(width - clear, 0)), clear)

    def _put(self, widget: QWidget, left: int, width: int) -> int:
        """Place a part at `left`, level with the others; return where the next one begins."""
        high = min(widget.sizeHint().height(), self.height())
        widget.setGeometry(left, (self.height() - high) // 2, width, high)
        return left + width + GAP

    def _how_many_fit(self, room: int) -> int:
        """Return how many chips are shown; the last of all may be shortened to some letters."""
        widths = [chip.sizeHint().width() + GAP for chip in self._chips]
        least = LEAST_LETTERS * self.fontMetrics().averageCharWidth() + self.fontMetrics().height() + 18 + GAP
        if not widths or sum(widths[:-1]) + min(least, widths[-1]) <= room:
            return len(widths)
        self.more_button.setText(f"+{len(widths)}")
        room -= self.more_button.sizeHint().width() + GAP
        return sum(1 for end in accumulate(widths) if end <= room)

    def _fill_menu(self, chips: Sequence[ConditionChip]) -> None:
        self.more_button.setVisible(bool(chips))
        self.more_button.setText(f"+{len(chips)}")
        self.more_button.setAccessibleName(f"{len(chips)} more conditions")
        menu = self.more_button.menu()
        menu.clear()
        for chip in chips:
            menu.addAction(as_menu_text(chip.text())).triggered.connect(chip.click)
