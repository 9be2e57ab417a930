"""Features *lite0* for a data folder that has its photos, as COCO's with `images/train2014` and `val2014`."""

from pathlib import Path

from captionviewer.core.atomic_file import write_atomically
from captionviewer.core.coco.data_error import DataError
from captionviewer.core.coco.files import LARGEST_TEXT_BYTES, find_data_folder
from captionviewer.core.coco.folder_layout import SPLITS, Split, names_file
from captionviewer.core.coco.photo_names import listed_photo_name, photo_path, photo_places
from captionviewer.core.own_photos.encoding import Encoding
from captionviewer.core.own_photos.feature_files import write_feature_files

WITHOUT_FEATURES = "lite0_without_features.txt"


class FolderEncoding:
    """Computes the features of a data folder's photos and writes their files.

    Parameters
    ----------
    folder
        The data folder, or one that holds `coco_captioning`.
    images
        Where its photos are, with `train2014` and `val2014` inside; None for `images` in the data folder.
    processes
        As `Encoding`.

    Raises
    ------
    DataError
        It is no data folder, has no list of names, or none of its photos is there.
    """

    def __init__(self, folder: Path, images: Path | None = None, processes: int | None = None) -> None:
        self.folder = find_data_folder(folder)
        images = images or self.folder / "images"
        self._names: dict[Split, list[str]] = {
            split: _names(self.folder / names_file(split)) for split in SPLITS
        }
        photos = [photo_file(images, name, split) for split in SPLITS for name in self._names[split]]
        if not any(photos):
            raise DataError(
                images,
                "None of the data's photos is there.",
                "Name the folder that holds train2014 and val2014: --images FOLDER.",
            )
        self._encoding = Encoding(photos, self.folder, processes)
        self.progress = self._encoding.progress
        self.stop = self._encoding.stop

    def run(self) -> int | None:
        """Compute and write; the width of the features, None when it was stopped before the end.

        Raises
        ------
        WeightsError, DataError, OSError
            The weights are missing; too few photos can be read, or another program computes the features
            of this folder; a file can't be written.
        """
        with self._encoding.alone():
            return self._written() if self._encoding.run() else None

    def _written(self) -> int:
        """Make the files of what was computed, and let go of it."""
        first = len(self._names["train"])
        places: dict[Split, range] = {"train": range(first), "val": range(first, self.progress.total)}
        try:
            width = write_feature_files(self.folder, self._encoding, places)
        except ValueError as error:
            raise DataError(
                self.folder, f"Too few of its train photos can be read: {error}.", "Add the photos."
            ) from error
        names = [f"{split}\t{row}\t{name}" for split in SPLITS for row, name in enumerate(self._names[split])]
        reasons = [f"{names[place]}\t{why}\n" for place, why in sorted(self.progress.unreadable.items())]
        listed = self.folder / WITHOUT_FEATURES
        if reasons:
            write_atomically(listed, "".join(reasons).encode("utf-8", "replace"))
        else:
            listed.unlink(missing_ok=True)
        self._encoding.forget()
        return width


def _names(path: Path) -> list[str]:
    try:
        if path.stat().st_size > LARGEST_TEXT_BYTES:
            raise DataError(path, "The file is larger than it could need to be.")
        return path.read_text("utf-8-sig").removesuffix("\n").split("\n")
    except FileNotFoundError as error:
        raise DataError(
            path, "The file is missing, so that nobody knows which photo belongs to which captions."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(path, f"The file can't be read ({str(error)[:120]}).") from error


def photo_file(images: Path, line: str, split: Split) -> Path | None:
    """The file of the photo that a line of a list names, None where it is not there."""
    name = listed_photo_name(line.strip(), split)
    parts = photo_path(name) if name is not None else None
    if parts is None:
        return None
    places = (images.joinpath(*place) for place in photo_places(parts))
    return next((place for place in places if place.is_file()), None)
