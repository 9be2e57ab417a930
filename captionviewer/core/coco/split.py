"""What is known of one split of the data set: its captions, its photos, which belong together, and its
minibatches.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from captionviewer.core.arrays import BoolArray, IntArray
from captionviewer.core.coco import caption_statistics
from captionviewer.core.coco.data_error import DataError
from captionviewer.core.coco.feature_file import FeatureFile
from captionviewer.core.coco.files import SplitCaptions
from captionviewer.core.coco.folder_layout import Split, urls_file
from captionviewer.core.coco.photo_names import listed_photo_name
from captionviewer.core.coco.vocabulary import Vocabulary
from captionviewer.core.coco.word_ranks import WordRanks, word_ranks
from captionviewer.core.coco.word_search import SearchHits, WordSearch, first_of_each

# The official ones take 21 MB.
LARGEST_URLS_BYTES = 512 * 2**20


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

    @property
    def words(self) -> str:
        """What people call it."""
        return f"{self.split} photo {self.row:,}"

    @property
    def name_for_files(self) -> str:
        """What the name of a file about it begins with."""
        return f"{self.split}-photo-{self.row}"


class Lines:
    """A list of strings that NumPy's arrays of rows can pick from, as the solver picks URLs."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, rows: IntArray) -> npt.NDArray[np.str_]:
        return np.array([self._lines[row] for row in np.asarray(rows).tolist()], dtype=np.str_)


@dataclass(frozen=True)
class Minibatch:
    """Some captions of a split, drawn by a seed: rows and image rows (n,), word ids (n, T) int32."""

    split: Split
    seed: int
    index: int
    caption_rows: IntArray
    captions: IntArray
    image_rows: IntArray


class CocoSplit:
    """One split of an open data set; safe to read from several threads.

    What is counted or sorted is kept from when it was first asked for; its arrays are read-only.

    Attributes
    ----------
    name : 'train' or 'val'
    vocabulary : Vocabulary
        Whose ids the captions hold.
    captions : IntArray
        Word ids of every caption, (n, T) int32.
    image_idxs : IntArray
        The photo that each caption describes, (n,) int32.
    features : FeatureFile
        The features of the photos, read from the disk when asked for: `rows`, `read_all`, `scan`.
    urls : list[str]
        The address of each photo; may be empty.
    names : list[str] or None
        The line of each photo in COCO's list of file names, if the folder has that list.
    """

    def __init__(
        self,
        name: Split,
        vocabulary: Vocabulary,
        texts: SplitCaptions,
        features: FeatureFile,
        urls: list[str],
        names: list[str] | None,
    ) -> None:
        self.name: Split = name
        self.vocabulary = vocabulary
        self.captions = texts.captions
        self.image_idxs = texts.image_idxs
        self.features = features
        self.urls = urls
        self.names = names
        self._last_order: tuple[int, IntArray | None, IntArray] | None = None

    def prepare(self) -> None:
        """Sort now what `record` and `search` need, so that the first of them is as quick as the next."""
        _ = self._captions_by_image, self._words

    @property
    def num_photos(self) -> int:
        """How many photos there are."""
        return len(self.features)

    @property
    def num_captions(self) -> int:
        """How many captions there are."""
        return len(self.captions)

    def search(self, text: str) -> SearchHits:
        """Find a word, or words one after another, in the captions; case is ignored."""
        return self._words.find(text)

    @cached_property
    def _words(self) -> WordSearch:
        return WordSearch(self.captions, self.image_idxs, self.num_photos, self.vocabulary)

    @cached_property
    def caption_lengths(self) -> IntArray:
        """Words of each caption without `<START>`, `<END>` and padding, (n,)."""
        return _read_only(caption_statistics.caption_lengths(self._words.captions, self.vocabulary))

    @cached_property
    def unknown_counts(self) -> IntArray:
        """How often each caption has `<UNK>`, (n,)."""
        return _read_only(caption_statistics.unknown_counts(self._words.captions, self.vocabulary))

    @cached_property
    def word_counts(self) -> IntArray:
        """How often each word stands in the captions; padding, start and end count 0: (V,)."""
        return _read_only(caption_statistics.word_counts(self._words.captions, self.vocabulary))

    @cached_property
    def word_ranks(self) -> WordRanks:
        """Its words by rank, and what a smaller vocabulary would leave."""
        return word_ranks(self._words.captions, self.vocabulary)

    @cached_property
    def captions_per_image(self) -> IntArray:
        """How many captions each photo has, (num_photos,)."""
        return _read_only(np.bincount(self.image_idxs, minlength=self.num_photos))

    def first_of_each_image(self, caption_rows: IntArray) -> BoolArray:
        """Mark the captions (n,) whose photo none before them has: (n,)."""
        return first_of_each(self.image_idxs[caption_rows], self.num_photos)

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
        """The photo at a row.  IndexError if there is none."""
        if not 0 <= image_row < self.num_photos:
            raise IndexError(f"{self.name} has images 0 to {self.num_photos - 1:,}, not {image_row:,}")
        row = int(image_row)
        return PhotoRecord(self.name, row, self.urls[row], self.file_name(row), self.caption_rows(row))

    def record_of_caption(self, caption_row: int) -> PhotoRecord:
        """The photo that a caption describes.  IndexError if there is no such caption."""
        if not 0 <= caption_row < self.num_captions:
            raise IndexError(f"{self.name} has captions 0 to {self.num_captions - 1:,}, not {caption_row:,}")
        return self.record(int(self.image_idxs[caption_row]))

    def url_array(self) -> npt.NDArray[np.str_]:
        """The address of every photo, (num_photos,).

        Raises
        ------
        DataError
            One is so long that the array, in which all take as much room as the longest, would be huge.
        """
        longest = max(len(url) for url in self.urls)
        num_bytes = len(self.urls) * longest * np.dtype("U1").itemsize
        if num_bytes > LARGEST_URLS_BYTES:
            raise DataError(
                self.features.path.with_name(urls_file(self.name)),
                f"Its longest line has {longest:,} signs: an array of {len(self.urls):,} such addresses "
                f"would take {num_bytes:,} bytes.",
            )
        return np.array(self.urls, dtype=np.str_)

    def file_name(self, image_row: int) -> str | None:
        """The photo's folder and name: never a path that could leave the folder it is looked up in."""
        return None if self.names is None else listed_photo_name(self.names[image_row], self.name)

    def num_minibatches(self, size: int, among: IntArray | None = None) -> int:
        """How many minibatches of `size` captions there are; the last may be short."""
        if size < 1:
            raise ValueError(f"a minibatch holds at least 1 caption, not {size}")
        return -(-(self.num_captions if among is None else len(among)) // size)

    def minibatch(
        self, size: int, seed: int, index: int = 0, among: IntArray | None = None, *, shuffled: bool = True
    ) -> Minibatch:
        """Minibatch number `index`, its captions shuffled by `seed`.

        Every caption is in exactly one of the minibatches of a seed, and the same arguments always give the
        same minibatch.

        Parameters
        ----------
        size
            Captions in a minibatch; the last may be short.
        among
            Rows of the captions to draw from; all if None.  An array is not to be changed afterwards.
        shuffled
            False to leave the captions in the order of `among`, or of the file.

        Raises
        ------
        IndexError
            There is no minibatch of that number.
        """
        count = self.num_minibatches(size, among)
        if not 0 <= index < count:
            raise IndexError(f"there are {count:,} minibatches, and none has the number {index:,}")
        start, stop = index * size, min((index + 1) * size, self.num_captions)
        if shuffled:
            rows = self._order(seed, among)[start:stop].copy()
        else:
            rows = np.arange(start, stop) if among is None else among[start:stop].copy()
        return Minibatch(self.name, seed, index, rows, self.captions[rows], self.image_idxs[rows])

    def _order(self, seed: int, among: IntArray | None) -> IntArray:
        last = self._last_order  # kept, since "next" is asked for again and again
        if last is not None and last[0] == seed and last[1] is among:
            return last[2]
        drawn_from = self.num_captions if among is None else among
        order: IntArray = np.random.default_rng(seed).permutation(drawn_from)
        self._last_order = (seed, among, order)
        return order

    def draw_captions(self, count: int | None, one_an_image: bool, rng: np.random.Generator) -> IntArray:
        """Draw rows of captions, none twice.

        Parameters
        ----------
        count
            How many; None for as many as there are.
        one_an_image
            Draw photos, and of each photo one caption, so that no photo has two different answers.
        rng
            Where the draws come from.

        Raises
        ------
        ValueError
            There are not as many, or `count` is less than 1.
        """
        rows: IntArray = np.arange(self.num_captions)
        if one_an_image:
            # The first caption of each photo in a shuffled list is a fair draw among the photo's captions.
            rows = rng.permutation(rows)
            rows = rows[np.unique(self.image_idxs[rows], return_index=True)[1]]
        if count is None:
            return rows
        if not 1 <= count <= len(rows):
            kind = "images with captions" if one_an_image else "captions"
            raise ValueError(f"can't draw {count:,} of {len(rows):,} {self.name} {kind}")
        return rng.permutation(rows)[:count]


def _read_only(array: IntArray) -> IntArray:
    array.setflags(write=False)
    return array
