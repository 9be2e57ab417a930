"""Photos as cells: where photo and caption stand in one, and a list whose cells fill its width."""

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QResizeEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QWidget

from captionviewer.ui.look.theme import Colors

CAPTION_LINES = 2
MARGIN = 5  # around a cell's content, in pixels
CELL_LETTERS = 19  # a cell is at least as wide as so many letters


def cell_parts(box: QRect, metrics: QFontMetrics) -> tuple[QRect, QRect]:
    """Return where in a cell the photo stands, and where its caption."""
    inner = box.adjusted(MARGIN + 2, MARGIN + 2, -MARGIN - 2, -MARGIN - 2)
    words_high = metrics.lineSpacing() * CAPTION_LINES
    photo = QRect(inner.x(), inner.y(), inner.width(), max(inner.height() - words_high - 4, 1))
    return photo, QRect(inner.x(), photo.bottom() + 5, inner.width(), words_high)


def cell_size(width: int, metrics: QFontMetrics) -> QSize:
    """Return the size of cells that fill a width evenly, their photos at 4 by 3."""
    least = metrics.averageCharWidth() * CELL_LETTERS + 2 * (MARGIN + 2)
    columns = max(1, width // least)
    wide = max(width // columns, 1)
    photo_high = round((wide - 2 * (MARGIN + 2)) * 0.75)
    return QSize(wide, photo_high + CAPTION_LINES * metrics.lineSpacing() + 4 + 2 * (MARGIN + 2))


def caption_lines(text: str, font: QFont, width: int) -> list[str]:
    """Break a caption into at most two lines of a width, the last one elided."""
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WordWrap)
    layout.setTextOption(option)
    metrics = QFontMetrics(font)
    lines: list[str] = []
    layout.beginLayout()
    while len(lines) < CAPTION_LINES:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(width)
        start = line.textStart()
        last = len(lines) + 1 == CAPTION_LINES
        rest = text[start:] if last else text[start : start + line.textLength()]
        lines.append(metrics.elidedText(rest.rstrip(), Qt.TextElideMode.ElideRight, width))
    layout.endLayout()
    return lines


def paint_badge(
    painter: QPainter, photo: QRect, text: str, fill: QColor, font: QFont, c: Colors, *, left: bool
) -> None:
    """Write a few words on a colour into an upper corner of a photo."""
    metrics = QFontMetrics(font)
    wide, high = metrics.horizontalAdvance(text) + 10, metrics.height() + 2
    x = photo.x() + 4 if left else photo.right() - 3 - wide
    box = QRectF(x, photo.y() + 4, wide, high)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(c.on_badge if left else c.on_accent)
    painter.setFont(font)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


class PhotoCells(QListView):
    """Cells in lines that fill the width; the arrow keys move among them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the cells fill the new width."""
        self._fit_cells()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Let the cells follow the text size."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._fit_cells()

    def _fit_cells(self) -> None:
        size = cell_size(max(self.viewport().width() - 1, 1), self.fontMetrics())
        if size != self.gridSize():
            self.setGridSize(size)
            self.verticalScrollBar().setSingleStep(max(size.height() // 3, 1))
            if self.currentIndex().isValid():
                self.scrollTo(self.currentIndex())
