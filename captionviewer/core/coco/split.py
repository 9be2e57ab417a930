"""What is known of one split of the data set: its captions, its images, and which belong together."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from captionviewer.core.arrays import BoolArray, IntArray
from captionviewer.core.coco import caption_statistics
from captionviewer.core.coco.feature_file import FeatureFile
from captionviewer.core.coco.files import Split, SplitCaptions
from captionviewer.core.coco.vocabulary import Vocabulary
from captionviewer.core.coco.word_search import WordSearch, first_of_each


@dataclass(frozen=True)
class PhotoRecord:
    """One image of the data set.

    Attributes
    ----------
    split, row
        Where it stands: the row of its features, address and name.
    url : str
        Its address at Flickr; may be empty.
    file_name : str or None
        "train2014/COCO_train2014_000000000009.jpg", or None where the data does not say.
    caption_rows : tuple[int, ...]
        Its captions, as rows of the split's captions; usually five.
    """

    split: Split
    row: int
    url: str
    file_name: str | None
    caption_rows: tuple[int, ...]

    @property
    def key(self) -> tuple[Split, int]:
        """What tells this image from all others of the data set."""
        return self.split, self.row


class Lines:
    """A list of strings that NumPy's arrays of rows can pick from, as the solver picks URLs."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, rows: IntArray) -> npt.NDArray[np.str_]:
        return np.array([self._lines[row] for row in np.asarray(rows).tolist()], dtype=np.str_)


class OneSplit:
    """One split: word ids (n, T), the image row of each caption (n,), and a line of text for each image.

    What is counted or sorted is kept from when it was first asked for.
    """

    def __init__(
        self,
        split: Split,
        vocabulary: Vocabulary,
        texts: SplitCaptions,
        features: FeatureFile,
        urls: list[str],
        names: list[str] | None,
    ) -> None:
        self.split = split
        self.vocabulary = vocabulary
        self.captions = texts.captions
        self.image_idxs = texts.image_idxs
        self.features = features
        self.urls = urls
        self.names = names

    def prepare(self) -> None:
        """Sort now what `record` and `search` need, so that the first of them is as quick as the next."""
        _ = self._captions_by_image, self.search

    @cached_property
    def search(self) -> WordSearch:
        """Finds words in the captions."""
        return WordSearch(self.captions, self.image_idxs, len(self.features), self.vocabulary)

    @cached_property
    def lengths(self) -> IntArray:
        """Words of each caption, (n,)."""
        return _read_only(caption_statistics.caption_lengths(self.search.captions, self.vocabulary))

    @cached_property
    def unknown(self) -> IntArray:
        """How often each caption has `<UNK>`, (n,)."""
        return _read_only(caption_statistics.unknown_counts(self.search.captions, self.vocabulary))

    @cached_property
    def captions_per_image(self) -> IntArray:
        """How many captions each image has, (num_images,)."""
        return _read_only(np.bincount(self.image_idxs, minlength=len(self.features)))

    def first_of_each_image(self, caption_rows: IntArray) -> BoolArray:
        """Mark the captions (n,) whose image none before them has: (n,)."""
        return first_of_each(self.image_idxs[caption_rows], len(self.features))

    @cached_property
    def word_counts(self) -> IntArray:
        """How often each word stands in the captions, (V,)."""
        return _read_only(caption_statistics.word_counts(self.search.captions, self.vocabulary))

    @cached_property
    def _captions_by_image(self) -> tuple[IntArray, IntArray]:
        """Caption rows sorted by image, and where each image's begin, with one more for the end."""
        by_image = np.argsort(self.image_idxs, kind="stable")
        return by_image, np.concatenate(([0], np.cumsum(self.captions_per_image)))

    def caption_rows(self, image_row: int) -> tuple[int, ...]:
        """The rows of an image's captions."""
        by_image, begins = self._captions_by_image
        return tuple(by_image[begins[image_row] : begins[image_row + 1]].tolist())

    def record(self, image_row: int) -> PhotoRecord:
        """The image at a row.  IndexError if there is none."""
        if not 0 <= image_row < len(self.features):
            raise IndexError(f"{self.split} has images 0 to {len(self.features) - 1:,}, not {image_row:,}")
        row = int(image_row)
        return PhotoRecord(self.split, row, self.urls[row], self.file_name(row), self.caption_rows(row))

    def file_name(self, image_row: int) -> str | None:
        """The image's folder and name: never a path that could leave the folder it is looked up in."""
        if self.names is None:
            return None
        parts = self.names[image_row].replace("\\", "/").split("/")[-2:]
        if len(parts) == 1:
            parts.insert(0, f"{self.split}2014")
        if any(part in ("", ".", "..") or ":" in part or not part.isprintable() for part in parts):
            return None
        return "/".join(parts)


def _read_only(array: IntArray) -> IntArray:
    array.setflags(write=False)
    return array
