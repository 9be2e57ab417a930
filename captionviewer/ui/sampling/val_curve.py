"""Ways of writing captions compared over val, on request: a plot, its words, progress and cancel."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.evaluation.decoding_scores import DecodingScore, score_decodings
from captionviewer.core.evaluation.scored_photos import ScoredPhotos
from captionviewer.ui.look import theme
from captionviewer.ui.look.theme import Colors
from captionviewer.ui.plots.plot_canvas import PlotCanvas
from captionviewer.ui.sampling.latest_work import LatestWork
from captionviewer.ui.session.models import CurrentModel
from captionviewer.ui.session.session import Session
from captionviewer.ui.worker import Cancelled, send

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PHOTOS, SEED = 200, 231  # of val, and what draws them
PAUSE_MS = 60  # after the last move of a slider: a drawing takes longer than a move may

Scores = Sequence[DecodingScore]
DrawScores = Callable[["Figure", Scores, Colors, float], None]


class ValCurve(QWidget):
    """Scores several decodings of the session's model in a thread, on request only.

    What is shown names the model that it was computed from, and stays until the user asks again.
    """

    _progressed = Signal(float)  # from the thread
    shown = Signal()  # other scores, or none, are shown

    def __init__(
        self,
        session: Session,
        name: str,
        invitation: str,
        draw: DrawScores,
        say: Callable[[Scores, str], str],
        captions_each: int = 1,
    ) -> None:
        """`name` names the plot and its file, `invitation` says what will be there; `say(scores, made)` is
        what the figures show, `made` how they were made.
        """
        super().__init__()
        self._session, self._name = session, name
        self._invitation, self._draw, self._say, self._each = invitation, draw, say, captions_each
        self._work: LatestWork[Scores | None] = LatestWork(session, f"scoring captions of val: {name}")
        self.scores: Scores = ()
        self._made = ""  # how they were made, for people
        self.decodings: Callable[[], list[Decoding]] = list
        self.button = QPushButton("Compute over val")
        self.button.setToolTip(f"Caption up to {PHOTOS} val photos in each way and score the captions")
        self.button.setObjectName("val_compute")
        self.button.clicked.connect(self.compute)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(self.cancel)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setAccessibleName("Progress of scoring")
        self.plot = PlotCanvas(session, name)
        self.plot.show_message(invitation)
        self.words = QLabel()
        self.words.setObjectName("val_words")
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)  # holds a model's name
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        theme.set_muted(self.words)
        line = QHBoxLayout()
        line.addWidget(self.button)
        line.addWidget(self.progress, 1)
        line.addWidget(self.cancel_button)
        line.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(line)  # over the plot, which may need to be scrolled to
        column.addWidget(self.plot, 1)
        column.addWidget(self.words)
        self._progressed.connect(self._show_progress, Qt.ConnectionType.QueuedConnection)
        session.dataset_changed.connect(self.forget)
        self._show_busy(False)

    def compute(self) -> None:
        """Score the session's model in every way."""
        dataset, current = self._session.data.dataset, self._session.models.current
        if dataset is None or current is None:
            self.plot.show_message("There is no model to score yet: open data first.")
            return
        decodings = self.decodings()

        def work(cancelled: Cancelled) -> Scores | None:
            photos = ScoredPhotos.drawn(dataset, "val", PHOTOS, SEED)
            return score_decodings(
                current.model,
                photos,
                decodings,
                captions_each=self._each,
                stop=cancelled,
                progress=lambda done: send(self._progressed, done),
            )

        def done(scores: Scores | None) -> None:
            self._show_busy(False)
            if scores is not None:
                self._show(scores, current)

        def failed(error: Exception) -> None:
            self._show_busy(False)
            self.forget()
            known = isinstance(error, CaptionviewerError | ValueError | OSError)
            words = str(error) if known else f"{error!r}. This is a fault of captionviewer."
            self.plot.show_message(f"Val could not be scored: {words}")

        self.progress.setValue(0)
        self._show_busy(True)
        self._work.ask(work, done, failed)

    def cancel(self) -> None:
        """Score no further; what was shown before stays."""
        self._work.drop()
        self._show_busy(False)

    @property
    def is_busy(self) -> bool:
        """Whether scores are being computed."""
        return self._work.is_busy

    def forget(self) -> None:
        """Show none: they are of other data."""
        self._work.drop()
        self._show_busy(False)
        self.scores = ()
        self.words.setText("")
        self.plot.show_message(self._invitation)
        self.shown.emit()

    def _show(self, scores: Scores, current: CurrentModel) -> None:
        dataset = self._session.data.dataset
        photos = min(PHOTOS, dataset.split("val").num_photos) if dataset is not None else PHOTOS
        made = (
            f"Model: {current.words}; {photos} val photos drawn by seed {SEED}, scored against all their "
            "captions; a generated <UNK> matches none."
        )
        self.scores, self._made = scores, made
        file_name = f"{self._name.lower().replace(' ', '-')}-over-val"
        self.plot.show_plot(
            lambda figure, colors, points: self._draw(figure, scores, colors, points),
            lambda: score_rows(scores),
            file_name,
            "",
        )
        self.say_again()
        self.shown.emit()

    def say_again(self) -> None:
        """Draw and say again what there is: what is marked in it has changed."""
        if self.scores:
            said = self._say(self.scores, self._made)
            self.words.setText(said)
            self.plot.setAccessibleDescription(said)
            self.plot.redraw(PAUSE_MS)

    def _show_progress(self, share: float) -> None:
        self.progress.setValue(round(1000 * share))

    def _show_busy(self, busy: bool) -> None:
        self.button.setVisible(not busy)
        self.progress.setVisible(busy)
        self.cancel_button.setVisible(busy)


def score_rows(scores: Sequence[DecodingScore]) -> Iterator[Sequence[object]]:
    """Give scores of decodings as lines of a table, the header first."""
    yield "decoding", "beam_width", "temperature", "ln_p", "cider_d", "words", "distinct", "cut_off"
    for score in scores:
        yield (
            score.decoding.words(),
            score.decoding.beam_width,
            score.decoding.temperature,
            score.log_probability,
            score.cider_d,
            score.length,
            score.distinct,
            score.unended,
        )
