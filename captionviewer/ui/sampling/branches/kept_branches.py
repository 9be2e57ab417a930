"""What a person has forced of each photo: beginnings of captions, one of them shown, each change undone."""

from dataclasses import dataclass, field

from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.core.decoding.branches import Prefix

MOST = 50  # of a photo


@dataclass(frozen=True)
class Kept:
    """The beginnings of one photo; `shown` is None while its caption without a forced word is."""

    prefixes: tuple[Prefix, ...] = ()
    shown: Prefix | None = None


@dataclass
class _Photo:
    now: Kept = Kept()
    before: list[Kept] = field(default_factory=list)


class KeptBranches:
    """Keeps beginnings and not captions: another model, or another way of writing, says them again.

    They stay while another photo is looked at, until other data is open.
    """

    def __init__(self) -> None:
        self._photos: dict[tuple[str, int], _Photo] = {}

    def of(self, record: PhotoRecord) -> Kept:
        """What there is of a photo."""
        photo = self._photos.get((record.split, record.row))
        return photo.now if photo is not None else Kept()

    def can_undo(self, record: PhotoRecord) -> bool:
        """Whether something of a photo was forced or deleted."""
        photo = self._photos.get((record.split, record.row))
        return photo is not None and bool(photo.before)

    def add(self, record: PhotoRecord, prefix: Prefix) -> bool:
        """Keep a beginning and show it; False where there are `MOST` already."""
        now = self.of(record)
        if prefix in now.prefixes:
            self.show(record, prefix)
            return True
        if len(now.prefixes) >= MOST:
            return False
        self._change(record, Kept((*now.prefixes, prefix), prefix))
        return True

    def delete(self, record: PhotoRecord, prefix: Prefix) -> None:
        """Keep a beginning no longer; where it was shown, the one before it is."""
        now = self.of(record)
        place = now.prefixes.index(prefix)
        left = now.prefixes[:place] + now.prefixes[place + 1 :]
        shown = now.shown if now.shown != prefix else left[place - 1] if place else None
        self._change(record, Kept(left, shown))

    def show(self, record: PhotoRecord, prefix: Prefix | None) -> None:
        """Show one of them, or (None) the caption without a forced word; nothing that is undone."""
        photo = self._photo(record)
        photo.now = Kept(photo.now.prefixes, prefix)

    def undo(self, record: PhotoRecord) -> None:
        """Take back what was forced or deleted last."""
        photo = self._photo(record)
        if photo.before:
            photo.now = photo.before.pop()

    def clear(self) -> None:
        """Forget all: other data is open, whose ids are of other words."""
        self._photos.clear()

    def _photo(self, record: PhotoRecord) -> _Photo:
        return self._photos.setdefault((record.split, record.row), _Photo())

    def _change(self, record: PhotoRecord, to: Kept) -> None:
        photo = self._photo(record)
        photo.before.append(photo.now)
        photo.now = to
