"""What the photo and each word gave to a word's logit: estimate and real change, as tinted cells."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from captionviewer.ui.look import theme

ROWS = ("gradient × input", "real change")
_STRONGEST = {False: 0.75, True: 0.6}


@dataclass(frozen=True)
class Contribution:
    """An input by its name, what the gradient says that it gave to the logit, and what it really gave."""

    name: str
    estimate: float
    real: float


class ContributionTable(QWidget):
    """A line for each input: its name, then two cells, red where it speaks for the word, blue against."""

    line_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[Contribution, ...] = ()
        self._at = -1  # the line that the keys are at
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("What the photo and each word gave to the logit")

    def show_lines(self, lines: tuple[Contribution, ...]) -> None:
        """Show these, one colour scale for all."""
        self.lines = lines
        self.setAccessibleDescription(
            "; ".join(f"{one.name}: {_signed(one.estimate)}, really {_signed(one.real)}" for one in lines)
        )
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, round((len(self.lines) + 1) * self._line()) + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.sizeHint().height())

    def _line(self) -> float:
        return 1.5 * self.fontMetrics().height()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.updateGeometry()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        line = int(event.position().y() / self._line()) - 1
        self._choose(line)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from line to line."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._choose(self._at + step)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _choose(self, line: int) -> None:
        if 0 <= line < len(self.lines):
            self._at = line
            self.line_chosen.emit(line)

    def cell_of(self, line: int, column: int) -> QRectF:
        """Where a cell is: column 0 is the estimate, 1 the real change."""
        metrics, high = self.fontMetrics(), self._line()
        names = max((metrics.horizontalAdvance(one.name) for one in self.lines), default=0) + 14
        names = min(names, self.width() // 3)
        wide = min((self.width() - names) / 2, 14.0 * metrics.averageCharWidth() + 60)
        return QRectF(names + column * wide, (line + 1) * high, wide - 3, high - 3)

    def paintEvent(self, event: QPaintEvent) -> None:
        c, metrics = theme.colors(), self.fontMetrics()
        painter = QPainter(self)
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
                painter.fillRect(cell, theme.mixed(c.surface, toward, share))
                words = _signed(value)
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, words)
        if self.hasFocus():
            painter.setPen(c.accent)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()


def _signed(value: float) -> str:
    """A number with its sign, as people write it."""
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")
