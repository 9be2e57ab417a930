"""How it trains: the loss of the few captions with a bug, beside the right one, drawn as both go on."""

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from captionviewer.core.checks.bug_training import ITERATIONS, BugTraining, cell_of, train_beside
from captionviewer.core.checks.bugs import Bug
from captionviewer.core.checks.few_captions import HOW_MANY, FewCaptions
from captionviewer.ui.plots.series_plot import Series, SeriesPlot, Tone
from captionviewer.ui.session.corpus_job import CorpusJob, Progress
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import words_label

_REDRAW_MS = 60
_CHOOSE = "Choose a bug at the top of the window to see how it trains beside the right layers."
_SPREAD = 7  # iterations that a point of a curve is the mean of: single minibatches hide the course


class BugTrainingView(QWidget):
    """Trains the chosen bug and the right layers when asked to, and says what came of it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._bug: Bug | None = None
        self._latest: BugTraining | None = None  # written by the thread, whole values only
        self.training: BugTraining | None = None  # what is drawn
        self._job = CorpusJob(session, "training beside a bug", self)
        self._job.progressed.connect(self._later)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_REDRAW_MS)
        self._soon.timeout.connect(self._draw)
        self.train_button = QPushButton("Train &Beside the Right Layers")
        self.train_button.setObjectName("train_bug")
        self.train_button.setAutoDefault(False)
        self.train_button.setToolTip(
            f"Learn {HOW_MANY} captions of the open data by heart, with the bug and without: {ITERATIONS} "
            "iterations each"
        )
        self.train_button.clicked.connect(lambda _checked=False: self.train())
        self.stop_button = QPushButton("Stop")
        self.stop_button.setObjectName("stop_bug")
        self.stop_button.setAutoDefault(False)
        self.stop_button.clicked.connect(lambda _checked=False: self.stop())
        self.told = words_label("bug_told")
        self.plot = SeriesPlot(session, "iteration", "loss in nats a caption", "bug", log=True, least=1e-6)
        self.plot.setObjectName("bug_curves")
        row = QHBoxLayout()
        row.addWidget(self.train_button)
        row.addWidget(self.stop_button)
        row.addWidget(self.told, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addLayout(row)
        column.addWidget(self.plot, 1)
        session.dataset_changed.connect(self._show_running)
        self.show_bug(None)

    def show_bug(self, bug: Bug | None) -> None:
        """Be about another bug, or about none."""
        self.stop()
        self._bug, self._latest, self.training = bug, None, None
        self.plot.show_series((), empty=_CHOOSE if bug is None else f"{bug.title}: not trained yet.")
        self.told.setText("" if bug is None else f"In {bug.function}.")
        self._show_running()

    def train(self) -> None:
        """Train both from the start."""
        bug, dataset = self._bug, self._session.data.dataset
        if bug is None or dataset is None:
            return

        def work(progress: Progress) -> BugTraining | None:
            going = True

            def report(training: BugTraining) -> None:
                nonlocal going
                self._latest = training
                going = progress(len(training.broken) / training.iterations)

            return train_beside(
                bug, FewCaptions.drawn(dataset), ITERATIONS, stop=lambda: not going, report=report
            )

        self._job.start(work, self._done, self._failed)
        self._show_running()

    def stop(self) -> None:
        """End a training under way; what was drawn stays."""
        self._job.cancel()
        self._show_running()

    def _done(self, training: BugTraining | None) -> None:
        self._latest = training
        self._draw()
        self._show_running()

    def _failed(self, error: Exception) -> None:
        self.told.setText(f"It could not be trained: {error}")
        self._show_running()

    def _later(self, _share: float) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _draw(self) -> None:
        training = self._latest
        if training is None or training.bug is not self._bug:
            return
        self.training = training
        cell = "RNN" if cell_of(training.bug) == "rnn" else "LSTM"
        curves = [
            _curve(f"the right layers ({cell})", training.right, "accent"),
            _curve("with the bug", training.broken, "bad"),
        ]
        self.plot.show_series(curves, training.iterations)
        self.told.setText(training.words or f"Iteration {len(training.broken)} of {training.iterations}")

    def _show_running(self) -> None:
        busy = self._job.is_busy
        self.train_button.setEnabled(
            not busy and self._bug is not None and self._session.data.dataset is not None
        )
        self.stop_button.setEnabled(busy)
        if self._bug is not None and self._session.data.dataset is None:
            self.told.setText("Open data first: the captions to learn are drawn from it.")


def _curve(name: str, losses: tuple[float, ...], tone: Tone) -> Series:
    means = [sum(losses[max(0, n - _SPREAD + 1) : n + 1]) / min(n + 1, _SPREAD) for n in range(len(losses))]
    return Series(name, np.arange(1, len(losses) + 1), np.array(means), tone, wide=True)
