"""A folder of pictures and a file of captions become a data folder, whatever form and flaws the file has."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.own_photos.caption_files import CaptionFileError, read_caption_file
from captionviewer.core.own_photos.encoding import UNFINISHED
from captionviewer.core.own_photos.make_data import (
    DataMaking,
    DataWishes,
    MadeData,
    MakeDataError,
    caption_tokens,
)

ALL = DataWishes(least=1, columns=None, val_share=0.25)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Five small pictures, one of them in a folder, one cut off."""
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    rng = np.random.default_rng(3)
    for name in ("one.jpg", "two.jpg", "three.png", "more/four.jpg", "cut.jpg"):
        Image.fromarray(rng.integers(0, 255, (40, 60, 3), dtype=np.uint8)).save(folder / name)
    (folder / "cut.jpg").write_bytes((folder / "cut.jpg").read_bytes()[:300])
    return folder


def made_of(images: Path, captions: Path, wishes: DataWishes = ALL) -> tuple[MadeData, dict[str, set[str]]]:
    """What was made, and the captions of each photo in the folder, as it opens; those of val as "val"."""
    folder = captions.parent / "data"
    made = DataMaking(images, captions, folder, wishes, processes=1).run()
    assert made is not None
    said: dict[str, set[str]] = {}
    with CocoDataset.open(folder, "lite0") as dataset:
        assert not (folder / UNFINISHED).exists()
        for split in ("train", "val"):
            one = dataset.split(split)
            features = one.features.read_all()
            assert np.isfinite(features).all()
            for row in range(one.num_photos):
                record = one.record(row)
                assert (folder / "images" / str(record.file_name)).is_file()
                name = str(record.file_name).partition("/")[2]
                said[name if split == "train" else f"val {name}"] = {
                    caption_text(one.captions[at], dataset.vocabulary) for at in record.caption_rows
                }
    return made, said


def test_cocos_json_with_twice_the_same_name_and_a_missing_photo(images: Path, tmp_path: Path) -> None:
    names = ["one.jpg", "two.jpg", "three.png", "more/four.jpg", "gone.jpg", "one.jpg", "cut.jpg"]
    told = ["A dog.", "Two cats!", "a red ball", "trees", "nothing", "the dog's bed", "a cut"]
    content = {
        "images": [
            {"id": i, "file_name": name, "flickr_url": f"http://x/{i}"} for i, name in enumerate(names)
        ],
        "annotations": [{"image_id": i, "caption": words} for i, words in enumerate(told)]
        + [{"image_id": 1, "caption": "  "}, {"image_id": 99, "caption": "of nothing"}]
        + [{"image_id": 1, "caption": None}, {"image_id": 1}],
    }
    captions = tmp_path / "captions.json"
    captions.write_bytes(b"\xef\xbb\xbf" + json.dumps(content, indent=1).replace("\n", "\r\n").encode())
    made, said = made_of(images, captions)
    assert said == {
        "one.jpg": {"a dog", "the dog's bed"},
        "two.jpg": {"two cats"},
        "val three.png": {"a <UNK> <UNK>"},  # the vocabulary is that of train
        "four.jpg": {"trees"},
    }
    assert made.photos == {"train": 3, "val": 1}
    remarks = " / ".join(made.remarks)
    for words in (
        "gone.jpg",
        "name stands twice",
        "does not list",
        "1 captions have no words",
        "cut.jpg",
        "2 times: annotation has no",
    ):
        assert words in remarks


def test_an_address_that_no_photo_could_be_asked_at_is_left_out(tmp_path: Path) -> None:
    told = ["http://x/1", "http:///2", "https://x y/3", "http://[4", "ftp://x/5", None, "http://x:0/7"]
    images = [{"id": i, "file_name": f"{i}.jpg", "flickr_url": address} for i, address in enumerate(told)]
    (tmp_path / "captions.json").write_text(
        json.dumps({"images": images, "annotations": [{"image_id": 0, "caption": "a"}]})
    )
    assert read_caption_file(tmp_path / "captions.json").addresses == {"0.jpg": "http://x/1"}


@pytest.mark.parametrize(
    ("divider", "end", "head", "mark"),
    [
        (",", "\r\n", "image,caption", b"\xef\xbb\xbf"),
        (";", "\n", "", b""),
        ("\t", "\n", "caption\tfile_name", b""),
    ],
)
def test_a_table_of_chinese_captions(
    images: Path, tmp_path: Path, divider: str, end: str, head: str, mark: bytes
) -> None:
    rows = [
        ("one.jpg", "一只狗。"),
        ("two.jpg", "两只猫"),
        ("three.png", "红球"),
        ("more/four.jpg", "树"),
        ("two.jpg", ""),
    ]
    if head.startswith("caption"):
        rows = [(caption, name) for name, caption in rows]
    lines = ([head] if head else []) + [divider.join(row) for row in rows]
    captions = tmp_path / "captions.csv"
    captions.write_bytes(mark + "".join(line + end for line in lines).encode())
    made, said = made_of(images, captions)
    assert said == {
        "one.jpg": {"一 只 狗"},
        "two.jpg": {"两 只 猫"},
        "val three.png": {"<UNK> <UNK>"},
        "four.jpg": {"树"},
    }
    assert any("1 captions have no words" in words for words in made.remarks)


def test_a_comma_within_the_last_column_is_part_of_the_caption(images: Path, tmp_path: Path) -> None:
    captions = tmp_path / "captions.txt"
    captions.write_text(
        'image,caption\none.jpg,a dog, running\ntwo.jpg,"a ""big"" cat, asleep"\nthree.png,c\nfour.jpg,d\n'
    )
    _, said = made_of(images, captions)
    assert said["one.jpg"] == {"a dog running"} and said["two.jpg"] == {"a big cat asleep"}


def test_flickrs_text_with_a_list_for_val_and_rare_and_long_captions(images: Path, tmp_path: Path) -> None:
    captions = tmp_path / "token.txt"
    captions.write_text(
        "one.jpg#0\tA dog runs .\r\none.jpg#1\tA dog sits .\r\ntwo.jpg#0\tA cat runs .\r\n"
        "one.jpg#2\ta dog runs\r\n"  # said again: it counts once
        "three.png#0\tA zebra .\r\nfour.jpg#0\tOne two three four five six .\r\nfour.jpg#1\tA dog .\r\n"
    )
    (tmp_path / "val.txt").write_text("three.png\r\nnobody.jpg\r\n")
    wishes = DataWishes(least=2, columns=6, val_file=tmp_path / "val.txt")
    made, said = made_of(images, captions, wishes)
    assert said == {
        "one.jpg": {"a dog runs", "a dog <UNK>"},
        "two.jpg": {"a <UNK> runs"},
        "val three.png": {"a <UNK>"},
        "four.jpg": {"a dog"},
    }
    assert made.photos == {"train": 3, "val": 1} and made.columns == 6 and made.words == 4 + 3
    assert made.captions == {"train": 4, "val": 1}
    assert made.unknown_share == pytest.approx(2 / 11)
    assert any("longer than 4 words" in words for words in made.remarks)
    assert any("nobody.jpg" in words for words in made.remarks)


def test_names_that_two_folders_have_are_not_guessed_at_nor_does_one_lead_out(
    images: Path, tmp_path: Path
) -> None:
    (images / "other").mkdir()
    (images / "other" / "four.jpg").write_bytes((images / "one.jpg").read_bytes())
    (tmp_path / "secret.jpg").write_bytes((images / "one.jpg").read_bytes())
    captions = tmp_path / "captions.csv"
    captions.write_text(
        "file,caption\none.jpg,a\nmore/four.jpg,b\nother/four.jpg,b\nfour.jpg,c\n../secret.jpg,d\ntwo,e\nthree.png,f\n"
    )
    made, said = made_of(images, captions)
    assert len(said) == 5 and sum(name.startswith(("four", "val four")) for name in said) == 2
    remarks = " / ".join(made.remarks)
    assert "several photos" in remarks and "../secret.jpg" in remarks


def test_names_that_differ_in_capitals_alone_are_kept_apart(images: Path, tmp_path: Path) -> None:
    names = ("1/x.jpg", "2/X.jpg", "3/X.JPG")
    for name in names:
        (images / name).parent.mkdir()
        (images / name).write_bytes((images / "one.jpg").read_bytes())
    captions = tmp_path / "captions.csv"
    captions.write_text("file,caption\n" + "".join(f"{name},a\n" for name in names))
    made_of(images, captions)
    placed = [path.name.casefold() for path in (tmp_path / "data" / "images" / "train2014").iterdir()]
    assert len(placed) == len(set(placed)) == 2  # not every disk tells them apart


@pytest.mark.skipif(os.name != "posix", reason="symbolic links need rights elsewhere")
def test_a_picture_that_is_a_relative_link_is_in_the_data_itself(images: Path, tmp_path: Path) -> None:
    (images / "more" / "link.jpg").symlink_to(Path("..", "one.jpg"))
    captions = tmp_path / "captions.csv"
    captions.write_text("file,caption\nlink.jpg,a\ntwo.jpg,b\nthree.png,c\n")
    _, said = made_of(images, captions)
    (place,) = (tmp_path / "data" / "images").glob("*/link.jpg")
    assert len(said) == 3 and not place.is_symlink()
    assert place.read_bytes() == (images / "one.jpg").read_bytes()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A man's well-known   DOG, (running)!", ["a", "man's", "well-known", "dog", "running"]),
        ("Ein Mädchen läuft", ["ein", "mädchen", "läuft"]),
        ("一只狗 runs 2", ["一", "只", "狗", "runs", "2"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("किताब", ["किताब"]),
        ("<UNK> \u202e …", ["unk"]),
    ],
)
def test_words_are_taken_out_of_any_writing(text: str, words: list[str]) -> None:
    assert caption_tokens(text) == words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"{", "not valid JSON"),
        (b'{"images": [], "annotations": []}', "holds no captions"),
        (b'{"images": [], "annotations": [{"bbox": 1}]}', "without captions"),
        (b"[1]", "COCO's JSON"),
        (b"a.jpg,caf\xe9", "UTF-8"),
        (b"only words here", "neither tab"),
    ],
)
def test_a_file_that_is_none_of_the_forms_is_told_as_such(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "captions"
    path.write_bytes(content)
    with pytest.raises(CaptionFileError, match=words):
        read_caption_file(path)


def test_what_can_become_no_data_is_refused_and_nobodys_folder_is_written_into(
    images: Path, tmp_path: Path
) -> None:
    captions = tmp_path / "captions.csv"
    captions.write_text("file,caption\nfar.jpg,a\n")
    with pytest.raises(MakeDataError, match="None of the 1 photos"):
        DataMaking(images, captions, tmp_path / "data")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "diary.txt").write_text("mine")
    with pytest.raises(MakeDataError, match="not empty"):
        DataMaking(images, captions, tmp_path / "full")
    captions.write_text("file,caption\none.jpg,a\ntwo.jpg,b\nthree.png,c\n")
    refused: list[Callable[[], DataWishes]] = [
        lambda: DataWishes(least=0),
        lambda: DataWishes(columns=2),
        lambda: DataWishes(val_share=1.0),
        lambda: DataWishes(seed=-1),
    ]
    for wishes in refused:
        with pytest.raises(MakeDataError):
            wishes()
    work = DataMaking(images, captions, tmp_path / "data", DataWishes(least=2), processes=1)
    with pytest.raises(MakeDataError, match="No word is said 2 times"):
        work.run()
    again = DataMaking(images, captions, tmp_path / "data", DataWishes(least=1), processes=1)
    made = again.run()
    assert made is not None and again.progress.before == 3, "the features of the first start are used"
