"""Photos in the window: each in its state, the wanted ones first, nothing stale, nothing left behind.

(Past 400 lines: each state of a photo, before the same false store.)
"""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from captionviewer.core.coco.dataset import PhotoRecord
from captionviewer.core.coco.folder_layout import Split
from captionviewer.core.photos.store import Photo, PhotoProblem, PhotoStore, PhotoUnavailable
from captionviewer.core.photos.throttle import HostThrottle
from captionviewer.ui.photos.photo_loader import IMAGE_SIDE, PhotoLoader, PhotoState
from tests.photo_server import PhotoServer, picture_bytes

RED, GREEN = (255, 0, 0), (0, 255, 0)


def record(row: int, url: str = "http://x/a.jpg", name: str | None = None) -> PhotoRecord:
    return PhotoRecord("train", row, url, name, ())


def pixels(color: tuple[int, int, int] = RED, rows: int = 24, columns: int = 32) -> np.ndarray:
    return np.full((rows, columns, 3), color, np.uint8)


class SlowStore(PhotoStore):
    """Answers only when it is let to, and remembers in what order it was asked."""

    def __init__(self, color: tuple[int, int, int] = RED) -> None:
        super().__init__(network=False)
        self.asked: list[str] = []
        self.may_answer = threading.Event()
        self.color = color
        self.failure: PhotoUnavailable | None = None

    def photo(
        self,
        url: str,
        file_name: str | None = None,
        stop: Callable[[], bool] = lambda: False,
        patient: Callable[[], bool] = lambda: False,
    ) -> Photo:
        self.asked.append(url)
        while not self.may_answer.wait(0.01):
            if stop():
                raise PhotoUnavailable(PhotoProblem.STOPPED, url, "stopped")
        if self.failure is not None:
            raise self.failure
        return Photo(pixels(self.color), "flickr", url)


@pytest.fixture
def loaders() -> Iterator[Callable[..., PhotoLoader]]:
    made: list[PhotoLoader] = []

    def make(store: PhotoStore | None, threads: int = 4) -> PhotoLoader:
        made.append(PhotoLoader(store, threads=threads))
        return made[-1]

    yield make
    for loader in made:
        assert loader.shut_down()
        loader.deleteLater()


@pytest.fixture
def server() -> Iterator[PhotoServer]:
    with PhotoServer() as running:
        yield running


def web_store(pause: float = 0.05, **options: object) -> PhotoStore:
    throttle = HostThrottle(requests_per_second=10_000, pause=pause, longest_pause=pause)
    settings = {"mirror": "", "timeout": 3.0, "throttle": throttle} | options
    return PhotoStore(**settings)  # type: ignore[arg-type]


def color_of(loader: PhotoLoader, one: PhotoRecord) -> tuple[int, int, int]:
    image = loader.known(one).image
    assert image is not None
    color = image.pixelColor(0, 0)
    return color.red(), color.green(), color.blue()


def wait_for_state(qtbot: QtBot, loader: PhotoLoader, one: PhotoRecord, state: PhotoState) -> None:
    qtbot.waitUntil(lambda: loader.known(one).state is state, timeout=5000)


def test_a_photo_goes_from_idle_over_loading_to_ready(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader]
) -> None:
    store = SlowStore()
    loader = loaders(store)
    one = record(3)
    assert loader.known(one).state is PhotoState.IDLE
    assert store.asked == []  # looking is not asking
    assert loader.request(one).state is PhotoState.LOADING
    with qtbot.waitSignal(loader.photo_changed) as changed:
        store.may_answer.set()
    assert changed.args == [("train", 3)]
    photo = loader.known(one)
    assert photo.state is PhotoState.READY
    assert photo.image is not None and (photo.image.width(), photo.image.height()) == (32, 24)
    assert color_of(loader, one) == RED
    assert photo.address == "http://x/a.jpg" and photo.source == "x"
    assert loader.request(one, urgent=True).state is PhotoState.READY
    assert len(store.asked) == 1


def test_asking_twice_loads_once(qtbot: QtBot, loaders: Callable[..., PhotoLoader]) -> None:
    store = SlowStore()
    loader = loaders(store)
    for _ in range(5):
        loader.request(record(1))
        loader.request(record(1), urgent=True)
    store.may_answer.set()
    wait_for_state(qtbot, loader, record(1), PhotoState.READY)
    assert len(store.asked) == 1


def test_large_photos_have_a_thumbnail_and_a_bound(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader], tmp_path: Path
) -> None:
    (tmp_path / "train2014").mkdir()
    (tmp_path / "train2014" / "a.png").write_bytes(picture_bytes(RED, (4000, 100)))
    loader = loaders(PhotoStore(tmp_path, network=False))
    one = record(0, "", "train2014/a.png")
    loader.request(one)
    wait_for_state(qtbot, loader, one, PhotoState.READY)
    photo = loader.known(one)
    assert photo.image is not None and photo.image.width() == IMAGE_SIDE
    assert photo.thumbnail is not None
    assert (photo.thumbnail.width(), photo.thumbnail.height()) == (256, 6)
    assert photo.source == "your image folder"


def test_urgent_photos_come_first_then_the_newest_page_in_its_order(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader]
) -> None:
    store = SlowStore()
    loader = loaders(store, threads=1)
    loader.request(record(0, "first"))
    qtbot.waitUntil(lambda: store.asked == ["first"])
    loader.prefetch([record(50, "ahead")])
    for row in (1, 2):
        loader.request(record(row, f"old {row}"))
    qtbot.wait(5)  # the next page: another turn of the event loop
    for row in (11, 12):
        loader.request(record(row, f"new {row}"))
    loader.request(record(21, "urgent, earlier"), urgent=True)
    loader.request(record(22, "urgent, later"), urgent=True)
    loader.request(record(2, "old 2"), urgent=True)
    store.may_answer.set()
    wait_for_state(qtbot, loader, record(50), PhotoState.READY)
    expected = ["first", "old 2", "urgent, later", "urgent, earlier", "new 11", "new 12", "old 1", "ahead"]
    assert store.asked == expected


def test_no_more_than_four_are_loaded_at_a_time(qtbot: QtBot, loaders: Callable[..., PhotoLoader]) -> None:
    store = SlowStore()
    loader = loaders(store)
    for row in range(20):
        loader.request(record(row))
    qtbot.waitUntil(lambda: len(store.asked) == 4)
    qtbot.wait(30)
    assert len(store.asked) == 4
    store.may_answer.set()
    for row in range(20):
        wait_for_state(qtbot, loader, record(row), PhotoState.READY)


def test_turning_the_page_drops_what_has_not_begun_but_not_what_is_looked_at(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader]
) -> None:
    store = SlowStore()
    loader = loaders(store, threads=1)
    loader.request(record(0, "begun"))
    qtbot.waitUntil(lambda: store.asked == ["begun"])
    loader.request(record(1, "waiting"))
    loader.request(record(2, "looked at"), urgent=True)
    told: list[object] = []
    loader.photo_changed.connect(told.append)
    loader.cancel_pending()
    assert told == [("train", 1)]
    assert loader.known(record(1)).state is PhotoState.IDLE
    assert loader.known(record(2)).state is PhotoState.LOADING
    store.may_answer.set()
    wait_for_state(qtbot, loader, record(2), PhotoState.READY)
    wait_for_state(qtbot, loader, record(0), PhotoState.READY)
    assert store.asked == ["begun", "looked at"]
    loader.request(record(1, "waiting"))
    wait_for_state(qtbot, loader, record(1), PhotoState.READY)


def test_an_answer_from_the_data_set_before_is_dropped(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader]
) -> None:
    old, new = SlowStore(RED), SlowStore(GREEN)
    loader = loaders(old)
    loader.request(record(7))
    qtbot.waitUntil(lambda: len(old.asked) == 1)
    told: list[object] = []
    loader.photo_changed.connect(told.append)
    loader.set_store(new)
    assert told == [("train", 7)]
    assert loader.known(record(7)).state is PhotoState.IDLE
    loader.request(record(7))
    old.may_answer.set()  # too late, and from the wrong place
    qtbot.wait(50)
    assert loader.known(record(7)).state is PhotoState.LOADING
    new.may_answer.set()
    wait_for_state(qtbot, loader, record(7), PhotoState.READY)
    assert color_of(loader, record(7)) == GREEN


def test_an_answer_already_on_its_way_when_the_data_changes_is_dropped(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader]
) -> None:
    old = SlowStore(RED)
    old.may_answer.set()
    loader = loaders(old)
    loader.request(record(7))
    while loader._queue._running or not old.asked:  # its answer waits in the event loop's queue
        time.sleep(0.005)
    loader.set_store(SlowStore(GREEN))
    qtbot.wait(20)
    assert loader.known(record(7)).state is PhotoState.IDLE


def test_photos_of_another_data_set_are_forgotten(qtbot: QtBot, loaders: Callable[..., PhotoLoader]) -> None:
    store = SlowStore()
    store.may_answer.set()
    loader = loaders(store)
    loader.request(record(1))
    wait_for_state(qtbot, loader, record(1), PhotoState.READY)
    loader.set_store(SlowStore())
    assert loader.known(record(1)).state is PhotoState.IDLE


@pytest.mark.parametrize(
    ("problem", "state"),
    [
        (PhotoProblem.GONE, PhotoState.MISSING),
        (PhotoProblem.NO_ADDRESS, PhotoState.MISSING),
        (PhotoProblem.REFUSED, PhotoState.FAILED),
        (PhotoProblem.NOT_A_PICTURE, PhotoState.FAILED),
        (PhotoProblem.TOO_LARGE, PhotoState.FAILED),
        (PhotoProblem.TIMED_OUT, PhotoState.FAILED),
        (PhotoProblem.BUSY, PhotoState.FAILED),
        (PhotoProblem.OFFLINE, PhotoState.OFFLINE),
    ],
)
def test_each_failure_has_its_state_and_says_why(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader], problem: PhotoProblem, state: PhotoState
) -> None:
    store = SlowStore()
    store.failure = PhotoUnavailable(problem, "http://x/a.jpg", "what happened", can_retry=False)
    store.may_answer.set()
    loader = loaders(store)
    loader.request(record(1))
    wait_for_state(qtbot, loader, record(1), state)
    photo = loader.known(record(1))
    assert (photo.message, photo.words, photo.problem) == ("what happened", problem.words, problem)
    assert not photo.can_retry
    assert loader.request(record(1), urgent=True).state is state  # asking anew changes nothing


def test_a_fault_of_the_program_is_shown_and_stops_no_other_photo(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SlowStore()
    store.may_answer.set()
    answer = store.photo

    def broken(url: str, name: str | None, stop: Callable[[], bool], patient: Callable[[], bool]) -> Photo:
        if url == "bad":
            raise ZeroDivisionError("oops")
        return answer(url, name, stop, patient)

    monkeypatch.setattr(store, "photo", broken)
    loader = loaders(store, threads=1)
    loader.request(record(1, "bad"))
    loader.request(record(2, "good"))
    wait_for_state(qtbot, loader, record(1), PhotoState.FAILED)
    wait_for_state(qtbot, loader, record(2), PhotoState.READY)
    assert "oops" in loader.known(record(1)).message


def test_retry_succeeds_after_the_server_has_mended(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader], server: PhotoServer
) -> None:
    loader = loaders(web_store())
    one = record(1, server.url("/a.png"))
    loader.request(one)
    wait_for_state(qtbot, loader, one, PhotoState.MISSING)
    assert loader.known(one).can_retry
    server.serve("/a.png", picture_bytes(GREEN))
    loader.retry(one)
    assert loader.known(one).state is PhotoState.LOADING
    wait_for_state(qtbot, loader, one, PhotoState.READY)
    assert color_of(loader, one) == GREEN
    assert loader.dead_links() == (0, 1)


def test_being_offline_is_told_once_and_left_by_itself(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader]
) -> None:
    with PhotoServer() as server:
        port_address = server.address  # a port that is free again in a moment
    store = web_store(pause=0.05)
    loader = loaders(store)
    told: list[bool] = []
    loader.offline_changed.connect(told.append)
    records = [record(row, f"{port_address}/{row}.png") for row in range(6)]
    for one in records:
        loader.request(one)
    for one in records:
        wait_for_state(qtbot, loader, one, PhotoState.OFFLINE)
    assert told == [True] and loader.offline
    states: list[PhotoState] = []
    loader.photo_changed.connect(lambda key: states.append(loader.known(records[key[1]]).state))
    with PhotoServer(int(port_address.rsplit(":", 1)[1])) as server:
        for row in range(6):
            server.serve(f"/{row}.png", picture_bytes(GREEN))
        for one in records:
            wait_for_state(qtbot, loader, one, PhotoState.READY)
    assert told == [True, False] and not loader.offline
    assert states == [PhotoState.READY] * 6  # tried quietly: no flicker in between


def test_a_busy_server_is_tried_again_by_itself_a_few_times(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader], server: PhotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("captionviewer.ui.photos.photo_loader._SHORTEST_WAIT_S", 0.005)
    loader = loaders(web_store(pause=0.01))
    one = record(1, server.serve("/a.png", b"", 503))
    loader.request(one)
    qtbot.waitUntil(lambda: len(server.asked) == 5, timeout=5000)
    qtbot.wait(400)
    assert len(server.asked) == 5
    assert loader.known(one).state is PhotoState.FAILED
    server.serve("/a.png", picture_bytes(GREEN))
    loader.retry(one)
    wait_for_state(qtbot, loader, one, PhotoState.READY)


def test_turning_the_page_ends_the_tries_for_photos_out_of_sight(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader]
) -> None:
    store = SlowStore()
    store.failure = PhotoUnavailable(PhotoProblem.OFFLINE, "x", "offline")
    store.may_answer.set()
    loader = loaders(store)
    loader.request(record(1))
    loader.request(record(2), urgent=True)
    wait_for_state(qtbot, loader, record(1), PhotoState.OFFLINE)
    wait_for_state(qtbot, loader, record(2), PhotoState.OFFLINE)
    loader.cancel_pending()
    assert loader.known(record(1)).state is PhotoState.IDLE
    assert loader.known(record(2)).state is PhotoState.OFFLINE


def test_memory_stays_bounded_and_an_urgent_request_brings_the_full_size_back(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("captionviewer.ui.photos.photo_loader._IMAGES", 3)
    monkeypatch.setattr("captionviewer.ui.photos.photo_loader._THUMBNAILS", 5)
    store = SlowStore()
    store.may_answer.set()
    loader = loaders(store)
    for row in range(8):
        loader.request(record(row))
        wait_for_state(qtbot, loader, record(row), PhotoState.READY)
    assert loader.known(record(0)).state is PhotoState.IDLE
    photo = loader.request(record(4))
    assert photo.state is PhotoState.READY and photo.image is None and photo.thumbnail is not None
    assert len(store.asked) == 8
    assert loader.request(record(4), urgent=True).state is PhotoState.READY  # the thumbnail serves meanwhile
    qtbot.waitUntil(lambda: loader.known(record(4)).image is not None)
    assert len(store.asked) == 9


def test_without_a_store_nothing_is_asked(loaders: Callable[..., PhotoLoader]) -> None:
    loader = loaders(None)
    assert loader.request(record(1)).state is PhotoState.IDLE
    loader.retry(record(1))
    loader.cancel_pending()
    assert loader.dead_links() == (0, 0)


def test_shutting_down_while_loading_ends_every_thread_soon(qtbot: QtBot, server: PhotoServer) -> None:
    loader = PhotoLoader(web_store(timeout=60.0))
    url = server.drip("/a.png", b"HTTP/1.0 200 OK\r\n\r\n", b"x")
    for row in range(8):
        loader.request(record(row, url))
    qtbot.waitUntil(lambda: len(server.asked) == 4)
    before = [thread for thread in threading.enumerate() if thread.name.startswith("photo loader")]
    assert len(before) == 4
    assert loader.shut_down(timeout_s=2.0)
    assert not any(thread.is_alive() for thread in before)
    assert len(server.asked) == 4
    assert loader.request(record(9, url)).state is PhotoState.IDLE  # closed is closed
    loader.deleteLater()


def test_a_loader_that_is_deleted_while_loading_does_not_fail_in_its_thread(qtbot: QtBot) -> None:
    store = SlowStore()
    loader = PhotoLoader(store)
    loader.request(record(1))
    qtbot.waitUntil(lambda: len(store.asked) == 1)
    queue = loader._queue
    loader.deleteLater()
    qtbot.wait(10)
    store.may_answer.set()
    assert queue.close(2.0)


def test_real_coco_photos_are_shown(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader], coco_folder: Path
) -> None:
    names = (coco_folder / "train2014_images.txt").read_text().split()[:12]
    loader = loaders(PhotoStore(coco_folder / "images", network=False))
    records = [record(row, "", "/".join(name.split("/")[-2:])) for row, name in enumerate(names)]
    for one in records:
        loader.request(one)
    for one in records:
        wait_for_state(qtbot, loader, one, PhotoState.READY)
        thumbnail = loader.known(one).thumbnail
        assert thumbnail is not None and max(thumbnail.width(), thumbnail.height()) <= 256


# ---- what is fetched ahead ---------------------------------------------------------------------------


def ready(loader: PhotoLoader, *rows: int) -> bool:
    return all(loader.known(record(row)).state is PhotoState.READY for row in rows)


def test_photos_are_fetched_ahead_only_when_all_in_sight_are_there(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader]
) -> None:
    store = SlowStore()
    loader = loaders(store)
    for row in (1, 2):
        loader.request(record(row, f"in sight {row}"))
    loader.prefetch([record(row, f"ahead {row}") for row in range(10, 16)])
    qtbot.waitUntil(lambda: len(store.asked) == 2)
    qtbot.wait(40)
    assert sorted(store.asked) == ["in sight 1", "in sight 2"]  # though two threads are free
    store.may_answer.set()
    qtbot.waitUntil(lambda: ready(loader, 1, 2, *range(10, 16)), timeout=5000)
    assert sorted(store.asked[2:]) == [f"ahead {row}" for row in range(10, 16)]


def test_fetching_ahead_leaves_a_thread_free_and_makes_way_at_once(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader]
) -> None:
    store = SlowStore()
    loader = loaders(store)
    loader.prefetch([record(row, f"ahead {row}") for row in range(10, 18)])
    qtbot.waitUntil(lambda: len(store.asked) == 3)
    qtbot.wait(40)
    assert len(store.asked) == 3
    for row in range(1, 5):  # as many as there are threads: none waits for what is fetched ahead
        loader.request(record(row, f"in sight {row}"))
    qtbot.waitUntil(lambda: len(store.asked) == 7)
    assert sorted(store.asked[3:]) == [f"in sight {row}" for row in range(1, 5)]
    store.may_answer.set()
    qtbot.waitUntil(lambda: ready(loader, *range(1, 5), *range(10, 18)), timeout=5000)


def test_turning_the_page_drops_what_was_fetched_ahead_but_for_the_page_turned_to(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader]
) -> None:
    store = SlowStore()
    loader = loaders(store)
    loader.prefetch([record(row, f"{row}") for row in range(10, 16)])
    qtbot.waitUntil(lambda: len(store.asked) == 3)
    begun = sorted(int(url) for url in store.asked)
    kept: set[tuple[Split, int]] = {("train", begun[0]), ("train", 15)}
    loader.cancel_pending(keep=kept)
    states = {row: loader.known(record(row)).state for row in range(10, 16)}
    assert {row for row, state in states.items() if state is PhotoState.LOADING} == {begun[0], 15}
    loader.request(record(begun[0], str(begun[0])))
    loader.request(record(begun[1], str(begun[1])))  # dropped a moment ago, and wanted after all
    store.may_answer.set()
    qtbot.waitUntil(lambda: ready(loader, begun[0], begun[1], 15), timeout=5000)
    assert store.asked.count(str(begun[0])) == 1
    assert loader.known(record(begun[2])).state is PhotoState.IDLE


def test_a_photo_fetched_ahead_that_comes_into_sight_is_not_asked_for_twice(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader]
) -> None:
    store = SlowStore()
    loader = loaders(store, threads=1)
    loader.prefetch([record(10, "ten")])
    qtbot.waitUntil(lambda: store.asked == ["ten"])
    assert loader.request(record(10, "ten"), urgent=True).state is PhotoState.LOADING
    loader.request(record(11, "eleven"))
    store.may_answer.set()
    qtbot.waitUntil(lambda: ready(loader, 10, 11))
    assert store.asked == ["ten", "eleven"]


def test_nothing_is_fetched_ahead_while_the_network_is_away(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader]
) -> None:
    store = SlowStore()
    store.may_answer.set()
    store.failure = PhotoUnavailable(PhotoProblem.OFFLINE, "x", "offline", retry_after=60)
    loader = loaders(store)
    store.network = True
    store.throttle.unreachable("x")
    loader.request(record(1))
    qtbot.waitUntil(lambda: loader.offline)
    loader.prefetch([record(row) for row in range(10, 20)])
    qtbot.wait(40)
    assert len(store.asked) == 1
    assert loader.known(record(10)).state is PhotoState.IDLE


def test_a_passing_failure_ahead_is_forgotten_and_the_network_is_still_looked_for(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("captionviewer.ui.photos.photo_loader._PROBE_S", 0.02)
    with PhotoServer() as server:
        port_address = server.address
    loader = loaders(web_store(pause=0.01))
    records = [record(row, f"{port_address}/{row}.png") for row in range(3)]
    loader.prefetch(records)
    qtbot.waitUntil(lambda: loader.offline)
    qtbot.waitUntil(lambda: all(loader.known(one).state is not PhotoState.OFFLINE for one in records))
    with PhotoServer(int(port_address.rsplit(":", 1)[1])) as server:
        for row in range(3):
            server.serve(f"/{row}.png", picture_bytes(GREEN))
        qtbot.waitUntil(lambda: not loader.offline, timeout=5000)  # though nobody asked for a photo


def test_photos_fetched_ahead_do_not_push_those_in_sight_out_of_memory(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("captionviewer.ui.photos.photo_loader._IMAGES", 3)
    store = SlowStore()
    store.may_answer.set()
    loader = loaders(store)
    for row in (1, 2):
        loader.request(record(row))
    qtbot.waitUntil(lambda: ready(loader, 1, 2))
    loader.prefetch([record(row) for row in range(10, 15)])
    qtbot.waitUntil(lambda: ready(loader, *range(10, 15)))
    assert loader.known(record(1)).image is not None and loader.known(record(2)).image is not None
    assert sum(loader.known(record(row)).image is not None for row in range(10, 15)) == 1


# ---- the network on and off --------------------------------------------------------------------------


def test_switching_fetching_off_keeps_what_is_there_and_on_brings_the_rest(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader], server: PhotoServer
) -> None:
    loader = loaders(web_store())
    one, other = (record(row, server.serve(f"/{row}.png", picture_bytes(GREEN))) for row in range(2))
    loader.request(one)
    wait_for_state(qtbot, loader, one, PhotoState.READY)
    loader.set_network(False)
    assert not loader.held_back
    loader.request(other)
    wait_for_state(qtbot, loader, other, PhotoState.OFFLINE)
    assert loader.known(other).problem is PhotoProblem.SWITCHED_OFF
    assert not loader.offline
    assert loader.held_back
    assert loader.known(one).state is PhotoState.READY
    told: list[object] = []
    loader.photo_changed.connect(told.append)
    loader.set_network(True)
    assert told == [("train", 1)] and not loader.held_back
    loader.request(other)
    wait_for_state(qtbot, loader, other, PhotoState.READY)
    assert server.asked == ["/0.png", "/1.png"]


def test_switching_fetching_off_ends_requests_under_way(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader], server: PhotoServer
) -> None:
    loader = loaders(web_store(timeout=60.0))
    one = record(1, server.drip("/a.png", b"HTTP/1.0 200 OK\r\n\r\n", b"x"))
    loader.request(one)
    qtbot.waitUntil(lambda: len(server.asked) == 1)
    loader.set_network(False)
    assert loader.known(one).state is PhotoState.IDLE
    qtbot.waitUntil(lambda: not loader._queue._running)
    loader.request(one)
    wait_for_state(qtbot, loader, one, PhotoState.OFFLINE)


def test_dead_links_are_told_as_they_are_met(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader], server: PhotoServer
) -> None:
    loader = loaders(web_store())
    told: list[tuple[int, int]] = []
    loader.links_changed.connect(lambda dead, met: told.append((dead, met)))
    gone, there = record(1, server.url("/gone.png")), record(2, server.serve("/a.png", picture_bytes()))
    loader.request(gone)
    wait_for_state(qtbot, loader, gone, PhotoState.MISSING)
    loader.request(there)
    wait_for_state(qtbot, loader, there, PhotoState.READY)
    assert told == [(1, 1), (1, 2)]


def test_what_changes_on_the_web_between_two_tries_is_shown_as_it_is_then(
    qtbot: QtBot, loaders: Callable[..., PhotoLoader], server: PhotoServer
) -> None:
    loader = loaders(web_store())
    one = record(
        1, server.serve("/a.png", b"<html>maintenance</html>", headers={"Content-Type": "image/jpeg"})
    )
    loader.request(one)
    wait_for_state(qtbot, loader, one, PhotoState.FAILED)
    assert loader.known(one).problem is PhotoProblem.NOT_A_PICTURE
    server.serve("/a.png", picture_bytes(GREEN)[:50])
    loader.retry(one)
    qtbot.waitUntil(lambda: "damaged" in loader.known(one).message)
    server.serve("/a.png", picture_bytes(GREEN))
    loader.retry(one)
    wait_for_state(qtbot, loader, one, PhotoState.READY)
    assert color_of(loader, one) == GREEN
