"""Whether words that widgets paint themselves can be read: their contrast to what lies under them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from captionviewer.ui.look import theme
from captionviewer.ui.window.main_window import MainWindow
from tests.ui.painted import pixels

WANTED = 4.5
FAINTEST = 0.9  # below that a view says on purpose that what it shows is about to be replaced
LEAST = 0.15  # the share of a word's place that a ground takes which is no mere edge or frame


@dataclass(frozen=True)
class PaintedText:
    """Words that a widget painted: in which colour, and where in it."""

    widget: QWidget
    words: str
    color: QColor
    place: QRect


def luminance(color: QColor) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
        for v in (color.redF(), color.greenF(), color.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(first: QColor, second: QColor) -> float:
    """How much two colours differ as WCAG 2 defines it, 1 to 21."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@contextmanager
def without_words() -> Iterator[list[PaintedText]]:
    """Let widgets paint all but their words, of which a list is kept."""
    found: list[PaintedText] = []

    def note(painter: QPainter, words: str, box: QRectF) -> None:
        device, at = painter.device(), painter.worldTransform().mapRect(box).toAlignedRect()
        if not isinstance(device, QWidget) or not device.isEnabled() or painter.opacity() < FAINTEST:
            return
        if words.strip() and (seen := at & device.rect()).isValid():
            found.append(PaintedText(device, words, painter.pen().color(), seen))

    def draw_text(painter: QPainter, *given: object) -> None:
        match given:
            case (QPoint() | QPointF() as at, str() as words):
                box = QFontMetricsF(painter.font()).boundingRect(words).translated(QPointF(at))
            case (int() | float() as x, int() | float() as y, str() as words):
                box = QFontMetricsF(painter.font()).boundingRect(words).translated(x, y)
            case (QRect() | QRectF() as rect, words, *_) if isinstance(words, str):
                box = QRectF(rect)
            case (QRect() | QRectF() as rect, flags, str() as words, *_):
                wanted = flags.value if isinstance(flags, Qt.AlignmentFlag | Qt.TextFlag) else int(flags)  # type: ignore[call-overload]
                box = QFontMetricsF(painter.font()).boundingRect(QRectF(rect), wanted, words)
            case (int() as x, int() as y, int() as wide, int() as high, flags, str() as words):
                return draw_text(painter, QRect(x, y, wide, high), flags, words)
            case _:
                raise AssertionError(f"text painted in a way that is not looked at: {given}")
        note(painter, words, box)

    def draw_static(painter: QPainter, at: QPoint | QPointF, text: object) -> None:
        note(painter, text.text(), QRectF(QPointF(at), text.size()))  # type: ignore[attr-defined]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QPainter, "drawText", draw_text)
        patch.setattr(QPainter, "drawStaticText", draw_static)
        yield found


def unreadable(window: QWidget) -> list[str]:
    """The words painted in a window whose contrast to what they stand on is too low."""
    with without_words() as found:
        # one number a pixel, which are counted sooner than three
        picture = pixels(window) @ np.array((1 << 16, 1 << 8, 1), np.int32)
    sharp = window.devicePixelRatioF()
    weak = []
    for text in found:
        if not text.widget.isVisible():
            continue
        seen = text.place & text.widget.visibleRegion().boundingRect()
        at = QRect(text.widget.mapTo(window, seen.topLeft()), seen.size())
        under = picture[
            round(at.top() * sharp) : round((at.bottom() + 1) * sharp),
            round(at.left() * sharp) : round((at.right() + 1) * sharp),
        ]
        grounds, counts = np.unique(under, return_counts=True)
        for ground in (QColor.fromRgb(int(each)) for each in grounds[counts > LEAST * under.size]):
            if (ratio := contrast(text.color, ground)) < WANTED:
                weak.append(
                    f"{type(text.widget).__name__} “{text.words}”: {text.color.name()} on {ground.name()}"
                    f" has {ratio:.2f}"
                )
    return sorted(set(weak))


def unreadable_in_both(window: MainWindow, beside: QWidget | None = None) -> list[str]:
    """As `unreadable` in the dark and the light theme; of a window beside the main one if it is given."""
    told = []
    for choice in (theme.ThemeChoice.DARK, theme.ThemeChoice.LIGHT):
        window.menus.themes[choice].trigger()
        QApplication.processEvents()
        told += [f"{choice.value}: {each}" for each in unreadable(beside or window)]
    return told
