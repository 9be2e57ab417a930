"""Photos for the window: loaded in threads, each with a state, kept within bounds."""

import contextlib
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from captionviewer.core.coco import PhotoRecord
from captionviewer.core.images import Photo, PhotoProblem, PhotoStore, PhotoUnavailable
from captionviewer.ui.photo_queue import Key, PhotoJob, PhotoQueue

THUMBNAIL_SIDE = 256  # pixels of the longer side
IMAGE_SIDE = 2_560  # the same; more would be slow to draw and fill the memory
_IMAGES, _IMAGE_BYTES = 48, 160_000_000
_THUMBNAILS, _THUMBNAIL_BYTES = 1_000, 120_000_000
_FACTS = 20_000
_WAITING = 200  # photos that are tried again by themselves
_PASSING = (PhotoProblem.OFFLINE, PhotoProblem.BUSY, PhotoProblem.TIMED_OUT)
_TRIES = 4  # by itself, for a server that is busy or slow; being offline is waited out
_SHORTEST_WAIT_S = 0.2
_URGENT, _PAGE, _AHEAD = range(3)


class PhotoState(Enum):
    """How far a photo is."""

    IDLE = "idle"
    LOADING = "loading"
    READY = "ready"
    MISSING = "missing"  # gone, or never had an address
    OFFLINE = "offline"
    FAILED = "failed"


@dataclass(frozen=True)
class LoadedPhoto:
    """What is known of a photo.

    Attributes
    ----------
    state
        READY with `thumbnail` and, while it is in memory, `image`.
    image
        The photo in full size, or 2,560 pixels on its longer side. None also for one that has left
        memory; an urgent request fetches it back.
    thumbnail
        The photo with at most 256 pixels on its longer side.
    message
        What happened and what to do, for people; of one or more lines.
    words
        The same in a few words, for the picture's place on the screen.
    source
        Where it came from, for people: "Flickr", "your image folder".
    address
        The file or URL it came from, or the URL that failed.
    """

    state: PhotoState
    image: QImage | None = None
    thumbnail: QImage | None = None
    message: str = ""
    words: str = ""
    source: str = ""
    address: str = ""
    can_retry: bool = False
    problem: PhotoProblem | None = None


IDLE = LoadedPhoto(PhotoState.IDLE, words="not loaded", message="This photo has not been asked for.")
LOADING = LoadedPhoto(PhotoState.LOADING, words="loading…", message="This photo is being loaded.")


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


class _Pictures:
    """Pictures by photo, bounded in number and bytes; the least recently used go first."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._bytes = 0
        self._kept: OrderedDict[Key, QImage] = OrderedDict()

    def get(self, key: Key) -> QImage | None:
        picture = self._kept.get(key)
        if picture is not None:
            self._kept.move_to_end(key)
        return picture

    def put(self, key: Key, picture: QImage) -> None:
        self.drop(key)
        self._kept[key] = picture
        self._bytes += picture.sizeInBytes()
        while len(self._kept) > 1 and (len(self._kept) > self._most or self._bytes > self._most_bytes):
            self.drop(next(iter(self._kept)))

    def drop(self, key: Key) -> None:
        picture = self._kept.pop(key, None)
        if picture is not None:
            self._bytes -= picture.sizeInBytes()

    def clear(self) -> None:
        self._kept.clear()
        self._bytes = 0

    def keys(self) -> list[Key]:
        return list(self._kept)


class PhotoLoader(QObject):
    """Loads photos four at a time and tells of each change in the GUI thread.

    Urgent requests come first, the newest first of all; then the newest page (the requests made in one
    turn of the event loop) in its order; then what is fetched ahead. While the network is away, or a
    server busy, the photos still wanted are tried again quietly until they come.

    All methods belong to the GUI thread and return at once, `shut_down` aside.
    """

    photo_changed = Signal(object)  # the key (split, row) of a photo whose state or picture changed
    offline_changed = Signal(bool)
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
        self._images = _Pictures(_IMAGES, _IMAGE_BYTES)
        self._thumbnails = _Pictures(_THUMBNAILS, _THUMBNAIL_BYTES)
        self._number = 0
        self._page = 0
        self._offline = False
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
        self._ask(record, _URGENT if urgent else _PAGE, quiet=photo.state is PhotoState.READY)
        return self.known(record)

    def prefetch(self, records: Iterable[PhotoRecord]) -> None:
        """Load photos that will be looked at next, after all others."""
        for record in records:
            if self.known(record).state is PhotoState.IDLE:
                self._ask(record, _AHEAD, quiet=False)

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
        self._ask(record, _URGENT, quiet=False)
        self.photo_changed.emit(key)

    def cancel_pending(self) -> None:
        """Drop the requests that have not begun, urgent ones aside: the page is being turned."""
        for key in [key for key, later in self._later.items() if not later.keep]:
            self._forget(key)
        for job in self._queue.drop_waiting(unless=lambda waiting: waiting.keep):
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
        self._tell_offline()
        if same_photos:
            for key in keys:
                self.photo_changed.emit(key)

    @property
    def offline(self) -> bool:
        """Whether the network is away, as far as requests have shown."""
        return self._offline

    def dead_links(self) -> tuple[int, int]:
        """Return how many of the photos' own addresses were found dead, of how many that answered."""
        return self._store.dead_links() if self._store is not None else (0, 0)

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
            job.keep = job.keep or kind == _URGENT
            return
        keep = kind == _URGENT
        job = PhotoJob(self._number, record, self._store, self._rank(kind), quiet, keep, tries)
        self._jobs[key] = job
        self._queue.put(job)

    def _rank(self, kind: int) -> tuple[int, int, int]:
        if kind == _URGENT:
            return kind, -self._number, 0
        if not self._page_turn.isActive():
            self._page += 1
            self._page_turn.start(0)
        return kind, -self._page, self._number

    def _load(self, job: PhotoJob) -> None:
        """Load one photo (in a thread) and send the answer to the GUI thread."""
        record = job.record
        try:
            photo = job.store.photo(record.url, record.file_name, job.cancelled.is_set)
            answer = _Answer(job, _ready(photo))
        except PhotoUnavailable as failure:
            answer = _Answer(job, _failed(failure), failure.problem, failure.retry_after)
        except Exception as error:  # a fault of ours is shown in the photo's place; the others go on
            message = f"This photo could not be loaded: {error!r}. This is a fault of captionviewer."
            answer = _Answer(
                job, LoadedPhoto(PhotoState.FAILED, message=message, words="failed", can_retry=True)
            )
        with contextlib.suppress(RuntimeError):  # the window is gone, and this loader with it
            self._answered.emit(answer)

    @Slot(object)
    def _take_answer(self, answer: _Answer) -> None:
        job = answer.job
        key = job.record.key
        if self._jobs.get(key) is not job or self._closed:
            return  # stale: asked for before the data changed, or asked for anew since
        del self._jobs[key]
        self._tell_offline()
        before = self._facts.get(key)
        if answer.problem is not PhotoProblem.STOPPED:
            self._keep(key, answer.photo)
        if answer.problem in _PASSING:
            self._try_later(job, answer)
        if before is None or before.state is not answer.photo.state or answer.photo.image is not None:
            self.photo_changed.emit(key)

    def _keep(self, key: Key, photo: LoadedPhoto) -> None:
        if photo.image is not None and photo.thumbnail is not None:
            self._images.put(key, photo.image)
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
        self.offline_changed.emit(offline)

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
        if self._later and not self._closed:
            wait = min(later.due for later in self._later.values()) - time.monotonic()
            self._again.start(max(0, round(wait * 1000)))

    @Slot()
    def _try_again(self) -> None:
        now = time.monotonic() + 0.001
        for key in [key for key, later in self._later.items() if later.due <= now]:
            later = self._later.pop(key)
            self._ask(later.record, _URGENT if later.keep else _PAGE, quiet=True, tries=later.tries)
        self._wind_up()


def _ready(photo: Photo) -> LoadedPhoto:
    rows, columns, _ = photo.pixels.shape
    lent = QImage(photo.pixels.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    # Converting makes a copy that owns its pixels, unlike what was lent.
    image = _shrunk(lent.convertToFormat(QImage.Format.Format_RGB32), IMAGE_SIDE)
    thumbnail = _shrunk(image, THUMBNAIL_SIDE)
    if image.isNull() or thumbnail.isNull():
        message = f"{photo.address} is {columns:,} by {rows:,} pixels: more than fits in memory."
        return LoadedPhoto(PhotoState.FAILED, message=message, words=PhotoProblem.TOO_LARGE.words)
    source = _source_words(photo)
    message = f"From {source}: {photo.address}"
    return LoadedPhoto(
        PhotoState.READY, image, thumbnail, message=message, source=source, address=photo.address
    )


def _shrunk(image: QImage, side: int) -> QImage:
    if max(image.width(), image.height()) <= side:
        return image
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(side, side, keep, smooth)


def _source_words(photo: Photo) -> str:
    host = urlsplit(photo.address).hostname or "the web"
    flickr = "Flickr" if host.endswith(("flickr.com", "staticflickr.com")) else host
    mirror = "COCO's mirror" if host.endswith("cocodataset.org") else host
    return {
        "folder": "your image folder",
        "cache": f"the cache on this computer ({flickr})",
        "flickr": flickr,
        "mirror": mirror,
        "storybook": "drawn by captionviewer",
    }[photo.source]


def _failed(failure: PhotoUnavailable) -> LoadedPhoto:
    state = {
        PhotoProblem.GONE: PhotoState.MISSING,
        PhotoProblem.NO_ADDRESS: PhotoState.MISSING,
        PhotoProblem.OFFLINE: PhotoState.OFFLINE,
        PhotoProblem.STOPPED: PhotoState.IDLE,
    }.get(failure.problem, PhotoState.FAILED)
    return LoadedPhoto(
        state,
        message=str(failure),
        words=failure.problem.words,
        address=failure.url,
        can_retry=failure.can_retry,
        problem=failure.problem,
    )
