"""Folders that may not be looked into: what lies there counts as not to be had, and nothing falls over it."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from captionviewer.core.coco.dataset import CocoDataset, DataError
from captionviewer.core.own_photos.encode_folder import photo_file
from captionviewer.core.photos.store import PhotoStore, PhotoUnavailable
from captionviewer.core.saved.run_shelf import RunShelf, ShelfError
from captionviewer.core.storybook import storybook_folder
from captionviewer.core.user_folders import books_folder, is_file, is_folder, written_folders
from tests.coco_folder_writer import write_coco_folder

Close = Callable[[Path], None]


@pytest.fixture
def close(monkeypatch: pytest.MonkeyPatch) -> Iterator[Close]:
    """Close a folder to everybody, root included, who runs tests in containers."""
    closed: list[Path] = []

    def leads_into_one(path: Path) -> bool:
        places = [path]
        with contextlib.suppress(OSError, ValueError):
            places.append(path.parent / path.readlink())
        return any(folder in place.parents for folder in closed for place in places)

    def closed_to_us(function: Callable[..., Any]) -> Callable[..., Any]:
        def look(path: Any, *args: Any, **options: Any) -> Any:
            if isinstance(path, str | Path) and leads_into_one(Path(path)):
                raise PermissionError(13, "Permission denied", str(path))
            return function(path, *args, **options)

        return look

    for name in ("stat", "lstat", "open"):
        monkeypatch.setattr(os, name, closed_to_us(getattr(os, name)))
    yield closed.append
    closed.clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_coco_folder(tmp_path / "coco")


def test_what_lies_in_a_closed_folder_is_neither_a_file_nor_a_folder(tmp_path: Path, close: Close) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "file").write_text("x")
    assert is_folder(tmp_path / "inner") and is_file(tmp_path / "file")
    close(tmp_path)
    assert not is_folder(tmp_path / "inner") and not is_file(tmp_path / "file")


def test_data_with_a_closed_image_folder_opens_without_photos_of_its_own(folder: Path, close: Close) -> None:
    close(folder / "images")
    with CocoDataset.open(folder) as dataset:
        assert dataset.local_images is None
        assert dataset.split("val").record(0).file_name is not None


def test_a_list_of_names_that_leads_into_a_closed_folder_costs_only_the_names(
    folder: Path, tmp_path: Path, close: Close
) -> None:
    (tmp_path / "elsewhere").mkdir()
    names = folder / "val2014_images.txt"
    names.rename(tmp_path / "elsewhere" / names.name)
    names.symlink_to(tmp_path / "elsewhere" / names.name)
    with CocoDataset.open(folder) as dataset:
        assert dataset.split("val").record(0).file_name is not None
    close(tmp_path / "elsewhere")
    with CocoDataset.open(folder) as dataset:
        assert dataset.split("val").record(0).file_name is None


@pytest.mark.parametrize("where", ["", "coco_captioning"])
def test_a_closed_data_folder_is_named(where: str, folder: Path, close: Close) -> None:
    if where:
        folder = folder.rename(folder.parent / where).parent
    close(folder / where)
    with pytest.raises(DataError, match=r"can't be looked into|holds no coco2014_captions\.h5") as caught:
        CocoDataset.open(folder)
    assert caught.value.path == folder


def test_a_photo_is_looked_for_beyond_a_closed_image_folder(
    folder: Path, tmp_path: Path, close: Close
) -> None:
    own = tmp_path / "own"
    (own / "val2014").mkdir(parents=True)
    store = PhotoStore(own, network=False, data_images=folder / "images")
    with CocoDataset.open(folder) as dataset:
        name = dataset.split("val").record(0).file_name
    close(own)
    photo = store.photo("", name)
    assert photo.address == str(folder / "images" / str(name))
    close(folder / "images")
    with pytest.raises(PhotoUnavailable, match="can't be read: Permission denied"):
        store.photo("", name)


def test_the_storybook_is_there_though_the_shelf_may_not_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPTIONVIEWER_CACHE_DIR", str(tmp_path))
    book = storybook_folder()
    listed = Path.iterdir

    def refuse(path: Path) -> Iterator[Path]:
        if path == books_folder():
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert storybook_folder() == book


def test_a_closed_cache_of_our_own_keeps_no_start_back(
    tmp_path: Path, close: Close, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPTIONVIEWER_CACHE_DIR", str(tmp_path / "cache"))
    book = books_folder() / "one" / "storybook"
    book.mkdir(parents=True)
    assert book in written_folders()
    close(tmp_path / "cache")
    assert book not in written_folders() and tmp_path / "cache" in written_folders()


def test_photos_in_a_closed_folder_get_no_features(folder: Path, close: Close) -> None:
    name = (folder / "val2014_images.txt").read_text().split()[0]
    assert photo_file(folder / "images", name, "val") is not None
    close(folder / "images")
    assert photo_file(folder / "images", name, "val") is None


def test_a_run_on_a_closed_shelf_is_not_there_any_more(tmp_path: Path, close: Close) -> None:
    key = "20260101-000000-abcdef"
    (tmp_path / "runs" / key).mkdir(parents=True)
    close(tmp_path / "runs")
    with pytest.raises(ShelfError, match="not on the shelf"):
        RunShelf(tmp_path / "runs").rename(key, "mine")
