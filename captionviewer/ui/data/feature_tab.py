"""The feature vector of the selected photo as a plot, read from the disk outside the GUI thread."""

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.dataset import CocoDataset, DataError, PhotoRecord
from captionviewer.core.coco.feature_kinds import FEATURES
from captionviewer.ui.data.data_plots import draw_features, feature_rows
from captionviewer.ui.plots.plot_canvas import PlotCanvas
from captionviewer.ui.session.session import Session
from captionviewer.ui.worker import Job


class FeatureTab(QWidget):
    """Reads the features of the photo it is told of, once it is seen."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._record: PhotoRecord | None = None
        self._dataset: CocoDataset | None = None
        self._stale = False
        self._job: Job | None = None
        self.plot = PlotCanvas(session, "Feature vector of the photo")
        self.plot.setObjectName("feature_plot")
        self.plot.setToolTip("What the network sees of the photo; right-click to export")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 8, 0, 0)
        box.addWidget(self.plot)

    def show_photo(self, dataset: CocoDataset | None, record: PhotoRecord | None) -> None:
        """Show the features of another photo (None: of none)."""
        self._dataset, self._record, self._stale = dataset, record, True
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if record is None:
            self.plot.show_message("Select a photo to see its features.")
            return
        if not self.plot.has_plot:
            self.plot.show_message("Reading the features of this photo…")
        if self.isVisible():
            self._read()

    def showEvent(self, event: QShowEvent) -> None:
        """Read what nobody looked at until now."""
        super().showEvent(event)
        if event.type() is QEvent.Type.Show and self._stale:
            self._read()

    def _read(self) -> None:
        dataset, record = self._dataset, self._record
        if dataset is None or record is None:
            return
        self._stale = False

        def failed(error: Exception) -> None:
            self._job = None
            self.plot.show_message("The features of this photo could not be read.")
            if isinstance(error, DataError | OSError):
                self._session.problem.emit(str(error))
            else:
                self._session.problem.emit(
                    f"Features could not be read: {error!r}. This is a fault of captionviewer."
                )

        self._job = self._session.workers.start(
            "reading features",
            lambda _cancelled: dataset.split(record.split).features.rows(np.array([record.row]))[0],
            lambda features: self._show(dataset, record, features),
            failed,
        )

    def _show(self, dataset: CocoDataset, record: PhotoRecord, features: FloatArray) -> None:
        self._job = None
        kind = FEATURES[dataset.feature_kind].layer
        title = f"Features of {record.split} photo {record.row:,} ({kind}, {len(features):,} values)"
        self.plot.show_plot(
            lambda figure, colors, points: draw_features(figure, features, title, colors, points),
            lambda: feature_rows(features),
            f"features {record.split} {record.row}",
            f"{title}: from {features.min():.3g} to {features.max():.3g}, mean {features.mean():.3g}",
        )
