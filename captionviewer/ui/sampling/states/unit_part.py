"""What a unit stands for: where it is highest and lowest, how specific it is, what changes without it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.amounts import signed
from captionviewer.core.inspection.units import Specificity, extreme_places, specificity
from captionviewer.core.network.cells import Quantity
from captionviewer.ui.look import theme
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.latest_work import LatestWork
from captionviewer.ui.sampling.states.corpus_reader import CorpusReader
from captionviewer.ui.sampling.states.knock_out_part import KnockOutPart
from captionviewer.ui.sampling.states.state_colors import RANGES
from captionviewer.ui.sampling.states.unit_histogram import UnitHistogram
from captionviewer.ui.sampling.states.unit_places import UnitPlaces, unit_places
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import scrolling, words_label
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.outside_text import show_plainly

SPECIFIC_NOT_NEEDED = "Specific to a word is not the same as needed for it."
NO_SIGN = (
    "The sign of a unit means nothing in itself: turned over in all weights, it gives the same captions."
)


class UnitPart(QWidget):
    """One unit of one quantity; the corpus is read when the first unit is opened."""

    closed = Signal()

    def __init__(self, session: Session, reader: CorpusReader) -> None:
        super().__init__()
        self._session, self._reader = session, reader
        self._sample: CaptionSample | None = None
        self._quantity: Quantity = "h"
        self._unit = -1
        self._present: float | None = None
        self._judging: LatestWork[Specificity | None] = LatestWork(session, "judging a unit")
        self.back_button = QPushButton("Back to the map")
        self.back_button.clicked.connect(self.closed)
        self.title = show_plainly(QLabel())
        self.read_button = QPushButton("Read val")
        self.read_button.clicked.connect(self.read)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(reader.cancel)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setAccessibleName("Progress of reading val")
        self.of = words_label("unit_corpus")
        self.histogram = UnitHistogram()
        self.specificity = words_label("unit_specificity")
        self.knock_out = KnockOutPart(session)
        self.highest = UnitPlaces(session.photos, "Where the unit is highest")
        self.lowest = UnitPlaces(session.photos, "Where the unit is lowest")
        self._arrange()
        reader.changed.connect(self._read_changed)
        reader.progressed.connect(lambda share: self.progress.setValue(round(1000 * share)))

    def _arrange(self) -> None:
        head = FlowLayout(gap=8, line_gap=4)
        for widget in (self.back_button, self.title, self.read_button, self.progress, self.cancel_button):
            head.addWidget(widget)
        facts = QHBoxLayout()
        facts.setSpacing(16)
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addWidget(self.specificity)
        words.addWidget(self.of)
        words.addStretch(1)
        facts.addWidget(self.histogram, 2)
        facts.addLayout(words, 3)
        lists = QGridLayout()
        lists.setSpacing(4)
        lists.setHorizontalSpacing(12)
        for number, (title, places) in enumerate((("Highest", self.highest), ("Lowest", self.lowest))):
            label = QLabel(f"{title} places in val")
            label.setBuddy(places)
            lists.addWidget(label, 0, number)
            lists.addWidget(places, 1, number)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(facts)
        column.addWidget(self.knock_out)
        column.addLayout(lists, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(6)
        whole.addLayout(head)
        whole.addWidget(scrolling(body), 1)

    # ---- what is shown -------------------------------------------------------------------------

    @property
    def unit(self) -> int:
        """The unit shown; -1 for none yet."""
        return self._unit

    def show_unit(
        self, sample: CaptionSample, quantity: Quantity, unit: int, present: float, word: str
    ) -> None:
        """Show a unit, and its value at the present word of a sample's caption."""
        self._sample, self._quantity, self._unit, self._present = sample, quantity, unit, present
        self.title.setText(f"Unit {unit:,} of {quantity}: {signed(present)} at “{word}”")
        self.knock_out.show_unit(sample, unit)
        read = self._reader.read(quantity)
        if read is None and not self._reader.is_busy:
            self.read()
        self._read_changed()

    def set_outdated(self, outdated: bool) -> None:
        """Grey what is of the caption's model, which a newer one is about to replace."""
        for label in (self.title, self.knock_out.caption, self.knock_out.count):
            theme.set_muted(label, outdated)
        self.histogram.set_outdated(outdated)

    def leave(self) -> None:
        """End what is under way for the unit: nobody looks at it any more."""
        self._judging.drop()
        self.knock_out.show_unit(None, -1)

    def forget(self) -> None:
        """Leave, and know no caption any more until a unit is shown again."""
        self.leave()
        self._sample = None
        self.knock_out.forget()

    def read(self) -> None:
        """Read val through the present model."""
        if self._sample is not None:
            self.progress.setValue(0)
            self._reader.start(self._sample.current, self._quantity)

    def _read_changed(self) -> None:
        read, sample, busy = self._reader.read(self._quantity), self._sample, self._reader.is_busy
        self.progress.setVisible(busy)
        self.cancel_button.setVisible(busy)
        is_new = read is not None and sample is not None and read.of.is_of(sample.current)
        self.read_button.setVisible(not busy and not is_new)
        self.read_button.setText("Read val" if read is None else "Read val again")
        if read is None or self._unit < 0 or self._unit >= read.states.values.shape[1]:
            self.of.setText(self._reader.trouble or ("Reading the captions of val…" if busy else ""))
            self.specificity.setText("")
            for places in (self.highest, self.lowest):
                places.show_places([])
            return
        captions = len(read.corpus.captions)
        which = f"all {captions:,} captions" if read.corpus.is_whole else f"{captions:,} captions, drawn,"
        old = "" if is_new else " Sampling shows another model now."
        caution = f"{NO_SIGN} {SPECIFIC_NOT_NEEDED}" if RANGES[self._quantity][0] < 0 else SPECIFIC_NOT_NEEDED
        self.of.setText(
            f"Of {which} of val ({len(read.states.word):,} places), by {read.of.words}.{old}\n{caution}"
        )
        high, low = extreme_places(read.states, self._unit)
        self.highest.show_places(unit_places(read, self._unit, high))
        self.lowest.show_places(unit_places(read, self._unit, low))
        self.histogram.show_values(read.states.values[:, self._unit], self._quantity, self._present)
        self.specificity.setText("…")
        words, unit = read.dataset.vocabulary, self._unit

        def judged(found: Specificity | None) -> None:
            self.specificity.setText(specificity_words(found, words.idx_to_word))

        def failed(error: Exception) -> None:
            self.specificity.setText(f"How specific the unit is could not be worked out. {error}")

        self._judging.ask(lambda _cancelled: specificity(read.states, unit, len(words)), judged, failed)


def specificity_words(found: Specificity | None, idx_to_word: list[str] | tuple[str, ...]) -> str:
    """A unit's specificity beside chance, for people."""
    if found is None:
        return "The unit never changes, or no word is frequent enough: specific to nothing."
    side = "above" if found.z > 0 else "below"
    return (
        f"Stands out most at “{idx_to_word[found.word]}”: its mean there lies {abs(found.z):.1f} standard"
        f" deviations {side} its mean. With the words shuffled, the word that stands out most reaches"
        f" {found.chance:.1f}."
    )
