"""What the tests of the Data panel share: a session with data open, and a model that was trained."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.caption_digest import digest_of_captions
from captionviewer.core.coco.dataset import CocoDataset, Split
from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.saved.model_file import SavedModel
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui.data.data_panel import DataPanel
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings


@dataclass
class Shown:
    """A panel on the screen, its session, and what went wrong."""

    panel: DataPanel
    session: Session
    qtbot: QtBot
    problems: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def dataset(self) -> CocoDataset:
        assert self.session.data.dataset is not None
        return self.session.data.dataset

    def open(self, folder: Path) -> None:
        """Open a folder and wait until it is there."""
        with self.qtbot.waitSignal(self.session.dataset_changed):
            self.session.data.open_folder(folder)
        self.qtbot.waitUntil(lambda: not self.session.workers.running())

    def click(self, name: str) -> None:
        """Click the button of this object name."""
        button = self.panel.findChild(QAbstractButton, name)
        assert button is not None and button.isVisible() and button.isEnabled(), name
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def click_cell(self, row: int) -> None:
        """Click a photo of the grid."""
        grid = self.panel.grid
        index = grid.cells.index(row)
        grid.scrollTo(index)
        place = grid.visualRect(index).center()
        self.qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)

    def captions(self) -> list[str]:
        """The captions under the photos, as a user reads them."""
        cells = self.panel.grid.cells
        return [cells.data(cells.index(row)) for row in range(cells.rowCount())]

    def labels(self, under: QWidget | None = None) -> list[str]:
        """The words of all labels that are seen."""
        labels = (under or self.panel).findChildren(QLabel)
        return [label.text() for label in labels if label.isVisible() and label.text()]

    def caption(self, split: Split, row: int) -> str:
        """One caption of the data, read without the panel."""
        return caption_text(self.dataset.split(split).captions[row], self.dataset.vocabulary)

    def train_on(self, caption_rows: list[int]) -> None:
        """Make a model the current one that was trained on these train captions."""
        words = dict(self.dataset.vocabulary.word_to_idx)
        rows = np.array(caption_rows)
        saved = SavedModel(
            model=CaptioningRNN(words, self.dataset.feature_dim, wordvec_dim=8, hidden_dim=8),
            settings=TrainingSettings(hidden_dim=8, wordvec_dim=8),
            iteration=3,
            loss_history=np.zeros(3, np.float32),
            words_history=np.zeros(3, np.float32),
            rates_history=np.zeros(3, np.float32),
            caption_rows=rows,
            data_name=self.dataset.folder.name,
            feature_kind=self.dataset.feature_kind,
            data_digest=digest_of_captions(self.dataset, rows),
        )
        self.session.models.set(CurrentModel(saved, ModelOrigin.TRAINED, unsaved=True))


@contextmanager
def shown_panel(qtbot: QtBot, folder: Path | None) -> Iterator[Shown]:
    """Show the panel at its usual size, with a folder open (None: with none)."""
    session = Session(Settings())
    panel = DataPanel(session)
    qtbot.addWidget(panel)
    shown = Shown(panel, session, qtbot)
    session.problem.connect(shown.problems.append)
    session.notice.connect(shown.notices.append)
    panel.resize(560, 700)
    panel.show()
    qtbot.waitExposed(panel)
    panel.activateWindow()
    if folder is not None:
        shown.open(folder)
    try:
        yield shown
    finally:
        assert session.shut_down()
        panel.hide()
        session.deleteLater()
