"""A data folder of anybody's pictures and captions, in the official layout, so that all else opens it."""

import json
import os
import re
import shutil
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from captionviewer.core.atomic_file import write_atomically
from captionviewer.core.coco.caption_encoding import encoded_caption, frequent_words
from captionviewer.core.coco.files import LONGEST_CAPTION
from captionviewer.core.coco.folder_layout import (
    CAPTIONS_FILE,
    SPLITS,
    VOCABULARY_FILE,
    Split,
    image_folder,
    names_file,
    urls_file,
)
from captionviewer.core.coco.hdf5.content import hdf5_content
from captionviewer.core.coco.photo_names import photo_path
from captionviewer.core.coco.vocabulary import LARGEST_VOCABULARY, is_word
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.own_photos.caption_files import read_caption_file, read_text
from captionviewer.core.own_photos.encoding import UNFINISHED, Encoding
from captionviewer.core.own_photos.feature_files import write_feature_files
from captionviewer.core.photos.picture_file import pictures_in

OFFICIAL_COLUMNS = 17
OFFICIAL_LEAST = 5
_LISTED = 10  # names in a remark

# Chinese characters and Japanese kana are written without spaces: each is a word. Of other writing a word is
# letters and digits, with an apostrophe or hyphen inside; the marks that make up a letter belong to it.
_ALONE = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_LETTER = rf"(?:(?![{_ALONE}])[\w\u0300-\u036f\u0900-\u0dff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])"
_WORD = re.compile(rf"[{_ALONE}]|{_LETTER}+(?:['’\-]{_LETTER}+)*")


class MakeDataError(CaptionviewerError):
    """Pictures and captions make no data folder; `str()` says why, and what to do."""


@dataclass(frozen=True)
class DataWishes:
    """How the data folder is to be made.

    Attributes
    ----------
    least
        A word said less often in train captions is `<UNK>`.
    columns
        Of the captions, with `<START>` and `<END>`; longer captions are left out. None: as the longest needs.
    val_share, seed
        The share of the photos that are val's, drawn by the seed.
    val_file
        A file with the names of val's photos instead, one a line.

    Raises
    ------
    MakeDataError
        A value outside its limits.
    """

    least: int = OFFICIAL_LEAST
    columns: int | None = OFFICIAL_COLUMNS
    val_share: float = 0.1
    seed: int = 0
    val_file: Path | None = None

    def __post_init__(self) -> None:
        if self.least < 1:
            raise MakeDataError(f"A word of the vocabulary is said at least once, not {self.least} times.")
        if self.columns is not None and not 3 <= self.columns <= LONGEST_CAPTION:
            raise MakeDataError(f"Captions have 3 to {LONGEST_CAPTION:,} columns, not {self.columns}.")
        if not 0 < self.val_share < 1:
            raise MakeDataError(f"The share of val is above 0 and below 1, not {self.val_share:g}.")
        if self.seed < 0:
            raise MakeDataError(f"A seed is 0 or more, not {self.seed}.")


@dataclass
class MadeData:
    """What became of it: of the captions file's form, and of each split; `remarks` say what was left out."""

    form: str
    photos: dict[Split, int] = field(default_factory=dict)
    captions: dict[Split, int] = field(default_factory=dict)
    words: int = 0
    columns: int = 0
    unknown_share: float = 0.0  # of the train captions' words
    width: int = 0  # of the features
    remarks: list[str] = field(default_factory=list)


@dataclass
class _Photo:
    """A photo that is there, with its captions as words."""

    path: Path
    captions: list[list[str]]
    address: str = ""


def caption_tokens(caption: str) -> list[str]:
    """The words of a caption as anybody wrote it: small letters, without punctuation."""
    text = unicodedata.normalize("NFC", caption).lower()
    return [word for word in _WORD.findall(text) if is_word(word)]


class DataMaking:
    """Makes a data folder; broken off and started again with the same, it goes on.

    Parameters
    ----------
    images
        The folder of pictures, with or without folders in it.
    captions
        The captions file.
    folder
        The data folder: new, empty, or what an earlier start left unfinished.
    wishes
        How.
    processes
        As `Encoding`.

    Raises
    ------
    CaptionFileError
        The captions can't be read.
    MakeDataError
        No photo of theirs is there; or the folder holds something else already.
    """

    def __init__(
        self,
        images: Path,
        captions: Path,
        folder: Path,
        wishes: DataWishes = DataWishes(),
        processes: int | None = None,
    ) -> None:
        _require_room(folder)
        said = read_caption_file(captions)
        self.made = MadeData(said.form, remarks=list(said.remarks))
        self._folder, self._wishes = folder, wishes
        try:
            self._index = _PictureIndex(images)
        except OSError as error:
            raise MakeDataError(
                f"The folder of pictures {images} can't be read: {error.strerror or error}."
            ) from error
        self._val_names = _listed_names(wishes.val_file) if wishes.val_file is not None else None
        self._photos = self._found(said.captions, said.addresses)
        if not self._photos:
            raise MakeDataError(
                f"None of the {len(said.captions):,} photos that {captions} names is in {images}."
                " Name the folder that holds them."
            )
        self._encoding = Encoding([photo.path for photo in self._photos], folder, processes)
        self.progress = self._encoding.progress
        self.stop = self._encoding.stop

    def run(self) -> MadeData | None:
        """Encode the photos and write the folder; None when it was stopped before.

        Raises
        ------
        WeightsError, MakeDataError, DataError, OSError
            The weights are missing; too little is left to make data of; the folder is being made by another
            program; a file can't be written.
        """
        with self._encoding.alone():
            _require_room(self._folder)  # another start may have made it meanwhile
            return self._written() if self._encoding.run() else None

    def _written(self) -> MadeData:
        """Make the files of what was computed, and let go of it."""
        for place, why in sorted(self.progress.unreadable.items())[:_LISTED]:
            self.made.remarks.append(f"left out: {self._photos[place].path.name}: {why}")
        more = len(self.progress.unreadable) - _LISTED
        if more > 0:
            self.made.remarks.append(f"left out: {more:,} more photos that can't be read")
        kept = [place for place in range(len(self._photos)) if self._encoding.has_features(place)]
        places = self._divided(kept)
        words = self._write_captions(places)
        try:
            self.made.width = write_feature_files(self._folder, self._encoding, places)
        except ValueError as error:
            raise MakeDataError(f"There is too little to make data of: {error}.") from error
        # What makes the folder a data folder comes last.
        content = {"idx_to_word": words, "word_to_idx": {word: number for number, word in enumerate(words)}}
        write_atomically(
            self._folder / VOCABULARY_FILE, json.dumps(content, ensure_ascii=False).encode("utf-8")
        )
        self._encoding.forget()
        return self.made

    # ---- what there is ---------------------------------------------------------------------------

    def _found(self, captions: dict[str, list[str]], addresses: dict[str, str]) -> list[_Photo]:
        """The photos that are there and have captions short enough, each once, in the order of the file."""
        photos: dict[Path, _Photo] = {}
        missing: list[str] = []
        doubtful: list[str] = []
        silent = empty = long = 0
        for name, said in captions.items():
            found = self._index.find(name)
            if len(found) != 1:
                (doubtful if found else missing).append(name)
                continue
            photo = photos.setdefault(found[0], _Photo(found[0], [], addresses.get(name, "")))
            for caption in said:
                words = caption_tokens(caption)
                if not words:
                    empty += 1
                elif len(words) > (self._wishes.columns or LONGEST_CAPTION) - 2:
                    long += 1
                elif words not in photo.captions:
                    photo.captions.append(words)
        kept = [photo for photo in photos.values() if photo.captions]
        silent = len(photos) - len(kept)
        note = self.made.remarks.append
        if missing:
            note(f"{len(missing):,} photos are not there: {_some(missing)}")
        if doubtful:
            note(f"{len(doubtful):,} names are those of several photos, and were left out: {_some(doubtful)}")
        if empty:
            note(f"{empty:,} captions have no words")
        if long:
            note(f"{long:,} captions are longer than {(self._wishes.columns or LONGEST_CAPTION) - 2} words")
        if silent:
            note(f"{silent:,} photos have no caption left")
        return kept

    def _divided(self, places: Sequence[int]) -> dict[Split, list[int]]:
        """The places of each split's photos, in order."""
        if len(places) < 3:
            raise MakeDataError(
                f"Only {len(places)} photos with captions can be read: data needs 2 to train"
                " on and 1 for val."
            )
        if self._val_names is not None:
            of_val: set[Path] = set()
            strangers: list[str] = []
            for name in self._val_names:
                found = self._index.find(name)
                of_val.update(found)
                if not found:
                    strangers.append(name)
            if strangers:
                self.made.remarks.append(
                    f"{len(strangers):,} photos of the list for val are not there: {_some(strangers)}"
                )
            val = {place for place in places if self._photos[place].path in of_val}
        else:
            count = min(max(1, round(self._wishes.val_share * len(places))), len(places) - 2)
            drawn = np.random.default_rng(self._wishes.seed).permutation(len(places))[:count]
            val = {places[number] for number in drawn.tolist()}
        split: dict[Split, list[int]] = {
            "train": [place for place in places if place not in val],
            "val": [place for place in places if place in val],
        }
        if not split["val"] or len(split["train"]) < 2:
            raise MakeDataError(
                f"The list for val names {len(split['val']):,} of the {len(places):,} photos: val needs 1 at"
                " least, and 2 must be left to train on."
            )
        return split

    # ---- what is written -------------------------------------------------------------------------

    def _write_captions(self, places: dict[Split, list[int]]) -> list[str]:
        """Write captions, names and addresses, and put the photos beside them; return the vocabulary."""
        said = {
            split: [
                (words, row)
                for row, place in enumerate(places[split])
                for words in self._photos[place].captions
            ]
            for split in SPLITS
        }
        vocabulary = frequent_words((words for words, _ in said["train"]), self._wishes.least)
        if len(vocabulary) == 4:
            raise MakeDataError(
                f"No word is said {self._wishes.least} times in the train captions. Ask for"
                " fewer: --min-count 1."
            )
        if len(vocabulary) > LARGEST_VOCABULARY:
            raise MakeDataError(
                f"{len(vocabulary):,} words are said {self._wishes.least} times; {LARGEST_VOCABULARY:,} can"
                " be used. Ask for more with --min-count."
            )
        ids = {word: number for number, word in enumerate(vocabulary)}
        longest = max(len(words) for rows in said.values() for words, _ in rows)
        columns = self._wishes.columns or longest + 2
        arrays = {}
        for split in SPLITS:
            arrays[f"{split}_captions"] = np.array(
                [encoded_caption(words, ids, columns) for words, _ in said[split]], np.int32
            )
            arrays[f"{split}_image_idxs"] = np.array([row for _, row in said[split]], np.int32)
            self.made.photos[split], self.made.captions[split] = len(places[split]), len(said[split])
            self._place_photos(split, [self._photos[place] for place in places[split]])
        spoken = [word in ids for words, _ in said["train"] for word in words]
        self.made.words, self.made.columns = len(vocabulary), columns
        self.made.unknown_share = 1 - sum(spoken) / len(spoken)
        write_atomically(self._folder / CAPTIONS_FILE, hdf5_content(arrays))
        return vocabulary

    def _place_photos(self, split: Split, photos: list[_Photo]) -> None:
        """Link the photos into the data folder, or copy them where that can't be; write their lists."""
        inside = self._folder / "images" / image_folder(split)
        inside.mkdir(parents=True, exist_ok=True)
        taken: set[str] = set()
        names = []
        for photo in photos:
            name = _free_name(photo.path.name, taken)
            place = inside / name
            place.unlink(missing_ok=True)
            try:
                # Not a symbolic link itself: a relative one leads nowhere from here.
                os.link(photo.path.resolve(), place)
            except OSError:  # on another disk, or one without links
                shutil.copyfile(photo.path, place)
            names.append(f"{image_folder(split)}/{name}\n")
        write_atomically(self._folder / names_file(split), "".join(names).encode())
        lines = "".join(f"{photo.address}\n" for photo in photos)
        write_atomically(self._folder / urls_file(split), lines.encode())


class _PictureIndex:
    """Finds a folder's pictures by the names that captions files have for them; leads nowhere else."""

    def __init__(self, folder: Path) -> None:
        self._exact: dict[str, Path] = {}
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        self._by_stem: dict[str, list[Path]] = defaultdict(list)
        for path in pictures_in(folder):
            self._exact[_plain(path.relative_to(folder).as_posix())] = path
            self._by_name[_plain(path.name).casefold()].append(path)
            self._by_stem[_plain(path.stem).casefold()].append(path)

    def find(self, name: str) -> list[Path]:
        """The pictures of that name: by the path below the folder, by name alone, or without its end."""
        told = _plain(name.strip().replace("\\", "/"))
        if told in self._exact:
            return [self._exact[told]]
        last = told.rpartition("/")[2].casefold()
        return self._by_name.get(last) or self._by_stem.get(last) or []


def _plain(name: str) -> str:
    # macOS takes letters with accents apart in names, and nobody's captions file does.
    return unicodedata.normalize("NFC", name)


def _free_name(name: str, taken: set[str]) -> str:
    """A name like this one that every system can have, and that is not taken in its folder."""
    if photo_path(name) is None:
        name = re.sub(r"[^\w.\-]", "_", name).strip(". ") or "photo"
    stem, dot, end = name.rpartition(".")
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{stem}-{number}{dot}{end}" if dot else f"{name}-{number}"
    taken.add(free.casefold())
    return free


def _listed_names(path: Path) -> list[str]:
    return [line.strip() for line in read_text(path).splitlines() if line.strip()]


def _require_room(folder: Path) -> None:
    """Refuse a folder that holds anything but what an unfinished start left there."""
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            return
        others = {path.name for path in folder.iterdir()} - {UNFINISHED}
    except OSError as error:
        raise MakeDataError(f"{folder} can't be used: {error.strerror or error}. Name another.") from error
    unfinished = (folder / UNFINISHED).is_dir() and not (folder / VOCABULARY_FILE).exists()
    if others and not unfinished:
        raise MakeDataError(f"{folder} is not empty. Name a new folder for the data.")


def _some(names: Iterable[str]) -> str:
    known = list(names)
    return ", ".join(known[:_LISTED]) + (", …" if len(known) > _LISTED else "")
