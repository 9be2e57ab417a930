"""The losses of the last runs on the data that is open, which stay in the plot faintly: of this session and,
from the shelf, of those before.
"""

import time

from PySide6.QtCore import QObject, Signal

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.saved.run_shelf import RunShelf, ShelfKeeper
from captionviewer.ui.session.session import Session
from captionviewer.ui.training.loss_figure import LossSeries
from captionviewer.ui.worker import Cancelled, Job

MOST = 8  # more can't be told apart
_MOST_READ = 2 * MOST  # of a shelf with runs on other data of that name


class PastRuns(QObject):
    """Knows them by their keys on the shelf, the newest last."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._job: Job | None = None
        self._series: dict[str, LossSeries] = {}
        self._not_kept = 0

    def look(self) -> None:
        """Forget those of other data, and read in a thread what the shelf has of the data that is open."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._series = {}
        self.changed.emit()
        dataset, shelf, asked = self._session.data.dataset, self._session.runs.shelf, time.time()
        if dataset is None:
            return

        def done(found: dict[str, LossSeries]) -> None:
            self._job = None
            self._series = found | self._series
            self.changed.emit()

        def failed(error: Exception) -> None:
            self._job = None
            self._session.problem.emit(f"The losses of earlier runs could not be read. {error}")

        self._job = self._session.workers.start(
            "reading earlier runs",
            lambda cancelled: _read(shelf, dataset, asked, cancelled),
            done,
            failed,
            brief=True,
        )

    def add(self, keeper: ShelfKeeper | None, series: LossSeries) -> None:
        """Add a run of this session, which has ended."""
        kept = keeper.key if keeper is not None else None
        self._not_kept += kept is None
        key = kept or f"not kept {self._not_kept}"
        self._series.pop(key, None)
        self._series[key] = series
        for oldest in list(self._series)[: -MOST - 1]:  # one may be that of the run that is shown
            del self._series[oldest]

    def besides(self, key: str | None) -> list[LossSeries]:
        """The last ones but that of `key`, which is shown; the oldest first."""
        return [series for other, series in self._series.items() if other != key][-MOST:]


def _read(
    shelf: RunShelf, dataset: CocoDataset, before: float, cancelled: Cancelled
) -> dict[str, LossSeries]:
    """The newest runs on this data that were begun before then and that nobody trains; the oldest first."""
    name, words = dataset.folder.name, tuple(dataset.vocabulary.idx_to_word)
    found: list[tuple[str, LossSeries]] = []
    likely = [run for run in shelf.runs() if run.data_name == name and run.started < before and not run.live]
    for run in likely[:_MOST_READ]:
        if cancelled() or len(found) == MOST:
            break
        try:
            record = shelf.open(run.key, whole=False)
        except CaptionviewerError:
            continue  # the list of runs says what is wrong with it
        if record.vocabulary == words and record.feature_kind == dataset.feature_kind and len(record.losses):
            series = LossSeries()
            series.extend(record.losses, record.losses_per_word)
            found.append((run.key, series))
    return dict(reversed(found))
