"""What is seen of a training run: its numbers, and below them one of the panel's views."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import TRAINING_VIEW
from captionviewer.ui.training.loss_view import LossView
from captionviewer.ui.training.run_numbers import RunNumbers
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.view_row import ViewRow

if TYPE_CHECKING:
    from captionviewer.ui.training.runs.race_view import RaceView
    from captionviewer.ui.training.runs.runs_view import RunsView

_GAP = 10
_LOW = 24  # in lines of text


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
    obstacle_changed = Signal()  # to be told: `obstacle()` gives another answer now

    def __init__(
        self,
        session: Session,
        wanted: Callable[[], TrainingSettings],
        obstacle: Callable[[], str],
        parent: QWidget | None = None,
    ) -> None:
        """`wanted()` gives the form's settings, `obstacle()` why no run can start so ("" when one can)."""
        super().__init__(parent)
        self._wanted, self._obstacle = wanted, obstacle
        self.race: RaceView | None = None  # made when first opened, and so is
        self._runs: RunsView | None = None
        self._session = session
        self.numbers = RunNumbers()
        self.loss = LossView(session)
        self.loss.per_word_action.toggled.connect(lambda _per_word: self.show_losses())
        self.views = ViewRow("Views of Training")
        self._add_views()
        self.views.open_later(session.settings.get(TRAINING_VIEW))
        self.views.view_changed.connect(self._view_changed)
        flow = FlowLayout(gap=_GAP, line_gap=2)
        for tile in self.numbers.tiles():
            flow.addWidget(tile)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 6)
        column.setSpacing(4)
        column.addLayout(flow)
        column.addWidget(self.views, 1)

    def _view_changed(self, title: str) -> None:
        self._session.settings.set(TRAINING_VIEW, title)

    def _add_views(self) -> None:
        self.views.add(
            "Loss", "The loss as it falls, and what the network says of a few photos", lambda: self.loss
        )
        self.views.add("Scores", "How good the captions are, beside baselines", self._make_scores)
        self.views.add("Runs", "All runs that were kept: compared, continued, deleted", self._make_runs)
        self.views.add("Race", "Two runs in lock-step, their curves and captions live", self._make_race)
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

        self._runs = RunsView(self._session)
        self.runs_made.emit(self._runs)
        return self._runs

    def open_runs(self) -> "RunsView":
        """Open the view Runs."""
        self.views.open("Runs")
        assert self._runs is not None
        return self._runs

    def _make_race(self) -> QWidget:
        from captionviewer.ui.training.runs.race_view import RaceView

        self.race = RaceView(self._session, self._wanted, self._obstacle)
        self.obstacle_changed.connect(self.race.look_what_can_be)
        return self.race

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the numbers one line where the place is low: the least of them give way."""
        super().resizeEvent(event)
        margins = self.contentsMargins()
        room = self.width() - 16 - margins.left() - margins.right()
        is_low = self.height() < _LOW * self.fontMetrics().height()
        for tile in self.numbers.by_weight():
            room -= tile.width() + _GAP
            tile.setVisible(not is_low or room >= -_GAP)

    def show_losses(self) -> None:
        """Show the recent loss, per caption or per word as chosen, and the perplexity."""
        plot = self.loss.plot
        per_word = plot.recent_loss(per_word=True)
        chosen = per_word if self.loss.per_word_action.isChecked() else plot.recent_loss(per_word=False)
        self.numbers.show_losses(chosen, per_word)
