"""The last edits as a strip: what changed, the picture, what was said; exported as a plot or a table."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from captionviewer.ui.data.scene.captioned_scene import CaptionedScene, marked_caption
from captionviewer.ui.look.theme import Colors, set_muted
from captionviewer.ui.photos.pixels import pixels_of
from captionviewer.ui.widgets.outside_text import show_plainly

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_EDITS = 12
_WIDE = 96  # of a thumbnail, pixels
_IN_A_ROW, _CELL_IN, _LINE_IN = 4, 2.75, 0.16  # of an exported strip: inches
_LETTERS = 40  # that a line has room for there


@dataclass(frozen=True)
class Edit:
    """One change and its answer; `before` are the words said until then, None for a scene that was opened."""

    change: str
    answer: CaptionedScene
    before: tuple[str, ...] | None


class EditStrip(QWidget):
    """Shows the last edits, the newest first."""

    def __init__(self) -> None:
        super().__init__()
        self.edits: list[Edit] = []
        self.setObjectName("scene_strip")
        self.setAccessibleName("The last edits with their captions")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)

    def add(self, edit: Edit) -> None:
        """Put another edit before all others; the oldest goes when there are many."""
        self.edits.insert(0, edit)
        self._column.insertWidget(0, _card(edit))
        if len(self.edits) > MOST_EDITS:
            self.edits.pop()
            last = self._column.takeAt(MOST_EDITS)
            widget = last.widget() if last is not None else None
            if widget is not None:
                widget.deleteLater()


def _card(edit: Edit) -> QWidget:
    card = QWidget()
    row = QHBoxLayout(card)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    picture = QLabel()
    thumbnail = edit.answer.drawn.image.scaledToWidth(_WIDE, Qt.TransformationMode.SmoothTransformation)
    picture.setPixmap(QPixmap.fromImage(thumbnail))
    change = show_plainly(QLabel(edit.change))
    set_muted(change)
    said = QLabel(marked_caption(edit.before, edit.answer.words))
    said.setTextFormat(Qt.TextFormat.RichText)
    words = QVBoxLayout()
    words.setSpacing(1)
    for label in (change, said):
        label.setWordWrap(True)
        words.addWidget(label)
    words.addStretch(1)
    row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
    row.addLayout(words, 1)
    return card


def edit_rows(edits: Sequence[Edit]) -> list[list[object]]:
    """The edits as a table, the oldest first, its header before them."""
    rows: list[list[object]] = [["change", "caption", "model"]]
    return rows + [[edit.change, edit.answer.caption, edit.answer.model_words] for edit in reversed(edits)]


def edits_figure(edits: Sequence[Edit], c: Colors) -> "Figure":
    """Draw the edits, the oldest first, four in a row; pictures have their size however long captions are."""
    from matplotlib.figure import Figure

    said = [textwrap.fill(edit.answer.caption, _LETTERS) for edit in edits]
    lines = max(words.count("\n") + 1 for words in said)
    columns = min(len(edits), _IN_A_ROW)
    rows, tall = -(-len(edits) // columns), _CELL_IN * 0.75 + _LINE_IN * (lines + 3)
    figure = Figure(figsize=(_CELL_IN * columns, tall * rows), facecolor=c.surface.name())
    for number, (edit, words) in enumerate(zip(reversed(edits), reversed(said), strict=True)):
        row, column = divmod(number, columns)
        top = 1 - (row + 2 * _LINE_IN / tall) / rows
        high = 0.72 * _CELL_IN / (tall * rows)
        axes = figure.add_axes(((column + 0.02) / columns, top - high, 0.96 / columns, high))
        axes.imshow(pixels_of(edit.answer.drawn.image))
        axes.set_axis_off()
        change = textwrap.shorten(edit.change, _LETTERS, placeholder="…")
        axes.set_title(change, fontsize=8, color=c.muted.name(), parse_math=False)
        axes.text(
            0.5, -0.04, words, transform=axes.transAxes, ha="center", va="top", fontsize=8,
            color=c.text.name(), parse_math=False,
        )  # fmt: skip
    return figure
