"""Names of photos as data folders list them: which file each stands for, below an image folder."""

import re

from captionviewer.core.coco.control_signs import has_control_signs
from captionviewer.core.coco.folder_layout import SPLITS, Split, image_folder

_COCO_NAME = re.compile(r"COCO_(train|val|test)2014_")
# Not all of these mean something on every system, but all do on one.
_STEERING_A_PATH = frozenset('\\:*?"<>|')


def listed_photo_name(line: str, split: Split) -> str | None:
    """Folder and name of the photo that a line of the list of `split` names; None if it could lead elsewhere.

    Of a path the last folder counts; a bare name is in the folder that COCO's name says, else in the split's:
    "COCO_val2014_000000000042.jpg" gives "val2014/COCO_val2014_000000000042.jpg" in either split.
    """
    parts = line.replace("\\", "/").split("/")[-2:]
    if len(parts) == 1:
        parts.insert(0, _folder_by_name(parts[0]) or image_folder(split))
    name = "/".join(parts)
    return name if photo_path(name) is not None else None


def photo_path(name: str) -> tuple[str, ...] | None:
    """The parts of a relative name that stays below its folder on any system, else None."""
    parts = tuple(name.split("/"))
    if any(part in ("", ".", "..") or part != part.strip(" .") for part in parts):
        return None
    if has_control_signs(name) or not _STEERING_A_PATH.isdisjoint(name):
        return None
    return parts


def photo_places(parts: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Where below an image folder a photo may be, likeliest first: as named, then in each of COCO's folders.

    Lists that divide the photos anew (Karpathy's "restval") name COCO's validation photos in train.
    """
    name = parts[-1]
    folders = [_folder_by_name(name), *(image_folder(split) for split in SPLITS)]
    return list(dict.fromkeys([parts, *((folder, name) for folder in folders if folder is not None)]))


def _folder_by_name(name: str) -> str | None:
    """The folder that COCO keeps a photo of this name in; None where the name doesn't say."""
    found = _COCO_NAME.match(name)
    return image_folder(found[1]) if found else None
