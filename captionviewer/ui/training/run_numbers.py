"""The numbers of a training run as small tiles: a name above, the value below."""

import math

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from captionviewer.core.amounts import format_duration
from captionviewer.core.training.run_progress import RunProgress
from captionviewer.ui.look.theme import set_muted
from captionviewer.ui.training.loss_rows import perplexity

NONE = "–"


class NumberTile(QWidget):
    """One number with its name; as wide as its widest value so far, so that nothing jumps."""

    def __init__(self, name: str, tip: str, widest: str) -> None:
        super().__init__()
        self._widest = widest
        self._name = QLabel(name)
        self._value = QLabel(NONE)
        self._value.setTextFormat(Qt.TextFormat.PlainText)
        self._value.setAccessibleName(name)
        self._value.setObjectName(f"number_{name.lower().replace(' ', '_').replace('/', '_a_')}")
        self.setToolTip(f"<p>{tip}</p>")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        set_muted(self._name)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._name)
        column.addWidget(self._value)
        self._set_fonts()

    @property
    def text(self) -> str:
        """The value shown."""
        return self._value.text()

    def show_value(self, text: str) -> None:
        """Show a value."""
        if text == self._value.text():
            return
        self._value.setText(text)
        if len(text) > len(self._widest):
            self._widest = text
            self._set_width()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._set_fonts()

    def _set_fonts(self) -> None:
        small, bold = QFont(self.font()), QFont(self.font())
        small.setPointSizeF(0.85 * self.font().pointSizeF())
        bold.setBold(True)
        self._name.setFont(small)
        self._value.setFont(bold)
        self._set_width()

    def _set_width(self) -> None:
        value = self._value.fontMetrics().horizontalAdvance(self._widest)
        name = self._name.fontMetrics().horizontalAdvance(self._name.text())
        self.setFixedWidth(max(value, name) + 4)
        # A label of fixed size takes a new text without the whole panel being laid out anew.
        self._value.setFixedSize(max(value, name) + 4, self._value.fontMetrics().height())


class RunNumbers:
    """The tiles of a run, and how each number is written."""

    def __init__(self) -> None:
        self.loss = NumberTile(
            "Loss", "Mean of the last ten iterations, in nats, of a caption or of a word as chosen.", "0.0000"
        )
        self.perplexity = NumberTile(
            "Perplexity",
            "e to the loss per word, over the last ten iterations: how many words the network hesitates"
            " between, on average. 1 is certainty; a fresh network is near the size of the vocabulary.",
            "1,004",
        )
        self.iteration = NumberTile("Iteration", "Minibatch updates made, of those planned.", "100 / 100")
        self.epoch = NumberTile(
            "Epoch", "Times through as many captions as are trained on, of those planned.", "50 / 50"
        )
        self.rate = NumberTile(
            "Learning rate", "Size of the last step. It decays after each epoch.", "0.00500"
        )
        self.speed = NumberTile(
            "Steps/s", "Minibatch updates per second, over the last few seconds.", "000.0"
        )

    def tiles(self) -> list[NumberTile]:
        """All tiles, in order."""
        return [self.loss, self.perplexity, self.iteration, self.epoch, self.rate, self.speed]

    def by_weight(self) -> list[NumberTile]:
        """All tiles, what can be done without last."""
        return [self.loss, self.iteration, self.perplexity, self.rate, self.speed, self.epoch]

    def set_greyed(self, greyed: bool) -> None:
        """Grey what is of no run that goes on."""
        for tile in self.tiles():
            tile.setEnabled(not greyed)

    def clear(self) -> None:
        """Show that there is no run."""
        for tile in self.tiles():
            tile.show_value(NONE)

    def show_end(self, iteration: int, learning_rate: float | None) -> None:
        """Show how far an opened model was trained, and the learning rate of its last step."""
        self.clear()
        self.iteration.show_value(f"{iteration:,}")
        if learning_rate is not None:
            self.rate.show_value(f"{learning_rate:.3g}")

    def show_losses(self, loss: float | None, per_word: float | None) -> None:
        """Show the recent loss (as chosen) and the perplexity that the loss per word gives."""
        self.loss.show_value(NONE if loss is None else loss_words(loss))
        self.perplexity.show_value(NONE if per_word is None else perplexity_words(per_word))

    def show_progress(self, progress: RunProgress, learning_rate: float | None, is_running: bool) -> None:
        """Show how far the run is, the learning rate of its last step, and while it runs how fast it is."""
        if progress.num_iterations:
            self.iteration.show_value(f"{progress.iteration:,} / {progress.num_iterations:,}")
        else:
            self.iteration.show_value(f"{progress.iteration:,}")
        self.epoch.show_value(f"{progress.epoch:,} / {progress.num_epochs:,}")
        rate = progress.learning_rate if learning_rate is None else learning_rate
        self.rate.show_value(f"{rate:.3g}")
        speed = progress.steps_per_second if is_running else 0.0
        self.speed.show_value(NONE if speed <= 0 else f"{speed:.1f}" if speed < 100 else f"{speed:.0f}")


def loss_words(loss: float) -> str:
    """Write a loss in four or five signs."""
    if loss >= 1e5:
        return f"{loss:.1e}".replace("e+", "e")
    for digits, least in ((0, 1000), (1, 10), (2, 1)):
        if loss >= least:
            return f"{loss:,.{digits}f}"
    return f"{loss:.3f}"


def perplexity_words(loss_per_word: float) -> str:
    """Write the perplexity of a loss per word."""
    value = perplexity(loss_per_word)
    if not math.isfinite(value) or value >= 1e5:
        return f"e^{loss_per_word:.0f}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def time_left_words(seconds: float | None) -> str:
    """What a run that trains says of its end."""
    if seconds is None:
        return "Training…"
    return "Training, almost done." if seconds < 1 else f"Training, about {format_duration(seconds)} left."
