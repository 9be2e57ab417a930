"""The view States: a caption's states and gates as a heat map, from there to a unit and back."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QComboBox, QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from captionviewer.core.amounts import signed
from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.vocabulary import END, NULL
from captionviewer.core.inspection.cell_terms import LstmTerms, RnnTerms, cell_terms
from captionviewer.core.inspection.states import StateTrace, quantities_of, trace_states
from captionviewer.core.inspection.units import changing_here, clustered, most_changing, word_scores
from captionviewer.core.network.cells import Quantity
from captionviewer.ui.plots.painted_export import PaintedExport
from captionviewer.ui.sampling.caption_player import CaptionPlayer
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.latest_work import LatestWork
from captionviewer.ui.sampling.sampler import Sampler
from captionviewer.ui.sampling.states.corpus_reader import CorpusReader, ReadCorpus
from captionviewer.ui.sampling.states.state_colors import NAMES, RANGES
from captionviewer.ui.sampling.states.state_map import StateMap
from captionviewer.ui.sampling.states.unit_part import UnitPart
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.check_box import CheckBox
from captionviewer.ui.widgets.control_parts import labelled, scrolling, words_label
from captionviewer.ui.widgets.empty_page import EmptyPage
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.worker import Cancelled

FEW_UNITS = 24  # shown by default: those that change most
CHANGE, INDEX, ALIKE, HERE, SPECIFIC = "change", "index", "alike", "here", "specific"
_ORDERS = {
    CHANGE: ("Most change", "By how much a unit changes along this caption"),
    INDEX: ("Index", "By number"),
    ALIKE: ("Alike together", "Units that move together along this caption stand together"),
    HERE: ("Change at the word", "By how much a unit changes at the chosen word"),
    SPECIFIC: (
        "Specific to the word",
        "By how far a unit's mean at the chosen word, over val, is from its mean",
    ),
}


@dataclass(frozen=True)
class ShownStates:
    """What the map shows, worked out away from the GUI thread."""

    sample: CaptionSample
    trace: StateTrace
    quantity: Quantity
    order: IntArray  # (H,) all units, or those few that are shown


class StatesView(QWidget):
    """Follows the sampler's sample; works only while it is seen."""

    def __init__(self, session: Session, sampler: Sampler, player: CaptionPlayer) -> None:
        super().__init__()
        self._session, self._sampler, self._player = session, sampler, player
        self.shown: ShownStates | None = None
        self._work: LatestWork[ShownStates] = LatestWork(session, "tracing the states", between_steps=True)
        self.reader = CorpusReader(session, self)
        self._make_controls()
        self.map = StateMap()
        self.map.unit_opened.connect(self.open_unit)
        self.map.word_chosen.connect(self._choose_word)
        self.map.pointed.connect(self._say)
        self.export = PaintedExport(
            session, self.map, self.map.draw, self.map.rows, self._file_name, lambda: self.shown is not None
        )
        self.said = words_label("state_said")
        self.legend = words_label("states_legend")
        self.unit = UnitPart(session, self.reader)
        self.unit.closed.connect(self.back)
        self.empty = EmptyPage()
        self._pages = QStackedWidget()
        self._pages.addWidget(scrolling(self._make_map_page()))
        self._pages.addWidget(self.unit)
        self._pages.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.addWidget(self._pages)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        sampler.sample_changed.connect(self._sample_changed)
        sampler.outdated_changed.connect(self._outdated_changed)
        player.moved.connect(self._player_moved)
        self.reader.changed.connect(self._read_changed)

    # ---- parts ---------------------------------------------------------------------------------

    def _make_controls(self) -> None:
        self.caption_choice = QComboBox()
        self.caption_choice.setAccessibleName("Caption that is fed")
        self.caption_choice.currentIndexChanged.connect(lambda _index: self._trace())
        self.quantity_choice = QComboBox()
        self.quantity_choice.setAccessibleName("State or gate")
        self.quantity_choice.currentIndexChanged.connect(lambda _index: self._trace())
        self.order_choice = QComboBox()
        self.order_choice.setAccessibleName("Order of the units")
        for number, (order, (title, tip)) in enumerate(_ORDERS.items()):
            self.order_choice.addItem(title, order)
            self.order_choice.setItemData(number, tip, Qt.ItemDataRole.ToolTipRole)
        self.order_choice.currentIndexChanged.connect(lambda _index: self._trace())
        self.all_box = CheckBox("All units")
        self.all_box.setToolTip(
            f"Off: the {FEW_UNITS} that come first in the order, by default those that change most"
        )
        self.all_box.toggled.connect(lambda _all: self._trace())

    def _make_map_page(self) -> QWidget:
        page = QWidget()
        flow = FlowLayout(gap=10, line_gap=4)
        flow.addWidget(labelled("Caption", self.caption_choice))
        flow.addWidget(labelled("Show", self.quantity_choice))
        flow.addWidget(labelled("Order", self.order_choice))
        flow.addWidget(self.all_box)
        area = QScrollArea()
        area.setWidget(self.map)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for ground in (area, area.viewport()):
            ground.setBackgroundRole(QPalette.ColorRole.Base)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(flow)
        column.addWidget(area, 1)
        column.addWidget(self.said)
        column.addWidget(self.legend)
        self._area = area
        return page

    def _keep_rows_in_sight(self) -> None:
        """Let the page scroll where there is little room, before its map shows no unit any more."""
        self._area.setMinimumHeight(min(self.map.least_height, self.map.sizeHint().height()))

    # ---- what is fed ---------------------------------------------------------------------------

    @property
    def quantity(self) -> Quantity:
        """The state or gate that is shown."""
        chosen: Quantity = self.quantity_choice.currentData() or "h"
        return chosen

    def _sample_changed(self) -> None:
        sample = self._sampler.sample
        if not self.isVisible():
            if self.shown is not None and not self.shown.sample.is_of_the_same(sample):
                self.shown = None  # nobody looks: the model that it is of need not stay for it
                self.unit.forget()
            return
        if sample is None:
            self._work.drop()
            self.unit.leave()
            self.shown = None
            trouble = self._sampler.trouble
            self.empty.say("No states to show", trouble or "The model is captioning the photo.")
            if trouble or self._pages.currentWidget() is not self.unit:
                self._pages.setCurrentWidget(self.empty)
            return
        self._offer(sample)
        self._trace()

    def _offer(self, sample: CaptionSample) -> None:
        """Offer the captions of a photo and the quantities of a cell; what was chosen stays where it can."""
        captions = ["generated", *(f"ground truth {n + 1}" for n in range(len(sample.captions)))]
        _fill(self.caption_choice, [(title, number - 1) for number, title in enumerate(captions)])
        _fill(self.quantity_choice, [(NAMES[name], name) for name in quantities_of(sample.current.model)])

    def _fed(self, sample: CaptionSample) -> IntArray:
        """The ids that are fed, from <START> on; the word that ends a caption is never fed."""
        number = self.caption_choice.currentData()
        vocabulary = sample.vocabulary
        if number is None or number < 0:
            words = [vocabulary.start, *(step.word for step in sample.timesteps)]
        else:
            words = sample.captions[number].tolist()
        ends = {vocabulary.word_to_idx[END], vocabulary.word_to_idx[NULL]}
        fed = [words[0]]
        for word in words[1:]:
            if word in ends:
                break
            fed.append(word)
        return np.array(fed)

    def _trace(self) -> None:
        sample = self._sampler.sample
        if sample is None or not self.isVisible():
            return
        fed, quantity = self._fed(sample), self.quantity
        order, count = self.order_choice.currentData(), None if self.all_box.isChecked() else FEW_UNITS
        column = min(self.map.column, len(fed) - 1)
        read = self._read_for_order(sample, quantity) if order == SPECIFIC else None

        def work(_cancelled: Cancelled) -> ShownStates:
            trace = trace_states(sample.current.model, sample.features, fed)
            units = ordered_units(trace, quantity, order, column, count, read)
            return ShownStates(sample, trace, quantity, units)

        self._work.ask(work, self._show, self._failed)

    def _read_for_order(self, sample: CaptionSample, quantity: Quantity) -> ReadCorpus | None:
        read = self.reader.read(quantity)
        if read is None or not read.of.is_of(sample.current):
            self.reader.start(sample.current, quantity)
            return None
        return read

    def _file_name(self) -> str:
        record = self.shown.sample.record if self.shown is not None else None
        return "states" if record is None else f"states-{self.quantity}-{record.name_for_files}"

    def _failed(self, error: Exception) -> None:
        self.empty.say("No states to show", f"The caption could not be fed to the model. {error}")
        self._pages.setCurrentWidget(self.empty)

    def _show(self, shown: ShownStates) -> None:
        self.shown = shown
        self._outdated_changed()
        words = tuple(shown.sample.vocabulary.idx_to_word[word] for word in shown.trace.words.tolist())
        self.map.show_states(
            shown.trace.values[shown.quantity], shown.quantity, shown.order, words, self.all_box.isChecked()
        )
        self._keep_rows_in_sight()
        if self.map.column == 0 and self._player.position:
            self._player_moved()
        self.legend.setText(self._legend_words(shown))
        self._say(-1, -1)
        if (
            self._pages.currentWidget() is self.unit
            and 0 <= self.unit.unit < shown.sample.current.model.hidden_dim
        ):
            self.open_unit(self.unit.unit)
        else:
            self._pages.setCurrentIndex(0)

    def _outdated_changed(self) -> None:
        """Grey what a newer sample is about to replace."""
        self.map.set_outdated(self._sampler.is_outdated)
        self.unit.set_outdated(self._sampler.is_outdated)

    def _legend_words(self, shown: ShownStates) -> str:
        low, high = RANGES[shown.quantity]
        hidden = shown.sample.current.model.hidden_dim
        which = (
            f"{len(shown.order):,} of {hidden:,} units"
            if len(shown.order) < hidden
            else f"all {hidden:,} units"
        )
        ends = (
            "no tint is 0, full is 1"
            if low == 0
            else f"blue {signed(low, 0)}, no tint 0, red {signed(high, 0)}"
        )
        mark = "a darker cell" if self.all_box.isChecked() else "a dot"
        dots = f"; {mark} marks a value beyond" if shown.quantity == "c" else ""
        waiting = " Val is being read for this order." if self._waits_for_val() else ""
        return f"{which}; {ends}{dots}. A column is the state after its word was fed.{waiting}"

    def _waits_for_val(self) -> bool:
        return bool(self.order_choice.currentData() == SPECIFIC and self.reader.is_busy)

    def _read_changed(self) -> None:
        """Order the units by what was read, where that was what the order waited for."""
        sample, read = self._sampler.sample, self.reader.read(self.quantity)
        waited = self.order_choice.currentData() == SPECIFIC and not self.reader.is_busy
        if waited and sample is not None and read is not None and read.of.is_of(sample.current):
            self._trace()

    # ---- words and units -----------------------------------------------------------------------

    def _player_moved(self) -> None:
        """Follow the player in the generated caption: the last word chosen is the last one fed."""
        if self.isVisible() and self.caption_choice.currentIndex() <= 0:
            before = self.map.column
            self.map.choose_column(self._player.position)
            if self.map.column != before:
                self._word_changed()

    def _choose_word(self, column: int) -> None:
        if self.caption_choice.currentIndex() <= 0 and self._player.position != column:
            self._player.go_to(column)
        self._word_changed()

    def _word_changed(self) -> None:
        self._say(-1, -1)
        if self.order_choice.currentData() in (HERE, SPECIFIC):
            self._trace()
        if self._pages.currentWidget() is self.unit:
            self.open_unit(self.unit.unit)

    def _say(self, unit: int, column: int) -> None:
        """Say the numbers of the cell that is pointed at, or of the unit that the keys are at."""
        shown = self.shown
        if shown is None:
            return
        if unit < 0:
            unit, column = self.map.unit, self.map.column
        column = min(column, len(shown.trace.words) - 1)
        word = shown.sample.vocabulary.idx_to_word[int(shown.trace.words[column])]
        terms = cell_terms(shown.sample.current.model, shown.trace, unit, column)
        value = float(shown.trace.values[shown.quantity][column, unit])
        numbers = equation(terms) if terms is not None else f"{shown.quantity} = {signed(value)}"
        self.said.setText(f"Unit {unit:,} after “{word}”: {numbers}")

    def open_unit(self, unit: int) -> None:
        """Show what a unit stands for."""
        shown = self.shown
        if shown is None:
            return
        column = min(self.map.column, len(shown.trace.words) - 1)
        present = float(shown.trace.values[shown.quantity][column, unit])
        word = shown.sample.vocabulary.idx_to_word[int(shown.trace.words[column])]
        self._pages.setCurrentWidget(self.unit)
        self.unit.show_unit(shown.sample, shown.quantity, unit, present, word)

    def back(self) -> None:
        """Go back to the map."""
        self.unit.leave()
        self._pages.setCurrentIndex(0)
        self.map.setFocus()

    # ---- events --------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while nobody looked."""
        super().showEvent(event)
        self._sample_changed()

    def hideEvent(self, event: QHideEvent) -> None:
        """Work for nobody no more."""
        super().hideEvent(event)
        self._work.drop()


def ordered_units(
    trace: StateTrace, quantity: Quantity, order: str, t: int, count: int | None, read: ReadCorpus | None
) -> IntArray:
    """Units in an order; with `count` the first so many, or the most changing where it ranks none."""
    values = trace.values[quantity]
    changing = most_changing(values)
    few = changing[:count]
    if order == INDEX:
        return np.sort(few)
    if order == ALIKE:
        return few[clustered(values[:, few])]
    if order == HERE:
        return changing_here(trace, quantity, t)[:count]
    if order == SPECIFIC and read is not None:
        scores = word_scores(read.states, int(trace.words[t]))
        return np.argsort(-np.abs(scores), kind="stable")[:count]
    return few


def equation(terms: LstmTerms | RnnTerms) -> str:
    """The cell's equation with its numbers."""
    if isinstance(terms, RnnTerms):
        a = f"{signed(terms.word)} + {signed(terms.before)} + {signed(terms.bias)}"
        return f"h = tanh(word·Wx + h′·Wh + b) = tanh({a}) = {signed(terms.h)}"
    f, i, o, g = (signed(gate) for gate in (terms.f, terms.i, terms.o, terms.g))
    c = signed(terms.c)
    to_c = f"c = f·c′ + i·g = {f}·{signed(terms.c_before)} + {i}·{g} = {c}"
    return f"{to_c};  h = o·tanh(c) = {o}·tanh({c}) = {signed(terms.h)}"


def _fill(choice: QComboBox, entries: list[tuple[str, object]]) -> None:
    """Offer other entries; what was chosen stays chosen where it is still there."""
    if [(choice.itemText(n), choice.itemData(n)) for n in range(choice.count())] == entries:
        return
    chosen = choice.currentData()
    choice.blockSignals(True)
    choice.clear()
    for title, value in entries:
        choice.addItem(title, value)
    choice.setCurrentIndex(max(choice.findData(chosen), 0))
    choice.blockSignals(False)
