"""What opening a damaged folder says: always a DataError that names the file.

(Past 400 lines: one kind of damage after the other, which share the writing of a small folder.)
"""

import json
import os
import pickle
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from captionviewer.core.coco import feature_file, files
from captionviewer.core.coco.dataset import CocoDataset, DataError
from captionviewer.core.coco.hdf5 import files as hdf5_files
from captionviewer.core.coco.official_files import OFFICIAL_FILES
from captionviewer.core.coco.vocabulary import caption_words
from tests.coco_folder_writer import PCA_WIDTH, write_coco_folder

VOCABULARY = "coco2014_vocab.json"
CAPTIONS = "coco2014_captions.h5"
TRAIN = "train2014_vgg16_fc7_pca.h5"
VAL = "val2014_vgg16_fc7_pca.h5"

Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def whole_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_coco_folder(tmp_path_factory.mktemp("whole") / "coco", photos=False)


@pytest.fixture
def folder(whole_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole_folder, tmp_path / "coco"))


def put(path: Path, key: str, values: Any, **options: Any) -> None:
    """Replace one array of an HDF5 file."""
    with h5py.File(path, "r+") as file:
        del file[key]
        if values is not None:
            file.create_dataset(key, data=values, **options)


def take(path: Path, key: str) -> np.ndarray:
    with h5py.File(path) as file:
        return np.asarray(file[key][()])


def changed(name: str, key: str, change: Callable[[np.ndarray], Any], **options: Any) -> Damage:
    """Damage that puts `change(array)` where an array was."""
    return lambda folder: put(folder / name, key, change(take(folder / name, key)), **options)


def written(name: str, content: bytes) -> Damage:
    def damage(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return damage


def removed(name: str) -> Damage:
    return lambda folder: (folder / name).unlink()


def cut(name: str, keep: int) -> Damage:
    def damage(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:keep])

    return damage


def vocabulary(change: Callable[[dict[str, Any]], Any]) -> Damage:
    def damage(folder: Path) -> None:
        content = json.loads((folder / VOCABULARY).read_text())
        replaced = change(content)
        (folder / VOCABULARY).write_text(json.dumps(content if replaced is None else replaced))

    return damage


def without_special_word(word: str) -> Damage:
    def change(content: dict[str, Any]) -> None:
        words = ["other" if one == word else one for one in content["idx_to_word"]]
        content.update(idx_to_word=words, word_to_idx={one: index for index, one in enumerate(words)})

    return vocabulary(change)


def at(place: int | tuple[int, int], value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(array: np.ndarray) -> np.ndarray:
        array[place] = value
        return array

    return change


def declared(name: str, key: str, shape: tuple[int, ...], dtype: str, **options: Any) -> Damage:
    """An array that says how large it is and holds nothing."""

    def damage(folder: Path) -> None:
        with h5py.File(folder / name, "r+") as file:
            del file[key]
            file.create_dataset(key, shape=shape, dtype=dtype, **options)

    return damage


def shape_rewritten(name: str, key: str, larger: tuple[int, int]) -> Damage:
    """Shape and size in the file's header made larger, both alike, with the values left as they are."""

    def damage(folder: Path) -> None:
        with h5py.File(folder / name) as file:
            shape, offset, size = file[key].shape, file[key].id.get_offset(), file[key].nbytes
        content = (folder / name).read_bytes()
        for old, new in (
            (struct.pack("<QQ", *shape), struct.pack("<QQ", *larger)),
            (struct.pack("<QQ", offset, size), struct.pack("<QQ", offset, 4 * larger[0] * larger[1])),
        ):
            assert old in content
            content = content.replace(old, new)
        (folder / name).write_bytes(content)

    return damage


def linked(link: Callable[[Path], Any]) -> Damage:
    def damage(folder: Path) -> None:
        (folder / TRAIN).rename(folder / "elsewhere.h5")
        with h5py.File(folder / TRAIN, "w") as file:
            file["features"] = link(folder)

    return damage


def soft_linked(folder: Path) -> None:
    with h5py.File(folder / TRAIN, "r+") as file:
        file.move("features", "hidden")
        file["features"] = h5py.SoftLink("/hidden")


def virtual(folder: Path) -> None:
    (folder / TRAIN).rename(folder / "elsewhere.h5")
    with h5py.File(folder / TRAIN, "w") as file:
        layout = h5py.VirtualLayout(shape=(24, PCA_WIDTH), dtype="f4")
        layout[:] = h5py.VirtualSource(folder / "elsewhere.h5", "features", shape=(24, PCA_WIDTH))
        file.create_virtual_dataset("features", layout)


def external_storage(folder: Path) -> None:
    (folder / "values").write_bytes(bytes(24 * PCA_WIDTH * 4))
    with h5py.File(folder / TRAIN, "w") as file:
        file.create_dataset(
            "features",
            shape=(24, PCA_WIDTH),
            dtype="f4",
            external=[(str(folder / "values"), 0, h5py.h5f.UNLIMITED)],
        )


def group_instead(folder: Path) -> None:
    with h5py.File(folder / TRAIN, "w") as file:
        file.create_group("features")


def renamed_key(folder: Path) -> None:
    with h5py.File(folder / CAPTIONS, "r+") as file:
        file.move("train_captions", "captions_of_train")


def chunks_written(count: int) -> Damage:
    def damage(folder: Path) -> None:
        with h5py.File(folder / TRAIN, "w") as file:
            array = file.create_dataset("features", shape=(24, PCA_WIDTH), dtype="f4", chunks=(6, PCA_WIDTH))
            array[: 6 * count] = 1.0

    return damage


def folder_instead(folder: Path) -> None:
    (folder / VOCABULARY).unlink()
    (folder / VOCABULARY).mkdir()


def objects(array: np.ndarray) -> np.ndarray:
    return np.array(["words"] * len(array), dtype=object)


DAMAGES: dict[str, tuple[Damage, str, str]] = {
    "vocabulary missing": (removed(VOCABULARY), VOCABULARY, "missing"),
    "captions missing": (removed(CAPTIONS), CAPTIONS, "missing"),
    "train urls missing": (removed("train2014_urls.txt"), "train2014_urls.txt", "missing"),
    "val features missing": (removed(VAL), VAL, "missing"),
    "a folder for a file": (folder_instead, VOCABULARY, "folder where a file should be"),
    "captions are text": (written(CAPTIONS, b"<!DOCTYPE html>" * 99), CAPTIONS, "not an HDF5 file"),
    "features are text": (written(TRAIN, b"0.1 0.2\n" * 99), TRAIN, "not an HDF5 file"),
    "features empty file": (written(TRAIN, b""), TRAIN, "empty"),
    "features cut at the end": (cut(TRAIN, -1), TRAIN, "cut"),
    "features cut in half": (cut(TRAIN, 4000), TRAIN, "cut"),
    "features cut in the header": (cut(TRAIN, 300), TRAIN, "cut"),
    "captions cut": (cut(CAPTIONS, -1), CAPTIONS, "cut"),
    "captions key renamed": (
        renamed_key,
        CAPTIONS,
        "no 'train_captions' in this file; it holds 'captions_of",
    ),
    "features key missing": (changed(VAL, "features", lambda a: None), VAL, "it holds nothing"),
    "features are a group": (group_instead, TRAIN, "not an array"),
    "captions of one axis": (
        changed(CAPTIONS, "train_captions", np.ravel),
        CAPTIONS,
        "should have 2 axes but has the shape",
    ),
    "image ids of two axes": (
        changed(CAPTIONS, "val_image_idxs", lambda a: a[:, None]),
        CAPTIONS,
        "should have 1 axis but",
    ),
    "a scalar of features": (
        changed(TRAIN, "features", lambda a: np.float32(1)),
        TRAIN,
        "should have 2 axes",
    ),
    "no value at all": (changed(TRAIN, "features", lambda a: h5py.Empty("f4")), TRAIN, "has no value"),
    "captions as floats": (
        changed(CAPTIONS, "train_captions", lambda a: a.astype(float)),
        CAPTIONS,
        "should hold whole numbers but its type is float64",
    ),
    "features as ints": (
        changed(TRAIN, "features", lambda a: a.astype(int)),
        TRAIN,
        "should hold floating-point numbers but its type is int64",
    ),
    "features as long doubles": (
        changed(TRAIN, "features", lambda a: a.astype(np.longdouble)),
        TRAIN,
        "should hold floating-point numbers",
    ),
    "image ids as strings": (changed(CAPTIONS, "train_image_idxs", objects), CAPTIONS, "its type is object"),
    "image ids as truths": (
        changed(CAPTIONS, "train_image_idxs", lambda a: a > 3),
        CAPTIONS,
        "should hold whole numbers but its type is bool",
    ),
    "no train captions": (changed(CAPTIONS, "train_captions", lambda a: a[:0]), CAPTIONS, "is empty"),
    "captions without columns": (
        changed(CAPTIONS, "train_captions", lambda a: a[:, :0]),
        CAPTIONS,
        "0 words wide",
    ),
    "no val images": (changed(VAL, "features", lambda a: a[:0]), VAL, "is empty"),
    "features without columns": (changed(VAL, "features", lambda a: a[:, :0]), VAL, "is empty"),
    "a caption too few": (
        changed(CAPTIONS, "train_captions", lambda a: a[:-1]),
        CAPTIONS,
        "has 115 rows, but 'train_image_idxs' has 116",
    ),
    "captions of two widths": (
        changed(CAPTIONS, "val_captions", lambda a: a[:, :-1]),
        CAPTIONS,
        "'train_captions' has 17 columns, but 'val_captions' has 16",
    ),
    "word id too high": (
        changed(CAPTIONS, "train_captions", at((7, 3), 49)),
        CAPTIONS,
        "Row 7 of 'train_captions' holds 49, but the vocabulary has 49 words",
    ),
    "word id negative": (
        changed(CAPTIONS, "val_captions", at((9, 3), -1)),
        CAPTIONS,
        "Row 9 of 'val_captions' holds -1",
    ),
    "image id too high": (
        changed(CAPTIONS, "val_image_idxs", at(11, 16)),
        CAPTIONS,
        f"Row 11 of 'val_image_idxs' holds 16, but {VAL} has 16 rows",
    ),
    "image id negative": (
        changed(CAPTIONS, "train_image_idxs", at(0, -5)),
        CAPTIONS,
        "Row 0 of 'train_image_idxs' holds -5",
    ),
    "image id beyond 64 bits of sign": (
        changed(CAPTIONS, "train_image_idxs", lambda a: a.astype("u8") + 2**63),
        CAPTIONS,
        "holds 9223372036854775",
    ),
    "caption without start": (
        changed(CAPTIONS, "train_captions", at((5, 0), 4)),
        CAPTIONS,
        "Row 5 of 'train_captions' does not begin with <START>",
    ),
    "features a row too few": (
        changed(TRAIN, "features", lambda a: a[:-1]),
        CAPTIONS,
        f"holds 23, but {TRAIN} has 23 rows",
    ),
    "features a row too many": (
        changed(TRAIN, "features", lambda a: np.vstack([a, a[:1]])),
        "train2014_urls.txt",
        f"has 24 lines, but {TRAIN} has 25 rows",
    ),
    "features of two widths": (
        changed(VAL, "features", lambda a: a[:, :-2]),
        VAL,
        f"62 wide, but those of {TRAIN} are 64",
    ),
    "a url too few": (written("val2014_urls.txt", b"http://x\n" * 15), "val2014_urls.txt", "has 15 lines"),
    "a name too many": (
        written("val2014_images.txt", b"a/b.jpg\n" * 17),
        "val2014_images.txt",
        "has 17 lines",
    ),
    "a million blank lines": (
        written("val2014_urls.txt", b"\n" * 30_000),
        "val2014_urls.txt",
        "has 30,000 lines",
    ),
    "urls empty": (written("val2014_urls.txt", b""), "val2014_urls.txt", "empty"),
    "urls too large": (written("val2014_urls.txt", b"u" * 40_000), "val2014_urls.txt", "larger than"),
    "urls not text": (
        written("train2014_urls.txt", b"\xff\xd8\xff\n" * 24),
        "train2014_urls.txt",
        "not a text",
    ),
    "features too wide": (
        declared(TRAIN, "features", (24, 70_000), "f4", chunks=(24, 7_000), compression="gzip", fillvalue=1),
        TRAIN,
        "only 0 are stored",
    ),
    "features declared, not written": (
        declared(TRAIN, "features", (24, PCA_WIDTH), "f4"),
        TRAIN,
        "never written",
    ),
    "features declared beyond the file": (
        shape_rewritten(TRAIN, "features", (82_783, 4_096)),
        TRAIN,
        "cut",
    ),
    "features declared beyond all disks": (
        declared(TRAIN, "features", (2**40, 2**20), "f4", chunks=(1, 2**20)),
        TRAIN,
        "only 0 are stored",
    ),
    "captions declared, not written": (
        declared(CAPTIONS, "train_captions", (400_000_000, 17), "i4"),
        CAPTIONS,
        "never written",
    ),
    "captions declared beyond the file": (
        shape_rewritten(CAPTIONS, "train_captions", (400_000_000, 17)),
        CAPTIONS,
        "cut",
    ),
    "enormous chunks": (
        declared(TRAIN, "features", (2**20, 4_096), "f4", chunks=(2**17, 4_096)),
        TRAIN,
        "would take too much memory",
    ),
    "chunks half written": (chunks_written(2), TRAIN, "2 of its 4 pieces"),
    "all chunks but one": (chunks_written(3), TRAIN, "3 of its 4 pieces"),
    "features linked to another file": (
        linked(lambda folder: h5py.ExternalLink(str(folder / "elsewhere.h5"), "features")),
        TRAIN,
        "links in data files are not followed",
    ),
    "features linked softly": (soft_linked, TRAIN, "links in data files are not followed"),
    "features virtual": (virtual, TRAIN, "stand in other files"),
    "features stored externally": (external_storage, TRAIN, "stand in other files"),
    "vocabulary broken": (cut(VOCABULARY, 400), VOCABULARY, "not valid JSON"),
    "vocabulary empty": (written(VOCABULARY, b""), VOCABULARY, "empty"),
    "vocabulary binary": (written(VOCABULARY, b"\x89HDF\r\n\x1a\n"), VOCABULARY, "not a text file"),
    "vocabulary nested deeply": (written(VOCABULARY, b"[" * 200_000), VOCABULARY, "not valid JSON"),
    "vocabulary a number of many digits": (written(VOCABULARY, b"7" * 9_000), VOCABULARY, "not valid JSON"),
    "vocabulary huge": (
        written(VOCABULARY, b'{"idx_to_word": [' + b'"a",' * 2_000_000),
        VOCABULARY,
        "larger than the 4,194,304 bytes",
    ),
    "vocabulary of too many words": (
        vocabulary(lambda v: {"idx_to_word": [f"{i}" for i in range(70_000)], "word_to_idx": {}}),
        VOCABULARY,
        "70,000 words; at most 65,536",
    ),
    "vocabulary a list": (vocabulary(lambda v: v["idx_to_word"]), VOCABULARY, "should be a JSON object"),
    "vocabulary without words": (
        vocabulary(lambda v: {"word_to_idx": {}}),
        VOCABULARY,
        "'idx_to_word' should",
    ),
    "vocabulary without ids": (vocabulary(lambda v: {"idx_to_word": []}), VOCABULARY, "'word_to_idx' should"),
    "vocabulary without a word": (
        vocabulary(lambda v: {"idx_to_word": [], "word_to_idx": {}}),
        VOCABULARY,
        "<NULL> is missing",
    ),
    "vocabulary halves swapped ids": (
        vocabulary(lambda v: v["word_to_idx"].update({"a": 4, "the": 5})),
        VOCABULARY,
        "'idx_to_word' has 'the' at 4, but",
    ),
    "vocabulary a word too many": (
        vocabulary(lambda v: v["word_to_idx"].update({"zebra": 900})),
        VOCABULARY,
        "'word_to_idx' has 50 words, but 'idx_to_word' has 49",
    ),
    "vocabulary a word too few": (
        vocabulary(lambda v: v["word_to_idx"].pop("the") and None),
        VOCABULARY,
        "'the' at 4, but",
    ),
    "vocabulary a word twice": (
        vocabulary(lambda v: v["idx_to_word"].append("the")),
        VOCABULARY,
        "'the' at 49, but",
    ),
    "vocabulary an id as text": (
        vocabulary(lambda v: v["word_to_idx"].update({"the": "4"})),
        VOCABULARY,
        "'the' at 4, but",
    ),
    "vocabulary an id as truth": (
        vocabulary(lambda v: v["word_to_idx"].update({"<START>": True})),
        VOCABULARY,
        "'<START>' at 1, but",
    ),
    "vocabulary a word as number": (
        vocabulary(lambda v: v["idx_to_word"].__setitem__(6, 6)),
        VOCABULARY,
        "Entry 6 of 'idx_to_word' is not a word",
    ),
    "vocabulary a word of line ends": (
        vocabulary(lambda v: v["idx_to_word"].__setitem__(6, "\n")),
        VOCABULARY,
        "Entry 6 of 'idx_to_word' is not a word",
    ),
    **{
        f"vocabulary a word with {name}": (
            vocabulary(lambda v, word=word: v["idx_to_word"].__setitem__(6, word)),
            VOCABULARY,
            "Entry 6 of 'idx_to_word' is not a word",
        )
        for name, word in (
            ("an escape sequence", "\x1b[2J"),
            ("a line separator", "two\u2028lines"),
            ("its direction turned", "\u202edog"),
            ("too many letters", 101 * "a"),
        )
    },
    "vocabulary half a surrogate": (
        vocabulary(lambda v: v["idx_to_word"].__setitem__(6, "\ud800")),
        VOCABULARY,
        "Entry 6 of 'idx_to_word' is not a word",
    ),
    **{
        f"vocabulary lacks {word}": (
            without_special_word(word),
            VOCABULARY,
            f"special word {word} is missing",
        )
        for word in ("<NULL>", "<START>", "<END>", "<UNK>")
    },
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_folder_is_refused_with_one_message_that_names_the_file(name: str, folder: Path) -> None:
    damage, file_name, said = DAMAGES[name]
    damage(folder)
    with pytest.raises(DataError) as caught:
        CocoDataset.open(folder)
    message = str(caught.value)
    assert caught.value.path == folder / file_name
    assert str(folder / file_name) in message
    assert said in message
    assert caught.value.remedy and message.endswith(caught.value.remedy)
    assert "\n" not in message and len(message) < 600


def test_the_whole_folder_opens_and_closes(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        assert (dataset.split("train").num_photos, dataset.split("val").num_photos) == (24, 16)


def test_a_missing_folder_a_file_and_a_folder_without_data_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "coco_captioning.zip").write_text("x")
    (tmp_path / "empty").mkdir()
    for name, said in (
        ("nowhere", "There is no such folder"),
        ("file", "This is a file, not a folder"),
        ("coco_captioning.zip", "Unpack it and choose the folder coco_captioning"),
        ("empty", "holds no coco2014_captions.h5"),
        ("nul\0", "There is no such folder"),
    ):
        with pytest.raises(DataError, match=said) as caught:
            CocoDataset.open(tmp_path / name)
        assert caught.value.path == tmp_path / name


def test_a_folder_that_may_not_be_looked_into_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may look anywhere, so the refusal is made here.
    def refuse(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", refuse)
    with pytest.raises(DataError, match=r"can't be looked into \(Permission denied\)") as caught:
        CocoDataset.open(folder)
    assert caught.value.path == folder


def test_the_folder_around_coco_captioning_opens_too(whole_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(whole_folder, tmp_path / "datasets" / "coco_captioning")
    with CocoDataset.open(tmp_path / "datasets") as dataset:
        assert dataset.folder == tmp_path / "datasets" / "coco_captioning"


def test_a_folder_with_one_kind_of_features_says_so_when_asked_for_the_other(folder: Path) -> None:
    for split in ("train", "val"):
        (folder / f"{split}2014_vgg16_fc7_pca.h5").unlink()
    with pytest.raises(DataError, match="has the raw features: choose those"):
        CocoDataset.open(folder, "pca")
    with CocoDataset.open(folder, "raw") as dataset:
        assert dataset.available_features == ("raw",)


def test_another_kind_of_features_is_a_mistake_in_the_call(folder: Path) -> None:
    with pytest.raises(ValueError, match="'pca' or 'raw'"):
        CocoDataset.open(folder, "vgg")  # type: ignore[arg-type]  # what a script might pass


def test_missing_names_cost_only_the_names(folder: Path) -> None:
    (folder / "train2014_images.txt").unlink()
    with CocoDataset.open(folder) as dataset:
        assert dataset.split("train").record(3).file_name is None
        assert dataset.split("val").record(3).file_name is not None


def test_windows_line_ends_a_byte_order_mark_and_blank_addresses_are_harmless(folder: Path) -> None:
    lines = (folder / "val2014_urls.txt").read_text().splitlines()
    lines[4] = lines[15] = ""
    (folder / "val2014_urls.txt").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode() + b"\r\n\r\n")
    with CocoDataset.open(folder) as dataset:
        assert [dataset.split("val").record(row).url for row in range(16)] == lines


def test_names_that_could_leave_the_image_folder_are_not_given(folder: Path) -> None:
    names = [
        "coco/images/val2014/good.jpg",
        "only_a_name.jpg",
        "C:\\coco\\val2014\\windows.jpg",
        "../../etc/passwd",
        "val2014/..",
        "../secret",
        "/absolute",
        "val2014/C:stream",
        "val2014/nul\0.jpg",
        "",
        "val2014/",
    ]
    names += ["val2014/other.jpg"] * (16 - len(names))
    (folder / "val2014_images.txt").write_text("\n".join(names))
    with CocoDataset.open(folder) as dataset:
        given = [dataset.split("val").record(row).file_name for row in range(11)]
    assert given == [
        "val2014/good.jpg",
        "val2014/only_a_name.jpg",
        "val2014/windows.jpg",
        "etc/passwd",
        None,
        None,
        None,
        None,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("module", "limit", "value", "file_name", "said"),
    [
        (feature_file, "LARGEST_WIDTH", PCA_WIDTH - 1, TRAIN, "64 wide; at most 63"),
        (feature_file, "LARGEST_HEIGHT", 20, TRAIN, "24 rows; at most 20"),
        (hdf5_files, "LARGEST_WHOLE_BYTES", 5_000, CAPTIONS, "too large to be captions"),
        (files, "LONGEST_CAPTION", 16, CAPTIONS, "17 words wide; 2 to 16"),
    ],
)
def test_data_beyond_the_limits_is_refused(
    module: Any,
    limit: str,
    value: int,
    file_name: str,
    said: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, limit, value)
    with pytest.raises(DataError, match=said) as caught:
        CocoDataset.open(folder)
    assert caught.value.path == folder / file_name


def test_captions_of_other_whole_number_types_are_read_alike(folder: Path) -> None:
    with CocoDataset.open(folder) as dataset:
        expected = dataset.split("train").captions
    for dtype in (">i4", "u2", "i8"):
        put(folder / CAPTIONS, "train_captions", expected.astype(dtype), chunks=(10, 17), compression="gzip")
        with CocoDataset.open(folder) as dataset:
            captions = dataset.split("train").captions
        assert captions.dtype == np.int32 and captions.dtype.isnative
        np.testing.assert_array_equal(captions, expected)


def test_files_that_may_not_be_read_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may read anything, so the refusal is made here.
    opened = Path.open

    def refuse(self: Path, *arguments: Any, **named: Any) -> Any:
        if self.name == VOCABULARY:
            raise PermissionError(13, "Permission denied")
        return opened(self, *arguments, **named)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match=r"can't be read \(Permission denied\)") as caught:
        CocoDataset.open(folder)
    assert caught.value.path == folder / VOCABULARY


def test_a_refused_folder_leaves_no_file_open(folder: Path) -> None:
    (folder / "val2014_urls.txt").unlink()
    with pytest.raises(DataError):
        CocoDataset.open(folder)
    # HDF5 refuses to write a file that is still open for reading in this process.
    for name in (TRAIN, VAL, CAPTIONS):
        with h5py.File(folder / name, "r+"):
            pass


def test_the_error_survives_the_way_to_another_process() -> None:
    error = DataError(Path("a/b.h5"), "It is broken.", "Mend it.")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.path, copy.remedy) == (str(error), error.path, error.remedy)


# As people write them, though Python calls some of their signs not printable.
WORDS = {
    "non-joiner (Persian)": "\u0645\u06cc\u200c\u0631\u0648\u062f",
    "joiner (Malayalam)": "\u0d05\u0d35\u0d28\u0d4d\u200d",
    "joiner (Bengali)": "\u09b0\u200d\u09cd\u09af\u09be\u09ac",
    "emoji of three": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "flag by tags": "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
    "soft hyphen": "Donau\u00addampf",
    "no-break space": "New\u00a0York",
    "narrow no-break space": "5\u202fkg",
    "mark of direction": "a\u200f",
    "emoji younger than this Python": "\U0001fadf",
}


@pytest.mark.parametrize("name", WORDS)
def test_words_of_all_scripts_are_words_and_can_be_searched(name: str, folder: Path) -> None:
    word = WORDS[name]
    content = json.loads((folder / VOCABULARY).read_text())
    words = [*content["idx_to_word"][:4], word, *content["idx_to_word"][5:]]
    content = {"idx_to_word": words, "word_to_idx": {one: index for index, one in enumerate(words)}}
    (folder / VOCABULARY).write_text(json.dumps(content))
    with CocoDataset.open(folder) as dataset:
        assert dataset.vocabulary.idx_to_word[4] == word
        train = dataset.split("train")
        row = int(np.flatnonzero((train.captions == 4).any(axis=1))[0])
        assert word in caption_words(train.captions[row], dataset.vocabulary)
        assert train.search(f" {word} ").count == np.count_nonzero((train.captions == 4).any(axis=1))


def test_a_photo_name_with_unusual_spaces_is_given(folder: Path) -> None:
    names = ["val2014/COCO\u00a0val.jpg", "val2014/a\u200cb.jpg", "val2014/\x1b[2J.jpg"]
    names += ["val2014/other.jpg"] * (16 - len(names))
    (folder / "val2014_images.txt").write_text("\n".join(names))
    with CocoDataset.open(folder) as dataset:
        given = [dataset.split("val").record(row).file_name for row in range(3)]
    assert given == [*names[:2], None]


def test_a_bare_photo_name_is_in_the_folder_that_it_says_itself(folder: Path) -> None:
    names = ["COCO_val2014_000000000042.jpg", "COCO_train2014_000000000009.jpg", "bear.jpg"]
    (folder / "train2014_images.txt").write_text("\n".join([*names, *["x/y.jpg"] * 21]))
    with CocoDataset.open(folder) as dataset:
        given = [dataset.split("train").record(row).file_name for row in range(3)]
    assert given == [f"val2014/{names[0]}", f"train2014/{names[1]}", "train2014/bear.jpg"]


# What converted data gets wrong, and the advice that it gets where the data is somebody's own.
CONVERSIONS: dict[str, tuple[Damage, str]] = {
    "padding -1": (
        changed(CAPTIONS, "train_captions", lambda a: np.where(a == 0, -1, a)),
        "padding is the id of <NULL>, not -1",
    ),
    "word ids from 1": (changed(CAPTIONS, "val_captions", lambda a: a + 1), "Word ids count from 0"),
    "photos from 1": (changed(CAPTIONS, "val_image_idxs", lambda a: a + 1), "the first photo's is 0"),
    "no start": (changed(CAPTIONS, "train_captions", lambda a: a[:, 1:]), "Write each caption as <START>"),
    "other special words": (without_special_word("<NULL>"), "Name the words for padding, start, end and unk"),
    "a dict of words from 1": (
        vocabulary(lambda v: v.update(idx_to_word={i + 1: w for i, w in enumerate(v["idx_to_word"])})),
        "Count ids from 0, with <NULL> as 0",
    ),
    "a dict of words with gaps": (
        vocabulary(lambda v: v.update(idx_to_word={2 * i: w for i, w in enumerate(v["idx_to_word"])})),
        "Write 'idx_to_word' as a list",
    ),
}


@pytest.mark.parametrize("name", CONVERSIONS)
def test_converted_data_gets_advice_of_its_own(name: str, folder: Path) -> None:
    damage, advice = CONVERSIONS[name]
    damage(folder)
    with pytest.raises(DataError) as caught:
        CocoDataset.open(folder)
    assert advice in caught.value.remedy
    assert "Unpack" not in str(caught.value)


def test_only_what_came_from_the_archive_is_to_be_unpacked_again(folder: Path) -> None:
    (folder / VAL).unlink()
    with pytest.raises(DataError, match="Write the file again"):
        CocoDataset.open(folder)
    for name in ("val2014_vgg16_fc7.h5", "train2014_vgg16_fc7.h5"):
        os.truncate(folder / name, OFFICIAL_FILES[name].size)  # mostly holes
    with pytest.raises(DataError, match=r"Unpack coco_captioning\.zip again"):
        CocoDataset.open(folder)


def test_a_damaged_storybook_is_to_be_opened_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / VAL).unlink()
    monkeypatch.setenv("CAPTIONVIEWER_CACHE_DIR", str(folder.parent))
    book = folder.rename(folder.parent / "books")
    with pytest.raises(DataError, match="Choose Open the Storybook"):
        CocoDataset.open(book)


def test_a_vocabulary_with_its_words_by_id_opens(folder: Path) -> None:
    content = json.loads((folder / VOCABULARY).read_text())
    by_id = dict(reversed([(str(index), word) for index, word in enumerate(content["idx_to_word"])]))
    (folder / VOCABULARY).write_text(json.dumps({**content, "idx_to_word": by_id}))
    with CocoDataset.open(folder) as dataset:
        assert list(dataset.vocabulary.idx_to_word) == content["idx_to_word"]
