"""The view Gradients, in pages: back through time, while a run trains, and a task that only memory solves."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from captionviewer.ui.session.session import Session
from captionviewer.ui.training.gradients.memory_view import MemoryView
from captionviewer.ui.training.gradients.through_time import ThroughTime
from captionviewer.ui.training.gradients.while_training import WhileTraining
from captionviewer.ui.widgets.view_row import ViewRow

THROUGH_TIME, WHILE_TRAINING, MEMORY = "Back through time", "While training", "Memory test"


class GradientsView(QWidget):
    """Its pages, each made when it is first opened."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.pages = ViewRow("Pages of Gradients")
        self.pages.add(THROUGH_TIME, "How far a word's loss reaches back", lambda: ThroughTime(session))
        self.pages.add(
            WHILE_TRAINING,
            "Each parameter's gradient, step by step",
            lambda: WhileTraining(session),
        )
        self.pages.add(MEMORY, "The first word decides the last", lambda: MemoryView(session))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pages)
