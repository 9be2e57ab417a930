"""What the tests of the Sampling panel share: a session with data, a panel, a model that has learned."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.dataset import CocoDataset, PhotoRecord, Split
from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.photos.store import PhotoStore
from captionviewer.core.saved.model_file import SavedModel
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.settings import TrainingSettings
from captionviewer.ui.sampling.caption_sample import CaptionSample
from captionviewer.ui.sampling.ground_truth import GroundTruthCaption
from captionviewer.ui.sampling.sampling_panel import SamplingPanel
from captionviewer.ui.sampling.word_bars import WordBars
from captionviewer.ui.session.models import CurrentModel, ModelOrigin
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import Settings

OVERFIT = TrainingSettings(
    hidden_dim=96,
    wordvec_dim=48,
    num_captions=10,
    batch_size=10,
    num_epochs=150,
    learning_rate=5e-3,
    lr_decay=0.99,
    seed=5,
)
SOON = 20_000  # ms that nothing here takes


@cache
def learned_model(folder: Path) -> SavedModel:
    """Train a small model until it knows ten captions by heart; once for all tests."""
    with CocoDataset.open(folder) as dataset:
        run = TrainingRun(OVERFIT, dataset)
        run.start()
        assert run.wait(120)
        snapshot = run.snapshot()
        assert snapshot is not None
        return SavedModel.of_run(run, snapshot)


@dataclass
class Shown:
    """A panel on the screen, its session, and what was told."""

    panel: SamplingPanel
    session: Session
    qtbot: QtBot
    problems: list[str] = field(default_factory=list)
    samples: list[CaptionSample | None] = field(default_factory=list)

    @property
    def dataset(self) -> CocoDataset:
        assert self.session.data.dataset is not None
        return self.session.data.dataset

    @property
    def sample(self) -> CaptionSample:
        sample = self.panel.sample
        assert sample is not None
        return sample

    def open(self, folder: Path) -> None:
        """Open a folder and wait until it is there; photos come from it alone."""
        with self.qtbot.waitSignal(self.session.dataset_changed, timeout=SOON):
            self.session.data.open_folder(folder)
        self.session.photos.set_store(PhotoStore(self.dataset.local_images, network=False))

    def select(self, split: Split, row: int) -> PhotoRecord:
        """Select a photo as Data does, and wait for its caption."""
        record = self.dataset.split(split).record(row)
        self.session.selection.select(record)
        self.wait_for_sample()
        return record

    def select_learned(self, saved: SavedModel) -> PhotoRecord:
        """Select the first photo that a model was trained on: its caption has several words."""
        record = self.dataset.split("train").record_of_caption(int(saved.caption_rows[0]))
        return self.select("train", record.row)

    def wait_for_sample(self) -> None:
        """Wait for the caption of the selected photo."""

        def there() -> bool:
            sample = self.panel.sample
            return sample is not None and sample.record == self.session.selection.record

        self.qtbot.waitUntil(there, timeout=SOON)

    def use(self, saved: SavedModel, origin: ModelOrigin = ModelOrigin.TRAINED) -> CurrentModel:
        """Make a model the current one."""
        current = CurrentModel(saved, origin, unsaved=True)
        self.session.models.set(current)
        return current

    def press(self, key: Qt.Key, times: int = 1) -> None:
        """Press a key where the keyboard is."""
        focused = self.panel.window().focusWidget()
        assert focused is not None
        for _ in range(times):
            self.qtbot.keyClick(focused, key)

    def click(self, name: str) -> None:
        """Click the button of this object name."""
        button = self.panel.findChild(QAbstractButton, name)
        assert button is not None and button.isVisible() and button.isEnabled(), name
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def text(self, name: str) -> str:
        """The words of the label of this object name; "" while it is not seen."""
        label = self.panel.findChild(QLabel, name)
        assert label is not None, name
        return label.text() if label.isVisible() else ""

    @property
    def bars(self) -> WordBars:
        bars = self.panel.findChild(WordBars)
        assert bars is not None
        return bars

    def ground_truth(self) -> list[GroundTruthCaption]:
        """The ground-truth captions that are seen."""
        return [each for each in self.panel.findChildren(GroundTruthCaption) if each.isVisible()]

    def captions_of(self, record: PhotoRecord) -> list[str]:
        """A photo's captions, read without the panel."""
        rows = self.dataset.split(record.split).captions[list(record.caption_rows)]
        return [caption_text(row, self.dataset.vocabulary) for row in rows]

    def greedy_words(self, record: PhotoRecord, model: CaptioningRNN) -> list[str]:
        """What the model's own sample() says, up to <END>."""
        features = self.dataset.split(record.split).features.rows(np.array([record.row]))
        words: list[str] = []
        for index in model.sample(features)[0].tolist():
            words.append(model.idx_to_word[index])
            if words[-1] == "<END>":
                break
        return words


@contextmanager
def shown_sampling(
    qtbot: QtBot, folder: Path | None, *, size: tuple[int, int] = (690, 400), within: QWidget | None = None
) -> Iterator[Shown]:
    """Show the panel, with data open if a folder is given; all ends with the block."""
    session = Session(Settings())
    panel = SamplingPanel(session, within)
    if within is None:
        qtbot.addWidget(panel)
    shown = Shown(panel, session, qtbot)
    session.problem.connect(shown.problems.append)
    panel.resize(*size)
    panel.show()
    qtbot.waitExposed(panel)
    panel.activateWindow()
    panel.setFocus()
    if folder is not None:
        shown.open(folder)
    try:
        yield shown
    finally:
        assert session.shut_down()
        panel.hide()
        session.deleteLater()


def other_model(saved: SavedModel, seed: int, iteration: int) -> SavedModel:
    """A model of the same shape that says something else."""
    model = saved.model.copy()
    model.params["W_vocab"] = np.random.default_rng(seed).permutation(model.params["W_vocab"], axis=1)
    return replace(saved, model=model, iteration=iteration)


def point_at(widget: QWidget, place: QPoint) -> str:
    """Rest the mouse on a place; return the words that come up."""
    event = QHelpEvent(QEvent.Type.ToolTip, place, widget.mapToGlobal(place))
    QApplication.sendEvent(widget, event)
    return QToolTip.text() if event.isAccepted() else ""
