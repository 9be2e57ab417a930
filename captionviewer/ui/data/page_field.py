"""Where one is among the minibatches: a number that can be typed."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QSpinBox, QWidget


class PageField(QSpinBox):
    """Shows "minibatch 12 of 16,672"; type a number to go there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("minibatch_position")
        self.setAccessibleName("Position among the minibatches")
        self.setToolTip("Which minibatch is shown; type a number and press Enter to go there")
        self.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.setKeyboardTracking(False)
        self.show_position(0, 0, "minibatch")

    def show_position(self, index: int, count: int, unit: str) -> None:
        """Show a position, from 0, among `count` of what `unit` names."""
        self.blockSignals(True)
        self.setPrefix(f"{unit} " if count else "")
        self.setSuffix(f" of {count:,}" if count else "")
        self.setSpecialValueText("" if count else f"no {unit}")
        self.setRange(1 if count else 0, count)
        self.setValue(index + 1 if count else 0)
        self.setEnabled(count > 0)
        self.blockSignals(False)
        self.updateGeometry()

    def textFromValue(self, value: int) -> str:
        """Write thousands apart, whatever the system's language."""
        return f"{value:,}"

    def valueFromText(self, text: str) -> int:
        digits = self._digits(text)
        return int(digits) if digits else self.value()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Take digits, also with commas; a number past the last one waits to be mended."""
        digits = self._digits(text)
        if not digits:
            return QValidator.State.Intermediate, text, position
        if not digits.isdecimal() or len(digits) > 9:
            return QValidator.State.Invalid, text, position
        fits = self.minimum() <= int(digits) <= self.maximum()
        return QValidator.State.Acceptable if fits else QValidator.State.Intermediate, text, position

    def fixup(self, text: str) -> str:
        """Go to the nearest there is when a number past the last one was typed."""
        digits = self._digits(text)
        number = int(digits) if digits.isdecimal() else self.value()
        return f"{self.prefix()}{min(max(number, self.minimum()), self.maximum()):,}{self.suffix()}"

    def _digits(self, text: str) -> str:
        text = text.removeprefix(self.prefix()).removesuffix(self.suffix())
        return text.replace(",", "").strip()

    def sizeHint(self) -> QSize:
        """Return the width of the longest text there can be, so that buttons beside it stay in place."""
        digits = len(f"{max(self.maximum(), 10):,}")
        widest = f"minibatch {'0' * digits} of {'0' * digits}"
        return QSize(self.fontMetrics().horizontalAdvance(widest) + 26, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Return the same: the position is never cut."""
        return self.sizeHint()
