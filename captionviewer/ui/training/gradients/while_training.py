"""The page While training: the norm of each parameter's gradient as a run goes on, and the clip's line."""

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from captionviewer.core.network.parameter_shapes import PARAMETER_NAMES
from captionviewer.core.training.norm_history import clip_limits, clipped_share
from captionviewer.core.training.run import TrainingRun
from captionviewer.ui.plots.series_plot import Series, SeriesPlot
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.control_parts import scrolling, words_label

LOOK_MS = 500
NO_RUN = (
    "Start a run: the norm of each parameter's gradient is drawn here step by step, as it is before clipping."
)


class WhileTraining(QWidget):
    """Follows the run that goes on, and keeps the last one after its end."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.run: TrainingRun | None = session.runs.run
        self.plot = SeriesPlot(
            session, "iteration", "norm of the gradient", "gradient norms", log=True, names="beside"
        )
        self.plot.setAccessibleName("Norms of the gradients over the iterations, log axis")
        self.words = words_label("norm_words")
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(self.plot, 1)
        column.addWidget(self.words)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolling(body))
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK_MS)
        self._clock.timeout.connect(self._look)
        session.run_changed.connect(self._run_changed)
        session.dataset_changed.connect(self._forget)

    def _run_changed(self) -> None:
        if self._session.runs.run is not None:
            self.run = self._session.runs.run
        self._look()

    def _forget(self) -> None:
        if self._session.runs.run is None:
            self.run = None
        self._look()

    def showEvent(self, event: QShowEvent) -> None:
        """Look, and go on looking."""
        super().showEvent(event)
        self._look()

    def hideEvent(self, event: QHideEvent) -> None:
        """Look no more."""
        super().hideEvent(event)
        self._clock.stop()

    def _look(self) -> None:
        """Show what is new of the run."""
        if not self.isVisible():
            return
        run = self.run
        if run is not None and run.state.is_live:
            if not self._clock.isActive():
                self._clock.start()
        else:
            self._clock.stop()
        recorded = run.parameter_norms() if run is not None else None
        if run is None or recorded is None:
            self.plot.show_series((), empty="No run yet")
            self.words.setText(NO_RUN)
            return
        together = run.history.gradient_norms()
        steps = np.arange(1, len(together) + 1)
        limits = clip_limits(run.settings.clip_norm, run.edits, len(together))
        series = [
            Series(name, recorded.iterations, recorded.norms[:, n], n / len(PARAMETER_NAMES))
            for n, name in enumerate(PARAMETER_NAMES)
        ]
        series.append(Series("all together", steps, together, "text", wide=True))
        if np.isfinite(limits).any():
            series.append(Series("clipped at", steps, limits, "text", dashed=True))
        words = self._said(run, recorded.every, together, clipped_share(together, limits))
        self.plot.show_series(series, description=words)
        self.words.setText(words)

    def _said(self, run: TrainingRun, every: int, together: np.ndarray, share: float | None) -> str:
        known = together[np.isfinite(together)]
        largest = f" The largest norm of all together was {known.max():.3g}." if len(known) else ""
        if run.clip_norm is not None:
            clipped = f" Clipping at {run.clip_norm:g} is on" + (". " if share is None else ": ")
        else:
            clipped = " Clipping is off. " if share is None else " Clipping is off now: "
        if share is not None:
            clipped += (
                f"{100 * share:.0f} % of the steps that it was on for were shortened. It keeps the direction"
                " of all gradients as one vector; what has vanished it can't bring back."
            )
        spaced = "" if every == 1 else f" A parameter's line has every {every}th step."
        return (
            "Norm of the gradient of each parameter at each step, before clipping. It is that of the"
            " minibatch's mean: where captions pull in different directions it is smaller than the mean of"
            f" theirs.{largest}{clipped}{spaced}"
        )
