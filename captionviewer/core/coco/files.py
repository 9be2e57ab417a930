"""The text and caption files of a data folder, each checked as it is read."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from captionviewer.core.arrays import IntArray
from captionviewer.core.coco.data_error import DataError
from captionviewer.core.coco.feature_file import LARGEST_HEIGHT
from captionviewer.core.coco.folder_layout import CAPTIONS_FILE, FOLDER_NAME, SPLITS, VOCABULARY_FILE, Split
from captionviewer.core.coco.hdf5.files import read_whole_numbers, require_file
from captionviewer.core.coco.vocabulary import (
    END,
    LARGEST_VOCABULARY,
    NULL,
    SPECIAL_WORDS,
    START,
    Vocabulary,
    is_word,
)

# The official vocabulary takes 24 kB; parsed, JSON can take a hundred times its size.
LARGEST_VOCABULARY_BYTES = 4 * 2**20
LONGEST_CAPTION = 1_000
# Official addresses take 63 characters.
LONGEST_LINE = 2_000
LARGEST_TEXT_BYTES = 200 * 2**20

# What conversions of other data get wrong.
IDS_FROM_0 = f"Word ids count from 0, as in the vocabulary, and padding is the id of {NULL}, not -1."
ROWS_FROM_0 = "Rows count from 0: the first photo's is 0, and the last one's their number less 1."


def find_data_folder(folder: Path) -> Path:
    """The folder that holds the data: `folder` itself, or `coco_captioning` in it.

    Raises
    ------
    DataError
        `folder` is missing, is no folder, or holds no data set.
    """
    pick = "Choose the folder that holds coco2014_captions.h5."
    try:
        if not folder.exists():
            raise DataError(folder, "There is no such folder.", pick)
        if not folder.is_dir():
            is_archive = folder.suffix.lower() in (".zip", ".gz", ".tar")
            raise DataError(
                folder,
                "This is a file, not a folder.",
                f"Unpack it and choose the folder {FOLDER_NAME}." if is_archive else pick,
            )
        for candidate in (folder, folder / FOLDER_NAME):
            if (candidate / CAPTIONS_FILE).exists() or (candidate / VOCABULARY_FILE).exists():
                return candidate
    except OSError as error:
        raise DataError(folder, f"The folder can't be looked into ({error.strerror}).", pick) from error
    raise DataError(folder, f"This folder holds no {CAPTIONS_FILE}.", pick)


def read_vocabulary(path: Path) -> Vocabulary:
    """Read the vocabulary.

    Raises
    ------
    DataError
        The file is missing, huge or not JSON; a special word is missing; the two halves disagree; or a word
        could not be shown.
    """
    text = _read_text(path, LARGEST_VOCABULARY_BYTES)
    try:
        content: object = json.loads(text)
    except (ValueError, RecursionError, MemoryError) as error:
        raise DataError(path, f"This is not valid JSON ({str(error)[:120]}).") from error
    if not isinstance(content, dict):
        raise DataError(path, "The vocabulary should be a JSON object with idx_to_word and word_to_idx.")
    words, ids = content.get("idx_to_word"), content.get("word_to_idx")
    if isinstance(words, dict):
        words = _by_id(path, words)
    if not isinstance(words, list):
        raise DataError(path, "'idx_to_word' should be a list of words, and is missing or something else.")
    if not isinstance(ids, dict):
        raise DataError(path, "'word_to_idx' should give each word's id, and is missing or something else.")
    if len(words) > LARGEST_VOCABULARY:
        raise DataError(path, f"The vocabulary has {len(words):,} words; at most {LARGEST_VOCABULARY:,} fit.")
    for index, word in enumerate(words):
        if not is_word(word):
            raise DataError(path, f"Entry {index:,} of 'idx_to_word' is not a word that can be shown.")
        # A bool is an int to Python, and True == 1.
        if type(ids.get(word)) is not int or ids[word] != index:
            raise DataError(path, f"'idx_to_word' has {word!r} at {index:,}, but 'word_to_idx' disagrees.")
    if len(ids) != len(words):
        raise DataError(
            path,
            f"'word_to_idx' has {len(ids):,} words, but 'idx_to_word' has {len(words):,}: they disagree.",
        )
    for word in SPECIAL_WORDS:
        if word not in ids:
            raise DataError(
                path,
                f"The special word {word} is missing from the vocabulary.",
                converted=f"Name the words for padding, start, end and unknown {', '.join(SPECIAL_WORDS)}.",
            )
    return Vocabulary(tuple(words), ids)


def _by_id(path: Path, words: dict[str, object]) -> list[object]:
    """The words of a dict from id to word, as JSON has it: its keys are texts, "0" to "V-1"."""
    if all(str(index) in words for index in range(len(words))):
        return [words[str(index)] for index in range(len(words))]
    if all(str(index) in words for index in range(1, len(words) + 1)):
        raise DataError(
            path,
            "'idx_to_word' counts its words from 1.",
            converted=f"Count ids from 0, with {NULL} as 0, in the vocabulary and in the captions.",
        )
    raise DataError(
        path,
        f"'idx_to_word' has {len(words):,} words, but its keys are not 0 to {len(words) - 1:,}.",
        converted="Write 'idx_to_word' as a list: each word at the place of its id.",
    )


def read_lines(path: Path, num_images: int | None, features_name: str = "") -> list[str]:
    """Read a file with one line for each image; blank lines count, but not after the last.

    Parameters
    ----------
    path
        The file.
    num_images, features_name
        How many images there are, and which file says so; None where no file does.

    Raises
    ------
    DataError
        The file is missing, is not text, has a line of absurd length, or has not one line for each of the
        `num_images` rows of the file `features_name`.
    """
    most = LARGEST_HEIGHT if num_images is None else num_images
    text = _read_text(path, min((most + 1) * LONGEST_LINE, LARGEST_TEXT_BYTES))
    count = text.count("\n")
    if count <= most + 1000:  # before splitting: a file of nothing but line ends is cheap to make
        lines = [line.strip() for line in text.removesuffix("\n").split("\n")]
        while len(lines) > (num_images or 1) and not lines[-1]:
            lines.pop()
        if num_images in (None, len(lines)):
            longest = max(lines, key=len)
            if len(longest) > LONGEST_LINE:
                number = lines.index(longest) + 1
                raise DataError(
                    path, f"Line {number:,} has {len(longest):,} signs; at most {LONGEST_LINE:,} can be used."
                )
            return lines
        count = len(lines)
    if num_images is None:
        raise DataError(path, f"This file has {count:,} lines; at most {LARGEST_HEIGHT:,} can be used.")
    raise DataError(
        path,
        f"This file has {count:,} lines, but {features_name} has {num_images:,} rows; each image has one.",
    )


def _read_text(path: Path, limit: int) -> str:
    require_file(path)
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise DataError(path, f"The file can't be read ({error.strerror}).") from error
    if len(content) > limit:
        raise DataError(path, f"The file is larger than the {limit:,} bytes that it could need.")
    if not content:
        raise DataError(path, "The file is empty.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(path, f"This is not a text file (byte {error.start:,} is not UTF-8).") from error


@dataclass(frozen=True)
class SplitCaptions:
    """The captions of one split: word ids (n, T) int32 and the image row of each, (n,) int32; read-only."""

    captions: IntArray
    image_idxs: IntArray


def read_captions(
    path: Path, vocabulary: Vocabulary, num_images: dict[Split, int], features_names: dict[Split, str]
) -> dict[Split, SplitCaptions]:
    """Read the captions of both splits.

    Parameters
    ----------
    path
        The captions file.
    vocabulary
        Whose ids the captions are.
    num_images, features_names
        How many images a split has, and which file says so.

    Raises
    ------
    DataError
        The file is missing or damaged; a split is empty; rows disagree; a word or image id is out of range;
        or a caption does not begin with `<START>`.
    """
    words = f"the vocabulary has {len(vocabulary):,} words"
    splits: dict[Split, SplitCaptions] = {}
    for split in SPLITS:
        images = f"{features_names[split]} has {num_images[split]:,} rows"
        captions = read_whole_numbers(
            path, f"{split}_captions", 2, len(vocabulary), words, converted=IDS_FROM_0
        )
        image_idxs = read_whole_numbers(
            path, f"{split}_image_idxs", 1, num_images[split], images, converted=ROWS_FROM_0
        )
        _check_captions(path, split, captions, image_idxs, vocabulary)
        captions.setflags(write=False)
        image_idxs.setflags(write=False)
        splits[split] = SplitCaptions(captions, image_idxs)
    lengths = [splits[split].captions.shape[1] for split in SPLITS]
    if lengths[0] != lengths[1]:
        raise DataError(
            path,
            f"'train_captions' has {lengths[0]} columns, but 'val_captions' has {lengths[1]}: they disagree.",
        )
    return splits


def _check_captions(
    path: Path, split: Split, captions: IntArray, image_idxs: IntArray, vocabulary: Vocabulary
) -> None:
    count, length = captions.shape
    if count == 0:
        raise DataError(path, f"'{split}_captions' is empty.")
    if not 2 <= length <= LONGEST_CAPTION:
        raise DataError(
            path, f"'{split}_captions' is {length:,} words wide; 2 to {LONGEST_CAPTION:,} can be used."
        )
    if len(image_idxs) != count:
        raise DataError(
            path, f"'{split}_captions' has {count:,} rows, but '{split}_image_idxs' has {len(image_idxs):,}."
        )
    begins = captions[:, 0] == vocabulary.start
    if not begins.all():
        row = int(np.argmin(begins))
        raise DataError(
            path,
            f"Row {row:,} of '{split}_captions' does not begin with {START}.",
            converted=f"Write each caption as {START}, its words, {END}, then {NULL} to the last column.",
        )
