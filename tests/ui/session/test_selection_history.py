"""Going back to photos that were selected before."""

from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.ui.session.selection_history import KEPT, SelectionHistory

PHOTOS = [PhotoRecord("train", row, "", None, ()) for row in range(KEPT + 20)]


def test_back_goes_through_the_photos_in_the_order_they_were_left() -> None:
    history = SelectionHistory()
    for left in (None, *PHOTOS[:2]):
        history.changed(left)
    assert history.can_go_back and not history.can_go_forward
    assert history.back(PHOTOS[2]) == PHOTOS[1]
    assert history.back(PHOTOS[1]) == PHOTOS[0]
    assert not history.can_go_back and history.back(PHOTOS[0]) is None


def test_forward_returns_from_going_back_until_another_photo_is_selected() -> None:
    history = SelectionHistory()
    history.changed(PHOTOS[0])
    history.changed(PHOTOS[1])
    history.back(PHOTOS[2])
    assert history.forward(PHOTOS[1]) == PHOTOS[2]
    assert not history.can_go_forward and history.can_go_back
    history.back(PHOTOS[2])
    history.changed(PHOTOS[1])
    assert not history.can_go_forward and history.forward(PHOTOS[5]) is None


def test_only_so_many_photos_are_kept() -> None:
    history = SelectionHistory()
    for left in PHOTOS:
        history.changed(left)
    gone_to = []
    while history.can_go_back:
        gone_to.append(history.back(None))
    assert gone_to == PHOTOS[: -KEPT - 1 : -1]
