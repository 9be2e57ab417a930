"""Fusion with parts that grow with the text, and with edges around what can be typed into.

Qt's styles give check boxes, spin arrows, icons, title buttons and scroll bars in pixels of a screen, so that
text at 200 % stands beside boxes at 100 %. Fusion draws the edge of a field a little darker than the window,
which a dark window swallows.
"""

from typing import cast

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QProxyStyle,
    QStyle,
    QStyleOption,
    QStyleOptionComplex,
    QWidget,
)

_PM = QStyle.PixelMetric
# What grows, and its size in lines of text; at the usual text these are about Fusion's own sizes.
_IN_LINES = {
    _PM.PM_IndicatorWidth: 0.86,
    _PM.PM_IndicatorHeight: 0.86,
    _PM.PM_ExclusiveIndicatorWidth: 0.86,
    _PM.PM_ExclusiveIndicatorHeight: 0.86,
    _PM.PM_SmallIconSize: 1.05,
    _PM.PM_ButtonIconSize: 1.05,
    _PM.PM_TabBarIconSize: 1.05,
    _PM.PM_ToolBarIconSize: 1.2,
    _PM.PM_DockWidgetTitleBarButtonMargin: 0.14,
    _PM.PM_TitleBarButtonIconSize: 0.8,
    _PM.PM_ScrollBarExtent: 0.86,
    _PM.PM_ScrollBarSliderMin: 1.8,
    _PM.PM_MenuButtonIndicator: 0.8,
}
_SPIN_BUTTON = 0.9  # lines of text: the width of a spin box's arrows
_ARROW = 0.42  # and of an arrow
_USUAL_LINE = 18  # pixels: up to there Fusion's own arrows do
_STEPS = (QAbstractSpinBox.StepEnabledFlag.StepUpEnabled, QAbstractSpinBox.StepEnabledFlag.StepDownEnabled)
_FIELDS = (QStyle.ComplexControl.CC_SpinBox, QStyle.ComplexControl.CC_ComboBox)
_ARROWS = (QStyle.SubControl.SC_SpinBoxUp, QStyle.SubControl.SC_SpinBoxDown)


class GrowingStyle(QProxyStyle):
    """Fusion whose small parts follow the size of text; the palette's Dark is the edge of a field."""

    def __init__(self) -> None:
        super().__init__("Fusion")

    def pixelMetric(
        self, metric: QStyle.PixelMetric, option: QStyleOption | None = None, widget: QWidget | None = None
    ) -> int:
        plain = super().pixelMetric(metric, option, widget)
        lines = _IN_LINES.get(metric)
        return plain if lines is None else max(plain, round(lines * _line(option, widget)))

    def subControlRect(
        self,
        control: QStyle.ComplexControl,
        option: QStyleOptionComplex,
        part: QStyle.SubControl,
        widget: QWidget | None = None,
    ) -> QRect:
        given = cast(QWidget, widget)  # the stubs of QProxyStyle leave out that there may be none
        place = super().subControlRect(control, option, part, given)
        if control is not QStyle.ComplexControl.CC_SpinBox:
            return place
        arrow = super().subControlRect(control, option, QStyle.SubControl.SC_SpinBoxUp, given)
        more = max(round(_SPIN_BUTTON * _line(option, widget)) - arrow.width(), 0) if arrow.width() else 0
        if part in _ARROWS:
            return place.adjusted(-more, 0, 0, 0)
        return place.adjusted(0, 0, -more, 0) if part is QStyle.SubControl.SC_SpinBoxEditField else place

    def drawPrimitive(
        self,
        element: QStyle.PrimitiveElement,
        option: QStyleOption,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        super().drawPrimitive(element, option, painter, widget)
        if (
            element is QStyle.PrimitiveElement.PE_PanelLineEdit
            and isinstance(widget, QLineEdit)
            and widget.hasFrame()
            and not isinstance(widget.parent(), QAbstractSpinBox | QComboBox)
        ):
            _draw_edge(option, painter)

    def drawComplexControl(
        self,
        control: QStyle.ComplexControl,
        option: QStyleOptionComplex,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        super().drawComplexControl(control, option, painter, widget)
        if control in _FIELDS:
            _draw_edge(option, painter)
        if control is QStyle.ComplexControl.CC_SpinBox and isinstance(widget, QAbstractSpinBox):
            self._draw_arrows(option, painter, widget)

    def _draw_arrows(self, option: QStyleOptionComplex, painter: QPainter, field: QAbstractSpinBox) -> None:
        """Draw larger arrows over Fusion's, which have one size."""
        line = _line(option, field)
        half = line * _ARROW / 2
        if line <= _USUAL_LINE or field.buttonSymbols() is not QAbstractSpinBox.ButtonSymbols.UpDownArrows:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for part, step, way in zip(_ARROWS, _STEPS, (-1, 1), strict=True):
            middle = QRectF(
                self.subControlRect(QStyle.ComplexControl.CC_SpinBox, option, part, field)
            ).center()
            color = QColor(option.palette.buttonText().color())
            if not field.stepEnabled() & step or not field.isEnabled():
                color.setAlphaF(0.4)
            painter.setBrush(color)
            tip, base = middle.y() + way * half * 0.6, middle.y() - way * half * 0.6
            painter.drawPolygon(
                [QPointF(middle.x(), tip), QPointF(middle.x() - half, base), QPointF(middle.x() + half, base)]
            )
        painter.restore()


def _draw_edge(option: QStyleOption, painter: QPainter) -> None:
    """Draw the edge of a field that can be used; one that has the keyboard has Fusion's already."""
    state: QStyle.StateFlag = option.state
    if state & QStyle.StateFlag.State_HasFocus or not state & QStyle.StateFlag.State_Enabled:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(option.palette.color(QPalette.ColorRole.Dark), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
    painter.restore()


def _line(option: QStyleOption | None, widget: QWidget | None) -> int:
    """Return the height of a line of text where a part stands."""
    if widget is not None:
        return widget.fontMetrics().height()
    if option is not None:
        return QFontMetrics(option.fontMetrics).height()
    return QFontMetrics(QGuiApplication.font()).height()
