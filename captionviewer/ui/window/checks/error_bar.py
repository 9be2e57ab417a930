"""An error as a bar on a log scale, beside the tolerance that it is held against."""

import math

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from captionviewer.core.checks.check import Outcome
from captionviewer.ui.look.theme import colors

OUTCOME = Qt.ItemDataRole.UserRole  # where a cell keeps what is painted
_LEAST, _MOST = -17.0, 2.0  # the ends of the scale, as powers of ten


class ErrorBar(QStyledItemDelegate):
    """Paints an error as a bar on a log scale, with a line at the tolerance."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        outcome = index.data(OUTCOME)
        if not isinstance(outcome, Outcome):
            return
        c, room = colors(), QRectF(option.rect).adjusted(6, 4, -6, -4)
        words_wide = painter.fontMetrics().horizontalAdvance("0.0e+00 ")
        scale = room.adjusted(words_wide, 0, 0, 0)

        def place(value: float) -> float:
            power = math.log10(value) if value > 0 else _LEAST
            share = (min(max(power, _LEAST), _MOST) - _LEAST) / (_MOST - _LEAST)
            return scale.left() + share * scale.width()

        painter.save()
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        ink = option.palette.highlightedText().color() if is_selected else c.text
        painter.setPen(ink)
        words = "–" if math.isnan(outcome.error) else f"{outcome.error:.1e}"
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        end = scale.right() if math.isnan(outcome.error) else place(outcome.error)
        bar = QRectF(scale.left(), scale.center().y() - 4, max(end - scale.left(), 2), 8)
        # on the selection's ground neither green nor red can be told apart: the words beside it say which
        painter.fillRect(bar, ink if is_selected else c.good if outcome.passed else c.bad)
        painter.setPen(QPen(ink, 2))
        at = place(outcome.tolerance)
        painter.drawLine(int(at), int(scale.top()), int(at), int(scale.bottom()))
        painter.restore()
