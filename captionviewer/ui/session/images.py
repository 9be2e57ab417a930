"""Where photos come from: the user's own image folder, the data's, the cache, the network."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.folder_layout import IMAGE_FOLDERS
from captionviewer.core.photos.store import PhotoStore
from captionviewer.core.photos.storybook_drawer import StorybookDrawer
from captionviewer.core.user_folders import cache_folder, is_folder
from captionviewer.ui import settings as remembered
from captionviewer.ui.photos.photo_loader import PhotoLoader
from captionviewer.ui.settings import Settings
from captionviewer.ui.worker import Workers

MEGABYTE = 1_000_000


class Images(QObject):
    """Gives the photo loader the store that the settings and the open data ask for."""

    changed = Signal()  # photos come from somewhere else now
    problem = Signal(str)

    def __init__(
        self, settings: Settings, workers: Workers, photos: PhotoLoader, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings, self._workers, self._photos = settings, workers, photos
        chosen = settings.get(remembered.IMAGE_FOLDER)
        self._own_folder = Path(chosen) if chosen else None
        self._data_images: Path | None = None
        self._drawer = StorybookDrawer(aside=True)

    @property
    def has_own_folder(self) -> bool:
        """Whether the user chose an image folder."""
        return self._own_folder is not None

    @property
    def folder(self) -> Path | None:
        """Where photos on disk are looked for: the user's choice, else the data folder's own."""
        return self._own_folder if self._own_folder is not None else self._data_images

    def spare(self, training: bool) -> None:
        """Let a run that trains have the processor first: pictures are drawn with what it leaves."""
        self._drawer.give_way(training)

    def shut_down(self) -> None:
        """Draw nothing any more."""
        self._drawer.close()

    def follow(self, dataset: CocoDataset) -> None:
        """Take the photos of a data set that was opened."""
        self._data_images = dataset.local_images
        self.use_store(same_photos=False)

    def set_folder(self, folder: Path | None, *, remember: bool = True) -> None:
        """Take photos from the user's own COCO image folder first (None: no folder)."""
        self._own_folder = folder
        if remember:
            self._settings.set(remembered.IMAGE_FOLDER, str(folder or ""))
        self.look_again()

    def look_again(self) -> None:
        """Ask anew for all photos: the image folder may be back."""
        self.use_store(same_photos=True)
        self.changed.emit()

    def set_fetching(self, on: bool) -> None:
        """Fetch photos from the network from now on, or take them from this computer only."""
        self._settings.set(remembered.FETCH_PHOTOS, on)
        self._photos.set_network(on)

    def set_cache_size(self, megabytes: int) -> None:
        """Set the bound on the photo cache; what is beyond it goes at once, in a thread."""
        self._settings.set(remembered.PHOTO_CACHE_MB, megabytes)
        store = self._photos.store
        cache = store.cache if store is not None else None
        if cache is None:
            return

        def failed(error: Exception) -> None:
            self.problem.emit(f"The photo cache could not be made smaller: {error}")

        self._workers.start(
            "sizing the photo cache",
            lambda _cancelled: cache.resize(megabytes * MEGABYTE),
            lambda _none: None,
            failed,
            brief=True,
        )

    def use_store(self, *, same_photos: bool) -> None:
        """Make the store anew; with `same_photos` what is known of each photo stays."""
        store = photo_store(
            self._settings,
            self.folder,
            self._photos.store,
            same_data=same_photos,
            data_images=self._data_images,
            drawer=self._drawer,
        )
        self._photos.set_store(store, same_photos=same_photos)


def photo_store(
    settings: Settings,
    image_folder: Path | None,
    before: PhotoStore | None,
    *,
    same_data: bool,
    data_images: Path | None = None,
    drawer: StorybookDrawer | None = None,
) -> PhotoStore:
    """Make a store as the settings say.

    How hosts asked to be treated is known to `before` and holds on; so do the dead links counted there
    while the data is the same.
    """
    return PhotoStore(
        image_folder,
        cache_folder() / "photos",
        network=settings.get(remembered.FETCH_PHOTOS),
        cache_bytes=settings.get(remembered.PHOTO_CACHE_MB) * MEGABYTE,
        throttle=before.throttle if before is not None else None,
        links=before.links if before is not None and same_data else None,
        data_images=data_images,
        drawer=drawer,
    )


def checked_image_folder(chosen: Path) -> Path:
    """Return the COCO image folder that a user means by a folder.

    Raises
    ------
    ValueError
        It holds no COCO photos; the text says what is looked for.
    """
    for folder in (chosen, chosen / "images", chosen.parent):
        beside = folder == chosen.parent
        if beside and chosen.name not in IMAGE_FOLDERS:
            continue
        if any(is_folder(folder / name) for name in IMAGE_FOLDERS):
            return folder
    raise ValueError(
        f"{chosen} holds no COCO photos: there is no folder {' or '.join(IMAGE_FOLDERS)} in it. "
        "Choose the folder that these two are in."
    )
