"""The status bar's standing part: the data set, the current model, what is running, how far opening is."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizeGrip, QStatusBar, QStyle, QStyleOption, QWidget

from captionviewer.core.coco.feature_kinds import FEATURES
from captionviewer.core.training.events import RunState
from captionviewer.core.training.run import TrainingRun
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.elided_label import ElidedLabel
from captionviewer.ui.widgets.outside_text import set_plain_tip

_MARGIN = 6  # pixels around a message
NOTICE_MS = 8000  # how long good news stays


class MessageBar(QStatusBar):
    """A status bar that ends a message with an ellipsis where it has no room, as Qt's own does not."""

    def shown_message(self) -> str:
        """Return what is seen of the message."""
        metrics, room = self.fontMetrics(), self._room().width()
        return metrics.elidedText(self.currentMessage(), Qt.TextElideMode.ElideMiddle, room)

    def _room(self) -> QRect:
        beside = self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        seen = [widget for widget in beside if widget.isVisible() and not isinstance(widget, QSizeGrip)]
        right = min((widget.x() for widget in seen), default=self.width())
        return self.rect().adjusted(_MARGIN, 0, right - self.width() - _MARGIN, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the message as Qt does, but shortened."""
        if not self.currentMessage():
            super().paintEvent(event)
            return
        painter, option = QPainter(self), QStyleOption()
        option.initFrom(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_PanelStatusBar, option, painter, self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        where = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self._room(), where | Qt.TextFlag.TextSingleLine, self.shown_message())
        painter.end()


class WindowStatus:
    """Keeps a status bar up to date.

    Parameters
    ----------
    live_runs
        Returns the runs that train, or wait to go on.
    """

    def __init__(
        self, bar: QStatusBar, session: Session, live_runs: Callable[[], Sequence[TrainingRun]]
    ) -> None:
        self._session, self._live_runs = session, live_runs
        self._data, self._model, self._running = (ElidedLabel() for _ in range(3))
        for label, name in (
            (self._running, "What is running"),
            (self._model, "Current model"),
            (self._data, "Data set"),
        ):
            label.setAccessibleName(name)
            label.setObjectName("status_" + name.split()[-1].lower())
            label.setContentsMargins(8, 0, 8, 0)
            bar.addPermanentWidget(label)
        self._progress = QProgressBar()
        self._progress.setAccessibleName("Progress of unpacking")
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 100)
        self._progress.setFixedSize(120, 10)
        self._progress.hide()
        bar.insertPermanentWidget(0, self._progress)
        session.notice.connect(lambda words: bar.showMessage(words, NOTICE_MS))
        for changed in (session.opening_changed, session.opening_progressed):
            changed.connect(self._show_progress)

    def refresh(self) -> None:
        """Show how things stand now."""
        dataset, model = self._session.data.dataset, self._session.models.current
        if dataset is None:
            self._data.setText("No data open")
        else:
            kind = FEATURES[dataset.feature_kind].name
            spelled = ", in characters" if dataset.vocabulary.is_of_characters else ""
            self._data.setText(
                f"{dataset.folder.name}: {dataset.split('train').num_photos:,} train and "
                f"{dataset.split('val').num_photos:,} val photos, {kind} features{spelled}"
            )
            set_plain_tip(self._data, str(dataset.folder))
        self._model.setText(model.words if model is not None else "No model")
        running, live = self._session.workers.running(), self._live_runs()
        states = {run.state for run in live if run.state.is_live}  # one of a race may have ended
        waits = states == {RunState.PAUSED}
        if live and not waits:
            running.insert(0, "training")
        parts = ["Training paused"] if waits else []
        if running:
            parts.append("Running: " + ", ".join(running))
        self._running.setText(" · ".join(parts) or "Idle")

    def _show_progress(self) -> None:
        share = self._session.data.opening_share
        self._progress.setVisible(share is not None)
        self._progress.setValue(round(100 * (share or 0)))
