"""The Data panel has the photos fetched that may be looked at next, and says once what holds for all."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.core.photos.store import Photo, PhotoProblem, PhotoStore, PhotoUnavailable
from captionviewer.core.photos.throttle import HostThrottle
from captionviewer.ui import settings as remembered
from captionviewer.ui.data import network_status
from captionviewer.ui.data.network_status import dead_link_words
from captionviewer.ui.photos.photo_loader import PhotoState
from captionviewer.ui.settings import Settings
from tests.coco_folder_writer import write_coco_folder
from tests.photo_server import PhotoServer, picture_bytes
from tests.ui.data.data_panel_setup import Shown, shown_panel


class NotingStore(PhotoStore):
    """Has every photo, and remembers in what order they were asked for."""

    def __init__(self) -> None:
        super().__init__(network=False)
        self.asked: list[str] = []
        self.may_answer = threading.Event()
        self.gone: set[str] = set()

    def photo(
        self,
        url: str,
        file_name: str | None = None,
        stop: Callable[[], bool] = lambda: False,
        patient: Callable[[], bool] = lambda: False,
    ) -> Photo:
        self.asked.append(url)
        while not self.may_answer.wait(0.005):
            if stop():
                raise PhotoUnavailable(PhotoProblem.STOPPED, url, "stopped")
        self.links.note(url, dead=url in self.gone)
        if url in self.gone:
            raise PhotoUnavailable(PhotoProblem.GONE, url, "gone")
        return Photo(np.full((24, 32, 3), 90, np.uint8), "flickr", url)


@pytest.fixture
def shown(qtbot: QtBot, coco_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    monkeypatch.setattr("captionviewer.ui.data.prefetch.CALM_MS", 30)
    with shown_panel(qtbot, coco_folder) as panel:
        yield panel


def use(shown: Shown, store: PhotoStore) -> None:
    shown.session.photos.set_store(store)
    shown.panel.grid.viewport().update()


def urls(records: list[PhotoRecord]) -> list[str]:
    return list(dict.fromkeys(record.url for record in records))


def cells_of(shown: Shown, rows: range) -> list[PhotoRecord]:
    return [cell.record for cell in shown.panel.grid.cells.cards[rows.start : rows.stop]]


def photos_of_next(shown: Shown) -> list[PhotoRecord]:
    following = shown.panel.browser.next_minibatch()
    assert following is not None
    return [shown.dataset.split(following.split).record(image) for image in following.image_rows.tolist()]


def test_photos_in_sight_come_first_then_the_rest_of_the_minibatch_then_the_next_one(shown: Shown) -> None:
    grid, photos = shown.panel.grid, shown.session.photos
    in_sight = grid.rows_in_sight()
    assert 0 < len(in_sight) < len(grid.cells.cards)  # some cells are below the edge
    for row in range(len(grid.cells.cards)):
        seen = grid.visualRect(grid.cells.index(row)).intersects(grid.viewport().rect())
        assert seen == (row in in_sight), row
    store = NotingStore()
    use(shown, store)
    seen_urls = urls(cells_of(shown, in_sight))
    shown.panel.prefetch._calm.start()
    shown.qtbot.waitUntil(lambda: len(store.asked) == min(4, len(seen_urls)))
    shown.qtbot.wait(80)  # the prefetch has been asked for; nothing of it begins
    assert set(store.asked) <= set(seen_urls)
    rest = cells_of(shown, range(in_sight.stop, len(grid.cells.cards)))
    following = photos_of_next(shown)
    wanted = urls([*cells_of(shown, in_sight), *rest, *following])[: len(seen_urls) + 72]
    store.may_answer.set()
    shown.qtbot.waitUntil(lambda: set(store.asked) >= set(wanted), timeout=10_000)
    first_ahead = next(i for i, url in enumerate(store.asked) if url not in seen_urls)
    assert set(store.asked[:first_ahead]) == set(seen_urls)
    rank = {url: wanted.index(url) for url in wanted}
    order = [rank[url] for url in store.asked[first_ahead:]]
    assert all(place <= i + first_ahead + 3 for i, place in enumerate(order))  # three at a time
    shown.qtbot.waitUntil(
        lambda: all(photos.known(record).state is PhotoState.READY for record in following), timeout=10_000
    )
    asked = len(store.asked)
    shown.panel.next_action.trigger()
    shown.qtbot.wait(5)
    assert all(photos.known(record).state is PhotoState.READY for record in following)
    assert not set(store.asked[asked:]) & set(urls(following))


def test_scrolling_and_turning_pages_put_off_what_is_fetched_ahead(shown: Shown) -> None:
    calm = shown.panel.prefetch._calm
    bar = shown.panel.grid.verticalScrollBar()
    moves: list[Callable[[], None]] = [
        lambda: bar.setValue(7),
        lambda: bar.setValue(0),
        shown.panel.next_action.trigger,
    ]
    for move in moves:
        calm.stop()
        move()
        assert calm.isActive() and calm.interval() == 30


def test_turning_the_page_drops_what_was_fetched_ahead_for_the_old_one(shown: Shown) -> None:
    store = NotingStore()
    use(shown, store)
    photos = shown.session.photos
    photos.prefetch([shown.dataset.split("val").record(row) for row in range(5)])
    shown.panel.next_action.trigger()
    assert all(
        photos.known(shown.dataset.split("val").record(row)).state is PhotoState.IDLE for row in range(5)
    )
    store.may_answer.set()
    in_sight = cells_of(shown, shown.panel.grid.rows_in_sight())
    shown.qtbot.waitUntil(
        lambda: all(photos.known(record).state is PhotoState.READY for record in in_sight), timeout=5000
    )


# ---- said once, under the photos ---------------------------------------------------------------------


def status_label(shown: Shown, name: str) -> QLabel:
    label = shown.panel.findChild(QLabel, name)
    assert label is not None
    return label


def test_the_share_of_dead_links_is_shown_once_links_were_met(shown: Shown) -> None:
    label = status_label(shown, "dead_links")
    assert not label.isVisible()
    store = NotingStore()
    store.gone = set(urls(cells_of(shown, shown.panel.grid.rows_in_sight()))[:2])
    store.may_answer.set()
    use(shown, store)
    shown.qtbot.waitUntil(lambda: store.dead_links()[0] == 2)
    shown.qtbot.waitUntil(lambda: label.text() == dead_link_words(2, store.dead_links()[1]), timeout=10_000)
    assert label.isVisible() and label.text().startswith("2 of ")
    assert "taken down" in label.toolTip()


@pytest.mark.parametrize(
    ("dead", "met", "words"),
    [
        (0, 0, ""),
        (12, 310, "12 of 310 links met are gone (4 %)"),
        (1, 1, "1 of 1 link met is gone (100 %)"),
        (0, 24, "0 of 24 links met are gone (0 %)"),
        (3, 4_000, "3 of 4,000 links met are gone (under 1 %)"),
    ],
)
def test_the_share_of_dead_links_in_words(dead: int, met: int, words: str) -> None:
    assert dead_link_words(dead, met) == words


def test_being_offline_is_said_once_and_left_by_the_button_or_by_itself(qtbot: QtBot, tmp_path: Path) -> None:
    with PhotoServer() as server:
        address = server.address
    folder = write_coco_folder(tmp_path / "coco", photos=False)
    for split in ("train", "val"):
        listed = folder / f"{split}2014_urls.txt"
        count = len(listed.read_text().split())
        listed.write_text("".join(f"{address}/{split}/{row}.png\n" for row in range(count)))
    before = Settings()
    before.set(remembered.FETCH_PHOTOS, False)  # until the test's own store is there
    assert before.save()
    with shown_panel(qtbot, folder) as shown:
        throttle = HostThrottle(requests_per_second=10_000, pause=60.0, longest_pause=60.0)
        use(shown, PhotoStore(mirror="", throttle=throttle, timeout=3.0))
        words, button = status_label(shown, "network_trouble"), shown.panel.findChild(QPushButton)
        assert not words.isVisible()
        qtbot.waitUntil(words.isVisible, timeout=5000)
        assert "No connection" in words.text()
        assert shown.problems == []  # no message besides
        with PhotoServer(int(address.rsplit(":", 1)[1])) as server:
            for split in ("train", "val"):
                for row in range(200):
                    server.serve(f"/{split}/{row}.png", picture_bytes())
            button = shown.panel.findChild(QPushButton, "network_trouble_button")
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
            qtbot.waitUntil(lambda: not words.isVisible(), timeout=5000)
            in_sight = cells_of(shown, shown.panel.grid.rows_in_sight())
            photos = shown.session.photos
            qtbot.waitUntil(
                lambda: all(photos.known(one).state is PhotoState.READY for one in in_sight), timeout=5000
            )


def test_photos_held_back_by_the_preferences_are_fetched_at_the_press_of_a_button(
    qtbot: QtBot, tmp_path: Path
) -> None:
    before = Settings()
    before.set(remembered.FETCH_PHOTOS, False)
    assert before.save()
    with shown_panel(qtbot, write_coco_folder(tmp_path / "coco", photos=False)) as shown:
        words = status_label(shown, "network_trouble")
        qtbot.waitUntil(words.isVisible, timeout=5000)
        assert "not fetched" in words.text() and not shown.session.photos.offline
        store = shown.session.photos.store
        assert store is not None
        store.throttle.busy("staticflickr.com", 60)  # nothing may leave this computer in a test
        store.throttle.busy("cocodataset.org", 60)
        button = shown.panel.findChild(QPushButton, "network_trouble_button")
        assert button.text() == "Fetch Them"
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert not words.isVisible() and store.network
        assert shown.session.settings.get(remembered.FETCH_PHOTOS)


def test_an_image_folder_that_was_moved_is_named_and_its_photos_come_when_it_is_back(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Settings()
    before.set(remembered.FETCH_PHOTOS, False)
    before.save()
    folder = write_coco_folder(tmp_path / "coco", photos=True)
    images = (folder / "images").rename(tmp_path / "my <b>images")
    with shown_panel(qtbot, folder) as shown:
        shown.session.images.set_folder(images)
        first = shown.panel.grid.cells.cards[0].record
        photos = shown.session.photos
        qtbot.waitUntil(lambda: photos.known(first).state is PhotoState.READY)
        words = status_label(shown, "network_trouble")
        assert not words.isVisible()
        away = images.rename(tmp_path / "elsewhere")
        shown.session.images.look_again()
        qtbot.waitUntil(lambda: words.isVisible() and str(images) in words.text())
        assert "not there any more" in words.text() and "No connection" not in words.text()
        qtbot.waitUntil(lambda: photos.known(first).state is PhotoState.OFFLINE)
        assert photos.known(first).words == "image folder not found"
        assert str(images) in photos.known(first).message
        away.rename(images)
        button = shown.panel.findChild(QPushButton, "network_trouble_button")
        assert button.text() == "Look Again"
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: photos.known(first).state is PhotoState.READY and not words.isVisible())
        monkeypatch.setattr(network_status, "AGAIN_MS", 50)
        away = images.rename(tmp_path / "elsewhere")
        shown.session.images.look_again()
        # until it is noticed as gone: words about photos that are not fetched stand there before
        qtbot.waitUntil(lambda: words.isVisible() and str(images) in words.text())
        qtbot.waitUntil(lambda: photos.known(first).state is PhotoState.OFFLINE)
        away.rename(images)  # and nobody presses anything
        qtbot.waitUntil(lambda: photos.known(first).state is PhotoState.READY, timeout=20_000)
