"""The line of the head that says what is being trained, and opens the form."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from captionviewer.core.network.cells import CELLS
from captionviewer.core.network.optim import FACTS
from captionviewer.core.training.run_names import run_names
from captionviewer.core.training.settings import PRESETS, TrainingSettings
from captionviewer.ui.look.theme import set_muted
from captionviewer.ui.widgets.elided_label import ElidedLabel

OWN = "Own settings"


class WhatLine(ElidedLabel):
    """One line, shortened where there is little room; a click or Enter opens the form."""

    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("training_what")
        self.setAccessibleName("What is trained")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        set_muted(self)

    def show_settings(self, settings: TrainingSettings, *, is_next: bool = False) -> None:
        """Say what a run of these settings is; `is_next` where the state above is of something else."""
        preset = next((name for name, known in PRESETS.items() if known == settings), OWN)
        then = "Next: " if is_next else ""
        cell = CELLS[settings.cell_type].name
        rule = FACTS[settings.update_rule].label
        sizes = f"{cell} {settings.hidden_dim:,}, word vector {settings.wordvec_dim:,}"
        rate = f"lr {settings.learning_rate:g}"
        words = (
            f"{then}{preset}: {sizes}, batch {settings.batch_size}, {rule}, {rate}",
            f"{then}{preset}: {cell} {settings.hidden_dim}/{settings.wordvec_dim},"
            f" batch {settings.batch_size}, {rule}, {rate}",
            f"{then}{cell} {settings.hidden_dim}, batch {settings.batch_size}, {rule}, {rate}",
            f"{then}{cell} {settings.hidden_dim}, {rule}, {rate}",
        )
        self._say(words)

    def show_race(self, racers: Sequence[TrainingSettings]) -> None:
        """Say what runs race: what tells them apart, and what they share."""
        each = " against ".join(
            f"{CELLS[one.cell_type].name} {one.hidden_dim:,}, batch {one.batch_size},"
            f" lr {one.learning_rate:g}"
            for one in racers
        )
        self._say((each, " against ".join(run_names(racers))))

    def _say(self, words: Sequence[str]) -> None:
        if words[0] != self.text():
            self.say(*words)
            self.setAccessibleDescription(words[0])

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open the form."""
        super().mouseReleaseEvent(event)
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit()
        else:
            super().keyPressEvent(event)
