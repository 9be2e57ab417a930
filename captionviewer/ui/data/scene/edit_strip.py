"""The last edits as a strip: what changed, the picture, what was said; exported as a plot or a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from captionviewer.ui.data.scene.captioned_scene import CaptionedScene, marked_caption
from captionviewer.ui.look.theme import Colors, set_muted
from captionviewer.ui.widgets.outside_text import show_plainly

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_EDITS = 12
_WIDE = 96  # of a thumbnail, pixels


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

    def words(self) -> list[tuple[str, str]]:
        """What changed and what was said, the newest first."""
        return [(edit.change, edit.answer.caption) for edit in self.edits]


def _card(edit: Edit) -> QWidget:
    card = QWidget()
    row = QHBoxLayout(card)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    picture = QLabel()
    thumbnail = edit.answer.image.scaledToWidth(_WIDE, Qt.TransformationMode.SmoothTransformation)
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


def draw_edits(figure: "Figure", edits: Sequence[Edit], c: Colors) -> None:
    """Draw the edits, the oldest first, four in a row."""
    figure.set_facecolor(c.surface.name())
    rows = -(-len(edits) // 4)
    for number, edit in enumerate(reversed(edits)):
        axes = figure.add_subplot(rows, 4, number + 1)
        axes.imshow(_pixels(edit.answer.image))
        axes.set_axis_off()
        axes.set_title(edit.change, fontsize=8, color=c.muted.name(), parse_math=False, wrap=True)
        axes.text(
            0.5, -0.04, edit.answer.caption, transform=axes.transAxes, ha="center", va="top", fontsize=8,
            color=c.text.name(), wrap=True, parse_math=False,
        )  # fmt: skip


def _pixels(image: QImage) -> np.ndarray:
    shown = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(shown.constBits(), np.uint8).reshape(shown.height(), shown.bytesPerLine())
    return rows[:, : 3 * shown.width()].reshape(shown.height(), shown.width(), 3).copy()
