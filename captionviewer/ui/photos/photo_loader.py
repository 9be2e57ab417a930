"""Photos for the window: loaded in threads, each with a state, kept within bounds.

(Past 400 lines: one state machine, whose states all speak of each other.)
"""

import time
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.core.photos.store import PhotoProblem, PhotoStore, PhotoUnavailable
from captionviewer.ui.photos.loaded_photo import (
    IDLE,
    IMAGE_SIDE,
    LOADING,
    THUMBNAIL_SIDE,
    LoadedPhoto,
    PhotoState,
    failed_photo,
    lost_folder,
    ready_photo,
)
from captionviewer.ui.photos.own_picture import OwnPicture
from captionviewer.ui.photos.photo_queue import AHEAD, PAGE, URGENT, Key, PhotoJob, PhotoQueue
from captionviewer.ui.photos.picture_memory import PictureMemory
from captionviewer.ui.worker import send

__all__ = ["IDLE", "IMAGE_SIDE", "LOADING", "THUMBNAIL_SIDE", "LoadedPhoto", "PhotoLoader", "PhotoState"]

_IMAGES, _IMAGE_BYTES = 48, 160_000_000
_THUMBNAILS, _THUMBNAIL_BYTES = 1_000, 120_000_000
_FACTS = 20_000
_WAITING = 200  # photos that are tried again by themselves
_PASSING = (PhotoProblem.OFFLINE, PhotoProblem.BUSY, PhotoProblem.TIMED_OUT)
_TRIES = 4  # by itself, for a server that is busy or slow; being offline is waited out
_SHORTEST_WAIT_S = 0.2
_PROBE_S = 5.0  # how often the network is looked for when no photo in sight waits for it


@dataclass(frozen=True)
class _Answer:
    job: PhotoJob
    photo: LoadedPhoto
    problem: PhotoProblem | None = None
    retry_after: float | None = None


@dataclass
class _Later:
    record: PhotoRecord
    due: float  # seconds of the monotonic clock
    tries: int
    keep: bool


class PhotoLoader(QObject):
    """Loads photos four at a time and tells of each change in the GUI thread.

    Urgent requests come first, the newest first of all; then the newest page (the requests made in one
    turn of the event loop) in its order; then what is fetched ahead. While the network is away, or a
    server busy, the photos still wanted are tried again quietly until they come.

    All methods belong to the GUI thread and return at once, `shut_down` aside.
    """

    photo_changed = Signal(object)  # the key (split, row) of a photo whose state or picture changed
    offline_changed = Signal(bool)
    links_changed = Signal(int, int)  # links found dead, of how many that answered
    fetching_changed = Signal()  # the network is used or not, or a photo is missed for that
    _answered = Signal(object)

    def __init__(
        self, store: PhotoStore | None = None, parent: QObject | None = None, *, threads: int = 4
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._queue = PhotoQueue(self._load, threads)
        self._jobs: dict[Key, PhotoJob] = {}
        self._facts: OrderedDict[Key, LoadedPhoto] = OrderedDict()  # failures, and where photos came from
        self._later: dict[Key, _Later] = {}
        self._images = PictureMemory(_IMAGES, _IMAGE_BYTES)
        self._thumbnails = PictureMemory(_THUMBNAILS, _THUMBNAIL_BYTES)
        self._number = 0
        self._page = 0
        self._offline = False
        self._held_back = False
        self._links = (0, 0)
        self._probe: PhotoRecord | None = None  # what failed last for want of a network
        self._closed = False
        self._page_turn = QTimer(self)
        self._page_turn.setSingleShot(True)
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._try_again)
        self._answered.connect(self._take_answer, Qt.ConnectionType.QueuedConnection)

    # ---- asking ------------------------------------------------------------------------------

    def known(self, record: PhotoRecord) -> LoadedPhoto:
        """Return what is known of a photo, and load nothing."""
        if isinstance(record, OwnPicture):
            return record.photo
        key = record.key
        facts = self._facts.get(key)
        if facts is not None and facts.state is not PhotoState.READY:
            return facts
        thumbnail = self._thumbnails.get(key)
        if facts is not None and thumbnail is not None:
            return replace(facts, thumbnail=thumbnail, image=self._images.get(key))
        return LOADING if key in self._jobs else IDLE

    def request(self, record: PhotoRecord, *, urgent: bool = False) -> LoadedPhoto:
        """Return what is known of a photo now, and load it if that is wanting.

        Parameters
        ----------
        record
            The photo.
        urgent
            Somebody looks at it in full size: it comes before all others, and stays wanted when the
            page is turned.
        """
        photo = self.known(record)
        if photo.state is PhotoState.READY and (photo.image is not None or not urgent):
            return photo
        if photo.state in (PhotoState.MISSING, PhotoState.FAILED, PhotoState.OFFLINE):
            later = self._later.get(record.key)
            if later is not None and urgent:
                later.keep = True
            return photo
        self._ask(record, URGENT if urgent else PAGE, quiet=photo.state is PhotoState.READY)
        return self.known(record)

    def prefetch(self, records: Iterable[PhotoRecord]) -> None:
        """Load photos that may be looked at next, in their order, when nothing else is to be done.

        They are dropped by `cancel_pending`, and not asked for while the network is away.
        """
        if self._offline:
            return
        for record in records:
            if self.known(record).state is PhotoState.IDLE:
                self._ask(record, AHEAD, quiet=False)

    def retry(self, record: PhotoRecord) -> None:
        """Ask again for a photo that failed, at once."""
        if self._store is None or self._closed:
            return
        self._store.try_again_now()
        key = record.key
        self._queue.cancel(key)
        self._jobs.pop(key, None)
        self._facts.pop(key, None)
        self._later.pop(key, None)
        self._hurry()  # what kept this one away may have kept the others
        self._ask(record, URGENT, quiet=False)
        self.photo_changed.emit(key)

    def cancel_pending(self, keep: Collection[Key] = ()) -> None:
        """Drop what the page that is being turned to does not hold, urgent requests aside.

        Requests that have not begun are dropped, and those for photos fetched ahead also when they
        have; `keep` are the photos of the next page.
        """
        for key in [key for key, later in self._later.items() if not later.keep and key not in keep]:
            self._forget(key)
        dropped = self._queue.drop_waiting(unless=lambda job: job.keep or job.record.key in keep)
        dropped += self._queue.cancel_running(unless=lambda job: not job.ahead or job.record.key in keep)
        self._let_go(dropped)
        self._wind_up()

    def _let_go(self, dropped: Iterable[PhotoJob]) -> None:
        for job in dropped:
            key = job.record.key
            if self._jobs.get(key) is job:
                del self._jobs[key]
                if not job.quiet:
                    self.photo_changed.emit(key)

    def set_store(self, store: PhotoStore, *, same_photos: bool = True) -> None:
        """Take photos from another place; all that is known or under way is forgotten.

        With `same_photos` each photo known before is told to have changed, so that whoever shows it asks
        for it anew. Other data means other photos: those of the old data are not to be asked for here.
        """
        self._store = store
        self._queue.cancel_all()
        keys = dict.fromkeys([*self._jobs, *self._facts, *self._thumbnails.keys()])
        self._jobs.clear()
        self._facts.clear()
        self._later.clear()
        self._images.clear()
        self._thumbnails.clear()
        self._again.stop()
        self._probe = None
        self._held_back = False
        self._tell_offline()
        self._tell_links()
        self.fetching_changed.emit()
        if same_photos:
            for key in keys:
                self.photo_changed.emit(key)

    def set_network(self, on: bool) -> None:
        """Fetch photos from the network from now on, or no more; those that are there stay."""
        if self._store is None or self._closed or self._store.network == on:
            return
        self._store.network = on
        self._held_back = False
        dropped = [] if on else [key for key, job in self._jobs.items() if not job.quiet]
        if not on:
            self._queue.cancel_all()
            self._jobs.clear()
        stale = (PhotoProblem.OFFLINE, PhotoProblem.SWITCHED_OFF)
        dropped += [key for key, facts in self._facts.items() if facts.problem in stale or key in self._later]
        self._later.clear()
        self._probe = None
        for key in dropped:
            self._facts.pop(key, None)
        self._tell_offline()
        self.fetching_changed.emit()
        for key in dict.fromkeys(dropped):
            self.photo_changed.emit(key)

    @property
    def store(self) -> PhotoStore | None:
        """Where photos come from."""
        return self._store

    @property
    def held_back(self) -> bool:
        """Whether a photo is missed because the network is not to be used."""
        return self._held_back

    @property
    def offline(self) -> bool:
        """Whether the network is away, as far as requests have shown."""
        return self._offline

    def dead_links(self) -> tuple[int, int]:
        """Return how many of the photos' own addresses were found dead, of how many that answered."""
        return self._store.dead_links() if self._store is not None else (0, 0)

    def try_again(self) -> None:
        """Look for the network at once (the user asks for it)."""
        if self._store is None or self._closed:
            return
        self._store.try_again_now()
        if self._later:
            self._hurry()
        elif self._probe is not None:
            self._ask(self._probe, AHEAD, quiet=True)

    def shut_down(self, timeout_s: float = 2.0) -> bool:
        """End all loading, waiting at most `timeout_s` seconds; True when every thread has ended."""
        self._closed = True
        self._again.stop()
        self._page_turn.stop()
        self._jobs.clear()
        self._later.clear()
        return self._queue.close(timeout_s)

    # ---- jobs --------------------------------------------------------------------------------

    def _ask(self, record: PhotoRecord, kind: int, *, quiet: bool, tries: int = 0) -> None:
        if self._store is None or self._closed:
            return
        key = record.key
        job = self._jobs.get(key)
        self._number += 1
        if job is not None:  # it waits, or is being loaded: it may move forward
            job.rank = min(job.rank, self._rank(kind))
            job.keep = job.keep or kind == URGENT
            self._queue.moved_forward()
            return
        keep = kind == URGENT
        job = PhotoJob(self._number, record, self._store, self._rank(kind), quiet, keep, tries)
        self._jobs[key] = job
        self._queue.put(job)

    def _rank(self, kind: int) -> tuple[int, int, int]:
        if kind == URGENT:
            return kind, -self._number, 0
        if not self._page_turn.isActive():
            self._page += 1
            self._page_turn.start(0)
        return kind, -self._page, self._number

    def _load(self, job: PhotoJob) -> None:
        """Load one photo (in a thread) and send the answer to the GUI thread."""
        record = job.record
        try:
            photo = job.store.photo(record.url, record.file_name, job.cancelled.is_set, lambda: job.ahead)
            answer = _Answer(job, ready_photo(photo))
        except PhotoUnavailable as failure:
            photo_failed = failed_photo(failure, lost_folder(job.store.image_folder))
            answer = _Answer(job, photo_failed, failure.problem, failure.retry_after)
        except Exception as error:  # a fault of ours is shown in the photo's place; the others go on
            message = f"This photo could not be loaded: {error!r}. This is a fault of captionviewer."
            answer = _Answer(
                job, LoadedPhoto(PhotoState.FAILED, message=message, words="failed", can_retry=True)
            )
        send(self._answered, answer)

    @Slot(object)
    def _take_answer(self, answer: _Answer) -> None:
        job = answer.job
        key = job.record.key
        if self._jobs.get(key) is not job or self._closed:
            return  # stale: asked for before the data changed, or asked for anew since
        del self._jobs[key]
        if answer.problem is PhotoProblem.OFFLINE:
            self._probe = job.record
        self._tell_offline()
        self._tell_links()
        if answer.problem is PhotoProblem.STOPPED:  # it made way for others
            if not (job.ahead and self._offline):
                self._ask(job.record, job.rank[0], quiet=job.quiet, tries=job.tries)
            return
        before = self._facts.get(key)
        if answer.problem in _PASSING and job.ahead:  # nobody saw it: it begins anew when it is wanted
            self._wind_up()
            if not job.quiet:
                self.photo_changed.emit(key)
            return
        self._keep(key, answer.photo, ahead=job.ahead)
        if answer.problem in _PASSING:
            self._try_later(job, answer)
        if answer.problem is PhotoProblem.SWITCHED_OFF and not self._held_back:
            self._held_back = True
            self.fetching_changed.emit()
        if before is None or before.state is not answer.photo.state or answer.photo.image is not None:
            self.photo_changed.emit(key)

    def _keep(self, key: Key, photo: LoadedPhoto, *, ahead: bool) -> None:
        if photo.image is not None and photo.thumbnail is not None:
            self._images.put(key, photo.image, only_if_room=ahead)
            self._thumbnails.put(key, photo.thumbnail)
        self._facts[key] = replace(photo, image=None, thumbnail=None)
        self._facts.move_to_end(key)
        while len(self._facts) > _FACTS:
            self._facts.popitem(last=False)

    def _tell_offline(self) -> None:
        offline = self._store is not None and self._store.offline
        if offline == self._offline:
            return
        self._offline = offline
        if offline:
            self._let_go(self._queue.drop_waiting(unless=lambda job: not job.ahead))
        elif self._later:
            self._hurry()
        self.offline_changed.emit(offline)

    def _tell_links(self) -> None:
        links = self.dead_links()
        if links != self._links:
            self._links = links
            self.links_changed.emit(*links)

    # ---- trying again by itself --------------------------------------------------------------

    def _try_later(self, job: PhotoJob, answer: _Answer) -> None:
        tries = job.tries + 1
        if answer.problem is not PhotoProblem.OFFLINE and tries > _TRIES:
            return
        wait = max(answer.retry_after or 0.0, _SHORTEST_WAIT_S * 2.0 ** min(tries, 6))
        self._later[job.record.key] = _Later(job.record, time.monotonic() + wait, tries, job.keep)
        while len(self._later) > _WAITING:
            self._forget(next(iter(self._later)))
        self._wind_up()

    def _hurry(self) -> None:
        """Try at once all that waits: the network may be back."""
        for later in self._later.values():
            later.due = time.monotonic()
        self._wind_up()

    def _forget(self, key: Key) -> None:
        """Give up a failed photo that nobody looks at: it begins anew when it is asked for."""
        del self._later[key]
        self._facts.pop(key, None)
        self.photo_changed.emit(key)

    def _wind_up(self) -> None:
        if self._closed:
            return
        if self._later:
            wait = min(later.due for later in self._later.values()) - time.monotonic()
            self._again.start(max(0, round(wait * 1000)))
        elif self._offline and self._probe is not None:
            self._again.start(round(_PROBE_S * 1000))

    @Slot()
    def _try_again(self) -> None:
        if not self._later and self._offline and self._probe is not None:
            self._ask(self._probe, AHEAD, quiet=True)
        now = time.monotonic() + 0.001
        for key in [key for key, later in self._later.items() if later.due <= now]:
            later = self._later.pop(key)
            self._ask(later.record, URGENT if later.keep else PAGE, quiet=True, tries=later.tries)
        self._wind_up()
