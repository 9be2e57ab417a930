"""Where a photo comes from: the user's own folder, the cache, Flickr, COCO's mirror, or a stated failure."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from captionviewer.core.arrays import ByteArray
from captionviewer.core.coco.photo_names import photo_path, photo_places
from captionviewer.core.photos.cache import PhotoCache
from captionviewer.core.photos.dead_links import DeadLinks
from captionviewer.core.photos.decode import decode_picture
from captionviewer.core.photos.fetch import fetch_picture
from captionviewer.core.photos.picture_file import picture_bytes
from captionviewer.core.photos.problem import PhotoProblem, PhotoUnavailable
from captionviewer.core.photos.storybook_drawer import DrawingEnded, StorybookDrawer
from captionviewer.core.photos.throttle import HostThrottle
from captionviewer.core.web.untrusted_text import quoted

__all__ = ["Photo", "PhotoProblem", "PhotoStore", "PhotoUnavailable"]

PhotoSource = Literal["folder", "cache", "flickr", "mirror", "storybook"]
STORYBOOK = "storybook:"  # addresses of pictures that our own code draws
COCO_MIRROR = "http://images.cocodataset.org"

# Of several failures the first of these is told: the photo may come yet.
_PASSING = (
    PhotoProblem.MISCONFIGURED,
    PhotoProblem.OFFLINE,
    PhotoProblem.BUSY,
    PhotoProblem.TIMED_OUT,
    PhotoProblem.SWITCHED_OFF,
)


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Photo:
    """A photo's pixels and where they came from.

    Attributes
    ----------
    pixels
        (rows, columns, 3) uint8, RGB.
    source
        Which of the four ways gave it; "flickr" stands for the row's own address.
    address
        The file or URL.
    """

    pixels: ByteArray
    source: PhotoSource
    address: str


@dataclass(frozen=True)
class _Asker:
    """Who waits for a photo."""

    stop: Callable[[], bool]
    patient: Callable[[], bool]


class PhotoStore:
    """Answers for photos: blocks, so ask it from a thread; any number of threads may ask at once.

    Parameters
    ----------
    image_folder
        The user's own COCO images (`train2014/` and `val2014/` under it), if any.
    data_images
        Such a folder that came with the data; looked in where `image_folder` lacks a photo.
    cache_folder
        Where downloads are kept; None keeps none.
    network
        False never goes out: folder and cache only.
    mirror
        Address under which COCO's own file names are found; "" for none.
    timeout
        Seconds for one whole request.
    cache_bytes
        Bound on the disk cache; None for the one that was set last.
    throttle
        How hosts are treated; tests and unusual servers bring their own.
    links
        Where dead links are counted, to go on counting in another store of the same data.
    drawer
        Draws the storybook's pictures; None for one of its own, in this process.

    `network` may be changed at any time.
    """

    def __init__(
        self,
        image_folder: Path | None = None,
        cache_folder: Path | None = None,
        *,
        network: bool = True,
        mirror: str = COCO_MIRROR,
        timeout: float = 10.0,
        cache_bytes: int | None = None,
        throttle: HostThrottle | None = None,
        links: DeadLinks | None = None,
        data_images: Path | None = None,
        drawer: StorybookDrawer | None = None,
    ) -> None:
        self.image_folder = image_folder
        self.data_images = data_images
        self.cache = PhotoCache(cache_folder, cache_bytes) if cache_folder is not None else None
        self.network = network
        self._mirror = mirror.rstrip("/")
        self._timeout = timeout
        self.throttle = throttle or HostThrottle()
        self.links = links or DeadLinks()
        self._drawer = drawer or StorybookDrawer()

    def photo(
        self,
        url: str,
        file_name: str | None = None,
        stop: Callable[[], bool] = _never,
        patient: Callable[[], bool] = _never,
    ) -> Photo:
        """Return the photo of a record.

        Parameters
        ----------
        url
            The row's address.
        file_name
            COCO's own name, `train2014/COCO_train2014_000000000009.jpg`, if known.
        stop
            Asked often; True ends the work with the problem STOPPED.
        patient
            While it says True the photo is only fetched ahead: requests that somebody waits for
            go first.

        Raises
        ------
        PhotoUnavailable
            With the reason; of several, the one that may pass.
        """
        failures: list[PhotoUnavailable] = []
        asker = _Asker(stop, patient)
        if url.startswith(STORYBOOK):
            return self._drawn(url, stop)
        for way in (self._from_folder, self._from_cache, self._from_web, self._from_mirror):
            if stop():
                message = f"{quoted(url)} was no longer wanted and is not loaded."
                raise PhotoUnavailable(PhotoProblem.STOPPED, url, message)
            try:
                found = way(url, file_name, asker)
            except PhotoUnavailable as failure:
                if failure.problem is PhotoProblem.STOPPED:
                    raise
                failures.append(failure)
            else:
                if found is not None:
                    return found
        raise self._verdict(url, failures)

    def dead_links(self) -> tuple[int, int]:
        """Return how many of the rows' own addresses were found dead, of how many that answered."""
        return self.links.counts()

    @property
    def offline(self) -> bool:
        """True from when no host could be reached until any host answers."""
        return self.network and self.throttle.offline

    def try_again_now(self) -> None:
        """Ask hosts again that could not be reached a moment ago (the user asks for it)."""
        self.throttle.try_again_now()

    def clear_cache(self) -> None:
        """Forget all downloads; safe while photos are loaded."""
        if self.cache is not None:
            self.cache.clear()

    # ---- the four ways, each: a photo, None (no such way for this record), or a failure -------

    def _from_folder(self, _url: str, file_name: str | None, _asker: _Asker) -> Photo | None:
        folders = [folder for folder in (self.image_folder, self.data_images) if folder is not None]
        if not folders or file_name is None:
            return None
        parts = photo_path(file_name)
        if parts is None:
            message = f"The photo name {quoted(file_name)} leads out of the image folder and is refused."
            raise PhotoUnavailable(PhotoProblem.REFUSED, file_name, message, can_retry=False)
        failure: PhotoUnavailable | None = None
        for folder, place in product(dict.fromkeys(folders), photo_places(parts)):
            path = folder.joinpath(*place)
            try:
                data = picture_bytes(path)
            except PhotoUnavailable as refused:  # another folder may have it
                failure = failure or refused
                continue
            if data is not None:
                return Photo(decode_picture(data, str(path)), "folder", str(path))
        if failure is not None:
            raise failure
        return None

    def _from_cache(self, url: str, file_name: str | None, _asker: _Asker) -> Photo | None:
        if self.cache is None:
            return None
        for address in (url, self._mirror_address(file_name)):
            data = self.cache.get(address) if address else None
            if not address or data is None:
                continue
            try:
                return Photo(decode_picture(data, address), "cache", address)
            except PhotoUnavailable:  # kept by a version that showed more: ask again
                self.cache.drop(address)
        return None

    def _from_web(self, url: str, _file_name: str | None, asker: _Asker) -> Photo | None:
        if not url:
            return None
        try:
            found = self._download(url, "flickr", asker)
        except PhotoUnavailable as failure:
            if failure.problem is PhotoProblem.GONE:
                self.links.note(url, dead=True)
            raise
        self.links.note(url, dead=False)
        return found

    def _from_mirror(self, _url: str, file_name: str | None, asker: _Asker) -> Photo | None:
        address = self._mirror_address(file_name)
        return self._download(address, "mirror", asker) if address else None

    def _download(self, address: str, source: Literal["flickr", "mirror"], asker: _Asker) -> Photo:
        if not self.network:
            message = f"{quoted(address)} is not fetched: photos are taken from this computer only."
            raise PhotoUnavailable(PhotoProblem.SWITCHED_OFF, address, message)
        download = fetch_picture(
            address, timeout=self._timeout, throttle=self.throttle, stop=asker.stop, patient=asker.patient
        )
        pixels = decode_picture(download.data, quoted(download.address))
        if self.cache is not None:
            self.cache.put(address, download.data)
        return Photo(pixels, source, download.address)

    def _drawn(self, url: str, stop: Callable[[], bool]) -> Photo:
        try:
            return Photo(self._drawer.picture(url, stop), "storybook", url)
        except ValueError as error:
            message = f"{quoted(url)} is no picture of the storybook: {error}."
            raise PhotoUnavailable(PhotoProblem.NO_ADDRESS, url, message, can_retry=False) from error
        except DrawingEnded as error:
            message = f"{quoted(url)} was no longer wanted and is not drawn."
            raise PhotoUnavailable(PhotoProblem.STOPPED, url, message) from error

    def _mirror_address(self, file_name: str | None) -> str | None:
        parts = photo_path(file_name) if file_name is not None and self._mirror else None
        return f"{self._mirror}/{quote('/'.join(parts))}" if parts else None

    def _verdict(self, url: str, failures: list[PhotoUnavailable]) -> PhotoUnavailable:
        if not failures:
            message = "This photo has no address: neither its URL nor its COCO file name is known."
            return PhotoUnavailable(PhotoProblem.NO_ADDRESS, url, message, can_retry=False)
        chosen = next((f for f in failures if f.problem in _PASSING), failures[0])
        waits = [f.retry_after for f in failures if f.retry_after is not None]
        return PhotoUnavailable(
            chosen.problem,
            chosen.url,
            "\n".join(dict.fromkeys(str(failure) for failure in failures)),
            can_retry=any(failure.can_retry for failure in failures),
            retry_after=min(waits, default=None),
        )
