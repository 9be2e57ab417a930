"""What the captions of the whole data set say, counted outside the GUI thread when it is first seen."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QActionGroup, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.folder_layout import SPLITS
from captionviewer.ui import actions
from captionviewer.ui.data.bar_plot import BarPlot
from captionviewer.ui.data.caption_query import CaptionQuery
from captionviewer.ui.data.data_plots import (
    CaptionStatistics,
    caption_statistics,
    draw_captions,
    draw_lengths,
    draw_words,
)
from captionviewer.ui.look.theme import set_muted
from captionviewer.ui.session.session import Session
from captionviewer.ui.widgets.tool_buttons import SwitchButton
from captionviewer.ui.widgets.view_row import ViewRow
from captionviewer.ui.worker import Job

if TYPE_CHECKING:
    from captionviewer.ui.data.words.surprise_view import SurpriseView

SIDE_BY_SIDE_LETTERS = 100  # narrower than so many letters, one plot is shown at a time
LEAST_PLOT_LINES = 6  # that a plot keeps before the words below it


class _Page(QWidget):
    """Says when its room has changed, or the size of text."""

    def __init__(self, fit: Callable[[], None]) -> None:
        super().__init__()
        self._fit = fit

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._fit()


class StatisticsTab(QWidget):
    """Views of all captions, train and val: the first has plots whose bars filter the photos."""

    length_chosen = Signal(object, int)  # split and number of words
    word_chosen = Signal(str)
    captions_chosen = Signal(object, int)  # split and number of captions

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._dataset: CocoDataset | None = None
        self._stale = False
        self._job: Job | None = None
        self._surprise_view: SurpriseView | None = None
        self.summary = QLabel()
        self.summary.setObjectName("statistics_summary")
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.summary.setWordWrap(True)
        set_muted(self.summary)
        self.lengths = BarPlot(session, "Caption lengths", "Click to see these captions")
        self.lengths.setObjectName("length_plot")
        self.words = BarPlot(
            session, "Most frequent words", "Click to see captions with it", follows_size=True
        )
        self.words.setObjectName("word_plot")
        self.captions = BarPlot(session, "Captions a photo", "Click to see these photos")
        self.captions.setObjectName("captions_plot")
        self.plots = (self.lengths, self.words, self.captions)
        self.lengths.bar_chosen.connect(lambda key: self.length_chosen.emit(*key))
        self.words.bar_chosen.connect(self._choose_word)
        self.captions.bar_chosen.connect(lambda key: self.captions_chosen.emit(*key))

        self._words_kept: tuple[str, ...] = ()
        self.views = ViewRow("Views of Statistics")
        self.views.add("Counts", "Lengths, frequent words, captions a photo", self._counts)
        self.views.add("Rank", "Words by rank, and what a smaller vocabulary would leave", self._rank)
        self.views.add("Surprise", "How words surprise the model, often and rare ones", self._surprise)
        self.views.add("Never said", "Words that the model never says", self._never_said)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 8, 0, 0)
        box.addWidget(self.views)
        self._arrange()

    def _counts(self) -> QWidget:
        self._page = page = _Page(self._fit_summary)
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 6, 0, 0)
        box.setSpacing(6)
        box.addWidget(self._switch())
        line = QHBoxLayout()
        line.setSpacing(8)
        for plot in self.plots:
            line.addWidget(plot, 1)
        box.addLayout(line, 1)
        box.addWidget(self.summary)
        return page

    def _fit_summary(self) -> None:
        """Give the words up where they would be cut: the plots show what they say."""
        room, words = self._page.height(), self.summary.heightForWidth(self._page.width())
        line = self.fontMetrics().height()
        self.summary.setVisible(room >= self.switch.sizeHint().height() + LEAST_PLOT_LINES * line + words)

    def _rank(self) -> QWidget:
        from captionviewer.ui.data.words.rank_view import RankView

        return RankView(self._session)

    def _surprise(self) -> QWidget:
        from captionviewer.ui.data.words.surprise_view import SurpriseView

        view = SurpriseView(self._session)
        view.word_chosen.connect(self.word_chosen)
        view.show_chosen(self._words_kept)
        self._surprise_view = view
        return view

    def _never_said(self) -> QWidget:
        from captionviewer.ui.data.words.never_said_view import NeverSaidView

        view = NeverSaidView(self._session)
        view.word_chosen.connect(self.word_chosen)
        return view

    def _switch(self) -> QWidget:
        """Make the buttons that say which plot is shown where there is room for one."""
        self.switch = QWidget()
        line = QHBoxLayout(self.switch)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        self._group = QActionGroup(self)
        self.show_actions = []
        for words, name in (
            (actions.SHOW_LENGTHS, "lengths"),
            (actions.SHOW_WORDS, "words"),
            (actions.SHOW_CAPTIONS_A_PHOTO, "captions"),
        ):
            action = actions.make(words, self, self._arrange)
            self._group.addAction(action)
            self.show_actions.append(action)
            left, right = name == "lengths", name == "captions"
            line.addWidget(SwitchButton(action, f"show_{name}", left=left, right=right))
        line.addStretch(1)
        self.show_actions[0].setChecked(True)
        return self.switch

    def _choose_word(self, word: object) -> None:
        self.word_chosen.emit(str(word))

    def show_dataset(self, dataset: CocoDataset | None) -> None:
        """Show the statistics of another data set, as soon as they are looked at."""
        self._dataset, self._stale = dataset, True
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self.summary.clear()
        for plot in self.plots:
            plot.show_message("Counting words…" if dataset is not None else "No data set is open.")
        if self.isVisible():
            self._count()

    def show_query(self, query: CaptionQuery) -> None:
        """Frame the bars that stand for conditions in force."""
        kept = query.kept
        for plot, limits in ((self.lengths, kept.words), (self.captions, kept.captions_an_image)):
            numbers = range(limits[0], limits[1] + 1) if limits is not None else ()
            plot.show_chosen([(query.split, number) for number in numbers])
        self._words_kept = tuple(query.conditions.phrases)
        self.words.show_chosen(self._words_kept)
        if self._surprise_view is not None:
            self._surprise_view.show_chosen(self._words_kept)

    def showEvent(self, event: QShowEvent) -> None:
        """Count what nobody looked at until now."""
        super().showEvent(event)
        if self._stale:
            self._count()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the plots beside each other where there is room."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        wide = self.width() >= SIDE_BY_SIDE_LETTERS * self.fontMetrics().averageCharWidth()
        self.switch.setVisible(not wide)
        for plot, action in zip(self.plots, self.show_actions, strict=True):
            plot.setVisible(wide or action.isChecked())

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
        self.summary.setText(statistics.summary)
        self._fit_summary()
        train, val = (f"{dataset.split(split).num_captions:,} {split}" for split in SPLITS)
        self.lengths.show_bars(
            lambda figure, colors, points: draw_lengths(figure, statistics, colors, points),
            statistics.length_rows,
            f"caption lengths {dataset.folder.name}",
            f"How many words the {train} and {val} captions have",
        )
        words = ", ".join(statistics.words[:10])
        self.words.show_bars(
            lambda figure, colors, points: draw_words(figure, statistics, dataset.vocabulary, colors, points),
            statistics.word_rows,
            f"frequent words {dataset.folder.name}",
            f"Most frequent: {words}. {100 * statistics.unknown_share:.1f} % of all words are <UNK>",
        )
        photos = " and ".join(f"{dataset.split(split).num_photos:,} {split}" for split in SPLITS)
        self.captions.show_bars(
            lambda figure, colors, points: draw_captions(figure, statistics, colors, points),
            statistics.captions_rows,
            f"captions a photo {dataset.folder.name}",
            f"How many captions the {photos} photos have",
        )
