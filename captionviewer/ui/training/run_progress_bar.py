"""The thin line below Training's head: how far the run is."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QProgressBar

from captionviewer.core.training.run_progress import Progress
from captionviewer.ui.look.theme import colors

_STEPS = 1000


class RunProgressBar(QProgressBar):
    """In the theme's accent, without words."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextVisible(False)
        self.setRange(0, _STEPS)  # not iterations: there may be more than a C int holds
        self.setFixedHeight(4)
        self.setAccessibleName("Progress of the run")
        self._dress()

    def show_progress(self, progress: Progress) -> None:
        """Show the share of the planned iterations that is done."""
        self.setValue(_STEPS * progress.iteration // max(1, progress.num_iterations))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def _dress(self) -> None:
        c = colors()
        sheet = (
            f"QProgressBar {{ border: none; background: {c.raised.name()}; }}"
            f"QProgressBar::chunk {{ background: {c.accent.name()}; }}"
        )
        if sheet != self.styleSheet():  # which is a change of palette, too
            self.setStyleSheet(sheet)
