"""The thin line below Training's head: how far the run is."""

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar

from captionviewer.core.training.run_progress import RunProgress
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

    def show_progress(self, progress: RunProgress) -> None:
        """Show the share of the planned iterations that is done."""
        self.setValue(_STEPS * progress.iteration // max(1, progress.num_iterations))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill the share that is done; a style's own bar is not as thin."""
        painter, c = QPainter(self), colors()
        painter.fillRect(self.rect(), c.raised)
        done = self.width() * max(0, self.value()) // _STEPS
        painter.fillRect(0, 0, done, self.height(), c.accent)
        painter.end()
