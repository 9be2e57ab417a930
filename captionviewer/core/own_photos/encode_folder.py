"""Features *lite0* for a data folder that has its photos, as COCO's with `images/train2014` and `val2014`."""

from collections.abc import Callable
from pathlib import Path

from captionviewer.core.atomic_file import write_atomically
from captionviewer.core.coco.data_error import DataError
from captionviewer.core.coco.dataset import feature_kinds_in
from captionviewer.core.coco.feature_file import FeatureFile
from captionviewer.core.coco.files import ROWS_FROM_0, find_data_folder, read_lines
from captionviewer.core.coco.folder_layout import CAPTIONS_FILE, SPLITS, Split, features_file, names_file
from captionviewer.core.coco.hdf5.files import read_whole_numbers
from captionviewer.core.coco.photo_names import listed_photo_name, photo_path, photo_places
from captionviewer.core.own_photos.encoding import Encoding
from captionviewer.core.own_photos.feature_files import write_feature_files
from captionviewer.core.user_folders import is_file

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
        It is no data folder; it has no list of names, or one that does not fit its other features or its
        captions; or none of its photos is there.
    """

    def __init__(self, folder: Path, images: Path | None = None, processes: int | None = None) -> None:
        self.folder = find_data_folder(folder)
        images = images or self.folder / "images"
        self._names: dict[Split, list[str]] = {split: _names(self.folder, split) for split in SPLITS}
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
        self.lost_file = self.folder / WITHOUT_FEATURES

    def run(self, cancelled: Callable[[], bool] = lambda: False) -> int | None:
        """Compute and write; the width of the features, None when it was stopped before the end.

        `cancelled` is asked before each photo; once it says so the work ends as by `stop`.

        Raises
        ------
        WeightsError, DataError, OSError
            The weights are missing; too few photos can be read, or another program computes the features
            of this folder; a file can't be written.
        """
        with self._encoding.alone():
            return self._written() if self._encoding.run(cancelled) else None

    def without_features(self) -> list[str]:
        """The photos that can't be read, once it has run: split, row, name and why, a tab between each."""
        names = [f"{split}\t{row}\t{name}" for split in SPLITS for row, name in enumerate(self._names[split])]
        return [f"{names[place]}\t{why}" for place, why in sorted(self.progress.unreadable.items())]

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
        lost = self.without_features()
        if lost:
            write_atomically(self.lost_file, "".join(f"{line}\n" for line in lost).encode("utf-8", "replace"))
        else:
            self.lost_file.unlink(missing_ok=True)
        self._encoding.forget()
        return width


def _names(folder: Path, split: Split) -> list[str]:
    """The names of a split's photos, as many as other features or the captions say that there are."""
    path = folder / names_file(split)
    if not is_file(path):
        raise DataError(
            path, "The file is missing, so that nobody knows which photo belongs to which captions."
        )
    others = [kind for kind in feature_kinds_in(folder) if kind != "lite0"]
    if others:
        with FeatureFile(folder / features_file(split, others[0])) as file:
            return read_lines(path, len(file), file.path.name)
    names = read_lines(path, None)
    told = f"{path.name} has {len(names):,} lines"
    read_whole_numbers(
        folder / CAPTIONS_FILE, f"{split}_image_idxs", 1, len(names), told, converted=ROWS_FROM_0
    )
    return names


def photo_file(images: Path, line: str, split: Split) -> Path | None:
    """The file of the photo that a line of a list names, None where it is not there."""
    name = listed_photo_name(line.strip(), split)
    parts = photo_path(name) if name is not None else None
    if parts is None:
        return None
    places = (images.joinpath(*place) for place in photo_places(parts))
    return next((place for place in places if is_file(place)), None)
