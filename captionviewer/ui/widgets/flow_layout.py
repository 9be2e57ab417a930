"""A layout that sets its items in lines, as words of a text."""

from PySide6.QtCore import QMargins, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Lays items left to right and goes on in a new line where the width ends.

    Items of one line are centred on it vertically, so that labels, fields and buttons stand level. Those
    whose size policy expands share the room that is left in their line.
    """

    def __init__(self, parent: QWidget | None = None, gap: int = 12, line_gap: int = 6) -> None:
        super().__init__(parent)
        # until an item changes: a layout above asks some thirty times for one change
        self._heights: dict[int, int] = {}
        self._one_line: QSize | None = None
        self._largest: QSize | None = None
        self.setContentsMargins(QMargins())
        self._gap, self._line_gap = gap, line_gap
        self._items: list[QLayoutItem] = []

    def invalidate(self) -> None:
        """Forget what was reckoned of the items, one of which has changed."""
        self._heights.clear()
        self._one_line = self._largest = None
        super().invalidate()

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)
        self.invalidate()

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        self.invalidate()
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if width not in self._heights:
            self._heights[width] = self._arrange(QRect(0, 0, width, 0), place=False)
        return self._heights[width]

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, place=True)

    def sizeHint(self) -> QSize:
        """Return the size of all items in one line."""
        if self._one_line is None:
            hints = [item.sizeHint() for item in self._shown()]
            wide = sum(hint.width() for hint in hints) + self._gap * max(len(hints) - 1, 0)
            high = max((hint.height() for hint in hints), default=0)
            self._one_line = self._with_margins(QSize(wide, high))
        return self._one_line

    def minimumSize(self) -> QSize:
        """Return the size of the largest item."""
        if self._largest is None:
            size = QSize()
            for item in self._shown():
                size = size.expandedTo(item.minimumSize())
            self._largest = self._with_margins(size)
        return self._largest

    def _with_margins(self, size: QSize) -> QSize:
        margins = self.contentsMargins()
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _arrange(self, rect: QRect, place: bool) -> int:
        margins = self.contentsMargins()
        area = rect.marginsRemoved(margins)
        x, y = area.x(), area.y()
        line: list[tuple[QLayoutItem, QRect]] = []
        height = 0

        def end_line() -> None:
            if place and line:
                _set_line(line, area.x() + area.width(), height)
            line.clear()

        for item in self._shown():
            size = item.sizeHint().boundedTo(QSize(max(area.width(), item.minimumSize().width()), 1 << 20))
            if line and x + size.width() > area.x() + area.width():
                end_line()
                x, y, height = area.x(), y + height + self._line_gap, 0
            line.append((item, QRect(x, y, size.width(), size.height())))
            x += size.width() + self._gap
            height = max(height, size.height())
        end_line()
        return y + height - rect.y() + margins.bottom()


def _set_line(line: list[tuple[QLayoutItem, QRect]], end: int, height: int) -> None:
    """Place the items of a line, level with each other; what room is left goes to those that grow."""
    growing = [item for item, _box in line if item.expandingDirections() & Qt.Orientation.Horizontal]
    spare = max(end - line[-1][1].right() - 1, 0)
    shift = 0
    for item, box in line:
        more = spare // len(growing) if item in growing else 0
        item.setGeometry(box.adjusted(0, 0, more, 0).translated(shift, (height - box.height()) // 2))
        shift += more
