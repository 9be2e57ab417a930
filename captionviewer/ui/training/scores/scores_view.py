"""The view Scores: score the model that is shown, look at the table, and from a score at its photos."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from captionviewer.core.atomic_file import write_atomically
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.evaluation.baselines import RowName
from captionviewer.core.evaluation.metrics import metric
from captionviewer.core.evaluation.results import coco_results, photos_csv, scores_csv
from captionviewer.core.evaluation.scorecard import Scorecard
from captionviewer.core.evaluation.scored_photos import ScoredPhotos
from captionviewer.core.evaluation.scoring import make_scorecard
from captionviewer.core.training.run_scores import RunScores
from captionviewer.ui.look.theme import set_muted
from captionviewer.ui.session.models import CurrentModel, NamedModel
from captionviewer.ui.session.session import Session
from captionviewer.ui.settings import EXPORT_FOLDER
from captionviewer.ui.training.scores.score_histogram import ScoreHistogram, bars_of
from captionviewer.ui.training.scores.scored_captions import ScoredCaptions
from captionviewer.ui.training.scores.scores_table import ScoresTable
from captionviewer.ui.widgets.check_box import CheckBox
from captionviewer.ui.widgets.control_parts import scrolling
from captionviewer.ui.widgets.empty_page import EmptyPage
from captionviewer.ui.widgets.flow_layout import FlowLayout
from captionviewer.ui.widgets.outside_text import plain_tip, show_plainly
from captionviewer.ui.widgets.view_row import Stage
from captionviewer.ui.worker import Cancelled, Job, send

FEW_PHOTOS = 400  # scored where not all are: a second's work
SEED = 231  # that draws them
WHAT_IT_SHOWS = (
    "BLEU, ROUGE-L and CIDEr-D of the model's captions beside four baselines: a neighbour's caption, one"
    " human, the commonest caption, and the model without the photo."
)
SAME_FOR_EVERY_PHOTO = (
    "The model says nearly the same of every photo. That is so early in training, and where it does not use"
    " the photo: compare it with its row “the photo taken away”. Training on, a higher learning rate, or"
    " features that fit the model help; scores of such captions say little."
)


class ScoresView(QWidget):
    """Scores the session's model in a thread, on request only, and shows what came of it.

    What is shown names the model that it was computed from; when another comes, that is said, and the table
    stays until the user scores again.
    """

    _progressed = Signal(float, str)  # from the thread that scores

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.card: Scorecard | None = None
        self._scored: NamedModel | None = None
        self._job: Job | None = None
        self._opened: tuple[RowName, str] = ("model", "cider_d")
        self._build()
        self._progressed.connect(self._show_progress, Qt.ConnectionType.QueuedConnection)
        session.model_changed.connect(self._model_changed)
        session.decoding.changed.connect(lambda _decoding: self._refresh())
        session.dataset_changed.connect(self._dataset_changed)
        self._model_changed()

    # ---- parts -----------------------------------------------------------------------------

    def _build(self) -> None:
        self.photos_choice = QComboBox()
        self.photos_choice.addItem(f"{FEW_PHOTOS} photos of val", FEW_PHOTOS)
        self.photos_choice.addItem("All photos of val", None)
        self.photos_choice.setAccessibleName("Photos that are scored")
        self.photos_choice.setToolTip(f"{FEW_PHOTOS} photos are drawn by the seed {SEED}, always the same")
        self.unknown_box = CheckBox("<UNK> counts as a word")
        self.unknown_box.setToolTip(
            "Off: a generated <UNK> matches nothing. On: it matches people's <UNK>, which is free credit, as"
            " rare words are <UNK> in their captions, too"
        )
        self.score_button = QPushButton("Score this model")
        self.score_button.clicked.connect(self.score)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(self.cancel)
        self.csv_button = QPushButton("Export CSV…")
        self.csv_button.clicked.connect(self._export_table)
        self.photos_button = QPushButton("Export photos…")
        self.photos_button.setToolTip("Each photo's own scores and captions, of every row (CSV)")
        self.photos_button.clicked.connect(self._export_photos)
        self.captions_button = QPushButton("Export captions…")
        self.captions_button.setToolTip("The model's captions in COCO's result format (JSON)")
        self.captions_button.clicked.connect(self._export_captions)
        self.back_button = QPushButton("Back")
        self.back_button.clicked.connect(self.back)
        bar = FlowLayout(gap=6, line_gap=4)
        for widget in (
            self.back_button,
            self.score_button,
            self.photos_choice,
            self.unknown_box,
            self.cancel_button,
            self.csv_button,
            self.photos_button,
            self.captions_button,
        ):
            bar.addWidget(widget)
        self.head = show_plainly(QLabel())
        self.head.setWordWrap(True)
        self.notice = show_plainly(QLabel(SAME_FOR_EVERY_PHOTO))
        self.notice.setWordWrap(True)
        self.notice.setObjectName("same_for_every_photo")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setAccessibleName("Progress of scoring")
        self.empty = EmptyPage()
        self.table = ScoresTable()
        self.table.opened.connect(self.open_score)
        self.histogram = ScoreHistogram()
        self.histogram.opened.connect(self.open_bar)
        self.captions = ScoredCaptions()
        self.captions.photo_chosen.connect(self._choose_photo)
        self.foot = show_plainly(QLabel())
        self.foot.setWordWrap(True)
        self.foot.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.foot.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        set_muted(self.foot)
        tabled = QWidget()
        whole = QVBoxLayout(tabled)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        whole.addWidget(self.notice)
        whole.addWidget(self.table, 1)
        whole.addWidget(self.foot)
        self._table_page = scrolling(tabled, filled=False)  # the foot is long: large text needs the room
        self.pages = Stage()
        for page in (self.empty, self._table_page, self.histogram, self.captions):
            self.pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addLayout(bar)
        column.addWidget(self.head)
        line = QHBoxLayout()
        line.addWidget(self.progress)
        column.addLayout(line)
        column.addWidget(self.pages, 1)

    # ---- scoring -----------------------------------------------------------------------------

    def score(self) -> None:
        """Score the session's model; the table comes when it is done."""
        model, dataset = self._session.models.current, self._session.data.dataset
        if model is None or dataset is None or self._job is not None:
            return
        count = self.photos_choice.currentData()
        unknown_matches = self.unknown_box.isChecked()
        decoding = self._session.decoding.value.as_read()

        def work(cancelled: Cancelled) -> Scorecard | None:
            photos = (
                ScoredPhotos.of(dataset, "val")
                if count is None
                else ScoredPhotos.drawn(dataset, "val", int(count), SEED)
            )
            return make_scorecard(
                model.model,
                photos,
                decoding,
                unknown_matches=unknown_matches,
                stop=cancelled,
                report=lambda share, what: send(self._progressed, share, what),
            )

        def done(card: Scorecard | None) -> None:
            self._job = None
            if card is not None:
                self._show_card(card, model)
                self._keep(card, model)
            self._refresh()

        def failed(error: Exception) -> None:
            self._job = None
            self._refresh()
            words = str(error) if isinstance(error, CaptionviewerError | ValueError) else repr(error)
            self._session.problem.emit(f"The model could not be scored. {words}")

        self.progress.setValue(0)
        self._job = self._session.workers.start("scoring", work, done, failed)
        self._refresh()

    def cancel(self) -> None:
        """End the scoring under way; the table that was there stays."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
            self._refresh()

    def _show_progress(self, share: float, step: str) -> None:
        if self._job is not None:
            self.progress.setValue(round(1000 * share))
            self.progress.setFormat(f"{step} %p %")

    def _keep(self, card: Scorecard, model: CurrentModel) -> None:
        """Let the scores be kept with the run that the model is of, where that is kept."""
        runs, scores = self._session.runs, RunScores.of(card, model.saved.iteration)
        keeper, key = model.keeper, model.run_key
        if keeper is None and not key:
            return

        def work(_cancelled: Cancelled) -> None:
            if keeper is not None:
                keeper.keep_scores(scores)
            else:
                runs.shelf.keep_scores(key, scores)

        def failed(error: Exception) -> None:
            self._session.problem.emit(f"The scores were not kept with their run. {error}")

        self._session.workers.start(
            "keeping scores", work, lambda _none: runs.shelf_changed.emit(), failed, brief=True
        )

    def _show_card(self, card: Scorecard, model: CurrentModel) -> None:
        self.card, self._scored = card, NamedModel(model)
        self.table.show_card(card)
        self.foot.setText(f"Click a score to see it photo by photo. {card.made}")
        self.pages.setCurrentWidget(self._table_page)

    # ---- what the session tells --------------------------------------------------------------

    def _model_changed(self) -> None:
        self._refresh()

    def _dataset_changed(self) -> None:
        self.cancel()
        self.card = self._scored = None
        self.table.forget()
        self.captions.forget()
        self._refresh()

    def _refresh(self) -> None:
        """Show what there is, and what can be done."""
        model, card = self._session.models.current, self.card
        self.score_button.setToolTip(
            plain_tip(f"Captions are written as Sampling says: {self._session.decoding.value.words()}")
        )
        busy = self._job is not None
        if card is None:
            self.pages.setCurrentWidget(self.empty)
            if model is None:
                self.empty.say("No model yet", "Open a data folder or train a model: then it can be scored.")
            else:
                self.empty.say("Is it any good?", WHAT_IT_SHOWS)
        page = self.pages.currentWidget()
        self.back_button.setVisible(page in (self.histogram, self.captions))
        for widget in (self.score_button, self.photos_choice, self.unknown_box):
            widget.setVisible(not busy and page in (self.empty, self._table_page))
            widget.setEnabled(model is not None)
        self.cancel_button.setVisible(busy)
        self.progress.setVisible(busy)
        for button in (self.csv_button, self.photos_button, self.captions_button):
            button.setVisible(card is not None and not busy and page is self._table_page)
        self.head.setText(self._head_words())
        self.head.setVisible(bool(self.head.text()))
        self.notice.setVisible(card is not None and card.few_distinct)
        is_old = self._is_old()
        self.score_button.setText("Score again" if card is not None else "Score this model")
        self.table.setEnabled(True)
        self.table.setProperty("old", is_old or self._is_written_otherwise())

    def _is_old(self) -> bool:
        return self._scored is not None and not self._scored.is_of(self._session.models.current)

    def _is_written_otherwise(self) -> bool:
        """Whether captions are written in another way now than those of the table."""
        return self.card is not None and self.card.decoding != self._session.decoding.value.as_read()

    def _head_words(self) -> str:
        if self.card is None or self._scored is None:
            return ""
        of = f"Scores of: {self._scored.words}"
        page = self.pages.currentWidget()
        if page is self._table_page:
            if self._is_old() and self._session.models.current is not None:
                return f"{of}. Sampling shows another model now: {self._session.models.current.words}."
            if self._is_written_otherwise():
                return f"{of}. Captions are written in another way now: score again to have it scored."
            return of
        row, key = self._opened
        words = f"{of}. {metric(key).title} of {self.card.row(row).title}, photo by photo"
        if page is self.histogram:
            return f"{words}; the dashed line is the score of all. Click a bar to see its photos."
        return f"{words}, the worst first. Underlined: what the captions share."

    # ---- from a score to its photos ----------------------------------------------------------

    def open_score(self, row: RowName, key: str) -> None:
        """Show how one score lies over the photos."""
        if self.card is None:
            return
        self._opened = (row, key)
        shown = self.card.row(row)
        bars = bars_of(shown.of_photos[key], shown.worst(key))
        self.histogram.show_bars(bars, metric(key).decimals, shown.values[key])
        self._go_to(self.histogram, self.histogram)

    def open_bar(self, number: int) -> None:
        """Show the photos of a bar, the worst first."""
        if self.card is None:
            return
        row, key = self._opened
        self.captions.show_photos(self.card, row, metric(key), self.histogram.bars[number].photos)
        self._go_to(self.captions, self.captions.list)

    def back(self) -> None:
        """Go back from the photos to the histogram, and from there to the table."""
        if self.pages.currentWidget() is self.captions:
            self._go_to(self.histogram, self.histogram)
        elif self.pages.currentWidget() is self.histogram:
            self._go_to(self._table_page, self.table)

    def _go_to(self, page: QWidget, focus: QWidget) -> None:
        self.pages.setCurrentWidget(page)
        self._refresh()
        focus.setFocus(Qt.FocusReason.OtherFocusReason)

    def _choose_photo(self, photo: int) -> None:
        card = self.card
        if card is not None and card.photos.dataset is self._session.data.dataset:
            split = card.photos.dataset.split(card.photos.split)
            self._session.selection.select(split.record(int(card.photos.rows[photo])))

    # ---- export ------------------------------------------------------------------------------

    def _export_table(self) -> None:
        if (card := self.card) is not None:
            self._write("scores.csv", "CSV table (*.csv)", lambda: scores_csv(card))

    def _export_photos(self) -> None:
        if (card := self.card) is not None:
            self._write("photo_scores.csv", "CSV table (*.csv)", lambda: photos_csv(card))

    def _export_captions(self) -> None:
        if (card := self.card) is not None:
            photos, captions = card.photos, card.row("model").captions
            rows = [int(row) for row in photos.rows]
            self._write(
                "captions_val_results.json",
                "COCO results (*.json)",
                lambda: coco_results(photos.dataset, photos.split, rows, captions),
            )

    def _write(self, name: str, kind: str, make_text: Callable[[], str]) -> None:
        """Ask where, and write it in a thread: all photos of val are tens of thousands of lines."""
        folder = self._session.settings.get(EXPORT_FOLDER) or str(Path.home())
        chosen, _ = QFileDialog.getSaveFileName(self, "Export", str(Path(folder) / name), kind)
        if not chosen:
            return
        path = Path(chosen)

        def done(_none: None) -> None:
            self._session.settings.set(EXPORT_FOLDER, str(path.parent))
            self._session.notice.emit(f"Written to {path}")

        def failed(error: Exception) -> None:
            why = (error.strerror if isinstance(error, OSError) else None) or error
            self._session.problem.emit(f"{path} could not be written: {why}. Choose another place.")

        self._session.workers.start(
            f"writing {path.name}",
            lambda _cancelled: write_atomically(path, make_text().encode("utf-8"), durable=True),
            done,
            failed,
        )

    # ---- Qt ----------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Backspace) and not self.back_button.isHidden():
            self.back()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "table"):
            self.table.repaint_colors()
