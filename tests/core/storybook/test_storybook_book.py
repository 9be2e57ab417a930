"""The storybook as a data folder: built anew in a small slice, and as it is shipped."""

import errno
import io
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import h5py
import numpy as np
import pytest

from captionviewer.core.arrays import ByteArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.feature_kinds import FeatureKind
from captionviewer.core.coco.folder_layout import SPLITS, TEXT_FILES, Split, features_file
from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.saved.run_file import model_of
from captionviewer.core.saved.shipped_run import shipped_run
from captionviewer.core.storybook import BookNotUnpacked, picture_of, storybook_folder
from captionviewer.core.storybook import shipped as shipped_module
from captionviewer.core.storybook.addresses import scene_at
from captionviewer.core.storybook.build import build, write_texts
from captionviewer.core.storybook.features import raw_features, small_pictures
from captionviewer.core.storybook.pixel_encoder import shipped_encoder
from captionviewer.core.storybook.scenes import NUM_SCENES
from captionviewer.core.storybook.sentences import captions
from captionviewer.core.storybook.shipped import (
    ARCHIVE,
    LEVELS,
    OLD_AFTER_S,
    archive_version,
    features_content,
    missing_files,
    packed,
    unpacked,
)
from captionviewer.core.user_folders import is_shipped_book
from captionviewer.resources import resource

SLICE: dict[Split, int] = {"train": 14, "val": 4}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAPTIONVIEWER_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        return storybook_folder()


def test_a_slice_built_twice_is_the_same_and_opens_as_any_data_folder(tmp_path: Path) -> None:
    for name in ("one", "two"):
        build(tmp_path / name, SLICE, centroids=(6, 4), width=8)
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name
    with CocoDataset.open(tmp_path / "one") as dataset:
        assert [dataset.split(split).num_photos for split in SPLITS] == [14, 4]
        assert dataset.split("train").features.rows(np.arange(14)).std() > 0.1
        record = dataset.split("val").record(3)
        assert record.url == "storybook:val/000003"
        assert picture_of(record.url).shape == (360, 480, 3)


def test_the_shipped_book_has_the_official_layout(shipped: Path) -> None:
    with h5py.File(shipped / "coco2014_captions.h5") as file:
        assert set(file) == {"train_captions", "train_image_idxs", "val_captions", "val_image_idxs"}
        for split in SPLITS:
            assert file[f"{split}_captions"].shape == (5 * NUM_SCENES[split], 17)
            assert file[f"{split}_captions"].dtype == np.int32
            assert file[f"{split}_image_idxs"].dtype == np.int32
    for split, kind in product(SPLITS, LEVELS):
        with h5py.File(shipped / features_file(split, kind)) as file:
            features = file["features"]
            assert features.dtype == np.float32 and features.chunks is None and features.id.get_offset() > 0
            assert features.shape == (NUM_SCENES[split], 512 if kind == "pca" else 3584)


def test_the_shipped_captions_are_what_the_code_says_of_the_scenes(shipped: Path) -> None:
    with CocoDataset.open(shipped) as dataset:
        assert 250 < len(dataset.vocabulary) < 1004
        known = set(dataset.vocabulary.idx_to_word)
        for split in SPLITS:
            for row in range(0, NUM_SCENES[split], 37):
                record = dataset.split(split).record(row)
                told = [
                    caption_text(dataset.split(split).captions[i], dataset.vocabulary)
                    for i in record.caption_rows
                ]
                meant = [
                    " ".join(word if word in known else "<UNK>" for word in one.text.split())
                    for one in captions(scene_at(record.url))
                ]
                assert sorted(told) == sorted(meant)
        unknown = (dataset.split("train").captions == dataset.vocabulary.unk).any(axis=1).mean()
        assert 0.005 < unknown < 0.1


def test_the_shipped_texts_are_those_that_the_code_writes_anew(shipped: Path, tmp_path: Path) -> None:
    write_texts(tmp_path, NUM_SCENES)
    for name in TEXT_FILES:
        assert (tmp_path / name).read_bytes() == (shipped / name).read_bytes(), name


@pytest.fixture(scope="module")
def drawn(shipped: Path) -> dict[tuple[Split, int], ByteArray]:
    """Some scenes of the book, drawn anew."""
    last = NUM_SCENES["train"] - 1
    rows: list[tuple[Split, int]] = [("train", 0), ("train", last), ("val", 11), ("val", 399)]
    rows += [("val", row) for row in range(0, 400, 50)]
    with CocoDataset.open(shipped) as dataset:
        return {(split, row): picture_of(dataset.split(split).record(row).url) for split, row in rows}


@pytest.mark.parametrize("kind", LEVELS)
def test_a_scene_drawn_anew_gives_its_stored_row_to_the_rounding_of_its_codes(
    shipped: Path, kind: FeatureKind, drawn: dict[tuple[Split, int], ByteArray]
) -> None:
    encoder = shipped_encoder()
    step = encoder.codes[kind].step
    off = []
    with CocoDataset.open(shipped, kind) as dataset:
        for (split, row), picture in drawn.items():
            made = encoder.features(picture, kind)
            kept = dataset.split(split).features.rows(np.array([row]))[0]
            steps_off = np.abs(made - kept) / step
            assert steps_off.max() < 1.01  # a value on the border of two codes may fall to either
            off.append(np.mean(steps_off > 0.01))
    assert np.mean(off) < 0.01 and max(off) < 0.02


def test_a_scene_drawn_anew_has_the_caption_of_its_stored_row(
    shipped: Path, drawn: dict[tuple[Split, int], ByteArray]
) -> None:
    """By the model that is shipped; `benchmarks/encoding.py` counts it over all 400 of val."""
    model, encoder = model_of(shipped_run()), shipped_encoder()
    assert model is not None
    rows = [row for split, row in drawn if split == "val"]
    anew = np.stack([encoder.features(drawn["val", row]) for row in rows])
    with CocoDataset.open(shipped) as dataset:
        kept = dataset.split("val").features.rows(np.array(rows))
        told = [
            [caption_text(ids, dataset.vocabulary) for ids in model.model.sample(x)] for x in (kept, anew)
        ]
    assert sum(one == other for one, other in zip(*told, strict=True)) >= len(rows) - 1
    assert len(set(told[0])) > len(rows) / 2


def test_the_components_are_finer_than_the_codes_they_make(shipped: Path) -> None:
    """Unrounded, a short feature lies within half a step of its code, and a little for 16 bits."""
    encoder = shipped_encoder()
    codes = encoder.codes["pca"]
    with CocoDataset.open(shipped) as dataset:
        for row in (5, 250):
            raw = raw_features(
                small_pictures(picture_of(dataset.split("val").record(row).url)), encoder.dictionaries
            )
            kept = dataset.split("val").features.rows(np.array([row]))[0]
            inside = (kept > codes.low) & (kept < codes.low + 255 * codes.step)
            off = np.abs(encoder.components.of(raw[np.newaxis])[0] - kept) / codes.step
            assert off[inside].max() < 0.55 and inside.mean() > 0.95


def test_the_short_features_keep_what_the_pictures_show(shipped: Path) -> None:
    """By features alone, the nearest train scene has the setting of almost every val scene."""
    with CocoDataset.open(shipped) as dataset:
        train = dataset.split("train").features.rows(np.arange(NUM_SCENES["train"]))
        val = dataset.split("val").features.rows(np.arange(NUM_SCENES["val"]))
        assert np.isfinite(train).all() and 0.3 < train.std() < 0.7
        one, other = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (train, val))
        nearest = (other @ one.T).argmax(axis=1)
        same = [
            scene_at(f"storybook:val/{i:06d}").setting == scene_at(f"storybook:train/{int(j):06d}").setting
            for i, j in enumerate(nearest)
        ]
        assert np.mean(same) > 0.9


def test_the_archive_is_small_enough_to_ship() -> None:
    assert resource(ARCHIVE).stat().st_size < 12_000_000


def test_unpacking_tells_its_progress_and_happens_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPTIONVIEWER_CACHE_DIR", str(tmp_path))
    told: list[float] = []
    folder = storybook_folder(told.append)
    assert told == sorted(told) and told[-1] == 1.0 and len(told) >= 4
    assert is_shipped_book(folder) and list(folder.parent.iterdir()) == [folder]
    stamps = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert storybook_folder() == folder
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == stamps


def test_a_book_that_was_unpacked_in_part_is_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAPTIONVIEWER_CACHE_DIR", str(tmp_path))
    folder = storybook_folder()
    content = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "train2014_urls.txt").unlink()
    (folder / "val2014_vgg16_fc7_pca.h5").write_bytes(content["val2014_vgg16_fc7_pca.h5"][:-1])
    assert storybook_folder() == folder
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == content
    (folder / "complete.json").write_text("[[")
    (folder / "coco2014_vocab.json").write_text("{}")
    storybook_folder()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == content


def test_what_an_interrupted_program_left_half_written_is_swept_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPTIONVIEWER_CACHE_DIR", str(tmp_path))
    # its process is killed while it writes
    code = (
        "import os, pathlib\n"
        "from captionviewer.core.storybook import storybook_folder\n"
        "pathlib.Path.replace = lambda *_: os._exit(0)\n"
        "storybook_folder()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    folder = tmp_path / "books" / archive_version() / "storybook"
    assert [path.suffix for path in folder.iterdir()] == [".part"]
    storybook_folder()
    assert not [path for path in folder.iterdir() if path.suffix == ".part"]


def test_books_of_other_versions_go_when_nobody_has_opened_them_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPTIONVIEWER_CACHE_DIR", str(tmp_path))
    mine = storybook_folder().parent
    long_ago = time.time() - OLD_AFTER_S - 100
    for name in ("old", "used lately", "with a user's file", "somebody else's"):
        book = tmp_path / "books" / name / "storybook"
        book.mkdir(parents=True)
        (book / ("complete.json" if name != "somebody else's" else "diary.txt")).write_text("{}")
        (book / "coco2014_vocab.json").write_text("{}")
        if name == "with a user's file":
            (book / "notes.txt").write_text("mine")
        if name != "used lately":
            os.utime(book.parent, (long_ago, long_ago))
    os.utime(mine, (long_ago, long_ago))
    storybook_folder()
    left = {str(path.relative_to(tmp_path / "books")) for path in (tmp_path / "books").glob("*/*/*")}
    assert {name for name in left if not name.startswith(mine.name)} == {
        "used lately/storybook/complete.json",
        "used lately/storybook/coco2014_vocab.json",
        "with a user's file/storybook/notes.txt",
        "somebody else's/storybook/diary.txt",
        "somebody else's/storybook/coco2014_vocab.json",
    }
    assert not (tmp_path / "books" / "old").exists()
    assert missing_files(mine / "storybook") == [] and time.time() - mine.stat().st_mtime < 1000


def test_programs_that_unpack_at_once_do_not_harm_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPTIONVIEWER_CACHE_DIR", str(tmp_path))
    # each opens the book as soon as it has it, while the others may still be writing theirs
    code = (
        "import numpy as np\n"
        "from captionviewer.core.coco.dataset import CocoDataset\n"
        "from captionviewer.core.storybook import storybook_folder\n"
        "for _ in range(2):\n"
        "    with CocoDataset.open(storybook_folder(anew=True)) as dataset:\n"
        "        print(dataset.split('train').features.rows(np.arange(3000)).sum())\n"
    )
    programs = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    told = [program.communicate() for program in programs]
    assert [errors for _, errors in told] == [b""] * 2
    assert len({line for lines, _ in told for line in lines.split()}) == 1
    assert [path.name for path in (tmp_path / "books" / archive_version()).iterdir()] == ["storybook"]


def test_a_full_disk_is_told_with_its_place_and_the_next_try_completes_the_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPTIONVIEWER_CACHE_DIR", str(tmp_path))
    real = os.fdopen
    opened = 0

    class FullDisk(io.BytesIO):
        def write(self, content: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fdopen(handle: int, mode: str) -> object:
        nonlocal opened
        opened += 1
        if opened < 8:
            return real(handle, mode)
        os.close(handle)
        return FullDisk()

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdopen", fdopen)
        with pytest.raises(BookNotUnpacked) as caught:
            storybook_folder()
    assert str(tmp_path) in str(caught.value) and "No space left on device" in str(caught.value)
    assert not list(tmp_path.rglob("*.part"))
    with CocoDataset.open(storybook_folder(), "raw") as dataset:
        assert dataset.split("val").num_photos == NUM_SCENES["val"]


def test_a_damaged_archive_asks_for_a_new_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPTIONVIEWER_CACHE_DIR", str(tmp_path))
    bad = tmp_path / "storybook.zip"
    bad.write_bytes(b"PK not a zip")
    monkeypatch.setattr(shipped_module, "resource", lambda _name: bad)
    with pytest.raises(BookNotUnpacked, match="Install captionviewer anew"):
        storybook_folder()


@pytest.mark.parametrize("levels", [16, 256])
def test_packing_loses_at_most_half_a_step(levels: int) -> None:
    values = np.random.default_rng(1).normal(3, 2, (40, 6)).astype(np.float32)
    low, high = values.min(axis=0), values.max(axis=0)
    step = ((high - low) / (levels - 1)).astype(np.float32)
    again = unpacked(packed(values, low, step, levels), low, step, levels)
    assert (np.abs(again - values) <= 0.51 * step).all()


def test_threads_may_write_features_at_once() -> None:
    values = np.arange(400_000, dtype=np.float32).reshape(1000, 400)
    with ThreadPoolExecutor(4) as threads:
        images = list(threads.map(lambda _: features_content(values), range(24)))
    assert len(set(images)) == 1
    with h5py.File(io.BytesIO(images[0]), "r") as file:
        np.testing.assert_array_equal(file["features"][:], values)
