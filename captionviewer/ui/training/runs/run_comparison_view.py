"""Several runs beside each other: curves, the settings that differ, and what each says of the same photo."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from captionviewer.core.amounts import format_duration
from captionviewer.core.evaluation.metrics import metric
from captionviewer.core.training.run_comparison import (
    AXES,
    Axis,
    RunCurve,
    SeedBand,
    curve_of,
    seed_band,
    seed_groups,
    why_not_comparable,
)
from captionviewer.core.training.run_names import differing_settings, equal_settings, run_names, value_words
from captionviewer.core.training.run_record import RunRecord
from captionviewer.core.training.settings import FIELD_NAMED
from captionviewer.ui.look.theme import colors, set_muted
from captionviewer.ui.session.session import Session
from captionviewer.ui.training.runs.run_curves import PlottedRun, RunCurves, run_color
from captionviewer.ui.training.runs.said_by_each import SaidByEach
from captionviewer.ui.widgets.control_parts import labelled
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.outside_text import as_html, show_plainly
from captionviewer.ui.widgets.tool_buttons import ActionButton

_SCORES = ("cider_d", "bleu_4", "nats_a_word")


@dataclass(frozen=True)
class Compared:
    """Runs with all that is drawn of them, over one axis; made away from the GUI thread."""

    keys: tuple[str, ...]
    names: tuple[str, ...]
    records: tuple[RunRecord, ...]
    axis: Axis
    curves: tuple[RunCurve, ...]
    bands: tuple[SeedBand, ...]

    @classmethod
    def of(
        cls, keys: Sequence[str], given: Sequence[str], records: Sequence[RunRecord], axis: Axis
    ) -> "Compared":
        """Compute it; `given` are the names that the user gave, "" for one that is made of what differs."""
        settings = [record.settings for record in records]
        made = _told_apart(
            [name or own for name, own in zip(given, run_names(settings), strict=True)], settings
        )
        curves = tuple(curve_of(record, axis) for record in records)
        bands = (seed_band(group, curves) for group in seed_groups(records))
        return cls(
            tuple(keys), made, tuple(records), axis, curves, tuple(band for band in bands if band is not None)
        )


class RunComparison(QWidget):
    """Shows a `Compared`.

    Attributes
    ----------
    axis_choice : QComboBox
        What the curves stand over; its data are the axes' names.
    settings_table, equal_button : QLabel, QLabel
        The settings that differ; how many are equal, and which.
    """

    pointed = Signal(str)  # the key of the run whose curve is under the mouse; "" none

    def __init__(self, session: Session, export: ActionButton, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.shown: Compared | None = None
        self._unfolded = False
        self.axis_choice = QComboBox()
        for axis, words in AXES:
            self.axis_choice.addItem(words, axis)
        self.axis_choice.setAccessibleName("What the curves stand over")
        bar = FlowLayout(gap=8, line_gap=4)
        bar.addWidget(labelled("Over", self.axis_choice))
        bar.addWidget(export)
        self.head = show_plainly(QLabel("Dashed: validation. Faint: every minibatch."))
        set_muted(self.head)
        bar.addWidget(self.head)
        self.warning = show_plainly(QLabel())
        self.warning.setWordWrap(True)
        self.warning.setObjectName("not_comparable")
        self.plot = RunCurves()
        self.plot.pointed.connect(self._tell_pointed)
        self.settings_table = _rich_label("differing_settings")
        self.equal_button = _rich_label("equal_settings")
        self.equal_button.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.equal_button.linkActivated.connect(lambda _link: self._fold())
        self.said = SaidByEach(session.photos)
        session.dataset_changed.connect(self.said.forget_photos)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(5)
        column.addLayout(bar)
        column.addWidget(self.warning)
        column.addWidget(self.plot, 1)
        column.addWidget(self.settings_table)
        column.addWidget(self.equal_button)
        column.addWidget(self.said)

    @property
    def axis(self) -> Axis:
        """What the curves are to stand over."""
        chosen: Axis = self.axis_choice.currentData()
        return chosen

    def show_compared(self, compared: Compared) -> None:
        """Show these runs."""
        self.shown = compared
        title = dict(AXES)[compared.axis]
        runs = [PlottedRun(name, curve) for name, curve in zip(compared.names, compared.curves, strict=True)]
        self.plot.show_runs(runs, compared.bands, title)
        self.warning.setText(_warning(compared))
        self.warning.setVisible(bool(self.warning.text()))
        self._show_tables()
        self.said.show_runs(compared.names, compared.records, self._session.data.dataset)

    def point_at(self, key: str) -> None:
        """Make a run's curve bold; "": none."""
        keys = self.shown.keys if self.shown is not None else ()
        self.plot.set_bold(keys.index(key) if key in keys else -1)

    def _tell_pointed(self, number: int) -> None:
        self.pointed.emit(self.shown.keys[number] if self.shown is not None and number >= 0 else "")

    def _fold(self) -> None:
        self._unfolded = not self._unfolded
        self._show_tables()

    def _show_tables(self) -> None:
        compared = self.shown
        if compared is None:
            return
        settings = [record.settings for record in compared.records]
        c = colors()
        heads = "".join(
            f'<td><span style="color:{run_color(number, c).name()}">\N{BLACK SQUARE}</span>'
            f" {as_html(name)}&nbsp;&nbsp;</td>"
            for number, name in enumerate(compared.names)
        )
        rows = [
            (FIELD_NAMED[one.name].label, [value_words(one.name, value) for value in one.values])
            for one in differing_settings(settings)
        ]
        rows += _outcome_rows(compared.records)
        body = "".join(
            f'<tr><td style="color:{c.muted.name()}">{as_html(label)}&nbsp;&nbsp;</td>'
            + "".join(f"<td>{as_html(value)}&nbsp;&nbsp;</td>" for value in values)
            + "</tr>"
            for label, values in rows
        )
        self.settings_table.setText(f"<table cellpadding='1'><tr><td></td>{heads}</tr>{body}</table>")
        equal = equal_settings(settings)
        count = f"{len(equal)} equal" if len(settings) > 1 else f"{len(equal)} settings"
        words = f'<a href="#">{count}</a>'
        if self._unfolded:
            told = (
                f"{FIELD_NAMED[name].label}: {value_words(name, getattr(settings[0], name))}"
                for name in equal
            )
            words += f": {as_html('; '.join(told))}"
        self.equal_button.setText(words)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "equal_button"):
            self._show_tables()


def _rich_label(name: str) -> QLabel:
    """A label of our own HTML, in which words from outside are escaped."""
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    return label


def _warning(compared: Compared) -> str:
    first = compared.records[0]
    found = []
    for name, record in zip(compared.names[1:], compared.records[1:], strict=True):
        why = why_not_comparable(first, record)
        if why:
            found.append(f"Not comparable: {name} against {compared.names[0]}: {why}.")
    unknown = [
        name
        for name, curve, record in zip(compared.names, compared.curves, compared.records, strict=True)
        if len(record.losses) and not len(curve.y)
    ]
    if unknown:
        found.append(f"The seconds of {', '.join(unknown)} were not kept.")
    return "\n".join(found)


def _outcome_rows(records: Sequence[RunRecord]) -> list[tuple[str, list[str]]]:
    """What came of the runs, a row where any of them has it."""
    best = [record.best_validation for record in records]
    rows = [
        ("Iterations", [f"{record.iteration:,}" for record in records]),
        ("Best val, nats a word", ["" if one is None else f"{one.val:.3f}" for one in best]),
        ("Trained for", [format_duration(r.seconds_trained) if r.seconds_trained else "" for r in records]),
        ("Changed on the way", [str(len(record.edits)) if record.edits else "" for record in records]),
    ]
    made = {record.scores.made for record in records if record.scores is not None}
    for key in _SCORES:
        values = [None if r.scores is None else r.scores.values.get(key) for r in records]
        note = " (made in different ways)" if len(made) > 1 else ""
        rows.append(
            (
                f"{metric(key).title}{note}",
                ["" if value is None else f"{value:.{metric(key).decimals}f}" for value in values],
            )
        )
    return [row for row in rows if any(row[1])]


def _told_apart(names: Sequence[str], settings: Sequence[object]) -> tuple[str, ...]:
    """The names, with a number behind those that are the same."""
    found: list[str] = []
    for number, name in enumerate(names):
        again = names[:number].count(name)
        found.append(f"{name} ({again + 1})" if again else name)
    return tuple(found)
