"""What is seen of a training run: its numbers, and below them one of the panel's views."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import TRAINING_VIEW
from captionviewer.ui.training.loss_view import LossView
from captionviewer.ui.training.run_numbers import RunNumbers
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.view_row import ViewRow


class RunArea(QWidget):
    """The numbers of a run, which every view leaves in sight, and the views.

    Attributes
    ----------
    views : ViewRow
        The views of Training. Another one is a widget in a file of its own, and a line in `_add_views`.
    loss : LossView
        The first of them.
    """

    runs_made = Signal(object)  # the RunsView, when it was first opened

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.numbers = RunNumbers()
        self.loss = LossView(session)
        self.loss.per_word_action.toggled.connect(lambda _per_word: self.show_losses())
        self.views = ViewRow("Views of Training")
        self._add_views()
        self.views.open_later(session.settings.get(TRAINING_VIEW))
        self.views.view_changed.connect(lambda title: session.settings.set(TRAINING_VIEW, title))
        flow = FlowLayout(gap=10, line_gap=2)
        for tile in self.numbers.tiles():
            flow.addWidget(tile)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 6)
        column.setSpacing(4)
        column.addLayout(flow)
        column.addWidget(self.views, 1)

    def _add_views(self) -> None:
        self.views.add(
            "Loss", "The loss as it falls, and what the network says of a few photos", lambda: self.loss
        )
        self.views.add("Scores", "How good the captions are, beside baselines", self._make_scores)
        self.views.add("Runs", "All runs that were kept: compared, continued, deleted", self._make_runs)
        self.views.add("Gradients", "How far a loss reaches back through time", self._make_gradients)

    # What the launch does not show is imported when it is opened: the views take a fifth of a second.

    def _make_scores(self) -> QWidget:
        from captionviewer.ui.training.scores.scores_view import ScoresView

        return ScoresView(self._session)

    def _make_gradients(self) -> QWidget:
        from captionviewer.ui.training.gradients.gradients_view import GradientsView

        return GradientsView(self._session)

    def _make_runs(self) -> QWidget:
        from captionviewer.ui.training.runs.runs_view import RunsView

        view = RunsView(self._session)
        self.runs_made.emit(view)
        return view

    def show_losses(self) -> None:
        """Show the recent loss, per caption or per word as chosen, and the perplexity."""
        plot = self.loss.plot
        per_word = plot.recent_loss(per_word=True)
        chosen = per_word if self.loss.per_word_action.isChecked() else plot.recent_loss(per_word=False)
        self.numbers.show_losses(chosen, per_word)
