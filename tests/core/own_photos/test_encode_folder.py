"""The features of a folder's photos: the same whoever computes them, and whenever the work was broken off."""

import io
import os
import shutil
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from captionviewer.core.child_program import NICENESS, ChildProgram, package_path
from captionviewer.core.coco.data_error import DataError
from captionviewer.core.coco.dataset import CocoDataset, Split, feature_kinds_in
from captionviewer.core.encoders.efficientnet_lite0 import FEATURE_DIM, EfficientNetLite0
from captionviewer.core.own_photos import encoding, feature_files
from captionviewer.core.own_photos.encode_folder import WITHOUT_FEATURES, FolderEncoding
from captionviewer.core.own_photos.encoding import PROGRAM, UNFINISHED, Encoding
from captionviewer.core.own_photos.lite0_features import (
    COMPONENTS_FILE,
    Lite0Components,
    features_of_file,
    learn_components,
)
from captionviewer.core.own_photos.photo_encoder import NoEncoder, encoder_of
from captionviewer.core.photos.problem import PhotoUnavailable

PHOTOS = 6  # of each split, that are there


@pytest.fixture
def folder(coco_folder: Path, tmp_path: Path) -> Path:
    """A data folder with the photos of its first rows alone, one of which is damaged."""
    here = tmp_path / "coco"
    shutil.copytree(coco_folder, here, ignore=shutil.ignore_patterns("images", "*lite0*"))
    for split in ("train", "val"):
        place = here / "images" / f"{split}2014"
        place.mkdir(parents=True)
        names = (here / f"{split}2014_images.txt").read_text().split()[:PHOTOS]
        for name in names:
            shutil.copyfile(coco_folder / "images" / place.name / Path(name).name, place / Path(name).name)
    (here / "images" / "val2014" / Path(names[1]).name).write_bytes(b"\xff\xd8\xff no photo")
    return here


def test_a_coco_folder_gets_a_third_kind_of_features_from_its_photos(folder: Path) -> None:
    work = FolderEncoding(folder, processes=2)
    assert work.run() == PHOTOS - 1
    assert "lite0" in feature_kinds_in(folder) and not (folder / UNFINISHED).exists()
    components = Lite0Components.read(folder)
    encoder = EfficientNetLite0.load()
    with CocoDataset.open(folder, "lite0") as dataset:
        assert dataset.feature_dim == PHOTOS - 1
        rows: list[tuple[Split, int]] = [("train", 0), ("train", 5), ("val", 2)]
        for split, row in rows:
            made = dataset.split(split).features.rows(np.array([row]))[0]
            path = folder / "images" / str(dataset.split(split).record(row).file_name)
            wanted = components.of(features_of_file(encoder, path)[np.newaxis])[0]
            np.testing.assert_allclose(made, wanted, atol=1e-4)
        assert not dataset.split("val").features.rows(np.array([1, PHOTOS])).any()
        lost = dataset.split("train").num_photos + dataset.split("val").num_photos - 2 * PHOTOS + 1
    listed = (folder / WITHOUT_FEATURES).read_text().splitlines()
    assert len(listed) == lost and any(line.startswith("val\t1\t") and "damaged" in line for line in listed)
    Lite0Components(components.mean, components.weights[:, 1:]).write(folder)
    with CocoDataset.open(folder, "lite0") as dataset, pytest.raises(NoEncoder, match="compute them again"):
        encoder_of(dataset)


def test_a_photo_whose_features_are_no_numbers_counts_as_unreadable(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, (photo, *_) = EfficientNetLite0.load(), (folder / "images" / "train2014").iterdir()
    assert np.isfinite(features_of_file(encoder, photo)).all()
    nothing = np.full(FEATURE_DIM, np.nan, np.float32)
    monkeypatch.setattr(EfficientNetLite0, "features", lambda _encoder, _picture: nothing)
    with pytest.raises(PhotoUnavailable, match="features are not finite numbers"):
        features_of_file(encoder, photo)


def test_work_that_was_killed_goes_on_where_it_was(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys, threading, time, os, signal\n"
        "from pathlib import Path\n"
        "from captionviewer.core.own_photos import encoding\n"
        "from captionviewer.core.own_photos.encode_folder import FolderEncoding\n"
        "encoding._KEPT_EVERY_S = 0\n"
        "work = FolderEncoding(Path(sys.argv[1]), processes=1)\n"
        "def watch():\n"
        "    while work.progress.done - work.progress.before < 4:\n"
        "        time.sleep(0.005)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "threading.Thread(target=watch).start()\n"
        "work.run()\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert killed.returncode == -signal.SIGKILL if os.name == "posix" else killed.returncode
    assert "lite0" not in feature_kinds_in(folder)
    work = FolderEncoding(folder, processes=1)
    assert work.run() is not None
    missing = len(work.progress.unreadable) - 1  # the damaged one is looked at again
    assert work.progress.before - missing >= 4
    assert work.progress.done == work.progress.total
    once = {path.name: path.read_bytes() for path in folder.glob("*lite0*")}
    assert FolderEncoding(folder, processes=2).run() is not None
    assert {path.name: path.read_bytes() for path in folder.glob("*lite0*")} == once


@pytest.mark.parametrize("kept_every_s", [0.0, 1e9])
def test_a_photo_is_marked_as_done_once_its_features_have_reached_the_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch, kept_every_s: float
) -> None:
    monkeypatch.setattr(encoding, "_KEPT_EVERY_S", kept_every_s)
    photos = sorted((folder / "images" / "train2014").iterdir())
    place = folder / UNFINISHED
    on_disk = 0  # rows that were there when the disk was last asked to keep them
    really = os.fsync

    def fsync(handle: int) -> None:
        nonlocal on_disk
        assert sum((place / "done").read_bytes()) <= on_disk
        on_disk = (place / "rows").stat().st_size // (4 * FEATURE_DIM)
        really(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    work = Encoding(photos, folder, 1)
    with work.alone():
        assert work.run()
        assert sum((place / "done").read_bytes()) == on_disk == PHOTOS
        again = Encoding(photos, folder, 1)
        assert again.run() and again.progress.before == PHOTOS
        os.truncate(
            place / "rows", 4 * FEATURE_DIM * (PHOTOS - 1)
        )  # a mark without its row counts for nothing
        cut = Encoding(photos, folder, 1)
        assert cut.run() and cut.progress.before == PHOTOS - 1


@pytest.mark.skipif(os.name != "posix", reason="such a limit is not to be had elsewhere")
def test_of_a_row_that_a_full_disk_took_in_part_nothing_is_marked_and_the_rest_is_kept(
    folder: Path,
) -> None:
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from captionviewer.core.own_photos.encoding import Encoding\n"
        "photos = sorted(Path(sys.argv[1], 'images', 'train2014').iterdir())\n"
        "work = Encoding(photos, Path(sys.argv[1]), 1)\n"
        "with work.alone():\n"
        "    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (3 * 5120 + 100,) * 2)\n"
        "    try:\n"
        "        work.run()\n"
        "    except OSError as error:\n"
        "        print(error.strerror)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True)
    assert "large" in run.stdout, run.stderr
    assert (folder / UNFINISHED / "done").read_bytes() == bytes([1, 1, 1, 0, 0, 0])


def test_a_folder_whose_features_are_being_computed_is_refused_until_that_has_ended(folder: Path) -> None:
    work = FolderEncoding(folder, processes=1)
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from captionviewer.core.own_photos.encoding import Encoding\n"
        "with Encoding([], Path(sys.argv[1])).alone():\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with other:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        with pytest.raises(DataError, match="are being computed already"):
            work.run()
        assert (folder / UNFINISHED).is_dir()
        other.kill()
    assert work.run() is not None, "what was killed holds nothing any more"
    assert not (folder / UNFINISHED).exists()


def test_what_was_computed_of_other_photos_is_not_taken_for_these(folder: Path) -> None:
    photos = sorted((folder / "images" / "train2014").iterdir())[:2]
    first = Encoding(photos, folder, 1)
    with first.alone():
        assert first.run()
    shutil.copyfile(photos[0], photos[1])
    second = Encoding(photos, folder, 1)
    with second.alone():
        assert second.run() and second.progress.before == 0
    [(_, rows)] = list(second.blocks([0, 1]))
    np.testing.assert_array_equal(rows[0], rows[1])


@pytest.mark.skipif(os.name != "posix", reason="another measure elsewhere")
def test_the_processes_that_encode_give_way_to_others() -> None:
    program = ChildProgram(sys.executable, ["-m", PROGRAM], {"PYTHONPATH": package_path()})
    try:
        (child,) = (each for each in psutil.Process().children() if PROGRAM in each.cmdline())
        assert child.nice() >= NICENESS
    finally:
        program.end()


def test_a_folder_without_its_photos_or_names_is_told_what_it_lacks(folder: Path) -> None:
    with pytest.raises(DataError, match="None of the data's photos"):
        FolderEncoding(folder, folder)
    (folder / "train2014_images.txt").unlink()
    with pytest.raises(DataError, match="nobody knows which photo"):
        FolderEncoding(folder)


def test_a_list_of_names_that_does_not_fit_is_told_before_anything_is_computed(folder: Path) -> None:
    listed = folder / "train2014_images.txt"
    names = listed.read_text().splitlines()
    listed.write_text("\n".join(names[:-1]))
    with pytest.raises(DataError, match="rows; each image has one"):
        FolderEncoding(folder)
    listed.write_text("\n".join([names[0] * 200, *names[1:]]))
    with pytest.raises(DataError, match="Line 1 has"):
        FolderEncoding(folder)
    for features in folder.glob("*vgg16*.h5"):
        features.unlink()
    listed.write_text("\r\n".join([*names, "", ""]))
    assert FolderEncoding(folder).progress.total == sum(
        len((folder / f"{split}2014_images.txt").read_text().split()) for split in ("train", "val")
    )
    listed.write_text("\n".join(names[:5]))
    with pytest.raises(DataError, match="has 5 lines"):
        FolderEncoding(folder)


@pytest.mark.parametrize("count", [40, FEATURE_DIM + 60])
def test_components_turn_rows_without_loss_and_fall_in_what_they_say(count: int) -> None:
    """As many as there are rows to tell apart keep all distances; each says less than the one before."""
    rng = np.random.default_rng(5)
    rows = (rng.normal(size=(count, 30)) @ rng.normal(size=(30, FEATURE_DIM)) + 3).astype(np.float32)
    components = learn_components(lambda: iter([rows[:7], rows[7:]]))
    short = components.of(rows)
    assert short.shape == (count, min(512, count - 1))
    np.testing.assert_allclose(short.mean(axis=0), 0, atol=1e-3)
    deviations = short.std(axis=0)[:30]
    assert (np.diff(deviations) <= 1e-3).all()
    np.testing.assert_allclose(
        np.linalg.norm(short[1:] - short[0], axis=1), np.linalg.norm(rows[1:] - rows[0], axis=1), rtol=1e-3
    )


def npy(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def bomb() -> bytes:
    """An archive that is small, and unpacks to a hundred megabytes; made when it is wanted, not at import."""
    stream = io.BytesIO()
    np.savez_compressed(
        stream, mean=np.zeros(FEATURE_DIM, np.float32), weights=np.zeros((FEATURE_DIM, 20_000), np.float32)
    )
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        lambda: b"",
        lambda: b"PK no archive",
        lambda: b"\x80\x04cos\nsystem\n",
        lambda: npy(np.zeros(FEATURE_DIM, np.float32)),
        bomb,
    ],
    ids=["empty", "cut", "pickle", "one array", "bomb"],
)
def test_components_that_are_damaged_or_hostile_are_refused_before_much_is_read(
    tmp_path: Path, content: Callable[[], bytes]
) -> None:
    (tmp_path / COMPONENTS_FILE).write_bytes(content())
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="captionviewer encode"):
            Lite0Components.read(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_features_broken_off_stand_beside_no_components_that_did_not_make_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Lite0Components(np.zeros(FEATURE_DIM, np.float32), np.ones((FEATURE_DIM, 3), np.float32)).write(folder)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(feature_files, "hdf5_content", full)
    with pytest.raises(OSError, match="No space"):
        FolderEncoding(folder, processes=1).run()
    with pytest.raises(DataError, match="The file is missing"):
        Lite0Components.read(folder)
