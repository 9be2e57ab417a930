"""Pictures kept in memory, within bounds."""

from collections import OrderedDict

from PySide6.QtGui import QImage

from captionviewer.ui.photos.photo_queue import Key


class PictureMemory:
    """Pictures by photo, bounded in number and bytes; the least recently used go first."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._bytes = 0
        self._kept: OrderedDict[Key, QImage] = OrderedDict()

    def get(self, key: Key) -> QImage | None:
        """Return a photo's picture, None when it is not (or no longer) kept."""
        picture = self._kept.get(key)
        if picture is not None:
            self._kept.move_to_end(key)
        return picture

    def put(self, key: Key, picture: QImage, *, only_if_room: bool = False) -> None:
        """Keep a picture; with `only_if_room` not at the cost of others."""
        self.drop(key)
        if only_if_room and (
            len(self._kept) >= self._most or self._bytes + picture.sizeInBytes() > self._most_bytes
        ):
            return
        self._kept[key] = picture
        self._bytes += picture.sizeInBytes()
        while len(self._kept) > 1 and (len(self._kept) > self._most or self._bytes > self._most_bytes):
            self.drop(next(iter(self._kept)))

    def drop(self, key: Key) -> None:
        """Let go of a photo's picture."""
        picture = self._kept.pop(key, None)
        if picture is not None:
            self._bytes -= picture.sizeInBytes()

    def clear(self) -> None:
        """Let go of all."""
        self._kept.clear()
        self._bytes = 0

    def keys(self) -> list[Key]:
        """Return whose pictures are kept."""
        return list(self._kept)
