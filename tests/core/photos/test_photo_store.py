"""Where a photo comes from, way by way, and what is said when none of them has it."""

import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from captionviewer.core.photos import store
from captionviewer.core.photos.store import PhotoProblem, PhotoStore, PhotoUnavailable
from captionviewer.core.photos.throttle import HostThrottle
from tests.photo_server import PhotoServer, picture_bytes

NAME = "train2014/COCO_train2014_000000000009.jpg"
RED, GREEN, BLUE, GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (99, 99, 99)


@pytest.fixture
def server() -> Iterator[PhotoServer]:
    with PhotoServer() as running:
        yield running


class Places:
    """A store with all four places, on loopback."""

    def __init__(self, server: PhotoServer, folder: Path) -> None:
        self.server = server
        self.images = folder / "images"
        self.cache = folder / "cache"
        (self.images / "train2014").mkdir(parents=True)
        self.url = server.url("/farm/a_z.jpg")
        self.store = self.another_store()

    def another_store(self, **options: object) -> PhotoStore:
        throttle = HostThrottle(requests_per_second=10_000, pause=0.02)
        settings = {"mirror": self.server.url("/mirror"), "timeout": 3.0, "throttle": throttle} | options
        return PhotoStore(self.images, self.cache, **settings)  # type: ignore[arg-type]

    def on_disk(self, data: bytes) -> None:
        (self.images / NAME).write_bytes(data)

    def on_flickr(self, data: bytes, status: int = 200) -> None:
        self.server.serve("/farm/a_z.jpg", data, status)

    def on_mirror(self, data: bytes, status: int = 200) -> None:
        self.server.serve("/mirror/" + NAME, data, status)

    def failure(self, file_name: str | None = NAME) -> PhotoUnavailable:
        with pytest.raises(PhotoUnavailable) as caught:
            self.store.photo(self.url, file_name)
        return caught.value


@pytest.fixture
def places(server: PhotoServer, tmp_path: Path) -> Places:
    return Places(server, tmp_path)


def color_of(photo: store.Photo) -> tuple[int, ...]:
    return tuple(int(value) for value in photo.pixels[0, 0])


def test_the_users_own_folder_comes_first_and_no_request_is_made(places: Places) -> None:
    places.on_disk(picture_bytes(RED))
    places.on_flickr(picture_bytes(GREEN))
    photo = places.store.photo(places.url, NAME)
    assert (photo.source, color_of(photo)) == ("folder", RED)
    assert photo.address == str(places.images / NAME)
    assert places.server.asked == []


def test_then_flickr_which_is_asked_only_once_for_a_photo(places: Places) -> None:
    places.on_flickr(picture_bytes(GREEN))
    places.on_mirror(picture_bytes(BLUE))
    first = places.store.photo(places.url, NAME)
    assert (first.source, color_of(first), first.address) == ("flickr", GREEN, places.url)
    again = places.another_store().photo(places.url, NAME)
    assert (again.source, color_of(again)) == ("cache", GREEN)
    assert places.server.asked == ["/farm/a_z.jpg"]


@pytest.mark.parametrize("status", [404, 410, 403, 429, 500])
def test_then_cocos_mirror_when_flickr_has_none(places: Places, status: int) -> None:
    # A server of its own: that Flickr is busy says nothing of the mirror.
    with PhotoServer() as mirror:
        mirror.serve("/" + NAME, picture_bytes(BLUE))
        store = places.another_store(mirror=mirror.address.replace("127.0.0.1", "localhost"))
        places.on_flickr(b"", status)
        photo = store.photo(places.url, NAME)
        assert (photo.source, color_of(photo)) == ("mirror", BLUE)
        again = store.photo(places.url, NAME)
        assert (again.source, color_of(again)) == ("cache", BLUE)
        assert len(mirror.asked) == 1


def test_flickrs_placeholder_is_not_shown_as_the_photo(places: Places) -> None:
    places.server.redirect("/farm/a_z.jpg", "/images/photo_unavailable.png")
    places.server.serve("/images/photo_unavailable.png", picture_bytes(GREY))
    places.on_mirror(picture_bytes(BLUE))
    assert color_of(places.store.photo(places.url, NAME)) == BLUE
    assert places.failure(None).problem is PhotoProblem.GONE


def test_a_photo_whose_link_is_dead_everywhere_is_gone(places: Places) -> None:
    failure = places.failure()
    assert failure.problem is PhotoProblem.GONE
    assert isinstance(failure, OSError)
    assert places.url in str(failure) and "/mirror/" in str(failure)  # both were asked, and both are told
    assert failure.can_retry


def test_the_mirror_answers_403_for_what_it_does_not_have_and_the_photo_is_gone(places: Places) -> None:
    places.on_mirror(b"AccessDenied", 403)
    assert places.failure().problem is PhotoProblem.GONE


def test_a_photo_that_may_come_yet_is_not_called_gone(places: Places) -> None:
    places.on_mirror(b"", 503)
    failure = places.failure()
    assert failure.problem is PhotoProblem.BUSY and failure.can_retry
    assert failure.retry_after is not None


def test_retrying_finds_the_photo_once_the_server_has_mended(places: Places) -> None:
    places.on_flickr(b"<html>gateway trouble</html>")
    assert places.failure(None).problem is PhotoProblem.NOT_A_PICTURE
    places.on_flickr(picture_bytes(GREEN))
    assert color_of(places.store.photo(places.url)) == GREEN


def test_html_that_calls_itself_a_jpeg_is_not_kept(places: Places) -> None:
    places.server.serve("/farm/a_z.jpg", b"<html>", headers={"Content-Type": "image/jpeg"})
    assert places.failure(None).problem is PhotoProblem.NOT_A_PICTURE
    assert not places.cache.exists()


def test_a_picture_under_a_wrong_name_is_shown_for_what_it_is(places: Places) -> None:
    places.server.serve(
        "/farm/a_z.jpg", picture_bytes(GREEN, kind="WEBP"), headers={"Content-Type": "text/html"}
    )
    assert places.store.photo(places.url).pixels.shape == (24, 32, 3)


def test_the_datas_own_photos_stand_in_for_those_that_the_users_folder_lacks(
    places: Places, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    (mine / "train2014").mkdir(parents=True)
    places.on_disk(picture_bytes(GREEN))
    store = PhotoStore(mine, network=False, data_images=places.images)
    assert color_of(store.photo("", NAME)) == GREEN
    (mine / NAME).write_bytes(picture_bytes(RED))
    assert color_of(store.photo("", NAME)) == RED


def test_a_damaged_file_in_the_folder_gives_way_to_the_web(places: Places) -> None:
    places.on_disk(picture_bytes(RED)[:50])
    places.on_flickr(picture_bytes(GREEN))
    assert places.store.photo(places.url, NAME).source == "flickr"


def test_a_damaged_file_is_named_when_nothing_else_has_the_photo(places: Places) -> None:
    places.on_disk(picture_bytes(RED)[:50])
    failure = places.failure()
    assert failure.problem is PhotoProblem.NOT_A_PICTURE
    assert str(places.images / NAME) in str(failure)


def test_a_damaged_entry_of_the_cache_is_fetched_again(places: Places) -> None:
    places.on_flickr(picture_bytes(GREEN))
    places.store.photo(places.url)
    (kept,) = places.cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:-5])
    assert places.store.photo(places.url).source == "flickr"
    assert places.store.photo(places.url).source == "cache"


def test_content_that_changes_on_the_web_is_not_mixed_with_what_is_kept(places: Places) -> None:
    places.on_flickr(picture_bytes(GREEN))
    places.store.photo(places.url)
    places.on_flickr(picture_bytes(BLUE))
    assert color_of(places.store.photo(places.url)) == GREEN
    places.store.clear_cache()
    assert color_of(places.store.photo(places.url)) == BLUE


def test_being_offline_is_said_and_passes(places: Places, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{unused.getsockname()[1]}"
        throttle = HostThrottle(requests_per_second=10_000, pause=60)
        store = PhotoStore(mirror=away, timeout=3.0, throttle=throttle)
        with pytest.raises(PhotoUnavailable) as caught:
            store.photo(away + "/a.jpg", NAME)
    assert caught.value.problem is PhotoProblem.OFFLINE and caught.value.can_retry
    assert store.offline
    places.on_flickr(picture_bytes(GREEN))
    with pytest.raises(PhotoUnavailable):
        store.photo(places.url)  # the same machine, left alone for the minute
    store.try_again_now()
    assert color_of(store.photo(places.url)) == GREEN
    assert not store.offline


def test_without_the_network_folder_and_cache_still_serve(places: Places) -> None:
    places.on_flickr(picture_bytes(GREEN))
    places.store.photo(places.url)
    places.on_disk(picture_bytes(RED))
    alone = places.another_store(network=False)
    assert alone.photo(places.url).source == "cache"
    assert alone.photo("", NAME).source == "folder"
    with pytest.raises(PhotoUnavailable) as caught:
        alone.photo(places.server.url("/other.jpg"))
    assert caught.value.problem is PhotoProblem.SWITCHED_OFF
    assert not alone.offline  # nothing was tried
    assert places.server.asked == ["/farm/a_z.jpg"]


def test_a_record_without_any_address_says_so() -> None:
    with pytest.raises(PhotoUnavailable) as caught:
        PhotoStore().photo("", None)
    assert caught.value.problem is PhotoProblem.NO_ADDRESS and not caught.value.can_retry


def test_a_file_address_in_the_data_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "a.png"
    secret.write_bytes(picture_bytes())
    with pytest.raises(PhotoUnavailable) as caught:
        PhotoStore(mirror="").photo(secret.as_uri())
    assert caught.value.problem is PhotoProblem.REFUSED and not caught.value.can_retry


@pytest.mark.parametrize(
    "name",
    [
        "../outside.png",
        "train2014/../../outside.png",
        "/outside.png",
        "train2014//x.png",
        "..\\outside.png",
        "C:/outside.png",
        "train2014/..",
        "train2014/.. /outside.png",
        "train2014/x.png\x00",
        "train2014/x.png:stream",
        "",
    ],
)
def test_no_name_in_the_data_leads_out_of_the_image_folder(places: Places, name: str) -> None:
    (places.images.parent / "outside.png").write_bytes(picture_bytes(RED))
    (places.images / "train2014" / "x.png").write_bytes(picture_bytes(RED))
    with pytest.raises(PhotoUnavailable) as caught:
        places.store.photo("", name)
    assert caught.value.problem is PhotoProblem.REFUSED and not caught.value.can_retry
    assert places.server.asked == []  # the mirror is not asked for such a name either


def test_a_pipe_under_a_photos_name_does_not_hang(places: Places) -> None:
    if sys.platform == "win32":
        return
    os.mkfifo(places.images / NAME)
    assert places.failure().problem is PhotoProblem.GONE


def test_an_endless_device_under_a_photos_name_is_not_read(places: Places) -> None:
    if sys.platform == "win32":
        return
    (places.images / NAME).symlink_to("/dev/zero")
    assert places.failure().problem is PhotoProblem.GONE


def test_a_linked_photo_folder_of_the_user_is_followed(places: Places, tmp_path: Path) -> None:
    if sys.platform == "win32":
        return
    elsewhere = tmp_path / "big disk"
    elsewhere.mkdir()
    (elsewhere / Path(NAME).name).write_bytes(picture_bytes(RED))
    (places.images / "train2014").rmdir()
    (places.images / "train2014").symlink_to(elsewhere)
    assert places.store.photo("", NAME).source == "folder"


def test_a_file_over_the_limit_in_the_folder_is_too_large(places: Places) -> None:
    with (places.images / NAME).open("wb") as file:
        file.write(picture_bytes())
        file.truncate(21_000_000)
    failure = places.failure()
    assert failure.problem is PhotoProblem.TOO_LARGE


def test_dead_links_are_counted_among_those_that_answered(places: Places) -> None:
    places.on_flickr(picture_bytes(GREEN))
    places.server.serve("/busy.jpg", b"", 500)
    assert places.store.dead_links() == (0, 0)
    places.store.photo(places.url)
    for path in ("/dead1.jpg", "/dead2.jpg", "/dead2.jpg", "/busy.jpg"):
        with pytest.raises(PhotoUnavailable):
            places.store.photo(places.server.url(path))
    assert places.store.dead_links() == (2, 3)


def test_a_photo_no_longer_wanted_is_not_asked_for(places: Places) -> None:
    with pytest.raises(PhotoUnavailable) as caught:
        places.store.photo(places.url, NAME, stop=lambda: True)
    assert caught.value.problem is PhotoProblem.STOPPED
    assert places.server.asked == []


def test_many_threads_ask_one_store(places: Places) -> None:
    for i in range(12):
        places.server.serve(f"/{i}.png", picture_bytes((i, 0, 0)))
    wrong: list[object] = []

    def work(start: int) -> None:
        for i in range(24):
            number = (start + i) % 12
            photo = places.store.photo(places.server.url(f"/{number}.png"))
            if color_of(photo) != (number, 0, 0):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 3, 6, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert places.store.dead_links() == (0, 12)


def test_real_coco_photos_come_from_their_folder(coco_folder: Path) -> None:
    store = PhotoStore(coco_folder / "images", network=False)
    names = (coco_folder / "val2014_images.txt").read_text().split()
    for name in names[:8]:
        photo = store.photo("", "/".join(name.split("/")[-2:]))
        assert photo.source == "folder"
        assert photo.pixels.ndim == 3 and photo.pixels.shape[2] == 3
        assert photo.pixels.std() > 5  # something is on it


@pytest.mark.parametrize(
    ("named", "lies_in"),
    [
        ("train2014/COCO_val2014_000000000042.jpg", "val2014"),
        ("val2014/COCO_train2014_000000000042.jpg", "train2014"),
        ("train2014/000000000042.jpg", "val2014"),
        ("train2014/bear\u00a0cub.jpg", "train2014"),
    ],
)
def test_a_photo_is_found_in_either_of_cocos_folders(named: str, lies_in: str, places: Places) -> None:
    path = places.images / lies_in / Path(named).name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(picture_bytes(RED))
    photo = places.store.photo(places.url, named)
    assert (photo.source, photo.address) == ("folder", str(path))
    assert places.server.asked == []
