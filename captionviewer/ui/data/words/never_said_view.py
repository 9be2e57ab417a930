"""The view Never said: the words of the vocabulary that a model says in none of its captions of val."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout, QWidget

from captionviewer.core.coco.vocabulary import UNK
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.inspection.word_frequency import SaidWords, words_said
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.ui.data.words.val_pass import Answer, Asked, ValPass
from captionviewer.ui.look import theme
from captionviewer.ui.look.numbers import counted
from captionviewer.ui.look.theme import Colors
from captionviewer.ui.plots.fonts import drawable, give_fonts
from captionviewer.ui.plots.painted_export import PaintedExport
from captionviewer.ui.session.corpus_job import Progress
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import scrolling, words_label

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEADS = ("Word", "In training", "By people in val")
TIPS = (
    "Click, or Enter: its captions",
    "How often it stands in the captions that the model was trained on",
    "How often people say it, in one caption of each photo that the model captioned",
)
EXPORTED = 40  # words that a picture has room for; a table has all
INVITATION = (
    "Press Caption val: the model captions the photos of val, and the words that it never says are listed,"
    " those that it was trained on most first."
)
Index = QModelIndex | QPersistentModelIndex


class NeverSaidWords(QAbstractTableModel):
    """The words, a row each, with how often they were trained on and how often people say them."""

    def __init__(self) -> None:
        super().__init__()
        self.words: tuple[str, ...] = ()
        self._trained: list[int] = []
        self._by_people: list[int] = []
        self.is_old = False

    def show_words(self, found: SaidWords | None, idx_to_word: Sequence[str]) -> None:
        """Show the words that are never said."""
        self.beginResetModel()
        never: list[int] = [] if found is None else found.never_said.tolist()
        self.words = tuple(idx_to_word[word] for word in never)
        self._trained = [] if found is None else found.trained[never].tolist()
        self._by_people = [] if found is None else found.by_people[never].tolist()
        self.endResetModel()

    def set_old(self, old: bool) -> None:
        """Grey the words while another model is shown elsewhere."""
        if old != self.is_old:
            self.is_old = old
            self.layoutChanged.emit()

    def numbers(self) -> Iterator[tuple[str, int, int]]:
        """Each word, with its two counts."""
        yield from zip(self.words, self._trained, self._by_people, strict=True)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # as Qt declares it
        return 0 if parent.isValid() else len(self.words)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(HEADS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            number = (self._trained, self._by_people)[column - 1][index.row()] if column else 0
            return f"{number:,}" if column else self.words[index.row()]
        if role == Qt.ItemDataRole.TextAlignmentRole and column:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole and self.is_old:
            return theme.colors().muted
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return TIPS[section]
        return None


class NeverSaidView(QWidget):
    """Captions val on request, as the row in Sampling says; a click or Enter leads to a word's captions."""

    word_chosen = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.captioning: ValPass[tuple[Decoding, SaidWords]] = ValPass(
            session,
            "captioning val for its words",
            "Caption val",
            "Captions the photos of val with the model that Sampling shows, in the way that is chosen there",
            self._read,
        )
        self.captioning.setParent(self)
        self._shown: object = None
        self.model = NeverSaidWords()
        self.model.setParent(self)
        self.table = QTableView()
        self.table.setAccessibleName("Words that the model never says")
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)  # Tab leaves the table; the arrows move in it
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.setMinimumHeight(8 * self.fontMetrics().height())
        self.table.clicked.connect(self._choose)
        self.table.activated.connect(self._choose)
        self.exported = PaintedExport(
            session,
            self.table,
            self.draw,
            self.rows,
            lambda: "words-never-said",
            lambda: bool(self.model.words),
        )
        self.words = words_label("never_said_words")
        body = QWidget()
        inner = QVBoxLayout(body)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.words)
        inner.addWidget(self.table, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(6)
        column.addLayout(self.captioning.row)
        column.addWidget(scrolling(body, filled=False), 1)
        self.captioning.changed.connect(self._refresh)
        session.decoding.changed.connect(lambda _decoding: self._refresh())
        self._refresh()

    def _read(
        self, model: CaptioningRNN, asked: Asked, progress: Progress
    ) -> tuple[Decoding, SaidWords] | None:
        decoding = self._session.decoding.value
        vocabulary = asked.dataset.vocabulary
        found = words_said(model, asked.corpus, decoding, asked.trained_on, vocabulary, progress)
        return None if found is None else (decoding, found)

    def _choose(self, index: QModelIndex) -> None:
        self.word_chosen.emit(self.model.words[index.row()])

    def _refresh(self) -> None:
        answer = self.captioning.answer
        if answer is not self._shown:
            self._shown = answer
            names = () if answer is None else answer.asked.dataset.vocabulary.idx_to_word
            self.model.show_words(None if answer is None else answer.found[1], names)
        old = self.captioning.is_old
        other = answer is not None and answer.found[0] != self._session.decoding.value
        self.model.set_old(old or other)
        if self.captioning.trouble or answer is None:
            said = self.captioning.trouble or INVITATION
        else:
            said = said_words(answer)
            said += " Sampling shows another model now." if old else ""
            said += " Sampling writes captions in another way now." if other else ""
        self.words.setText(said)
        self.table.setAccessibleDescription(said)
        self.table.setVisible(answer is not None)

    def rows(self) -> Iterator[Sequence[object]]:
        """The words, a line each, the header first."""
        yield "word", "times in training", "times by people in val"
        yield from self.model.numbers()

    def draw(self, figure: "Figure", c: Colors, points: float) -> None:
        """Draw the first words on a Matplotlib figure: bars of how often each was trained on."""
        shown = list(self.model.numbers())[:EXPORTED]
        axes = figure.add_subplot(facecolor=c.surface.name())
        names = [drawable(word).replace("$", r"\$") for word, _trained, _by_people in shown]
        axes.barh(range(len(shown)), [trained for _word, trained, _by in shown], color=c.accent.name())
        axes.set_yticks(range(len(shown)), names)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlabel("times in the captions of training", color=c.text.name(), fontsize=points)
        axes.set_title("Never said", loc="left", color=c.text.name(), fontsize=1.05 * points)
        axes.tick_params(colors=c.text.name(), labelsize=min(0.9, 16 / max(len(shown), 1)) * points)
        for spine in axes.spines.values():
            spine.set_color(c.border.name())
        give_fonts(figure)


def said_words(answer: Answer[tuple[Decoding, SaidWords]]) -> str:
    """How many of its words the model says, and how many people say of the same photos."""
    decoding, found = answer.found
    vocabulary, R = answer.asked.dataset.vocabulary, len(found.ordinary)
    photos = counted(found.num_photos, "photo")
    never = R - found.num_said
    said = (
        f"Of {counted(R, 'word')}, {found.num_said:,} are said in captions of {photos} of val"
        f" ({decoding.words()}); people say {found.num_by_people:,} in one caption of each."
    )
    if never:
        heard = int((found.trained[found.never_said] > 0).sum())
        all_of_it = "all of them" if heard == never else f"{heard:,} of them"
        said += f" {never:,} are never said; {all_of_it} stand in the captions of training."
    unknown = int(found.said[vocabulary.unk])
    if unknown:
        said += f" {UNK} is said {counted(unknown, 'time')}."
    return f"{said} By {answer.asked.of.words}; frequency in {answer.asked.which}."
