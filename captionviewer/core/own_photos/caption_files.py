"""Files of captions as people have them: COCO's JSON, a table of file and caption, Flickr8k's text."""

import codecs
import contextlib
import csv
import io
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from captionviewer.core.amounts import format_bytes
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.web.failures import InvalidAddress
from captionviewer.core.web.request import check_address

# COCO's own takes 66 MB; parsed, JSON can take ten times its size.
LARGEST_BYTES = 500_000_000
# Of a table without names for its columns so many lines must agree on what divides them.
_LINES_COMPARED = 20
_DIVIDERS = ("\t", "|", ";", ",")
_FLICKR_LINE = re.compile(r"(?P<name>[^\t]+?)#\d+[ \t]+(?P<caption>.*)")
_FILE_COLUMNS = frozenset(
    (
        "file",
        "filename",
        "file_name",
        "image",
        "imagename",
        "image_name",
        "path",
        "image_path",
        "photo",
        "img",
    )
)
_CAPTION_COLUMNS = frozenset(("caption", "captions", "text", "comment", "sentence", "description", "raw"))


class CaptionFileError(CaptionviewerError):
    """A file of captions can't be read; `str()` names it, and says what to do."""


@dataclass
class CaptionFile:
    """What a file of captions says.

    Attributes
    ----------
    form
        For people: "COCO's JSON".
    captions
        The captions of each photo, by the name that the file has for it.
    addresses
        The web address of a photo, where the file says one.
    remarks
        What was passed over, for people.
    """

    form: str
    captions: dict[str, list[str]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def read_caption_file(path: Path) -> CaptionFile:
    """Read a file of captions, whichever of the three forms it has.

    Raises
    ------
    CaptionFileError
        It is missing, too large, no text, of no known form, or holds no captions.
    """
    text = read_text(path)
    start = text[:1000].lstrip()
    if start.startswith(("{", "[")):
        found = _coco(text, path)
    elif _FLICKR_LINE.match(start.partition("\n")[0].rstrip("\r")):
        found = _flickr(text)
    else:
        found = _table(text, path)
    if not any(found.captions.values()):
        raise CaptionFileError(
            f"{path} holds no captions that could be read. It should be COCO's JSON, a table of file and"
            " caption, or lines such as 'photo.jpg#0<tab>a caption'."
        )
    return found


def read_text(path: Path) -> str:
    """A text file in UTF-8, with or without a mark at its start, or in UTF-16 with one.  Errors as above."""
    try:
        if not path.is_file():
            raise CaptionFileError(f"{path} is not there, or is no file. Name a file of captions.")
        if path.stat().st_size > LARGEST_BYTES:
            raise CaptionFileError(
                f"{path} is larger than {format_bytes(LARGEST_BYTES)}, which no file of captions needs."
            )
        content = path.read_bytes()
    except OSError as error:
        raise CaptionFileError(f"{path} can't be read: {error.strerror or error}.") from error
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaptionFileError(
            f"{path} is not text in UTF-8 (byte {error.start:,}). Save it as UTF-8: spreadsheets offer"
            " 'CSV UTF-8'."
        ) from error


def _coco(text: str, path: Path) -> CaptionFile:
    try:
        content: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CaptionFileError(f"{path} is not valid JSON ({str(error)[:120]}).") from error
    images = content.get("images") if isinstance(content, dict) else None
    annotations = content.get("annotations") if isinstance(content, dict) else None
    if not isinstance(images, list) or not isinstance(annotations, list):
        raise CaptionFileError(
            f"{path} is not COCO's JSON of captions: it needs the lists 'images' and 'annotations', as"
            " captions_train2014.json has them."
        )
    found = CaptionFile("COCO's JSON")
    names: dict[object, str] = {}
    repeated = 0
    for image in images:
        name, number = _entry(image, "file_name"), _entry(image, "id")
        if not isinstance(name, str) or not name or not isinstance(number, int | str):
            continue
        repeated += name in found.captions
        names[number] = name
        found.captions.setdefault(name, [])
        address = _entry(image, "flickr_url") or _entry(image, "coco_url")
        if isinstance(address, str):
            with contextlib.suppress(InvalidAddress):
                check_address(address)
                found.addresses[name] = address
    strangers = wordless = 0
    for annotation in annotations:
        caption, number = _entry(annotation, "caption"), _entry(annotation, "image_id")
        if not isinstance(caption, str):
            wordless += 1
        elif not isinstance(number, int | str) or number not in names:
            strangers += 1
        else:
            found.captions[names[number]].append(caption)
    if wordless and wordless == len(annotations):
        raise CaptionFileError(
            f"{path} holds annotations without captions (COCO has such files of objects, beside those of"
            " captions). Choose the file whose name begins with captions."
        )
    _remark(found, repeated, "name stands twice among the images: their captions were put together")
    _remark(found, strangers, "caption is of an image that the file does not list")
    _remark(found, wordless, "annotation has no caption")
    return found


def _entry(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _flickr(text: str) -> CaptionFile:
    found = CaptionFile("Flickr8k's text")
    odd = 0
    for line in text.splitlines():
        match = _FLICKR_LINE.fullmatch(line.strip())
        if match is not None:
            found.captions.setdefault(match["name"], []).append(match["caption"])
        elif line.strip():
            odd += 1
    _remark(found, odd, "line is not of the form 'photo.jpg#0<tab>a caption'")
    return found


def _table(text: str, path: Path) -> CaptionFile:
    lines = [line for line in text.splitlines()[: 10 * _LINES_COMPARED] if line.strip()][:_LINES_COMPARED]
    if not lines:
        raise CaptionFileError(f"{path} is empty.")
    divider = next((sign for sign in _DIVIDERS if all(sign in line for line in lines)), None)
    divider = divider or next((sign for sign in _DIVIDERS if sign in lines[0]), None)
    if divider is None:
        raise CaptionFileError(
            f"{path} is not of a form that is known here: its first line has neither tab,"
            " comma, semicolon nor |. A table has a file and a caption in each line."
        )
    found = CaptionFile("a table of file and caption")
    odd = 0
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=divider, skipinitialspace=True)
    try:
        head = next(rows, [])
        names = [cell.strip().lower().replace(" ", "_") for cell in head]
        at_file = next((i for i, name in enumerate(names) if name in _FILE_COLUMNS), None)
        at_caption = next((i for i, name in enumerate(names) if name in _CAPTION_COLUMNS), None)
        if at_file is None or at_caption is None:
            at_file, at_caption, width = 0, 1, 0
            odd += _add_row(found, head, 0, _first_of_words(head), width, divider)
        else:
            width = len(head)
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            odd += _add_row(
                found, row, at_file, at_caption if width else _first_of_words(row), width, divider
            )
    except csv.Error as error:
        raise CaptionFileError(
            f"{path} can't be read as a table: line {rows.line_num:,}: {error}."
        ) from error
    _remark(found, odd, "line has no file or no caption")
    return found


def _first_of_words(row: list[str]) -> int:
    """Where the caption of a row without named columns begins: after the file, and a number beside it."""
    return 2 if len(row) > 2 and row[1].strip().isdigit() else 1


def _add_row(
    found: CaptionFile, row: list[str], at_file: int, at_caption: int, width: int, divider: str
) -> bool:
    """Take a row's caption; whether it has none. A caption in the last column may hold the divider itself."""
    last = width == 0 or at_caption == width - 1
    words = divider.join(row[at_caption:]) if last else "".join(row[at_caption : at_caption + 1])
    name = row[at_file].strip() if at_file < len(row) else ""
    if not name or at_caption >= len(row):
        return True
    found.captions.setdefault(name, []).append(words)
    return False


def _remark(found: CaptionFile, count: int, words: str) -> None:
    """Note what happened `count` times; `words` are said of one: "line has no caption"."""
    if count:
        found.remarks.append(f"{count:,} times: {words}")
