"""Where photos come from, as the settings say."""

from pathlib import Path

from captionviewer.core.photos.store import PhotoStore
from captionviewer.core.user_folders import cache_folder, is_folder
from captionviewer.ui import settings as remembered
from captionviewer.ui.settings import Settings

MEGABYTE = 1_000_000
IMAGE_PARTS = ("train2014", "val2014")  # the folders that COCO's photos come in


def photo_store(
    settings: Settings,
    image_folder: Path | None,
    before: PhotoStore | None,
    *,
    same_data: bool,
    data_images: Path | None = None,
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
        manners=before.manners if before is not None else None,
        links=before.links if before is not None and same_data else None,
        data_images=data_images,
    )


def remembered_image_folder(settings: Settings) -> Path | None:
    """Return the image folder that the user chose some time."""
    folder = settings.get(remembered.IMAGE_FOLDER)
    return Path(folder) if folder else None


def checked_image_folder(chosen: Path) -> Path:
    """Return the COCO image folder that a user means by a folder.

    Raises
    ------
    ValueError
        It holds no COCO photos; the text says what is looked for.
    """
    for folder in (chosen, chosen / "images", chosen.parent):
        beside = folder == chosen.parent
        if beside and chosen.name not in IMAGE_PARTS:
            continue
        if any(is_folder(folder / part) for part in IMAGE_PARTS):
            return folder
    raise ValueError(
        f"{chosen} holds no COCO photos: there is no folder train2014 or val2014 in it. "
        "Choose the folder that these two are in."
    )
