"""Which photos were selected before, so that one can go back: as in a browser."""

from captionviewer.core.coco.dataset import PhotoRecord

KEPT = 200  # photos to go back to


class SelectionHistory:
    """Remembers each change of the selected photo, and where in that row of changes one is."""

    def __init__(self) -> None:
        self._before: list[PhotoRecord] = []
        self._after: list[PhotoRecord] = []  # what was gone back from, the nearest last

    def changed(self, left: PhotoRecord | None) -> None:
        """Note that another photo was selected than `left`; there is nothing to go forward to any more."""
        if left is not None:
            self._before = [*self._before[-KEPT + 1 :], left]
        self._after.clear()

    def back(self, now: PhotoRecord | None) -> PhotoRecord | None:
        """Return the photo selected before `now`, None where there is none."""
        return _move(self._before, self._after, now)

    def forward(self, now: PhotoRecord | None) -> PhotoRecord | None:
        """Return the photo that was gone back from, None where there is none."""
        return _move(self._after, self._before, now)

    @property
    def can_go_back(self) -> bool:
        """Whether another photo was selected before."""
        return bool(self._before)

    @property
    def can_go_forward(self) -> bool:
        """Whether one has gone back."""
        return bool(self._after)

    def clear(self) -> None:
        """Forget all: other data is open."""
        self._before.clear()
        self._after.clear()


def _move(origin: list[PhotoRecord], other: list[PhotoRecord], now: PhotoRecord | None) -> PhotoRecord | None:
    if not origin:
        return None
    if now is not None:
        other.append(now)
    return origin.pop()
