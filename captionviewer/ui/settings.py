"""What the window remembers: each setting declared once, with its type and default."""

import math
from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import QByteArray, QSettings

from captionviewer.core.photos.cache import CACHE_BYTES
from captionviewer.core.user_folders import config_folder

T = TypeVar("T", bool, int, float, str, list[str], QByteArray)


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One thing that is remembered: its name in the file and what holds until it is set."""

    key: str
    default: T


GEOMETRY = Setting("window/geometry", QByteArray())
ARRANGEMENT = Setting("window/arrangement", QByteArray())
FILLING: Setting[list[str]] = Setting("window/filling", [])  # titles of the panels that fill window or screen
WELCOME_CLOSED = Setting("window/welcome_closed", False)
THEME = Setting("window/theme", "system")
TEXT_SCALE = Setting("window/text_scale", 1.0)
RECENT_FOLDERS: Setting[list[str]] = Setting("data/recent_folders", [])
IMAGE_FOLDER = Setting("data/image_folder", "")
FEATURES = Setting("data/features", "pca")
FETCH_PHOTOS = Setting("photos/fetch", True)
PHOTO_CACHE_MB = Setting("photos/cache_mb", CACHE_BYTES // 1_000_000)
MINIBATCH_SIZE = Setting("data/minibatch_size", 24)
DATA_GRID_HEIGHT = Setting("data/grid_height", 0.46)  # part of the panel, with the details below
DATA_GRID_WIDTH = Setting("data/grid_width", 0.5)  # the same with the details beside
MODEL_FOLDER = Setting("model/folder", "")
EXPORT_FOLDER = Setting("plots/export_folder", "")
TRAINING_VIEW = Setting("training/view", "")  # the title of the view that was open
SAMPLING_VIEW = Setting("sampling/view", "")
PLAY_SPEED = Setting("sampling/words_per_second", 2.0)
FOLLOW_TRAINING = Setting("sampling/follow_training", True)

RECENT_FOLDERS_KEPT = 8


class Settings:
    """The user's settings, in one file in the folder of `config_folder()`."""

    def __init__(self) -> None:
        self._store = QSettings(str(config_folder() / "window.ini"), QSettings.Format.IniFormat)

    def get(self, setting: Setting[T]) -> T:
        """Return what was set, or the default where nothing (or nothing of that type) was."""
        default = setting.default
        value = self._store.value(setting.key)
        if value is None:
            return default
        try:
            if isinstance(default, bool):
                return str(value).lower() == "true"
            if isinstance(default, int):
                return int(str(value))
            if isinstance(default, float):
                number = float(str(value))
                return number if math.isfinite(number) else default
            if isinstance(default, list):
                # QSettings hands a list of one back as a string
                return [str(item) for item in (value if isinstance(value, list) else [value])]
        except ValueError:  # the file was edited by hand: the default is a good answer
            return default
        return value if isinstance(value, type(default)) else default

    def set(self, setting: Setting[T], value: T) -> None:
        """Remember a value."""
        self._store.setValue(setting.key, value)

    def save(self) -> None:
        """Write the file now, as at closing."""
        self._store.sync()
