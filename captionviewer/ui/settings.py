"""What the window remembers: each setting declared once, with its type, bounds and default.

They lie in one JSON file of our own. Qt's settings would hand whatever stands in a file to Qt, and a damaged
one then ends the program before there is a window; here a value that is not of its type or out of its bounds
is the default, and what only Qt can read (the arrangement of the docks) counts only with its digest.
"""

import base64
import hashlib
import json
import math
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from captionviewer.core.atomic_file import write_atomically
from captionviewer.core.coco import feature_kinds
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.photos.cache import CACHE_BYTES
from captionviewer.core.training.expected_time import USUAL_SPEED
from captionviewer.core.user_folders import config_folder, read_remembered

T = TypeVar("T")
Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

FILE_NAME = "window.json"
FORMER_NAME = "window.ini"  # of versions before the first release, in Qt's format
DAMAGED_NAME = "window.damaged.json"  # where a file that can't be read is put, for whoever wants to look
WRITE_AFTER_MS = 400  # several changes in a row, as of a splitter that is dragged, are one write
_LARGEST_BYTES = 1 << 20  # ours has a few kilobytes
_LONGEST_TEXT = 4096  # letters: no path is longer
_LONGEST_LIST = 64
RECENT_FOLDERS_KEPT = 8
LARGEST_CACHE_MB = 100_000


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One thing that is remembered.

    Attributes
    ----------
    key
        Its name in the file.
    default
        What holds until it is set, or where the file holds something else.
    taken_from
        The value that the file's value stands for; ValueError where it can be none.
    written_as
        The reverse.
    """

    key: str
    default: T
    taken_from: Callable[[Json], T]
    written_as: Callable[[T], Json]


def _flag(key: str, default: bool) -> Setting[bool]:
    def taken(value: Json) -> bool:
        if not isinstance(value, bool):
            raise ValueError("neither true nor false")
        return value

    return Setting(key, default, taken, bool)


def _count(key: str, default: int, least: int, most: int) -> Setting[int]:
    def taken(value: Json) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("no whole number")
        return min(max(value, least), most)

    return Setting(key, default, taken, int)


def _number(key: str, default: float, least: float, most: float) -> Setting[float]:
    def taken(value: Json) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError("no number")
        return min(max(float(value), least), most)

    return Setting(key, default, taken, float)


def _checked_text(value: Json) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or "\0" in value:
        raise ValueError("no text that was written here")
    os.fsencode(value)  # half a character: UnicodeEncodeError, a ValueError
    return value


def _text(key: str, default: str) -> Setting[str]:
    return Setting(key, default, _checked_text, str)


def _choice(key: str, default: str, *others: str) -> Setting[str]:
    def taken(value: Json) -> str:
        if value not in (default, *others):
            raise ValueError("none of the choices")
        return str(value)

    return Setting(key, default, taken, str)


def _texts(key: str) -> Setting[list[str]]:
    def taken(value: Json) -> list[str]:
        if not isinstance(value, list) or len(value) > _LONGEST_LIST:
            raise ValueError("no list")
        return [_checked_text(item) for item in value]

    return Setting(key, [], taken, lambda texts: [str(text) for text in texts])


def _counts(key: str, how_many: int) -> Setting[list[int]]:
    def taken(value: Json) -> list[int]:
        if not isinstance(value, list) or len(value) != how_many:
            raise ValueError("no list of so many numbers")
        numbers = [item for item in value if isinstance(item, int) and abs(item) < 1 << 20]
        if len(numbers) != how_many:
            raise ValueError("no such numbers")
        return numbers

    return Setting(key, [], taken, lambda numbers: [int(number) for number in numbers])


def _sealed(key: str) -> Setting[bytes]:
    """Bytes that only Qt can judge: what was changed since they were written does not reach it."""

    def digest(content: bytes) -> str:
        return hashlib.blake2b(content, digest_size=16, person=b"captionviewer").hexdigest()

    def taken(value: Json) -> bytes:
        if not isinstance(value, dict) or not isinstance(value.get("bytes"), str):
            raise ValueError("not what was written here")
        content = base64.b64decode(str(value["bytes"]), validate=True)
        if digest(content) != value.get("digest"):
            raise ValueError("changed since it was written")
        return content

    def written(content: bytes) -> Json:
        return {"bytes": base64.b64encode(content).decode("ascii"), "digest": digest(content)}

    return Setting(key, b"", taken, written)


def _decoding(key: str) -> Setting[Decoding]:
    def taken(value: Json) -> Decoding:
        if not isinstance(value, dict):
            raise ValueError("no way to write captions")
        known = {field.name for field in fields(Decoding)}
        if not value.keys() <= known:
            raise ValueError("not what was written here")
        given = dict(value)
        whole = [given.get(name, 0) for name in ("beam_width", "ngram_block", "max_length", "seed")]
        whole.append(1 if given.get("k") is None else given["k"])
        numbers = [*whole, *(given.get(name, 1) for name in ("temperature", "p", "alpha"))]
        if any(type(number) is not int for number in whole) or any(
            type(number) not in (int, float) for number in numbers
        ):
            raise ValueError("no such numbers")
        words = given.pop("forbidden_words", [])
        if not isinstance(words, list) or len(words) > _LONGEST_LIST:
            raise ValueError("no list of words")
        # Each was looked at; the value itself refuses what is out of its limits, by a ValueError.
        return Decoding(forbidden_words=tuple(_checked_text(word) for word in words), **given)  # type: ignore[arg-type]

    def written(decoding: Decoding) -> Json:
        return {**asdict(decoding), "forbidden_words": list(decoding.forbidden_words)}

    return Setting(key, Decoding(), taken, written)


PLACE = _counts("window/place", 4)  # x, y, width and height while neither maximised nor full screen
MAXIMISED = _flag("window/maximised", False)
ARRANGEMENT = _sealed("window/arrangement")
FILLING = _texts("window/filling")  # titles of the panels that fill window or screen
WELCOME_CLOSED = _flag("window/welcome_closed", False)
THEME = _choice("window/theme", "system", "light", "dark")
TEXT_SCALE = _number("window/text_scale", 1.0, 0.5, 4.0)
RECENT_FOLDERS = _texts("data/recent_folders")
IMAGE_FOLDER = _text("data/image_folder", "")
FEATURES = _choice("data/features", *feature_kinds.FEATURES)
FETCH_PHOTOS = _flag("photos/fetch", True)
PHOTO_CACHE_MB = _count("photos/cache_mb", CACHE_BYTES // 1_000_000, 0, LARGEST_CACHE_MB)
MINIBATCH_SIZE = _count("data/minibatch_size", 24, 1, 1_000_000)
DATA_GRID_HEIGHT = _number("data/grid_height", 0.46, 0.0, 1.0)  # part of the panel, with the details below
DATA_GRID_WIDTH = _number("data/grid_width", 0.5, 0.0, 1.0)  # the same with the details beside
MODEL_FOLDER = _text("model/folder", "")
OWN_PHOTO_FOLDER = _text("own_photos/folder", "")
EXPORT_FOLDER = _text("plots/export_folder", "")
TRAINING_SPEED = _number("training/speed", USUAL_SPEED, 1e6, 1e15)  # multiplications a second
TRAINING_VIEW = _text("training/view", "")  # the title of the view that was open
SAMPLING_VIEW = _text("sampling/view", "")
PLAY_SPEED = _number("sampling/words_per_second", 2.0, 0.01, 1000.0)
DECODING = _decoding("sampling/decoding")
SHOW_COMING = _flag("sampling/show_coming", True)
FOLLOW_TRAINING = _flag("sampling/follow_training", True)


class Settings(QObject):
    """The user's settings, in one file in the folder of `config_folder()`.

    Attributes
    ----------
    damage
        Why what was remembered does not hold, for people; "" where it does.
    """

    could_not_be_kept = Signal(str)  # for people; once, until a write succeeds again

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = config_folder() / FILE_NAME
        self.damage = ""
        self._changed: dict[str, Json] = {}  # since the file was written
        self._failed = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(WRITE_AFTER_MS)
        self._later.timeout.connect(self.save)
        self._values = self._read()

    def get(self, setting: Setting[T]) -> T:
        """Return what was set, or the default where nothing (or nothing that it can be) was."""
        if setting.key not in self._values:
            return setting.default
        try:
            return setting.taken_from(self._values[setting.key])
        except (ValueError, OverflowError):  # the file was edited by hand: the default is a good answer
            return setting.default

    def set(self, setting: Setting[T], value: T) -> None:
        """Remember a value; it is written soon."""
        written = setting.written_as(value)
        if setting.key in self._values and self._values[setting.key] == written:
            return
        self._values[setting.key] = self._changed[setting.key] = written
        self._later.start()

    def forget(self, *settings: Setting[T]) -> None:
        """Let the defaults hold again; that is written soon."""
        for setting in settings:
            self.set(setting, setting.default)

    def begin_afresh(self) -> None:
        """Put the file aside and let all defaults hold again."""
        self._put_aside()
        self._values, self._changed = {}, {}

    def save(self) -> bool:
        """Write the file now, as at closing; False (and `could_not_be_kept`) where that can't be done.

        Only what was changed here is changed there: another window may have changed other things.
        """
        self._later.stop()
        if not self._changed:
            return True
        values = self._read(put_aside=False) | self._changed
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.path, json.dumps(values, indent=1, sort_keys=True).encode("ascii"))
        except OSError as error:
            if not self._failed:
                self._failed = True
                self.could_not_be_kept.emit(
                    f"Settings could not be remembered in {self.path}: {error.strerror or error}. They hold "
                    "until the window is closed."
                )
            return False
        self._failed = False
        self._changed = {}
        return True

    def _read(self, *, put_aside: bool = True) -> dict[str, Json]:
        try:
            content = json.loads(read_remembered(self.path, _LARGEST_BYTES).decode("utf-8"))
        except FileNotFoundError:
            if self.path.with_name(FORMER_NAME).exists():  # said once: soon there is a file of ours
                self.damage = (
                    f"The settings of an earlier version ({FORMER_NAME}) are not read any more: the window "
                    "begins with fresh ones. Preferences are where they were."
                )
            return {}
        except OSError as error:
            self.damage = (
                f"The settings in {self.path} can't be read ({error.strerror or error}): "
                "the window begins with fresh ones."
            )
            return {}
        except (ValueError, RecursionError):
            content = None
        if isinstance(content, dict):
            return content
        self.damage = f"The settings in {self.path} are damaged: the window begins with fresh ones."
        if put_aside and self._put_aside():
            self.damage += f" The damaged file was put aside as {DAMAGED_NAME}."
        return {}

    def _put_aside(self) -> bool:
        try:
            self.path.replace(self.path.with_name(DAMAGED_NAME))
        except OSError:  # the next write replaces it
            return False
        return True
