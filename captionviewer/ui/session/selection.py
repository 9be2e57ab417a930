"""What is selected: a photo of the open data, or for Sampling alone a picture that is in no data."""

from collections.abc import Callable

from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.ui.photos.own_picture import OwnPicture
from captionviewer.ui.session.selection_history import SelectionHistory


class Selection:
    """Knows the selected photo, what Sampling shows, and which photos were selected before.

    Parameters
    ----------
    selected
        Called when another photo is selected, or none.
    shown
        Called when Sampling is to show another picture.
    """

    def __init__(self, selected: Callable[[], None], shown: Callable[[], None]) -> None:
        self._selected, self._shown = selected, shown
        self._record: PhotoRecord | None = None
        self._own: OwnPicture | None = None
        self._history = SelectionHistory()

    @property
    def record(self) -> PhotoRecord | None:
        """The selected photo."""
        return self._record

    @property
    def subject(self) -> PhotoRecord | None:
        """What Sampling shows: the selected photo, or a picture of no data set."""
        return self._own or self._record

    def select(self, record: PhotoRecord | None) -> None:
        """Select a photo everywhere."""
        if record != self._record:
            self._history.changed(self._record)
            self._select(record)
        else:
            self.show_selected()

    @property
    def can_go_back(self) -> bool:
        """Whether another photo was selected before."""
        return self._history.can_go_back

    @property
    def can_go_forward(self) -> bool:
        """Whether one has gone back from a photo."""
        return self._history.can_go_forward

    def go_back(self) -> None:
        """Select the photo that was selected before this one."""
        if self._history.can_go_back:
            self._select(self._history.back(self._record))

    def go_forward(self) -> None:
        """Select the photo that was gone back from."""
        if self._history.can_go_forward:
            self._select(self._history.forward(self._record))

    def show_picture(self, picture: OwnPicture) -> None:
        """Have Sampling show a picture that is in no data set, until a photo is selected."""
        self._own = picture
        self._shown()

    def show_selected(self) -> None:
        """Have Sampling show the selected photo again."""
        if self._own is not None:
            self._own = None
            self._shown()

    def forget(self) -> None:
        """Select nothing, with no way back: other data is open. Tells nobody."""
        self._record = self._own = None
        self._history.clear()

    def _select(self, record: PhotoRecord | None) -> None:
        self._record, self._own = record, None
        self._selected()
        self._shown()
