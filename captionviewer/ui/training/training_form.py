"""The form that a training run is started from: a preset, and every setting with its explanation.

(Past 400 lines: a field for each setting, one after the other.)
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields

from PySide6.QtCore import QEvent, QLocale, QObject, QSize, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)

from captionviewer.core.training.settings import (
    FIELD_NAMED,
    FIELDS,
    NOTEBOOK_PRESET,
    PRESETS,
    DataFacts,
    SettingField,
    SettingValue,
    TrainingSettings,
)
from captionviewer.ui.look.theme import colors
from captionviewer.ui.widgets.check_box import CheckBox

OWN = "Own settings"
PRESET_TIP = (
    "Settings that are known to work, to start from. Notebook overfit is the experiment of CS231n's"
    " notebook: 50 captions learned by heart."
)


class TrainingForm(QWidget):
    """Shows and edits TrainingSettings; fields and their explanations come from the table of settings."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quiet = False
        self._fields: dict[str, _Field] = {}
        self._labels: dict[str, QLabel] = {}
        self._problems: dict[str, QLabel] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 4, 8, 8)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setRowMinimumHeight(2, 4)
        grid.setColumnStretch(1, 1)

        self.preset = QComboBox()
        self.preset.addItems([*PRESETS, OWN])
        self.preset.setToolTip(_tip(PRESET_TIP))
        self.preset.setAccessibleName("Preset")
        self.preset.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.preset.setMinimumContentsLength(18)
        self.preset.activated.connect(self._take_preset)
        self.preset.installEventFilter(self)
        label = QLabel("&Preset")
        label.setBuddy(self.preset)
        label.setToolTip(_tip(PRESET_TIP))
        grid.addWidget(label, 0, 0, 1, 2)
        grid.addWidget(self.preset, 1, 0, 1, 2)
        self.more_button = _MoreButton()
        self.more = QWidget()  # what few runs need
        more = QGridLayout(self.more)
        more.setContentsMargins(0, 0, 0, 0)
        more.setHorizontalSpacing(8)
        more.setVerticalSpacing(4)
        more.setColumnStretch(1, 1)
        for number, field in enumerate(FIELDS, 2):
            self._add(more if field.advanced else grid, 2 * number, field)
        grid.addWidget(self.more_button, 2 * len(FIELDS) + 4, 0, 1, 2)
        grid.addWidget(self.more, 2 * len(FIELDS) + 5, 0, 1, 2)
        grid.setRowStretch(2 * len(FIELDS) + 6, 1)
        self.more.hide()
        self.more_button.toggled.connect(self.more.setVisible)
        self._offered = NOTEBOOK_PRESET
        self.set_settings(PRESETS[NOTEBOOK_PRESET])

    def _add(self, grid: QGridLayout, row: int, field: SettingField) -> None:
        entry = _make_field(field)
        entry.changed.connect(self._edited)
        self._fields[field.name] = entry
        tip = _tip(field.tooltip)
        for widget in entry.widgets():
            widget.setToolTip(tip)
            widget.installEventFilter(self)
        entry.buddy().setAccessibleDescription(field.tooltip)
        problem = QLabel()
        problem.setObjectName(f"problem_{field.name}")
        problem.setWordWrap(True)
        problem.hide()
        self._problems[field.name] = problem
        if field.kind == "flag":
            grid.addWidget(entry, row, 0, 1, 2)
        else:
            label = QLabel(field.label)
            label.setBuddy(entry.buddy())
            label.setToolTip(tip)
            self._labels[field.name] = label
            grid.addWidget(label, row, 0)
            grid.addWidget(entry, row, 1)
        grid.addWidget(problem, row + 1, 0, 1, 2)

    # ---- values ------------------------------------------------------------------------------

    def settings(self) -> TrainingSettings:
        """The settings as they stand; a number that can't be read is NaN, which `problems` names."""
        values = {name: entry.value() for name, entry in self._fields.items()}
        return TrainingSettings(**values)  # type: ignore[arg-type]  # each field gives its setting's type

    def set_settings(self, settings: TrainingSettings) -> None:
        """Show settings, and the preset they are, if any."""
        with self._quietly():
            for item in fields(settings):
                self._fields[item.name].set_value(getattr(settings, item.name))
                if FIELD_NAMED[item.name].advanced and getattr(settings, item.name) != item.default:
                    self.more_button.setChecked(True)
        self._name_preset()
        self.changed.emit()

    def offer_preset(self, name: str) -> None:
        """Start from a preset that suits the data, unless the settings shown are the user's own choice."""
        if self.settings() == PRESETS[self._offered]:
            self._offered = name
            self.set_settings(PRESETS[name])

    def entry(self, name: str) -> QWidget:
        """The widget in which a setting is edited."""
        return self._fields[name].buddy()

    def problems(self, facts: DataFacts | None) -> dict[str, str]:
        """What stands against starting, field by field; a text that is no number is quoted."""
        found = self.settings().problems(facts)
        for name, entry in self._fields.items():
            if isinstance(entry, _NumberField) and entry.is_unreadable():
                text = entry.buddy().text().strip()
                label = FIELD_NAMED[name].label
                said = f"not {text!r}" if text else "and is empty"
                found[name] = f"{label} must be a number such as 5e-3, {said}."
        return found

    def show_problems(self, problems: dict[str, str]) -> None:
        """Say below each field what is wrong with it."""
        for name, label in self._problems.items():
            words = problems.get(name, "")
            if label.text() != words:
                label.setText(words)
            label.setVisible(bool(words))
            if words and FIELD_NAMED[name].advanced:
                self.more_button.setChecked(True)
        self._color_problems()

    def set_editable(self, editable: bool) -> None:
        """Let the settings be edited, or (while a run goes on with them) only be read."""
        self.preset.setEnabled(editable)
        for entry in self._fields.values():
            entry.setEnabled(editable)

    # ---- inside ------------------------------------------------------------------------------

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False

    def _edited(self) -> None:
        if not self._quiet:
            self._name_preset()
            self.changed.emit()

    def _name_preset(self) -> None:
        now = self.settings()
        name = next((name for name, preset in PRESETS.items() if preset == now), OWN)
        self.preset.setCurrentText(name)

    def _take_preset(self) -> None:
        preset = PRESETS.get(self.preset.currentText())
        if preset is None:
            self._name_preset()  # "own settings" are whatever stands there
        else:
            self.set_settings(preset)

    def _color_problems(self) -> None:
        for label in self._problems.values():
            palette = QPalette(label.palette())
            palette.setColor(QPalette.ColorRole.WindowText, colors().bad)
            label.setPalette(palette)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._color_problems()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the wheel scroll the form, unless the field under it is the one being edited."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class _Field(QWidget):
    """The entry of one setting."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)

    def value(self) -> SettingValue:
        raise NotImplementedError

    def set_value(self, value: SettingValue) -> None:
        raise NotImplementedError

    def buddy(self) -> QWidget:
        raise NotImplementedError

    def widgets(self) -> list[QWidget]:
        """Every widget that has a tip and may catch the wheel."""
        return [self.buddy()]


class _ChoiceField(_Field):
    def __init__(self, field: SettingField) -> None:
        super().__init__()
        self._box = QComboBox()
        for value, words in field.choices:
            self._box.addItem(words, value)
        self._box.setAccessibleName(field.label)
        self._box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._box.currentIndexChanged.connect(self.changed)
        self._row.addWidget(self._box, 1)

    def value(self) -> SettingValue:
        return str(self._box.currentData())

    def set_value(self, value: SettingValue) -> None:
        self._box.setCurrentIndex(self._box.findData(value))

    def buddy(self) -> QComboBox:
        return self._box


class _WholeNumberField(_Field):
    def __init__(self, field: SettingField) -> None:
        super().__init__()
        self._spin = _Spin(int(field.minimum), int(field.maximum))
        self._spin.setAccessibleName(field.label)
        self._spin.valueChanged.connect(self.changed)
        self._row.addWidget(self._spin, 1)

    def value(self) -> SettingValue:
        return self._spin.value()

    def set_value(self, value: SettingValue) -> None:
        assert isinstance(value, int)
        self._spin.setValue(value)

    def buddy(self) -> QSpinBox:
        return self._spin


class _CountOrAllField(_WholeNumberField):
    """A whole number, or all there are."""

    def __init__(self, field: SettingField) -> None:
        super().__init__(field)
        self._all = CheckBox("All")
        self._all.setAccessibleName(f"All {field.label.lower()}")
        self._all.toggled.connect(self._spin.setDisabled)
        self._all.toggled.connect(self.changed)
        self._row.addWidget(self._all)

    def value(self) -> SettingValue:
        return None if self._all.isChecked() else self._spin.value()

    def set_value(self, value: SettingValue) -> None:
        self._all.setChecked(value is None)
        if value is not None:
            super().set_value(value)

    def widgets(self) -> list[QWidget]:
        return [self._spin, self._all]


class _NumberField(_Field):
    """A number as people write one: 0.005 or 5e-3. What can't be read is said, not blocked."""

    def __init__(self, field: SettingField) -> None:
        super().__init__()
        self._edit = QLineEdit()
        self._edit.setAccessibleName(field.label)
        self._edit.setMaxLength(24)
        self._edit.textChanged.connect(self.changed)
        self._row.addWidget(self._edit, 1)

    def value(self) -> SettingValue:
        try:
            return float(self._edit.text().strip().replace(",", "."))
        except ValueError:
            return math.nan

    def is_unreadable(self) -> bool:
        return math.isnan(float(self.value() or 0))

    def set_value(self, value: SettingValue) -> None:
        assert isinstance(value, float | int)
        self._edit.setText(f"{value:.10g}")

    def buddy(self) -> QLineEdit:
        return self._edit


class _NumberOrOffField(_NumberField):
    """A number, or nothing of the kind."""

    _SUGGESTED = 5.0  # what a user begins with who turns it on

    def __init__(self, field: SettingField) -> None:
        super().__init__(field)
        self._off = CheckBox("Off")
        self._off.setAccessibleName(f"{field.label}: off")
        self._off.toggled.connect(self._edit.setDisabled)
        self._off.toggled.connect(self.changed)
        self._row.addWidget(self._off)
        self._edit.setText(f"{self._SUGGESTED:g}")

    def value(self) -> SettingValue:
        return None if self._off.isChecked() else super().value()

    def set_value(self, value: SettingValue) -> None:
        self._off.setChecked(value is None)
        if value is not None:
            super().set_value(value)

    def widgets(self) -> list[QWidget]:
        return [self._edit, self._off]


class _FlagField(_Field):
    def __init__(self, field: SettingField) -> None:
        super().__init__()
        self._box = CheckBox(field.label)
        self._box.setAccessibleName(field.label)
        self._box.toggled.connect(self.changed)
        self._row.addWidget(self._box)
        self._row.addStretch(1)

    def value(self) -> SettingValue:
        return self._box.isChecked()

    def set_value(self, value: SettingValue) -> None:
        self._box.setChecked(bool(value))

    def buddy(self) -> CheckBox:
        return self._box


class _Spin(QSpinBox):
    """A spin box whose width is that of a usual number, not of its largest.

    A number below `least` can be typed, and is said to be wrong, but not stepped to: a 0 that turned into a 1
    would go unnoticed.
    """

    def __init__(self, least: int, most: int) -> None:
        super().__init__()
        self._least = least
        self.setRange(min(least, 0), most)
        self.setLocale(QLocale.c())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToNearestValue)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setStepType(QAbstractSpinBox.StepType.DefaultStepType)

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(self.fontMetrics().horizontalAdvance("0000000") + hint.height() + 8, hint.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def stepBy(self, steps: int) -> None:
        super().stepBy(steps)
        self.setValue(max(self.value(), self._least))

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        flags = super().stepEnabled()
        if self.value() <= self._least:
            flags &= ~QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        return flags


class _MoreButton(QToolButton):
    """Unfolds the settings that few runs need."""

    def __init__(self) -> None:
        super().__init__()
        self.setText("More settings")
        self.setObjectName("more_settings")
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(_tip("First values of the network, and training without photos"))
        self.setArrowType(Qt.ArrowType.RightArrow)
        self.toggled.connect(
            lambda shown: self.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        )


def _make_field(field: SettingField) -> _Field:
    makers: dict[
        str,
        type[_ChoiceField] | type[_WholeNumberField] | type[_NumberField] | type[_FlagField],
    ] = {
        "choice": _ChoiceField,
        "integer": _WholeNumberField,
        "integer_or_all": _CountOrAllField,
        "number": _NumberField,
        "signed": _NumberField,
        "number_or_off": _NumberOrOffField,
        "flag": _FlagField,
    }
    return makers[field.kind](field)


def _tip(words: str) -> str:
    """A tool tip that wraps: Qt breaks the lines of rich text only."""
    return f"<p>{words}</p>"
