"""`image_from_url` in cells with a guard and in cells without one, with and without the photos at hand."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from captionviewer.core import PhotoUnavailable, image_from_url, load_coco_data
from captionviewer.core.notebook import photos
from captionviewer.core.photos.cache import CACHE_BYTES, PhotoCache
from captionviewer.core.photos.problem import PhotoProblem
from captionviewer.core.photos.store import PhotoStore
from captionviewer.core.photos.throttle import HostThrottle
from captionviewer.core.user_folders import cache_folder
from tests.photo_server import PhotoServer, picture_bytes

RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture
def server() -> Iterator[PhotoServer]:
    with PhotoServer() as running:
        yield running


@pytest.fixture(autouse=True)
def as_just_imported(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    photos._store.cache_clear()
    monkeypatch.setattr(photos, "_opened", {})
    monkeypatch.setattr(photos, "_throttle", HostThrottle(requests_per_second=10_000))
    yield
    photos._store.cache_clear()


def test_pixels_come_and_are_kept_in_the_windows_cache(server: PhotoServer) -> None:
    pixels = image_from_url(server.serve("/a.png", picture_bytes(BLUE)))
    assert pixels.shape == (24, 32, 3) and pixels.dtype == np.uint8
    assert np.array_equal(image_from_url(server.url("/a.png")), pixels)
    assert server.asked == ["/a.png"]
    folder = cache_folder() / "photos"
    assert list(folder.iterdir())
    PhotoCache(folder, CACHE_BYTES).resize(12_345)  # as the Preferences do
    photos._store.cache_clear()
    cache = photos._store(None).cache
    assert cache is not None and cache.max_bytes == 12_345


def test_a_cell_without_a_guard_goes_on_with_a_picture_that_says_why(server: PhotoServer) -> None:
    with pytest.warns(UserWarning, match="no longer on the web: the server says 404") as caught:
        picture = image_from_url(server.url("/dead.png"))
    assert caught[0].filename == __file__  # the cell's own line, not ours
    assert picture.shape == (360, 480, 3) and picture.dtype == np.uint8
    with pytest.warns(UserWarning):
        another = image_from_url("file:///etc/passwd")
    assert not np.array_equal(picture, another)  # each says what happened


@pytest.mark.parametrize("problem", PhotoProblem)
def test_each_reason_fits_on_the_picture(problem: PhotoProblem) -> None:
    plain = photos.missing_picture(PhotoUnavailable(problem, "", ""))
    for message in ("é" * 3000, "words " * 400, "中\u202e" * 50, "one\ntwo"):
        drawn = photos.missing_picture(PhotoUnavailable(problem, "", message))
        assert not np.array_equal(drawn, plain)
        edge = drawn.copy()
        edge[12:-12, 20:-20] = plain[12:-12, 20:-20]
        assert np.array_equal(edge, plain)  # nothing is written beyond its margin


def test_a_cell_with_the_courses_guard_gets_none(server: PhotoServer) -> None:
    with pytest.warns(UserWarning, match="no longer on the web"):
        assert image_from_url(server.url("/dead.png"), on_missing="none") is None


def test_who_wants_an_exception_gets_it_without_a_warning(server: PhotoServer) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PhotoUnavailable, match="no longer on the web") as caught:
            image_from_url(server.url("/dead.png"), on_missing="raise")
    assert isinstance(caught.value, OSError)
    with pytest.raises(ValueError, match="'picture', 'raise', 'none', not 'nothing'"):
        image_from_url("http://x", on_missing="nothing")  # type: ignore[call-overload]


def test_photos_of_the_opened_data_are_found_in_its_own_folder_by_their_address(coco_folder: Path) -> None:
    data = load_coco_data(coco_folder)
    names = (coco_folder / "val2014_images.txt").read_text().split()
    store = PhotoStore(coco_folder / "images", network=False)
    for row in range(4):
        there = store.photo("", "/".join(names[row].split("/")[-2:]))
        assert np.array_equal(image_from_url(data["val_urls"][row], on_missing="raise"), there.pixels)


def test_of_two_data_sets_the_one_opened_last_is_asked_first(tmp_path: Path, server: PhotoServer) -> None:
    for name, color in (("one", RED), ("two", BLUE)):
        (tmp_path / name / "val2014").mkdir(parents=True)
        (tmp_path / name / "val2014" / "a.png").write_bytes(picture_bytes(color))
    for name in ("two", "one", "two"):
        photos.remember_photos(tmp_path / name, tmp_path / name, [(server.url("/a"), "val2014/a.png")])
    assert tuple(image_from_url(server.url("/a"))[0, 0]) == BLUE
    photos.remember_photos(tmp_path / "one", tmp_path / "one", [(server.url("/a"), "val2014/a.png")])
    assert tuple(image_from_url(server.url("/a"))[0, 0]) == RED
    assert server.asked == []


def test_a_photo_that_the_data_names_but_has_not_comes_from_the_web(
    tmp_path: Path, server: PhotoServer
) -> None:
    url = server.serve("/a", picture_bytes(BLUE))
    photos.remember_photos(tmp_path, tmp_path / "images", [(url, "val2014/a.png")])
    assert tuple(image_from_url(url)[0, 0]) == BLUE
