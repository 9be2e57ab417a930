"""Which of the panels' actions stand in which menu, and in what order; None is a line between two entries."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtGui import QAction

from captionviewer.ui.data.data_panel import DataPanel
from captionviewer.ui.sampling.sampling_panel import SamplingPanel
from captionviewer.ui.training.training_panel import TrainingPanel

Entries = Sequence[QAction | None]


@dataclass(frozen=True)
class PanelActions:
    """What the panels bring to each menu.

    Attributes
    ----------
    view
        Shows or hides a panel.
    untrained
        Shows the model that was trained on nothing; stands in Sampling's menu.
    """

    data_panel: DataPanel
    training_panel: TrainingPanel
    sampling_panel: SamplingPanel
    view: Entries
    untrained: QAction

    @property
    def find(self) -> QAction:
        """Goes to the search field; also in the toolbar."""
        return self.data_panel.find_action

    @property
    def edit(self) -> Entries:
        """What is copied and found."""
        data = self.data_panel
        copy_said = self.sampling_panel.copy_caption_action
        return (data.copy_caption_action, copy_said, data.copy_url_action, data.find_action)

    @property
    def data(self) -> Entries:
        """Which page of which captions."""
        panel = self.data_panel
        return (
            panel.previous_action,
            panel.next_action,
            panel.reshuffle_action,
            None,
            panel.train_action,
            panel.val_action,
            None,
            panel.filter_action,
            panel.sort_action,
            panel.clear_action,
            None,
            panel.back_action,
            panel.forward_action,
        )

    @property
    def training(self) -> Entries:
        """What a run is told to do."""
        panel = self.training_panel
        return (
            panel.start_action,
            panel.pause_action,
            panel.step_action,
            panel.stop_action,
            panel.continue_action,
            panel.last_good_action,
            None,
            panel.settings_action,
        )

    @property
    def sampling(self) -> Entries:
        """How one goes through a caption, and changes it."""
        panel = self.sampling_panel
        return (
            panel.restart_action,
            panel.back_action,
            panel.step_action,
            panel.play_action,
            panel.end_action,
            None,
            panel.another_word_action,
            panel.undo_word_action,
            panel.delete_branch_action,
            panel.branch_above_action,
            panel.branch_below_action,
            None,
            panel.follow_action,
            panel.coming_action,
            self.untrained,
            panel.export_action,
        )
