"""How a photo looks on the screen in each of its states, large or as one of many."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QTextOption,
)

from captionviewer.core.coco.dataset import Split
from captionviewer.core.photos.store import PhotoProblem
from captionviewer.ui.look.theme import colors, mixed
from captionviewer.ui.photos.photo_loader import LoadedPhoto, PhotoState

# Why, in a sentence that fits under the drawing; the whole message stands in the tool tip.
REASONS = {
    PhotoProblem.GONE: "Its link is dead, as many of COCO's are. Captions and features are still here.",
    PhotoProblem.OFFLINE: "It is shown by itself when the network is back.",
    PhotoProblem.SWITCHED_OFF: "Preferences say not to fetch photos. Edit, Preferences changes it.",
    PhotoProblem.MISCONFIGURED: "A proxy or certificate setting of this computer is wrong.",
    PhotoProblem.REFUSED: "The server, or the file system, would not give it out.",
    PhotoProblem.NOT_A_PICTURE: "What was found is damaged, or no picture at all.",
    PhotoProblem.TOO_LARGE: "Pictures over 20 MB or 50 megapixels are not opened.",
    PhotoProblem.TIMED_OUT: "The server did not answer in time.",
    PhotoProblem.BUSY: "The server asked for a pause. It is tried again in a while.",
    PhotoProblem.NO_ADDRESS: "The data names neither an address nor a file for it.",
    PhotoProblem.STOPPED: "",
}


def paint_photo(painter: QPainter, rect: QRect, photo: LoadedPhoto, font: QFont) -> None:
    """Paint a photo as one of many: the picture fitted into `rect`, or a small drawing of its state."""
    c = colors()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    picture = _fitting(photo, rect.size() * painter.device().devicePixelRatioF())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(c.raised)
    if picture is not None:
        painter.drawRect(rect)
        painter.drawImage(fitted(picture.size(), rect), picture)
    else:
        painter.drawRoundedRect(rect, 4, 4)
        _paint_small_state(painter, rect, photo, font)
    painter.restore()


def scaled_pixmap(image: QImage, size: QSize, ratio: float) -> QPixmap:
    """Return a picture scaled to `size` on a screen with `ratio` pixels to the unit."""
    pixels = QSize(max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio)))
    pixmap = QPixmap.fromImage(
        image.scaled(pixels, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    )
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def fitted(size: QSize, rect: QRect) -> QRect:
    """Return where a picture of `size` stands in `rect`: as large as it fits, in the middle."""
    inner = QSizeF(size).scaled(QSizeF(rect.size()), Qt.AspectRatioMode.KeepAspectRatio)
    width, height = max(1, round(inner.width())), max(1, round(inner.height()))
    left = rect.left() + (rect.width() - width) // 2
    top = rect.top() + (rect.height() - height) // 2
    return QRect(left, top, width, height)


def paint_badge(painter: QPainter, rect: QRect, split: Split, font: QFont) -> None:
    """Paint "train" or "val" into the upper left corner of `rect`."""
    c = colors()
    bold = QFont(font)
    bold.setBold(True)
    metrics = QFontMetrics(bold)
    height = metrics.height() + 4
    pill = QRect(rect.left() + 6, rect.top() + 6, metrics.horizontalAdvance(split) + height, height)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(c.train if split == "train" else c.val)
    painter.drawRoundedRect(pill, height / 2, height / 2)
    painter.setPen(c.on_badge)
    painter.setFont(bold)
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, split)
    painter.restore()


class StateCard:
    """The drawing, the heading and the reason that stand where a photo would, and room for a button.

    What does not fit is left out: first the drawing, then the reason, last the heading.

    Parameters
    ----------
    rect
        Where all of it stands, in the middle.
    photo
        What is known of the photo.
    font
        For the reason; the heading is larger.
    button
        The button's size; empty for none.
    hint
        What an idle one says.
    """

    def __init__(self, rect: QRect, photo: LoadedPhoto, font: QFont, button: QSize, hint: str) -> None:
        self._photo = photo
        self._font = font
        self._bold = QFont(font)
        self._bold.setBold(True)
        self._bold.setPointSizeF(font.pointSizeF() * 1.15)
        idle = photo.state is PhotoState.IDLE
        self.heading = hint if idle else sentence(photo.words)
        self.reason = REASONS.get(photo.problem, photo.message) if photo.problem is not None else ""
        self._lay_out(rect.adjusted(8, 8, -8, -8), button)

    def _lay_out(self, rect: QRect, button: QSize) -> None:
        line = QFontMetrics(self._font).height()
        width = min(rect.width(), line * 22)
        self._option = QTextOption(Qt.AlignmentFlag.AlignHCenter)
        self._option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        heading = _text_height(self.heading, self._bold, width)
        narrow = _balanced(self.reason, self._font, width) if self.reason else width
        reason = _text_height(self.reason, self._font, narrow)
        drawing = float(min(line * 3, rect.height() // 3))
        gap = line * 0.5
        below = button.height() + gap if not button.isEmpty() else 0.0
        room = rect.height() - below
        if heading + (gap + reason if reason else 0) > room:
            self.reason, reason = "", 0.0
        if heading > room:
            self.heading, heading = "", 0.0
        text = heading + (gap * 0.6 + reason if reason else 0)
        if drawing + gap + text > room or drawing < line:
            drawing = 0.0
        total = (drawing + gap if drawing else 0) + text + below
        top = rect.top() + max(0.0, (rect.height() - total) / 2)
        left = rect.left() + (rect.width() - width) / 2
        self._drawing = QRectF(rect.center().x() - drawing / 2, top, drawing, drawing)
        top += drawing + gap if drawing else 0
        self._heading = QRectF(left, top, width, heading + 2)
        top += heading
        self._reason = QRectF(left + (width - narrow) / 2, top + gap * 0.6, narrow, reason + 2)
        top += gap * 0.6 + reason if reason else 0
        self.button = QRect(
            round(rect.center().x() - button.width() / 2), round(top + gap), button.width(), button.height()
        )

    def paint(self, painter: QPainter) -> None:
        """Paint all but the button, which is a widget."""
        c = colors()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._drawing.height() > 0:
            paint_state(painter, self._drawing, self._photo.state)
        calm = self._photo.state in (PhotoState.IDLE, PhotoState.LOADING)
        painter.setPen(c.muted if calm else c.text)
        painter.setFont(self._font if calm else self._bold)
        painter.drawText(self._heading, self.heading, self._option)
        if self.reason:
            painter.setPen(c.muted)
            painter.setFont(self._font)
            painter.drawText(self._reason, self.reason, self._option)


def sentence(words: str) -> str:
    """Return words with a capital at the front."""
    return words[:1].upper() + words[1:]


def paint_state(painter: QPainter, rect: QRectF, state: PhotoState) -> None:
    """Paint the drawing that stands for a state into a square."""
    c = colors()
    ink = {
        PhotoState.MISSING: c.warn,
        PhotoState.OFFLINE: c.muted,
        PhotoState.FAILED: c.bad,
    }.get(state, mixed(c.muted, c.raised, 0.45))
    painter.save()
    painter.translate(rect.topLeft())
    painter.scale(rect.width() / 24, rect.height() / 24)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    cap, join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    painter.setPen(QPen(ink, 1.6, Qt.PenStyle.SolidLine, cap, join))
    _DRAWINGS.get(state, _draw_frame)(painter, ink)
    painter.restore()


def _draw_frame(painter: QPainter, _ink: QColor) -> None:
    """A picture: a frame with hills and a sun."""
    painter.drawRoundedRect(QRectF(2, 4, 20, 16), 2, 2)
    painter.drawEllipse(QPointF(8, 9.2), 1.7, 1.7)
    hills = QPainterPath(QPointF(3.5, 18))
    for x, y in ((9, 13), (12, 15.6), (16, 11), (20.5, 16)):
        hills.lineTo(x, y)
    painter.drawPath(hills)


def _draw_loading(painter: QPainter, ink: QColor) -> None:
    """A frame with three dots: something is coming."""
    painter.drawRoundedRect(QRectF(2, 4, 20, 16), 2, 2)
    painter.setBrush(ink)
    painter.setPen(Qt.PenStyle.NoPen)
    for x in (7.5, 12.0, 16.5):
        painter.drawEllipse(QPointF(x, 12), 1.3, 1.3)


def _draw_missing(painter: QPainter, _ink: QColor) -> None:
    """A picture torn in two."""
    left = QPainterPath(QPointF(9.5, 4))
    for x, y in ((2.5, 4), (2.5, 20), (8.5, 20), (10.8, 15.5), (8, 12), (11, 8)):
        left.lineTo(x, y)
    left.closeSubpath()
    right = QPainterPath(QPointF(13.5, 4))
    for x, y in ((21.5, 4), (21.5, 20), (12.5, 20), (14.8, 15.5), (12, 12), (15, 8)):
        right.lineTo(x, y)
    right.closeSubpath()
    painter.drawPath(left)
    painter.drawPath(right)


def _draw_offline(painter: QPainter, ink: QColor) -> None:
    """The arcs of a radio signal, struck through."""
    for radius in (4.5, 8.5, 12.5):
        box = QRectF(12 - radius, 18.5 - radius, 2 * radius, 2 * radius)
        painter.drawArc(box, 48 * 16, 84 * 16)
    painter.drawLine(QPointF(4, 4), QPointF(20, 21))
    painter.setBrush(ink)
    painter.drawEllipse(QPointF(12, 18.8), 0.9, 0.9)


def _draw_failed(painter: QPainter, ink: QColor) -> None:
    """A triangle with an exclamation mark."""
    triangle = QPainterPath(QPointF(12, 3.5))
    triangle.lineTo(21.5, 20)
    triangle.lineTo(2.5, 20)
    triangle.closeSubpath()
    painter.drawPath(triangle)
    painter.drawLine(QPointF(12, 9.5), QPointF(12, 14))
    painter.setBrush(ink)
    painter.drawEllipse(QPointF(12, 17), 0.5, 0.5)


_DRAWINGS: dict[PhotoState, Callable[[QPainter, QColor], None]] = {
    PhotoState.LOADING: _draw_loading,
    PhotoState.MISSING: _draw_missing,
    PhotoState.OFFLINE: _draw_offline,
    PhotoState.FAILED: _draw_failed,
}


def _fitting(photo: LoadedPhoto, pixels: QSize) -> QImage | None:
    """Return the picture with enough pixels, if it is at hand."""
    small, large = photo.thumbnail, photo.image
    if small is None or (
        large is not None and max(pixels.width(), pixels.height()) > max(small.width(), small.height())
    ):
        return large or small
    return small


def _paint_small_state(painter: QPainter, rect: QRect, photo: LoadedPhoto, font: QFont) -> None:
    c = colors()
    line = QFontMetrics(font).height()
    calm = photo.state in (PhotoState.IDLE, PhotoState.LOADING)
    # being offline is said once, under the photos, and not in each
    words = "" if calm or photo.state is PhotoState.OFFLINE else photo.words
    side = min(line * 2.2, rect.height() * 0.4, rect.width() * 0.4)
    total = side + (line * 1.3 if words else 0)
    if words and total > rect.height() - 4:  # no room for both: the words say more
        side, total = 0.0, float(line)
    top = rect.top() + (rect.height() - total) / 2
    if side > 0:
        square = QRectF(rect.left() + (rect.width() - side) / 2, top, side, side)
        paint_state(painter, square, photo.state)
    if words:
        painter.setPen(c.muted)
        painter.setFont(font)
        under = QRectF(rect.left() + 3, top + total - line, rect.width() - 6, line + 1)
        short = QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, under.width())
        painter.drawText(under, Qt.AlignmentFlag.AlignCenter, short)


def _balanced(text: str, font: QFont, width: float) -> float:
    """Return the least width at which a text takes no more lines: no single word is left on the last one."""
    height = _text_height(text, font, width)
    low, high = width * 0.4, width
    while high - low > 4:
        middle = (low + high) / 2
        low, high = (low, middle) if _text_height(text, font, middle) <= height else (middle, high)
    return high


def _text_height(text: str, font: QFont, width: float) -> float:
    if not text:
        return 0.0
    flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter
    return QFontMetricsF(font).boundingRect(QRectF(0, 0, width, 10_000), flags, text).height()
