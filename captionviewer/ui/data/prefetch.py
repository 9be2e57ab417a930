"""Which photos may be looked at next, so that they are there already when they are."""

from itertools import islice

from PySide6.QtCore import QObject, QTimer

from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.ui.data.minibatch_browser import MinibatchBrowser
from captionviewer.ui.data.photo_grid import PhotoGrid
from captionviewer.ui.session.session import Session

AHEAD = 72  # photos: more would ask too much of hosts for what may never be looked at
CALM_MS = 250  # paging and scrolling have come to rest


class Prefetch(QObject):
    """Has the rest of the grid fetched, and then the next minibatch, when the user rests on a page."""

    def __init__(
        self, session: Session, browser: MinibatchBrowser, grid: PhotoGrid, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._browser = browser
        self._grid = grid
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(CALM_MS)
        self._calm.timeout.connect(self._fetch)
        browser.changed.connect(self._wait_for_calm)
        grid.verticalScrollBar().valueChanged.connect(self._wait_for_calm)
        for changed in (session.photos.offline_changed, session.photos.fetching_changed):
            changed.connect(self._wait_for_calm)

    def _wait_for_calm(self) -> None:
        self._calm.start()  # not connected itself: it would take a scroll bar's value for its interval

    def records(self) -> list[PhotoRecord]:
        """Return the photos to be fetched, the likeliest first: below, above, on the next page."""
        dataset, rows = self._session.data.dataset, self._grid.rows_in_sight()
        if dataset is None or self._browser.minibatch is None:
            return []
        cells = self._grid.cells.cards
        around = [*cells[rows.stop :], *cells[: rows.start]]
        records = [cell.record for cell in around]
        following = self._browser.next_minibatch()
        if following is not None:
            images = islice(following.image_rows.tolist(), AHEAD)
            records += [dataset.split(following.split).record(image) for image in images]
        return list({record.key: record for record in records}.values())[:AHEAD]

    def _fetch(self) -> None:
        if self._grid.isVisible():
            self._session.photos.prefetch(self.records())
