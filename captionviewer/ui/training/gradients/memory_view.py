"""The page Memory test: networks that are to remember the first word of a caption until its last."""

from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QVBoxLayout, QWidget

from captionviewer.core.amounts import MINUS, signed
from captionviewer.core.inspection.memory_task import (
    GUESS_NATS,
    HIDDEN_DIM,
    LENGTHS,
    NUM_STEPS,
    MemoryCourse,
    MemoryLearner,
    MemoryPoint,
    learn_to_remember,
)
from captionviewer.ui.plots.series_plot import Series, SeriesPlot
from captionviewer.ui.session.session import Session
from captionviewer.ui.training.gradients.knobs import knob, scale_of, scale_slider, slider
from captionviewer.ui.widgets.check_box import CheckBox
from captionviewer.ui.widgets.control_parts import labelled, scrolling, words_label
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.worker import Cancelled, Job, send

NOTHING_YET = "Train: how well each network remembers the first word is drawn here"
EXPLAINED = (
    "A caption is a colour, nothing for a while, and the same colour again: only who remembers the first word"
    f" knows the last. A guess costs {GUESS_NATS:.2f} nats. Networks of {HIDDEN_DIM} units, {NUM_STEPS}"
    " minibatches, Adam."
)


@dataclass
class _Learning:
    """A network under way."""

    title: str
    learner: MemoryLearner
    hue: float
    points: list[MemoryPoint] = field(default_factory=list)
    course: MemoryCourse | None = None


class MemoryView(QWidget):
    """Trains three small networks one after the other, in a thread, and draws them as they learn."""

    _told = Signal(object, object)  # a `_Learning` and its new point, from the thread

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.learning: list[_Learning] = []
        self._job: Job | None = None
        self._build()
        self._told.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def _build(self) -> None:
        self.length_choice = QComboBox()
        for length in LENGTHS:
            self.length_choice.addItem(f"{length} words", length)
        self.length_choice.setCurrentIndex(LENGTHS.index(20))
        self.length_choice.setAccessibleName("Words from the first colour to the last")
        self.wh_slider = scale_slider()
        self.bias_slider = slider("Forget bias of the second LSTM", -10, 50, 30)
        self._wh_words, self._bias_words = QLabel(), QLabel()
        for each in (self.wh_slider, self.bias_slider):
            each.valueChanged.connect(lambda _value: self._name_knobs())
        self.clip_box = CheckBox("Clip at 1")
        self.clip_box.setChecked(True)
        self.clip_box.setToolTip("Shorten all gradients together to a norm of 1 where they are longer")
        self.run_button = QPushButton("Train")
        self.run_button.clicked.connect(self.train)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(self.cancel)
        self.cancel_button.hide()
        knobs = FlowLayout(gap=10, line_gap=4)
        knobs.addWidget(labelled("Caption of", self.length_choice))
        knobs.addWidget(knob(self._wh_words, self.wh_slider))
        knobs.addWidget(knob(self._bias_words, self.bias_slider))
        for widget in (self.clip_box, self.run_button, self.cancel_button):
            knobs.addWidget(widget)
        self.plot = SeriesPlot(
            self._session, "minibatches", "nats at the last word", "memory test", log=False, names="beside"
        )
        self.plot.setAccessibleName("Loss at the last word as the networks learn")
        self.plot.show_series((), empty=NOTHING_YET)
        self.verdict = words_label("memory_verdict")
        self.verdict.hide()
        self.words = words_label("memory_words")
        self.words.setText(EXPLAINED)
        body = QWidget()
        inside = QVBoxLayout(body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.verdict)
        inside.addWidget(self.plot, 1)
        inside.addWidget(self.words)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(knobs)
        column.addWidget(scrolling(body), 1)
        self._name_knobs()

    @property
    def forget_bias(self) -> float:
        """That of the second LSTM."""
        return self.bias_slider.value() / 10

    def _name_knobs(self) -> None:
        self._wh_words.setText(f"Wh × {scale_of(self.wh_slider):.2f}")
        self._bias_words.setText(f"LSTM with forget bias {signed(self.forget_bias, 1, plus=True)}")

    # ---- training ------------------------------------------------------------------------------

    def train(self) -> None:
        """Train an RNN, an LSTM as the notebook's, and one of the forget bias chosen."""
        self.cancel()
        length, scale = int(self.length_choice.currentData()), scale_of(self.wh_slider)
        clip, bias = 1.0 if self.clip_box.isChecked() else None, self.forget_bias
        plan: list[_Learning] = [
            _Learning("RNN", MemoryLearner("rnn", length, scale, 0.0, clip), 0.45),
            _Learning("LSTM, bias 0", MemoryLearner("lstm", length, scale, 0.0, clip), 0.8),
        ]
        if bias:
            name = f"LSTM, bias {signed(bias, 1, plus=True)}"
            plan.append(_Learning(name, MemoryLearner("lstm", length, scale, bias, clip), 0.08))
        self.learning = plan

        def work(cancelled: Cancelled) -> None:
            for one in plan:

                def tell(point: MemoryPoint, one: _Learning = one) -> bool:
                    send(self._told, one, point)
                    return not cancelled()

                one.course = learn_to_remember(one.learner, tell)
                if one.course is None:
                    return

        def done(_nothing: None) -> None:
            self._job = None
            self._show()

        def failed(error: Exception) -> None:
            self._job = None
            self._session.problem.emit(f"The memory test could not be trained. {error}")
            self._show()

        self._job = self._session.workers.start("training the memory test", work, done, failed)
        self._show()

    def cancel(self) -> None:
        """End what is under way; what was drawn of it stays."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
            self._show()

    @property
    def is_busy(self) -> bool:
        """Whether networks are being trained."""
        return self._job is not None

    def _take(self, one: _Learning, point: MemoryPoint) -> None:
        if one in self.learning:
            one.points.append(point)
            self._show()

    # ---- what is shown -------------------------------------------------------------------------

    def _show(self) -> None:
        self.run_button.setVisible(not self.is_busy)
        self.cancel_button.setVisible(self.is_busy)
        begun = [one for one in self.learning if one.points]
        series = [
            Series(
                one.title,
                np.array([point.step for point in one.points]),
                np.array([point.nats for point in one.points]),
                one.hue,
                wide=True,
            )
            for one in begun
        ]
        if series:
            ends = np.array([0, NUM_STEPS])
            series.append(Series("a guess", ends, np.full(2, GUESS_NATS), "text", dashed=True))
        ended = [(one.title, one.course) for one in begun if one.course is not None]
        verdict = "; ".join(_verdict(title, course) for title, course in ended)
        said = " ".join([EXPLAINED, *(_course_words(title, course) for title, course in ended)])
        told = f"{verdict}. {said}" if verdict else said
        self.plot.show_series(series, empty=NOTHING_YET, description=told)
        self.verdict.setText(verdict)
        self.verdict.setVisible(bool(verdict))
        self.words.setText(said)


def _verdict(title: str, course: MemoryCourse) -> str:
    ends = "remembers" if course.remembers else "has not learned to remember"
    return f"{title}: {ends} ({course.points[-1].nats:.2f} nats)"


def _course_words(title: str, course: MemoryCourse) -> str:
    """How a network came to that, in the numbers of this run."""
    share = f"{course.reach_at_first:.2g}".replace("e-0", "e-").replace("e+0", "e+").replace("-", MINUS)
    return (
        f"{title}: before it had learned anything, {share} of the last word's gradient reached back to the"
        f" first; the largest norm of all gradients in a step was {course.points[-1].largest_norm:.3g}."
    )
