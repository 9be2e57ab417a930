"""What the photo and each word gave to a word's logit: estimate and real change, as tinted cells."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from captionviewer.core.amounts import signed
from captionviewer.ui.look import theme
from captionviewer.ui.widgets.painted_widget import PaintedWidget

ROWS = ("gradient × input", "real change")
_STRONGEST = {False: 0.75, True: 0.6}


@dataclass(frozen=True)
class Contribution:
    """An input by its name, what the gradient says that it gave to the logit, and what it really gave."""

    name: str
    estimate: float
    real: float


class ContributionTable(PaintedWidget):
    """A line for each input: its name, then two cells, red where it speaks for the word, blue against."""

    line_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[Contribution, ...] = ()
        self._room_for: tuple[str, ...] = ()
        self._at = 0  # the line that the keys are at
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("What the photo and each word gave to the logit")

    def show_lines(self, lines: tuple[Contribution, ...], room_for: Sequence[str] = ()) -> None:
        """Show these, one colour scale for all.

        `room_for` are the names of all inputs of the caption: room is kept for them, and nothing moves.
        """
        self.lines, self._room_for = lines, tuple(room_for)
        self._at = min(self._at, max(len(lines) - 1, 0))
        self.setAccessibleDescription(
            "; ".join(
                f"{one.name}: {signed(one.estimate, plus=True)}, really {signed(one.real, plus=True)}"
                for one in lines
            )
        )
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, round((len(self.lines) + 1) * self._line()) + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.sizeHint().height())

    def _line(self) -> float:
        return 1.5 * self.fontMetrics().height()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a line."""
        if event.button() == Qt.MouseButton.LeftButton:
            line = int(event.position().y() / self._line()) - 1
            if 0 <= line < len(self.lines):
                self._go_to(line)
                self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from line to line, and choose the one that the keys are at."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is not None:
            self._go_to(self._at + step)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        else:
            super().keyPressEvent(event)

    def _go_to(self, line: int) -> None:
        if 0 <= line < len(self.lines):
            self._at = line
            self.update()

    def _choose(self) -> None:
        if self.lines:
            self.line_chosen.emit(self._at)

    def cell_of(self, line: int, column: int) -> QRectF:
        """Where a cell is: column 0 is the estimate, 1 the real change."""
        metrics, high = self.fontMetrics(), self._line()
        shown = (*self._room_for, *(one.name for one in self.lines))
        names = max((metrics.horizontalAdvance(name) for name in shown), default=0) + 14
        names = min(names, self.width() // 3)
        wide = min((self.width() - names) / 2, 14.0 * metrics.averageCharWidth() + 60)
        return QRectF(names + column * wide, (line + 1) * high, wide - 3, high - 3)

    def paintEvent(self, event: QPaintEvent) -> None:
        c, metrics = theme.colors(), self.fontMetrics()
        painter = QPainter(self)
        self.fade(painter)
        most = max((max(abs(one.estimate), abs(one.real)) for one in self.lines), default=1.0) or 1.0
        painter.setPen(c.muted)
        for column, title in enumerate(ROWS):
            head = self.cell_of(-1, column)
            shown = metrics.elidedText(title, Qt.TextElideMode.ElideRight, int(head.width()))
            painter.drawText(head, Qt.AlignmentFlag.AlignCenter, shown)
        for n, one in enumerate(self.lines):
            first = self.cell_of(n, 0)
            painter.setPen(c.text)
            shown = metrics.elidedText(one.name, Qt.TextElideMode.ElideRight, int(first.left()) - 8)
            box = QRectF(0, first.top(), first.left() - 8, first.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
            for column, value in enumerate((one.estimate, one.real)):
                cell = self.cell_of(n, column)
                toward = c.surprise if value > 0 else c.accent
                share = _STRONGEST[c.dark] * abs(value) / most
                ground = theme.mixed(c.surface, toward, share)
                painter.fillRect(cell, ground)
                painter.setPen(theme.ink_on(ground))
                words = signed(value, plus=True)
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, words)
        if self.hasFocus() and self.lines:
            painter.setPen(QPen(c.accent, 2))
            last = self.cell_of(self._at, 1)
            painter.drawRect(QRectF(1, last.top(), last.right() + 1, last.height()))
        painter.end()
