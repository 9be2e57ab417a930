"""Photos of one bar, the worst first: what was said of each, what people said, and where the two meet."""

import html

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QTextBrowser, QVBoxLayout, QWidget

from captionviewer.core.coco.vocabulary import Vocabulary
from captionviewer.core.evaluation.baselines import RowName
from captionviewer.core.evaluation.matching import NgramMatch
from captionviewer.core.evaluation.metrics import Metric
from captionviewer.core.evaluation.scorecard import Scorecard
from captionviewer.ui.look.theme import colors
from captionviewer.ui.widgets.outside_text import plain_tip

MOST_PHOTOS = 200  # in the list: nobody looks at more, and each takes a line


class ScoredCaptions(QWidget):
    """A list of photos, and below it the captions of the one that is chosen."""

    photo_chosen = Signal(int)  # its number in the scorecard

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card: Scorecard | None = None
        self._row: RowName = "model"
        self.list = QListWidget()
        self.list.setAccessibleName("Photos, the worst first")
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setUniformItemSizes(True)
        self.captions = QTextBrowser()
        self.captions.setAccessibleName("Its captions, with what they share underlined")
        self.captions.setOpenLinks(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.list, 1)
        column.addWidget(self.captions, 1)
        self.list.currentItemChanged.connect(self._show)

    def forget(self) -> None:
        """Show no photos: they are of other data."""
        self._card = None
        self.list.clear()

    def show_photos(self, card: Scorecard, row: RowName, metric: Metric, photos: tuple[int, ...]) -> None:
        """Show photos by their numbers in the scorecard, in the order given."""
        self._card, self._row = card, row
        vocabulary = card.photos.dataset.vocabulary
        said, values = card.row(row).captions, card.row(row).of_photos[metric.key]
        self.list.clear()
        for photo in photos[:MOST_PHOTOS]:
            place = int(card.photos.rows[photo])
            words = said.text(photo, vocabulary)
            item = QListWidgetItem(f"{float(values[photo]):.{metric.decimals}f}   photo {place:,}   {words}")
            item.setData(Qt.ItemDataRole.UserRole, photo)
            item.setData(Qt.ItemDataRole.ToolTipRole, plain_tip(words))
            self.list.addItem(item)
        if self.list.count():
            self.list.setCurrentRow(0)

    @property
    def shown(self) -> list[int]:
        """The photos in the list."""
        return [int(self.list.item(n).data(Qt.ItemDataRole.UserRole)) for n in range(self.list.count())]

    def _show(self, item: QListWidgetItem | None) -> None:
        if item is None or self._card is None:
            self.captions.clear()
            return
        photo = int(item.data(Qt.ItemDataRole.UserRole))
        self.captions.setHtml(captions_html(self._card, self._row, photo))
        self.photo_chosen.emit(photo)


def captions_html(card: Scorecard, name: RowName, photo: int) -> str:
    """A photo's caption and references as HTML of our own: the words they share underlined, with weights."""
    vocabulary = card.photos.dataset.vocabulary
    said = card.row(name).captions.words_of(photo, vocabulary)
    references = card.references(photo)
    matches = card.matches(name, photo)
    in_caption = {place for match in matches for place in range(match.start, match.start + match.n)}
    lines = [f"<p><b>{_marked(said, in_caption, vocabulary)}</b></p>"]
    for number in range(len(references)):
        there = {
            place
            for match in matches
            for reference, start in match.places
            if reference == number
            for place in range(start, start + match.n)
        }
        lines.append(f"<p>{_marked(references.words_of(number, vocabulary), there, vocabulary)}</p>")
    lines.append(f"<p style='color:{colors().muted.name()}'>{_weights(said, matches, vocabulary)}</p>")
    return "".join(lines)


def _marked(words: list[str], shared: set[int], vocabulary: Vocabulary) -> str:
    escaped = [html.escape(word) for word in words]
    marked = (f"<u>{word}</u>" if place in shared else word for place, word in enumerate(escaped))
    return ("" if vocabulary.is_of_characters else " ").join(marked) or "–"


def _weights(said: list[str], matches: tuple[NgramMatch, ...], vocabulary: Vocabulary) -> str:
    """The shared n-grams that weigh most, in words."""
    if not matches:
        return "No word is shared: that is why the score is what it is."
    best: dict[str, float] = {}
    for match in sorted(matches, key=lambda each: -each.weight * each.n):
        best.setdefault(vocabulary.text(said[match.start : match.start + match.n]), match.weight)
    named = ", ".join(f"“{html.escape(words)}” {weight:.1f}" for words, weight in list(best.items())[:6])
    return f"Shared, with the weight that CIDEr-D gives it (ln of photos over photos that have it): {named}."
