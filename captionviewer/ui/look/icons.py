"""The program's icons, drawn in the colours of the theme in force at the moment they are painted."""

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from captionviewer.ui.look.theme import colors

Draw = Callable[[QPainter], None]  # draws on a square of 24 by 24 with the pen and brush it finds


def icon(name: str) -> QIcon:
    """Return an icon by name, such as "play" (the names are those of `NAMES`); KeyError for another."""
    return QIcon(_ThemedIcon(_DRAWINGS[name]))


class _ThemedIcon(QIconEngine):
    """Draws the icon anew at each painting, so that it follows the theme and the screen's pixel ratio."""

    def __init__(self, draw: Draw) -> None:
        super().__init__()
        self._draw = draw

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        color = QColor(colors().text)
        if mode is QIcon.Mode.Disabled:
            color.setAlphaF(0.35)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(rect.width(), rect.height())
        painter.translate(QRectF(rect).center() - QPointF(side / 2, side / 2))
        painter.scale(side / 24, side / 24)
        painter.setPen(
            QPen(color, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        )
        painter.setBrush(color)
        self._draw(painter)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return picture

    def clone(self) -> QIconEngine:
        return _ThemedIcon(self._draw)


def _polygon(painter: QPainter, *points: tuple[float, float]) -> None:
    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in points]))


def _outline(painter: QPainter, *points: tuple[float, float]) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))


def _play(painter: QPainter) -> None:
    _polygon(painter, (8, 5), (19, 12), (8, 19))


def _pause(painter: QPainter) -> None:
    painter.drawRect(QRectF(7, 6, 2.5, 12))
    painter.drawRect(QRectF(14.5, 6, 2.5, 12))


def _stop(painter: QPainter) -> None:
    painter.drawRect(QRectF(7, 7, 10, 10))


def _step(painter: QPainter) -> None:
    _polygon(painter, (6, 6), (14, 12), (6, 18))
    painter.drawLine(QPointF(18, 6), QPointF(18, 18))


def _go_on(painter: QPainter) -> None:
    painter.drawLine(QPointF(6, 6), QPointF(6, 18))
    _polygon(painter, (10.5, 6), (19, 12), (10.5, 18))


def _back(painter: QPainter) -> None:
    _polygon(painter, (18, 6), (10, 12), (18, 18))
    painter.drawLine(QPointF(6, 6), QPointF(6, 18))


def _to_end(painter: QPainter) -> None:
    _polygon(painter, (4, 7), (10, 12), (4, 17))
    _polygon(painter, (11, 7), (17, 12), (11, 17))
    painter.drawLine(QPointF(20, 7), QPointF(20, 17))


def _restart(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(5, 5, 14, 14), 60 * 16, -300 * 16)
    _outline(painter, (13.5, 2.5), (15.8, 6.2), (11.6, 7.6))


def _previous(painter: QPainter) -> None:
    _outline(painter, (14.5, 6), (8.5, 12), (14.5, 18))


def _next(painter: QPainter) -> None:
    _outline(painter, (9.5, 6), (15.5, 12), (9.5, 18))


def _arrow_back(painter: QPainter) -> None:
    _outline(painter, (11, 6), (5, 12), (11, 18))
    painter.drawLine(QPointF(5, 12), QPointF(19, 12))


def _arrow_forward(painter: QPainter) -> None:
    _outline(painter, (13, 6), (19, 12), (13, 18))
    painter.drawLine(QPointF(5, 12), QPointF(19, 12))


def _shuffle(painter: QPainter) -> None:
    for start, end in ((7.0, 17.0), (17.0, 7.0)):
        path = QPainterPath(QPointF(3, start))
        path.cubicTo(QPointF(11, start), QPointF(11, end), QPointF(19, end))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        _outline(painter, (16.5, end - 3), (20, end), (16.5, end + 3))


def _folder(painter: QPainter) -> None:
    _outline(painter, (3, 18), (3, 6), (9, 6), (11, 8.5), (21, 8.5), (21, 18), (3, 18))


def _copy(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(8, 8, 11, 12), 2, 2)
    _outline(painter, (5, 15), (5, 4), (14, 4))


def _search(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(10.5, 10.5), 6, 6)
    painter.drawLine(QPointF(15, 15), QPointF(20, 20))


def _filter(painter: QPainter) -> None:
    for half, y in ((8, 7), (5.5, 12), (2.5, 17)):
        painter.drawLine(QPointF(12 - half, y), QPointF(12 + half, y))


def _save(painter: QPainter) -> None:
    _outline(painter, (12, 4), (12, 14))
    _outline(painter, (8, 10.5), (12, 14.5), (16, 10.5))
    _outline(painter, (4, 16), (4, 20), (20, 20), (20, 16))


def _export(painter: QPainter) -> None:
    _outline(painter, (12, 14.5), (12, 4))
    _outline(painter, (8, 8), (12, 4), (16, 8))
    _outline(painter, (4, 16), (4, 20), (20, 20), (20, 16))


def _warning(painter: QPainter) -> None:
    _outline(painter, (12, 3.5), (21.5, 20), (2.5, 20), (12, 3.5))
    painter.drawLine(QPointF(12, 10), QPointF(12, 14))
    painter.drawPoint(QPointF(12, 17))


def _close(painter: QPainter) -> None:
    painter.drawLine(QPointF(7, 7), QPointF(17, 17))
    painter.drawLine(QPointF(17, 7), QPointF(7, 17))


def _follow(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    path = QPainterPath(QPointF(2.5, 12))
    path.quadTo(QPointF(12, 1.5), QPointF(21.5, 12))
    path.quadTo(QPointF(12, 22.5), QPointF(2.5, 12))
    painter.drawPath(path)
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(12, 12), 2.2, 2.2)


def _photo(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(3, 4, 18, 16), 2, 2)
    _outline(painter, (4, 17), (9, 11), (13, 15.5), (16, 12.5), (20, 17))
    spokes = 8
    for k in range(spokes):
        angle = 2 * math.pi * k / spokes
        painter.drawPoint(QPointF(16 + 1.2 * math.cos(angle), 8.2 + 1.2 * math.sin(angle)))


def _letter(painter: QPainter, sign: str) -> None:
    _outline(painter, (3, 19), (8.5, 5), (14, 19))
    _outline(painter, (5, 14), (12, 14))
    painter.drawLine(QPointF(16, 8), QPointF(22, 8))
    if sign == "+":
        painter.drawLine(QPointF(19, 5), QPointF(19, 11))


def _larger(painter: QPainter) -> None:
    _letter(painter, "+")


def _smaller(painter: QPainter) -> None:
    _letter(painter, "-")


def _settings(painter: QPainter) -> None:
    for y, knob in ((6.0, 15.0), (12.0, 8.0), (18.0, 14.0)):
        painter.drawLine(QPointF(3, y), QPointF(21, y))
        painter.drawEllipse(QPointF(knob, y), 2.2, 2.2)


def _dial(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(4, 4, 16, 16), -50 * 16, 280 * 16)
    painter.drawLine(QPointF(12, 12), QPointF(16, 8))


def _model(painter: QPainter) -> None:
    left, right = (5.0, 12.0, 19.0), (8.0, 16.0)
    for y in left:
        for other in right:
            painter.drawLine(QPointF(6, y), QPointF(18, other))
    for y in left:
        painter.drawEllipse(QPointF(6, y), 1.6, 1.6)
    for y in right:
        painter.drawEllipse(QPointF(18, y), 1.6, 1.6)


def _fill(painter: QPainter) -> None:
    for x, y, dx, dy in ((4, 4, 1, 1), (20, 4, -1, 1), (4, 20, 1, -1), (20, 20, -1, -1)):
        _outline(painter, (x, y + 5 * dy), (x, y), (x + 5 * dx, y))


def _give_back(painter: QPainter) -> None:
    for x, y, dx, dy in ((4, 4, 1, 1), (20, 4, -1, 1), (4, 20, 1, -1), (20, 20, -1, -1)):
        _outline(painter, (x, y + 5 * dy), (x + 5 * dx, y + 5 * dy), (x + 5 * dx, y))


def _float(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(9, 4, 11, 10))
    _outline(painter, (9, 9), (4, 9), (4, 20), (16, 20), (16, 14))


_DRAWINGS: dict[str, Draw] = {
    "play": _play,
    "pause": _pause,
    "stop": _stop,
    "step": _step,
    "go_on": _go_on,
    "back": _back,
    "to_end": _to_end,
    "restart": _restart,
    "previous": _previous,
    "next": _next,
    "arrow_back": _arrow_back,
    "arrow_forward": _arrow_forward,
    "shuffle": _shuffle,
    "folder": _folder,
    "copy": _copy,
    "search": _search,
    "filter": _filter,
    "save": _save,
    "export": _export,
    "warning": _warning,
    "close": _close,
    "follow": _follow,
    "photo": _photo,
    "larger": _larger,
    "smaller": _smaller,
    "settings": _settings,
    "dial": _dial,
    "model": _model,
    "fill": _fill,
    "give_back": _give_back,
    "float": _float,
}
NAMES = tuple(_DRAWINGS)
