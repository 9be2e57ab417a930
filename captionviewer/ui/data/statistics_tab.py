"""Caption lengths and word frequencies of the whole data set, counted outside the GUI thread when seen."""

from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from captionviewer.core.coco import CocoDataset
from captionviewer.ui.data.data_plots import CaptionStatistics, caption_statistics, draw_lengths, draw_words
from captionviewer.ui.session import Session
from captionviewer.ui.widgets.plot_canvas import PlotCanvas
from captionviewer.ui.worker import Job

SIDE_BY_SIDE_LETTERS = 56  # narrower than so many letters, the plots stand under each other


class StatisticsTab(QWidget):
    """Two plots of all captions, train and val."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._dataset: CocoDataset | None = None
        self._stale = False
        self._job: Job | None = None
        self.lengths = PlotCanvas(session, "Caption lengths")
        self.lengths.setObjectName("length_plot")
        self.lengths.setToolTip("How long captions are, train and val; right-click to export")
        self.words = PlotCanvas(session, "Most frequent words", follows_size=True)
        self.words.setObjectName("word_plot")
        self.words.setToolTip("The words said most, of train and val together; right-click to export")
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 8, 0, 0)
        self._box.setSpacing(8)
        self._box.addWidget(self.lengths, 1)
        self._box.addWidget(self.words, 1)

    def show_dataset(self, dataset: CocoDataset | None) -> None:
        """Show the statistics of another data set, as soon as they are looked at."""
        self._dataset, self._stale = dataset, True
        if self._job is not None:
            self._job.cancel()
            self._job = None
        for plot in (self.lengths, self.words):
            plot.show_message("Counting words…" if dataset is not None else "No data set is open.")
        if self.isVisible():
            self._count()

    def showEvent(self, event: QShowEvent) -> None:
        """Count what nobody looked at until now."""
        super().showEvent(event)
        if self._stale:
            self._count()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the plots beside each other where there is room."""
        super().resizeEvent(event)
        wide = self.width() >= SIDE_BY_SIDE_LETTERS * self.fontMetrics().averageCharWidth()
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if self._box.direction() != direction:
            self._box.setDirection(direction)

    def _count(self) -> None:
        dataset = self._dataset
        if dataset is None:
            return
        self._stale = False

        def failed(error: Exception) -> None:
            self._job = None
            self._session.problem.emit(
                f"Words could not be counted: {error!r}. This is a fault of captionviewer."
            )

        self._job = self._session.workers.start(
            "counting words",
            lambda _cancelled: caption_statistics(dataset),
            lambda statistics: self._show(dataset, statistics),
            failed,
        )

    def _show(self, dataset: CocoDataset, statistics: CaptionStatistics) -> None:
        self._job = None
        train, val = int(statistics.train_lengths.sum()), int(statistics.val_lengths.sum())
        self.lengths.show_plot(
            lambda figure, colors, points: draw_lengths(figure, statistics, colors, points),
            statistics.length_rows,
            f"caption lengths {dataset.folder.name}",
            f"How many words the {train:,} train and {val:,} val captions have",
        )
        words = ", ".join(statistics.words[:10])
        self.words.show_plot(
            lambda figure, colors, points: draw_words(figure, statistics, dataset.vocabulary, colors, points),
            statistics.word_rows,
            f"frequent words {dataset.folder.name}",
            f"Most frequent: {words}. {100 * statistics.unknown_share:.1f} % of all words are <UNK>.",
        )
