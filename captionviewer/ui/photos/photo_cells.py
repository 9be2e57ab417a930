"""Photos as cells: where photo and caption stand in one, and a list whose cells fill its width."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QWidget

from captionviewer.ui.look.theme import colors

CAPTION_LINES = 2  # of a caption, where cells below are to be seen, too
MOST_CAPTION_LINES = 8  # where there is room below
MARGIN = 5  # around a cell's content, in pixels
CELL_LETTERS = 19  # a cell is at least as wide as so many letters


def cell_parts(box: QRect, metrics: QFontMetrics, lines: int = CAPTION_LINES) -> tuple[QRect, QRect]:
    """Return where in a cell the photo stands, and where its caption of at most so many lines."""
    inner = box.adjusted(MARGIN + 2, MARGIN + 2, -MARGIN - 2, -MARGIN - 2)
    words_high = metrics.lineSpacing() * lines
    photo = QRect(inner.x(), inner.y(), inner.width(), max(inner.height() - words_high - 4, 1))
    return photo, QRect(inner.x(), photo.bottom() + 5, inner.width(), words_high)


def cell_size(width: int, metrics: QFontMetrics, lines: int = CAPTION_LINES) -> QSize:
    """Return the size of cells that fill a width evenly, their photos at 4 by 3."""
    least = metrics.averageCharWidth() * CELL_LETTERS + 2 * (MARGIN + 2)
    columns = max(1, width // least)
    wide = max(width // columns, 1)
    photo_high = round((wide - 2 * (MARGIN + 2)) * 0.75)
    return QSize(wide, photo_high + lines * metrics.lineSpacing() + 4 + 2 * (MARGIN + 2))


def caption_lines(text: str, font: QFont, width: int, most: int = CAPTION_LINES) -> list[str]:
    """Break a caption into at most so many lines of a width, the last one elided."""
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WordWrap)
    layout.setTextOption(option)
    metrics = QFontMetrics(font)
    lines: list[str] = []
    layout.beginLayout()
    while len(lines) < most:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(width)
        start = line.textStart()
        last = len(lines) + 1 == most
        rest = text[start:] if last else text[start : start + line.textLength()]
        lines.append(metrics.elidedText(rest.rstrip(), Qt.TextElideMode.ElideRight, width))
    layout.endLayout()
    return lines


class PhotoCells(QListView):
    """Cells in lines that fill the width; the arrow keys move among them.

    Captions have two lines; where all cells are seen and there is room below, as many as they need.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = CAPTION_LINES
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # always there: a bar that comes and goes would change the width, and with it the cells
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._fit_cells()

    @property
    def caption_lines(self) -> int:
        """How many lines a cell has for its caption."""
        return self._lines

    def reset(self) -> None:
        """Let the cells of another page have the lines that they need."""
        super().reset()
        self._fit_cells()

    def dataChanged(
        self,
        top_left: QModelIndex | QPersistentModelIndex,
        bottom_right: QModelIndex | QPersistentModelIndex,
        roles: Sequence[int] = (),
    ) -> None:
        """Let captions that changed have the lines that they need."""
        super().dataChanged(top_left, bottom_right, list(roles))
        if top_left != bottom_right:  # one cell alone: its photo has come
            self._fit_cells()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the cells fill the new width."""
        self._fit_cells()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Let the cells follow the text size."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._fit_cells()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show where the keyboard is also while no cell is the current one."""
        super().paintEvent(event)
        if self.hasFocus() and not self.currentIndex().isValid():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(colors().accent, 2))
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))
            painter.end()

    def _fit_cells(self) -> None:
        width = max(self.viewport().width() - 1, 1)
        self._lines = self._lines_with_room(width)
        size = cell_size(width, self.fontMetrics(), self._lines)
        if size != self.gridSize():
            self.setGridSize(size)
            self.verticalScrollBar().setSingleStep(max(size.height() // 3, 1))
            if self.currentIndex().isValid():
                self.scrollTo(self.currentIndex())

    def _lines_with_room(self, width: int) -> int:
        """Return how many lines of caption there is room for, and need of, without scrolling."""
        model, metrics = self.model(), self.fontMetrics()
        count = _num_cells(model)
        cell = cell_size(width, metrics)
        rows = -(-count // max(1, width // cell.width()))
        spare = self.viewport().height() - rows * cell.height()
        most = min(CAPTION_LINES + spare // max(rows * metrics.lineSpacing(), 1), MOST_CAPTION_LINES)
        if not count or most <= CAPTION_LINES:
            return CAPTION_LINES
        wide = cell_parts(QRect(0, 0, cell.width(), cell.height()), metrics)[1].width()
        needed = (
            len(caption_lines(str(model.index(row, 0).data()), self.font(), wide, most))
            for row in range(count)
        )
        return max(CAPTION_LINES, *needed)


def _num_cells(model: QAbstractItemModel | None) -> int:
    return 0 if model is None else model.rowCount()  # a view has no model while it is being made
