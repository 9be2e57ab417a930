"""What is kept of how a run went, on the screen: validation in the plot, captions at stops in the list."""

import logging
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import Vocabulary
from captionviewer.core.saved.model_file import SavedModel, rows_trained_on
from captionviewer.core.training.run import TrainingRun
from captionviewer.core.training.validation import blind_guess_nats, captions_validated, unigram_nats
from captionviewer.ui.session.session import Session
from captionviewer.ui.training.loss_plot import LossPlot
from captionviewer.ui.training.said_photos import SaidPhotos
from captionviewer.ui.training.scrubber import stops_of
from captionviewer.ui.training.watched_photo_list import watched_photo

_log = logging.getLogger(__name__)


class RecordedProgress(QObject):
    """Follows one run, or one opened model, at a time."""

    def __init__(self, session: Session, plot: LossPlot, said: SaidPhotos, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._plot, self._said = session, plot, said
        self._file: SavedModel | None = None  # the opened model that is followed
        self._rows: IntArray | None = None  # trained on by the run whose captions were recorded
        self._unigram: WeakKeyDictionary[CocoDataset, float] = (
            WeakKeyDictionary()
        )  # to count words takes long
        plot.scrubber.has_record_changed.connect(self._know_photos)

    def follow(self, origin: TrainingRun | SavedModel, rows: IntArray, total: int) -> None:
        """Show what was kept of a run on the train captions `rows`, of `total` iterations."""
        dataset = self._session.data.dataset
        self._file = origin if isinstance(origin, SavedModel) else None
        self._rows = rows
        self._show_losses(origin)
        self._said.set_run(total, dataset.vocabulary if dataset is not None else Vocabulary.from_words(()))
        self._plot.scrubber.follow(stops_of(origin))
        self._know_photos()

    def look(self, run: TrainingRun | None) -> None:
        """Look at what is new of the live run."""
        self._plot.scrubber.look()
        if run is not None:
            self._show_losses(run)

    def forget(self) -> None:
        """Show nothing of any run."""
        self._file = self._rows = None
        self._plot.show_validation(())
        self._plot.show_guesses({})
        self._said.set_run(0, Vocabulary.from_words(()))
        self._plot.scrubber.follow(lambda: None)

    def _show_losses(self, origin: TrainingRun | SavedModel) -> None:
        """Show validation beside the losses, and what guesses cost."""
        dataset = self._session.data.dataset
        guesses: dict[str, float] = {}
        wanted = origin.settings.validation_captions
        if dataset is not None:
            guesses["blind guess"] = blind_guess_nats(len(dataset.vocabulary))
            wanted = captions_validated(dataset, wanted, len(origin.caption_rows))
        if isinstance(origin, SavedModel):
            if dataset is not None and dataset in self._unigram:
                guesses["unigram guess"] = self._unigram[dataset]
            elif dataset is not None:
                self._count_words(origin, dataset)
            self._plot.show_validation(origin.validation, wanted)
        else:
            if origin.validation.unigram_nats is not None:
                guesses["unigram guess"] = origin.validation.unigram_nats
            self._plot.show_validation(origin.validation.points(), wanted)
        self._plot.show_guesses(guesses)

    def _count_words(self, origin: SavedModel, dataset: CocoDataset) -> None:
        """Find what the unigram guess costs, in a thread: a file does not hold it, but the open data does."""

        def counted(nats: float) -> None:
            self._unigram[dataset] = nats
            if self._file is origin and self._session.data.dataset is dataset:
                self._show_losses(origin)

        def failed(error: Exception) -> None:
            _log.warning("no unigram guess: %s", error)

        self._session.workers.start("counting words", lambda _: unigram_nats(dataset), counted, failed)

    def _know_photos(self) -> None:
        """Find the photos of the record in the open data, unless it is other data than that of the run."""
        dataset, record, rows = self._session.data.dataset, self._plot.scrubber.record, self._rows
        if dataset is None or record is None or rows is None:
            return
        if self._file is not None and not len(rows_trained_on(self._file, dataset)):
            return  # its photos are not known here
        if any(row >= dataset.split(split).num_photos for split, row in record.photos):
            return
        photos = [dataset.split(split).record(row) for split, row in record.photos]
        self._said.set_recorded([watched_photo(rows, dataset, photo) for photo in photos])
        if self._file is not None:
            self._plot.scrubber.last()  # there is no now: what was said at the end is seen
